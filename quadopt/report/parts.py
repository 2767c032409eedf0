"""The words to describe a sheet: tables, blocks and charts as data; no Excel here."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from quadopt.report.schema import Column

BLUE, VERMILLION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#555555"
ORANGE, SKY, PURPLE, BLACK = "#E69F00", "#56B4E9", "#CC79A7", "#000000"
"""Colours that colour-blind readers can tell apart (Okabe and Ito), and a grey for limits."""


@dataclass(frozen=True)
class Look:
    """How a series is told from the others: its colour, and a second cue for those who do not see it.

    Lines have a dash (none: markers alone) and a marker, bars a pattern (blank: plain); names are XlsxWriter's.
    """

    colour: str
    dash: str = "solid"
    marker: str = "circle"
    pattern: str = ""


LOOKS = (
    Look(BLUE),
    Look(VERMILLION, "dash", "diamond", "wide_upward_diagonal"),
    Look(GREEN, "long_dash", "square"),
    Look(ORANGE, "solid", "triangle", "small_grid"),
    Look(SKY, "dash_dot", "circle"),
    Look(PURPLE, "round_dot", "x", "wide_downward_diagonal"),
    Look(BLACK, "solid", "diamond"),
    Look(GREY, "dash", "square", "dotted_diamond"),
)
"""For charts of many series: the first, the second and so on; no two have the same colour or the same cues."""


@dataclass(frozen=True)
class Block:
    """A small table of the summary: heading, what it shows, columns, rows; ``total`` marks the last row as a total.

    ``is_flagged`` has the sentence stand out; ``grey_unless`` as in `quadopt.report.schema.Table`.
    """

    heading: str
    sentence: str
    columns: tuple[Column, ...] = ()
    rows: pd.DataFrame | None = None
    total: bool = False
    empty: str = "None in this plan."
    is_flagged: bool = False
    grey_unless: str = ""


@dataclass(frozen=True)
class Series:
    """One line or bar of a chart: its column on the chart's sheet, the name in the legend, its look.

    ``rows`` are the first and last record that it takes (from 0; all where None): in a tidy table each series is a block
    of records. An invisible one only carries what is stacked on it, and has no name in the legend. ``as_line`` draws a
    line over columns.
    """

    column: str
    name: str
    look: Look = LOOKS[0]
    rows: tuple[int, int] | None = None
    invisible: bool = False
    as_line: bool = False


@dataclass(frozen=True)
class Chart:
    """A native chart over columns of a sheet of the same workbook.

    ``kind`` is line, column, bar, stacked column, stacked bar or scatter; ``categories`` are the columns along the
    category axis (several: nested), for a scatter chart the column along it. ``span`` is the least and the largest value
    shown (None: as it falls out); ``height`` counts rows of the sheet. ``is_overlaid`` has the bars of one category lie on
    each other instead of side by side.
    """

    kind: str
    title: str
    sheet: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    axis: str
    number_format: str
    category_axis: str = "Period"
    span: tuple[float | None, float | None] = (0, None)
    height: int = 17
    is_overlaid: bool = False


@dataclass(frozen=True)
class Charts:
    """A row of charts, side by side, with the sentence that says what they show."""

    heading: str
    sentence: str
    charts: tuple[Chart, ...]


Part = Block | Charts


@dataclass(frozen=True)
class Sheet:
    """One sheet: either a frame under its columns' headers, or the blocks of the summary.

    ``is_table`` says that the frame is a table of the plan as it is; other frames are made from those tables.
    ``grey_unless`` as in `quadopt.report.schema.Table`.
    """

    name: str
    title: str
    sentence: str
    columns: tuple[Column, ...] = ()
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    lead: tuple[str, ...] = ()
    blocks: tuple[Part, ...] = ()
    is_table: bool = False
    charts: tuple[Chart, ...] = ()
    grey_unless: str = ""
