r"""Limits: what the search of an earlier stage knows of portfolios, for those that come after it.

A later stage holds the earlier objective at a level. The bounds that valuations have left behind there say of most portfolios
that they exceed it, $constant + \sum_k \max_j (constant_{kj} + prices_{kj} b) > level$ (Benders' feasibility cuts, 1962), without
a linear program of the later stage, which takes many times as long.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from quadopt.solver.bounds import Bounds
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.matrix import Array, Indices, Program
from quadopt.solver.portfolio import Moves, Portfolios

ROUNDING = 1e-7
"""Part of the level, or of one where that is less, by which bounds may be above it."""
LARGEST = 200_000
"""Rows up to which chains are kept to value portfolios with: memory."""


@dataclass(frozen=True)
class Limit:
    """An earlier objective held at `level`, above what its `plan` came to: its `bounds`, and what values portfolios there, if
    that is kept."""

    bounds: Bounds
    plan: float
    level: float
    valuation: ChainedValuation | None

    @classmethod
    def of(cls, bounds: Bounds, plan: float, level: float, valuation: ChainedValuation) -> Limit:
        """With room for rounding, and without what is too large to keep."""
        is_small = valuation.chains.program.row_lower.size <= LARGEST
        return cls(bounds, plan, level + ROUNDING * max(1.0, abs(level)), valuation if is_small else None)

    def exceeds(self, portfolio: Array, seconds: float) -> bool:
        """Whether a portfolio is known to exceed it; where that cannot be told yet, after its value there."""
        if self.valuation is not None and self.bounds.at(portfolio) <= self.level:
            value = self.valuation.value(portfolio, seconds)
            if value is not None:
                self.bounds.keep(value.cuts, portfolio)
        return self.bounds.at(portfolio) > self.level

    def cancel(self) -> None:
        """Ends a value that is under way in another thread."""
        if self.valuation is not None:
            self.valuation.cancel()

    def excess(self, portfolio: Array, moves: Moves, chosen: Indices) -> Array:
        """By how much some moves, as `Portfolios.fitting` gives them, are known to exceed it."""
        return np.maximum(0.0, self.bounds.after(moves, portfolio).of(chosen) - self.level)

    def added_to(self, program: Program, portfolios: Portfolios) -> Program:
        """A program that begins with the rules' columns, with the bounds at or below the level: one more column a piece."""
        own, rules = self.bounds.program(portfolios, self.level), portfolios.program
        before, width, count = rules.row_lower.size, rules.cost.size, len(self.bounds.seen)
        rows = own.a[before:]
        between = sp.csr_array((rows.shape[0], program.cost.size - width))
        above = sp.hstack([program.a, sp.csr_array((program.a.shape[0], count))])
        return replace(
            program,
            a=sp.csr_array(sp.vstack([above, sp.hstack([rows[:, :width], between, rows[:, width:]])])),
            cost=np.append(program.cost, np.zeros(count)),
            lower=np.append(program.lower, own.lower[width:]),
            upper=np.append(program.upper, own.upper[width:]),
            row_lower=np.append(program.row_lower, own.row_lower[before:]),
            row_upper=np.append(program.row_upper, own.row_upper[before:]),
            is_integer=np.append(program.is_integer, own.is_integer[width:]),
            is_anchor=np.append(program.is_anchor, own.is_anchor[width:]),
        )
