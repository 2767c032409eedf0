"""The plan's tables of what the case gives and a report needs to show and to check the plan."""

from __future__ import annotations

import pandas as pd

from quadopt.tables.case import Case

COLUMNS = {
    "countries": ("countries", "country member governance latitude longitude"),
    "materials": ("materials", "material unit stage price importance shortage_value"),
    "sectors": ("sectors", "sector shortage_weight"),
    "recipes": ("recipes", "process material quantity"),
    "stockpiles": ("stockpiles", "country material initial capacity release_limit holding_cost loss_rate"),
    "sharing_rules": ("sharing", "provider receiver material period limit_fraction"),
}
"""Table of the plan -> table of the case, and its columns that the plan carries."""


def tables(case: Case) -> dict[str, pd.DataFrame]:
    """countries, materials, sectors, recipes, stockpiles and sharing_rules, as the case gives them."""
    return {name: case.tables[table][columns.split()].copy() for name, (table, columns) in COLUMNS.items()}
