"""Dependence against the size of the fund: every member's limit times a factor; at what size each project first appears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.run import Run
from quadopt.tables.case import Case
from quadopt.whatif.frontier.curve import Presence
from quadopt.whatif.frontier.points import IN_ORDER, Point
from quadopt.whatif.frontier.runs import Answer, Axis
from quadopt.whatif.many import Engine, known_start

ORDER: list[Axis] = ["dependence", "fund_used", "cost"]
"""What each size is asked for, after the least shortage: no more of the fund is spent than the least dependence needs."""
LARGEST = 2.0
"""Times the members' limits, to which sizes go unless others are asked for."""


def default_sizes(count: int) -> list[float]:
    """So many sizes from no fund to twice the fund, today's among them: even steps to today's, and from there on."""
    below = -(-(count + 1) // 2)
    return [*np.linspace(0.0, 1.0, below).tolist(), *np.linspace(1.0, LARGEST, count + 1 - below).tolist()[1:]]


def at_size(case: Case, size: float) -> Case:
    """The case with every member's limit times a factor; what it may spend on stockpiles stays."""
    if size == 1.0:
        return case
    return case.with_changes([{"table": "fund", "column": "limit", "operation": "multiply", "value": size}])


def limit_total(case: Case) -> float:
    """What all members may pay in over the horizon, millions, undiscounted."""
    frame = case.tables["fund"]
    return float(sum(case.length[t] * limit for t, limit in zip(frame["period"], frame["limit"], strict=True)))


def points(
    case: Case, options: Formulation, sizes: Sequence[float], refine: int, start: Plan | None, engine: Engine
) -> list[Point]:
    """A point for each size, in rising order, today's solved first so that the others begin from its plan.

    `refine`: how often to halve, for each project, the step in which it first appears.
    """
    today = engine.solve([_run(case, options, 1.0, start)])[0]
    answer: Answer | None = today.payload
    known = start
    if answer is not None:
        known = known_start(case, options, answer.starts, answer.suppliers, answer.status, start)
    solved = {1.0: today}
    wanted = [size for size in dict.fromkeys(sizes) if size != 1.0]
    for _ in range(refine + 1):
        found = engine.solve([_run(case, options, size, known) for size in wanted])
        solved |= dict(zip(wanted, found, strict=True))
        answers = {size: one.payload for size, one in solved.items() if one.payload is not None}
        wanted = _halves({size: set(answer.starts) for size, answer in answers.items()})
        if not wanted:
            break
    total = limit_total(case)
    return [
        Point(
            number,
            solved[size],
            {},
            float("nan") if solved[size].payload is None else solved[size].payload.bounds["dependence"],
            size,
            size * total,
        )
        for number, size in enumerate(sorted(solved), 1)
    ]


def _run(case: Case, options: Formulation, size: float, start: Plan | None) -> Run:
    return Run(f"fund x {size:.6g}", IN_ORDER, at_size(case, size), options, {"order": ORDER}, start)


def _halves(projects: dict[float, set[str]]) -> list[float]:
    """The middles of the steps between sizes in which a project first appears."""
    sizes, out = sorted(projects), []
    seen: set[str] = set()
    for before, size in zip([None, *sizes], sizes, strict=False):
        if before is not None and projects[size] - seen - projects[before]:
            out.append((before + size) / 2)
        seen |= projects[size]
    return out


@dataclass(frozen=True)
class Switch:
    """Where a project first appears along the sizes: `absent_at`, the largest size tried before it (None: there from the
    least size on), `first` the size that has it, `vanished_at` sizes from which on it is missing again."""

    project: str
    absent_at: Point | None
    first: Point
    vanished_at: list[Point]
    present: list[Point]


def switches(points: Sequence[Point]) -> list[Switch]:
    """Every project that some size has, those that appear at the least size first; sizes without a plan are left out."""
    found = [point for point in points if point.answer is not None]
    names = sorted({name for point in found for name in point.starts})
    out = []
    for name in names:
        there = Presence(tuple(name in point.starts for point in found))
        before = found[there.first - 1] if there.first else None
        out.append(
            Switch(name, before, found[there.first], [found[k] for k in there.gone], [found[k] for k in there.numbers])
        )
    return sorted(out, key=lambda switch: (switch.first.size, switch.project))
