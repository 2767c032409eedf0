"""Completion: what a search has found in a part of a stage's program, made a plan of the whole program.

A part leaves suppliers out, a stage before did not see the columns of this one: what is missing is found by LPs around what
stays. None of them proves a bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from quadopt.solver.chained import ChainedValuation
from quadopt.solver.chains import Chains
from quadopt.solver.feasibility import is_kept
from quadopt.solver.highs import Basis, HighsModel
from quadopt.solver.matrix import Array, Indices, Mask, Matrix, Program
from quadopt.solver.part import Part, owned_by
from quadopt.solver.placement import Placement
from quadopt.solver.side_by_side import side_by_side
from quadopt.solver.valuation import Valuation
from quadopt.solver.warm_start import WarmStart

WARM_SECONDS = 75.0
"""After which an LP that began from a basis is given up, or begun anew without a plan: now and then it leads nowhere."""
WHOLE_SECONDS = 300.0
"""For one portfolio in the whole program."""
CHAIN_SECONDS = 30.0
"""For one chain with all suppliers."""
TRIED = 200_000
"""Rows of a chain with all suppliers above which that is not tried: of so many no linear program came to its end in time."""
PLACING_SECONDS = 150.0
"""For chains that take too long with all suppliers, to let those join that matter."""
AROUND_SECONDS = 60.0
"""For what is free around a plan that stays."""
LATE_SECONDS = 60.0
"""For a linear program of a better plan where a stage's time is over."""


@dataclass(frozen=True)
class WholeBasis:
    """The basis of the last plan's LP with all suppliers, and which rows and columns of the program it is of, by number."""

    basis: Basis
    rows: Indices
    columns: Indices

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
    the objective's unit by the row's; none in chains where exposure had to be placed. `is_best`: no other with the same starts is
    better."""

    values: Array
    total: float
    prices: Array | None = None
    is_best: bool = False


class Completion:
    """Completes plans of one stage's program over a matrix.

    `basis` is that of the last plan's base path with all suppliers, for the next one, from stage to stage. `chains` gives the
    whole program in chains, where it is apart; `workers` of them are solved at once. `is_first`: there is no plan yet, so that
    an LP whose basis leads nowhere is begun anew, which takes several times as long, and the stage's `deadline` (by
    `time.perf_counter`) does not count.
    """

    def __init__(
        self,
        matrix: Matrix,
        program: Program,
        threads: int,
        basis: WholeBasis | None,
        deadline: float = np.inf,
        chains: Callable[[], Chains | None] = lambda: None,
        workers: int = 1,
    ) -> None:
        self.program, self.threads, self.basis, self.deadline = program, threads, basis, deadline
        self._matrix = matrix
        self.results = matrix.columns_of("dependence") | matrix.columns_of("worst")
        """The columns that say how dependent a plan is."""
        self._chains, self._workers = chains, workers
        self.is_interrupted = False
        """Whether Ctrl-C ended a completion."""
        self._slow: set[int] = set()
        """Chains that take too long, by number."""
        self._joined: dict[int, list[str]] = {}
        """By number of such a chain the suppliers that had to join there."""
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
        left out. Without one it becomes as little dependent as it can: to fit anyhow within what is held takes two to
        three times as long. None where there are no branches, or no such plan.
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
        has_objective = bool(base.cost[~columns].any())
        if not has_objective:
            base = replace(base, cost=self._held_dependence)
        whole = HighsModel(base.part(~rows, ~columns, found), self.threads)
        if self.basis is not None and not has_objective:
            whole.begin_from(*self.basis.within(~rows, ~columns))
        else:
            narrow = HighsModel(base.part(part.rows & ~rows, part.columns & ~columns, found), self.threads)
            if not narrow.solve(0.0, self._seconds(WHOLE_SECONDS, is_first)).is_optimal:
                return None
            whole.begin_from(narrow.basis(), part.rows[~rows], part.columns[~columns])
        solved = whole.solve(0.0, self._seconds(WARM_SECONDS, is_first))
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
        self, found: Array, is_first: bool, part: Part, near: Valuation | ChainedValuation | None
    ) -> Completed | None:
        """The best plan with the starts of a plan of a part, begun from where `near`, a valuation of the part, ends with them."""
        portfolio, whole = part.integers_of(found), self._whole
        if near is not None:
            near.value(portfolio, self._seconds(WARM_SECONDS, is_first))
            if not (isinstance(whole, ChainedValuation) and whole.has_known_bases):
                whole.begin_from(near, part.rows, part.columns)
        if isinstance(whole, ChainedValuation):
            return self._by_chain(portfolio, is_first, found, part, whole)
        completed = self._valued(portfolio, self._seconds(WARM_SECONDS, is_first))
        if completed is None and is_first:
            whole.forget()
            return self.of_portfolio(portfolio)
        return completed

    def _seconds(self, most: float, is_first: bool) -> float:
        """Seconds that a linear program may take."""
        return most if is_first else min(most, max(LATE_SECONDS, self.deadline - time.perf_counter()))

    def _by_chain(
        self, portfolio: Array, is_first: bool, found: Array, part: Part, whole: ChainedValuation
    ) -> Completed | None:
        """A portfolio's best plan chain by chain; around `found`, a plan of a part, where chains take too long with all
        suppliers, or want more of a stock budget together than there is."""
        seconds, chains = self._seconds(WARM_SECONDS, is_first), whole.chains
        self._slow |= {k for k, shape in enumerate(chains.shapes) if shape.rows.size > TRIED}
        answers = whole.answer_each(portfolio, seconds, CHAIN_SECONDS, self._slow)
        self.is_interrupted = whole.is_cancelled
        if self.is_interrupted:
            return None
        self._slow = {k for k, answer in enumerate(answers) if answer is None}
        completed = None if self._slow else self._valued(portfolio, seconds)
        if completed is not None:
            return completed
        values = found.copy()
        for shape, answer in zip(chains.shapes, answers, strict=True):
            if answer is not None:
                values[shape.columns] = answer.values
        around = sorted(self._slow.union(chains.exceeding(values)))
        for k in around:
            values[chains.shapes[k].columns] = found[chains.shapes[k].columns]
        placed = self._placed(values, around, part, chains, is_first)
        if placed is None:
            return None
        return replace(placed, prices=whole.row_prices(self._slow))

    def _placed(self, values: Array, around: list[int], part: Part, chains: Chains, is_first: bool) -> Completed | None:
        """A point of a part, in some chains with flows that are good for the suppliers that matter and the exposure to all
        placed around them."""
        suppliers = {s: owned_by(s, self._matrix) for s in part.left_out}
        seconds = at_first = self._seconds(PLACING_SECONDS, is_first)
        if is_first:
            at_first = max(seconds, (self.deadline - time.perf_counter()) / 2)
        share = min(1.0, self._workers / max(1, len(around)))
        placements, jobs = list[Placement](), []
        for k in around:
            rows, columns, program = chains.beside(chains.shapes[k], values, len(around) - 1)
            is_out = ~part.rows[rows], ~part.columns[columns]
            own = {s: (of[0][rows] & is_out[0], of[1][columns] & is_out[1]) for s, of in suppliers.items()}
            placements.append(Placement(program, own, self.results[columns], self.threads, self._joined.get(k, ())))
            jobs.append(partial(placements[-1].best, values[columns], share * seconds, share * at_first))

        def cancel() -> None:
            self.is_interrupted = True
            for placement in placements:
                placement.cancel()

        whole, found = values.copy(), side_by_side(jobs, self._workers, cancel)
        for k, placement, placed in zip(around, placements, found, strict=True):
            self._joined[k] = placement.joined
            if placed is None:
                return None
            whole[chains.shapes[k].columns] = placed
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
        return Completed(value.values, value.total, self._whole.row_prices(), is_best=True)

    def ended(self) -> WarmStart | None:
        """Where the whole program's chains have ended; None where they have not been solved."""
        whole = self.__dict__.get("_whole")
        return (
            whole.warm_start(whole.bounds(), whole.linking_prices, None)
            if isinstance(whole, ChainedValuation)
            else None
        )

    def around(self, values: Array, is_free: Mask) -> Completed | None:
        """The best plan that leaves all but the free columns as they are; None where there is none."""
        whole = values.copy()
        if is_free.any():
            free = HighsModel(self.program.part(self.program.rows_on(is_free), is_free, whole), self.threads)
            found = free.solve(0.0, AROUND_SECONDS)
            if found.values is None or not found.is_optimal:
                return None
            whole[is_free] = found.values
        return self._kept(whole)

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

    @cached_property
    def _held_dependence(self) -> Array:
        """Coefficients of the dependence that is held, nothing where none is."""
        is_dependence = self.held & self.program.rows_on(self.results)
        return np.asarray(self.program.a[is_dependence].sum(axis=0)).ravel()

    def _worth(self, values: Array) -> float:
        return float(self.program.cost @ values + self.program.constant)
