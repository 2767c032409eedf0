"""Native charts, drawn from their declaration as data, and put beside or below the table that they show."""

from __future__ import annotations

import re
from typing import Any

from xlsxwriter.worksheet import Worksheet

from quadopt.report.excel.pen import Pen
from quadopt.report.layout import FIRST_ROW, Place
from quadopt.report.parts import Chart, Look, Series, Sheet

WIDTH, ROW = 560, 20
"""Width of a chart on its sheet and height of a row, in pixels."""
BESIDE, SHORT = 640, 24
"""A table narrower than this many pixels, or longer than this many records, has its charts at its right."""
LARGE, SMALL = {"size": 12}, {"size": 9}
GRID = {"visible": True, "line": {"color": "#D9D9D9"}}


def put_charts(pen: Pen, page: Worksheet, sheet: Sheet, places: dict[str, Place], widths: list[float]) -> None:
    """Put the charts of a sheet where they hide nothing: at the right of the table, or below a short wide one."""
    drawn = [chart for chart in sheet.charts if places[chart.sheet].rows]
    place = places[sheet.name]
    is_beside = _pixels(widths) < BESIDE or place.rows > SHORT
    top, left = (FIRST_ROW - 1, len(widths) + 1) if is_beside else (place.last_row + 1, 0)
    across = 1 if is_beside and len(drawn) < 3 else 2
    row = top
    for first in range(0, len(drawn), across):
        beside = drawn[first : first + across]
        for number, chart in enumerate(beside):
            native = native_chart(pen, chart, places[chart.sheet])
            native.set_size({"width": WIDTH, "height": (chart.height - 1) * ROW})
            options = {"x_offset": 4 + number * (WIDTH + 8), "object_position": 3, "description": chart.title}
            page.insert_chart(row, left, native, options)
        row += max(chart.height for chart in beside)


def _pixels(widths: list[float]) -> int:
    return sum(int(wide * 7 + 5) for wide in widths)


def native_chart(pen: Pen, chart: Chart, place: Place) -> Any:
    """A chart over the columns of its sheet, not yet put anywhere."""
    kind = chart.kind.removeprefix("stacked ")
    is_scatter, is_bar = kind == "scatter", kind == "bar"
    options: dict[str, Any] = {"type": kind}
    if kind != chart.kind:
        options["subtype"] = "stacked"
    if is_scatter:
        options["subtype"] = "straight_with_markers"
    native = pen.book.add_chart(options)
    over = None
    for series in chart.series:
        if series.as_line:
            over = over or pen.book.add_chart({"type": "line"})
            over.add_series(_series("line", chart, series, place))
        else:
            native.add_series(_series(kind, chart, series, place))
    if over is not None:
        native.combine(over)
    native.set_title({"name": _plain(chart.title), "name_font": LARGE, "overlay": False})
    along: dict[str, Any] = {"num_font": SMALL, "name": _plain(chart.category_axis), "name_font": SMALL}
    least, most = chart.span
    values = {
        "min": least,
        "max": most,
        "num_format": chart.number_format,
        "num_font": SMALL,
        "name": _plain(chart.axis.replace("{currency}", pen.currency)),
        "name_font": SMALL,
        "major_gridlines": GRID,
    }
    if is_bar:  # XlsxWriter calls the axis that lies flat x: a bar chart's values
        along |= {"reverse": True, "crossing": "max"} | ({"label_position": "low"} if chart.is_overlaid else {})
        along, values = values, along
    if is_scatter:
        along |= {"num_format": "0.0", "major_gridlines": GRID}
    native.set_x_axis(along)
    native.set_y_axis(values)
    native.set_legend({"position": "bottom", "font": SMALL})
    return native


def _plain(text: str) -> str:
    """Text that XlsxWriter does not take for a reference to a cell: nothing like ``name!A1`` in it."""
    return re.sub(r"!(?=\$?[A-Z]+\$?\d)", "! ", text)


def _series(kind: str, chart: Chart, series: Series, place: Place) -> dict[str, Any]:
    first, last = series.rows if series.rows is not None else (0, max(place.rows, 1) - 1)
    rows = FIRST_ROW - 1 + first, FIRST_ROW - 1 + last
    along = [place.column(name) for name in chart.categories]
    at = place.column(series.column)
    found: dict[str, Any] = {
        "name": " " if series.invisible else _plain(series.name),
        "categories": [place.sheet, rows[0], min(along), rows[1], max(along)],
        "values": [place.sheet, rows[0], at, rows[1], at],
    }
    if kind in ("line", "scatter"):
        return found | _line(series.look)
    return found | _bar(series) | ({"overlap": 100} if chart.is_overlaid else {})


def _line(look: Look) -> dict[str, Any]:
    colour = {"color": look.colour}
    return {
        "line": {"none": True} if look.dash == "none" else {**colour, "width": 2.0, "dash_type": look.dash},
        "marker": {"type": look.marker, "size": 5, "fill": colour, "border": colour},
    }


def _bar(series: Series) -> dict[str, Any]:
    look = series.look
    if series.invisible:
        return {"fill": {"none": True}, "border": {"none": True}}
    if look.pattern:
        filling: dict[str, Any] = {"pattern": {"pattern": look.pattern, "fg_color": look.colour, "bg_color": "#FFFFFF"}}
    else:
        filling = {"fill": {"color": look.colour}}
    return {**filling, "border": {"color": look.colour, "width": 0.75}, "gap": 50}
