"""Writes the sheets of a plan as an Excel workbook."""

from __future__ import annotations

import os
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from quadopt.plan import Plan
from quadopt.report.cells import plain, print_text
from quadopt.report.excel.blocks import write_blocks
from quadopt.report.excel.pen import Pen
from quadopt.report.excel.tables import write_table
from quadopt.report.groups import group_of
from quadopt.report.layout import HEAD_ROW, RECORD, places
from quadopt.report.parts import Sheet
from quadopt.report.record import SENTENCE, Record
from quadopt.report.sheets import all_sheets
from quadopt.tables.writing import new_workbook


def write_workbook(plan: Plan, path: str | os.PathLike[str], force: bool = False) -> Path:
    """Write the plan as an Excel workbook and return its path.

    The file appears whole or not at all: it is written beside its place and moved there at the end.

    Raises FileExistsError, before any work, where the file exists and ``force`` is false; ValueError where the name
    does not end in .xlsx; OSError where the folder cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise ValueError(f"{target}: the name of a workbook ends in .xlsx")
    with new_workbook(target, force=force) as book:
        _write(plan, book)
    return target


def _write(plan: Plan, book: xlsxwriter.Workbook) -> None:
    title = str(plain(plan.title) or "Plan")
    book.set_properties({"title": title, "subject": f"model file {plan.model_name}"})
    pen = Pen(book, plan.currency)
    sheets = all_sheets(plan)
    where = places(sheets, plan.currency)
    for number, sheet in enumerate(sheets, start=1):
        page = book.add_worksheet(where[sheet.name].sheet)
        page.set_tab_color(group_of(sheet.name).colour)
        _print_setup(page, sheet, title)
        if sheet.blocks:
            write_blocks(pen, page, sheet, where)
        else:
            write_table(pen, page, sheet, number, where, title)
    _write_record(book.add_worksheet(RECORD), Record.of(plan, sheets, where))


def _write_record(page: Worksheet, record: Record) -> None:
    """The record on a sheet of its own, hidden also from the list of hidden sheets."""
    page.very_hidden()
    page.write_string(0, 0, SENTENCE)
    for row, text in enumerate(record.chunks(), start=1):
        page.write_string(row, 0, text)


def _print_setup(page: Worksheet, sheet: Sheet, title: str) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
    page.set_header(f"&L{print_text(title, 110)}&R{print_text(sheet.title, 60)}")
    page.set_footer(f"&L{print_text(sheet.sentence, 120)}&RPage &P of &N")
    if not sheet.blocks:
        page.repeat_rows(HEAD_ROW - 1)
