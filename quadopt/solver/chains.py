r"""Chains: the operation of a program in pieces, one a chain of materials, that only starts and a few dear rows link.

With the starts given, materials of different recipes know nothing of each other but for rows that add them up: what is held of
an earlier objective, and stock budgets. Such a row, $a x \le side$, is *priced*: a unit of $a x$ costs $price \ge 0$ and the side
is given back, so that the pieces are apart and

$$value(b) \ge \sum_k \min_{x_k} (c_k + price\, a_k) x_k - price\, side$$

for any price (Geoffrion, 1974). Where the pieces' solutions together keep the row their plan is one of the whole program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from quadopt.solver.matrix import Array, Indices, Mask, Program
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.recourse import OBJECTIVE, Shape, alone, apart
from quadopt.solver.valuation import first_penalty, held_sizes
from quadopt.solver.warm_start import KnownChain, WarmStart, numbers_of, pattern_of

FEWEST = 2
"""Chains that see starts: one alone is no easier than the whole."""
DEAREST = 100.0
"""Times the first price of what is held at zero where it may not be raised."""
TIE_BREAK = 1e-7
"""Share of the objective's size that filling up a linking row costs, so that nothing is used for nothing."""


@dataclass(frozen=True)
class Chains:
    """`shapes` by the columns and rows of `program`; they see starts alone. `decided`: where the columns of the `portfolios`'
    program are in it.

    `linking`: rows that link them, whether each is held at zero of an earlier objective, with the `prices` to begin with, in the
    objective's unit by theirs, and `tolerance`, by how much each may be exceeded. What a similar case tells, where it does:
    `known` by piece, and `relaxed`, about how much of each start the relaxation takes.
    """

    program: Program
    portfolios: Portfolios
    decided: Indices
    shapes: list[Shape]
    linking: Indices
    is_held: Mask
    prices: Array
    tolerance: Array
    known: Sequence[KnownChain | None] = ()
    relaxed: Array | None = None

    @property
    def seen(self) -> list[Indices]:
        """By piece, the numbers of the starts that it sees."""
        number = np.cumsum(self.program.is_integer) - 1
        return [number[shape.seen] for shape in self.shapes]

    @property
    def constant(self) -> float:
        """What the pieces' levels leave out of the objective's bound, however dear what is held, at zero, becomes."""
        return self.program.constant - float(self.prices @ self.program.row_upper[self.linking])

    def start(self, portfolio: Array) -> Array:
        """A point of the program with a portfolio, parts of starts allowed, and nothing else yet."""
        out = np.clip(0.0, self.program.lower, self.program.upper)
        out[self.program.is_integer] = portfolio
        return out

    @cached_property
    def prints(self) -> list[tuple[bytes, bytes]]:
        """By piece, what tells whether it has the pattern of another, of twins the number, and whether it has its numbers."""
        starts, found, twins = self.portfolios.starts, list[tuple[bytes, bytes]](), Counter[bytes]()
        for shape, seen in zip(self.shapes, self.seen, strict=True):
            own = alone(shape, self.program)
            pattern = pattern_of(own, [starts[k] for k in seen])
            twins[pattern] += 1
            found.append((pattern + str(twins[pattern]).encode(), numbers_of(own)))
        return found

    def begun_from(self, warm_starts: Sequence[WarmStart]) -> Chains:
        """The same with what is known from elsewhere: of that which knows most of them. What linking rows cost is at least what
        it was there, so that no cut is lost for it."""
        prints = self.prints if warm_starts else []
        patterns = [pattern for pattern, _ in prints]
        warm = max(warm_starts, key=lambda one: one.fitting(patterns), default=None)
        if warm is None or not warm.fitting(patterns):
            return self
        program, prices = self.program, self.prices
        known = [warm.chains.get(one) for one in patterns]
        costs = [program.cost[shape.columns] for shape in self.shapes]
        if warm.linking_prices.shape == prices.shape:
            factor = max(one.factor(cost) for one, cost in zip(known, costs, strict=True) if one is not None)
            prices = np.maximum(prices, factor * warm.linking_prices)
        shapes = self.at(prices).shapes
        limits = [(program.lower[shape.columns], program.upper[shape.columns]) for shape in shapes]
        here = [
            None if one is None else one.on(numbers, cost, shape.direction, *of)
            for one, (_, numbers), cost, shape, of in zip(known, prints, costs, shapes, limits, strict=True)
        ]
        relaxed = warm.relaxed_of(self.portfolios.starts) if warm.relaxed else None
        return replace(self, shapes=shapes, prices=prices, known=here, relaxed=relaxed)

    def at(self, prices: Array) -> Chains:
        """The same where linking rows cost something else."""
        return replace(
            self, prices=prices, shapes=[replace(s, direction=self.direction(s, prices)) for s in self.shapes]
        )

    def direction(self, shape: Shape, prices: Array) -> Array:
        """What the level of a piece is of its own columns at some prices."""
        return self.program.cost[shape.columns] + self.program.a[self.linking][:, shape.columns].T @ prices

    def beside(self, shape: Shape, point: Array, others: int) -> tuple[Mask, Mask, Program]:
        """Rows, columns and program of a piece beside a point of the program; of the room that linking rows have left there it
        has its share with as many `others`."""
        upper = self.program.row_upper.copy()
        at = self.program.a[self.linking] @ point
        room = upper[self.linking] - at
        upper[self.linking] = np.where(np.isfinite(room), at + room / (1 + others), upper[self.linking])
        rows, columns = np.zeros(upper.size, dtype=bool), np.zeros(point.size, dtype=bool)
        columns[shape.columns] = True
        rows[shape.rows], rows[self.linking[self._linked(shape)]] = True, True
        return rows, columns, replace(self.program, row_upper=upper).part(rows, columns, point)

    def _linked(self, shape: Shape) -> Mask:
        """Which of the linking rows a piece is in."""
        return np.asarray(np.abs(self.program.a[self.linking][:, shape.columns]).sum(axis=1)).ravel() > 0

    def exceeding(self, values: Array) -> set[int]:
        """Numbers of the pieces in linking rows that a point exceeds."""
        exceeded = self.exceeded(values)
        return {k for k, shape in enumerate(self.shapes) if (self._linked(shape) & exceeded).any()}

    def exceeded(self, values: Array) -> Mask:
        """Which of the linking rows a point exceeds, by more than is tolerated."""
        return self.program.a[self.linking] @ values - self.program.row_upper[self.linking] > self.tolerance


def chains_of(
    program: Program,
    portfolios: Portfolios,
    decided: Mask,
    held: Mask,
    budgets: Mask,
    worth: float | None = None,
) -> Chains | None:
    """A program in chains, or None where it is not apart: there are not two that see starts, starts count in the objective, or
    a linking row does not only limit from above what is never negative, starts and money left out. What is held must be at
    zero: any higher level would be shared out among chains, and a price that is too dear for some portfolios bounds them badly.
    Where it is known what a plan is `worth` it need not be, and what is shared out, budgets too, costs nothing until it is given
    a price.

    `decided`: columns of starts, contributions and fund balances. `held`, `budgets`: the rows that link.
    """
    starts = program.is_integer
    label, row_label = _apart(program, decided, held | budgets)
    linking = np.flatnonzero((held | budgets) & (row_label < 0))
    links = program.a[linking]
    linked = np.asarray(np.abs(links).sum(axis=0)).ravel() > 0
    if program.cost[starts].any() or (linked & (decided | (program.lower < 0))).any():
        return None
    if (links.data < 0).any() or np.isfinite(program.row_lower[linking]).any():
        return None
    is_dear = held[linking] & (program.row_upper[linking] <= 0)
    if worth is None and (program.row_upper[held] > 0).any():
        return None
    size, tolerance = held_sizes(program, linking)
    # Without such a plan what is minimised are shares, at most one; with one nothing becomes dearer later on.
    most = float(np.abs(program.cost).sum()) if worth is None else DEAREST * abs(worth)
    dear = first_penalty(most, size)
    side = np.maximum(program.row_upper[linking], size * TIE_BREAK)
    prices = np.where(is_dear, dear, TIE_BREAK * most / side if worth is None else 0.0)
    shapes = _shapes(program, program.cost + links.T @ prices, label, row_label)
    if any((~starts)[shape.seen].any() for shape in shapes) or sum(shape.seen.size > 0 for shape in shapes) < FEWEST:
        return None
    return Chains(program, portfolios, np.flatnonzero(decided), shapes, linking, is_dear, prices, tolerance)


def _apart(program: Program, given: Mask, linking: Mask) -> tuple[Indices, Indices]:
    """By column and by row the number of its piece, -1 for given columns and for rows that link several pieces: pieces share no
    row but those once the given columns are."""
    free, rows = np.flatnonzero(~given), np.flatnonzero(~linking)
    label, row_label = np.full(given.size, -1), np.full(linking.size, -1)
    label[free], row_label[rows] = apart(program.a[rows][:, free])
    for row in np.flatnonzero(linking):
        own = label[program.a.indices[program.a.indptr[row] : program.a.indptr[row + 1]]]
        if own.size and (own == own[0]).all():
            row_label[row] = own[0]
    return label, row_label


def _shapes(program: Program, cost: Array, label: Indices, row_label: Indices) -> list[Shape]:
    """The pieces that have rows or count, in the order of their first columns, levels by the given cost."""
    shapes = []
    for k in dict.fromkeys(label[label >= 0].tolist()):
        own, rows = np.flatnonzero(label == k), np.flatnonzero(row_label == k)
        if rows.size or cost[own].any():
            seen = np.asarray(np.abs(program.a[rows]).sum(axis=0)).ravel() > 0
            seen[own] = False
            shapes.append(Shape(own, rows, np.flatnonzero(seen), cost[own], {OBJECTIVE: 1.0}))
    return shapes
