"""Picture: dependence today, with trade re-directed, and with the fund."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Patch

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.pictures.style import (
    BLUE,
    ORANGE,
    VERMILLION,
    Picture,
    money_unit,
    needed,
    percent_axis,
    picture,
    short,
)
from quadopt.tables.records import rows_of

READINGS = (
    ("share_at_least", "at least (lower bound)", BLUE),
    ("share_proportional", "proportional", VERMILLION),
    ("share_direct", "direct imports (% of use)", ORANGE),
)


@picture
def steps(plan: Plan) -> Picture:
    """The dependence index in three steps: today, with trade re-directed, with the fund."""
    frame = needed(figures.steps_total(plan), "three steps (table three_steps)")
    figure = Picture(
        plan,
        1.9,
        "Dependence on the largest single supplier, in three steps",
        "Per cent of the members' demand, all periods. Today: least cost, no fund. Re-directed: same plants, trade re-directed, "
        "which takes others' supply and adds none. Below: discounted cost over the horizon, " + money_unit(plan) + ".",
        "; ".join(
            f"{row.step}: at least {figures.percent(row.share_at_least)}, proportional "
            f"{figures.percent(row.share_proportional)}, direct {figures.percent(row.share_direct)}"
            for row in rows_of(frame)
        )
        + ".",
        key=[Patch(color=colour, label=words) for _, words, colour in READINGS],
    )
    axes = figure.subplots()
    at = np.arange(len(frame))
    for place, (column, words, colour) in enumerate(READINGS):
        bars = axes.bar(at + (place - 1) * 0.27, frame[column], width=0.25, color=colour, label=words)
        axes.bar_label(bars, [figures.percent(share) for share in frame[column]], fontsize=6.5, padding=1)
    names = [f"{short(row.step, 16)}\ncost {row.cost:,.0f}" for row in rows_of(frame)]
    axes.set_xticks(at, names)
    axes.set_ylim(0, max(1.0, float(frame[[c for c, _, _ in READINGS]].max().max())) * 1.05)
    percent_axis(axes.yaxis)
    axes.grid(axis="y")
    axes.tick_params(axis="x", length=0)
    return figure
