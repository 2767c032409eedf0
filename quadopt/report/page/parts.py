"""The words to describe a report page: sections, tables as text, headline figures; no HTML here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from quadopt.report.parts import Block
from quadopt.report.pictures.style import Picture, clean
from quadopt.report.schema import grey_rows, texts

ROWS = 60
"""Rows that a table of the page shows; how many more the workbook has is said."""


@dataclass(frozen=True)
class Tile:
    """One headline figure: what it is, the figure, its unit, and what to compare it with."""

    label: str
    figure: str
    unit: str
    beside: str = ""


@dataclass(frozen=True)
class Cells:
    """A table as text: heading, sentence, headers with their units, rows; `looks`: number, words (long) or text; `grey` rows."""

    heading: str
    sentence: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    has_total: bool = False
    note: str = ""
    grey: list[bool] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    """A part of the page: anchor, heading, paragraphs, then pictures and tables."""

    anchor: str
    heading: str
    paragraphs: list[str]
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Cells] = field(default_factory=list)


def cells(block: Block, currency: str) -> Cells:
    """A block as text, its number in the summary sheet left out."""
    heading = re.sub(r"^\d+\. ", "", block.heading)
    if block.rows is None or not block.columns:
        return Cells(heading, block.sentence)
    if block.rows.empty:
        return Cells(heading, block.sentence, note=block.empty)
    shown = block.rows if block.total else block.rows.head(ROWS)
    more = len(block.rows) - len(shown)
    columns = [texts(shown, column) for column in block.columns]
    return Cells(
        heading,
        block.sentence,
        [(column.title, column.unit_text(currency)) for column in block.columns],
        [[clean(text) for text in row] for row in zip(*columns, strict=True)],
        ["number" if column.is_number else "words" if column.kind == "wide" else "text" for column in block.columns],
        block.total,
        f"The first {len(shown)} of {len(block.rows):,} rows; the workbook holds all." if more > 0 else "",
        grey_rows(shown, block.grey_unless),
    )
