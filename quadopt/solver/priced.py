r"""Priced: proof and search by chain where what an earlier stage holds, $h(x) \le level$, is shared out among chains.

It costs a price instead, and the chains are apart:
$value(b) \ge \sum_k \min_{x_k} (c_k + price\, h_k) x_k - price\, level$ (Geoffrion, 1974). The bound holds at any price; it is
near what portfolios are worth at one at which the best of them come to about the level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quadopt.solver.bounds import Bounds
from quadopt.solver.branched_chains import BranchedChains
from quadopt.solver.chain_proof import ChainProof
from quadopt.solver.chained import KEPT
from quadopt.solver.chains import Chains
from quadopt.solver.limits import Limit
from quadopt.solver.matrix import Array, Indices, Mask
from quadopt.solver.part import Part
from quadopt.solver.portfolio import Moves, Portfolios
from quadopt.solver.recourse import Answer
from quadopt.solver.valuation import Valuation, Value

DEAR = 6.0
"""The price to begin with: a hundredth of the level is worth so many hundredths of the objective."""
NEAR = 0.2
"""How far from the level aimed at the relaxation may be, in shares of what it could be below the level held."""
SAME = 1e-5
"""Relative difference up to which two levels are one."""
TRIES, STEP = 4, 1.0
"""Of prices, and by how much the logarithm of one is changed at most."""
EXCESS = 10.0
"""Times the price that a portfolio's search pays more for what it exceeds a limit by for certain."""


@dataclass(frozen=True)
class Shared:
    """The row among the linking ones that holds an earlier stage's objective: its number, its `level`, `least`, what the earlier
    stage's relaxation comes to, and `plan`, what its plan did."""

    row: int
    level: float
    least: float
    plan: float

    @classmethod
    def of(cls, chains: Chains, limit: Limit, portfolios: Portfolios) -> Shared | None:
        """The row that holds what a limit does; None where no linking one does, at zero, where nothing is shared out, and where
        the relaxation has no room."""
        level = chains.program.row_upper[chains.linking]
        rows = np.flatnonzero((level > 0) & (np.abs(level - limit.level) <= SAME * limit.level))
        if rows.size != 1:
            return None
        found = cls(int(rows[0]), float(level[rows[0]]), limit.bounds.least(portfolios), limit.plan)
        return found if 0.0 < found.room < np.inf else None

    @property
    def aim(self) -> float:
        """What the relaxation should come to: as far above its own least as portfolios, which come to no less than the plan, may
        be above theirs."""
        return self.least + self.level - self.plan

    def price(self, worth: float) -> float:
        """The price to begin with where portfolios are worth about so much."""
        return max(0.0, DEAR * worth / self.level)

    @property
    def room(self) -> float:
        """How far the relaxation could be below the level."""
        return self.level - self.least


class PricedProof(ChainProof):
    """The proof by chain of a part with branches (rows and columns of it), the row that is `shared` at a price.

    `worth`: what a plan is worth, for the scale of prices.
    """

    more_cuts, cut_at = 2, 10
    heeds_plans = False

    def __init__(
        self,
        part: Part,
        chains: Chains,
        branches: tuple[Mask, Mask],
        portfolios: Portfolios,
        shared: Shared,
        worth: float,
        threads: int,
    ) -> None:
        self._shared = shared
        chains = self._at(shared.price(worth), chains)
        super().__init__(part, chains, portfolios, _bounds(chains), threads)
        self._branches = branches
        self.by_chain = BranchedChains(chains, branches, threads)
        self.is_priced = False
        """Whether the price is found, and the relaxation solved with it."""

    @property
    def price(self) -> float:
        """What a unit of what is held costs now."""
        return float(self._chains.prices[self._shared.row])

    @property
    def is_warm(self) -> bool:
        """Its relaxation tells more than what is known before."""
        return True

    def relax(self, begin: Array, hear: Callable[[float], None], seconds_left: Callable[[], float]) -> bool:
        """The same at a price from which the relaxation comes to about the level aimed at."""
        answers = self._answers(begin, max(1.0, seconds_left()))
        if answers is None:
            return False
        price = self._shared.price(self._objective(begin, answers))
        for _ in range(TRIES):
            self._set_price(price)
            if not super().relax(begin, hear, seconds_left):
                return False
            above = self._above(seconds_left)
            if above is None or abs(above) <= NEAR * self._shared.room:
                break
            price *= float(np.exp(np.clip(above / self._shared.room, -STEP, STEP)))
        self.is_priced = True
        return True

    def at_prices(self, rows: Array) -> tuple[BranchedChains, Bounds]:
        """The same chains where what is held and shared out costs what it does in `rows`, prices by row of the part, and where
        their cuts can be kept."""
        chains = self._chains
        chains = chains.at(np.maximum(np.where(chains.is_held, chains.prices, 0.0), rows[chains.linking]))
        return BranchedChains(chains, self._branches, self._threads), _bounds(chains)

    def cut(self, portfolio: Array, seconds_left: Callable[[], float]) -> None:
        """Takes cuts at a portfolio."""
        self._cut(portfolio, seconds_left)

    def _objective(self, portfolio: Array, answers: Sequence[Answer]) -> float:
        program = self._chains.program
        return float(program.cost @ self.by_chain.point(portfolio, answers) + program.constant)

    def _above(self, seconds_left: Callable[[], float]) -> float | None:
        """By how much the relaxation is above what it should come to; None without a solution, or without one in time."""
        answers = None if self.relaxed is None else self._answers(self.relaxed, seconds_left())
        if self.relaxed is None or answers is None:
            return None
        row = self._chains.program.a[[self._chains.linking[self._shared.row]]]
        return float((row @ self.by_chain.point(self.relaxed, answers))[0]) - self._shared.aim

    def _set_price(self, price: float) -> None:
        known = self._chains.relaxed if self.relaxed is None else self.relaxed
        self._chains = replace(self._at(price, self._chains), relaxed=known)
        self.by_chain.redirect(self._chains)
        self.bounds = _bounds(self._chains)

    def _at(self, price: float, chains: Chains) -> Chains:
        prices = chains.prices.copy()
        prices[self._shared.row] = price
        return chains.at(prices)

    def _answers(self, point: Array, seconds: float) -> list[Answer] | None:
        return self.by_chain.answers(point, seconds)

    def _keep_bases(self) -> None:
        """Nobody begins there: the search asks the same chains."""


def _bounds(chains: Chains) -> Bounds:
    """Where the cuts of chains at their prices can be kept."""
    return Bounds(chains.seen, chains.portfolios.count, chains.constant, KEPT)


class PricedValuation:
    """Values portfolios by chain, and on demand with all chains together those that may be better than the best plan, which is
    worth `lowest`; a `Valuation`'s place in a search.

    A portfolio that comes to less than the level is worth more than at the proof's price, since room is worth nothing: it is
    valued too at what linking rows have cost in the last linear program of all chains together. One that is known to exceed
    one of the `limits` has no plan, and counts as worse the more it does.
    """

    def __init__(
        self, proof: PricedProof, together: Valuation, limits: Sequence[Limit], lowest: Callable[[], float]
    ) -> None:
        self._by_chain, self._bounds, self._together = proof.by_chain, proof.bounds, together
        self._other, self._other_bounds = proof.at_prices(together.row_prices())
        self._limits, self._lowest = limits, lowest
        self._price = EXCESS * proof.price

    def value(self, portfolio: Array, seconds: float) -> Value | None:
        """What a portfolio is worth at the price, no plan's value; None where a chain has no solution, or none in time."""
        answers = self._by_chain.answers(portfolio, seconds)
        if answers is None:
            return None
        total = self._bounds.constant + sum(answer.level for answer in answers)
        if total < self._lowest() or not self._other_bounds.is_whole:
            others = self._other.answers(portfolio, seconds)
            if others is not None:
                self._other_bounds.keep([answer.cut for answer in others], portfolio)
        if max(total, self._other_bounds.at(portfolio)) < self._lowest():
            for limit in self._limits:
                limit.exceeds(portfolio, seconds)  # leaves a bound there, for `at`
        return Value(total, False, np.zeros(0), [answer.cut for answer in answers])

    def at(self, portfolio: Array) -> float:
        """What a portfolio counts as in the search."""
        excess = sum(max(0.0, limit.bounds.at(portfolio) - limit.level) for limit in self._limits)
        return max(self._bounds.at(portfolio), self._other_bounds.at(portfolio)) + self._price * excess

    def promised(self, estimates: Array, moves: Moves, portfolio: Array, chosen: Indices) -> Array:
        """What a portfolio counts as at least after some moves, as `Portfolios.fitting` gives them, from what `bounds` tell."""
        found = np.maximum(estimates, self._other_bounds.after(moves, portfolio).of(chosen))
        for limit in self._limits:
            found += self._price * limit.excess(portfolio, moves, chosen)
        return found

    def together(self, portfolio: Array, seconds: float) -> Value | None:
        """The value of a portfolio with all chains together, without cuts; None where it is known not to be better than the best,
        and where there is none, or none in time."""
        if self.at(portfolio) >= self._lowest() or any(limit.exceeds(portfolio, seconds) for limit in self._limits):
            return None
        return self._together.value(portfolio, seconds)

    def bounds(self) -> Bounds:
        """Where the cuts of its values are kept."""
        return self._bounds

    def make_dearer(self) -> bool:
        """What is held stays at its price."""
        return False

    def cancel(self) -> None:
        """Ends a value that is under way in another thread."""
        self._by_chain.cancel()
        self._other.cancel()
        self._together.cancel()
