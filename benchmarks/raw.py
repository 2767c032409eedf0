"""The base path straight from numpy to HiGHS's arrays, written by hand: the limit that no modelling layer can beat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from benchmarks.base_path import BasePath

Array = npt.NDArray[np.float64]
INF = np.inf


@dataclass(frozen=True)
class Arrays:
    """minimise `cost @ x` within `row_lower <= a @ x <= row_upper`, `lower <= x <= upper`; `a` in CSR form."""

    a: sp.csr_array
    cost: Array
    lower: Array
    upper: Array
    row_lower: Array
    row_upper: Array
    is_integer: npt.NDArray[np.bool_]


class _Columns:
    """Blocks of columns, numbered as they come, with their bounds and costs."""

    def __init__(self) -> None:
        self.count = 0
        self._lower: list[Array] = []
        self._upper: list[Array] = []
        self.cost: list[Array] = []

    def add(self, shape: tuple[int, ...], upper: Any = INF, lower: Any = 0.0, cost: Any = 0.0) -> Any:
        """Numbers of new columns in the given shape; bounds and costs broadcast to it."""
        first, self.count = self.count, self.count + int(np.prod(shape))
        for kept, values in ((self._lower, lower), (self._upper, upper), (self.cost, cost)):
            kept.append(np.broadcast_to(np.asarray(values, dtype=float), shape).ravel())
        return np.arange(first, self.count, dtype=np.int32).reshape(shape)

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds of all columns."""
        return np.concatenate(self._lower), np.concatenate(self._upper)


class _Rows:
    """Blocks of rows, numbered as they come, with their limits and coefficients."""

    def __init__(self) -> None:
        self.count = 0
        self._limits: tuple[list[Array], list[Array]] = ([], [])
        self._entries: list[tuple[Any, Any, Any, tuple[int, ...]]] = []

    def add(self, shape: tuple[int, ...], lower: Any, upper: Any) -> Any:
        """Numbers of new rows in the given shape; limits broadcast to it."""
        first, self.count = self.count, self.count + int(np.prod(shape))
        for kept, values in zip(self._limits, (lower, upper), strict=True):
            kept.append(np.broadcast_to(np.asarray(values, dtype=float), shape).ravel())
        return np.arange(first, self.count, dtype=np.int32).reshape(shape)

    def put(self, rows: Any, columns: Any, values: Any) -> None:
        """Coefficients, none of them twice; rows, columns and values broadcast against each other."""
        shape = np.broadcast_shapes(np.shape(rows), np.shape(columns))
        self._entries.append((rows, columns, values, shape))

    def matrix(self, columns: int) -> sp.csr_array:
        """All coefficients in CSR form: each is written once, where it stays until the rows are sorted."""
        count = sum(math.prod(shape) for *_, shape in self._entries)
        row, column, value = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count)
        first = 0
        for *arrays, shape in self._entries:
            last = first + math.prod(shape)
            for target, array in zip((row, column, value), arrays, strict=True):
                target[first:last].reshape(shape)[...] = array
            first = last
        triples = sp.coo_array((value, (row, column)), shape=(self.count, columns))
        triples.has_canonical_format = True
        return triples.tocsr()

    @property
    def limits(self) -> tuple[Array, Array]:
        """Lower and upper limits of all rows."""
        return np.concatenate(self._limits[0]), np.concatenate(self._limits[1])


def build(path: BasePath) -> Arrays:
    """Rows and columns of the base path; the objective is its shortage."""
    writing = _Writing(path)
    writing.start_rows()
    writing.fund_rows()
    writing.capacity_rows()
    writing.balance_rows()
    writing.trade_rows()
    writing.stock_rows()
    writing.reserve_rows()
    writing.sharing_rows()
    return writing.arrays()


class _Writing:
    """The columns of a base path, and its rows as they are added, one method a concern."""

    def __init__(self, path: BasePath) -> None:
        self.path = p = path
        self.columns, self.rows = _Columns(), _Rows()
        columns = self.columns
        t, stocks, plants = p.steps, p.stock_place.size, len(p.plant_capacity)
        self.start = columns.add((p.start_project.size,), upper=1.0)
        self.contribution = columns.add(p.contribution.shape, upper=p.contribution)
        self.fund = columns.add((t + 1,))
        capacity = np.concatenate([p.plant_capacity, np.full((p.units - plants, t), INF)])
        self.activity = columns.add((p.units, t), upper=capacity)
        self.disposal = columns.add((p.places, t))
        # A route that trade and sharing use together has a row of its own.
        room, shared_room = p.room.copy(), p.shared_room.copy()
        room[p.both.left], shared_room[p.both.right] = INF, INF
        self.shipment = columns.add((p.origin.size, t), upper=room)
        self.shared = columns.add((p.provider.size, t), upper=shared_room)
        holds = np.concatenate([np.full((stocks, 1), INF), np.tile(p.stock_capacity[:, None], t)], axis=1)
        self.stock = columns.add((stocks, t + 1), upper=holds)
        self.deposit, self.release = columns.add((stocks, t)), columns.add((stocks, t))
        self.reserve = columns.add((stocks, t), lower=p.minimum)
        self.is_bought = np.isfinite(p.stock_budget[p.stock_member])
        self.purchase = columns.add((int(self.is_bought.sum()),))
        self.shortage = columns.add(p.demand.shape, upper=p.demand, cost=p.shortage_cost[:, None])
        self.stock_at = np.full(p.places, -1)
        """Place -> its stock, -1 where it has none."""
        self.stock_at[p.stock_place] = np.arange(stocks)

    def arrays(self) -> Arrays:
        """All that was written."""
        lower, upper = self.columns.bounds
        is_integer = np.zeros(self.columns.count, dtype=bool)
        is_integer[self.start] = True
        a, cost = self.rows.matrix(self.columns.count), np.concatenate(self.columns.cost)
        return Arrays(a, cost, lower, upper, *self.rows.limits, is_integer)

    def start_rows(self) -> None:
        p, rows, start = self.path, self.rows, self.start
        row = rows.add((p.projects,), np.where(p.is_committed, 1.0, -INF), 1.0)
        rows.put(row[p.start_project], start, 1.0)
        for of in p.groups:
            rows.put(rows.add((1,), -INF, 1.0), start[of], 1.0)
        for so_far, in_time in p.requirements:
            row = rows.add((1,), -INF, 0.0)
            rows.put(row, start[so_far], 1.0)
            rows.put(row, start[in_time], -1.0)

    def fund_rows(self) -> None:
        p, rows = self.path, self.rows
        row = rows.add((p.steps,), 0.0, 0.0)
        # The balance is zero before the first step and after the last.
        rows.put(row[:-1], self.fund[1:-1], 1.0)
        rows.put(row[1:], self.fund[1:-1], -1.0)
        rows.put(row, self.contribution, -1.0)
        start, step = np.nonzero(p.payment > 0)
        rows.put(row[step], self.start[start], p.payment[start, step])

    def capacity_rows(self) -> None:
        p, rows = self.path, self.rows
        activity = self.activity[len(p.plant_capacity) :]
        row = rows.add((p.projects, p.steps), -INF, 0.0)
        rows.put(row, activity, 1.0)
        start, step = np.nonzero(p.online > 0)
        project = p.start_project[start]
        rows.put(row[project, step], self.start[start], -p.online[start, step])
        must = np.zeros((p.projects, p.steps), dtype=bool)
        must[project, step] = p.minimum_use[project] > 0
        row = self._some_rows(must, 0.0, INF)
        rows.put(row[must], activity[must], 1.0)
        has = must[project, step]
        start, step, project = start[has], step[has], project[has]
        rows.put(row[project, step], self.start[start], -p.minimum_use[project] * p.online[start, step])

    def balance_rows(self) -> None:
        p, rows = self.path, self.rows
        wanted = np.zeros((p.places, p.steps))
        np.add.at(wanted, p.demand_place, p.demand)
        row = rows.add((p.places, p.steps), wanted, wanted)
        rows.put(row[p.made.right], self.activity[p.made.left], p.made.value[:, None])
        rows.put(row[p.used.right], self.activity[p.used.left], -p.used.value[:, None])
        rows.put(row[p.destination], self.shipment, 1.0)
        rows.put(row[p.origin], self.shipment, -1.0)
        rows.put(row[p.receiver], self.shared, 1.0)
        rows.put(row[p.stock_place], self.release, 1.0)
        rows.put(row[p.stock_place], self.deposit, -1.0)
        rows.put(row[p.demand_place], self.shortage, 1.0)
        rows.put(row, self.disposal, -1.0)

    def trade_rows(self) -> None:
        p, rows = self.path, self.rows
        room = p.room[p.both.left]
        is_narrow = np.isfinite(room)
        row = rows.add((int(is_narrow.sum()),), -INF, room[is_narrow])
        rows.put(row, self.shipment[p.both.left][is_narrow], 1.0)
        rows.put(row, self.shared[p.both.right][is_narrow], 1.0)

        sends = np.isin(p.stock_place, p.origin)
        row = self._some_rows(np.broadcast_to(sends[:, None], (sends.size, p.steps)), -INF, 0.0)
        from_stock = np.flatnonzero(self.stock_at[p.origin] >= 0)
        rows.put(row[self.stock_at[p.origin[from_stock]]], self.shipment[from_stock], 1.0)
        sending = np.full(p.places, -1)
        sending[p.stock_place[sends]] = np.flatnonzero(sends)
        self._put_supply(row, sending)

    def stock_rows(self) -> None:
        p, rows, stocks = self.path, self.rows, self.path.stock_place.size
        row = rows.add((stocks, p.steps), 0.0, 0.0)
        rows.put(row, self.stock[:, 1:], 1.0)
        rows.put(row, self.stock[:, :-1], -p.kept)
        rows.put(row, self.deposit, -1.0)
        rows.put(row, self.release, 1.0)
        rows.put(row[self.stock_at[p.provider]], self.shared, 1.0)
        rows.put(rows.add((stocks,), p.initial, p.initial), self.stock[:, 0], 1.0)

        row = rows.add((stocks, p.steps), -INF, 0.0)
        rows.put(row, self.deposit, 1.0)
        self._put_supply(row, self.stock_at)

        most = p.release_limit[:, None] * p.length
        row = self._some_rows(np.isfinite(most), -INF, most)
        is_limited = np.isfinite(p.release_limit)
        rows.put(row[is_limited], self.release[is_limited], 1.0)
        given = is_limited[self.stock_at[p.provider]]
        rows.put(row[self.stock_at[p.provider[given]]], self.shared[given], 1.0)

    def reserve_rows(self) -> None:
        p, rows, shape = self.path, self.rows, self.reserve.shape
        row = rows.add(shape, -INF, 0.0)
        rows.put(row, self.reserve, 1.0)
        rows.put(row, self.stock[:, 1:], -1.0)
        row = rows.add((shape[0], shape[1] - 1), 0.0, INF)
        rows.put(row, self.reserve[:, 1:], 1.0)
        rows.put(row, self.reserve[:, :-1], -p.kept[:, 1:])

        stock, step = np.nonzero(self.is_bought)
        row = rows.add((stock.size,), 0.0, INF)
        rows.put(row, self.purchase, 1.0)
        rows.put(row, self.stock[stock, step + 1], -1.0)
        rows.put(row, self.stock[stock, step], p.kept[stock, step])
        row = self._some_rows(np.isfinite(p.stock_budget), -INF, p.stock_budget)
        rows.put(row[p.stock_member[stock], step], self.purchase, p.stock_price[stock])

    def sharing_rows(self) -> None:
        p, rows = self.path, self.rows
        row = rows.add(p.share_fraction.shape, -INF, 0.0)
        rows.put(row[p.shared_of.right], self.shared[p.shared_of.left], 1.0)
        rows.put(row, self.stock[p.share_stock, :-1], -p.share_fraction)

    def _some_rows(self, where: Any, lower: float, upper: Any) -> Any:
        """Rows for some cells of a table, -1 in the others; the upper limit is a number or a table of the same shape."""
        row = np.full(where.shape, -1, dtype=np.int32)
        limit = upper[where] if np.ndim(upper) else upper
        row[where] = self.rows.add((int(where.sum()),), lower, limit)
        return row

    def _put_supply(self, row: Any, row_at: Any) -> None:
        """Output and imports of places, with a minus; `row_at` says which row is a place's, -1 none."""
        p = self.path
        making, coming = row_at[p.made.right] >= 0, row_at[p.destination] >= 0
        made = self.activity[p.made.left[making]]
        self.rows.put(row[row_at[p.made.right[making]]], made, -p.made.value[making, None])
        self.rows.put(row[row_at[p.destination[coming]]], self.shipment[coming], -1.0)
