"""Picture: when each project is built and when it runs, with what it costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.pictures.style import BLUE, GREY, SMALL, Picture, money_unit, needed, picture, short
from quadopt.tables.records import rows_of

ROW = 0.165
"""Height of a project's row in inches."""


@picture
def timeline(plan: Plan) -> Picture:
    """Every project that the plan starts: years of building, years on line, capital cost.

    Projects stand by date of start; a bar that fades in is still ramping up.
    """
    begun = needed(figures.starts(plan), "projects that start (table investments)").iloc[:-1]
    calendar = figures.calendar(plan)
    first = figures.first_year(figures.periods(plan))
    end = max((last for _, last in calendar.values()), default=0.0) + first
    online = figures.numbers(figures.table(plan, "project_capacity"), "online_share")
    total, public = begun["capex"].sum(), begun["public_capex"].sum()
    figure = Picture(
        plan,
        0.45 + ROW * max(len(begun), 2),
        "What is built, and when",
        f"{len(begun)} projects: outlined while being built, filled when on line (paler while ramping up). Right: capital "
        f"cost, {money_unit(plan)}, undiscounted; together {total:,.0f}, of which the fund pays {public:,.0f}.",
        f"Timeline of {len(begun)} projects, by date of start. The dearest: "
        + "; ".join(
            f"{row.project} in {row.country} starts {row.start}, complete {row.complete:.5g}, capital cost {row.capex:,.0f}"
            for row in rows_of(begun.nlargest(5, "capex"))
        )
        + ". The table of projects tells all.",
        key=[
            Patch(facecolor=BLUE, label="chosen by the plan"),
            Patch(facecolor=GREY, label="committed in any case"),
            Patch(facecolor="white", edgecolor=BLUE, hatch="////", label="being built"),
        ],
    )
    axes = figure.subplots()
    for at, row in enumerate(rows_of(begun)):
        colour = GREY if row.status == "committed" else BLUE
        start = calendar.get(str(row.start), (0.0, 0.0))[0] + first
        complete = min(float(row.complete), end)
        axes.barh(
            at, complete - start, left=start, height=0.62, facecolor="white", edgecolor=colour, hatch="/////", lw=0.6
        )[0].set_label(f"{row.project}: built")
        own = online[online["project"] == row.project]
        for opens, closes, share in _stretches(own, calendar):
            left = max(opens + first, complete)
            bar = axes.barh(at, closes + first - left, left=left, height=0.62, color=colour, alpha=0.25 + 0.75 * share)
            bar[0].set_label(f"{row.project}: {share:.3g} on line")
        axes.text(end + 0.02 * (end - first), at, f"{row.capex:,.0f}", fontsize=SMALL, va="center")
    names = [f"{short(row.project, 16)} ({short(row.country, 13)})" for row in rows_of(begun)]
    axes.set_yticks(range(len(begun)), names, fontsize=SMALL - 0.5)
    axes.set(ylim=(len(begun) - 0.4, -0.6), xlim=(first, end + 0.13 * (end - first)))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_xlabel("year" if first else "years from the start")
    every = max(1, round((end - first) / 6))
    axes.set_xticks(np.arange(first, end + 1e-9, every))
    axes.axvline(end, color="#888888", linewidth=0.6)
    return figure


def _stretches(online: pd.DataFrame, calendar: dict[str, tuple[float, float]]) -> list[tuple[float, float, float]]:
    """(begin, end, share on line) of a project, periods of equal share joined; years from the start."""
    found: list[tuple[float, float, float]] = []
    for row in rows_of(online):
        begin, end = calendar.get(str(row.period), (0.0, 0.0))
        share = min(1.0, float(row.online_share))
        if found and found[-1][1] == begin and abs(found[-1][2] - share) < 1e-9:
            begin = found.pop()[0]
        found.append((begin, end, share))
    return found
