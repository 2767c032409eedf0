"""Projects in time, investment, and contributions against their limits."""

from __future__ import annotations

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.columns import BY_NAME, MONEY, PERIOD
from quadopt.report.parts import BLUE, GREEN, GREY, LOOKS, ORANGE, Chart, Look, Series, Sheet
from quadopt.report.schema import Column
from quadopt.report.views.common import blocks

LIMIT = Look(GREY, "dash", "square", "wide_upward_diagonal")


def timeline(plan: Plan) -> Sheet:
    """When each started project is built and runs."""
    frame = figures.numbers(figures.table(plan, "investments"), "start_year", "complete_year", "end_year", "capex")
    frame = frame[frame["start_year"].notna()]
    frame = frame.sort_values(["start_year", "complete_year"], kind="stable").reset_index(drop=True)
    first = figures.first_year(figures.periods(plan))
    frame = frame.assign(
        begin=frame["start_year"] + first,
        building=frame["complete_year"] - frame["start_year"],
        online=frame["end_year"] - frame["complete_year"],
    )
    names = ["project", "country", "status", "begin", "building", "online", "capex"]
    declared = {column.name: column for column in BY_NAME["investments"].columns}
    unit = "calendar year" if first else "years from the start of the horizon"
    shown = (
        *(declared[name] for name in names[:3]),
        Column("begin", "Start", unit, "year" if first else "years", "when it starts"),
        Column("building", "Lead time", "years", "years", "from the start to completion"),
        Column("online", "Online", "years", "years", "from completion to the end of its life, or of the horizon"),
        declared["capex"],
    )
    last = first + frame["end_year"].max() if len(frame) else None
    chart = Chart(
        "stacked bar",
        "Projects: lead time and time online",
        "timeline",
        ("project",),
        (
            Series("begin", "start", invisible=True),
            Series("building", "lead time (being built)", Look(ORANGE, pattern="wide_upward_diagonal")),
            Series("online", "online (capacity may still ramp up)", Look(BLUE)),
        ),
        unit[0].upper() + unit[1:],
        "0",
        category_axis="",
        span=(first, last),
        height=max(12, len(frame) + 8),
    )
    sentence = "When each started project is built (lead time) and online, until its life or the horizon ends."
    return Sheet("timeline", "Timeline of projects", sentence, shown, frame[names], charts=(chart,))


def money_by_period(plan: Plan) -> Sheet:
    """Investment by payer, and contributions against limits, by period."""
    shown = (
        PERIOD,
        Column("public", "Public investment", MONEY, "money", "paid by the fund for projects"),
        Column("private", "Private investment", MONEY, "money", "paid by others for projects"),
        Column("contribution", "Contributions", MONEY, "money", "paid into the fund by all members"),
        Column("limit", "Limit", MONEY, "money", "the most that all members allow"),
    )
    sentence = "Investment in projects by payer, and the members' contributions against their limits, by period."
    name = "money_by_period"
    spent = Chart(
        "stacked column",
        "Investment in projects by payer",
        name,
        ("period",),
        (
            Series("public", "public (the fund)", Look(GREEN)),
            Series("private", "private", LOOKS[3]),
        ),
        MONEY,
        "#,##0",
    )
    given = Chart(
        "column",
        "Contributions of all members against their limits",
        name,
        ("period",),
        (
            Series("contribution", "contributions", Look(BLUE)),
            Series("limit", "the most that members allow", Look(GREY, "dash", "square"), as_line=True),
        ),
        MONEY,
        "#,##0",
    )
    return Sheet(name, "Money by period", sentence, shown, figures.money_by_period(plan), charts=(spent, given))


def contributions_by_member(plan: Plan) -> Sheet:
    """What each member pays over the horizon, against its limit, and what is spent on its soil."""
    frame = figures.money_by_country(plan)
    frame = frame[frame["limit"].notna() & (frame["country"] != "total")].reset_index(drop=True)
    shown = (
        Column("country", "Member", meaning="the member"),
        Column("contribution", "Contribution", MONEY, "money", "paid into the fund over the horizon"),
        Column("limit", "Limit", MONEY, "money", "the most that it allows over the horizon"),
        Column("used", "Used", "% of limit", "share", "contribution over limit"),
        Column("public", "Spent there, public", MONEY, "money", "paid by the fund for projects on its soil"),
        Column("private", "Spent there, private", MONEY, "money", "paid by others for projects on its soil"),
    )
    name = "contributions_by_member"
    against = Chart(
        "column",
        "Contributions against limits, over the horizon",
        name,
        ("country",),
        (Series("contribution", "contribution", Look(BLUE)), Series("limit", "limit", LIMIT)),
        MONEY,
        "#,##0",
        category_axis="Member",
    )
    by_period = Chart(
        "stacked column",
        "Contributions by member and period",
        "contributions",
        ("period",),
        tuple(
            Series("contribution", key[0], LOOKS[at % len(LOOKS)], rows)
            for at, (key, rows) in enumerate(blocks(figures.table(plan, "contributions"), "country").items())
        ),
        MONEY,
        "#,##0",
    )
    sentence = (
        "What each member pays into the fund over the horizon, against the most that it allows, and what is spent on "
        "projects on its soil (undiscounted)."
    )
    return Sheet(name, "Contributions by member", sentence, shown, frame, charts=(against, by_period))
