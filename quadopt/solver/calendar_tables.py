"""The plan's tables of the calendar with its factors, and of the stock budget that a plan's purchases stay within."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from quadopt.formulation import cost, dependence
from quadopt.formulation.structure import Structure
from quadopt.solver.frames import frame


def tables(structure: Structure, found: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """periods and stock_budget; `found` holds the plan's stock."""
    return {"periods": _periods(structure), "stock_budget": _stock_budget(structure, found["stock"])}


def _periods(structure: Structure) -> pd.DataFrame:
    """The calendar with the factors that weigh money and the periods that the worst case looks at."""
    case = structure.case
    chance = cost.weights(structure, structure.has_crises)
    first = dependence.worst_from(structure)
    rows = []
    for number, (period, (begin, end)) in enumerate(zip(case.periods, case.spans, strict=True), 1):
        factors = (case.discount[period], (1.0 + case.discount_rate) ** -end)
        is_late = int(number >= first)
        row = (period, number, begin, end - begin, *factors, chance[structure.base.name, number].chance, is_late)
        rows.append(row)
    names = ["period", "number", "begin", "years", "discount", "discount_end", "base_chance", "in_worst"]
    return frame(names, rows)


def _stock_budget(structure: Structure, stock: pd.DataFrame) -> pd.DataFrame:
    r"""What filling its stocks costs a member, $10^{-6} \sum_m price_m p_{nmt}$, against its limit (blank: unlimited)."""
    case = structure.case
    price = stock["material"].map(case.price).astype(float)
    spent = (1e-6 * price * stock["purchase"].astype(float)).groupby([stock["country"], stock["period"]], sort=False)
    limits = case.tables["fund"].set_index(["country", "period"])["stock_limit"].astype(float)
    found = pd.DataFrame({"purchase": spent.sum()})
    found["limit"] = limits.reindex(found.index) * found.index.get_level_values(1).map(case.length).astype(float)
    return found.reset_index()
