"""Money of a portfolio: what it takes beyond what the members allow, and the capex up to which it can be paid."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Mask, Program
from quadopt.solver.outcome import Outcome
from quadopt.solver.portfolio import Portfolios

SECONDS = 30.0


@dataclass(frozen=True)
class Money:
    """The rules of starts and money alone, as `portfolios` has them, asked without the operation."""

    portfolios: Portfolios

    @property
    def _is_start(self) -> Mask:
        return self.portfolios.program.is_integer

    def nearest(self, portfolio: Array, fixed: Mask, at: Array, within_limits: bool = False) -> Array | None:
        """The portfolio with fewest changes in which some starts, `fixed`, are as in `at`.

        Money aside, or within the members' limits. None where the rules allow none.
        """
        program = self.portfolios.program if within_limits else self._without_limits()
        lower, upper = program.lower.copy(), program.upper.copy()
        starts = np.flatnonzero(self._is_start)
        lower[starts[fixed]] = upper[starts[fixed]] = at[fixed]
        cost = np.zeros(program.cost.size)
        cost[starts] = 1.0 - 2.0 * np.round(portfolio)
        found = HighsModel(replace(program, lower=lower, upper=upper, cost=cost, constant=0.0)).solve(0.0, SECONDS)
        return np.round(found.values[starts]) if found.is_optimal and found.values is not None else None

    def _without_limits(self) -> Program:
        program = self.portfolios.program
        return replace(program, upper=np.where(self.portfolios.is_contribution, np.inf, program.upper))

    def needed(self, portfolio: Array) -> float:
        """The least sum of contributions beyond the members' limits with which a portfolio can be paid, millions."""
        program, paid = self._fixed(portfolio), np.flatnonzero(self.portfolios.is_contribution)
        count = paid.size
        above = replace(
            program,
            a=sp.csr_array(sp.hstack([program.a, program.a[:, paid]])),
            cost=np.concatenate([np.zeros(program.cost.size), np.ones(count)]),
            constant=0.0,
            lower=np.concatenate([program.lower, np.zeros(count)]),
            upper=np.concatenate([program.upper, np.full(count, np.inf)]),
            is_integer=np.zeros(program.cost.size + count, dtype=bool),
            is_anchor=np.zeros(program.cost.size + count, dtype=bool),
        )
        found = HighsModel(above).solve(0.0, SECONDS)
        return max(0.0, found.incumbent) if found.is_optimal else float("nan")

    def _fixed(self, portfolio: Array) -> Program:
        """The rules with a portfolio's starts."""
        program = self.portfolios.program
        starts = np.flatnonzero(self._is_start)
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[starts] = upper[starts] = portfolio
        return replace(program, lower=lower, upper=upper)

    def largest_capex(self, portfolio: Array, start: int) -> float:
        """How many times its capex a start may cost so that the portfolio can still be paid within the limits.

        Infinite where the fund pays nothing of it; nan where the rest of the portfolio cannot be paid.
        """
        program = self._fixed(portfolio)
        column = int(np.flatnonzero(self._is_start)[start])
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *self.portfolios.accounts])
        owed = np.zeros(program.a.shape[0])
        owed[rows] = program.a[:, [column]].toarray()[rows, 0]
        if not owed.any():
            return float("inf")
        a = program.a.tolil(copy=True)
        a[rows, column] = 0.0
        scaled = replace(
            program,
            a=sp.csr_array(sp.hstack([a.tocsr(), sp.csr_array(owed.reshape(-1, 1))])),
            cost=np.append(np.zeros(program.cost.size), -1.0),
            constant=0.0,
            lower=np.append(program.lower, 0.0),
            upper=np.append(program.upper, np.inf),
            is_integer=np.zeros(program.cost.size + 1, dtype=bool),
            is_anchor=np.append(program.is_anchor, True),
        )
        found: Outcome = HighsModel(scaled).solve(0.0, SECONDS)
        return -found.incumbent if found.is_optimal else float("nan")
