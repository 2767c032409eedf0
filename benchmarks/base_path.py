"""The base path as index lists and arrays: what every writing of the model starts from.

Places (a material in a country), flows, units, stocks, demands and starts are numbered in the order of `Structure`;
arrays over steps have the steps last. Written for a pooled fund without burden shares, as in the model file `pact`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quadopt.formulation.structure import Structure
from quadopt.tables.records import rows_of

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """A sparse table: `left` and `right` number what belongs together, `value` says how much."""

    left: Whole
    right: Whole
    value: Array


@dataclass(frozen=True)
class BasePath:
    """The numbers of the base path; T steps, quantities are amounts of a step, money is in millions."""

    length: Array
    places: int
    origin: Whole
    """Flow -> place."""
    destination: Whole
    room: Array
    """(flow, step): what the route takes, inf where it is unlimited."""
    provider: Whole
    """Shared flow -> place."""
    receiver: Whole
    shared_room: Array
    both: Pairs
    """(flow, shared flow) that use one route."""
    plant_capacity: Array
    """(plant, step); plants are the first units, projects the others."""
    units: int
    made: Pairs
    """(unit, place) with units made per unit of activity."""
    used: Pairs
    start_project: Whole
    """Start -> project."""
    projects: int
    is_committed: npt.NDArray[np.bool_]
    online: Array
    """(start, step): capacity online."""
    payment: Array
    """(start, step): what the fund owes."""
    minimum_use: Array
    """By project."""
    groups: list[Whole]
    """Starts of the projects of each exclusive group."""
    requirements: list[tuple[Whole, Whole]]
    """Starts of a project so far, starts of the one it requires that are complete in time; one a row."""
    contribution: Array
    """(member, step): the most that is paid."""
    stock_place: Whole
    initial: Array
    stock_capacity: Array
    kept: Array
    """(stock, step): the part of the last step's stock that loss leaves."""
    minimum: Array
    release_limit: Array
    """By stock and year, inf where there is none."""
    stock_price: Array
    """Millions per unit."""
    stock_member: Whole
    stock_budget: Array
    """(member, step), inf where there is none."""
    demand_place: Whole
    demand: Array
    shortage_cost: Array
    """Millions per unit short, by demand."""
    shared_of: Pairs
    """(shared flow, sharing limit)."""
    share_stock: Whole
    """Sharing limit -> stock."""
    share_fraction: Array
    """(sharing limit, step)."""

    @property
    def steps(self) -> int:
        """Number of steps."""
        return self.length.size


def base_path(structure: Structure) -> BasePath:
    """The arrays of a structure's base path. Raises `ValueError` where its fund is not one pool without burden."""
    pact = structure.options.pact
    if not pact.pooled or pact.burden != "free":
        raise ValueError("the base path is written for a pooled fund without burden shares")
    case, base = structure.case, structure.base
    length = np.array([case.length[t] for t in case.periods])
    place = {key: number for number, key in enumerate(structure.places)}
    flows, shared = structure.reach.flows, structure.reach.sharing
    number = {flow: i for i, flow in enumerate(flows)}
    both = [(number[flow], j) for j, flow in enumerate(shared) if flow in number]
    units = list(structure.units.values())
    stocks = list(structure.stocks)
    return BasePath(
        length=length,
        places=len(place),
        origin=_numbers(place[o, m] for o, _, m in flows),
        destination=_numbers(place[d, m] for _, d, m in flows),
        room=_rooms(structure, flows) * length,
        provider=_numbers(place[i, m] for i, _, m in shared),
        receiver=_numbers(place[j, m] for _, j, m in shared),
        shared_room=_rooms(structure, shared) * length,
        both=_pairs((i, j, 1.0) for i, j in both),
        plant_capacity=base.capacity * length,
        units=len(units),
        made=_pairs((i, place[u.country, m], q) for i, u in enumerate(units) for m, q in u.recipe.items() if q > 0),
        used=_pairs((i, place[u.country, m], -q) for i, u in enumerate(units) for m, q in u.recipe.items() if q < 0),
        contribution=_table(_by_member(structure, "limit"), length),
        demand_place=_numbers(place[n, m] for n, m, _ in structure.demands),
        demand=base.demand * length,
        shortage_cost=np.array([case.shortage_cost[m, q] for _, m, q in structure.demands]),
        **_starts(structure),
        **_stocks(structure, stocks, [place[key] for key in stocks], length),
        **_sharing(structure, stocks, length),
    )


def _numbers(numbers: Iterable[int]) -> Whole:
    return np.fromiter(numbers, np.int64)


def _pairs(triples: Iterable[tuple[int, int, float]]) -> Pairs:
    columns = list(zip(*triples, strict=True)) or [(), (), ()]
    return Pairs(np.array(columns[0], np.int64), np.array(columns[1], np.int64), np.array(columns[2], float))


def _table(rows: Sequence[Sequence[float]], length: Array) -> Array:
    """Yearly rates, a row each, as amounts of the steps."""
    return np.array(rows, dtype=float).reshape(-1, length.size) * length


def _rooms(structure: Structure, flows: Sequence[Any]) -> Array:
    return structure.routes.rates(structure.routes.numbers(list(flows)))[1]


def _by_member(structure: Structure, column: str) -> list[list[float]]:
    frame, case = structure.case.tables["fund"], structure.case
    known = {(r.country, r.period): float(getattr(r, column)) for r in rows_of(frame)}
    return [[known.get((n, t), math.nan) for t in case.periods] for n in case.members]


def _starts(structure: Structure) -> dict[str, Any]:
    case, projects = structure.case, structure.projects
    starts = [(i, t) for i, p in enumerate(projects) for t in p.starts]
    number = {start: k for k, start in enumerate(starts)}
    online = [row for p in projects for row in p.capacity * p.online(case, p.starts, *structure.base.times)]
    public = [projects[i].fund_share * projects[i].capex for i, _ in starts]
    paid = [row for p in projects for row in p.payments(case, p.starts)]
    by_group: dict[str, list[int]] = {}
    for (i, _), k in number.items():
        if projects[i].exclusive_group:
            by_group.setdefault(projects[i].exclusive_group, []).append(k)
    by_name = {p.name: i for i, p in enumerate(projects)}
    requirements = []
    for i, project in enumerate(projects):
        for required in project.requires:
            j = by_name.get(required)
            theirs = projects[j].starts if j is not None else ()
            for position, start in enumerate(project.starts):
                complete = project.complete(case, start) + 1e-9
                so_far = [number[i, t] for t in project.starts[: position + 1]]
                in_time = [number[j, t] for t in theirs if j is not None and projects[j].complete(case, t) <= complete]
                requirements.append((_numbers(so_far), _numbers(in_time)))
    length = np.array([case.length[t] for t in case.periods])
    return {
        "start_project": _numbers(i for i, _ in starts),
        "projects": len(projects),
        "is_committed": np.array([p.status == "committed" for p in projects], dtype=bool),
        "online": _table(online, length),
        "payment": np.array(paid, dtype=float).reshape(-1, length.size) * np.array(public).reshape(-1, 1),
        "minimum_use": np.array([p.minimum_use for p in projects], dtype=float),
        "groups": [_numbers(of) for of in by_group.values()],
        "requirements": requirements,
    }


def _stocks(structure: Structure, stocks: list[Any], places: list[int], length: Array) -> dict[str, Any]:
    case, rows = structure.case, structure.stocks

    def column(name: str, blank: float) -> Array:
        return np.nan_to_num(np.array([rows[key][name] for key in stocks], dtype=float), nan=blank)

    member = {n: i for i, n in enumerate(case.members)}
    holders = {n for n, _ in stocks}
    budget = np.array(_by_member(structure, "stock_limit")) * length
    budget[[i for n, i in member.items() if n not in holders]] = math.nan
    loss = np.array([rows[key]["loss_rate"] for key in stocks], dtype=float).reshape(-1, 1)
    return {
        "stock_place": _numbers(places),
        "initial": column("initial", 0.0),
        "stock_capacity": column("capacity", math.inf),
        "kept": (1.0 - loss) ** length,
        "minimum": structure.minimum_stock,
        "release_limit": column("release_limit", math.inf),
        "stock_price": np.array([1e-6 * case.price[m] for _, m in stocks]),
        "stock_member": _numbers(member[n] for n, _ in stocks),
        "stock_budget": np.nan_to_num(budget, nan=math.inf),
    }


def _sharing(structure: Structure, stocks: list[Any], length: Array) -> dict[str, Any]:
    case, shared = structure.case, structure.reach.sharing
    stock_of = {key: i for i, key in enumerate(stocks)}
    fractions = {(r.provider, r.receiver, r.material, r.period): r.limit_fraction
                 for r in rows_of(case.tables["sharing"])}  # fmt: skip
    keys = list(dict.fromkeys(key[:3] for key in fractions))
    limits: dict[tuple[Any, ...], list[int]] = {}
    for row in keys:
        for j, (provider, receiver, material) in enumerate(shared):
            if provider == row[0] and row[1] in ("", receiver) and row[2] in ("", material):
                limits.setdefault((row, provider, material), []).append(j)
    fraction = [[float(fractions[(*row, t)]) for t in case.periods] for row, _, _ in limits]
    return {
        "shared_of": _pairs((j, k, 1.0) for k, flows in enumerate(limits.values()) for j in flows),
        "share_stock": _numbers(stock_of[n, m] for _, n, m in limits),
        "share_fraction": _table(fraction, length),
    }
