r"""Valuation: what a portfolio is worth, and a lower bound on what any other is worth.

The operation with the starts fixed is an LP. Its value and the prices of the fixed starts, their reduced costs, bound the
value of every other portfolio from below: $value(b') \ge value(b) + \sum_k price_k (b'_k - b_k)$ (Benders, 1962).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from quadopt.solver.bounds import Bounds
from quadopt.solver.highs import Basis, HighsModel
from quadopt.solver.matrix import Array, Mask, Program
from quadopt.solver.outcome import Outcome
from quadopt.solver.prices import without_rounding
from quadopt.solver.recourse import Cut
from quadopt.solver.warm_start import WarmStart, pattern_of

if TYPE_CHECKING:
    from quadopt.solver.chained import ChainedValuation

KEPT = 80
"""How many bounds a search holds: the latest."""
FIRST_SHARE = 0.01
"""An excess of this share of a held row's size costs as much as the objective, to begin with."""
ABOVE_PRICE = 2.0
"""At least so many times what a held row costs at the first portfolio: an excess that pays is thrown out again by dearer ones."""
DEARER, TIMES = 10.0, 8
"""By how much the penalty is raised where an excess pays, and how often at most: where it still pays then, there is no plan."""

DEARER_TIMES = 3
"""How often it is raised for one portfolio at most."""


@dataclass(frozen=True)
class Value:
    """Value of one portfolio.

    `total` counts what excess over the held objectives costs; `is_plan`: there is none, so that `values` is a point of the
    program. `cuts`, one a piece that the operation falls apart into, bound every portfolio's value from below.
    """

    total: float
    is_plan: bool
    values: Array
    cuts: list[Cut]

    @property
    def prices(self) -> Array:
        """Of the one piece, by start: any portfolio is worth at least `offset + prices @ portfolio`."""
        (cut,) = self.cuts
        return cut.prices

    @property
    def offset(self) -> float:
        """Of the one piece: see `prices`."""
        (cut,) = self.cuts
        return cut.constant


class Valuation:
    """The LP over one program, resident in HiGHS: from portfolio to portfolio only the starts' bounds change.

    Objectives held from earlier stages (`held`, rows with an upper side) may be exceeded at a penalty, so that every
    portfolio has a value and a bound; `make_dearer` raises it where an excess pays. `is_strict`: they may not.
    """

    def __init__(self, program: Program, held: Mask, threads: int, is_strict: bool = False) -> None:
        rows = np.flatnonzero(held)
        self._starts = np.flatnonzero(program.is_integer).astype(np.int32)
        self._columns = program.cost.size
        self._held_rows = rows
        self._size, self._tolerance = held_sizes(program, rows)
        self._model = HighsModel(_softened(program, rows), threads)
        self._excess = np.arange(self._columns, self._columns + rows.size, dtype=np.int32)
        self._is_strict = is_strict
        self._penalty: Array | None = None
        self._raised = 0

    def value(self, portfolio: Array, seconds: float) -> Value | None:
        """The value of a portfolio; None where the operation has no solution with it, or none in time."""
        self._model.set_bounds(self._starts, portfolio, portfolio)
        if self._penalty is None and not self._is_strict:
            self._open(seconds)
        solved = self._solve(seconds)
        if not solved.is_optimal or solved.values is None:
            return None
        exact, ones = self._model.reduced_costs()[self._starts], np.ones_like(portfolio)
        prices, rounding = without_rounding(exact, np.zeros_like(portfolio), ones, ones)
        offset = solved.incumbent - float(exact @ portfolio) + rounding
        return self._read(solved.values, solved.incumbent, prices, offset)

    def _solve(self, seconds: float) -> Outcome:
        return self._model.solve(0.0, seconds)

    def _read(self, values: Array, total: float, prices: Array, offset: float) -> Value:
        is_plan = bool((values[self._excess] <= self._tolerance).all())
        return Value(total, is_plan, values[: self._columns], [Cut(0, prices, offset)])

    def bounds(self) -> Bounds:
        """Where the cuts of its values can be kept: none yet."""
        return Bounds([np.arange(self._starts.size)], self._starts.size, 0.0, KEPT)

    @cached_property
    def _pattern(self) -> bytes:
        return pattern_of(self._model.program)

    def warm_starts(self) -> list[WarmStart]:
        """Where its linear program has ended, for a similar case; nothing before it has been solved."""
        return [WarmStart.of_whole(self._pattern, self._model.basis())] if self._model.has_basis else []

    def begin_where_known(self, warm_starts: Iterable[WarmStart]) -> None:
        """Begins where the linear program of a similar case has ended, the first that is known."""
        known = next((one.ended[self._pattern] for one in warm_starts if self._pattern in one.ended), None)
        if known is not None:
            self._model.begin_at(known)

    def begin_from(self, part: Valuation | ChainedValuation, rows: Mask, columns: Mask) -> None:
        """Begins from what the valuation of a part, the given rows and columns, has found optimal."""
        self._model.begin_from(part.whole_basis(), rows, np.append(columns, np.ones(self._excess.size, dtype=bool)))

    def whole_basis(self) -> Basis:
        """Statuses of the program's columns, of the excess of each held row, and of its rows at the last portfolio."""
        return self._model.basis()

    def basis(self) -> Basis:
        """Statuses of the program's columns and rows at the last portfolio."""
        columns, rows = self._model.basis()
        return columns[: self._columns], rows

    def forget(self) -> None:
        """Begins cold the next time."""
        self._model.forget()

    def row_prices(self) -> Array:
        """Sizes of the rows' prices at the last portfolio, in the objective's unit by the row's."""
        return np.abs(self._model.row_values())

    def _open(self, seconds: float) -> None:
        """Lets held objectives be exceeded from now on, at a penalty measured by a value without."""
        strict = self._solve(seconds)
        has_plan = strict.values is not None and strict.is_optimal
        penalty = first_penalty(strict.incumbent if has_plan else 1.0, self._size)
        if has_plan:
            penalty = np.maximum(penalty, ABOVE_PRICE * np.abs(self._model.row_values()[self._held_rows]))
        self._set_penalty(penalty)
        self._model.set_bounds(self._excess, np.zeros(self._excess.size), np.full(self._excess.size, np.inf))

    def make_dearer(self) -> bool:
        """Raises the penalty on exceeding a held objective, if it may be raised further; bounds found so far stay bounds."""
        if self._penalty is None or self._raised == TIMES:
            return False
        self._raised += 1
        self._set_penalty(self._penalty * DEARER)
        return True

    def _set_penalty(self, penalty: Array) -> None:
        self._penalty = penalty
        self._model.set_costs(self._excess, penalty)

    def cancel(self) -> None:
        """Ends a solve that is under way in another thread."""
        self._model.cancel()


def first_penalty(value: float, size: Array) -> Array:
    """The penalty on a unit of excess over held rows of some sizes where the objective is worth about a value."""
    return max(1e-3, abs(value)) / (FIRST_SHARE * size)


def held_sizes(program: Program, rows: np.ndarray) -> tuple[Array, Array]:
    """What a held objective can amount to, and the excess up to which it counts as held."""
    a, upper = program.a[rows], program.upper
    bounded = np.where(np.isfinite(upper), np.abs(upper), 0.0)
    held_at = np.abs(program.row_upper[rows])
    size = np.maximum(np.abs(a) @ bounded, held_at)
    return np.where(size > 0, size, 1.0), 1e-9 * size + 1e-7 * held_at + 1e-12


def _softened(program: Program, rows: np.ndarray) -> Program:
    """The relaxed program with one more column for each of the rows: by how much it is exceeded, nothing to begin with."""
    count = rows.size
    excess = sp.csr_array((np.full(count, -1.0), (rows, np.arange(count))), shape=(program.a.shape[0], count))
    return replace(
        program,
        a=sp.csr_array(sp.hstack([program.a, excess])),
        cost=np.concatenate([program.cost, np.zeros(count)]),
        lower=np.concatenate([program.lower, np.zeros(count)]),
        upper=np.concatenate([program.upper, np.zeros(count)]),
        is_integer=np.zeros(program.cost.size + count, dtype=bool),
        is_anchor=np.concatenate([program.is_anchor | program.is_integer, np.zeros(count, dtype=bool)]),
    )
