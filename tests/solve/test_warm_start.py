"""What a search has learnt, in a similar case: its cuts hold there, and the answer is the one found without it."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from benchmarks.stages import rules
from benchmarks.synthetic import synthetic_tables
from quadopt.solver.bounds import Bounds
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.chains import Chains
from quadopt.solver.highs import Basis, HighsModel
from quadopt.solver.matrix import Array
from quadopt.solver.stages import Staged
from quadopt.solver.valuation import Valuation
from quadopt.solver.warm_start import WarmStart
from quadopt.tables.case import Case
from quadopt.whatif.many import known_start
from tests.solve.chained_cases import (
    GAP,
    LIMIT,
    SECONDS,
    SEEDS,
    SHAPE,
    dependence_stage,
    in_chains,
    some_portfolios,
)

CLOSE = 1e-7
CHANGES: dict[str, tuple[str, dict[str, Any], str, float]] = {
    "more money": ("fund", {}, "limit", 1.2),
    "less money": ("fund", {}, "limit", 0.8),
    "a price": ("materials", {}, "price", 1.3),
    "less demand": ("demand", {}, "quantity", 0.95),
}


def learnt(chains: Chains, portfolios: list[Array]) -> tuple[WarmStart, Bounds]:
    """What valuing some portfolios leaves behind, through a file and back as it goes to another process."""
    valuation = ChainedValuation(chains, 1)
    bounds = valuation.bounds()
    for portfolio in portfolios:
        value = valuation.value(portfolio, SECONDS)
        assert value is not None
        bounds.keep(value.cuts, portfolio)
    warm = valuation.warm_start(bounds, valuation.linking_prices, portfolios[0])
    return pickle.loads(pickle.dumps(warm)), bounds


def with_costs(chains: Chains, factor: Array) -> Chains:
    """The same chains, each column's cost times a factor."""
    program = replace(chains.program, cost=chains.program.cost * factor)
    other = replace(chains, program=program)
    shapes = [replace(shape, direction=other.direction(shape, chains.prices)) for shape in chains.shapes]
    return replace(other, shapes=shapes)


@pytest.mark.parametrize("seed", SEEDS)
def test_cuts_hold_whatever_becomes_of_the_objective(seed: int) -> None:
    search = dependence_stage(seed)
    chains, portfolios = in_chains(search), some_portfolios(search, 8)
    warm, _ = learnt(chains, portfolios[:4])
    random, told = np.random.default_rng(seed), 0.0
    for _ in range(4):
        other = with_costs(chains, random.uniform(0.5, 1.5, chains.program.cost.size)).begun_from([warm])
        valuation = ChainedValuation(other, 1)
        bounds = valuation.bounds()
        for portfolio in portfolios:
            answers = valuation.answers(portfolio, SECONDS)
            assert answers is not None
            levels = np.array([answer.level for answer in answers])
            assert (bounds.levels(portfolio) <= levels + CLOSE * (1.0 + np.abs(levels))).all()
            told = max(told, float(bounds.levels(portfolio).sum() / levels.sum()))
    assert told > 0.5, "the cuts say nothing"


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.6])
def test_nothing_is_lost_where_all_costs_change_alike(factor: float) -> None:
    search = dependence_stage(SEEDS[0])
    chains, portfolios = in_chains(search), some_portfolios(search, 6)
    warm, bounds = learnt(chains, portfolios[:4])
    other = with_costs(chains, np.full(chains.program.cost.size, factor)).begun_from([warm])
    for portfolio in portfolios:
        taken_over = ChainedValuation(other, 1).bounds().levels(portfolio)
        assert taken_over == pytest.approx(factor * bounds.levels(portfolio), rel=1e-6, abs=1e-9)


def test_a_chain_with_other_numbers_keeps_where_it_ended_and_no_cut() -> None:
    search = dependence_stage(SEEDS[0])
    chains, portfolios = in_chains(search), some_portfolios(search, 2)
    warm, _ = learnt(chains, portfolios)
    first = chains.shapes[0]
    a = chains.program.a.copy()
    a.data[a.indptr[first.rows[0]] : a.indptr[first.rows[0] + 1]] *= 1.01
    other = replace(chains, program=replace(chains.program, a=a)).begun_from([warm])
    cuts = [None if known is None else known.constants.size for known in other.known]
    assert cuts[0] == 0 and all(count for count in cuts[1:])


def test_chains_that_have_not_been_solved_leave_nothing() -> None:
    valuation = ChainedValuation(in_chains(dependence_stage(SEEDS[0])), 1)
    assert not valuation.warm_start(valuation.bounds(), valuation.linking_prices, None).chains


def test_a_case_with_nothing_in_common_is_solved_as_if_alone() -> None:
    warm, _ = learnt(in_chains(dependence_stage(SEEDS[1])), some_portfolios(dependence_stage(SEEDS[1]), 2))
    chains = in_chains(dependence_stage(SEEDS[0]))
    assert chains.begun_from([warm]) is chains
    assert chains.begun_from([]) is chains


@pytest.mark.parametrize("seed", SEEDS)
def test_a_linear_program_that_is_not_by_chain_begins_where_that_of_a_similar_case_has_ended(seed: int) -> None:
    search = dependence_stage(seed)
    first, *others = some_portfolios(search, 4)
    held = np.zeros(search.program.row_lower.size, dtype=bool)
    before = Valuation(search.program, held, 1)
    assert not before.warm_starts(), "nothing is solved yet"
    assert before.value(first, SECONDS) is not None
    warm = pickle.loads(pickle.dumps(before.warm_starts()))
    similar = replace(search.program, cost=search.program.cost * 1.1, upper=search.program.upper * 1.01)
    fewer = held.copy()
    fewer[-1] = True
    another = search.program.part(~fewer, np.ones(similar.cost.size, dtype=bool))
    for program, is_known in ((similar, True), (another, False)):
        own = held[: program.row_lower.size]
        cold, begun, bases = Valuation(program, own, 1), Valuation(program, own, 1), list[Basis]()
        with patch.object(HighsModel, "begin_at", lambda self, basis, bases=bases: bases.append(basis)):
            begun.begin_where_known(warm)
        assert bool(bases) == is_known
        begun.begin_where_known(warm)
        for portfolio in others:
            ours, other = begun.value(portfolio, SECONDS), cold.value(portfolio, SECONDS)
            assert (ours is None) == (other is None)
            assert ours is None or other is None or ours.total == pytest.approx(other.total, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("change", list(CHANGES))
@pytest.mark.parametrize("seed", SEEDS)
def test_a_changed_case_from_the_plan_before_comes_to_the_same_as_plain(seed: int, change: str) -> None:
    base = Case.from_tables(synthetic_tables(SHAPE, seed))
    table, where, column, factor = CHANGES[change]
    row = {"table": table, "where": where, "column": column, "operation": "multiply", "value": factor}
    if change == "a price":
        row["where"] = {"material": next(iter(base.price))}
    case = base.with_changes([row])
    first, warm, plain = (Staged(of, rules("pact", how, LIMIT, LIMIT, GAP)) for of, how in
                          ((base, "guided"), (case, "guided"), (case, "plain")))  # fmt: skip
    first.minimiser.alone_seconds = warm.minimiser.alone_seconds = 0.0
    first.run()
    start = known_start(base, first.options, starts_of(first), list(first.minimiser.active), "optimal")
    start.warm_starts.extend(first.minimiser.warm_starts)
    warm.begin_from(start)
    begun, begun_whole = list[bool](), list[bool]()
    begin, begin_whole = Chains.begun_from, Valuation.begin_where_known

    def watched(self: Chains, known: list[WarmStart]) -> Chains:
        out = begin(self, known)
        begun.append(any(one is not None for one in out.known))
        return out

    def watched_whole(self: Valuation, known: list[WarmStart]) -> None:
        begun_whole.append(any(self._pattern in one.ended for one in known))
        begin_whole(self, known)

    with patch.object(Chains, "begun_from", watched), patch.object(Valuation, "begin_where_known", watched_whole):
        warm.run()
    plain.run()
    assert any(begun)
    assert begun_whole and all(begun_whole)
    for ours, other in zip(warm.stages, plain.stages, strict=True):
        if ours.objective == "dependence":
            assert ours.gap <= GAP + 1e-6
            assert ours.incumbent == pytest.approx(other.incumbent, rel=2 * GAP, abs=1e-6)
            assert ours.bound <= other.incumbent + GAP


def starts_of(staged: Staged) -> dict[str, str]:
    """Project -> period of the plan found."""
    started = staged.values[staged.matrix.columns_of("is_started")[: staged.values.size]]
    periods = staged.case.periods
    return {p: periods[t - 1] for (p, t), on in zip(staged.model.pyomo.starts, started, strict=True) if on > 0.5}
