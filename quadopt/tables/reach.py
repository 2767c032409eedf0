"""Reach: which material can come from where and is wanted where. Nothing outside it is built."""

from __future__ import annotations

import math
from dataclasses import dataclass

from quadopt.tables.case import Case
from quadopt.tables.records import rows_of
from quadopt.tables.units import Plant, Project

Flow = tuple[str, str, str]
"""(origin, destination, material)."""


@dataclass(frozen=True)
class Route:
    """What holds on a flow in one period: cost in currency per unit, capacity a year (inf: unlimited)."""

    cost: float
    capacity: float


class Routes:
    """The routes table: the matching row with most keys filled wins; no row: open at the material's transport cost."""

    def __init__(self, case: Case) -> None:
        self._rows: dict[Flow, dict[str, Route]] = {}
        self._transport_cost = {m: float(v) for m, v in case.column("materials", "material", "transport_cost").items()}
        for row in rows_of(case.tables["routes"]):
            capacity = math.inf if math.isnan(row.capacity) else float(row.capacity)
            key = (row.origin, row.destination, row.material)
            self._rows.setdefault(key, {})[row.period] = Route(float(row.cost), capacity)

    def row(self, flow: Flow) -> Flow | None:
        """The key of the row that holds for a flow, None where no row names it."""
        origin, destination, material = flow
        for key in (
            (origin, destination, material),
            (origin, destination, ""),
            (origin, "", material),
            ("", destination, material),
            (origin, "", ""),
            ("", destination, ""),
            ("", "", material),
            ("", "", ""),
        ):
            if key in self._rows:
                return key
        return None

    def of(self, flow: Flow, period: str) -> Route:
        """Cost and capacity of a flow in a period."""
        key = self.row(flow)
        default = self._transport_cost[flow[2]]
        if key is None:
            return Route(default, math.inf)
        route = self._rows[key][period]
        return Route(default if math.isnan(route.cost) else route.cost, route.capacity)

    def is_closed(self, flow: Flow, periods: list[str]) -> bool:
        """Whether a flow is closed in every period."""
        key = self.row(flow)
        return key is not None and all(self._rows[key][t].capacity <= 0 for t in periods)


@dataclass(frozen=True)
class Reach:
    """The flows that exist: `flows` of trade, `sharing` between members' stockpiles."""

    flows: list[Flow]
    sharing: list[Flow]


def find_reach(case: Case, plants: list[Plant], projects: list[Project], routes: Routes) -> Reach:
    """The flows that can carry something to somebody who wants it (the method, section 3).

    A country has a material if one of its units makes it, or if it wants it and somebody who has it can ship it there.
    """
    makes: dict[str, set[str]] = {m: set() for m in case.materials}
    wants: dict[str, set[str]] = {m: set() for m in case.materials}
    units: list[Plant | Project] = [*plants, *(p for p in projects if p.starts)]
    for unit in units:
        for material, quantity in unit.recipe.items():
            (makes if quantity > 0 else wants)[material].add(unit.country)
    for country, material, _, _ in case.demand:
        wants[material].add(country)
    stocked = list(zip(case.tables["stockpiles"]["country"], case.tables["stockpiles"]["material"], strict=True))
    for country, material in stocked:
        wants[material].add(country)

    flows = []
    for material in case.materials:
        has, frontier = set(makes[material]), sorted(makes[material])
        open_pairs = []
        while frontier:
            origin = frontier.pop()
            for destination in case.countries:
                flow = (origin, destination, material)
                if destination == origin or destination not in wants[material] or routes.is_closed(flow, case.periods):
                    continue
                open_pairs.append(flow)
                if destination not in has:
                    has.add(destination)
                    frontier.append(destination)
        flows += sorted(open_pairs, key=lambda f: (case.countries.index(f[0]), case.countries.index(f[1])))

    allowed = {(r.provider, r.receiver, r.material) for r in rows_of(case.tables["sharing"])}
    sharing = [
        (provider, receiver, material)
        for provider, material in stocked
        for receiver in case.members
        if receiver != provider
        and receiver in wants[material]
        and any((provider, r, m) in allowed for r in (receiver, "") for m in (material, ""))
        and not routes.is_closed((provider, receiver, material), case.periods)
    ]
    return Reach(flows, sharing)
