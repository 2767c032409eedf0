"""Who makes, wants and can get what: a simple reach, for checks only (the method, section 3)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from quadopt.tables.checked import Checked
from quadopt.tables.checks_projects import completions
from quadopt.tables.typed import TypedRow

Flow = tuple[str, str, str]
"""(origin, destination, material)."""


class Flows:
    """Derived from normalised tables and typed rows; nothing here raises on faulty input."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked

    @cached_property
    def units(self) -> list[tuple[str, str]]:
        """(country, process) of every plant with capacity and every project that can start."""
        plants = self.checked.tables["plants"]
        able = plants[plants["capacity"] > 0]
        found = dict.fromkeys(zip(able["country"], able["process"], strict=True))
        for row in self.checked.rows("projects"):
            if row.get("country") and row.get("process") and completions(self.checked, row):
                found[(row.get("country"), row.get("process"))] = None
        return [unit for unit in found if unit[1] in self.checked.recipes]

    @cached_property
    def makes(self) -> set[tuple[str, str]]:
        """(country, material) that some unit makes."""
        return {(c, m) for c, k in self.units for m, quantity in self.checked.recipes[k].items() if quantity > 0}

    @cached_property
    def needs(self) -> set[tuple[str, str]]:
        """(country, material) that demand or a unit uses."""
        demand = self.checked.tables["demand"]
        asked = demand[demand["quantity"] > 0]
        used = {(c, m) for c, k in self.units for m, quantity in self.checked.recipes[k].items() if quantity < 0}
        return used | set(zip(asked["country"], asked["material"], strict=True))

    @cached_property
    def stocked(self) -> set[tuple[str, str]]:
        """(country, material) with a stockpile."""
        stocks = self.checked.tables["stockpiles"]
        return set(zip(stocks["country"], stocks["material"], strict=True))

    @cached_property
    def wants(self) -> set[tuple[str, str]]:
        """(country, material) that demand, a unit or a stockpile uses."""
        return self.needs | self.stocked

    def exists(self, flow: Flow) -> bool:
        """Whether the origin could have the material and the destination wants it."""
        origin, destination, material = flow
        if origin == destination or (destination, material) not in self.wants:
            return False
        return (origin, material) in self.makes or (origin, material) in self.wants

    def all(self) -> Iterator[Flow]:
        """Every flow that exists."""
        for destination, material in sorted(self.wants):
            for origin in self.checked.countries:
                if self.exists((origin, destination, material)):
                    yield origin, destination, material

    @cached_property
    def route_rows(self) -> dict[Flow, TypedRow]:
        """The first row of each key of the routes table."""
        rows: dict[Flow, TypedRow] = {}
        for row in self.checked.rows("routes"):
            if not row.faulty & {"origin", "destination", "material"}:
                key = (row.get("origin") or "", row.get("destination") or "", row.get("material") or "")
                rows.setdefault(key, row)
        return rows

    def matching(self, flow: Flow) -> list[Flow]:
        """The keys of the most specific rows of the routes table that match a flow: more than one is a fault."""
        o, d, m = flow
        for keys in (((o, d, m),), ((o, d, ""), (o, "", m), ("", d, m)), ((o, "", ""), ("", d, ""), ("", "", m)),
                     (("", "", ""),)):  # fmt: skip
            found = [key for key in keys if key in self.route_rows]
            if found:
                return found
        return []

    @cached_property
    def closed(self) -> set[Flow]:
        """The keys of routes that are closed in every period."""
        routes = self.checked.tables["routes"]
        if not len(routes):
            return set()
        keys = list(zip(routes["origin"], routes["destination"], routes["material"], strict=True))
        shut = [bool(capacity <= 0) for capacity in routes["capacity"]]
        return set(keys) - {key for key, is_shut in zip(keys, shut, strict=True) if not is_shut}

    def is_open(self, flow: Flow) -> bool:
        """Whether anything can move there in some period."""
        return not any(key in self.closed for key in self.matching(flow)[:1])

    @cached_property
    def obtainable(self) -> set[tuple[str, str]]:
        """(country, material) that a country can ever have: made of obtainable inputs, stocked at first, or shipped in."""
        stocks = self.checked.tables["stockpiles"]
        held = stocks[stocks["initial"] > 0]
        has = set(zip(held["country"], held["material"], strict=True))
        open_to: dict[tuple[str, str], list[str]] = {}
        for origin, destination, material in self.all():
            if self.is_open((origin, destination, material)):
                open_to.setdefault((origin, material), []).append(destination)
        recipes = self.checked.recipes
        grown = True
        while grown:
            before = len(has)
            for country, process in self.units:
                recipe = recipes[process].items()
                if all((country, m) in has for m, quantity in recipe if quantity < 0):
                    has |= {(country, m) for m, quantity in recipe if quantity > 0}
            frontier = list(has)
            while frontier:
                origin, material = frontier.pop()
                for destination in open_to.get((origin, material), ()):
                    if (destination, material) not in has:
                        has.add((destination, material))
                        frontier.append((destination, material))
            grown = len(has) > before
        return has
