"""The plan's tables of balances: what comes of each material into each country and where it goes, from the flow tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from quadopt.solver.crisis_tables import TIME
from quadopt.tables.case import Case

Tables = Mapping[str, pd.DataFrame]
COMES = ("made", "imports", "release", "received")
GOES = ("used", "exports", "deposit", "demand", "disposal")
COLUMNS = [*COMES, *GOES, "shortage"]


def tables(case: Case, found: Tables) -> dict[str, pd.DataFrame]:
    r"""balance and branch_balance; `found` holds the flow tables of the base path and, where there are any, the branches.

    In every country, of every material, in every period or step:
    $made + imports + release + received = used + exports + deposit + (demand - shortage) + disposal$ (the method, section 4).
    """
    out = {"balance": balance(case, found, ["country", "material", "period"])}
    if "branch_production" in found:
        flows = {name.removeprefix("branch_"): frame for name, frame in found.items() if name.startswith("branch_")}
        out["branch_balance"] = balance(case, flows, [*TIME, "country", "material"])
    return out


def balance(case: Case, flows: Tables, key: list[str]) -> pd.DataFrame:
    """One row a country, material and period or step in which anything happens; amounts of the period or step."""
    parts = [*_activity(case, flows["production"]), *_trade(flows["trade"]), *_stocks(flows)]
    parts += [_renamed(flows["shortage"], {name: name}) for name in ("demand", "shortage")]
    parts.append(_renamed(flows["disposal"], {"quantity": "disposal"}))
    long = pd.concat([part for part in parts if len(part)])
    summed = long.groupby(key, sort=False)[[name for name in COLUMNS if name in long]].sum()
    whole = summed.reindex(columns=COLUMNS).fillna(0.0).astype(float)
    whole = whole[(whole != 0.0).any(axis=1)].reset_index()
    whole["use"] = whole["used"] + whole["demand"] - whole["shortage"]
    order = {name: at for at, name in enumerate([*case.countries, *case.materials, *case.periods])}
    return whole.sort_values(
        key, kind="stable", key=lambda column: column.map(order) if column.name in _NAMED else column, ignore_index=True
    )


_NAMED = ("country", "material", "period")


def _renamed(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The keys of a flow table with one of its amounts; ``names`` says what its columns are called in the balance."""
    wanted = [*TIME, *_NAMED, *COLUMNS]
    renamed = frame.rename(columns=names)
    return renamed[[name for name in wanted if name in renamed and (name not in COLUMNS or name in names.values())]]


def _activity(case: Case, production: pd.DataFrame) -> list[pd.DataFrame]:
    """What units make and use, by the recipes."""
    recipes = case.tables["recipes"][["process", "material", "quantity"]]
    joined = production.merge(recipes, on="process")
    amount = joined["quantity"].astype(float) * joined["activity"].astype(float)
    joined["made"], joined["used"] = amount.clip(lower=0.0), (-amount).clip(lower=0.0)
    return [_renamed(joined, {name: name}) for name in ("made", "used")]


def _trade(trade: pd.DataFrame) -> list[pd.DataFrame]:
    return [
        _renamed(trade, {"destination": "country", "quantity": "imports"}),
        _renamed(trade, {"origin": "country", "quantity": "exports"}),
    ]


def _stocks(flows: Tables) -> list[pd.DataFrame]:
    found = [_renamed(flows["stock"], {name: name}) for name in ("deposit", "release")]
    return [*found, _renamed(flows["sharing"], {"receiver": "country", "quantity": "received"})]
