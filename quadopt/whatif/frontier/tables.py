"""The tables of a frontier; columns and units are declared in `quadopt.report.studies.frontier`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from quadopt.tables.case import Case
from quadopt.tables.records import rows_of
from quadopt.whatif.frontier.curve import Presence, in_words, staircase
from quadopt.whatif.frontier.fund import Switch
from quadopt.whatif.frontier.points import Along, Placed, Point
from quadopt.whatif.frontier.runs import Axis
from quadopt.whatif.frontier.trade import Payoff

OBJECTIVES: tuple[Axis, ...] = ("shortage", "dependence", "cost", "stress", "fund_used")
ON, DOMINATED, EQUAL, NO_PLAN = "on the frontier", "dominated", "equal to another", "no plan"
ALONG: dict[Along, str] = {"cost": "cost", "stress": "stress", "size": "size of the fund"}
PLANS, KNEE, NEEDLESS = "plans on the frontier", "knee", "dominated or equal plans"
REACHED, BELOW = "what plans reach", "no plan lies below"
"""The two lines between which the true frontier lies."""


def payoff_table(found: Payoff) -> pd.DataFrame:
    """payoff: a row for each plan at an end."""
    return pd.DataFrame(
        [
            {
                "first": axis.replace("_", " "),
                "status": found.runs[axis].status,
                **{name: found.answer(axis).values.get(name, np.nan) for name in OBJECTIVES},
                "bound": found.answer(axis).bounds[axis],
            }
            for axis in found.runs
        ]
    )


def point_table(placed: Placed) -> pd.DataFrame:
    """points, or sizes: every point, in order, with all objectives and how it stands."""
    steps = _steps(placed)
    return pd.DataFrame([_row(placed, point, steps.get(point.number, {})) for point in placed.points])


def _row(placed: Placed, point: Point, step: dict[str, Any]) -> dict[str, Any]:
    standing = placed.standings.get(point.number)
    said = NO_PLAN if standing is None else ON if standing.is_on_frontier else EQUAL if standing.is_equal else DOMINATED
    return {
        "point": point.number,
        "run": point.run.run,
        "standing": said,
        "by": "" if standing is None or standing.by is None else str(standing.by),
        "status": point.run.status,
        "reason": point.run.reason,
        "size": point.size,
        "limit_total": point.limit_total,
        "limit_cost": point.limits.get("cost", np.nan),
        "limit_stress": point.limits.get("stress", np.nan),
        "dependence": point.value("dependence"),
        "dependence_bound": point.bound,
        "gap": point.gap,
        **{name: point.value(name) for name in OBJECTIVES if name != "dependence"},
        "projects": len(point.starts) if point.answer is not None else np.nan,
        "is_knee": placed.knee is not None and placed.knee[0] is point,
        "price": step.get("price", np.nan),
        "is_beyond_gap": step.get("is_beyond_gap", None if said == ON else False),
    }


def _steps(placed: Placed) -> dict[int, dict[str, Any]]:
    """Of each point on the frontier but the first, what it takes less of than the one before: the price of a point of
    dependence, and whether the difference is beyond the gaps (no plan within the one before can have as little)."""
    out: dict[int, dict[str, Any]] = {}
    kept = placed.kept if placed.is_curve else []
    for before, point in itertools.pairwise(kept):
        less = before.value("dependence") - point.value("dependence")
        more = placed.place(point) - placed.place(before)
        beyond = point.value("dependence") < before.bound
        out[point.number] = {"price": more / (100 * less) if less > 0 else np.nan, "is_beyond_gap": beyond}
    return out


def start_table(case: Case, kept: Sequence[Point]) -> pd.DataFrame:
    """starts: what the points along the frontier start, and what changes from one to the next."""
    about, rows = _about(case), []
    before: dict[str, str] = {}
    for number, point in enumerate(kept):
        for name in sorted(before.keys() | point.starts.keys()):
            start = point.starts.get(name, "")
            rows.append(
                {
                    "point": point.number,
                    "project": name,
                    **about[name],
                    "start": start,
                    "change": "" if number == 0 else _change(before.get(name, ""), start),
                }
            )
        before = point.starts
    return pd.DataFrame(rows, columns=["point", "project", "country", "process", "capex", "start", "change"])


def _change(before: str, after: str) -> str:
    if before == after:
        return "stays"
    return "leaves" if not after else "enters" if not before else f"moves from {before}"


def project_table(case: Case, placed: Placed) -> pd.DataFrame:
    """projects: a row a project that a point on the frontier has; a column a point with the period in which it starts."""
    about, kept, rows = _about(case), placed.kept, []
    for name in sorted({name for point in kept for name in point.starts}):
        there = Presence(tuple(name in point.starts for point in kept))
        first = kept[there.first]
        rows.append(
            {
                "project": name,
                **about[name],
                "share": len(there.numbers) / len(kept),
                "enters": first.number,
                "enters_at": placed.place(first),
                "leaves": ", ".join(str(kept[k].number) for k in there.gone),
                "points": in_words(there.numbers, [point.number for point in kept]),
                **{f"point {point.number}": point.starts.get(name, "") for point in kept},
            }
        )
    names = ["project", "country", "process", "capex", "share", "enters", "enters_at", "leaves", "points"]
    columns = [*names, *(f"point {point.number}" for point in kept)]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["enters_at", "project"], kind="stable", ignore_index=True)


def switching_table(case: Case, found: Sequence[Switch]) -> pd.DataFrame:
    """switching: at what size of the fund each project first appears, between which two sizes tried, and where it vanishes."""
    about, rows = _about(case), []
    for one in found:
        below = one.absent_at
        periods = dict.fromkeys(point.starts[one.project] for point in one.present)
        rows.append(
            {
                "project": one.project,
                **about[one.project],
                "absent_at": np.nan if below is None else below.size,
                "first_size": one.first.size,
                "first_limit": one.first.limit_total,
                "resolution": np.nan if below is None else one.first.size - below.size,
                "vanishes_at": ", ".join(f"{point.size:.6g}" for point in one.vanished_at),
                "sizes": len(one.present),
                "starts": ", ".join(periods),
            }
        )
    columns = ["project", "country", "process", "capex", "absent_at", "first_size", "first_limit", "resolution",
               "vanishes_at", "sizes", "starts"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def curve_table(placed: Placed, least: float = -np.inf) -> pd.DataFrame:
    """curve: what the charts draw, a row a corner; `along` says what is read across, `least` how little of it is proven
    to be needed."""
    kept = placed.kept
    rows: list[tuple[str, float, float, int | None]] = [(PLANS, *_corner(placed, point)) for point in kept]
    if kept and placed.is_curve:
        rows += [(REACHED, across, dependence, None) for across, dependence in _reached(placed)]
        below = _below(placed, least)
        rows += [(BELOW, across, bound, None) for across, bound in below]
    if placed.knee is not None:
        rows.append((KNEE, *_corner(placed, placed.knee[0])))
    rows += [(NEEDLESS, *_corner(placed, point)) for point in placed.dominated]
    frame = pd.DataFrame(rows, columns=["series", "across", "dependence", "point"])
    return frame.assign(along=ALONG[placed.along])[["series", "along", "across", "dependence", "point"]]


def _reached(placed: Placed) -> list[tuple[float, float]]:
    """The least dependence known at every place along the frontier: each plan's, until the next does better."""
    corners: list[tuple[float, float]] = []
    for point in placed.kept:
        across = placed.place(point)
        if corners:
            corners.append((across, corners[-1][1]))
        corners.append((across, point.value("dependence")))
    return corners


def _corner(placed: Placed, point: Point) -> tuple[float, float, int]:
    return placed.place(point), point.value("dependence"), point.number


def _below(placed: Placed, least: float) -> list[tuple[float, float]]:
    """The line below which no plan lies: a staircase over levels, or the bound of each size of the fund."""
    if placed.along == "size":
        return [(point.limit_total, point.bound) for point in placed.points if point.answer is not None]
    first, last = placed.kept[0], placed.kept[-1]
    levels = np.array([point.limits.get(placed.along, np.inf) for point in placed.points])
    bounds = np.array([point.bound for point in placed.points])
    corners = staircase(levels, bounds, max(least, placed.place(first) - placed.width), placed.place(last))
    return [(corners[0][0], first.value("dependence")), *corners] if corners and np.isfinite(least) else corners


def _about(case: Case) -> dict[str, dict[str, Any]]:
    return {
        row.project: {"country": row.country, "process": row.process, "capex": row.capex}
        for row in rows_of(case.tables["projects"])
    }
