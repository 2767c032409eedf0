"""The rows as they stand in the input, each value knowing its sheet and cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from quadopt.errors import Finding, Severity
from quadopt.tables.catalogue import COMMON, SETTINGS, TABLES
from quadopt.tables.schema import clean, column_name, label, nearest

Medium = Literal["workbook", "csv", "python"]


def column_letter(position: int) -> str:
    """The spreadsheet's name of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def header_of(table: str, value: Any) -> str:
    """A header as it is known: a column's name however it is spelled, else the label as it stands ("" for blank)."""
    if is_blank(value):
        return ""
    name = column_name(value)
    known = {*TABLES[table].names, *(column.name for column in COMMON)}
    return name if name in known else label(value)


def is_blank(value: Any) -> bool:
    """None, text of spaces only and the missing values of pandas."""
    if value is None:
        return True
    if isinstance(value, str):
        return not clean(value)
    if isinstance(value, (list, tuple)):
        return len(value) == 0
    return bool(pd.isna(value))


@dataclass
class RawTable:
    """One table as read: `headers` by position ("" blank), `rows` of values by position, `numbers` of their rows."""

    name: str
    sheet: str
    medium: Medium
    headers: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def finding(
        self, severity: Severity, message: str, *, row: int | None = None, column: str = "", value: Any = "",
        expected: str = "", suggestion: str = "",
    ) -> Finding:  # fmt: skip
        """A finding that points into this table; `row` is the row's number in the sheet."""
        cell = ""
        if self.medium == "workbook" and row is not None and column in self.headers:
            cell = f"{column_letter(self.headers.index(column))}{row}"
        shown = "" if value is None else str(value)
        return Finding(severity, self.sheet, cell, row, column, shown, expected, suggestion, message)

    def frame(self) -> pd.DataFrame:
        """The rows as a data frame of text as read (columns with a header only; blank cells are "").

        Its index is the row's number in the sheet or file, which `attrs` name.
        """
        kept = [(position, header) for position, header in enumerate(self.headers) if header]
        data = {
            header: ["" if is_blank(row[position]) else row[position] for row in self.rows] for position, header in kept
        }
        frame = pd.DataFrame(data, columns=[header for _, header in kept], index=self.numbers, dtype=object)
        frame.attrs |= {"sheet": self.sheet, "medium": self.medium}
        return frame

    @classmethod
    def from_frame(cls, name: str, frame: pd.DataFrame) -> RawTable:
        """The table that was made a data frame by `frame`, its row numbers kept."""
        sheet, medium = frame.attrs.get("sheet", name), frame.attrs.get("medium", "python")
        return cls(
            name, sheet, medium, list(frame.columns), frame.to_numpy(dtype=object).tolist(), frame.index.tolist()
        )


@dataclass
class RawTables:
    """All tables as read, by name, with what reading them found. `source` is the file or folder."""

    tables: dict[str, RawTable] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    source: Path | None = None

    def frames(self) -> dict[str, pd.DataFrame]:
        """The rows of every table as read, with source, quality and note."""
        return {name: table.frame() for name, table in self.tables.items()}

    @classmethod
    def from_python(cls, tables: Mapping[str, Any]) -> RawTables:
        """Tables from data frames, lists of dicts or (settings) a dict of names to values.

        `settings` may also be one row with a column a setting. Names that are no table are warned about, as in a file.
        """
        raw = cls()
        for given, content in tables.items():
            name = column_name(given)
            if name not in TABLES:
                raw.findings.append(unknown_table(str(given)))
                continue
            records = _records(name, content)
            spelled: dict[str, Any] = {}
            for record in records:
                for key in record:
                    spelled.setdefault(header_of(name, key), key)
            headers = list(spelled) or list(TABLES[name].names)
            table = RawTable(name, str(given), "python", headers)
            for number, record in enumerate(records, start=1):
                values = {header_of(name, key): value for key, value in record.items()}
                row = [values.get(header) for header in headers]
                if not all(is_blank(value) for value in row):
                    table.rows.append(row)
                    table.numbers.append(number)
            raw.tables[name] = table
        return raw


def table_of(name: str, rows: pd.DataFrame, numbers: list[int] | None = None, sheet: str = "") -> RawTable:
    """Rows of a table as stated, as a raw table."""
    cells = rows.to_numpy(dtype=object).tolist()
    return RawTable(name, sheet or name, "python", list(rows.columns), cells, numbers or list(range(1, len(rows) + 1)))


def unknown_table(name: str) -> Finding:
    """The warning for a sheet or file whose name is no table."""
    return Finding(
        "warning", sheet=name, expected="one of " + ", ".join(TABLES), suggestion=nearest(clean(name), TABLES),
        message="this is no table of the model and is not read",
    )  # fmt: skip


def _records(name: str, content: Any) -> Sequence[Mapping[Any, Any]]:
    """Rows as mappings, whatever they were given as."""
    if content is None:
        return []
    if isinstance(content, pd.DataFrame):
        columns = list(content.columns)
        records: list[Mapping[Any, Any]] = [
            dict(zip(columns, row, strict=True)) for row in content.itertuples(index=False, name=None)
        ]
    elif isinstance(content, Mapping):
        records = [content]
    elif isinstance(content, Iterable):
        records = [dict(record) for record in content]
    else:
        raise TypeError(f"table {name}: a data frame or a list of dicts is expected, not {type(content).__name__}")
    if name == "settings":
        known = {column.name for column in SETTINGS}
        flat = [record for record in records if known & {column_name(key) for key in record}]
        if len(flat) == len(records):
            return [{"name": key, "value": value} for record in flat for key, value in record.items()]
    return records
