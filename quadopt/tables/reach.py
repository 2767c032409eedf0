"""Reach: which material can come from where and is wanted where. Nothing outside it is built."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from quadopt.tables.case import Case
from quadopt.tables.records import rows_of
from quadopt.tables.units import Plant, Project

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

Flow = tuple[str, str, str]
"""(origin, destination, material)."""
FlowNumbers = tuple[Whole, Whole, Whole]
"""By flow, where origin, destination and material stand in the case's order."""

Label = TypeVar("Label")

FILLED = [(1, 1, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)]
"""Which of origin, destination and material a row of routes names, the row that wins first."""


class Routes:
    """The routes table: the matching row with most keys filled wins; no row: open at the material's transport cost.

    Countries and materials are numbered in the case's order.
    """

    def __init__(self, case: Case) -> None:
        self._countries, self._materials = numbered(case.countries), numbered(case.materials)
        periods = numbered(case.periods)
        costs = case.column("materials", "material", "transport_cost")
        self._transport_cost = np.array([float(costs[m]) for m in case.materials])
        keys: dict[Flow, int] = {}
        numbers = []
        for row in rows_of(case.tables["routes"]):
            key = keys.setdefault((row.origin, row.destination, row.material), len(keys))
            capacity = math.inf if math.isnan(row.capacity) else float(row.capacity)
            numbers.append((key, periods[row.period], float(row.cost), capacity))
        self._cost = np.full((len(keys) + 1, len(periods)), math.nan)
        self._capacity = np.full((len(keys) + 1, len(periods)), math.inf)
        """One row a key of the table; the last is that of flows which no row names."""
        for number, period, cost, capacity in numbers:
            self._cost[number, period], self._capacity[number, period] = cost, capacity
        self._row = self._rows(keys)
        self._is_closed: Mask = np.all(self._capacity <= 0, axis=1)

    def _rows(self, keys: dict[Flow, int]) -> Whole:
        """The row that holds for every (origin, destination, material), those that name least laid down first."""
        row = np.full((len(self._countries), len(self._countries), len(self._materials)), len(keys))
        for filled, (key, number) in product(FILLED[::-1], keys.items()):
            if filled == tuple(int(label != "") for label in key):
                names = zip((self._countries, self._countries, self._materials), key, strict=True)
                row[tuple(slice(None) if label == "" else of[label] for of, label in names)] = number
        return row

    def closed(self) -> Mask:
        """Whether a flow is closed in every period, by origin, destination and material."""
        return self._is_closed[self._row]

    def numbers(self, flows: list[Flow]) -> FlowNumbers:
        """Numbers of the origins, the destinations and the materials of flows."""
        place = (self._countries, self._countries, self._materials)
        origin, destination, material = (
            np.fromiter((of[flow[i]] for flow in flows), np.int64, len(flows)) for i, of in enumerate(place)
        )
        return origin, destination, material

    def rates(self, numbers: FlowNumbers) -> tuple[Array, Array]:
        """Cost in currency per unit and capacity a year (inf: unlimited), by flow and period."""
        origin, destination, material = numbers
        row = self._row[origin, destination, material]
        cost = self._cost[row]
        return np.where(np.isnan(cost), self._transport_cost[material][:, None], cost), self._capacity[row]


@dataclass(frozen=True)
class Reach:
    """The flows that exist: `flows` of trade, `sharing` between members' stockpiles."""

    flows: list[Flow]
    sharing: list[Flow]


def numbered(labels: Iterable[Label]) -> dict[Label, int]:
    """Label -> its number in the order given, from 0."""
    return {label: number for number, label in enumerate(labels)}


def find_reach(case: Case, plants: list[Plant], projects: list[Project], routes: Routes) -> Reach:
    """The flows that can carry something to somebody who wants it (the method, section 3).

    A country has a material if one of its units makes it, or if it wants it and somebody who has it can ship it there.
    """
    country, material = numbered(case.countries), numbered(case.materials)
    makes = np.zeros((len(country), len(material)), dtype=bool)
    wants = np.zeros_like(makes)
    units: list[Plant | Project] = [*plants, *(p for p in projects if p.starts)]
    for unit in units:
        for name, quantity in unit.recipe.items():
            (makes if quantity > 0 else wants)[country[unit.country], material[name]] = True
    for c, m, _, _ in case.demand:
        wants[country[c], material[m]] = True
    stocked = list(zip(case.tables["stockpiles"]["country"], case.tables["stockpiles"]["material"], strict=True))
    for c, m in stocked:
        wants[country[c], material[m]] = True

    is_open = ~routes.closed() & ~np.eye(len(country), dtype=bool)[:, :, None]
    flows: list[Flow] = []
    for number, name in enumerate(case.materials):
        carries = is_open[:, :, number] & wants[None, :, number]
        has = makes[:, number]
        while (more := has | (carries & has[:, None]).any(axis=0)).sum() > has.sum():
            has = more
        pairs = np.argwhere(carries & has[:, None]).tolist()
        flows += [(case.countries[o], case.countries[d], name) for o, d in pairs]
    return Reach(flows, _sharing(case, stocked, is_open & wants[None]))


def _sharing(case: Case, stocked: list[tuple[str, str]], carries: Mask) -> list[Flow]:
    """What the sharing table allows between members, in the order of the stockpiles."""
    country, material = numbered(case.countries), numbered(case.materials)
    is_allowed = np.zeros_like(carries)
    for row in rows_of(case.tables["sharing"]):
        receiver = slice(None) if row.receiver == "" else country[row.receiver]
        is_allowed[country[row.provider], receiver, slice(None) if row.material == "" else material[row.material]] = (
            True
        )
    members = np.array([country[n] for n in case.members], dtype=int)
    is_allowed &= carries
    found = []
    for provider, name in stocked:
        receives = is_allowed[country[provider], members, material[name]]
        found += [(provider, case.members[j], name) for j in np.flatnonzero(receives).tolist()]
    return found
