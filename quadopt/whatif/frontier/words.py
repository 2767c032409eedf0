"""A frontier in sentences, the most important first."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from quadopt.reasons.words import listed, money, points, share
from quadopt.whatif.frontier.fund import Switch
from quadopt.whatif.frontier.points import Placed, Point

NAMED = 4
"""Projects that a sentence names at most."""
MONEY_AXES = {"cost": "cost", "stress": "stress in crises", "size": "the members' limits in all"}


def lines(placed: Placed, switches: Sequence[Switch], currency: str) -> list[str]:
    """What was found, in sentences."""
    return [
        *_failed(placed),
        *_whole(placed, currency),
        *_needless(placed),
        *_knee(placed, currency),
        *_changes(placed, currency),
        *_switching(switches, currency),
        *_short(placed, currency),
    ]


def _at(placed: Placed, point: Point, currency: str) -> str:
    if placed.along == "size":
        return f"{point.size:.4g} times the members' limits ({money(point.limit_total, currency)} in all)"
    return f"{MONEY_AXES[placed.along]} of {money(placed.place(point), currency)}"


def _failed(placed: Placed) -> list[str]:
    return [f"Point {point.number} ({point.run.run}) has no plan: {point.run.reason}" for point in placed.failed]


def _whole(placed: Placed, currency: str) -> list[str]:
    kept = placed.kept
    if not kept:
        return []
    if len(kept) == 1:
        return [
            f"One plan has the least of everything: dependence {share(kept[0].value('dependence'))} at a "
            f"{_at(placed, kept[0], currency)}. There is nothing to trade."
        ] if placed.along != "size" else [
            f"Dependence is {share(kept[0].value('dependence'))} whatever the size of the fund."
        ]  # fmt: skip
    if not placed.is_curve:
        return [_ranges(placed, currency)]
    first, last = kept[0], kept[-1]
    out = [
        f"Dependence falls from {share(first.value('dependence'))} at {_at(placed, first, currency)} to "
        f"{share(last.value('dependence'))} at {_at(placed, last, currency)}: {points(_fall(first, last))} over "
        f"{len(kept)} plans, none of which another makes needless."
    ]
    small = sum(after.value("dependence") >= before.bound for before, after in itertools.pairwise(kept))
    if small:
        out.append(
            f"{small} of the {len(kept) - 1} steps between neighbouring plans are smaller than the gaps: whether less "
            "cannot do as much there is not proven."
        )
    return out


def _fall(before: Point, after: Point) -> float:
    return before.value("dependence") - after.value("dependence")


def _ranges(placed: Placed, currency: str) -> str:
    said = []
    for axis in placed.axes:
        values = [point.value(axis) for point in placed.kept]
        low, high = min(values), max(values)
        said.append(
            f"dependence from {share(low)} to {share(high)}"
            if axis == "dependence"
            else f"{MONEY_AXES[axis]} from {money(low, currency)} to {money(high, currency)}"
        )
    return (
        f"{len(placed.kept)} plans, none of which another makes needless: {listed(said)}. The far ends are estimated from "
        "the plans that minimise one objective after the other; with three objectives the frontier may reach beyond them."
    )


def _needless(placed: Placed) -> list[str]:
    if not placed.dominated:
        return []
    said = [
        f"{point.number} ({'the same as' if placed.standings[point.number].is_equal else 'by'} "
        f"{placed.standings[point.number].by})"
        for point in placed.dominated
    ]
    one = len(said) == 1
    what = (
        f"size{'' if one else 's'} of the fund add{'s' if one else ''} nothing"
        if placed.along == "size"
        else f"point{' is' if one else 's are'} dropped, another being as good or better"
    )
    return [f"{len(said)} {what}: point {listed(said)}."]


def _knee(placed: Placed, currency: str) -> list[str]:
    if placed.knee is None:
        return []
    point, distance = placed.knee
    first, last = placed.kept[0], placed.kept[-1]
    part, of = _fall(first, point), _fall(first, last)
    taken = placed.place(point) - placed.place(first)
    whole = placed.place(last) - placed.place(first)
    return [
        f"The knee is point {point.number}, {_at(placed, point, currency)}: {share(taken / whole)} of the way across has "
        f"{share(part / of)} of the fall in dependence. It is the plan farthest below the straight line between the ends "
        f"({distance:.2f} of the ranges)."
    ]


def _changes(placed: Placed, currency: str) -> list[str]:
    if not placed.is_curve or placed.along == "size":
        return []
    out = []
    for before, after in itertools.pairwise(placed.kept):
        enters = sorted(after.starts.keys() - before.starts.keys())
        leaves = sorted(before.starts.keys() - after.starts.keys())
        said = [f"{_named(enters)} {'enters' if len(enters) == 1 else 'enter'}"] if enters else []
        said += [f"{_named(leaves)} {'leaves' if len(leaves) == 1 else 'leave'}"] if leaves else []
        if said:
            out.append(f"Point {after.number}, {_at(placed, after, currency)}: {'; '.join(said)}.")
    return out


def _named(names: list[str]) -> str:
    more = len(names) - NAMED
    return listed(names) if more <= 0 else f"{', '.join(names[:NAMED])} and {more} more"


def _switching(switches: Sequence[Switch], currency: str) -> list[str]:
    out = []
    always = [one.project for one in switches if one.absent_at is None]
    if always:
        out.append(f"At every size from the least on, or until they vanish: {_named(always)}.")
    for one in switches:
        if one.absent_at is None:
            continue
        gone = (
            f"; missing again at {listed([f'{p.size:.4g}' for p in one.vanished_at])} times" if one.vanished_at else ""
        )
        out.append(
            f"{one.project} first appears at {one.first.size:.4g} times the members' limits "
            f"({money(one.first.limit_total, currency)} in all), the size before it tried is {one.absent_at.size:.4g}{gone}."
        )
    if switches:
        out.append(
            "Sizes between those tried are not known, and two plans within the gap of each other may hold different projects: "
            "a smaller gap and more sizes tell more."
        )
    return out


def _short(placed: Placed, currency: str) -> list[str]:
    values = [point.value("shortage") for point in placed.points if point.answer is not None]
    if placed.along != "size" or not values or max(values) - min(values) <= 1e-6 * max(1.0, max(values)):
        return []
    return [
        f"Shortage on the normal path is served first at every size: it is {money(max(values), currency)} at the worst and "
        f"{money(min(values), currency)} at the best."
    ]
