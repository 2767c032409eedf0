"""Use, direct import shares and concentration of a plan (formulation, section 5, measures reported over use)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    pass

from quadopt.tables.case import Case

Tables = Mapping[str, pd.DataFrame]

KEY = ["country", "material", "period"]


def totals(frame: pd.DataFrame, keys: list[str], columns: list[str], how: str = "sum") -> pd.DataFrame:
    """Sums (or another aggregate) of columns by keys, one row a key in order of first appearance."""
    return pd.DataFrame(frame.groupby(keys, sort=False)[columns].agg(how)).reset_index()


def recipes(case: Case) -> pd.DataFrame:
    """Recipe rows as numbers: process, material, quantity per unit of activity (made > 0, used < 0)."""
    frame = case.tables["recipes"][["process", "material", "quantity"]]
    return frame.astype({"quantity": float})


def inputs_used(case: Case, tables: Tables) -> pd.DataFrame:
    """What activities take in, every country: country, material, period, used (amount of the period)."""
    taken = recipes(case).query("quantity < 0")
    joined = tables["production"][["country", "process", "period", "activity"]].merge(taken, on="process")
    joined["used"] = -joined["quantity"] * joined["activity"].astype(float)
    return totals(joined, KEY, ["used"])


def served(tables: Tables) -> pd.DataFrame:
    """What demand gets: country, material, period, demand, shortage, served (amounts, sectors together)."""
    frame = totals(tables["shortage"], KEY, ["demand", "shortage"])
    frame["served"] = frame["demand"] - frame["shortage"]
    return frame


def use(case: Case, tables: Tables) -> pd.DataFrame:
    """Use of each material by each member: inputs of its activities plus what its demand gets.

    Returns country, material, period, use (amount of the period; only rows with use > 0).
    Formula: U_nmt = sum_i max(-rho, 0) a_it + sum_q (h_t D - u); formulation, section 5.
    """
    taken = inputs_used(case, tables).rename(columns={"used": "use"})
    got = served(tables)[[*KEY, "served"]].rename(columns={"served": "use"})
    both = pd.concat([taken[taken["country"].isin(case.members)], got[got["country"].isin(case.members)]])
    frame = totals(both, KEY, ["use"])
    return frame[frame["use"] > 0].reset_index(drop=True)


def direct_shares(case: Case, tables: Tables, suppliers: Sequence[str] | None = None) -> pd.DataFrame:
    """Direct import share of each supplier in each member's use, as trade statistics show it.

    suppliers: all outside suppliers unless named. Returns country, material, period, supplier, use, shipment,
    share_direct for every use > 0 and supplier with a shipment > 0. A share may exceed 1 where imports are put into
    stock or passed on. Formulation, section 5 (direct share).
    """
    names = list(case.suppliers if suppliers is None else suppliers)
    trade = tables["trade"]
    trade = trade[trade["origin"].isin(names) & trade["destination"].isin(case.members)]
    shipped = totals(trade, ["destination", "material", "period", "origin"], ["quantity"])
    shipped = shipped.rename(columns={"destination": "country", "origin": "supplier", "quantity": "shipment"})
    frame = use(case, tables).merge(shipped[shipped["shipment"] > 0], on=KEY)
    frame["share_direct"] = frame["shipment"] / frame["use"]
    return frame[[*KEY, "supplier", "use", "shipment", "share_direct"]]


def concentration(case: Case, tables: Tables) -> pd.DataFrame:
    """Herfindahl index of direct shares over all outside suppliers, plain and weighted by governance.

    Returns country, material, period, use, hhi, hhi_governance for every use > 0. hhi = sum share^2;
    hhi_governance = sum share^2 (1 - governance), NaN where a supplier with a share has no governance value (a guess
    would not be told from a measurement). Scale 0..1 where shares add up to at most 1. Formulation, section 5.
    """
    shares = direct_shares(case, tables)
    governance = dict(zip(case.tables["countries"]["country"], case.tables["countries"]["governance"], strict=True))
    square = shares["share_direct"].astype(float) ** 2
    shares["hhi"] = square
    shares["hhi_governance"] = square * (1 - shares["supplier"].map(governance).astype(float))
    grouped = shares.groupby(KEY, sort=False)
    sums = grouped["hhi"].sum().to_frame()
    sums["hhi_governance"] = grouped["hhi_governance"].apply(lambda part: part.to_numpy(dtype=float).sum())
    frame = use(case, tables).merge(sums.reset_index(), on=KEY, how="left")
    unsupplied = frame["hhi"].isna()
    frame.loc[unsupplied, ["hhi", "hhi_governance"]] = 0.0
    return frame


def needs(case: Case) -> pd.DataFrame:
    """Need of every country: demand plus existing plants' use at capacity (data, formulation, section 3).

    Returns country, material, period, need (per YEAR; only rows with need > 0).
    """
    demand = case.tables["demand"][[*KEY, "quantity"]].rename(columns={"quantity": "need"})
    taken = recipes(case).query("quantity < 0")
    plants = case.tables["plants"][["country", "process", "period", "capacity"]].merge(taken, on="process")
    plants["need"] = -plants["quantity"] * plants["capacity"].astype(float)
    both = pd.concat([demand, plants[[*KEY, "need"]]]).astype({"need": float})
    frame = totals(both, KEY, ["need"])
    return frame[np.asarray(frame["need"]) > 0].reset_index(drop=True)
