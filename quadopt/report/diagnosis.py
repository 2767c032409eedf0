"""The workbook of a diagnosis: what it says, the rules that conflict, the facts, the cheapest repair and what alone suffices."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from quadopt.reasons.diagnosis import Diagnosis
from quadopt.report.columns import MONEY
from quadopt.report.excel.book import new_book, write_sheets
from quadopt.report.parts import Sheet
from quadopt.report.schema import Column, Table

_SHEET = Column("sheet", "Sheet", meaning="sheet or file of the input, or the model file")
_COLUMN = Column("column", "Column", meaning="its column, or the model file's key")
_ENTRY = Column("entry", "Entry", meaning="the row's key")
_UNIT = Column("unit", "Unit", meaning="unit of the values")
_CHANGE = (
    _SHEET,
    Column("row", "Row", "", "count", "row of the sheet or line of the file"),
    _COLUMN,
    _ENTRY,
    Column("periods", "Periods", meaning="for which it holds; blank: all"),
    Column("old", "Old value", kind="as_given", meaning="as it stands"),
    Column("new", "New value", kind="as_given", meaning="the nearest that suffices, rounded away from the old one"),
    _UNIT,
    Column("counts", "Gives way by", MONEY, "money", "what the change counts, see the sheet diagnosis"),
    Column("change", "Change in words", kind="wide", meaning="the change as a sentence"),
)

DIAGNOSIS: tuple[Table, ...] = (
    Table("diagnosis", "Diagnosis", "Why no plan meets all rules, and what would mend it.",
          (Column("line", "In words", kind="wide", meaning="line by line"),)),
    Table("conflict", "Conflict", "Rules of the input that no plan keeps together; leaving out any one of them lets a plan.", (
        Column("rule", "Rule", "", "count", "number of the rule"),
        _SHEET,
        Column("rows", "Rows", meaning="rows of the sheet or lines of the file"),
        _COLUMN,
        _ENTRY,
        Column("kind", "Kind", meaning="what kind of rule it is"),
        Column("value", "Value", meaning="as it stands, in each of its periods where they differ"),
        _UNIT,
        Column("words", "In words", kind="wide", meaning="the rule as a sentence"),
    )),
    Table("facts", "Facts", "What the conflict rests on beside the rules: these are no rules of the user's.",
          (Column("fact", "Fact", kind="wide", meaning="the fact as a sentence"),)),
    Table("repair", "Cheapest repair", "New values that make a plan possible and give least in all; all of them together.",
          _CHANGE),
    Table("alternatives", "Alternatives", "Repairs by changing one rule of the conflict alone: any one number suffices.",
          (Column("alternative", "Alternative", "", "count", "changes of one number belong together"), *_CHANGE)),
)  # fmt: skip
"""The tables of a diagnosis, in the reader's order."""


def write_diagnosis(diagnosis: Diagnosis, path: str | Path, force: bool = False) -> Path:
    """Writes the workbook and returns its path.

    Raises `FileExistsError` where the file is there already and `force` is not given, `ValueError` where its name does not
    end in .xlsx.
    """
    sheets = [_sheet(table, diagnosis) for table in DIAGNOSIS]
    title = f"{diagnosis.title}, model file {diagnosis.model_name}"
    with new_book(path, force) as book:
        write_sheets(book, sheets, title, diagnosis.model_name, diagnosis.currency)
    return Path(path)


def _sheet(table: Table, diagnosis: Diagnosis) -> Sheet:
    frames = {
        "diagnosis": pd.DataFrame({"line": diagnosis.text.splitlines()}),
        "conflict": diagnosis.conflict,
        "facts": pd.DataFrame({"fact": diagnosis.facts}),
        "repair": diagnosis.repair,
        "alternatives": diagnosis.alternatives,
    }
    frame = frames[table.name][[column.name for column in table.columns]]
    return Sheet(table.name, table.title, table.sentence, table.columns, frame)
