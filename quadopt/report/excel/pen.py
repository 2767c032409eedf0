"""Cell formats, each made once, and the one way to put a value into a cell."""

from __future__ import annotations

from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from quadopt.report.cells import Formula, plain
from quadopt.report.parts import GREEN, VERMILLION
from quadopt.report.schema import FORMATS, Column, is_text, kind_of_unit
from quadopt.tables.writing import Exact

ROW_HEIGHT = 15
"""Height of a row of one line, in points."""


class Pen:
    """The workbook with its formats, each made once."""

    def __init__(self, book: xlsxwriter.Workbook, currency: str) -> None:
        self.book, self.currency = book, currency
        self.formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def format(self, **wanted: Any) -> Format:
        """A cell format with the wanted properties."""
        key = tuple(sorted(wanted.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"valign": "top", **wanted})
        return self.formats[key]

    def cell(self, column: Column, row: Any, place: int, **more: Any) -> Format:
        """The format of a cell of the column at a place; a figure whose unit stands in its row follows that unit."""
        kind = kind_of_unit(row.get("unit", "")) if column.kind == "by_unit" else column.kind
        wanted: dict[str, Any] = {"num_format": FORMATS.get(kind, "General")}
        if kind in ("wide", "text", "plain", "link", "verdict"):
            wanted |= {"align": "left", "indent": min(place, 1)}
        return self.format(**wanted, **({"text_wrap": True} if kind == "wide" else {}), **more)

    def grey(self, is_grey: bool) -> dict[str, str]:
        """What a grey cell has beside its format; nothing for others. The grey is as light as is still read with ease."""
        return {"font_color": "#767676"} if is_grey else {}

    def head(self, column: Column, place: int) -> Format:
        """The format of the header of the column at a place."""
        side = {"align": "left", "indent": min(place, 1)} if is_text(column) else {"align": "right"}
        return self.format(bold=True, text_wrap=True, bg_color="#DCE6EE", bottom=1, **side)

    def link(self) -> Format:
        """The format of a link to another sheet."""
        return self.format(font_color="#0072B2", underline=1)


def put(page: Worksheet, row: int, place: int, value: Any, style: Format) -> None:
    """Write one value as what it is; what is missing is blank.

    Only a `Formula` becomes a formula, with its cached value; text is never a formula, a link or a number.
    """
    cell = plain(value)
    if isinstance(value, Formula):
        page.write_formula(row, place, f"={value.text}", style, "" if cell is None else cell)
    elif cell is None:
        page.write_blank(row, place, None, style)
    elif isinstance(cell, bool):
        page.write_boolean(row, place, cell, style)
    elif isinstance(cell, str):
        page.write_string(row, place, cell, style)
    else:
        page.write_number(row, place, Exact(cell), style)


def colour_verdicts(pen: Pen, page: Worksheet, first: int, place: int, last: int, last_place: int) -> None:
    """Colour the cells of a range by what they say now: what holds bluish green, what fails vermillion."""
    for text, colour in (("fail", VERMILLION), ("hold", GREEN)):
        style = pen.book.add_format({"bg_color": colour, "font_color": "#FFFFFF", "bold": True})
        rule = {"type": "text", "criteria": "containing", "value": text, "format": style, "stop_if_true": True}
        page.conditional_format(first, place, last, last_place, rule)
