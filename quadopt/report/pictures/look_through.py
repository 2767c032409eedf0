"""Picture: at-least, proportional, at-most and direct shares side by side, by material."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.pictures.style import (
    BLACK,
    BLUE,
    FAINT,
    ORANGE,
    SMALL,
    VERMILLION,
    Picture,
    needed,
    percent_axis,
    picture,
    short,
)
from quadopt.report.views.look_through import look_through as view
from quadopt.tables.records import rows_of

MARKS = (
    ("share_at_least", "at least (book and claim)", BLUE, "<"),
    ("share_proportional", "proportional", VERMILLION, "o"),
    ("share_at_most", "at most", BLACK, ">"),
    ("share_direct", "direct imports (share of use)", ORANGE, "x"),
)


@picture
def look_through(plan: Plan) -> Picture:
    """Each material's dependence with the plan in four readings; flags where at least and proportional differ.

    A flag marks more than 5 points between at least and proportional: part of the fall is relabelled, not replaced.
    """
    frame = needed(side_by_side(plan), "dependence by material (table largest)")
    flagged = frame["flag"] != ""
    figure = Picture(
        plan,
        0.35 + 0.2 * max(len(frame), 2),
        "Replaced or relabelled? Four readings of each material's dependence",
        "Per cent of demand (direct: of use) that depends on the largest single supplier, all periods and members, with the "
        "plan. (!) at least and proportional are more than 5 points apart: there the plan relabels rather than replaces. The "
        "books make totals least and most, so for a single material proportional may lie outside them.",
        "Look-through shares: "
        + "; ".join(
            f"{row.material} at least {figures.percent(row.share_at_least)}, proportional "
            f"{figures.percent(row.share_proportional)}, at most {figures.percent(row.share_at_most)}, direct "
            f"{figures.percent(row.share_direct)}"
            for row in rows_of(frame)
        )
        + ".",
        key=[
            Line2D([], [], color=colour, marker=mark, linestyle="none", markersize=5, label=words)
            for _, words, colour, mark in MARKS
        ],
    )
    axes = figure.subplots()
    at = np.arange(len(frame))
    both = frame[["share_at_least", "share_at_most"]].to_numpy(dtype=float)
    axes.hlines(at, both.min(axis=1), both.max(axis=1), color=FAINT, linewidth=4, zorder=1)
    for column, words, colour, mark in MARKS:
        axes.plot(frame[column].astype(float), at, mark, color=colour, markersize=5, label=words, zorder=3)
    names = [
        f"{short(name, 20)}{' (!)' if flag else ''}" for name, flag in zip(frame["material"], flagged, strict=True)
    ]
    axes.set_yticks(at, names, fontsize=SMALL)
    axes.set(ylim=(len(frame) - 0.5, -0.5), xlim=(-0.03, 1.03))
    percent_axis(axes.xaxis)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    return figure


def side_by_side(plan: Plan) -> pd.DataFrame:
    """The look-through shares of all members together by material, the most dependent (proportional) first."""
    frame = view(plan).frame
    return frame.sort_values("share_proportional", ascending=False, kind="stable").reset_index(drop=True)
