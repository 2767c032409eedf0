"""Values by type, and periods spelled out."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from small_tables import errors, run, warnings

from quadopt.tables.catalogue import TABLES
from quadopt.tables.normalise import as_stated, normalise
from quadopt.tables.raw import RawTables


def test_the_small_case_is_sound(small: dict[str, Any]) -> None:
    assert [str(finding) for finding in run(small)[1]] == []


def test_normalised_tables_have_the_columns_of_the_catalogue(small: dict[str, Any]) -> None:
    tables, _ = run(small)
    for name, table in TABLES.items():
        expected = ["title", "currency", "base_year", "discount_rate"] if name == "settings" else list(table.names)
        assert list(tables[name].columns) == expected
    assert tables["settings"].iloc[0]["discount_rate"] == 0.03
    assert tables["settings"].iloc[0]["currency"] == "USD"
    assert len(tables["plants"]) == 6
    assert tables["materials"]["shortage_value"].tolist() == [10, 300]
    assert tables["disruptions"]["severity"].tolist() == [1]
    assert tables["projects"]["requires"].tolist() == [(), ("MINE",)]
    assert tables["sectors"].to_dict("records") == [{"sector": "industry", "shortage_weight": 10}]
    assert tables["countries"]["member"].tolist() == [True, True, False]
    assert tables["whatifs"].empty


def test_dated_rows_win_and_their_blanks_take_the_undated_value(small: dict[str, Any]) -> None:
    small["plants"] = [
        {"country": "Far", "process": "mine", "period": "", "capacity": 100, "unit_cost": 5},
        {"country": "Far", "process": "mine", "period": 2027.0, "capacity": 80, "unit_cost": None},
        {"country": "Far", "process": "smelt", "period": None, "capacity": 50, "unit_cost": 20},
    ]
    tables, findings = run(small)
    assert findings == []
    mine = tables["plants"].query("process == 'mine'")
    assert mine["period"].tolist() == ["2026", "2027", "2028"]
    assert mine["capacity"].tolist() == [100, 80, 100]
    assert mine["unit_cost"].tolist() == [5, 5, 5]


def test_a_period_that_nobody_names_is_an_error_for_plants(small: dict[str, Any]) -> None:
    small["plants"][0]["period"] = 2027
    (found,) = errors(small)
    assert "no row for 2026, 2028" in found.message
    assert found.column == "period"


def test_a_period_that_nobody_names_is_zero_and_one_warning_for_demand_and_fund(small: dict[str, Any]) -> None:
    small["demand"][0]["period"] = 2027
    small["fund"][1]["period"] = 2026
    tables, findings = run(small)
    assert tables["demand"]["quantity"].tolist()[:3] == [0, 10, 0]
    assert tables["fund"]["limit"].tolist() == [3, 3, 3, 1, 0, 0]
    assert [finding.severity for finding in findings] == ["warning", "warning"]
    assert any("2026, 2028" in finding.message for finding in findings)
    assert any("2027 to 2028" in finding.message for finding in findings)


def test_the_wide_form_holds_the_first_varying_column(small: dict[str, Any]) -> None:
    small["plants"] = [
        {"country": "Far", "process": "mine", "unit_cost": 5, 2026: 1, 2027.0: "2", "2028": 3.5},
        {"country": "Far", "process": "smelt", "unit_cost": 20, 2026: 50, 2027.0: 50, "2028": 50},
    ]
    tables, findings = run(small)
    assert findings == []
    assert tables["plants"]["capacity"].tolist()[:3] == [1, 2, 3.5]
    assert tables["plants"]["unit_cost"].tolist()[:3] == [5, 5, 5]


def test_periods_may_have_any_name(small: dict[str, Any]) -> None:
    small["periods"] = [{"period": "Start Up"}, {"period": "late-2030s", "years": 5}]
    keys = {"Country": "Home", " MATERIAL": "metal", "sector": "industry"}
    small["demand"] = [{**keys, "Start Up ": 1, "late-2030s": 2}]
    small["disruptions"][0]["start"] = "Start Up"
    tables, findings = run(small)
    assert [finding for finding in findings if finding.severity == "error"] == []
    assert tables["demand"]["period"].tolist() == ["Start Up", "late-2030s"]
    assert tables["demand"]["quantity"].tolist() == [1, 2]


def test_both_forms_at_once_are_an_error(small: dict[str, Any]) -> None:
    small["demand"] = [{"country": "Home", "material": "metal", "sector": "industry", "period": "", "2026": 1,
                        "2027": 1, "2028": 1}]  # fmt: skip
    assert any("both a period column" in finding.message for finding in errors(small))
    small["demand"] = [{"country": "Home", "material": "metal", "sector": "industry", "quantity": 4, "2026": 1,
                        "2027": 1, "2028": 1}]  # fmt: skip
    assert any("quantity is given both" in finding.message for finding in errors(small))


def test_missing_periods_and_blanks_of_the_wide_form(small: dict[str, Any]) -> None:
    keys = {"country": "Home", "material": "metal", "sector": "industry"}
    small["demand"] = [{**keys, "2026": 1, "2028": None}]
    tables, findings = run(small)
    assert tables["demand"]["quantity"].tolist() == [1, 0, 0]
    (found,) = [finding for finding in findings if finding.sheet == "demand"]
    assert found.severity == "warning"
    assert "2027 to 2028" in found.message
    small["plants"] = [{"country": "Far", "process": "mine", "unit_cost": 5, "2026": 1, "2027": None}]
    messages = [str(finding) for finding in errors(small)]
    assert any("no column for 2028" in message for message in messages)
    assert any("column 2027" in message and "blank" in message for message in messages)


def test_a_header_that_is_no_period_is_named_with_the_nearest(small: dict[str, Any]) -> None:
    small["demand"] = [{"country": "Home", "material": "metal", "sector": "industry", "2026": 1, "2027": 1, "2082": 1}]
    found = next(finding for finding in errors(small) if finding.column == "2082")
    assert found.suggestion == "2028"


def test_blank_required_cells_are_errors_and_blank_others_take_their_default(small: dict[str, Any]) -> None:
    small["plants"][0]["capacity"] = None
    small["routes"] = [{"origin": "Far", "destination": "Home", "material": "metal", "cost": 1, "capacity": ""}]
    tables, findings = run(small)
    (found,) = findings
    assert (found.column, found.row, found.message) == ("capacity", 1, "the cell is blank")
    assert tables["routes"]["cost"].tolist() == [1, 1, 1]
    assert math.isnan(tables["routes"]["capacity"].iloc[0])


def test_a_column_that_cannot_vary_is_said_to(small: dict[str, Any]) -> None:
    small["sharing"] = [
        {"provider": "Home", "period": "", "limit_fraction": 0.5, "cost": 3},
        {"provider": "Home", "period": 2027, "limit_fraction": 0.4, "cost": None},
    ]
    tables, findings = run(small)
    assert findings == []
    assert tables["sharing"]["cost"].tolist() == [3, 3, 3]
    small["sharing"][1]["cost"] = 4
    assert "cannot vary" in errors(small)[0].message


@pytest.mark.parametrize(
    ("value", "number"),
    [(0.3, 0.3), ("30 %", 0.3), ("30%", 0.3), (" 0.3\u00a0", 0.3), ("3e-1", 0.3), (1, 1.0), ("0", 0.0)],
)
def test_fractions_however_they_are_written(small: dict[str, Any], value: Any, number: float) -> None:
    small["projects"][0]["fund_share"] = value
    tables, findings = run(small)
    assert findings == []
    assert tables["projects"]["fund_share"].iloc[0] == pytest.approx(number)


@pytest.mark.parametrize(
    "value", ["NA", "n/a", "1,000", "1_000", "nan", "inf", float("inf"), True, "1.2.3", pd.Timestamp("2026-01-01"),
              "#N/A", "#DIV/0!", -1, "-1", 10**400]
)  # fmt: skip
def test_what_is_no_number_is_an_error_with_its_place(small: dict[str, Any], value: Any) -> None:
    small["plants"][1]["capacity"] = value
    (found,) = errors(small)
    assert (found.sheet, found.row, found.column) == ("plants", 2, "capacity")
    assert found.value == str(value)


def test_thousands_separators_get_a_suggestion_and_percentages_too(small: dict[str, Any]) -> None:
    small["plants"][1]["capacity"] = "1,000.5"
    small["projects"][0]["fund_share"] = 85
    assert {finding.suggestion for finding in errors(small)} == {"1000.5", "0.85"}


def test_all_faults_are_found_at_once(small: dict[str, Any]) -> None:
    small["plants"][0]["capacity"] = "many"
    small["plants"][1]["capacity"] = -1
    small["countries"][0]["member"] = "perhaps"
    small["demand"][0]["quantity"] = None
    small["projects"][1]["status"] = "comitted"
    found = {(finding.sheet, finding.row, finding.column, finding.suggestion) for finding in errors(small)}
    assert {
        ("plants", 1, "capacity", ""), ("plants", 2, "capacity", ""), ("countries", 1, "member", ""),
        ("demand", 1, "quantity", ""), ("projects", 2, "status", "committed"),
    } <= found  # fmt: skip


def test_na_is_namibia_and_spaces_are_stripped(small: dict[str, Any]) -> None:
    small["countries"].append({"country": "NA", "member": 0})
    small["plants"].append({"country": " NA\u00a0", "process": "mine ", "capacity": 1, "unit_cost": 1, "tier": 1.0})
    tables, findings = run(small)
    assert findings == []
    assert tables["plants"].iloc[-1][["country", "process", "tier"]].tolist() == ["NA", "mine", "1"]


def test_normalised_tables_read_the_same_again(small: dict[str, Any]) -> None:
    small["disruptions"].append({"disruption": "quota", "kind": "export_cut", "country": "Far", "start": 2026,
                                 "duration": 1, "limit": 4})  # fmt: skip
    tables, findings = run(small)
    assert findings == []
    again = normalise(RawTables.from_python(as_stated(tables)), findings)
    assert findings == []
    for name in TABLES:
        pd.testing.assert_frame_equal(again[name], tables[name])


def test_a_member_without_a_row_in_the_fund_pays_nothing_and_is_named(small: dict[str, Any]) -> None:
    del small["fund"][1]
    tables, findings = run(small)
    assert tables["fund"].query("country == 'Ally'")["limit"].tolist() == [0, 0, 0]
    assert "Ally" in findings[0].message
    del small["fund"]
    assert warnings(small) == []


def test_settings_as_a_mapping(small: dict[str, Any]) -> None:
    small["settings"] = {"title": "Short", "base_year": 2025}
    tables, findings = run(small)
    assert findings == []
    assert tables["settings"].iloc[0].tolist() == ["Short", "USD", 2025, 0.05]
    small["settings"] = [{"name": "discount_rat", "value": 1}, {"name": "base_year", "value": "soon"}]
    found = {(finding.column, finding.suggestion) for finding in errors(small)}
    assert found == {("name", "discount_rate"), ("value", "")}
