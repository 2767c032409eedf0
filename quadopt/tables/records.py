"""Rows of a frame as records."""

from __future__ import annotations

from typing import Any

import pandas as pd


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """The rows of a frame as named tuples, by column name; what a cell holds is the catalogue's business, not the type's."""
    return list(frame.itertuples(index=False))
