"""Cover: chosen rows of a table said as the `where` of what-ifs, in as few as their names allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from quadopt.tables.schema import label
from quadopt.tables.where import OR, where_of

SPECIAL = set("|*?[;=")
"""Signs of the language of `where`: a name with one of them stands alone, where a name goes before any other reading."""
PERIOD = "period"


def cover(frame: pd.DataFrame, rows: pd.Index, identity: Sequence[str], needed: pd.Index | None = None) -> list[str]:
    """Conditions that choose exactly the given rows of a table, told apart by the columns of `identity`.

    Rows of a key that holds none of the `needed` ones (all where None) are left out.
    """
    keys = [name for name in identity if name != PERIOD]
    spans = _periods(frame, rows, keys, needed) if PERIOD in identity else None
    if spans is None:
        chosen = rows if needed is None else needed
        spans = {tuple(key): "" for key in frame.loc[chosen, keys].itertuples(index=False, name=None)}
    joined = min(keys, key=lambda name: len(_groups(spans, keys.index(name))))
    at = keys.index(joined)
    out = []
    for rest, span, names in _groups(spans, at):
        conditions = dict(zip([*keys[:at], *keys[at + 1 :]], rest, strict=True)) | {joined: OR.join(names)}
        texts = {name: conditions[name] for name in keys} | ({PERIOD: span} if span else {})
        out.append(where_of(texts))
    return out


def _periods(
    frame: pd.DataFrame, rows: pd.Index, keys: list[str], needed: pd.Index | None
) -> dict[tuple[Any, ...], str]:
    """Key -> its periods among the rows, "" where they are all that the table has of it."""
    every = frame.groupby(keys, sort=False)[PERIOD].size()
    wanted = rows if needed is None else needed
    is_needed = set(frame.loc[wanted, keys].itertuples(index=False, name=None))
    found: dict[tuple[Any, ...], list[str]] = {}
    for *key, period in frame.loc[rows, [*keys, PERIOD]].itertuples(index=False, name=None):
        if tuple(key) in is_needed:
            found.setdefault(tuple(key), []).append(period)
    sizes = {key if isinstance(key, tuple) else (key,): size for key, size in every.items()}
    return {key: "" if len(own) == sizes[key] else OR.join(own) for key, own in found.items()}


def _groups(spans: dict[tuple[Any, ...], str], at: int) -> list[tuple[tuple[str, ...], str, list[str]]]:
    """The other names of a key, its periods, and the names of the column at `at` that go with them."""
    found: dict[tuple[tuple[str, ...], str], list[str]] = {}
    alone: list[tuple[tuple[str, ...], str, list[str]]] = []
    for key, span in spans.items():
        names = [label(name) for name in key]
        own, rest = names[at], (*names[:at], *names[at + 1 :])
        if SPECIAL & set(own) or not own:
            alone.append((rest, span, [own]))
        else:
            found.setdefault((rest, span), []).append(own)
    return [*((rest, span, names) for (rest, span), names in found.items()), *alone]
