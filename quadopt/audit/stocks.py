"""Stockpiles, reserves, releases and sharing, on the base path and in every branch (formulation, sections 4, 6)."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from quadopt.audit.books import MILLION, Books
from quadopt.audit.flows import matches
from quadopt.audit.report import Found


def stock_equation(books: Books, found: Found) -> None:
    """Closing = what is left of the opening + deposit - release - shared; each slot opens with the last closing."""
    for path in books.operations:
        for country, material in books.stockpile:
            size = books.sizes[material]
            before = path.opening(country, material)
            for slot in path.slots:
                where = (path.name, country, material, slot.label)
                row = path.stock.get((country, material, slot.label))
                found.require(row is not None, (*where, "no row in the stock table"))
                if row is None:
                    break
                opening, largest = float(row.opening), max(before, float(row.opening), float(row.deposit))
                keep = path.keep(country, material, slot)
                found.equal(opening, before, (*where, "opening"), size)
                found.equal(float(row.lost), (1 - keep) * opening, (*where, "lost"), size, opening)
                shared = path.shared_out.get((country, material, slot.label), 0.0)
                found.equal(float(row.shared), shared, (*where, "shared"), size)
                closing = keep * opening + float(row.deposit) - float(row.release) - shared
                found.equal(float(row.closing), closing, (*where, "closing"), size, largest)
                before = float(row.closing)
        for key in path.stock:
            found.require(key[:2] in books.stockpile, (path.name, *key, "has no stockpile"))


def stock_limits(books: Books, found: Found) -> None:
    """Stocks stay within their capacity, and releases with sharing within the release limit."""
    for path in books.operations:
        for (country, material, label), row in path.stock.items():
            pile = books.stockpile.get((country, material))
            if pile is None:
                continue
            size, years = books.sizes[material], path.slot[label].years
            where = (path.name, country, material, label)
            found.at_most(float(row.closing), _limit(pile.capacity), (*where, "capacity"), size)
            shared = path.shared_out.get((country, material, label), 0.0)
            out = float(row.release) + shared
            found.at_most(out, years * _limit(pile.release_limit), (*where, "release limit"), size)


def reserves(books: Books, found: Found) -> None:
    """The stock holds the reserve, the reserve holds the minimum, and it never falls but by the loss."""
    for (country, material), pile in books.stockpile.items():
        size, before = books.sizes[material], 0.0
        for slot in books.base.slots:
            row = books.base.stock.get((country, material, slot.label))
            if row is None:
                continue
            where = (country, material, slot.label)
            minimum, reserve = minimum_stock(books, pile, slot.label), float(row.reserve)
            found.equal(float(row.minimum), minimum, (*where, "minimum"), size)
            found.at_most(minimum, reserve, (*where, "reserve below the minimum"), size)
            found.at_most(reserve, float(row.closing), (*where, "stock below the reserve"), size)
            kept = books.base.keep(country, material, slot) * before
            found.at_most(kept, reserve, (*where, "reserve used up"), size)
            before = reserve


def minimum_stock(books: Books, pile: Any, period: str) -> float:
    """The least stock at the end of a period: a number, days of need, or the initial stock decaying with its loss."""
    if not math.isnan(pile.minimum):
        return float(pile.minimum)
    if not math.isnan(pile.minimum_days):
        need = books.need.get((pile.country, pile.material), {}).get(period, 0.0)
        return float(pile.minimum_days) / 365 * need
    return left_of_initial(books, pile, period)


def left_of_initial(books: Books, pile: Any, period: str) -> float:
    """What the loss leaves of the initial stock at the end of a period."""
    return float(pile.initial) * float((1 - float(pile.loss_rate)) ** books.calendar.end(period))


def clean_core(books: Books, pile: Any, period: str) -> float:
    """What of the initial stock was never free to leave up to the end of a period: it cannot be exposed.

    core_t = min(minimum_t, (1 - loss)^h core_{t-1}): at most min(minimum, what is left of the initial stock), and less
    where a minimum grows or is kept up against a loss, since what refills it need not be clean.
    """
    core = float(pile.initial)
    for label in books.calendar.labels[: books.calendar.position[period] + 1]:
        core *= float((1 - float(pile.loss_rate)) ** books.calendar.years[label])
        core = max(0.0, min(core, minimum_stock(books, pile, label)))
    return core


def stock_budget(books: Books, found: Found) -> None:
    """Purchases cover every rise of a stock, and their value stays within the member's stock limit."""
    spent: dict[tuple[str, str], float] = defaultdict(float)
    for (country, material, period), row in books.base.stock.items():
        if (country, material) not in books.stockpile:
            continue
        keep = books.base.keep(country, material, books.base.slot[period])
        rise = max(0.0, float(row.closing) - keep * float(row.opening))
        where = (country, material, period)
        found.at_most(rise, float(row.purchase), (*where, "purchase"), books.sizes[material], float(row.closing))
        spent[country, period] += max(rise, float(row.purchase)) * float(books.material[material].price) / MILLION
    for (country, period), amount in spent.items():
        entry = books.fund.get((country, period))
        limit = math.inf if entry is None else _limit(entry.stock_limit)
        found.at_most(amount, limit * books.calendar.years[period], (country, period, "stock limit"), books.money)


def holding_costs(books: Books, found: Found) -> None:
    """Holding cost is the closing stock x the years x the cost per unit and year."""
    for (country, material, period), row in books.base.stock.items():
        if (country, material) in books.stockpile:
            unit = float(books.stockpile[country, material].holding_cost) / MILLION
            expected = unit * float(row.closing) * books.calendar.years[period]
            found.equal(float(row.holding_cost), expected, (country, material, period), books.money)


def deposits(books: Books, found: Found) -> None:
    """Deposits come from the slot's output and imports, never from a release or a shared tonne."""
    for path in books.operations:
        for (country, material, label), row in path.stock.items():
            fresh = path.made.get((country, material, label), 0.0) + path.imports.get((country, material, label), 0.0)
            where = (path.name, country, material, label)
            found.at_most(float(row.deposit), fresh, where, books.sizes[material])


def release_stays_home(books: Books, found: Found) -> None:
    """Shipments of a stocked material out of a member are at most its output plus its imports."""
    for path in books.operations:
        for country, material in books.stockpile:
            for slot in path.slots:
                key = (country, material, slot.label)
                fresh = path.made.get(key, 0.0) + path.imports.get(key, 0.0)
                found.at_most(path.exports.get(key, 0.0), fresh, (path.name, *key), books.sizes[material])


def sharing_limits(books: Books, found: Found) -> None:
    """Sharing exists where a row allows it and obeys every row: a fraction of the opening stock, in a branch once."""
    limits = books.by_period("sharing", ("provider", "receiver", "material"), "limit_fraction")
    allowed = bool(books.options.get("sharing", True))
    for path in books.operations:
        for key, row in path.sharing.items():
            covered = allowed and any(matches(entry, key[:3]) for entry in limits)
            held = (key[0], key[2]) in books.stockpile
            if float(row.quantity) > 0:
                found.require(covered and held, (path.name, *key, "no pact allows it"))
        for entry, fractions in limits.items():
            given: dict[tuple[str, Any], float] = defaultdict(float)
            for key, row in path.sharing.items():
                if matches(entry, key[:3]):
                    given[key[2], key[3]] += float(row.quantity)
            for material in dict.fromkeys(material for material, _ in given):
                total = 0.0
                for slot in path.slots:
                    amount = given.get((material, slot.label), 0.0)
                    stock = path.stock.get((entry[0], material, slot.label))
                    opening = 0.0 if stock is None else float(stock.opening)
                    if path.is_branch:
                        total += amount
                        limit = fractions[path.rows[0].start] * path.opening(entry[0], material)
                    else:
                        total, limit = amount, slot.years * fractions[slot.label] * opening
                    found.at_most(total, limit, (path.name, *entry, material, slot.label), books.sizes[material])


def _limit(value: float) -> float:
    """A blank limit is none at all."""
    return math.inf if math.isnan(value) else float(value)
