"""Dependence against cost, stress or both: the payoff table, then a grid of levels, the points between solved side by side.

The augmented epsilon-constraint method (Mavrotas, "Effective implementation of the epsilon-constraint method in
multi-objective mathematical programming problems", Applied Mathematics and Computation 213, 2009): each point has the least
dependence within levels on the others, less a small weight times the room below them, so that no plan is weakly dominated.
What AUGMECON2 (Mavrotas & Florios, same journal 219, 2013) saves by leaving out levels that a point before has passed already
needs the points one after the other; here all are solved at once, and those that come to the same plan are told as such.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.run import Finished, Run
from quadopt.tables.case import Case
from quadopt.whatif.frontier.curve import lowest
from quadopt.whatif.frontier.points import IN_ORDER, WITHIN_LEVELS, Point
from quadopt.whatif.frontier.runs import Answer, Axis
from quadopt.whatif.many import Engine, known_start

EPSILON = 1e-3
"""What the whole range of another objective counts, in ranges of dependence (Mavrotas: 1e-6 to 1e-3)."""


@dataclass(frozen=True)
class Payoff:
    """The plans at the ends: by the objective that each minimises first, the others after it in their order."""

    runs: dict[Axis, Finished]

    def answer(self, axis: Axis) -> Answer:
        """The plan that minimises an objective first."""
        found: Answer = self.runs[axis].payload
        return found

    def ideal(self, axis: Axis) -> float:
        """The least value found of an objective."""
        return min(self.answer(first).values[axis] for first in self.runs)

    def nadir(self, axis: Axis) -> float:
        """The largest value among the plans at the ends; with three objectives an estimate of the frontier's."""
        return max(self.answer(first).values[axis] for first in self.runs)

    def span(self, axis: Axis) -> float:
        """From the least to the largest value."""
        return self.nadir(axis) - self.ideal(axis)

    @property
    def held_shortage(self) -> float:
        """The level of shortage that all plans at the ends keep."""
        return max(self.answer(first).held_shortage for first in self.runs)


def payoff(case: Case, options: Formulation, axes: Sequence[Axis], start: Plan | None, engine: Engine) -> Payoff:
    """The plans at the ends. Raises `NoPlanError` where one is missing: without it there is no frontier."""
    orders = {first: [first, *(axis for axis in axes if axis != first), *left_over(axes)] for first in axes}
    runs = [Run(f"least {axis}", IN_ORDER, case, options, {"order": order}, start) for axis, order in orders.items()]
    finished = engine.solve(runs)
    for one in finished:
        if not one.has_answer:
            raise NoPlanError(f"{one.run}, an end of the frontier: {one.reason}", one.status)
    return Payoff(dict(zip(orders, finished, strict=True)))


def left_over(axes: Sequence[Axis]) -> list[Axis]:
    """What is minimised last, though nothing stands against it: no plan is dearer than it need be."""
    return [] if "cost" in axes else ["cost"]


def levels(found: Payoff, others: Sequence[Axis], count: int) -> list[dict[Axis, float]]:
    """The levels of the points to solve: of one objective evenly between the ends, of several a grid.

    The plans at the ends are points themselves: with one objective `count` takes them in, with several they come on top.
    """
    if len(others) == 1:
        axis = others[0]
        steps = np.linspace(found.ideal(axis), found.nadir(axis), count)[1:-1]
        return [{axis: float(level)} for level in steps]
    sides = [_side(count, len(others), number) for number in range(len(others))]
    grids: list[list[tuple[Axis, float]]] = [
        [(axis, found.ideal(axis) + found.span(axis) * step / side) for step in range(1, side + 1)]
        for axis, side in zip(others, sides, strict=True)
    ]
    return [dict(chosen) for chosen in itertools.product(*grids)]


def _side(count: int, axes: int, number: int) -> int:
    """Levels of one of several objectives, so that their product is about `count`: 12 points are 4 x 3."""
    first = math.ceil(count ** (1.0 / axes) - 1e-9)
    return first if number == 0 else max(1, round((count / first) ** (1.0 / (axes - 1))))


def points(
    case: Case, options: Formulation, found: Payoff, others: Sequence[Axis], count: int, engine: Engine
) -> list[Point]:
    """All points, those at the ends among them, from the least of the first of the others on."""
    grid = levels(found, others, count) if found.span("dependence") > 0 else []
    solved = engine.solve([_run(case, options, found, limits) for limits in grid])
    ends: dict[Axis, dict[Axis, float]] = {
        axis: {axis: found.answer(axis).values[axis]} if axis != "dependence" else {} for axis in found.runs
    }
    limits: list[Mapping[Axis, float]] = [*(ends[axis] for axis in others), *grid, ends["dependence"]]
    runs = [*(found.runs[axis] for axis in others), *solved, found.runs["dependence"]]
    own = [float("nan") if one.payload is None else one.payload.bounds["dependence"] for one in runs]
    bounds = _bounds(limits, own, others)
    return [
        Point(number, run, limit, bound)
        for number, (run, limit, bound) in enumerate(zip(runs, limits, bounds, strict=True), 1)
    ]


def _bounds(limits: Sequence[Mapping[Axis, float]], own: Sequence[float], others: Sequence[Axis]) -> list[float]:
    """The best bound of each point: what is proven within wider levels holds within narrower ones."""
    if len(others) == 1:
        at = np.array([limit.get(others[0], np.inf) for limit in limits])
        return [float(bound) for bound in lowest(at, np.array(own))]
    out = []
    for limit in limits:
        wider = [
            bound
            for other, bound in zip(limits, own, strict=True)
            if all(other.get(axis, np.inf) >= limit.get(axis, np.inf) for axis in others)
        ]
        out.append(float(np.nanmax(wider)) if not np.isnan(wider).all() else float("nan"))
    return out


def _run(case: Case, options: Formulation, found: Payoff, limits: dict[Axis, float]) -> Run:
    """A point to solve, begun from the nearest plan at an end; where that leads nowhere, from one that keeps the first level."""
    weights = {axis: EPSILON * found.span("dependence") / found.span(axis) for axis in limits if found.span(axis) > 0}
    nearest = min(found.runs, key=lambda axis: _distance(found, axis, limits))
    safe = found.answer(next(iter(limits)))
    settings = {
        "shortage": found.held_shortage,
        "levels": limits,
        "weights": {axis: weights.get(axis, 0.0) for axis in limits},
        "caps": [list(cap) for cap in safe.caps],
        "or_else": safe.starts,
        "then": left_over(list(found.runs)),
    }
    name = " and ".join(f"{axis} at most {level:,.6g}" for axis, level in limits.items())
    begin = found.answer(nearest)
    start = known_start(case, options, begin.starts, begin.suppliers, begin.status)
    return Run(name, WITHIN_LEVELS, case, options, settings, start)


def _distance(found: Payoff, axis: Axis, limits: Mapping[Axis, float]) -> float:
    """How far the plan at an end is from levels, in ranges."""
    values = found.answer(axis).values
    return sum(abs(values[a] - level) / found.span(a) for a, level in limits.items() if found.span(a) > 0)
