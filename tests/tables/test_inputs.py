"""Inputs and sources: every number that the model reads is there once, with its unit, its source and its row."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import quadopt
from quadopt.tables.case import Case
from quadopt.tables.catalogue import TABLES
from quadopt.tables.inputs import INPUTS, LEFT_OUT, input_values, source_table
from tests.hand_plan import hand_case
from tests.random_cases import random_tables

ROOT = Path(__file__).parents[2]
CASES = ["tutorial", "backtest_2010", "quad"]


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return quadopt.read_case(ROOT / "inputs" / request.param)


def spelled_out(found: pd.DataFrame, case: Case) -> pd.DataFrame:
    """The rows of numbers, one a period."""
    places = {period: place for place, period in enumerate(case.periods)}
    numbers = found.dropna(subset=["value"])
    rows = []
    for row in numbers.to_dict("records"):
        run = case.periods[places[row["period"]] : places[row["until"]] + 1] if row["period"] else [""]
        rows += [{**row, "period": period} for period in run]
    return pd.DataFrame(rows)


def test_every_number_of_the_case_is_there_once(case: Case) -> None:
    found = spelled_out(input_values(case), case)
    for name, table in TABLES.items():
        if name in LEFT_OUT or name == "settings":
            continue
        part = found[found["table"] == name]
        for column in table.columns:
            if column.type == "number":
                frame = case.tables[name]
                used = frame if column.varies else frame.drop_duplicates(list(table.key) or None)
                told = part.loc[part["column"] == column.name, "value"]
                assert sorted(told) == sorted(used[column.name].dropna()), f"{name}.{column.name}"
    assert found.duplicated(["table", "entry", "column", "period", "row"]).sum() == 0


def test_each_value_says_its_unit_or_words(case: Case) -> None:
    found = input_values(case)
    assert list(found.columns) == list(INPUTS)
    has_number = found["value"].notna()
    bare = found[has_number & (found["unit"] == "")]
    assert set(bare["entry"]) <= {"base_year"}
    assert (found.loc[~has_number, "text"] != "").all()
    assert not found["unit"].str.contains("{", regex=False).any()
    assert set(found["given"]) <= {"as given", "default"}


@pytest.mark.parametrize("name", CASES)
def test_each_row_number_leads_to_the_row(name: str) -> None:
    """The source that a value names is the source that stands in that line of the file."""
    found = input_values(quadopt.read_case(ROOT / "inputs" / name))
    for table, part in found.dropna(subset=["row"]).groupby("table"):
        with (ROOT / "inputs" / name / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            lines = list(csv.DictReader(stream))
        for row in part.itertuples():
            line = lines[int(row.row) - 2]
            assert " ".join(line["source"].split()) == row.source
            if row.given == "as given" and row.value == row.value and line.get(str(row.column)):
                assert float(line[str(row.column)]) == row.value


def test_units_are_the_materials_own() -> None:
    found = input_values(quadopt.read_case(ROOT / "inputs" / "tutorial")).set_index(["table", "column"])["unit"]
    assert set(found["demand", "quantity"]) == {"t per year"}
    assert set(found["materials", "price"]) == {"USD per t"}
    assert set(found["stockpiles", "initial"]) == {"t"}
    assert set(found["recipes", "quantity"]) == {"t per unit of activity"}
    assert set(found["plants", "capacity"]) == {"units of process activity per year"}


def test_defaults_changes_and_blanks_are_told_apart() -> None:
    case = hand_case(
        materials=[{"material": m, "price": 10.0, "source": f"of {m}", "unit": "kg"} for m in ("ore", "metal", "slag")],
    )
    raised = case.tables["materials"].assign(price=11.0)
    found = input_values(Case({**case.tables, "materials": raised}, case.raw))
    material = found[(found["table"] == "materials") & (found["entry"] == "ore")].set_index("column")
    assert material.loc["price", ["value", "given", "source"]].tolist() == [11.0, "changed", ""]
    assert material.loc["importance", ["value", "given", "source"]].tolist() == [1.0, "default", "of ore"]
    assert material.loc["unit", ["text", "given"]].tolist() == ["kg", "as given"]
    blank = found[(found["table"] == "fund") & (found["column"] == "stock_limit") & found["value"].isna()]
    assert set(blank["text"]) <= {"unlimited"}


def test_a_dated_row_goes_before_the_row_for_all_periods() -> None:
    tables: dict[str, Any] = {
        "periods": [{"period": p} for p in ("1", "2", "3")],
        "countries": [{"country": "A", "member": "yes"}],
        "materials": [{"material": "m", "price": 1.0}],
        "recipes": [{"process": "make", "material": "m", "quantity": 1}],
        "plants": [
            {"country": "A", "process": "make", "capacity": 5, "unit_cost": 2, "source": "for all"},
            {"country": "A", "process": "make", "period": "2", "capacity": 7, "source": "for one"},
        ],
        "demand": [{"country": "A", "material": "m", "sector": "s", "1": 1, "2": 1, "3": 2, "source": "wide"}],
        "settings": [{"name": "title", "value": "t"}],
    }
    found = input_values(Case.from_tables(tables))
    runs = found[found["table"].isin(["plants", "demand"])][["column", "period", "until", "value", "source"]]
    assert runs.to_numpy().tolist() == [
        ["capacity", "1", "1", 5.0, "for all"],
        ["capacity", "2", "2", 7.0, "for one"],
        ["capacity", "3", "3", 5.0, "for all"],
        ["unit_cost", "1", "3", 2.0, "for all"],
        ["quantity", "1", "2", 1.0, "wide"],
        ["quantity", "3", "3", 2.0, "wide"],
    ]


def test_sources_count_every_row_once(case: Case) -> None:
    found = source_table(case)
    assert found["source"].is_unique
    assert found["rows"].sum() == sum(len(frame) for name, frame in case.raw.items() if name not in LEFT_OUT)
    assert (found[["reported", "derived", "assumed"]].sum(axis=1) <= found["rows"]).all()
    assert found["rows"].is_monotonic_decreasing
    assert "whatifs" not in " ".join(found["used_in"])


def test_sources_of_a_case_without_any() -> None:
    case = hand_case()
    assert source_table(case)["source"].tolist() == ["(none given)"]
    assert source_table(Case(case.tables, {})).empty
    assert set(input_values(Case(case.tables, {}))["given"]) == {"default"}


@pytest.mark.parametrize("seed", range(5))
def test_random_cases_are_told(seed: int) -> None:
    case = Case.from_tables(random_tables(seed))
    assert len(input_values(case)) > len(case.tables["plants"])
