"""Origins: in which sheet, row and column an input value stands, for those who explain an answer in the user's words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quadopt.errors import Finding
from quadopt.tables.case import Case
from quadopt.tables.raw import RawTable, RawTables
from quadopt.tables.typed import TypedRow, TypedTable, type_tables


@dataclass(frozen=True)
class Origin:
    """One cell of the input: its sheet (or CSV file), the number of its row (None: it has none) and its header."""

    sheet: str
    row: int | None
    column: str

    @property
    def place(self) -> str:
        """The sheet and row in words, "fund, row 7" or "fund.csv, line 7"."""
        return Finding("warning", self.sheet, row=self.row).place


class Origins:
    """The cells of a case's tables, by table, key, column and period."""

    def __init__(self, case: Case) -> None:
        self._raw = RawTables({name: RawTable.from_frame(name, frame) for name, frame in case.raw.items()})

    @cached_property
    def _typed(self) -> dict[str, TypedTable]:
        return type_tables(self._raw, [])

    @cached_property
    def _rows(self) -> dict[tuple[str, tuple[Any, ...], str], TypedRow]:
        """(table, key, period or "") -> the first row that has them."""
        found: dict[tuple[str, tuple[Any, ...], str], TypedRow] = {}
        for name, typed in self._typed.items():
            for position, row in enumerate(typed.rows):
                key = typed.key(row) if typed.table.key else (position,)
                found.setdefault((name, key, row.get("period") or ""), row)
        return found

    def row(self, table: str, key: tuple[Any, ...], column: str, period: str = "") -> tuple[TypedRow | None, str]:
        """The row that a value of a normalised table was read from, and the header above its cell; see `find`."""
        typed = self._typed.get(table)
        if typed is None:
            return None, column
        dated, undated = self._rows.get((table, key, period)), self._rows.get((table, key, ""))
        if period and dated is not None and (dated.get(column) is not None or undated is None):
            return dated, column
        is_wide = undated is not None and period in typed.wide_periods and column == typed.table.varying[0].name
        return (dated, column) if undated is None else (undated, period if is_wide else column)

    def find(self, table: str, key: tuple[Any, ...], column: str, period: str = "") -> Origin:
        """The cell that a value of a normalised table was read from; `period` only where the column varies.

        A blank cell in a dated row leads to the undated row, a wide table to the column headed by the period. In a table
        without a key the key is the row's position, from 0.
        """
        row, header = self.row(table, key, column, period)
        sheet = self._typed[table].raw.sheet if table in self._typed else table
        return Origin(sheet, None if row is None else row.number, header)
