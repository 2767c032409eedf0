"""A workbook (.xlsx) or a folder of CSV files to raw tables, each value knowing its sheet and cell.

Nothing is guessed: text stays text ("NA" is Namibia), numbers stay numbers, and formulas count only with the value that
the spreadsheet stored for them.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quadopt.errors import Finding, InputError
from quadopt.tables.catalogue import TABLES
from quadopt.tables.raw import RawTable, RawTables, header_of, is_blank, unknown_table
from quadopt.tables.schema import column_name, listed
from quadopt.tables.zipscan import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Refused, SheetScan, WorkbookScan, scan

IGNORED_SHEETS = {"notes", "sources", "readme", "lists"}
"""Sheets that may stand beside the tables and are not read."""

Rows = Iterator[tuple[int, list[Any]]]

__all__ = ["IGNORED_SHEETS", "RawTables", "open_workbook", "read_raw"]


def read_raw(path: str | Path) -> RawTables:
    """Read all tables of a workbook or of a folder of CSV files.

    Faults that leave the rest readable are in `.findings` of what is returned. Raises InputError where nothing can be
    read: no such file, not a workbook, a hostile or damaged one, a folder without tables.
    """
    path = Path(path)
    if path.is_dir():
        raw = _read_folder(path)
    elif path.exists():
        raw = _read_workbook(path)
    else:
        raise InputError([Finding("error", str(path), message="there is no such file or folder")])
    if not raw.tables:
        expected = "sheets (or CSV files) named " + ", ".join(TABLES)
        found = Finding("error", path.name, expected=expected, message="no table was found")
        raise InputError([*raw.findings, found])
    return raw


def _add_table(raw: RawTables, name: str, sheet: str, medium: Any, rows: Rows) -> None:
    """Make a raw table of a sheet's rows; the first row holds the headers, blank rows are left out."""
    if name in raw.tables:
        raw.findings.append(Finding("error", sheet, message=f"a second sheet for the table {name}"))
        return
    headers: list[str] = []
    table = RawTable(name, sheet, medium, headers)
    for number, values in rows:
        if number == 1:
            headers.extend(header_of(name, value) for value in values)
        elif not all(is_blank(value) for value in values):
            while len(headers) < len(values):
                headers.append("")
            values.extend([None] * (len(headers) - len(values)))
            table.rows.append(values)
            table.numbers.append(number)
    for values in table.rows:
        values.extend([None] * (len(headers) - len(values)))
    if table.rows and not any(headers):
        raw.findings.append(Finding("error", sheet, row=1, expected="the names of the columns: "
                                    + ", ".join(TABLES[name].names), message="the first row is blank"))  # fmt: skip
    raw.tables[name] = table


def _read_folder(folder: Path) -> RawTables:
    raw = RawTables(source=folder)
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() != ".csv" or not file.is_file():
            continue
        name = column_name(file.stem)
        if name in TABLES:
            _read_csv(raw, name, file)
        elif name not in IGNORED_SHEETS:
            raw.findings.append(unknown_table(file.name))
    return raw


def _read_csv(raw: RawTables, name: str, file: Path) -> None:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise csv.Error(f"the file is larger than {MOST_BYTES / 1e6:.0f} MB")
        with file.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            stream.seek(0)
            separator = ";" if ";" in first and "," not in first else ","
            _add_table(raw, name, file.name, "csv", _csv_rows(csv.reader(stream, delimiter=separator, strict=True)))
    except UnicodeDecodeError:
        raw.findings.append(Finding("error", file.name, message="the file is not UTF-8 text", expected="CSV UTF-8"))
    except (csv.Error, OSError) as error:
        raw.findings.append(Finding("error", file.name, message=f"the file cannot be read: {error}"))


def _csv_rows(reader: Any) -> Rows:
    """Rows with the number of their first line (a quoted value may span lines)."""
    line = 1
    for values in reader:
        if line > MOST_ROWS or len(values) > MOST_COLUMNS:
            raise csv.Error(f"more than {MOST_ROWS} lines or {MOST_COLUMNS} columns (line {line})")
        yield line, values
        line = reader.line_num + 1


def _read_workbook(path: Path) -> RawTables:
    raw = RawTables(source=path)
    with open_workbook(path, raw.findings) as (workbook, scanned):
        for sheet in workbook.worksheets:
            title = str(sheet.title)
            name = column_name(title)
            if name in TABLES:
                part = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
                _check_formulas(raw, title, scanned.sheets.get(part), scanned.recalculates)
                sheet.reset_dimensions()
                _add_table(raw, name, title, "workbook", _sheet_rows(sheet))
            elif name not in IGNORED_SHEETS:
                raw.findings.append(unknown_table(title))
    return raw


@contextmanager
def open_workbook(path: Path, findings: list[Finding] | None = None) -> Iterator[tuple[Any, WorkbookScan]]:
    """A workbook open for reading (openpyxl, values only), with what was seen of it before.

    Raises InputError, with `findings` before its own, where it may not be read, is hostile or damaged, also while it is read.
    """
    import openpyxl

    try:
        scanned = scan(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            try:
                yield workbook, scanned
            finally:
                workbook.close()
    except InputError:
        raise
    except Refused as refused:
        raise InputError([refused.finding]) from None
    except PermissionError:
        message = "the file may not be read (is it open elsewhere?)"
        raise InputError([Finding("error", path.name, message=message)]) from None
    except Exception as error:  # noqa: BLE001 - openpyxl, zipfile and expat raise a dozen kinds on damaged files
        message = f"the workbook is damaged or no .xlsx file ({type(error).__name__}: {error})"
        raise InputError([*(findings or []), Finding("error", path.name, message=message)]) from None


def _sheet_rows(sheet: Any) -> Rows:
    """Rows without their blank tail."""
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        values = list(row)
        while values and is_blank(values[-1]):
            values.pop()
        yield number, values


def _check_formulas(raw: RawTables, title: str, scanned: SheetScan | None, recalculates: bool) -> None:
    """Formulas count only with a stored value that the spreadsheet program stands for."""
    if scanned is None:
        return
    doubtful = scanned.without_value + (scanned.formulas if recalculates else [])
    if doubtful:
        raw.findings.append(Finding(
            "error", title, cell=doubtful[0], expected="values, or formulas whose values are stored",
            message=f"formulas without a value stored by a spreadsheet program ({listed(doubtful)}): open the file in "
            "Excel or LibreOffice, save it there, and run again",
        ))  # fmt: skip
