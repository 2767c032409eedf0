"""Dropping: rows that a change leaves without what they are about go too, and are listed with the reason."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from quadopt.tables.applying import Changing
from quadopt.tables.catalogue import TABLES
from quadopt.tables.schema import Column
from quadopt.tables.where import PERIODS

DROPPED = ("table", "entry", "reason")


def drop_meaningless(changing: Changing, former: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Drop the rows that refer to names which are there no more, until none does; `former` are the tables before.

    Which rows these are follows from the catalogue: what a column refers to, and which columns are for members only. A
    date of a project (`earliest`, `latest`) is no reason to drop it: there a name that is gone stays a fault. A process
    that loses a material it uses is dropped as a whole, or it would make something of nothing. What is returned has
    the columns `DROPPED`, the periods of a row in one.
    """
    lines: dict[tuple[str, str, str], None] = {}
    while True:
        found = _meaningless(changing, former)
        if not found:
            return pd.DataFrame(list(lines), columns=list(DROPPED))
        for name, reasons in found.items():
            rows = changing.frames[name]
            for row, reason in reasons.items():
                lines[name, changing.entry(name, row), reason] = None
            changing.frames[name] = rows.drop(index=list(reasons))


def _meaningless(changing: Changing, former: Mapping[str, pd.DataFrame]) -> dict[str, dict[int, str]]:
    """table -> row -> why it has lost its meaning."""
    view = changing.view()
    members = _members(former) - _members(view)
    found: dict[str, dict[int, str]] = {}
    for name, table in TABLES.items():
        if name not in changing.frames:
            continue
        reasons: dict[int, str] = {}
        for column in table.columns:
            cells = changing.frames[name][column.name]
            if _ties(column):
                at, key = column.reference.split(".")
                gone = {*former[at][key]} - {*view[at][key]}
                reasons |= _with_names(cells, gone, "is removed", reasons)
            if column.name in table.members_only:
                reasons |= _with_names(cells, members, "is no member any more", reasons)
        if name == "recipes":
            reasons |= _without_inputs(changing.frames[name], reasons)
        if reasons:
            found[name] = reasons
    return found


def _members(tables: Mapping[str, pd.DataFrame]) -> set[str]:
    countries = tables["countries"]
    return set(countries.loc[countries["member"].astype(bool), "country"])


def _ties(column: Column) -> bool:
    """Whether a row means nothing without the name that this column refers to."""
    return bool(column.reference) and (column.reference != PERIODS or column.required or column.name == "period")


def _with_names(cells: pd.Series, gone: set[str], what: str, known: Mapping[int, str]) -> dict[int, str]:
    """The rows, beside those known, that have one of the names that are gone."""
    if not gone:
        return {}
    found = {}
    for row, cell in cells.items():
        named = [name for name in (cell if isinstance(cell, tuple) else (cell,)) if name in gone]
        if named and row not in known:
            found[int(str(row))] = f"{named[0]} {what}"
    return found


def _without_inputs(recipes: pd.DataFrame, reasons: Mapping[int, str]) -> dict[int, str]:
    """The other rows of processes that lose a material which they use."""
    found = {}
    for row, reason in reasons.items():
        process, material = str(recipes.at[row, "process"]), str(recipes.at[row, "material"])
        if float(str(recipes.at[row, "quantity"])) < 0:
            for other in recipes.index[recipes["process"] == process].tolist():
                if other not in reasons:
                    found[other] = f"{process} uses {material}: {reason}"
    return found
