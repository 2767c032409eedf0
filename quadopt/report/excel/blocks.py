"""The summary's sheet: blocks one below the other on one grid."""

from __future__ import annotations

from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from quadopt.report.cells import lines_needed, plain
from quadopt.report.excel.charts import native_chart
from quadopt.report.excel.pen import ROW_HEIGHT, Pen, colour_verdicts, put
from quadopt.report.layout import Place
from quadopt.report.parts import VERMILLION, Block, Charts, Sheet
from quadopt.report.schema import grey_rows, is_text

GRID = (30, 16, 25, *(13.5,) * 7)
"""Widths of the summary's columns in characters; every block lies on this grid."""
CHART_ROWS = 17


def write_blocks(pen: Pen, page: Worksheet, sheet: Sheet, places: dict[str, Place]) -> None:
    """Write the summary: its lead lines, then the blocks one below the other on one grid."""
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
        is_flagged = isinstance(block, Block) and block.is_flagged
        flag = {"bold": True, "font_color": VERMILLION} if is_flagged else {}
        row = _sentence(page, row, block.sentence, pen.format(text_wrap=True, **flag), ROW_HEIGHT)
        row = (
            _charts(pen, page, row, block, places)
            if isinstance(block, Charts)
            else _block(pen, page, row, block, places)
        )
        row += 1
    page.print_area(0, 0, row, len(GRID) - 1)


def _sentence(page: Worksheet, row: int, text: str, style: Format, height: float) -> int:
    page.merge_range(row, 0, row, len(GRID) - 1, "", style)
    put(page, row, 0, text, style)
    page.set_row(row, height * lines_needed(text, sum(GRID) * 0.97) + 1)
    return row + 1


def _block(pen: Pen, page: Worksheet, row: int, block: Block, places: dict[str, Place]) -> int:
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
    grey = grey_rows(block.rows, block.grey_unless)
    for place, record in enumerate(records, start=1):
        row += 1
        total = {"bold": True, "top": 1} if block.total and place == len(records) else {}
        faint = pen.grey(grey[place - 1])
        texts = []
        for (first, last), column, wide in zip(spans, block.columns, room, strict=True):
            value = record.get(column.name)
            flag = (
                {"bold": True, "font_color": VERMILLION} if column.name == "verdict" and "STOPPED" in str(value) else {}
            )
            wrap = {"text_wrap": True} if column.kind == "text" else {}
            if column.kind == "verdict":
                colour_verdicts(pen, page, row, first, row, last)
            _span(page, row, first, last, value, pen.cell(column, record, first, **total, **faint, **flag, **wrap))
            if column.kind == "link" and value in places:
                target = places[str(value)]
                page.write_url(row, first, f"internal:{target.quoted}!A1", pen.link(), target.sheet)
            texts.append(lines_needed(str(plain(value) or ""), wide * 0.95) if is_text(column) else 1)
        page.set_row(row, ROW_HEIGHT * max(texts) + 1)
    page.ignore_errors({"number_stored_as_text": "A1:J5000"})
    return row + 1


def _spans(block: Block) -> list[tuple[int, int]]:
    """First and last grid column of each column of the block: one each, the last takes the rest where it is text."""
    last = len(block.columns) - 1
    return [(at, len(GRID) - 1 if at == last and is_text(block.columns[at]) else at) for at in range(last + 1)]


def _span(page: Worksheet, row: int, first: int, last: int, value: Any, style: Format) -> None:
    if last > first:
        page.merge_range(row, first, row, last, "", style)
    put(page, row, first, value, style)


def _charts(pen: Pen, page: Worksheet, row: int, block: Charts, places: dict[str, Place]) -> int:
    drawn = [chart for chart in block.charts if places[chart.sheet].rows]
    if not drawn:
        return _sentence(page, row, "No data to draw.", pen.format(italic=True), ROW_HEIGHT)
    pixels = [int(wide * 7 + 5) for wide in GRID]
    room = sum(pixels) // 2 - 6
    for at, chart in enumerate(drawn):
        native = native_chart(pen, chart, places[chart.sheet])
        native.set_size({"width": room, "height": (CHART_ROWS - 1) * 20})
        page.insert_chart(
            row,
            0,
            native,
            {"x_offset": 2 + at * (room + 6), "y_offset": 4, "object_position": 2, "description": chart.title},
        )
    return row + CHART_ROWS
