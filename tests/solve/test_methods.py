"""The guided method against the plain one: the same objectives, true bounds, and never without a plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.solver.stages import Stage, Staged
from quadopt.tables.case import Case
from quadopt.whatif.many import known_start
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options

SEEDS = range(24)


def case_and_rules(seed: int) -> tuple[Case, Formulation]:
    tables = random_tables(seed)
    return Case.from_tables(tables), as_formulation(random_options(seed, tables))


def run(case: Case, rules: Formulation, method: str, alone_seconds: float = 0.0) -> list[Stage] | None:
    """The stages under a method; None without a plan. HiGHS is not left alone first, so that the race is really run."""
    solver = rules.solver.model_copy(update={"method": method, "default_time_limit": 30.0, "time_limit": {}})
    staged = Staged(case, rules.model_copy(update={"solver": solver}))
    staged.minimiser.alone_seconds = alone_seconds
    try:
        staged.run()
    except NoPlanError:
        return None
    return staged.stages


def assert_same(guided: list[Stage] | None, plain: list[Stage] | None, gap: float) -> None:
    assert (guided is None) == (plain is None)
    for ours, other in zip(guided or [], plain or [], strict=True):
        size = max(1.0, abs(other.incumbent))
        assert ours.incumbent == pytest.approx(other.incumbent, rel=gap + 1e-5, abs=1e-6), ours.name
        assert ours.bound <= other.incumbent + 1e-5 * size, f"{ours.name}: a bound above a plan"
        assert other.bound <= ours.incumbent + 1e-5 * size, f"{ours.name}: a plan below a bound"


@pytest.mark.parametrize("seed", SEEDS)
def test_stages_come_to_the_same(seed: int) -> None:
    case, rules = case_and_rules(seed)
    assert_same(run(case, rules, "guided"), run(case, rules, "plain"), rules.solver.gap)


@pytest.mark.parametrize("seed", [5, 7, 8, 9, 10, 13])
@pytest.mark.parametrize("approach", ["weighted", "bounded"])
def test_other_approaches_come_to_the_same(seed: int, approach: str) -> None:
    case, rules = case_and_rules(seed)
    changes: dict[str, Any] = {"approach": "weighted", "weights": {"shortage": 10.0, "dependence": 50.0, "cost": 1.0}}
    if approach == "bounded":
        first = run(case, rules.model_copy(update={"order": ["shortage", "dependence"], "slack": {}}), "plain")
        assert first is not None
        least = next(stage.incumbent for stage in first if stage.objective == "dependence")
        changes = {"approach": "bounded", "minimise": "cost", "bounds": {"dependence": 1.02 * least + 1e-4}}
    rules = rules.model_copy(update=changes)
    assert_same(run(case, rules, "guided"), run(case, rules, "plain"), rules.solver.gap)


@pytest.mark.parametrize("seed", [2, 3, 6])
def test_later_stages_have_a_plan_without_time(seed: int) -> None:
    case, rules = case_and_rules(seed)
    staged = Staged(case, rules)
    staged.minimiser.is_searched = True
    limits = dict.fromkeys(rules.objectives()[1:], 0.001)
    staged.options = rules.model_copy(update={"solver": rules.solver.model_copy(update={"time_limit": limits})})
    staged.run()
    assert all(np.isfinite(stage.incumbent) for stage in staged.stages)
    exact = run(case, rules, "plain")
    assert exact is not None
    for stage, best in zip(staged.stages[:2], exact[:2], strict=True):
        assert stage.incumbent >= best.incumbent - 1e-5 * max(1.0, abs(best.incumbent))


@pytest.mark.parametrize("seed", [3, 6, 12])
def test_a_known_plan_to_begin_with_changes_no_answer(seed: int) -> None:
    case, rules = case_and_rules(seed)
    cold = run(case, rules, "plain")
    staged = Staged(case, rules)
    everything = {p: case.periods[tau - 1] for p, tau in staged.model.pyomo.starts}
    staged.begin_from(known_start(case, rules, everything, list(case.suppliers), "optimal"))
    staged.run()
    assert_same(staged.stages, cold, rules.solver.gap)
