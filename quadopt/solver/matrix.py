"""Matrix: a Pyomo model as sparse rows and columns, grown as the model grows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.util import OrderedVarRecorder

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Owner = tuple[str, str]


@dataclass(frozen=True)
class Program:
    """minimise `cost @ x + constant` within `row_lower <= a @ x <= row_upper`, `lower <= x <= upper`.

    `a` is in CSR form; `is_integer` marks integer columns, `is_anchor` those that scaling leaves at one.
    """

    a: sp.csr_array
    cost: Array
    constant: float
    lower: Array
    upper: Array
    row_lower: Array
    row_upper: Array
    is_integer: npt.NDArray[np.bool_]
    is_anchor: npt.NDArray[np.bool_]

    def part(self, rows: Mask, columns: Mask, at: Array | None = None) -> Program:
        """Some rows and columns; the other columns stay at the point `at` (without one they must not be in the rows)."""
        a = self.a[rows]
        shift = np.zeros(a.shape[0]) if at is None else a[:, ~columns] @ at[~columns]
        constant = self.constant if at is None else self.constant + float(self.cost[~columns] @ at[~columns])
        return Program(
            sp.csr_array(a[:, columns]),
            self.cost[columns],
            constant,
            self.lower[columns],
            self.upper[columns],
            self.row_lower[rows] - shift,
            self.row_upper[rows] - shift,
            self.is_integer[columns],
            self.is_anchor[columns],
        )


class Matrix:
    """Rows and columns of a Pyomo model; `extend` takes in what has been added to the model since.

    Every row and column knows its owner: the indexed block that it stands in and the block's index, ("", "") for the
    model itself and the base path.
    """

    def __init__(self, model: pyo.ConcreteModel) -> None:
        self.model = model
        self.variables: list[Any] = []
        self.column_owner: list[Owner] = []
        self.owners: set[Owner] = set()
        """The blocks that have columns in the matrix."""
        self.row_owner: list[Owner] = []
        self.row_name: list[str] = []
        self._number: dict[int, int] = {}
        self._seen: dict[int, int] = {}
        self._coefficients: list[float] = []
        self._columns: list[int] = []
        self._row_starts = [0]
        self._row_lower: list[float] = []
        self._row_upper: list[float] = []

    def extend(self) -> None:
        """Takes in variables and constraints that the model has now and had not at the last call."""
        for component in self.model.component_objects(pyo.Var, active=True):
            if self._is_new(component):
                owner = _owner(component)
                self.owners.add(owner)
                for variable in component.values():
                    if id(variable) not in self._number:
                        self._number[id(variable)] = len(self.variables)
                        self.variables.append(variable)
                        self.column_owner.append(owner)
        visitor = self._visitor()
        for component in self.model.component_objects(pyo.Constraint, active=True):
            before = self._seen.get(id(component), 0)
            if self._is_new(component):
                owner = _owner(component)
                for constraint in list(component.values())[before:]:
                    self._add_row(visitor, constraint)
                    self.row_owner.append(owner)
                    self.row_name.append(component.local_name)

    def _is_new(self, component: Any) -> bool:
        before, now = self._seen.get(id(component), -1), len(component)
        self._seen[id(component)] = now
        return now != before

    def _visitor(self) -> LinearRepnVisitor:
        return LinearRepnVisitor({}, var_recorder=OrderedVarRecorder({}, {}, None))

    def _add_row(self, visitor: LinearRepnVisitor, constraint: Any) -> None:
        lower, body, upper = constraint.to_bounded_expression(evaluate_bounds=True)
        repn = visitor.walk_expression(body)
        if repn.nonlinear is not None:
            raise ValueError(f"{constraint.name} is not linear")
        for key, coefficient in repn.linear.items():
            if coefficient:
                self._columns.append(self._number[key])
                self._coefficients.append(coefficient)
        self._row_starts.append(len(self._columns))
        self._row_lower.append(-math.inf if lower is None else lower - repn.constant)
        self._row_upper.append(math.inf if upper is None else upper - repn.constant)

    def vector(self, expression: Any) -> tuple[Array, float]:
        """A linear expression as coefficients of all columns and a constant."""
        repn = self._visitor().walk_expression(expression)
        if repn.nonlinear is not None:
            raise ValueError("the expression is not linear")
        coefficients = np.zeros(len(self.variables))
        for key, coefficient in repn.linear.items():
            coefficients[self._number[key]] = coefficient
        return coefficients, float(repn.constant)

    def program(self, expression: Any, anchors: tuple[str, ...] = ()) -> Program:
        """The whole model with one objective; `anchors` names variables that scaling leaves as they are."""
        cost, constant = self.vector(expression)
        count = len(self.variables)
        data = (np.array(self._coefficients), np.array(self._columns, dtype=np.int32), np.array(self._row_starts))
        bounds = [v.bounds for v in self.variables]
        return Program(
            sp.csr_array(data, shape=(len(self._row_lower), count)),
            cost,
            constant,
            np.array([-math.inf if b[0] is None else b[0] for b in bounds]),
            np.array([math.inf if b[1] is None else b[1] for b in bounds]),
            np.array(self._row_lower),
            np.array(self._row_upper),
            np.fromiter((not v.is_continuous() for v in self.variables), bool, count),
            np.fromiter((v.parent_component().local_name in anchors for v in self.variables), bool, count),
        )

    def columns_of(self, name: str) -> Mask:
        """Mask of the columns of one variable of the model itself."""
        names = (variable.parent_component().local_name == name for variable in self.variables)
        return np.fromiter(names, bool, len(self.variables)) & self.owned({("", "")})[1]

    def rows_of(self, name: str) -> Mask:
        """Mask of the rows of one constraint of the model itself."""
        return np.fromiter((row == name for row in self.row_name), bool, len(self.row_name))

    def owned(self, owners: set[Owner]) -> tuple[Mask, Mask]:
        """Masks of the rows and of the columns that stand in the given blocks."""
        rows = np.fromiter((owner in owners for owner in self.row_owner), bool, len(self.row_owner))
        columns = np.fromiter((owner in owners for owner in self.column_owner), bool, len(self.column_owner))
        return rows, columns

    def load(self, values: Array) -> None:
        """Writes a solution into the Pyomo variables, so that expressions can be evaluated."""
        for variable, value in zip(self.variables, values.tolist(), strict=True):
            variable.set_value(value, skip_validation=True)


def _owner(component: Any) -> Owner:
    block = component.parent_block()
    return (block.parent_component().local_name, str(block.index())) if block.index() is not None else ("", "")
