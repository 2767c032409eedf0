"""Native charts, drawn from their declaration as data."""

from __future__ import annotations

from typing import Any

from quadopt.report.excel.pen import Pen
from quadopt.report.layout import FIRST_ROW, Place
from quadopt.report.parts import Chart


def native_chart(pen: Pen, chart: Chart, place: Place) -> Any:
    """A chart over the columns of its sheet, not yet put anywhere."""
    native = pen.book.add_chart({"type": chart.kind})
    first, last = FIRST_ROW - 1, place.last_row - 1
    category = place.column(chart.category)
    for series in chart.series:
        at = place.column(series.column)
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
                "categories": [place.sheet, first, category, last, category],
                "values": [place.sheet, first, at, last, at],
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
