"""Which starts may stand together: against brute force over all 0/1 vectors, feasibility by SciPy."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from quadopt.solver.matrix import Array, Mask, Program
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options

FUNDS: dict[str, dict[str, Any]] = {
    "pooled": {"pooled": True, "burden": "free"},
    "apart": {"pooled": False, "burden": "free"},
    "by weight": {"pooled": True, "burden": "weight", "burden_tolerance": 0.1},
    "apart, by weight": {"pooled": False, "burden": "weight", "burden_tolerance": 0.3},
}
SEEDS = (1, 8, 12, 34, 42, 50)
"""Seeds with at most ten starts, projects that exclude or require others and committed ones among them."""
RULES = (
    "started_once", "started_as_committed", "one_of_group", "after_required",
    "paid_from_fund", "burden_at_most", "burden_at_least",
)  # fmt: skip
"""The rows of the model that hold starts and money only."""


@cache
def staged_of(seed: int, fund: str) -> Staged:
    """A random case under one of the kinds of fund, its first stage ready to be solved."""
    tables = random_tables(seed)
    options = {**random_options(seed, tables), **FUNDS[fund], "caps": []}
    staged = Staged(Case.from_tables(tables), as_formulation(options))
    staged.matrix.extend()
    return staged


@cache
def portfolios_of(seed: int, fund: str) -> Portfolios:
    """What is tested."""
    staged = staged_of(seed, fund)
    return Portfolios.of(staged.matrix, staged.matrix.program(staged.model.pyomo.shortage_total))


def key_of(x: Array) -> tuple[int, ...]:
    """A 0/1 vector as a key."""
    return tuple(np.round(x).astype(int).tolist())


def vectors(count: int) -> list[Array]:
    """All 0/1 vectors."""
    return [np.array(bits, dtype=float) for bits in itertools.product((0, 1), repeat=count)]


@cache
def allowed(seed: int, fund: str) -> dict[tuple[int, ...], bool]:
    """Vector -> whether the rules of starts and money have a solution with it."""
    staged = staged_of(seed, fund)
    program = staged.matrix.program(staged.model.pyomo.shortage_total)
    rows = np.any([staged.matrix.rows_of(name) for name in RULES], axis=0)
    return {key_of(x): has_solution(program, rows, x) for x in vectors(int(program.is_integer.sum()))}


def has_solution(program: Program, rows: Mask, starts: Array) -> bool:
    """Whether some rows of a program have a solution with its binaries fixed."""
    a = program.a[rows].toarray()
    others = ~program.is_integer & (a != 0).any(axis=0)
    shift = a[:, program.is_integer] @ starts
    lower, upper = program.row_lower[rows] - shift, program.row_upper[rows] - shift
    is_empty = ~(a[:, others] != 0).any(axis=1)
    if (lower[is_empty] > 1e-9).any() or (upper[is_empty] < -1e-9).any():
        return False
    is_equal = lower == upper
    above, below = ~is_equal & np.isfinite(upper), ~is_equal & np.isfinite(lower)
    found = linprog(
        np.zeros(int(others.sum())),
        A_ub=np.vstack([a[above][:, others], -a[below][:, others]]),
        b_ub=np.concatenate([upper[above], -lower[below]]),
        A_eq=a[is_equal][:, others],
        b_eq=lower[is_equal],
        bounds=np.column_stack([program.lower[others], program.upper[others]]),
    )
    assert found.status in (0, 2), found.message
    return bool(found.status == 0)


@pytest.mark.parametrize("fund", FUNDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_allows_what_has_a_solution(seed: int, fund: str) -> None:
    portfolios = portfolios_of(seed, fund)
    for x in vectors(portfolios.count):
        assert portfolios.allows(x) == allowed(seed, fund)[key_of(x)], x


def test_the_seeds_allow_something_and_not_all() -> None:
    for fund in FUNDS:
        shares = [np.mean(list(allowed(seed, fund).values())) for seed in SEEDS]
        assert any(0 < share < 0.5 for share in shares), fund
    names = {name for seed in SEEDS for name in RULES if staged_of(seed, "pooled").matrix.rows_of(name).any()}
    assert names >= set(RULES[:5])
    by_money = [allowed(seed, "pooled") != allowed(seed, "apart") for seed in SEEDS]
    by_weight = [allowed(seed, "pooled") != allowed(seed, "by weight") for seed in SEEDS]
    assert any(by_money) and any(by_weight)


@pytest.mark.parametrize("fund", FUNDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_linear_rules_leave_nothing_allowed_out(seed: int, fund: str) -> None:
    portfolios = portfolios_of(seed, fund)
    for x in vectors(portfolios.count):
        if allowed(seed, fund)[key_of(x)]:
            down, up = portfolios.room(x)
            assert (down <= 0).all() and (up >= 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_moves_change_one_project_and_keep_the_committed(seed: int) -> None:
    portfolios, model = portfolios_of(seed, "pooled"), staged_of(seed, "pooled").model.pyomo
    owner = np.array([p for p, _ in model.starts])
    committed, rng = set(model.committed), np.random.default_rng(seed)
    numbers = rng.normal(size=(3, portfolios.count))
    for x in vectors(portfolios.count):
        if not allowed(seed, "pooled")[key_of(x)]:
            continue
        moves = portfolios.moves(x)
        reached = set()
        for k in range(moves.taken.size):
            after = moves.after(x, (k,))
            touched = set(owner[after != x])
            assert len(touched) == 1
            assert all(after[owner == p].sum() <= 1 for p in touched)
            assert all(after[owner == p].sum() == 1 for p in committed)
            assert moves.differences(numbers)[:, k] == pytest.approx(numbers @ (after - x))
            reached.add(key_of(after))
        assert len(reached) == moves.taken.size, "a move comes twice"
        assert reached == neighbours(x, owner, committed)


def neighbours(x: Array, owner: Any, committed: set[str]) -> set[tuple[int, ...]]:
    """All vectors that differ in one project, which starts at most once, and where it is committed once."""
    out = set()
    for p in set(owner):
        own = np.flatnonzero(owner == p)
        for choice in [*own.tolist(), *([] if p in committed else [None])]:
            after = x.copy()
            after[own] = 0.0
            if choice is not None:
                after[choice] = 1.0
            out.add(key_of(after))
    return out - {key_of(x)}


@pytest.mark.parametrize("fund", FUNDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_smallest_is_smallest(seed: int, fund: str) -> None:
    smallest = portfolios_of(seed, fund).smallest()
    sizes = [sum(key) for key, is_allowed in allowed(seed, fund).items() if is_allowed]
    assert (smallest is None) == (not sizes)
    if smallest is not None:
        assert allowed(seed, fund)[key_of(smallest)]
        assert smallest.sum() == min(sizes)
