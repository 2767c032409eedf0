"""Writes the sheets of a plan as an Excel workbook."""

from __future__ import annotations

import os
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from quadopt.plan import Plan
from quadopt.report.cells import plain
from quadopt.report.excel.book import new_book, write_sheets
from quadopt.report.groups import group_of
from quadopt.report.layout import RECORD
from quadopt.report.record import SENTENCE, Record
from quadopt.report.sheets import all_sheets


def write_workbook(plan: Plan, path: str | os.PathLike[str], force: bool = False) -> Path:
    """Write the plan as an Excel workbook and return its path.

    The file appears whole or not at all: it is written beside its place and moved there at the end.

    Raises FileExistsError, before any work, where the file exists and ``force`` is false; ValueError where the name
    does not end in .xlsx; OSError where the folder cannot be written.
    """
    with new_book(path, force) as book:
        sheets = all_sheets(plan)
        title = str(plain(plan.title) or "Plan")
        where = write_sheets(book, sheets, title, plan.model_name, plan.currency, lambda name: group_of(name).colour)
        _write_record(book.add_worksheet(RECORD), Record.of(plan, sheets, where))
    return Path(path)


def _write_record(page: Worksheet, record: Record) -> None:
    """The record on a sheet of its own, hidden also from the list of hidden sheets."""
    page.very_hidden()
    page.write_string(0, 0, SENTENCE)
    for row, text in enumerate(record.chunks(), start=1):
        page.write_string(row, 0, text)
