"""Another plan's projects kept: values known by hand, what cannot be kept, and money that does not suffice."""

from __future__ import annotations

from typing import Any

import pytest

from quadopt.plan import Plan
from quadopt.sweep.run import Outcome
from quadopt.tables.case import Case
from quadopt.whatif.comparison.kept_projects import KeptProjects, keep
from tests import tiny

ORDER = ["shortage", "cost"]
FUND = [{"country": "Home", "limit": 100}]


def tables(capex: float = 10, asked: float = 1, **more: Any) -> tiny.Tables:
    """Home imports 10 metal a year for three years, or builds a smelter that runs for nothing over the same years."""
    return tiny.one_metal(
        **{
            "projects": [tiny.project(capex=capex, lifetime=3, latest="2026")],
            "plants": [tiny.plant("Far", "smelt", 100, asked * tiny.M)],
            "fund": FUND,
            **more,
        }
    )


def kept(base: Plan, changed: tiny.Tables, **rules: Any) -> Outcome:
    return keep(Case.from_tables(changed), tiny.rules(ORDER, **rules), base)


def cost(outcome: Outcome) -> float:
    found: KeptProjects = outcome.payload
    assert found.reached is not None
    return float(found.reached.stages.set_index("stage").loc["cost", "incumbent"])


@pytest.fixture(scope="module")
def builds() -> Plan:
    """The smelter costs 10, imports would cost 30."""
    return tiny.solved(tables(), ORDER)


@pytest.fixture(scope="module")
def imports() -> Plan:
    """The smelter costs 40, imports cost 30."""
    return tiny.solved(tables(capex=40), ORDER)


@pytest.mark.parametrize("method", ["guided", "plain"])
def test_the_same_case_with_its_own_projects_comes_to_the_same(builds: Plan, method: str) -> None:
    outcome = kept(builds, tables(), solver={"gap": 1e-9, "default_time_limit": 60, "method": method})
    assert outcome.status == "optimal" and outcome.payload.left_out == {}
    assert cost(outcome) == pytest.approx(tiny.objectives(builds)["cost"]) == pytest.approx(10)


def test_nobody_builds_what_the_base_does_not(imports: Plan) -> None:
    assert tiny.objectives(imports)["cost"] == pytest.approx(30)
    outcome = kept(imports, tables(capex=40, asked=2))
    assert cost(outcome) == pytest.approx(60), "40 with the smelter, which the base has not"


def test_a_project_that_is_removed_is_named_and_missing(builds: Plan) -> None:
    outcome = kept(builds, tables(projects=[tiny.project("OTHER", capex=1, lifetime=3)]))
    assert outcome.payload.left_out == {"SMELTER": "there is no such project any more"}
    assert cost(outcome) == pytest.approx(30), "OTHER would do it for 1"


def test_a_start_that_the_dates_do_not_allow_is_named(builds: Plan) -> None:
    later = [tiny.project(capex=10, lifetime=3, earliest="2027")]
    assert kept(builds, tables(projects=later)).payload.left_out == {"SMELTER": "it cannot start in 2026"}
    excluded = [tiny.project(capex=10, lifetime=3, status="excluded")]
    assert kept(builds, tables(projects=excluded)).payload.left_out == {"SMELTER": "it is excluded"}


def test_a_budget_that_does_not_suffice_is_told_with_what_is_missing(builds: Plan) -> None:
    outcome = kept(builds, tables(fund=[{"country": "Home", "limit": 2}]))
    assert outcome.status == "infeasible"
    assert not outcome.payload.is_possible and outcome.payload.reached is None
    assert outcome.payload.fund_needed == pytest.approx(8), "10 fall due in the first year, of which 2 are there"


@pytest.mark.parametrize("starts", [{}, {"earliest": "2027", "latest": "2027"}])
def test_committed_projects_start_in_any_case(imports: Plan, starts: dict[str, str]) -> None:
    committed = [tiny.project(capex=40, lifetime=2, status="committed", **starts)]
    outcome = kept(imports, tables(projects=committed))
    assert outcome.payload.added == ("SMELTER",)
    assert cost(outcome) == pytest.approx(50), "40, and imports in the year without it"
