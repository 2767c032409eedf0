"""Completion: what a search has found in a part of a stage's program, made a plan of the whole program.

A part leaves suppliers out, a stage before did not see the columns of this one: what is missing is found by LPs around what
stays. None of them proves a bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from quadopt.solver.chained import ChainedValuation
from quadopt.solver.chains import Chains
from quadopt.solver.highs import Basis, HighsModel
from quadopt.solver.matrix import Array, Mask, Matrix, Program
from quadopt.solver.part import SUPPLIER_BLOCKS, Part
from quadopt.solver.valuation import Valuation

WARM_SECONDS = 75.0
"""After which an LP that began from a basis is given up, or begun anew without a plan: now and then it leads nowhere."""
WHOLE_SECONDS = 300.0
"""For one portfolio in the whole program."""
AROUND_SECONDS = 60.0
"""For what is free around a plan that stays."""
TOLERANCE = 1e-6
"""Relative to what stands in a row or column: by how much a completed plan may miss it."""


@dataclass(frozen=True)
class WholeBasis:
    """The basis of the last plan's LP with all suppliers, and which rows and columns of the program it is of, by number."""

    basis: Basis
    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]

    def within(self, rows: Mask, columns: Mask) -> tuple[Basis, Mask, Mask]:
        """What it says of some rows and columns of a program that has grown since, and which of these it knows."""
        known_rows, known_columns = np.zeros_like(rows), np.zeros_like(columns)
        known_rows[self.rows], known_columns[self.columns] = True, True
        column_status, row_status = self.basis
        basis = column_status[columns[self.columns]], row_status[rows[self.rows]]
        return basis, known_rows[rows], known_columns[columns]


@dataclass(frozen=True)
class Completed:
    """A plan of the whole program: its point and value, and where it is optimal for its starts sizes of the rows' prices, in
    the objective's unit by the row's."""

    values: Array
    total: float
    prices: Array | None = None


class Completion:
    """Completes plans of one stage's program over a matrix.

    `basis` is that of the last plan's base path with all suppliers, for the next one, from stage to stage. `chains` gives the
    whole program in chains, where it is apart; `workers` of them are solved at once. `is_first`: there is no plan yet, so that
    an LP whose basis leads nowhere is begun anew, which takes several times as long.
    """

    def __init__(
        self,
        matrix: Matrix,
        program: Program,
        threads: int,
        basis: WholeBasis | None,
        chains: Callable[[], Chains | None] = lambda: None,
        workers: int = 1,
    ) -> None:
        self.program, self.threads, self.basis = program, threads, basis
        self._matrix = matrix
        self.results = matrix.columns_of("dependence") | matrix.columns_of("worst")
        """The columns that say how dependent a plan is."""
        self._chains, self._workers = chains, workers
        self.branches = matrix.owned({owner for owner in matrix.owners if owner[0] == "branch"})
        """Rows and columns of the branches."""
        self.held = matrix.rows_of("held")
        """The rows that hold earlier stages' objectives."""

    @property
    def has_branches(self) -> bool:
        """Whether the program has columns of branches."""
        return bool(self.branches[1].any())

    @property
    def is_by_chain(self) -> bool:
        """Whether the whole program is apart by chain."""
        return self._chains() is not None

    def around_branches(self, found: Array, part: Part, is_first: bool) -> Completed | None:
        """The best plan that leaves starts, reserves and branches as a point of a part has them.

        Branches know the base path by its starts and reserves alone, so that around them the base path is an LP without
        branches, begun from the last plan's where it has no objective of its own, otherwise from the same with the suppliers
        left out. None where there are no branches, or no such plan.
        """
        if not self.has_branches:
            return None
        rows, columns = self.branches
        seen = np.asarray(np.abs(self.program.a[rows]).sum(axis=0)).ravel() > 0
        is_fixed = seen | self.program.is_integer
        base = replace(
            self.program,
            lower=np.where(is_fixed, found, self.program.lower),
            upper=np.where(is_fixed, found, self.program.upper),
            is_integer=np.zeros_like(self.program.is_integer),
        )
        whole = HighsModel(base.part(~rows, ~columns, found), self.threads)
        if self.basis is not None and not base.cost[~columns].any():
            # All that the base path has to do is to fit the branches: it begins where it was.
            whole.begin_from(*self.basis.within(~rows, ~columns))
        else:
            narrow = HighsModel(base.part(part.rows & ~rows, part.columns & ~columns, found), self.threads)
            if not narrow.solve(0.0, WHOLE_SECONDS).is_optimal:
                return None
            whole.begin_from(narrow.basis(), part.rows[~rows], part.columns[~columns])
        solved = whole.solve(0.0, WARM_SECONDS)
        if not solved.is_optimal and is_first:
            whole.forget()
            solved = whole.solve(0.0, WHOLE_SECONDS)
        if solved.values is None or not solved.is_optimal:
            return None
        self.basis = WholeBasis(whole.basis(), np.flatnonzero(~rows), np.flatnonzero(~columns))
        values, prices = found.copy(), np.zeros(rows.size)
        values[~columns], prices[~rows] = solved.values, np.abs(whole.row_values())
        return Completed(values, self._worth(values), prices)

    def with_starts(
        self, portfolio: Array, is_first: bool, part: Part, near: Valuation | ChainedValuation | None
    ) -> Completed | None:
        """A portfolio's best plan, begun from what `near`, a valuation of the part, has found optimal for it."""
        whole, found = self._whole, None
        if near is not None:
            found = near.value(portfolio, WARM_SECONDS)
            whole.begin_from(near, part.rows, part.columns)
        if isinstance(whole, ChainedValuation) and found is not None and found.is_plan:
            completed = self._valued(portfolio, WHOLE_SECONDS if is_first else WARM_SECONDS)
            return completed or self._placed(part.to_whole(found.values), portfolio, part, whole)
        completed = self._valued(portfolio, WARM_SECONDS)
        if completed is None and is_first:
            whole.forget()
            return self.of_portfolio(portfolio)
        return completed

    def _placed(self, values: Array, portfolio: Array, part: Part, by_chain: ChainedValuation) -> Completed | None:
        """A plan of a part, those chains better that have been solved with all suppliers; in the others everything stays, and
        the exposure to one supplier after the other is added to it."""
        whole, is_open = values.copy(), np.zeros(values.size, dtype=bool)
        for shape, answer in zip(by_chain.chains.shapes, by_chain.answered(portfolio), strict=True):
            if answer is None:
                is_open[shape.columns] = True
            else:
                whole[shape.columns] = answer.values
        for supplier in part.left_out:
            own = self._matrix.owned({(block, supplier) for block in SUPPLIER_BLOCKS})[1]
            least = np.where(self.results, np.maximum(whole, self.program.lower), self.program.lower)
            if not self._fill(whole, (own | self.results) & is_open, least):
                return None
        return self._kept(whole)

    def of_portfolio(self, portfolio: Array) -> Completed | None:
        """A portfolio's best plan, from wherever the last one ended."""
        return self._valued(portfolio, WHOLE_SECONDS)

    def _valued(self, portfolio: Array, seconds: float) -> Completed | None:
        """A portfolio's best plan; None without one, or without one in time."""
        value = self._whole.value(portfolio, seconds)
        while value is not None and not value.is_plan:
            value = self._whole.value(portfolio, seconds) if self._whole.make_dearer() else None
        if value is None:
            return None
        rows, columns = self.program.a.shape
        self.basis = WholeBasis(self._whole.basis(), np.arange(rows), np.arange(columns))
        return Completed(value.values, value.total, self._whole.row_prices())

    def around(self, values: Array, is_free: Mask) -> Completed | None:
        """The best plan that leaves all but the free columns as they are; None where there is none."""
        whole = values.copy()
        return self._kept(whole) if not is_free.any() or self._fill(whole, is_free, self.program.lower) else None

    def _fill(self, whole: Array, is_free: Mask, lower: Array) -> bool:
        """Gives the free columns of a point, not below some bounds, their best values beside the rest; whether they have any."""
        rows = np.asarray(np.abs(self.program.a[:, is_free]).sum(axis=1)).ravel() > 0
        free = HighsModel(replace(self.program, lower=lower).part(rows, is_free, whole), self.threads)
        found = free.solve(0.0, AROUND_SECONDS)
        if found.values is None or not found.is_optimal:
            return False
        whole[is_free] = found.values
        return True

    def _kept(self, values: Array) -> Completed | None:
        """A point as a plan, if it is one."""
        return Completed(values, self._worth(values)) if is_kept(self.program, values) else None

    @cached_property
    def _whole(self) -> Valuation | ChainedValuation:
        """The whole program, by chain where it is apart, ready to value portfolios."""
        chains = self._chains()
        if chains is None:
            return Valuation(self.program, self.held, self.threads, is_strict=True)
        return ChainedValuation(chains, self.threads, self._workers)

    def _worth(self, values: Array) -> float:
        return float(self.program.cost @ values + self.program.constant)


def is_kept(program: Program, values: Array) -> bool:
    """Whether a point keeps all rows and bounds of a program, within 1e-6 of what stands in each of them."""
    rows, size = program.a @ values, TOLERANCE * (1.0 + np.abs(program.a) @ np.abs(values))
    bounds = TOLERANCE * (1.0 + np.abs(values))
    return bool(
        (rows >= program.row_lower - size).all()
        and (rows <= program.row_upper + size).all()
        and (values >= program.lower - bounds).all()
        and (values <= program.upper + bounds).all()
    )
