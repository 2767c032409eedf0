"""The words to describe a table of results: column, table, kind of number; no table is declared here."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

FORMATS: dict[str, str] = {
    "text": "General",
    "share": "0.0%",
    "gap": "0.00%",
    "money": "#,##0.0",
    "amount": "#,##0.00",
    "figure": "#,##0.0000",
    "scale": "0.000",
    "years": "0.00",
    "count": "#,##0",
    "year": "0.0",
    "by_unit": "#,##0.0000",
    "wide": "General",
    "plain": "General",
    "as_given": "General",
    "link": "General",
    "verdict": "General",
    "scientific": "0.000E+00",
}
"""Excel number format of each kind of column. ``by_unit`` is settled cell by cell, see `kind_of_unit`; ``wide`` is long
text that wraps, ``plain`` any value as it is, ``as_given`` a number with the digits it was given with, ``link`` the name of
a sheet."""


@dataclass(frozen=True)
class Column:
    """One column: its name in the frame, the title a reader sees, the unit (may hold ``{currency}``), kind, meaning."""

    name: str
    title: str
    unit: str = ""
    kind: str = "text"
    meaning: str = ""

    def unit_text(self, currency: str) -> str:
        """The unit with the currency put in (replaced, not formatted, so that braces in a currency's name are safe)."""
        return self.unit.replace("{currency}", currency)

    def plain_unit(self, currency: str) -> str:
        """The unit of the figures as they stand in the frame, where shares are fractions and not percentages."""
        return (
            self.unit_text(currency).replace("% ", "fraction ")
            if self.kind in ("share", "gap")
            else self.unit_text(currency)
        )

    @property
    def is_number(self) -> bool:
        """Whether the column holds figures."""
        return self.kind not in ("text", "wide", "plain", "link", "verdict")

    def header(self, currency: str) -> str:
        """The header of the column: title, then the unit in brackets where there is one."""
        return f"{self.title} [{self.unit_text(currency)}]" if self.unit else self.title


@dataclass(frozen=True)
class Table:
    """One table of a plan: name (also the sheet's), title, the sentence that says what it shows, its columns.

    ``is_asked_for``: a plan has it only where somebody asked for it, and no sheet without it. ``grey_unless`` names a
    column of yes and no: rows that hold a no are grey, because what they show is no difference.
    """

    name: str
    title: str
    sentence: str
    columns: tuple[Column, ...]
    is_asked_for: bool = False
    grey_unless: str = ""


def is_text(column: Column) -> bool:
    """Whether the column stands at the left, as text does."""
    return column.kind in ("text", "wide", "plain", "link", "verdict")


def kind_of_unit(unit: Any) -> str:
    """The kind of a figure whose unit stands beside it in the row: ``gap`` for shares, else ``money``."""
    text = str(unit).lower()
    return "gap" if any(word in text for word in ("share", "fraction", "index")) else "money"


def shown(value: Any, kind: str) -> str:
    """A value as text, in the format that a cell of its kind has; blank where it is missing, ``none`` where it is infinite."""
    if value is None or value is pd.NA or value != value:
        return ""
    excel = FORMATS[kind]
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, str) or not isinstance(value, int | float):
        return str(value)
    if excel == "General":
        return f"{value:.12g}"
    if value in (math.inf, -math.inf):
        return "none"
    places = len(re.sub(r"E.*|%", "", excel).partition(".")[2])
    if "E" in excel:
        return f"{value:.{places}E}"
    return f"{value:{',' if ',' in excel else ''}.{places}{'%' if excel.endswith('%') else 'f'}}"


def kinds(frame: pd.DataFrame, column: Column) -> list[str]:
    """The kind of each figure of a column, which may follow the unit in its row."""
    if column.kind == "by_unit":
        return [kind_of_unit(unit) for unit in frame["unit"]]
    return [column.kind] * len(frame)


def texts(frame: pd.DataFrame, column: Column) -> list[str]:
    """The column of a frame as text, every figure in its format."""
    return [shown(value, kind) for value, kind in zip(frame[column.name], kinds(frame, column), strict=True)]


def grey_rows(frame: pd.DataFrame, grey_unless: str) -> list[bool]:
    """Whether each row of a frame is grey: where the named column holds a no; none where no column is named."""
    if not grey_unless or grey_unless not in frame:
        return [False] * len(frame)
    return [isinstance(value, bool | np.bool_) and not value for value in frame[grey_unless]]


def complete(frame: pd.DataFrame | None, table: Table) -> pd.DataFrame:
    """The frame with every declared column in order, undeclared ones after them; empty if there is none."""
    names = [column.name for column in table.columns]
    if frame is None:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in names})
    extra = [name for name in frame.columns if name not in names]
    return frame.reindex(columns=names + extra).reset_index(drop=True)


def columns_of(frame: pd.DataFrame, table: Table | None) -> tuple[Column, ...]:
    """The columns of a frame: declared ones as declared, others under their own name (numbers as plain figures)."""
    declared = {column.name: column for column in table.columns} if table else {}
    return tuple(
        declared.get(name)
        or Column(str(name), str(name), "", "figure" if pd.api.types.is_numeric_dtype(frame[name]) else "text")
        for name in frame.columns
    )
