"""What portfolios are worth, and the bounds that they leave, against every portfolio of small random cases."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
import scipy.sparse as sp

from quadopt.solver.goals import goals_of
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Mask, Program
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.stages import Staged
from quadopt.solver.valuation import Valuation
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options

SEEDS = (1, 8, 16, 34, 46)
SECONDS = 10.0


@cache
def last_stage(seed: int) -> tuple[Program, Mask, Portfolios]:
    """The program of a random case's cost stage, shortage and dependence held; the rows that hold them; its portfolios."""
    tables = random_tables(seed)
    order = ["shortage", "dependence", "cost"]
    slacks = {"shortage": (0.001, 0.001), "dependence": (0.0, 0.005)}
    options = {**random_options(seed, tables), "order": order, "slacks": slacks, "caps": [], "burden": "free"}
    staged = Staged(Case.from_tables(tables), as_formulation(options))
    staged.run()
    goal = goals_of(staged.model, staged.options, "cost", staged.case.currency)[-1]
    program = staged.program(goal)
    return program, staged.matrix.rows_of("held"), Portfolios.of(staged.matrix, program)


@cache
def portfolios_of(seed: int) -> list[Array]:
    """All portfolios that the rules allow, at most one start a project."""
    portfolios = last_stage(seed)[2]
    projects = [np.flatnonzero(portfolios.project == p).tolist() for p in np.unique(portfolios.project)]
    out = []
    for chosen in itertools.product(*([-1, *own] for own in projects)):
        x = np.zeros(portfolios.count)
        x[[k for k in chosen if k >= 0]] = 1.0
        if portfolios.allows(x):
            out.append(x)
    return out


@cache
def exact(seed: int) -> list[float]:
    """The program's optimum with each portfolio, infinite where it has no solution."""
    model = HighsModel(last_stage(seed)[0])
    found = [model.solve_fixed(x, SECONDS) for x in portfolios_of(seed)]
    return [one.incumbent if one.is_optimal else np.inf for one in found]


def test_the_seeds_show_something() -> None:
    for seed in SEEDS:
        assert len(portfolios_of(seed)) >= 5
        assert np.isfinite(exact(seed)).any()
    assert any(np.isinf(exact(seed)).any() for seed in SEEDS), "nowhere is a held objective exceeded"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_is_worth_what_the_program_says(seed: int) -> None:
    program, held, _ = last_stage(seed)
    valuation = Valuation(program, held, 1)
    plans = 0
    for x, wanted in zip(portfolios_of(seed), exact(seed), strict=True):
        found = valuation.value(x, SECONDS)
        assert found is not None, "an excess is allowed, so that every portfolio has a value"
        if found.is_plan:
            plans += 1
            assert found.total == pytest.approx(wanted, rel=1e-6, abs=1e-6)
            assert found.values[program.is_integer] == pytest.approx(x)
            at = program.a @ found.values
            size = np.maximum(1e-3, np.abs(program.a) @ np.abs(found.values))
            assert (at <= program.row_upper + 1e-6 * size).all()
            assert (at >= program.row_lower - 1e-6 * size).all()
            assert found.total == pytest.approx(program.cost @ found.values + program.constant)
        else:
            assert found.total <= wanted + 1e-6 * abs(found.total), "an excess that costs more than there is to gain"
    assert plans


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_plan_is_found_once_an_excess_is_dear(seed: int) -> None:
    program, held, _ = last_stage(seed)
    valuation = Valuation(program, held, 1)
    best = int(np.argmin(exact(seed)))
    found = valuation.value(portfolios_of(seed)[best], SECONDS)
    for _ in range(4):
        if found is None or found.is_plan:
            break
        valuation.make_dearer()
        found = valuation.value(portfolios_of(seed)[best], SECONDS)
    assert found is not None and found.is_plan
    assert found.total == pytest.approx(exact(seed)[best], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_bounds_hold_for_every_other_portfolio_and_dearer_excess(seed: int) -> None:
    program, held, _ = last_stage(seed)
    valuation = Valuation(program, held, 1)
    portfolios = np.array(portfolios_of(seed))
    values = [valuation.value(x, SECONDS) for x in portfolios]
    bounds = np.array([found.offset + portfolios @ found.prices for found in values if found is not None])
    totals = np.array([np.inf if found is None else found.total for found in values])
    assert len(bounds) == len(portfolios)
    close = 1e-6 * np.maximum(1.0, np.abs(totals))
    assert np.diag(bounds) == pytest.approx(totals, rel=1e-7, abs=1e-7)
    assert (bounds <= totals + close).all()
    assert (bounds <= np.array(exact(seed)) + close).all()
    valuation.make_dearer()
    dearer = [valuation.value(x, SECONDS) for x in portfolios]
    later = np.array([np.inf if found is None else found.total for found in dearer])
    assert (later >= totals - close).all()
    assert (bounds <= later + close).all()


def test_prices_tell_something() -> None:
    # Bounds without prices would hold as well where no start were worth anything.
    worth = []
    for seed in SEEDS:
        program, held, _ = last_stage(seed)
        valuation = Valuation(program, held, 1)
        found = valuation.value(portfolios_of(seed)[0], SECONDS)
        worth.append(found is not None and np.abs(found.prices).max() > 1e-3)
    assert any(worth)


@pytest.mark.parametrize("seed", SEEDS)
def test_strict_means_kept(seed: int) -> None:
    program, held, _ = last_stage(seed)
    valuation = Valuation(program, held, 1, is_strict=True)
    for x, wanted in zip(portfolios_of(seed), exact(seed), strict=True):
        found = valuation.value(x, SECONDS)
        assert (found is None) == bool(np.isinf(wanted))
        if found is not None:
            assert found.is_plan
            assert found.total == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def test_cancelling_ends_one_solve_only() -> None:
    program, held, _ = last_stage(46)
    valuation = Valuation(program, held, 1)
    valuation.cancel()
    assert all(valuation.value(x, SECONDS) is not None for x in portfolios_of(46)[:10])


def test_at_the_first_portfolio_no_excess_pays() -> None:
    # x is what 1000 y leaves of 1000, and y is held at 0.999: a thousandth more of it would save all that the plan costs.
    program = Program(
        sp.csr_array(np.array([[0.0, 1.0, 1000.0], [0.0, 0.0, 1.0]])),
        np.array([0.0, 1.0, 0.0]),
        0.0,
        np.zeros(3),
        np.array([1.0, np.inf, 10.0]),
        np.array([1000.0, -np.inf]),
        np.array([np.inf, 0.999]),
        np.array([True, False, False]),
        np.zeros(3, dtype=bool),
    )
    found = Valuation(program, np.array([False, True]), 1).value(np.zeros(1), SECONDS)
    assert found is not None and found.is_plan
    assert found.total == pytest.approx(1.0)


def test_the_penalty_rises_to_a_top() -> None:
    program, held, _ = last_stage(SEEDS[0])
    valuation = Valuation(program, held, 1)
    assert not valuation.make_dearer(), "before the first value there is nothing to raise"
    valuation.value(portfolios_of(SEEDS[0])[0], SECONDS)
    raised = 0
    while valuation.make_dearer():
        raised += 1
    assert 3 <= raised <= 8
    found = valuation.value(portfolios_of(SEEDS[0])[0], SECONDS)
    assert found is not None and np.isfinite(found.prices).all()
