"""The `where` of a what-if: "country=China; material=*_oxide; period=2026..2030", read and applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from quadopt.tables.schema import Column, Table, clean, column_name, label, nearest
from quadopt.tables.values import Fault, convert

RANGE, OR, QUOTE = "..", "|", '"'
_PART = re.compile(r'(?:[^;"]|"[^"]*")+')
PERIODS = "periods.period"

Known = Callable[[Column], Collection[str]]
"""The names that a column which refers to another table may hold."""


@dataclass(frozen=True)
class Condition:
    """One column's condition, as written: a name, a pattern with `*`, several with `|` between, a range of periods."""

    column: str
    text: str


def parse_where(text: str) -> list[Condition]:
    """The conditions of a `where`, in order; "" has none. A value between quotes may hold `;`.

    Raises Fault where one cannot be read.
    """
    conditions: list[Condition] = []
    for part in _PART.findall(text) if text.count(QUOTE) % 2 == 0 else text.split(";"):
        if not clean(part):
            continue
        name, equals, value = part.partition("=")
        if len(value := clean(value)) > 1 and value[0] == value[-1] == QUOTE:
            value = value[1:-1]
        column = column_name(name)
        if not equals or not column:
            raise Fault(f"'{clean(part)}' is not of the form column=value")
        if any(condition.column == column for condition in conditions):
            raise Fault(f"{column} is named twice")
        conditions.append(Condition(column, label(value)))
    return conditions


def where_of(value: Any) -> str:
    """A `where` as in the sheet, from text or from a mapping of columns to values; a list is several values."""
    if not isinstance(value, dict):
        return clean(value or "")
    texts = {name: _several(content) for name, content in value.items()}
    return "; ".join(f'{name}="{text}"' if ";" in text else f"{name}={text}" for name, text in texts.items())


def _several(content: Any) -> str:
    if isinstance(content, (list, tuple)):
        return OR.join(_several(each) for each in content)
    return "" if content is None else ("yes" if content else "no") if isinstance(content, bool) else label(content)


def select(
    frame: pd.DataFrame, table: Table, conditions: Sequence[Condition], periods: Sequence[str], known: Known
) -> pd.Series:
    """Which rows of a normalised table meet all conditions.

    Raises Fault for a column that there is not, a value that its column cannot hold, and a name or pattern that neither a
    row nor the table referred to has.
    """
    chosen = pd.Series(True, index=frame.index)
    for condition in conditions:
        if condition.column not in table.names:
            raise Fault(f"the table {table.name} has no column '{condition.column}'",
                        nearest(condition.column, table.names))  # fmt: skip
        column = table.column(condition.column)
        try:
            chosen &= _meeting(frame[condition.column], column, condition.text, periods, known(column))
        except Fault as fault:
            raise Fault(f"{condition.column}: {fault.message}", fault.suggestion) from None
    return chosen


def _meeting(cells: pd.Series, column: Column, text: str, periods: Sequence[str], known: Collection[str]) -> pd.Series:
    """Which cells meet one condition. A name that there is always goes before reading the text as anything else."""
    if column.type in ("number", "flag"):
        found = pd.Series(False, index=cells.index)
        for choice in text.split(OR):
            value = convert(column, choice)
            found |= cells.isna() if value is None else cells == value
        return found
    is_many = column.type == "names"
    there = {name for cell in cells for name in cell or ("",)} if is_many else set(cells)
    names = {*there, *known, *column.choices}
    wanted: set[str] = set()
    for choice in [text] if text in names else [label(part) for part in text.split(OR)]:
        wanted |= _wanted(choice, names, there, column, periods)
    if is_many:
        return cells.map(lambda cell: not wanted.isdisjoint(cell or ("",))).astype(bool)
    return cells.isin(wanted)


def _wanted(choice: str, names: set[str], there: set[str], column: Column, periods: Sequence[str]) -> set[str]:
    """The names that one name, pattern or range stands for."""
    if choice in names or choice == "":
        return {choice}
    if RANGE in choice and (column.reference == PERIODS or column.name == "period"):
        return set(periods_between(choice, periods))
    if any(sign in choice for sign in "*?["):
        found = {name for name in there if fnmatchcase(name, choice)}
        if not found:
            raise Fault(f"nothing is like '{choice}'")
        return found
    if column.choices:
        return {convert(column, choice)}
    where = f"in the table {column.reference.partition('.')[0]}" if column.reference else "in any row"
    raise Fault(f"'{choice}' is not {where}", nearest(choice, names))


def periods_between(text: str, periods: Sequence[str]) -> list[str]:
    """The periods of a range, both ends included; an open end is the first or last period.

    Raises Fault for an unknown end or the wrong order.
    """
    first, _, last = (label(part) for part in text.partition(RANGE))
    for end in (first, last):
        if end and end not in periods:
            raise Fault(f"'{end}' is no period", nearest(end, periods))
    begin = list(periods).index(first) if first else 0
    until = list(periods).index(last) if last else len(periods) - 1
    if begin > until:
        raise Fault(f"{first} is after {last}")
    return list(periods[begin : until + 1])
