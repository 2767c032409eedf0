"""The operation in chains: values, bounds and plans against the whole program's, on synthetic cases with several chains."""

from __future__ import annotations

import time
from unittest.mock import patch

import numpy as np
import pytest

from quadopt.solver.best import Best
from quadopt.solver.chain_proof import CLOSED, ChainProof
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.contest import Contest
from quadopt.solver.highs import HighsModel
from quadopt.solver.local_search import LocalSearch
from quadopt.solver.matrix import Array, Program
from quadopt.solver.minimise import Search
from quadopt.solver.outcome import Outcome
from quadopt.solver.part import owned_by
from quadopt.solver.proving import Proving
from quadopt.solver.race import Race
from quadopt.solver.recourse import Answer
from quadopt.solver.valuation import Valuation
from tests.solve.chained_cases import (
    GAP,
    LIMIT,
    SECONDS,
    SEEDS,
    TIGHT,
    dependence_stage,
    ended_in_turns,
    first_plan,
    in_chains,
    some_portfolios,
    staged,
)
from tests.solve.test_guided import Run, assert_plans, watched
from tests.solve.test_repeatable import assert_speed_changes_nothing


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
        assert promises.together(np.full(second.size, first), second) == pytest.approx(wanted)


@pytest.mark.parametrize("seed", SEEDS)
def test_fitting_moves_are_those_that_keep_the_rules(seed: int) -> None:
    search = dependence_stage(seed)
    portfolios, here = search._portfolios, some_portfolios(search, 3)[-1]
    moves = portfolios.moves(here)
    every, firsts = range(moves.project.size), np.arange(0, moves.project.size, 2)

    def fits(*chosen: int) -> bool:
        down, up = portfolios.room(moves.after(here, chosen))
        return bool((down <= 0).all() and (up >= 0).all())

    wanted = {frozenset((k,)) for k in every if fits(k)}
    wanted |= {
        frozenset((j, k)) for j in firsts.tolist() for k in every if moves.project[j] != moves.project[k] and fits(j, k)
    }
    found = [frozenset(move for move in row if move >= 0) for row in portfolios.fitting(moves, here, firsts).tolist()]
    assert len(found) == len(wanted) and set(found) == wanted


@pytest.mark.parametrize("has_company", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_relaxation_by_cuts_is_the_programs(seed: int, has_company: bool) -> None:
    search = dependence_stage(seed)
    chains, begin = in_chains(search), search._portfolios.smallest()
    assert begin is not None
    bounds = ChainedValuation(chains, 1).bounds()
    proof = ChainProof(search.joining.part([]), chains, search._portfolios, bounds, 1)
    told: list[float] = []
    answers = proof.valuation.answers

    def after_company(portfolio: Array, seconds: float) -> list[Answer] | None:
        """Whoever looks at the same point in another thread has kept its cuts by then."""
        found = answers(portfolio, seconds)
        bounds.keep([answer.cut for answer in found or []], portfolio)
        return found

    with patch.object(proof.valuation, "answers", after_company if has_company else answers):
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


def in_a_race(search: Search) -> tuple[Proving, ChainProof, Array, Best]:
    """What proves a dependence stage by chain, with its proof, a portfolio to begin with, and where its bound goes."""
    chains, part, begin, best = in_chains(search), search.joining.part([]), search._portfolios.smallest(), Best()
    assert begin is not None
    valuation = ChainedValuation(chains, 1)
    bounds = valuation.bounds()
    proof = ChainProof(part, chains, search._portfolios, bounds, 1)
    contest = Contest(part, best, GAP, time.perf_counter() + SECONDS)
    return Race(contest, [proof], valuation, search._portfolios, 1, bounds).proving, proof, begin, best


def test_a_mip_of_the_whole_part_goes_on_however_many_cuts_there_are() -> None:
    proving, proof, begin, _ = in_a_race(dependence_stage(SEEDS[0]))
    assert proof.relax(begin, lambda bound: None, lambda: SECONDS)
    proving.bound_by(proof, proof.program)
    for piece, (prices, constants) in enumerate(proof.bounds.pieces):
        for _ in range(10):
            proof.bounds.take_in(piece, prices, constants)
    assert proving.is_over()
    proving.bound_by(proof.part, proof.part.program)
    assert not proving.is_over()


@pytest.mark.parametrize("seed", SEEDS)
def test_in_turns_a_slow_search_or_proof_changes_nothing(seed: int) -> None:
    assert_speed_changes_nothing(lambda: ended_in_turns(staged(seed)))


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
    proving, proof, begin, best = in_a_race(search)
    assert proof.relax(begin, lambda bound: None, lambda: SECONDS)
    exact = HighsModel(search.program).solve(GAP, LIMIT).incumbent
    above, below = exact + 1e-3, proof.bounds.least(search._portfolios) - 1e-3
    assert proving.bound_by(proof, proof.program, above).incumbent <= above
    nothing = proving.bound_by(proof, proof.program, below)
    assert nothing.bound == below and not nothing.incumbent <= below
    assert best.bound <= exact + GAP, "what is left out by the target is not proven to be dearer"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_proof_goes_on_where_the_search_has_valued_its_plan_meanwhile(seed: int) -> None:
    search = dependence_stage(seed)
    proving, proof, begin, best = in_a_race(search)
    bound_by, ended = proving.bound_by, list[Outcome]()

    def while_the_search_goes_on(proof: ChainProof, program: Program, target: float) -> Outcome:
        ended.append(bound_by(proof, program, target))
        values = ended[-1].values
        if values is not None:
            proof.cut(np.round(values[proof.portfolios.columns_of_starts]), lambda: SECONDS)
        return ended[-1]

    with (
        patch.object(proving, "bound_by", while_the_search_goes_on),
        patch.object(ChainProof, "relax", lambda self, begin, hear, left: self.cut(begin, left) is None),
    ):
        proving._prove_by_chains(proof, begin)
    exact = HighsModel(search.program).solve(GAP, LIMIT)
    assert len(ended) > 1 and ended[-1].is_optimal
    assert best.bound == pytest.approx(exact.incumbent, rel=2 * GAP, abs=1e-6)
