"""Templates: what a rule says of any index, expanded with numpy over its whole index set into sparse rows.

The rule is called once, with templates in place of indices; its expression is walked once, each part of it an array over
all that the indices stand for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import (
    DivisionExpression,
    NegationExpression,
    PowExpression,
    ProductExpression,
    SumExpression,
)
from pyomo.core.expr.numvalue import native_numeric_types
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression, tuple_to_relational_expr
from pyomo.core.expr.template_expr import GetAttrExpression, GetItemExpression, IndexTemplate, TemplateSumExpression

from quadopt.formulation.components import Groups, Param, Set, Template, parts_of
from quadopt.solver.grids import (
    CannotExpandError,
    Codes,
    Frame,
    Layout,
    Members,
    Narrow,
    Run,
    Table,
    Whole,
    along,
    whole_shape,
)

Array = npt.NDArray[np.float64]

ARITHMETIC = (SumExpression, ProductExpression, DivisionExpression, NegationExpression, PowExpression)
"""Expressions that numpy evaluates as Python would."""
Parts = tuple[Any, ...]
"""Numbers and arrays of which the sum is meant. They broadcast, so that they take far less room than their sum."""


@dataclass
class Terms:
    """Coefficients by row and column, and constants by row, as they come: a place may come twice."""

    entries: list[tuple[Parts, Parts, Parts, tuple[int, ...]]] = field(default_factory=list)
    """Rows, columns and coefficients that broadcast to a shape: each cell of it is a term."""
    constants: list[tuple[Parts, Parts, tuple[int, ...]]] = field(default_factory=list)
    """Rows and constants alike."""

    def add(self, frame: Frame, columns: Parts, coefficients: Any) -> None:
        """A coefficient for every cell of a frame; arrays broadcast."""
        self.entries.append((frame.row, columns, (coefficients,), frame.shape))

    def add_constant(self, frame: Frame, values: Any) -> None:
        """A constant for every cell of a frame; arrays broadcast."""
        self.constants.append((frame.row, (values,), frame.shape))

    def add_row(self, row: int, columns: list[int], coefficients: list[float], constant: float) -> None:
        """One row, and its constant."""
        self.entries.append(((row,), (np.array(columns, np.int32),), (np.array(coefficients, float),), (len(columns),)))
        self.constants.append(((row,), (constant,), (1,)))

    def take(self, other: Terms) -> None:
        """Adds other terms."""
        self.entries += other.entries
        self.constants += other.constants

    def settle(self, is_fixed: npt.NDArray[np.bool_], at: Array) -> None:
        """Moves the terms of fixed columns, one or more, to the constants; `at` has their values."""
        fixed = np.flatnonzero(is_fixed)
        for k, (*entry, shape) in enumerate(self.entries):
            column = entry[1]
            if not math.prod(shape) or sum(map(np.min, column)) > fixed[-1] or sum(map(np.max, column)) < fixed[0]:
                continue
            if is_fixed[sum(column)].any():
                rows, columns, coefficients = (np.broadcast_to(sum(parts), shape) for parts in entry)
                out = is_fixed[columns]
                moved, left = int(out.sum()), int((~out).sum())
                self.constants.append(((rows[out],), (coefficients[out] * at[columns[out]],), (moved,)))
                self.entries[k] = (rows[~out],), (columns[~out],), (coefficients[~out],), (left,)

    def drain(self) -> tuple[Narrow, Narrow, Array]:
        """Rows, columns and coefficients, each in one array; only the constants stay, so that memory holds them once."""
        found = _written(self.entries, (np.int32, np.int32, np.float64))
        self.entries.clear()
        return found  # type: ignore[return-value]

    def constant(self, count: int) -> Array:
        """The sums of the constants of rows 0 to `count` - 1."""
        rows, values = _written(self.constants, (np.int32, np.float64))
        return np.bincount(rows, values, minlength=count).astype(float, copy=False)


def _written(entries: Sequence[tuple[Any, ...]], kinds: tuple[type, ...]) -> tuple[npt.NDArray[Any], ...]:
    """The sums of entries' parts, which broadcast to the shape at their end, one after the other, each made in its place."""
    count = sum(math.prod(entry[-1]) for entry in entries)
    found = tuple(np.empty(count, dtype=kind) for kind in kinds)
    first = 0
    for *sums, shape in entries:
        last = first + math.prod(shape)
        for target, parts in zip(found, sums, strict=True):
            _write(target[first:last].reshape(shape), parts)
        first = last
    return found


def _write(target: npt.NDArray[Any], parts: Parts) -> None:
    """The sum of parts into an array."""
    if len(parts) == 1:
        target[...] = parts[0]
        return
    np.add(parts[0], parts[1], out=target)
    for part in parts[2:]:
        target += part


class Expander:
    """Expands rules and expressions over the variables that it has been told of."""

    def __init__(self) -> None:
        self._codes = Codes()
        self._first_column: dict[int, int] = {}
        self._kept: dict[tuple[str, int], tuple[Any, Any]] = {}
        """(what, id of an object) -> the object, which so stays alive, and what was made of it."""

    def add_variable(self, variable: Any, first: int) -> int:
        """Tells of a Var whose members are the columns from `first` on; how many there are."""
        self._first_column[id(variable)] = first
        return self._layout(variable).size

    def column(self, variable: Any) -> int:
        """The column of one variable. Raises `KeyError` where it is of a Var that nobody has told of."""
        component, index = variable.parent_component(), variable.index()
        return int(sum(self._position(component, _labels(index), Frame(), self._first_column[id(component)])))

    def rows(self, constraint: Any, first: int, terms: Terms) -> tuple[Array, Array]:
        """Adds a templated constraint's rows, numbered from `first`; their limits, constants not taken off yet."""
        frame = self._frame(constraint, first)
        lower, body, upper = sides(constraint.template.expression)
        for part, sign in body:
            self._expand(part, frame, sign, terms)
        limits = (-math.inf if lower is None else lower, math.inf if upper is None else upper)
        return self._over(frame, limits[0]), self._over(frame, limits[1])

    def numbers(self, component: Any, template: Template, expression: Any) -> Array:
        """What an expression without variables is for every member of a component."""
        return self._over(self._frame(component, 0, template), expression)

    def expand(self, expression: Any, row: int, terms: Terms) -> None:
        """Adds an expression as one row. Raises `CannotExpandError` where it cannot."""
        self._expand(expression, Frame(row), 1.0, terms)

    def expand_all(self, component: Any, terms: Terms) -> int:
        """Adds an indexed expression, a row a member; how many there are."""
        if component.template is None:
            for row, expression in enumerate(component.values()):
                self.expand(expression, row, terms)
        else:
            self._expand(component.template.expression, self._frame(component, 0), 1.0, terms)
        return len(component)

    # Sets, groups and numbers as arrays.

    def _keep(self, what: str, of: Any, make: Callable[[Any], Any]) -> Any:
        if (what, id(of)) not in self._kept:
            self._kept[what, id(of)] = (of, make(of))
        return self._kept[what, id(of)][1]

    def _coded(self, members: list[Any], width: int) -> list[Whole]:
        """Members in code, one array a dimension."""
        labels = members if width == 1 else chain.from_iterable(members)
        codes = np.fromiter(map(self._codes.__getitem__, labels), np.int64, len(members) * width)
        return list(np.ascontiguousarray(codes.reshape(-1, width).T))

    def _table(self, index_set: Any) -> Table:
        def make(index_set: Any) -> Table:
            if isinstance(index_set, Set) and index_set.numbered:
                return Table([self._coded(list(labels), 1)[0][numbers] for labels, numbers in index_set.numbered])
            members, width = list(index_set), index_set.dimen
            return Table(self._coded(members, width if isinstance(width, int) else 1))

        return self._keep("table", index_set, make)

    def _layout(self, component: Any) -> Layout:
        def make(component: Any) -> Layout:
            tables = [self._table(part) for part in parts_of(component.index_set())] if component.is_indexed() else []
            strides = [math.prod(table.size for table in tables[k + 1 :]) for k in range(len(tables))]
            return Layout(tuple(tables), tuple(strides), math.prod(table.size for table in tables))

        return self._keep("layout", component, make)

    def _members(self, indexed_set: Any) -> Members:
        def make(indexed_set: Any) -> Members:
            layout = self._layout(indexed_set)
            groups: dict[Any, list[Any]]
            if isinstance(indexed_set, Groups):
                groups, width = indexed_set.members, indexed_set.members.width
            else:
                groups = {index: list(indexed_set[index]) for index in indexed_set}
                width = next((s.dimen for s in indexed_set.values() if isinstance(s.dimen, int)), 1)
            count = np.zeros(layout.size, dtype=np.int64)
            members = list(chain.from_iterable(groups.values()))
            codes = self._coded(members, width)
            lengths = np.fromiter(map(len, groups.values()), np.int64, len(groups))
            at = self._places(layout, list(groups))
            count[at] = lengths
            first = np.zeros(layout.size, dtype=np.int64)
            first[at] = np.cumsum(lengths) - lengths
            return Members(layout, first, count, Table(codes))

        return self._keep("members", indexed_set, make)

    def _places(self, layout: Layout, indices: list[Any]) -> Any:
        """Positions of indices in a layout."""
        codes, at = self._coded(indices, layout.width), np.zeros(len(indices), dtype=np.int64)
        for table, stride, own in layout.apart(codes):
            at += stride * table.find(own)
        return at

    def _numbers(self, parameter: Any) -> Array:
        """A Param's numbers in the order of its index set, nan where it has none."""

        def make(parameter: Any) -> Array:
            if isinstance(parameter, Param):
                return parameter.numbers
            known = parameter.extract_values()
            return np.fromiter(
                (known.get(i, math.nan) for i in parameter.index_set()), float, len(parameter.index_set())
            )

        return self._keep("numbers", parameter, make)

    # Indices.

    def _frame(self, component: Any, first: int, template: Template | None = None) -> Frame:
        """A frame with a row for each member of a component, numbered from `first` in the order of its index set."""
        layout, frame = self._layout(component), Frame(first)
        for table, stride, own in reversed(layout.apart((template or component.template).indices)):
            frame = frame.with_axis(table, own, table.all * np.int32(stride))
        return frame

    def _apart(self, component: Any, indices: Sequence[Any]) -> list[tuple[Table, int, Sequence[Any]]]:
        """The tables of a component's sets, each with its stride and its own indices."""
        layout = self._layout(component)
        if len(indices) != layout.width:
            raise CannotExpandError(f"{component.name} has {len(indices)} indices")
        return layout.apart(indices)

    def _position(self, component: Any, indices: Sequence[Any], frame: Frame, first: int = 0) -> Parts:
        """Positions of a component's members, from `first` on, at indices that are templates, expressions of them, or labels."""
        at = [np.int32(first)]
        for table, stride, own in self._apart(component, indices):
            try:
                at.append(self._found(table, own, frame) * np.int32(stride))
            except KeyError as reason:
                raise KeyError(f"{component.name}: {reason.args[0]}") from None
        return tuple(at)

    def _found(self, table: Table, indices: Sequence[Any], frame: Frame) -> Any:
        run = frame.run_of(table, indices)
        if run is not None:
            return run.along(run.positions)
        return table.find([self._code(index, frame) for index in indices])

    def _looked_up(self, parameter: Any, indices: Sequence[Any], frame: Frame) -> Any:
        """A Param's numbers at indices: no copy where they run through its sets as these come."""
        numbers = self._numbers(parameter)
        shape = whole_shape([frame.run_of(table, own) for table, _, own in self._apart(parameter, indices)])
        return numbers[sum(self._position(parameter, indices, frame))] if shape is None else numbers.reshape(shape)

    def _code(self, index: Any, frame: Frame) -> Any:
        if isinstance(index, str | int | np.integer):
            return self._codes[index]
        code = np.asarray(self._value(index, frame))
        if code.dtype.kind == "f" and (code != np.round(code)).any():
            raise CannotExpandError("an index is computed that is no whole number")
        return code

    def _bound(self, component: Any, indices: Sequence[Any], frame: Frame) -> Frame:
        """The frame in which the indices of a component's template stand for the given ones."""
        runs = {}
        for template, index in zip(component.template.indices, indices, strict=True):
            known = frame.runs.get(id(index))
            if known is None:
                code = self._code_of_one(index, frame)
                known = (Run(Table([code]), None, np.zeros(1, dtype=np.int32)), 0)
            runs[id(template)] = known
        return Frame(frame.origin, frame.sizes, frame.rows, {**frame.runs, **runs})

    def _code_of_one(self, index: Any, frame: Frame) -> Whole:
        """The code of an index that is the same all over a frame."""
        code = np.asarray(self._code(index, frame), dtype=np.int64)
        if code.ndim:
            raise CannotExpandError("an expression's index is computed from others")
        return code.reshape(1)

    # Expressions.

    def _over(self, frame: Frame, expression: Any) -> Array:
        """An expression without variables in every cell of a frame, as a vector."""
        return np.broadcast_to(np.asarray(self._value(expression, frame), dtype=float), frame.shape).reshape(-1)

    def _value(self, node: Any, frame: Frame) -> Any:
        """An expression without variables, as a number or as an array over a frame's axes."""
        if node.__class__ in native_numeric_types:
            return node
        if node.__class__ is IndexTemplate:
            if id(node) not in frame.runs:
                raise CannotExpandError("an index stands outside the sum that it belongs to")
            run, column = frame.runs[id(node)]
            codes = run.table.columns[column]
            return run.along(codes if run.is_whole else codes[run.positions])
        if isinstance(node, TemplateSumExpression):
            terms = Terms()
            self._expand_sum(node, frame.counted(), 1.0, terms)
            return terms.constant(math.prod(frame.shape)).reshape(frame.shape)
        if isinstance(node, GetItemExpression) and node.args[0].ctype is pyo.Param:
            return self._looked_up(node.args[0], node.args[1:], frame)
        if isinstance(node, ARITHMETIC):
            return node._apply_operation([self._value(part, frame) for part in node.args])
        if not node.is_expression_type():
            return pyo.value(node)
        raise CannotExpandError(f"a {node.__class__.__name__} has no array form")

    def _expand(self, node: Any, frame: Frame, factor: Any, terms: Terms) -> None:
        """Adds `factor` times an expression to the rows of a frame."""
        if is_number(node):
            terms.add_constant(frame, factor * self._value(node, frame))
        elif isinstance(node, SumExpression):
            for part in node.args:
                self._expand(part, frame, factor, terms)
        elif isinstance(node, ProductExpression):
            number, other = node.args if is_number(node.args[0]) else node.args[::-1]
            if not is_number(number):
                raise CannotExpandError("a product of variables is not linear")
            self._expand(other, frame, factor * self._value(number, frame), terms)
        elif isinstance(node, DivisionExpression) and is_number(node.args[1]):
            self._expand(node.args[0], frame, factor / self._value(node.args[1], frame), terms)
        elif isinstance(node, NegationExpression):
            self._expand(node.args[0], frame, -factor, terms)
        elif isinstance(node, TemplateSumExpression):
            self._expand_sum(node, frame, factor, terms)
        elif isinstance(node, GetItemExpression):
            if isinstance(node.args[0], GetAttrExpression):
                (indices,) = node.args[1:]  # Pyomo keeps them in one tuple here
                for component, own, part in self._by_block(node.args[0], frame, factor):
                    self._expand_member(
                        component, indices if isinstance(indices, tuple) else (indices,), own, part, terms
                    )
            else:
                self._expand_member(node.args[0], node.args[1:], frame, factor, terms)
        elif isinstance(node, GetAttrExpression):
            for component, own, part in self._by_block(node, frame, factor):
                self._expand_member(component, (), own, part, terms)
        elif node.is_variable_type() or node.is_named_expression_type():
            self._expand_member(node.parent_component(), _labels(node.index()), frame, factor, terms)
        else:
            raise CannotExpandError(f"a {node.__class__.__name__} has no array form")

    def _expand_member(self, component: Any, indices: Sequence[Any], frame: Frame, factor: Any, terms: Terms) -> None:
        """A member of a Var, or of an Expression whose own rule is expanded in its place."""
        if component.ctype is pyo.Var:
            terms.add(frame, self._position(component, indices, frame, self._first_column[id(component)]), factor)
        elif component.ctype is pyo.Expression:
            if getattr(component, "template", None) is not None:
                self._expand(component.template.expression, self._bound(component, indices, frame), factor, terms)
            elif all(isinstance(index, str | int) for index in indices):
                self._expand(component[indices or None].expr, frame, factor, terms)
            else:
                raise CannotExpandError(f"{component.name} has no template")
        else:
            raise CannotExpandError(f"{component.name} is no variable and no expression")

    def _expand_sum(self, node: Any, frame: Frame, factor: Any, terms: Terms) -> None:
        """A sum over sets, one of them inside the other."""
        for templates in node.template_iters():
            source = templates[0]._set
            if isinstance(source, GetItemExpression):
                frame, factor = self._into(source, templates, frame, factor)
            else:
                frame = frame.with_axis(self._table(source), templates, np.zeros(1, dtype=np.int32))
        self._expand(node.template_args()[0], frame, factor, terms)

    def _into(self, source: Any, templates: Sequence[Any], frame: Frame, factor: Any) -> tuple[Frame, Any]:
        """Into a sum over a set that depends on indices: all members of all sets, each beside its own indices."""
        members = self._members(source.args[0])
        at = frame.padded(sum(self._position(source.args[0], source.args[1:], frame)))
        count = members.count[at].reshape(-1)
        parent = np.repeat(np.arange(count.size), count)
        within = np.arange(parent.size) - np.repeat(np.cumsum(count) - count, count)
        member = (members.first[at].reshape(-1)[parent] + within).astype(np.int32)
        index = along(at.shape, parent)
        joined = frame.joined(index, parent.size)
        run = Run(members.table, len(frame.sizes), member)
        named = {id(template): (run, column) for column, template in enumerate(templates)}
        inside = Frame(joined.origin, joined.sizes, joined.rows, {**joined.runs, **named})
        return inside, frame.carried(factor, index)

    def _by_block(self, node: Any, frame: Frame, factor: Any) -> Iterator[tuple[Any, Frame, Any]]:
        """What `block[w].name` is, block by block: the component, the part of the frame, and the factor there."""
        item, name = node.args
        if not isinstance(item, GetItemExpression) or item.args[0].ctype is not pyo.Block or item.nargs() != 2:
            raise CannotExpandError(f"an attribute {name} of what is no block has no array form")
        codes = frame.padded(self._code(item.args[1], frame))
        labels = {self._codes[index]: index for index in item.args[0]}
        for code in np.unique(codes).tolist():
            cells = np.flatnonzero(codes.reshape(-1) == code)
            index = along(codes.shape, cells)
            yield (
                getattr(item.args[0][labels[code]], name),
                frame.joined(index, cells.size),
                frame.carried(factor, index),
            )


def _labels(index: Any) -> tuple[Any, ...]:
    return () if index is None else index if isinstance(index, tuple) else (index,)


def is_number(node: Any) -> bool:
    """Whether an expression has no variables."""
    return node.__class__ in native_numeric_types or not node.is_potentially_variable()


def sides(relation: Any) -> tuple[Any, list[tuple[Any, float]], Any]:
    """Lower limit, body as (expression, sign) to be summed, and upper limit of a relation, as Pyomo divides them.

    Raises `CannotExpandError` where it is no equation or inequality with one side that is not a number.
    """
    if isinstance(relation, tuple):
        relation = tuple_to_relational_expr(relation)
    if not isinstance(relation, EqualityExpression | InequalityExpression):
        raise CannotExpandError(f"a {relation.__class__.__name__} is no row")
    left, right = relation.args
    is_equation = isinstance(relation, EqualityExpression)
    if is_number(right):
        return right if is_equation else None, [(left, 1.0)], right
    if is_number(left):
        return left, [(right, 1.0)], left if is_equation else None
    return 0.0 if is_equation else None, [(left, 1.0), (right, -1.0)], 0.0
