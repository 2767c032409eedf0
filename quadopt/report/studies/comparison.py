"""How a comparison is shown: base and what-ifs as levels and differences; what is no difference is grey."""

from __future__ import annotations

from dataclasses import replace
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd

from quadopt.report.parts import BLACK, BLUE, GREY, LOOKS, Chart, Look, Series
from quadopt.report.pictures.style import SMALL, Picture, amount_text, needed, picture, short, thousands_axis
from quadopt.report.schema import Column, Table, kind_of_unit
from quadopt.report.studies.shape import RUNS, Shape
from quadopt.report.views.common import blocks
from quadopt.tables.records import rows_of
from quadopt.whatif.study import Study

MONEY, SHARE, BY_ROW = "million {currency}", "% of demand", "in the row's unit"
TITLE_WIDTH = 38
"""Letters in a line of a panel's title."""
LINES = 6
"""What-ifs that a chart of materials shows beside the base, the first ones."""
ROW, PANEL = 0.17, 0.5
"""Heights in the picture: of a what-if, and of what is around a panel, in inches."""

WHATIF = Column("whatif", "What-if", meaning="its name, or that of the other model file")
UNIT = Column("unit", "Unit", meaning="unit of the row's values")
TOLD = Column("is_difference", "Is a difference", meaning="no: not told apart; the row is grey")
STAGE = Column("stage", "Stage", meaning="what was minimised, in the order of the model file")


def _by_unit(name: str, title: str, meaning: str) -> Column:
    return Column(name, title, BY_ROW, "by_unit", meaning)


def _beside(name: str, title: str, unit: str, kind: str, meaning: str) -> tuple[Column, ...]:
    """The base's value, the what-if's, and the difference."""
    return (
        Column(f"{name}_base", f"{title}, base", unit, kind, f"{meaning}, in the base's plan"),
        Column(name, f"{title}, what-if", unit, kind, f"{meaning}, in the what-if's plan"),
        Column(f"{name}_difference", f"{title}, difference", unit, kind, "what-if less base"),
    )


ROOM = (
    "Grey: no difference is larger than what gap and slack of {} in the two plans add up to; for all together, the bounds do not "
    "tell either."
)
SINGLE = (
    " Single rows have no bounds of their own: other plans as good as these may differ in them by more than is shown."
)

WHY = Table(
    "why",
    "Why it differs",
    "For each what-if the inputs or rules that it changes, the starts that change with them, and how much of the change remains "
    "when the base's projects are kept.",
    (
        WHATIF,
        Column("inputs", "Changed inputs", kind="wide", meaning="its changes, in words; all cells on sheet inputs"),
        Column("dropped", "Rows dropped", "rows", "count", "rows that lost what they are about, on sheet dropped"),
        Column(
            "starts", "Changed starts", kind="wide", meaning="projects that appear, vanish or move, on sheet starts"
        ),
        Column(
            "kept", "With the base's projects", kind="wide", meaning="what remains of the change, on sheet adapting"
        ),
    ),
)
OBJECTIVES = Table(
    "objectives",
    "Objectives",
    "What each stage of the optimisation reaches, base and what-ifs. The true difference lies between 'at least' and "
    "'at most', which follows from both gaps; grey where it holds zero: no difference. A later stage keeps what the "
    "plan's earlier stages have reached, and its interval is that of the stage as it stood.",
    (
        STAGE,
        WHATIF,
        UNIT,
        Column("status", "Status", meaning="optimal, stopped with a plan, or no plan"),
        _by_unit("value", "Value", "what the stage has reached"),
        _by_unit("bound", "Bound", "what no plan of this case beats"),
        Column("gap", "Gap", "%", "gap", "between value and bound, relative"),
        _by_unit("base_value", "Value, base", "what the base has reached"),
        _by_unit("difference", "Difference", "value less the base's"),
        _by_unit("difference_least", "True difference, at least", "bound less the base's value"),
        _by_unit("difference_most", "True difference, at most", "value less the base's bound"),
        TOLD,
        Column("words", "In words", meaning="higher, lower, no difference, or not known"),
    ),
    grey_unless="is_difference",
)
ADAPTING = Table(
    "adapting",
    "What adapting is worth",
    "Each what-if solved twice: with projects of its own, and with the base's projects kept and all else chosen anew, which is "
    "what the change comes to when nobody adapts. The value of adapting is kept less adapted; grey where no gap tells it.",
    (
        STAGE,
        WHATIF,
        UNIT,
        _by_unit("base_value", "Value, base", "what the base has reached"),
        _by_unit("adapted", "Value, adapted", "with projects of its own"),
        _by_unit("kept", "Value, base's projects kept", "blank: no plan with them"),
        _by_unit("change_adapted", "Change, adapted", "adapted less base"),
        _by_unit("change_kept", "Change that remains, kept", "kept less base"),
        _by_unit("worth", "Value of adapting", "kept less adapted"),
        _by_unit("worth_least", "Value of adapting, at least", "as both gaps allow"),
        _by_unit("worth_most", "Value of adapting, at most", "as both gaps allow"),
        TOLD,
        Column("words", "In words", kind="wide", meaning="whether it is worth it, or why that is not known"),
    ),
    grey_unless="is_difference",
)
STARTS = Table(
    "starts",
    "Starts that differ",
    "Projects that appear, vanish or move against the base.",
    (
        WHATIF,
        Column("project", "Project", meaning="the project"),
        Column("country", "Country", meaning="where it stands"),
        Column("process", "Process", meaning="what it runs"),
        Column("what", "What", meaning="appears, vanishes or moves"),
        Column("base_start", "Start, base", meaning="period; blank: not started"),
        Column("start", "Start, what-if", meaning="period; blank: not started"),
        Column("capacity", "Capacity", "units of activity per year", "amount", "full capacity"),
        Column("capex", "Capex", MONEY, "money", "undiscounted"),
        Column(
            "note", "Note", meaning="where it is no candidate in the what-if: committed, excluded, or no such project"
        ),
    ),
)
READINGS = (
    *_beside(
        "share_proportional", "Proportional", SHARE, "share", "share of the largest supplier if all units mix evenly"
    ),
    *_beside("share_at_least", "At least", SHARE, "share", "the least share that the plan allows (lower bound)"),
    TOLD,
)
BY_MATERIAL = Table(
    "dependence_by_material",
    "Dependence by material",
    "The index (row all), then each material's dependence on its largest supplier over all periods, mean by demand, most value "
    f"first. {ROOM.format('dependence')}{SINGLE}",
    (WHATIF, Column("material", "Material", meaning="the material; all: the index"), *READINGS),
    grey_unless="is_difference",
)
BY_MEMBER = Table(
    "dependence_by_member",
    "Dependence by member",
    "The index (row all), then each member's dependence on its largest suppliers over all periods, with the index's weights. "
    f"{ROOM.format('dependence')}{SINGLE}",
    (WHATIF, Column("country", "Member", meaning="the member; all: the index"), *READINGS),
    grey_unless="is_difference",
)
MONEY_TABLE = Table(
    "money",
    "Money",
    "What members pay into the fund and what projects cost (undiscounted), and the cost objective by kind (discounted and "
    f"expected). {ROOM.format('cost')}{SINGLE}",
    (
        WHATIF,
        Column("what", "What", meaning="fund contributions by member, capex by payer, cost by kind"),
        Column("item", "Of which", meaning="member, payer or kind; all: the sum"),
        *_beside("amount", "Amount", MONEY, "money", "over the horizon"),
        TOLD,
    ),
    grey_unless="is_difference",
)
CRISES = Table(
    "crises",
    "Crises",
    "Weighted shortage value of each crisis (not lost output): as planned, without sharing, without stockpiles. "
    f"{ROOM.format('stress')}{SINGLE}",
    (
        WHATIF,
        Column("disruption", "Crisis", meaning="the disruption; all: the crises together, by measure of risk"),
        *_beside("stress", "Stress", MONEY, "money", "with the plan"),
        *_beside("stress_without_sharing", "Stress without sharing", MONEY, "money", "in the same crisis"),
        *_beside("stress_without_stocks", "Stress without stocks", MONEY, "money", "in the same crisis"),
        TOLD,
    ),
    grey_unless="is_difference",
)
SHORTAGES = Table(
    "crisis_shortages",
    "Shortages in crises",
    "What the members lack in each crisis with the plan, by material; materials that nobody lacks are left out. "
    f"{ROOM.format('stress')}{SINGLE}",
    (
        WHATIF,
        Column("disruption", "Crisis", meaning="the disruption"),
        Column("material", "Material", meaning="the material"),
        Column("unit", "Unit", meaning="the material's unit"),
        *_beside("shortage", "Shortage", "units of the material", "amount", "of all members and steps together"),
        *_beside("shortage_value", "Shortage value", MONEY, "money", "at shortage value and sector's weight"),
        TOLD,
    ),
    grey_unless="is_difference",
)
INPUTS = Table(
    "inputs",
    "Changed inputs",
    "Every value of the inputs that a what-if changes, and the rows that it adds or removes.",
    (
        WHATIF,
        Column("what", "What", meaning="changed, added or removed"),
        Column("table", "Table", meaning="table of the inputs"),
        Column("entry", "Entry", meaning="the row's key"),
        Column("column", "Column", meaning="the column"),
        Column("period", "From", meaning="first period in which it differs; blank: it does not vary"),
        Column("until", "Until", meaning="last period in which it differs in the same way"),
        Column("old", "Base", BY_ROW, "as_given", "the number in the base"),
        Column("new", "What-if", BY_ROW, "as_given", "the number in the what-if"),
        Column("old_text", "Base, text", meaning="what is no number"),
        Column("new_text", "What-if, text", meaning="what is no number"),
        UNIT,
        Column("change", "Change", BY_ROW, "as_given", "what-if less base"),
        Column("ratio", "Ratio", "", "scale", "what-if over base; blank where the base is 0"),
    ),
)
DROPPED = Table(
    "dropped",
    "Rows dropped",
    "Rows of the inputs that a what-if leaves without what they are about.",
    (
        WHATIF,
        Column("table", "Table", meaning="table of the inputs"),
        Column("entry", "Entry", meaning="the row's key"),
        Column("reason", "Reason", kind="wide", meaning="why it means nothing any more"),
    ),
)


def _objective_charts(study: Study) -> tuple[Chart, ...]:
    """A chart a stage that a what-if changes (all where none does): a column a what-if, the base as a line."""
    table = study.objectives
    changed = set(table.loc[table["is_difference"].eq(True), "stage"]) or set(table["stage"])
    charts = []
    for (stage,), rows in blocks(table, "stage").items():
        if stage not in changed:
            continue
        unit = str(table["unit"].iloc[rows[0]])
        series = (
            Series("value", "value", Look(BLUE), rows),
            Series("base_value", "base", Look(BLACK, "dash"), rows, as_line=True),
        )
        numbers = "0.0%" if kind_of_unit(unit) == "gap" else "#,##0"
        charts.append(Chart("column", f"Stage {stage}", "objectives", ("whatif",), series, unit, numbers, "What-if"))
    return tuple(charts)


def _material_charts(study: Study) -> tuple[Chart, ...]:
    """A column a material for the base and the first what-ifs, proportional and at least."""
    found = list(blocks(study.dependence_by_material, "whatif").items())[:LINES]
    if not found:
        return ()
    chart = Chart("column", "", "dependence_by_material", ("material",), (), SHARE, "0%", "Material", (0, 1), 20)
    charts = []
    for name, words in (("share_proportional", "proportional"), ("share_at_least", "at least (lower bound)")):
        series = [Series(f"{name}_base", "base", LOOKS[6], found[0][1])]
        series += [Series(name, key[0], LOOKS[at], rows) for at, (key, rows) in enumerate(found)]
        charts.append(replace(chart, title=f"Dependence by material: {words}", series=tuple(series)))
    return tuple(charts)


@picture
def differences(study: Study) -> Picture:
    """The difference of each what-if to the base, stage by stage, with the interval that the true one lies in."""
    table = study.objectives
    found = needed(table[table["difference"].notna()], "what-ifs with a plan (table objectives)", "study")
    stages = found["stage"].unique().tolist()
    names = found["whatif"].unique().tolist()
    told = found[found["is_difference"].eq(True)]
    figure = Picture(
        study,
        len(stages) * (PANEL + ROW * max(len(names), 2)),
        "What each what-if changes",
        "What-if less base: the dot is the difference of the two plans, the line the interval that the true difference lies in. "
        "Grey and hollow: the interval holds zero, or no bound is proven (no line): no difference.",
        "; ".join(f"{row.whatif}, {row.stage}: {_told(row.difference, row.unit)}" for row in rows_of(told))
        or "No differences.",
    )
    heights = [PANEL + ROW * max(len(names), 2)] * len(stages)
    panels = figure.subplots(len(stages), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, stage in zip(panels, stages, strict=True):
        own = found[found["stage"] == stage]
        is_share = kind_of_unit(own["unit"].iloc[0]) == "gap"
        _panel(axes, own, names, 100.0 if is_share else 1.0)
        title = f"{short(stage, 30)}, {'points' if is_share else own['unit'].iloc[0]}"
        axes.set_title(fill(title, TITLE_WIDTH))
    return figure


def _told(value: float, unit: str) -> str:
    return f"{100 * value:+.2f} points" if kind_of_unit(unit) == "gap" else f"{value:+,.1f} {unit}"


def _panel(axes: Any, own: pd.DataFrame, names: list[str], scale: float) -> None:
    """One stage: a row a what-if."""
    for row in rows_of(own):
        at, value = names.index(row.whatif), scale * row.difference
        is_told = bool(row.is_difference)
        colour = BLUE if is_told else GREY
        ends = [scale * row.difference_least, scale * row.difference_most]
        if np.isfinite(ends).all():
            axes.plot(ends, [at, at], color=colour, linewidth=1.4)
        axes.plot([value], [at], "o", color=colour, markersize=4, fillstyle="full" if is_told else "none")
        if is_told:
            told = amount_text(value) if value < 0 else f"+{amount_text(value)}"
            at_end = (max(value, *ends) if np.isfinite(ends).all() else value, at)
            axes.annotate(told, at_end, (5, 0), textcoords="offset points", va="center", fontsize=SMALL - 1)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.set_yticks(range(len(names)), [short(name, 26) for name in names], fontsize=SMALL)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.14)
    axes.grid(axis="x")
    thousands_axis(axes.xaxis)


SHAPE = Shape(
    "Comparison",
    "What changes against the base, by what-if, and what adapting to it is worth.",
    (
        WHY,
        OBJECTIVES,
        ADAPTING,
        STARTS,
        BY_MATERIAL,
        BY_MEMBER,
        MONEY_TABLE,
        CRISES,
        SHORTAGES,
        INPUTS,
        DROPPED,
        RUNS,
    ),
    {"objectives": _objective_charts, "dependence_by_material": _material_charts},
    {"differences": differences},
)
