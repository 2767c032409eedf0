"""Seeking: small MIPs that look for a portfolio which promises to be better, and for how long."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from quadopt.solver.company import Company
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Program
from quadopt.solver.portfolio import SECONDS, Portfolios

GAP = 1e-3
"""To which gap a portfolio is sought that promises most."""


def sought(
    program: Program, portfolios: Portfolios, below: float, calls: int, is_called_off: Callable[[], bool]
) -> Array | None:
    """A portfolio that a program, which begins with the rules' columns, says may be worth less than `below`; None where none is
    found in so many calls of HiGHS or before it is called off."""
    model = HighsModel(program)
    model.look_below(below)
    model.branch_on_sums(portfolios.of_projects)
    found = model.solve(GAP, SECONDS, None, _Seeking(is_called_off, program, below, calls))
    if found.values is None or found.incumbent >= below:
        return None
    return np.round(found.values[portfolios.columns_of_starts])


class _Seeking(Company):
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
