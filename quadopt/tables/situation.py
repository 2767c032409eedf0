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

from quadopt.tables.calendar import overlap
from quadopt.tables.case import Case
from quadopt.tables.records import rows_of
from quadopt.tables.units import Plant, Project

BASE = "base"
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Cut:
    """One export cut on one country's shipments of one material to `destinations` together.

    In `step` they are at most `length * (share[step] * min(offer, need[step]) + fixed[step])`.
    """

    name: str
    country: str
    material: str
    destinations: tuple[str, ...]
    share: dict[str, float]
    fixed: dict[str, float]
    need: dict[str, float]


@dataclass(frozen=True)
class Situation:
    """Steps and rates of one path. Keys of a step are text: period labels on the base path, "1", "2", .. in a branch."""

    name: str
    steps: list[str]
    begin: dict[str, float]
    end: dict[str, float]
    portion: dict[str, dict[str, float]]
    """step -> period -> share of the step that lies in it."""
    discount: dict[str, float]
    capacity: dict[tuple[str, str], float]
    """(plant, step) -> units of activity a year."""
    undisturbed_capacity: dict[tuple[str, str], float]
    """The same without outages: what the plant offers."""
    availability: dict[tuple[str, str], float]
    """(project, step) -> share left by outages."""
    demand: dict[tuple[str, str, str, str], float]
    """(country, material, sector, step) -> a year."""
    cuts: list[Cut] = field(default_factory=list)
    probability: float = math.nan

    @property
    def length(self) -> dict[str, float]:
        """Years of each step."""
        return {s: self.end[s] - self.begin[s] for s in self.steps}

    @property
    def first_period(self) -> str:
        """The period in which the path begins."""
        return next(iter(self.portion[self.steps[0]]))

    @property
    def is_base(self) -> bool:
        """Whether this is the base path."""
        return self.name == BASE

    def average(self, step: str, by_period: Mapping[str, float]) -> float:
        """A yearly rate that varies by period, averaged over a step."""
        return sum(share * by_period[t] for t, share in self.portion[step].items())


def base_situation(case: Case, plants: list[Plant], projects: list[Project]) -> Situation:
    """The base path: one step a period, nothing disturbed."""
    capacity = {(plant.name, t): plant.capacity[t] for plant in plants for t in case.periods}
    return Situation(
        BASE,
        list(case.periods),
        dict(case.offset),
        {t: case.offset[t] + case.length[t] for t in case.periods},
        {t: {t: 1.0} for t in case.periods},
        dict(case.discount),
        capacity,
        capacity,
        {(project.name, t): 1.0 for project in projects for t in case.periods},
        dict(case.demand),
    )


def crisis_situations(
    case: Case, plants: list[Plant], projects: list[Project], step_years: float, recovery_years: float
) -> list[Situation]:
    """One situation a disruption, in the table's order.

    `step_years`: length of a step; `recovery_years`: how long a branch goes on after its disruption's end.
    """
    frame = case.tables["disruptions"]
    probabilities = disruption_probabilities(case)
    out = []
    for name, rows in frame.groupby("disruption", sort=False):
        records = rows_of(rows)
        clock = _clock(case, records, step_years, recovery_years)
        hits = [_Hit(case, record, clock) for record in records]
        out.append(_crisis(case, plants, projects, str(name), clock, hits, probabilities[str(name)]))
    return out


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
        shares = {
            t: overlap(first, last, *span) / (last - first) for t, span in zip(case.periods, case.spans, strict=True)
        }
        portion[step] = {t: share for t, share in shares.items() if share > TOLERANCE}
    return _Clock(steps, begin, end, portion)


class _Hit:
    """One row of the disruptions table on a branch's clock: which fraction of each step it covers."""

    def __init__(self, case: Case, record: Any, clock: _Clock) -> None:
        self.kind, self.country, self.destination = record.kind, record.country, record.destination
        self.material, self.process, self.sector = record.material, record.process, record.sector
        self.severity, self.limit = float(record.severity), float(record.limit)
        start = case.offset[record.start]
        stop = start + float(record.duration)
        self.covered = {
            s: overlap(clock.begin[s], clock.end[s], start, stop) / (clock.end[s] - clock.begin[s]) for s in clock.steps
        }
        self._outside, self._members = set(case.suppliers), set(case.members)

    def strikes(self, country: str) -> bool:
        """Whether the row's country matches; blank is every outside supplier, for a surge every member."""
        if self.country:
            return country == self.country
        return country in (self._members if self.kind == "demand_surge" else self._outside)

    def matches_process(self, process: str, recipe: Mapping[str, float]) -> bool:
        """Whether an outage matches a process: by name, or as a maker of the row's material."""
        return self.process in ("", process) and (not self.material or recipe.get(self.material, 0.0) > 0)

    def factor(self, step: str, hit: float) -> float:
        """What is left of a rate that the hit brings to `hit` times itself, in a step covered to a fraction."""
        return self.covered[step] * hit + 1.0 - self.covered[step]


def _crisis(
    case: Case,
    plants: list[Plant],
    projects: list[Project],
    name: str,
    clock: _Clock,
    hits: list[_Hit],
    probability: float,
) -> Situation:
    outages = [h for h in hits if h.kind == "outage"]
    surges = [h for h in hits if h.kind == "demand_surge"]

    def left(country: str, process: str, recipe: Mapping[str, float], step: str) -> float:
        factor = 1.0
        for hit in outages:
            if hit.strikes(country) and hit.matches_process(process, recipe):
                factor *= hit.factor(step, 1.0 - hit.severity)
        return factor

    def surge(country: str, material: str, sector: str, step: str) -> float:
        factor = 1.0
        for hit in surges:
            if hit.strikes(country) and hit.material in ("", material) and hit.sector in ("", sector):
                factor *= hit.factor(step, 1.0 + hit.severity)
        return factor

    undisturbed: dict[tuple[str, str], float] = {}
    capacity: dict[tuple[str, str], float] = {}
    demand: dict[tuple[str, str, str, str], float] = {}
    for step in clock.steps:
        for plant in plants:
            offered = sum(share * plant.capacity[t] for t, share in clock.portion[step].items())
            undisturbed[plant.name, step] = offered
            capacity[plant.name, step] = offered * left(plant.country, plant.process, plant.recipe, step)
        for (country, material, sector, period), quantity in case.demand.items():
            if share := clock.portion[step].get(period, 0.0):
                key = (country, material, sector, step)
                demand[key] = demand.get(key, 0.0) + share * quantity * surge(country, material, sector, step)
    return Situation(
        name,
        clock.steps,
        clock.begin,
        clock.end,
        clock.portion,
        {s: case.discount[next(iter(clock.portion[s]))] for s in clock.steps},
        capacity,
        undisturbed,
        {(p.name, s): left(p.country, p.process, p.recipe, s) for p in projects for s in clock.steps},
        demand,
        _cuts(case, clock, [h for h in hits if h.kind == "export_cut"]),
        probability,
    )


def _cuts(case: Case, clock: _Clock, hits: list[_Hit]) -> list[Cut]:
    """Every export cut, one for each country and material a row matches.

    It is data on purpose: a limit relative to the base path's trade would be gamed by buying too much beforehand.
    """
    cuts = []
    for number, hit in enumerate(hits):
        for country in filter(hit.strikes, case.countries):
            destinations = tuple(d for d in case.countries if d != country and hit.destination in ("", d))
            for material in [hit.material] if hit.material else case.materials:
                share, fixed, need = {}, {}, {}
                for step in clock.steps:
                    covered = hit.covered[step]
                    if covered <= TOLERANCE:
                        continue
                    is_limit = not math.isnan(hit.limit)
                    share[step] = (1.0 - covered) if is_limit else hit.factor(step, 1.0 - hit.severity)
                    fixed[step] = covered * hit.limit if is_limit else 0.0
                    need[step] = sum(
                        part * case.need.get((d, material, t), 0.0)
                        for t, part in clock.portion[step].items()
                        for d in destinations
                    )
                if share:
                    cuts.append(Cut(f"{number + 1}", country, material, destinations, share, fixed, need))
    return cuts
