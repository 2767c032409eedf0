"""Causes of shortage: the limit that binds is named, wherever in the chain it stands, and loosening it helps."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import quadopt
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.tables.case import Case
from tests.reasons.infeasible import changed, tutorial
from tests.tiny import M, Tables, demand, magnets, one_metal, plant, project, rules, stockpile, two_suppliers

NONE = [plant("Far", "smelt", 0, M)]
"""No plant that can do anything."""


def causes(tables: Tables, options: Formulation | None = None) -> pd.DataFrame:
    options = options or rules(["shortage"])
    case = Case.from_tables(tables)
    return quadopt.shortage_causes(case, quadopt.solve(case, options), options)


def first(found: pd.DataFrame, period: str = "2026") -> dict[str, Any]:
    return dict(found[(found["period"] == period) & (found["rank"] == 1)].iloc[0])


def test_supply_by_hand() -> None:
    """Ten are needed and seven offered: three more a year serve all."""
    found = causes(one_metal(plants=[plant("Far", "smelt", 7, M)]))
    assert found["period"].tolist() == ["2026", "2027", "2028"]
    row = first(found)
    assert (row["country"], row["material"], row["shortage"]) == ("Home", "metal", pytest.approx(3))
    assert (row["sheet"], row["rows"], row["value"], row["kind"]) == ("plants", "1", 7.0, "supply")
    assert row["limit"] == "Far offers at most 7 t of metal a year (smelt) in every period"
    assert (row["loosened_by"], row["shortage_left"]) == (pytest.approx(3), pytest.approx(0, abs=1e-6))


def test_short_upstream_of_the_recipe() -> None:
    """Seven of ten magnets for want of oxide: the limit is the refineries', two stages from the magnet's."""
    plants = [plant("Far", "refine", 6, M), plant("Near", "refine", 1, 3 * M), plant("Home", "make", 10, M)]
    found = causes(magnets(plants=plants))
    row = first(found)
    assert row["limit"].startswith("Far offers at most 6 t of oxide a year")
    assert row["chain"] == "oxide > magnet"
    assert set(found["kind"]) == {"supply"}


def test_limits_that_bind_only_together() -> None:
    """Six of oxide and six of magnets can be made: neither helps without the other."""
    found = causes(magnets(plants=[plant("Far", "refine", 6, M), plant("Home", "make", 6, M)]))
    row = first(found)
    assert row["kind"] == "together"
    assert "plants, row 1: Far offers at most 6 t of oxide" in row["limit"]
    assert "plants, row 2: Home can run at most 6 t of magnet" in row["limit"]
    assert row["shortage_left"] == pytest.approx(0, abs=1e-6)


def test_project_that_is_not_complete() -> None:
    tables = one_metal(
        plants=NONE, projects=[project(lead_time=1, status="committed")], fund=[{"country": "Home", "limit": 1}]
    )
    found = causes(tables)
    assert found["period"].tolist() == ["2026"]
    assert first(found)["limit"] == "SMELTER (Home, smelt) starts in 2026 and is not complete in 2026"


def test_project_that_does_not_start() -> None:
    found = causes(one_metal(plants=NONE, projects=[project(capex=5)], fund=[{"country": "Home", "limit": 1}]))
    assert first(found)["limit"] == "SMELTER (Home, smelt) does not start in this plan in every period"


def test_route() -> None:
    found = causes(one_metal(routes=[{"origin": "Far", "destination": "Home", "material": "metal", "capacity": 4}]))
    assert first(found)["kind"] == "route"
    assert first(found)["limit"].startswith("at most 4 t a year of metal goes from Far to Home")


def test_minimum_stock() -> None:
    found = causes(one_metal(plants=[plant("Far", "smelt", 5, M)], stockpiles=[stockpile(initial=20, minimum=15)]))
    row = found[found["kind"] == "minimum stock"].iloc[0]
    assert row["limit"] == "Home holds at least 15 t of metal"
    assert row["loosened_by"] == pytest.approx(5, rel=1e-3)
    assert row["shortage_left"] == pytest.approx(0, abs=1e-3)


def test_cap() -> None:
    """Half from one supplier, and the other has two: four are served."""
    tables = two_suppliers(plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 2, M)])
    found = causes(tables, rules(["shortage"], caps=[{"share": 0.5, "from_period": "2026"}]))
    assert first(found)["shortage"] == pytest.approx(6)
    assert {"cap", "supply"} == set(found["kind"])
    assert first(found)["kind"] in ("cap", "supply")


def test_shortage_that_is_the_plans_own_choice() -> None:
    """Where a unit short is cheaper than a unit bought, a plan of least cost leaves it short."""
    tables = one_metal(plants=[plant("Far", "smelt", 100, 30 * M)])
    found = causes(tables, rules(["cost"]))
    assert first(found)["kind"] == "plan's choice"
    assert first(found)["shortage_left"] == pytest.approx(0, abs=1e-6)


def test_what_nobody_makes() -> None:
    found = causes(one_metal(plants=NONE))
    assert first(found)["kind"] == "nobody makes it"


def test_nothing_short() -> None:
    assert causes(one_metal()).empty


@pytest.fixture(scope="module")
def short_tutorial() -> tuple[Case, Plan]:
    """The tutorial with half of what China and Farland make of magnets."""
    case = tutorial()
    plants = changed(case, "plants", "capacity", 20.0, process="make_magnet")
    case = tutorial(plants=plants)
    return case, quadopt.solve(case, "pact")


def test_tutorial_summed_up(short_tutorial: tuple[Case, Plan], tmp_path) -> None:  # type: ignore[no-untyped-def]
    case, plan = short_tutorial
    found = quadopt.shortage_causes(case, plan)
    assert len(found)
    assert found.groupby(["country", "material", "period"])["shortage"].first().sum() == pytest.approx(
        plan.shortage["shortage"].sum(), rel=1e-3
    )
    assert "Short on the base path" not in plan.summary
    plan.tables["shortage_causes"] = found
    assert "Short on the base path" in plan.summary
    assert found["limit"].iloc[0][:40] in plan.summary
    plan.to_excel(tmp_path / "plan.xlsx")
    front = (
        pd.read_excel(tmp_path / "plan.xlsx", sheet_name="summary", header=None, engine="openpyxl").to_numpy().ravel()
    )
    assert any(str(cell).endswith("Short on the base path") for cell in front)


@pytest.mark.parametrize("number", range(3))
def test_loosening_helps_the_solver_too(short_tutorial: tuple[Case, Plan], number: int) -> None:
    """A plan made anew with the limit loosened leaves no more short than before, and less in all where it was tried."""
    case, plan = short_tutorial
    found = quadopt.shortage_causes(case, plan)
    limits = found[found["sheet"] == "plants"].drop_duplicates("rows").reset_index()
    if number >= len(limits):
        pytest.skip("fewer limits than that bind")
    row = limits.loc[number]
    key = case.raw["plants"].loc[int(row["rows"])]
    plants = case.tables["plants"].copy()
    chosen = (plants["country"] == key["country"]) & (plants["process"] == key["process"])
    plants.loc[chosen, "capacity"] += row["loosened_by"]
    again = quadopt.solve(tutorial(plants=plants), rules(["shortage"]))
    assert again.shortage["shortage_value"].sum() < plan.shortage["shortage_value"].sum() * 0.999


def test_run_says_what_goes_short(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    from quadopt.cli import main

    folder = tmp_path / "case"
    folder.mkdir()
    case = tutorial()
    for name, table in case.raw.items():
        if name == "plants":
            table = table.assign(capacity=table["capacity"].where(table["process"] != "make_magnet", 20))
        table.to_csv(folder / f"{name}.csv", index=False)
    output = tmp_path / "plan.xlsx"
    assert main(["run", str(folder), "--output", str(output), "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert "Short on the base path" in shown
    assert "plants.csv, line 2" in shown or "stockpiles.csv, line 3" in shown
    assert "shortage_causes" in pd.ExcelFile(output, engine="openpyxl").sheet_names


def test_limit_is_loosened_in_the_year_of_the_shortage() -> None:
    """Ten a year and thirteen needed in the last: three more then, not one more in each year, hoarded until then."""
    needed = [demand("Home", "metal", amount, period=t) for t, amount in (("2026", 10), ("2027", 10), ("2028", 13))]
    tables = one_metal(
        plants=[plant("Far", "smelt", 10, M)], demand=needed, stockpiles=[stockpile(initial=0, minimum=0)]
    )
    found = causes(tables)
    supply = found[found["kind"] == "supply"]
    assert supply["shortage"].sum() == pytest.approx(3)
    assert supply["loosened_by"].tolist() == pytest.approx(supply["shortage"].tolist(), rel=1e-4)
