"""Where what the members get of a material comes from, last stage only."""

from __future__ import annotations

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.columns import MATERIAL, PERIOD, UNITS
from quadopt.report.parts import LOOKS, Chart, Series, Sheet
from quadopt.report.schema import Column
from quadopt.report.views.common import blocks, by_importance, ordered

MATERIALS, ORIGINS = 6, 6
"""Materials that are shown (those with most value of demand), and origins that each names (those with most quantity)."""
OTHERS, STOCKS = "other origins", "stockpiles (net)"
NAME = "supply_mix"


def supply_mix(plan: Plan) -> Sheet:
    """The members' supply by origin, stacked."""
    chosen = by_importance(plan)[:MATERIALS]
    parts = [_mix(plan, material) for material in chosen]
    columns = ["material", "origin", "period", "quantity", "share", "unit"]
    frame = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    shown = (
        MATERIAL,
        Column(
            "origin", "Origin", meaning="where it was made in the last stage; stockpiles: what they give on balance"
        ),
        PERIOD,
        Column("quantity", "Quantity", UNITS, "amount", "what the members get of it"),
        Column("share", "Share", "% of all that the members get", "share", "quantity over the sum of all origins"),
        Column("unit", "Unit of the quantity", meaning="unit of the material"),
    )
    sentence = (
        f"What all members together get of a material, by the country in which its LAST stage was done, for the "
        f"{len(chosen)} materials with most value of demand (price x quantity x importance). Made at home of an outside "
        "supplier's input counts as home here: where the whole chain comes from is on the look-through sheets."
    )
    return Sheet(NAME, "Supply mix by origin", sentence, shown, frame, charts=_charts(frame))


def _mix(plan: Plan, material: str) -> pd.DataFrame:
    """Origin, period, quantity of one material: made in members, shipped from outside, taken from stocks on balance."""
    balance = figures.numbers(figures.table(plan, "balance"), "made")
    trade = figures.numbers(figures.table(plan, "trade"), "quantity")
    stock = figures.numbers(figures.table(plan, "stock"), "opening", "closing", "lost")
    members = figures.table(plan, "contributions")["country"].unique()
    made = balance[(balance["material"] == material) & balance["country"].isin(members)]
    shipped = trade[
        (trade["material"] == material) & trade["destination"].isin(members) & ~trade["origin"].isin(members)
    ]
    stock = stock[stock["material"] == material]
    given = (stock["opening"] - stock["closing"] - stock["lost"]).groupby(stock["period"].astype(str)).sum()
    found = pd.concat(
        [
            made.rename(columns={"country": "origin", "made": "quantity"})[["origin", "period", "quantity"]],
            shipped[["origin", "period", "quantity"]],
            given[given > 0].rename("quantity").reset_index().assign(origin=STOCKS),
        ]
    ).astype({"period": str})
    totals = found[found["origin"] != STOCKS].groupby("origin")["quantity"].sum()
    named = list(totals[totals > 0].sort_values(ascending=False, kind="stable").index[:ORIGINS])
    found["origin"] = found["origin"].where(found["origin"].isin([*named, STOCKS]), OTHERS)
    sums = found.groupby(["origin", "period"])["quantity"].sum()
    order = [origin for origin in (*named, OTHERS, STOCKS) if sums.get(origin, pd.Series([0.0])).sum() > 0]
    whole = pd.MultiIndex.from_product([order, figures.periods(plan)], names=["origin", "period"])
    frame = sums.reindex(whole).fillna(0.0).reset_index()
    total = frame.groupby("period")["quantity"].transform("sum")
    frame["share"] = frame["quantity"] / total.where(total > 0)
    units = figures.table(plan, "materials").set_index("material")["unit"]
    frame = ordered(frame, origin=order, period=figures.periods(plan))
    return frame.assign(material=material, unit=units.get(material, ""))


def _charts(frame: pd.DataFrame) -> tuple[Chart, ...]:
    found, charts = blocks(frame, "material", "origin"), []
    usual: dict[str, int] = {}
    for material in dict.fromkeys(frame["material"]):
        origins = {key[1]: rows for key, rows in found.items() if key[0] == material}
        looks = _looks(list(origins), usual)
        unit = frame.loc[frame["material"] == material, "unit"].iloc[0] or UNITS
        series = tuple(Series("quantity", name, LOOKS[looks[name]], rows) for name, rows in origins.items())
        title, axis = f"Supply of {material} by origin", f"{unit} in the period"
        charts.append(Chart("stacked column", title, NAME, ("period",), series, axis, "#,##0"))
    return tuple(charts)


def _looks(origins: list[str], usual: dict[str, int]) -> dict[str, int]:
    """The look of each origin: the same in every chart as far as no two of one chart are alike; notes new ones in `usual`."""
    found: dict[str, int] = {}
    for origin in origins:
        at = usual.setdefault(origin, len(usual) % len(LOOKS))
        if at not in found.values():
            found[origin] = at
    for origin in origins:
        free = (at for at in range(len(LOOKS)) if at not in found.values())
        found.setdefault(origin, next(free, usual[origin]))
    return found
