"""Kept starts: what each stage can still reach when the starts are given, by LPs that stay resident in HiGHS.

From one portfolio to the next only the starts' bounds and the levels of held objectives change, so that a stage is solved
from the basis before. Contributions have no limits here: what a portfolio costs the fund beyond them is told apart (`money`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from quadopt.errors import NoPlanError
from quadopt.plan import Plan
from quadopt.solver.brief import objective_values
from quadopt.solver.goals import Goal
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Mask, Matrix, Program
from quadopt.solver.outcome import Status
from quadopt.solver.part import Part
from quadopt.solver.stages import Staged
from quadopt.tables.records import rows_of

SECONDS = 600.0
"""For one LP; one that takes longer is given up and said to be unknown."""


@dataclass(frozen=True)
class Reached:
    """What the stages reach at one portfolio.

    `goals`: the least value of each stage, in order, as far as there is one (nan from the first that has none on);
    `objectives`: value of each of the formulation's objectives; `values`: the last stage's solution in the whole matrix,
    None where a stage has none.
    """

    goals: tuple[float, ...]
    objectives: dict[str, float]
    values: Array | None

    @property
    def is_possible(self) -> bool:
        """Whether there is a plan with this portfolio, money aside."""
        return self.values is not None


class StageProgram:
    """The LP of one stage. `incumbent`: what the plan's run reached in it; `held_at`: where later stages hold its goal, nan
    for the last stage."""

    def __init__(self, goal: Goal, part: Part, matrix: Matrix, threads: int, incumbent: float, held_at: float) -> None:
        self.goal, self.part, self.incumbent, self.held_at = goal, part, incumbent, held_at
        whole = part.program
        self._starts = np.flatnonzero(whole.is_integer).astype(np.int32)
        self.held = np.flatnonzero(matrix.rows_of("held")[part.rows]).astype(np.int32)
        paid = matrix.columns_of("contribution")[part.columns]
        self.program = replace(
            whole,
            upper=np.where(paid, np.inf, whole.upper),
            is_integer=np.zeros_like(whole.is_integer),
            is_anchor=whole.is_anchor | whole.is_integer,
        )
        self._threads = threads

    @cached_property
    def model(self) -> HighsModel:
        """The LP in HiGHS."""
        return HighsModel(self.program, self._threads)

    def solve(self, portfolio: Array, relaxed: list[float]) -> tuple[float, Array | None]:
        """Least value of the goal at a portfolio, or nan; its solution, or none. `relaxed`: by how much further than in the
        plan each goal before may rise."""
        self.model.set_bounds(self._starts, portfolio, portfolio)
        if relaxed:
            self.model.set_row_upper(self.held, self.program.row_upper[self.held] + np.array(relaxed))
        solved = self.model.solve(0.0, SECONDS)
        return (solved.incumbent, solved.values) if solved.is_optimal else (float("nan"), None)

    @contextmanager
    def with_objective(self, cost: Array) -> Iterator[None]:
        """Another objective for a while, by the whole matrix's columns."""
        columns = np.arange(self.program.cost.size, dtype=np.int32)
        self.model.set_costs(columns, cost[self.part.columns])
        try:
            yield
        finally:
            self.model.set_costs(columns, self.program.cost)

    def start_prices(self) -> Array:
        """What one more of each start would change at most, by the last LP: a bound, in the goal's unit."""
        return self.model.reduced_costs()[self._starts]

    def bound_prices(self) -> Array:
        """Change of the goal per unit of each column's bound that holds it, in the whole matrix's columns."""
        return self.part.to_whole(self.model.reduced_costs())

    def row_prices(self) -> Array:
        """Change of the goal per unit of each row's side, in the whole matrix's rows."""
        out = np.zeros(self.part.rows.size)
        out[self.part.rows] = self.model.row_values()
        return out


class KeptStarts:
    """The stages of a plan with the starts given; `starts` lists them as (project, number of the period).

    Only suppliers that mattered to the plan's search are traced.
    """

    def __init__(self, staged: Staged, plan: Plan) -> None:
        self.staged, self.matrix = staged, staged.matrix
        names = plan.options["suppliers_in_search"]
        self.traced = [s for s in staged.model.structure.suppliers if s in names]
        if staged.options.caps:
            staged.hold_caps_from(caps_found(staged, plan))
        self.stages: list[StageProgram] = []
        found = {row.stage: row for row in rows_of(plan.stages)}
        for aim in staged.aims():
            row = found[aim.goal.name]
            self.stages.append(self._program(aim.goal, row.incumbent, row.held_at))
            if not aim.is_last:
                staged.hold(aim.goal, row.held_at)
        self.starts = list(staged.model.pyomo.starts)
        periods = staged.case.periods
        self.portfolio = np.array([float(plan.starts.get(p) == periods[tau - 1]) for p, tau in self.starts])

    def _program(self, goal: Goal, incumbent: float, held_at: float) -> StageProgram:
        program = self.staged.program(goal)
        with_exposure = [s for s in self.staged.model.structure.suppliers if ("exposure", s) in self.matrix.owners]
        part = Part.without([s for s in with_exposure if s not in self.traced], self.matrix, program)
        return StageProgram(goal, part, self.matrix, self.staged.options.solver.threads, incumbent, held_at)

    @property
    def whole(self) -> Program:
        """The last stage's program with everything in it."""
        return self.stages[-1].part.whole

    @cached_property
    def base(self) -> Reached:
        """What the stages reach at the plan's own starts.

        Raises `NoPlanError` where the solver finds none, which a feasible plan rules out.
        """
        reached = self._reach(self.portfolio, self.stages, [0.0] * len(self.stages))
        if not reached.is_possible:
            raise NoPlanError("the plan's own starts have no solution", Status.FAILED.value)
        return reached

    def reach(self, portfolio: Array, until: int | None = None) -> Reached:
        """What the stages reach at a portfolio, the first `until` of them or all.

        A goal is held where the plan held it or, where the portfolio cannot keep that, as far above its own least value as
        the plan's level is above that of the plan's starts.
        """
        rooms = [max(0.0, s.held_at - v) for s, v in zip(self.stages, self.base.goals, strict=True)]
        return self._reach(portfolio, self.stages[:until], rooms)

    def _reach(self, portfolio: Array, stages: list[StageProgram], rooms: list[float]) -> Reached:
        goals: list[float] = []
        relaxed: list[float] = []
        solution: Array | None = None
        for stage, room in zip(stages, rooms, strict=False):
            value, solution = stage.solve(portfolio, relaxed)
            goals.append(value)
            if solution is None:
                break
            relaxed.append(max(0.0, value + room - stage.held_at))
        goals += [float("nan")] * (len(stages) - len(goals))
        if solution is None:
            return Reached(tuple(goals), {}, None)
        values = stages[-1].part.to_whole(solution)
        return Reached(tuple(goals), self._objectives(goals, values), values)

    def _objectives(self, goals: list[float], values: Array) -> dict[str, float]:
        """Value of each objective: its own stage's, where it has one; else what the last solution makes of it."""
        staged = self.staged
        own: dict[str, float] = {stage.goal.objective: value for stage, value in zip(self.stages, goals, strict=False)}
        if staged.options.approach == "lexicographic":
            return own
        return objective_values(staged, values)

    def named(self, portfolio: Array) -> dict[str, str]:
        """A portfolio as project -> period of its start."""
        periods = self.staged.case.periods
        return {p: periods[tau - 1] for (p, tau), x in zip(self.starts, portfolio, strict=True) if x > 0.5}

    def starts_of(self, project: str) -> Mask:
        """Mask of the starts of one project."""
        return np.array([p == project for p, _ in self.starts], dtype=bool)


def caps_found(staged: Staged, plan: Plan) -> dict[tuple[int, str, str], int]:
    """From which period each cap holds, as the plan's run has found it: (cap, place, material) -> number of the period."""
    staged.model.add_caps()
    periods = staged.case.periods
    found = [cap["holds_from"] for cap in plan.options["caps"]]
    keys = dict.fromkeys((k, n, m) for k, n, m, _ in staged.model.pyomo.capped)
    labels = {(k, n, m): found[k].get(f"{n}/{m}", periods[0]) for k, n, m in keys}
    return {key: periods.index(label) + 1 if label in periods else len(periods) + 1 for key, label in labels.items()}
