r"""Good portfolios: those with which one stage's goal stays at or below a level, and cuts that every one of them meets.

The goal's least value with given starts is convex in them, so that each LP leaves a bound behind that holds for all
portfolios (`valuation`): a good one keeps every such bound at or below the level (Benders, 1962). Which suppliers the
plan's search has left out is made up for: what is good without them is valued in the whole program.
"""

from __future__ import annotations

import base64
import time
import zlib
from dataclasses import dataclass

import numpy as np

from quadopt.plan import Plan
from quadopt.solver.goals import Goal
from quadopt.solver.kept import caps_found
from quadopt.solver.matrix import Array, Indices
from quadopt.solver.part import Part
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.stages import Staged
from quadopt.solver.valuation import Valuation, Value
from quadopt.tables.records import rows_of

SECONDS = 300.0
"""For one LP."""
NOISE = 1e-6
"""Part of the level by which a value may miss it: the solver's rounding."""
SMALLEST = 0.01
"""What `NOISE` is a part of where the level is smaller."""
OF_LP = 1.4e-6
"""Seconds that a linear program takes for each coefficient, from the basis before: measured once, so that efforts are the same
on every machine."""


@dataclass(frozen=True)
class Cuts:
    """What is known of the goal: bounds `offsets + prices @ portfolio` from below, one a row of `prices`, and portfolios
    that are `excluded` one by one, one a row."""

    prices: Array
    offsets: Array
    excluded: Array

    @classmethod
    def none(cls, count: int) -> Cuts:
        """No knowledge of `count` starts."""
        return cls(np.zeros((0, count)), np.zeros(0), np.zeros((0, count)))

    def with_bound(self, value: Value) -> Cuts:
        """With what one more value tells."""
        return Cuts(np.vstack([self.prices, value.prices]), np.append(self.offsets, value.offset), self.excluded)

    def without(self, portfolio: Array) -> Cuts:
        """With one more portfolio excluded."""
        return Cuts(self.prices, self.offsets, np.vstack([self.excluded, np.round(portfolio)]))

    def latest(self, count: int) -> Cuts:
        """With no more than the latest `count` bounds."""
        return Cuts(self.prices[-count:], self.offsets[-count:], self.excluded)

    def to_text(self) -> str:
        """As text, every figure as it is; `from_text` reads it."""
        bounds = np.hstack([self.prices, self.offsets[:, None]])
        return " ".join(base64.b64encode(zlib.compress(part.tobytes())).decode() for part in (bounds, self.excluded))

    @classmethod
    def from_text(cls, text: str, count: int) -> Cuts:
        """From what `to_text` has written of cuts over `count` starts."""
        bounds, excluded = (
            np.frombuffer(zlib.decompress(base64.b64decode(part)), dtype=float) for part in text.split(" ")
        )
        bounds = bounds.reshape(-1, count + 1)
        return cls(bounds[:, :-1], bounds[:, -1], excluded.reshape(-1, count))


class GoodPortfolios:
    """The portfolios of a case with which the plan's stage `stage` stays at or below a level, all earlier stages held
    where the plan held them."""

    def __init__(self, staged: Staged, plan: Plan, stage: str, level: float) -> None:
        self.staged = staged
        self.level = level + NOISE * max(abs(level), SMALLEST)
        """With the solver's rounding."""
        goal = _held_up_to(staged, plan, stage)
        self.program = staged.program(goal)
        matrix = staged.matrix
        self.portfolios = Portfolios.of(matrix, self.program)
        self.starts: list[tuple[str, int]] = list(staged.model.pyomo.starts)
        """(project, number of the period), in the order of a portfolio's entries."""
        seen = plan.options["suppliers_in_search"]
        left_out = [s for s in staged.model.structure.suppliers if ("exposure", s) in matrix.owners and s not in seen]
        self._part = Part.without(left_out, matrix, self.program)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forgets everything, the bases of linear programs as well: what follows does not depend on what was asked before."""
        held, threads = self.staged.matrix.rows_of("held"), self.staged.options.solver.threads
        self._narrow = Valuation(self._part.program, held[self._part.rows], threads)
        self._whole: Valuation | None = None
        self._held = held
        self.cuts = Cuts.none(len(self.starts))
        self._valued: set[bytes] = set()
        self.met: list[Array] = []
        """Portfolios that are good as far as the suppliers looked at tell, and not found otherwise."""
        self.is_complete = True
        """Whether every portfolio excluded is known to be no good; not so where an LP was given up."""
        self.work = 0.0
        """Work done in linear programs so far, seconds."""

    def portfolio_of(self, starts: dict[str, str]) -> Array:
        """A portfolio from project -> period of its start."""
        periods = self.staged.case.periods
        return np.array([float(starts.get(p) == periods[tau - 1]) for p, tau in self.starts])

    def starts_in(self, portfolio: Array) -> dict[str, str]:
        """A portfolio as project -> period of its start."""
        periods = self.staged.case.periods
        return {p: periods[tau - 1] for (p, tau), x in zip(self.starts, portfolio, strict=True) if x > 0.5}

    def value(self, portfolio: Array) -> float | None:
        """The goal's least value with a portfolio that is good as far as the suppliers looked at tell; None with another.

        The cuts tell more afterwards, and no portfolio that is not good meets them any longer.
        """
        found = self._within_level(self._narrow, portfolio)
        if found is None:
            self._rule_out(portfolio)
            return None
        self.met = [*self._met_but(portfolio), portfolio]
        return found.total

    def confirmed(self, portfolio: Array) -> float | None:
        """The goal's least value in the whole program, for a portfolio that has a value; None where it is not good there."""
        if not self._part.left_out:
            return self.value(portfolio)
        if self._whole is None:
            self._whole = Valuation(self.program, self._held, self.staged.options.solver.threads)
        self._narrow.value(portfolio, SECONDS)
        self._whole.begin_from(self._narrow, self._part.rows, self._part.columns)
        found = self._within_level(self._whole, portfolio)
        if found is None:
            self.met = self._met_but(portfolio)
            self._rule_out(portfolio)
        return None if found is None else found.total

    def _met_but(self, portfolio: Array) -> list[Array]:
        return [one for one in self.met if (one != portfolio).any()]

    def learn(self, portfolio: Array) -> bool:
        """Values a portfolio, parts of starts allowed, for its cut alone. Whether the bound there is above the level."""
        found = self._narrow.value(portfolio, SECONDS)
        self.work += OF_LP * self._part.program.a.nnz
        if found is None:
            return False
        self.cuts = self.cuts.with_bound(found)
        return found.total > self.level

    def _within_level(self, valuation: Valuation, portfolio: Array) -> Value | None:
        """What a portfolio is worth where that is within the level and exceeds no earlier stage's level; else None."""
        while True:
            begin = time.perf_counter()
            found = valuation.value(portfolio, SECONDS)
            self.work += OF_LP * (self._part.program if valuation is self._narrow else self.program).a.nnz
            if found is None:
                self.is_complete &= time.perf_counter() - begin < SECONDS
                return None
            self.cuts = self.cuts.with_bound(found)
            if found.total > self.level:
                return None
            if found.is_plan:
                return found
            if not valuation.make_dearer():
                return None

    def _rule_out(self, portfolio: Array) -> None:
        """Sees to it that a portfolio meets the cuts no longer: by itself, where its bounds do not tell clearly."""
        key = np.packbits(portfolio > 0.5).tobytes()
        bounds = self.cuts.offsets + self.cuts.prices @ portfolio
        if key in self._valued or not (bounds > self.level + NOISE * max(abs(self.level), SMALLEST)).any():
            self.cuts = self.cuts.without(portfolio)
        self._valued.add(key)


def _held_up_to(staged: Staged, plan: Plan, stage: str) -> Goal:
    """The goal of the plan's stage `stage`, all earlier ones built and held where the plan held them."""
    if staged.options.caps:
        staged.hold_caps_from(caps_found(staged, plan))
    held_at = {row.stage: row.held_at for row in rows_of(plan.stages)}
    for aim in staged.aims():
        if aim.goal.name == stage:
            return aim.goal
        staged.hold(aim.goal, held_at[aim.goal.name])
    raise KeyError(stage)


@dataclass(frozen=True)
class Distance:
    """How far portfolios lie apart: projects that one of them starts and the other does not, and, counted so much less that
    all of them together are less than a project, those that both start at different dates.

    `project[k]` is the number of the project that start k belongs to. Linear in a portfolio, the other given: the Hamming
    distance (Brill, Chang and Hopkins, 1982; Danna et al., 2007).
    """

    project: Indices

    @property
    def projects(self) -> int:
        """Number of projects."""
        return int(self.project.max(initial=-1)) + 1

    @property
    def of_date(self) -> float:
        """What one other date counts."""
        return 1.0 / (self.projects + 1)

    def terms(self, known: Array) -> tuple[Array, float]:
        """Coefficients and constant of the distance from a known portfolio."""
        started = np.zeros(self.projects, dtype=bool)
        started[self.project[known > 0.5]] = True
        coefficients = np.where(started[self.project], -1.0 + self.of_date, 1.0)
        coefficients[known > 0.5] = -1.0
        return coefficients, float(started.sum())

    def between(self, known: Array, other: Array) -> float:
        """Distance of two portfolios."""
        coefficients, constant = self.terms(known)
        return float(coefficients @ np.round(other)) + constant

    def apart(self, distance: float) -> tuple[int, int]:
        """A distance as projects in one list only, and dates that differ."""
        projects = int(np.floor(distance + 0.5 * self.of_date))
        return projects, round((distance - projects) / self.of_date)
