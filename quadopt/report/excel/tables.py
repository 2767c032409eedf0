"""A sheet that holds a table: its sentence, the link back, headers with filters, one record a row."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from quadopt.report.cells import lines_needed, plain, width
from quadopt.report.excel.charts import put_charts
from quadopt.report.excel.pen import ROW_HEIGHT, Pen, colour_verdicts, put
from quadopt.report.layout import BACK_ROW, FIRST_ROW, HEAD_ROW, MOST_ROWS, SENTENCE_ROW, Place, letters, shown
from quadopt.report.parts import Sheet
from quadopt.report.schema import Column, grey_rows

SENTENCE_WIDTH, NO_COLUMN = 110, 8.43
"""Characters over which the sentence runs, and the width of a column that nothing is said about."""
STYLE = "Table Style Light 1"
CONTENTS = ("contents", "summary")
"""Sheets that list the others; the link back leads to the first that there is."""


def write_table(pen: Pen, page: Worksheet, sheet: Sheet, number: int, places: dict[str, Place], title: str) -> None:
    """Write a sheet as an Excel table under its sentence; an empty one keeps one blank row."""
    place, frame = places[sheet.name], shown(sheet)
    heads = list(place.headers.values())
    if not heads:
        return
    name = re.sub(r"\W", "_", f"table_{number}_{sheet.name}", flags=re.ASCII)[:200]
    columns = [
        {"header": head, "header_format": pen.head(column, at)}
        for at, (head, column) in enumerate(zip(heads, sheet.columns, strict=True))
    ]
    options = {"name": name, "style": STYLE, "columns": columns}
    page.add_table(HEAD_ROW - 1, 0, place.last_row - 1, len(heads) - 1, options)
    units = frame["unit"].tolist() if "unit" in frame else [""] * len(frame)
    looks = list(zip(map(str, units), grey_rows(frame, sheet.grey_unless), strict=True))
    widths = []
    for at, (head, column) in enumerate(zip(heads, sheet.columns, strict=True)):
        styles = {look: pen.cell(column, {"unit": look[0]}, at, **pen.grey(look[1])) for look in set(looks)}
        values = frame.iloc[:, at].tolist()
        for row, (value, look) in enumerate(zip(values, looks, strict=True), start=FIRST_ROW - 1):
            put(page, row, at, value, styles[look])
            if column.kind == "link" and value in places:
                target = places[value]
                page.write_url(row, at, f"internal:{target.quoted}!A1", pen.link(), target.sheet)
        if column.kind == "verdict":
            colour_verdicts(pen, page, FIRST_ROW - 1, at, place.last_row - 1, at)
        widths.append(_width(head, column, values))
        page.set_column(at, at, widths[-1])
    _above(pen, page, sheet, widths, places, title)
    page.freeze_panes(HEAD_ROW, 0)
    head_lines = max(lines_needed(head, wide - 3) for head, wide in zip(heads, widths, strict=True))
    page.set_row(HEAD_ROW - 1, ROW_HEIGHT * head_lines + 2)
    page.ignore_errors({"number_stored_as_text": f"A1:{letters(len(heads) - 1)}{place.last_row}"})
    _wrapped_heights(page, sheet, frame)
    put_charts(pen, page, sheet, places, widths)


def _above(pen: Pen, page: Worksheet, sheet: Sheet, widths: list[float], places: dict[str, Place], title: str) -> None:
    """The sentence over the first columns, and below it the link back and the plan's title."""
    room, last = 0.0, -1
    while room < SENTENCE_WIDTH or last < 1:
        last += 1
        room += widths[last] if last < len(widths) else NO_COLUMN
    text = sheet.sentence
    if len(sheet.frame) > MOST_ROWS:
        text += f" Only the first {MOST_ROWS:,} of {len(sheet.frame):,} rows fit on a sheet."
    style = pen.format(text_wrap=True, bold=True)
    page.merge_range(SENTENCE_ROW - 1, 0, SENTENCE_ROW - 1, last, "", style)
    put(page, SENTENCE_ROW - 1, 0, text, style)
    page.set_row(SENTENCE_ROW - 1, ROW_HEIGHT * lines_needed(text, room * 0.93) + 2)
    back = next((name for name in CONTENTS if name in places), sheet.name)
    if back != sheet.name:
        page.write_url(BACK_ROW - 1, 0, f"internal:{places[back].quoted}!A1", pen.link(), "Contents")
    put(page, BACK_ROW - 1, 1, title, pen.format(font_color="#555555"))


def _wrapped_heights(page: Worksheet, sheet: Sheet, frame: pd.DataFrame) -> None:
    wide = [column.name for column in sheet.columns if column.kind == "wide"]
    if wide:
        for row, texts in enumerate(frame[wide].itertuples(index=False), start=FIRST_ROW - 1):
            page.set_row(row, ROW_HEIGHT * min(20, max(lines_needed(str(plain(text) or ""), 66) for text in texts)))


def _width(head: str, column: Column, values: list[Any]) -> float:
    if column.kind == "wide":
        return 70
    cells = [plain(value) for value in values[:300]]
    texts = [f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in cells if cell is not None]
    return width(head, texts)
