"""Cells under change: their new values, what they may refer to, whether they are the same."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from quadopt.tables.changes import Change
from quadopt.tables.schema import Column, nearest
from quadopt.tables.values import Fault, convert, to_number
from quadopt.tables.where import Known


def refer(column: Column, value: Any, known: Known) -> None:
    """Raises Fault for a name that is not in the table that its column refers to."""
    if not column.reference or value is None:
        return
    names = known(column)
    for part in value if isinstance(value, tuple) else (value,):
        if names and part not in names:
            raise Fault(f"'{part}' is not in the table {column.reference.split('.')[0]}", nearest(str(part), names))


def with_cells(rows: pd.DataFrame, column: str, numbers: Iterable[int], values: Iterable[Any]) -> pd.DataFrame:
    """Rows with some cells of a column replaced, by the rows' numbers."""
    cells = dict(zip(rows.index, rows[column], strict=True)) | dict(zip(numbers, values, strict=True))
    return rows.assign(**{column: pd.Series(list(cells.values()), index=rows.index, dtype=rows[column].dtype)})


def same(one: Any, other: Any) -> bool:
    """Whether two cells hold the same; two blank numbers do."""
    if isinstance(one, (float, np.floating)) and isinstance(other, (float, np.floating)):
        return bool(one == other) or (math.isnan(one) and math.isnan(other))
    return bool(one == other)


def computed(change: Change, column: Column, old: Any) -> Any:
    """The old number with the value added, or times it; blank stays blank."""
    if column.type != "number":
        raise Fault(f"{column.name} holds no numbers: only set applies to it")
    if not change.value:
        raise Fault("the value is blank")
    value = to_number(change.value)
    if pd.isna(old):
        return old
    new = float(old) + value if change.operation == "add" else float(old) * value
    try:
        return convert(column, new)
    except Fault as fault:
        raise Fault(f"{old:g} would be {new:g}: {fault.message}", fault.suggestion) from None
