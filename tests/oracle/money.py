"""The cost objective of section 7, for the oracle."""

from __future__ import annotations

from tests.oracle.branches import Branch
from tests.oracle.path import Path, Starts
from tests.oracle.program import Program, Sum
from tests.oracle.world import World, overlap


def operating(world: World, path: Path, i: int) -> Sum:
    """Operating cost and shortage value of one interval, millions, undiscounted."""
    interval = path.intervals[i]
    out = Sum()
    for (u, j), a in path.activity.items():
        if j == i:
            out.grow(a, 1e-6 * world.unit_cost(u, interval))
    for (o, d, m, j), x in path.shipment.items():
        if j == i:
            out.grow(x, 1e-6 * world.route(o, d, m, interval)[0])
    for (o, d, m, j), g in path.sharing.items():
        if j == i:
            out.grow(g, 1e-6 * (world.route(o, d, m, interval)[0] + (world.share_cost_of(o, d, m, interval) or 0.0)))
    for (n, m, j), s in path.stock.items():
        if j == i:
            out.grow(s, 1e-6 * float(world.pile[n, m]["holding_cost"]) * interval.length)
    for (_, m, q, j), u in path.shortage.items():
        if j == i:
            out.grow(u, world.shortage_value(m, q))
    return out


def cost(world: World, base: Path, branches: list[Branch], starts: Starts) -> Sum:
    """Discounted expected cost of a plan, millions."""
    out = Sum(constant=sum(world.capex(p, t) for p, t in starts.items() if t is not None))
    for t, period in enumerate(base.intervals):
        covered = sum(
            b.probability * overlap(step.begin, step.end, period.begin, period.end) / period.length
            for b in branches
            for step in b.path.intervals
        )
        out.grow(operating(world, base, t), world.discount(t) * (1.0 - covered))
    for b in branches:
        for i, step in enumerate(b.path.intervals):
            out.grow(operating(world, b.path, i), b.probability * world.discount(world.period_at(step.begin)))
    return out


def refill(world: World, program: Program, branches: list[Branch]) -> Sum:
    """Expected discounted cost of refilling each branch's stocks to what they opened with, millions."""
    out = Sum()
    for b in branches:
        last = len(b.path.intervals) - 1
        factor = b.probability * world.discount(world.period_at(b.path.intervals[last].begin))
        for n, m in world.pile:
            gone = program.column()
            program.at_most(b.path.opening[n, m] - b.path.stock[n, m, last], gone)
            out.grow(gone, 1e-6 * float(world.material[m]["price"]) * factor)
    return out
