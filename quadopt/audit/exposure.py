"""The exposed part of the base path, rule by rule (formulation, section 5)."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from quadopt.audit.books import Books
from quadopt.audit.operation import Key
from quadopt.audit.report import Found
from quadopt.audit.stocks import clean_core


class Exposure:
    """The plan's `exposure` table by supplier and quantity: name -> (country, partner, item, period) -> exposed."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.of: dict[str, dict[str, dict[Key, float]]] = {name: defaultdict(dict) for name in traced(books)}
        self.strangers: list[Key] = []
        for row in books.planned("exposure"):
            key = (row.country, row.partner or "", row.item, row.period)
            if row.supplier not in self.of or key in self.of[row.supplier][row.quantity_name]:
                self.strangers.append((row.supplier, row.quantity_name, *key))
                continue
            self.of[row.supplier][row.quantity_name][key] = float(row.exposed)

    @cached_property
    def whole(self) -> dict[str, dict[Key, float]]:
        """The quantities themselves, in the same keys."""
        path = self.books.base
        names: dict[str, dict[Key, float]] = {
            "shipment": {(o, d, m, t): float(row.quantity) for (o, d, m, t), row in path.trade.items()},
            "sharing": {(p, r, m, t): float(row.quantity) for (p, r, m, t), row in path.sharing.items()},
            "activity": {
                (c, "", f"{kind}/{process}/{unit}", t): float(row.activity)
                for (c, kind, process, unit, t), row in path.production.items()
            },
            "stock": {(c, "", m, t): self._mixing_stock(row) for (c, m, t), row in path.stock.items()},
        }
        sums = {"served": path.served, "used": path.used, "disposed": path.disposal}
        for name, amounts in sums.items():
            names[name] = {(c, "", m, t): amount for (c, m, t), amount in amounts.items()}
        for name in ("deposit", "release"):
            names[name] = {(c, "", m, t): float(getattr(row, name)) for (c, m, t), row in path.stock.items()}
        return names

    def _mixing_stock(self, row: Any) -> float:
        """The part of a stock that may be exposed: all but the clean core of the initial stock."""
        pile = self.books.stockpile.get((row.country, row.material))
        if pile is None:
            return 0.0
        return float(row.closing) - clean_core(self.books, pile, row.period)

    def pools(self, supplier: str, flows: dict[str, int]) -> dict[Key, float]:
        """Sum of exposed flows by (country, material, period); flows: name -> 0 by country, 1 by partner."""
        found: dict[Key, float] = defaultdict(float)
        for name, side in flows.items():
            for key, amount in self.of[supplier][name].items():
                found[key[side], key[2], key[3]] += amount
        return found

    def activity(self, supplier: str, sign: int) -> dict[Key, float]:
        """What exposed activity makes (sign 1) or could take in (-1), by (country, material, period)."""
        found: dict[Key, float] = defaultdict(float)
        for (country, _, item, period), amount in self.of[supplier]["activity"].items():
            for material, quantity in self.books.recipe[process_of(self.books, item)]:
                if quantity * sign > 0:
                    found[country, material, period] += abs(quantity) * amount
        return found


def traced(books: Books) -> list[str]:
    """The suppliers whose exposure the plan traces; none where it looks at direct shares or concentration alone."""
    if books.options.get("measure", "traced") != "traced" and not books.has("exposure"):
        return []
    return list(books.options.get("suppliers_traced", []))


def exposure_bounds(books: Books, found: Found) -> None:
    """No exposed part is negative or more than its quantity; of a stock, all but the clean core may be exposed."""
    exposure = Exposure(books)
    found.require(not exposure.strangers, ("not traced, or twice", *exposure.strangers[:2]))
    for supplier, names in exposure.of.items():
        for name, amounts in names.items():
            whole = exposure.whole.get(name, {})
            for key, amount in amounts.items():
                typical = _size(books, name, key)
                where = (supplier, name, *key)
                found.at_most(0.0, amount, where, typical)
                if name != "stock" or key[0] != supplier:
                    found.at_most(amount, whole.get(key, 0.0), where, typical)


def exposure_origin(books: Books, found: Found) -> None:
    """In the supplier every activity is exposed, and so is everything that leaves it."""
    exposure = Exposure(books)
    for supplier, names in exposure.of.items():
        for name in ("activity", "shipment", "sharing"):
            for key, amount in exposure.whole[name].items():
                if key[0] == supplier:
                    exposed = names[name].get(key, 0.0)
                    found.equal(exposed, amount, (supplier, name, *key), _size(books, name, key))


def exposure_activity(books: Books, found: Found) -> None:
    """Exposed inputs go to exposed activity only."""
    exposure = Exposure(books)
    for supplier in exposure.of:
        room = exposure.activity(supplier, -1)
        for (country, _, material, period), amount in exposure.of[supplier]["used"].items():
            if country != supplier:
                limit = room.get((country, material, period), 0.0)
                found.at_most(amount, limit, (supplier, country, material, period), books.sizes[material])


def exposure_balance(books: Books, found: Found) -> None:
    """Exposed material does not vanish: what comes in exposed is used, shipped, stored, served or disposed exposed."""
    exposure = Exposure(books)
    for supplier in exposure.of:
        inflow = exposure.pools(supplier, {"shipment": 1, "sharing": 1, "release": 0})
        made = exposure.activity(supplier, 1)
        outflow = exposure.pools(supplier, {"used": 0, "shipment": 0, "deposit": 0, "served": 0, "disposed": 0})
        for key in inflow | made:
            if key[0] != supplier:
                comes, goes = inflow.get(key, 0.0) + made.get(key, 0.0), outflow.get(key, 0.0)
                found.at_most(comes, goes, (supplier, *key), books.sizes[key[1]])


def exposure_disposal(books: Books, found: Found) -> None:
    """Where the model file bars booking imports as disposed of, only exposed own output is: by-products."""
    sees_dependence = "dependence" in list(books.options.get("order") or [])
    if books.options.get("exposed_disposal") != "own_output" or not sees_dependence:
        return
    exposure = Exposure(books)
    for supplier in exposure.of:
        made = exposure.activity(supplier, 1)
        for (country, _, material, period), amount in exposure.of[supplier]["disposed"].items():
            if country != supplier:
                limit = made.get((country, material, period), 0.0)
                found.at_most(amount, limit, (supplier, country, material, period), books.sizes[material])


def exposure_stock(books: Books, found: Found) -> None:
    """The exposed stock follows the stock equation; the initial stock is clean."""
    exposure = Exposure(books)
    for supplier, names in exposure.of.items():
        shared = exposure.pools(supplier, {"sharing": 0})
        for country, material in books.stockpile:
            if country == supplier:
                continue
            before = 0.0
            for slot in books.base.slots:
                key = (country, "", material, slot.label)
                flows = [names[name].get(key, 0.0) for name in ("deposit", "release")]
                given = shared.get((country, material, slot.label), 0.0)
                expected = books.base.keep(country, material, slot) * before + flows[0] - flows[1] - given
                after = names["stock"].get(key, 0.0)
                where = (supplier, country, material, slot.label)
                found.equal(after, expected, where, books.sizes[material], max(before, *flows, given))
                before = after


def _size(books: Books, name: str, key: Key) -> float:
    """Typical amount of a row of the exposure table."""
    if name != "activity":
        return books.sizes[key[2]]
    recipe = books.recipe[process_of(books, key[2])]
    return min((books.sizes[material] / abs(quantity) for material, quantity in recipe), default=1.0)


def process_of(books: Books, item: str) -> str:
    """The process in an activity's item "kind/process/unit_name" (names may hold a slash themselves)."""
    rest = item.split("/", 1)[1]
    fitting = [name for name in books.recipe if rest.startswith(f"{name}/")]
    return max(fitting, key=len)
