"""Changes: each gives what the same change made by hand in the input gives; each fault is said at its place."""

from __future__ import annotations

import copy
import math
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_tables import SMALL, errors

import quadopt
from quadopt.errors import InputError
from quadopt.tables.case import Case
from quadopt.tables.catalogue import TABLES
from quadopt.tables.changes import Change, WhatIf
from quadopt.tables.inputs import input_values, source_table
from quadopt.tables.whatif_files import read_whatifs
from tests.random_cases import random_tables

ROOT = Path(__file__).parents[2]
Tables = dict[str, Any]


def row(
    table: str, where: Any = "", column: Any = "", operation: str = "set", value: Any = "", **more: Any
) -> dict[str, Any]:
    return {"table": table, "where": where, "column": column, "operation": operation, "value": value, **more}


def dated(t: Tables, number: int, *rows: dict[str, Any]) -> None:
    """More rows for one plant, by period."""
    plant = t["plants"][number]
    t["plants"] += [{**{name: plant[name] for name in ("country", "process")}, **given} for given in rows]


def without(t: Tables, table: str, **names: Any) -> None:
    t[table] = [each for each in t[table] if any(each.get(name) != value for name, value in names.items())]


BY_HAND: list[tuple[str, list[dict[str, Any]], Callable[[Tables], Any]]] = [
    ("multiply", [row("plants", "country=Far; process=mine", "capacity", "multiply", "50 %")],
     lambda t: t["plants"][0].update(capacity=50)),
    ("add", [row("projects", "project=MINE", "lead_time", "add", 1)], lambda t: t["projects"][0].update(lead_time=2)),
    ("every row", [row("fund", "", "limit", "multiply", 3)],
     lambda t: (t["fund"][0].update(limit=9), t["fund"][1].update(limit=3))),
    ("pattern", [row("plants", "process=*e*; country=F?r", "unit_cost", "set", 7)],
     lambda t: (t["plants"][0].update(unit_cost=7), t["plants"][1].update(unit_cost=7))),
    ("several", [row("demand", "country=Home|Ally", "quantity", "set", 8)],
     lambda t: [each.update(quantity=8) for each in t["demand"]]),
    ("range", [row("plants", "process=smelt; period=2027..2028", "capacity", "add", 5)],
     lambda t: dated(t, 1, {"period": 2027, "capacity": 55}, {"period": 2028, "capacity": 55})),
    ("open range", [row("plants", {"process": "smelt", "period": "2027.."}, "capacity", "add", 5)],
     lambda t: dated(t, 1, {"period": 2027, "capacity": 55}, {"period": 2028, "capacity": 55})),
    ("open begin", [row("plants", "process=smelt; period=..2026", "capacity", "add", 5)],
     lambda t: dated(t, 1, {"period": 2026, "capacity": 55})),
    ("periods apart", [row("plants", {"process": "smelt", "period": [2026, 2028]}, "capacity", "add", 5)],
     lambda t: dated(t, 1, {"period": 2026, "capacity": 55}, {"period": 2028, "capacity": 55})),
    ("period as column", [row("plants", "process=smelt", 2027, "set", 1)],
     lambda t: dated(t, 1, {"period": 2027, "capacity": 1})),
    ("other varying column", [row("plants", "process=smelt; period=2027", "unit_cost", "set", -1)],
     lambda t: dated(t, 1, {"period": 2027, "unit_cost": -1})),
    ("blank cell picked", [row("materials", "material=ore", "shortage_value", "set", 50),
                           row("sharing", "receiver=", "limit_fraction", "set", 0.25)],
     lambda t: (t["materials"][0].update(shortage_value=50), t["sharing"][0].update(limit_fraction=0.25))),
    ("blank number picked", [row("projects", "lifetime=; project=MINE", "lifetime", "set", 9)],
     lambda t: t["projects"][0].update(lifetime=9)),
    ("set to blank", [row("materials", "material=metal", "shortage_value"), row("stockpiles", "", "capacity")],
     lambda t: (t["materials"][1].pop("shortage_value"), t["stockpiles"][0].pop("capacity"))),
    ("blank with a default", [row("periods", "period=2027", "years", "set", 0.5), row("periods", "", "years"),
                              row("countries", "country=Home", "burden_weight", "set", 2)],
     lambda t: t["countries"][0].update(burden_weight=2)),
    ("what follows the price moves with it", [row("materials", "", "price", "multiply", 2)],
     lambda t: (t["materials"][0].update(price=20), t["materials"][1].update(price=200))),
    ("what followed is changed itself", [row("materials", "material=ore", "shortage_value", "multiply", 2),
                                         row("materials", "material=ore", "price", "multiply", 3)],
     lambda t: t["materials"][0].update(price=30, shortage_value=20)),
    ("a severity that is blank", [row("disruptions", "", "severity", "multiply", 0.5)],
     lambda t: t["disruptions"][0].update(severity=0.5)),
    ("a quota instead", [row("disruptions", "disruption=cut", "limit", "set", 4)],
     lambda t: t["disruptions"][0].update(limit=4)),
    ("a sector that no row names", [row("sectors", "sector=industry", "shortage_weight", "set", 20)],
     lambda t: t.update(sectors=[{"sector": "industry", "shortage_weight": 20}])),
    ("setting", [row("settings", "name=discount_rate", "value", "multiply", 2)],
     lambda t: t["settings"][1].update(value=0.06)),
    ("setting that is not there", [row("settings", "name=base_year", "value", "set", 2025)],
     lambda t: t["settings"].append({"name": "base_year", "value": 2025})),
    ("setting added", [row("settings", "name=currency; value=EUR", "", "add_row")],
     lambda t: t["settings"].append({"name": "currency", "value": "EUR"})),
    ("setting removed", [row("settings", "name=discount_rate", "", "remove_rows")], lambda t: t["settings"].pop()),
    ("names", [row("projects", "requires=MINE", "requires")], lambda t: t["projects"][1].pop("requires")),
    ("names set", [row("projects", "project=MINE", "requires", "set", ["SMELTER"]),
                   row("projects", "project=SMELTER", "requires")],
     lambda t: (t["projects"][1].pop("requires"), t["projects"][0].update(requires="SMELTER"))),
    ("flag", [row("countries", "member=no", "governance", "set", 0.3)], lambda t: t["countries"][2].update(governance=0.3)),
    ("choice", [row("projects", "status=Candidate", "status", "set", "Excluded")],
     lambda t: [each.update(status="excluded") for each in t["projects"]]),
    ("rows added, names before they are there",
     [row("plants", "country=Moon; process=mine; capacity=1; unit_cost=2", "", "add_row"),
      row("countries", {"country": "Moon", "member": False}, "", "add_row")],
     lambda t: (t["countries"].append({"country": "Moon"}),
                t["plants"].append({"country": "Moon", "process": "mine", "capacity": 1, "unit_cost": 2}))),
    ("rows added by period", [
        row("plants", "country=Home; process=mine; period=2026..2027; capacity=1; unit_cost=2", "", "add_row"),
        row("plants", "country=Home; process=mine; period=2028; capacity=3; unit_cost=2", "", "add_row"),
        row("demand", "country=Ally; material=ore; sector=industry; 2026=1; 2027=2; 2028=3", "", "add_row"),
    ], lambda t: (t["plants"].append({"country": "Home", "process": "mine", "capacity": 1, "unit_cost": 2}),
                  t["plants"].append({"country": "Home", "process": "mine", "capacity": 3, "period": 2028}),
                  t["demand"].extend({"country": "Ally", "material": "ore", "sector": "industry", "period": year,
                                      "quantity": year - 2025} for year in (2026, 2027, 2028)))),
    ("the rest of the periods", [
        row("plants", "country=Home; process=mine; period=2027; capacity=3; unit_cost=2", "", "add_row"),
        row("plants", "country=Home; process=mine; capacity=1; unit_cost=2", "", "add_row"),
    ], lambda t: (t["plants"].append({"country": "Home", "process": "mine", "capacity": 1, "unit_cost": 2}),
                  t["plants"].append({"country": "Home", "process": "mine", "capacity": 3, "period": 2027}))),
    ("row with names", [row("projects", "project=BOTH; country=Home; process=mine; capacity=1; capex=1; unit_cost=1; "
                            "lead_time=0; requires=MINE|SMELTER", "", "add_row")],
     lambda t: t["projects"].append({"project": "BOTH", "country": "Home", "process": "mine", "capacity": 1, "capex": 1,
                                     "unit_cost": 1, "lead_time": 0, "requires": "MINE; SMELTER"})),
    ("disruption added", [row("disruptions", "disruption=surge; kind=demand_surge; start=2028; duration=1; severity=0.2", "",
                              "add_row")],
     lambda t: t["disruptions"].append({"disruption": "surge", "kind": "demand_surge", "start": 2028, "duration": 1,
                                        "severity": 0.2})),
    ("rows removed", [row("disruptions", "disruption=cut", "", "remove_rows")], lambda t: t.pop("disruptions")),
    ("a project that another requires", [row("projects", "project=MINE", "", "remove_rows")], lambda t: t.pop("projects")),
    ("no member any more", [row("countries", "country=Ally", "member", "set", "no")],
     lambda t: (t["countries"][1].update(member="no"), t["fund"].pop(), t["demand"].pop())),
    ("country removed", [row("countries", "country=Ally", "", "remove_rows")],
     lambda t: (t["countries"].pop(1), t["fund"].pop(), t["demand"].pop())),
    ("another member", [row("countries", "country=Far", "member", "set", "yes"),
                        row("disruptions", "", "country", "set", "Ally"),
                        row("fund", "country=Far; period=2027", "limit", "set", 4)],
     lambda t: (t["countries"][2].update(member="yes"), t["disruptions"][0].update(country="Ally"),
                t["fund"].extend({"country": "Far", "period": y, "limit": 4 if y == 2027 else 0} for y in (2026, 2027, 2028)))),
    ("period removed", [row("periods", "period=2028", "", "remove_rows")], lambda t: t["periods"].pop()),
    ("period added", [row("periods", "period=2029; years=2", "", "add_row")],
     lambda t: t["periods"].append({"period": 2029, "years": 2})),
    ("period removed that a blow begins in", [row("periods", "period=2027", "", "remove_rows")],
     lambda t: (t["periods"].pop(1), t.pop("disruptions"))),
    ("years", [row("periods", "period=2028", "years", "set", 5)], lambda t: t["periods"][2].update(years=5)),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "edit"), [pytest.param(*each[1:], id=each[0]) for each in BY_HAND])
def test_a_change_is_what_it_is_by_hand(
    small: Tables, changes: list[dict[str, Any]], edit: Callable[[Tables], Any]
) -> None:
    base = Case.from_tables(small)
    changed = base.with_changes(changes)
    edit(small)
    by_hand = Case.from_tables(small)
    for name in TABLES:
        pd.testing.assert_frame_equal(changed.tables[name], by_hand.tables[name], check_like=False)
    assert changed.input_hash == by_hand.input_hash != base.input_hash
    assert base.input_hash == Case.from_tables(copy.deepcopy(SMALL)).input_hash
    assert len(changed.changes) == len(changes)


@pytest.mark.parametrize(("changes", "edit"), [pytest.param(*each[1:], id=each[0]) for each in BY_HAND])
def test_the_sheet_and_a_file_say_the_same(
    small: Tables, tmp_path: Path, changes: list[dict[str, Any]], edit: Callable[[Tables], Any]
) -> None:
    expected = Case.from_tables(copy.deepcopy(small)).with_changes(changes)
    sheet = [Change.of(each, expected.changes[0].place) for each in changes]
    small["whatifs"] = [{"whatif": "w", **{name: getattr(each, name) for name in
                         ("table", "where", "column", "operation", "value")}} for each in sheet]  # fmt: skip
    case = Case.from_tables(small)
    assert list(case.whatifs) == ["w"]
    assert case.input_hash == Case.from_tables(copy.deepcopy(SMALL)).input_hash
    assert case.with_changes("w").input_hash == expected.input_hash
    lines = ["[[whatif]]", 'name = "w"']
    for each in changes:
        lines.append("[[whatif.change]]")
        lines += [f"{name} = {_toml(value)}" for name, value in each.items()]
    file = tmp_path / "whatifs.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert case.with_changes(file).input_hash == expected.input_hash


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


def test_what_loses_its_meaning_is_listed(small: Tables) -> None:
    small["projects"].append({"project": "ALLIED", "country": "Ally", "process": "mine", "capacity": 1, "capex": 1,
                              "unit_cost": 1, "lead_time": 0, "requires": "SMELTER"})  # fmt: skip
    small["sharing"].append({"provider": "Home", "receiver": "Ally", "limit_fraction": 0.1})
    changed = Case.from_tables(small).with_changes([row("countries", "country=Ally", "", "remove_rows")])
    assert changed.dropped.to_numpy().tolist() == [
        ["projects", "ALLIED", "Ally is removed"],
        ["fund", "Ally", "Ally is removed"],
        ["demand", "Ally; metal; industry", "Ally is removed"],
        ["sharing", "Home; Ally; any material", "Ally is removed"],
    ]
    left = Case.from_tables(small).with_changes([row("countries", "country=Ally", "member", "set", "no")])
    assert left.dropped["table"].tolist() == ["fund", "demand", "sharing"]
    assert set(left.dropped["reason"]) == {"Ally is no member any more"}


def test_dropping_goes_on_until_nothing_hangs(small: Tables) -> None:
    small["plants"].append({"country": "Far", "process": "melt", "capacity": 5, "unit_cost": 1})
    small["recipes"].append({"process": "melt", "material": "metal", "quantity": 1})
    changed = Case.from_tables(small).with_changes([row("materials", "material=ore", "", "remove_rows")])
    dropped = set(changed.dropped[["table", "entry"]].itertuples(index=False, name=None))
    assert ("recipes", "smelt; metal") in dropped, "a process that loses what it uses would make it of nothing"
    assert ("projects", "SMELTER") in dropped
    assert ("plants", "Far; smelt; 1") in dropped
    assert changed.tables["plants"]["process"].unique().tolist() == ["melt"]


FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("table", {"table": "plant"}, "table", "did you mean 'plants'"),
    ("operation", {"operation": "multiplied"}, "operation", "did you mean 'multiply'"),
    ("name", {"where": "country=Fra"}, "where", "did you mean 'Far'"),
    ("one of several", {"where": "country=Far|Fra"}, "where", "'Fra' is not in the table countries"),
    ("pattern", {"where": "country=X*"}, "where", "nothing is like 'X*'"),
    ("column of where", {"where": "land=Far"}, "where", "no column 'land'"),
    ("form", {"where": "Far"}, "where", "not of the form column=value"),
    ("twice", {"where": "country=Far; country=Home"}, "where", "named twice"),
    ("range", {"where": "period=2026..2040"}, "where", "'2040' is no period"),
    ("column", {"column": "capcity"}, "column", "did you mean 'capacity'"),
    ("no column", {"column": ""}, "column", "needs a column"),
    ("number", {"value": "much"}, "value", "not a number"),
    ("blank", {"value": ""}, "value", "blank"),
    ("bounds", {"operation": "add", "value": -60}, "value", "50 would be -10: this is below 0"),
    ("text", {"column": "process"}, "value", "only set applies"),
    ("unknown name set", {"column": "country", "operation": "set", "value": "Fra"}, "value", "did you mean 'Far'"),
    ("matches nothing", {"where": "country=Home"}, "where", "no row of plants meets the condition"),
    ("leaves it", {"operation": "set", "value": 50, "where": "process=smelt"}, "value", "the same before and after"),
    ("multiplies blanks", {"table": "fund", "where": "", "column": "stock_limit"}, "value", "the same before and after"),
    ("times one", {"value": 1}, "value", "the same before and after in all 6 rows"),
    ("empties", {"operation": "remove_rows", "where": ""}, "where", "would empty the table"),
    ("part of a row", {"operation": "add_row", "where": "country=Home"}, "where", "has no process, capacity"),
    ("row there already", {"operation": "add_row", "where": "country=Far; process=mine; capacity=1; unit_cost=1"}, "where",
     "plants has a row for Far, mine, 1, 2026 already"),
    ("row of an unknown", {"operation": "add_row", "where": "country=Fra; process=mine; capacity=1; unit_cost=1"}, "where",
     "did you mean 'Far'"),
    ("setting", {"table": "settings", "where": "", "column": "value", "operation": "set", "value": 1}, "value", "needs name="),
    ("key taken", {"table": "materials", "where": "material=ore", "column": "material", "operation": "set", "value": "metal"},
     "value", "materials has a row for metal already"),
    ("last demand", {"table": "demand", "where": "country=*", "operation": "remove_rows"}, "where",
     "required table demand is empty"),
    ("both", {"table": "disruptions", "where": "", "column": "probability", "operation": "set", "value": 1}, "value",
     "nothing is left for the undisturbed future"),
    ("varies", {"table": "sharing", "where": "period=2027", "column": "cost", "operation": "set", "value": 2}, "value",
     "cannot vary by period"),
    ("only positions", {"table": "countries", "where": "", "column": "latitude", "operation": "set", "value": 2}, "table",
     "leave the case as it was"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "column", "words"), [pytest.param(*each[1:], id=each[0]) for each in FAULTS])
def test_faults_are_said_at_their_place(
    small: Tables, tmp_path: Path, given: dict[str, Any], column: str, words: str
) -> None:
    change = {**row("plants", "country=Far", "capacity", "multiply", 0.5), **given}
    with pytest.raises(InputError) as caught:
        Case.from_tables(small).with_changes([change])
    assert words in str(caught.value), str(caught.value)
    assert caught.value.errors[0].place == f"changes, row 1, column {column}"
    lines = [f"{name} = {_toml(value)}" for name, value in change.items()]
    file = tmp_path / "whatifs.toml"
    file.write_text("\n".join(['[[whatif]]\nname = "w"\n[[whatif.change]]', *lines]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Case.from_tables(small).with_changes(file)
    assert caught.value.errors[0].place == f"whatifs.toml, column whatif[1].change[1].{column}"
    assert words in str(caught.value)


def test_all_faults_at_once(small: Tables) -> None:
    rows = [row("plant"), row("plants", "country=Fra", "capacity", "set", 1), row("plants", "", "capacity", "set", "x")]
    with pytest.raises(InputError) as caught:
        Case.from_tables(small).with_changes(rows)
    assert [finding.row for finding in caught.value.errors] == [1, 2, 3]


def test_a_table_that_the_model_file_does_not_read(small: Tables) -> None:
    case = Case.from_tables(small)
    change = row("sharing", "", "limit_fraction", "set", 0.2)
    assert case.with_changes([change]).input_hash != case.input_hash
    with pytest.raises(InputError, match="the model file does not read the table sharing"):
        case.with_changes([change], ignored_tables=("sharing",))
    weights = row("countries", "country=Home", "burden_weight", "set", 0.2)
    with pytest.raises(InputError, match=r"the model file does not read countries.burden_weight"):
        case.with_changes([weights], ignored_tables=("countries.burden_weight",))


def test_what_ifs_build_on_each_other(small: Tables) -> None:
    def whatif(name: str, value: float, on: str = "") -> dict[str, Any]:
        return {"whatif": name, "builds_on": on, **row("plants", "process=mine", "capacity", "multiply", value)}

    small["whatifs"] = [whatif("third", 3, "half"), whatif("half", 0.5), whatif("third", 5)]
    case = Case.from_tables(small)
    assert case.with_changes("third").tables["plants"]["capacity"].tolist()[:3] == [750, 750, 750]
    assert [change.value for change in case.with_changes("third").changes] == ["0.5", "3", "5"]
    for on, words in (("hlf", "did you mean 'half'"), ("third", "which builds on it")):
        small["whatifs"][0]["builds_on"] = on
        with pytest.raises(InputError, match=words) as caught:
            Case.from_tables(small)
        assert "whatifs, row 1, column builds_on" in {finding.place for finding in caught.value.errors}
    small["whatifs"][0]["builds_on"], small["whatifs"][2]["builds_on"] = "half", "other"
    with pytest.raises(InputError, match="builds on one what-if"):
        Case.from_tables(small)


def test_places_in_a_workbook(small: Tables, tmp_path: Path) -> None:
    small["whatifs"] = [{"whatif": "w", **row("plants", "country=Home", "capacity", "set", 1)}]
    path = tmp_path / "case.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for name, rows in small.items():
            pd.DataFrame(rows).to_excel(writer, sheet_name=name, index=False)
    case = quadopt.read_case(path)
    assert [finding.place for finding in case.findings] == ["whatifs!C2 (where)"]
    with pytest.raises(InputError) as caught:
        case.with_changes("w")
    assert caught.value.errors[0].place == "whatifs!C2 (where)"
    with pytest.raises(InputError, match="did you mean 'w'"):
        case.with_changes("ww")


def test_faults_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text(
        '[[whatif]]\nnam = "a"\n[[whatif.change]]\ntabel = "plants"\n[[whatifs]]\nname = "b"', encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        read_whatifs(file)
    text = str(caught.value)
    for words in (
        "did you mean 'whatif'",
        "did you mean 'name'",
        "has no name",
        "did you mean 'table'",
        "change[1].tabel",
    ):
        assert words in text, text
    file.write_text("a = [", encoding="utf-8")
    with pytest.raises(InputError, match="no TOML file"):
        read_whatifs(file)
    with pytest.raises(InputError, match="no such file"):
        read_whatifs(tmp_path / "none.toml")


def test_a_name_goes_before_a_pattern(small: Tables) -> None:
    for old, new in (("mine", "mi*"), ("smelt", "mi|smelt; 2")):
        for table in ("recipes", "plants", "projects"):
            for each in small[table]:
                each["process"] = new if each["process"] == old else each["process"]
    case = Case.from_tables(small)
    for name in ("mi*", "mi|smelt; 2"):
        plants = case.with_changes([row("plants", {"process": name}, "capacity", "set", 1)]).tables["plants"]
        assert set(plants.loc[plants["capacity"] == 1, "process"]) == {name}


def test_a_new_period_that_nobody_speaks_of(small: Tables) -> None:
    small["plants"][0] |= {"period": 2026}
    dated(small, 0, *({"period": year, "capacity": 100, "unit_cost": 5} for year in (2027, 2028)))
    small["demand"] = [{"country": "Home", "material": "metal", "sector": "industry", "2026": 1, "2027": 2, "2028": 3}]
    case = Case.from_tables(small)
    added = row("periods", "period=2029", "", "add_row")
    with pytest.raises(InputError, match=r"plants, Far; mine; 1.*the cell is blank"):
        case.with_changes([added])
    filled = [
        row("plants", "process=mine", 2029, "set", 90),
        row("plants", "process=mine; period=2029", "unit_cost", "set", 6),
    ]
    changed = case.with_changes([added, *filled])
    assert "demand: no value for new periods" in str(changed.findings[-1])
    assert changed.demand == case.demand
    grown = case.with_changes([added, *filled, row("demand", "", 2029, "set", 4)])
    assert grown.demand["Home", "metal", "industry", "2029"] == 4
    assert not [finding for finding in grown.findings if "new periods" in finding.message]


def test_findings_that_a_change_causes(small: Tables) -> None:
    case = Case.from_tables(small)
    changed = case.with_changes([row("projects", "project=MINE", "lead_time", "set", 9)])
    assert {finding.place for finding in changed.findings} == {"changes, row 1, column value"}
    assert "projects, MINE" in changed.findings[0].message
    assert case.findings == []


def test_inputs_and_sources_of_a_changed_case(small: Tables) -> None:
    small["plants"][0] |= {"source": "survey", "quality": "reported"}
    small["plants"][1] |= {"source": "guess", "quality": "assumed"}
    small["disruptions"].insert(0, {"disruption": "first", "kind": "outage", "country": "Far", "start": 2026, "duration": 1,
                                    "source": "past"})  # fmt: skip
    small["disruptions"][1] |= {"source": "present"}
    case = Case.from_tables(small)
    steps = [row("plants", "process=mine; period=2027..", "capacity", "multiply", 2, source="plan", quality="derived", note="n"),
             row("disruptions", "disruption=first", "", "remove_rows", source="plan")]  # fmt: skip
    changed = case.with_changes(steps)
    found = input_values(changed).set_index(["table", "entry", "column", "period"])
    kept, new = (
        found.loc["plants", "Far; mine; 1", "capacity", "2026"],
        found.loc["plants", "Far; mine; 1", "capacity", "2027"],
    )
    assert kept[["value", "given", "source", "row"]].tolist() == [100, "as given", "survey", 1]
    assert new[["until", "value", "given", "source", "quality", "note"]].tolist() == [
        "2028",
        200,
        "changed",
        "plan",
        "derived",
        "n",
    ]
    assert math.isnan(new["row"])
    blow = found.loc["disruptions"].reset_index()
    assert set(blow["source"]) == {"present"}
    sources = source_table(changed).set_index("source")
    assert sources.loc["plan", "rows"] == 2
    assert "past" not in sources.index
    again = changed.with_changes([row("plants", "process=smelt", "capacity", "set", 1, source="later")])
    both = input_values(again).set_index(["table", "entry", "column", "period"])
    assert both.loc["plants", "Far; mine; 1", "capacity", "2027"]["source"] == "plan"
    assert both.loc["plants", "Far; smelt; 1", "capacity", "2026"]["source"] == "later"
    assert len(again.changes) == 3


def test_a_changed_case_can_be_changed_as_a_what_if(small: Tables) -> None:
    case = Case.from_tables(small)
    whatif = WhatIf("w", (Change("fund", "country=Home", "limit", "add", "1"),))
    assert case.with_changes(whatif).tables["fund"]["limit"].tolist()[:3] == [4, 4, 4]
    assert case.with_changes(whatif.changes).input_hash == case.with_changes(whatif).input_hash


@pytest.mark.parametrize("seed", range(12))
def test_random_changes_are_those_of_pandas_and_can_be_undone(seed: int) -> None:
    draw = random.Random(seed)
    case = Case.from_tables(random_tables(seed))
    expected = {name: frame.copy() for name, frame in case.tables.items()}
    places = [
        ("plants", "capacity"),
        ("plants", "unit_cost"),
        ("projects", "capex"),
        ("demand", "quantity"),
        ("fund", "limit"),
    ]
    changes: list[dict[str, Any]] = []
    for table, column in draw.sample(places, 3):
        frame = expected[table]
        rows = frame[frame[column] != 0]
        if rows.empty:
            continue
        picked = rows.iloc[draw.randrange(len(rows))]
        names = draw.sample([*TABLES[table].key, *(["period"] if TABLES[table].varying else [])], 1)
        factor = draw.choice([0.5, 2.0, 4.0])
        changes.append(row(table, {name: picked[name] for name in names}, column, "multiply", factor))
        chosen = (frame[names] == picked[names]).all(axis=1)
        expected[table].loc[chosen, column] *= factor
    changed = case.with_changes(changes)
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(changed.tables[name], frame)
    back = changed.with_changes([{**each, "value": 1 / each["value"]} for each in changes])
    assert back.input_hash == case.input_hash != changed.input_hash


@pytest.mark.parametrize("name", ["tutorial", "backtest_2010", "quad"])
def test_the_what_ifs_of_the_cases_change_them(name: str) -> None:
    case = quadopt.read_case(ROOT / "inputs" / name)
    hashes = {case.with_changes(whatif).input_hash for whatif in case.whatifs}
    assert len(hashes) == len(case.whatifs) > 0
    assert case.input_hash not in hashes


def test_what_ifs_of_a_file_build_on_each_other_and_on_the_case(small: Tables, tmp_path: Path) -> None:
    def entry(name: str, on: str, value: float) -> str:
        change = 'table = "fund"\ncolumn = "limit"\noperation = "add"\n'
        return f'[[whatif]]\nname = "{name}"\nbuilds_on = "{on}"\n[[whatif.change]]\n{change}value = {value}\n'

    small["whatifs"] = [{"whatif": "base", **row("fund", "", "limit", "add", 1)}]
    case, file = Case.from_tables(small), tmp_path / "w.toml"
    file.write_text(entry("a", "base", 2) + entry("b", "a", 3) + entry("c", "", 4), encoding="utf-8")
    found = read_whatifs(file)
    for name, limit in (("a", 6), ("b", 9), ("c", 7)):
        assert case.with_changes(found[name]).tables["fund"]["limit"].iloc[0] == limit
    file.write_text(entry("a", "b", 2) + entry("b", "a", 3), encoding="utf-8")
    with pytest.raises(InputError, match="which builds on it"):
        read_whatifs(file)


@pytest.mark.parametrize("seed", range(6))
def test_any_name_can_be_taken_away(seed: int) -> None:
    """What is left is a sound case, the same when it is read again; or the faults are said at the change."""
    case = Case.from_tables(random_tables(seed))
    for table, column in (
        ("countries", "country"),
        ("materials", "material"),
        ("recipes", "process"),
        ("periods", "period"),
    ):
        change = row(table, {column: case.tables[table][column].iloc[-1]}, "", "remove_rows")
        try:
            changed = case.with_changes([change])
        except InputError as error:
            assert {finding.sheet for finding in error.errors} == {"changes"}
            continue
        again = Case.from_tables({name: rows for name, rows in changed.stated.items() if name != "whatifs"})
        assert again.input_hash == changed.input_hash
        assert len(pickle.loads(pickle.dumps(changed)).changes) == 1


@pytest.mark.parametrize("missing", [name for name in TABLES if name != "whatifs"])
def test_what_ifs_of_a_faulty_input_are_no_trouble(small: Tables, missing: str) -> None:
    small["whatifs"] = [{"whatif": "w", **row(table, "", "", "remove_rows")} for table in TABLES]
    small["whatifs"] += [{"whatif": "v", **row("periods", "period=2029", "", "add_row")}]
    small["whatifs"] += [{"whatif": "v", **row(name, "", TABLES[name].names[-1], "multiply", 2)} for name in TABLES]
    small[missing] = [{"country": "", "period": "x", "material": None, "quantity": "many"}]
    assert errors(small)
