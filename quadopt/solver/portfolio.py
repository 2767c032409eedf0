r"""Portfolios: which starts may stand together, known without solving the operation.

A portfolio is a 0/1 vector over the starts $(p, \tau)$, in the order of the program's integer columns. Its rules are the
rows of the program that hold starts, contributions and fund balances only: once per project, groups, requirements, money.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Indices, Mask, Matrix, Program
from quadopt.solver.warm_start import Start

SECONDS = 30.0
"""For the small programs over starts and money alone."""
TOLERANCE = 1e-7
PART = 0.1
"""Parts of starts below it are not rounded up."""


@dataclass(frozen=True)
class Moves:
    """Changes of one project each: the start taken in (-1: none), the one given up (-1: none), the project's number."""

    taken: Indices
    given_up: Indices
    project: Indices

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
    rows of the fund, one account's periods in order; `is_contribution` marks the program's columns that pay in; `columns`
    are those of `program` among the columns that it was taken from; `starts` names them.
    """

    project: Indices
    program: Program
    accounts: list[Indices]
    is_contribution: Mask
    columns: Mask
    starts: Sequence[Start]

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
        return cls(project, program.part(rows, columns), accounts, contribution[columns], columns, list(model.starts))

    @property
    def count(self) -> int:
        """Number of starts."""
        return self.project.size

    @cached_property
    def columns_of_starts(self) -> npt.NDArray[np.int32]:
        """The starts among the columns of `program`."""
        return np.flatnonzero(self.program.is_integer).astype(np.int32)

    @cached_property
    def of_projects(self) -> list[Indices]:
        """By project that may start in several periods, the numbers of its starts."""
        own = [np.flatnonzero(self.project == number) for number in np.unique(self.project)]
        return [starts for starts in own if starts.size > 1]

    @cached_property
    def _linear(self) -> tuple[Array, Array, Array]:
        """Rows over the starts that every portfolio meets, with their lower and upper sides.

        The rows of starts alone, and money cumulated: what an account has paid out by a period is at most what could have
        been paid in by then.
        """
        p, starts = self.program, self.columns_of_starts
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

    @cached_property
    def _is_shared(self) -> Mask:
        """By row of `rows`: whether starts of several projects are in it."""
        return np.array([np.unique(self.project[row != 0]).size > 1 for row in self.rows], dtype=bool)

    def fitting(self, moves: Moves, portfolio: Array, firsts: Indices) -> Indices:
        """Single moves and pairs that `rows` have room for, as numbers of moves, two a row, the second -1 where there is none.

        A pair's projects differ, and one of its moves at least is among `firsts`.
        """
        change = moves.differences(self.rows)
        down, up = self.room(portfolio)
        alone = (change >= down[:, None]) & (change <= up[:, None])
        single = np.flatnonzero(alone.all(axis=0))
        own: Mask = np.asarray(alone[~self._is_shared].all(axis=0))
        number, is_first = np.arange(own.size), np.zeros(own.size, dtype=bool)
        is_first[firsts] = True
        fits = own[firsts][:, None] & own & (moves.project[firsts][:, None] != moves.project)
        fits &= ~is_first | (number > firsts[:, None])
        for row in np.flatnonzero(self._is_shared) if firsts.size else ():
            first, second = change[row, firsts], change[row]
            if first.max() + second.max() > up[row]:
                fits &= first[:, None] + second <= up[row]
            if first.min() + second.min() < down[row]:
                fits &= first[:, None] + second >= down[row]
        one, other = np.nonzero(fits)
        pairs = np.stack([firsts[one], other], axis=1)
        return np.vstack([np.stack([single, np.full(single.size, -1)], axis=1), pairs])

    def allows(self, portfolio: Array) -> bool:
        """Whether a portfolio meets all rules, those on who pays how much among them."""
        down, up = self.room(portfolio)
        return bool((down <= 0).all() and (up >= 0).all()) and self.payments(portfolio) is not None

    @cached_property
    def _payment(self) -> HighsModel:
        return HighsModel(self.program.relaxed)

    @cached_property
    def _one_at_a_time(self) -> threading.Lock:
        return threading.Lock()

    def payments(self, portfolio: Array) -> Array | None:
        """A point of `program` with a portfolio: who pays when, and the balances; None where members cannot pay for it."""
        with self._one_at_a_time:
            self._payment.set_bounds(self.columns_of_starts, portfolio, portfolio)
            return self._payment.solve(0.0, SECONDS).values

    def rounded(self, point: Array, least: Array) -> Array:
        """The portfolio `least` and the starts that a point has most of, as many as the rules allow; `least` itself where members
        could not pay for them."""
        out = least.copy()
        started = np.zeros(self.must_start.size, dtype=bool)
        started[self.project[least > 0.5]] = True
        for k in np.argsort(-point, kind="stable"):
            if point[k] > PART and not started[self.project[k]]:
                down, up = self.room(out)
                change = self.rows[:, k]
                if ((change >= down) & (change <= up)).all():
                    out[k], started[self.project[k]] = 1.0, True
        return out if self.allows(out) else least

    def smallest(self) -> Array | None:
        """A portfolio with as few starts as the rules allow; None where none is found."""
        fewest = replace(self.program, cost=self.program.is_integer.astype(float), constant=0.0)
        found = HighsModel(fewest).solve(0.0, SECONDS)
        return None if found.values is None else np.round(found.values[self.columns_of_starts])
