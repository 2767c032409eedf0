"""What is held of dependence at a price, branches and all by chain: bounds and plans against the extensive form's, on synthetic
cases with several chains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from quadopt.solver.branched import BranchedValuation
from quadopt.solver.highs import HighsModel
from quadopt.solver.local_search import LocalSearch
from quadopt.solver.master import Master
from quadopt.solver.matrix import Array
from quadopt.solver.minimise import Search
from quadopt.solver.priced import NEAR, TRIES, PricedProof, PricedValuation, Shared
from quadopt.solver.recourse import Recourse
from quadopt.solver.valuation import Valuation
from tests.solve.chained_cases import GAP, SECONDS, Reached, ended_in_turns, some_portfolios, stressed
from tests.solve.test_guided import Run, assert_plans, watched
from tests.solve.test_repeatable import assert_speed_changes_nothing

SEEDS = (4, 10, 21)
COUNT = 14
PRICES = (0.0, 0.3, 1.0, 4.0)
"""Times the one that the proof has found."""
CLOSE = 1e-6


@cache
def stress_stage(seed: int) -> Search:
    """The search of the stress stage, not begun but for the plan of the stage before; all suppliers are left in."""
    found: list[Search] = []
    guided = Search.guided

    def stop_there(self: Search) -> Any:
        if not self.completion.has_branches:
            return guided(self)
        self._carry_over()
        found.append(self)
        raise Reached

    with patch.object(Search, "guided", stop_there), pytest.raises(Reached):
        stressed(seed).run()
    return found[0]


def proof_of(search: Search) -> PricedProof:
    """What proves the stage at a price, not begun."""
    proof = search._priced(search.joining.part([]))
    assert proof is not None, "the seed shows nothing"
    return proof


def relaxed(search: Search, told: Callable[[float], None] = lambda bound: None) -> PricedProof:
    """The same with its price found."""
    proof, begin = proof_of(search), search.owner.starts
    assert begin is not None
    assert proof.relax(begin, told, lambda: SECONDS) and proof.is_priced
    return proof


def together_of(search: Search) -> BranchedValuation:
    """What values portfolios with all chains together."""
    assert search._shapes is not None
    recourse = Recourse(search.program, search._shapes, 1)
    master = Master(search.joining.part([]), recourse, search.completion.held)
    return BranchedValuation(master, np.zeros(search.program.cost.size), 1)


def worth_of(search: Search, portfolios: list[Array]) -> list[float]:
    """What the extensive form says that portfolios are worth, infinite for one without a plan."""
    extensive = Valuation(search.program, search.completion.held, 1, is_strict=True)
    found = [extensive.value(portfolio, SECONDS) for portfolio in portfolios]
    return [np.inf if value is None else value.total for value in found]


def tried(search: Search) -> list[Array]:
    """Portfolios that the rules allow, the plan's first."""
    assert search.owner.starts is not None
    return [search.owner.starts, *some_portfolios(search, COUNT)]


@pytest.mark.parametrize("seed", SEEDS)
def test_bounds_hold_at_any_price(seed: int) -> None:
    search = stress_stage(seed)
    portfolios = tried(search)
    worth = worth_of(search, portfolios)
    assert np.isfinite(worth).any() and max(one for one in worth if np.isfinite(one)) > 0, "the seed shows nothing"
    proof = relaxed(search)
    for price in [times * proof.price for times in PRICES]:
        proof._set_price(price)
        for portfolio in portfolios:
            proof.cut(portfolio, lambda: SECONDS)
        for portfolio, exact in zip(portfolios, worth, strict=True):
            assert proof.bounds.at(portfolio) <= exact + CLOSE * max(1.0, exact)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_relaxation_at_a_price_is_a_bound_of_the_programs(seed: int) -> None:
    search, told, prices = stress_stage(seed), list[float](), list[float]()
    set_price = PricedProof._set_price

    def setting(self: PricedProof, price: float) -> None:
        prices.append(price)
        set_price(self, price)

    with patch.object(PricedProof, "_set_price", setting):
        proof = relaxed(search, told.append)
    exact = HighsModel(search.program.relaxed).solve(0.0, SECONDS).incumbent
    assert max(told) <= exact + CLOSE * max(1.0, abs(exact))
    above = proof._above(lambda: SECONDS)
    assert above is not None and prices[-1] == proof.price
    assert abs(above) <= NEAR * proof._shared.room or len(prices) == TRIES


@pytest.mark.parametrize("seed", SEEDS)
def test_a_portfolio_counts_no_more_than_it_is_worth(seed: int) -> None:
    search = stress_stage(seed)
    portfolios = tried(search)
    worth = worth_of(search, portfolios)
    proof = relaxed(search)
    together = together_of(search)
    assert together.value(portfolios[0], SECONDS) is not None
    valuation = PricedValuation(proof, together, search.owner.limits, lambda: np.inf)
    seen = 0
    for portfolio, exact in zip(portfolios, worth, strict=True):
        value = valuation.value(portfolio, SECONDS)
        assert value is not None and not value.is_plan
        valuation.bounds().keep(value.cuts, portfolio)
        found = valuation.together(portfolio, SECONDS)
        if np.isfinite(exact):
            seen += 1
            assert valuation.at(portfolio) <= exact + CLOSE * max(1.0, exact)
            assert found is not None and found.total == pytest.approx(exact, rel=1e-5, abs=1e-5)
    assert seen
    # At the prices of the first portfolio's own program the first portfolio counts as what it is worth.
    assert valuation.at(portfolios[0]) == pytest.approx(worth[0], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_promises_are_what_portfolios_count_after_the_moves(seed: int) -> None:
    search = stress_stage(seed)
    proof = relaxed(search)
    valuation = PricedValuation(proof, together_of(search), search.owner.limits, lambda: np.inf)
    portfolios, here = search._portfolios, tried(search)[-1]
    for portfolio in tried(search)[:5]:
        value = valuation.value(portfolio, SECONDS)
        assert value is not None
        valuation.bounds().keep(value.cuts, portfolio)
    moves = portfolios.moves(here)
    chosen = portfolios.fitting(moves, here, np.arange(moves.project.size))
    estimates = valuation.bounds().after(moves, here).of(chosen)
    promised = valuation.promised(estimates, moves, here, chosen)
    wanted = [valuation.at(moves.after(here, tuple(k for k in row if k >= 0))) for row in chosen.tolist()]
    assert promised == pytest.approx(wanted, rel=1e-9, abs=1e-6)


def test_guided_at_a_price_comes_to_the_same_as_plain() -> None:
    went_on: list[int] = []
    go_on_with = LocalSearch.go_on_with
    for seed in SEEDS:

        def going_on(self: LocalSearch, valuation: PricedValuation, seed: int = seed) -> None:
            went_on.append(seed)
            go_on_with(self, valuation)

        with patch.object(LocalSearch, "go_on_with", going_on):
            guided, plain = stressed(seed), stressed(seed, "plain")
            assert_plans(watched(Run(guided)))
        plain.run()
        for ours, other in zip(guided.stages, plain.stages, strict=True):
            if ours.objective in ("dependence", "stress"):
                size = max(1.0, abs(other.incumbent))
                assert ours.bound <= other.incumbent + 1e-3 * size
                assert ours.incumbent >= other.bound - 1e-3 * size
            if ours.objective == "stress" and max(ours.gap, other.gap) <= GAP:
                assert ours.incumbent == pytest.approx(other.incumbent, rel=1e-3, abs=1e-3)
    assert went_on, "the seeds show nothing"


def test_nothing_is_shared_out_of_what_is_held_at_zero_or_elsewhere() -> None:
    search = stress_stage(SEEDS[0])
    chains = search._apart(search.joining.part([]), search.best.incumbent)
    assert chains is not None
    limit = search.owner.limits[0]
    assert Shared.of(chains, limit, search._portfolios) is not None
    assert Shared.of(chains, replace(limit, level=0.0), search._portfolios) is None
    assert Shared.of(chains, replace(limit, level=2 * limit.level), search._portfolios) is None


def test_what_is_too_large_to_keep_is_not_priced() -> None:
    search = stress_stage(SEEDS[0])
    limits = [replace(limit, valuation=None) for limit in search.owner.limits]
    with patch.object(search.owner, "limits", limits):
        assert search._priced(search.joining.part([])) is None


@pytest.mark.parametrize("seed", SEEDS[1:])  # the first does not end within its limit so late
def test_in_turns_a_slow_search_or_proof_changes_nothing_at_a_price(seed: int) -> None:
    assert_speed_changes_nothing(lambda: ended_in_turns(stressed(seed)))
