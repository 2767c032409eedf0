"""Runs of the study of alternatives: the next list of projects, a list with or without one project, what lists are worth.

A list is what a plan starts, project -> period. It is good where the goal of one stage, shortage and other stages before
held as in the plan, stays within a level with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.solver.farthest import Farthest, Search
from quadopt.solver.good_portfolios import Cuts, Distance, GoodPortfolios
from quadopt.solver.kept import KeptStarts
from quadopt.solver.outcome import Status
from quadopt.solver.small_programs import KEPT_BOUNDS
from quadopt.solver.stages import Staged
from quadopt.sweep.run import Outcome
from quadopt.tables.case import Case

NEXT = "quadopt.whatif.alternatives.project_lists:next_list"
CHANGED = "quadopt.whatif.alternatives.project_lists:list_with_or_without"
WORTH = "quadopt.whatif.alternatives.project_lists:worth"
"""Names of the work functions, for a `Run`."""

KEPT_LISTS = 40
"""Good lists that later searches begin with: the latest met."""

Starts = Mapping[str, str]


@dataclass(frozen=True)
class ListFound:
    """What a search for a good list has found.

    `starts` is None where there is none, with `value` nan; `distance` counts projects, `dates` the dates that differ on top,
    from the nearest list known before; `bound`: no good list can be farther away than so many projects. `is_proven`: the
    search left nothing open. `plan_value`: the goal's least value with the plan's own list, nan where that is above the level.
    `met`, good lists as far as is known, and `cuts` are what later searches begin with; blank where none does.
    """

    starts: Starts | None
    value: float
    distance: int
    dates: int
    bound: int
    is_proven: bool
    plan_value: float
    met: Sequence[Starts]
    cuts: str


@dataclass(frozen=True)
class Worth:
    """What a list comes to when the stages are solved with it: each stage's goal, and each objective of the formulation.

    Empty where a stage has no solution with the list. Only suppliers that mattered to the plan's search are traced.
    """

    goals: Mapping[str, float]
    objectives: Mapping[str, float]

    def value_of(self, stage: str, known: float) -> float:
        """A stage's goal: the one known, in the whole model, where there is one."""
        return known if known == known else self.goals.get(stage, known)


def next_list(
    case: Case,
    options: Formulation,
    start: Plan,
    *,
    stage: str,
    level: float,
    lists: Sequence[Starts],
    met: Sequence[Starts],
    cuts: str,
    seconds: float,
) -> Outcome:
    """The good list whose least distance from the plan's and those found before is largest, by so many seconds of work."""
    good, plan_value = _good(case, options, start, stage, level, met, cuts)
    known = [good.portfolio_of(dict(found)) for found in (start.starts, *lists)]
    return _outcome(good, Search(good, known, seconds, known[0]).farthest(), plan_value)


def list_with_or_without(
    case: Case,
    options: Formulation,
    start: Plan,
    *,
    stage: str,
    level: float,
    project: str,
    is_started: bool,
    met: Sequence[Starts],
    cuts: str,
    seconds: float,
) -> Outcome:
    """A good list with a project, or one without it, or the proof that there is none."""
    good, plan_value = _good(case, options, start, stage, level, met, cuts)
    own = np.array([p == project for p, _ in good.starts], dtype=bool)
    return _outcome(
        good,
        Search(good, [], seconds, good.portfolio_of(start.starts)).any(own, is_started),
        plan_value,
        is_last=True,
    )


def worth(case: Case, options: Formulation, start: Plan, *, lists: Sequence[Starts]) -> Outcome:
    """Each list's objectives: one stage after the other, each held where the plan held it or as near as the list allows."""
    kept = KeptStarts(Staged(case, options), start)
    periods = case.periods
    found = []
    for starts in lists:
        portfolio = np.array([float(starts.get(p) == periods[tau - 1]) for p, tau in kept.starts])
        reached = kept.reach(portfolio)
        goals = {stage.goal.name: value for stage, value in zip(kept.stages, reached.goals, strict=True)}
        found.append(Worth(goals, reached.objectives))
    return Outcome(found, Status.OPTIMAL.value, 0.0)


def _outcome(good: GoodPortfolios, found: Farthest, plan_value: float, is_last: bool = False) -> Outcome:
    distance = Distance(good.portfolios.project)
    projects, dates = distance.apart(found.distance)
    bound, _ = distance.apart(found.bound)
    starts = None if found.portfolio is None else good.starts_in(found.portfolio)
    met = [] if is_last else [good.starts_in(one) for one in good.met[-KEPT_LISTS:]]
    cuts = "" if is_last else good.cuts.latest(KEPT_BOUNDS).to_text()
    told = ListFound(starts, found.value, projects, dates, bound, found.is_proven, plan_value, met, cuts)
    status = Status.OPTIMAL if found.is_proven else Status.STOPPED_WITH_PLAN if starts else Status.STOPPED_WITHOUT_PLAN
    return Outcome(
        told, status.value, 0.0 if found.is_proven else (found.bound - found.distance) / max(found.distance, 1.0)
    )


_latest: dict[tuple[object, ...], GoodPortfolios] = {}
"""The model that this process has built last: a chain's next run asks the same one."""


def _good(
    case: Case, options: Formulation, plan: Plan, stage: str, level: float, met: Sequence[Starts], cuts: str
) -> tuple[GoodPortfolios, float]:
    """The good portfolios, with what earlier runs have found out about them; and the value of the plan's own, nan where it is
    none of them. All is as in a new process: what a run finds does not depend on which runs were before it here."""
    held = tuple(plan.stages["held_at"].fillna(0.0))
    key = (case.input_hash, options.model_dump_json(), stage, level, held, *sorted(plan.starts.items()))
    if key in _latest:
        _latest[key].begin_anew()
    else:
        _latest.clear()
        _latest[key] = GoodPortfolios(Staged(case, options), plan, stage, level)
    good = _latest[key]
    value = good.value(good.portfolio_of(plan.starts))
    if cuts:
        good.cuts = Cuts.from_text(cuts, len(good.starts))
        good.met = [good.portfolio_of(dict(one)) for one in met]
    return good, float("nan") if value is None else value
