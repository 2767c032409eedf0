"""Synthetic cases with several chains, halted where their dependence stage begins."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from benchmarks.stages import rules
from benchmarks.synthetic import Shape, synthetic_tables
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.chains import Chains
from quadopt.solver.matrix import Array
from quadopt.solver.minimise import Search
from quadopt.solver.part import Part
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case

SHAPE = Shape(members=2, suppliers=4, materials=9, chains=3, periods=5, projects=10, disruptions=0)
SEEDS = (1, 3, 4)
TIGHT = 1e-3
"""Times the stock budgets, so that chains want more of them together than there is."""
SECONDS, LIMIT, GAP = 30.0, 20.0, 1e-5


class Reached(Exception):
    """The dependence stage has come."""


def stressed(seed: int, method: str = "guided") -> Staged:
    """The same case with disruptions, so that there is a stress stage."""
    return staged(seed, 1.0, method, replace(SHAPE, disruptions=2))


def staged(seed: int, budgets: float = 1.0, method: str = "guided", shape: Shape = SHAPE) -> Staged:
    """A synthetic case, ready to run; HiGHS is not left alone first."""
    tables = synthetic_tables(shape, seed)
    for row in tables["fund"]:
        if isinstance(row.get("stock_limit"), int | float):
            row["stock_limit"] *= budgets
    out = Staged(Case.from_tables(tables), rules("pact", method, LIMIT, LIMIT, GAP))
    out.minimiser.alone_seconds = 0.0
    return out


def ended_in_turns(out: Staged) -> tuple[list[tuple[float, float]], bytes]:
    """How each stage ends where search and proof take turns, and the plan."""
    out.minimiser.is_repeatable = True
    out.run()
    return [(stage.incumbent, stage.bound) for stage in out.stages], out.values.tobytes()


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
