"""Local search and the race with the proof: they come to the optimum, hear of each other, and end when they should."""

from __future__ import annotations

import threading
import time
from concurrent import futures
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import scipy.sparse as sp

from quadopt.solver import race as racing
from quadopt.solver.best import Best
from quadopt.solver.company import Company
from quadopt.solver.contest import PROOF, Contest, Found
from quadopt.solver.gap import relative_gap
from quadopt.solver.highs import HighsModel
from quadopt.solver.local_search import LocalSearch
from quadopt.solver.matrix import Array, Program
from quadopt.solver.part import Part
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.proving import Proving
from quadopt.solver.race import Race
from quadopt.solver.stages import Staged
from quadopt.solver.valuation import Valuation
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options
from tests.solve.test_valuation import SEEDS, exact, last_stage, portfolios_of

LONG, SOON = 60.0, 15.0
"""Seconds that a race is given, and in which it must be over by itself."""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("first", [0, -1])
def test_local_search_comes_to_the_optimum(seed: int, first: int) -> None:
    program, held, portfolios = last_stage(seed)
    heard: list[float] = []
    valuation = Valuation(program, held, 1)
    search = LocalSearch(portfolios, valuation, lambda value: heard.append(value.total), lambda: LONG)
    search.descend(portfolios_of(seed)[first])
    for _ in range(6):
        search.begin_anew()
    assert search.best is not None and search.portfolio is not None
    assert search.best.is_plan
    assert search.lowest == pytest.approx(min(exact(seed)), rel=1e-5, abs=1e-6)
    assert portfolios.allows(search.portfolio)
    assert heard == sorted(heard, reverse=True)
    assert heard[-1] == search.lowest


def test_local_search_ends_where_nothing_can_be_left_out() -> None:
    program, held, portfolios = last_stage(SEEDS[0])
    search = LocalSearch(portfolios, Valuation(program, held, 1), lambda value: None, lambda: LONG)
    assert not search.begin_anew()
    assert search.lowest == np.inf


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_search_leaves_behind_bounds_every_portfolio(seed: int) -> None:
    program, held, portfolios = last_stage(seed)
    search = LocalSearch(portfolios, Valuation(program, held, 1), lambda value: None, lambda: LONG)
    assert search.bound() == -np.inf
    bounds = []
    for portfolio in portfolios_of(seed)[:40]:
        search.value(portfolio)
        bounds.append(search.bound())
    assert np.isfinite(bounds).all()
    assert np.diff(bounds).min() >= -1e-6 * max(1.0, abs(bounds[-1])), "more bounds tell less"
    assert bounds[-1] <= min(exact(seed)) + 1e-6 * max(1.0, abs(min(exact(seed))))


def test_a_stage_whose_proof_comes_to_nothing_has_a_bound() -> None:
    race, best, _ = ready(SEEDS[0], 1e-6)
    with patch.object(Proving, "_prove_with", lambda self, proof, begin: None):
        race.run([portfolios_of(SEEDS[0])[0]])
    assert race.found is not None
    assert -np.inf < best.bound <= min(exact(SEEDS[0])) + 1e-6


def ready(seed: int, gap: float) -> tuple[Race, Best, Portfolios]:
    """A race over the whole of a random case's last stage, on its marks."""
    program, held, portfolios = last_stage(seed)
    best, part = Best(), whole(program)
    contest = Contest(part, best, gap, time.perf_counter() + LONG)
    race = Race(contest, [part], Valuation(program, held, 1), portfolios, 1)
    return race, best, portfolios


def without_end() -> Any:
    """A patch by which no race ends at a gap."""
    return patch("quadopt.solver.contest.relative_gap", lambda *_: np.inf)


def whole(program: Program) -> Part:
    """A program as the part of itself that leaves nothing out."""
    rows, columns = program.a.shape
    return Part(program, np.ones(rows, dtype=bool), np.ones(columns, dtype=bool), ())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_race_ends_at_the_gap(seed: int) -> None:
    race, best, portfolios = ready(seed, 1e-4)
    begin = time.perf_counter()
    race.run([known for known in [portfolios.smallest()] if known is not None])
    assert time.perf_counter() - begin < SOON
    assert race.found is not None and race.proving.is_over() and not race.is_interrupted
    assert relative_gap(race.found.total, best.bound) <= 1e-4
    assert best.bound <= min(exact(seed)) + 1e-6 * abs(min(exact(seed)))
    assert race.found.total >= min(exact(seed)) - 1e-6 * abs(min(exact(seed)))


def test_a_race_without_a_known_portfolio_takes_the_hint() -> None:
    race, _, _ = ready(SEEDS[0], 1e-4)
    race.run([])
    assert race.found is not None
    assert race.found.total == pytest.approx(min(exact(SEEDS[0])), rel=2e-4)


def test_a_race_over_nothing_feasible_ends() -> None:
    program, held, portfolios = last_stage(SEEDS[0])
    never = Program(**{**vars(program), "row_upper": np.where(held, -1e6, program.row_upper)})
    part = whole(never)
    contest = Contest(part, Best(), 1e-4, time.perf_counter() + LONG)
    race = Race(contest, [part], Valuation(never, np.zeros_like(held), 1), portfolios, 1)
    begin = time.perf_counter()
    race.run([portfolios_of(SEEDS[0])[0]])
    assert time.perf_counter() - begin < SOON
    assert race.found is None


def test_a_better_plan_is_offered_once() -> None:
    race, _, _ = ready(SEEDS[0], 1e-4)
    size = race.part.columns.size
    assert race.proving.offer() is None
    race.contest.found = Found(np.full(size, 2.0), 5.0)
    offered = race.proving.offer()
    assert offered is not None and (offered == 2.0).all()
    assert race.proving.offer() is None
    race.contest.found = Found(np.full(size, 3.0), 4.0)
    offered = race.proving.offer()
    assert offered is not None and (offered == 3.0).all()


class Offering(Company):
    """Offers one plan, and ends the MIP once it has one."""

    def __init__(self, plan: Array | None) -> None:
        self.plan, self.incumbent = plan, np.nan

    def hear(self, incumbent: float, bound: float) -> None:
        self.incumbent = incumbent

    def offer(self) -> Array | None:
        plan, self.plan = self.plan, None
        return plan

    def is_over(self) -> bool:
        return bool(np.isfinite(self.incumbent))


def test_an_offered_plan_is_taken() -> None:
    # A market split (Cornuejols and Dawande, 1998): branch and bound finds no plan of it in the time that it has here.
    rng = np.random.default_rng(4)
    a, planted = rng.integers(0, 100, size=(5, 50)).astype(float), rng.integers(0, 2, 50).astype(float)
    program = Program(
        a=sp.csr_array(a),
        cost=np.arange(50.0),
        constant=7.0,
        lower=np.zeros(50),
        upper=np.ones(50),
        row_lower=a @ planted,
        row_upper=a @ planted,
        is_integer=np.ones(50, dtype=bool),
        is_anchor=np.zeros(50, dtype=bool),
    )
    alone, helped = (HighsModel(program) for _ in range(2))
    for model in (alone, helped):
        model.leave_search_to_others()
    assert not alone.solve(0.0, 1.0, None, Offering(None)).has_plan, "too easy to show anything"
    found = helped.solve(0.0, 20.0, None, Offering(planted))
    assert found.values is not None
    assert found.values == pytest.approx(planted, abs=1e-6)
    assert found.incumbent == pytest.approx(7.0 + program.cost @ planted)


def interrupting(is_time: Any) -> Any:
    """`futures.wait`, raising KeyboardInterrupt the first time that it is asked when it is time."""
    done: list[bool] = []

    def wait(*arguments: Any, **more: Any) -> Any:
        if not done and is_time():
            done.append(True)
            raise KeyboardInterrupt
        return futures.wait(*arguments, **more)

    return wait


def test_ctrl_c_ends_a_race_and_keeps_its_plan() -> None:
    race, best, portfolios = ready(46, 1e-6)
    smallest = portfolios.smallest()
    assert smallest is not None
    begin = time.perf_counter()
    with without_end(), patch.object(racing, "wait", interrupting(lambda: race.found is not None)):
        race.run([smallest])
    assert time.perf_counter() - begin < SOON
    assert race.is_interrupted
    assert race.found is not None
    assert race.found.total >= min(exact(46)) - 1e-6
    assert best.bound <= race.found.total + 1e-6


def without_exposure_to_the_rest(seed: int) -> Staged:
    """A random case with several suppliers, of whom the guided method begins with one; HiGHS is not left alone first."""
    tables = random_tables(seed)
    staged = Staged(Case.from_tables(tables), as_formulation({**random_options(seed, tables), "caps": []}))
    staged.minimiser.alone_seconds = 0.0
    assert len(staged.minimiser.suppliers) > 1
    return staged


@pytest.mark.parametrize(
    ("seed", "stage"),
    [(4, 1), pytest.param(4, 2), (4, 3), (13, 1), (13, 2), (13, 3), (46, 1), (46, 2), (46, 3)],
)
def test_ctrl_c_in_any_stage_leaves_a_plan(seed: int, stage: int) -> None:
    staged = without_exposure_to_the_rest(seed)
    begin = time.perf_counter()
    with patch.object(racing, "wait", interrupting(lambda: len(staged.stages) == stage)):
        staged.run()
    assert time.perf_counter() - begin < SOON
    assert all(np.isfinite(one.incumbent) for one in staged.stages)
    assert len(staged.stages) >= 3


class Broken(Exception):
    """What a test lets go wrong."""


def broken(*arguments: Any, **more: Any) -> Any:
    """Raises."""
    raise Broken


@pytest.mark.parametrize("where", ["the search", "the proof"])
def test_what_goes_wrong_in_one_thread_comes_out_and_ends_the_other(where: str) -> None:
    race, _, portfolios = ready(46, 1e-6)
    smallest = portfolios.smallest()
    assert smallest is not None
    failing = (
        patch.object(race.local, "value", broken)
        if where == "the search"
        else patch.object(race.proving, "offer", broken)
    )
    begin = time.perf_counter()
    with without_end(), failing, pytest.raises(Broken):
        race.run([smallest])
    assert time.perf_counter() - begin < SOON


def test_taking_turns_ends_where_the_race_is_over_before_it_begins() -> None:
    program, held, portfolios = last_stage(SEEDS[0])
    part, best = whole(program), Best()
    best.values = np.zeros(program.cost.size)  # there is a plan, so that the proof comes first
    contest = Contest(part, best, 1e-6, time.perf_counter() + LONG)
    race = Race(contest, [part], Valuation(program, held, 1), portfolios, 1, is_repeatable=True)
    contest.stop()
    running = threading.Thread(target=race.run, args=([portfolios_of(SEEDS[0])[0]],), daemon=True)
    running.start()
    running.join(SOON)
    is_waiting = running.is_alive()
    if is_waiting:
        with contest.turns.of(PROOF):
            pass  # lets the search go on, so that the failure does not hang
    assert not is_waiting


def test_what_a_listener_raises_comes_out() -> None:
    program, held, portfolios = last_stage(46)
    part = whole(program)
    contest = Contest(part, Best(), 1e-6, time.perf_counter() + 2.0, broken)
    race = Race(contest, [part], Valuation(program, held, 1), portfolios, 1)
    with patch("quadopt.solver.hearing.PROGRESS_SECONDS", 0.0), pytest.raises(Broken):
        race.run([portfolios_of(46)[0]])
