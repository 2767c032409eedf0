"""Picture: dependence on the largest single supplier over time, in total and by material or member."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.pictures.style import BLUE, GREY, SMALL, VERMILLION, Picture, needed, percent_axis, picture, short
from quadopt.report.views import dependence as views

ROW = 0.2


@picture
def dependence(plan: Plan, by: str = "material") -> Picture:
    """Dependence on the largest single supplier by period: in total above, by material or by member below.

    Args:
        by: `material` or `member`.

    Above: the mean with the weights of the index; at least (a lower bound), proportional, at most. Below: proportional.
    Raises ValueError for another `by`.
    """
    if by not in ("material", "member"):
        raise ValueError(f"dependence is drawn by 'material' or by 'member', not by {by!r}")
    total = views.dependence_by_period(plan).frame
    wide = needed(_by_period(plan, by), "dependence by period (table largest)")
    first, last = wide.iloc[:, 0], wide.iloc[:, -1]
    weighting = "weighted by value" if figures.has_value_weights(plan) else "each material weighs the same"
    figure = Picture(
        plan,
        1.75 + 0.5 + ROW * max(len(wide), 2),
        f"Dependence on the largest single supplier, with the plan, by {by}",
        f"Per cent of demand that goes back to one supplier through every stage; a unit short counts as dependent. Above: mean "
        f"over members and materials ({weighting}). Below: proportional, each {by}'s largest supplier, mean by demand"
        f"{'' if by == 'material' else ', weighted as the index'}.",
        f"Dependence by period and {by}. "
        + "; ".join(
            f"{name} {100 * begin:.0f} % at first, {100 * end:.0f} % at last"
            for name, begin, end in zip(wide.index, first, last, strict=True)
            if begin == begin and end == end
        )
        + ".",
    )
    above, below = figure.subplots(2, 1, height_ratios=[1.75, 0.5 + ROW * max(len(wide), 2)])
    at = np.arange(len(total))
    shares = {name: total[f"share_{name}"].to_numpy(dtype=float) for name in ("at_least", "proportional", "at_most")}
    above.fill_between(at, shares["at_least"], shares["at_most"], color=GREY, alpha=0.15, linewidth=0)
    lines = (
        ("at_most", "at most", GREY, ":"),
        ("proportional", "proportional", VERMILLION, "--"),
        ("at_least", "at least", BLUE, "-"),
    )
    for name, words, colour, dashes in lines:
        above.plot(at, shares[name], dashes, color=colour, label=words, marker="o", markersize=2.5, linewidth=1.6)
    above.set_ylim(0, 1)
    percent_axis(above.yaxis)
    above.grid(axis="y")
    above.legend(ncols=3, loc="upper right", handlelength=2.2)
    _period_ticks(above, total["period"].astype(str).tolist())
    shown = below.imshow(wide.to_numpy(dtype=float), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    shown.set_label("proportional")
    for (row, column), share in np.ndenumerate(wide.to_numpy(dtype=float)):
        if share == share:
            ink = "white" if share > 0.6 else "black"
            below.text(column, row, f"{100 * share:.0f}", fontsize=6.5, ha="center", va="center", color=ink)
    below.set_yticks(range(len(wide)), [short(name, 18) for name in wide.index], fontsize=SMALL)
    _period_ticks(below, [str(label) for label in wide.columns])
    below.tick_params(length=0)
    for spine in below.spines.values():
        spine.set_visible(False)
    below.set_title(f"By {by}: per cent of demand (proportional)")
    above.set_title("In total")
    return figure


def _by_period(plan: Plan, by: str) -> pd.DataFrame:
    """Proportional shares, a row a material or member, a column a period; the most dependent in the last period first."""
    view, key = (
        (views.dependence_by_material, "material") if by == "material" else (views.dependence_by_member, "country")
    )
    wide = view(plan).frame.pivot_table("share_proportional", key, "period", sort=False)
    wide = wide.reindex(columns=[period for period in figures.periods(plan) if period in wide])
    return wide.sort_values(wide.columns[-1], ascending=False, kind="stable") if wide.size else wide


def _period_ticks(axes: object, labels: list[str]) -> None:
    """At most eight period labels."""
    every = max(1, -(-len(labels) // 8))
    axes.set_xticks(range(0, len(labels), every), [short(label, 8) for label in labels[::every]])  # type: ignore[attr-defined]
