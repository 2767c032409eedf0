"""Conflicts: exactly the rules that clash, in the user's words, and not one more."""

from __future__ import annotations

from typing import Any

import pytest

import quadopt
from quadopt.tables.case import Case
from tests.random_cases import random_tables
from tests.reasons.infeasible import (
    budget,
    cap_against_supply,
    changed,
    has_plan,
    is_minimal,
    minimum_stock,
    only,
    tutorial,
    words,
)  # fmt: skip
from tests.tiny import Tables, one_metal, project, rules, stockpile, two_members, two_suppliers

HOME_PAYS = "fund, row 1: Home pays at most 10 million USD a year into the fund in every period"


def test_budget_against_committed() -> None:
    found = quadopt.diagnose(Case.from_tables(budget()), rules(["shortage"]))
    assert words(found) == [HOME_PAYS, "projects, row 1: SMELTER (Home, capex 100 million USD) is committed"]
    assert found.facts == [
        "what is paid for projects (capex x fund_share, spread over the lead time) was paid in before: joint fund"
    ]


def test_minimum_stock() -> None:
    found = quadopt.diagnose(Case.from_tables(minimum_stock()), rules(["shortage"]))
    assert words(found) == [
        "plants, row 1: Far offers at most 100 t of metal a year (smelt) in every period",
        "stockpiles, row 1: Home holds at least 500 t of metal",
    ]
    assert "the stock of metal begins with the initial amount of the table stockpiles: Home" in found.facts


def test_cap_against_supply() -> None:
    tables, options = cap_against_supply()
    assert words(quadopt.diagnose(Case.from_tables(tables), options)) == [
        "model file tiny: at most 0.5 of the use of metal by Home comes from one supplier (cap 1) in every period",
        "model file tiny: shortage is at most 0 (million USD of weighted shortage)",
        "plants, row 2: Near offers at most 2 t of metal a year (smelt) in every period",
    ]


CLASHES: dict[str, Tables] = {
    "budget": budget(),
    "minimum stock": minimum_stock(),
    "stock budget": one_metal(
        stockpiles=[stockpile(initial=0, minimum=5)], fund=[{"country": "Home", "limit": 1, "stock_limit": 2}]
    ),
    "closed route": one_metal(
        stockpiles=[stockpile(minimum=50)],
        routes=[{"origin": "Far", "destination": "Home", "material": "metal", "capacity": 0}],
    ),
    "group": one_metal(
        projects=[
            project(capex=0, status="committed", requires="B"),
            project("B", capex=0, exclusive_group="g"),
            project("C", capex=0, status="committed", exclusive_group="g"),
        ],
    ),
    "dates": one_metal(
        projects=[project(capex=20, status="committed", latest="2027")], fund=[{"country": "Home", "limit": 8}]
    ),
    "two members": two_members(
        projects=[project(capex=50, status="committed")],
        fund=[{"country": "Home", "limit": 5}, {"country": "Ally", "limit": 5}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASHES)
def test_conflict_is_minimal_by_the_solver(name: str) -> None:
    case = Case.from_tables(CLASHES[name])
    assert not has_plan(case)
    found = quadopt.diagnose(case, rules(["shortage"]))
    assert len(found.conflict) >= 2
    assert is_minimal(case, found), found.text


def test_only_the_years_that_clash_are_named() -> None:
    fund = [{"country": "Home", "period": t, "limit": 8} for t in ("2026", "2027", "2028")]
    tables = one_metal(projects=[project(capex=20, status="committed", latest="2027")], fund=fund)
    found = quadopt.diagnose(Case.from_tables(tables), rules(["shortage"]))
    assert found.conflict.set_index("sheet").at["fund", "rows"] == "1 to 2"


def test_places_follow_the_file() -> None:
    case = tutorial()
    case = tutorial(projects=changed(case, "projects", "status", "committed", project="NORTH_RECYCLING")
                    .assign(capex=lambda frame: frame["capex"] * 10))  # fmt: skip
    found = quadopt.diagnose(case)
    assert "projects, row 4: NORTH_RECYCLING (Northland, capex 200 million USD) is committed" in words(found)
    assert set(found.conflict["sheet"]) == {"projects", "fund"}
    assert is_minimal(case, found), found.text


def test_tutorial_with_a_minimum_stock_that_cannot_be_filled() -> None:
    case = tutorial()
    case = tutorial(stockpiles=changed(case, "stockpiles", "minimum", 15.0, country="Northland"))
    found = quadopt.diagnose(case)
    assert words(found) == [
        "fund, row 2: Northland spends at most 0.12 million USD a year on filling its stockpiles in 2026",
        "stockpiles, row 2: Northland holds at least 15 t of magnet",
    ]
    assert is_minimal(case, found)


def test_tutorial_with_a_cap_that_supply_cannot_meet() -> None:
    options = rules(None, approach="bounded", minimise="cost", bounds={"shortage": 0.0},
                    caps=[{"share": 0.2, "materials": ["magnet"], "from_period": "2026"}])  # fmt: skip
    case = tutorial()
    assert not has_plan(case, options)
    found = quadopt.diagnose(case, options)
    kinds = set(found.conflict["kind"])
    assert {"cap", "bound"} <= kinds <= {"cap", "bound", "capacity", "supply", "minimum stock", "contribution limit"}
    assert has_plan(*found.repaired())


@pytest.mark.parametrize("seed", range(6))
def test_no_conflict_where_there_is_a_plan(seed: int) -> None:
    found = quadopt.diagnose(Case.from_tables(random_tables(seed)), rules(["shortage"]))
    assert found.is_feasible
    assert found.conflict.empty and found.repair.empty and found.alternatives.empty
    assert found.text.startswith("A plan meets all rules")


@pytest.mark.parametrize("seed", range(8))
def test_random_clash(seed: int) -> None:
    """All projects committed and the fund a fifth of itself: as the solver finds, and mended as it finds."""
    tables: dict[str, Any] = random_tables(seed)
    tables["projects"] = [
        {
            **row,
            "status": "committed",
            "fund_share": 1,
            "earliest": "",
            "latest": "",
            "requires": "",
            "exclusive_group": "",
        }
        for row in tables["projects"]
    ]
    tables["fund"] = [{**row, "limit": row["limit"] / 5} for row in tables["fund"]]
    case = Case.from_tables(tables)
    found = quadopt.diagnose(case, rules(["shortage"]))
    assert found.is_feasible == has_plan(case)
    if not found.is_feasible:
        assert is_minimal(case, found), found.text
        assert has_plan(*found.repaired())


def test_what_has_no_rules_has_a_plan() -> None:
    assert has_plan(only(Case.from_tables(budget()), set()))


def test_cap_without_a_first_period_never_conflicts() -> None:
    found = quadopt.diagnose(Case.from_tables(two_suppliers()), rules(["shortage"], caps=[{"share": 0.1}]))
    assert found.is_feasible


def test_wide_table_names_the_column() -> None:
    """Periods as columns: the cell of the year, one rule each."""
    fund = [{"country": "Home", "2026": 8, "2027": 8, "2028": 30}]
    tables = one_metal(projects=[project(capex=20, status="committed", latest="2027")], fund=fund)
    found = quadopt.diagnose(Case.from_tables(tables), rules(["shortage"]))
    assert "fund, row 1: Home pays at most 8 million USD a year into the fund in 2026 to 2027" in words(found)
    assert has_plan(*found.repaired())


def test_highs_names_rows_of_the_tables() -> None:
    """What HiGHS finds in its matrix are the same two cells of the tables."""
    from quadopt.reasons.conflicts import ruled, rules_of
    from quadopt.reasons.elastic import Elastic

    found = ruled(Case.from_tables(minimum_stock()), rules(["shortage"]))
    elastic = Elastic(found.program, rules_of(found), 1, 60)
    named = elastic.rules_in(elastic.conflicting_rows(range(len(elastic.rules))))
    assert sorted(elastic.rules[k].origin.place for k in named) == ["plants, row 1", "stockpiles, row 1"]
