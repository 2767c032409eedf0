"""Points of a frontier: what was asked of each, what it has found, and how it stands among the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from quadopt.solver.best import relative_gap
from quadopt.sweep.run import Finished
from quadopt.whatif.frontier.curve import Standing, knee, standings
from quadopt.whatif.frontier.runs import Answer, Axis

Along = Axis | Literal["size"]
IN_ORDER, WITHIN_LEVELS = (f"quadopt.whatif.frontier.runs:{name}" for name in ("in_order", "within_levels"))


@dataclass(frozen=True)
class Point:
    """One point, numbered from 1 along the frontier.

    `limits`: the level of each objective within which it was sought; `bound`: no plan within them has less dependence;
    `size`: how many times the members' limits it was given, and `limit_total`, what they come to (millions).
    """

    number: int
    run: Finished
    limits: Mapping[Axis, float]
    bound: float
    size: float = 1.0
    limit_total: float = float("nan")

    @property
    def answer(self) -> Answer | None:
        """What its run has found; None where there is no plan."""
        found: Answer | None = self.run.payload
        return found

    def value(self, axis: Axis) -> float:
        """An objective at its plan; nan where there is none."""
        return float("nan") if self.answer is None else self.answer.values.get(axis, float("nan"))

    @property
    def starts(self) -> dict[str, str]:
        """Project -> period of its plan."""
        return {} if self.answer is None else self.answer.starts

    @property
    def gap(self) -> float:
        """Relative gap between its dependence and the bound."""
        return relative_gap(self.value("dependence"), self.bound) if self.answer is not None else float("nan")


@dataclass(frozen=True)
class Placed:
    """Points with their standing; `axes` are the objectives compared, `along` is what the frontier is read along: one of
    them, or `size`, the fund's."""

    points: list[Point]
    axes: tuple[Axis, ...]
    along: Along
    standings: dict[int, Standing]
    """Of each point with a plan, by number; `by` is a point's number."""

    @classmethod
    def of(cls, points: Sequence[Point], axes: Sequence[Axis], along: Along) -> Placed:
        """Points compared with each other in some objectives, and in their size where it is that which is read along."""
        found = [point for point in points if point.answer is not None]
        sizes = [[point.size] if along == "size" else [] for point in found]
        values = [[*size, *(point.value(axis) for axis in axes)] for size, point in zip(sizes, found, strict=True)]
        placed = {
            point.number: Standing(None if one.by is None else found[one.by].number, one.is_equal)
            for point, one in zip(found, standings(np.array(values)), strict=True)
        }
        return cls(list(points), tuple(axes), along, placed)

    @property
    def kept(self) -> list[Point]:
        """The points on the frontier, in their order along it."""
        on = [p for p in self.points if p.number in self.standings and self.standings[p.number].is_on_frontier]
        return sorted(on, key=lambda point: (self.place(point), point.number))

    @property
    def is_curve(self) -> bool:
        """Whether there is one thing that dependence stands against, so that the frontier is a line."""
        return self.along == "size" or len(self.axes) == 2

    def place(self, point: Point) -> float:
        """Where a point lies along the frontier, in millions."""
        return point.limit_total if self.along == "size" else point.value(self.along)

    @property
    def width(self) -> float:
        """From the first to the last plan on the frontier, in millions."""
        kept = self.kept
        return self.place(kept[-1]) - self.place(kept[0]) if kept else 0.0

    @cached_property
    def knee(self) -> tuple[Point, float] | None:
        """The point at the knee and its distance from the chord (`frontier_curve.knee`); None where there is none."""
        kept = self.kept if self.is_curve else []
        across, up = [self.place(point) for point in kept], [point.value("dependence") for point in kept]
        found = knee(np.array(across), np.array(up))
        return None if found is None else (kept[found[0]], found[1])

    @property
    def dominated(self) -> list[Point]:
        """The points that another makes needless."""
        return [p for p in self.points if p.number in self.standings and not self.standings[p.number].is_on_frontier]

    @property
    def failed(self) -> list[Point]:
        """The points without a plan."""
        return [point for point in self.points if point.answer is None]
