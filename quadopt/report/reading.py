"""Reads a results workbook back as the plan that was written, and says where it has been changed since."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from quadopt.errors import Finding, InputError
from quadopt.plan import Plan
from quadopt.report.keeping import Misfit, digest, is_rounded
from quadopt.report.layout import FIRST_ROW, HEAD_ROW, RECORD, letters
from quadopt.report.record import KeptColumn, KeptTable, NewerFormat, Record, run_digest
from quadopt.tables.reading import open_workbook
from quadopt.tables.schema import listed, nearest

CHANGED = "figures were changed after quadopt wrote them"
MOST_FINDINGS = 20
"""Faults that are reported of one column; the others are like them."""


def read_plan(path: str | Path) -> Plan:
    """The plan of a results workbook: the same tables with the same types and numbers, facts, options and warnings.

    Numbers are equal to the last digit, shares are the fractions that the cells hold, what was missing is missing. Not
    kept are a table's index and its values of other kinds than text, numbers, yes/no and lists (they come back as text), and rows
    beyond what a sheet holds. Where that happened, or where cells were changed after quadopt wrote them, the sheets are
    read as they stand and `warnings` says so, with sheet and column.

    Raises InputError, with every fault, its place and the nearest name: no such file, no results workbook of quadopt, a
    sheet or a column missing, a cell that its column cannot hold.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError([Finding("error", str(path), message="there is no such file")])
    with open_workbook(path) as (book, _):
        names = list(book.sheetnames)
        record = _record(path, book, names)
        found = {table.name: _Read(table) for table in record.tables}
        missing = [table for table in record.tables if table.sheet not in names]
        if missing:
            raise InputError([_no_sheet(path, table, names) for table in missing])
        for read in found.values():
            read.rows_of(book[read.table.sheet])
        run_sheet = list(book["run"].iter_rows(min_row=FIRST_ROW, values_only=True)) if "run" in names else None
    faults = [fault for read in found.values() for fault in read.faults]
    if faults:
        raise InputError(faults)
    tables = {name: read.frame() for name, read in found.items()}
    plan = Plan(**record.facts, stages=tables.pop("stages"), tables=tables)
    plan.warnings.extend(_doubts(record, list(found.values())))
    if run_sheet is None or run_digest(run_sheet) != record.run:
        plan.warnings.append(
            "the sheet run was changed after quadopt wrote it; what it says is read from the hidden record"
        )
    return plan


def _record(path: Path, book: Any, names: list[str]) -> Record:
    expected = f"a workbook written by quadopt run or plan.to_excel, with its hidden sheet {RECORD}"
    if RECORD not in names:
        message = "this is no results workbook of quadopt, or its hidden sheet was deleted"
        if "countries" in names and "plants" in names:
            message = "this seems to be a case, not a plan: read it with quadopt.read_case"
        raise InputError([Finding("error", path.name, expected=expected, message=message)])
    cells = [row[0] for row in book[RECORD].iter_rows(min_row=2, max_col=1, values_only=True)]
    try:
        return Record.read("".join(str(cell) for cell in cells if cell is not None))
    except NewerFormat:
        message = "the workbook was written by a later version of quadopt: update quadopt"
        raise InputError([Finding("error", path.name, message=message)]) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"the hidden sheet {RECORD} was changed and cannot be read"
        raise InputError([Finding("error", path.name, expected=expected, message=message)]) from None


def _no_sheet(path: Path, table: KeptTable, names: list[str]) -> Finding:
    message = f"the sheet {table.sheet} (table {table.name}) is missing"
    return Finding("error", path.name, message=message, suggestion=nearest(table.sheet, names))


@dataclass
class _Read:
    """One table as its sheet has it now."""

    table: KeptTable
    rows: int = 0
    series: dict[int, pd.Series] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    rounded: list[str] = field(default_factory=list)
    faults: list[Finding] = field(default_factory=list)

    def rows_of(self, sheet: Any) -> None:
        """Read the table from its sheet: faults are collected, changed columns noted."""
        rows = list(sheet.iter_rows(min_row=HEAD_ROW, values_only=True))
        heads = [str(cell) if cell is not None else "" for cell in rows[0]] if rows else []
        body = rows[1:]
        while body and all(cell is None for cell in body[-1]):
            body.pop()
        is_whole = 0 <= self.table.on_sheet - len(body) <= self.table.blank_tail
        self.rows = self.table.on_sheet if is_whole else len(body)
        body += [()] * (self.rows - len(body))
        for number, column in enumerate(self.table.columns):
            if column.header not in heads:
                self.faults.append(Finding(
                    "error", self.table.sheet, row=HEAD_ROW, message=f"the column {column.header!r} is missing",
                    suggestion=nearest(column.header, heads),
                ))  # fmt: skip
                continue
            at = heads.index(column.header)
            self._column(number, column, at, [row[at] if at < len(row) else None for row in body])

    def _column(self, number: int, column: KeptColumn, at: int, cells: list[Any]) -> None:
        found = column.kept.plainly(cells)
        if found is None:
            found = self._cell_by_cell(column, at, cells)
        if found is not None:
            self.series[number] = found
            if digest(found) != column.kept.digest:
                (self.rounded if is_rounded(found, column.kept) else self.changed).append(column.header)

    def _cell_by_cell(self, column: KeptColumn, at: int, cells: list[Any]) -> pd.Series | None:
        """The column, or None where cells do not fit it, which become faults."""
        values, wrong = [], 0
        for row, cell in enumerate(cells):
            try:
                values.append(column.kept.read(row, cell))
            except Misfit as misfit:
                wrong += 1
                if wrong <= MOST_FINDINGS:
                    place = f"{letters(at)}{FIRST_ROW + row}"
                    self.faults.append(Finding(
                        "error", self.table.sheet, place, FIRST_ROW + row, column.header,
                        "" if cell is None else str(cell), misfit.expected,
                        message="the cell is blank" if cell is None else "the cell does not hold what its column holds",
                    ))  # fmt: skip
        return None if wrong else column.kept.restored(values)

    def frame(self) -> pd.DataFrame:
        """The table with its columns in the order of the plan."""
        if not self.series:
            return pd.DataFrame(index=range(self.rows))
        frame = pd.concat(list(self.series.values()), axis=1)
        frame.columns = pd.Index([column.name for column in self.table.columns])
        return frame


def _doubts(record: Record, found: list[_Read]) -> list[str]:
    """What a reader of the plan must know: changed figures, and what the workbook did not keep."""
    doubts = []
    for read in found:
        if read.rows != read.table.on_sheet:
            doubts.append(f"{CHANGED}: sheet {read.table.sheet} ({read.rows:,} rows for {read.table.on_sheet:,})")
        elif read.changed:
            doubts.append(f"{CHANGED}: sheet {read.table.sheet} ({listed(read.changed)})")
        if read.table.on_sheet < read.table.rows:
            kept = f"the first {read.table.on_sheet:,} of {read.table.rows:,} rows"
            doubts.append(f"sheet {read.table.sheet} holds {kept} of the plan's table; the rest is not in the workbook")
    if any(read.rounded for read in found):
        doubts.append("another program saved the workbook with fewer digits: numbers are rounded from the 15th on")
    doubts += [f"not kept by the workbook: {text}" for text in record.lost]
    return doubts
