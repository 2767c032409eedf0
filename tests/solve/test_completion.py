"""Plans of a part made plans of the whole program, chain by chain."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from quadopt.solver.best import Best
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.completion import LATE_SECONDS, PLACING_SECONDS
from quadopt.solver.contest import Found
from quadopt.solver.feasibility import is_kept
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array
from quadopt.solver.minimise import Search
from quadopt.solver.recourse import Answer, Piece
from quadopt.solver.stages import Staged
from quadopt.solver.valuation import Valuation
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options
from tests.solve.chained_cases import (
    GAP,
    LIMIT,
    SECONDS,
    SEEDS,
    TIGHT,
    dependence_stage,
    first_plan,
    plan_of,
    some_portfolios,
)

ALMOST = 5e-3
"""Each of three suppliers that have not joined may add a thousandth."""


@contextmanager
def too_large(search: Search) -> Iterator[Piece]:
    """While the largest chain with all suppliers, which is given, takes too long."""
    assert isinstance(search.completion._whole, ChainedValuation)
    largest = max(search.completion._whole._pieces, key=lambda piece: piece._shape.columns.size)
    answer = Piece.answer

    def none_in_time(self: Piece, x: Array, seconds: float) -> Answer | None:
        return None if self is largest else answer(self, x, seconds)

    search.completion._slow = set()
    with patch.object(Piece, "answer", none_in_time):
        yield largest


def test_a_portfolio_is_completed_by_chain_as_by_the_whole() -> None:
    search = dependence_stage(SEEDS[0])
    portfolio = some_portfolios(search, 6)[-1]
    by_chain = search.completion.of_portfolio(portfolio)
    whole = Valuation(search.program, search.completion.held, 1, is_strict=True).value(portfolio, SECONDS)
    assert by_chain is not None and whole is not None
    assert isinstance(search.completion._whole, ChainedValuation)
    assert by_chain.total == pytest.approx(whole.total, rel=1e-5)
    assert search.completion.basis is not None


def test_starts_that_a_search_comes_back_to_are_completed_once() -> None:
    search = dependence_stage(SEEDS[0])
    part = search.joining.part(search.owner.suppliers[1:])
    found = Found(first_plan(search, part), 0.0)
    with (
        patch.object(search, "best", Best()),
        patch.object(search, "_completing", 0.0),
        patch.object(search, "_last_completed", None),
        patch.object(search.joining, "by_prices", return_value=True),
    ):
        assert search._count(found, part)
        value, seconds = search.best.incumbent, search._completing
        assert np.isfinite(value) and seconds > 0
        with patch.object(search.completion, "with_starts", side_effect=AssertionError):
            assert search._count(found, part), "who joins is asked again: the part is another"
        assert search.best.incumbent == value
        assert search._completing == seconds, "the next plan may take as long as this one did"


@pytest.mark.parametrize("seed", [0, 12, 33])
def test_around_branches_a_plan_is_as_little_dependent_as_it_can_be(seed: int) -> None:
    tables = random_tables(seed)
    slacks = {"shortage": (0.001, 0.001), "dependence": (0.0, 0.05)}
    changes = {"order": ["shortage", "dependence", "stress"], "slacks": slacks, "caps": [], "burden": "free"}
    options = {**random_options(seed, tables), **changes, "risk": "expected"}
    stages = Staged(Case.from_tables(tables), as_formulation(options))
    for aim in stages.aims():
        if aim.goal.name == "stress":
            break
        stages.solve(aim)
    program = stages.program(aim.goal)
    search = Search(stages.minimiser, program, GAP, LIMIT, None)
    best = search.guided()
    assert best.values is not None and search.completion.has_branches and len(stages.stages) == 2
    rows, columns = search.completion.branches
    dependence, constant = stages.matrix.vector(stages.model.pyomo.dependence_index)
    stays = columns | program.is_integer | (np.asarray(np.abs(program.a[rows]).sum(axis=0)).ravel() > 0)
    lower, upper = (np.where(stays, best.values, bounds) for bounds in (program.lower, program.upper))
    least = HighsModel(replace(program.relaxed, cost=dependence, constant=constant, lower=lower, upper=upper))
    expected = least.solve(0.0, SECONDS).incumbent
    assert dependence @ best.values + constant > expected + 1e-3, "the seed shows nothing"
    search.completion.basis = None
    completed = search.completion.around_branches(best.values, search.joining.part([]), False)
    assert completed is not None and is_kept(program, completed.values)
    assert completed.total == pytest.approx(best.incumbent, rel=1e-6)
    assert dependence @ completed.values + constant == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("budgets", [1.0, TIGHT])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_chain_that_takes_too_long_is_placed_almost_as_well(seed: int, budgets: float) -> None:
    search = dependence_stage(seed, budgets)
    completion = search.completion
    part = search.joining.part(search.owner.suppliers[1:])
    chains = search._chains(part)
    assert chains is not None
    placed = []
    for portfolio in some_portfolios(search, 6):
        exact, plan = completion.of_portfolio(portfolio), plan_of(search, part, portfolio)
        if plan is not None and exact is not None:
            with too_large(search) as largest:
                found = completion.with_starts(plan, False, part, ChainedValuation(chains, 1))
            assert found is not None, "around a plan there is room for exposure"
            placed.append(found)
            assert is_kept(search.program, found.values)
            assert found.total == pytest.approx(search.program.cost @ found.values + search.program.constant)
            assert exact.total - 1e-6 <= found.total
            if budgets == 1.0:
                assert found.total <= exact.total + ALMOST * max(1e-3, abs(exact.total))
            assert found.prices is not None and not found.prices[largest._shape.rows].any()
    assert placed


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_point_from_inside_exposure_is_placed_around_the_plan_of_the_part(seed: int) -> None:
    search = dependence_stage(seed)
    part = search.joining.part(search.owner.suppliers[1:])
    plan = first_plan(search, part)
    flows = part.columns & ~search.completion.results
    with too_large(search) as largest, patch.object(HighsModel, "inside", lambda self, accuracy, seconds: None):
        found = search.completion.with_starts(plan, True, part, None)
    assert found is not None and is_kept(search.program, found.values)
    own = largest._shape.columns
    assert (found.values[own] == plan[own])[flows[own]].all()


@pytest.mark.parametrize("seed", SEEDS)
def test_who_has_joined_in_a_chain_joins_the_next_time_at_once(seed: int) -> None:
    search, points = dependence_stage(seed), list[int]()
    part = search.joining.part(search.owner.suppliers[1:])
    plan, inside = first_plan(search, part), HighsModel.inside

    def counted(self: HighsModel, accuracy: float, seconds: float) -> Array | None:
        points.append(self.program.cost.size)
        return inside(self, accuracy, seconds)

    joined = dict[int, list[str]]()
    with patch.object(HighsModel, "inside", counted), patch.object(search.completion, "_joined", joined):
        totals, known = [], []
        for _ in range(2):
            with too_large(search):
                found = search.completion.with_starts(plan, True, part, None)
            assert found is not None
            totals.append(found.total)
            known.append({chain: list(suppliers) for chain, suppliers in joined.items()})
            points.append(0)
    first, again = points[: points.index(0)], points[points.index(0) + 1 : -1]
    assert len(again) == len(joined) <= len(first), "a chain is solved from inside once"
    assert known[0] == known[1] and set(again) <= set(first)
    assert totals[0] == pytest.approx(totals[1], rel=1e-3)


def test_a_better_plan_does_not_make_a_stage_late() -> None:
    search = dependence_stage(SEEDS[0])
    completion, part = search.completion, search.joining.part(search.owner.suppliers[1:])
    limits, chains, plan = list[float](), search._chains(part), first_plan(search, part)
    assert chains is not None
    near = ChainedValuation(chains, 1)

    def none_in_time(self: object, first: object, seconds: float) -> None:
        limits.append(seconds)

    with (
        patch.object(completion, "deadline", time.perf_counter() - 1.0),
        patch.object(Piece, "answer", none_in_time),
        patch.object(ChainedValuation, "value", none_in_time),
        patch.object(HighsModel, "inside", none_in_time),
    ):
        completion.with_starts(plan, False, part, near)
        assert len(limits) > 2 and max(limits) <= LATE_SECONDS
        completion.with_starts(plan, True, part, near)
        assert max(limits) > LATE_SECONDS, "without a plan the limit does not count"


@pytest.mark.parametrize("is_first", [True, False])
def test_a_first_plan_is_looked_for_longer_than_a_better_one(is_first: bool) -> None:
    search, limits = dependence_stage(SEEDS[0]), list[float]()
    completion, part = search.completion, search.joining.part(search.owner.suppliers[1:])
    plan = first_plan(search, part)

    def noted(self: HighsModel, accuracy: float, seconds: float) -> None:
        limits.append(seconds)

    with (
        too_large(search),
        patch.object(HighsModel, "inside", noted),
        patch.object(completion, "deadline", time.perf_counter() + 20 * PLACING_SECONDS),
    ):
        completion.with_starts(plan, is_first, part, None)
    assert (max(limits) > PLACING_SECONDS) == is_first


def test_ctrl_c_ends_a_completion() -> None:
    search = dependence_stage(SEEDS[0])
    completion, part = search.completion, search.joining.part(search.owner.suppliers[1:])
    plan = first_plan(search, part)

    def interrupted(self: Future[Any], timeout: float | None = None) -> Any:
        raise KeyboardInterrupt

    with patch.object(Future, "result", interrupted), patch.object(completion, "is_interrupted", False):
        with patch.object(HighsModel, "inside", lambda self, accuracy, seconds: pytest.fail("goes on")):
            assert completion.with_starts(plan, True, part, None) is None
        assert completion.is_interrupted


def test_where_the_chains_put_together_are_no_plan_that_of_the_part_is_left() -> None:
    search = dependence_stage(SEEDS[0])
    part = search.joining.part(search.owner.suppliers[1:])
    search.completion._slow = set()
    with patch.object(search.completion, "_valued", lambda portfolio, seconds: None):
        found = search.completion.with_starts(first_plan(search, part), True, part, None)
    assert found is not None and is_kept(search.program, found.values)
