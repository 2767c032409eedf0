r"""Bounds: what valuations have left behind, by the pieces that the operation falls apart into.

Each piece's value with the starts fixed is convex in the starts that it sees, and every valuation leaves a cut below it. The
largest cut of each piece, summed, is a model of the objective that never overstates:
$value(b) \ge constant + \sum_k \max_j (constant_{kj} + prices_{kj} b)$ (multi-cut: Birge and Louveaux, 1988).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Indices, Mask, Program
from quadopt.solver.portfolio import SECONDS, Moves, Portfolios
from quadopt.solver.recourse import Cut

AT_A_TIME = 1_000_000
"""Cuts times pairs of moves that are looked at at once: memory."""
SAME = 1e-12
"""Up to which a cut tells no more than those that there are."""


class Bounds:
    """Cuts by piece; two threads may keep and read them.

    `seen`: by piece, the numbers of the starts that it sees. `constant`: what is no piece's own.
    `most`: cuts held for a piece, the latest.
    """

    def __init__(self, seen: Sequence[Indices], count: int, constant: float, most: int) -> None:
        self.seen, self.constant = list(seen), constant
        self._count, self._most = count, most
        self._in_order = list[Cut]()
        self._cuts = [(np.zeros((0, own.size)), np.zeros(0)) for own in self.seen]
        self._lock = threading.Lock()

    @property
    def pieces(self) -> list[tuple[Array, Array]]:
        """By piece, its cuts: prices, cuts x starts seen, and constants."""
        return list(self._cuts)

    @property
    def is_whole(self) -> bool:
        """Whether every piece has a cut: without, there is no bound."""
        return all(constants.size for _, constants in self._cuts)

    @property
    def added(self) -> int:
        """How many cuts have been kept so far."""
        return len(self._in_order)

    def since(self, added: int) -> list[Cut]:
        """The cuts that have been kept since there were so many."""
        return self._in_order[added:]

    def keep(self, cuts: Sequence[Cut], at: Array) -> None:
        """Keeps the cuts that tell more at a portfolio than those that there are."""
        with self._lock:
            for cut in cuts:
                prices, constants = self._cuts[cut.piece]
                own = at[self.seen[cut.piece]]
                told = (constants + prices @ own).max(initial=-np.inf)
                new = cut.constant + float(cut.prices @ own)
                if new > told + SAME * max(1.0, abs(new)):
                    more = np.vstack([prices, cut.prices])[-self._most :]
                    self._cuts[cut.piece] = more, np.append(constants, cut.constant)[-self._most :]
                    self._in_order.append(cut)

    def take_in(self, piece: int, prices: Array, constants: Array) -> None:
        """Cuts of a piece known from elsewhere, cuts x starts seen."""
        own, least = self._cuts[piece]
        self._cuts[piece] = np.vstack([own, prices])[-self._most :], np.append(least, constants)[-self._most :]
        self._in_order += [
            Cut(piece, price, float(constant)) for price, constant in zip(prices, constants, strict=True)
        ]

    def carry_over(self, other: Bounds) -> None:
        """Takes in the bounds of the same pieces with less in them: they hold here too."""
        if len(self.seen) == len(other.seen) and all(map(np.array_equal, self.seen, other.seen)):
            for k, (prices, constants) in enumerate(other.pieces):
                self.take_in(k, prices, constants)

    def levels(self, portfolio: Array) -> Array:
        """By piece, what it comes to at least."""
        return np.array(
            [
                (constants + prices @ portfolio[own]).max(initial=-np.inf)
                for own, (prices, constants) in zip(self.seen, self._cuts, strict=True)
            ]
        )

    def at(self, portfolio: Array) -> float:
        """What a portfolio is worth at least; -inf where a piece has no cut."""
        return float(self.levels(portfolio).sum()) + self.constant

    def program(self, portfolios: Portfolios, most: float = np.inf) -> Program:
        """Starts and money by their rules, and after their columns one a piece, its level: at least what its cuts say.

        The sum of the levels is minimised among those of at most `most`. Raises `ValueError` where a piece has no cut.
        """
        if not self.is_whole:
            raise ValueError("a piece without a cut has no least level")
        rules, count = portfolios.program, len(self.seen)
        cuts = [
            Cut(k, prices, float(constant))
            for k, (own, constants) in enumerate(self.pieces)
            for prices, constant in zip(own, constants, strict=True)
        ]
        rows, least = self.rows_of(cuts, portfolios)
        cost = np.append(np.zeros(rules.cost.size), np.ones(count))
        if np.isfinite(most):
            rows, least = sp.vstack([rows, -cost[None, :]]), np.append(least, self.constant - most)
        above = sp.hstack([rules.a, sp.csr_array((rules.a.shape[0], count))])
        return Program(
            sp.csr_array(sp.vstack([above, rows])),
            cost,
            self.constant,
            np.append(rules.lower, np.full(count, -np.inf)),
            np.append(rules.upper, np.full(count, np.inf)),
            np.concatenate([rules.row_lower, least]),
            np.concatenate([rules.row_upper, np.full(least.size, np.inf)]),
            np.append(rules.is_integer, np.zeros(count, dtype=bool)),
            np.append(rules.is_integer, np.ones(count, dtype=bool)),
        )

    def rows_of(self, cuts: Sequence[Cut], portfolios: Portfolios) -> tuple[sp.csr_array, Array]:
        """Cuts as rows of the program, and what these are at least."""
        width = portfolios.program.cost.size
        rows = np.zeros((len(cuts), width + len(self.seen)))
        for row, cut in zip(rows, cuts, strict=True):
            row[portfolios.columns_of_starts[self.seen[cut.piece]]] = -cut.prices
            row[width + cut.piece] = 1.0
        return sp.csr_array(rows), np.array([cut.constant for cut in cuts])

    def least(self, portfolios: Portfolios) -> float:
        """What any portfolio is worth at least, parts of starts allowed; -inf where a piece has no cut."""
        return HighsModel(self.program(portfolios).relaxed).solve(0.0, SECONDS).bound if self.is_whole else -np.inf

    def after(self, moves: Moves, portfolio: Array) -> Promises:
        """What the portfolio is worth at least after each of some moves."""
        return Promises(self, self._count, moves, portfolio)


class Promises:
    """What a portfolio is worth at least after one or two of some moves."""

    def __init__(self, bounds: Bounds, count: int, moves: Moves, portfolio: Array) -> None:
        size = moves.project.size
        self.now = bounds.constant
        self._change, self._pieces = np.zeros(size), list[tuple[Array, Array, Array, float, Indices]]()
        self.lowers: Mask = np.zeros(size, dtype=bool)
        """Moves that lower the cut which is highest now, of any piece: of two moves that are worth it one does."""
        for own, (prices, constants) in zip(bounds.seen, bounds.pieces, strict=True):
            now = constants + prices @ portfolio[own]
            top = float(now.max(initial=-np.inf))
            self.now += top
            wide = np.zeros((constants.size, count))
            wide[:, own] = prices
            change = moves.differences(wide)
            touching = np.flatnonzero(change.any(axis=0))
            change = change[:, touching]
            alone = (now[:, None] + change).max(axis=0, initial=-np.inf)
            self._change[touching] += alone - top
            self.lowers[touching] |= change[int(np.argmax(now))] < 0
            position = np.full(size, -1)
            position[touching] = np.arange(touching.size)
            self._pieces.append((now, change, alone, top, position))

    @property
    def alone(self) -> Array:
        """By move."""
        return self.now + self._change

    def of(self, chosen: Indices) -> Array:
        """Of single moves and pairs as `Portfolios.fitting` gives them."""
        first, second = chosen.T
        is_pair = second >= 0
        out = self.alone[first]
        out[is_pair] = self.together(first[is_pair], second[is_pair])
        return out

    def together(self, first: Indices, second: Indices) -> Array:
        """Pairs of moves, of the number `first[k]` and `second[k]`."""
        out = self.now + self._change[first] + self._change[second]
        for now, change, alone, top, position in self._pieces:
            both = np.flatnonzero((position[first] >= 0) & (position[second] >= 0))
            for some in np.array_split(both, 1 + both.size * now.size // AT_A_TIME):
                one, other = position[first[some]], position[second[some]]
                apart = alone[one] + alone[other] - top
                out[some] += (now[:, None] + change[:, one] + change[:, other]).max(axis=0, initial=-np.inf) - apart
        return out
