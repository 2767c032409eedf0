"""How a tornado is shown: bars by objective, the starts that change, the inputs and their ranges."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from quadopt.report.parts import BLUE, GREY, VERMILLION, Chart, Look, Series
from quadopt.report.pictures.style import BLACK, FAINT, SMALL, Picture, amount_text, needed, picture, short
from quadopt.report.schema import Column, Table
from quadopt.report.studies.shape import RUNS, Shape
from quadopt.report.studies.uncertain import (
    AS_UNIT,
    INPUT,
    INPUTS,
    OBJECTIVE,
    RANGE,
    UNIT,
    number_format,
    objective_axis,
    span_of,
    unit_words,
)
from quadopt.tables.records import rows_of
from quadopt.whatif.study import Study

ENDS = ("low", "high")
BAR = 0.19
"""Height of a bar's place in inches."""
LONGEST = 12
"""Bars of an objective that the picture shows, the widest."""


def _end(end: str) -> tuple[Column, ...]:
    return (
        Column(f"{end}_change", f"Change at the {end} end", AS_UNIT, "by_unit", "where it is more than the gaps"),
        Column(f"{end}_within", f"Within the gaps at the {end} end", AS_UNIT, "by_unit",
               "a change that the gaps may be: no difference"),
        Column(f"{end}_least", f"At least, {end}", AS_UNIT, "by_unit", "what the gaps leave possible: bound less base"),
        Column(f"{end}_most", f"At most, {end}", AS_UNIT, "by_unit", "what the gaps leave possible: value less base's bound"),
        Column(f"{end}_verdict", f"Verdict, {end}", meaning="differs, no difference, or no plan"),
    )  # fmt: skip


TORNADO = Table(
    "tornado",
    "Tornado",
    "Each objective with one input at the low or the high end of its range and the others as they are, less the base case: the "
    "widest swing first. Grey: no end differs from the base case by more than the gaps.",
    (
        OBJECTIVE,
        Column("rank", "Rank", "", "count", "by swing, those that differ first"),
        INPUT,
        UNIT,
        Column("base", "Base case", AS_UNIT, "by_unit", "the objective of the base case"),
        Column("low", "At the low end", AS_UNIT, "by_unit", "the objective there"),
        Column("high", "At the high end", AS_UNIT, "by_unit", "the objective there"),
        *_end("low"),
        *_end("high"),
        Column("swing", "Swing", AS_UNIT, "by_unit", "largest less smallest of low, base and high"),
        Column("is_difference", "Differs", meaning="yes where an end differs by more than the gaps"),
        RANGE,
        Column("reason", "Reason", kind="wide", meaning="why an end has no plan"),
    ),
    grey_unless="is_difference",
)

STARTS = Table(
    "starts",
    "Starts that change",
    "Projects that start, stop or move when an input goes to an end of its range. Within the gaps several sets of projects may "
    "be equally good, so that a change here may be an accident of the search.",
    (
        INPUT,
        Column("end", "End", meaning="low or high"),
        Column("project", "Project", meaning="the project"),
        Column("what", "What changes", meaning="appears, vanishes or moves"),
        Column("start_base", "Start in the base case", meaning="period; blank: it does not start"),
        Column("start_now", "Start at the end", meaning="period; blank: it does not start"),
    ),
)

SERIES = (
    Series("low_change", "low end", Look(BLUE)),
    Series("high_change", "high end", Look(VERMILLION, pattern="wide_upward_diagonal")),
    Series("low_within", "low end, within the gaps", Look(GREY, pattern="dotted_diamond")),
    Series("high_within", "high end, within the gaps", Look("#A6A6A6")),
)


def charts(study: Study) -> tuple[Chart, ...]:
    """One chart for each objective that an input changes: bars to both sides of the base case."""
    frame = study.tables["tornado"]
    out = []
    for objective, own in frame.groupby("objective", sort=False):
        if not _has_bar(own).any():
            continue
        unit = own["unit"].iloc[0]
        rows = span_of(frame, str(objective))
        series = tuple(Series(each.column, each.name, each.look, rows) for each in SERIES)
        title = f"What moves {objective}"
        words = f"change, {unit_words(study, unit)}"
        height = max(12, 6 + len(own))
        out.append(
            Chart(
                "bar",
                title,
                "tornado",
                ("input",),
                series,
                words,
                number_format(unit),
                "Input",
                (None, None),
                height,
                True,
            )
        )
    return tuple(out)


@picture
def bars(study: Study, objective: str = "") -> Picture:
    """The widest bars of each objective, or of one; what is within the gaps in grey."""
    frame = study.tables["tornado"]
    has_bar = _has_bar(frame)
    asked = frame["objective"].isin([objective] if objective else frame["objective"])
    still = [
        str(name) for name in frame.loc[asked, "objective"].unique() if not has_bar[frame["objective"] == name].any()
    ]
    frame = needed(frame[asked & has_bar], f"changes of {objective or 'any objective'}", "study")
    shown = [(str(name), own.head(LONGEST)) for name, own in frame.groupby("objective", sort=False)]
    heights = [len(own) + 2.2 for _, own in shown]
    figure = Picture(
        study,
        BAR * sum(heights) + 0.2,
        "What moves the answer: each input alone, from end to end",
        f"Change against the base case with one input at the low or high end of its range; the widest {LONGEST} at most. Lines: "
        "what the solver's gaps leave possible. Grey: within the gaps, so no difference."
        + (f" Not drawn, because no input changes it: {', '.join(still)}." if still else ""),
        " ".join(_told(name, own) for name, own in shown),
        key=[
            Patch(color=BLUE, label="low end"),
            Patch(color=VERMILLION, label="high end"),
            Patch(color=FAINT, label="within the gaps"),
            Line2D([], [], color=BLACK, linewidth=0.8, label="what gaps leave possible"),
        ],
    )
    panels = figure.subplots(len(shown), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for axes, (name, own) in zip(panels, shown, strict=True):
        unit = own["unit"].iloc[0]
        axes.set_title(f"{name}, {unit_words(study, unit)}: base case {_value(own['base'].iloc[0], unit)}")
        for place, row in enumerate(rows_of(own)):
            for end, colour, shift in zip(ENDS, (BLUE, VERMILLION), (-0.2, 0.2), strict=True):
                told, within = getattr(row, f"{end}_change"), getattr(row, f"{end}_within")
                change = told if told == told else within
                if change != change:
                    continue
                axes.barh(place + shift, change, height=0.36, color=colour if told == told else FAINT)
                least, most = getattr(row, f"{end}_least"), getattr(row, f"{end}_most")
                if np.isfinite(least) and np.isfinite(most):
                    axes.hlines(place + shift, least, most, color=BLACK, linewidth=0.7)
        axes.set_yticks(range(len(own)), [short(name, 30) for name in own["input"]], fontsize=SMALL)
        axes.set_ylim(len(own) - 0.5, -0.5)
        axes.axvline(0, color=BLACK, linewidth=0.8)
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", nbins=5)
        objective_axis(axes.xaxis, unit)
    return figure


def _has_bar(frame: pd.DataFrame) -> pd.Series:
    """Which rows have a change at an end, told or within the gaps."""
    return frame[[f"{end}_{what}" for end in ENDS for what in ("change", "within")]].fillna(0.0).ne(0.0).any(axis=1)


def _value(value: float, unit: object) -> str:
    return f"{100 * value:.1f} %" if number_format(unit) == "0.0%" else amount_text(value)


def _told(objective: str, own: object) -> str:
    parts = []
    for row in rows_of(own)[:3]:  # type: ignore[arg-type]
        ends = [
            f"{end} {getattr(row, f'{end}_change'):+.3g}"
            for end in ENDS
            if getattr(row, f"{end}_change") == getattr(row, f"{end}_change")
        ]
        parts.append(f"{row.input} {', '.join(ends) or 'no difference'}")
    return f"{objective.capitalize()}: {'; '.join(parts)}."


SHAPE = Shape(
    "Tornado of the uncertain inputs",
    "What each uncertain input does to every objective when it alone goes to the ends of its range.",
    (TORNADO, STARTS, INPUTS, RUNS),
    {"tornado": charts},
    {"bars": bars},
)
