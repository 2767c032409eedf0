"""Explaining a whole plan: every model file, the alternatives' bounds against solves, what is refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import quadopt
from quadopt.formulation.options import Formulation, model_names, read_formulation
from quadopt.plan import Plan
from quadopt.reasons.explanation import explain
from quadopt.report.columns import BY_NAME
from quadopt.tables.case import Case
from tests.reasons.test_effects import fund, planned
from tests.tiny import demand, one_metal, plant, project, reached, rules, two_members

TUTORIAL = Path(__file__).parents[2] / "inputs" / "tutorial.xlsx"
TABLES = ("project_effects", "project_alternatives", "shadow_prices", "dependence_limits")


@cache
def tutorial() -> Case:
    return quadopt.read_case(TUTORIAL)


def explained(model: str | Formulation = "pact", nearest: int = 1) -> Plan:
    """The tutorial's plan, explained."""
    options = model if isinstance(model, Formulation) else read_formulation(model)
    plan = quadopt.solve(tutorial(), options)
    return explain(tutorial(), plan, options, nearest=nearest)


@pytest.mark.parametrize("model", model_names())
def test_plans_of_every_model_file_are_explained(model: str) -> None:
    options = read_formulation(model)
    plan = quadopt.solve(tutorial(), options)
    if options.dependence.measure == "hhi":
        with pytest.raises(ValueError, match="hhi"):
            explain(tutorial(), plan, options)
        return
    found = explain(tutorial(), plan, options, nearest=1)
    for name in TABLES:
        assert list(found.tables[name].columns) == [column.name for column in BY_NAME[name].columns]
    candidates = plan.tables["investments"].query("status == 'candidate'")["project"].tolist()
    assert set(found.tables["project_effects"]["project"]) <= set(candidates)
    assert found.tables["project_effects"]["explanation"].str.len().min() > 20


@pytest.mark.parametrize(
    "options",
    [
        rules(approach="weighted", weights={"dependence": 1000.0, "cost": 1.0}),
        rules(approach="bounded", minimise="cost", bounds={"dependence": 0.6}),
    ],
    ids=["weighted", "bounded"],
)
def test_weighted_and_bounded_plans_are_explained(options: Formulation) -> None:
    frame = explained(options).tables["project_effects"]
    possible = frame[~frame["explanation"].str.contains("no plan then")]
    assert len(possible)
    assert possible["dependence_change"].notna().all()
    assert possible["cost_change"].notna().all()


def test_forcing_a_project_in_costs_between_the_bounds_that_are_told() -> None:
    # The fund pays one of two smelters; the better one makes 8, the other 5 of the 10 that are needed.
    two = [project("GOOD", capacity=8, capex=10), project("POOR", capacity=5, capex=10)]
    tables = one_metal(projects=two, fund=fund(10 / 3))
    options = rules(["shortage", "dependence", "cost"])
    case, plan = planned(tables, options)
    assert plan.starts.keys() == {"GOOD"}
    (row,) = explain(case, plan, options).tables["project_alternatives"].itertuples(index=False)
    forced = [{**r, "status": "committed", "earliest": "2026"} if r["project"] == "POOR" else r for r in two]
    with_it = reached({**tables, "projects": forced}, ["shortage", "dependence", "cost"])["dependence"]
    without = reached(tables, ["shortage", "dependence", "cost"])["dependence"]
    assert (row.project, row.status) == ("POOR", "optimal")
    assert row.change_at_least - 1e-6 <= with_it - without <= row.change_at_most + 1e-6
    assert row.incumbent == pytest.approx(with_it)
    assert "GOOD (left out)" in row.other_changes


def test_alternative_that_the_fund_cannot_pay_at_all_has_no_plan_and_says_so() -> None:
    tables = one_metal(projects=[project(capex=50)], fund=fund(1))
    options = rules(["shortage", "dependence"])
    case, plan = planned(tables, options)
    (row,) = explain(case, plan, options).tables["project_alternatives"].itertuples(index=False)
    assert row.status == "infeasible"
    assert pd.isna(row.incumbent)
    assert "no plan found" in row.explanation


def test_highest_share_is_told_with_what_holds_it_up_and_who_could_help() -> None:
    tables = one_metal(projects=[project(capacity=8, capex=50)], fund=fund(1))
    options = rules(["shortage", "dependence", "cost"])
    case, plan = planned(tables, options)
    (row,) = explain(case, plan, options).tables["dependence_limits"].itertuples(index=False)
    assert (row.country, row.material, row.supplier) == ("Home", "metal", "Far")
    assert (row.share_in_plan, row.share_alone, row.weight) == (pytest.approx(1), pytest.approx(1), pytest.approx(1))
    assert row.helped_by == "SMELTER (at most 80 points)"


def test_share_that_others_use_up_is_told_apart_from_one_that_cannot_be_lower() -> None:
    # Near's 10 can serve Home or Ally, whose demand weighs the same: each alone could have it all.
    offers = [plant("Far", "smelt", 100, 1e6), plant("Near", "smelt", 10, 1e6)]
    countries = [*two_members()["countries"], {"country": "Near", "member": "no"}]
    tables = two_members(
        countries=countries, plants=offers, demand=[demand("Home", "metal", 10), demand("Ally", "metal", 10)]
    )
    options = rules(["shortage", "dependence", "cost"], dependence={"suppliers": ["Far"]})
    case, plan = planned(tables, options)
    frame = explain(case, plan, options).tables["dependence_limits"].set_index("country")
    assert frame["share_in_plan"].mean() == pytest.approx(0.5)
    assert frame["share_alone"].tolist() == pytest.approx([0, 0], abs=1e-6)
    first = frame.iloc[0]
    assert "offer from abroad: smelt (1), Near" in first["held_by"]
    assert "If nothing else mattered" in first["explanation"]


def test_plan_of_another_case_or_model_file_is_refused() -> None:
    case, plan = planned(one_metal(), rules(["shortage", "cost"]))
    with pytest.raises(ValueError, match="other inputs"):
        explain(tutorial(), plan, rules(["shortage", "cost"]))
    with pytest.raises(ValueError, match="model file"):
        explain(case, plan, "pact")


def test_explained_plan_keeps_everything_else() -> None:
    case, plan = planned(one_metal(projects=[project()], fund=fund(10)), rules(["shortage", "cost"]))
    found = explain(case, plan, rules(["shortage", "cost"]))
    assert found.tables.keys() - plan.tables.keys() == set(TABLES)
    assert "project_effects" not in plan.tables
    assert found.seconds["explanations"] > 0


def test_plans_of_either_method_are_explained_alike() -> None:
    # Far and Near share the demand: what counts for dependence is the larger of the two.
    offers = [plant("Far", "smelt", 6, 1e6), plant("Near", "smelt", 6, 1e6)]
    countries = [*one_metal()["countries"], {"country": "Near", "member": "no"}]
    tables = one_metal(plants=offers, countries=countries, projects=[project(capacity=4, capex=1)], fund=fund(10))
    changes = []
    for method in ("plain", "guided"):
        solver = {"gap": 1e-9, "default_time_limit": 60, "method": method}
        once = {"exposed_disposal": "own_output"}
        options = rules(["shortage", "dependence", "cost"], solver=solver, dependence=once)
        case, plan = planned(tables, options)
        (row,) = explain(case, plan, options).tables["project_effects"].itertuples(index=False)
        changes.append((row.change, row.dependence_change))
    assert changes[0][0] == changes[1][0] == "left out"
    assert changes[0][1] == pytest.approx(changes[1][1], abs=1e-6)
    assert changes[0][1] == pytest.approx(0.2)
