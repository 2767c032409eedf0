"""The `where` of a what-if: "country=China; material=dytb_oxide; period=2026..2030", read and applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from quadopt.tables.schema import Table, clean, column_name, label
from quadopt.tables.values import Fault, convert


@dataclass(frozen=True)
class Condition:
    """One column's condition: equal to `value`, or for periods from `value` to `last`."""

    column: str
    value: str
    last: str = ""


def parse_where(text: str) -> list[Condition]:
    """The conditions of a `where`, in order; "" has none. Raises Fault where one cannot be read."""
    conditions: list[Condition] = []
    for part in text.split(";"):
        if not clean(part):
            continue
        name, equals, value = part.partition("=")
        column = column_name(name)
        if not equals or not column:
            raise Fault(f"'{clean(part)}' is not of the form column=value")
        if any(condition.column == column for condition in conditions):
            raise Fault(f"{column} is named twice")
        first, dots, last = value.partition("..")
        if dots and column == "period":
            conditions.append(Condition(column, label(first), label(last)))
        else:
            conditions.append(Condition(column, label(value)))
    return conditions


def select(frame: pd.DataFrame, table: Table, conditions: Sequence[Condition], periods: Sequence[str]) -> pd.Series:
    """Which rows of a normalised table meet all conditions. Raises Fault for a value that its column cannot hold."""
    chosen = pd.Series(True, index=frame.index)
    for condition in conditions:
        if condition.last:
            span = periods_between(condition, periods)
            chosen &= frame[condition.column].isin(span)
        else:
            value: Any = convert(table.column(condition.column), condition.value)
            if value is None and table.column(condition.column).type == "number":
                chosen &= frame[condition.column].isna()
            else:
                wanted = value if value is not None else ("" if table.column(condition.column).type != "names" else ())
                chosen &= frame[condition.column].map(lambda cell, wanted=wanted: cell == wanted).astype(bool)
    return chosen


def periods_between(condition: Condition, periods: Sequence[str]) -> list[str]:
    """The periods of a range, both ends included. Raises Fault for an unknown end or the wrong order."""
    for end in (condition.value, condition.last):
        if end not in periods:
            raise Fault(f"'{end}' is no period")
    first, last = list(periods).index(condition.value), list(periods).index(condition.last)
    if first > last:
        raise Fault(f"{condition.value} is after {condition.last}")
    return list(periods[first : last + 1])
