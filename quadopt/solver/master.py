"""Master: a part of a program with a level and cuts for each piece of its branches in their place (multi-cut Benders)."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from quadopt.solver.matrix import Array, Mask, Program
from quadopt.solver.part import Part
from quadopt.solver.recourse import OBJECTIVE, Answer, Cut, Recourse, side_of

VIOLATED = 1e-7
"""By how much a piece's true level may be above the master's, relative to its size."""
SMALLEST = 1e-3
"""Below which a level's size does not fall for that, in the objective's unit."""


class Master:
    """A part's rows and columns but the branches', and then one column a piece, its level.

    `held`: mask of the whole program's rows that hold earlier stages' objectives.
    """

    def __init__(self, part: Part, recourse: Recourse, held: Mask) -> None:
        self.part, self.recourse, self.whole = part, recourse, part.whole
        self.columns, self.rows = part.columns & ~recourse.columns, part.rows & ~recourse.rows
        self.held = held[self.rows]
        self.held_rows = np.flatnonzero(self.rows)[self.held]
        """The same among the master's rows, and their numbers in the whole program."""
        self._base = int(self.columns.sum())
        self._number = np.cumsum(self.columns) - 1
        self._given = list[Cut]()

    @cached_property
    def program(self) -> Program:
        """The master without cuts."""
        own = self.whole.part(self.rows, self.columns, np.zeros(self.columns.size))
        shapes, position = self.recourse.shapes, np.cumsum(self.rows) - 1
        added = sp.lil_array((own.a.shape[0], len(shapes)))
        for k, shape in enumerate(shapes):
            for row, times in shape.weights.items():
                if row != OBJECTIVE:
                    added[position[row], k] = side_of(self.whole, row) * times
        return replace(
            own,
            a=sp.csr_array(sp.hstack([own.a, added])),
            cost=np.concatenate([own.cost, [shape.weights.get(OBJECTIVE, 0.0) for shape in shapes]]),
            lower=np.concatenate([own.lower, [self._least(shape.columns, shape.direction) for shape in shapes]]),
            upper=np.concatenate([own.upper, np.full(len(shapes), np.inf)]),
            is_integer=np.concatenate([own.is_integer, np.zeros(len(shapes), dtype=bool)]),
            is_anchor=np.concatenate([own.is_anchor, np.zeros(len(shapes), dtype=bool)]),
        )

    def _least(self, columns: np.ndarray, direction: Array) -> float:
        """What bounds alone say that a level is at least."""
        counts = direction != 0
        d, lower, upper = direction[counts], self.whole.lower[columns][counts], self.whole.upper[columns][counts]
        return float(np.where(d > 0, d * lower, d * upper).sum())

    def rows_of(self, cuts: list[Cut]) -> tuple[sp.csr_array, Array]:
        """Cuts as rows of the master, and what these are at least."""
        rows = sp.lil_array((len(cuts), self.program.cost.size))
        for k, cut in enumerate(cuts):
            rows[k, self._number[self.recourse.shapes[cut.piece].seen]] = -cut.prices
            rows[k, self._base + cut.piece] = 1.0
        return sp.csr_array(rows), np.array([cut.constant for cut in cuts])

    def with_cuts(self, cuts: list[Cut]) -> Program:
        """The master with cuts as its last rows."""
        if not cuts:
            return self.program
        a, least = self.rows_of(cuts)
        return replace(
            self.program,
            a=sp.csr_array(sp.vstack([self.program.a, a])),
            row_lower=np.concatenate([self.program.row_lower, least]),
            row_upper=np.concatenate([self.program.row_upper, np.full(len(cuts), np.inf)]),
        )

    @property
    def relaxed(self) -> Program:
        """The master without cuts, parts of starts allowed."""
        return self.program.relaxed

    def cuts_at(self, values: Array) -> list[Cut]:
        """The cuts that a point does not keep, none where a piece has no solution beside it."""
        answers = self.answers(values)
        return [] if answers is None else self.violated(values, answers)

    def answers(self, values: Array) -> list[Answer] | None:
        """What every piece comes to beside a point; None where one has no solution."""
        return self.recourse.answers(self._base_path(values))

    def violated(self, values: Array, answers: list[Answer]) -> list[Cut]:
        """The cuts that a point with lower levels than its pieces come to does not keep; none a second time, where the solver
        takes it for kept."""
        levels = values[self._base : self._base + len(answers)]
        cuts = [answer.cut for answer, level in zip(answers, levels, strict=True)
                if answer.level - level > VIOLATED * max(SMALLEST, abs(answer.level))]  # fmt: skip
        new = [cut for cut in cuts if not any(cut is given for given in self._given)]
        self._given += new
        return new

    def to_whole(self, values: Array, answers: list[Answer]) -> Array:
        """A point with what its pieces come to, in the whole program's columns, nothing in those that the part leaves out."""
        out = self._base_path(values)
        for shape, answer in zip(self.recourse.shapes, answers, strict=True):
            out[shape.columns] = answer.values
        return out

    def _base_path(self, values: Array) -> Array:
        out = np.zeros(self.columns.size)
        out[self.columns] = values[: self._base]
        return out

    def from_whole(self, values: Array) -> Array:
        """A point of the whole program in the master's columns."""
        levels = [shape.direction @ values[shape.columns] for shape in self.recourse.shapes]
        return np.concatenate([values[self.columns], levels])
