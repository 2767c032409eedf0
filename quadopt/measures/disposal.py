"""Imports that a plan throws away: a sign that dependence was booked away rather than replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from quadopt.tables.records import rows_of

if TYPE_CHECKING:
    from quadopt.tables.case import Case


def imports_disposed(case: Case, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What members dispose of beyond their own output: country, material, quantity (all periods), value (millions).

    By-products may be left over; more than a country makes of a material can only be imports or released stock.
    """
    made: dict[tuple[str, str, str], float] = {}
    for row in rows_of(tables["production"]):
        for material, quantity in case.recipes_of[row.process].items():
            if quantity > 0:
                key = (row.country, material, row.period)
                made[key] = made.get(key, 0.0) + quantity * float(row.activity)
    members = set(case.members)
    beyond: dict[tuple[str, str], float] = {}
    for row in rows_of(tables["disposal"]):
        excess = float(row.quantity) - made.get((row.country, row.material, row.period), 0.0)
        if row.country in members and excess > 0:
            beyond[row.country, row.material] = beyond.get((row.country, row.material), 0.0) + excess
    rows = [(c, m, quantity, 1e-6 * quantity * float(case.price[m])) for (c, m), quantity in beyond.items()]
    frame = pd.DataFrame(rows, columns=["country", "material", "quantity", "value"])
    return frame.sort_values("value", ascending=False, ignore_index=True)
