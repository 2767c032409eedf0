"""The difference of two cases: what was changed, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import quadopt
from quadopt.cli import main
from quadopt.tables.case import Case
from quadopt.tables.difference import DIFFERENCE, difference

ROOT = Path(__file__).parents[2]
Tables = dict[str, Any]
ACTIVITY = "units of process activity per year"


def changed(case: Case, *changes: tuple[str, str, str, str, Any]) -> Case:
    words = ("table", "where", "column", "operation", "value")
    return case.with_changes([dict(zip(words, change, strict=True)) for change in changes])


def test_values_by_runs_of_periods(small: Tables) -> None:
    case = Case.from_tables(small)
    other = changed(
        case,
        ("plants", "process=mine; period=2027..", "capacity", "multiply", 2),
        ("projects", "project=MINE", "status", "set", "excluded"),
        ("materials", "material=metal", "unit", "set", "kg"),
        ("settings", "name=discount_rate", "value", "set", 0.06),
        ("stockpiles", "", "capacity", "set", ""),
    )
    found = difference(case, other).drop(columns="what").to_numpy().tolist()
    nan = pytest.approx(float("nan"), nan_ok=True)
    assert found == [
        ["settings", "discount_rate", "value", "", "", 0.03, 0.06, "", "", "fraction", 0.03, 2.0],
        ["materials", "metal", "unit", "", "", nan, nan, "t", "kg", "", nan, nan],
        ["plants", "Far; mine; 1", "capacity", "2027", "2028", 100.0, 200.0, "", "", ACTIVITY, 100, 2],
        ["projects", "MINE", "status", "", "", nan, nan, "candidate", "excluded", "", nan, nan],
        ["stockpiles", "Home; metal", "capacity", "", "", 9.0, nan, "", "unlimited", "kg", nan, nan],
    ]  # fmt: skip


def test_rows_added_and_removed(small: Tables) -> None:
    case = Case.from_tables(small)
    other = changed(
        case,
        ("countries", "country=Ally", "", "remove_rows", ""),
        ("countries", "country=Moon", "", "add_row", ""),
        ("plants", "country=Moon; process=mine; capacity=1; unit_cost=2", "", "add_row", ""),
    )
    found = difference(case, other)
    told = found[["what", "table", "entry", "column", "period", "until", "old", "new"]].map(str).to_numpy().tolist()
    assert ["removed", "demand", "Ally; metal; industry", "quantity", "2026", "2028", "5.0", "nan"] in told
    assert ["added", "plants", "Moon; mine; 1", "capacity", "2026", "2028", "nan", "1.0"] in told
    assert ["removed", "countries", "Ally", "member", "", "", "nan", "nan"] in told
    back = difference(other, case)
    assert (back["what"] == "added").sum() == (found["what"] == "removed").sum()


def test_a_case_is_as_itself(small: Tables) -> None:
    case = Case.from_tables(small)
    assert difference(case, case).empty
    assert list(difference(case, case)) == list(DIFFERENCE)


@pytest.mark.parametrize("name", ["double_fund", "without_islia"])
def test_only_what_a_what_if_names_differs(name: str) -> None:
    case = quadopt.read_case(ROOT / "inputs" / "tutorial.xlsx")
    found = difference(case, case.with_changes(name))
    assert set(found["table"]) == {change.table for change in case.whatifs[name].changes}
    assert set(found["column"]) == {change.column for change in case.whatifs[name].changes}


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, output = str(ROOT / "inputs" / "tutorial.xlsx"), tmp_path / "d.xlsx"
    assert main(["diff", case, "--whatif", "double_fund", "--output", str(output)]) == 0
    shown = capsys.readouterr().out
    assert "2026 to 2027" in shown
    assert "million USD per year" in shown
    table = pd.read_excel(output)
    assert table["new"].tolist() == [30, 10]
    assert main(["diff", case, "--whatif", "double_fund", "--output", str(output)]) == 1
    assert main(["diff", case, "--whatif", "double"]) == 1
    assert "did you mean 'double_fund'" in capsys.readouterr().err
    assert main(["diff", case, str(ROOT / "inputs" / "tutorial")]) == 0
    assert "The inputs are the same." in capsys.readouterr().out
    assert main(["diff", case]) == 1
