"""A small row and column builder over scipy's HiGHS, for the oracle only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, vstack

INFINITE = math.inf


class Sum:
    """A linear expression: coefficients by column number, and a constant."""

    __slots__ = ("constant", "terms")

    def __init__(self, terms: dict[int, float] | None = None, constant: float = 0.0) -> None:
        self.terms = terms or {}
        self.constant = constant

    def __add__(self, other: Sum | float) -> Sum:
        out = Sum(dict(self.terms), self.constant)
        out.grow(other)
        return out

    __radd__ = __add__

    def __mul__(self, factor: float) -> Sum:
        return Sum({j: factor * a for j, a in self.terms.items()}, factor * self.constant)

    __rmul__ = __mul__

    def __neg__(self) -> Sum:
        return self * -1.0

    def __sub__(self, other: Sum | float) -> Sum:
        return self + (-1.0) * other

    def __rsub__(self, other: float) -> Sum:
        return -self + other

    def grow(self, other: Sum | float, factor: float = 1.0) -> None:
        """Add `factor` times `other` in place."""
        if isinstance(other, Sum):
            for j, a in other.terms.items():
                self.terms[j] = self.terms.get(j, 0.0) + factor * a
            self.constant += factor * other.constant
        else:
            self.constant += factor * other

    def value(self, x: np.ndarray) -> float:
        """The expression's value at a solution."""
        return self.constant + sum(a * x[j] for j, a in self.terms.items())


def total(parts: Iterable[Sum | float]) -> Sum:
    """The sum of expressions and numbers."""
    out = Sum()
    for part in parts:
        out.grow(part)
    return out


class Program:
    """Columns with bounds and rows `expression <= 0` or `expression = 0`; solved for any objective, any extra rows."""

    def __init__(self) -> None:
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.below: list[Sum] = []
        self.exact: list[Sum] = []
        self._compiled: tuple | None = None

    def column(self, upper: float = INFINITE, lower: float = 0.0) -> Sum:
        """A new column as an expression."""
        self.lower.append(lower)
        self.upper.append(upper)
        return Sum({len(self.lower) - 1: 1.0})

    def at_most(self, left: Sum | float, right: Sum | float) -> None:
        """The row left <= right."""
        self.below.append(Sum() + left - right)

    def equal(self, left: Sum | float, right: Sum | float) -> None:
        """The row left = right."""
        self.exact.append(Sum() + left - right)

    def _matrix(self, rows: list[Sum]) -> tuple[csr_matrix, np.ndarray]:
        data, index, start, right = [], [], [0], []
        for row in rows:
            terms = {j: a for j, a in row.terms.items() if a != 0.0}
            largest = max((abs(a) for a in terms.values()), default=1.0)
            scale = 2.0 ** -math.floor(math.log2(largest))
            index += list(terms)
            data += [a * scale for a in terms.values()]
            start.append(len(index))
            right.append(-row.constant * scale)
        return csr_matrix((data, index, start), shape=(len(rows), len(self.lower))), np.array(right)

    def minimise(self, objective: Sum, held: Sequence[tuple[Sum, float]] = ()) -> tuple[float, np.ndarray] | None:
        """Least value of the objective with each `held` expression at most its number; None where infeasible.

        Raises `RuntimeError` where HiGHS ends with anything but an optimum or a confirmed infeasibility.
        """
        if self._compiled is None:
            self._compiled = (*self._matrix(self.below), *self._matrix(self.exact))
        a, b, equal_a, equal_b = self._compiled
        if held:
            more_a, more_b = self._matrix([expression - limit for expression, limit in held])
            a, b = vstack([a, more_a], format="csr"), np.concatenate([b, more_b])
        if not self.lower:
            return (objective.constant, np.zeros(0)) if (b >= -1e-9).all() and (abs(equal_b) < 1e-9).all() else None
        c = np.zeros(len(self.lower))
        for j, coefficient in objective.terms.items():
            c[j] = coefficient
        largest = abs(c).max()
        if largest > 0:
            c /= largest / 1000.0
        bounds = np.column_stack([self.lower, self.upper])
        if (bounds[:, 0] > bounds[:, 1]).any():
            return None
        statuses = []
        for presolve in (True, False):
            options = {
                "presolve": presolve,
                "primal_feasibility_tolerance": 1e-9,
                "dual_feasibility_tolerance": 1e-9,
            }
            result = linprog(
                c, a if len(b) else None, b if len(b) else None, equal_a if len(equal_b) else None,
                equal_b if len(equal_b) else None, bounds, method="highs", options=options,
            )  # fmt: skip
            if result.status == 0:
                return float(objective.value(result.x)), result.x
            statuses.append(result.status)
        if statuses[-1] == 2:
            return None
        raise RuntimeError(f"HiGHS statuses {statuses}: {result.message}")
