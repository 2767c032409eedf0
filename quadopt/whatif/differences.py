"""Differences: what two runs can tell of the difference of their optima.

A stage's optimum lies between its bound and its incumbent. The true difference of two optima therefore lies within

$[\\underline{z}_w - \\bar{z}_b,\\ \\bar{z}_w - \\underline{z}_b]$,

with $\\bar z$ the incumbent and $\\underline z$ the bound of the other run $w$ and of the base $b$. Where that interval holds
zero, the two are not told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

ROUNDING, SMALLEST = 1e-6, 1e-3
"""Part of the larger of two values, or of the second number where both are smaller, below which a difference is rounding."""


class Ended(NamedTuple):
    """The value that a run has reached, and the bound that no plan beats (nan: not proven)."""

    value: float
    bound: float


@dataclass(frozen=True)
class Difference:
    """The difference of two runs' values, and the interval that the true one lies in; nan where what it takes is missing.

    What is only rounding is 0.
    """

    value: float
    least: float
    most: float

    @classmethod
    def of(cls, other: Ended, base: Ended) -> Difference:
        """That of another run to the base."""
        noise = ROUNDING * max(abs(base.value), abs(other.value), SMALLEST)
        ends = (other.value - base.value, other.bound - base.value, other.value - base.bound)
        value, least, most = (0.0 if abs(end) <= noise else end for end in ends)
        return cls(value, most, least) if least > most else cls(value, least, most)

    @property
    def is_known(self) -> bool:
        """Whether both values are."""
        return self.value == self.value

    @property
    def is_told(self) -> bool:
        """Whether the interval leaves out zero; without bounds, whether the values differ."""
        if self.least == self.least and self.most == self.most:
            return self.least > 0 or self.most < 0
        return self.is_known and self.value != 0

    @property
    def words(self) -> str:
        """`higher`, `lower`, `no difference`, or `not known`."""
        if not self.is_known:
            return "not known"
        if not self.is_told:
            return "no difference"
        return "higher" if self.value > 0 else "lower"


def moved_starts(base: dict[str, str], now: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """(project, what changes, start before, start now) of every project whose start is another."""
    found = []
    for project in dict.fromkeys((*base, *now)):
        before, after = base.get(project, ""), now.get(project, "")
        if before != after:
            found.append((project, how_moved(before, after), before, after))
    return found


def how_moved(before: str, after: str) -> str:
    """What a start that is another does, in a word; "" is no start."""
    return "moves" if before and after else "appears" if after else "vanishes"
