"""Runs told in a few figures: later stages with the projects of the dependence stage, and what that leaves open."""

from __future__ import annotations

import math

import pytest

import quadopt
from quadopt.formulation.options import read_formulation
from quadopt.solver.stages import Staged
from quadopt.sweep.run import repeatable
from quadopt.tables.case import Case
from quadopt.whatif.sensitivity.reached import reach
from tests.random_cases import random_tables
from tests.tiny import one_metal, project, rows, rules


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_kept_projects_give_what_linear_programs_at_these_starts_give(seed):
    case, options = Case.from_tables(random_tables(seed)), repeatable(read_formulation("pact"))
    kept = reach(case, options, None, keeps_projects=True).payload
    free = reach(case, options, None).payload
    assert kept.objectives["dependence"] == free.objectives["dependence"]
    if "stress" in kept.objectives:
        assert kept.objectives["stress"].value >= free.objectives["stress"].bound - 1e-6
    staged = Staged(case, options)
    staged.keep_starts(kept.starts)
    staged.run()
    for stage in staged.stages:
        own = kept.objectives[stage.objective]
        if stage.objective in ("stress", "cost"):
            assert own.bound == -math.inf
        assert own.value == pytest.approx(stage.incumbent, rel=2e-2, abs=1e-6)


def test_no_difference_of_a_stage_without_bounds_is_called_one():
    case = Case.from_tables(one_metal(projects=[project(capex=1)]))
    dear = [{"name": "price", "table": "plants", "column": "unit_cost", "low": 0.5, "high": 2}]
    study = quadopt.tornado(case, rules(["shortage", "dependence", "cost"]), dear, keeps_projects=True)
    (bar,) = rows(study.tornado, objective="cost").to_dict("records")
    assert bar["high"] != bar["base"] and bar["high_verdict"] == "no difference"
    assert any("keep its projects" in line for line in study.lines)
