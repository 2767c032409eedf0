"""What the views share: the largest supplier of each demand, weighted means, blocks of records, panels of charts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.columns import SHARES, STOCK_EXPOSED
from quadopt.report.parts import LOOKS, Chart, Series
from quadopt.report.schema import Column

ALL_MEMBERS = "all members"
READINGS = ("share_at_least", "share_proportional", "share_at_most", "share_direct")
LINES = 6
"""Lines that a chart holds and still reads."""

SHOWN = {column.name: column for column in (*SHARES, STOCK_EXPOSED)} | {
    "share_direct": Column(
        "share_direct",
        "Share, direct",
        "% of demand",
        "share",
        "direct shipments from the largest supplier over use (what trade statistics show), on the scale of demand",
    )
}
"""The share columns that views show."""


def largest(plan: Plan) -> pd.DataFrame:
    """For each member, material and period the largest supplier's share in every reading, with demand and weights."""
    shares = [*READINGS, STOCK_EXPOSED.name]
    frame = figures.numbers(figures.table(plan, "largest"), "demand", "weight_value", "weight_material", *shares)
    frame = frame[(frame["country"] != "group") & (frame["demand"] > 0)].astype({"period": str})
    has_value = frame["weight_value"].sum() > 0
    return frame.assign(weight=frame["weight_value" if has_value else "weight_material"]).reset_index(drop=True)


def mean(frame: pd.DataFrame, by: list[str], names: list[str], weight: str) -> pd.DataFrame:
    """Weighted means of columns by keys, in order of first appearance, with the sum of the weights."""
    parts = frame[by].copy()
    for name in names:
        parts[name] = frame[name] * frame[weight]
    sums = parts.assign(**{weight: frame[weight]}).groupby(by, sort=False)[[*names, weight]].sum(min_count=1)
    means = sums[names].div(sums[weight].where(sums[weight] > 0), axis=0)
    return means.assign(**{weight: sums[weight]}).reset_index()


def by_importance(plan: Plan) -> list[str]:
    """The materials with demand, the one with most weight in the index (value of demand) first."""
    weights = largest(plan).groupby("material", sort=False)["weight"].sum()
    return [str(name) for name in weights.sort_values(ascending=False, kind="stable").index]


def ordered(frame: pd.DataFrame, **orders: Iterable[str]) -> pd.DataFrame:
    """The frame sorted by its columns in the stated orders of their values."""
    frame = frame.reset_index(drop=True)
    keys = {name: {value: at for at, value in enumerate(order)} for name, order in orders.items()}
    ranks = frame.assign(**{name: frame[name].map(key) for name, key in keys.items()})
    return frame.loc[ranks.sort_values(list(orders), kind="stable").index].reset_index(drop=True)


def blocks(frame: pd.DataFrame, *by: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """Values of the keys -> first and last record. Raises ValueError where records of one key do not stand together."""
    found: dict[tuple[str, ...], tuple[int, int]] = {}
    for at, key in enumerate(frame[list(by)].astype(str).itertuples(index=False, name=None)):
        first, last = found.get(key, (at, at - 1))
        if last != at - 1:
            raise ValueError(f"the records of {', '.join(key)} do not stand together")
        found[key] = (first, at)
    return found


def panels(chart: Chart, column: str, groups: dict[str, tuple[int, int]], most: int = LINES) -> list[Chart]:
    """The chart once for every few series: each group of records is a line in its own look, the same in each chart."""
    names, found = list(groups), []
    for first in range(0, len(names), most):
        part = names[first : first + most]
        series = tuple(Series(column, name, LOOKS[at % len(LOOKS)], groups[name]) for at, name in enumerate(part))
        found.append(replace(chart, series=series))
    return found
