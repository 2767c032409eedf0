"""How a frontier is shown: its points, the curve with the line below which no plan lies, and projects along it."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from quadopt.report.parts import BLUE, GREY, ORANGE, VERMILLION, Chart, Look, Series
from quadopt.report.pictures.style import (
    FAINT,
    SMALL,
    Picture,
    money_unit,
    needed,
    percent_axis,
    picture,
    short,
    spread,
    thousands_axis,
)
from quadopt.report.schema import Column, Table
from quadopt.report.studies.shape import RUNS, Shape
from quadopt.tables.records import rows_of
from quadopt.whatif.frontier.tables import BELOW, KNEE, NEEDLESS, PLANS, REACHED
from quadopt.whatif.study import Study

MONEY = "million {currency}"
LONGEST = 60
"""Projects drawn at most: those that some plans have and others not come first."""
ROW = 0.15
"""Height of a project's row in inches."""
LETTER = 0.0145
"""Width of a letter of a label, as a part of the axis."""

FIGURES = (
    Column("dependence", "Dependence", "% (index)", "gap", "the objective of the model file, at the point's plan"),
    Column("dependence_bound", "Not below", "% (index)", "gap", "proven: no plan within these limits has less"),
    Column("gap", "Gap", "%", "gap", "between the two, relative"),
    Column("cost", "Cost", MONEY, "money", "discounted and expected"),
    Column("stress", "Stress", MONEY, "money", "weighted shortage in crises, as the model file weighs them"),
    Column("shortage", "Shortage", MONEY, "money", "weighted shortage on the normal path; held at its least"),
    Column("fund_used", "Fund used", MONEY, "money", "contributions of all members, discounted"),
    Column("projects", "Projects", "", "count", "projects that the plan starts"),
)
STANDING = (
    Column("standing", "Standing", meaning="on the frontier, dominated by another point, equal to another, or no plan"),
    Column("by", "By point", meaning="the point that makes this one needless"),
    Column(
        "is_knee", "Knee", meaning="yes for the plan farthest below the chord between the ends, axes scaled to ranges"
    ),
    Column(
        "is_beyond_gap",
        "Beyond the gaps",
        meaning="whether no plan within the limits of the point before on the frontier can have as little dependence; grey "
        "where that is not proven, so that the difference may be none",
    ),
)
HOW = (
    Column("status", "Run", meaning="how the point's run ended"),
    Column("reason", "Reason", kind="wide", meaning="why there is no plan; blank where there is one"),
)

POINTS = Table(
    "points",
    "Points",
    "Each point: the least dependence within the level of the other objective, the ends from lexicographic runs. Points that "
    "another makes needless stay in the list, grey.",
    (
        Column("point", "Point", "", "count", "numbered along the frontier"),
        *STANDING[:2],
        Column("limit_cost", "Cost at most", MONEY, "money", "the level within which the point was sought"),
        Column("limit_stress", "Stress at most", MONEY, "money", "the level within which the point was sought"),
        *FIGURES,
        Column(
            "price",
            "Price of a point",
            "{currency} million per percentage point",
            "money",
            "what a percentage point of dependence takes from the point before on the frontier",
        ),  # fmt: skip
        *STANDING[2:],
        *HOW,
    ),
    grey_unless="is_beyond_gap",
)

SIZES = Table(
    "sizes",
    "Sizes of the fund",
    "Every member's limit times a factor: its least shortage, then dependence, then use of the fund, then cost. What members "
    "may spend on stockpiles stays as it is.",
    (
        Column("point", "Point", "", "count", "numbered by size"),
        Column("size", "Size", "x the members' limits", "scale", "1: as in the case"),
        Column("limit_total", "Limits in all", MONEY, "money", "of all members over the horizon, undiscounted"),
        *STANDING[:2],
        *FIGURES,
        Column(
            "price",
            "Price of a point",
            "{currency} million per percentage point",
            "money",
            "how much larger the limits are per percentage point less than at the size before",
        ),  # fmt: skip
        *STANDING[2:],
        *HOW,
    ),
    grey_unless="is_beyond_gap",
)

_PROJECT = (
    Column("project", "Project", meaning="the project"),
    Column("country", "Country", meaning="where it stands"),
    Column("process", "Process", meaning="what it runs"),
    Column("capex", "Capital cost", MONEY, "money", "undiscounted"),
)

SWITCHING = Table(
    "switching",
    "Switching",
    "At what size of the fund each project first appears. It is known to the step between two sizes tried; plans within the "
    "gap of each other may hold different projects.",
    (
        *_PROJECT,
        Column("absent_at", "Still missing at", "x the members' limits", "scale", "the size before; blank: none"),
        Column("first_size", "First appears at", "x the members' limits", "scale", "the first size that has it"),
        Column("first_limit", "First limits in all", MONEY, "money", "of all members at that size, undiscounted"),
        Column("resolution", "Known to", "x the members' limits", "scale", "the step between the two sizes"),
        Column("vanishes_at", "Missing again from", meaning="larger sizes from which on it is missing again"),
        Column("sizes", "Sizes that have it", "", "count", "of those tried"),
        Column("starts", "Starts", meaning="periods in which it starts"),
    ),
)

CURVE = Table(
    "curve",
    "Curve",
    "What the charts draw: the plans on the frontier, what they reach from one to the next, the line below which no plan lies "
    "(the true frontier lies between the two), the knee, and dominated plans.",
    (
        Column("series", "What", meaning="which line or mark the row belongs to"),
        Column("along", "Against", meaning="what is read across: cost, stress, or the size of the fund (all limits)"),
        Column("across", "Across", MONEY, "money", "where the point lies across"),
        Column("dependence", "Dependence", "% (index)", "gap", "where it lies up"),
        Column("point", "Point", "", "count", "its number; blank for corners of the line"),
    ),
)

PROJECTS = Table(
    "projects",
    "Projects along it",
    "Projects that plans on the frontier have; one column for each of these plans, with the period in which the project starts.",
    (
        *_PROJECT,
        Column("share", "Share of plans", "% of plans on the frontier", "share", "that have the project"),
        Column("enters", "Enters at point", "", "count", "the first plan on the frontier that has it"),
        Column("enters_at", "Enters at", MONEY, "money", "cost, stress or limits in all of that plan"),
        Column("leaves", "Leaves at point", meaning="plans from which on it is missing again"),
        Column("points", "Points that have it", meaning="of the plans on the frontier"),
    ),
)

STARTS = Table(
    "starts",
    "Changes along it",
    "What each plan on the frontier starts, and what changes from one to the next.",
    (
        Column("point", "Point", "", "count", "of the plan"),
        *_PROJECT,
        Column("start", "Start", meaning="period; blank where it leaves"),
        Column("change", "Change", meaning="enters, leaves, moves or stays, against the plan before on the frontier"),
    ),
)

PAYOFF = Table(
    "payoff",
    "Ends",
    "The plans that minimise one objective first and the others after it: the ends of the frontier. With three objectives the "
    "largest values among them only estimate how far the frontier reaches.",
    (
        Column("first", "Minimised first", meaning="after the least shortage"),
        Column("status", "Run", meaning="how it ended"),
        Column("bound", "Proven least", "index or {currency} million", "figure", "of the objective minimised first"),
        *(column for column in FIGURES if column.name not in ("dependence_bound", "gap", "projects")),
    ),
)

LOOKS = {
    PLANS: Look(BLUE, "none", "circle"),
    REACHED: Look(BLUE, "solid", "none"),
    BELOW: Look(GREY, "dash", "none"),
    KNEE: Look(VERMILLION, "none", "diamond"),
    NEEDLESS: Look(ORANGE, "none", "x"),
}


def _across(study: Study) -> str:
    """What is read across, with its unit."""
    return f"{study.curve['along'].iloc[0].capitalize()}, {money_unit(study)}"


def _curve(study: Study) -> tuple[Chart, ...]:
    """The frontier as a native chart, a series for each kind of row of the table."""
    frame = study.curve
    series = []
    for name, look in LOOKS.items():
        at = frame.index[frame["series"] == name]
        if len(at):
            series.append(Series("dependence", name, look, (int(at[0]), int(at[-1]))))
    title = f"Dependence against {frame['along'].iloc[0]}"
    return (Chart("scatter", title, "curve", ("across",), tuple(series), "dependence", "0%", _across(study)),)


@picture
def curve(study: Study) -> Picture:
    """Dependence against what it stands against, with the line below which no plan lies, the knee, and who enters."""
    frame = needed(study.curve, "plans on the frontier", "study")
    plans, reached, below = _of(frame, PLANS), _of(frame, REACHED), _of(frame, BELOW)
    knee, needless = _of(frame, KNEE), _of(frame, NEEDLESS)
    entering = _entering(study)
    figure = Picture(
        study,
        2.6,
        f"Dependence against {frame['along'].iloc[0]}",
        "Each dot is a plan that none of the others makes needless. "
        + ("What can be reached lies between the two lines: no plan lies below the grey one. " if len(below) else "")
        + ("The diamond is the knee, the plan farthest below the line between the ends. " if len(knee) else "")
        + ("Names: projects that enter there." if entering else ""),
        "; ".join(f"{row.across:,.6g}: {100 * row.dependence:.3g} %" for row in rows_of(plans))
        + (f". Knee at {knee['across'].iloc[0]:,.6g}." if len(knee) else "."),
        key=[
            _mark(BLUE, "o", PLANS),
            *([Line2D([], [], color=BLUE, label=REACHED)] if len(reached) else []),
            *([Line2D([], [], color=GREY, linestyle="--", label=BELOW)] if len(below) else []),
            *([_mark(VERMILLION, "D", "knee")] if len(knee) else []),
            *([_mark(ORANGE, "x", NEEDLESS)] if len(needless) else []),
        ],
    )
    axes = figure.subplots()
    axes.plot(below["across"], below["dependence"], color=GREY, linestyle="--", linewidth=1)
    axes.plot(reached["across"], reached["dependence"], color=BLUE, linewidth=1)
    axes.plot(plans["across"], plans["dependence"], color=BLUE, marker="o", markersize=4, linestyle="")
    axes.plot(needless["across"], needless["dependence"], color=ORANGE, marker="x", linestyle="", markersize=5)
    axes.plot(knee["across"], knee["dependence"], color=VERMILLION, marker="D", linestyle="", markersize=6)
    percent_axis(axes.yaxis)
    thousands_axis(axes.xaxis)
    axes.set_xlabel(_across(study))
    axes.set_ylabel("dependence")
    axes.set_ylim(bottom=0, top=1.12 * float(frame["dependence"].max()) or 1.0)
    axes.grid(axis="both")
    axes.tick_params(axis="x", labelsize=SMALL - 0.5)
    _label(axes, plans, entering)
    return figure


def _mark(colour: str, marker: str, words: str) -> Line2D:
    return Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=words)


def _of(frame: pd.DataFrame, series: str) -> pd.DataFrame:
    return frame[frame["series"] == series]


def _entering(study: Study) -> dict[int, str]:
    """Of each plan on the frontier after the first the projects that enter there, two of them by name."""
    found = study.starts[study.starts["change"] == "enters"]
    out = {}
    for point in found["point"].unique().tolist():
        names = found.loc[found["point"] == point, "project"].tolist()
        listed = ", ".join(short(name, 18) for name in names[:2])
        out[point] = listed + (f" +{len(names) - 2}" if len(names) > 2 else "")
    return out


def _label(axes: Any, plans: pd.DataFrame, entering: dict[int, str]) -> None:
    """Names below and left of the plans where projects enter, over the line of the bounds; none over another."""
    named = [row for row in rows_of(plans) if int(row.point) in entering]
    top, (left, right) = axes.get_ylim()[1], axes.get_xlim()
    places = spread([0.07 * top - row.dependence for row in named], 0.065 * top, -top, 0.0)
    for row, place in zip(named, places, strict=True):
        text = entering[int(row.point)]
        end = max(row.across, left + LETTER * len(text) * (right - left))
        axes.annotate(
            text, (row.across, row.dependence), (end, -place), fontsize=SMALL - 1.5, va="top", ha="right",
            arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.6},
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip


@picture
def matrix(study: Study) -> Picture:
    """Which plan on the frontier starts which project."""
    projects = needed(study.projects, "projects that its plans start", "study")
    points = [column for column in projects.columns if str(column).startswith("point ")]
    differs = projects["share"] < 1
    shown = (projects[differs] if len(projects) > LONGEST else projects).head(LONGEST).reset_index(drop=True)
    left_out = len(projects) - len(shown)
    told = f" {left_out} projects are left out." if left_out else ""
    figure = Picture(
        study,
        0.6 + ROW * max(len(shown), 3),
        "Projects along the frontier",
        f"A column a plan on the frontier, by its point; a row a project, those that enter first at the top, with the period "
        f"in which it starts.{told}",
        "; ".join(f"{row.project}: points {row.points}" for row in rows_of(shown.head(12))) + ".",
        key=[Patch(facecolor=BLUE, label="starts"), Patch(facecolor="white", edgecolor=FAINT, label="is not started")],
    )
    axes = figure.subplots()
    size = SMALL - (1.0 if len(points) < 10 else 2.0)
    for number, row in enumerate(shown.to_dict("records")):
        for at, point in enumerate(points):
            if row[point]:
                axes.bar(at, 0.84, bottom=number - 0.42, width=0.9, color=BLUE, linewidth=0)
                axes.text(at, number, short(row[point], 6), fontsize=size, va="center", ha="center", color="white")
    axes.set_yticks(range(len(shown)), [short(name, 20) for name in shown["project"]], fontsize=SMALL - 1)
    axes.set_xticks(range(len(points)), [str(point).removeprefix("point ") for point in points], fontsize=SMALL - 1)
    axes.set(xlim=(-0.6, len(points) - 0.4), ylim=(len(shown) - 0.4, -0.6), xlabel="point")
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    return figure


SHAPE = Shape(
    "Frontier",
    "What less dependence takes, in money, in crises or in the size of the fund: plans that no other makes needless.",
    (POINTS, SIZES, SWITCHING, PROJECTS, STARTS, CURVE, PAYOFF, RUNS),
    {"curve": _curve},
    {"curve": curve, "matrix": matrix},
)
