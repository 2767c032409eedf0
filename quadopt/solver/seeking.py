"""Seeking: how long small MIPs look for the portfolio that promises most."""

from __future__ import annotations

from collections.abc import Callable

from quadopt.solver.highs import Company
from quadopt.solver.matrix import Array, Program

SOUGHT_GAP = 1e-3
"""To which gap the portfolio is sought that promises most by all bounds."""


class Seeking(Company):
    """Ends the MIP of a search after so many calls, when it is called off, or at the first plan worth less than `below`: valuing
    that tells more."""

    def __init__(self, is_called_off: Callable[[], bool], program: Program, below: float, calls: int) -> None:
        self._is_called_off, self._program, self._below = is_called_off, program, below
        self._left = calls

    def hear(self, incumbent: float, bound: float) -> None:
        """Counts the calls."""
        self._left -= 1

    def take(self, values: Array) -> None:
        """Has enough of a plan that is good enough."""
        if float(self._program.cost @ values) + self._program.constant < self._below:
            self._left = 0

    def is_over(self) -> bool:
        """Whether that is enough."""
        return self._left <= 0 or self._is_called_off()
