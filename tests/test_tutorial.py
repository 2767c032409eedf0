"""The tutorial's plan against sums on paper, as inputs/tutorial/README.md does them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import quadopt
from quadopt.formulation.options import model_names
from quadopt.plan import Plan
from quadopt.tables.case import Case

TUTORIAL = Path(__file__).parents[1] / "inputs" / "tutorial"
SAME = {"abs": 1e-4}

# USD per tonne, delivered to Northland
CHINESE_MAGNET = 10_000 + 20_000 + 20_000 + 1_000
CHINESE_OXIDE = 10_000 + 20_000 + 1_000
ISLIAN_OXIDE = 10_000 + 24_000 + 1_000
REFINERY_OXIDE = 10_000 + 25_000 + 1_000
MAKING = 18_000
PRICE = 60_000

# tonnes
NEED = 100
CHINESE = {"today": [100] * 4, "re-directed": [90, 70, 70, 70], "with the fund": [90, 60, 40, 40]}
RESERVE = {"Northland": 2 + 2 + 2, "Southland": 30}
HOME_2028 = 60
SLACK = 0.005 * 4 * NEED


@pytest.fixture(scope="module")
def case() -> Case:
    return quadopt.read_case(TUTORIAL)


@pytest.fixture(scope="module")
def plans(case: Case) -> dict[str, Plan]:
    return {name: quadopt.solve(case, name) for name in model_names()}


@pytest.fixture(scope="module")
def plan(plans: dict[str, Plan]) -> Plan:
    return plans["pact"]


def reached(plan: Plan, stage: str) -> float:
    return float(plan.stages.set_index("stage").loc[stage, "incumbent"])


def stress(plan: Plan, column: str = "stress") -> dict[str, float]:
    return plan.disruptions.set_index("disruption")[column].to_dict()


def step(plan: Plan, name: str) -> pd.Series:
    rows = plan.three_steps
    return rows[(rows["step"] == name) & (rows["material"] == "all")].iloc[0]


def of_vehicles(tonnes: float) -> float:
    """Stress of tonnes that vehicles go short of, millions."""
    return 1e-6 * PRICE * 10 * tonnes


def test_case_reads_without_a_warning(case: Case) -> None:
    assert case.findings == []
    for table in case.raw.values():
        assert set(table["source"]) == {"tutorial"}
        assert set(table["quality"]) == {"assumed"}
        assert table["note"].str.len().min() > 0


def test_every_model_file_gives_a_plan(plans: dict[str, Plan]) -> None:
    assert {name: plan.status for name, plan in plans.items()} == dict.fromkeys(model_names(), "optimal")


def test_the_fund_pays_the_refinery_and_then_what_requires_it(plan: Plan) -> None:
    assert plan.starts == {"SOUTH_REFINERY": "2026", "NORTH_REFINERY": "2026", "NORTH_MAGNETS": "2027"}
    paid = plan.contributions.pivot(index="country", columns="period", values="contribution")
    assert paid.loc["Northland"].tolist() == pytest.approx([15, 15, 0, 0], **SAME)
    assert paid.loc["Southland"].tolist() == pytest.approx([5, 5, 0, 0], **SAME)


def test_index_counts_chinese_tonnes(plan: Plan) -> None:
    least = sum(CHINESE["with the fund"]) / (4 * NEED)
    assert least == 0.575
    assert reached(plan, "dependence") == pytest.approx(least, **SAME)
    held = plan.stages.set_index("stage").loc["dependence", "held_at"]
    assert held == pytest.approx(least + 0.005, **SAME)


def test_three_steps(plan: Plan) -> None:
    assert step(plan, "today")["share_at_least"] == pytest.approx(1.0, **SAME)
    assert step(plan, "today")["share_direct"] == pytest.approx(60 / NEED, **SAME)
    for name in ("re-directed", "with the fund"):
        expected = (sum(CHINESE[name]) + SLACK) / (4 * NEED)
        assert step(plan, name)["share_at_least"] == pytest.approx(expected, **SAME)


def test_at_least_and_at_most_differ_by_what_stays_in_the_stock(plan: Plan) -> None:
    arrived = sum(CHINESE["with the fund"]) + SLACK + 2 + 2
    index = plan.index.query("measure == 'value' and scope == 'members'").set_index("basis")["value"]
    assert index["at_least"] == pytest.approx((arrived - 4) / (4 * NEED), **SAME)
    assert index["at_most"] == pytest.approx(arrived / (4 * NEED), **SAME)
    assert index["at_least"] - 1e-6 <= index["proportional"] <= index["at_most"] + 1e-6


def test_southland_depends_on_china_alone(plan: Plan) -> None:
    rows = plan.dependence.query("country == 'Southland' and supplier == 'China'")
    assert rows["share_at_least"].tolist() == pytest.approx([1.0] * 4, **SAME)
    worst = plan.index.query("measure == 'worst' and basis == 'at_least'")["value"]
    assert worst.tolist() == pytest.approx([1.0], **SAME)


def test_stockpile_grows_by_its_budget(plan: Plan) -> None:
    stock = plan.stock[plan.stock["period"] == "2027"].set_index("country")["reserve"]
    assert stock.to_dict() == pytest.approx(RESERVE, **SAME)


def test_embargo(plan: Plan) -> None:
    north, south = RESERVE["Northland"], RESERVE["Southland"]
    without_stocks = NEED - HOME_2028
    without_sharing = 80 - (HOME_2028 + north)
    with_sharing = NEED - HOME_2028 - north - south
    assert (without_stocks, without_sharing, with_sharing) == (40, 14, 4)
    assert stress(plan)["embargo"] == pytest.approx(of_vehicles(with_sharing), rel=0.001)
    assert stress(plan, "stress_without_sharing")["embargo"] == pytest.approx(of_vehicles(without_sharing), rel=0.001)
    assert stress(plan, "stress_without_stocks")["embargo"] == pytest.approx(of_vehicles(without_stocks), rel=0.001)
    shared = plan.branch_sharing
    assert shared.groupby(["provider", "receiver"])["quantity"].sum().to_dict() == pytest.approx(
        {("Southland", "Northland"): south - 20}, rel=0.001
    )
    short = plan.branch_shortage.groupby(["disruption", "sector"])["shortage"].sum()
    assert short["embargo", "vehicles"] == pytest.approx(with_sharing, rel=0.001)
    assert short["embargo", "defence"] == pytest.approx(0.0, **SAME)


def test_surge_hurts_nobody(plan: Plan) -> None:
    assert stress(plan)["defence_surge"] == pytest.approx(0.0, **SAME)
    assert reached(plan, "stress") == pytest.approx(0.1 * of_vehicles(4), **SAME)


def base_year(refinery: float, chinese_oxide: float, chinese_magnets: float) -> float:
    """Operating cost of a year in which Islia sends its 10 t of oxide, millions."""
    oxide = 10 + refinery + chinese_oxide
    bought = 10 * ISLIAN_OXIDE + refinery * REFINERY_OXIDE + chinese_oxide * CHINESE_OXIDE
    return 1e-6 * (bought + oxide * MAKING + chinese_magnets * CHINESE_MAGNET)


def test_cost(plan: Plan) -> None:
    years = [base_year(0, 30, 62), base_year(28, 2, 62), base_year(50, 0, 40), base_year(50, 0, 40)]
    assert years == pytest.approx([5.162, 5.302, 5.27, 5.27])
    invested = (20 + 20 + 10) - (20 * 17 / 20 + 20 * 18 / 20 + 10 * 17 / 20)
    base = plan.cost[plan.cost["path"] == "base"]
    assert base["undiscounted"].sum() == pytest.approx(sum(years) + invested, **SAME)

    refill = 1e-6 * PRICE * (RESERVE["Northland"] + RESERVE["Southland"])
    embargo = base_year(50, 0, 0) + 1e-6 * 10 * 1_000 + of_vehicles(4) + refill
    surge = 1e-6 * (30 * (CHINESE_OXIDE + MAKING) + 30 * CHINESE_MAGNET)
    weighted = years[0] + years[1] + (1 - 0.1) * years[2] + (1 - 0.1 * 0.5) * years[3]
    total = weighted + 0.1 * embargo + 0.1 * surge + invested
    assert total == pytest.approx(27.7935)
    assert reached(plan, "cost") == pytest.approx(total, abs=0.001)


def test_cost_of_the_steps_before(plan: Plan) -> None:
    committed = 10 - 10 * 17 / 20
    today = 4e-6 * (40 * (CHINESE_OXIDE + MAKING) + 60 * CHINESE_MAGNET) + committed
    assert step(plan, "today")["cost"] == pytest.approx(today, **SAME)
    dearer = 4 * 10 * (ISLIAN_OXIDE - CHINESE_OXIDE) + (3 * 20 - SLACK) * (REFINERY_OXIDE - CHINESE_OXIDE)
    assert step(plan, "re-directed")["cost"] == pytest.approx(today + 1e-6 * dearer, **SAME)


def test_operating_support(plan: Plan) -> None:
    support = plan.operating_support.set_index(["project", "period"])["support"]
    loss = 1e-6 * (25_000 + 10_000 - 30_000)
    assert support["SOUTH_REFINERY", "2028"] == pytest.approx(20 * loss, **SAME)
    assert support["NORTH_REFINERY", "2028"] == pytest.approx(30 * loss, **SAME)
    assert support["NORTH_MAGNETS", "2028"] == pytest.approx(0.0, **SAME)


def test_without_sharing_southlands_surplus_stands_idle(plans: dict[str, Plan]) -> None:
    assert reached(plans["no_sharing"], "dependence") == pytest.approx(0.575, **SAME)
    assert stress(plans["no_sharing"])["embargo"] == pytest.approx(of_vehicles(80 - 60 - 6), rel=0.001)


def test_own_funds_come_a_year_later(plans: dict[str, Plan]) -> None:
    plan = plans["own_funds"]
    assert plan.starts == {"SOUTH_REFINERY": "2026", "NORTH_RECYCLING": "2027"}
    assert reached(plan, "dependence") == pytest.approx((90 + 70 + 60 + 60) / 400, **SAME)
    assert stress(plan)["embargo"] == pytest.approx(of_vehicles(NEED - 40 - 6 - 30), rel=0.001)


def test_least_cost_starts_no_candidate(plans: dict[str, Plan]) -> None:
    plan = plans["least_cost"]
    assert plan.starts == {"SOUTH_REFINERY": "2026"}
    at_least = plan.index.query("measure == 'value' and scope == 'members' and basis == 'at_least'")["value"]
    assert at_least.tolist() == pytest.approx([1.0], **SAME)
    assert stress(plan)["embargo"] == pytest.approx(of_vehicles(NEED - 30 - 6 - 30), rel=0.001)


def test_cap_on_direct_shares_is_met_by_a_detour(plans: dict[str, Plan]) -> None:
    capped, free = plans["eu_65"], plans["pact"]
    detour = 30 - 0.65 * 40
    oxide = capped.trade.query("origin == 'Farland' and material == 'oxide'").set_index("period")["quantity"]
    assert oxide.to_dict() == pytest.approx({"2026": detour}, **SAME)
    assert reached(capped, "dependence") == pytest.approx(reached(free, "dependence"), **SAME)
    assert reached(capped, "cost") - reached(free, "cost") == pytest.approx(1e-6 * detour * 1_000, **SAME)


@pytest.mark.parametrize("name", ["china_only", "security_first"])
def test_order_and_tracing_change_nothing_here(plans: dict[str, Plan], name: str) -> None:
    assert plans[name].starts == plans["pact"].starts
    assert reached(plans[name], "dependence") == pytest.approx(0.575, **SAME)
    assert stress(plans[name])["embargo"] == pytest.approx(of_vehicles(4), rel=0.001)


def test_a_fund_twice_as_large_starts_both_at_once(case: Case) -> None:
    tables = {name: frame.copy() for name, frame in case.raw.items()}
    tables["fund"]["limit"] = tables["fund"]["limit"].astype(float) * 2
    larger = quadopt.solve(Case.from_tables(tables))
    assert larger.starts["NORTH_MAGNETS"] == "2026"
    assert reached(larger, "dependence") == pytest.approx((90 + 40 + 40 + 40) / 400, **SAME)
