"""The plan's table of largest suppliers: the shares of which the index is the weighted mean."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from quadopt import measures
from quadopt.tables.case import Case

KEY = ["country", "material", "period"]


def largest(case: Case, exposed: Mapping[str, pd.DataFrame], shortage: pd.DataFrame) -> pd.DataFrame:
    r"""For each demand, and for the group, who the largest supplier is and what depends on it, in every reading.

    `exposed`: reading -> supplier, country, material, period, exposed (amounts that demand gets). The share is
    $(\max_\sigma v^\sigma + \sum_q u) / (h_t D)$ (the method, section 5); the weights add up to one over the members' rows,
    and over the group's. A blank supplier: nothing of the demand depends on any.
    """
    demand = shortage.groupby(KEY, as_index=False, sort=False)[["demand", "shortage"]].sum()
    demand = demand[demand["demand"] > 0]
    weights = measures.IndexWeights(case, demand.rename(columns={"demand": "quantity"})).frame
    weights = weights.rename(columns={"value": "weight_value", "material_weight": "weight_material"})
    table = _with_group(demand.merge(weights, on=KEY, how="left"))
    for reading, amounts in exposed.items():
        others = amounts[amounts["country"] != amounts["supplier"]].astype({"exposed": float})
        amount = _with_group(others, ["supplier"]).rename(columns={"supplier": f"supplier_{reading}"})
        amount = amount[amount["exposed"] > 0].sort_values("exposed", ascending=False, kind="stable")
        table = table.merge(amount.drop_duplicates(KEY), on=KEY, how="left").fillna({f"supplier_{reading}": ""})
        table[f"share_{reading}"] = (table["exposed"].fillna(0.0) + table["shortage"]) / table["demand"]
        table = table.drop(columns="exposed")
    return table


def _with_group(frame: pd.DataFrame, more: list[str] | None = None) -> pd.DataFrame:
    """The members' rows, and below them those of the group: their sums by material and period."""
    summed = frame.groupby([*(more or []), "material", "period"], as_index=False, sort=False).sum(numeric_only=True)
    return pd.concat([frame, summed.assign(country="group")[list(frame.columns)]], ignore_index=True)
