"""A stage whose goal is augmented by the room below another goal's level: guided comes to the same as plain."""

from __future__ import annotations

import pytest

from quadopt.formulation.options import Formulation, Slack
from quadopt.solver.goals import INDEX_UNIT, Goal, goals_of, prepare
from quadopt.solver.stages import Aim, Staged
from quadopt.tables.case import Case
from tests.solve.test_methods import case_and_rules

SEEDS = [0, 5, 6, 7, 8, 9, 11, 12, 13, 17, 21]


def begun(case: Case, rules: Formulation, method: str) -> Staged:
    """Stages to come under a method; HiGHS is not left alone first, so that the race is really run."""
    solver = rules.solver.model_copy(update={"method": method, "default_time_limit": 30.0, "time_limit": {}})
    staged = Staged(case, rules.model_copy(update={"solver": solver, "caps": []}))
    staged.minimiser.alone_seconds = 0.0
    return staged


def goal_of(staged: Staged, objective: str) -> Goal:
    prepare(staged.model, staged.options, objective, bool(staged.model.structure.crises))
    return goals_of(staged.model, staged.options, objective, "USD")[0]


def ends(case: Case, rules: Formulation) -> tuple[float, float, float]:
    """Least shortage, least cost at it, and the cost of the least dependence at it."""
    least = begun(case, rules, "plain")
    shortage = goal_of(least, "shortage")
    least.solve(Aim(shortage, 30.0, is_last=True))
    held = least.stages[-1].incumbent * (1 + 1e-7) + 1e-9
    least.hold(shortage, held)
    least.solve(Aim(goal_of(least, "cost"), 30.0, is_last=True))
    other = begun(case, rules, "plain")
    other.hold(goal_of(other, "shortage"), held)
    index = goal_of(other, "dependence")
    other.solve(Aim(index, 30.0, is_last=True))
    other.hold(index, other.stages[-1].incumbent * (1 + 1e-7) + 1e-9)
    other.solve(Aim(goal_of(other, "cost"), 30.0, is_last=True))
    return held, least.stages[-1].incumbent, other.stages[-1].incumbent


@pytest.mark.parametrize("seed", SEEDS)
def test_least_dependence_within_a_cost_comes_to_the_same(seed: int) -> None:
    case, rules = case_and_rules(seed)
    held, low, high = ends(case, rules)
    level = low + 0.4 * (high - low) + 1e-6 * abs(low)
    found = []
    for method in ("guided", "plain"):
        staged = begun(case, rules, method)
        staged.hold(goal_of(staged, "shortage"), held)
        index = goal_of(staged, "dependence").expression
        cost = goal_of(staged, "cost")
        room = staged.hold_with_room(cost, level)
        weight = 1e-3 / max(high - low, 1.0)
        staged.solve(Aim(Goal("dependence", "dependence", index - weight * room, INDEX_UNIT, Slack()), 30.0, True))
        spent, constant = staged.matrix.vector(cost.expression)
        assert spent[: staged.values.size] @ staged.values + constant <= level + 1e-5 * max(1.0, abs(level))
        found.append(staged.stages[-1])
    ours, other = found
    assert ours.incumbent == pytest.approx(other.incumbent, rel=2e-5, abs=1e-6)
    assert ours.bound <= other.incumbent + 1e-5
    assert other.bound <= ours.incumbent + 1e-5
