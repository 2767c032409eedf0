"""Runs of a frontier: one plan each, told by what it reaches in every objective.

`in_order` minimises one objective after the other, each held at the very value that it has reached: a row of the payoff
table. `within_levels` is a point of the augmented epsilon-constraint method.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import pandas as pd

from quadopt.formulation.options import Formulation, Objective, Slack
from quadopt.plan import Plan
from quadopt.solver import contributions
from quadopt.solver.brief import stage_table, status_of
from quadopt.solver.goals import INDEX_UNIT, Goal, fund_goal, goals_of, prepare
from quadopt.solver.money_tables import starts_of
from quadopt.solver.stages import Aim, Staged
from quadopt.sweep.run import Outcome
from quadopt.tables.case import Case

if TYPE_CHECKING:
    from quadopt.solver.matrix import Array

Axis = Literal["shortage", "dependence", "stress", "cost", "fund_used"]
"""What a plan of a frontier is measured by; `fund_used`: contributions, discounted."""
Caps = list[tuple[int, str, str, int]]
"""(number of the cap, place, material, number of the period from which it holds)."""

ROUNDING = 1e-7
"""Relative: how far above what it has reached a goal may lie in what follows; what solvers tell from it is not more."""


@dataclass(frozen=True)
class Answer:
    """What one run has found.

    `values`: each objective at the plan; `bounds`: for each objective minimised the proven least value under what the run
    held then; `held_shortage`: the level at which shortage was held; `starts`: project -> period; `suppliers`: those that
    mattered to the search; `caps`: from when each cap holds.
    """

    status: str
    stages: pd.DataFrame
    values: dict[Axis, float]
    bounds: dict[Axis, float]
    held_shortage: float
    starts: dict[str, str]
    suppliers: list[str]
    caps: Caps


def in_order(case: Case, options: Formulation, start: Plan | None, *, order: list[Axis]) -> Outcome:
    """Shortage first, held as the model file says; then one objective after the other, each held at the very value reached."""
    staged = _begun(case, options, start)
    staged.find_caps()
    shortage = _goal(staged, "shortage")
    staged.solve(Aim(shortage, options.time_limit("shortage"), is_last=False))
    bounds: dict[Axis, float] = {"shortage": staged.stages[0].bound}
    return _outcome(staged, bounds | _one_by_one(staged, order), staged.stages[0].held_at)


def within_levels(
    case: Case,
    options: Formulation,
    start: Plan | None,
    *,
    shortage: float,
    levels: dict[Axis, float],
    weights: dict[Axis, float],
    caps: Sequence[Sequence[Any]],
    or_else: dict[str, str],
    then: list[Axis],
) -> Outcome:
    """The least dependence with shortage held and other objectives within levels.

    What is minimised is dependence less `weights` x the room below the levels (Mavrotas, 2009), so that no plan is at
    least as good in every objective and better in one. `then`: what is minimised after it, all of these held at the values
    reached. `or_else`: starts to fall back on where the plan to begin with leads to none.
    """
    staged = _begun(case, options, start, or_else)
    if caps:
        staged.model.add_caps()
        staged.hold_caps_from({(number, place, material): step for number, place, material, step in caps})
    staged.hold(_goal(staged, "shortage"), shortage)
    goals = {axis: _goal(staged, axis) for axis in ("dependence", *levels)}
    objective = goals["dependence"].expression
    for axis, level in levels.items():
        objective = objective - weights[axis] * staged.hold_with_room(goals[axis], _just_above(level))
    goal = Goal("dependence", "dependence", objective, INDEX_UNIT, Slack())
    staged.solve(Aim(goal, options.time_limit("dependence"), is_last=True))
    bounds: dict[Axis, float] = {"dependence": staged.stages[-1].bound}
    if then:
        for own in goals.values():
            staged.hold(own, _just_above(_value(staged, own, staged.values)))
    return _outcome(staged, bounds | _one_by_one(staged, then), shortage)


def _one_by_one(staged: Staged, order: list[Axis]) -> dict[Axis, float]:
    """Minimises objectives in order, each held at the very value reached; the proven least value of each."""
    bounds: dict[Axis, float] = {}
    for axis in order:
        goal = _goal(staged, axis)
        staged.solve(Aim(goal, staged.options.time_limit(goal.objective), is_last=True))
        bounds[axis] = staged.stages[-1].bound
        if axis != order[-1]:
            staged.hold(goal, _just_above(staged.stages[-1].incumbent))
    return bounds


def _just_above(value: float) -> float:
    """A level that the plan which has reached it keeps, whatever rounding does."""
    return value + ROUNDING * max(abs(value), 1e-3)


def _begun(case: Case, options: Formulation, start: Plan | None, or_else: dict[str, str] | None = None) -> Staged:
    staged = Staged(case, options)
    if start is not None:
        staged.begin_from(start, or_else=or_else)
    return staged


def _goal(staged: Staged, axis: Axis) -> Goal:
    """The goal of an objective, after what it sees is built; of one with two stages the first."""
    if axis == "fund_used":
        return fund_goal(staged.model, staged.case.currency)
    objective = cast(Objective, axis)
    prepare(staged.model, staged.options, objective, staged.model.structure.has_crises)
    return goals_of(staged.model, staged.options, objective, staged.case.currency)[0]


def _built(staged: Staged) -> Iterator[Axis]:
    """The objectives that the model sees so far."""
    yield "shortage"
    if staged.model.traced:
        yield "dependence"
    if staged.model.has_branches:
        yield "stress"
    if staged.model.has_total_cost:
        yield "cost"
    yield "fund_used"


def _outcome(staged: Staged, bounds: dict[Axis, float], held_shortage: float) -> Outcome:
    discount = {t: staged.case.discount[period] for t, period in enumerate(staged.case.periods, 1)}
    matrix = staged.matrix
    settled = contributions.settle(matrix, matrix.program(staged.model.pyomo.shortage_total), staged.values, discount)
    values = {axis: _value(staged, _goal(staged, axis), settled) for axis in _built(staged)}
    matrix.load(staged.values)
    stages, status = stage_table(staged), status_of(staged).value
    caps = [(number, place, material, step) for (number, place, material), step in staged.cap_from.items()]
    suppliers = list(staged.minimiser.active)
    found = Answer(status, stages, values, bounds, held_shortage, starts_of(staged.model), suppliers, caps)
    return Outcome(found, status, float(stages["gap"].max()))


def _value(staged: Staged, goal: Goal, values: Array) -> float:
    cost, constant = staged.matrix.vector(goal.expression)
    return float(cost[: values.size] @ values + constant)
