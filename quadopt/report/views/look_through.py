"""Look-through: shares in every reading side by side, concentration, and what is one-off use of the initial stock."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.columns import BY_NAME, COUNTRY, MATERIAL, PERIOD, STOCK_EXPOSED
from quadopt.report.parts import LOOKS, Chart, Series, Sheet
from quadopt.report.schema import Column
from quadopt.report.views.common import ALL_MEMBERS, READINGS, SHOWN, by_importance, largest, mean, ordered

RELABELS = 0.05
"""Distance between the proportional and the at-least share above which a row is flagged."""
LOWER, HIGHER = "relabels: booked lower than it mixes", "takes the labels: booked higher than it mixes"
CONCENTRATION = tuple(column for column in BY_NAME["concentration"].columns if column.kind == "scale")
KEY = ["country", "material", "period"]
DIFFERENCE = Column(
    "difference",
    "Proportional less at least",
    "percentage points",
    "share",
    "how far the proportional share lies above the at-least share",
)
FLAG = Column("flag", "Relabelled?", meaning="where the two differ by more than 5 points")
DEMAND = Column("demand", "Demand", "units of the material", "amount", "demand of the periods")
MEANING = (
    "Where the proportional share lies more than 5 points above the at-least share, the plan relabels rather than replaces: "
    "much of the fall is booking, in which exposed units are assigned to other uses, or to what is thrown away, while the "
    "units that are really used mix as before. Where it lies more than 5 points below, this demand carries labels taken off "
    "others. The books make totals least and most, so that for a single row they are no bounds."
)


SIDE_BY_SIDE = (
    Column("supplier", "Largest supplier, proportional", meaning="whose share over all periods is largest"),
    *(SHOWN[name] for name in READINGS),
    DIFFERENCE,
    FLAG,
    Column(
        "one_off",
        "One-off: share taken off by the initial stock",
        "percentage points",
        "share",
        "proportional share, had the initial stock that is used come from the supplier, less the proportional share",
    ),
    *CONCENTRATION,
    DEMAND,
)


def look_through(plan: Plan) -> Sheet:
    """Readings side by side over all periods, of all members together, by material."""
    frame = _over_all_periods(plan, together=True)
    sentence = (
        "How much of the members' demand for each material depends on its largest supplier, in every reading side by side, "
        f"over all periods (mean by demand of each period's largest supplier). {MEANING} HHI: concentration of direct imports "
        "over outside suppliers, as shares of use; it may exceed 1 where imports are for stock or passed on."
    )
    shown = (MATERIAL, *SIDE_BY_SIDE)
    frame = frame[[column.name for column in shown]]
    return Sheet("look_through", "Look-through", sentence, shown, frame, charts=_charts(len(frame)))


def look_through_by_member(plan: Plan) -> Sheet:
    """Readings side by side over all periods, of each member and material."""
    shown = (Column("country", "Member", meaning="the member"), MATERIAL, *SIDE_BY_SIDE)
    frame = _over_all_periods(plan, together=False)[[column.name for column in shown]]
    sentence = f"Every reading side by side, for each member and material over all periods. {MEANING}"
    return Sheet("look_through_by_member", "Look-through by member", sentence, shown, frame)


def _over_all_periods(plan: Plan, together: bool) -> pd.DataFrame:
    """Means by demand of the readings and of concentration, by material, of all members or of each."""
    found = _with_concentration(plan)
    members = dict.fromkeys(found["country"])
    if together:
        found, members = found.assign(country=ALL_MEMBERS), {ALL_MEMBERS: None}
    names = [*READINGS, STOCK_EXPOSED.name, *(column.name for column in CONCENTRATION)]
    frame = mean(found, ["country", "material"], names, "demand")
    frame = _flagged(ordered(frame, country=members, material=by_importance(plan)))
    frame = frame.merge(_suppliers(plan), on=["country", "material"], how="left")
    return frame.assign(one_off=frame[STOCK_EXPOSED.name] - frame["share_proportional"])


def look_through_by_period(plan: Plan) -> Sheet:
    """The same readings for each period."""
    found = _flagged(_with_concentration(plan))
    order = {"country": dict.fromkeys(found["country"]), "material": by_importance(plan)}
    frame = ordered(found, **order, period=figures.periods(plan))
    shown = (
        COUNTRY,
        MATERIAL,
        PERIOD,
        Column("supplier_at_least", "Largest supplier, at least", meaning="in that reading; blank: none is exposed"),
        Column(
            "supplier_proportional", "Largest supplier, proportional", meaning="in that reading; blank: none is exposed"
        ),
        *(SHOWN[name] for name in READINGS),
        DIFFERENCE,
        FLAG,
        *CONCENTRATION,
        DEMAND,
    )
    sentence = f"Every reading side by side, for each member, material and period. {MEANING}"
    return Sheet(
        "look_through_by_period", "Look-through by period", sentence, shown, frame[[column.name for column in shown]]
    )


def one_off(plan: Plan) -> Sheet:
    """What of the fall in dependence from today to the plan is one-off use of the initial stock."""
    frame = figures.one_off(plan)
    points = "percentage points"
    shown = (
        Column("material", "Material", meaning="the material; 'all' for the index"),
        Column("today", "Today", "% of demand", "share", "proportional share today (least cost, no fund)"),
        Column("with_fund", "With the fund", "% of demand", "share", "proportional share with the plan"),
        Column("fall", "Fall", points, "share", "today less with the fund"),
        Column("stock_today", "Taken off by the initial stock today", points, "share", "by its use in today's trade"),
        Column(
            "stock_with_fund", "Taken off by the initial stock with the fund", points, "share", "by its use in the plan"
        ),
        Column(
            "one_off",
            "One-off part of the fall",
            points,
            "share",
            "what the plan's use of it takes off more than today's",
        ),
        Column("lasting", "Lasting part of the fall", points, "share", "the fall less its one-off part"),
    )
    sentence = (
        "What part of the fall in dependence is one-off use of the initial stock, which has no origin and so counts as clean, "
        "and is gone when used. It is an attribution: the proportional share is calculated once more as if every unit of the "
        "initial stock that leaves it, used at home, shared, or mixed into later stages, had come from the largest supplier; "
        "what the share is then higher by is what the stock took off. Initial stock that is kept throughout counts for nothing."
    )
    return Sheet("one_off", "One-off use of the initial stock", sentence, shown, frame)


def _with_concentration(plan: Plan) -> pd.DataFrame:
    """The largest suppliers' shares with the concentration of direct imports (0 where nothing is used)."""
    names = [column.name for column in CONCENTRATION]
    told = figures.numbers(figures.table(plan, "concentration"), *names).astype({"period": str})
    return largest(plan).merge(told[[*KEY, *names]], on=KEY, how="left")


def _suppliers(plan: Plan) -> pd.DataFrame:
    """Whose proportional exposure over all periods is largest: of each member, and of all together, by material."""
    frame = figures.numbers(figures.table(plan, "dependence"), "demand", "share_proportional")
    frame = frame.assign(exposed=frame["share_proportional"] * frame["demand"])
    frame = frame.assign(country=frame["country"].where(frame["country"] != "group", ALL_MEMBERS))
    sums = frame.groupby(["country", "material", "supplier"], sort=False)["exposed"].sum().reset_index()
    sums = sums[sums["exposed"] > 0].sort_values("exposed", ascending=False, kind="stable")
    return sums.drop_duplicates(["country", "material"])[["country", "material", "supplier"]]


def _flagged(frame: pd.DataFrame) -> pd.DataFrame:
    apart = frame["share_proportional"] - frame["share_at_least"]
    flag = pd.Series("", index=frame.index, dtype=object)
    return frame.assign(difference=apart, flag=flag.mask(apart > RELABELS, LOWER).mask(apart < -RELABELS, HIGHER))


def _charts(materials: int) -> tuple[Chart, ...]:
    height = max(16, 2 * materials + 10)
    readings = zip(("at least", "proportional", "at most", "direct (over use)"), READINGS, (0, 1, 6, 3), strict=True)
    shares = tuple(Series(column, title, LOOKS[look]) for title, column, look in readings)
    hhi = tuple(Series(c.name, c.title, LOOKS[at]) for at, c in enumerate(CONCENTRATION))
    chart = Chart("bar", "", "look_through", ("material",), (), "", "0%", "", (0, 1), height)
    return (
        replace(chart, title="Dependence of all members in every reading", series=shares, axis="% of demand"),
        replace(
            chart,
            title="Concentration of direct imports",
            series=hhi,
            axis="HHI (what is above 1 is cut off)",
            number_format="0.0",
        ),
    )
