"""Operating support that a plan's projects need (formulation, section 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from quadopt.tables.case import Case

MILLION = 1e6


def operating_support(case: Case, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What each project loses at market prices, period by period.

    Returns project, period, output_value, input_value, operating_cost, support (millions, undiscounted, of the period;
    every row of a project's production). support = max(0, unit cost + inputs at price - outputs at price) x output.
    """
    price = dict(
        zip(case.tables["materials"]["material"], case.tables["materials"]["price"].astype(float), strict=True)
    )
    unit_cost = dict(zip(case.tables["projects"]["project"], case.tables["projects"]["unit_cost"], strict=True))
    made: dict[str, float] = {}
    used: dict[str, float] = {}
    for (process, material), quantity in case.recipe.items():
        target = made if quantity > 0 else used
        target[process] = target.get(process, 0.0) + abs(quantity) * price[material]
    production = tables["production"]
    own = production[production["kind"] == "project"]
    frame = pd.DataFrame({"project": own["unit_name"], "period": own["period"]})
    activity = own["activity"].astype(float)
    frame["output_value"] = own["process"].map(made).astype(float).fillna(0.0) * activity / MILLION
    frame["input_value"] = own["process"].map(used).astype(float).fillna(0.0) * activity / MILLION
    frame["operating_cost"] = own["unit_name"].map(unit_cost).astype(float) * activity / MILLION
    frame["support"] = (frame["operating_cost"] + frame["input_value"] - frame["output_value"]).clip(lower=0.0)
    return frame.reset_index(drop=True)
