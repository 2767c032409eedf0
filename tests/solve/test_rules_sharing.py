"""Sharing of stocks by hand: how much, over which route, at what cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tiny import (
    M,
    by_period,
    cut,
    demand,
    objectives,
    plant,
    reached,
    rows,
    solved,
    stockpile,
    total,
    two_members,
)


def pact(**row: Any) -> dict[str, Any]:
    """A row of sharing by which Home gives."""
    return {"provider": "Home", "receiver": "Ally", "limit_fraction": 0.3, **row}


def giver(**changes: Any) -> dict[str, Any]:
    """Home holds 10 that it does not need and may give up; Ally needs 10 a year and has no other source."""
    tables = two_members(
        plants=[plant("Far", "smelt", 1, M)],
        routes=[{"origin": "Far", "capacity": 0}],
        demand=[demand("Ally", "metal", 10)],
        stockpiles=[stockpile("Home", 10, minimum=0)],
        sharing=[pact()],
    )
    return {**tables, **changes}


def test_a_fraction_of_the_opening_stock_a_year_on_the_base_path() -> None:
    # 30 % of 10, of 7 and of 4.9.
    plan = solved(giver(), ["shortage"])
    assert by_period(plan.sharing, "quantity") == pytest.approx([3, 2.1, 1.47])
    assert objectives(plan)["shortage"] == pytest.approx(10 * (30 - 6.57))


def test_a_period_holds_its_years_of_the_fraction() -> None:
    # Two years: 2 x 30 % of 10.
    plan = solved(giver(periods=[{"period": "2026", "years": 2}]), ["shortage"])
    assert by_period(plan.sharing, "quantity", ("2026",)) == pytest.approx([6])


@pytest.mark.parametrize(
    ("table", "given"),
    [
        ([pact(), pact(receiver="", limit_fraction=0.2)], 2),  # a flow obeys every row that matches it
        ([pact(limit_fraction=0.1), pact(receiver="", limit_fraction=0.2)], 1),
        ([pact(material="other")], 0),  # what no row matches is not shared
        ([{**pact(), "provider": "Ally", "receiver": "Home"}], 0),
        ([pact(limit_fraction=0.3), pact(limit_fraction=0.5, period="2026")], 5),  # it may vary by period
    ],
)
def test_the_rows_that_match(table: list[dict[str, Any]], given: float) -> None:
    other = [{"material": "metal", "price": M}, {"material": "other", "price": M}]
    wanted = [demand("Ally", "metal", 10), demand("Home", "other", 1)]
    tables = giver(
        sharing=table, materials=other, demand=wanted, stockpiles=[*giver()["stockpiles"], stockpile("Ally", 0)]
    )
    # Ally's 10 less what it is given; Home's 1 of the other material is never there.
    one_year = {**tables, "periods": [{"period": "2026"}]}
    assert reached(one_year, ["shortage"])["shortage"] == pytest.approx(10 * (10 - given + 1))


def test_a_row_limits_its_receivers_together() -> None:
    # 30 % of 10 for Ally and Third together.
    countries = [*two_members()["countries"], {"country": "Third", "member": "yes"}]
    wanted = [demand("Ally", "metal", 10), demand("Third", "metal", 10)]
    plan = solved(giver(countries=countries, demand=wanted, sharing=[pact(receiver="")]), ["shortage"])
    assert total(plan.sharing, "quantity", period="2026") == pytest.approx(3)


@pytest.mark.parametrize(("capacity", "given"), [(2, 2), (0, 0), (None, 3)])
def test_sharing_uses_the_route(capacity: float | None, given: float) -> None:
    routes = [{"origin": "Far", "capacity": 0}, {"origin": "Home", "destination": "Ally", "capacity": capacity}]
    found = reached(giver(routes=routes, periods=[{"period": "2026"}]), ["shortage"])
    assert found["shortage"] == pytest.approx(10 * (10 - given))


def test_trade_and_sharing_use_one_route() -> None:
    # Home makes 1 a year for Ally as well: 1 + sharing within a route of 2.
    routes = [{"origin": "Far", "capacity": 0}, {"origin": "Home", "destination": "Ally", "capacity": 2}]
    plan = solved(giver(routes=routes, plants=[plant("Home", "smelt", 1, M)]), ["shortage"])
    assert by_period(plan.shortage, "shortage") == pytest.approx([8, 8, 8])
    carried = [
        a + b for a, b in zip(by_period(plan.trade, "quantity"), by_period(plan.sharing, "quantity"), strict=True)
    ]
    assert carried == pytest.approx([2, 2, 2])


def test_sharing_pays_the_route_and_its_own_cost() -> None:
    # 3 at 0.5 (route) + 0.25 (the more specific row of sharing) millions in 2026 alone.
    routes = [{"origin": "Far", "capacity": 0}, {"origin": "Home", "destination": "Ally", "cost": M / 2}]
    table = [pact(cost=M / 4), pact(receiver="", limit_fraction=1, cost=M)]
    plan = solved(giver(routes=routes, sharing=table, periods=[{"period": "2026"}]), ["shortage", "cost"])
    assert total(plan.cost, "undiscounted", kind="sharing") == pytest.approx(3 * 0.75)
    assert total(plan.cost, "undiscounted", kind="transport") == pytest.approx(0)


def threatened(**changes: Any) -> dict[str, Any]:
    """Both need 10 a year, Far has plenty, Home has 10 in reserve; for the whole of 2027 Far ships nothing to Ally."""
    tables = two_members(
        stockpiles=[stockpile("Home", 10, capacity=10)],
        sharing=[pact()],
        disruptions=[cut(destination="Ally", probability=0.1)],
    )
    return {**tables, **changes}


def test_in_a_branch_the_fraction_does_not_renew() -> None:
    # Four quarters, but 30 % of the 10 that the branch opens with in all: 7 of 10 short.
    plan = solved(threatened(), ["shortage", "stress"])
    assert total(plan.branch_sharing, "quantity") == pytest.approx(3)
    assert objectives(plan)["stress"] == pytest.approx(0.1 * 10 * 7)
    # With plenty of time there is no more either.
    found = reached(threatened(), ["shortage", "stress"], stress={"step_years": 0.05})
    assert found["stress"] == pytest.approx(0.1 * 10 * 7)


def test_without_the_pact_nothing_is_shared() -> None:
    found = reached(threatened(), ["shortage", "stress"], pact={"sharing": False})
    assert found["stress"] == pytest.approx(0.1 * 10 * 10)
    plan = solved(threatened(), ["shortage", "stress"])
    compared = rows(plan.disruptions, disruption="cut").iloc[0]
    assert compared["stress"] == pytest.approx(70)
    assert compared["stress_without_sharing"] == pytest.approx(100)


@pytest.mark.parametrize(("capacity", "given"), [(2, 2), (0, 0)])
def test_sharing_in_a_branch_uses_the_route_as_well(capacity: float, given: float) -> None:
    # 2 a year carry 1/2 a quarter.
    routes = [{"origin": "Home", "destination": "Ally", "material": "metal", "capacity": capacity}]
    found = reached(threatened(routes=routes), ["shortage", "stress"])
    assert found["stress"] == pytest.approx(0.1 * 10 * (10 - given))


def test_a_members_cut_stops_its_sharing() -> None:
    # Home shuts its borders as well: what it holds stays at home.
    shut = [cut(destination="Ally", probability=0.1), cut(destination="Ally", country="Home", probability=0.1)]
    found = reached(threatened(disruptions=shut), ["shortage", "stress"])
    assert found["stress"] == pytest.approx(0.1 * 10 * 10)


def test_release_and_sharing_obey_the_release_limit_together() -> None:
    # 2 a year may leave, all of it shared: 2 of 10 in the year of the crisis.
    plan = solved(threatened(stockpiles=[stockpile("Home", 10, capacity=10, release_limit=2)]), ["shortage", "stress"])
    assert total(plan.branch_sharing, "quantity") == pytest.approx(2)
    assert total(plan.branch_stock, "release") + total(plan.branch_stock, "shared") <= 2 + 1e-6
