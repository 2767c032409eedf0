"""The fund by hand: what is due when, who can pay it, and who pays how much."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tiny import by_period, objectives, one_metal, project, reached, rows, settings, solved, total, two_members

ORDER = ["shortage", "dependence"]


def fund(*limits: float, **more: Any) -> list[dict[str, Any]]:
    """What Home (and Ally) can pay a year."""
    return [
        {"country": country, "limit": limit, **more} for country, limit in zip(("Home", "Ally"), limits, strict=False)
    ]


@pytest.mark.parametrize(
    ("lead_time", "capex", "paid"),
    [
        (0, 6, [6, 0, 0]),  # within a year
        (0.5, 6, [6, 0, 0]),
        (2, 6, [3, 3, 0]),  # evenly over two years
        (1.5, 6, [4, 2, 0]),
    ],
)
def test_capex_is_paid_evenly_over_the_lead_time(lead_time: float, capex: float, paid: list[float]) -> None:
    plan = solved(one_metal(projects=[project(lead_time=lead_time, capex=capex, latest="2026")], fund=fund(100)), ORDER)
    assert by_period(plan.payments, "public") == pytest.approx(paid)
    assert by_period(plan.fund_balance, "payment") == pytest.approx(paid)


def test_capex_due_after_the_horizon_is_paid_in_the_last_period() -> None:
    # Started at the beginning of a last period of half a year, paid over a year: all of it falls into that half year.
    plan = solved(
        one_metal(
            periods=[{"period": "2026"}, {"period": "2027", "years": 0.5}],
            projects=[project(capex=6, earliest="2027")],
            fund=fund(100),
        ),
        ORDER,
    )
    assert by_period(plan.payments, "public", ("2026", "2027")) == pytest.approx([0, 6])


def test_fund_and_owner_share_capex() -> None:
    plan = solved(one_metal(projects=[project(capex=8, fund_share=0.25)], fund=fund(2)), ORDER)
    assert plan.starts == {"SMELTER": "2026"}
    assert total(plan.payments, "public") == pytest.approx(2)
    assert total(plan.payments, "private") == pytest.approx(6)
    assert total(plan.cost, "undiscounted", kind="capex_private") == pytest.approx(6)


@pytest.mark.parametrize(
    ("capex", "start"),
    [
        (2, "2026"),  # one year's limit
        (2.01, "2027"),  # saved up in two years
        (6, "2028"),  # saved up in three
        (6.01, ""),  # more than there ever is
    ],
)
def test_the_fund_saves_up_and_its_limit_binds(capex: float, start: str) -> None:
    found = reached(one_metal(projects=[project(capex=capex)], fund=fund(2)), ORDER)
    assert found["dependence"] == pytest.approx({"2026": 0, "2027": 1 / 3, "2028": 2 / 3, "": 1}[start])


def test_what_is_saved_up_lies_in_the_fund() -> None:
    plan = solved(one_metal(projects=[project(capex=6)], fund=fund(2)), ORDER)
    assert plan.starts == {"SMELTER": "2028"}
    assert by_period(plan.fund_balance, "balance") == pytest.approx([2, 4, 0], abs=1e-6)


def test_a_period_holds_its_years_of_the_limit() -> None:
    # 2 millions a year for 2 years: 4 in the first period.
    periods = [{"period": "2026", "years": 2}, {"period": "2028", "years": 2}]
    plan = solved(one_metal(periods=periods, projects=[project(capex=4)], fund=fund(2)), ORDER)
    assert plan.starts == {"SMELTER": "2026"}
    assert by_period(plan.contributions, "limit", ("2026", "2028")) == pytest.approx([4, 4])


def test_half_of_the_payments_cannot_wait() -> None:
    # 3 + 3 millions over a lead time of two years, in the only possible start; a limit of 2.9 cannot pay the first 3.
    for limit, index in ((3.0, 2 / 3), (2.9, 1.0)):
        tables = one_metal(projects=[project(capex=6, lead_time=2)], fund=fund(limit))
        assert reached(tables, ORDER)["dependence"] == pytest.approx(index)


def test_contributions_have_the_least_discounted_total() -> None:
    # 9 millions due in 2028, at 10 %: as late as possible. 4 + 2 in 2028 and the other 3 in 2027.
    plan = solved(
        two_members(settings=settings(0.1), projects=[project(capex=9, earliest="2028")], fund=fund(4, 2)), ORDER
    )
    assert by_period(plan.contributions, "contribution") == pytest.approx([0, 3, 6], abs=1e-5)
    discounted = 3 / 1.1 + 6 / 1.21
    paid = by_period(plan.contributions, "contribution")
    assert sum(f * 1.1**-year for year, f in enumerate(paid)) == pytest.approx(discounted, rel=1e-6)


def test_then_contributions_are_even_in_their_limits() -> None:
    # Discounted at 0 % it does not matter when: 9 millions are half of 3 x (4 + 2), so that everybody pays half.
    plan = solved(two_members(projects=[project(capex=9, earliest="2028")], fund=fund(4, 2)), ORDER)
    assert by_period(plan.contributions, "contribution", country="Home") == pytest.approx([2, 2, 2], rel=1e-5)
    assert by_period(plan.contributions, "contribution", country="Ally") == pytest.approx([1, 1, 1], rel=1e-5)
    # Discounted at 10 % all 3 are paid in 2028, half of the limits of that year.
    plan = solved(
        two_members(settings=settings(0.1), projects=[project(capex=3, earliest="2028")], fund=fund(4, 2)), ORDER
    )
    assert by_period(plan.contributions, "contribution", country="Home") == pytest.approx([0, 0, 2], abs=1e-5)
    assert by_period(plan.contributions, "contribution", country="Ally") == pytest.approx([0, 0, 1], abs=1e-5)


def test_burden_by_weight() -> None:
    # Home weighs 3, Ally 1. 8 millions within 5 points: Home pays 70 to 80 %, that is 5.6 to 6.4.
    weights = [{"country": "Home", "member": "yes", "burden_weight": 3}, {"country": "Ally", "member": "yes"}]
    countries = [*weights, {"country": "Far", "member": "no"}]
    tables = two_members(countries=countries, projects=[project(capex=8, capacity=20, latest="2026")])
    by_weight = {"pact": {"burden": "weight", "burden_tolerance": 0.05}}
    plan = solved({**tables, "fund": fund(6, 10)}, ORDER, **by_weight)
    assert plan.starts == {"SMELTER": "2026"}
    assert 5.6 - 1e-6 <= total(plan.contributions, "contribution", country="Home") <= 6.0 + 1e-6
    # Home cannot pay 5.6, so that nobody pays; were the burden free, Ally would pay the rest.
    assert solved({**tables, "fund": fund(5, 10)}, ORDER, **by_weight).starts == {}
    assert solved({**tables, "fund": fund(5, 10)}, ORDER).starts == {"SMELTER": "2026"}


def test_unpooled_every_member_pays_on_its_own_soil() -> None:
    # 6 millions at home: the pool pays in 2026, Home alone has saved them up in 2028. Each smelter serves one member.
    projects = [project("H", capex=6), project("A", capex=6, country="Ally")]
    tables = two_members(projects=projects, fund=fund(2, 12))
    pooled = solved(tables, ORDER)
    assert pooled.starts == {"H": "2026", "A": "2026"}
    alone = solved(tables, ORDER, pact={"pooled": False})
    assert alone.starts == {"H": "2028", "A": "2026"}
    assert total(alone.fund_balance, "payment", account="Home") == pytest.approx(6)
    assert total(alone.fund_balance, "payment", account="Ally") == pytest.approx(6)


def test_unpooled_nobody_pays_abroad() -> None:
    abroad = project(country="Near", capex=6, capacity=5)
    countries = [*one_metal()["countries"], {"country": "Near", "member": "no"}]
    tables = one_metal(countries=countries, projects=[abroad], fund=fund(10))
    # Half from Near halves the dependence on any single supplier.
    assert reached(tables, ORDER)["dependence"] == pytest.approx(0.5)
    alone = solved(tables, ORDER, pact={"pooled": False})
    assert objectives(alone)["dependence"] == pytest.approx(1.0)
    assert any("SMELTER" in warning for warning in alone.warnings)
    # A project that its owner pays needs no fund.
    private = {**tables, "projects": [{**abroad, "fund_share": 0}]}
    plan = solved(private, ORDER, pact={"pooled": False})
    assert objectives(plan)["dependence"] == pytest.approx(0.5)
    assert not rows(plan.payments, project="SMELTER").empty
    assert total(plan.contributions, "contribution") == pytest.approx(0.0)
