"""The model files that come with quadopt: all of them parse, run, and differ as they say."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

import quadopt
from quadopt.formulation.options import Formulation, model_names, read_formulation
from quadopt.plan import Plan
from tests.tiny import M, cut, one_metal, plant, project, stockpile

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "inputs" / "tutorial.xlsx"
NAMES = sorted(path.stem for path in (ROOT / "models").glob("*.toml"))


def two_outside() -> dict[str, list[dict[str, object]]]:
    """A smaller case than the tutorial: two members, China and another outside supplier, a project, a crisis."""
    return one_metal(
        countries=[
            {"country": "Home", "member": "yes"},
            {"country": "Ally", "member": "yes"},
            {"country": "China"},
            {"country": "Near"},
        ],
        plants=[plant("China", "smelt", 10, M), plant("Near", "smelt", 6, 2 * M)],
        projects=[project(capacity=4)],
        fund=[{"country": "Ally", "limit": 1}],
        stockpiles=[stockpile("Ally", 4)],
        sharing=[{"provider": "Ally", "limit_fraction": 0.5}],
        disruptions=[cut(country="China", probability=0.1)],
    )


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """Every model file's plan of the tutorial; the three steps only once."""
    case = quadopt.read_case(TUTORIAL) if TUTORIAL.is_file() else quadopt.Case.from_tables(two_outside())
    found = {"pact": quadopt.solve(case, "pact")}
    none = {name: found["pact"].tables[name].iloc[:0] for name in ("three_steps", "chains")}
    with patch("quadopt.solver.answer.comparisons", return_value=none):
        return found | {name: quadopt.solve(case, name) for name in NAMES if name != "pact"}


def objectives(plan: Plan) -> dict[str, float]:
    return dict(zip(plan.stages["stage"], plan.stages["incumbent"], strict=True))


def test_every_file_has_a_name_that_solve_knows() -> None:
    assert model_names() == NAMES
    assert {"pact", "china_only", "eu_65", "least_cost", "no_sharing", "own_funds", "security_first"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_parses_and_says_what_it_is(name: str) -> None:
    model = read_formulation(name)
    assert isinstance(model, Formulation)
    assert model.name == name
    assert model.title.strip()
    assert (ROOT / "models" / f"{name}.toml").read_text(encoding="utf-8").startswith("# ")
    assert model == read_formulation(ROOT / "models" / f"{name}.toml")
    assert all(model.time_limit(objective) > 0 for objective in model.objectives())


@pytest.mark.parametrize("name", NAMES)
def test_a_file_runs(plans: dict[str, Plan], name: str) -> None:
    plan, model = plans[name], read_formulation(name)
    assert plan.status == "optimal"
    assert plan.model_name == name
    assert list(dict.fromkeys(plan.stages["objective"])) == model.objectives()
    assert (plan.stages["gap"] <= model.solver.gap + 1e-9).all()


def test_the_files_differ_as_they_say(plans: dict[str, Plan]) -> None:
    of = {name: objectives(plan) for name, plan in plans.items()}
    slack = 0.005 + 0.01  # of the stage before, and the gap
    assert of["own_funds"]["dependence"] >= of["pact"]["dependence"] * (1 - slack)
    assert of["no_sharing"]["stress"] >= of["pact"]["stress"] * (1 - slack)
    assert of["china_only"]["dependence"] <= of["pact"]["dependence"] * (1 + slack)
    assert all(of["least_cost"]["cost"] <= found["cost"] * (1 + slack) for found in of.values())
    assert list(of["security_first"]) == ["shortage", "stress", "stress_expected", "dependence", "cost"]
    assert plans["china_only"].options["suppliers_traced"] == ["China"]
    assert plans["no_sharing"].sharing.empty
    assert plans["no_sharing"].branch_sharing.empty
    assert len(plans["own_funds"].fund_balance["account"].unique()) > 1
    assert not plans["pact"].three_steps.empty


def test_a_smaller_case_runs_as_well() -> None:
    # China's 10 or Near's 6 and 4 from home: at most 6 of 10 from one, for one unit of Ally's money.
    plan = quadopt.solve(quadopt.Case.from_tables(two_outside()), "pact")
    assert plan.starts == {"SMELTER": "2026"}
    assert objectives(plan)["dependence"] <= 0.5
