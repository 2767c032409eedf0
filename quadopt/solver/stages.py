"""The stages of a formulation: lexicographic, weighted or bounded; each sees only what its objective needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
from threadpoolctl import threadpool_limits

from quadopt.errors import NoPlanError
from quadopt.formulation import caps, dependence
from quadopt.formulation.build import Model
from quadopt.formulation.fit import check_fit
from quadopt.formulation.options import Formulation, Objective, Slack
from quadopt.plan import Plan
from quadopt.solver.best import Best
from quadopt.solver.gap import relative_gap
from quadopt.solver.goals import Goal, goals_of, prepare
from quadopt.solver.matrix import Array, Matrix, Program
from quadopt.solver.minimise import Minimiser
from quadopt.solver.outcome import Status
from quadopt.tables.case import Case

ANCHORS = ("is_started", "dependence", "worst", "square")
"""Variables that scaling leaves as they are: starts, and shares between zero and one."""

Listener = Callable[[str, float, float], None]
"""Called with (stage, incumbent, bound) while a stage is solved."""


@dataclass(frozen=True)
class Stage:
    """How one stage ended. `bound` is proven; `held_at` is what later stages may fall back to (nan: nothing follows)."""

    name: str
    objective: str
    unit: str
    status: Status
    incumbent: float
    bound: float
    held_at: float
    seconds: float
    rows: int
    columns: int
    binaries: int

    @property
    def gap(self) -> float:
        """Relative gap between incumbent and bound."""
        return relative_gap(self.incumbent, self.bound)


@dataclass(frozen=True)
class Aim:
    """A stage to come: its goal, seconds that it may take, and whether it is the last."""

    goal: Goal
    time_limit: float
    is_last: bool


class Staged:
    """Runs the stages of a formulation on a case and keeps the plan of the last one."""

    def __init__(self, case: Case, options: Formulation, listener: Listener | None = None) -> None:
        check_fit(options, case)
        self.case, self.options, self.listener = case, options, listener
        self.model = Model(case, options)
        self.matrix = Matrix(self.model.pyomo)
        self.stages: list[Stage] = []
        self.values: Array = np.zeros(0)
        self.warnings: list[str] = []
        self.cap_from: dict[tuple[int, str, str], int] = {}
        suppliers = self._by_worth()
        caps_trace = any(cap.basis == "traced" for cap in options.caps)
        sees_all = caps_trace or options.solver.method == "plain"
        active = suppliers if sees_all else suppliers[:1]
        solver = options.solver
        self.minimiser = Minimiser(
            self.matrix, suppliers, list(active), solver.threads, solver.method, solver.repeatable
        )
        self.model.pyomo.held = pyo.ConstraintList()
        self._kept: Array | None = None

    def begin_from(
        self, plan: Plan, starts: dict[str, str] | None = None, or_else: dict[str, str] | None = None
    ) -> None:
        """Begins the search with the starts of a known plan, or others, project -> period, with the suppliers that mattered to it
        and what its search has learnt.

        `or_else`: starts that are tried where those lead to no plan.
        """
        others = [] if or_else is None else [self._portfolio(or_else)]
        first = self._portfolio(plan.starts if starts is None else starts)
        self.minimiser.begin_with(first, plan.options["suppliers_in_search"], others, plan.warm_starts)

    def _portfolio(self, starts: dict[str, str]) -> Array:
        """Starts, project -> period, as values of the binaries."""
        period = self.case.periods
        return np.array([float(starts.get(p) == period[tau - 1]) for p, tau in self.model.pyomo.starts])

    def run(self) -> None:
        """All stages in order. Raises `NoPlanError` where one ends without a plan."""
        self.find_caps()
        for aim in self.aims():
            self.solve(aim)

    def keep_starts(self, starts: Mapping[str, str], free: Collection[str] = ()) -> None:
        """Fixes every start as given, project -> period, but those of the projects in `free`.

        Where none is free, every stage is a linear program.
        """
        period = self.case.periods
        self._kept = np.array([
            np.nan if p in free else float(starts.get(p) == period[tau - 1]) for p, tau in self.model.pyomo.starts
        ])  # fmt: skip

    @property
    def has_kept_starts(self) -> bool:
        """Whether starts are fixed."""
        return self._kept is not None

    def require(self, project: str, is_started: bool) -> None:
        """Has a project start in some period, or in none."""
        m = self.model.pyomo
        count = sum(m.is_started[p, tau] for p, tau in m.starts if p == project)
        m.required = pyo.Constraint(expr=count == float(is_started))

    def aims(self) -> Iterator[Aim]:
        """The stages in order, each built when it is asked for; before the next, `hold` keeps what it has reached."""
        objectives = self._objectives()
        if self.options.approach == "lexicographic":
            yield from self._lexicographic(objectives)
        elif self.options.approach == "weighted":
            yield self._weighted(objectives)
        else:
            yield self._bounded(objectives)

    def hold(self, goal: Goal, held_at: float) -> None:
        """Keeps a goal's value at or below a level in all that follows."""
        self.model.pyomo.held.add(goal.expression <= held_at)

    def hold_with_room(self, goal: Goal, held_at: float) -> Any:
        """Keeps a goal's value at or below a level, and gives the room that is left below it as a variable, never negative.

        An objective less a small weight times the room is that of the augmented epsilon-constraint method (Mavrotas, 2009).
        """
        m, name = self.model.pyomo, f"room_{goal.name}"
        m.add_component(name, pyo.Var(domain=pyo.NonNegativeReals))
        room = m.component(name)
        m.held.add(goal.expression + room <= held_at)
        return room

    def _objectives(self) -> list[Objective]:
        """The formulation's objectives, stress left out (with a warning) where the case has no disruptions."""
        objectives = self.options.objectives()
        if "stress" in objectives and not self.model.structure.has_crises:
            self.warnings.append("The case has no disruptions: the stress objective is left out.")
            objectives.remove("stress")
        return objectives

    def _by_worth(self) -> list[str]:
        """The traced suppliers, those whose offers are worth most first."""
        suppliers = self.model.structure.suppliers
        worth = dict.fromkeys(suppliers, 0.0)
        for plant in self.model.structure.plants:
            if plant.country in worth:
                output = sum(q * self.case.price[m] for m, q in plant.recipe.items() if q > 0)
                worth[plant.country] += output * sum(plant.capacity.values())
        return sorted(suppliers, key=lambda s: -worth[s])

    def _lexicographic(self, objectives: list[Objective]) -> Iterator[Aim]:
        for objective in objectives:
            prepare(self.model, self.options, objective, self.model.structure.has_crises)
            goals = goals_of(self.model, self.options, objective, self.case.currency)
            for goal in goals:
                is_last = objective == objectives[-1] and goal is goals[-1]
                yield Aim(goal, self.options.time_limit(objective) / len(goals), is_last)

    def _weighted(self, objectives: list[Objective]) -> Aim:
        expression, units = 0.0, []
        for objective in objectives:
            prepare(self.model, self.options, objective, self.model.structure.has_crises)
            goal = goals_of(self.model, self.options, objective, self.case.currency)[0]
            expression += self.options.weights[objective] * goal.expression
            units.append(f"{self.options.weights[objective]:g} x {objective}")
        goal = Goal(
            "weighted", objectives[-1], expression, f"million {self.case.currency}: {' + '.join(units)}", Slack()
        )
        return Aim(goal, max(self.options.time_limit(o) for o in objectives), is_last=True)

    def _bounded(self, objectives: list[Objective]) -> Aim:
        for objective in objectives:
            prepare(self.model, self.options, objective, self.model.structure.has_crises)
            goal = goals_of(self.model, self.options, objective, self.case.currency)[0]
            if objective in self.options.bounds:
                self.hold(goal, self.options.bounds[objective])
        return Aim(goal, self.options.time_limit(objective), is_last=True)

    def solve(self, aim: Aim) -> None:
        """Solves one stage, keeps its plan and holds its objective for those that follow."""
        begin, goal = time.perf_counter(), aim.goal
        program = self.program(goal)
        best = self._minimise(goal, program, aim.time_limit)
        if self.options.dependence.measure == "hhi" and hasattr(self.model.pyomo, "dependence_index"):
            best, program = self._touch_squares(goal, best, begin + aim.time_limit)
        if best.values is None:
            raise NoPlanError(self._no_plan(goal, best), best.last.value)
        self.values = best.values
        slack = max(goal.slack.relative * abs(best.incumbent), goal.slack.absolute, self._gap_slack(best))
        held_at = float("nan") if aim.is_last else best.incumbent + slack
        self.stages.append(self._record(goal, best, held_at, time.perf_counter() - begin, program))
        if not aim.is_last:
            self.hold(goal, held_at)
            self.minimiser.hold(held_at)

    def _gap_slack(self, best: Best) -> float:
        """The gap that a stage may have: its own, at most the one asked for, so that one cut off gives nothing away."""
        return min(max(0.0, best.incumbent - best.bound), self.options.solver.gap * abs(best.incumbent))

    def program(self, goal: Goal) -> Program:
        """All that is built so far, with a goal as its objective."""
        self.matrix.extend()
        program = self.matrix.program(goal.expression, ANCHORS)
        return program if self._kept is None else _with_starts(program, self._kept)

    def _minimise(self, goal: Goal, program: Program, time_limit: float) -> Best:
        def progress(incumbent: float, bound: float) -> None:
            if self.listener is not None:
                self.listener(goal.name, incumbent, bound)

        # Between two products of long vectors numpy's helper threads wait by spinning, on the core that search or proof needs.
        with threadpool_limits(limits=1, user_api="blas"):
            progress(float("nan"), float("nan"))
            return self.minimiser.minimise(program, self.options.solver.gap, time_limit, progress)

    def _touch_squares(self, goal: Goal, best: Best, deadline: float) -> tuple[Best, Program]:
        """HHI by tangents: touches the squares where the plan is, until they are true within the tolerance."""
        while best.values is not None:
            self.matrix.load(best.values)
            points, missing = self._squares()
            tolerance = self.options.dependence.hhi_tolerance
            if missing <= tolerance * max(self._index_value(), tolerance):
                break
            if time.perf_counter() > deadline:
                break
            dependence.add_tangents(self.model.pyomo, self.model.structure, points)
            program = self.program(goal)
            bound = best.bound
            best = self._minimise(goal, program, deadline - time.perf_counter())
            best.bound = max(best.bound, bound)
        if best.values is not None and goal.objective == "dependence":
            # The true value, not the tangents', is what is reported and held.
            best.incumbent = best.incumbent + missing
        return best, self.program(goal)

    def _index_value(self) -> float:
        return float(pyo.value(self.model.pyomo.dependence_index))

    def _squares(self) -> tuple[dict[tuple[str, str, str, int], float], float]:
        """Where tangents are missing, and by how much the index is below its true value."""
        m, points, missing = self.model.pyomo, {}, 0.0
        for n, k, t in m.measured:
            for s in m.counted:
                if (s, n, k) in m.flows:
                    share = m.base.shipment[s, n, k, t].value / m.amount[n, k, t]
                    below = share**2 - m.square[s, n, k, t].value
                    if below > 1e-9:
                        points[s, n, k, t] = share
                        missing += m.dependence_weight[n, k, t] * below
        return points, missing

    def find_caps(self) -> None:
        """Settles from which period each cap holds: as stated, or the first from which it can without more shortage."""
        if not self.options.caps:
            return
        self.model.add_caps()
        m = self.model.pyomo
        stated = {k: c.from_period for k, c in enumerate(self.options.caps)}
        excess: dict[tuple[int, str, str, int], float] = {}
        if any(not period for period in stated.values()):
            shortage = goals_of(self.model, self.options, "shortage", self.case.currency)[0]
            least = self._minimise(shortage, self.program(shortage), self.options.time_limit("shortage"))
            if least.values is None:
                raise NoPlanError(self._no_plan(shortage, least), least.last.value)
            held = pyo.Constraint(
                expr=m.shortage_total <= least.incumbent + max(least.incumbent - least.bound, 1e-3 * least.incumbent)
            )
            m.held_for_caps = held
            goal = Goal("caps", "dependence", m.cap_excess_total, "excess over need", Slack())
            found = self._minimise(goal, self.program(goal), self.options.time_limit("shortage"))
            if found.values is None:
                raise NoPlanError(self._no_plan(goal, found), found.last.value)
            self.matrix.load(found.values)
            excess = {key: m.cap_excess[key].value for key in m.capped}
        for k, n, material, _ in m.capped:
            key = (k, n, material)
            if stated[k]:
                self.cap_from[key] = self.case.periods.index(stated[k]) + 1
            else:
                size = max(1e-9, *(excess[k, n, material, s] for s in m.periods))
                above = [s for s in m.periods if excess[k, n, material, s] > 1e-6 * max(1.0, size)]
                self.cap_from[key] = max(above, default=0) + 1
        caps.hold(m, self.cap_from)

    def hold_caps_from(self, found: dict[tuple[int, str, str], int]) -> None:
        """Closes the caps, which the model has, from the periods that an earlier run has found, (cap, place, material) ->
        number of the period."""
        self.cap_from = dict(found)
        caps.hold(self.model.pyomo, self.cap_from)

    def _record(self, goal: Goal, best: Best, held_at: float, seconds: float, program: Program) -> Stage:
        within = best.gap() <= self.options.solver.gap + 1e-9
        status = Status.OPTIMAL if within else Status.STOPPED_WITH_PLAN
        rows, columns = program.a.shape
        binaries = int(program.is_integer.sum())
        return Stage(
            goal.name,
            goal.objective,
            goal.unit,
            status,
            best.incumbent,
            best.bound,
            held_at,
            seconds,
            rows,
            columns,
            binaries,
        )

    def _no_plan(self, goal: Goal, best: Best) -> str:
        reason = {
            Status.INFEASIBLE: "no plan meets all rules (committed projects beyond the budget, caps too tight, "
            "or a minimum stock that cannot be filled?)",
            Status.UNBOUNDED: "the objective has no bound, so the data allow unlimited gain",
            Status.STOPPED_WITHOUT_PLAN: "the time limit was reached before any plan was found",
        }.get(best.last, "the solver failed")
        return f"No plan in stage {goal.name}: {reason}."


def _with_starts(program: Program, starts: Array) -> Program:
    """The program with its starts fixed where they are not nan."""
    columns, is_fixed = np.flatnonzero(program.is_integer), ~np.isnan(starts)
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[columns[is_fixed]] = upper[columns[is_fixed]] = starts[is_fixed]
    is_integer = np.zeros_like(program.is_integer) if is_fixed.all() else program.is_integer
    return replace(
        program, lower=lower, upper=upper, is_integer=is_integer, is_anchor=program.is_anchor | program.is_integer
    )
