"""Imports that a plan throws away are told."""

from __future__ import annotations

import quadopt
from quadopt.measures import imports_disposed
from tests.as_formulation import as_formulation
from tests.oracle import DEFAULTS
from tests.tiny import two_suppliers


def plan_of(exposed_disposal: str) -> tuple[quadopt.Case, quadopt.Plan]:
    rules = as_formulation({**DEFAULTS, "order": ["shortage", "dependence"], "suppliers": None, "caps": []})
    dependence = rules.dependence.model_copy(update={"exposed_disposal": exposed_disposal})
    case = quadopt.Case.from_tables(two_suppliers())
    return case, quadopt.solve(case, rules.model_copy(update={"dependence": dependence}))


def test_buying_twice_is_warned_about() -> None:
    # Two suppliers could each serve everything: buying from both and throwing half away books the dependence away.
    case, plan = plan_of("any")
    assert plan.stages["incumbent"].iloc[-1] < 1e-6
    assert imports_disposed(case, plan.tables)["quantity"].sum() > 0
    assert any("no_double_buying" in warning for warning in plan.warnings)


def test_barred_disposal_tells_the_truth() -> None:
    # Half from each is the best that two suppliers allow.
    case, plan = plan_of("own_output")
    assert abs(plan.stages["incumbent"].iloc[-1] - 0.5) < 1e-6
    assert imports_disposed(case, plan.tables).empty
    assert not any("no_double_buying" in warning for warning in plan.warnings)
