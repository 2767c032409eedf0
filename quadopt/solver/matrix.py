"""Matrix: a Pyomo model as sparse rows and columns, grown as the model grows."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.common.gc_manager import PauseGC
from pyomo.core.expr.numvalue import native_numeric_types
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.util import OrderedVarRecorder

from quadopt.formulation.components import Constraint, Var
from quadopt.solver.grids import CannotExpandError
from quadopt.solver.templates import Expander, Terms

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
Numbers = Mask | Indices
"""Some rows or columns: a mask, or their numbers."""
Owner = tuple[str, str]

log = logging.getLogger(__name__)


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

    @property
    def relaxed(self) -> Program:
        """The same with parts of integers allowed, which scaling leaves at one all the same."""
        return replace(self, is_integer=np.zeros_like(self.is_integer), is_anchor=self.is_anchor | self.is_integer)

    @property
    def least(self) -> float:
        """What the columns' bounds alone say that the objective is at least; -inf where they say nothing."""
        counts = self.cost != 0
        cost, lower, upper = self.cost[counts], self.lower[counts], self.upper[counts]
        return float(np.where(cost > 0, cost * lower, cost * upper).sum()) + self.constant

    def rows_on(self, columns: Numbers) -> Mask:
        """The rows that some of the columns are in."""
        return np.asarray(np.abs(self.a[:, columns]).sum(axis=1)).ravel() > 0

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


@dataclass(frozen=True)
class Span:
    """The rows or columns, from `first` to before `last`, of one component; a component that has grown has several."""

    component: Any
    owner: Owner
    first: int
    last: int

    @property
    def name(self) -> str:
        """The component's name in its block."""
        return str(self.component.local_name)


class _Variables(Sequence[Any]):
    """The columns as Pyomo variables, made when asked for."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix

    def __len__(self) -> int:
        return self._matrix.width

    def __getitem__(self, column: Any) -> Any:
        for span in self._matrix.columns:
            if span.first <= column < span.last:
                return span.component[next(islice(span.component.keys(), column - span.first, None))]
        raise IndexError(f"there are {len(self)} columns")

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(span.component.values() for span in self._matrix.columns)


class Matrix:
    """Rows and columns of a Pyomo model; `extend` takes in what has been added to the model since.

    Every row and column knows its owner: the indexed block that it stands in and the block's index, ("", "") for the
    model itself and the base path.
    """

    def __init__(self, model: pyo.ConcreteModel) -> None:
        self.model = model
        self.columns: list[Span] = []
        self.rows: list[Span] = []
        self.owners: set[Owner] = set()
        """The blocks that have columns in the matrix."""
        self.width = 0
        self._expander = Expander()
        self._seen: dict[int, int] = {}
        self._where: dict[int, slice] = {}
        self._a = sp.csr_array((0, 0))
        self._row_lower, self._row_upper = np.zeros(0), np.zeros(0)
        self._lower, self._upper = np.zeros(0), np.zeros(0)
        self._is_integer = np.zeros(0, dtype=bool)
        self._values = np.zeros(0)

    @property
    def variables(self) -> Sequence[Any]:
        """The columns as Pyomo variables."""
        return _Variables(self)

    def extend(self) -> None:
        """Takes in variables and constraints that the model has now and had not at the last call.

        Raises `ValueError` where a row is not linear, or holds a number that is not finite.
        """
        with PauseGC():  # large arrays, few objects: nothing to collect
            self._extend_columns()
            self._extend_rows()

    def _extend_columns(self) -> None:
        limits = [(self._lower, self._upper, self._is_integer)]
        for variable in self.model.component_objects(pyo.Var, active=True):
            if id(variable) in self._seen:
                continue
            size = self._seen[id(variable)] = self._expander.add_variable(variable, self.width)
            span = Span(variable, _owner(variable), self.width, self.width + size)
            self.columns.append(span)
            self._where[id(variable)] = slice(span.first, span.last)
            self.owners.add(span.owner)
            self.width = span.last
            limits.append(self._limits(variable, size))
        self._lower, self._upper, self._is_integer = (np.concatenate(parts) for parts in zip(*limits, strict=True))

    def _limits(self, variable: Any, size: int) -> tuple[Array, Array, Mask]:
        """Lower and upper bounds of a Var's members, and which are integer."""
        if not isinstance(variable, Var) or variable.has_bounds_by_pyomo:
            bounds = [v.bounds for v in variable.values()]
            lower = np.array([-math.inf if low is None else low for low, _ in bounds])
            upper = np.array([math.inf if high is None else high for _, high in bounds])
            return lower, upper, np.array([not v.is_continuous() for v in variable.values()], dtype=bool)
        low, high, step = variable.common_domain.get_interval()
        least, most = (None, None) if variable.bounds_template is None else variable.bounds_template.expression
        lower, upper = self._bound(variable, least, -math.inf), self._bound(variable, most, math.inf)
        lower = lower if low is None else np.maximum(low, lower)
        upper = upper if high is None else np.minimum(high, upper)
        if np.isnan(lower).any() or np.isnan(upper).any():
            raise ValueError(f"{variable.name} has bounds that are no numbers")
        return np.broadcast_to(lower, size), np.broadcast_to(upper, size), np.broadcast_to(step != 0, size)

    def _bound(self, variable: Any, expression: Any, without: float) -> Any:
        """One side of a Var's bounds as its rule says it: a number, or one a member; `without` where it says none."""
        if expression is None:
            return without
        if expression.__class__ in native_numeric_types:
            return float(expression)
        return self._expander.numbers(variable, variable.bounds_template, expression)

    def _extend_rows(self) -> None:
        terms, limits, count = Terms(), [(self._row_lower, self._row_upper)], 0
        before = self._row_lower.size
        for constraint in self.model.component_objects(pyo.Constraint, active=True):
            done, now = self._seen.get(id(constraint), 0), len(constraint)
            if now != done:
                self._seen[id(constraint)] = now
                limits.append(self._expanded(constraint, done, count, terms))
                self.rows.append(Span(constraint, _owner(constraint), before + count, before + count + now - done))
                count += now - done
        if not count:
            return
        self._settle(terms)
        constant = terms.constant(count)
        rows, columns, coefficients = terms.drain()
        if not (np.isfinite(coefficients).all() and np.isfinite(constant).all()):
            raise ValueError("a row of the model holds a number that is not finite")
        lower, upper = (np.concatenate(parts) for parts in zip(*limits, strict=True))
        lower[before:] -= constant
        upper[before:] -= constant
        added = sp.coo_array((coefficients, (rows, columns)), shape=(count, self.width)).tocsr()
        added.eliminate_zeros()
        self._row_lower, self._row_upper, self._a = lower, upper, _stacked(self._a, added, self.width)

    def _expanded(self, constraint: Any, done: int, row: int, terms: Terms) -> tuple[Array, Array]:
        """Adds the rows of a constraint from its member `done` on, numbered from `row`; their limits."""
        own = Terms()
        try:
            if not isinstance(constraint, Constraint):
                found = self._one_by_one(islice(constraint.values(), done, None), row, own)
            elif constraint.template is None:
                found = self._one_by_one(constraint.values(), row, own, by_pyomo=True)
            else:
                found = self._expander.rows(constraint, row, own)
        except (CannotExpandError, KeyError) as reason:
            log.info("%s is expanded by Pyomo, member by member: %s", constraint.name, reason)
            own = Terms()
            found = self._one_by_one(islice(constraint.values(), done, None), row, own, by_pyomo=True)
        terms.take(own)
        return found

    def _one_by_one(
        self, constraints: Iterator[Any], row: int, terms: Terms, by_pyomo: bool = False
    ) -> tuple[Array, Array]:
        """Adds constraints that have no template, as those of a list, numbered from `row`; their limits."""
        limits = []
        for number, constraint in enumerate(constraints, row):
            lower, body, upper = constraint.to_bounded_expression(evaluate_bounds=True)
            if by_pyomo:
                self._walk(body, number, constraint.name, terms)
            else:
                self._expander.expand(body, number, terms)
            limits.append((-math.inf if lower is None else lower, math.inf if upper is None else upper))
        lowers, uppers = np.array(limits, dtype=float).reshape(-1, 2).T
        return lowers, uppers

    def _walk(self, expression: Any, row: int, name: str, terms: Terms) -> None:
        """Adds an expression as Pyomo expands it as one row. Raises `ValueError` where it is not linear."""
        recorder = OrderedVarRecorder({}, {}, None)
        repn = LinearRepnVisitor({}, var_recorder=recorder).walk_expression(expression)
        if repn.nonlinear is not None:
            raise ValueError(f"{name} is not linear")
        columns = [self._expander.column(recorder.var_map[key]) for key in repn.linear]
        terms.add_row(row, columns, list(repn.linear.values()), float(repn.constant))

    def _settle(self, terms: Terms) -> None:
        """Moves the terms of fixed variables to the constants."""
        fixed = {column: variable.value for column, variable in self._made() if variable.fixed}
        if not fixed:
            return
        is_fixed, at = np.zeros(self.width, dtype=bool), np.zeros(self.width)
        is_fixed[list(fixed)], at[list(fixed)] = True, list(fixed.values())
        terms.settle(is_fixed, at)

    def _made(self) -> Iterator[tuple[int, Any]]:
        """(column, variable) of all Pyomo variables that there are."""
        for span in self.columns:
            if isinstance(span.component, Var):
                for index, variable in span.component.made():
                    yield span.first + span.component.position(index), variable
            else:
                yield from enumerate(span.component.values(), span.first)

    def vector(self, expression: Any) -> tuple[Array, float]:
        """A linear expression as coefficients of all columns and a constant. Raises `ValueError` where it is not linear."""
        terms = Terms()
        try:
            self._expander.expand(expression, 0, terms)
        except (CannotExpandError, KeyError) as reason:
            log.info("an objective is expanded by Pyomo: %s", reason)
            terms = Terms()
            self._walk(expression, 0, "the expression", terms)
        self._settle(terms)
        constant = terms.constant(1)
        _, columns, coefficients = terms.drain()
        cost = np.bincount(columns, coefficients, minlength=self.width).astype(float, copy=False)
        return cost, float(constant[0])

    def program(self, expression: Any, anchors: tuple[str, ...] = ()) -> Program:
        """The whole model with one objective; `anchors` names variables that scaling leaves as they are."""
        cost, constant = self.vector(expression)
        lower, upper = self._bounds()
        return Program(
            sp.csr_array((self._a.data, self._a.indices, self._a.indptr), shape=(self._row_lower.size, self.width)),
            cost,
            constant,
            lower,
            upper,
            self._row_lower,
            self._row_upper,
            self._is_integer,
            self.columns_named(anchors),
        )

    def _bounds(self) -> tuple[Array, Array]:
        """Bounds of all columns, with what has been changed of Pyomo's variables since."""
        lower, upper = self._lower, self._upper
        for column, variable in self._made():
            low, high = variable.bounds
            new = -math.inf if low is None else low, math.inf if high is None else high
            if (lower[column], upper[column]) != new:
                if lower is self._lower:
                    lower, upper = lower.copy(), upper.copy()
                lower[column], upper[column] = new
        return lower, upper

    def where(self, variable: Any) -> slice:
        """The columns of one Var. Raises `KeyError` where it is not in the matrix."""
        return self._where[id(variable)]

    def rows_where(self, constraint: Any) -> slice:
        """The rows of one Constraint. Raises `KeyError` where it is not in the matrix."""
        for span in self.rows:
            if span.component is constraint:
                return slice(span.first, span.last)
        raise KeyError(constraint.name)

    def columns_named(self, names: Collection[str]) -> Mask:
        """Mask of the columns of the variables of some names, in any block."""
        return _mask((span for span in self.columns if span.name in names), self.width)

    def columns_of(self, name: str) -> Mask:
        """Mask of the columns of one variable of the model itself."""
        return self.columns_named({name}) & self.owned({("", "")})[1]

    def rows_of(self, name: str) -> Mask:
        """Mask of the rows of one constraint of the model itself."""
        return _mask((span for span in self.rows if span.name == name), self._row_lower.size)

    def owned(self, owners: set[Owner]) -> tuple[Mask, Mask]:
        """Masks of the rows and of the columns that stand in the given blocks."""
        rows = _mask((span for span in self.rows if span.owner in owners), self._row_lower.size)
        return rows, _mask((span for span in self.columns if span.owner in owners), self.width)

    def load(self, values: Array) -> None:
        """Gives the Pyomo variables the values of a solution."""
        self._values = values
        for span in self.columns:
            own = values[span.first : span.last]
            if isinstance(span.component, Var):
                span.component.load(own)
            else:
                for variable, value in zip(span.component.values(), own.tolist(), strict=True):
                    variable.set_value(value, skip_validation=True)

    def evaluate(self, expression: Any) -> Array:
        """An Expression at the values that were loaded, one number a member of its index set."""
        terms = Terms()
        count = self._expander.expand_all(expression, terms)
        rows, columns, coefficients = terms.drain()
        return terms.constant(count) + np.bincount(rows, coefficients * self._values[columns], minlength=count)


def _mask(spans: Iterable[Span], size: int) -> Mask:
    mask = np.zeros(size, dtype=bool)
    for span in spans:
        mask[span.first : span.last] = True
    return mask


def _stacked(above: sp.csr_array, below: sp.csr_array, width: int) -> sp.csr_array:
    """One matrix above the other."""
    if not above.shape[0]:
        return below
    data = np.concatenate((above.data, below.data))
    indices = np.concatenate((above.indices, below.indices))
    indptr = np.concatenate((above.indptr, below.indptr[1:] + above.indptr[-1]))
    return sp.csr_array((data, indices, indptr), shape=(above.shape[0] + below.shape[0], width))


def _owner(component: Any) -> Owner:
    block = component.parent_block()
    return (block.parent_component().local_name, str(block.index())) if block.index() is not None else ("", "")
