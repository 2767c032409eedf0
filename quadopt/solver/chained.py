"""What portfolios are worth where the operation falls apart by chain: one LP a chain, those of changed starts alone solved."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from functools import cached_property, partial

import numpy as np

from quadopt.solver.bounds import Bounds
from quadopt.solver.chains import Chains
from quadopt.solver.highs import Basis, put_together
from quadopt.solver.matrix import Array, Mask
from quadopt.solver.recourse import Answer, Piece
from quadopt.solver.side_by_side import side_by_side
from quadopt.solver.valuation import DEARER, TIMES, Valuation, Value
from quadopt.solver.warm_start import KnownChain, Start, WarmStart

KEPT = 400
"""How many bounds a search holds for each chain: the latest."""


class ChainedValuation:
    """Values portfolios of a program in chains; a `Valuation`'s place in a search. One object serves one thread, or solves
    chains in several, the smallest first, where there are `workers`."""

    def __init__(self, chains: Chains, threads: int, workers: int = 1) -> None:
        self.chains = chains
        self._threads, self._workers = threads, workers
        self._prices, self._raised = chains.prices, 0
        self._pieces = [Piece(k, shape, chains.program, threads) for k, shape in enumerate(chains.shapes)]
        for piece, known in zip(self._pieces, chains.known, strict=False):
            if known is not None:
                piece.begin_at(known.basis)
        self._exceeded = np.zeros(chains.linking.size, dtype=bool)
        self.is_cancelled = False
        """Whether what it was asked last was ended from outside."""

    def bounds(self) -> Bounds:
        """Where the cuts of its values can be kept: none yet but those known from elsewhere."""
        bounds = Bounds(self.chains.seen, self.chains.portfolios.count, self.chains.constant, KEPT)
        for k, known in enumerate(self.chains.known):
            if known is not None:
                bounds.take_in(k, known.prices, known.constants)
        return bounds

    @property
    def has_known_bases(self) -> bool:
        """Whether it began where the same chains of a similar case have ended."""
        return bool(self.chains.known) and all(known is not None for known in self.chains.known)

    @property
    def linking_prices(self) -> Array:
        """What linking rows cost now, in the objective's unit by theirs."""
        return self._prices

    def warm_start(self, bounds: Bounds, prices: Array, relaxed: Array | None) -> WarmStart:
        """What is known of the chains, for a similar case: cuts, which hold at some prices of linking rows, where the chains'
        programs have ended, and how much the relaxation takes of each start."""
        chains, found = self.chains, dict[bytes, KnownChain]()
        pieces = zip(chains.prints, chains.shapes, self._pieces, bounds.pieces, strict=True)
        for (pattern, numbers), shape, piece, cuts in pieces:
            cost, direction = chains.program.cost[shape.columns], chains.direction(shape, prices)
            if piece.has_basis:
                found[pattern] = KnownChain(numbers, cost, direction, *cuts, piece.whole_basis())
        starts, taken = chains.portfolios.starts, dict[Start, float]()
        if relaxed is not None:
            taken = {start: float(part) for start, part in zip(starts, relaxed, strict=True) if part > 0}
        return WarmStart(found, prices, taken)

    def value(self, portfolio: Array, seconds: float) -> Value | None:
        """The value of a portfolio; None where a chain has no solution with it, or none in time, or members cannot pay for it."""
        program = self.chains.program
        answers = self.answers(portfolio, seconds)
        if answers is None:
            return None
        values, paid = self.chains.start(portfolio), self.chains.portfolios.payments(portfolio)
        if paid is None:
            return None
        values[self.chains.decided] = paid
        for shape, answer in zip(self.chains.shapes, answers, strict=True):
            values[shape.columns] = answer.values
        cuts = [answer.cut for answer in answers]
        self._exceeded = self.chains.exceeded(values)
        if not self._exceeded.any():
            return Value(float(program.cost @ values + program.constant), True, values, cuts)
        exact = None if self._can_be_dearer() or self.is_cancelled else self._joint_value(portfolio, seconds)
        if exact is not None:
            return Value(exact.total, True, exact.values, cuts)
        return Value(sum(answer.level for answer in answers) + self.chains.constant, False, values, cuts)

    def _joint_value(self, portfolio: Array, seconds: float) -> Value | None:
        """All chains at once, from where each has ended alone."""
        rows, columns = self.chains.program.a.shape
        self._joint.begin_from(self, np.ones(rows, dtype=bool), np.ones(columns, dtype=bool))
        return self._joint.value(portfolio, seconds)

    @cached_property
    def _joint(self) -> Valuation:
        """All chains at once, for where they want more of a stock budget together than there is."""
        held = np.zeros(self.chains.program.row_lower.size, dtype=bool)
        held[self.chains.linking[self.chains.is_held]] = True
        return Valuation(self.chains.program, held, self._threads, is_strict=True)

    def _can_be_dearer(self) -> bool:
        return self._raised < TIMES and bool(self._exceeded[self.chains.is_held].any())

    def answers(self, portfolio: Array, seconds: float) -> list[Answer] | None:
        """What every chain comes to with a portfolio, parts of starts allowed; None where one has no solution, or not in time."""
        answers = self.answer_each(portfolio, seconds, seconds, frozenset())
        found = [answer for answer in answers if answer is not None]
        return found if len(found) == len(answers) else None

    def answer_each(
        self, portfolio: Array, seconds: float, each: float, without: Collection[int]
    ) -> list[Answer | None]:
        """What every chain comes to with a portfolio, None where one has no solution, or none in its time or that of all, and for
        those left out."""
        self.is_cancelled = False
        point = self.chains.start(portfolio)
        deadline = time.perf_counter() + seconds

        def answer(k: int) -> Answer | None:
            left = min(each, deadline - time.perf_counter())
            is_asked = k not in without and not self.is_cancelled and left > 0
            return self._pieces[k].answer(point, left) if is_asked else None

        order = list(range(len(self._pieces)))
        if self._workers > 1:
            order.sort(key=lambda k: self.chains.shapes[k].columns.size)
        answers = side_by_side([partial(answer, k) for k in order], self._workers, self.cancel)
        return [one for _, one in sorted(zip(order, answers, strict=True), key=lambda pair: pair[0])]

    def make_dearer(self) -> bool:
        """Raises the prices of what is held and the last portfolio exceeded, if they may be raised further; bounds found so far
        stay bounds."""
        if not self._can_be_dearer():
            return False
        self._raised += 1
        self._prices = np.where(self._exceeded & self.chains.is_held, DEARER * self._prices, self._prices)
        for shape, piece in zip(self.chains.shapes, self._pieces, strict=True):
            piece.redirect(self.chains.direction(shape, self._prices))
        return True

    def cancel(self) -> None:
        """Ends a value that is under way in another thread."""
        self.is_cancelled = True
        for piece in self._pieces:
            piece.cancel()
        if "_joint" in vars(self):
            self._joint.cancel()

    def begin_from(self, part: Valuation | ChainedValuation, rows: Mask, columns: Mask) -> None:
        """Begins from what the valuation of a part, the given rows and columns, has found optimal; cold where the part's chains
        are other ones."""
        row, column = np.flatnonzero(rows), np.flatnonzero(columns)
        if isinstance(part, ChainedValuation) and len(self._pieces) == len(part._pieces):
            for piece, shape, other, own in zip(
                self._pieces, self.chains.shapes, part._pieces, part.chains.shapes, strict=True
            ):
                in_rows, in_columns = np.isin(shape.rows, row[own.rows]), np.isin(shape.columns, column[own.columns])
                if in_rows.sum() == own.rows.size and in_columns.sum() == own.columns.size:
                    piece.begin_from(other, in_rows, in_columns)

    def bases(self) -> list[Basis]:
        """By chain, where its program has ended at the last portfolio."""
        return [piece.whole_basis() for piece in self._pieces]

    def begin_at(self, bases: Sequence[Basis]) -> None:
        """Begins where the same chains have ended elsewhere."""
        for piece, ended in zip(self._pieces, bases, strict=True):
            piece.begin_at(ended)

    def forget(self) -> None:
        """Begins cold the next time."""
        for piece in self._pieces:
            piece.forget()

    def row_prices(self, without: Collection[int] = ()) -> Array:
        """Sizes of the rows' prices at the last portfolio, in the objective's unit by the row's; none for linking rows and in
        chains left out."""
        out = np.zeros(self.chains.program.row_lower.size)
        for k, (shape, piece) in enumerate(zip(self.chains.shapes, self._pieces, strict=True)):
            if k not in without:
                out[shape.rows] = np.abs(piece.row_values())
        return out

    def basis(self) -> Basis:
        """Statuses of the program's columns and rows at the last portfolio."""
        columns, rows = self.whole_basis()
        return columns[: self.chains.program.cost.size], rows

    def whole_basis(self) -> Basis:
        """Statuses of the program's columns, of the excess of each held row, and of its rows at the last portfolio."""
        program, shapes = self.chains.program, self.chains.shapes
        rows, columns = program.a.shape
        held = int(self.chains.is_held.sum())
        parts = ((piece.basis(), shape.rows, shape.columns) for piece, shape in zip(self._pieces, shapes, strict=True))
        return put_together(parts, rows, columns + held)
