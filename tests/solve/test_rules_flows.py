"""Production and trade by hand: supply curves, by-products, routes, re-export."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tiny import (
    M,
    by_period,
    demand,
    objectives,
    one_metal,
    plant,
    reached,
    solved,
    total,
    two_members,
    two_suppliers,
)


def cost(tables: dict[str, Any]) -> float:
    """The least cost of serving all demand."""
    return reached(tables, ["shortage", "cost"])["cost"]


def test_tiers_make_a_supply_curve() -> None:
    # 10 a year: 6 at 1 and 4 at 3 millions.
    tiers = [plant("Far", "smelt", 6, M, tier="1"), plant("Far", "smelt", 10, 3 * M, tier="2")]
    plan = solved(one_metal(plants=tiers), ["shortage", "cost"])
    assert objectives(plan)["cost"] == pytest.approx(3 * (6 * 1 + 4 * 3))
    assert by_period(plan.production, "activity", unit_name="2") == pytest.approx([4, 4, 4])


def test_what_cannot_be_had_goes_short_at_its_value() -> None:
    # 4 of 10 a year can be had; 6 short cost 1 million times the sector's weight of 10 each.
    plan = solved(one_metal(plants=[plant("Far", "smelt", 4, M)]), ["shortage", "cost"])
    assert objectives(plan)["shortage"] == pytest.approx(3 * 6 * 10)
    assert objectives(plan)["cost"] == pytest.approx(3 * (4 + 6 * 10))


def test_the_heavier_sector_is_served_first() -> None:
    # Defence weighs 30 and needs 3, industry 10 and needs 7: of 4 defence gets its 3.
    sectors = [{"sector": "defence", "shortage_weight": 30}, {"sector": "industry"}]
    wanted = [{**demand("Home", "metal", 3), "sector": "defence"}, demand("Home", "metal", 7)]
    plan = solved(one_metal(plants=[plant("Far", "smelt", 4, M)], sectors=sectors, demand=wanted), ["shortage"])
    assert total(plan.shortage, "shortage", sector="defence") == pytest.approx(0)
    assert objectives(plan)["shortage"] == pytest.approx(3 * 6 * 10)


@pytest.mark.parametrize(("cerium", "activity", "left"), [(2, 10, 3), (8, 16, 0), (5, 10, 0)])
def test_by_products_may_be_left_over(cerium: float, activity: float, left: float) -> None:
    # Splitting makes 1 neodymium and 1/2 cerium; 10 neodymium are needed. Demand for 8 cerium asks for 16.
    plan = solved(
        one_metal(
            materials=[{"material": m, "price": M} for m in ("neodymium", "cerium")],
            recipes=[
                {"process": "split", "material": "neodymium", "quantity": 1},
                {"process": "split", "material": "cerium", "quantity": 0.5},
            ],
            plants=[plant("Home", "split", 100, M)],
            demand=[demand("Home", "neodymium", 10), demand("Home", "cerium", cerium)],
        ),
        ["shortage", "cost"],
    )
    assert objectives(plan)["cost"] == pytest.approx(3 * activity)
    assert by_period(plan.disposal, "quantity", material="cerium") == pytest.approx([left] * 3)
    assert by_period(plan.disposal, "quantity", material="neodymium") == pytest.approx([activity - 10] * 3)


def test_a_credit_runs_its_plant_at_capacity() -> None:
    # A unit cost of -1 million: 100 a year are run and paid for, 90 of them disposed of; no gain without a limit.
    assert cost(one_metal(plants=[plant("Home", "smelt", 100, -M)])) == pytest.approx(-300)


ROUTES = "origin", "destination", "material", "cost", "capacity"


def routes(*rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Rows of routes; None is a blank cell."""
    return [{k: v for k, v in zip(ROUTES, row, strict=True) if v is not None} for row in rows]


@pytest.mark.parametrize(
    ("found", "yearly"),
    [
        ((), 10 * 1.2),  # open, at the material's 0.2 millions
        ((("Far", None, None, M / 2, None),), 10 * 1.5),  # the row for all that Far ships
        (  # the row with all keys wins, its blank cost is the material's: 4 at 1.2, 6 from Near at 3.2
            (("Far", None, None, M / 2, None), ("Far", "Home", "metal", None, 4)),
            4 * 1.2 + 6 * 3.2,
        ),
        (  # two keys beat one
            (("Far", None, None, M / 2, None), (None, "Home", "metal", M / 10, 5)),
            5 * 1.1 + 5 * 3.1,
        ),
        ((("Far", "Home", None, None, 0),), 10 * 3.2),  # closed
        ((("Far", None, None, None, 0), ("Far", "Home", "metal", M, None)), 10 * 2),  # opened again by the specific one
        (((None, None, None, M, None), ("Near", None, None, 0, None)), 10 * 2),
    ],
)
def test_the_most_specific_route_wins(found: tuple[tuple[Any, ...], ...], yearly: float) -> None:
    # Far asks 1, Near 3 millions a unit; 10 a year for 3 years.
    metal = [{"material": "metal", "price": M, "transport_cost": M / 5}]
    assert cost(two_suppliers(materials=metal, routes=routes(*found))) == pytest.approx(3 * yearly)


def test_a_route_may_close_in_one_period() -> None:
    shut = {"origin": "Far", "destination": "Home", "material": "metal"}
    tables = two_suppliers(routes=[{**shut, "cost": 0}, {**shut, "period": "2027", "capacity": 0}])
    assert cost(tables) == pytest.approx(10 + 30 + 10)


def test_a_period_holds_its_years_of_capacity_and_demand() -> None:
    # 2 years: 20 needed; a route of 4 a year carries 8, a plant of 3 a year makes 6; 6 are short.
    tables = two_suppliers(
        periods=[{"period": "2026", "years": 2}],
        plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 3, 3 * M)],
        routes=routes(("Far", "Home", "metal", None, 4)),
    )
    plan = solved(tables, ["shortage", "cost"])
    assert objectives(plan)["shortage"] == pytest.approx(6 * 10)
    assert objectives(plan)["cost"] == pytest.approx(8 * 1 + 6 * 3 + 6 * 10)


def test_what_one_member_imports_it_may_pass_on() -> None:
    # Far ships to Ally only; Home gets its 10 over Ally, for two transports.
    metal = [{"material": "metal", "price": M, "transport_cost": M / 5}]
    tables = two_members(materials=metal, routes=routes(("Far", "Home", None, None, 0)))
    plan = solved(tables, ["shortage", "cost"])
    assert objectives(plan)["shortage"] == pytest.approx(0)
    assert objectives(plan)["cost"] == pytest.approx(3 * (10 * 1.2 + 10 * 1.4))
    assert by_period(plan.trade, "quantity", origin="Ally", destination="Home") == pytest.approx([10] * 3)


def test_capacity_and_price_may_vary_by_period() -> None:
    row = plant("Far", "smelt", 100, M)
    tables = one_metal(plants=[row, {**row, "period": "2027", "capacity": 4, "unit_cost": 2 * M}])
    plan = solved(tables, ["shortage", "cost"])
    assert by_period(plan.shortage, "shortage") == pytest.approx([0, 6, 0])
    assert objectives(plan)["cost"] == pytest.approx(10 + 4 * 2 + 6 * 10 + 10)


def test_money_is_discounted_to_the_beginning_of_its_period() -> None:
    # Two periods of 2 years at 10 %: 20 at the start and 20 two years later. Shortage is not discounted as an objective
    # of its own, but as a cost.
    tables = one_metal(
        settings=[{"name": "discount_rate", "value": 0.1}],
        periods=[{"period": t, "years": 2} for t in ("2026", "2028")],
        plants=[plant("Far", "smelt", 9, M)],
    )
    plan = solved(tables, ["shortage", "cost"])
    assert objectives(plan)["shortage"] == pytest.approx(2 * 20)
    assert objectives(plan)["cost"] == pytest.approx((18 + 20) * (1 + 1.1**-2))
