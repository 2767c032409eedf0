"""The guided method on whole formulations: the plain method's answers, and every stage's plan a point of the whole program."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from quadopt.errors import NoPlanError
from quadopt.solver.best import Best
from quadopt.solver.goals import goals_of
from quadopt.solver.matrix import Array, Program
from quadopt.solver.minimise import Minimiser, Search
from quadopt.solver.part import Part
from quadopt.solver.stages import Stage, Staged
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options

SEEDS = range(100, 125)
JOINING = (0, 4, 46, 61)
"""Seeds where more suppliers join than the one that the search begins with."""
CLOSE = 1e-5
LIMIT = 20.0


@dataclass
class Run:
    """How the stages of a formulation ended: with which plan of which program."""

    staged: Staged
    held: list[tuple[Program, Best]] = field(default_factory=list)
    has_plan: bool = True

    @property
    def stages(self) -> list[Stage]:
        """What the stages came to."""
        return self.staged.stages


def run(tables: dict[str, Any], options: dict[str, Any], method: str, traced_from_start: bool = False) -> Run:
    """A case under a method. HiGHS is not left alone first, so that the race is really run."""
    rules = as_formulation(options)
    solver = rules.solver.model_copy(update={"method": method, "default_time_limit": LIMIT, "time_limit": {}})
    staged = Staged(Case.from_tables(tables), rules.model_copy(update={"solver": solver}))
    staged.minimiser.alone_seconds = 0.0
    if traced_from_start:
        staged.minimiser.active = list(staged.minimiser.suppliers)
    return watched(Run(staged))


def watched(out: Run) -> Run:
    """Runs the stages and keeps what each minimisation had to solve, and found."""
    minimise = Minimiser.minimise

    def watching(self: Minimiser, program: Program, *arguments: Any) -> Best:
        best = minimise(self, program, *arguments)
        out.held.append((program, best))
        return best

    with patch.object(Minimiser, "minimise", watching):
        try:
            out.staged.run()
        except NoPlanError:
            out.has_plan = False
    return out


@cache
def random_run(seed: int, method: str, traced_from_start: bool = False) -> Run:
    """A random case under a method."""
    tables = random_tables(seed)
    return run(tables, random_options(seed, tables), method, traced_from_start)


def assert_same(guided: Run, plain: Run) -> None:
    """The same objectives within the gaps, and no bound above a plan."""
    assert guided.has_plan == plain.has_plan
    gap = plain.staged.options.solver.gap
    for ours, other in zip(guided.stages, plain.stages, strict=True):
        assert ours.name == other.name
        assert ours.incumbent == pytest.approx(other.incumbent, rel=gap + CLOSE, abs=1e-6), ours.name
        assert ours.bound <= other.incumbent + CLOSE * max(1.0, abs(other.incumbent)), f"{ours.name}: no bound"


def assert_feasible(program: Program, values: Array) -> None:
    """Rows, bounds and whole numbers by plain arithmetic, up to rounding of what each row adds up."""
    at, size = program.a @ values, np.maximum(1.0, np.abs(program.a) @ np.abs(values))
    assert (at - program.row_upper <= 1e-6 * size).all(), "a row is above its upper side"
    assert (program.row_lower - at <= 1e-6 * size).all(), "a row is below its lower side"
    size = np.maximum(1.0, np.abs(values))
    assert (values - program.upper <= 1e-6 * size).all(), "a column is above its bound"
    assert (program.lower - values <= 1e-6 * size).all(), "a column is below its bound"
    whole = values[program.is_integer]
    assert np.abs(whole - np.round(whole)).max(initial=0.0) <= 1e-6, "half a project"


def assert_plans(found: Run) -> None:
    """Every plan is a point of the whole program, worth what is said."""
    for program, best in found.held:
        if best.values is not None:
            assert_feasible(program, best.values)
            worth = program.cost @ best.values + program.constant
            assert best.incumbent == pytest.approx(worth, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_guided_comes_to_the_same_as_plain(seed: int) -> None:
    guided, plain = random_run(seed, "guided"), random_run(seed, "plain")
    assert_same(guided, plain)
    assert_plans(guided)
    assert all(stage.gap <= guided.staged.options.solver.gap + CLOSE for stage in guided.stages)


def test_the_race_is_run() -> None:
    with patch.object(Search, "_run_race", side_effect=AssertionError("raced")), pytest.raises(AssertionError):
        tables = random_tables(SEEDS[0])
        run(tables, random_options(SEEDS[0], tables), "guided")


@pytest.mark.parametrize("seed", JOINING)
def test_suppliers_that_matter_are_taken_in(seed: int) -> None:
    lazily, at_once = random_run(seed, "guided"), random_run(seed, "guided", traced_from_start=True)
    assert len(lazily.staged.minimiser.active) > 1, "the seed shows nothing"
    assert len(lazily.staged.minimiser.active) == len(set(lazily.staged.minimiser.active))
    assert_same(lazily, at_once)
    assert_same(lazily, random_run(seed, "plain"))
    assert_plans(lazily)


@pytest.mark.parametrize("seed", JOINING)
def test_listeners_hear_only_of_plans_of_the_whole(seed: int) -> None:
    # With suppliers left out a search finds less dependence than its plan has.
    told: list[tuple[float, float]] = []
    minimise = Minimiser.minimise

    def listening(self: Minimiser, program: Program, gap: float, limit: float, progress: Any) -> Best:
        del told[:]
        best = minimise(self, program, gap, limit, lambda *heard: told.append(heard))
        plans, bounds = (np.array([heard[end] for heard in told if not np.isnan(heard[end])]) for end in (0, 1))
        size = CLOSE * max(1.0, abs(best.incumbent))
        assert np.isfinite(plans).all() and np.isfinite(bounds).all()
        assert (np.diff(plans) <= size).all() and (np.diff(bounds) >= -size).all()
        assert (plans >= best.incumbent - size).all() and (bounds <= best.bound + size).all()
        heard_of.append(plans.size)
        return best

    heard_of: list[int] = []
    tables = random_tables(seed)
    with patch("quadopt.solver.hearing.PROGRESS_SECONDS", 0.0), patch.object(Minimiser, "minimise", listening):
        run(tables, random_options(seed, tables), "guided")
    assert all(heard_of)


@pytest.mark.parametrize("seed", JOINING)
def test_nothing_that_stays_sees_what_is_left_out(seed: int) -> None:
    staged = random_run(seed, "plain").staged
    program = staged.program(last_goal(staged))
    for supplier in staged.minimiser.suppliers:
        part = Part.without([supplier], staged.matrix, program)
        assert not part.columns.all() and not part.rows.all()
        unseen = program.a[part.rows][:, ~part.columns]
        others = program.row_upper[part.rows][np.diff(unseen.indptr) > 0]
        assert not others.size, "a row that stays counts on a column left out"
        assert not program.cost[~part.columns].any()
        values = part.to_whole(part.from_whole(staged.values))
        assert (values[part.columns] == staged.values[part.columns]).all()
        assert not values[~part.columns].any()


def last_goal(staged: Staged) -> Any:
    """An objective that everything in the matrix may stand beside."""
    return goals_of(staged.model, staged.options, "shortage", staged.case.currency)[0]


@pytest.mark.parametrize("seed", [3, 6, 46])
def test_a_stage_without_a_search_has_the_plan_before(seed: int) -> None:
    # As where there is no time: what the search would have found is taken away after the first stage.
    tables = random_tables(seed)
    options = {**random_options(seed, tables), "caps": []}
    staged = Staged(Case.from_tables(tables), as_formulation(options))
    staged.minimiser.alone_seconds = 0.0
    run_race = Search._run_race

    def only_at_first(self: Search, part: Part, look_around: float | None) -> Any:
        return run_race(self, part, look_around) if not staged.stages else None

    with patch.object(Search, "_run_race", only_at_first):
        found = watched(Run(staged))
    assert found.has_plan
    assert_plans(found)
    integers = [best.values[program.is_integer] for program, best in found.held if best.values is not None]
    assert len(integers) == len(found.stages) >= 3
    assert all(np.round(own) == pytest.approx(np.round(integers[0])) for own in integers)
    for program, best in found.held:
        if (program.lower >= 0).all() and (program.cost >= 0).all():
            assert best.bound >= program.constant, "no cost is below nothing"
    exact = random_run(seed, "plain").stages
    assert found.stages[0].incumbent == pytest.approx(exact[0].incumbent, rel=CLOSE, abs=1e-6)


def with_rules(seed: int, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A random case, some of its options changed."""
    tables = random_tables(seed)
    return tables, {**random_options(seed, tables), **changes}


@pytest.mark.parametrize("seed", [6])
def test_tangents_hold_for_a_plan_carried_over(seed: int) -> None:
    tables, options = with_rules(seed, measure="hhi", objective_dependence="index", caps=[])
    with patch(f"{__name__}.LIMIT", 3.0):
        guided = run(tables, options, "guided")
    assert guided.has_plan
    for program, best in guided.held:
        if best.values is not None:
            assert_feasible(program, best.values)


@pytest.mark.parametrize("seed", [3, 5])
def test_caps_hold_for_a_plan_carried_over(seed: int) -> None:
    cap = {"basis": "traced", "scope": "member", "kappa": 0.5, "materials": None}
    period = random_tables(seed)["periods"][1]["period"]
    stated, free = {**cap, "from_period": period}, {**cap, "scope": "group", "kappa": 0.3, "from_period": ""}
    tables, options = with_rules(seed, caps=[stated, free])
    guided = run(tables, options, "guided")
    assert_plans(guided)
    assert_same(guided, run(tables, options, "plain"))
