"""Situation: the data of one path of operation, the base path or one disruption's branch on its finer clock.

Rates (capacity, demand, limits) stay per year; `length` says how many years a step has. A step's rates are those of
the periods it overlaps, weighted by the overlap, and a disruption that covers a step only to a fraction hits it to
that fraction (the method, section 6).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from quadopt.tables.calendar import overlap
from quadopt.tables.case import Case
from quadopt.tables.reach import numbered
from quadopt.tables.records import rows_of
from quadopt.tables.units import Plant, Project

BASE = "base"
TOLERANCE = 1e-9

Array = npt.NDArray[np.float64]
Demand = tuple[str, str, str]
"""(member, material, sector)."""


@dataclass(frozen=True)
class Rates:
    """What paths draw their rates from, a year: units and demands in order, their numbers by period."""

    plants: list[Plant]
    projects: list[Project]
    demands: list[Demand]
    capacity: Array
    """Of every plant (rows) in every period (columns), units of activity."""
    unit_cost: Array
    """Of every plant in every period, currency per unit of activity."""
    demand: Array
    """Of every (member, material, sector) in every period."""


def rates_of(case: Case, plants: list[Plant], projects: list[Project]) -> Rates:
    """The rates of a case's units and demands."""
    demands = numbered(list(dict.fromkeys((n, m, q) for n, m, q, _ in case.demand)))
    period = numbered(case.periods)
    demand = np.zeros((len(demands), len(period)))
    at = [(demands[n, m, q], period[t]) for n, m, q, t in case.demand]
    if at:
        demand[tuple(np.array(at).T)] = list(case.demand.values())
    shape = (len(plants), len(period))
    capacity = np.array([[plant.capacity[t] for t in case.periods] for plant in plants]).reshape(shape)
    unit_cost = np.array([[plant.unit_cost[t] for t in case.periods] for plant in plants]).reshape(shape)
    return Rates(plants, projects, list(demands), capacity, unit_cost, demand)


@dataclass(frozen=True)
class Cut:
    """One export cut on one country's shipments of one material to `destinations` together.

    In a step that it covers they are at most `length * (share * min(offer, need) + fixed)`, all by step.
    """

    country: str
    material: str
    destinations: tuple[str, ...]
    is_covered: npt.NDArray[np.bool_]
    share: Array
    fixed: Array
    need: Array


@dataclass(frozen=True)
class Situation:
    """Steps and rates of one path. Keys of a step are text: period labels on the base path, "1", "2", .. in a branch.

    Arrays have a column a step, in order, and as many rows as there are units or demands.
    """

    name: str
    steps: list[str]
    begin: dict[str, float]
    end: dict[str, float]
    portion: dict[str, dict[str, float]]
    """step -> period -> share of the step that lies in it."""
    discount: dict[str, float]
    parts: Array
    """The portions by period (rows) and step (columns)."""
    capacity: Array
    """Of every plant, units of activity a year."""
    undisturbed_capacity: Array
    """The same without outages: what the plant offers."""
    online: Array
    """Of every start (project by project), the average share of the project's capacity online, outages left aside."""
    availability: Array
    """Of every start, the share left by outages."""
    demand: Array
    """Of every (member, material, sector), a year."""
    cuts: list[Cut] = field(default_factory=list)
    probability: float = math.nan

    @property
    def length(self) -> dict[str, float]:
        """Years of each step."""
        return {s: self.end[s] - self.begin[s] for s in self.steps}

    @property
    def lengths(self) -> Array:
        """Years of each step, in order."""
        return np.array(list(self.length.values()))

    @property
    def times(self) -> tuple[Array, Array]:
        """Begin and end of the steps, in order."""
        return np.array([self.begin[s] for s in self.steps]), np.array([self.end[s] for s in self.steps])

    @property
    def first_period(self) -> str:
        """The period in which the path begins."""
        return next(iter(self.portion[self.steps[0]]))

    @property
    def is_base(self) -> bool:
        """Whether this is the base path."""
        return self.name == BASE

    def averages(self, by_period: Array) -> Array:
        """Yearly rates that vary by period (columns), averaged over each step; inf where a step has any of it."""
        if self.is_base:
            return by_period
        is_endless = np.isinf(by_period)
        if not is_endless.any():
            return by_period @ self.parts
        finite = np.where(is_endless, 0.0, by_period) @ self.parts
        return np.where(is_endless @ self.parts > 0, math.inf, finite)


def base_situation(case: Case, rates: Rates) -> Situation:
    """The base path: one step a period, nothing disturbed."""
    return Situation(
        BASE,
        list(case.periods),
        dict(case.offset),
        {t: case.offset[t] + case.length[t] for t in case.periods},
        {t: {t: 1.0} for t in case.periods},
        dict(case.discount),
        np.eye(len(case.periods)),
        rates.capacity,
        rates.capacity,
        _online(case, rates.projects, *np.array(case.spans).T),
        np.ones((sum(len(p.starts) for p in rates.projects), len(case.periods))),
        rates.demand,
    )


def _online(case: Case, projects: list[Project], begin: Array, end: Array) -> Array:
    """Average share of capacity online between times, by start of every project (rows) and step (columns)."""
    rows = (project.online(case, project.starts, begin, end) for project in projects)
    return np.concatenate([np.zeros((0, begin.size)), *rows])


def crisis_situations(case: Case, rates: Rates, step_years: float, recovery_years: float) -> list[Situation]:
    """One situation a disruption, in the table's order.

    `step_years`: length of a step; `recovery_years`: how long a branch goes on after its disruption's end.
    """
    frame = case.tables["disruptions"]
    probabilities = disruption_probabilities(case)
    need = _need(case)
    out = []
    for name, rows in frame.groupby("disruption", sort=False):
        records = rows_of(rows)
        clock = _clock(case, records, step_years, recovery_years)
        hits = [_Hit(case, record, clock) for record in records]
        out.append(_crisis(case, rates, str(name), clock, hits, probabilities[str(name)], need))
    return out


def _need(case: Case) -> Array:
    """Need a year by country, material and period."""
    country, material, period = numbered(case.countries), numbered(case.materials), numbered(case.periods)
    need = np.zeros((len(country), len(material), len(period)))
    for (c, m, t), quantity in case.need.items():
        need[country[c], material[m], period[t]] = quantity
    return need


def disruption_probabilities(case: Case) -> dict[str, float]:
    """Probability of each disruption; blanks share what is left with the undisturbed future (the method, section 6)."""
    given = {
        str(n): float(rows["probability"].max())
        for n, rows in case.tables["disruptions"].groupby("disruption", sort=False)
    }
    blanks = sum(math.isnan(p) for p in given.values())
    rest = (1.0 - sum(p for p in given.values() if not math.isnan(p))) / (blanks + 1)
    return {name: rest if math.isnan(p) else p for name, p in given.items()}


@dataclass(frozen=True)
class _Clock:
    steps: list[str]
    begin: dict[str, float]
    end: dict[str, float]
    portion: dict[str, dict[str, float]]


def _clock(case: Case, records: list[Any], step_years: float, recovery_years: float) -> _Clock:
    """Steps from the start to the first step boundary at or after the end and recovery, cut off at the horizon."""
    start = case.offset[records[0].start]
    wanted = max(float(r.duration) for r in records) + recovery_years
    count = max(1, math.ceil(wanted / step_years - TOLERANCE))
    steps, begin, end, portion = [], {}, {}, {}
    for number in range(count):
        first, last = start + number * step_years, min(start + (number + 1) * step_years, case.horizon)
        if last - first <= TOLERANCE:
            break
        step = str(number + 1)
        steps.append(step)
        begin[step], end[step] = first, last
        shares = overlap(first, last, *np.array(case.spans).T) / (last - first)
        portion[step] = {t: share for t, share in zip(case.periods, shares.tolist(), strict=True) if share > TOLERANCE}
    return _Clock(steps, begin, end, portion)


class _Hit:
    """One row of the disruptions table on a branch's clock: which fraction of each step it covers."""

    def __init__(self, case: Case, record: Any, clock: _Clock) -> None:
        self.kind, self.country, self.destination = record.kind, record.country, record.destination
        self.material, self.process, self.sector = record.material, record.process, record.sector
        self.severity, self.limit = float(record.severity), float(record.limit)
        start = case.offset[record.start]
        stop = start + float(record.duration)
        begin, end = np.array(list(clock.begin.values())), np.array(list(clock.end.values()))
        self.covered: Array = overlap(begin, end, start, stop) / (end - begin)
        """By step."""
        self._outside, self._members = set(case.suppliers), set(case.members)

    def strikes(self, country: str) -> bool:
        """Whether the row's country matches; blank is every outside supplier, for a surge every member."""
        if self.country:
            return country == self.country
        return country in (self._members if self.kind == "demand_surge" else self._outside)

    def matches_process(self, process: str, recipe: Mapping[str, float]) -> bool:
        """Whether an outage matches a process: by name, or as a maker of the row's material."""
        return self.process in ("", process) and (not self.material or recipe.get(self.material, 0.0) > 0)

    def matches_demand(self, demand: Demand) -> bool:
        """Whether a surge matches a demand."""
        country, material, sector = demand
        return self.strikes(country) and self.material in ("", material) and self.sector in ("", sector)

    def factor(self, hit: float) -> Array:
        """By step, what is left of a rate that the hit brings to `hit` times itself where it covers a step wholly."""
        return self.covered * hit + 1.0 - self.covered


def _crisis(
    case: Case, rates: Rates, name: str, clock: _Clock, hits: list[_Hit], probability: float, need: Array
) -> Situation:
    outages = [h for h in hits if h.kind == "outage"]
    surges = [h for h in hits if h.kind == "demand_surge"]
    parts = np.array([[clock.portion[s].get(t, 0.0) for s in clock.steps] for t in case.periods])

    def left(units: list[Any]) -> Array:
        factor = np.ones((len(units), len(clock.steps)))
        for hit in outages:
            struck = [hit.strikes(u.country) and hit.matches_process(u.process, u.recipe) for u in units]
            factor[np.array(struck, dtype=bool)] *= hit.factor(1.0 - hit.severity)
        return factor

    surge = np.ones((len(rates.demands), len(clock.steps)))
    for hit in surges:
        surge[np.array([hit.matches_demand(d) for d in rates.demands], dtype=bool)] *= hit.factor(1.0 + hit.severity)
    offered = rates.capacity @ parts
    return Situation(
        name,
        clock.steps,
        clock.begin,
        clock.end,
        clock.portion,
        {s: case.discount[next(iter(clock.portion[s]))] for s in clock.steps},
        parts,
        offered * left(rates.plants),
        offered,
        _online(case, rates.projects, np.array(list(clock.begin.values())), np.array(list(clock.end.values()))),
        np.repeat(left(rates.projects), [len(p.starts) for p in rates.projects], axis=0),
        rates.demand @ parts * surge,
        _cuts(case, [h for h in hits if h.kind == "export_cut"], need @ parts),
        probability,
    )


def _cuts(case: Case, hits: list[_Hit], need: Array) -> list[Cut]:
    """Every export cut, one for each country and material a row matches; `need` by country, material and step.

    It is data on purpose: a limit relative to the base path's trade would be gamed by buying too much beforehand.
    """
    cuts = []
    for hit in hits:
        is_covered = hit.covered > TOLERANCE
        if not is_covered.any():
            continue
        is_limit = not math.isnan(hit.limit)
        share = 1.0 - hit.covered if is_limit else hit.factor(1.0 - hit.severity)
        fixed = hit.covered * hit.limit if is_limit else np.zeros_like(hit.covered)
        for country in filter(hit.strikes, case.countries):
            reached = np.array([d != country and hit.destination in ("", d) for d in case.countries])
            destinations = tuple(d for d, is_reached in zip(case.countries, reached, strict=True) if is_reached)
            wanted = need[reached].sum(axis=0)
            for number, material in enumerate(case.materials):
                if hit.material in ("", material):
                    cuts.append(Cut(country, material, destinations, is_covered, share, fixed, wanted[number]))
    return cuts
