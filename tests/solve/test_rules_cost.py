"""Cost by hand: what is paid with which probability, and the refill of reserves."""

from __future__ import annotations

import pytest

from tests.tiny import M, cut, objectives, one_metal, plant, project, settings, solved, stockpile, total

HALF_A_YEAR = cut(duration=0.5, probability=0.2)
"""Far ships nothing in the first half of 2027: 5 are missing, with a probability of 0.2."""


def test_base_and_branch_share_the_time_that_a_branch_covers() -> None:
    # No stock: the base path's 2027 counts with 1 - 0.2 x 0.5; in the branch 5 are short at 10 millions each.
    plan = solved(one_metal(disruptions=[HALF_A_YEAR]), ["shortage", "stress", "cost"])
    assert total(plan.cost, "expected", path="base") == pytest.approx(10 + 10 * 0.9 + 10)
    assert total(plan.cost, "expected", path="cut") == pytest.approx(0.2 * 5 * 10)
    assert objectives(plan)["cost"] == pytest.approx(39)


def test_a_branch_pays_for_refilling_the_reserve() -> None:
    # 5 of the 10 in reserve are used and refilled at the price of 1 million.
    tables = one_metal(stockpiles=[stockpile(initial=10, capacity=10)], disruptions=[HALF_A_YEAR])
    plan = solved(tables, ["shortage", "stress", "cost"])
    assert total(plan.cost, "expected", kind="refill") == pytest.approx(0.2 * 5)
    assert total(plan.cost, "expected", kind="shortage") == pytest.approx(0)
    assert objectives(plan)["cost"] == pytest.approx(10 + 10 * 0.9 + 10 + 0.2 * 5)


@pytest.mark.xfail(strict=True, reason="a branch refills the reserve only, not what the base path bought meanwhile")
def test_buying_in_the_time_of_a_likely_crisis_is_no_bargain() -> None:
    # As above with room for more: 10 bought in 2027 for 2028 are not there if the crisis comes, so nothing is saved.
    tables = one_metal(stockpiles=[stockpile(initial=10, capacity=20)], disruptions=[HALF_A_YEAR])
    plan = solved(tables, ["shortage", "stress", "cost"])
    assert objectives(plan)["cost"] == pytest.approx(10 + 10 * 0.9 + 10 + 0.2 * 5)


def test_two_disruptions_exclude_each_other() -> None:
    # The whole of 2027 with 0.2 and its first half with 0.3: the base path counts with 1 - 0.2 - 0.3 / 2.
    other = cut("other", duration=1, probability=0.2, severity=0)
    plan = solved(one_metal(disruptions=[{**HALF_A_YEAR, "probability": 0.3}, other]), ["shortage", "stress", "cost"])
    assert total(plan.cost, "expected", path="base", period="2027") == pytest.approx(10 * 0.65)
    assert total(plan.cost, "expected", path="other") == pytest.approx(0.2 * 10)


def test_a_step_is_discounted_as_the_period_in_which_it_begins() -> None:
    # At 10 %: 2026 whole, 2027 with 0.9, 2028 whole; the branch in 2027.
    plan = solved(one_metal(settings=settings(0.1), disruptions=[HALF_A_YEAR]), ["shortage", "stress", "cost"])
    assert objectives(plan)["cost"] == pytest.approx(10 + (9 + 0.2 * 50) / 1.1 + 10 / 1.21)
    # As an objective of its own stress is not discounted.
    assert objectives(plan)["stress"] == pytest.approx(10)


def test_investment_is_the_same_in_all_futures() -> None:
    # Capex 1, of which 17 of 20 years are left at the end, counts in full, however likely the crisis.
    tables = one_metal(
        plants=[plant("Far", "smelt", 100, 0)],
        projects=[project(status="committed", capex=20)],
        fund=[{"country": "Home", "limit": 20}],
        disruptions=[cut(duration=3, start="2026", probability=0.9)],
    )
    plan = solved(tables, ["shortage", "stress", "cost"])
    assert objectives(plan)["cost"] == pytest.approx(20 - 17)


def test_every_kind_of_cost_adds_up_to_the_objective() -> None:
    # Home makes 4 a year at 2, Far the rest at 1 + 0.2 transport; 10 are held at 0.1 a year; capex half private.
    tables = one_metal(
        settings=settings(0.05),
        materials=[{"material": "metal", "price": M, "transport_cost": M / 5}],
        plants=[plant("Home", "smelt", 4, M / 2), plant("Far", "smelt", 100, M)],
        projects=[project(status="committed", capex=8, fund_share=0.5, capacity=1, unit_cost=M / 4)],
        fund=[{"country": "Home", "limit": 20}],
        stockpiles=[stockpile(initial=10, capacity=10, holding_cost=M / 10)],
        disruptions=[HALF_A_YEAR],
    )
    plan = solved(tables, ["shortage", "stress", "cost"])
    years = 1 + 0.9 / 1.05 + 1 / 1.05**2
    branch = 0.2 / 1.05
    expected = {
        "capex_public": 4,
        "capex_private": 4,
        "salvage": -8 * 17 / 20 / 1.05**3,
        # In the branch home makes 2 + 0.5; the other 2.5 come out of stock, of which 8.75 and 7.5 are left by quarters.
        "production_home": (4 * 0.5 + 1 * 0.25) * (years + branch * 0.5),
        "production_abroad": 5 * years,
        "transport": 5 * 0.2 * years,
        "holding": 10 * 0.1 * years + 0.1 * 0.25 * (8.75 + 7.5) * branch,
        "refill": 2.5 * branch,
    }
    found = plan.cost.groupby("kind")["expected"].sum().to_dict()
    assert found == pytest.approx(expected)
    assert objectives(plan)["cost"] == pytest.approx(sum(expected.values()))
