"""The best plan and the best proven bound of a stage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quadopt.solver.gap import relative_gap
from quadopt.solver.matrix import Array
from quadopt.solver.outcome import Status


@dataclass
class Best:
    """The best plan and the best proven bound of a stage so far."""

    values: Array | None = None
    incumbent: float = np.inf
    bound: float = -np.inf
    last: Status = Status.FAILED

    def take(self, values: Array, incumbent: float) -> None:
        """Keeps a plan that is better than the one so far."""
        if incumbent < self.incumbent:
            self.values, self.incumbent = values, incumbent

    def raise_bound(self, bound: float) -> None:
        """Keeps a bound that is better than the one so far; nan is none."""
        if bound > self.bound:
            self.bound = bound

    def gap(self) -> float:
        """Relative gap, (incumbent - bound) / |incumbent|."""
        return relative_gap(self.incumbent, self.bound)
