"""The blocks of the summary sheet, one function each; `BLOCKS` is their order. No Excel here."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.columns import BY_NAME, MONEY
from quadopt.report.figures import STEPS
from quadopt.report.parts import LOOKS, Block, Chart, Charts, Part, Series
from quadopt.report.schema import Column
from quadopt.report.views.look_through import RELABELS, look_through


def _of(table: str, *names: str) -> tuple[Column, ...]:
    found = {column.name: column for column in BY_NAME[table].columns}
    return tuple(found[name] for name in names)


def status(plan: Plan) -> Block:
    """Status, value, bound and gap of each stage, in words where a stage stopped at a limit."""
    return Block(
        "Status of the optimisation",
        figures.status_sentence(plan) + " Stages are minimised in this order; the true least value of a stage lies "
        "between its bound and the plan's value.",
        (*_of("stages", "stage", "objective", "unit", "incumbent", "bound", "gap"), Column("verdict", "In words")),
        figures.stages(plan),
        is_flagged=figures.is_cut_off(plan),
    )


def in_short(plan: Plan) -> Block:
    """The plan in a few sentences."""
    lines = [*figures.headline(plan), *_looked_through(plan)]
    if plan.warnings:
        lines.append(f"Warnings: {len(plan.warnings)}, at the end of this sheet.")
    return Block("In short", "\n".join(lines) or "The plan holds no figures to sum up.")


def _looked_through(plan: Plan) -> list[str]:
    """How much of the fall is relabelled or one-off, in sentences."""
    lines, found = [], worst_dependence(plan).rows
    if found is not None and len(found):
        flagged = found[found["flag"] != ""]
        names = f" ({', '.join(flagged['material'])})" if len(flagged) else ""
        lines.append(
            f"In {len(flagged)} of {len(found)} materials{names} the at-least and the proportional share are more than "
            f"{100 * RELABELS:.0f} points apart: there part of the change is relabelled, not replaced (sheet look_through)."
        )
    stock = figures.one_off(plan)
    total = stock[stock["material"] == "all"]
    if len(total) and total["one_off"].notna().all():
        row = total.iloc[0]
        lines.append(
            f"Of the fall of {100 * row['fall']:.1f} points in the proportional share, {100 * row['one_off']:.1f} are one-off "
            "use of the initial stock (an attribution, sheet one_off)."
        )
    return lines


def steps(plan: Plan) -> Block:
    """The index today, with trade re-directed, and with the fund."""
    return Block(
        "Dependence before and after, in total",
        "Share of the members' demand, weighted by value over members, materials and periods, that depends through "
        "every stage on the largest single supplier; what goes short counts as dependent. Today: least cost, no fund. "
        "Re-directed: same plants, trade re-directed, which takes others' supply and adds none. The at-least share "
        "assigns exposed and clean units as bookkeeping (book and claim), so that this total is least: a "
        "lower bound. The proportional share lets all units of a material mix evenly; the direct share is what trade "
        "statistics show.",
        _of("three_steps", "step", "share_at_least", "share_proportional", "share_direct", "cost", "shortage"),
        figures.steps_total(plan),
        empty="The three steps were not calculated in this run; the index of this plan alone stands below.",
    )


def steps_by_material(plan: Plan) -> Block:
    """The three steps by material."""
    names = {
        "share_at_least": ("at least", "% of demand"),
        "share_proportional": ("proportional", "% of demand"),
        "share_direct": ("direct", "% of use"),
    }
    columns = tuple(
        Column(f"{name} {step}", f"{step[0].upper()}{step[1:]}: {title}", unit, "share")
        for name, (title, unit) in names.items()
        for step in STEPS
    )
    return Block(
        "Dependence before and after, by material",
        "The same shares for each material, the most dependent first. The bookkeeping of the at-least shares makes "
        "the total least, not each material's share: what it takes off one material it may put on another, so for a "
        "single material at least is no bound and may lie above proportional.",
        (*_of("three_steps", "material"), *columns),
        figures.steps_by_material(plan),
        empty="The three steps were not calculated in this run.",
    )


def worst_dependence(plan: Plan) -> Block:
    """Each material with the plan: its largest supplier and its shares, the most dependent first."""
    frame = look_through(plan).frame.sort_values("share_proportional", ascending=False, kind="stable")
    stock = figures.one_off(plan).set_index("material")
    frame = frame.assign(today=frame["material"].map(stock["today"])).reset_index(drop=True)
    shares = {"share_at_least": "At least", "share_proportional": "Proportional", "share_at_most": "At most"}
    return Block(
        "Worst dependence by material, with the plan",
        "What of the members' demand depends on the largest supplier, over all periods, the most dependent material first. "
        f"The last column says where at least and proportional are more than {100 * RELABELS:.0f} points apart. The books make "
        "the total least and most, so that for a single material at least and at most are no bounds.",
        (
            Column("material", "Material"),
            Column("today", "Today, proportional", "% of demand", "share"),
            Column("supplier", "Largest supplier"),
            *(Column(name, title, "% of demand", "share") for name, title in shares.items()),
            Column("share_direct", "Direct", "% of demand", "share"),
            Column("flag", "Relabelled?"),
        ),
        frame,
    )


def readings(plan: Plan) -> Block:
    """The plan's index in every reading."""
    columns = (Column("measure", "Weights"), Column("scope", "Scope")) + tuple(
        Column(name, title, "% of demand" if name != "direct" else "% of use", "share")
        for name, title in (
            ("optimised", "As optimised"),
            ("at_least", "At least"),
            ("proportional", "Proportional"),
            ("at_most", "At most"),
            ("direct", "Direct"),
        )
    )
    return Block(
        "The index of this plan in every reading",
        "Members: each member's own largest supplier; group: all members as one buyer. Value: weighted by price x "
        "quantity x importance; material: each material weighs its importance. Worst: the largest share of one "
        "supplier in any member and material. At least is the bookkeeping in which the optimised "
        "index is least; at most the ones in which each supplier's value-weighted total is largest; other weights may "
        "lie outside them.",
        columns,
        figures.index_readings(plan),
    )


def charts(plan: Plan) -> Charts:
    """Dependence over time and public investment by year."""
    weighting = "weighted by value" if figures.has_value_weights(plan) else "each material weighs the same"
    dependence = Chart(
        "line",
        "Dependence on the largest supplier",
        "dependence_by_period",
        ("period",),
        (
            Series("share_proportional", "proportional", LOOKS[1]),
            Series("share_at_least", "at least (lower bound)", LOOKS[0]),
        ),
        "% of demand",
        "0%",
    )
    money = Chart(
        "column",
        "Public investment by period",
        "money_by_period",
        ("period",),
        (Series("public", "paid by the fund for projects", LOOKS[2]),),
        MONEY,
        "#,##0",
    )
    return Charts(
        "Over time",
        f"Left: mean over members and materials ({weighting}) of the share of demand that depends on the largest "
        "supplier, by period; the at-least line is a lower bound (book and claim). "
        "Right: what the fund pays for projects in each period. "
        "The data stand on the sheets dependence_by_period and money_by_period.",
        (dependence, money),
    )


def projects(plan: Plan) -> Block:
    """The projects started."""
    dated = figures.first_year(figures.periods(plan)) > 0
    unit = "calendar year" if dated else "years from the start"
    return Block(
        "Projects started",
        "Every project that the plan starts, with its date, its full capacity and who pays its capital cost "
        "(undiscounted). Committed projects go ahead in any case."
        + (" Complete: 2029.5 is the middle of 2029." if dated else ""),
        (
            *_of("investments", "project", "country", "process", "status", "start"),
            Column("complete", "Complete", unit, "year" if dated else "years"),
            *_of("investments", "capacity", "capex"),
            Column("public_capex", "Capex, public (fund)", MONEY, "money"),
            Column("private_capex", "Capex, private", MONEY, "money"),
        ),
        figures.starts(plan),
        total=True,
        empty="The plan starts no project.",
    )


def money(plan: Plan) -> Block:
    """Who pays, and where the money is spent."""
    return Block(
        "Money by country",
        "What each member pays into the fund over the horizon against the most that it allows, and what is spent on "
        "projects on each country's soil (undiscounted).",
        (
            *_of("contributions", "country"),
            Column("contribution", "Contribution", MONEY, "money"),
            Column("limit", "Limit", MONEY, "money"),
            Column("used", "Used", "% of limit", "share"),
            Column("public", "Spent there, public", MONEY, "money"),
            Column("private", "Spent there, private", MONEY, "money"),
        ),
        figures.money_by_country(plan),
        total=True,
    )


def crises(plan: Plan) -> Block:
    """Stress by crisis."""
    total = figures.numbers(figures.table(plan, "stress"), "value").dropna(subset=["value"])
    stated = "; ".join(f"{row.measure} {row.value:,.1f} {row.unit}" for row in total.itertuples())
    return Block(
        "Stress by crisis",
        "Weighted value of what the members' demand lacks in each crisis (shortage value x sector weight; not lost "
        "output): with the plan, with the same plan but no sharing, and with no stockpiles."
        + (f" Over all crises: {stated}." if stated else ""),
        (
            *_of("disruptions", "disruption", "start"),
            Column("probability", "Probability over the horizon", "%", "share"),
            *_of("disruptions", "stress", "stress_without_sharing", "stress_without_stocks"),
        ),
        figures.crises(plan),
        empty="No crisis was considered.",
    )


def support(plan: Plan) -> Block:
    """The operating support that the plan needs."""
    return Block(
        "Operating support that the plan needs",
        "Projects that lose money at the case's prices: operating cost plus inputs less outputs, where positive, "
        "summed over the horizon (undiscounted; capital cost not included). Without it, or a price floor, they would not run.",
        (
            *_of("operating_support", "project"),
            Column("support", "Support, horizon", MONEY, "money"),
            Column("peak", "Support, dearest period", MONEY, "money"),
            *_of("operating_support", "output_value", "input_value", "operating_cost"),
        ),
        figures.support(plan),
        total=True,
        empty="No project needs support at the case's prices.",
    )


def warnings(plan: Plan) -> Block:
    """The warnings of the case and of the run."""
    return Block(
        "Warnings",
        "What to keep in mind about the data and the run.",
        (Column("warning", "Warning", "", "wide"),),
        pd.DataFrame({"warning": [str(text) for text in plan.warnings]}),
        empty="No warnings.",
    )


def short(plan: Plan) -> Block | None:
    """What goes short on the base path and why; nothing where nothing does."""
    frame = figures.short_because(plan)
    if frame.empty:
        return None
    found = {column.name: column for column in BY_NAME["shortage_causes"].columns}
    return Block(
        "Short on the base path",
        "Demand that goes short without any crisis, by member and material, and the limit that holds it "
        "most (that of most of the shortage where limits differ by period). Every period, and the next limits: sheet "
        "shortage_causes.",
        (
            *(found[name] for name in ("country", "material")),
            Column("periods", "Periods"),
            found["shortage"],
            Column("unit", "Unit"),
            found["limit"],
        ),
        frame,
    )


BLOCKS: tuple[Callable[[Plan], Part | None], ...] = (
    status,
    in_short,
    short,
    steps,
    worst_dependence,
    money,
    crises,
    charts,
    projects,
    support,
    readings,
    steps_by_material,
    warnings,
)
"""The summary in the reader's order; its headings are numbered in this order."""
