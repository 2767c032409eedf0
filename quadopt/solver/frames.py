"""From a loaded solution to the plan's tables of one path, the base path or a branch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from quadopt.formulation.components import Array, Var
from quadopt.formulation.structure import Structure
from quadopt.tables.reach import numbered
from quadopt.tables.units import Project

SMALL = 1e-9
"""Amounts below this are the solver's rounding and are left out of flow tables."""

Labels = dict[int, tuple[Any, ...]]
"""Step -> the values of the table's time columns."""


def frame(columns: list[str], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """A frame from records."""
    return pd.DataFrame(list(rows), columns=columns)


def amounts(variable: Var) -> Array:
    """A Var's loaded values without the solver's rounding below zero, one dimension a set."""
    return np.maximum(variable.array(), 0.0)


class PathTables:
    """The tables of one path; `time` names its time columns (`period`, or `disruption`, `step`, `begin`, `end`)."""

    def __init__(self, structure: Structure, path: pyo.Block, time: list[str], labels: Labels) -> None:
        self.structure, self.path, self.time, self.labels = structure, path, time, labels
        self.model = path.model()

    def _rows(self, members: Sequence[tuple[Any, ...]], told: Any, *numbers: Array) -> list[tuple[Any, ...]]:
        """(member .., time .., number ..) where `told`, a mask by member and step as all the numbers are."""
        member, step = np.nonzero(told)
        picked = (number[told].tolist() for number in numbers)
        places = zip(member.tolist(), (step + 1).tolist(), *picked, strict=True)
        return [(*members[i], *self.labels[t], *values) for i, t, *values in places]

    def production(self) -> pd.DataFrame:
        """Activity of every unit that runs, its capacity and cost."""
        done, path = amounts(self.path.activity), self.path
        offered = path.project_capacity.array() * self.model.is_started.array()[:, None]
        by_project = np.zeros((len(self.structure.projects), done.shape[1]))
        number = numbered([p.name for p in self.structure.projects])
        np.add.at(by_project, [number[p] for p, _ in self.structure.starts], offered)
        room = np.concatenate([path.capacity.array(), by_project])
        units = [
            (u.country, "project", u.process, name)
            if isinstance(u, Project)
            else (u.country, "plant", u.process, u.tier)
            for name, u in self.structure.units.items()
        ]
        rows = self._rows(units, done > SMALL, done, room, 1e-6 * path.unit_cost.array() * done)
        return frame(["country", "kind", "process", "unit_name", *self.time, "activity", "capacity", "cost"], rows)

    def trade(self) -> pd.DataFrame:
        """Shipments and what their transport costs."""
        amount, flows = amounts(self.path.shipment), self.structure.reach.flows
        cost = 1e-6 * self.path.route_cost.array() * amount
        rows = self._rows(flows, amount > SMALL, amount, cost)
        return frame(["origin", "destination", "material", *self.time, "quantity", "cost"], rows)

    def sharing(self) -> pd.DataFrame:
        """What members share, with the route's and the pact's cost."""
        amount, flows = amounts(self.path.shared), self.structure.reach.sharing
        cost = 1e-6 * (self.path.shared_route_cost.array() + self.path.sharing_cost.array()) * amount
        rows = self._rows(flows, amount > SMALL, amount, cost)
        return frame(["provider", "receiver", "material", *self.time, "quantity", "cost"], rows)

    def stock(self, is_base: bool) -> pd.DataFrame:
        """Opening, flows and closing of every stock; reserve, minimum and purchase on the base path."""
        path, stocks = self.path, list(self.structure.stocks)
        held, kept = amounts(path.stock), path.kept.array()
        opening, closing = held[:, :-1], held[:, 1:]
        shared, number = np.zeros_like(closing), numbered(stocks)
        np.add.at(shared, [number[i, m] for i, _, m in self.structure.reach.sharing], amounts(path.shared))
        columns = {
            "opening": opening,
            "deposit": amounts(path.deposit),
            "release": amounts(path.release),
            "shared": shared,
            "lost": (1.0 - kept) * opening,
            "closing": closing,
        }
        if is_base:
            columns |= {
                "reserve": amounts(path.reserve),
                "minimum": path.minimum.array(),
                "purchase": np.maximum(0.0, closing - kept * opening),
            }
        columns["holding_cost"] = 1e-6 * path.holding_cost.array()[:, None] * path.length.array() * closing
        rows = self._rows(stocks, np.ones(closing.shape, dtype=bool), *columns.values())
        return frame(["country", "material", *self.time, *columns], rows)

    def shortage(self) -> pd.DataFrame:
        """Demand and shortage of every sector, and the shortage's value."""
        demand = self.path.demand.array()
        short = np.minimum(demand, amounts(self.path.shortage))
        short = np.where(short <= SMALL * np.maximum(1.0, demand), 0.0, short)
        value = self.path.shortage_cost.array()[:, None] * short
        rows = self._rows(self.structure.demands, demand > 0, demand, short, value)
        return frame(["country", "material", "sector", *self.time, "demand", "shortage", "shortage_value"], rows)

    def disposal(self) -> pd.DataFrame:
        """What is left over."""
        amount = amounts(self.path.disposal)
        rows = self._rows(self.structure.places, amount > SMALL, amount)
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
    base = e.model().base
    rows: list[tuple[int, tuple[Any, ...]]] = []

    def add(name: str, members: Iterable[tuple[str, str, str]], amount: Array) -> None:
        """`members` are (country, partner, item) of the rows of `amount`, whose columns are periods."""
        labels = list(members)
        for i, t in np.argwhere(amount > SMALL).tolist():
            rows.append((t, (supplier, name, *labels[i], periods[t], float(amount[i, t]))))

    def own(variable: Var, members: Iterable[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], Array]:
        """What the supplier itself makes or sends off, all of it exposed."""
        chosen = [(number, member) for number, member in enumerate(members) if member[0] == supplier]
        return [member for _, member in chosen], amounts(variable)[[number for number, _ in chosen]]

    def items(units: Iterable[str]) -> list[tuple[str, str, str]]:
        found = [(name, structure.units[name]) for name in units]
        return [
            (u.country, "", f"project/{u.process}/{name}" if isinstance(u, Project) else f"plant/{u.process}/{u.tier}")
            for name, u in found
        ]

    add("activity", items(e.units), amounts(e.activity))
    at_home = [(u.country, name) for name, u in structure.units.items()]
    units, made = own(base.activity, at_home)
    add("activity", items(name for _, name in units), made)
    for name, variable, flows in (
        ("shipment", base.shipment, structure.reach.flows),
        ("sharing", base.shared, structure.reach.sharing),
    ):
        add(name, *own(variable, flows))  # type: ignore[arg-type]
    add("shipment", e.flows, amounts(e.shipment))
    add("sharing", e.shared_flows, amounts(e.shared))
    for name, variable in (("stock", e.stock), ("deposit", e.deposit), ("release", e.release)):
        held = amounts(variable)
        add(name, ((n, "", m) for n, m in e.stocks), held[:, 1:] if name == "stock" else held)
    add("served", ((n, "", m) for n, m in e.demand_places), amounts(e.served))
    add("used", ((c, "", m) for c, m in e.input_places), amounts(e.used))
    add("disposed", ((c, "", m) for c, m in e.places), amounts(e.disposed))
    return [row for _, row in sorted(rows, key=lambda found: found[0])]


__all__ = ["Labels", "PathTables", "amounts", "exposure_rows", "frame"]
