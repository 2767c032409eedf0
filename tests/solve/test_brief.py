"""A brief answer says what the whole plan says."""

from __future__ import annotations

import pytest

from quadopt.formulation.options import read_formulation
from quadopt.solver.answer import solve
from quadopt.solver.brief import solve_briefly
from quadopt.tables.case import Case
from tests.random_cases import random_tables


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_a_brief_answer_is_the_plans(seed):
    case, options = Case.from_tables(random_tables(seed)), read_formulation("pact")
    plan, told = solve(case, options), solve_briefly(case, options)
    assert told.status == plan.status
    for ours, theirs in zip(told.stages.to_dict("records"), plan.stages.to_dict("records"), strict=True):
        assert ours["stage"] == theirs["stage"]
        assert ours["incumbent"] == pytest.approx(theirs["incumbent"], rel=2e-2, abs=1e-6)
    last = plan.stages.iloc[-1]
    assert told.objectives[last["objective"]] == pytest.approx(last["incumbent"], rel=2e-2, abs=1e-6)
    for row in told.stages.iloc[:-1].itertuples():
        assert told.objectives[row.objective] <= row.held_at + 1e-6 * max(1.0, abs(row.held_at))
