r"""Neighbourhood: what all bounds together leave as most promising near the best portfolio, earlier objectives held.

A MIP over starts and money, the levels by their cuts, and

$$\sum_{k: b_k = 1} (1 - x_k) + \sum_{k: b_k = 0} x_k \le radius$$

(local branching: Fischetti and Lodi, 2003). Far from all portfolios valued the cuts promise too much; the radius grows where
there is nothing better nearby.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from quadopt.solver.bounds import Bounds
from quadopt.solver.limits import Limit
from quadopt.solver.matrix import Array, Program
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.seeking import sought

CALLS = 1000
"""Of HiGHS, for which it is sought."""
FIRST, WIDER, WIDEST = 6, 2, 40
"""Starts that may change, to begin with; by how many more each time; and at most."""


class Neighbourhood:
    """Around the best portfolio of one search; `limits` are what is held of earlier objectives."""

    def __init__(self, portfolios: Portfolios, bounds: Bounds, limits: Sequence[Limit]) -> None:
        self._portfolios, self._bounds, self._limits = portfolios, bounds, limits
        self._radius = FIRST

    def promising(self, portfolio: Array, below: float, is_called_off: Callable[[], bool]) -> Array | None:
        """A portfolio near a given one that may be worth less than `below`, the given one's value or less."""
        return sought(self._program(portfolio), self._portfolios, below, CALLS, is_called_off)

    def widen(self) -> None:
        """Looks further from now on, or near again where that was far enough."""
        self._radius = FIRST if self._radius >= WIDEST else self._radius + WIDER

    def _program(self, portfolio: Array) -> Program:
        program = self._bounds.program(self._portfolios)
        for limit in self._limits:
            program = limit.added_to(program, self._portfolios)
        changed = np.zeros((1, program.cost.size))
        changed[0, self._portfolios.columns_of_starts] = 1.0 - 2.0 * portfolio
        return replace(
            program,
            a=sp.csr_array(sp.vstack([program.a, changed])),
            row_lower=np.append(program.row_lower, -np.inf),
            row_upper=np.append(program.row_upper, self._radius - portfolio.sum()),
        )
