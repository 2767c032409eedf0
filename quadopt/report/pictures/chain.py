"""Picture: a material's chain from mine to member as bands whose width is the quantity, before and after."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path

from quadopt.plan import Plan
from quadopt.report.pictures import flows
from quadopt.report.pictures.flows import AFTER, BEFORE, COLOURS, MEMBERS, OTHERS, PANELS, STOCK, Who
from quadopt.report.pictures.style import SMALL, Picture, amount_text, picture, short, spread
from quadopt.tables.records import rows_of

PANEL = 2.75
"""Height of a panel in inches."""
LEAST = 0.045
"""A place below this part of the whole is drawn together with others of its group."""
BAR, GAP = 0.085, 0.018
LABEL = 0.062
"""Least distance of labels, of the panel's height."""
REST = {MEMBERS: "others", OTHERS: "others", STOCK: "stocks"}
"""What small places of a group are called together; the colour tells the group."""


@dataclass
class Node:
    """A maker (or a using member) in one column: how much passes, where it is drawn."""

    column: int
    name: str
    group: str
    made: float = 0.0
    low: float = 0.0
    left: float = 0.0
    right: float = 0.0
    passed: dict[str, float] = field(default_factory=dict)

    @property
    def size(self) -> float:
        """What passes through, in units of the material."""
        return max(self.left, self.right)


@picture
def chain(plan: Plan, material: str | None = None, period: str | None = None) -> Picture:
    """A material's chain from origin through its stages to members, without the fund and with the plan.

    Args:
        material: a material that members demand; the one of largest value where none is given.
        period: a period of the plan; the last where none is given.

    Bands are as wide as what passes, in units of the demanded material, if all units of a material mix evenly.
    Raises ValueError for a material or period that the plan's chains do not have.
    """
    legs, period = flows.legs(plan, material, period)
    material = flows.materials_by_value(plan)[0] if material is None else material
    legs = legs[legs["material"] == material]
    who = flows.who(plan, legs)
    unit = flows.unit_of(plan, str(material))
    shares = {step: _outside(legs[legs["step"] == step], who) for step in PANELS}
    figure = Picture(
        plan,
        2 * PANEL,
        f"Who makes {material} for the members, stage by stage: {period}",
        f"Width: {unit} of {material} in the period, if all units of a material mix evenly (proportional); 100 % = "
        f"{_whole(legs)} {unit}. Some routes skip a stage. Below {100 * LEAST:.3g} %: drawn together.",
        f"Two chains of {material} in {period}. {shares[BEFORE]} without the fund, {shares[AFTER]} with the plan.",
        key=[Patch(color=COLOURS[group], label=short(word, 40)) for group, word in who.words(legs).items()],
    )
    depth = _columns(legs)
    for axes, step in zip(figure.subplots(2, 1), PANELS, strict=True):
        _panel(axes, plan, legs[legs["step"] == step], depth, who, PANELS[step])
    return figure


def _whole(legs: pd.DataFrame) -> str:
    """What members get, as text; both ways where they differ."""
    got = legs[legs["use"] == "demand"].groupby("step")["quantity"].sum()
    told = {step: amount_text(float(got.get(step, 0.0))) for step in PANELS}
    return told[AFTER] if told[AFTER] == told[BEFORE] else f"{told[BEFORE]} without, {told[AFTER]} with the plan,"


def _outside(legs: pd.DataFrame, who: Who) -> str:
    """What part of the demand has the largest outside supplier somewhere in its last stage, in words."""
    last = legs[legs["use"] == "demand"]
    total = last["quantity"].sum()
    part = last.loc[last["origin"] == who.largest, "quantity"].sum() / total if total > 0 else 0.0
    return f"{short(who.largest or 'nobody outside', 24)} makes {100 * part:.0f} % of the last stage"


def _columns(legs: pd.DataFrame) -> dict[str, int]:
    """Material -> column, from 0 at the left; what is made of it stands further right."""
    pairs = {(row.made, row.use) for row in rows_of(legs)}
    height: dict[str, int] = {}

    def above(made: str) -> int:
        if made not in height:
            height[made] = 0
            height[made] = 1 + max((above(use) for m, use in pairs if m == made and use != "demand"), default=0)
        return height[made]

    most = max((above(made) for made, _ in pairs), default=0)
    return {made: most - above(made) for made, _ in pairs}


def _nodes(legs: pd.DataFrame, depth: dict[str, int], who: Who) -> tuple[dict[Any, Node], list[tuple[Node, Node, Any]]]:
    """Nodes by column and country, small ones of a group together, and the bands between them."""
    last = max(depth.values()) + 1
    total = float(legs.loc[legs["use"] == "demand", "quantity"].sum())

    def places(row: Any) -> tuple[tuple[int, str, str], tuple[int, str, str]]:
        group = STOCK if row.source == "stockpile" else who.group(row.origin)
        to = last if row.use == "demand" else depth[row.use]
        return (depth[row.made], row.origin, group), (to, row.destination, who.group(row.destination))

    out: dict[tuple[int, str, str], float] = {}
    into: dict[tuple[int, str, str], float] = {}
    for row in rows_of(legs):
        origin, destination = places(row)
        out[origin] = out.get(origin, 0.0) + row.quantity
        into[destination] = into.get(destination, 0.0) + row.quantity
    size = {key: max(out.get(key, 0.0), into.get(key, 0.0)) for key in {**out, **into}}

    def drawn(key: tuple[int, str, str]) -> tuple[int, str, str]:
        column, _, group = key
        return (column, REST[group], group) if size[key] < LEAST * total and group in REST else key

    nodes: dict[Any, Node] = {}
    bands: dict[tuple[Any, Any, str], float] = {}
    for row in rows_of(legs):
        start, end = (drawn(key) for key in places(row))
        for key in (start, end):
            nodes.setdefault(key, Node(*key))
        nodes[start].right += row.quantity
        nodes[end].left += row.quantity
        band = (start, end, start[2])
        bands[band] = bands.get(band, 0.0) + row.quantity
    return nodes, [(nodes[a], nodes[b], quantity) for (a, b, _), quantity in bands.items()]


def _panel(axes: Any, plan: Plan, legs: pd.DataFrame, depth: dict[str, int], who: Who, title: str) -> None:
    axes.set_title(title, fontsize=8.5)
    axes.set_axis_off()
    columns = max(depth.values(), default=0) + 2
    axes.set(xlim=(-0.02, columns - 1 + BAR + 0.62), ylim=(-0.02, 1.09))
    if legs.empty:
        axes.text(0, 0.5, "Nothing is served.")
        return
    nodes, bands = _nodes(legs, depth, who)
    total = float(legs.loc[legs["use"] == "demand", "quantity"].sum())
    order = {MEMBERS: 0, STOCK: 1, OTHERS: 2}
    most = max(Counter(node.column for node in nodes.values()).values())
    scale = (1 - GAP * (most - 1)) / total
    for column in range(columns):
        own = [node for node in nodes.values() if node.column == column]
        own.sort(key=lambda node: (order.get(node.group, 3), node.name in REST.values(), -node.size))
        top = 1.0
        for node in own:
            node.low = top - node.size * scale
            top = node.low - GAP
        _labels(axes, own, scale, total, columns)
        own_legs = legs[legs["made"].map(depth) == column]
        name = _heading(plan, own_legs) if column < columns - 1 else "used by"
        axes.text(column, 1.05, short(name, 60 // columns), fontsize=SMALL, color="#555555", va="center")
    used: dict[tuple[int, bool], float] = {}
    place = {id(node): (node.column, -node.low) for node in nodes.values()}
    for start, end, quantity in sorted(bands, key=lambda band: (place[id(band[0])], place[id(band[1])])):
        _band(axes, start, end, quantity, scale, used)
    for node in nodes.values():
        axes.add_patch(
            Rectangle((node.column, node.low), BAR, node.size * scale, color=COLOURS[node.group], linewidth=0, zorder=3)
        ).set_label(f"{node.column}/{node.name}")


def _heading(plan: Plan, legs: pd.DataFrame) -> str:
    """What a column is called: the stages of its materials, or the materials without a stage, the largest first."""
    stage = flows.text_of(plan, "materials", "material", "stage")
    materials = legs.groupby("made")["quantity"].sum().sort_values(ascending=False, kind="stable").index
    stages = list(dict.fromkeys(stage(str(name)) or str(name) for name in materials))
    return ", ".join(stages)


def _band(
    axes: Any, start: Node, end: Node, quantity: float, scale: float, used: dict[tuple[int, bool], float]
) -> None:
    """A band from the right of one node to the left of another, below those drawn before."""
    height = quantity * scale
    ends = []
    for node, is_start in ((start, True), (end, False)):
        key = (id(node), is_start)
        top = node.low + node.size * scale - used.get(key, 0.0)
        used[key] = used.get(key, 0.0) + height
        ends.append(top)
    x0, x1 = start.column + BAR, end.column
    middle = (x0 + x1) / 2
    (y0, y1), move, curve, line = ends, Path.MOVETO, Path.CURVE4, Path.LINETO
    points = [(x0, y0), (middle, y0), (middle, y1), (x1, y1)]
    back = [(x1, y1 - height), (middle, y1 - height), (middle, y0 - height), (x0, y0 - height)]
    path = Path([*points, *back, (x0, y0)], [move, curve, curve, curve, line, curve, curve, curve, Path.CLOSEPOLY])
    patch = PathPatch(path, facecolor=COLOURS[start.group], alpha=0.38, linewidth=0, zorder=2)
    patch.set_label(f"{start.column}/{start.name} > {end.column}/{end.name}: {quantity!r}")
    axes.add_patch(patch)


def _labels(axes: Any, nodes: list[Node], scale: float, total: float, columns: int) -> None:
    """Names and parts beside the nodes of a column, moved apart where they would lie on each other."""
    rising = nodes[::-1]
    middles = [node.low + node.size * scale / 2 for node in rising]
    room = 14 if columns < 5 else 10
    for node, at in zip(rising, spread(middles, LABEL, 0.02, 0.98), strict=True):
        part = 100 * node.size / total
        told = f"{part:.0f} %" if part >= 0.5 else "< 1 %"
        is_tall = columns >= 5 and node.size * scale > 2.2 * LABEL
        text = f"{short(node.name, 14)}\n{told}" if is_tall else f"{short(node.name, room)} {told}"
        axes.text(node.column + BAR + 0.03, at, text, fontsize=SMALL, va="center", linespacing=1.05, zorder=4)
