"""The physical rows of section 4 for one path: the base path by periods, or a branch by steps."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from tests.oracle.program import Program, Sum, total
from tests.oracle.world import Interval, Unit, World

Starts = dict[str, int | None]


@dataclass
class Strike:
    """What a disruption does to a branch, by step: factors on capacity and demand (1 = not hit)."""

    capacity: dict[tuple[Unit, int], float] = field(default_factory=dict)
    demand: dict[tuple[tuple[str, str, str], int], float] = field(default_factory=dict)


class Flows(dict):
    """Flows by (origin, destination, material, interval), found again by either end."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[tuple[int, str, str, int], list[Sum]] = defaultdict(list)

    def __setitem__(self, key: tuple[str, str, str, int], flow: Sum) -> None:
        super().__setitem__(key, flow)
        self.at[0, key[0], *key[2:]].append(flow)
        self.at[1, key[1], *key[2:]].append(flow)


class Activities(dict):
    """Activities by (unit, interval), found again by country."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[tuple[str, int], list[tuple[Unit, Sum]]] = defaultdict(list)

    def __setitem__(self, key: tuple[Unit, int], activity: Sum) -> None:
        super().__setitem__(key, activity)
        self.at[key[0].country, key[1]].append((key[0], activity))


@dataclass
class Path:
    """Columns of one path. Keys end in the interval's number; missing keys are zero."""

    intervals: list[Interval]
    room: dict[tuple[Unit, int], float] = field(default_factory=dict)
    activity: Activities = field(default_factory=Activities)
    shipment: Flows = field(default_factory=Flows)
    sharing: Flows = field(default_factory=Flows)
    stock: dict[tuple[str, str, int], Sum] = field(default_factory=dict)
    deposit: dict[tuple[str, str, int], Sum] = field(default_factory=dict)
    release: dict[tuple[str, str, int], Sum] = field(default_factory=dict)
    reserve: dict[tuple[str, str, int], Sum] = field(default_factory=dict)
    asked: dict[tuple[str, str, str, int], float] = field(default_factory=dict)
    shortage: dict[tuple[str, str, str, int], Sum] = field(default_factory=dict)
    disposal: dict[tuple[str, str, int], Sum] = field(default_factory=dict)
    opening: dict[tuple[str, str], Sum] = field(default_factory=dict)


def near(flows: Flows, place: int, country: str, m: str, i: int) -> Sum:
    """Sum of the flows of a material in an interval whose origin (0) or destination (1) is a country."""
    return total(flows.at[place, country, m, i])


def output(world: World, activity: Activities, c: str, m: str, i: int) -> Sum:
    """What a country makes of a material in an interval."""
    return total(world.makes(u, m) * a for u, a in activity.at[c, i] if world.makes(u, m) > 0)


def inputs(world: World, activity: Activities, c: str, m: str, i: int) -> Sum:
    """What a country's activities use of a material in an interval."""
    return total(world.uses(u, m) * a for u, a in activity.at[c, i] if world.uses(u, m) > 0)


def served(path: Path, c: str, m: str, i: int) -> Sum:
    """What demand gets of a material in an interval."""
    keys = [key for key in path.asked if key[:2] == (c, m) and key[3] == i]
    return total(path.asked[key] - path.shortage[key] for key in keys)


def missing(path: Path, c: str, m: str, i: int) -> Sum:
    """What is short of a material in an interval, over the sectors."""
    return total(u for key, u in path.shortage.items() if key[:2] == (c, m) and key[3] == i)


def build_path(
    world: World,
    program: Program,
    starts: Starts,
    intervals: list[Interval],
    opening: dict[tuple[str, str], Sum],
    strike: Strike | None,
    options: dict,
) -> Path:
    """Columns and rows of a path; `strike` is None on the base path."""
    path = Path(intervals, opening=opening)
    for i, interval in enumerate(intervals):
        _columns(world, program, starts, path, i, interval, strike, options)
        _balances(world, program, path, i)
        _stocks(world, program, path, i, interval)
        _sharing_limits(world, program, path, i, strike is None)
        _ships_no_release(world, program, path, i, strike is not None and options["crisis_trade"] == "own_output")
    if strike is None:
        _reserves(world, program, path)
        _stock_budget(world, program, path)
    return path


def _columns(
    world: World, program: Program, starts: Starts, path: Path, i: int, interval: Interval, strike: Strike | None,
    options: dict,
) -> None:  # fmt: skip
    h = interval.length
    for unit in world.units:
        if unit.kind == "project" and starts[unit.name] is None:
            continue
        room = h * world.capacity(unit, interval, starts)
        low = 0.0
        if strike is not None:
            room *= strike.capacity.get((unit, i), 1.0)
        elif unit.kind == "project":
            low = room * float(world.project[unit.name]["minimum_use"])
        path.room[unit, i] = room
        path.activity[unit, i] = program.column(room, low)
    for m in world.material:
        for o in world.countries:
            for d in world.countries:
                if o == d or not world.has(o, m) or not world.wants(d, m):
                    continue
                capacity = h * world.route(o, d, m, interval)[1]
                if capacity <= 0:
                    continue
                x = path.shipment[o, d, m, i] = program.column(capacity)
                shares = world.share_cost_of(o, d, m, interval) is not None and {o, d} <= set(world.members)
                if options["sharing"] and shares and (o, m) in world.pile:
                    g = path.sharing[o, d, m, i] = program.column(capacity)
                    if capacity < float("inf"):
                        program.at_most(x + g, capacity)
    for n, m in world.pile:
        limit = float(world.pile[n, m]["capacity"])
        path.stock[n, m, i] = program.column(float("inf") if math.isnan(limit) else limit)
        path.deposit[n, m, i] = program.column()
        path.release[n, m, i] = program.column()
    for key, values in world.demand.items():
        asked = h * world.average(values, interval)
        if strike is not None:
            asked *= strike.demand.get((key, i), 1.0)
        path.asked[(*key, i)] = asked
        path.shortage[(*key, i)] = program.column(asked)


def _balances(world: World, program: Program, path: Path, i: int) -> None:
    for c in world.countries:
        for m in world.material:
            left_over = path.disposal[c, m, i] = program.column()
            inflow = output(world, path.activity, c, m, i) + near(path.shipment, 1, c, m, i)
            inflow += near(path.sharing, 1, c, m, i) + path.release.get((c, m, i), 0.0)
            outflow = inputs(world, path.activity, c, m, i) + near(path.shipment, 0, c, m, i) + left_over
            outflow += served(path, c, m, i) + path.deposit.get((c, m, i), 0.0)
            program.equal(inflow, outflow)


def _before(world: World, path: Path, n: str, m: str, i: int) -> Sum:
    return path.opening[n, m] if i == 0 else path.stock[n, m, i - 1]


def _stocks(world: World, program: Program, path: Path, i: int, interval: Interval) -> None:
    for n, m in world.pile:
        leaving = path.release[n, m, i] + near(path.sharing, 0, n, m, i)
        kept = world.kept(n, m, interval.length) * _before(world, path, n, m, i)
        program.equal(path.stock[n, m, i], kept + path.deposit[n, m, i] - leaving)
        arriving = output(world, path.activity, n, m, i) + near(path.shipment, 1, n, m, i)
        program.at_most(path.deposit[n, m, i], arriving)
        limit = float(world.pile[n, m]["release_limit"])
        if not math.isnan(limit):
            program.at_most(leaving, interval.length * limit)


def _sharing_limits(world: World, program: Program, path: Path, i: int, base: bool) -> None:
    start = world.period_at(path.intervals[0].begin)
    for n, m in world.pile:
        for row, receivers in world.share_rows(n, m):
            steps = [i] if base else range(i + 1)
            shared = total(path.sharing.get((n, r, m, j), 0.0) for r in receivers for j in steps)
            if base:
                limit = path.intervals[i].length * world.share_limit[row][i] * _before(world, path, n, m, i)
            else:
                limit = world.share_limit[row][start] * path.opening[n, m]
            program.at_most(shared, limit)


def _ships_no_release(world: World, program: Program, path: Path, i: int, own_output: bool) -> None:
    for n in world.members:
        for m in world.material:
            shipped = near(path.shipment, 0, n, m, i)
            made = output(world, path.activity, n, m, i)
            if own_output:
                program.at_most(shipped, made)
            elif (n, m) in world.pile:
                program.at_most(shipped, made + near(path.shipment, 1, n, m, i))


def _reserves(world: World, program: Program, path: Path) -> None:
    for n, m in world.pile:
        for t, interval in enumerate(path.intervals):
            reserve = path.reserve[n, m, t] = program.column(lower=world.minimum(n, m, t))
            program.at_most(reserve, path.stock[n, m, t])
            if t > 0:
                program.at_most(world.kept(n, m, interval.length) * path.reserve[n, m, t - 1], reserve)


def _stock_budget(world: World, program: Program, path: Path) -> None:
    for n in world.members:
        for t, interval in enumerate(path.intervals):
            limit = world.stock_limit.get((n,), [float("nan")] * len(world.periods))[t]
            if math.isnan(limit):
                continue
            spent = Sum()
            for owner, m in world.pile:
                if owner == n:
                    bought = program.column()
                    kept = world.kept(n, m, interval.length) * _before(world, path, n, m, t)
                    program.at_most(path.stock[n, m, t] - kept, bought)
                    spent += 1e-6 * float(world.material[m]["price"]) * bought
            program.at_most(spent, interval.length * limit)
