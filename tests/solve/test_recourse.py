"""Branches as levels and cuts, against the extensive form: the whole program with every branch in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from unittest.mock import patch

import numpy as np
import pytest
import scipy.sparse as sp

from quadopt.solver.branched import BranchedValuation
from quadopt.solver.highs import HighsModel
from quadopt.solver.master import Master
from quadopt.solver.matrix import Array, Mask, Program
from quadopt.solver.minimise import Search
from quadopt.solver.part import Part
from quadopt.solver.race import Race
from quadopt.solver.recourse import Cut, Recourse, Shape, shapes_of
from quadopt.solver.stages import Staged
from quadopt.solver.valuation import Valuation
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options

SEEDS = (3, 8, 16, 34, 46)
RISKS = ("expected", "worst", "cvar")
SECONDS = 10.0
CLOSE = 1e-6


@dataclass(frozen=True)
class Stressed:
    """A program that sees branches, what it holds from before, and what its branches own."""

    program: Program
    held: Mask
    rows: Mask
    columns: Mask
    shapes: list[Shape] | None

    def master(self) -> Master:
        """The whole program with levels for its branches."""
        assert self.shapes is not None
        every_row, every_column = np.ones(self.rows.size, dtype=bool), np.ones(self.columns.size, dtype=bool)
        part = Part(self.program, every_row, every_column, ())
        return Master(part, Recourse(self.program, self.shapes, 1), self.held)


@cache
def stressed(seed: int, risk: str, until: str = "stress") -> Stressed:
    """A random case's first stage of a goal, those before solved and held."""
    tables = random_tables(seed)
    order = ["shortage", "dependence", "stress", "cost"]
    slacks = {"shortage": (0.001, 0.001), "dependence": (0.0, 0.005), "stress": (0.001, 0.001)}
    changes = {"order": order, "slacks": slacks, "caps": [], "burden": "free", "risk": risk}
    staged = Staged(Case.from_tables(tables), as_formulation({**random_options(seed, tables), **changes}))
    for aim in staged.aims():
        if aim.goal.name == until:
            break
        staged.solve(aim)
    program, matrix = staged.program(aim.goal), staged.matrix
    rows, columns = matrix.owned({owner for owner in matrix.owners if owner[0] == "branch"})
    return Stressed(program, matrix.rows_of("held"), rows, columns, shapes_of(program, rows, columns))


def portfolios(program: Program, count: int, seed: int = 0) -> list[Array]:
    """Random portfolios, some of which no rule allows."""
    random = np.random.default_rng(seed)
    size = int(program.is_integer.sum())
    return [(random.random(size) < share).astype(float) for share in np.linspace(0.0, 0.5, count)]


def as_stage(seed: int, risk: str) -> Stressed:
    """A stage whose branches can be cut apart."""
    found = stressed(seed, risk)
    assert found.shapes, "the seed shows nothing"
    return found


@pytest.mark.parametrize("risk", RISKS)
@pytest.mark.parametrize("seed", SEEDS)
def test_values_are_those_of_the_extensive_form(seed: int, risk: str) -> None:
    stage = as_stage(seed, risk)
    extensive = Valuation(stage.program, stage.held, 1)
    branched = BranchedValuation(stage.master(), np.zeros(stage.program.cost.size), 1)
    valued, bounds, totals = [], [], []
    for x in portfolios(stage.program, 12):
        ours, other = branched.value(x, SECONDS), extensive.value(x, SECONDS)
        assert (ours is None) == (other is None)
        if ours is None or other is None:
            continue
        valued.append(x)
        bounds.append((ours.offset, ours.prices))
        totals.append(ours.total)
        if ours.is_plan and other.is_plan:
            assert ours.total == pytest.approx(other.total, rel=CLOSE, abs=CLOSE)
            assert ours.total == pytest.approx(stage.program.cost @ ours.values + stage.program.constant, rel=1e-9)
            at, size = stage.program.a @ ours.values, np.abs(stage.program.a) @ np.abs(ours.values)
            assert (at <= stage.program.row_upper + CLOSE * np.maximum(1.0, size)).all()
            assert (at >= stage.program.row_lower - CLOSE * np.maximum(1.0, size)).all()
            assert ours.values[stage.program.is_integer] == pytest.approx(x)
    assert valued, "the seed shows nothing"
    for offset, prices in bounds:
        assert all(offset + prices @ x <= total + CLOSE * max(1.0, abs(total))
                   for x, total in zip(valued, totals, strict=True))  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cut_is_never_above_a_level(seed: int) -> None:
    stage = as_stage(seed, "expected")
    assert stage.shapes is not None
    extensive = Valuation(stage.program, stage.held, 1)
    found = [extensive.value(x, SECONDS) for x in portfolios(stage.program, 12)]
    points = [one.values for one in found if one is not None]
    recourse = Recourse(stage.program, stage.shapes, 1)
    answers = [recourse.answers(x) for x in points]
    assert len(points) > 1, "the seed shows nothing"
    for there in answers:
        assert there is not None
        for x, here in zip(points, answers, strict=True):
            assert here is not None
            for shape, cut, answer in zip(stage.shapes, (a.cut for a in there), here, strict=True):
                bound = cut.constant + cut.prices @ x[shape.seen]
                assert bound <= answer.level + CLOSE * max(1.0, abs(answer.level))
                assert answer.level == pytest.approx(shape.direction @ answer.values, rel=CLOSE, abs=CLOSE)


@pytest.mark.parametrize("risk", RISKS)
@pytest.mark.parametrize("seed", SEEDS)
def test_relaxed_cuts_give_the_bound_of_the_relaxed_program(seed: int, risk: str) -> None:
    stage, master = as_stage(seed, risk), as_stage(seed, risk).master()
    model = HighsModel(master.relaxed)
    new, cuts, bound = master.cuts_at(master.program.lower), list[Cut](), -np.inf
    for _ in range(200):
        if new:
            model.add_rows(*master.rows_of(new))
        cuts += new
        solved = model.solve(0.0, SECONDS)
        assert solved.values is not None
        assert solved.bound >= bound - CLOSE * max(1.0, abs(bound)), "a cut that lowers the bound"
        bound, new = solved.bound, master.cuts_at(solved.values)
        if not new:
            break
    whole = HighsModel(replace(stage.program, is_integer=np.zeros_like(stage.program.is_integer))).solve(0.0, SECONDS)
    assert bound == pytest.approx(whole.bound, rel=CLOSE, abs=CLOSE)
    with_cuts = HighsModel(replace(master.with_cuts(cuts), is_integer=np.zeros_like(master.program.is_integer)))
    assert with_cuts.solve(0.0, SECONDS).bound == pytest.approx(whole.bound, rel=CLOSE, abs=CLOSE)


def test_points_go_there_and_back() -> None:
    stage = as_stage(SEEDS[0], "expected")
    master = stage.master()
    whole = HighsModel(stage.program).solve(0.0, SECONDS).values
    assert whole is not None
    own = master.from_whole(whole)
    answers = master.answers(own)
    assert answers is not None and not master.violated(own, answers), "an optimum's branches are at their least"
    back = master.to_whole(own, answers)
    assert stage.program.cost @ back == pytest.approx(stage.program.cost @ whole, rel=CLOSE, abs=CLOSE)
    assert (back[~stage.columns] == whole[~stage.columns]).all()


def test_no_cut_is_given_twice() -> None:
    master = as_stage(SEEDS[0], "expected").master()
    at = master.from_whole(np.zeros(master.columns.size))
    at[-len(master.recourse.shapes) :] = -1.0
    assert master.cuts_at(at)
    assert not master.cuts_at(at)


def test_cost_beside_held_stress_is_left_whole() -> None:
    # What branches cost and what they lack are two sums of the same columns: one level would not do.
    assert stressed(SEEDS[0], "expected", "cost").shapes is None


def test_a_row_that_limits_from_both_sides_is_left_whole() -> None:
    program = Program(
        sp.csr_array(np.array([[1.0, 1.0], [0.0, 1.0]])),
        np.array([0.0, 1.0]),
        0.0,
        np.zeros(2),
        np.full(2, 9.0),
        np.array([1.0, 2.0]),
        np.array([1.0, np.inf]),
        np.zeros(2, dtype=bool),
        np.zeros(2, dtype=bool),
    )
    rows, columns = np.array([False, True]), np.array([False, True])
    assert shapes_of(program, rows, columns) is None
    one_sided = shapes_of(replace(program, row_upper=np.array([np.inf, np.inf])), rows, columns)
    assert one_sided is None, "the objective counts it one way, the row the other"
    agreeing = shapes_of(replace(program, row_lower=np.array([-np.inf, 2.0])), rows, columns)
    assert agreeing is not None and agreeing[0].weights == {-1: 1.0, 0: 1.0}


def test_without_branches_there_are_no_pieces() -> None:
    stage = stressed(SEEDS[0], "expected", "dependence")
    assert not stage.columns.any()
    assert stage.shapes is None


def test_the_stress_stage_races_without_its_branches() -> None:
    seen: list[str] = []
    run = Race.run

    def watching(self: Race, known: list[Array]) -> None:
        seen.append(type(self.proving.proofs[0]).__name__)
        run(self, known)

    tables = random_tables(SEEDS[0])
    options = {**random_options(SEEDS[0], tables), "order": ["shortage", "stress"], "caps": []}
    staged = Staged(Case.from_tables(tables), as_formulation(options))
    staged.minimiser.alone_seconds = 0.0
    with patch.object(Race, "run", watching), patch.object(Search, "plain", side_effect=AssertionError):
        staged.run()
    assert seen[0] == "Part" and "Master" in seen[1:]
