r"""Recourse: the branches of a program, cut into pieces that do not touch each other.

A branch sees of the base path only starts and reserves, and falls apart by chain of materials. A piece's least *level*, what it
adds to the objective and to the rows that add branches up, is the value of a small LP, convex in what it sees: its prices there
bound the level everywhere, $level(x') \ge level(x) + \sum_j price_j (x'_j - x_j)$ (Van Slyke and Wets, 1969; one a piece:
Birge and Louveaux, 1988).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from quadopt.solver.highs import Basis, HighsModel
from quadopt.solver.matrix import Array, Indices, Mask, Program
from quadopt.solver.prices import without_rounding

PARALLEL = 1e-9
"""Relative difference up to which two directions are one."""
OBJECTIVE = -1
"""Stands for the objective among the rows that add branches up."""
SECONDS = 60.0
"""For the LP of one piece."""


@dataclass(frozen=True)
class Cut:
    """`level >= constant + prices @ x[seen]` for a piece, whatever the base path x is."""

    piece: int
    prices: Array
    constant: float


@dataclass(frozen=True)
class Shape:
    """One piece, by the whole program's columns and rows: its own, the columns that it sees of the base path, what its level is
    of its own columns (`direction`), and how many times each row beyond it, or the objective, counts the level."""

    columns: Indices
    rows: Indices
    seen: Indices
    direction: Array
    weights: dict[int, float]


@dataclass(frozen=True)
class Answer:
    """What a piece comes to beside one base path: its least level, its own columns, and the cut there."""

    level: float
    values: Array
    cut: Cut


class Piece:
    """The LP of one piece, resident in HiGHS: from one base path to the next only the bounds of what it sees change."""

    def __init__(self, number: int, shape: Shape, program: Program, threads: int) -> None:
        self._number, self._shape = number, shape
        own = shape.columns.size
        self._given = np.arange(own, own + shape.seen.size, dtype=np.int32)
        self._limits = program.lower[shape.seen], program.upper[shape.seen]
        self._model = HighsModel(alone(shape, program), threads)
        self._model.expect_small_changes()
        self._asked: Array | None = None
        self._answer: Answer | None = None

    def answer(self, x: Array, seconds: float = SECONDS) -> Answer | None:
        """The least level beside a point of the program; None where the LP has no solution, or none in time."""
        given = x[self._shape.seen]
        if self._asked is None or not np.array_equal(given, self._asked):
            self._asked, self._answer = given, self._solve(given, seconds)
        if self._answer is None:
            self._asked = None  # it may only have been out of time
        return self._answer

    def redirect(self, direction: Array) -> None:
        """Another level from now on: what it is of the piece's own columns."""
        self._model.set_costs(np.arange(direction.size, dtype=np.int32), direction)
        self._asked = None

    @property
    def has_basis(self) -> bool:
        """Whether it has ended somewhere."""
        return self._model.has_basis

    def basis(self) -> Basis:
        """Statuses of its own columns and rows at the last answer."""
        columns, rows = self._model.basis()
        return columns[: self._shape.columns.size], rows

    def whole_basis(self) -> Basis:
        """Statuses of its columns, then those that it sees, and of its rows at the last answer."""
        return self._model.basis()

    def begin_at(self, basis: Basis) -> None:
        """Begins at such a basis."""
        self._model.begin_at(basis)

    def begin_from(self, other: Piece, rows: Mask, columns: Mask) -> None:
        """Begins from where a piece with less in it, the given ones of its own rows and columns, has ended."""
        self._model.begin_from(other._model.basis(), rows, np.append(columns, np.ones(self._given.size, dtype=bool)))

    def forget(self) -> None:
        """Begins cold the next time."""
        self._model.forget()
        self._asked = None

    def row_values(self) -> Array:
        """Prices of its rows at the last answer."""
        return self._model.row_values()

    def cancel(self) -> None:
        """Ends a solve that is under way in another thread."""
        self._model.cancel()

    def _solve(self, given: Array, seconds: float) -> Answer | None:
        self._model.set_bounds(self._given, given, given)
        solved = self._model.solve(0.0, seconds)
        if solved.values is None or not solved.is_optimal:
            return None
        exact = self._model.reduced_costs()[self._given]
        prices, rounding = without_rounding(exact, *self._limits, self._model.scaled.column[self._given])
        cut = Cut(self._number, prices, solved.incumbent - float(exact @ given) + rounding)
        return Answer(solved.incumbent, solved.values[: self._given[0]] if given.size else solved.values, cut)


def alone(shape: Shape, program: Program) -> Program:
    """The LP of a piece over its own columns and then those that it sees."""
    both = np.concatenate([shape.columns, shape.seen])
    return Program(
        sp.csr_array(program.a[shape.rows][:, both]),
        np.concatenate([shape.direction, np.zeros(shape.seen.size)]),
        0.0,
        program.lower[both],
        program.upper[both],
        program.row_lower[shape.rows],
        program.row_upper[shape.rows],
        np.zeros(both.size, dtype=bool),
        program.is_anchor[both] | program.is_integer[both],
    )


class Recourse:
    """The branches of a program in pieces. One object serves one thread."""

    def __init__(self, program: Program, shapes: list[Shape], threads: int) -> None:
        self.shapes = shapes
        self.columns = np.zeros(program.cost.size, dtype=bool)
        self.rows = np.zeros(program.row_lower.size, dtype=bool)
        for shape in shapes:
            self.columns[shape.columns], self.rows[shape.rows] = True, True
        self._program, self._threads = program, threads

    @cached_property
    def _pieces(self) -> list[Piece]:
        """Made by the thread that asks first: some proofs never do."""
        return [Piece(k, shape, self._program, self._threads) for k, shape in enumerate(self.shapes)]

    def answers(self, x: Array) -> list[Answer] | None:
        """What every piece comes to beside a base path (a point of the whole program); None where one has no solution."""
        answers = []
        for piece in self._pieces:
            answer = piece.answer(x)
            if answer is None:
                return None
            answers.append(answer)
        return answers


def apart(a: sp.csr_array) -> tuple[Indices, Indices]:
    """By column and by row of a matrix the number of the piece that it is in: pieces share neither."""
    pattern = sp.csr_array((np.ones(a.nnz, dtype=np.int8), a.indices, a.indptr), shape=a.shape)
    _, found = connected_components(sp.csr_array(sp.block_array([[None, pattern.T], [pattern, None]])), directed=False)
    return found[: a.shape[1]], found[a.shape[1] :]


def shapes_of(program: Program, rows: Mask, columns: Mask) -> list[Shape] | None:
    """The pieces of a program whose branches own the given rows and columns, or None where they cannot be cut apart.

    They can where each row that adds branches up limits them from one side, and all that counts a piece, the objective too,
    counts the same: stress alone, or cost alone.
    """
    own = np.flatnonzero(columns)
    touching = program.rows_on(own)
    inner, linking = np.flatnonzero(touching & rows), np.flatnonzero(touching & ~rows)
    sides = [side_of(program, row) for row in linking.tolist()]
    if not own.size or 0.0 in sides:
        return None
    label, in_row = apart(program.a[inner][:, own])
    totals = [(OBJECTIVE, program.cost[own])]
    totals += [(int(row), side * program.a[[row]].toarray()[0, own]) for row, side in zip(linking, sides, strict=True)]
    shapes = []
    for k in range(int(label.max()) + 1):
        found = _direction([(row, total[label == k]) for row, total in totals])
        if found is None:
            return None
        number = inner[in_row == k]
        seen = np.asarray(np.abs(program.a[number]).sum(axis=0)).ravel() > 0
        seen[own] = False
        shapes.append(Shape(own[label == k], number, np.flatnonzero(seen), *found))
    return shapes


def side_of(program: Program, row: int) -> float:
    """1 where a row limits from above alone, -1 where from below alone, 0 where both."""
    above, below = np.isfinite(program.row_upper[row]), np.isfinite(program.row_lower[row])
    return 0.0 if above and below else (1.0 if above else -1.0)


def _direction(totals: list[tuple[int, Array]]) -> tuple[Array, dict[int, float]] | None:
    """The one direction along which rows count a piece, and how many times each does; None where there are several."""
    direction = np.zeros(totals[0][1].size)
    weights: dict[int, float] = {}
    for row, total in totals:
        size = float(np.abs(total).max(initial=0.0))
        if size == 0.0:
            continue
        if not weights:
            direction = total
        times = float(total @ direction) / float(direction @ direction)
        if times <= 0 or np.abs(total - times * direction).max() > PARALLEL * size:
            return None
        weights[row] = times
    return direction, weights
