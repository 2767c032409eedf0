"""Disruptions by hand: what a cut, an outage or a surge leaves, on the branch's own clock."""

from __future__ import annotations

from typing import Any

import pytest

from quadopt.plan import Plan
from tests.tiny import (
    M,
    Tables,
    cut,
    demand,
    magnets,
    one_metal,
    plant,
    project,
    reached,
    rows,
    solved,
    total,
    two_members,
    two_suppliers,
)

ORDER = ["shortage", "stress"]


def short(tables: Tables, *disruptions: dict[str, Any], **more: Any) -> float:
    """What goes short in the only branch, in units: its stress has a probability of 1/2, a unit short costs 10."""
    return reached({**tables, "disruptions": list(disruptions)}, ORDER, **more)["stress"] / (0.5 * 10)


def branch(tables: Tables, *disruptions: dict[str, Any], **more: Any) -> Plan:
    """The plan with the least stress under a disruption of these rows."""
    return solved({**tables, "disruptions": list(disruptions)}, ORDER, **more)


def suppliers(far: float, near: float) -> Tables:
    """Home needs 10 a year in 2026 to 2028; what Far and Near offer."""
    return two_suppliers(plants=[plant("Far", "smelt", far, M), plant("Near", "smelt", near, M)])


@pytest.mark.parametrize(
    ("far", "near", "row", "missing"),
    [
        (100, 0, {}, 10),
        (100, 0, {"duration": 0.5}, 5),
        (100, 0, {"severity": 0.5}, 5),  # of what is needed, as Far offers more
        (6, 4, {"severity": 0.5}, 3),  # of what Far offers, as more is needed: 10 - 6/2 - 4
        (100, 0, {"limit": 2}, 8),
        (100, 0, {"limit": 20}, 0),
        (100, 100, {}, 0),  # Near has plenty
        (100, 100, {"country": None}, 10),  # every outside supplier
        (100, 0, {"destination": "Home", "material": "metal"}, 10),
        (100, 0, {"duration": 0.4}, 2.5 + 0.6 * 2.5),  # the second quarter is hit to 0.15 / 0.25
        (100, 0, {"duration": 0.4, "severity": 0.5}, 1.25 + 0.6 * 1.25),
        (100, 0, {"duration": 0.4, "limit": 2}, 2 + 0.6 * 2),
        (100, 0, {"start": "2028", "duration": 2}, 10),  # the horizon ends after a year
    ],
)
def test_export_cut(far: float, near: float, row: dict[str, Any], missing: float) -> None:
    assert short(suppliers(far, near), cut(**row)) == pytest.approx(missing, abs=1e-6)


def test_all_rows_of_a_disruption_strike_together() -> None:
    # Far to a half, Near to 2: 10 - 5 - 2 short. Two rows on Far: the stricter one holds.
    rows_ = [cut(severity=0.5), cut(country="Near", limit=2)]
    assert short(suppliers(100, 100), *rows_) == pytest.approx(3)
    assert short(suppliers(100, 0), cut(severity=0.5), cut(limit=2)) == pytest.approx(8)


def test_a_cut_is_on_all_destinations_together() -> None:
    # Both need 10: of 20 half is shipped, to whomever; a cut to one leaves the other alone.
    assert short(two_members(), cut(severity=0.5)) == pytest.approx(10)
    plan = branch(two_members(), cut(severity=0.5, destination="Ally"))
    assert total(plan.branch_shortage, "shortage", country="Ally") == pytest.approx(5)
    assert total(plan.branch_shortage, "shortage", country="Home") == pytest.approx(0)


def test_a_cut_is_relative_to_data_and_not_to_the_trade_before() -> None:
    # Far's project adds to what it offers: half of 4 + 4 is shipped, 8 are needed.
    tables = one_metal(
        plants=[plant("Far", "smelt", 4, M)],
        demand=[demand("Home", "metal", 8)],
        projects=[project(country="Far", capacity=4, capex=0, status="committed")],
    )
    assert short(tables, cut(severity=0.5)) == pytest.approx(4)


def test_a_cut_of_the_input_is_felt_in_the_product() -> None:
    # A magnet short costs three times as much as a metal.
    tables = magnets(plants=[plant("Far", "refine", 20, M), plant("Home", "make", 10, M)])
    assert short(tables, cut()) == pytest.approx(3 * 10)
    offers = [plant("Far", "refine", 6, M), plant("Near", "refine", 4, M), plant("Home", "make", 10, 0)]
    one_of_two = magnets(plants=offers)
    assert short(one_of_two, cut(material="oxide")) == pytest.approx(3 * 6)
    assert short(one_of_two, cut(material="magnet")) == pytest.approx(0)


def outage(**row: Any) -> dict[str, Any]:
    """A row by which plants at home stand still in 2027."""
    return cut(**{"kind": "outage", "country": "Home", **row})


@pytest.mark.parametrize(
    ("outages", "missing"),
    [
        ([outage()], 8),  # the plant makes 6, the project 2, Far offers 2
        ([outage(severity=0.5)], 4),
        ([outage(severity=0.5, duration=0.4)], 0.4 * 4),
        ([outage(severity=0.5), outage(severity=0.5)], 6),  # a quarter is left
        ([outage(severity=0.5, process="smelt")], 4),
        ([outage(severity=0.5, material="metal")], 4),
        ([outage(severity=0.5, country=None)], 1),  # blank: outside suppliers only
        ([outage(severity=0.5, country="Far"), cut(severity=0.5)], 1),  # the cut is of what Far offers undisturbed
    ],
)
def test_outage(outages: list[dict[str, Any]], missing: float) -> None:
    tables = one_metal(
        plants=[plant("Home", "smelt", 6, M), plant("Far", "smelt", 2, M)],
        projects=[project(capacity=2, status="committed", capex=0)],
    )
    assert short(tables, *outages) == pytest.approx(missing, abs=1e-6)


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        ({"severity": 0.5}, 6),  # 30 needed, 24 there are
        ({"severity": 0.5, "country": "Ally"}, 1),  # 25
        ({"severity": 2, "sector": "industry", "material": "metal", "country": "Home"}, 16),  # 40
        ({"severity": 0.5, "duration": 0.4}, (7.5 - 6) + (6.5 - 6)),  # the second quarter to 0.6: 5 x 1.3
    ],
)
def test_demand_surge(row: dict[str, Any], missing: float) -> None:
    tables = two_members(plants=[plant("Far", "smelt", 24, M)])
    surge = cut(**{"kind": "demand_surge", "country": None, **row})
    assert short(tables, surge) == pytest.approx(missing, abs=1e-6)


@pytest.mark.parametrize(
    ("clock", "steps", "end"),
    [
        ({}, 2, 1.5),  # 0.4 years are within two quarters
        ({"step_years": 0.5}, 1, 1.5),
        ({"recovery_years": 0.2, "step_years": 0.1}, 6, 1.6),
        ({"recovery_years": 0.3}, 3, 1.75),  # to the step boundary after 0.7 years
        ({"recovery_years": 5}, 8, 3.0),  # cut off at the horizon
    ],
)
def test_the_clock_of_a_branch(clock: dict[str, float], steps: int, end: float) -> None:
    plan = branch(suppliers(100, 0), cut(duration=0.4), stress=clock)
    found = plan.disruptions.iloc[0]
    assert (found["steps"], found["begin"], found["end"]) == (steps, 1.0, pytest.approx(end))
    assert total(plan.branch_shortage, "shortage") == pytest.approx(4)


def test_a_project_comes_online_within_a_branch() -> None:
    # Complete at the middle of 2027: short in the first two quarters.
    tables = one_metal(projects=[project(lead_time=1.5, capex=0, status="committed")])
    plan = branch(tables, cut())
    assert plan.branch_shortage["shortage"].tolist() == pytest.approx([2.5, 2.5, 0, 0])


def test_a_branch_over_two_periods_takes_each_ones_rates() -> None:
    # 10 needed in 2027, 20 in 2028; half a year of each.
    tables = one_metal(
        periods=[{"period": "2026", "years": 0.5}, {"period": "2027", "years": 0.5}, {"period": "2028"}],
        demand=[demand("Home", "metal", 10), demand("Home", "metal", 20, period="2028")],
    )
    assert short(tables, cut()) == pytest.approx(5 + 10)


def test_in_a_crisis_members_ship_their_own_output_only() -> None:
    # Far ships to Ally only, and Ally passes on Home's 10 a year. A surge in Ally that hurts nobody is crisis enough to
    # stop that; `free` lifts it. What Ally makes itself (4) it may ship.
    surge = cut(kind="demand_surge", country="Ally", severity=0.1)
    tables = two_members(routes=[{"origin": "Far", "destination": "Home", "capacity": 0}])
    assert short(tables, surge) == pytest.approx(10)
    assert short(tables, surge, stress={"crisis_trade": "free"}) == pytest.approx(0)
    made = {**tables, "plants": [plant("Far", "smelt", 100, M), plant("Ally", "smelt", 4, M)]}
    assert short(made, surge) == pytest.approx(6)


def test_caps_do_not_bind_in_a_branch() -> None:
    # At most half from one supplier on the base path; when Near stops, Far gives all.
    cap = {"share": 0.5, "from_period": "2026"}
    plan = branch(suppliers(100, 100), cut(country="Near"), caps=[cap])
    assert rows(plan.direct, supplier="Far")["share_direct"].max() <= 0.5 + 1e-6
    assert total(plan.branch_shortage, "shortage") == pytest.approx(0)
