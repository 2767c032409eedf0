"""The base path in linopy, on its sparse path: variables over labelled dimensions, sums by group.

What belongs to a place (flows, units, stocks, demands) is summed by grouping over the place's number.
"""

from __future__ import annotations

from typing import Any

import linopy
import numpy as np
import pandas as pd
import xarray as xr

from benchmarks.base_path import BasePath, Pairs

linopy.options["semantics"] = "v1"


def build(path: BasePath) -> Any:
    """The base path as a `linopy.Model`; the objective is its shortage."""
    return _Writing(path).model


class _Writing:
    """Variables first, then the rules, in the order of the blocks of quadopt."""

    def __init__(self, path: BasePath) -> None:
        self.path = path
        self.model = linopy.Model(sparse=True)
        self.steps = pd.RangeIndex(1, path.steps + 1, name="step")
        self._add_variables()
        self._add_starts()
        self._add_fund()
        self._add_capacity()
        self._add_trade()
        self._add_stocks()
        self._add_reserve_and_budget()
        self._add_sharing()
        self._add_balance()
        self.model.add_objective((self.shortage * self._over("demand", path.shortage_cost)).sum())

    def _over(self, dimension: str, values: Any) -> xr.DataArray:
        return xr.DataArray(values, dims=dimension, coords={dimension: np.arange(len(values))})

    def _table(self, dimension: str, values: Any, steps: Any = None) -> xr.DataArray:
        coords = {dimension: np.arange(len(values)), "step": self.steps if steps is None else steps}
        return xr.DataArray(values, dims=(dimension, "step"), coords=coords)

    def _variable(self, name: str, dimension: str, size: int, moments: pd.Index | None = None, **more: Any) -> Any:
        over = [pd.RangeIndex(size, name=dimension), self.steps if moments is None else moments]
        labelled = {key: xr.DataArray(values, over) for key, values in more.items()}
        return self.model.add_variables(coords=over, name=name, **{"lower": 0, **labelled})

    def _add_variables(self) -> None:
        p, t = self.path, self.path.steps
        plants, stocks, inf = len(p.plant_capacity), p.stock_place.size, np.inf
        starts = [pd.RangeIndex(p.start_project.size, name="start")]
        self.start = self.model.add_variables(binary=True, coords=starts, name="start")
        self.contribution = self._variable("contribution", "member", len(p.contribution), upper=p.contribution)
        moments = pd.RangeIndex(t + 1, name="moment")
        self.fund = self.model.add_variables(lower=0, coords=[moments], name="fund")
        capacity = np.concatenate([p.plant_capacity, np.full((p.units - plants, t), inf)])
        self.activity = self._variable("activity", "unit", p.units, upper=capacity)
        self.disposal = self._variable("disposal", "place", p.places)
        room, shared_room = p.room.copy(), p.shared_room.copy()
        room[p.both.left], shared_room[p.both.right] = inf, inf
        self.shipment = self._variable("shipment", "flow", p.origin.size, upper=room)
        self.shared = self._variable("shared", "shared_flow", p.provider.size, upper=shared_room)
        holds = np.concatenate([np.full((stocks, 1), inf), np.tile(p.stock_capacity[:, None], t)], axis=1)
        self.stock = self._variable("stock", "stock", stocks, moments, upper=holds)
        self.deposit = self._variable("deposit", "stock", stocks)
        self.release = self._variable("release", "stock", stocks)
        self.reserve = self._variable("reserve", "stock", stocks, lower=p.minimum)
        self.is_bought = np.isfinite(p.stock_budget[p.stock_member])
        self.purchase = self._variable("purchase", "stock", stocks, mask=self.is_bought)
        self.shortage = self._variable("shortage", "demand", len(p.demand), upper=p.demand)

    def _before(self, variable: Any, first: int, last: int) -> Any:
        """Moments `first` to `last` as the steps that follow them."""
        steps = pd.RangeIndex(first + 1, last + 2, name="step")
        return variable.sel(moment=slice(first, last)).rename(moment="step").assign_coords(step=steps)

    def _at_end(self, variable: Any, first: int, last: int) -> Any:
        """Moments `first` to `last` as the steps that they end."""
        return variable.sel(moment=slice(first, last)).rename(moment="step")

    def _grouped(self, expression: Any, dimension: str, groups: Any, name: str = "place") -> Any:
        """Sums of an expression over groups of a dimension, only of the groups that there are."""
        over = pd.RangeIndex(len(groups), name=dimension)
        return (1 * expression).groupby(pd.Series(groups, index=over, name=name)).sum()

    def _weighted(self, variable: Any, dimension: str, pairs: Pairs, name: str, groups: Any) -> Any:
        """Sums by group of `value x variable[left]`."""
        chosen = self._picked(variable, "term", **{dimension: pairs.left})
        return self._grouped(chosen * self._over("term", pairs.value), "term", groups, name)

    def _some(self, variable: Any, dimension: str, chosen: Any) -> Any:
        """Some members of a dimension (a mask or labels), numbered from zero again."""
        some = variable.sel({dimension: chosen})
        return some.assign_coords({dimension: np.arange(some.sizes[dimension])})

    def _picked(self, variable: Any, along: str, **at: Any) -> Any:
        """Members of a variable at given labels, one after the other along a new dimension."""
        labels = {dimension: self._over(along, values) for dimension, values in at.items()}
        return variable.sel(labels).to_linexpr().drop_vars(list(at))

    def _add_starts(self) -> None:
        p, add = self.path, self.model.add_constraints
        times = self._grouped(self.start, "start", p.start_project, "project")
        add(times.sel(project=np.flatnonzero(~p.is_committed)) <= 1, name="started_once")
        if p.is_committed.any():
            add(times.sel(project=np.flatnonzero(p.is_committed)) == 1, name="started_as_committed")
        if p.groups:
            self._add_start_rows("one_of_group", [(of, of[:0]) for of in p.groups], 1)
        if p.requirements:
            self._add_start_rows("after_required", p.requirements, 0)

    def _add_start_rows(self, name: str, rows: list[Any], limit: int) -> None:
        """Rows with some starts, less others, at most a limit."""
        row = [k for k, (plus, minus) in enumerate(rows) for _ in range(plus.size + minus.size)]
        column = np.concatenate([part for pair in rows for part in pair])
        sign = np.concatenate([part for plus, minus in rows for part in (np.ones(plus.size), -np.ones(minus.size))])
        terms = self._weighted(self.start, "start", Pairs(column, np.array(row), sign), "row", row)
        self.model.add_constraints(terms <= limit, name=name)

    def _add_fund(self) -> None:
        p, t = self.path, self.path.steps
        start, step = np.nonzero(p.payment > 0)
        due = Pairs(start, step, p.payment[start, step])
        spent = self._weighted(self.start, "start", due, "step", step + 1)
        change = [1 * self._at_end(self.fund, 1, t - 1), -1 * self._before(self.fund, 1, t - 1)]
        paid = -1 * self.contribution.sum("member")
        self.model.add_constraints(linopy.merge([*change, paid, spent], join="outer") == 0, name="paid_from_fund")

    def _add_capacity(self) -> None:
        p, t = self.path, self.path.steps
        start, step = np.nonzero(p.online > 0)
        cell = p.start_project[start] * t + step
        self._add_cells("within_online_capacity", np.arange(p.projects * t), start, cell, p.online[start, step], "<=")
        least = p.minimum_use[p.start_project[start]] > 0
        start, step, cell = start[least], step[least], cell[least]
        if cell.size:
            amounts = p.minimum_use[p.start_project[start]] * p.online[start, step]
            self._add_cells("used_at_least", np.unique(cell), start, cell, amounts, ">=")

    def _add_cells(self, name: str, cells: Any, start: Any, cell: Any, amounts: Any, sign: str) -> None:
        """Activity of a project in a step, a cell each, against what its starts give."""
        t, plants = self.path.steps, len(self.path.plant_capacity)
        done = self._picked(self.activity, "cell", unit=plants + cells // t, step=cells % t + 1).assign_coords(
            cell=cells
        )
        can = self._weighted(self.start, "start", Pairs(start, cell, amounts), "cell", cell)
        terms = linopy.merge([done, -1 * can], join="outer")
        self.model.add_constraints(terms <= 0 if sign == "<=" else terms >= 0, name=name)

    def _add_trade(self) -> None:
        p = self.path
        sends = np.intersect1d(p.stock_place, p.origin)
        from_stock = np.isin(p.origin, sends)
        sent = self._grouped(self._some(self.shipment, "flow", from_stock), "flow", p.origin[from_stock])
        self.model.add_constraints(
            linopy.merge([sent, -1 * self._supply(sends)], join="outer") <= 0, name="release_stays"
        )
        flow, step = np.nonzero(np.isfinite(p.room[p.both.left]))
        if flow.size:
            shipped = self._picked(self.shipment, "both", flow=p.both.left[flow], step=step + 1)
            shared = self._picked(self.shared, "both", shared_flow=p.both.right[flow], step=step + 1)
            self.model.add_constraints(
                shipped + shared <= self._over("both", p.room[p.both.left[flow], step]), name="room"
            )

    def _supply(self, places: Any) -> Any:
        """Output and imports of some places."""
        p = self.path
        making, coming = np.isin(p.made.right, places), np.isin(p.destination, places)
        made = Pairs(p.made.left[making], p.made.right[making], p.made.value[making])
        parts = [self._grouped(self._some(self.shipment, "flow", coming), "flow", p.destination[coming])]
        if making.any():
            parts.append(self._weighted(self.activity, "unit", made, "place", made.right))
        return linopy.merge(parts, join="outer")

    def _by_place(self, variable: Any) -> Any:
        """A variable of stocks, by the number of the stock's place."""
        return self._grouped(variable, "stock", self.path.stock_place)

    def _given(self) -> Any:
        return self._grouped(self.shared, "shared_flow", self.path.provider)

    def _add_stocks(self) -> None:
        p, t, add = self.path, self.path.steps, self.model.add_constraints
        opening = self._before(self.stock, 0, t - 1) * self._table("stock", p.kept)
        grows = self._at_end(self.stock, 1, t) - opening - self.deposit + self.release
        parts = [self._by_place(grows), self._given()] if p.provider.size else [self._by_place(grows)]
        add(linopy.merge(parts, join="outer") == 0, name="stock_flow")
        add(self.stock.sel(moment=0) == self._over("stock", p.initial), name="opens_with")
        supply = linopy.merge([self._by_place(self.deposit), -1 * self._supply(p.stock_place)], join="outer")
        add(supply <= 0, name="deposit_source")
        limited = np.flatnonzero(np.isfinite(p.release_limit))
        if limited.size:
            out = self._grouped(self._some(self.release, "stock", limited), "stock", p.stock_place[limited])
            gives = np.isin(p.provider, p.stock_place[limited])
            if gives.any():
                given = self._grouped(self._some(self.shared, "shared_flow", gives), "shared_flow", p.provider[gives])
                out = linopy.merge([out, given], join="outer")
            order = np.argsort(p.stock_place[limited])
            most = p.release_limit[limited][order, None] * p.length
            over = {"place": p.stock_place[limited][order], "step": self.steps}
            add(out <= xr.DataArray(most, dims=("place", "step"), coords=over), name="release_rate")

    def _add_reserve_and_budget(self) -> None:
        p, t, add = self.path, self.path.steps, self.model.add_constraints
        add(self._at_end(self.stock, 1, t) - self.reserve >= 0, name="reserve_is_held")
        later = self.steps[1:]
        last = self.reserve.sel(step=slice(1, t - 1)).assign_coords(step=later)
        kept = last * self._table("stock", p.kept[:, 1:], later)
        add(self.reserve.sel(step=slice(2, t)) - kept >= 0, name="reserve_is_kept")
        stock, step = np.nonzero(self.is_bought)
        if not stock.size:
            return
        opening = self._before(self.stock, 0, t - 1) * self._table("stock", p.kept)
        add(self.purchase - self._at_end(self.stock, 1, t) + opening >= 0, name="purchase_fills")
        member, at = np.nonzero(np.isfinite(p.stock_budget))
        bought = self._picked(self.purchase, "bought", stock=stock, step=step + 1)
        spent = bought * self._over("bought", p.stock_price[stock])
        spent = self._grouped(spent, "bought", p.stock_member[stock] * t + step, "budget")
        budget = xr.DataArray(p.stock_budget[member, at], dims="budget", coords={"budget": member * t + at})
        add(spent <= budget, name="within_stock_budget")

    def _add_sharing(self) -> None:
        p, t = self.path, self.path.steps
        if not p.share_stock.size:
            return
        given = self._weighted(self.shared, "shared_flow", p.shared_of, "limit", p.shared_of.right)
        opening = self._picked(self._before(self.stock, 0, t - 1), "limit", stock=p.share_stock)
        allowed = opening * self._table("limit", p.share_fraction)
        self.model.add_constraints(linopy.merge([given, -1 * allowed], join="outer") <= 0, name="sharing_limit")

    def _add_balance(self) -> None:
        p = self.path
        parts = [
            self._weighted(self.activity, "unit", p.made, "place", p.made.right),
            -1 * self._weighted(self.activity, "unit", p.used, "place", p.used.right),
            self._grouped(self.shipment, "flow", p.destination),
            -1 * self._grouped(self.shipment, "flow", p.origin),
            self._by_place(self.release - self.deposit),
            self._grouped(self.shortage, "demand", p.demand_place),
            -1 * self.disposal,
        ]
        if p.provider.size:
            parts.append(self._grouped(self.shared, "shared_flow", p.receiver))
        wanted = np.zeros((p.places, p.steps))
        np.add.at(wanted, p.demand_place, p.demand)
        self.model.add_constraints(linopy.merge(parts, join="outer") == self._table("place", wanted), name="balance")
