"""Scaling: geometric equilibration of rows and columns in powers of two.

A tonne moves the index by less than the solver's dual tolerance, and unscaled models of this kind were called optimal
far from their optimum; scaling is therefore part of the model (the method, section 7).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from quadopt.solver.matrix import Array, Program

PASSES = 12


@dataclass(frozen=True)
class Scaled:
    """A scaled program: `x = column * scaled x`, `objective = (scaled objective) / factor + constant`.

    `row` is what each row was multiplied by.
    """

    program: Program
    row: Array
    column: Array
    factor: float

    def to_scaled(self, values: Array) -> Array:
        """A point of the program in scaled terms."""
        return values / self.column

    def from_scaled(self, values: Array) -> Array:
        """A scaled point in the program's own terms."""
        return values * self.column

    def objective(self, scaled: float) -> float:
        """A scaled objective value in its own unit."""
        return scaled / self.factor


def scale(program: Program) -> Scaled:
    """Rows and columns scaled so that coefficients are near one, and the objective so that its coefficients are."""
    a = program.a
    row, column = np.ones(a.shape[0]), np.ones(a.shape[1])
    fixed = program.is_integer | program.is_anchor
    rows = np.repeat(np.arange(a.shape[0]), np.diff(a.indptr))
    with np.errstate(divide="ignore"):
        logs = np.log2(np.abs(a.data))
    row_log, column_log = np.zeros(a.shape[0]), np.zeros(a.shape[1])
    for _ in range(PASSES):
        row_log = -_middle(logs + column_log[a.indices], rows, a.shape[0])
        column_log = -_middle(logs + row_log[rows], a.indices, a.shape[1])
        column_log[fixed] = 0.0
    row, column = np.exp2(np.round(row_log)), np.exp2(np.round(column_log))
    matrix = sp.csr_array((a.data * row[rows] * column[a.indices], a.indices, a.indptr), shape=a.shape)
    cost = program.cost * column
    factor = _objective_factor(cost)
    scaled = replace(
        program,
        a=matrix,
        cost=cost * factor,
        constant=program.constant * factor,
        lower=program.lower / column,
        upper=program.upper / column,
        row_lower=program.row_lower * row,
        row_upper=program.row_upper * row,
    )
    return Scaled(scaled, row, column, factor)


def _middle(values: Array, groups: np.ndarray, count: int) -> Array:
    """Mid-range of each group's values, zero for an empty group: the geometric mean of its extremes."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, groups, values)
    np.maximum.at(high, groups, values)
    filled = low <= high
    return np.where(filled, (np.where(filled, low, 0.0) + np.where(filled, high, 0.0)) / 2, 0.0)


def _objective_factor(cost: Array) -> float:
    """A power of two that brings the geometric mean of the objective's coefficients to one."""
    sizes = np.abs(cost[cost != 0])
    return float(np.exp2(-np.round(np.mean(np.log2(sizes))))) if sizes.size else 1.0
