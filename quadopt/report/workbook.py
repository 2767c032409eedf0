"""Writes the sheets of a plan as an Excel workbook; the only file of the report that knows XlsxWriter."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from quadopt.plan import Plan
from quadopt.report.blocks import VERMILLION, Block, Chart, Charts
from quadopt.report.cells import LAST_ROW, lines_needed, plain, print_text, sheet_name, unique_headers, width
from quadopt.report.schema import FORMATS, Column, kind_of_unit
from quadopt.report.sheets import Sheet, all_sheets
from quadopt.tables.writing import new_workbook

GRID = (30, 16, 25, *(13.5,) * 7)
"""Widths of the summary's columns in characters; every block lies on this grid."""
CHART_ROWS, ROW_HEIGHT = 17, 15


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
    pen = _Pen(book, plan.currency)
    sheets = all_sheets(plan)
    names: dict[str, str] = {}
    for sheet in sheets:
        names[sheet.name] = sheet_name(sheet.name, names.values())
    for place, sheet in enumerate(sheets, start=1):
        page = book.add_worksheet(names[sheet.name])
        _print_setup(page, sheet, title)
        if sheet.blocks:
            _summary(pen, page, sheet, {other.name: other for other in sheets}, names)
        else:
            _table(pen, page, sheet, place, names)


class _Pen:
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
        if kind in ("wide", "text", "plain", "link"):
            wanted |= {"align": "left", "indent": min(place, 1)}
        return self.format(**wanted, **({"text_wrap": True} if kind == "wide" else {}), **more)

    def head(self, column: Column, place: int) -> Format:
        """The format of the header of the column at a place."""
        side = {"align": "left", "indent": min(place, 1)} if _is_text(column) else {"align": "right"}
        return self.format(bold=True, text_wrap=True, bg_color="#DCE6EE", bottom=1, **side)


def put(page: Worksheet, row: int, place: int, value: Any, style: Format) -> None:
    """Write one value as what it is: text is never a formula, a link or a number; what is missing is blank."""
    cell = plain(value)
    if cell is None:
        page.write_blank(row, place, None, style)
    elif isinstance(cell, bool):
        page.write_boolean(row, place, cell, style)
    elif isinstance(cell, str):
        page.write_string(row, place, cell, style)
    else:
        page.write_number(row, place, cell, style)


def _is_text(column: Column) -> bool:
    return column.kind in ("text", "wide", "plain", "link")


def _table(pen: _Pen, page: Worksheet, sheet: Sheet, place: int, names: dict[str, str]) -> None:
    """A sheet with its headers in row 1, as an Excel table; an empty one keeps one blank row."""
    frame = sheet.frame.iloc[: LAST_ROW - 1]
    heads = unique_headers(column.header(pen.currency) for column in sheet.columns)
    if not heads:
        return
    rows = max(len(frame), 1)
    name = re.sub(r"\W", "_", f"table_{place}_{sheet.name}", flags=re.ASCII)[:200]
    columns = [
        {"header": head, "header_format": pen.head(column, at)}
        for at, (head, column) in enumerate(zip(heads, sheet.columns, strict=True))
    ]
    page.add_table(0, 0, rows, len(heads) - 1, {"name": name, "style": "Table Style Light 1", "columns": columns})
    units = frame["unit"].tolist() if "unit" in frame else [""] * len(frame)
    for at, (head, column) in enumerate(zip(heads, sheet.columns, strict=True)):
        styles = {unit: pen.cell(column, {"unit": unit}, at) for unit in set(map(str, units))}
        values = frame.iloc[:, at].tolist()
        for row, (value, unit) in enumerate(zip(values, units, strict=True), start=1):
            put(page, row, at, value, styles[str(unit)])
            if column.kind == "link" and value in names:
                link = f"internal:'{names[value]}'!A1"
                page.write_url(row, at, link, pen.format(font_color="#0072B2", underline=1), names[value])
        page.set_column(at, at, _width(head, column, values))
    page.freeze_panes(1, 0)
    page.set_row(
        0,
        ROW_HEIGHT
        * max(
            lines_needed(head, _width(head, column, frame.iloc[:, at].tolist()) - 3)
            for at, (head, column) in enumerate(zip(heads, sheet.columns, strict=True))
        )
        + 2,
    )
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{rows + 1}"})
    _wrapped_heights(page, sheet, frame)


def _wrapped_heights(page: Worksheet, sheet: Sheet, frame: pd.DataFrame) -> None:
    wide = [column.name for column in sheet.columns if column.kind == "wide"]
    if wide:
        for row, texts in enumerate(frame[wide].itertuples(index=False), start=1):
            page.set_row(row, ROW_HEIGHT * min(20, max(lines_needed(str(plain(text) or ""), 66) for text in texts)))


def _width(head: str, column: Column, values: list[Any]) -> int:
    if column.kind == "wide":
        return 70
    texts = [
        f"{value:,.2f}" if isinstance(value, float) else str(value)
        for value in values[:300]
        if plain(value) is not None
    ]
    return width(head, texts)


def _print_setup(page: Worksheet, sheet: Sheet, title: str) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
    page.set_header(f"&L{print_text(title, 110)}&R{print_text(sheet.title, 60)}")
    page.set_footer(f"&L{print_text(sheet.sentence, 200)}&RPage &P of &N")
    if not sheet.blocks:
        page.repeat_rows(0)


def _summary(pen: _Pen, page: Worksheet, sheet: Sheet, sheets: dict[str, Sheet], names: dict[str, str]) -> None:
    """The summary: its lead lines, then the blocks one below the other on one grid."""
    page.hide_gridlines(2)
    for at, wide in enumerate(GRID):
        page.set_column(at, at, wide)
    row = 0
    for place, line in enumerate(sheet.lead):
        style = pen.format(bold=True, font_size=16) if place == 0 else pen.format(text_wrap=True, font_color="#444444")
        row = _sentence(page, row, line, style, 24 if place == 0 else ROW_HEIGHT)
    row += 1
    for block in sheet.blocks:
        row = _sentence(
            page, row, block.heading, pen.format(bold=True, font_size=12, font_color="#0072B2", bottom=2), 18
        )
        flag = {"bold": True, "font_color": VERMILLION} if block.sentence.startswith("STOPPED") else {}
        row = _sentence(page, row, block.sentence, pen.format(text_wrap=True, **flag), ROW_HEIGHT)
        row = (
            _charts(pen, page, row, block, sheets, names)
            if isinstance(block, Charts)
            else _block(pen, page, row, block)
        )
        row += 1
    page.print_area(0, 0, row, len(GRID) - 1)


def _sentence(page: Worksheet, row: int, text: str, style: Format, height: float) -> int:
    page.merge_range(row, 0, row, len(GRID) - 1, "", style)
    put(page, row, 0, text, style)
    page.set_row(row, height * lines_needed(text, sum(GRID) * 0.97) + 1)
    return row + 1


def _block(pen: _Pen, page: Worksheet, row: int, block: Block) -> int:
    if not block.columns or block.rows is None:
        return row
    if block.rows.empty:
        return _sentence(page, row, block.empty, pen.format(italic=True), ROW_HEIGHT)
    heads = [column.header(pen.currency).replace(" [", "\n[") for column in block.columns]
    spans = _spans(block)
    for (first, last), head, column in zip(spans, heads, block.columns, strict=True):
        _span(page, row, first, last, head, pen.head(column, first))
    room = [sum(GRID[first : last + 1]) for first, last in spans]
    page.set_row(row, ROW_HEIGHT * max(lines_needed(head, wide) for head, wide in zip(heads, room, strict=True)) + 1)
    records = block.rows.to_dict("records")
    for place, record in enumerate(records, start=1):
        row += 1
        total = {"bold": True, "top": 1} if block.total and place == len(records) else {}
        texts = []
        for (first, last), column, wide in zip(spans, block.columns, room, strict=True):
            value = record.get(column.name)
            flag = (
                {"bold": True, "font_color": VERMILLION} if column.name == "verdict" and "STOPPED" in str(value) else {}
            )
            wrap = {"text_wrap": True} if column.kind == "text" else {}
            _span(page, row, first, last, value, pen.cell(column, record, first, **total, **flag, **wrap))
            texts.append(lines_needed(str(plain(value) or ""), wide * 0.95) if _is_text(column) else 1)
        page.set_row(row, ROW_HEIGHT * max(texts) + 1)
    page.ignore_errors({"number_stored_as_text": "A1:J5000"})
    return row + 1


def _spans(block: Block) -> list[tuple[int, int]]:
    """First and last grid column of each column of the block: one each, the last takes the rest where it is text."""
    last = len(block.columns) - 1
    return [(at, len(GRID) - 1 if at == last and _is_text(block.columns[at]) else at) for at in range(last + 1)]


def _span(page: Worksheet, row: int, first: int, last: int, value: Any, style: Format) -> None:
    if last > first:
        page.merge_range(row, first, row, last, "", style)
    put(page, row, first, value, style)


def _charts(
    pen: _Pen, page: Worksheet, row: int, block: Charts, sheets: dict[str, Sheet], names: dict[str, str]
) -> int:
    drawn = [chart for chart in block.charts if len(sheets[chart.sheet].frame)]
    if not drawn:
        return _sentence(page, row, "No data to draw.", pen.format(italic=True), ROW_HEIGHT)
    pixels = [int(wide * 7 + 5) for wide in GRID]
    room = sum(pixels) // 2 - 6
    for at, chart in enumerate(drawn):
        native = _chart(pen, chart, sheets[chart.sheet], names[chart.sheet])
        native.set_size({"width": room, "height": (CHART_ROWS - 1) * 20})
        page.insert_chart(
            row,
            0,
            native,
            {"x_offset": 2 + at * (room + 6), "y_offset": 4, "object_position": 2, "description": chart.title},
        )
    return row + CHART_ROWS


def _chart(pen: _Pen, chart: Chart, sheet: Sheet, name: str) -> Any:
    native = pen.book.add_chart({"type": chart.kind})
    places = {column.name: at for at, column in enumerate(sheet.columns)}
    last = len(sheet.frame)
    for series in chart.series:
        line = {"color": series.colour, "width": 2.25, **({"dash_type": "dash"} if series.dashed else {})}
        marker = {
            "type": "diamond" if series.dashed else "circle",
            "size": 5,
            "fill": {"color": series.colour},
            "border": {"color": series.colour},
        }
        native.add_series(
            {
                "name": series.name,
                "categories": [name, 1, places[chart.category], last, places[chart.category]],
                "values": [name, 1, places[series.column], last, places[series.column]],
                **(
                    {"line": line, "marker": marker}
                    if chart.kind == "line"
                    else {"fill": {"color": series.colour}, "gap": 60}
                ),
            }
        )
    native.set_title({"name": chart.title, "name_font": {"size": 12}, "overlay": False})
    native.set_x_axis({"num_font": {"size": 9}, "name": "Period", "name_font": {"size": 9}})
    native.set_y_axis(
        {
            "min": 0,
            "num_format": chart.number_format,
            "num_font": {"size": 9},
            "name": chart.axis.replace("{currency}", pen.currency),
            "name_font": {"size": 9},
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
        }
    )
    native.set_legend({"position": "bottom"})
    return native
