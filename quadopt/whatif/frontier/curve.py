"""The arithmetic of a frontier: who is dominated by whom, below which line no plan lies, where the knee is."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SAME = 1e-6
"""Share of an objective's range up to which two values are one: what rounding leaves."""


@dataclass(frozen=True)
class Standing:
    """Where a plan stands among others: `by` is the number of the plan that makes it needless, None on the frontier.

    `is_equal`: that one is as good in every objective; otherwise it is at least as good in all and better in one.
    """

    by: int | None
    is_equal: bool = False

    @property
    def is_on_frontier(self) -> bool:
        """Whether no other plan makes it needless."""
        return self.by is None


def standings(values: Array) -> list[Standing]:
    """Of plans x objectives, all to be small, how each plan stands among the others; of equal ones the first stays.

    A plan that is dominated is told by one that is itself on the frontier, which there always is.
    """
    tolerance = SAME * np.ptp(values, axis=0) if len(values) else np.zeros(0)
    out = []
    for number, own in enumerate(values):
        better = [
            other
            for other, theirs in enumerate(values)
            if (theirs <= own + tolerance).all()
            and ((theirs < own - tolerance).any() or (other < number and (theirs >= own - tolerance).all()))
        ]
        by = _last_in_line(better, values, tolerance)
        out.append(Standing(by, by is not None and bool((np.abs(values[by] - own) <= tolerance).all())))
    return out


def _last_in_line(better: list[int], values: Array, tolerance: Array) -> int | None:
    """Of the plans that make one needless, one that none of the others makes needless."""
    found: int | None = None
    for other in better:
        if found is None or (
            (values[other] <= values[found] + tolerance).all() and (values[other] < values[found] - tolerance).any()
        ):
            found = other
    return found


def lowest(levels: Array, bounds: Array) -> Array:
    """The best bound at each level: one proven at a wider level holds at a narrower one as well.

    `levels` in rising order (the last may be infinite), `bounds` of the objective that is minimised within them; nan: none.
    """
    filled = np.where(np.isnan(bounds), -np.inf, bounds)
    return np.maximum.accumulate(filled[::-1])[::-1]


def staircase(levels: Array, bounds: Array, begin: float, end: float) -> list[tuple[float, float]]:
    """The line below which no plan lies, as its corners from `begin` to `end`: each bound holds up to its level."""
    corners: list[tuple[float, float]] = []
    at = begin
    for level, bound in zip(levels, lowest(levels, bounds), strict=True):
        to = min(float(level), end)
        if np.isfinite(bound) and to >= at:
            corners += [(at, float(bound)), (to, float(bound))]
            at = to
    return corners


def knee(x: Array, y: Array) -> tuple[int, float] | None:
    """The plan farthest below the chord between the two ends, and how far, both axes scaled to their ranges.

    The distance is perpendicular to the chord, in parts of the ranges. None where no plan between the ends lies below it.
    """
    if len(x) < 3 or np.ptp(x) <= 0 or np.ptp(y) <= 0:
        return None
    first, last = int(np.argmin(x)), int(np.argmax(x))
    along, up = (x - x[first]) / (x[last] - x[first]), (y - y[last]) / (y[first] - y[last])
    distance = (1.0 - along - up) / np.sqrt(2.0)
    best = int(np.argmax(distance))
    return (best, float(distance[best])) if distance[best] > SAME else None


def in_words(at: list[int], names: list[int]) -> str:
    """Places in a row by the numbers that stand there, neighbours together: `1 to 3, 7`."""
    parts = []
    for _, group in itertools.groupby(enumerate(at), lambda pair: pair[1] - pair[0]):
        run = [names[place] for _, place in group]
        parts.append(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}")
    return ", ".join(parts)


@dataclass(frozen=True)
class Presence:
    """At which of the plans in a row a project is there: where it first appears, where it has vanished again."""

    at: tuple[bool, ...]

    @property
    def first(self) -> int:
        """The first plan that has it."""
        return self.at.index(True)

    @property
    def gone(self) -> list[int]:
        """The plans after that from which on it is missing again."""
        return [k for k in range(self.first + 1, len(self.at)) if self.at[k - 1] and not self.at[k]]

    @property
    def numbers(self) -> list[int]:
        """All plans that have it."""
        return [k for k, is_there in enumerate(self.at) if is_there]
