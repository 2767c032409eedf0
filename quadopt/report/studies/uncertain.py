"""What tornado and samples show alike: the table of uncertain inputs, units, and objectives on an axis."""

from __future__ import annotations

from typing import Any

from quadopt.report.pictures.style import money_unit, percent_axis, thousands_axis
from quadopt.report.schema import Column, Table, kind_of_unit
from quadopt.whatif.study import Study

AS_UNIT = "as the unit says"
OBJECTIVE = Column("objective", "Objective", meaning="shortage, dependence, stress or cost")
UNIT = Column("unit", "Unit", meaning="of the objective; the index is from 0 to 1, shown in %")
INPUT = Column("input", "Input", meaning="name of the uncertain input")
RANGE = Column(
    "range", "Range", kind="wide", meaning="x: factors, +: additions, else values; by quality where it is so"
)

INPUTS = Table(
    "inputs",
    "Uncertain inputs",
    "What moves, and how far: one row a range. Values that would pass what their column allows stop there.",
    (
        INPUT,
        Column("table", "Table", meaning="table of the input"),
        Column("column", "Column", meaning="column that moves"),
        Column("where", "Rows", kind="wide", meaning="which rows, as in a what-if; blank: all"),
        RANGE,
        Column("rows", "Values", "", "count", "how many values move"),
        Column("reported", "Reported", "values", "count", "of these, from rows of quality reported"),
        Column("derived", "Derived", "values", "count", "of quality derived"),
        Column("assumed", "Assumed", "values", "count", "of quality assumed, or of none"),
        Column("stopped_low", "Stopped at the low end", "values", "count", "that stop at what their column allows"),
        Column("stopped_high", "Stopped at the high end", "values", "count", "that stop at what their column allows"),
    ),
)
"""The table of inputs that both studies have."""


def objective_axis(axis: Any, unit: Any) -> None:
    """Numbers of an axis in the objective's unit: the index in per cent, money with commas."""
    (percent_axis if kind_of_unit(unit) == "gap" else thousands_axis)(axis)


def unit_words(study: Study, unit: Any) -> str:
    """The unit of an axis in words."""
    return "% (index)" if kind_of_unit(unit) == "gap" else money_unit(study)


def number_format(unit: Any) -> str:
    """Excel's number format of an axis."""
    return "0.0%" if kind_of_unit(unit) == "gap" else "#,##0"


def span_of(frame: Any, objective: str) -> tuple[int, int]:
    """First and last row of an objective's block in a tidy table."""
    rows = frame.reset_index(drop=True).index[frame["objective"] == objective]
    return int(rows.min()), int(rows.max())
