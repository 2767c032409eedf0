"""Rules across tables: each planted fault is found at its place."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from small_tables import INPUTS, errors, run, warnings

from quadopt.tables.checks import check
from quadopt.tables.normalise import normalise
from quadopt.tables.reading import read_raw

Change = Callable[[dict[str, Any]], object]


def project(tables: dict[str, Any], place: int = 1, **values: Any) -> None:
    tables["projects"][place].update(values)


def disrupt(tables: dict[str, Any], **values: Any) -> None:
    tables["disruptions"].append({"disruption": "other", "kind": "outage", "start": 2026, "duration": 1, **values})


FAULTS: list[tuple[str, Change, str, str]] = [
    ("missing table", lambda t: t.pop("demand"), "demand", "is missing"),
    ("empty table", lambda t: t["recipes"].clear(), "recipes", "is empty"),
    ("unknown country", lambda t: t["plants"][0].update(country="Farr"), "plants", "did you mean 'Far'"),
    ("unknown material", lambda t: t["recipes"][0].update(material="Ore"), "recipes", "did you mean 'ore'"),
    ("no recipe", lambda t: t["plants"][0].update(process="dig"), "plants", "'dig' is not in the table recipes"),
    ("unknown project", lambda t: project(t, requires="MINES"), "projects", "did you mean 'MINE'"),
    ("unknown period", lambda t: project(t, earliest=2030), "projects", "'2030' is not in the table periods"),
    ("unknown sector", lambda t: t.update(sectors=[{"sector": "Industry"}]), "demand", "did you mean 'Industry'"),
    ("unknown column", lambda t: t["plants"][0].update(capacty=1), "plants", "did you mean 'capacity'"),
    ("double key", lambda t: t["countries"].append({"country": "Home "}), "countries", "the same key as in row 1"),
    ("double row", lambda t: t["plants"].append(t["plants"][0]), "plants", "the same key as in row 1"),
    ("earliest after latest", lambda t: project(t, earliest=2027, latest=2026), "projects", "is after latest"),
    ("recipe without output", lambda t: t["recipes"][0].update(quantity=-1), "recipes", "makes nothing"),
    ("circle", lambda t: project(t, 0, requires="SMELTER"), "projects", "in a circle: MINE > SMELTER > MINE"),
    ("requires itself", lambda t: project(t, 0, requires="MINE"), "projects", "in a circle"),
    ("requires excluded", lambda t: (project(t, 0, status="excluded"), project(t, status="committed")), "projects",
     "which is excluded"),
    ("two committed", lambda t: [project(t, i, status="committed", exclusive_group="g", requires="") for i in (0, 1)],
     "projects", "only one of the group g"),
    ("no member", lambda t: [row.update(member="no") for row in t["countries"]], "countries", "no country is a member"),
    ("demand outside", lambda t: t["demand"][0].update(country="Far"), "demand", "is no member"),
    ("fund outside", lambda t: t["fund"][0].update(country="Far"), "fund", "is no member"),
    ("sharing outside", lambda t: t["sharing"][0].update(receiver="Far"), "sharing", "is no member"),
    ("shares with itself", lambda t: t["sharing"][0].update(receiver="Home"), "sharing", "shares with itself"),
    ("overfull", lambda t: t["stockpiles"][0].update(initial=10), "stockpiles", "above the capacity of 9"),
    ("minimum twice", lambda t: t["stockpiles"][0].update(minimum=1, minimum_days=9), "stockpiles", "both minimum"),
    ("fraction", lambda t: t["sharing"][0].update(limit_fraction=30), "sharing", "did you mean '0.3'"),
    ("probability", lambda t: t["disruptions"][0].update(probability=1.2), "disruptions", "above 1"),
    ("certain", lambda t: (t["disruptions"][0].update(probability=0.5), disrupt(t, probability=0.5)), "disruptions",
     "sum to 1"),
    ("two starts", lambda t: (disrupt(t), disrupt(t, start=2027)), "disruptions", "all rows have one start"),
    ("two probabilities", lambda t: (disrupt(t, probability=0.1), disrupt(t)), "disruptions",
     "all rows have one probability"),
    ("surge of nothing", lambda t: disrupt(t, kind="demand_surge"), "disruptions", "needs a severity"),
    ("severity", lambda t: disrupt(t, severity=74), "disruptions", "did you mean '0.74'"),
    ("severity and limit", lambda t: t["disruptions"][0].update(severity=1, limit=2), "disruptions", "both severity"),
    ("equal routes", lambda t: t.update(routes=[{"origin": "Far", "destination": "Home", "cost": 1},
                                                {"origin": "Far", "material": "metal", "cost": 2}]), "routes",
     "both match metal from Far to Home"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sheet", "words"), [pytest.param(*f[1:], id=f[0]) for f in FAULTS])
def test_planted_faults_are_found(small: dict[str, Any], change: Change, sheet: str, words: str) -> None:
    change(small)
    found = errors(small)
    assert any(finding.sheet == sheet and words in str(finding) for finding in found), [str(f) for f in found]


DOUBTS: list[tuple[str, Change, str]] = [
    ("capitals", lambda t: t["materials"].append({"material": "Ore", "price": 1}), "only by capitals"),
    ("late", lambda t: project(t, 0, lead_time=9), "cannot be complete by the last period"),
    ("late committed", lambda t: project(t, 0, lead_time=9, status="committed"), "paid for and never runs"),
    ("requires late", lambda t: project(t, 0, lead_time=9), "SMELTER requires MINE, which cannot be complete"),
    ("requires later", lambda t: project(t, 0, earliest=2027) or project(t, latest=2026), "before it is"),
    ("outlasts", lambda t: t["disruptions"][0].update(duration=5), "3 years beyond the horizon"),
    ("unused field", lambda t: t["disruptions"][0].update(sector="industry"), "does not use sector"),
    ("strikes nothing", lambda t: disrupt(t, process="mine", country="Ally"), "strike nothing"),
    ("unused recipe", lambda t: t["recipes"].append({"process": "x", "material": "ore", "quantity": 1}), "no plant"),
    ("unused sector", lambda t: t.update(sectors=[{"sector": "industry"}, {"sector": "arms"}]), "no demand names"),
    ("unused material", lambda t: t["materials"].append({"material": "gold", "price": 1}), "nothing makes"),
    ("unused country", lambda t: t["countries"].append({"country": "Moon"}), "outside country: Moon"),
    ("unused route", lambda t: t.update(routes=[{"origin": "Ally", "destination": "Far", "material": "metal",
                                                 "cost": 1}]), "Ally > Far > metal"),
    ("empty stock", lambda t: t.update(
        stockpiles=[{"country": "Ally", "material": "metal", "initial": 0}], sharing=[],
        routes=[{"destination": "Ally", "material": "metal", "capacity": 0}]), "nothing can fill it"),
    ("never reached", lambda t: t.update(routes=[{"destination": "Ally", "capacity": 0}]), "can never reach Ally"),
    ("sharing nothing", lambda t: t["sharing"].append({"provider": "Ally", "limit_fraction": 0.1}), "no stockpile"),
    ("no input", lambda t: t["plants"].append({"country": "Ally", "process": "smelt", "capacity": 1, "unit_cost": 1})
        or t.update(routes=[{"destination": "Ally", "material": "ore", "capacity": 0}]), "Ally smelt (no ore)"),
    ("years", lambda t: t["periods"][2].update(period=2035) , "1 years long, but 2035"),
    ("no such table", lambda t: t.update(plant=[]), "did you mean 'plants'"),
    ("quality", lambda t: t["plants"][0].update(quality="guess"), "reported, derived, assumed"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [pytest.param(*d[1:], id=d[0]) for d in DOUBTS])
def test_doubts_are_said(small: dict[str, Any], change: Change, words: str) -> None:
    change(small)
    assert errors(small) == []
    found = warnings(small)
    assert any(words in str(finding) for finding in found), [str(f) for f in found]


def test_routes_of_different_weight_or_apart_are_no_fault(small: dict[str, Any]) -> None:
    small["routes"] = [
        {"origin": "Far", "destination": "Home", "cost": 1}, {"origin": "Far", "cost": 2},
        {"origin": "Ally", "material": "metal", "capacity": 0},
    ]  # fmt: skip
    assert errors(small) == []


WHATIFS: list[tuple[dict[str, Any], str]] = [
    ({"table": "plant"}, "did you mean 'plants'"),
    ({"where": "country=Fra"}, "did you mean 'Far'"),
    ({"where": "land=Far"}, "has no column 'land'"),
    ({"where": "Far"}, "not of the form column=value"),
    ({"where": "period=2026..2040"}, "'2040' is no period"),
    ({"where": "period=2028..2026"}, "is after 2026"),
    ({"column": "capcity"}, "did you mean 'capacity'"),
    ({"column": 2040}, "has no column '2040'"),
    ({"column": None}, "needs a column"),
    ({"value": "much"}, "not a number"),
    ({"value": None}, "blank"),
    ({"operation": "divide"}, "one of set, add, multiply"),
    ({"operation": "set", "value": -1}, "below 0"),
    ({"column": "country", "operation": "add", "value": 1}, "only set applies"),
    ({"column": "country", "operation": "set", "value": "Fra"}, "did you mean 'Far'"),
    ({"operation": "remove_rows", "where": "", "column": "", "value": ""}, "would empty the table"),
    ({"operation": "add_row", "where": "country=Home", "column": "", "value": ""}, "has no process, capacity"),
    ({"table": "settings", "where": "", "column": "value", "operation": "set", "value": 1}, "needs name="),
]


@pytest.mark.parametrize(("change", "words"), WHATIFS)
def test_faults_of_whatifs(small: dict[str, Any], change: dict[str, Any], words: str) -> None:
    row = {"whatif": "w", "table": "plants", "where": "country=Far", "column": "capacity", "operation": "multiply",
           "value": 0.5, **change}  # fmt: skip
    small["whatifs"] = [row]
    found = errors(small)
    assert any(finding.sheet == "whatifs" and words in str(finding) for finding in found), [str(f) for f in found]


def test_sound_whatifs(small: dict[str, Any]) -> None:
    rows = [
        ("plants", "country=Far; process=smelt; period=2026..2027", "capacity", "multiply", "50 %"),
        ("plants", "country = Far", 2027, "set", 0),
        ("countries", "country=Ally", "member", "set", "no"),
        ("settings", "name=discount_rate", "value", "set", 0.01),
        ("routes", "origin=Far; destination=Home; cost=3; capacity=0", "", "add_row", ""),
        ("projects", "project=MINE", "", "remove_rows", ""),
        ("stockpiles", "", "capacity", "set", ""),
        ("countries", "country=Moon; member=no", "", "add_row", ""),
        ("plants", "country=Moon; process=mine; capacity=1; unit_cost=1", "", "add_row", ""),
    ]
    keys = ("table", "where", "column", "operation", "value")
    small["whatifs"] = [{"whatif": "w", **dict(zip(keys, row, strict=True))} for row in rows]
    assert [str(finding) for finding in run(small)[1]] == []


def test_a_whatif_that_changes_nothing_is_said(small: dict[str, Any]) -> None:
    small["whatifs"] = [{"whatif": "w", "table": "plants", "where": "country=Ally", "column": "capacity",
                         "operation": "set", "value": 1}]  # fmt: skip
    assert "nothing changes" in warnings(small)[0].message


@pytest.mark.parametrize("folder", ["quad", "backtest_2010"])
def test_the_real_cases_have_no_errors(folder: str) -> None:
    raw = read_raw(INPUTS / folder)
    findings: list[Any] = []
    check(normalise(raw, findings), raw, findings)
    assert [str(finding) for finding in findings if finding.severity == "error"] == []
    assert len(findings) <= 2


def test_no_rule_falls_over_spoilt_input() -> None:
    """Any cell spoilt in any way gives findings, never an exception (seeds fixed)."""
    sound = read_raw(INPUTS / "backtest_2010")
    values = [None, "", "x", "-1", 0, "2010", "Japan", "ree_product", "=1+1", "#N/A", 1e300, True, "a;b", "yes"]
    for seed in range(40):
        chance = random.Random(seed)
        raw = copy.deepcopy(sound)
        for _ in range(chance.randint(1, 12)):
            table = raw.tables[chance.choice(list(raw.tables))]
            if chance.random() < 0.1:
                table.rows.clear()
                table.numbers.clear()
            elif chance.random() < 0.1:
                table.headers[chance.randrange(len(table.headers))] = chance.choice(["", "x", "2010", "period"])
            elif table.rows:
                row = chance.choice(table.rows)
                row[chance.randrange(len(row))] = chance.choice(values)
        if chance.random() < 0.3:
            del raw.tables[chance.choice(list(raw.tables))]
        findings: list[Any] = []
        check(normalise(raw, findings), raw, findings)
        assert all(str(finding) for finding in findings)
