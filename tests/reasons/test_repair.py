"""Repairs: the new values suffice, are the cheapest, and are rounded to the right side."""

from __future__ import annotations

import pytest

import quadopt
from quadopt.cli import main
from quadopt.reasons.repair import outward
from quadopt.tables.case import Case
from tests.reasons.infeasible import (
    budget,
    cap_against_supply,
    changed,
    has_plan,
    minimum_stock,
    tutorial,
)  # fmt: skip
from tests.tiny import one_metal, project, rules, stockpile, two_members


def test_every_repair_gives_a_plan() -> None:
    for tables, options in ((budget(), None), (minimum_stock(), None), cap_against_supply()):
        options = options or rules(["shortage"])
        case = Case.from_tables(tables)
        assert not has_plan(case, options)
        found = quadopt.diagnose(case, options)
        assert len(found.alternatives)
        for number in range(1 + found.alternatives["alternative"].max()):
            assert has_plan(*found.repaired(number)), found.text
        assert not has_plan(case, options), "the case itself was changed"


def test_budget_repair_by_hand() -> None:
    """Dropping the project counts 100; 90 more a year for three years counts 270."""
    found = quadopt.diagnose(Case.from_tables(budget()), rules(["shortage"]))
    assert found.repair[["sheet", "new", "counts"]].to_numpy().tolist() == [["projects", "candidate", 100.0]]
    assert found.alternatives[["sheet", "old", "new", "counts"]].to_numpy().tolist() == [["fund", 10.0, 100.0, 270.0]]
    assert found.repaired()[0].tables["projects"]["status"].tolist() == ["candidate"]
    assert found.repaired(1)[0].tables["fund"]["limit"].tolist() == [100.0] * 3


def test_minimum_stock_by_hand() -> None:
    """10 in stock and 100 to be had in the first year: 110 can be held, 390 less, at a million each."""
    found = quadopt.diagnose(Case.from_tables(minimum_stock()), rules(["shortage"]))
    assert found.repair[["sheet", "new"]].to_numpy().tolist() == [["stockpiles", 110.0]]
    assert found.repair["counts"].sum() == pytest.approx(390)


def test_later_start_where_money_comes_later() -> None:
    """Eight a year, 23 due at the start: in the third year there are 24."""
    tables = one_metal(projects=[project(capex=23, status="committed")], fund=[{"country": "Home", "limit": 8}])
    found = quadopt.diagnose(Case.from_tables(tables), rules(["shortage"]))
    assert found.repair[["column", "old", "new"]].to_numpy().tolist() == [["latest", "2026", "2028"]]
    assert has_plan(*found.repaired())


def test_members_limits_rise_alike() -> None:
    """Forty missing in one year of a joint fund in which one member pays three times what the other does."""
    fund = [{"country": n, "period": t, "limit": limit if t == "2026" else 0}
            for n, limit in (("Home", 30), ("Ally", 10)) for t in ("2026", "2027", "2028")]  # fmt: skip
    tables = two_members(projects=[project(capex=80, status="committed")], fund=fund)
    found = quadopt.diagnose(Case.from_tables(tables), rules(["shortage"]))
    assert dict(zip(found.repair["entry"], found.repair["new"], strict=True)) == {"Home": 60.0, "Ally": 20.0}


def test_days_and_losses() -> None:
    """Days of need give as days; a stock that shrinks cannot be held at its initial size."""
    days = one_metal(stockpiles=[stockpile(initial=0, minimum_days=36500)])
    found = quadopt.diagnose(Case.from_tables(days), rules(["shortage"]))
    assert found.repair["column"].tolist() == ["minimum_days"]
    assert found.repair["new"].iloc[0] == pytest.approx(3650, rel=1e-6)
    assert has_plan(*found.repaired())


@pytest.mark.parametrize(
    ("old", "by", "new"),
    [(10, 90, 100), (10, 1 / 3, 10.334), (500, -2 / 3, 499.333), (0, 1e-4 / 3, 3.34e-5), (1e6, 1.00001, 1_000_001.01)],
)
def test_rounded_outward(old: float, by: float, new: float) -> None:
    assert outward(old, by) == pytest.approx(new, rel=1e-12)
    assert abs(outward(old, by) - old) >= abs(by) * (1 - 1e-9)


def test_run_and_diagnose_say_it(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "case"
    case = tutorial()
    frame = changed(case, "projects", "status", "committed", project="NORTH_RECYCLING").assign(capex=200)
    folder.mkdir()
    for name, table in case.raw.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    raw = case.raw["projects"].assign(status=frame["status"].to_numpy(), capex=200)
    raw.to_csv(folder / "projects.csv", index=False)
    assert main(["run", str(folder), "--output", str(tmp_path / "plan.xlsx"), "--quiet"]) == 4
    shown = capsys.readouterr().out
    assert "projects.csv, line 4: NORTH_RECYCLING (Northland, capex 200 million USD) is committed" in shown
    assert "Cheapest repair" in shown
    assert not (tmp_path / "plan.xlsx").exists()
    workbook = tmp_path / "why.xlsx"
    assert main(["diagnose", str(folder), "--output", str(workbook)]) == 4
    assert workbook.exists()
    assert main(["diagnose", "inputs/tutorial.xlsx"]) == 0
    assert main(["diagnose", str(folder), "--output", str(workbook)]) == 1


def own_funds() -> Case:
    """A smelter for 20 at once on the soil of one member, who may pay 5; the other may pay 30."""
    limits = [{"country": "Home", "limit": 5}, {"country": "Ally", "limit": 30}]
    return Case.from_tables(two_members(projects=[project(capex=20, status="committed", latest="2026")], fund=limits))


def test_funds_that_are_not_pooled_are_a_rule() -> None:
    """Pooled they would do: fifteen pass from one account to the other in one year; alone Home needs 15 more in three."""
    options = rules(["shortage"], pact={"pooled": False})
    assert not has_plan(own_funds(), options)
    found = quadopt.diagnose(own_funds(), options)
    assert set(found.conflict["kind"]) == {"committed", "contribution limit", "funds not pooled"}
    assert set(found.conflict.loc[found.conflict["kind"] == "contribution limit", "entry"]) == {"Home"}
    assert found.repair["column"].tolist() == ["pact.pooled"]
    assert found.repair["counts"].tolist() == pytest.approx([15.0])
    for number in range(1 + found.alternatives["alternative"].max()):
        assert has_plan(*found.repaired(number)), found.text
    assert quadopt.diagnose(own_funds(), rules(["shortage"])).is_feasible


def test_burden_by_weight() -> None:
    """Ten are due at once, each must pay half, and Home may pay two: the other's share must be let to eight tenths."""
    limits = [{"country": "Home", "limit": 2}, {"country": "Ally", "limit": 20}]
    tables = two_members(projects=[project(capex=10, status="committed", latest="2026")], fund=limits)
    options = rules(["shortage"], pact={"burden": "weight", "burden_tolerance": 0.0})
    found = quadopt.diagnose(Case.from_tables(tables), options)
    assert found.repair["column"].tolist() == ["pact.burden_tolerance"]
    assert found.repair["new"].tolist() == pytest.approx([0.3])
    assert has_plan(*found.repaired())


def test_minimum_use() -> None:
    """Eighteen of twenty must run and five of ore are to be had: a quarter can."""
    tables = one_metal(
        materials=[{"material": "metal", "price": 1e6}, {"material": "ore", "price": 1e5}],
        recipes=[
            {"process": "smelt", "material": "metal", "quantity": 1},
            {"process": "smelt", "material": "ore", "quantity": -1},
            {"process": "dig", "material": "ore", "quantity": 1},
        ],
        plants=[{"country": "Far", "process": "dig", "capacity": 5, "unit_cost": 1}],
        projects=[project(capex=0, capacity=20, status="committed", minimum_use=0.9)],
    )
    found = quadopt.diagnose(Case.from_tables(tables), rules(["shortage"]))
    assert set(found.conflict["kind"]) == {"committed", "minimum use", "supply"}
    alone = found.alternatives.set_index("column")["new"].to_dict()
    assert alone == {"capacity": 18.0, "minimum_use": 0.25}
    for number in range(1 + found.alternatives["alternative"].max()):
        assert has_plan(*found.repaired(number)), found.text
