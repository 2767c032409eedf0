"""The words to describe a sheet: tables, blocks and charts as data; no Excel here."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from quadopt.report.schema import Column

BLUE, VERMILLION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#555555"
"""Colours that colour-blind readers can tell apart (Okabe and Ito), and a grey for limits."""


@dataclass(frozen=True)
class Block:
    """A small table of the summary: heading, what it shows, columns, rows; ``total`` marks the last row as a total."""

    heading: str
    sentence: str
    columns: tuple[Column, ...] = ()
    rows: pd.DataFrame | None = None
    total: bool = False
    empty: str = "None in this plan."


@dataclass(frozen=True)
class Series:
    """One line or bar of a chart: its column on the chart's sheet, the name in the legend, colour, dashed or not."""

    column: str
    name: str
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """A native chart whose data lie in the first columns of a sheet of the same workbook."""

    kind: str
    title: str
    sheet: str
    category: str
    series: tuple[Series, ...]
    axis: str
    number_format: str


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
    """

    name: str
    title: str
    sentence: str
    columns: tuple[Column, ...] = ()
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    lead: tuple[str, ...] = ()
    blocks: tuple[Part, ...] = ()
    is_table: bool = False
