"""Data that follow from a case's tables by arithmetic alone (the method, section 3), written for the oracle.

Only `case.tables` and the lists of names are read; everything derived is derived again here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

TINY = 1e-9


def overlap(a: float, b: float, c: float, d: float) -> float:
    """Length of the common part of [a, b] and [c, d]."""
    return max(0.0, min(b, d) - max(a, c))


@dataclass(frozen=True)
class Interval:
    """A period of the base path, or a step of a branch, in years from the start of the horizon."""

    begin: float
    end: float

    @property
    def length(self) -> float:
        """Length in years."""
        return self.end - self.begin


@dataclass(frozen=True)
class Unit:
    """A plant (name = tier) or a project (name = project) that runs a process in a country."""

    kind: str
    country: str
    process: str
    name: str


def blank(value: Any) -> bool:
    """Whether a cell of a normalised frame is empty."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


class World:
    """A case seen by the oracle: dictionaries and small functions of time."""

    def __init__(self, case: Any) -> None:
        table = {name: frame.to_dict("records") for name, frame in case.tables.items()}
        self.table = table
        self.rate = float(table["settings"][0]["discount_rate"])
        self.periods = [str(row["period"]) for row in table["periods"]]
        self.years = [float(row["years"]) for row in table["periods"]]
        self.begin = [sum(self.years[:t]) for t in range(len(self.years))]
        self.horizon = sum(self.years)
        self.intervals = [Interval(b, b + h) for b, h in zip(self.begin, self.years, strict=True)]
        self.position = {period: t for t, period in enumerate(self.periods)}
        self.countries = [row["country"] for row in table["countries"]]
        self.members = [row["country"] for row in table["countries"] if row["member"]]
        self.outside = [c for c in self.countries if c not in self.members]
        self.burden = {row["country"]: float(row["burden_weight"]) for row in table["countries"]}
        self.material = {row["material"]: row for row in table["materials"]}
        self.recipe: dict[str, dict[str, float]] = defaultdict(dict)
        for row in table["recipes"]:
            self.recipe[row["process"]][row["material"]] = float(row["quantity"])
        self.plant_capacity = self._dated("plants", ("country", "process", "tier"), "capacity")
        self.plant_cost = self._dated("plants", ("country", "process", "tier"), "unit_cost")
        self.project = {row["project"]: row for row in table["projects"]}
        self.demand = self._dated("demand", ("country", "material", "sector"), "quantity")
        self.weight = {row["sector"]: float(row["shortage_weight"]) for row in table["sectors"]}
        self.fund_limit = self._dated("fund", ("country",), "limit")
        self.stock_limit = self._dated("fund", ("country",), "stock_limit")
        self.pile = {(row["country"], row["material"]): row for row in table["stockpiles"]}
        self.route_cost = self._dated("routes", ("origin", "destination", "material"), "cost")
        self.route_capacity = self._dated("routes", ("origin", "destination", "material"), "capacity")
        self.share_limit = self._dated("sharing", ("provider", "receiver", "material"), "limit_fraction")
        self.share_cost = self._dated("sharing", ("provider", "receiver", "material"), "cost")
        self.units = [Unit("plant", c, k, tier) for c, k, tier in self.plant_capacity]
        self.units += [Unit("project", row["country"], row["process"], p) for p, row in self.project.items()]

    def _dated(self, name: str, keys: tuple[str, ...], column: str) -> dict[Any, list[float]]:
        out: dict[Any, list[float]] = {}
        for row in self.table[name]:
            values = out.setdefault(tuple(row[key] for key in keys), [math.nan] * len(self.periods))
            values[self.position[str(row["period"])]] = float(row[column])
        return out

    # -- time ---------------------------------------------------------------------------------------------------------

    def average(self, values: list[float], i: Interval) -> float:
        """Mean over an interval of a value given by period; infinite where any of it is."""
        parts = [(v, overlap(i.begin, i.end, p.begin, p.end)) for v, p in zip(values, self.intervals, strict=True)]
        return sum(v * part for v, part in parts if part > TINY) / sum(part for _, part in parts)

    def period_at(self, year: float) -> int:
        """Position of the period that a moment lies in (the later one at a boundary)."""
        return max(t for t, b in enumerate(self.begin) if b <= year + TINY)

    def discount(self, t: int) -> float:
        """Discount factor of a period."""
        return (1.0 + self.rate) ** -self.begin[t]

    # -- projects -----------------------------------------------------------------------------------------------------

    def complete(self, p: str, start: int) -> float:
        """Year in which a project started in a period is complete."""
        return self.begin[start] + float(self.project[p]["lead_time"])

    def start_options(self, p: str) -> list[int | None]:
        """Periods in which a project may start; None is never (readings 1)."""
        row, last = self.project[p], len(self.periods) - 1
        if row["status"] == "excluded":
            return [None]
        first = 0 if blank(row["earliest"]) else self.position[str(row["earliest"])]
        final = last if blank(row["latest"]) else self.position[str(row["latest"])]
        committed = row["status"] == "committed"
        if committed and blank(row["earliest"]) and blank(row["latest"]):
            return [0]
        window = list(range(first, final + 1))
        in_time: list[int | None] = [t for t in window if self.complete(p, t) <= self.begin[last] + TINY]
        if committed:
            return in_time or [*window]
        return [None, *in_time]

    def online(self, p: str, start: int, i: Interval) -> float:
        """Mean share of capacity that a started project can use in an interval: ramp steps of a year."""
        row = self.project[p]
        ramp, life = float(row["ramp_years"]), self.horizon if blank(row["lifetime"]) else float(row["lifetime"])
        ready = self.complete(p, start)
        last = ready + (life if not blank(row["lifetime"]) else 10.0 * self.horizon)
        running, e = 0.0, 0
        while ready + e < i.end:
            piece = overlap(ready + e, min(ready + e + 1, last), i.begin, i.end)
            running += piece * min(1.0, (e + 1) / (ramp + 1.0))
            e += 1
        return running / i.length

    def paid_part(self, p: str, start: int, t: int) -> float:
        """Part of a project's capex that is paid in a period."""
        span = max(float(self.project[p]["lead_time"]), 1.0)
        begin = self.begin[start]
        part = overlap(begin, begin + span, self.intervals[t].begin, self.intervals[t].end)
        if t == len(self.periods) - 1:
            part += max(0.0, begin + span - max(begin, self.horizon))
        return part / span

    def capex(self, p: str, start: int) -> float:
        """Discounted capex less discounted salvage, millions."""
        row = self.project[p]
        life = 20.0 if blank(row["lifetime"]) else float(row["lifetime"])
        left = min(1.0, max(0.0, (self.complete(p, start) + life - self.horizon) / life))
        paid = sum(self.paid_part(p, start, t) * self.discount(t) for t in range(len(self.periods)))
        return float(row["capex"]) * (paid - left * (1.0 + self.rate) ** -self.horizon)

    # -- units and needs ----------------------------------------------------------------------------------------------

    def capacity(self, unit: Unit, i: Interval, starts: dict[str, int | None]) -> float:
        """Capacity a year of a unit in an interval under given starts, undisturbed."""
        if unit.kind == "plant":
            return self.average(self.plant_capacity[unit.country, unit.process, unit.name], i)
        start = starts[unit.name]
        return 0.0 if start is None else float(self.project[unit.name]["capacity"]) * self.online(unit.name, start, i)

    def unit_cost(self, unit: Unit, i: Interval) -> float:
        """Unit cost in an interval."""
        if unit.kind == "plant":
            return self.average(self.plant_cost[unit.country, unit.process, unit.name], i)
        return float(self.project[unit.name]["unit_cost"])

    def makes(self, unit: Unit, m: str) -> float:
        """Output of a material per unit of activity."""
        return max(0.0, self.recipe[unit.process].get(m, 0.0))

    def uses(self, unit: Unit, m: str) -> float:
        """Input of a material per unit of activity."""
        return max(0.0, -self.recipe[unit.process].get(m, 0.0))

    def demand_of(self, c: str, m: str, i: Interval) -> float:
        """Demand a year over all sectors."""
        return sum(self.average(v, i) for (n, mm, _), v in self.demand.items() if (n, mm) == (c, m))

    def need(self, c: str, m: str, i: Interval) -> float:
        """Demand plus existing plants' use at capacity, a year."""
        plants = [u for u in self.units if u.kind == "plant" and u.country == c and self.uses(u, m) > 0]
        return self.demand_of(c, m, i) + sum(self.uses(u, m) * self.capacity(u, i, {}) for u in plants)

    def offer(self, c: str, m: str, i: Interval, starts: dict[str, int | None]) -> float:
        """What a country's plants and online projects can make of a material a year, undisturbed."""
        makers = [u for u in self.units if u.country == c and self.makes(u, m) > 0]
        return sum(self.makes(u, m) * self.capacity(u, i, starts) for u in makers)

    def shortage_value(self, m: str, sector: str) -> float:
        """Millions that a missing unit counts."""
        return 1e-6 * float(self.material[m]["shortage_value"]) * self.weight[sector]

    # -- stockpiles ---------------------------------------------------------------------------------------------------

    def kept(self, n: str, m: str, years: float) -> float:
        """Part of a stock left after some years of loss."""
        return (1.0 - float(self.pile[n, m]["loss_rate"])) ** years

    def initial(self, n: str, m: str, t: int) -> float:
        """What is left of the initial stock at the end of a period."""
        return float(self.pile[n, m]["initial"]) * self.kept(n, m, self.intervals[t].end)

    def minimum(self, n: str, m: str, t: int) -> float:
        """The stock that must be kept at the end of a period (readings 5)."""
        row = self.pile[n, m]
        if not blank(row["minimum"]):
            return float(row["minimum"])
        if not blank(row["minimum_days"]):
            return float(row["minimum_days"]) / 365.0 * self.need(n, m, self.intervals[t])
        return self.initial(n, m, t)

    # -- flows --------------------------------------------------------------------------------------------------------

    def wants(self, c: str, m: str) -> bool:
        """Whether demand, a plant, a project that may start or a stockpile of a country wants a material."""
        if (c, m) in self.pile or any((n, mm) == (c, m) and max(v) > 0 for (n, mm, _), v in self.demand.items()):
            return True
        return any(u.country == c and self.uses(u, m) > 0 and self._may_run(u) for u in self.units)

    def has(self, c: str, m: str) -> bool:
        """Whether a material can come from a country: made, stocked, or wanted there and so passed on."""
        return self.wants(c, m) or any(u.country == c and self.makes(u, m) > 0 and self._may_run(u) for u in self.units)

    def _may_run(self, unit: Unit) -> bool:
        if unit.kind == "plant":
            return max(self.plant_capacity[unit.country, unit.process, unit.name]) > 0
        return self.start_options(unit.name) != [None]

    def _winner(self, rows: Any, keys: tuple[str, str, str]) -> tuple[str, str, str] | None:
        fits = [row for row in rows if all(cell in ("", key) for cell, key in zip(row, keys, strict=True))]
        return max(fits, key=lambda row: sum(cell != "" for cell in row)) if fits else None

    def route(self, o: str, d: str, m: str, i: Interval) -> tuple[float, float]:
        """Cost per unit and capacity a year of a pair's route for a material."""
        plain = float(self.material[m]["transport_cost"])
        row = self._winner(self.route_capacity, (o, d, m))
        if row is None:
            return plain, math.inf
        cost = [plain if math.isnan(v) else v for v in self.route_cost[row]]
        capacity = [math.inf if math.isnan(v) else v for v in self.route_capacity[row]]
        return self.average(cost, i), self.average(capacity, i)

    def share_rows(self, provider: str, m: str) -> list[tuple[tuple[str, str, str], list[str]]]:
        """Sharing rows that match a provider and a material, each with the members it reaches."""
        out = []
        for row in self.share_limit:
            if row[0] == provider and row[2] in ("", m):
                out.append((row, [n for n in self.members if n != provider and row[1] in ("", n)]))
        return out

    def share_cost_of(self, provider: str, receiver: str, m: str, i: Interval) -> float | None:
        """Pact cost per shared unit, of the most specific row; None where nothing is shared."""
        row = self._winner(self.share_limit, (provider, receiver, m))
        return None if row is None else self.average(self.share_cost[row], i)
