"""The figures of the summary, from a plan's tables by plain arithmetic; no layout and no Excel.

Every function takes a plan and returns a frame (empty where the plan holds nothing to show). Shares are fractions,
money is in millions of the plan's currency.
"""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from quadopt.plan import Plan
from quadopt.report.columns import BY_NAME
from quadopt.report.schema import complete
from quadopt.tables.records import rows_of
from quadopt.whatif.study import Study

STEPS = ("today", "re-directed", "with the fund")


def table(plan: Plan, name: str) -> pd.DataFrame:
    """A table of the plan with all its declared columns; an empty one where the plan has none."""
    frame = plan.stages if name == "stages" else plan.tables.get(name)
    return complete(frame, BY_NAME[name])


def numbers(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """A copy of the frame with the named columns as floats; what is no finite number becomes NaN."""
    copy = frame.copy()
    for name in names:
        values = pd.to_numeric(copy[name], errors="coerce").astype(float)
        copy[name] = values.where(values.abs() != math.inf)
    return copy


def base_year(source: Plan | Study) -> str:
    """The base year of the money as text, empty where the plan or study does not say."""
    year = getattr(source, "base_year", None)
    year = getattr(source, "options", {}).get("base_year") if year is None else year
    return "" if year is None or pd.isna(year) else str(year)


def periods(plan: Plan) -> list[str]:
    """The period labels in order: as in the longest list any table gives, years in their natural order."""
    labels: list[str] = []
    for name in ("contributions", "fund_balance", "dependence", "shortage", "payments"):
        found = [str(label) for label in table(plan, name)["period"].dropna().unique()]
        labels = found + [label for label in labels if label not in found] if len(found) > len(labels) else labels
    return sorted(labels) if all(re.fullmatch(r"\d{4}", label) for label in labels) else labels


def calendar(plan: Plan) -> dict[str, tuple[float, float]]:
    """Period -> when it begins and ends, in years from the start; labels that are years tell it where no table does."""
    labels = periods(plan)
    frame = plan.tables.get("periods")
    if frame is not None:
        told = numbers(frame, "begin", "years")
        return {str(row.period): (row.begin, row.begin + row.years) for row in rows_of(told)}
    begins = [
        float(int(label) - int(labels[0])) if first_year(labels) else float(at) for at, label in enumerate(labels)
    ]
    ends = [*begins[1:], begins[-1] + 1.0] if begins else []
    return dict(zip(labels, zip(begins, ends, strict=True), strict=True))


def members(plan: Plan) -> list[str]:
    """The members of the group, as the table of countries says, or else as those that may pay into the fund."""
    frame = table(plan, "countries")
    named = frame.loc[frame["member"].astype(str).str.lower().isin(("true", "yes")), "country"]
    return [str(name) for name in (named if len(named) else table(plan, "contributions")["country"].unique())]


def stopped(plan: Plan) -> list[str]:
    """The stages that stopped at a limit before the gap asked for was reached."""
    stages = table(plan, "stages")
    return [str(stage) for stage, status in zip(stages["stage"], stages["status"], strict=True) if status != "optimal"]


def is_cut_off(plan: Plan) -> bool:
    """Whether a better plan than this may exist, because a stage stopped at a limit."""
    return bool(stopped(plan)) or plan.status != "optimal"


def stages(plan: Plan) -> pd.DataFrame:
    """Status, value, bound and gap of each stage, with a verdict in words."""
    frame = table(plan, "stages")
    frame["verdict"] = [
        "solved to the gap asked" if status == "optimal" else "STOPPED AT A LIMIT: a better plan may exist"
        for status in frame["status"]
    ]
    return frame


def steps_total(plan: Plan) -> pd.DataFrame:
    """The index in three steps, one row a step: shares, cost, shortage. Empty where the steps were not calculated."""
    frame = table(plan, "three_steps")
    frame = numbers(frame, "share_at_least", "share_proportional", "share_direct", "cost", "shortage")
    return frame[frame["material"] == "all"].reset_index(drop=True)


def steps_by_material(plan: Plan) -> pd.DataFrame:
    """One row a material, a column for each share and step (``share_at_least today``), the most dependent first."""
    names = ["share_at_least", "share_proportional", "share_direct"]
    frame = numbers(table(plan, "three_steps"), *names)
    frame = frame[frame["material"] != "all"]
    order = [f"{name} {step}" for name in names for step in STEPS]
    if frame.empty:
        return pd.DataFrame(columns=["material", *order])
    wide = frame.pivot_table(index="material", columns="step", values=names, aggfunc="mean")
    wide.columns = pd.Index([f"{pair[0]} {pair[1]}" for pair in wide.columns.to_list()])
    wide = wide.reindex(columns=order).reset_index()
    return wide.sort_values(order[5], ascending=False, kind="stable").reset_index(drop=True)


def one_off(plan: Plan) -> pd.DataFrame:
    """What of the fall in proportional dependence is one-off use of the initial stock: in total, and by material.

    Taken off by the stock = share with the used initial stock counted as the supplier's - share; the one-off part of the
    fall is what is taken off with the fund less what is taken off today. Empty where the steps were not calculated.
    """
    frame = numbers(table(plan, "three_steps"), "share_proportional", "share_stock_exposed")
    columns = ["material", "today", "with_fund", "fall", "stock_today", "stock_with_fund", "one_off", "lasting"]
    before, after = (frame[frame["step"] == step].set_index("material") for step in (STEPS[0], STEPS[2]))
    if before.empty or after.empty:
        return pd.DataFrame(columns=columns)
    found = pd.DataFrame({"today": before["share_proportional"], "with_fund": after["share_proportional"]})
    found["fall"] = found["today"] - found["with_fund"]
    found["stock_today"] = before["share_stock_exposed"] - before["share_proportional"]
    found["stock_with_fund"] = after["share_stock_exposed"] - after["share_proportional"]
    found["one_off"] = found["stock_with_fund"] - found["stock_today"]
    found["lasting"] = found["fall"] - found["one_off"]
    return found.rename_axis("material").reset_index()[columns]


def index_readings(plan: Plan) -> pd.DataFrame:
    """The index table with a row for each measure and scope and a column for each basis."""
    bases = ["optimised", "at_least", "proportional", "at_most", "direct"]
    frame = numbers(table(plan, "index"), "value").dropna(subset=["value"])
    if frame.empty:
        return pd.DataFrame(columns=["measure", "scope", *bases])
    wide = frame.pivot_table(index=["measure", "scope"], columns="basis", values="value", aggfunc="mean", sort=False)
    return wide.reindex(columns=bases).reset_index()


def _largest(plan: Plan) -> pd.DataFrame:
    """For each member, material and period the largest supplier's shares, with demand and weight."""
    shares = ["share_at_least", "share_at_most", "share_proportional", "share_optimised"]
    frame = table(plan, "dependence")
    frame = numbers(frame, "demand", "weight", *shares)
    frame = frame[(frame["country"] != "group") & (frame["demand"] > 0)].assign(
        period=lambda rows: rows["period"].astype(str)
    )
    if not frame["weight"].sum() > 0:
        totals = frame.drop_duplicates(["country", "material", "period"]).groupby("material")["demand"].sum()
        frame["weight"] = frame["demand"] / frame["material"].map(totals)
    found = frame.groupby(["country", "material", "period"], sort=False)[[*shares, "demand", "weight"]].max()
    return found.reset_index()


def has_value_weights(plan: Plan) -> bool:
    """Whether the dependence table carries the value of each demand (column ``weight``)."""
    return bool(numbers(table(plan, "dependence"), "weight")["weight"].sum() > 0)


def _mean(frame: pd.DataFrame, by: str, shares: list[str], weight: str) -> pd.DataFrame:
    """Weighted means of the shares for each value of ``by``; a missing share leaves its weight out."""
    rows = {}
    for key, part in frame.groupby(by, sort=False):
        rows[key] = {
            share: (part[share] * part[weight]).sum() / total
            if (total := part[weight][part[share].notna()].sum()) > 0
            else math.nan
            for share in shares
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=shares).rename_axis(by).reset_index()


def dependence_by_period(plan: Plan) -> pd.DataFrame:
    """Mean over members and materials of the largest supplier's share, by period (weights as in the index)."""
    shares = ["share_at_least", "share_proportional", "share_at_most"]
    found = _mean(_largest(plan), "period", shares, "weight")
    order = {label: place for place, label in enumerate(periods(plan))}
    return found.sort_values("period", key=lambda column: column.map(order)).reset_index(drop=True)


def worst_materials(plan: Plan) -> pd.DataFrame:
    """Materials of the plan by proportional dependence over members and periods, with their largest supplier."""
    shares = ["share_at_least", "share_proportional", "share_at_most"]
    found = _mean(_largest(plan), "material", shares, "demand")
    frame = numbers(table(plan, "dependence"), "demand", "share_proportional")
    frame = frame[frame["country"] != "group"]
    exposed = (frame["share_proportional"] * frame["demand"]).groupby([frame["material"], frame["supplier"]]).sum()
    largest = {m: part.droplevel(0).idxmax() for m, part in exposed.groupby(level=0) if part.max() > 0}
    found.insert(1, "supplier", found["material"].map(largest))
    return found.sort_values("share_proportional", ascending=False, kind="stable").reset_index(drop=True)


def money_by_period(plan: Plan) -> pd.DataFrame:
    """Public and private payments, contributions and the members' limits, by period."""
    paid = numbers(table(plan, "payments"), "public", "private")
    given = numbers(table(plan, "contributions"), "contribution", "limit")
    labels = periods(plan)
    parts = [
        paid.groupby(paid["period"].astype(str))[["public", "private"]].sum(),
        given.groupby(given["period"].astype(str))[["contribution", "limit"]].sum(),
    ]
    wide = pd.concat([part.reindex(labels).fillna(0.0) for part in parts], axis=1)
    return wide.rename_axis("period").reset_index()


def starts(plan: Plan) -> pd.DataFrame:
    """The projects started, by date: start, completion, capacity, capex by payer; then a row of totals."""
    columns = [
        "project",
        "country",
        "process",
        "status",
        "start",
        "complete",
        "capacity",
        "capex",
        "public_capex",
        "private_capex",
    ]
    frame = numbers(table(plan, "investments"), "complete_year", "capacity", "capex", "public_capex")
    labels = periods(plan)
    frame["start"] = frame["start"].fillna("").astype(str)
    frame = frame[frame["start"] != ""]
    frame["private_capex"] = frame["capex"] - frame["public_capex"].fillna(0.0)
    frame["complete"] = frame["complete_year"] + first_year(labels)
    order = frame["start"].map({label: place for place, label in enumerate(labels)})
    frame = frame.assign(order=order).sort_values(["order", "capex"], ascending=[True, False], kind="stable")
    return with_total(frame[columns], "project", ["capex", "public_capex", "private_capex"])


def first_year(labels: list[str]) -> int:
    """The calendar year of the first period where labels are years, else 0 (dates are then years from the start)."""
    return int(labels[0]) if labels and all(re.fullmatch(r"\d{4}", label) for label in labels) else 0


def money_by_country(plan: Plan) -> pd.DataFrame:
    """Contributions against limits, and what is spent on projects on each country's soil; then a row of totals."""
    given = numbers(table(plan, "contributions"), "contribution", "limit")
    paid = numbers(table(plan, "payments"), "public", "private")
    names = ["contribution", "limit", "public", "private"]
    wide = pd.concat(
        [given.groupby("country", sort=False)[names[:2]].sum(), paid.groupby("country", sort=False)[names[2:]].sum()],
        axis=1,
    )
    wide = with_total(wide.rename_axis("country").reset_index(), "country", names)
    wide.insert(3, "used", wide["contribution"] / wide["limit"].where(wide["limit"] > 0))
    return wide


def crises(plan: Plan) -> pd.DataFrame:
    """Each crisis with its probability and its stress: planned, without sharing, without stocks; the worst first."""
    frame = numbers(
        table(plan, "disruptions"), "probability", "stress", "stress_without_sharing", "stress_without_stocks"
    )
    return frame.sort_values("stress", ascending=False, kind="stable").reset_index(drop=True)


def crisis_stocks(plan: Plan, disruption: str) -> pd.DataFrame:
    """Closing stock of each step over the opening stock of the first, a row a member and material.

    Columns are years since the crisis began. The stock that gives up most, at price, comes first (by quantity where the
    plan has no prices); stocks that lose less than a hundredth are left out.
    """
    frame = numbers(table(plan, "branch_stock"), "begin", "end", "opening", "closing", "step")
    frame = frame[frame["disruption"] == disruption].sort_values("step", kind="stable")
    key = ["country", "material"]
    first = frame.groupby(key, sort=False)["opening"].first()
    wide = frame.assign(years=frame["end"] - frame["begin"].min()).pivot_table("closing", key, "years", sort=False)
    wide = wide[first.reindex(wide.index) > 0].div(first[first > 0], axis=0) if len(wide) else wide
    told = plan.tables.get("materials")
    price = {} if told is None else dict(zip(told["material"], numbers(told, "price")["price"], strict=True))
    drop = 1.0 - wide.min(axis=1)
    given = pd.Series({key: drop[key] * first[key] * price.get(key[1], 1.0) for key in drop.index if drop[key] > 0.01})
    return wide.loc[given.sort_values(ascending=False, kind="stable").index] if len(given) else wide.iloc[:0]


def inputs_by_quality(plan: Plan) -> pd.DataFrame:
    """How many values of each input table are reported, derived, assumed, or not said to be any of it; then the total."""
    frame = table(plan, "inputs")
    names = ["reported", "derived", "assumed", "not said"]
    quality = frame["quality"].where(frame["quality"].isin(names), "not said")
    counted = frame.groupby(["table", quality], sort=False).size().unstack(fill_value=0)
    wide = counted.reindex(columns=names, fill_value=0)
    wide["all"] = wide.sum(axis=1)
    return with_total(wide.reset_index(), "table", [*names, "all"])


def support(plan: Plan) -> pd.DataFrame:
    """Operating support by project over the horizon and in its dearest period, largest first; then a row of totals."""
    names = ["output_value", "input_value", "operating_cost", "support"]
    frame = numbers(table(plan, "operating_support"), *names)
    found = frame.groupby("project", sort=False)[names].sum()
    found["peak"] = frame.groupby("project", sort=False)["support"].max()
    found = found[found["support"] > 0].sort_values("support", ascending=False, kind="stable").reset_index()
    return with_total(found, "project", names)


def with_total(frame: pd.DataFrame, label: str, names: list[str]) -> pd.DataFrame:
    """The frame with a last row of totals of the named columns; an empty frame stays empty."""
    frame = frame.reset_index(drop=True)
    if frame.empty:
        return frame
    total: dict[str, Any] = {label: "total", **{name: float(frame[name].sum()) for name in names}}
    rows = [*frame.to_dict("records"), total]
    return pd.DataFrame(rows, columns=frame.columns)


def short_because(plan: Plan) -> pd.DataFrame:
    """What goes short on the base path, by member and material: periods, amount with its unit, and the limit that holds most
    of it, with its place in the input.
    """
    names = ["country", "material", "periods", "shortage", "unit", "limit"]
    frame = numbers(table(plan, "shortage_causes"), "shortage", "rank")
    first = frame[frame["rank"] == 1]
    if first.empty:
        return pd.DataFrame(columns=names)
    units = table(plan, "materials").set_index("material")["unit"].to_dict()
    order = list(dict.fromkeys(table(plan, "shortage")["period"]))
    rows = []
    for (country, material), group in first.groupby(["country", "material"], sort=False):
        periods = sorted(group["period"], key=order.index)
        span = periods[0] if len(periods) == 1 else f"{len(periods)} periods, {periods[0]} to {periods[-1]}"
        limits = [
            f"{sheet}, {'line' if sheet.endswith('.csv') else 'row'} {row}: {text}" if sheet and row else text
            for sheet, row, text in zip(group["sheet"], group["rows"], group["limit"], strict=True)
        ]
        limit = group["shortage"].groupby(limits, sort=False).sum().idxmax()
        rows.append((country, material, span, float(group["shortage"].sum()), units.get(material, "units"), limit))
    return pd.DataFrame(rows, columns=names)


def headline(plan: Plan) -> list[str]:
    """The plan in a few sentences: dependence before and after, projects and money, the worst crisis."""
    lines = []
    steps = steps_total(plan).set_index("step")
    if "today" in steps.index and STEPS[2] in steps.index:
        before, after = steps.loc["today"], steps.loc[STEPS[2]]
        lines.append(
            "Dependence on the largest single supplier goes from "
            f"{percent(before['share_proportional'])} today to {percent(after['share_proportional'])} with the fund "
            f"if material mixes evenly (proportional), and from at least {percent(before['share_at_least'])} "
            f"to at least {percent(after['share_at_least'])} (lower bound)."
        )
    begun = starts(plan)
    if len(begun):
        total = begun.iloc[-1]
        lines.append(
            f"{len(begun) - 1} projects start; they cost {total['capex']:,.0f} million {plan.currency}, "
            f"of which the fund pays {total['public_capex']:,.0f}."
        )
    struck = crises(plan)
    if len(struck) and pd.notna(struck["stress"].iloc[0]):
        lines.append(
            f"The worst crisis is {struck['disruption'].iloc[0]}: a weighted shortage value of "
            f"{struck['stress'].iloc[0]:,.0f} million {plan.currency} (not lost output)."
        )
    for row in short_because(plan).head(3).itertuples():
        lines.append(
            f"Short: {row.country}, {row.material} ({row.periods}: {row.shortage:,.6g} {row.unit}), held by: {row.limit}."
        )
    return lines


def percent(share: Any) -> str:
    """A share as text, ``31.6 %``; ``n/a`` where it is not known."""
    return "n/a" if share is None or pd.isna(share) else f"{100 * float(share):.1f} %"


def status_sentence(plan: Plan) -> str:
    """Whether the plan is optimal to the gap asked, in words."""
    if not is_cut_off(plan):
        return "Optimal: every stage was solved to the gap asked."
    halted = stopped(plan)
    where = f": {', '.join(halted)}" if halted else ""
    return f"STOPPED AT A LIMIT{where}. A better plan may exist (see gap)."
