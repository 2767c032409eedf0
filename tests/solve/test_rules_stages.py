"""Stages by hand: slack, what is held, the weighted and the bounded approach, and the three steps."""

from __future__ import annotations

import math
from typing import Any

import pytest

from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from tests.tiny import (
    M,
    Tables,
    magnets,
    objectives,
    one_metal,
    plant,
    project,
    reached,
    rows,
    rules,
    solved,
    total,
    two_members,
    two_suppliers,
)


def dear_home(capacity: float = 10) -> Tables:
    """Home can make 10 a year (or less) at 2 millions; Far has plenty at 1. 30 are needed in all.

    Every unit from home costs 1 million more and lowers the index by 1/30.
    """
    return one_metal(plants=[plant("Home", "smelt", capacity, 2 * M), plant("Far", "smelt", 100, M)])


@pytest.mark.parametrize(
    ("slack", "capacity", "least", "held_at", "cost"),
    [
        ({"absolute": 0}, 10, 0, 0, 60),  # all at home
        ({"absolute": 0.1}, 10, 0, 0.1, 57),  # a tenth from Far
        ({"relative": 0.1}, 10, 0, 0, 60),  # a tenth of nothing
        ({"relative": 0.1}, 5, 0.5, 0.55, 30 + 13.5),
        ({"relative": 0.1, "absolute": 0.1}, 5, 0.5, 0.6, 30 + 12),  # the larger of the two
    ],
)
def test_a_stage_is_held_at_its_incumbent_and_slack(
    slack: dict[str, float], capacity: float, least: float, held_at: float, cost: float
) -> None:
    staged = Staged(Case.from_tables(dear_home(capacity)), rules(["dependence", "cost"], slack={"dependence": slack}))
    staged.run()
    first, last = staged.stages
    assert (first.incumbent, last.incumbent) == pytest.approx((least, cost), abs=1e-6)
    assert first.held_at == pytest.approx(held_at, abs=1e-6)
    assert math.isnan(last.held_at)


def test_default_slacks() -> None:
    # 0.005 of dependence, 0.1 % of money: half a per cent of 30 may come from Far.
    tables = {**dear_home(), "demand": [{**dear_home()["demand"][0], "quantity": 10.0}]}
    found = reached(tables, ["dependence", "cost"], slack={})
    assert found["cost"] == pytest.approx(60 - 0.005 * 30)
    found = reached(tables, ["cost", "dependence"], slack={})
    assert found["dependence"] == pytest.approx(1 - 0.001 * 30 / 30)


def test_the_order_decides() -> None:
    assert reached(dear_home(), ["cost", "dependence"]) == pytest.approx({"cost": 30, "dependence": 1})
    assert reached(dear_home(), ["dependence", "cost"]) == pytest.approx({"dependence": 0, "cost": 60})


@pytest.mark.parametrize(("weight", "value", "index"), [(20, 30 + 20, 1), (40, 60, 0)])
def test_weighted(weight: float, value: float, index: float) -> None:
    # A unit from home costs 1 million and saves weight / 30: worth it above 30.
    plan = solved(dear_home(), approach="weighted", weights={"dependence": weight, "cost": 1})
    assert objectives(plan) == pytest.approx({"weighted": value})
    found = rows(plan.tables["index"], measure="value", scope="members", basis="optimised")
    assert found["value"].tolist() == pytest.approx([index])


@pytest.mark.parametrize(("bounds", "cost"), [({"dependence": 0.4}, 48), ({}, 30), ({"dependence": 0.0}, 60)])
def test_bounded(bounds: dict[str, float], cost: float) -> None:
    # Two fifths of 30 from Far: 12 x 1 + 18 x 2.
    assert reached(dear_home(), approach="bounded", minimise="cost", bounds=bounds) == pytest.approx({"cost": cost})


def test_bounded_by_cost() -> None:
    found = reached(dear_home(), approach="bounded", minimise="dependence", bounds={"cost": 45})
    assert found == pytest.approx({"dependence": 0.5})


def capped(basis: str = "direct", **more: Any) -> dict[str, Any]:
    """Rules with one cap, from the first period unless said otherwise."""
    return {"caps": [{"share": 0.65, "basis": basis, "from_period": "2026", **more}]}


def test_a_direct_cap() -> None:
    # 6.5 of 10 from Far at 1, the rest from Near at 3; without a cap all from Far.
    assert reached(two_suppliers(), ["shortage", "cost"])["cost"] == pytest.approx(30)
    assert reached(two_suppliers(), ["shortage", "cost"], **capped())["cost"] == pytest.approx(3 * (6.5 + 3.5 * 3))


def test_a_cap_from_a_period() -> None:
    found = reached(two_suppliers(), ["shortage", "cost"], **capped(from_period="2027"))
    assert found["cost"] == pytest.approx(10 + 2 * (6.5 + 3.5 * 3))


def test_a_cap_by_default_from_the_first_period_in_which_it_can_hold() -> None:
    # Far is the only supplier until home makes 5 a year from 2027 on: half of use from then on.
    tables = one_metal(projects=[project(capacity=5, lead_time=1)], fund=[{"country": "Home", "limit": 9}])
    plan = solved(tables, ["shortage", "cost"], **capped(from_period=""))
    assert plan.options["caps"][0]["holds_from"] == {"Home/metal": "2027"}
    assert plan.starts == {"SMELTER": "2026"}


def test_a_cap_that_can_never_hold_does_not() -> None:
    plan = solved(one_metal(), ["shortage", "cost"], **capped(from_period=""))
    assert plan.options["caps"][0]["holds_from"] == {"Home/metal": "never"}


@pytest.mark.parametrize(("scope", "short"), [("member", 30), ("group", 0)])
def test_a_cap_for_members_or_the_group(scope: str, short: float) -> None:
    # Home can buy from Far only, Ally from Near only: each wholly from one, the group half from each. A member that can
    # use nothing without breaking the cap uses nothing.
    closed = [("Far", "Ally"), ("Near", "Home"), ("Home", "Ally"), ("Ally", "Home")]
    tables = two_members(
        countries=[*two_members()["countries"], {"country": "Near", "member": "no"}],
        plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 100, M)],
        routes=[{"origin": o, "destination": d, "capacity": 0} for o, d in closed],
    )
    assert reached(tables, ["shortage", "cost"], **capped(scope=scope))["shortage"] == pytest.approx(2 * short * 10)


@pytest.mark.parametrize(
    ("cap", "yearly"),
    [
        (capped(materials=["magnet"]), 10 + 10),  # no magnet is imported
        (capped("traced", materials=["magnet"]), 6.5 + 3.5 * 3 + 10),  # but its oxide is
        (capped(stages=["refining"]), 6.5 + 3.5 * 3 + 10),
        (capped(stages=["refining"], share=0.5), 5 + 5 * 3 + 10),
    ],
)
def test_traced_caps_and_what_they_are_on(cap: dict[str, Any], yearly: float) -> None:
    # 10 magnets a year are made at home at 1 million, of oxide from Far at 1 or from Near at 3.
    assert reached(magnets(), ["shortage", "cost"], **cap)["cost"] == pytest.approx(3 * yearly)


def test_the_three_steps() -> None:
    # Dependence on Far. Today: all of it, at 30. Re-directed: as much from Near as it has, 4 a year at 3. With the fund
    # home makes the other 6 as well, for a capex of 6, of which 17/20 are left at the end. The slack is 0.005.
    tables = two_suppliers(
        plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 4, 3 * M)],
        projects=[project(capacity=6, capex=6)],
        fund=[{"country": "Home", "limit": 6}],
    )
    plan = solved(tables, ["shortage", "dependence", "cost"], slack={}, dependence={"suppliers": ["Far"]})
    steps = rows(plan.three_steps, material="all").set_index("step")
    assert steps["share_at_least"].to_dict() == pytest.approx(
        {"today": 1.0, "re-directed": 0.605, "with the fund": 0.005}, abs=1e-6
    )
    assert steps["cost"].to_dict() == pytest.approx(
        {"today": 30, "re-directed": 54 - 0.005 * 30 * 2, "with the fund": 36.9 - 0.005 * 30 * 2}
    )
    assert steps["shortage"].to_dict() == pytest.approx({"today": 0, "re-directed": 0, "with the fund": 0})


def test_every_stage_says_how_it_ended() -> None:
    plan = solved(dear_home(), ["shortage", "dependence", "cost"])
    assert plan.status == "optimal"
    assert plan.stages["status"].tolist() == ["optimal"] * 3
    assert (plan.stages["bound"] <= plan.stages["incumbent"] + 1e-9).all()
    assert plan.stages["gap"].tolist() == pytest.approx([0, 0, 0], abs=1e-9)
    assert plan.stages["unit"].tolist()[1] == "index (0..1)"
    assert total(plan.cost, "expected") == pytest.approx(objectives(plan)["cost"])
