"""Good portfolios far from known ones: against brute force over all portfolios, each valued by an LP of its own."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from quadopt.plan import Plan
from quadopt.solver.answer import draft
from quadopt.solver.farthest import Search
from quadopt.solver.good_portfolios import Cuts, Distance, GoodPortfolios
from quadopt.solver.kept import KeptStarts
from quadopt.solver.matrix import Array
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options

SEEDS = (1, 8, 9, 12, 34, 42)
WITHIN = (0.0, 0.05, 0.4)


@cache
def planned(seed: int) -> tuple[Staged, Plan]:
    """A random case with its plan, not audited."""
    tables = random_tables(seed)
    options = as_formulation(random_options(seed, tables), gap=1e-9)
    staged = Staged(Case.from_tables(tables), options)
    staged.run()
    return staged, draft(staged)


def stage_of(plan: Plan) -> tuple[str, float]:
    """The first stage of dependence and what the plan's run reached in it."""
    row = plan.stages[plan.stages["objective"] == "dependence"].iloc[0]
    return str(row["stage"]), float(row["incumbent"])


@cache
def good_of(seed: int, within: float) -> GoodPortfolios:
    staged, plan = planned(seed)
    stage, reached = stage_of(plan)
    return GoodPortfolios(Staged(staged.case, staged.options), plan, stage, reached + within)


@cache
def values(seed: int) -> dict[tuple[str, ...], float]:
    """Every portfolio that the rules of starts and money allow -> least dependence, by resident LPs of another room."""
    staged, plan = planned(seed)
    stage, _ = stage_of(plan)
    kept = KeptStarts(Staged(staged.case, staged.options), plan)
    until = [s.goal.name for s in kept.stages].index(stage)
    portfolios = Portfolios.of(kept.matrix, kept.whole)
    choices: dict[str, list[int]] = {}
    for k, (project, _) in enumerate(kept.starts):
        choices.setdefault(project, [-1]).append(k)
    out = {}
    for chosen in itertools.product(*choices.values()):
        portfolio = np.zeros(len(kept.starts))
        portfolio[[k for k in chosen if k >= 0]] = 1.0
        if portfolios.allows(portfolio):
            # Earlier stages are held where the plan held them, whatever that does to dependence.
            goals = kept._reach(portfolio, kept.stages[: until + 1], [0.0] * (until + 1)).goals
            is_held = all(
                v <= s.held_at + 1e-6 * max(1.0, abs(v)) for v, s in zip(goals[:until], kept.stages, strict=False)
            )
            if is_held and np.isfinite(goals[until]):
                out[tuple(portfolio.tolist())] = goals[until]
    return out


def good_by_force(seed: int, within: float) -> list[Array]:
    level = good_of(seed, within).level
    return [np.array(key) for key, value in values(seed).items() if value <= level]


@pytest.mark.parametrize("within", WITHIN)
@pytest.mark.parametrize("seed", SEEDS)
def test_each_next_portfolio_is_as_far_as_brute_force_finds_one(seed: int, within: float) -> None:
    good, all_good = good_of(seed, within), good_by_force(seed, within)
    distance = Distance(good.portfolios.project)
    known = [good.portfolio_of(planned(seed)[1].starts)]
    good.value(known[0])
    for _ in range(8):
        farthest = max((min(distance.between(k, g) for k in known) for g in all_good), default=0.0)
        found = Search(good, known, 60.0, known[0]).farthest()
        assert found.is_proven
        if found.portfolio is None:
            assert farthest < 1.0 - 1e-9
            return
        assert found.distance == pytest.approx(farthest, abs=1e-6)
        assert found.bound == pytest.approx(farthest, abs=1e-6)
        assert found.value == pytest.approx(values(seed)[tuple(found.portfolio.tolist())], abs=1e-5)
        known.append(found.portfolio)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_good_portfolio_without_and_with_each_project_or_the_proof_that_there_is_none(seed: int) -> None:
    good, all_good = good_of(seed, 0.05), good_by_force(seed, 0.05)
    inside = good.portfolio_of(planned(seed)[1].starts)
    good.value(inside)
    for project in sorted({p for p, _ in good.starts}):
        own = np.array([p == project for p, _ in good.starts])
        without = Search(good, [], 60.0, inside).any(own, is_started=False)
        assert without.is_proven
        assert (without.portfolio is None) == (not any(g[own].sum() < 0.5 for g in all_good))
        with_it = Search(good, [], 60.0, inside).any(own, is_started=True)
        assert with_it.is_proven
        assert (with_it.portfolio is None) == (not any(g[own].sum() > 0.5 for g in all_good))


def test_no_time_proves_nothing_and_what_was_met_before_is_found_at_once() -> None:
    known = good_of(8, 0.4)
    inside = known.portfolio_of(planned(8)[1].starts)
    known.value(inside)
    farthest = Search(known, [inside], 60.0, inside).farthest()
    fresh = GoodPortfolios(known.staged, planned(8)[1], stage_of(planned(8)[1])[0], known.level)
    found = Search(fresh, [inside], 0.0, inside).farthest()
    assert not found.is_proven
    assert found.portfolio is None
    assert found.bound >= farthest.distance
    assert farthest.portfolio is not None
    fresh.met = [farthest.portfolio]
    assert Search(fresh, [inside], 0.0, inside).farthest().distance == farthest.distance


def test_distance_counts_projects_and_then_dates() -> None:
    distance = Distance(np.array([0, 0, 1, 1, 2]))
    first, second = np.array([1.0, 0, 1, 0, 0]), np.array([0.0, 1, 0, 0, 1])
    assert distance.apart(distance.between(first, second)) == (2, 1)
    assert distance.between(first, second) == distance.between(second, first)
    assert distance.between(first, first) == 0
    assert distance.projects * distance.of_date < 1


def test_cuts_are_the_same_after_a_way_through_text() -> None:
    cuts = Cuts(np.random.default_rng(1).normal(size=(3, 4)), np.arange(3.0), np.eye(4)[:2])
    again = Cuts.from_text(cuts.to_text(), 4)
    assert (again.prices == cuts.prices).all() and (again.offsets == cuts.offsets).all()
    assert (again.excluded == cuts.excluded).all()
    assert Cuts.from_text(Cuts.none(4).to_text(), 4).prices.shape == (0, 4)
