"""From the loaded Pyomo variables to the plan's tables of one path, the base path or a branch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyomo.environ as pyo

from quadopt.formulation import operation
from quadopt.formulation.structure import Structure
from quadopt.tables.units import Project

SMALL = 1e-9
"""Amounts below this are the solver's rounding and are left out of flow tables."""

Labels = dict[int, tuple[Any, ...]]
"""Step -> the values of the table's time columns."""


def frame(columns: list[str], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """A frame from records."""
    return pd.DataFrame(list(rows), columns=columns)


def value(variable: Any) -> float:
    """A variable's value without the solver's rounding below zero."""
    return max(0.0, float(variable.value))


class PathTables:
    """The tables of one path; `time` names its time columns (`period`, or `disruption`, `step`, `begin`, `end`)."""

    def __init__(self, structure: Structure, path: pyo.Block, time: list[str], labels: Labels) -> None:
        self.structure, self.path, self.time, self.labels = structure, path, time, labels
        self.model = path.model()

    def production(self) -> pd.DataFrame:
        """Activity of every unit that runs, its capacity and cost."""
        rows = []
        for name, unit in self.structure.units.items():
            is_project = isinstance(unit, Project)
            for t in self.path.steps:
                done = value(self.path.activity[name, t])
                if done <= SMALL:
                    continue
                room = (
                    pyo.value(operation.online_capacity(self.path, name, t))
                    if is_project
                    else self.path.capacity[name, t]
                )
                label = name if is_project else unit.tier  # type: ignore[union-attr]
                kind = "project" if is_project else "plant"
                cost = 1e-6 * self.path.unit_cost[name, t] * done
                rows.append((unit.country, kind, unit.process, label, *self.labels[t], done, float(room), cost))
        return frame(["country", "kind", "process", "unit_name", *self.time, "activity", "capacity", "cost"], rows)

    def trade(self) -> pd.DataFrame:
        """Shipments and what their transport costs."""
        rows = []
        for c, d, m in self.model.flows:
            for t in self.path.steps:
                amount = value(self.path.shipment[c, d, m, t])
                if amount > SMALL:
                    rows.append((c, d, m, *self.labels[t], amount, 1e-6 * self.path.route_cost[c, d, m, t] * amount))
        return frame(["origin", "destination", "material", *self.time, "quantity", "cost"], rows)

    def sharing(self) -> pd.DataFrame:
        """What members share, with the route's and the pact's cost."""
        rows = []
        for i, j, m in self.model.shared_flows:
            for t in self.path.steps:
                amount = value(self.path.shared[i, j, m, t])
                if amount > SMALL:
                    rate = self.path.route_cost[i, j, m, t] + self.path.sharing_cost[i, j, m, t]
                    rows.append((i, j, m, *self.labels[t], amount, 1e-6 * rate * amount))
        return frame(["provider", "receiver", "material", *self.time, "quantity", "cost"], rows)

    def stock(self, is_base: bool) -> pd.DataFrame:
        """Opening, flows and closing of every stock; reserve, minimum and purchase on the base path."""
        path, rows = self.path, []
        for n, m in self.model.stocks:
            for t in path.steps:
                opening, closing = value(path.stock[n, m, t - 1]), value(path.stock[n, m, t])
                shared = sum(value(path.shared[n, j, m, t]) for j in self.model.receivers[n, m])
                lost = (1.0 - path.kept[n, m, t]) * opening
                holding = 1e-6 * path.holding_cost[n, m] * path.length[t] * closing
                row = (
                    n,
                    m,
                    *self.labels[t],
                    opening,
                    value(path.deposit[n, m, t]),
                    value(path.release[n, m, t]),
                    shared,
                    lost,
                    closing,
                )
                if is_base:
                    purchase = max(0.0, closing - path.kept[n, m, t] * opening)
                    row += (value(path.reserve[n, m, t]), self.structure.minimum_stock(n, m, t), purchase)
                rows.append((*row, holding))
        base = ["reserve", "minimum", "purchase"] if is_base else []
        flows = ["opening", "deposit", "release", "shared", "lost", "closing"]
        return frame(["country", "material", *self.time, *flows, *base, "holding_cost"], rows)

    def shortage(self) -> pd.DataFrame:
        """Demand and shortage of every sector, and the shortage's value."""
        path, rows = self.path, []
        for n, m, q in self.model.demands:
            for t in path.steps:
                demand = path.demand[n, m, q, t]
                if demand > 0:
                    short = min(demand, value(path.shortage[n, m, q, t]))
                    short = 0.0 if short <= SMALL * max(1.0, demand) else short
                    rows.append((n, m, q, *self.labels[t], demand, short, path.shortage_cost[n, m, q] * short))
        return frame(["country", "material", "sector", *self.time, "demand", "shortage", "shortage_value"], rows)

    def disposal(self) -> pd.DataFrame:
        """What is left over."""
        rows = []
        for c, m in self.model.places:
            for t in self.path.steps:
                amount = value(self.path.disposal[c, m, t])
                if amount > SMALL:
                    rows.append((c, m, *self.labels[t], amount))
        return frame(["country", "material", *self.time, "quantity"], rows)

    def all(self, is_base: bool) -> dict[str, pd.DataFrame]:
        """Every table of the path."""
        return {
            "production": self.production(),
            "trade": self.trade(),
            "sharing": self.sharing(),
            "stock": self.stock(is_base),
            "shortage": self.shortage(),
            "disposal": self.disposal(),
        }


def exposure_rows(structure: Structure, e: pyo.Block, supplier: str, periods: list[str]) -> list[tuple[Any, ...]]:
    """The exposed part of every base-path quantity that goes back to one supplier, nonzero rows only."""
    model, rows = e.model(), []
    base = model.base

    def add(name: str, country: str, partner: str, item: str, t: int, amount: float) -> None:
        if amount > SMALL:
            rows.append((supplier, name, country, partner, item, periods[t - 1], amount))

    def item(unit: str) -> str:
        found = structure.units[unit]
        kind, label = ("project", unit) if isinstance(found, Project) else ("plant", found.tier)
        return f"{kind}/{found.process}/{label}"

    for t in base.steps:
        for u in e.units:
            add("activity", structure.units[u].country, "", item(u), t, value(e.activity[u, t]))
        for u, unit in structure.units.items():
            if unit.country == supplier:
                add("activity", supplier, "", item(u), t, value(base.activity[u, t]))
        for c, d, m in model.flows:
            if c == supplier:
                add("shipment", c, d, m, t, value(base.shipment[c, d, m, t]))
        for i, j, m in model.shared_flows:
            if i == supplier:
                add("sharing", i, j, m, t, value(base.shared[i, j, m, t]))
        for c, d, m in e.flows:
            add("shipment", c, d, m, t, value(e.shipment[c, d, m, t]))
        for i, j, m in e.shared_flows:
            add("sharing", i, j, m, t, value(e.shared[i, j, m, t]))
        for n, m in e.stocks:
            add("stock", n, "", m, t, value(e.stock[n, m, t]))
            add("deposit", n, "", m, t, value(e.deposit[n, m, t]))
            add("release", n, "", m, t, value(e.release[n, m, t]))
        for n, m in e.demand_places:
            add("served", n, "", m, t, value(e.served[n, m, t]))
        for c, m in e.input_places:
            add("used", c, "", m, t, value(e.used[c, m, t]))
        for c, m in e.places:
            add("disposed", c, "", m, t, value(e.disposed[c, m, t]))
    return rows


__all__ = ["Labels", "PathTables", "exposure_rows", "frame", "value"]
