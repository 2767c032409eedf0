"""Projects by hand: when they start, when they run, what else must start with them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tiny import M, by_period, objectives, one_metal, plant, project, reached, solved, total

RICH = [{"country": "Home", "limit": 100}]


def index_with(*projects: dict[str, Any], **more: Any) -> float:
    """The dependence index of `one_metal` with projects and a fund that pays for all of them.

    Home needs 10 metal in each of three years; what its projects do not make comes from Far, the only supplier.
    """
    return reached(one_metal(projects=list(projects), fund=RICH, **more), ["shortage", "dependence"])["dependence"]


@pytest.mark.parametrize(
    ("calendar", "index"),
    [
        ({}, 0.0),
        ({"lead_time": 1}, 1 / 3),  # nothing, 10, 10
        ({"lead_time": 1.5}, (1 + 0.5) / 3),  # nothing, half a year of 10, 10
        ({"lead_time": 2}, 2 / 3),  # complete at the beginning of the last year: just in time
        ({"lead_time": 2.5}, 1.0),  # complete after it: never starts
        ({"ramp_years": 1}, 0.5 / 3),  # 1/2, then all
        ({"ramp_years": 2}, (2 / 3 + 1 / 3) / 3),  # 1/3, 2/3, then all
        ({"ramp_years": 0.5}, (1 / 3) / 3),  # min(1, 1 / 1.5) = 2/3, then min(1, 2 / 1.5) = all
        ({"lead_time": 0.5, "ramp_years": 1}, (0.75 + 0.25) / 3),  # half a year at 1/2; half at 1/2, half at 1; all
        ({"lifetime": 1}, 2 / 3),  # one year only
        ({"lifetime": 1.5}, 1.5 / 3),  # one and a half
        ({"lead_time": 1, "lifetime": 1, "latest": "2026"}, 2 / 3),  # from 1 to 2: nothing, 10, nothing
        ({"earliest": "2027"}, 1 / 3),
        ({"latest": "2026", "lead_time": 1}, 1 / 3),
    ],
)
def test_when_a_project_runs(calendar: dict[str, Any], index: float) -> None:
    assert index_with(project(**calendar)) == pytest.approx(index, abs=1e-9)


def test_a_project_runs_by_the_year_in_longer_periods() -> None:
    # Two periods of 2 years; complete after 1 year: on for half of the first period, 10 of the 20 needed.
    plan = solved(
        one_metal(
            periods=[{"period": t, "years": 2} for t in ("2026", "2028")], projects=[project(lead_time=1)], fund=RICH
        ),
        ["shortage", "dependence"],
    )
    assert by_period(plan.project_capacity, "online_share", ("2026", "2028")) == pytest.approx([0.5, 1.0])
    assert by_period(plan.project_capacity, "capacity", ("2026", "2028")) == pytest.approx([10, 20])
    assert objectives(plan)["dependence"] == pytest.approx((0.5 + 0) / 2)


@pytest.mark.parametrize(
    ("more", "salvage", "paid"),
    [
        ({}, 20 * 17 / 20, 20),  # 20 years where the lifetime is blank, 3 of them used
        ({"lead_time": 1}, 20 * 18 / 20, 20),  # 2 of them used
        ({"lifetime": 6, "lead_time": 1}, 20 * 4 / 6, 20),  # 2 of 6 used
        ({"lifetime": 2}, 0.0, 20),  # gone before the end
        # Complete after the end: never used, and no more than its price; 4 a year, the rest in the last.
        ({"lead_time": 5}, 20.0, 4 + 4 / 1.1 + 12 / 1.21),
    ],
)
def test_salvage(more: dict[str, Any], salvage: float, paid: float) -> None:
    # A committed project of 20 millions; nothing else is paid where Far gives for free. Salvage is discounted from the
    # end of the third year: 1.1^-3.
    tables = one_metal(
        settings=[{"name": "discount_rate", "value": 0.1}],
        plants=[plant("Far", "smelt", 100, 0)],
        projects=[project(capex=20, status="committed", unit_cost=M, **more)],
        fund=RICH,
    )
    assert reached(tables, ["cost"])["cost"] == pytest.approx(paid - salvage / 1.1**3)
    if not more:
        plan = solved(tables, ["cost"])
        assert plan.investments["salvage"].tolist() == pytest.approx([salvage])
        assert total(plan.cost, "discounted", kind="salvage") == pytest.approx(-salvage / 1.1**3)


@pytest.mark.parametrize(
    ("more", "dates"),
    [
        ({}, (1, 1, 3)),
        ({"lead_time": 0.5}, (1, 1.5, 3)),
        ({"lead_time": 0.5, "lifetime": 1}, (1, 1.5, 2.5)),
        ({"lead_time": 5, "lifetime": 9}, (1, 6, 6)),  # complete after the horizon's end
    ],
)
def test_dates_of_a_project(more: dict[str, Any], dates: tuple[float, float, float]) -> None:
    tables = one_metal(projects=[project(status="committed", earliest="2027", latest="2027", **more)], fund=RICH)
    row = solved(tables, ["cost"]).investments.iloc[0]
    assert (row["start_year"], row["complete_year"], row["end_year"]) == dates


def test_one_of_an_exclusive_group_at_most() -> None:
    # Two halves of 5 each; together they would serve all of the 10.
    half = {"capacity": 5}
    assert index_with(project("A", **half), project("B", **half)) == pytest.approx(0.0)
    grouped = [project(name, exclusive_group="site", **half) for name in ("A", "B")]
    assert index_with(*grouped) == pytest.approx(0.5)


@pytest.mark.parametrize(("lead_time", "start"), [(0, "2028"), (2, "2026")])
def test_no_earlier_than_the_required_project_is_complete(lead_time: float, start: str) -> None:
    # ROAD is complete after 2 years; SMELTER may be complete then and no earlier, however long it takes itself.
    road = project("ROAD", capacity=0.001, lead_time=2)
    plan = solved(
        one_metal(projects=[road, project(lead_time=lead_time, requires="ROAD")], fund=RICH), ["shortage", "dependence"]
    )
    assert plan.starts["ROAD"] == "2026"
    assert plan.starts["SMELTER"] == start
    assert objectives(plan)["dependence"] == pytest.approx(2 / 3, abs=1e-6)


def test_never_without_the_required_project() -> None:
    road = project("ROAD", capacity=0.001, capex=1000)
    assert index_with(road, project(requires="ROAD")) == pytest.approx(1.0)


def test_several_required_projects_are_all_required() -> None:
    small = {"capacity": 0.001}
    roads = [project("ROAD", lead_time=1, **small), project("PORT", lead_time=2, **small)]
    assert index_with(*roads, project(requires="ROAD; PORT")) == pytest.approx(2 / 3, abs=1e-3)


def test_committed_without_dates_starts_in_the_first_period() -> None:
    # It is dearer than Far in every way and would never start by itself.
    dear = project(capex=100, unit_cost=5 * M)
    assert solved(one_metal(projects=[dear], fund=RICH), ["cost"]).starts == {}
    plan = solved(one_metal(projects=[{**dear, "status": "committed"}], fund=RICH), ["cost"])
    assert plan.starts == {"SMELTER": "2026"}
    # Far: 3 x 10; capex 100, of which 17 of 20 years are left.
    assert objectives(plan)["cost"] == pytest.approx(30 + 100 - 85)


def test_committed_with_dates_starts_within_them() -> None:
    # Capex 10, at 5 %. From 2027: 10 / 1.05 - 10 x 18/20 / 1.05^3 = 1.749; from 2028: 10 / 1.05^2 - 10 x 19/20 / 1.05^3
    # = 0.864. Far gives for free.
    plan = solved(
        one_metal(
            settings=[{"name": "discount_rate", "value": 0.05}],
            plants=[plant("Far", "smelt", 100, 0)],
            projects=[project(capex=10, status="committed", earliest="2027", latest="2028", unit_cost=M)],
            fund=RICH,
        ),
        ["cost"],
    )
    assert plan.starts == {"SMELTER": "2028"}
    assert objectives(plan)["cost"] == pytest.approx(10 / 1.05**2 - 9.5 / 1.05**3)


@pytest.mark.parametrize(
    ("dates", "start", "paid"),
    [
        ({}, "2026", [2, 2, 6]),  # a fifth a year, the rest in the last
        ({"earliest": "2028"}, "2028", [0, 0, 10]),  # all of it in the last
    ],
)
def test_committed_too_late_is_paid_and_never_online(dates: dict[str, Any], start: str, paid: list[float]) -> None:
    late = project(capex=10, lead_time=5, status="committed", **dates)
    plan = solved(one_metal(projects=[late], fund=RICH), ["shortage", "dependence"])
    assert plan.starts == {"SMELTER": start}
    assert by_period(plan.payments, "public") == pytest.approx(paid)
    assert plan.project_capacity.empty
    assert objectives(plan)["dependence"] == pytest.approx(1.0)
    assert any("SMELTER" in warning and "never runs" in warning for warning in plan.warnings)


def test_excluded_never_starts() -> None:
    plan = solved(one_metal(projects=[project(status="excluded")], fund=RICH), ["shortage", "dependence"])
    assert plan.starts == {}
    assert plan.investments["start"].tolist() == [""]
    assert objectives(plan)["dependence"] == pytest.approx(1.0)


def test_minimum_use_binds_on_the_base_path_only() -> None:
    # At 2 millions a unit nobody would use it; it must be used to 0.8 x 10 a year. In a crisis it may stand still:
    # half a year in which Far still ships 4 a year is free to buy 2 from Far and make 3 at home.
    dear = project(capex=0, unit_cost=2 * M, status="committed", minimum_use=0.8)
    crisis = {"disruption": "strike", "kind": "outage", "country": "Far", "start": "2028", "duration": 0.5}
    plan = solved(
        one_metal(projects=[dear], fund=RICH, disruptions=[{**crisis, "severity": 0.96, "probability": 0.1}]),
        ["shortage", "cost"],
    )
    assert by_period(plan.production, "activity", kind="project") == pytest.approx([8, 8, 8])
    assert total(plan.branch_production, "activity", kind="project") == pytest.approx(3)
    # Base 8 x 2 + 2 x 1 a year, the last half year with 0.9; the branch 2 x 1 + 3 x 2 with 0.1.
    assert objectives(plan)["cost"] == pytest.approx(18 * 2.95 + 0.1 * 8)
