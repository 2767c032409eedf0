"""Picture: a map of the flows between countries that supply the members, before and after."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import FancyArrowPatch, Patch, PathPatch
from matplotlib.path import Path

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.pictures import flows
from quadopt.report.pictures.flows import COLOURS, PANELS, Who
from quadopt.report.pictures.style import (
    BLACK,
    LAND,
    SEA,
    SMALL,
    Picture,
    amount_text,
    money_unit,
    picture,
    short,
)
from quadopt.tables.records import rows_of

PANEL = 2.35
SOUTH, NORTH, MARGIN = -56.0, 80.0, -68.0
"""Latitudes between which the map is drawn, and that of the margin where countries without a position stand."""
THIN, THICK = 0.4, 7.0
"""Widths of arrows in points."""
TELLING = 0.01
"""Flows below this part of the largest panel's total are left out."""
NAMED = 8
"""Countries that are named besides the members: those with most flow."""


@picture
def world(plan: Plan, material: str | None = None, period: str | None = None) -> Picture:
    """A map of what crosses borders on its way to the members, without the fund and with the plan.

    Args:
        material: one demanded material, in its units; all of them together, in money, where none is given.
        period: a period of the plan; the last where none is given.

    Arrows add up every stage of the chains, told in the demanded material: what crosses two borders counts at both.
    Raises ValueError for a material or period that the plan's chains do not have.
    """
    legs, period = flows.legs(plan, material, period)
    amount = "value" if material is None else "quantity"
    unit = money_unit(plan) if material is None else f"{flows.unit_of(plan, material)} of {material}"
    who = flows.who(plan, legs)
    crossing = legs[legs["origin"] != legs["destination"]]
    arrows = (
        crossing.groupby(["step", "origin", "destination"], sort=False)[amount].sum().rename("amount").reset_index()
    )
    positions = _positions(plan, arrows)
    totals = {step: float(arrows.loc[arrows["step"] == step, "amount"].sum()) for step in PANELS}
    what = "all materials" if material is None else material
    told = {step: f"{amount_text(total)} {unit}" for step, total in totals.items()}
    figure = Picture(
        plan,
        2 * PANEL,
        f"What crosses borders on its way to the members: {what}, {period}",
        f"Arrows: {unit} of final demand whose supply crosses that border at some stage, if all units mix evenly; what "
        f"crosses two borders counts at both. Widest: {amount_text(_most(arrows))}; below {100 * TELLING:.0f} % of the total: "
        f"not drawn. {_lost_note(positions)}",
        f"Two maps of flows to the members in {period}. In all {told[flows.BEFORE]} cross a border without the fund, "
        f"{told[flows.AFTER]} with the plan. {_largest_flows(arrows)}",
        key=[
            Patch(color=COLOURS[group], label=short(word, 40))
            for group, word in who.words(crossing.assign(source="made")).items()
        ],
    )
    cut = _cut(arrows, positions)
    for axes, step in zip(figure.subplots(2, 1), PANELS, strict=True):
        axes.set_title(f"{PANELS[step]}: {told[step]}" if len(told[step]) < 20 else PANELS[step])
        own = arrows[arrows["step"] == step]
        _panel(axes, own[own["amount"] >= TELLING * max(totals.values())], positions, cut, who, _most(arrows))
    return figure


def _most(arrows: pd.DataFrame) -> float:
    return float(arrows["amount"].max()) if len(arrows) else 1.0


def _lost_note(positions: dict[str, tuple[float, float]]) -> str:
    return "At the bottom: without a position." if MARGIN in (y for _, y in positions.values()) else ""


def _largest_flows(arrows: pd.DataFrame) -> str:
    told = []
    for step, words in ((flows.BEFORE, "without the fund"), (flows.AFTER, "with the plan")):
        top = arrows[arrows["step"] == step].nlargest(3, "amount")
        named = ", ".join(f"{row.origin} to {row.destination} {amount_text(row.amount)}" for row in rows_of(top))
        told.append(f"Largest {words}: {named}.")
    return " ".join(told)


def _positions(plan: Plan, arrows: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of every country with a flow; those without a position stand in a row at the margin."""
    frame = figures.numbers(figures.table(plan, "countries"), "latitude", "longitude").dropna(
        subset=["latitude", "longitude"]
    )
    known = {str(row.country): (float(row.longitude), float(row.latitude)) for row in rows_of(frame)}
    seen = list(dict.fromkeys([*arrows["origin"], *arrows["destination"]]))
    lost = [name for name in seen if name not in known]
    at_margin = {name: (-150.0 + 300.0 * (at + 0.5) / len(lost), MARGIN) for at, name in enumerate(lost)}
    return {name: (known | at_margin)[name] for name in seen}


def _cut(arrows: pd.DataFrame, positions: dict[str, tuple[float, float]]) -> float:
    """The longitude at which the map is cut open, of four, so that arrows are short: in the Atlantic or the Pacific."""
    if arrows.empty:
        return -180.0
    amount = arrows["amount"].to_numpy()
    x = {name: place[0] for name, place in positions.items() if place[1] != MARGIN}
    known = (arrows["origin"].isin(x) & arrows["destination"].isin(x)).to_numpy()
    start, end = (arrows.loc[known, column].map(x).to_numpy(dtype=float) for column in ("origin", "destination"))
    return min((-180.0, -30.0), key=lambda cut: float(amount[known] @ np.abs((start - cut) % 360 - (end - cut) % 360)))


@cache
def _land() -> Path:
    """The world's coasts (Natural Earth, public domain: see the file)."""
    rings = json.loads((files(__package__) / "world.json").read_text(encoding="utf-8"))["rings"]
    codes = [code for ring in rings for code in (Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY)]
    return Path(np.array([point for ring in rings for point in ring]), codes)


def _panel(
    axes: Any, arrows: pd.DataFrame, positions: dict[str, tuple[float, float]], cut: float, who: Who, most: float
) -> None:
    south = MARGIN - 10 if MARGIN in (y for _, y in positions.values()) else SOUTH
    axes.set(xlim=(cut, cut + 360), ylim=(south, NORTH), aspect=1.2, xticks=[], yticks=[], facecolor=SEA)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for shift in (0.0,) if cut == -180 else (0.0, 360.0):
        land = _land()
        moved = Path(land.vertices + np.array([shift, 0.0]), land.codes)
        axes.add_patch(PathPatch(moved, facecolor=LAND, edgecolor="#B8B4AB", linewidth=0.3, zorder=1)).set_label("land")
    place = {name: ((x - cut) % 360 + cut if y != MARGIN else x + cut + 180, y) for name, (x, y) in positions.items()}
    for row in rows_of(arrows.sort_values("amount", ascending=False)):
        _arrow(axes, place[row.origin], place[row.destination], row, COLOURS[who.group(row.origin)], most)
    flow = pd.concat([arrows.groupby("origin")["amount"].sum(), arrows.groupby("destination")["amount"].sum()])
    flow = flow.groupby(level=0).sum().sort_values(ascending=False)
    named = set(flow.index[:NAMED]) | who.members | {name for name, (_, y) in positions.items() if y == MARGIN}
    for name in flow.index:
        x, y = place[name]
        axes.plot(x, y, "o", markersize=3.5, color=COLOURS[who.group(name)], markeredgecolor="white", mew=0.5, zorder=5)
    _names(axes, {name: place[name] for name in flow.index if name in named})


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float], row: Any, colour: str, most: float) -> None:
    width = THIN + (THICK - THIN) * row.amount / most
    arrow = FancyArrowPatch(
        start,
        end,
        connectionstyle="arc3,rad=0.22",
        arrowstyle=f"simple,tail_width={width:.2f},head_width={3 + 1.7 * width:.2f},head_length={3 + 1.3 * width:.2f}",
        mutation_scale=1,
        shrinkA=2,
        shrinkB=3,
        facecolor=colour,
        linewidth=0,
        alpha=0.62,
        zorder=3,
    )
    arrow.set_label(f"{row.origin} > {row.destination}: {row.amount!r}")
    axes.add_patch(arrow)


def _names(axes: Any, places: dict[str, tuple[float, float]]) -> None:
    """Names beside the marks, lower ones first, moved up where they would lie on each other."""
    taken: list[tuple[float, float, float]] = []
    for name, (x, y) in sorted(places.items(), key=lambda item: item[1][1]):
        text = short(name, 14)
        wide, high = 5.6 * len(text), 10.0
        left, low = x - wide / 2, y - 12.0
        left = min(max(left, axes.get_xlim()[0] + 2), axes.get_xlim()[1] - wide - 2)
        for _ in range(12):
            hit = [t for t in taken if abs(t[1] - low) < high and left < t[0] + t[2] and t[0] < left + wide]
            if not hit:
                break
            low = max(t[1] for t in hit) + high
        taken.append((left, low, wide))
        axes.text(
            left + wide / 2,
            low,
            text,
            fontsize=SMALL - 0.5,
            ha="center",
            va="bottom",
            color=BLACK,
            zorder=6,
            bbox={"facecolor": "white", "alpha": 0.65, "linewidth": 0, "pad": 0.6},
        )
