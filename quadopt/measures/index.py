"""Indices of dependence: means over members, materials and periods, and the worst (formulation, section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from quadopt.measures.shares import KEY, needs, totals
from quadopt.tables.records import rows_of

if TYPE_CHECKING:
    from quadopt.tables.case import Case

Tables = Mapping[str, pd.DataFrame]


class IndexWeights:
    """Weights of (country, material, period) in the mean, adding up to 1 for each measure.

    value: price x importance x quantity. material: each material weighs its importance, within it by quantity.
    quantity: country, material, period, quantity (amount of the period: demand, or need for direct and hhi).
    """

    def __init__(self, case: Case, quantity: pd.DataFrame) -> None:
        frame = quantity[quantity["quantity"] > 0].reset_index(drop=True)
        materials = case.tables["materials"]
        price = dict(zip(materials["material"], materials["price"].astype(float), strict=True))
        importance = dict(zip(materials["material"], materials["importance"].astype(float), strict=True))
        amount = frame["quantity"].astype(float)
        weight = frame["material"].map(importance).astype(float)
        value = frame["material"].map(price).astype(float) * weight * amount
        material = weight * amount / amount.groupby(frame["material"]).transform("sum")
        self.frame = frame[KEY].assign(value=_normalised(value), material_weight=_normalised(material))

    def mean(self, share: pd.DataFrame, measure: str) -> float:
        """Weighted mean of `share` (country, material, period, share; missing rows count as 0)."""
        column = "value" if measure == "value" else "material_weight"
        joined = self.frame.merge(share[[*KEY, "share"]], on=KEY, how="left")
        return float((joined[column] * joined["share"].astype(float).fillna(0.0)).sum())

    def group_mean(self, share: pd.DataFrame, measure: str) -> float:
        """The same with the members' weights added up; `share` by material, period, share."""
        column = "value" if measure == "value" else "material_weight"
        summed = self.frame.groupby(["material", "period"], as_index=False, sort=False)[column].sum()
        joined = summed.merge(share[["material", "period", "share"]], on=["material", "period"], how="left")
        return float((joined[column] * joined["share"].astype(float).fillna(0.0)).sum())


def _normalised(weight: pd.Series) -> pd.Series:
    total = weight.sum()
    return weight / total if total > 0 else weight


def _for_others(exposed: pd.DataFrame) -> pd.DataFrame:
    """A member that is traced itself is a supplier to the others only."""
    return exposed[exposed["country"] != exposed["supplier"]]


def _demand_and_shortage(shortage: pd.DataFrame) -> pd.DataFrame:
    frame = totals(shortage, KEY, ["demand", "shortage"])
    return frame[frame["demand"] > 0].reset_index(drop=True)


def index_values(case: Case, exposed: pd.DataFrame, shortage: pd.DataFrame) -> pd.DataFrame:
    """The index by both weights, mean over members and for the group as a whole.

    exposed: supplier, country, material, period, exposed (amounts that demand gets; missing = 0).
    shortage: the plan's shortage table (demand and shortage by sector). Returns measure (value|material),
    scope (members|group), value. The largest supplier's share: (max exposed + shortage) / demand; for the group the
    largest supplier of all members together. Formulation, section 5.
    """
    base = _demand_and_shortage(shortage)
    weights = IndexWeights(case, base.rename(columns={"demand": "quantity"}))
    others = _for_others(exposed)
    own = totals(others, KEY, ["exposed"], "max")
    members = base.merge(own, on=KEY, how="left").fillna({"exposed": 0.0})
    members["share"] = (members["exposed"] + members["shortage"]) / members["demand"]
    pair = ["material", "period"]
    by_supplier = totals(others, ["supplier", *pair], ["exposed"])
    largest = totals(by_supplier, pair, ["exposed"], "max")
    group = totals(base, pair, ["demand", "shortage"])
    group = group.merge(largest, on=pair, how="left").fillna({"exposed": 0.0})
    group["share"] = (group["exposed"] + group["shortage"]) / group["demand"]
    rows = []
    for measure in ("value", "material"):
        rows.append({"measure": measure, "scope": "members", "value": weights.mean(members, measure)})
        rows.append({"measure": measure, "scope": "group", "value": weights.group_mean(group, measure)})
    return pd.DataFrame(rows)


def worst_from_default(case: Case) -> str:
    """First period in which a candidate project can be online (the first period where there is none)."""
    periods = list(case.periods)
    position = {label: number for number, label in enumerate(periods)}
    best = len(periods)
    for row in rows_of(case.tables["projects"]):
        if row.status != "candidate":
            continue
        for start in periods[position[row.earliest] if row.earliest else 0 :]:
            complete = case.offset[start] + float(row.lead_time)
            if complete > case.offset[periods[-1]] + 1e-9 or (row.latest and position[start] > position[row.latest]):
                break
            reached = [t for t in periods if case.offset[t] + case.length[t] > complete + 1e-9]
            best = min(best, position[reached[0]])
            break
    return periods[best] if best < len(periods) else periods[0]


def worst(case: Case, exposed: pd.DataFrame, shortage: pd.DataFrame, worst_from: str = "") -> float:
    """The largest single-supplier share of any member and material, all periods from `worst_from` together.

    exposed, shortage: as in index_values. max over (n, m, supplier) of sum_t (exposed + shortage) / sum_t demand;
    0 where nothing is demanded. Formulation, section 5.
    """
    periods = list(case.periods)
    late = periods[periods.index(worst_from or worst_from_default(case)) :]
    pair = ["country", "material"]
    base = _demand_and_shortage(shortage[shortage["period"].isin(late)])
    base = totals(base, pair, ["demand", "shortage"])
    others = _for_others(exposed[exposed["period"].isin(late)])
    summed = totals(others, ["supplier", *pair], ["exposed"])
    largest = totals(summed, pair, ["exposed"], "max")
    base = base.merge(largest, on=pair, how="left").fillna({"exposed": 0.0})
    if base.empty:
        return 0.0
    return float(((base["exposed"] + base["shortage"]) / base["demand"]).max())


def _shipments_over_need(case: Case, tables: Tables, suppliers: Sequence[str]) -> tuple[IndexWeights, pd.DataFrame]:
    """Weights by need, and per (member, material, period): need (amount), shortage, and each supplier's shipment."""
    need = needs(case)
    need = need[need["country"].isin(case.members)].reset_index(drop=True)
    need["quantity"] = need["need"] * need["period"].map(case.length).astype(float)
    short = _demand_and_shortage(tables["shortage"])[[*KEY, "shortage"]]
    base = need.merge(short, on=KEY, how="left").fillna({"shortage": 0.0})
    trade = tables["trade"]
    trade = trade[trade["origin"].isin(list(suppliers)) & (trade["origin"] != trade["destination"])]
    shipped = trade.rename(columns={"destination": "country", "origin": "supplier"})
    shipped = totals(shipped, [*KEY, "supplier"], ["quantity"])
    shipped = shipped.rename(columns={"quantity": "shipment"})
    return IndexWeights(case, need), base.merge(shipped, on=KEY, how="left").fillna({"shipment": 0.0})


def direct_index(case: Case, tables: Tables, suppliers: Sequence[str], measure: str = "value") -> float:
    """The index of direct imports over NEED: mean of (largest supplier's shipment + shortage) / need.

    measure: value or material (weights by need). The quantity that the measure `direct` optimises; section 5.
    """
    weights, frame = _shipments_over_need(case, tables, suppliers)
    frame["share"] = (frame["shipment"] + frame["shortage"]) / frame["quantity"]
    return weights.mean(totals(frame, KEY, ["share"], "max"), measure)


def direct_worst(case: Case, tables: Tables, suppliers: Sequence[str], worst_from: str = "") -> float:
    """The largest direct share of NEED of any member and material, all periods from `worst_from` together."""
    periods = list(case.periods)
    late = periods[periods.index(worst_from or worst_from_default(case)) :]
    _, frame = _shipments_over_need(case, tables, suppliers)
    frame = frame[frame["period"].isin(late)]
    pair = ["country", "material"]
    base = totals(frame.drop_duplicates(KEY), pair, ["quantity", "shortage"])
    largest = totals(
        totals(frame.fillna({"supplier": ""}), ["supplier", *pair], ["shipment"]), pair, ["shipment"], "max"
    )
    base = base.merge(largest, on=pair)
    return float(((base["shipment"] + base["shortage"]) / base["quantity"]).max()) if len(base) else 0.0


def hhi_index(case: Case, tables: Tables, suppliers: Sequence[str], measure: str = "value") -> float:
    """Mean over need of sum_suppliers (shipment / need)^2 + 2 x shortage / need; what the measure `hhi` optimises.

    A unit short counts for the most that it can take off a square, so that serving nobody does not look diversified.
    """
    weights, frame = _shipments_over_need(case, tables, suppliers)
    frame["square"] = (frame["shipment"] / frame["quantity"]) ** 2
    frame["short"] = frame["shortage"] / frame["quantity"]
    grouped = totals(frame, KEY, ["square"]).merge(totals(frame, KEY, ["short"], "first"), on=KEY)
    grouped["share"] = grouped["square"] + 2.0 * grouped["short"]
    return weights.mean(grouped, measure)
