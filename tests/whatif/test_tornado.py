"""Tornado: bars against hand-solved cases, differences against gaps, starts that change, ends without a plan."""

from __future__ import annotations

import math

import pytest

import quadopt
from quadopt.errors import InputError, NoPlanError
from quadopt.tables.case import Case
from quadopt.whatif.differences import Difference, moved_starts
from quadopt.whatif.sensitivity.reached import Figure
from quadopt.whatif.study import Study
from tests.tiny import M, one_metal, plant, project, rows, rules

ORDER = ["shortage", "dependence", "cost"]
FUND = [{"country": "Home", "period": "2026", "limit": 1}, {"country": "Home", "period": "", "limit": 0}]


def moving(name: str, table: str, column: str, low: float, high: float, **more: object) -> dict[str, object]:
    """A range in Python."""
    return {"name": name, "table": table, "column": column, "low": low, "high": high, **more}


@pytest.fixture(scope="module")
def study() -> Study:
    """Home makes 4 of its 10 metal a year, Far sells the rest, all at 1 million a unit: dependence 0.6, cost 30."""
    tables = one_metal(plants=[plant("Home", "smelt", 4, M), plant("Far", "smelt", 100, M)])
    inputs = [
        moving("own", "plants", "capacity", 0.5, 2, where="country=Home"),
        moving("demand", "demand", "quantity", 0.8, 1.2),
        moving("price", "plants", "unit_cost", 0.5, 2, where={"country": "Far"}),
        moving("far", "plants", "capacity", 0.5, 2, where="country=Far"),
    ]
    return quadopt.tornado(Case.from_tables(tables), rules(ORDER), inputs)


@pytest.mark.parametrize(
    ("objective", "name", "low", "high"),
    [
        ("dependence", "own", 0.2, -0.4),
        ("dependence", "demand", -0.1, 1 - 4 / 12 - 0.6),
        ("cost", "demand", -6.0, 6.0),
        ("cost", "price", -9.0, 18.0),
    ],
)
def test_bars_are_what_arithmetic_says(study, objective, name, low, high):
    (bar,) = rows(study.tornado, objective=objective, input=name).to_dict("records")
    assert bar["low_change"] == pytest.approx(low)
    assert bar["high_change"] == pytest.approx(high)
    assert bar["swing"] == pytest.approx(abs(high - low))
    assert bar["low_verdict"] == bar["high_verdict"] == "differs"


def test_bars_come_by_swing_and_what_is_no_difference_last(study):
    cost = rows(study.tornado, objective="cost")
    assert cost["input"].tolist()[:2] == ["price", "demand"]
    assert cost["rank"].tolist() == [1, 2, 3, 4]
    far = rows(study.tornado, input="far")
    assert not far["is_difference"].any()
    assert (far["low_verdict"] == "no difference").all()
    assert far[["low_change", "high_change"]].isna().all(axis=None)
    assert (far[["low_within", "high_within"]] == 0).all(axis=None)


def test_the_answer_is_told_with_the_most_important_first(study):
    assert study.status == "complete"
    assert study.lines[0] == "Shortage: no input changes it by more than the gaps."
    assert study.lines[1].startswith(
        "Dependence is moved most by own (up by 20 percentage points at its low end, down by 40"
    )
    assert "Starts: the same at both ends of every input." in study.lines
    assert study.runs["run"].tolist()[:3] == ["base", "own: low", "own: high"]
    assert study.inputs["rows"].tolist() == [3, 3, 3, 3]


def test_it_is_written_as_workbook_page_and_picture(study, tmp_path):
    assert study.to_excel(tmp_path / "tornado.xlsx").stat().st_size > 10_000
    page = study.to_html(tmp_path / "tornado.html").read_text(encoding="utf-8")
    assert "Dependence is moved most by own" in page
    assert "own" in study.plot().alt
    assert "Cost" in study.plot("bars", objective="cost").alt
    assert "Dependence" not in study.plot("bars", objective="cost").alt


def test_starts_that_an_end_changes_are_listed():
    tables = one_metal(projects=[project(capex=1)], fund=FUND)
    case = Case.from_tables(tables)
    found = quadopt.tornado(case, rules(ORDER), [moving("capex", "projects", "capex", 0.5, 2)])
    assert found.starts.to_dict("records") == [
        {
            "input": "capex",
            "end": "high",
            "project": "SMELTER",
            "what": "vanishes",
            "start_base": "2026",
            "start_now": "",
        }
    ]
    assert moved_starts({"A": "1", "B": "1"}, {"A": "2", "C": "1"}) == [
        ("A", "moves", "1", "2"), ("B", "vanishes", "1", ""), ("C", "appears", "", "1"),
    ]  # fmt: skip


def test_an_end_without_a_plan_is_told_and_the_rest_stands():
    case = Case.from_tables(one_metal(projects=[project(capex=1, status="committed")], fund=FUND))
    found = quadopt.tornado(case, rules(ORDER), [moving("capex", "projects", "capex", 0.5, 2)])
    assert found.status == "of 3 runs 1 failed"
    assert not found.is_complete
    cost = rows(found.tornado, objective="cost").iloc[0]
    assert cost["high_verdict"] == "no plan" and "No plan in stage" in cost["reason"]
    saved = 0.5 * (1 - 17 / 20)  # of 20 years the horizon uses 3: the rest is credited
    assert cost["low_change"] == pytest.approx(-saved)


def test_a_base_case_without_a_plan_and_faulty_ranges_stop_it():
    case = Case.from_tables(one_metal(projects=[project(capex=3, status="committed")], fund=FUND))
    with pytest.raises(NoPlanError, match="base case has no plan"):
        quadopt.tornado(case, rules(ORDER), [moving("capex", "projects", "capex", 0.5, 2)])
    with pytest.raises(InputError, match="did you mean 'capex'"):
        quadopt.tornado(case, rules(ORDER), [moving("capex", "projects", "capx", 0.5, 2)])


def test_differences_smaller_than_the_gaps_are_none():
    base = Figure(10.0, 9.5, "million USD")
    assert not Difference.of(Figure(10.4, 9.9, "million USD").ended, base.ended).is_told
    told = Difference.of(Figure(11.0, 10.5, "million USD").ended, base.ended)
    assert told.is_told and (told.value, told.least, told.most) == pytest.approx((1.0, 0.5, 1.5))
    assert Difference.of(Figure(9.0, 8.0, "million USD").ended, base.ended).is_told
    assert not Difference.of(Figure(9.6, 8.0, "million USD").ended, base.ended).is_told
    unknown = Figure(11.0, math.nan, "million USD")
    assert Difference.of(unknown.ended, base.ended).is_told and math.isnan(
        Difference.of(unknown.ended, base.ended).least
    )
