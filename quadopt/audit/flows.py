"""Capacity, material balance, routes and demand, on the base path and in every branch (formulation, sections 4, 6)."""

from __future__ import annotations

import math
from typing import Any

from quadopt.audit.books import MILLION, Books
from quadopt.audit.operation import Key
from quadopt.audit.report import Found


def nothing_negative(books: Books, found: Found) -> None:
    """No flow, stock, shortage or capacity is negative, and no row stands twice or outside its calendar."""
    columns = {
        "production": "activity", "trade": "quantity", "sharing": "quantity", "shortage": "shortage",
        "disposal": "quantity", "stock": "opening deposit release shared closing",
    }  # fmt: skip
    for name, wanted in columns.items():
        for table in (name, f"branch_{name}"):
            if not books.has(table):
                continue
            for column in wanted.split():
                values = books.plan.tables[table][column]
                place = int(values.to_numpy(dtype=float).argmin())
                row = tuple(str(part) for part in books.plan.tables[table].iloc[place].tolist())
                found.at_most(0.0, float(values.iloc[place]), (table, column, row), 1.0)
    for path in books.operations:
        found.require(not path.strays, (path.name, *path.strays[:3]))


def production_capacity(books: Books, found: Found) -> None:
    """Activity is at most what the plant's tier or the started project has in the slot, outages included."""
    for path in books.operations:
        for key, row in path.production.items():
            limit = path.capacity(key[:4], path.slot[key[4]])
            typical = max(limit, _per_unit(books, key))
            found.at_most(float(row.activity), limit, (path.name, *key), typical)
            if not path.is_branch:
                found.equal(float(row.capacity), limit, (path.name, *key, "capacity"), typical)


def minimum_use(books: Books, found: Found) -> None:
    """A started project runs at least at minimum_use of its capacity on the base path."""
    path = books.base
    for name in books.starts:
        project = books.project.get(name)
        if project is None or not project.minimum_use:
            continue
        for slot in path.slots:
            key = (project.country, "project", project.process, name)
            floor = float(project.minimum_use) * path.capacity(key, slot)
            row = path.production.get((*key, slot.label))
            activity = 0.0 if row is None else float(row.activity)
            found.at_most(floor, activity, (name, slot.label), float(project.capacity))


def material_balance(books: Books, found: Found) -> None:
    """Output, imports, releases and shared receipts equal inputs, exports, deposits, served demand and disposal."""
    for path in books.operations:
        stock_in = {key: float(row.release) for key, row in path.stock.items()}
        stock_out = {key: float(row.deposit) for key, row in path.stock.items()}
        inflow = (path.made, path.imports, path.shared_in, stock_in)
        outflow = (path.used, path.exports, path.served, path.disposal, stock_out)
        for key in dict.fromkeys(key for part in (*inflow, *outflow) for key in part):
            comes = [part.get(key, 0.0) for part in inflow]
            goes = [part.get(key, 0.0) for part in outflow]
            typical = books.sizes[key[1]]
            found.equal(sum(comes), sum(goes), (path.name, *key), typical, max(*comes, *goes))


def demand_complete(books: Books, found: Found) -> None:
    """Every demand has its row, with the case's quantity, and goes short by at most that; nothing else does."""
    for path in books.operations:
        for key in books.demand:
            for slot in path.slots:
                amount = path.demanded(key, slot)
                row = path.shortage.get((*key, slot.label))
                where = (path.name, *key, slot.label)
                demand = 0.0 if row is None else float(row.demand)
                found.equal(demand, amount, (*where, "demand"), books.sizes[key[1]] * slot.years)
                if row is not None:
                    found.at_most(float(row.shortage), amount, where, books.sizes[key[1]] * slot.years)
        for key, row in path.shortage.items():
            if key[:3] not in books.demand:
                found.at_most(float(row.shortage), 0.0, (path.name, *key, "is not demanded"), books.sizes[key[1]])


def shortage_values(books: Books, found: Found) -> None:
    """Shortage value is shortage x the material's shortage value x the sector's weight, in millions."""
    for path in books.operations:
        for key, row in path.shortage.items():
            unit = float(books.material[key[1]].shortage_value) * books.sector_weight[key[2]] / MILLION
            expected = unit * float(row.shortage)
            found.equal(float(row.shortage_value), expected, (path.name, *key), books.money)


def route_capacity(books: Books, found: Found) -> None:
    """Shipments and sharing together stay within the route's capacity; a closed route carries nothing."""
    routes = Routes(books)
    for path in books.operations:
        for key in path.trade | path.sharing:
            slot = path.slot[key[3]]
            carried = sum(float(part[key].quantity) for part in (path.trade, path.sharing) if key in part)
            limit = slot.years * path.average(routes.of(key[:3])[1], slot)
            found.require(key[0] != key[1], (path.name, *key, "to itself"))
            found.at_most(carried, limit, (path.name, *key), books.sizes[key[2]])


def flow_costs(books: Books, found: Found) -> None:
    """Each row's cost is its quantity at its unit cost: plants and projects, the route, the route plus the pact."""
    routes = Routes(books)
    pact = books.by_period("sharing", ("provider", "receiver", "material"), "cost")
    for path in books.operations:
        for key, row in path.production.items():
            expected = float(row.activity) * path.unit_cost(key[:4], path.slot[key[4]]) / MILLION
            found.equal(float(row.cost), expected, (path.name, *key), books.money)
        for key, row in path.trade.items():
            slot = path.slot[key[3]]
            expected = float(row.quantity) * path.average(routes.of(key[:3])[0], slot) / MILLION
            found.equal(float(row.cost), expected, (path.name, *key), books.money)
        for key, row in path.sharing.items():
            slot = path.slot[key[3]]
            matching = [entry for entry in pact if matches(entry, key[:3])]
            best = max(matching, key=filled, default=None)
            fee = path.average(pact[best], slot) if best is not None else 0.0
            unit = fee + path.average(routes.of(key[:3])[0], slot)
            found.equal(float(row.cost), float(row.quantity) * unit / MILLION, (path.name, *key), books.money)


def crisis_trade(books: Books, found: Found) -> None:
    """With own_output, a member ships in a branch at most what it makes itself in that step."""
    if books.options.get("crisis_trade", "own_output") != "own_output":
        return
    for path in books.branches.values():
        for (country, material, label), amount in path.exports.items():
            if country in books.members:
                made = path.made.get((country, material, label), 0.0)
                found.at_most(amount, made, (path.name, country, material, label), books.sizes[material])


class Routes:
    """Cost per unit and yearly capacity of every flow, by period: the matching row with most keys filled."""

    def __init__(self, books: Books) -> None:
        key = ("origin", "destination", "material")
        self.books = books
        self.cost = books.by_period("routes", key, "cost")
        self.capacity = books.by_period("routes", key, "capacity")
        self.known: dict[Key, tuple[dict[str, float], dict[str, float]]] = {}

    def of(self, flow: Key) -> tuple[dict[str, float], dict[str, float]]:
        """Cost and capacity of (origin, destination, material), each by period; unlimited capacity is infinite."""
        if flow not in self.known:
            usual = float(self.books.material[flow[2]].transport_cost)
            best = max((row for row in self.cost if matches(row, flow)), key=filled, default=None)
            cost = dict.fromkeys(self.books.calendar.labels, usual)
            capacity = dict.fromkeys(self.books.calendar.labels, math.inf)
            if best is not None:
                cost |= {period: value for period, value in self.cost[best].items() if not math.isnan(value)}
                capacity |= {period: value for period, value in self.capacity[best].items() if not math.isnan(value)}
            self.known[flow] = (cost, capacity)
        return self.known[flow]


def matches(row: tuple[str, ...], flow: Key) -> bool:
    """Whether a row's keys ("" = any) match a flow's."""
    return all(part in ("", name) for part, name in zip(row, flow, strict=True))


def filled(row: tuple[str, ...]) -> int:
    """How specific a row is: the number of keys that it fills."""
    return sum(1 for part in row if part)


def _per_unit(books: Books, key: tuple[Any, ...]) -> float:
    """Typical activity of a unit: the size of the largest material of its recipe per its quantity."""
    return min((books.sizes[material] / abs(rho) for material, rho in books.recipe[key[2]]), default=1.0)
