"""The operation in chains: values, bounds and plans against the whole program's, on synthetic cases with several chains."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from benchmarks.stages import rules
from benchmarks.synthetic import Shape, synthetic_tables
from quadopt.solver.best import Best
from quadopt.solver.chain_proof import CLOSED, ChainProof
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.chains import Chains
from quadopt.solver.completion import LATE_SECONDS, PLACING_SECONDS
from quadopt.solver.contest import Contest
from quadopt.solver.feasibility import is_kept
from quadopt.solver.highs import HighsModel, Status
from quadopt.solver.local_search import LocalSearch
from quadopt.solver.matrix import Array
from quadopt.solver.minimise import Search
from quadopt.solver.part import Part, owned_by
from quadopt.solver.proving import Proving
from quadopt.solver.race import Race
from quadopt.solver.recourse import Answer, Piece
from quadopt.solver.stages import Staged
from quadopt.solver.valuation import Valuation
from quadopt.tables.case import Case
from tests.solve.test_guided import Run, assert_plans, watched
from tests.solve.test_repeatable import late

SHAPE = Shape(members=2, suppliers=4, materials=9, chains=3, periods=5, projects=10, disruptions=0)
SEEDS = (1, 3, 4)
TIGHT = 1e-3
"""Times the stock budgets, so that chains want more of them together than there is."""
SECONDS, LIMIT, GAP = 30.0, 20.0, 1e-5
ALMOST = 5e-3
"""Each of three suppliers that have not joined may add a thousandth."""


class Reached(Exception):
    """The dependence stage has come."""


def staged(seed: int, budgets: float = 1.0, method: str = "guided") -> Staged:
    """A synthetic case, ready to run; HiGHS is not left alone first."""
    tables = synthetic_tables(SHAPE, seed)
    for row in tables["fund"]:
        if isinstance(row.get("stock_limit"), int | float):
            row["stock_limit"] *= budgets
    out = Staged(Case.from_tables(tables), rules("pact", method, LIMIT, LIMIT, GAP))
    out.minimiser.alone_seconds = 0.0
    return out


@cache
def dependence_stage(seed: int, budgets: float = 1.0) -> Search:
    """The search of the dependence stage, not begun; all suppliers are left in."""
    found: list[Search] = []
    guided = Search.guided

    def stop_there(self: Search) -> Any:
        if not self.sees_dependence:
            return guided(self)
        found.append(self)
        raise Reached

    with patch.object(Search, "guided", stop_there), pytest.raises(Reached):
        staged(seed, budgets).run()
    return found[0]


def in_chains(search: Search) -> Chains:
    """The whole program in chains."""
    chains = search._chains(search.joining.part([]))
    assert chains is not None and len(chains.shapes) > 1
    return chains


def some_portfolios(search: Search, count: int) -> list[Array]:
    """Portfolios that the rules allow, one move after the other from the smallest."""
    portfolios, random = search._portfolios, np.random.default_rng(0)
    smallest = portfolios.smallest()
    assert smallest is not None
    out = [smallest]
    while len(out) < count:
        moves = portfolios.moves(out[-1])
        after = moves.after(out[-1], (int(random.integers(moves.project.size)),))
        if portfolios.allows(after):
            out.append(after)
    return out


def plan_of(search: Search, part: Part, portfolio: Array) -> Array | None:
    """A portfolio's best plan in a part, in the whole program's columns; None where it has none."""
    chains = search._chains(part)
    assert chains is not None
    found = ChainedValuation(chains, 1).value(portfolio, SECONDS)
    return part.to_whole(found.values) if found is not None and found.is_plan else None


def first_plan(search: Search, part: Part) -> Array:
    """That of the first of some portfolios that has one."""
    return next(plan for x in some_portfolios(search, 6) if (plan := plan_of(search, part, x)) is not None)


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


@pytest.mark.parametrize("budgets", [1.0, TIGHT])
@pytest.mark.parametrize("seed", SEEDS)
def test_chains_come_to_what_the_whole_comes_to(seed: int, budgets: float) -> None:
    search = dependence_stage(seed, budgets)
    chained, whole = ChainedValuation(in_chains(search), 1), Valuation(search.program, search.completion.held, 1)
    bounds = chained.bounds()
    portfolios = some_portfolios(search, 12)
    exact = []
    for portfolio in portfolios:
        ours, other = chained.value(portfolio, SECONDS), whole.value(portfolio, SECONDS)
        assert ours is not None and other is not None
        bounds.keep(ours.cuts, portfolio)
        exact.append(other.total if other.is_plan else np.inf)
        if ours.is_plan:
            assert ours.total == pytest.approx(other.total, rel=1e-5, abs=1e-6)
            at, size = search.program.a @ ours.values, 1.0 + np.abs(search.program.a) @ np.abs(ours.values)
            assert (at <= search.program.row_upper + 1e-6 * size).all()
            assert (at >= search.program.row_lower - 1e-6 * size).all()
    for portfolio, worth in zip(portfolios, exact, strict=True):
        assert bounds.at(portfolio) <= worth + 1e-6
    assert bounds.least(search._portfolios) <= min(exact) + 1e-6


def test_tight_budgets_are_exceeded_by_chains_alone() -> None:
    searches = [dependence_stage(seed, TIGHT) for seed in SEEDS]
    exceeded = []
    for search in searches:
        chained = ChainedValuation(in_chains(search), 1)
        for portfolio in some_portfolios(search, 12):
            chained.value(portfolio, SECONDS)
            exceeded.append(bool(chained._exceeded.any()))
    assert any(exceeded), "the tests show nothing"


@pytest.mark.parametrize("seed", SEEDS)
def test_promises_are_the_bounds_after_the_moves(seed: int) -> None:
    search = dependence_stage(seed)
    chained, portfolios = ChainedValuation(in_chains(search), 1), some_portfolios(search, 8)
    bounds = chained.bounds()
    for portfolio in portfolios[:5]:
        value = chained.value(portfolio, SECONDS)
        assert value is not None
        bounds.keep(value.cuts, portfolio)
    here = portfolios[-1]
    moves = search._portfolios.moves(here)
    promises = bounds.after(moves, here)
    every = np.arange(moves.project.size)
    assert promises.now == pytest.approx(bounds.at(here))
    assert promises.alone == pytest.approx([bounds.at(moves.after(here, (int(k),))) for k in every])
    for first in every[:: max(1, every.size // 5)]:
        second = every[moves.project != moves.project[first]]
        wanted = [bounds.at(moves.after(here, (int(first), int(k)))) for k in second]
        assert promises.together(int(first), second) == pytest.approx(wanted)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_relaxation_by_cuts_is_the_programs(seed: int) -> None:
    search = dependence_stage(seed)
    chains, begin = in_chains(search), search._portfolios.smallest()
    assert begin is not None
    bounds = ChainedValuation(chains, 1).bounds()
    proof = ChainProof(search.joining.part([]), chains, search._portfolios, bounds, 1)
    told: list[float] = []
    assert proof.relax(begin, told.append, lambda: SECONDS)
    exact = HighsModel(search.program.relaxed).solve(0.0, SECONDS).incumbent
    assert told == sorted(told)
    assert (1.0 - 2 * CLOSED) * exact - 1e-6 <= told[-1] <= exact + 1e-6 * max(1.0, exact)


@pytest.mark.parametrize("budgets", [1.0, TIGHT])
@pytest.mark.parametrize("seed", SEEDS)
def test_guided_by_chain_comes_to_the_same_as_plain(seed: int, budgets: float) -> None:
    proven: list[bool] = []
    prove = Proving._prove_by_chains

    def proving(self: Proving, proof: ChainProof, begin: Array | None) -> None:
        proven.append(True)
        prove(self, proof, begin)

    with patch.object(Proving, "_prove_by_chains", proving):
        guided, plain = staged(seed, budgets), staged(seed, budgets, "plain")
        assert_plans(watched(Run(guided)))
        plain.run()
    assert proven
    for ours, other in zip(guided.stages, plain.stages, strict=True):
        if ours.objective == "dependence":
            assert ours.gap <= GAP + 1e-6
            assert ours.incumbent == pytest.approx(other.incumbent, rel=2 * GAP, abs=1e-6)
            assert ours.bound <= other.incumbent + GAP


@pytest.mark.parametrize("seed", SEEDS[1:])
def test_suppliers_join_in_the_chains_where_they_matter(seed: int) -> None:
    search = dependence_stage(seed)
    chains, suppliers = in_chains(search), search.owner.suppliers
    part = search.joining.part(suppliers[1:])
    completed = search.completion.with_starts(first_plan(search, part), True, part, None)
    assert completed is not None and completed.prices is not None
    assert search.joining.by_prices(completed.prices, part, chains)
    wider = search.joining.part(suppliers[1:])
    assert (wider.columns >= part.columns).all() and part.columns.sum() < wider.columns.sum() < wider.columns.size
    assert not search.program.a[wider.rows][:, ~wider.columns].nnz
    wholes = [owned_by(supplier, search.owner.matrix) for supplier in suppliers[1:]]
    for shape in chains.shapes:
        for rows, columns in wholes:
            joined = wider.columns[shape.columns][columns[shape.columns]]
            assert joined.all() or not joined.any()
            if joined.size:
                assert (wider.rows[shape.rows][rows[shape.rows]] == joined.all()).all()


def test_a_mip_of_the_whole_part_goes_on_however_many_cuts_there_are() -> None:
    search = dependence_stage(SEEDS[0])
    chains, part, begin = in_chains(search), search.joining.part([]), search._portfolios.smallest()
    assert begin is not None
    valuation = ChainedValuation(chains, 1)
    bounds = valuation.bounds()
    proof = ChainProof(part, chains, search._portfolios, bounds, 1)
    contest = Contest(part, Best(), GAP, time.perf_counter() + SECONDS)
    proving = Race(contest, [proof], valuation, search._portfolios, 1, None, bounds).proving
    assert proof.relax(begin, lambda bound: None, lambda: SECONDS)
    proving.bound_by(proof, proof.program())
    bounds.added *= 10
    assert proving.is_over()
    proving.bound_by(part, part.program)
    assert not proving.is_over()


@pytest.mark.parametrize("seed", SEEDS)
def test_in_turns_a_slow_search_or_proof_changes_nothing(seed: int) -> None:
    def ended() -> tuple[list[tuple[float, float]], bytes]:
        out = staged(seed)
        out.minimiser.is_repeatable = True
        out.run()
        return [(stage.incumbent, stage.bound) for stage in out.stages], out.values.tobytes()

    first = ended()
    with patch.object(LocalSearch, "value", late(LocalSearch.value)):
        assert ended() == first
    with patch.object(HighsModel, "_run", late(HighsModel._run)):
        assert ended() == first


def test_a_portfolio_is_completed_by_chain_as_by_the_whole() -> None:
    search = dependence_stage(SEEDS[0])
    portfolio = some_portfolios(search, 6)[-1]
    by_chain = search.completion.of_portfolio(portfolio)
    whole = Valuation(search.program, search.completion.held, 1, is_strict=True).value(portfolio, SECONDS)
    assert by_chain is not None and whole is not None
    assert isinstance(search.completion._whole, ChainedValuation)
    assert by_chain.total == pytest.approx(whole.total, rel=1e-5)
    assert search.completion.basis is not None


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

    with patch.object(HighsModel, "inside", counted), patch.object(search.completion, "_joined", {}):
        totals = []
        for _ in range(2):
            with too_large(search):
                found = search.completion.with_starts(plan, True, part, None)
            assert found is not None
            totals.append(found.total)
            points.append(0)
    first, again = points[: points.index(0)], points[points.index(0) + 1 : -1]
    assert again == first[-1:]
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
        patch.object(completion, "deadline", time.perf_counter() + 3 * PLACING_SECONDS),
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


def test_a_search_has_no_more_than_one_bound_a_piece_and_value() -> None:
    search = dependence_stage(SEEDS[0])
    chained = ChainedValuation(in_chains(search), 1)
    local = LocalSearch(search._portfolios, chained, lambda value: None, lambda: SECONDS)
    portfolio = some_portfolios(search, 1)[0]
    local.value(portfolio)
    kept = local.bounds.added
    assert kept == len(in_chains(search).shapes)
    local.value(portfolio)
    assert local.bounds.added == kept


@pytest.mark.parametrize("seed", SEEDS)
def test_seeking_by_all_bounds_ends_at_the_best_portfolio(seed: int) -> None:
    search = dependence_stage(seed)
    chained = ChainedValuation(in_chains(search), 1)
    local = LocalSearch(search._portfolios, chained, lambda value: None, lambda: SECONDS)
    assert not local.seek(), "without a plan there is nothing to be better than"
    local.value(some_portfolios(search, 1)[0])
    lowest = [local.lowest]
    while local.seek():
        lowest.append(local.lowest)
    exact = HighsModel(search.program).solve(GAP, LIMIT)
    assert exact.is_optimal and len(lowest) > 1
    assert lowest[-1] == pytest.approx(exact.incumbent, rel=2 * GAP, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mip_by_chain_with_a_target_tells_whether_a_better_plan_is_left(seed: int) -> None:
    search = dependence_stage(seed)
    chains, part, begin = in_chains(search), search.joining.part([]), search._portfolios.smallest()
    assert begin is not None
    valuation = ChainedValuation(chains, 1)
    bounds = valuation.bounds()
    proof, best = ChainProof(part, chains, search._portfolios, bounds, 1), Best()
    contest = Contest(part, best, GAP, time.perf_counter() + SECONDS)
    proving = Race(contest, [proof], valuation, search._portfolios, 1, None, bounds).proving
    assert proof.relax(begin, lambda bound: None, lambda: SECONDS)
    exact = HighsModel(search.program).solve(GAP, LIMIT).incumbent
    above, below = exact + 1e-3, bounds.least(search._portfolios) - 1e-3
    assert proving.bound_by(proof, proof.program(above), above).has_plan
    assert proving.bound_by(proof, proof.program(below), below).status is Status.INFEASIBLE
    assert best.bound <= exact + GAP, "what is left out by the target is not proven to be dearer"
