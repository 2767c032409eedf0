r"""Portfolios: which starts may stand together, known without solving the operation.

A portfolio is a 0/1 vector over the starts $(p, \tau)$, in the order of the program's integer columns. Its rules are the
rows of the program that hold starts, contributions and fund balances only: once per project, groups, requirements, money.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Mask, Matrix, Program

SECONDS = 30.0
"""For the small programs over starts and money alone."""
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Moves:
    """Changes of one project each: the start taken in (-1: none), the one given up (-1: none), the project's number."""

    taken: npt.NDArray[np.int64]
    given_up: npt.NDArray[np.int64]
    project: npt.NDArray[np.int64]

    def differences(self, by_start: Array) -> Array:
        """What each move changes in rows of numbers by start, rows x moves."""
        with_none = np.hstack([by_start, np.zeros((by_start.shape[0], 1))])
        return with_none[:, self.taken] - with_none[:, self.given_up]

    def after(self, portfolio: Array, moves: tuple[int, ...]) -> Array:
        """The portfolio after some of the moves."""
        out = portfolio.copy()
        for move in moves:
            if self.given_up[move] >= 0:
                out[self.given_up[move]] = 0.0
            if self.taken[move] >= 0:
                out[self.taken[move]] = 1.0
        return out


@dataclass(frozen=True)
class Portfolios:
    """All portfolios that the rules of starts and money allow.

    `project[k]` is the number of the project that start k belongs to; `program` holds the rules; `accounts` groups the
    rows of the fund, one account's periods in order; `is_contribution` marks the program's columns that pay in.
    """

    project: npt.NDArray[np.int64]
    program: Program
    accounts: list[npt.NDArray[np.int64]]
    is_contribution: Mask

    @classmethod
    def of(cls, matrix: Matrix, program: Program) -> Portfolios:
        """The rules as they stand in a program of the matrix."""
        contribution = matrix.columns_of("contribution")
        columns = program.is_integer | contribution | matrix.columns_of("fund_balance")
        others = np.asarray(np.abs(program.a[:, ~columns]).sum(axis=1)).ravel()
        rows = (others == 0) & (np.diff(program.a.indptr) > 0)
        model = matrix.model
        number = {name: k for k, name in enumerate(model.projects)}
        project = np.array([number[p] for p, _ in model.starts], dtype=np.int64)
        paid = np.flatnonzero(matrix.rows_of("paid_from_fund")[rows])
        accounts = np.split(paid, max(1, len(model.accounts)))
        return cls(project, program.part(rows, columns), accounts, contribution[columns])

    @property
    def count(self) -> int:
        """Number of starts."""
        return self.project.size

    @cached_property
    def _start_columns(self) -> npt.NDArray[np.int32]:
        return np.flatnonzero(self.program.is_integer).astype(np.int32)

    @cached_property
    def _linear(self) -> tuple[Array, Array, Array]:
        """Rows over the starts that every portfolio meets, with their lower and upper sides.

        The rows of starts alone, and money cumulated: what an account has paid out by a period is at most what could have
        been paid in by then.
        """
        p, starts = self.program, self._start_columns
        alone = np.asarray(np.abs(p.a[:, ~p.is_integer]).sum(axis=1)).ravel() == 0
        rows, lower, upper = [p.a[alone][:, starts].toarray()], [p.row_lower[alone]], [p.row_upper[alone]]
        for account in self.accounts:
            paid_in = p.a[account][:, self.is_contribution]
            sign = -np.sign(np.asarray(paid_in.sum(axis=1)).ravel())
            rows.append(np.cumsum(sign[:, None] * p.a[account][:, starts].toarray(), axis=0))
            lower.append(np.full(account.size, -np.inf))
            upper.append(np.cumsum(np.abs(paid_in) @ p.upper[self.is_contribution]))
        return np.vstack(rows), np.concatenate(lower) - TOLERANCE, np.concatenate(upper) + TOLERANCE

    @property
    def rows(self) -> Array:
        """Linear rules over the starts alone, rows x starts; every portfolio meets them (see `room`)."""
        return self._linear[0]

    def room(self, portfolio: Array) -> tuple[Array, Array]:
        """By how much every row may still change, down (negative) and up."""
        rows, lower, upper = self._linear
        at = rows @ portfolio
        return lower - at, upper - at

    @cached_property
    def must_start(self) -> Mask:
        """By project: whether it starts in every portfolio (committed)."""
        rows, lower, _ = self._linear
        out = np.zeros(int(self.project.max(initial=-1)) + 1, dtype=bool)
        for row in np.flatnonzero((lower > 0.5) & (rows >= 0).all(axis=1)):
            members = np.unique(self.project[rows[row] > 0])
            out[members] |= members.size == 1
        return out

    def moves(self, portfolio: Array) -> Moves:
        """Every change of one project: to another start, in, or out."""
        current = np.full(self.must_start.size, -1)
        on = np.flatnonzero(portfolio > 0.5)
        current[self.project[on]] = on
        new = np.flatnonzero(portfolio < 0.5)
        leaving = np.flatnonzero((current >= 0) & ~self.must_start)
        return Moves(
            np.concatenate([new, np.full(leaving.size, -1)]),
            np.concatenate([current[self.project[new]], current[leaving]]),
            np.concatenate([self.project[new], leaving]),
        )

    def allows(self, portfolio: Array) -> bool:
        """Whether a portfolio meets all rules, those on who pays how much among them."""
        down, up = self.room(portfolio)
        return bool((down <= 0).all() and (up >= 0).all()) and self._is_payable(portfolio)

    @cached_property
    def _payment(self) -> HighsModel:
        return HighsModel(replace(self.program, is_integer=np.zeros_like(self.program.is_integer)))

    def _is_payable(self, portfolio: Array) -> bool:
        self._payment.set_bounds(self._start_columns, portfolio, portfolio)
        return self._payment.solve(0.0, SECONDS).has_plan

    def least(self, prices: Array, offsets: Array) -> float:
        """A lower bound on what any portfolio is worth, by bounds `offsets + prices @ portfolio` that each keeps, in their unit:
        the least of the highest of them, with parts of starts allowed; -inf where the small LP has no solution.
        """
        rules, count = self.program, offsets.size
        priced = np.zeros((count, rules.cost.size))
        priced[:, self._start_columns] = -prices
        rows = sp.hstack([sp.csr_array(priced), sp.csr_array(np.ones((count, 1)))])
        found = HighsModel(
            Program(
                sp.csr_array(sp.vstack([sp.hstack([rules.a, sp.csr_array((rules.a.shape[0], 1))]), rows])),
                np.append(np.zeros(rules.cost.size), 1.0),
                0.0,
                np.append(rules.lower, -np.inf),
                np.append(rules.upper, np.inf),
                np.concatenate([rules.row_lower, offsets]),
                np.concatenate([rules.row_upper, np.full(count, np.inf)]),
                np.zeros(rules.cost.size + 1, dtype=bool),
                np.append(rules.is_integer, True),
            )
        )
        return found.solve(0.0, SECONDS).bound

    def smallest(self) -> Array | None:
        """A portfolio with as few starts as the rules allow; None where none is found."""
        fewest = replace(self.program, cost=self.program.is_integer.astype(float), constant=0.0)
        found = HighsModel(fewest).solve(0.0, SECONDS)
        return None if found.values is None else np.round(found.values[self._start_columns])
