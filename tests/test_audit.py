"""The audit: a plan made by hand passes, and one wrong number makes the checks that look at it fail, and no other."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import quadopt.audit
from quadopt.audit import CHECKS, AuditError, AuditReport, Tolerance, audit
from quadopt.audit.calendar import Calendar
from quadopt.errors import NoPlanError
from quadopt.tables.records import rows_of
from tests.hand_plan import HandPlan, hand_case, hand_plan

CASE = hand_case()
Spoil = Callable[[HandPlan], None]


def audited(plan: HandPlan, tolerance: Tolerance | None = None) -> AuditReport:
    """Audit of a plan for the hand-made case."""
    return audit(CASE, plan, tolerance)  # type: ignore[arg-type]


def failed(plan: HandPlan) -> set[str]:
    """Names of the failed checks."""
    return {check.name for check in audited(plan).failed}


def change(table: str, row: int, column: str, by: float) -> Spoil:
    """Add to one number of one table."""

    def spoil(plan: HandPlan) -> None:
        frame: Any = plan.tables[table]
        frame[column] = frame[column].astype(float)
        frame.loc[row, column] += by

    return spoil


def option(name: str, value: object) -> Spoil:
    """The same plan under another rule."""

    def spoil(plan: HandPlan) -> None:
        plan.options[name] = value

    return spoil


def put(table: str, row: int, column: str, value: object) -> Spoil:
    """Replace one cell."""

    def spoil(plan: HandPlan) -> None:
        frame: Any = plan.tables[table].astype({column: object})
        frame.loc[row, column] = value
        plan.tables[table] = frame

    return spoil


def add(table: str, *row: object) -> Spoil:
    """Append one row."""

    def spoil(plan: HandPlan) -> None:
        frame = plan.tables[table]
        plan.tables[table] = pd.concat([frame, pd.DataFrame([row], columns=frame.columns)], ignore_index=True)

    return spoil


def stage(row: int, column: str, value: float) -> Spoil:
    """Replace one number of the stages."""

    def spoil(plan: HandPlan) -> None:
        plan.stages.loc[row, column] = value

    return spoil


def test_a_right_plan_passes() -> None:
    report = audited(hand_plan())
    assert report.passed and not report.failed, report
    assert len(report.checks) == len(CHECKS) and len({check.name for check in report.checks}) == len(CHECKS)
    report.raise_if_failed()


SPOILED: list[tuple[Spoil, set[str]]] = [
    (change("investments", 0, "complete_year", 1), {"investment_figures"}),
    (change("investments", 0, "salvage", 5), {"investment_figures"}),
    (change("investments", 0, "public_capex", 5), {"investment_figures"}),
    (
        put("investments", 1, "start", "2"),
        {
            "cost_table",
            "exclusive_groups",
            "fund_balance",
            "investment_figures",
            "payments",
            "project_capacity",
            "stage_values",
            "starts_allowed",
        },
    ),
    (change("project_capacity", 0, "online_share", 0.1), {"project_capacity"}),
    (change("project_capacity", 0, "capacity", 1), {"project_capacity"}),
    (change("payments", 0, "public", 1), {"payments"}),
    (change("payments", 0, "private", 1), {"payments"}),
    (change("contributions", 0, "contribution", 1), {"burden", "fund_balance"}),
    (change("contributions", 0, "contribution", 30), {"burden", "contributions", "fund_balance"}),
    (change("contributions", 1, "limit", 1), {"contributions"}),
    (change("fund_balance", 0, "balance", 1), {"fund_balance"}),
    (
        change("production", 0, "activity", 1),
        {"cost_table", "exposure_origin", "flow_costs", "material_balance", "stage_values"},
    ),
    (
        change("production", 0, "activity", 71),
        {"cost_table", "exposure_origin", "flow_costs", "material_balance", "production_capacity", "stage_values"},
    ),
    (
        change("production", 5, "activity", 1),
        {
            "concentration_table",
            "cost_table",
            "direct_table",
            "flow_costs",
            "material_balance",
            "production_capacity",
            "proportional_mixing",
            "stage_values",
            "support_table",
        },
    ),
    (change("production", 0, "cost", 5), {"flow_costs"}),
    (change("production", 3, "capacity", 5), {"production_capacity"}),
    (
        change("trade", 0, "quantity", 1),
        {"concentration_table", "direct_table", "exposure_origin", "flow_costs", "material_balance"},
    ),
    (change("trade", 0, "cost", 1), {"cost_table", "flow_costs", "stage_values"}),
    (
        add("trade", "Y", "B", "ore", "1", 1.0, 1.0),
        {"cost_table", "exposure_origin", "material_balance", "route_capacity", "stage_values"},
    ),
    (
        add("sharing", "A", "B", "metal", "1", 0.01, 0.05),
        {"cost_table", "material_balance", "stage_values", "stock_equation"},
    ),
    (change("stock", 0, "opening", 1), {"stock_equation"}),
    (change("stock", 0, "deposit", 1), {"material_balance", "stock_equation"}),
    (change("stock", 0, "release", 1), {"material_balance", "stock_equation"}),
    (change("stock", 0, "shared", 1), {"stock_equation"}),
    (change("stock", 0, "lost", 1), {"stock_equation"}),
    (
        change("stock", 0, "closing", 1),
        {"cost_table", "holding_costs", "stage_values", "stock_budget", "stock_equation"},
    ),
    (change("stock", 0, "reserve", -1), {"cost_table", "stock_equation"}),
    (change("stock", 0, "reserve", 0.5), {"cost_table", "reserves", "stage_values", "stock_equation"}),
    (change("stock", 1, "reserve", -0.2), {"reserves"}),
    (change("stock", 0, "minimum", 1), {"reserves"}),
    (change("stock", 0, "purchase", -0.5), {"stock_budget"}),
    (change("stock", 0, "purchase", 1.5), {"stock_budget"}),
    (change("stock", 0, "holding_cost", 1), {"holding_costs"}),
    (
        change("shortage", 0, "demand", 1),
        {
            "concentration_table",
            "demand_complete",
            "dependence_rows",
            "direct_table",
            "index_table",
            "material_balance",
            "proportional_mixing",
            "stage_values",
        },
    ),
    (
        change("shortage", 1, "shortage", 0.5),
        {
            "cost_table",
            "dependence_rows",
            "exposure_bounds",
            "index_table",
            "material_balance",
            "proportional_mixing",
            "shortage_values",
            "stage_values",
        },
    ),
    (change("shortage", 1, "shortage_value", 5), {"shortage_values"}),
    (change("disposal", 0, "quantity", 0.5), {"material_balance"}),
    (change("disposal", 0, "quantity", -8), {"material_balance", "nothing_negative"}),
    (change("exposure", 0, "exposed", -1), {"exposure_origin"}),
    (change("exposure", 4, "exposed", -1), {"exposure_origin"}),
    (change("exposure", 4, "exposed", 1), {"exposure_balance", "exposure_bounds", "exposure_origin"}),
    (change("exposure", 8, "exposed", -1), {"exposure_balance", "exposure_stock"}),
    (change("exposure", 9, "exposed", 0.5), {"exposure_bounds", "exposure_stock"}),
    (change("exposure", 11, "exposed", -1), {"dependence_rows", "exposure_balance"}),
    (change("exposure", 17, "exposed", -1), {"exposure_balance"}),
    (change("exposure", 18, "exposed", -1), {"exposure_activity"}),
    (change("exposure", 20, "exposed", -1), {"exposure_balance"}),
    (put("exposure", 20, "supplier", "A"), {"exposure_balance", "exposure_bounds"}),
    (change("dependence", 0, "served_exposed", -1), {"dependence_rows", "dependence_shares", "group_rows"}),
    (
        change("dependence", 0, "share_optimised", -0.1),
        {"dependence_shares", "group_rows", "index_table", "stage_values"},
    ),
    (change("dependence", 4, "share_at_least", 0.1), {"group_rows"}),
    (change("index", 5, "value", 0.5), {"bounds_in_order", "index_table"}),
    (change("dependence", 4, "share_at_most", -0.1), {"bounds_in_order", "group_rows"}),
    (change("dependence", 4, "share_proportional", 0.1), {"bounds_in_order", "group_rows", "proportional_mixing"}),
    (change("dependence", 8, "share_at_most", 0.1), {"dependence_shares", "group_rows"}),
    (change("dependence", 8, "demand", 1), {"dependence_shares", "group_rows"}),
    (change("direct", 0, "share_direct", 0.1), {"direct_table"}),
    (change("direct", 0, "shipment", 1), {"direct_table"}),
    (change("concentration", 0, "hhi", 0.1), {"concentration_table"}),
    (change("concentration", 1, "hhi_governance", 0.1), {"concentration_table"}),
    (change("operating_support", 0, "support", 1), {"support_table"}),
    (change("operating_support", 0, "input_value", 1), {"support_table"}),
    (change("index", 0, "value", 0.01), {"index_table"}),
    (change("index", 4, "value", -0.01), {"index_table"}),
    (change("cost", 0, "undiscounted", 1), {"cost_table"}),
    (change("cost", 6, "discounted", 1), {"cost_table"}),
    (change("cost", 7, "expected", 1), {"cost_table", "cost_total"}),
    (change("disruptions", 0, "probability", 0.1), {"branch_calendar"}),
    (change("disruptions", 0, "stress", 1), {"stress_table"}),
    (change("disruptions", 0, "steps", 1), {"branch_calendar"}),
    (
        change("branch_production", 1, "activity", 0.25),
        {"cost_table", "flow_costs", "material_balance", "stage_values"},
    ),
    (
        change("branch_production", 12, "activity", 50),
        {"cost_table", "flow_costs", "material_balance", "production_capacity", "stage_values"},
    ),
    (
        add("branch_production", "strike", 1, "Y", "plant", "mine", "1", 1.0, 50.0, 8.0),
        {"cost_table", "material_balance", "production_capacity", "stage_values"},
    ),
    (change("branch_trade", 0, "quantity", 0.1), {"export_cuts", "flow_costs", "material_balance"}),
    (
        add("branch_trade", "strike", 2, "A", "B", "metal", 2.6, 5.2),
        {"cost_table", "crisis_trade", "material_balance", "stage_values"},
    ),
    (change("branch_sharing", 0, "quantity", 0.1), {"flow_costs", "material_balance", "stock_equation"}),
    (
        change("branch_sharing", 0, "quantity", 3),
        {"flow_costs", "material_balance", "sharing_limits", "stock_equation", "stock_limits"},
    ),
    (change("branch_stock", 0, "opening", 1), {"stock_equation"}),
    (change("branch_stock", 0, "closing", 1), {"cost_table", "stage_values", "stock_equation"}),
    (change("branch_stock", 3, "deposit", 1), {"material_balance", "stock_equation"}),
    (
        change("branch_shortage", 1, "shortage", 0.1),
        {"cost_table", "material_balance", "shortage_values", "stage_values", "stress_table"},
    ),
    (change("branch_shortage", 5, "demand", -2), {"demand_complete", "material_balance"}),
    (change("branch_disposal", 0, "quantity", 0.1), {"material_balance"}),
    (change("stress", 0, "value", 1), {"stress_table"}),
    (change("stress", 2, "value", 1), {"stress_table"}),
    (stage(0, "held_at", 999.0), {"stage_values"}),
    (stage(0, "bound", 1000.5), {"stage_values"}),
    (stage(1, "held_at", 0.88), {"stage_values"}),
    (stage(2, "held_at", 99.0), {"stage_values"}),
    (stage(3, "incumbent", 3000.0), {"cost_total", "stage_values"}),
    (stage(3, "bound", 1e6), {"stage_values"}),
    (option("burden_tolerance", 0.1), set()),
    (option("pooled", False), {"fund_balance"}),
    (option("sharing", False), {"sharing_limits"}),
    (
        option("step_years", 0.25),
        {
            "branch_calendar",
            "cost_table",
            "demand_complete",
            "export_cuts",
            "production_capacity",
            "route_capacity",
            "stock_equation",
        },
    ),
    (
        option(
            "caps", [{"kappa": 0.5, "basis": "traced", "scope": "group", "materials": ["metal"], "from_period": "2"}]
        ),
        {"caps"},
    ),
    (
        option(
            "caps",
            [
                {
                    "kappa": 0.5,
                    "basis": "direct",
                    "scope": "member",
                    "stages": ["metal"],
                    "from_period": "",
                    "holds_from": {"A/metal": "2", "B/metal": "2"},
                }
            ],
        ),
        {"caps"},
    ),
    (option("risk", "semideviation"), {"stage_values", "stress_table"}),
]


@pytest.mark.parametrize(("spoil", "expected"), SPOILED)
def test_one_wrong_number_fails_the_checks_that_see_it(spoil: Spoil, expected: set[str]) -> None:
    plan = hand_plan()
    spoil(plan)
    assert failed(plan) == expected


@pytest.mark.parametrize("table", ["production", "stock", "exposure", "branch_shortage", "contributions"])
def test_a_missing_table_or_column_is_a_failure(table: str) -> None:
    plan = hand_plan()
    del plan.tables[table]
    assert "tables_present" in failed(plan)
    plan = hand_plan()
    last = plan.tables[table].columns[-1]
    plan.tables[table] = plan.tables[table].drop(columns=last)
    assert "tables_present" in failed(plan)


@pytest.mark.parametrize("table", ["shortage", "stock", "dependence", "branch_stock", "branch_shortage", "disruptions"])
def test_a_missing_row_is_a_failure(table: str) -> None:
    plan = hand_plan()
    plan.tables[table] = plan.tables[table].drop(index=0)
    assert failed(plan)


def test_not_a_number_is_a_failure() -> None:
    plan = hand_plan()
    plan.tables["trade"].loc[0, "quantity"] = float("nan")
    assert {"material_balance", "flow_costs"} <= failed(plan)


def test_noise_within_a_solver_tolerance_passes_and_the_tolerance_is_a_parameter() -> None:
    plan = hand_plan()
    for name in ("trade", "production", "shortage", "stock"):
        numbers = plan.tables[name].select_dtypes("number").columns
        plan.tables[name][numbers] += 1e-8
    assert audited(plan).passed
    assert not audited(plan, Tolerance(1e-12, 1e-12)).passed


def test_a_failure_says_which_row_and_by_how_much() -> None:
    plan = hand_plan()
    change("trade", 4, "quantity", 1)(plan)
    with pytest.raises(AuditError, match=r"material_balance .*off by 1 .*base, Y, ore, 2, 30 against 31") as caught:
        audited(plan).raise_if_failed()
    assert isinstance(caught.value, NoPlanError) and not caught.value.report.passed


def test_without_branches_nothing_is_asked_of_them() -> None:
    plan = hand_plan()
    for name in [name for name in plan.tables if name.startswith("branch_") or name in ("disruptions", "stress")]:
        del plan.tables[name]
    plan.options["order"] = ["shortage", "dependence"]
    plan.stages = plan.stages.iloc[:2].copy()
    # the base path's costs then count in full, which the table of the plan with branches does not say
    assert failed(plan) == {"cost_table"}
    plan.options["order"] = ["shortage", "dependence", "stress"]
    assert {"tables_present", "demand_complete", "branch_calendar"} <= failed(plan)


def test_the_calendar_of_projects() -> None:
    calendar = Calendar([("1", 1.0), ("2", 2.0), ("3", 5.0)], 0.25)
    project = next(iter(rows_of(hand_case().tables["projects"])))._replace(lead_time=2.5, lifetime=3.0)
    assert calendar.window(project) == ["1"]
    assert calendar.window(project._replace(status="excluded")) == []
    late = project._replace(status="committed", earliest="3", latest="3")
    assert calendar.window(late) == ["3"] and calendar.window(project._replace(status="committed", lead_time=9)) == [
        "1"
    ]
    # complete at 2.5, ramp 1: half for a year, full until 5.5
    assert calendar.online(project, "1", 1.0, 3.0) == pytest.approx(0.125)
    assert calendar.online(project, "1", 3.0, 8.0) == pytest.approx((0.25 + 2.0) / 5)
    assert calendar.payment_shares(project, "1") == pytest.approx({"1": 0.4, "2": 0.6})
    assert calendar.payment_shares(project, "3") == pytest.approx({"3": 1.0})
    assert calendar.payment_shares(project._replace(lead_time=10.0), "2") == pytest.approx({"2": 0.2, "3": 0.8})
    assert calendar.salvage_share(project._replace(lifetime=float("nan")), "1") == pytest.approx(14.5 / 20)
    steps = calendar.steps("3", 1.0, 0.1, 0.5)
    assert [(slot.begin, slot.end) for slot in steps] == [(3.0, 3.5), (3.5, 4.0), (4.0, 4.5)]
    assert calendar.steps("3", 9.0, 0.0, 2.0)[-1].end == 8.0


def test_the_second_opinion_never_looks_at_the_model() -> None:
    forbidden = ("pyomo", "highspy", "quadopt.formulation", "quadopt.solver")
    root = Path(quadopt.audit.__file__).parent.parent
    for path in [*root.glob("audit/*.py"), *root.glob("measures/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.startswith(forbidden)], path
