r"""Farthest: the good portfolio whose least distance from all known ones is largest, with a bound on that distance.

Two small programs over starts and money alone hold what the cuts know of the goal, $\theta$:

- the *farthest* that could be good: $\max z$, $z \le$ distance from every known portfolio, $\theta \le$ the level. Its bound
  is proven;
- the *best* so far away: $\min \theta$, every distance at least so much. Where its bound lies above the level, nothing
  good is so far away.

Their portfolios are valued, an LP each; what is not good leaves a cut behind. Both come to the same end where time allows,
and the second finds good portfolios long before. Cuts are also taken where the way from a good portfolio to one that is not
leaves the level, which cuts deeper (in-out separation: Ben-Ameur and Neto, 2007).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from quadopt.solver.good_portfolios import GoodPortfolios
from quadopt.solver.matrix import Array, Mask
from quadopt.solver.outcome import Outcome, Status
from quadopt.solver.small_programs import SmallPrograms

RELAXED_ROUNDS = 40
"""Cuts taken at most where starts may be parts."""
TELLING = 2e-3
"""Relative: a bound that moves by less is left to whole starts."""
STEPS = 3
"""Halvings on the way from a good portfolio to one that is not."""
PATIENCE = 3
"""Portfolios valued in vain at one distance before a smaller one is tried."""
FIRST_CALLS = 500
"""How often HiGHS is heard when first asked for the farthest that could be good; twice as often every next time."""
MOST_SHARE = 0.3
"""Effort for the farthest that could be good, as a part of that for the best so far away."""


@dataclass(frozen=True)
class Farthest:
    """What a search has found: a portfolio, its goal's value and its least distance from the known ones (None, nan, 0 where
    there is none), and the bound that no good portfolio exceeds. `is_proven`: nothing is left open."""

    portfolio: Array | None
    value: float
    distance: float
    bound: float
    is_proven: bool


class Search:
    """Search for good portfolios away from the `known` ones; `inside` is one that is good, for deep cuts.

    Its effort is limited to so many `seconds` of work, counted by what is done and not by the clock: the answer does not
    depend on how fast the machine is.
    """

    def __init__(self, good: GoodPortfolios, known: list[Array], seconds: float, inside: Array) -> None:
        self.good, self.known = good, known
        self.programs = SmallPrograms(good, known)
        self.distance = self.programs.distance
        self._seconds, self._before = seconds, good.work
        self._inside = inside

    @property
    def work(self) -> float:
        """Work done so far, seconds."""
        return self.programs.work + self.good.work - self._before

    def seconds_left(self) -> float:
        """Seconds of work until the search has to end."""
        return self._seconds - self.work

    def farthest(self, at_least: float = 1.0) -> Farthest:
        """The good portfolio farthest from the known ones, at least so far away."""
        return _Run(self, at_least).farthest()

    def any(self, own: Mask, is_started: bool) -> Farthest:
        """Any good portfolio with one of some starts, or with none of them; or the proof that there is none."""
        for met in [one for one in self.good.met if (one[own].sum() > 0.5) == is_started]:
            value = self.good.confirmed(met)
            if value is not None:
                return Farthest(met, value, 0.0, 0.0, True)
        self.programs.require(own, is_started)
        self.relax(lambda: self.programs.best(0.0, is_relaxed=True))
        while self.seconds_left() > 0:
            solved = self.programs.best(0.0)
            if solved.status is Status.INFEASIBLE or solved.bound > self.good.level:
                return Farthest(None, float("nan"), 0.0, 0.0, self.good.is_complete)
            portfolio, _ = self.tried(solved)
            value = None if portfolio is None else self.good.confirmed(portfolio)
            if value is not None:
                return Farthest(portfolio, value, 0.0, 0.0, True)
        return Farthest(None, float("nan"), 0.0, 0.0, False)

    def relax(self, solve: Callable[[], Outcome]) -> float:
        """Cuts where starts may be parts; the last bound."""
        bound, before = float("nan"), -np.inf
        for _ in range(RELAXED_ROUNDS):
            solved = solve()
            bound = solved.bound
            if solved.values is None or self.seconds_left() <= 0 or bound - before < TELLING * abs(bound):
                break
            if not self.good.learn(self.programs.starts_of(solved)):
                break
            before = bound
            self._learn_on_way_to(self.programs.starts_of(solved))
        return bound

    def _learn_on_way_to(self, outside: Array) -> None:
        """Takes cuts on the way from the good portfolio inside to one that is not good."""
        low, high = 0.0, 1.0
        for _ in range(STEPS):
            middle = (low + high) / 2
            if self.good.learn(self._inside + middle * (outside - self._inside)):
                high = middle
            else:
                low = middle

    def tried(self, solved: Outcome) -> tuple[Array | None, float]:
        """The portfolio of a small program with its value where it is good; else None, and cuts."""
        if solved.values is None:
            return None, float("nan")
        portfolio = np.round(self.programs.starts_of(solved))
        value = self.good.value(portfolio)
        if value is None:
            self._learn_on_way_to(portfolio)
            return None, float("nan")
        return portfolio, value

    def nearest_known(self, portfolio: Array) -> float:
        """Least distance of a portfolio from the known ones."""
        return min(self.distance.between(known, portfolio) for known in self.known)


@dataclass(frozen=True)
class _Found:
    portfolio: Array
    value: float
    distance: float


class _Run:
    """One search for the farthest good portfolio: the best so far, the bound, and the distance aimed at."""

    def __init__(self, search: Search, at_least: float) -> None:
        self.search, self.good = search, search.good
        self.found: list[_Found] = []
        """Good as far as the suppliers looked at tell, each farther than the one before."""
        self._at_least = at_least
        self.bound = float(search.distance.projects)
        self._step = search.distance.of_date
        self._aim, self._in_vain = at_least, 0
        self._work = {"best": 0.0, "most": 0.0}
        self._calls = FIRST_CALLS

    def farthest(self) -> Farthest:
        """Both small programs in turn, each its share of the time, until they meet or time is over.

        It begins with the good portfolios that earlier searches have met. What is found counts when it is confirmed in the
        whole program; where it is not, the search goes on from before it.
        """
        search = self.search
        relaxed = search.relax(lambda: search.programs.most(self.least, FIRST_CALLS, is_relaxed=True))
        self._lower_bound(-relaxed if np.isfinite(relaxed) else self.bound)
        for met in sorted(self.good.met, key=search.nearest_known):
            self._take(met, float("nan"))
        self._aim_midway()
        is_confirmed = False
        while not is_confirmed:
            self._take_turns()
            is_confirmed = self._confirm()
        is_proven = self._is_settled() and self.good.is_complete
        last = self.found[-1] if self.found else None
        if last is None:
            return Farthest(None, float("nan"), 0.0, 0.0 if is_proven else self.bound, is_proven)
        return Farthest(last.portfolio, last.value, last.distance, max(last.distance, self.bound), is_proven)

    def _take_turns(self) -> None:
        while not self._is_settled() and self.search.seconds_left() > 0:
            begin = self.search.work
            turn = "most" if self._work["most"] <= MOST_SHARE * self._work["best"] else "best"
            if turn == "most":
                self._try_most()
            else:
                self._try_best()
            self._work[turn] += self.search.work - begin

    def _confirm(self) -> bool:
        """Whether the farthest found is good in the whole program, or none is found; takes back the one that is not."""
        if not self.found:
            return True
        last = self.found.pop()
        value = self.good.confirmed(last.portfolio)
        if value is not None:
            self.found.append(replace(last, value=value))
        return value is not None or (not self.found and self.search.seconds_left() <= 0)

    @property
    def least(self) -> float:
        """The next portfolio lies at least so far away."""
        return self.found[-1].distance + self._step if self.found else self._at_least

    def _is_settled(self) -> bool:
        return self.bound < self.least - 0.25 * self._step

    def _lower_bound(self, to: float) -> None:
        """Lowers the bound to the next distance that there can be."""
        self.bound = min(self.bound, np.floor(to / self._step + 1e-4) * self._step)

    def _try_most(self) -> None:
        solved = self.search.programs.most(self.least, self._calls)
        self._calls *= 2
        if solved.status is Status.INFEASIBLE:
            self._lower_bound(self.least - self._step)
            return
        self._lower_bound(-solved.bound)
        self._try(solved)

    def _try_best(self) -> None:
        # Distances are multiples of what a date counts: what is ruled out at one of them leaves the next smaller one.
        self._aim = (
            np.ceil(min(max(self._aim, self.least), max(self.bound, self.least)) / self._step - 1e-4) * self._step
        )
        solved = self.search.programs.best(self._aim)
        if solved.status is Status.INFEASIBLE or solved.bound > self.good.level:
            self._lower_bound(self._aim - self._step)
            self._aim_midway()
        elif self._try(solved):
            self._aim_midway()
        else:
            self._in_vain += 1
            if self._in_vain >= PATIENCE:
                self._aim, self._in_vain = (self.least + self._aim) / 2, 0

    def _aim_midway(self) -> None:
        """Aims between what is found and what there could be."""
        self._aim, self._in_vain = (self.least + max(self.bound, self.least)) / 2, 0

    def _try(self, solved: Outcome) -> bool:
        """Values a small program's portfolio, and keeps it where it is good and the farthest so far."""
        portfolio, value = self.search.tried(solved)
        if portfolio is not None:
            self._take(portfolio, value)
        return portfolio is not None

    def _take(self, portfolio: Array, value: float) -> None:
        distance = self.search.nearest_known(portfolio)
        if distance > self.least - 0.5 * self._step:
            self.found.append(_Found(portfolio, value, distance))
