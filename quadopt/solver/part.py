"""Part: a program with some of the traced suppliers left out, and how its points become points of the whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from quadopt.solver.matrix import Array, Mask, Matrix, Owner, Program

SUPPLIER_BLOCKS = ("exposure", "traced", "depends_on")
"""The blocks that stand for one supplier in the program."""


def owned_by(supplier: str, matrix: Matrix) -> tuple[Mask, Mask]:
    """The rows and columns that stand for one supplier."""
    owners: set[Owner] = {(block, supplier) for block in SUPPLIER_BLOCKS}
    return matrix.owned(owners)


@dataclass(frozen=True)
class Part:
    """`rows` and `columns` of the whole program that stay when exposure to the suppliers `left_out`, or some of it, is left
    out."""

    whole: Program
    rows: Mask
    columns: Mask
    left_out: tuple[str, ...]

    @classmethod
    def without(
        cls,
        left_out: Collection[str],
        matrix: Matrix,
        whole: Program,
        but: Mapping[str, tuple[Mask, Mask]] = MappingProxyType({}),
    ) -> Part:
        """The part of the whole program without some suppliers, `but` for those rows and columns of theirs."""
        rows, columns = np.ones(whole.row_lower.size, dtype=bool), np.ones(whole.cost.size, dtype=bool)
        for supplier in left_out:
            own_rows, own_columns = owned_by(supplier, matrix)
            but_rows, but_columns = but.get(supplier, (False, False))
            rows &= ~own_rows | but_rows
            columns &= ~own_columns | but_columns
        return cls(whole, rows, columns, tuple(left_out))

    @cached_property
    def program(self) -> Program:
        """The part as a program of its own."""
        return self.whole.part(self.rows, self.columns) if self.left_out else self.whole

    def to_whole(self, values: Array) -> Array:
        """A point of the part in the whole program's columns, nothing in those left out."""
        out = np.zeros(self.columns.size)
        out[self.columns] = values
        return out

    def from_whole(self, values: Array) -> Array:
        """What the part sees of a point of the whole program."""
        return values[self.columns]

    def integers_of(self, whole_values: Array) -> Array:
        """The integer columns of a point of the whole program, rounded."""
        return np.round(whole_values[self.whole.is_integer])
