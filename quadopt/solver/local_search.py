"""Local search over portfolios, guided by the bounds that valuations have left behind.

The bounds of the portfolios valued so far make a model of the objective that never overstates it. Moves of one or two
projects are tried on that model, all of them at once, and only what promises to be better is valued, an LP. Where nothing
promises to be better the portfolio is the best of its neighbourhood, and the search begins anew from a part of it, or
from whatever all bounds together leave as better: anywhere, or near the best where earlier objectives are held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from quadopt.solver.bounds import Bounds
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.limits import Limit
from quadopt.solver.matrix import Array, Indices
from quadopt.solver.neighbourhood import Neighbourhood
from quadopt.solver.portfolio import Moves, Portfolios
from quadopt.solver.priced import PricedValuation
from quadopt.solver.seeking import sought
from quadopt.solver.valuation import DEARER_TIMES, Valuation, Value

SOUGHT_CALLS = 200
"""Of HiGHS, for which the portfolio is sought that promises most."""
LONGEST = 16
"""Pairs of moves that may be made on the model before the next valuation, at most."""
BETTER = 1e-6
"""Relative difference from which a portfolio counts as better."""
FIRST_SECONDS, FIRST_OF_A_BETTER = 300.0, 30.0
"""For the first value, though time may be over: without a plan, and with one."""

SecondsLeft = Callable[[], float]
Listener = Callable[[Value], None]


class LocalSearch:
    """The best portfolio of one program so far, and how to find better ones; `has_plan`: there is one from elsewhere.

    `limits`: what earlier stages' searches know of portfolios that keep their objectives.
    """

    def __init__(
        self,
        portfolios: Portfolios,
        valuation: Valuation | ChainedValuation | PricedValuation,
        listener: Listener,
        left: SecondsLeft,
        bounds: Bounds | None = None,
        has_plan: bool = False,
        limits: Sequence[Limit] = (),
    ) -> None:
        self.portfolios, self.valuation = portfolios, valuation
        self.bounds = valuation.bounds() if bounds is None else bounds
        self.limits = limits
        self._neighbourhood = Neighbourhood(portfolios, self.bounds, limits) if limits else None
        self._keeps_limits = False
        """Whether portfolios that exceed a limit are left out: elsewhere they lead from one that does not to the next."""
        self._is_anywhere = False
        """Whether what promises most was sought anywhere the last time, though there are limits."""
        self.listener, self.seconds_left = listener, left
        self._has_plan = has_plan
        self.best: Value | None = None
        self.portfolio: Array | None = None
        self.valued = 0
        """How many portfolios have been valued, each an LP."""
        self.most_values = np.inf
        """A descent ends when so many have been."""
        self._totals: dict[bytes, float] = {}
        self._random = np.random.default_rng(0)

    @property
    def lowest(self) -> float:
        """Value of the best plan so far, infinite without one."""
        return np.inf if self.best is None else self.best.total

    def go_on_with(self, valuation: PricedValuation) -> None:
        """Goes on with another valuation of the same program, and its bounds."""
        self.valuation, self.bounds = valuation, valuation.bounds()
        self._neighbourhood = Neighbourhood(self.portfolios, self.bounds, self.limits)
        self._totals.clear()

    def value(self, portfolio: Array) -> float:
        """What a portfolio's own bounds say, infinite where it has none. Keeps them, and the plan where it is the best."""
        key = _key(portfolio)
        if key in self._totals:
            return self._totals[key]
        if self._keeps_limits and any(limit.exceeds(portfolio, self._seconds()) for limit in self.limits):
            self._totals[key] = np.inf
            return np.inf
        self.valued += 1
        found = self.valuation.value(portfolio, self._seconds())
        for _ in range(DEARER_TIMES):
            if found is None or found.is_plan or found.total >= self.lowest:
                break
            if not self.valuation.make_dearer():
                break
            self.bounds.keep(found.cuts, portfolio)
            self._totals.clear()
            found = self.valuation.value(portfolio, self._seconds())
        if found is None:
            self._totals[key] = np.inf
            return np.inf
        self.bounds.keep(found.cuts, portfolio)
        priced = self.valuation if isinstance(self.valuation, PricedValuation) else None
        self._totals[key] = self.bounds.at(portfolio) if priced is None else priced.at(portfolio)
        if found.is_plan:
            self._take(found, portfolio)
        return self._totals[key]

    def cancel(self) -> None:
        """Ends a value that is under way in another thread."""
        self.valuation.cancel()
        for limit in self.limits:
            limit.cancel()

    def bound(self) -> float:
        """What no portfolio can be worth less than, by the bounds that are left behind; -inf without any."""
        return self.bounds.least(self.portfolios)

    def _seconds(self) -> float:
        least = 1.0
        if self.best is None:
            least = FIRST_OF_A_BETTER if self._has_plan else FIRST_SECONDS
        return max(least, self.seconds_left())

    def descend(self, portfolio: Array, is_called_off: Callable[[], bool] = lambda: False) -> None:
        """Betters a portfolio until nothing in its neighbourhood promises to be better, or it is called off."""
        ended = self._bettered(portfolio, is_called_off)
        if isinstance(self.valuation, PricedValuation):
            self._take_together(ended, self.valuation)

    def _bettered(self, portfolio: Array, is_called_off: Callable[[], bool]) -> Array:
        """Where such a descent ends."""
        total, length = self.value(portfolio), 4
        while (
            self.seconds_left() > 0 and self.bounds.is_whole and self.valued < self.most_values and not is_called_off()
        ):
            promising = self._promising(portfolio, total, length)
            if promising is None:
                break
            found = self.value(promising)
            if found < total - BETTER * abs(total):
                portfolio, total, length = promising, found, min(2 * length, LONGEST)
            else:
                length = max(1, length // 2)
        return portfolio

    def _take_together(self, portfolio: Array, valuation: PricedValuation) -> None:
        """Keeps the plan of a portfolio that has been valued by chain alone, where it is the best."""
        found = valuation.together(portfolio, self._seconds())
        if found is not None and found.is_plan:
            self._take(found, portfolio)

    def _take(self, found: Value, portfolio: Array) -> None:
        """Keeps a plan where it is the best, and tells of it."""
        if found.total < self.lowest - 1e-12 * abs(found.total):
            self.best, self.portfolio = found, portfolio.copy()
            self.listener(found)

    def begin_anew(self, is_called_off: Callable[[], bool] = lambda: False) -> bool:
        """Betters the best portfolio with some of its projects left out, until called off; whether any could be in time."""
        fewer = None if self.portfolio is None or self.seconds_left() <= 0 else self._with_fewer(self.portfolio)
        if fewer is not None:
            self.descend(fewer, is_called_off)
        return fewer is not None

    def seek(self, is_called_off: Callable[[], bool] = lambda: False) -> bool:
        """Betters the portfolio that promises most by all bounds, wherever it is, with limits one near the best that keeps them;
        whether one was found that may be better."""
        if self.portfolio is None or not self.bounds.is_whole:
            return False
        self._is_anywhere = isinstance(self.valuation, PricedValuation) and not self._is_anywhere
        promising = self._sought(self.portfolio, lambda: self.seconds_left() <= 0 or is_called_off())
        if promising is None or _key(promising) in self._totals or self.seconds_left() <= 0:
            if self._neighbourhood is not None and not self._is_anywhere:
                self._neighbourhood.widen()
            return False
        self._keeps_limits = not self._is_anywhere
        self.descend(promising, is_called_off)
        self._keeps_limits = False
        return True

    def _sought(self, portfolio: Array, is_called_off: Callable[[], bool]) -> Array | None:
        below = self.lowest - BETTER * abs(self.lowest)
        if self._neighbourhood is not None and not self._is_anywhere:
            return self._neighbourhood.promising(portfolio, below, is_called_off)
        return sought(self.bounds.program(self.portfolios), self.portfolios, below, SOUGHT_CALLS, is_called_off)

    def _with_fewer(self, portfolio: Array) -> Array | None:
        """The portfolio without two to four of its projects, drawn at random; None where there are none to leave out."""
        moves = self.portfolios.moves(portfolio)
        leaving = np.flatnonzero(moves.taken < 0)
        for _ in range(100 if leaving.size else 0):
            count = min(leaving.size, int(self._random.integers(2, 5)))
            fewer = moves.after(portfolio, tuple(self._random.choice(leaving, count, replace=False)))
            if self.portfolios.allows(fewer):
                return fewer
        return None

    def _promising(self, portfolio: Array, total: float, length: int) -> Array | None:
        """Up to `length` steps on the model, as long as it promises more; None where the first promises nothing."""
        found, promised = None, total
        for _ in range(length):
            if self.seconds_left() <= 0:
                break
            step = self._step(portfolio if found is None else found, promised - BETTER * abs(total))
            if step is None:
                break
            found, promised = step
        return found

    def _step(self, portfolio: Array, below: float) -> tuple[Array, float] | None:
        """The one or two moves with the lowest estimate below a value, portfolios valued already left out."""
        moves = self.portfolios.moves(portfolio)
        chosen, estimates = self._candidates(moves, portfolio, below)
        for k in np.argsort(estimates, kind="stable"):
            after = moves.after(portfolio, tuple(move for move in chosen[k].tolist() if move >= 0))
            if _key(after) not in self._totals and self.portfolios.allows(after):
                return after, float(estimates[k])
        return None

    def _candidates(self, moves: Moves, portfolio: Array, below: float) -> tuple[Indices, Array]:
        """Single moves and pairs that the rules allow, as `Portfolios.fitting` gives them, with estimates below a value."""
        promises = self.bounds.after(moves, portfolio)
        chosen = self.portfolios.fitting(moves, portfolio, np.flatnonzero(promises.lowers))
        estimates = promises.of(chosen)
        is_promising = estimates < below
        chosen, estimates = chosen[is_promising], estimates[is_promising]
        if isinstance(self.valuation, PricedValuation):
            estimates = self.valuation.promised(estimates, moves, portfolio, chosen)
            is_promising = estimates < below
            chosen, estimates = chosen[is_promising], estimates[is_promising]
        for limit in self.limits if self._keeps_limits else ():
            is_kept = limit.excess(portfolio, moves, chosen) <= 0
            chosen, estimates = chosen[is_kept], estimates[is_kept]
        return chosen, estimates


def _key(portfolio: Array) -> bytes:
    """A portfolio as something to be looked up by."""
    return np.packbits(portfolio > 0.5).tobytes()
