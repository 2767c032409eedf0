"""Pictures: the stress of every crisis, and one crisis in detail: shortage by member and stocks step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.pictures.style import (
    BLUE,
    GREY,
    ORANGE,
    SMALL,
    Picture,
    money_unit,
    needed,
    picture,
    short,
    thousands_axis,
)
from quadopt.report.views.crises import shortage_by_member
from quadopt.tables.records import rows_of
from quadopt.whatif.study import Study

WAYS = (
    ("", "with the plan", BLUE),
    ("_without_sharing", "without sharing", ORANGE),
    ("_without_stocks", "without stockpiles", GREY),
)
"""Ending of the columns, words and colour of the three ways to meet a crisis."""
DRAWN = 6
"""Stocks that a crisis draws on most."""


@picture
def crises(plan: Plan) -> Picture:
    """The stress of every crisis: with the plan, without sharing, without stockpiles; the worst first."""
    frame = needed(figures.crises(plan), "crises (table disruptions)")
    frame = frame[frame[["stress", "stress_without_sharing", "stress_without_stocks"]].max(axis=1) > 0]
    quiet = len(figures.crises(plan)) - len(frame)
    figure = Picture(
        plan,
        0.35 + 0.42 * max(len(frame), 2),
        "What each crisis costs: with the plan, without sharing, without stockpiles",
        f"Weighted value of what members' demand lacks (shortage value x sector weight, {money_unit(plan)}; not lost "
        f"output). {f'{quiet} further crises hurt in no case.' if quiet else ''}",
        "Stress by crisis: "
        + "; ".join(
            f"{row.disruption} {row.stress:,.0f} with the plan, {row.stress_without_sharing:,.0f} without sharing, "
            f"{row.stress_without_stocks:,.0f} without stockpiles"
            for row in rows_of(frame)
        )
        + ".",
        key=[Patch(color=colour, label=words) for _, words, colour in WAYS],
    )
    bars(figure.subplots(), frame.set_index("disruption"), "stress", plan)
    return figure


def bars(axes: Any, frame: pd.DataFrame, column: str, source: Plan | Study) -> None:
    """Three bars a row of the frame, one a way, the value beside each; `column` is the name without the ways' endings."""
    most = max(
        float(np.nanmax(frame[[f"{column}{ending}" for ending, _, _ in WAYS]].to_numpy(dtype=float), initial=0)), 1e-9
    )
    for at, (ending, words, colour) in enumerate(WAYS):
        values = frame[f"{column}{ending}"].astype(float)
        places = np.arange(len(frame)) + (at - 1) * 0.27
        axes.barh(places, values.fillna(0.0), height=0.25, color=colour, label=words)
        for place, value in zip(places, values, strict=True):
            told = "not known" if value != value else f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:,.1f}"
            axes.text((0.0 if value != value else value) + 0.01 * most, place, told, fontsize=6.5, va="center")
    axes.set_yticks(range(len(frame)), [short(name, 22) for name in frame.index], fontsize=SMALL)
    axes.set(ylim=(max(len(frame), 1) - 0.5, -0.5), xlim=(0, 1.14 * most), xlabel=money_unit(source))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.locator_params(axis="x", nbins=5)
    thousands_axis(axes.xaxis)
    if frame.empty:
        axes.text(0.5, 0.5, "Nothing goes short.", transform=axes.transAxes, ha="center")


@picture
def crisis(plan: Plan, name: str | None = None) -> Picture:
    """One crisis: what each member lacks, with and without sharing and stockpiles, and how the stocks drawn on run down.

    Args:
        name: a disruption of the plan; the worst one where none is given.

    Raises ValueError for a disruption that the plan does not have.
    """
    known = [str(known) for known in needed(figures.crises(plan), "crises (table disruptions)")["disruption"]]
    name = known[0] if name is None else name
    if name not in known:
        raise ValueError(f"the plan has no crisis {name!r}; it has {', '.join(known)}")
    row: Any = figures.crises(plan).set_index("disruption").loc[name]
    lacking = shortage_by_member(plan).frame
    lacking = lacking[lacking["disruption"] == name].set_index("country")
    stocks = figures.crisis_stocks(plan, name).head(DRAWN)
    last = stocks.iloc[:, -1] if stocks.shape[1] else pd.Series(dtype=float)
    figure = Picture(
        plan,
        0.45 + 0.42 * max(len(lacking), 2) + (2.4 if len(stocks) else 0.4),
        f"Crisis {name}: who goes short, and what the stockpiles do",
        f"Begins {_when(plan, row['begin'])}, lasts {years_text(float(row['end'] - row['begin']))}; probability "
        f"{figures.percent(row['probability'])}. Above: value of what each member lacks, {money_unit(plan)}, not lost output; "
        "who goes short for an equal total can be one choice of several. Below: closing stock of each step.",
        f"Crisis {name}: "
        + "; ".join(
            f"{member} lacks {values['shortage_value']:,.0f} with the plan, {values['shortage_value_without_sharing']:,.0f} "
            f"without sharing, {values['shortage_value_without_stocks']:,.0f} without stockpiles"
            for member, values in lacking.iterrows()
        )
        + f" ({money_unit(plan)}). Stocks at the end: "
        + (
            "; ".join(
                f"{country} {material} {100 * left:.0f} %"
                for (country, material), left in zip(last.index, last, strict=True)
            )
            or "none is drawn on"
        )
        + ".",
        key=[Patch(color=colour, label=words) for _, words, colour in WAYS],
    )
    above, below = figure.subplots(
        2, 1, height_ratios=[0.45 + 0.42 * max(len(lacking), 2), 2.4 if len(stocks) else 0.4]
    )
    above.set_title("Value of what each member lacks")
    bars(above, lacking, "shortage_value", plan)
    below.set_title("Stocks drawn on most, % of the start")
    _levels(below, stocks)
    return figure


def years_text(length: float) -> str:
    """A length of time, `1 year`, `0.5 years`."""
    return f"{length:.3g} year{'' if length == 1 else 's'}"


def _when(plan: Plan, begin: Any) -> str:
    first = figures.first_year(figures.periods(plan))
    return f"{first + float(begin):.6g}" if first else f"{float(begin):.3g} years from the start"


COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))


def _levels(axes: Any, stocks: pd.DataFrame) -> None:
    """Lines from the opening (100 %) to the end of each step; columns are years since the blow."""
    if stocks.empty:
        axes.set_axis_off()
        axes.text(0.0, 0.5, "No stockpile is drawn on.", transform=axes.transAxes)
        return
    for at, ((country, material), levels) in enumerate(zip(stocks.index, stocks.to_numpy(), strict=True)):
        axes.plot(
            [0.0, *stocks.columns],
            [1.0, *levels],
            linestyle=DASHES[at % len(DASHES)],
            color=COLOURS[at % len(COLOURS)],
            marker="o",
            markersize=2.5,
            linewidth=1.6,
            label=f"{short(country, 14)}, {short(material, 20)}",
        )
    axes.set_ylim(0, max(1.08, float(np.nanmax(stocks.to_numpy(dtype=float))) * 1.05))
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_xlabel("years since the crisis began")
    axes.grid(axis="y")
    axes.legend(fontsize=6.5, loc="upper center", bbox_to_anchor=(0.42, -0.28), ncols=2, handlelength=2.6)
