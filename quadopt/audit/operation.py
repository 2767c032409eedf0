"""One path of operation (the base path, or a branch in steps): its flows by key, and what its slots allow."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quadopt.audit.calendar import Slot, overlap

if TYPE_CHECKING:
    from quadopt.audit.books import Books

MILLION = 1e6
Key = tuple[Any, ...]


class Operation:
    """Flows are amounts of the slot, keyed with the slot's label last; sums by (country, material, slot label)."""

    def __init__(self, books: Books, name: str, slots: list[Slot], disruption: dict[str, list[Any]]) -> None:
        self.books, self.name, self.slots = books, name, slots
        self.is_branch = name != "base"
        self.rows = disruption.get("rows", [])
        self.slot = {slot.label: slot for slot in slots}
        self.production: dict[Key, Any] = {}
        self.trade: dict[Key, Any] = {}
        self.sharing: dict[Key, Any] = {}
        self.stock: dict[Key, Any] = {}
        self.shortage: dict[Key, Any] = {}
        self.disposal: dict[Key, float] = defaultdict(float)
        self.strays: list[str] = []
        self._read()
        self.made: dict[Key, float] = defaultdict(float)
        self.used: dict[Key, float] = defaultdict(float)
        self.imports: dict[Key, float] = defaultdict(float)
        self.exports: dict[Key, float] = defaultdict(float)
        self.shared_in: dict[Key, float] = defaultdict(float)
        self.shared_out: dict[Key, float] = defaultdict(float)
        self.served: dict[Key, float] = defaultdict(float)
        self._sum()

    def frame_name(self, name: str) -> str:
        """Name of the plan's table for this path."""
        return f"branch_{name}" if self.is_branch else name

    def _take(self, name: str, key: tuple[str, ...]) -> dict[Key, Any]:
        found: dict[Key, Any] = {}
        for row in self._own_rows(name):
            label = int(row.step) if self.is_branch else row.period
            keys = (*(getattr(row, part) for part in key), label)
            if keys in found or label not in self.slot:
                self.strays.append(f"{self.frame_name(name)} {keys}")
            found[keys] = row
        return found

    def _own_rows(self, name: str) -> list[Any]:
        if not self.is_branch:
            return list(self.books.planned(name))
        frame = self.books.plan.tables.get(f"branch_{name}")
        if frame is None:
            return []
        return list(frame[frame["disruption"] == self.name].itertuples(index=False))

    def _read(self) -> None:
        self.production = self._take("production", ("country", "kind", "process", "unit_name"))
        self.trade = self._take("trade", ("origin", "destination", "material"))
        self.sharing = self._take("sharing", ("provider", "receiver", "material"))
        self.stock = self._take("stock", ("country", "material"))
        self.shortage = self._take("shortage", ("country", "material", "sector"))
        for key, row in self._take("disposal", ("country", "material")).items():
            self.disposal[key] += float(row.quantity)

    def _sum(self) -> None:
        for (country, _, process, _, label), row in self.production.items():
            for material, quantity in self.books.recipe[process]:
                target = self.made if quantity > 0 else self.used
                target[country, material, label] += abs(quantity) * float(row.activity)
        for (origin, destination, material, label), row in self.trade.items():
            self.exports[origin, material, label] += float(row.quantity)
            self.imports[destination, material, label] += float(row.quantity)
        for (provider, receiver, material, label), row in self.sharing.items():
            self.shared_out[provider, material, label] += float(row.quantity)
            self.shared_in[receiver, material, label] += float(row.quantity)
        for (country, material, _, label), row in self.shortage.items():
            self.served[country, material, label] += float(row.demand) - float(row.shortage)

    def average(self, series: Mapping[str, float], slot: Slot) -> float:
        """Per-year value of a slot: the periods it overlaps, weighted by time; infinite if it is so in any of them."""
        return sum(part * series.get(period, 0.0) for period, part in slot.parts)

    def hit(self, row: Any, slot: Slot) -> float:
        """Part of the slot (theta) that a row of `disruptions` covers."""
        begin = self.books.calendar.begin[row.start]
        return overlap(slot.begin, slot.end, begin, begin + float(row.duration)) / slot.years

    def running(self, country: str, process: str, slot: Slot) -> float:
        """What outages leave of the capacities of a process in a country (1 = undisturbed)."""
        left = 1.0
        made = [material for material, quantity in self.books.recipe[process] if quantity > 0]
        for row in self.rows:
            here = row.country == country if row.country else country in self.books.outside
            matches = row.kind == "outage" and here and row.process in ("", process)
            if matches and (not row.material or row.material in made):
                theta = self.hit(row, slot)
                left *= theta * (1 - float(row.severity)) + 1 - theta
        return left

    def demanded(self, key: tuple[str, ...], slot: Slot) -> float:
        """Demand of (country, material, sector) in a slot, surges included."""
        amount = slot.years * self.average(self.books.demand[key], slot)
        for row in self.rows:
            here = row.country == key[0] if row.country else key[0] in self.books.members
            if row.kind == "demand_surge" and here and row.material in ("", key[1]) and row.sector in ("", key[2]):
                amount *= 1 + self.hit(row, slot) * float(row.severity)
        return amount

    def capacity(self, key: Key, slot: Slot, disturbed: bool = True) -> float:
        """Capacity of (country, kind, process, unit) in a slot, an amount; 0 for what does not exist or run."""
        country, kind, process, unit = key
        if kind == "plant":
            per_year = self.average(self.books.plant_capacity.get((country, process, unit), {}), slot)
        else:
            project = self.books.project.get(unit)
            start = self.books.starts.get(unit)
            if project is None or start is None or (project.country, project.process) != (country, process):
                return 0.0
            per_year = float(project.capacity) * self.books.calendar.online(project, start, slot.begin, slot.end)
        return slot.years * per_year * (self.running(country, process, slot) if disturbed and self.rows else 1.0)

    def unit_cost(self, key: Key, slot: Slot) -> float:
        """Cost of a unit of activity."""
        country, kind, process, unit = key
        if kind == "plant":
            return self.average(self.books.plant_cost.get((country, process, unit), {}), slot)
        return float(self.books.project[unit].unit_cost)

    def opening(self, country: str, material: str) -> float:
        """Stock with which the path begins: the initial stock, or the base path's reserve before the start."""
        position = self.books.calendar.position[self.rows[0].start] if self.rows else 0
        if position == 0:
            return float(self.books.stockpile[country, material].initial)
        row = self.books.base.stock.get((country, material, self.books.calendar.labels[position - 1]))
        return math.nan if row is None else float(row.reserve)

    def keep(self, country: str, material: str, slot: Slot) -> float:
        """What is left of a unit of stock after the slot."""
        return float((1 - float(self.books.stockpile[country, material].loss_rate)) ** slot.years)
