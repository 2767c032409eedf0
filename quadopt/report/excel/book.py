"""A workbook of sheets: the file, its properties, every sheet with its tab and print setup."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from quadopt.report.cells import print_text
from quadopt.report.excel.blocks import write_blocks
from quadopt.report.excel.pen import Pen
from quadopt.report.excel.tables import write_table
from quadopt.report.layout import HEAD_ROW, Place, places
from quadopt.report.parts import Sheet
from quadopt.tables.writing import new_workbook


@contextmanager
def new_book(path: str | os.PathLike[str], force: bool) -> Iterator[xlsxwriter.Workbook]:
    """A workbook that appears at its place whole or not at all.

    Raises FileExistsError where the file exists and ``force`` is false; ValueError where the name does not end in .xlsx;
    OSError where the folder cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise ValueError(f"{target}: the name of a workbook ends in .xlsx")
    with new_workbook(target, force=force) as book:
        yield book


def write_sheets(
    book: xlsxwriter.Workbook,
    sheets: list[Sheet],
    title: str,
    model_name: str,
    currency: str,
    colour: Callable[[str], str] | None = None,
) -> dict[str, Place]:
    """Writes the sheets in order and returns where each stands; ``colour`` gives the tab of a sheet its colour."""
    book.set_properties({**book.doc_properties, "title": title, "subject": f"model file {model_name}"})
    pen = Pen(book, currency)
    where = places(sheets, currency)
    for number, sheet in enumerate(sheets, start=1):
        page = book.add_worksheet(where[sheet.name].sheet)
        if colour is not None:
            page.set_tab_color(colour(sheet.name))
        _print_setup(page, sheet, title)
        if sheet.blocks:
            write_blocks(pen, page, sheet, where)
        else:
            write_table(pen, page, sheet, number, where, title)
    return where


def _print_setup(page: Worksheet, sheet: Sheet, title: str) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
    page.set_header(f"&L{print_text(title, 110)}&R{print_text(sheet.title, 60)}")
    page.set_footer(f"&L{print_text(sheet.sentence, 120)}&RPage &P of &N")
    if not sheet.blocks:
        page.repeat_rows(HEAD_ROW - 1)
