"""Crises: what each member lacks with and without sharing, and stocks with and without the crisis."""

from __future__ import annotations

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.columns import MATERIAL, MONEY, UNITS
from quadopt.report.parts import BLUE, GREY, ORANGE, VERMILLION, Chart, Look, Series, Sheet
from quadopt.report.schema import Column
from quadopt.report.views.common import blocks
from quadopt.tables.records import rows_of

BASE, IN_CRISIS = "base path (no crisis)", "in the crisis"
PLANNED, UNSHARED, UNSTOCKED = (
    Look(BLUE),
    Look(ORANGE, pattern="wide_upward_diagonal"),
    Look(GREY, pattern="small_grid"),
)
CRISIS = Column("disruption", "Crisis", meaning="the disruption")


def shortage_by_member(plan: Plan) -> Sheet:
    """Shortage by crisis and member, with and without sharing and stocks; the worst crisis first."""
    names = {
        "shortage_value": ("with the plan", PLANNED),
        "shortage_value_without_sharing": ("without sharing", UNSHARED),
        "shortage_value_without_stocks": ("without stocks", UNSTOCKED),
    }
    frame = figures.numbers(figures.table(plan, "crisis_shortage"), *names)
    frame = frame.groupby(["disruption", "country"], sort=False)[list(names)].sum(min_count=1).reset_index()
    totals = frame.groupby("disruption")[list(names)].transform("sum")
    order = totals.assign(at=range(len(frame))).sort_values([*names, "at"], ascending=[False] * 3 + [True])
    frame = frame.loc[order.index].reset_index(drop=True)
    frame.insert(0, "label", frame["country"] + ", " + frame["disruption"])
    name = "shortage_by_member"
    shown = (
        Column("label", "Member, crisis", meaning="as the charts name it"),
        CRISIS,
        Column("country", "Member", meaning="the member"),
        *(Column(column, f"Shortage value, {title}", MONEY, "money", title) for column, (title, _) in names.items()),
    )
    charts = []
    for title, columns in (("sharing", list(names)[:2]), ("stocks", list(names)[::2])):
        hurt = frame[frame[columns].sum(axis=1) > 0]
        last = int(hurt.index.max()) if len(hurt) else -1
        if last >= 0:
            series = tuple(Series(column, *names[column], rows=(0, last)) for column in columns)
            heading = f"Shortage by crisis and member, with and without {title}"
            height = min(60, max(14, last + 9))
            charts.append(Chart("bar", heading, name, ("label",), series, MONEY, "#,##0", "", height=height))
    sentence = (
        "Weighted value of what each member's demand lacks in each crisis (shortage value x sector weight; not lost output): "
        "with the plan, with the same plan but no sharing, and with no stockpiles. The worst crisis comes first. Each is the "
        "least total; how members split an equal total can be one choice of several."
    )
    return Sheet(name, "Shortage by crisis and member", sentence, shown, frame, charts=tuple(charts))


def stock_paths(plan: Plan) -> Sheet:
    """Stocks of all members together in each crisis, against the same stocks on the base path."""
    first = figures.first_year(figures.periods(plan))
    found = [*_base(plan), *_branches(plan)]
    columns = ["disruption", "material", "path", "time", "level", "unit"]
    frame = pd.DataFrame(found, columns=columns[:-1])
    frame = frame.sort_values(["disruption", "material", "path", "time"], kind="stable").reset_index(drop=True)
    units = figures.table(plan, "materials").set_index("material")["unit"]
    frame = frame.assign(
        time=frame["time"].astype(float) + first, unit=[str(units.get(name, "")) for name in frame["material"]]
    )
    unit = "calendar year" if first else "years from the start of the horizon"
    shown = (
        CRISIS,
        MATERIAL,
        Column("path", "Path", meaning="base path, or the crisis"),
        Column("time", "Time", unit, "years", "2029.25: a quarter into 2029"),
        Column("level", "Stock", UNITS, "amount", "held by all members together"),
        Column("unit", "Unit of the stock", meaning="unit of the material"),
    )
    sentence = (
        "Stocks of all members together in each crisis against the same stocks on the base path. A crisis opens with the "
        "reserve, the part of the base path's stock that is counted on for emergencies, so the two may begin at different "
        "levels. Drawn: for each crisis the material whose stock spares the most shortage, by value; the table holds all."
    )
    charts = _stock_charts(plan, frame, unit)
    return Sheet("stock_paths", "Stocks with and without each crisis", sentence, shown, frame, charts=charts)


def _base(plan: Plan) -> list[tuple[str, str, str, float, float]]:
    """Points of the base path around each crisis: the stock at the ends of its periods, members added up."""
    calendar = figures.numbers(figures.table(plan, "periods"), "begin", "years").astype({"period": str})
    begins = dict(zip(calendar["period"], calendar["begin"], strict=True))
    years = dict(zip(calendar["period"], calendar["years"], strict=True))
    stock = figures.numbers(figures.table(plan, "stock"), "opening", "closing").astype({"period": str})
    sums = stock.groupby(["material", "period"], sort=False)[["opening", "closing"]].sum().reset_index()
    level: dict[str, dict[float, float]] = {}
    for row in rows_of(sums):
        if row.period in begins:
            begin = begins[row.period]
            level.setdefault(row.material, {}).setdefault(begin, row.opening)
            level[row.material][begin + years[row.period]] = row.closing
    found = []
    for crisis in rows_of(figures.numbers(figures.table(plan, "disruptions"), "begin", "end")):
        for material, points in level.items():
            near = [time for time in points if crisis.begin - 1 <= time <= crisis.end + 1]
            found += [(crisis.disruption, material, BASE, time, points[time]) for time in near]
    return found


def _branches(plan: Plan) -> list[tuple[str, str, str, float, float]]:
    """Points of each crisis: the stock at its beginning and at the end of each step, members added up."""
    stock = figures.numbers(figures.table(plan, "branch_stock"), "step", "begin", "end", "opening", "closing")
    key = ["disruption", "material", "step", "begin", "end"]
    sums = stock.groupby(key, sort=False)[["opening", "closing"]].sum().reset_index()
    found = []
    for row in rows_of(sums):
        if row.step == 1:
            found.append((row.disruption, row.material, IN_CRISIS, row.begin, row.opening))
        found.append((row.disruption, row.material, IN_CRISIS, row.end, row.closing))
    return found


def _stock_charts(plan: Plan, frame: pd.DataFrame, unit: str) -> tuple[Chart, ...]:
    """For each crisis the material whose stock spares the most shortage value: without stocks, less with the plan."""
    told = figures.table(plan, "crisis_shortage")
    lacking = figures.numbers(told, "shortage_value", "shortage_value_without_stocks")
    spared = lacking["shortage_value_without_stocks"] - lacking["shortage_value"]
    sums = spared.groupby([lacking["disruption"], lacking["material"]], sort=False).sum()
    rows = blocks(frame, "disruption", "material", "path")
    charts = []
    for disruption in dict.fromkeys(lacking["disruption"]):
        material = sums[disruption].idxmax()
        pair = [(path, rows.get((disruption, material, path))) for path in (BASE, IN_CRISIS)]
        if sums[disruption].max() <= 0 or any(found is None for _, found in pair):
            continue
        looks = (Look(GREY, "dash", "square"), Look(VERMILLION, "solid", "circle"))
        series = tuple(Series("level", path, look, found) for (path, found), look in zip(pair, looks, strict=True))
        of = frame.loc[frame["material"] == material, "unit"].iloc[0] or UNITS
        title = f"{disruption}: stock of {material}"
        charts.append(
            Chart("scatter", title, "stock_paths", ("time",), series, of, "#,##0", unit[0].upper() + unit[1:])
        )
    return tuple(charts)


def stress_chart(plan: Plan) -> tuple[Chart, ...]:
    """Stress by crisis, on the sheet of crises."""
    series = (
        Series("stress", "with the plan", PLANNED),
        Series("stress_without_sharing", "without sharing", UNSHARED),
        Series("stress_without_stocks", "without stocks", UNSTOCKED),
    )
    height = max(14, 2 * len(figures.table(plan, "disruptions")) + 8)
    return (
        Chart(
            "bar", "Stress by crisis (weighted shortage value)", "disruptions", ("disruption",), series, MONEY, "#,##0",
            category_axis="", height=height,
        ),
    )  # fmt: skip
