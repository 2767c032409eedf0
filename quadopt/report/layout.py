"""Where everything stands in a results workbook: rows, sheet names, headers, and the range of every column.

The one source for the writer, the charts, the formulas of the checks, and reading a workbook back. Every sheet that
holds a table has the same rows:

| row | holds |
| --- | --- |
| 1 | the sentence that says what the sheet shows |
| 2 | a link back to the contents, and the plan's title |
| 3 | headers with units, the filters on them |
| 4 and on | one record a row |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from quadopt.report.cells import LAST_ROW, sheet_name, unique_headers
from quadopt.report.parts import Sheet

SENTENCE_ROW, BACK_ROW, HEAD_ROW, FIRST_ROW = 1, 2, 3, 4
"""Rows of a sheet that holds a table, counted from 1 as in Excel."""
RECORD = "quadopt_record"
"""The hidden sheet by which a workbook is read back; no other sheet may have its name."""
MOST_ROWS = LAST_ROW - HEAD_ROW
"""Records that a sheet can hold; what is beyond is cut, and the sheet's sentence says so."""


@dataclass(frozen=True)
class Place:
    """Where a table stands: name of its sheet in the workbook, column name -> header in order, number of records."""

    table: str
    sheet: str
    headers: dict[str, str]
    rows: int

    @property
    def last_row(self) -> int:
        """The last row of the table, as in Excel; a table without records keeps one blank row."""
        return HEAD_ROW + max(self.rows, 1)

    def column(self, name: str) -> int:
        """The number of a column, from 0. Raises KeyError for a column that the sheet does not have."""
        return list(self.headers).index(name) if name in self.headers else _missing(self.table, name)

    def letter(self, name: str) -> str:
        """The letters of a column, ``AB``. Raises KeyError for a column that the sheet does not have."""
        return letters(self.column(name))

    def range(self, name: str) -> str:
        """The A1 range of a column's data with its sheet: ``'trade'!$E$4:$E$90``. Raises KeyError as `column`."""
        letter = self.letter(name)
        return f"{self.quoted}!${letter}${FIRST_ROW}:${letter}${self.last_row}"

    def cell(self, name: str, record: int) -> str:
        """The A1 address of a column's cell in a record (from 0) with its sheet. Raises KeyError as `column`."""
        return f"{self.quoted}!${self.letter(name)}${FIRST_ROW + record}"

    @property
    def quoted(self) -> str:
        """The sheet's name as formulas take it."""
        return "'" + self.sheet.replace("'", "''") + "'"


def _missing(table: str, name: str) -> int:
    raise KeyError(f"the sheet {table} has no column {name}")


def letters(number: int) -> str:
    """The letters of a column from its number (from 0): 0 is ``A``, 26 is ``AA``."""
    found = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def places(sheets: Iterable[Sheet], currency: str) -> dict[str, Place]:
    """Sheet's name in the library -> where it stands in the workbook; sheets of blocks have no columns."""
    found: dict[str, Place] = {}
    names: list[str] = [RECORD]
    for sheet in sheets:
        names.append(sheet_name(sheet.name, names))
        heads = unique_headers(column.header(currency) for column in sheet.columns)
        by_name = dict(zip((column.name for column in sheet.columns), heads, strict=True))
        found[sheet.name] = Place(sheet.name, names[-1], by_name, min(len(sheet.frame), MOST_ROWS))
    return found


def shown(sheet: Sheet) -> pd.DataFrame:
    """The records of a sheet that fit on it."""
    return sheet.frame.iloc[:MOST_ROWS]
