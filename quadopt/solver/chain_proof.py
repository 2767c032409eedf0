r"""The proof by chain: starts and money by their rules, one level a chain, and cuts (multi-cut Benders by chain of materials).

Its relaxation is brought to that of the whole program first, with cuts taken between its own point and the best so far
(in-out: Ben-Ameur and Neto, 2007); they come in by the dozen where the whole program has tens of thousands of rows, so that its
branch and bound looks at nodes in thousandths of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from quadopt.solver.bounds import Bounds
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.chains import Chains
from quadopt.solver.gap import relative_gap
from quadopt.solver.highs import Basis, HighsModel
from quadopt.solver.matrix import Array, Program
from quadopt.solver.part import Part
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.recourse import Answer, Cut
from quadopt.solver.valuation import DEARER_TIMES

STEP = 0.4
"""How far from the best point so far towards the relaxation's own cuts are taken."""
CLOSED = 1e-3
"""Relative gap at which the relaxation counts as solved: more cuts come from the portfolios that are valued."""
STALLED, PATIENCE = 1e-4, 3
"""Relative rise of the bound below which so many rounds one after the other are enough."""
VIOLATED = 1e-9
"""By how much a cut must be above a level for the relaxation to need it, in shares of all that is measured."""


class ChainProof:
    """What the proof of a part in chains is made of. `bounds` are shared with the search."""

    more_cuts, cut_at = 3, 1
    """Times as many cuts with which a MIP begins anew, and at how many of the last portfolios of one cuts are taken."""
    heeds_plans = True
    """Whether one begins anew where a better plan leaves fewer portfolios to look at."""

    def __init__(self, part: Part, chains: Chains, portfolios: Portfolios, bounds: Bounds, threads: int) -> None:
        self.part, self.portfolios, self.bounds = part, portfolios, bounds
        self._chains, self._threads = chains, threads
        self._columns = portfolios.program.cost.size
        self.relaxed: Array | None = None
        """Parts of starts of the relaxation, where it is solved."""
        self.ended: list[Basis] | None = None
        """By chain, where its linear program has ended there."""

    @cached_property
    def valuation(self) -> ChainedValuation:
        """Its own, made by the thread that proves while the other begins to search."""
        return ChainedValuation(self._chains, self._threads)

    @property
    def is_warm(self) -> bool:
        """Whether it begins with what is known from a similar case."""
        return self._chains.relaxed is not None

    @property
    def program(self) -> Program:
        """Starts, money and levels, with all cuts that there are now."""
        return self.bounds.program(self.portfolios)

    def from_whole(self, values: Array) -> Array:
        """A point of the whole program in the proof's columns, each level as low as the cuts allow."""
        portfolio = np.round(values[self.part.whole.is_integer])
        return np.append(values[self.portfolios.columns], self.bounds.levels(portfolio))

    def relax(self, begin: Array, hear: Callable[[float], None], seconds_left: Callable[[], float]) -> bool:
        """Cuts that make the relaxation's bound that of the whole program's, told as it rises; False where a chain has no
        solution at one of its points. `begin`: a portfolio."""
        known = self._chains.relaxed
        inside = begin if known is None else known
        least = self._cut(inside, seconds_left)
        if not self.bounds.is_whole:
            return False
        taken, step = self.bounds.added, STEP
        model = HighsModel(self.program.relaxed, self._threads)
        before, stalled = -np.inf, 0
        while seconds_left() > 0:
            solved = model.solve(0.0, seconds_left())
            if solved.values is None or not solved.is_optimal:
                break
            hear(solved.bound)
            stalled = stalled + 1 if solved.bound < before + STALLED * abs(before) else 0
            before = solved.bound
            outside, levels = solved.values[self.portfolios.columns_of_starts], solved.values[self._columns :]
            self.relaxed = outside
            if relative_gap(least, solved.bound) <= CLOSED or stalled == PATIENCE:
                break
            between = step * outside + (1.0 - step) * inside
            value = self._cut(between, seconds_left)
            if not np.isfinite(value):
                return seconds_left() <= 0
            if value < least:
                inside, least = between, value
            cuts = self.bounds.since(taken)  # the search's too
            taken += len(cuts)
            if any(self._told(cut, outside) > levels[cut.piece] + VIOLATED for cut in cuts):
                model.add_rows(*self.bounds.rows_of(cuts, self.portfolios))
            elif step < 1.0:
                step = 1.0
            else:
                break
        self._keep_bases()
        return True

    def cut(self, portfolio: Array, seconds_left: Callable[[], float]) -> None:
        """Takes cuts at a portfolio, linking rows dearer where it exceeds them."""
        for _ in range(DEARER_TIMES):
            value = self.valuation.value(portfolio, max(1.0, seconds_left()))
            if value is None:
                break
            self.bounds.keep(value.cuts, portfolio)
            if value.is_plan or not self.valuation.make_dearer():
                break

    def _cut(self, point: Array, seconds_left: Callable[[], float]) -> float:
        """The value of a point of the relaxation, infinite without a solution; keeps the cuts there."""
        answers = self._answers(point, max(1.0, seconds_left()))
        if answers is None:
            return np.inf
        self.bounds.keep([answer.cut for answer in answers], point)
        return sum(answer.level for answer in answers) + self.bounds.constant

    def _answers(self, point: Array, seconds: float) -> list[Answer] | None:
        return self.valuation.answers(point, seconds)

    def _keep_bases(self) -> None:
        self.ended = self.valuation.bases()

    def _told(self, cut: Cut, point: Array) -> float:
        return cut.constant + float(cut.prices @ point[self.bounds.seen[cut.piece]])
