"""Picture: what each member pays into the fund, against the most that it allows."""

from __future__ import annotations

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.pictures.style import BLACK, BLUE, Picture, money_unit, needed, picture, short, thousands_axis
from quadopt.tables.records import rows_of

PANEL = 1.05


@picture
def contributions(plan: Plan) -> Picture:
    """Contributions of each member in each period as bars, the limit as a line."""
    frame = figures.numbers(figures.table(plan, "contributions"), "contribution", "limit")
    frame = frame.assign(period=frame["period"].astype(str))
    labels = figures.periods(plan)
    sums = frame.groupby("country", sort=False)[["contribution", "limit"]].sum()
    sums = needed(sums[sums["limit"] > 0].reset_index(), "member that may pay into a fund (table contributions)")
    figure = Picture(
        plan,
        0.3 + PANEL * len(sums),
        "Who pays into the fund, and when",
        f"{money_unit(plan)} in each period, undiscounted; the line is the most that the member allows.",
        "Contributions over the horizon: "
        + "; ".join(f"{row.country} {row.contribution:,.0f} of at most {row.limit:,.0f}" for row in rows_of(sums))
        + f" {money_unit(plan)}.",
        key=[Patch(color=BLUE, label="contribution"), Line2D([], [], color=BLACK, label="limit")],
    )
    panels = figure.subplots(len(sums), 1, sharex=True, squeeze=False)[:, 0]
    at = np.arange(len(labels))
    for axes, row in zip(panels, rows_of(sums), strict=True):
        own = frame[frame["country"] == row.country].set_index("period").reindex(labels)
        axes.bar(at, own["contribution"].fillna(0.0), color=BLUE, width=0.75)
        limit = own["limit"].fillna(0.0).to_numpy()
        axes.stairs(limit, np.arange(len(labels) + 1) - 0.5, baseline=None, color=BLACK, linewidth=1.1)
        used = row.contribution / row.limit
        axes.set_title(f"{short(row.country, 24)}: {row.contribution:,.0f} of {row.limit:,.0f} ({100 * used:.0f} %)")
        axes.set_ylim(0, 1.15 * max(limit.max(), own["contribution"].max(), 1e-9))
        axes.grid(axis="y")
        thousands_axis(axes.yaxis)
        axes.locator_params(axis="y", nbins=3)
    every = max(1, -(-len(labels) // 8))
    panels[-1].set_xticks(at[::every], [short(label, 8) for label in labels[::every]])
    return figure
