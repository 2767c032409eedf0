"""What an earlier stage's search knows of portfolios: it never rules out one that keeps the level, and the search near the best
portfolio keeps to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from unittest.mock import patch

import numpy as np
import pytest

from quadopt.solver.bounds import Bounds
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.highs import HighsModel
from quadopt.solver.limits import Limit
from quadopt.solver.local_search import LocalSearch
from quadopt.solver.matrix import Array
from quadopt.solver.minimise import Search
from quadopt.solver.neighbourhood import FIRST, WIDER, WIDEST, Neighbourhood
from quadopt.solver.recourse import Cut
from quadopt.solver.valuation import Valuation
from tests.solve.chained_cases import SECONDS, SEEDS, dependence_stage, in_chains, some_portfolios, staged

COUNT = 14


def values_of(search: Search, portfolios: list[Array]) -> list[float]:
    """What the whole program says that portfolios are worth, infinite for one without a plan."""
    whole = Valuation(search.program, search.completion.held, 1)
    found = [whole.value(portfolio, SECONDS) for portfolio in portfolios]
    return [value.total if value is not None and value.is_plan else np.inf for value in found]


def limit_of(search: Search, known: list[Array], level: float) -> Limit:
    """A level of dependence, and the bounds that some portfolios have left."""
    chained = ChainedValuation(in_chains(search), 1)
    bounds = chained.bounds()
    for portfolio in known:
        value = chained.value(portfolio, SECONDS)
        assert value is not None
        bounds.keep(value.cuts, portfolio)
    return Limit.of(bounds, level, level, chained)


def linear(search: Search, seed: int) -> Bounds:
    """One cut with random prices as the only bound of an objective."""
    count = search._portfolios.count
    bounds = Bounds([np.arange(count)], count, 0.0, 10)
    bounds.keep([Cut(0, np.random.default_rng(seed).normal(size=count), 5.0)], np.zeros(count))
    return bounds


@pytest.mark.parametrize("seed", SEEDS)
def test_a_limit_tells_those_above_the_level_from_those_below(seed: int) -> None:
    search = dependence_stage(seed)
    portfolios = some_portfolios(search, COUNT)
    exact = values_of(search, portfolios)
    level = float(np.median(exact)) + 1e-5
    limit = limit_of(search, portfolios[:3], level)
    told = [limit.bounds.at(portfolio) > limit.level for portfolio in portfolios]
    assert not any(above and worth <= level for above, worth in zip(told, exact, strict=True))
    assert [limit.exceeds(portfolio, SECONDS) for portfolio in portfolios] == [worth > level for worth in exact]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_too_large_to_keep_still_bounds(seed: int) -> None:
    search = dependence_stage(seed)
    portfolios = some_portfolios(search, COUNT)
    exact = values_of(search, portfolios)
    level = float(np.median(exact))
    with patch("quadopt.solver.limits.LARGEST", 1):
        limit = limit_of(search, portfolios[:3], level)
    assert limit.valuation is None
    above = [limit.exceeds(portfolio, SECONDS) for portfolio in portfolios]
    assert not any(is_above and worth <= level for is_above, worth in zip(above, exact, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_moves_and_small_programs_keep_a_limit(seed: int) -> None:
    search = dependence_stage(seed)
    portfolios, here = search._portfolios, some_portfolios(search, COUNT)[-1]
    limit = limit_of(search, some_portfolios(search, 4), 0.0)
    moves = portfolios.moves(here)
    chosen = portfolios.fitting(moves, here, np.arange(moves.project.size))
    after = [limit.bounds.at(moves.after(here, tuple(k for k in row if k >= 0))) for row in chosen.tolist()]
    limit = replace(limit, level=float(np.median(after)) + 1e-9, valuation=None)
    wanted = [max(0.0, value - limit.level) for value in after]
    assert limit.excess(here, moves, chosen) == pytest.approx(wanted, abs=1e-12)

    objective = linear(search, seed)
    program = limit.added_to(objective.program(portfolios), portfolios)
    found = HighsModel(program).solve(1e-9, SECONDS)
    assert found.values is not None
    best = np.round(found.values[portfolios.columns_of_starts])
    assert portfolios.allows(best) and limit.bounds.at(best) <= limit.level + 1e-6
    assert objective.at(best) == pytest.approx(found.incumbent, abs=1e-6)
    kept = [moves.after(here, tuple(k for k in row if k >= 0)) for row, value in zip(chosen.tolist(), after, strict=True)
            if value <= limit.level]  # fmt: skip
    assert found.bound <= min(objective.at(one) for one in kept if portfolios.allows(one)) + 1e-6


@pytest.mark.parametrize(("seed", "prices"), list(product(SEEDS, (1, 2))))
def test_what_is_sought_is_near_and_promises_more(seed: int, prices: int) -> None:
    search = dependence_stage(seed)
    portfolios, objective = search._portfolios, linear(search, prices)
    tried = some_portfolios(search, COUNT)
    limit = limit_of(search, tried[:4], 0.0)
    limit = replace(limit, level=max(limit.bounds.at(one) for one in tried), valuation=None)
    near, here = Neighbourhood(portfolios, objective, [limit]), tried[-1]
    found = near.promising(here, objective.at(here) - 1e-6, lambda: False)
    for _ in range((WIDEST - FIRST) // WIDER):
        if found is None:
            near.widen()
            found = near.promising(here, objective.at(here) - 1e-6, lambda: False)
    assert found is not None
    assert objective.at(found) < objective.at(here) and limit.bounds.at(found) <= limit.level + 1e-6
    assert portfolios.allows(found)
    first = Neighbourhood(portfolios, objective, [limit]).promising(here, objective.at(here) - 1e-6, lambda: False)
    assert first is None or np.abs(first - here).sum() <= FIRST


def test_later_stages_know_what_is_held_and_seek_within_it() -> None:
    told: list[tuple[float, float]] = []
    seek = LocalSearch.seek

    def watch(self: LocalSearch, is_called_off: Callable[[], bool]) -> bool:
        found = seek(self, is_called_off)
        if self.limits and self.portfolio is not None:
            (limit,) = self.limits
            told.append((limit.bounds.at(self.portfolio), limit.level))
        return found

    run = staged(SEEDS[0])
    with patch.object(LocalSearch, "seek", watch):
        run.run()
    assert told and all(known <= level for known, level in told)
    assert told[0][1] == pytest.approx(run.stages[1].held_at, abs=1e-6)
