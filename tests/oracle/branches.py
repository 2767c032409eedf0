"""Disruptions: their branches on the finer clock, and the stress they cause (section 6), for the oracle."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from tests.oracle.path import Path, Starts, Strike, build_path
from tests.oracle.program import Program, Sum, total
from tests.oracle.world import TINY, Interval, World, blank, overlap


@dataclass
class Branch:
    """One disruption's branch."""

    name: str
    probability: float
    path: Path

    def stress(self, world: World) -> Sum:
        """Weighted shortage value, millions."""
        return total(world.shortage_value(m, q) * u for (_, m, q, _), u in self.path.shortage.items())


def probabilities(world: World) -> dict[str, float]:
    """Probability of each disruption; blanks share the remainder with the undisturbed future."""
    given: dict[str, float] = {}
    for row in world.table["disruptions"]:
        known = given.get(row["disruption"], math.nan)
        given[row["disruption"]] = float(row["probability"]) if math.isnan(known) else known
    blanks = [name for name, p in given.items() if math.isnan(p)]
    rest = 1.0 - sum(p for p in given.values() if not math.isnan(p))
    return {name: rest / (len(blanks) + 1) if name in blanks else p for name, p in given.items()}


def steps(world: World, rows: list[dict], options: dict) -> list[Interval]:
    """Steps from the start period's beginning past the end of the longest row and the recovery."""
    begin = world.begin[world.position[str(rows[0]["start"])]]
    step = float(options["step_years"])
    last = max(float(row["duration"]) for row in rows) + float(options["recovery_years"])
    count = max(1, math.ceil(last / step - TINY))
    edges = [min(begin + k * step, world.horizon) for k in range(count + 1)]
    return [Interval(a, b) for a, b in itertools.pairwise(edges) if b - a > TINY]


def build_branches(
    world: World, program: Program, base: Path, starts: Starts, options: dict
) -> list[Branch]:  # fmt: skip
    """Every disruption's branch, opening with the base path's reserve and projects."""
    chance = probabilities(world)
    out = []
    for name in chance:
        rows = [row for row in world.table["disruptions"] if row["disruption"] == name]
        t = world.position[str(rows[0]["start"])]
        opening = {
            (n, m): base.reserve[n, m, t - 1] if t > 0 else Sum(constant=float(world.pile[n, m]["initial"]))
            for n, m in world.pile
        }
        intervals = steps(world, rows, options)
        strike = _strike(world, rows, intervals)
        path = build_path(world, program, starts, intervals, opening, strike, options)
        for row in rows:
            if row["kind"] == "export_cut":
                _cut(world, program, path, row, starts)
        out.append(Branch(name, chance[name], path))
    return out


def _covered(row: dict, begin: float, interval: Interval) -> float:
    """Part of a step that a row covers."""
    part = overlap(begin, begin + float(row["duration"]), interval.begin, interval.end) / interval.length
    return 0.0 if part < TINY else part


def _hits(cell: str, name: str, otherwise: list[str]) -> bool:
    return name in otherwise if blank(cell) else cell == name


def _strike(world: World, rows: list[dict], intervals: list[Interval]) -> Strike:
    strike = Strike()
    for row in rows:
        for i, interval in enumerate(intervals):
            theta = _covered(row, intervals[0].begin, interval)
            if row["kind"] == "outage":
                for u in world.units:
                    if not _hits(row["country"], u.country, world.outside):
                        continue
                    if not _hits(row["process"], u.process, [u.process]):
                        continue
                    if blank(row["material"]) or world.makes(u, row["material"]) > 0:
                        factor = 1.0 - theta * float(row["severity"])
                        strike.capacity[u, i] = factor * strike.capacity.get((u, i), 1.0)
            if row["kind"] == "demand_surge":
                for key in world.demand:
                    c, m, q = key
                    if not _hits(row["country"], c, world.members):
                        continue
                    if _hits(row["material"], m, [m]) and _hits(row["sector"], q, [q]):
                        factor = 1.0 + theta * float(row["severity"])
                        strike.demand[key, i] = factor * strike.demand.get((key, i), 1.0)
    return strike


def _cut(world: World, program: Program, path: Path, row: dict, starts: Starts) -> None:
    """What a country ships of a matched material to all matched destinations together is limited by data."""
    for c in world.outside if blank(row["country"]) else [row["country"]]:
        to = [d for d in world.countries if d != c and _hits(row["destination"], d, [d])]
        for m in world.material if blank(row["material"]) else [row["material"]]:
            for i, interval in enumerate(path.intervals):
                theta = _covered(row, path.intervals[0].begin, interval)
                if theta == 0.0:
                    continue
                usual = min(world.offer(c, m, interval, starts), sum(world.need(d, m, interval) for d in to))
                hit = (1.0 - float(row["severity"])) * usual if blank(row["limit"]) else float(row["limit"])
                leaves = total(path.shipment.get((c, d, m, i), 0.0) for d in to)
                leaves += total(path.sharing.get((c, d, m, i), 0.0) for d in to)
                program.at_most(leaves, interval.length * (theta * hit + (1.0 - theta) * usual))


def expected(world: World, branches: list[Branch]) -> Sum:
    """Expected stress, millions."""
    return total(b.probability * b.stress(world) for b in branches)


def risk(world: World, program: Program, branches: list[Branch], options: dict) -> Sum:
    """Stress over the branches by the chosen risk measure, millions."""
    if options["risk"] == "expected":
        return expected(world, branches)
    if options["risk"] == "worst":
        most = program.column()
        for b in branches:
            program.at_most(b.stress(world), most)
        return most
    eta = program.column()
    value = Sum() + eta
    for b in branches:
        above = program.column()
        program.at_most(b.stress(world) - eta, above)
        value += b.probability / (1.0 - float(options["alpha"])) * above
    return value
