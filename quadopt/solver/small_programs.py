r"""Small programs over starts and money alone: what the cuts know of the goal, and distances from known portfolios.

$\theta \ge$ every cut; $z \le$ the distance from every known portfolio. Either $z$ is maximised with $\theta$ at or below the
level, or $\theta$ minimised with $z$ at least a distance.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from quadopt.solver.company import Company
from quadopt.solver.good_portfolios import Distance, GoodPortfolios
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Mask, Program
from quadopt.solver.outcome import Outcome

GAP = 1e-7
KEPT_BOUNDS = 500
"""How many bounds the small programs hold: the latest."""
BEST_CALLS, GOOD_CALLS = 1500, 45
"""How often HiGHS is heard while the best so far away is sought; at least, before one within the level is taken for it."""
SECONDS = 120.0
"""For one small program, which calls end long before."""
OF_RELAXED, OF_WHOLE, OF_CALL = 1e-5, 4e-4, 2e-7
"""Seconds that a small program takes for each coefficient, once with parts of starts allowed or once without, and every time
that HiGHS is heard: measured once on the Quad case, so that efforts are the same on every machine."""


class _Enough(Company):
    """Ends a small program after so many calls; where it looks for the best so far away also when its bound is above the
    level, or when a portfolio within the level has been there for a while."""

    def __init__(self, most_calls: int, level: float = np.inf) -> None:
        self._most_calls, self._level = most_calls, level
        self.calls = 0
        self._is_over = False

    def hear(self, incumbent: float, bound: float) -> None:
        """Hears of a portfolio that the cuts have no more against than `incumbent`."""
        self.calls += 1
        has_good = np.isfinite(self._level) and incumbent <= self._level and self.calls >= GOOD_CALLS
        self._is_over = self._is_over or self.calls >= self._most_calls or bound > self._level or has_good

    def is_over(self) -> bool:
        """Whether that is enough."""
        return self._is_over


class SmallPrograms:
    """The small programs beside what is `known`; the cuts are those of `good` at the time of each solve."""

    def __init__(self, good: GoodPortfolios, known: list[Array]) -> None:
        self.good, self.known = good, known
        self.distance = Distance(good.portfolios.project)
        self._rules = good.portfolios.program
        self._starts = np.flatnonzero(self._rules.is_integer)
        self.work = 0.0
        """Work done so far, seconds."""

    def require(self, own: Mask, is_started: bool) -> None:
        """Adds the rule that one of some starts is chosen, or none."""
        rules, count = self._rules, float(is_started)
        row = np.zeros((1, rules.cost.size))
        row[0, self._starts[own]] = 1.0
        self._rules = replace(
            rules,
            a=sp.csr_array(sp.vstack([rules.a, row])),
            row_lower=np.append(rules.row_lower, count),
            row_upper=np.append(rules.row_upper, count),
        )

    def starts_of(self, solved: Outcome) -> Array:
        """The starts in a solution of a small program."""
        assert solved.values is not None
        return np.clip(solved.values[self._starts], 0.0, 1.0)

    def best(self, at_least: float, is_relaxed: bool = False) -> Outcome:
        """The least that the goal can be with all distances at least so large, well enough for what `_Enough` says."""
        program = self._program(at_least, np.inf)
        program.cost[-1] = 1.0
        return self._solved(program, is_relaxed, _Enough(BEST_CALLS, self.good.level))

    def most(self, at_least: float, calls: int, is_relaxed: bool = False) -> Outcome:
        """The largest least distance with which the goal could be within the level; its negative is minimised."""
        program = self._program(at_least, self.good.level)
        program.cost[-2] = -1.0
        return self._solved(program, is_relaxed, _Enough(calls))

    def _solved(self, program: Program, is_relaxed: bool, enough: _Enough) -> Outcome:
        if is_relaxed:
            program = replace(program, is_integer=np.zeros_like(program.is_integer))
        model = HighsModel(program, self.good.staged.options.solver.threads)
        # After presolve HiGHS 1.16 has stayed at the root of some of these for ever; there is little to presolve.
        model.leave_presolve_out()
        solved = model.solve(GAP, SECONDS, None, enough)
        self.work += program.a.nnz * (OF_RELAXED if is_relaxed else OF_WHOLE + OF_CALL * enough.calls)
        return solved

    def _program(self, at_least: float, level: float) -> Program:
        """Rules of starts and money, the distances and the cuts; the last two columns are the least distance and the goal."""
        rules, cuts = self._rules, self.good.cuts.latest(KEPT_BOUNDS)
        distances = [self.distance.terms(known) for known in self.known]
        count = self._starts.size
        far = np.array([terms for terms, _ in distances]).reshape(-1, count)
        rows = np.vstack([far, cuts.prices, 1.0 - 2.0 * cuts.excluded])
        of_distance = np.concatenate([np.full(len(far), -1.0), np.zeros(len(rows) - len(far))])
        of_goal = np.zeros(len(rows))
        of_goal[len(far) : len(far) + len(cuts.offsets)] = -1.0
        lower = np.concatenate(
            [
                [-constant for _, constant in distances],
                np.full(cuts.offsets.size, -np.inf),
                1.0 - cuts.excluded.sum(axis=1),
            ]
        )
        upper = np.concatenate([np.full(len(far), np.inf), -cuts.offsets, np.full(len(cuts.excluded), np.inf)])
        placed = sp.csr_array((np.ones(count), (np.arange(count), self._starts)), shape=(count, rules.cost.size))
        added = sp.hstack([sp.csr_array(rows) @ placed, of_distance[:, None], of_goal[:, None]])
        a = sp.vstack([sp.hstack([rules.a, sp.csr_array((rules.a.shape[0], 2))]), added])
        farthest = float(self.distance.projects) if self.known else 0.0
        return Program(
            sp.csr_array(a),
            np.zeros(rules.cost.size + 2),
            0.0,
            np.concatenate([rules.lower, [at_least, -np.inf]]),
            np.concatenate([rules.upper, [max(at_least, farthest), level]]),
            np.concatenate([rules.row_lower, lower]),
            np.concatenate([rules.row_upper, upper]),
            np.append(rules.is_integer, [False, False]),
            np.append(rules.is_integer, [True, True]),
        )
