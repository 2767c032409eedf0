"""Contest: what a search for plans and a proof of the bound know of each other while they race."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np

from quadopt.solver.best import Best
from quadopt.solver.gap import relative_gap
from quadopt.solver.hearing import Hearing, Progress
from quadopt.solver.matrix import Array
from quadopt.solver.part import Part
from quadopt.solver.turns import Turns
from quadopt.solver.valuation import Value

CLOSING = 0.999
"""Part of the gap below the best plan at which a bound closes it."""

SEARCH, PROOF = "search", "proof"


@dataclass(frozen=True)
class Hint:
    """A portfolio that the proof came across, and about what it is worth."""

    portfolio: Array
    total: float


@dataclass(frozen=True)
class Found:
    """The best plan of a search: a point of the whole program, nothing in the columns left out, and its value."""

    values: Array
    total: float


class Contest:
    """The best plan of a search over a part (`found`), the proof's `hint`, the bound in `best`, and when both are over: at a gap
    or a deadline. `progress` hears of both.

    The searching thread alone writes `found`, the proving one `hint` and `best`.
    """

    def __init__(self, part: Part, best: Best, gap: float, deadline: float, progress: Progress | None = None) -> None:
        self.part, self.best, self.gap, self.deadline = part, best, gap, deadline
        self.found: Found | None = None
        self.hint: Hint | None = None
        self.turns = Turns()
        self._stop = threading.Event()
        self._hearing = Hearing(progress)

    def stop(self) -> None:
        """Ends both."""
        self._stop.set()

    def has_ended(self) -> bool:
        """Stopped, or the gap between the search's plan and the bound is reached."""
        return self._stop.is_set() or relative_gap(self.lowest, self.best.bound) <= self.gap

    def seconds_left(self) -> float:
        """Seconds that both may go on; none once they are over."""
        return 0.0 if self.has_ended() else self.deadline - time.perf_counter()

    @property
    def lowest(self) -> float:
        """Value of the search's best plan, infinite without one."""
        return np.inf if self.found is None else self.found.total

    def has_hint(self) -> bool:
        """Whether the proof has come across something that may be better."""
        return self.hint is not None and self.hint.total < self.lowest

    def closing(self) -> float:
        """The bound that closes the gap of the best plan so far, infinite without one."""
        return np.inf if self.found is None else self.lowest - CLOSING * self.gap * abs(self.lowest)

    def keep(self, value: Value) -> None:
        """Keeps a better plan of the part."""
        self.found = Found(self.part.to_whole(value.values), value.total)
        self._hearing.hear(value.total, self.best.bound)

    def raise_bound(self, bound: float) -> None:
        """Keeps a bound where it is a better one."""
        self.best.raise_bound(bound)
        self._hearing.hear(self.lowest if self.found is not None else np.nan, self.best.bound)
