"""A folder of CSV files as one workbook, with a sheet that says what each source supports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from quadopt.errors import InputError
from quadopt.tables.catalogue import COMMON, TABLES
from quadopt.tables.raw import RawTable, RawTables, is_blank
from quadopt.tables.reading import read_raw
from quadopt.tables.schema import Table, clean
from quadopt.tables.values import Fault, to_number
from quadopt.tables.writing import as_number, new_workbook, write_row

_COMMON = {column.name for column in COMMON}
QUALITIES = ("reported", "derived", "assumed")


def build_workbook(folder: str | Path, path: str | Path, force: bool = False) -> None:
    """Write a folder of CSV tables (and its README.md) as one workbook: a sheet a table, in the catalogue's order.

    Numbers become numbers, all other text stays text. Raises InputError where the folder cannot be read and
    FileExistsError where the workbook exists and `force` is not given.
    """
    folder = Path(folder)
    raw = read_raw(folder)
    if any(finding.severity == "error" for finding in raw.findings):
        raise InputError(raw.findings)
    with new_workbook(path, force=force) as workbook:
        header = workbook.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1})
        for name, table in TABLES.items():
            if name in raw.tables:
                _write_table(workbook.add_worksheet(name), table, raw.tables[name], header)
        _write_sources(workbook.add_worksheet("sources"), raw, header)
        readme = folder / "README.md"
        if readme.is_file():
            _write_notes(workbook, readme.read_text(encoding="utf-8"))


def _write_table(sheet: Any, table: Table, raw: RawTable, header: Any) -> None:
    write_row(sheet, 0, raw.headers, header)
    for column in range(len(raw.headers)):
        if raw.headers[column].isdigit():
            sheet.write_number(0, column, int(raw.headers[column]), header)
    for number, cells in enumerate(raw.rows, start=1):
        write_row(sheet, number, [_content(table, name, cell) for name, cell in zip(raw.headers, cells, strict=True)])
    for position, name in enumerate(raw.headers):
        longest = max([len(name) + 3, *(len(str(row[position])) for row in raw.rows if not is_blank(row[position]))])
        sheet.set_column(position, position, min(max(longest + 1, 8), 40))
    sheet.freeze_panes(1, 0)
    if raw.headers:
        sheet.autofilter(0, 0, max(len(raw.rows), 1), len(raw.headers) - 1)


def _content(table: Table, name: str, cell: Any) -> Any:
    """A cell as it goes into the workbook: a number where the column holds numbers or nothing is lost by it."""
    if is_blank(cell):
        return None
    if name in _COMMON or (name not in table.names and not table.varying):
        return cell
    if name not in table.names or table.column(name).type == "number":
        try:
            return cell if "%" in cell else to_number(cell)
        except Fault:
            return cell
    return as_number(cell)


def sources_of(tables: Mapping[str, pd.DataFrame]) -> list[tuple[Any, ...]]:
    """(table, source, rows, reported, derived, assumed, row numbers in the sheet) for each source of each table.

    `tables` are rows as read, with their row numbers as index, as in `Case.raw`.
    """
    found = []
    for name in TABLES:
        if name not in tables:
            continue
        groups: dict[str, list[tuple[int, str]]] = {}
        frame = tables[name]
        sources = frame["source"] if "source" in frame else [""] * len(frame)
        qualities = frame["quality"] if "quality" in frame else [""] * len(frame)
        for number, source, quality in zip(frame.index, sources, qualities, strict=True):
            groups.setdefault(clean(source) or "(none given)", []).append((number, clean(quality).casefold()))
        for source, rows in groups.items():
            counts = [sum(quality == each for _, quality in rows) for each in QUALITIES]
            found.append((name, source, len(rows), *counts, _runs([number for number, _ in rows])))
    return found


def _runs(numbers: list[int]) -> str:
    """Row numbers with runs shortened: "2-15, 20"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)


def _write_sources(sheet: Any, raw: RawTables, header: Any) -> None:
    write_row(sheet, 0, ("table", "source", "rows", *QUALITIES, "row numbers"), header)
    rows = sources_of(raw.frames())
    for number, row in enumerate(rows, start=1):
        write_row(sheet, number, row)
    for position, width in enumerate((13, 80, 8, 10, 10, 10, 60)):
        sheet.set_column(position, position, width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), 6)


def _write_notes(workbook: Any, text: str) -> None:
    sheet = workbook.add_worksheet("notes")
    sheet.set_column(0, 0, 140, workbook.add_format({"text_wrap": True, "valign": "top"}))
    for row, line in enumerate(text.splitlines()):
        write_row(sheet, row, (line,))
