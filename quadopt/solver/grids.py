"""Grids: the indices of rules as arrays. Labels become codes, sets become tables of codes, indices run along axes.

Arrays along an axis are broadcast against each other, so that what depends on a place alone is looked up once a place and
not once a place and step. A sum over a set adds an axis; a sum over a set that depends on indices joins their axes into one
that runs through all the members.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Narrow = npt.NDArray[np.int32]

FIRST_TEXT = 2**40
"""Codes of labels that are no whole numbers begin here; a whole number is its own code."""
ROOMY = 1_000_000
"""Combinations of codes up to which members are found in a table of all of them, rather than by a search."""


class CannotExpandError(TypeError):
    """Raised where an expression is not linear, or holds something that has no array form."""


class Codes(dict[Any, int]):
    """Label -> code, given as labels turn up."""

    def __missing__(self, label: Any) -> int:
        self[label] = code = int(label) if isinstance(label, int | np.integer) else FIRST_TEXT + len(self)
        return code


class Table:
    """The members of a set in code, one column a dimension, and where a member stands."""

    def __init__(self, columns: Sequence[Whole]) -> None:
        self.columns, self.size = columns, columns[0].size
        self._find: Callable[[Any], tuple[Any, Any]] | None = None

    @cached_property
    def all(self) -> Narrow:
        """The positions of all members."""
        return np.arange(self.size, dtype=np.int32)

    def find(self, values: Sequence[Any]) -> Any:
        """Positions of members given in code, arrays that broadcast. Raises `KeyError` where one is no member."""
        if self._find is None:
            self._index()
        key, inside = self._key(values)
        if self.size and np.all(inside) and self._find is not None:
            found, is_member = self._find(key)
            if np.all(is_member):
                return found
        elif not np.size(key):
            return np.zeros(np.shape(key), dtype=np.int32)
        raise KeyError("an index is not in its set")

    def _key(self, values: Sequence[Any]) -> tuple[Any, Any]:
        """One number a member, and whether its values are in the range of the columns."""
        key: Any = 0
        inside: Any = True
        for value, low, extent in zip(values, self._low, self._extent, strict=True):
            local = np.asarray(value, dtype=np.int64) - low
            inside = inside & (local >= 0) & (local < extent)
            key = key * extent + local
        return key, inside

    def _index(self) -> None:
        self._low = [int(column.min()) if self.size else 0 for column in self.columns]
        self._extent = [
            int(column.max()) - low + 1 if self.size else 1 for column, low in zip(self.columns, self._low, strict=True)
        ]
        cells = math.prod(self._extent)
        if cells >= 2**63:
            raise CannotExpandError("numbers and text are mixed in an index set")
        keys = self._key(self.columns)[0]
        if cells <= max(ROOMY, 4 * self.size):
            at = np.full(cells, -1, dtype=np.int32)
            at[keys] = self.all

            def look_up(key: Any) -> tuple[Any, Any]:
                found = at[key]
                return found, found >= 0

            self._find = look_up
        else:
            order = np.argsort(keys).astype(np.int32)
            keys = keys[order]

            def search(key: Any) -> tuple[Any, Any]:
                near = np.minimum(np.searchsorted(keys, key), keys.size - 1)
                return order[near], keys[near] == key

            self._find = search


@dataclass(frozen=True)
class Layout:
    """How a component's members follow each other: the tables of its sets, the last one running fastest."""

    tables: tuple[Table, ...]
    strides: tuple[int, ...]
    size: int

    @property
    def width(self) -> int:
        """Dimensions of an index."""
        return sum(len(table.columns) for table in self.tables)

    def apart(self, indices: Sequence[Any]) -> list[tuple[Table, int, Sequence[Any]]]:
        """Each table with its stride and its own of some indices, which come dimension by dimension."""
        ends = accumulate((len(table.columns) for table in self.tables), initial=0)
        spans = zip(self.tables, self.strides, pairwise(ends), strict=True)
        return [(table, stride, indices[first:last]) for table, stride, (first, last) in spans]


@dataclass(frozen=True)
class Members:
    """The members of every set of an indexed set, one set after the other: where each begins and how many it has."""

    layout: Layout
    first: Whole
    count: Whole
    table: Table


@dataclass(frozen=True, eq=False)
class Run:
    """Members of a table, at `positions` along one axis of a frame; `axis` None: one member."""

    table: Table
    axis: int | None
    positions: npt.NDArray[Any]

    @property
    def is_whole(self) -> bool:
        """Whether it takes all members as they come."""
        return self.positions is self.table.all

    def along(self, vector: npt.NDArray[Any]) -> Any:
        """A vector over the run, shaped so that it broadcasts along the axis."""
        return vector[0] if self.axis is None else vector.reshape((-1, *(1,) * self.axis))


@dataclass(frozen=True)
class Frame:
    """The indices over which an expression is expanded. Axis 0 is the last dimension of an array.

    `rows` says, axis by axis, what a step along it adds to the number of the row, which starts at `origin`: a single zero where
    no step adds anything. `runs` has by the id of an index template the run it stands for and the column of that run's table.
    """

    origin: int = 0
    sizes: tuple[int, ...] = ()
    rows: tuple[Narrow, ...] = ()
    runs: dict[int, tuple[Run, int]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of an array with all axes."""
        return self.sizes[::-1]

    @cached_property
    def row(self) -> tuple[Any, ...]:
        """The number of the row: the sum of its parts, a number and an array an axis along which it changes."""
        parts = (part.reshape((-1, *(1,) * axis)) for axis, part in enumerate(self.rows) if part.size > 1 or part.any())
        return (np.int32(self.origin), *parts)

    def counted(self) -> Frame:
        """The same axes with a row for every cell."""
        strides = np.cumprod((1, *self.sizes)).tolist()
        rows = (
            np.arange(0, n * stride, max(stride, 1), dtype=np.int32)
            for n, stride in zip(self.sizes, strides, strict=False)
        )
        return Frame(0, self.sizes, tuple(rows), self.runs)

    def with_axis(self, table: Table, templates: Sequence[Any], row: Narrow) -> Frame:
        """A further axis, along which `templates` are the members of a table, one after the other."""
        run = Run(table, len(self.sizes), table.all)
        named = {id(template): (run, column) for column, template in enumerate(templates)}
        return Frame(self.origin, (*self.sizes, table.size), (*self.rows, row), {**self.runs, **named})

    def run_of(self, table: Table, indices: Sequence[Any]) -> Run | None:
        """The run over a table that the indices are, dimension by dimension; none where they are not."""
        known = [self.runs.get(id(index)) for index in indices]
        run = known[0][0] if known and known[0] is not None else None
        is_run = run is not None and run.table is table and known == [(run, column) for column in range(len(known))]
        return run if is_run else None

    def joined(self, index: dict[int, Any], size: int) -> Frame:
        """The frame with some axes joined into a new one of `size` cells; `index` has where a cell stands on each."""
        axis = len(self.sizes)
        steps = ((self.rows[a], at) for a, at in index.items())
        row = sum((own[0] if own.size == 1 else own[at] for own, at in steps), np.zeros(size, dtype=np.int32))
        moved: dict[int, Run] = {}
        runs = {}
        for name, (run, column) in self.runs.items():
            if run.axis in index:
                moved.setdefault(id(run), Run(run.table, axis, run.positions[index[run.axis]]))
            runs[name] = (moved.get(id(run), run), column)
        return Frame(
            self.origin,
            (*(1 if a in index else s for a, s in enumerate(self.sizes)), size),
            (*(np.zeros(1, dtype=np.int32) if a in index else r for a, r in enumerate(self.rows)), row),
            runs,
        )

    def carried(self, values: Any, index: dict[int, Any]) -> Any:
        """An array over this frame as one over the frame that `joined` gives."""
        if np.ndim(values) == 0:
            return values
        array, last = self.padded(values), len(self.sizes) - 1
        own = {last - axis: at for axis, at in index.items() if array.shape[last - axis] != 1}
        if not own:
            return array
        front = np.moveaxis(array, list(own), range(len(own)))[tuple(own.values())]
        return front.reshape(front.shape[0], *(1 if d in own else n for d, n in enumerate(array.shape)))

    def padded(self, values: Any) -> npt.NDArray[Any]:
        """An array with as many dimensions as there are axes."""
        array = np.asarray(values)
        return array.reshape((1,) * (len(self.sizes) - array.ndim) + array.shape)


def whole_shape(runs: Sequence[Run | None]) -> tuple[int, ...] | None:
    """The shape in which a vector over the runs' tables, the last one running fastest, broadcasts over their axes as it lies.

    None where it does not: where a run is missing or does not take its table as it comes, or the axes come in another order.
    """
    sizes: dict[int, int] = {}
    for run in runs:
        if run is None or run.axis is None or not run.is_whole or run.axis >= min(sizes, default=math.inf):
            return None
        sizes[run.axis] = run.table.size
    return tuple(sizes.get(axis, 1) for axis in range(max(sizes, default=-1), -1, -1))


def along(shape: tuple[int, ...], cells: Any) -> dict[int, Any]:
    """Axis -> where cells of an array stand on it, for the axes along which the array varies."""
    places = np.unravel_index(cells, shape) if shape else ()
    return {len(shape) - 1 - d: places[d] for d in range(len(shape)) if shape[d] != 1}
