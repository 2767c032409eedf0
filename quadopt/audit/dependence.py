"""Shares, indices and caps of dependence, recomputed (formulation, section 5)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from quadopt.audit.books import Books, blank
from quadopt.audit.exposure import traced
from quadopt.audit.index import GROUP, demanded, exposed_amounts, indices, worst_share
from quadopt.audit.operation import Key
from quadopt.audit.report import Found
from quadopt.measures import direct_shares, proportional_shares, use
from quadopt.tables.records import rows_of

BASES = {
    "optimised": "share_optimised",
    "at_least": "share_at_least",
    "at_most": "share_at_most",
    "proportional": "share_proportional",
}


def bases(books: Books) -> dict[str, str]:
    """Bases of the plan's shares and their columns; nothing is optimised where the measure is not traced."""
    optimised = books.options.get("measure", "traced") == "traced"
    return {basis: column for basis, column in BASES.items() if optimised or basis != "optimised"}


def dependence_rows(books: Books, found: Found) -> None:
    """Every traced supplier has a row for every demand of the others, with its demand, shortage and exposed part."""
    served = {
        (row.supplier, row.country, row.item, row.period): float(row.exposed)
        for row in books.planned("exposure")
        if row.quantity_name == "served"
    }
    listed = {(row.supplier, row.country, row.material, row.period): row for row in books.planned("dependence")}
    for supplier in traced(books):
        if "optimised" not in bases(books) and not listed:
            break
        for key, (demand, short) in demanded(books).items():
            if key[0] == supplier:
                continue
            row = listed.get((supplier, *key))
            found.require(row is not None, (supplier, *key, "no row in the dependence table"))
            if row is not None:
                size = books.sizes[key[1]]
                found.equal(float(row.demand), demand, (supplier, *key, "demand"), size)
                found.equal(float(row.shortage), short, (supplier, *key, "shortage"), size)
                exposed = served.get((supplier, *key), 0.0)
                found.equal(float(row.served_exposed), exposed, (supplier, *key, "served_exposed"), size)
    found.require({row.supplier for row in listed.values()} <= set(traced(books)), ("a supplier is not traced",))


def dependence_shares(books: Books, found: Found) -> None:
    """Every share is (exposed + shortage) / demand, lies in 0..1, and counts what goes short."""
    for row in books.planned("dependence"):
        where = (row.supplier, row.country, row.material, row.period)
        if row.country == row.supplier or float(row.demand) <= 0:
            continue
        slack = books.sizes[row.material] / float(row.demand)
        if "optimised" in bases(books):
            expected = (float(row.served_exposed) + float(row.shortage)) / float(row.demand)
            found.equal(float(row.share_optimised), expected, (*where, "share_optimised"), max(1.0, slack))
        for column in bases(books).values():
            share = float(getattr(row, column))
            found.at_most(share, 1.0, (*where, column), max(1.0, slack))
            found.at_most(float(row.shortage) / float(row.demand), share, (*where, column), max(1.0, slack))


def group_rows(books: Books, found: Found) -> None:
    """The group's rows are the sums of the members' rows."""
    frame = books.plan.tables.get("dependence")
    if frame is None or not traced(books):
        return
    sums: dict[Key, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    group: list[Any] = []
    for row in rows_of(frame):
        if row.country == GROUP:
            group.append(row)
        elif row.supplier not in books.members:
            entry = sums[row.supplier, row.material, row.period]
            for column in ("demand", "shortage", "served_exposed"):
                entry[column] += float(getattr(row, column))
            for column in bases(books).values():
                entry[column] += float(getattr(row, column)) * float(row.demand)
    found.require({(r.supplier, r.material, r.period) for r in group} >= set(sums), ("rows of the group are missing",))
    for row in group:
        key = (row.supplier, row.material, row.period)
        if row.supplier in books.members:
            continue
        for column in ("demand", "shortage", "served_exposed"):
            found.equal(float(getattr(row, column)), sums[key][column], (*key, column), books.sizes[row.material])
        for column in bases(books).values():
            amount = float(getattr(row, column)) * float(row.demand)
            found.equal(amount, sums[key][column], (*key, column), max(books.sizes[row.material], float(row.demand)))


def proportional_mixing(books: Books, found: Found) -> None:
    """The proportional share is that of an input-output calculation on the plan's flows."""
    names = traced(books)
    if not names or not books.has("dependence"):
        return
    own = proportional_shares(books.case, books.plan.tables, names)
    exposed = {(row.supplier, row.country, row.material, row.period): row.exposed for row in rows_of(own)}
    for row in books.planned("dependence"):
        if row.country in (GROUP, row.supplier):
            continue
        key = (row.supplier, row.country, row.material, row.period)
        expected = (exposed.get(key, 0.0) + float(row.shortage)) / float(row.demand)
        found.equal(float(row.share_proportional), expected, key, 10.0)


def bounds_in_order(books: Books, found: Found) -> None:
    """The index: at least <= optimised and proportional. Each supplier, value-weighted: proportional <= at most.

    Only these are ordered (the least index is minimised over all books at once, the most over each supplier's sum);
    single shares need not be.
    """
    measure, scope = books.options.get("dependence_weight", "value"), "members"
    index = {
        row.basis: float(row.value) for row in books.planned("index") if (row.measure, row.scope) == (measure, scope)
    }
    if "optimised" in bases(books) and "at_least" in index:
        for more in ("optimised", "proportional"):
            found.at_most(index["at_least"], index[more], ("index", "at_least", more), 10.0)
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in books.planned("dependence"):
        if row.country in (GROUP, row.supplier):
            continue
        unit = float(books.material[row.material].price) * float(books.material[row.material].importance)
        for basis, column in bases(books).items():
            sums[row.supplier][basis] += unit * (float(getattr(row, column)) * float(row.demand) - float(row.shortage))
        sums[row.supplier]["all"] += unit * float(row.demand)
    for supplier, value in sums.items():
        found.at_most(value["proportional"], value["at_most"], (supplier, "proportional", "at_most"), 10 * value["all"])


def index_table(books: Books, found: Found) -> None:
    """Each index is the weighted mean of the largest supplier's share, for the members and for the group."""
    if not traced(books) or not books.has("dependence"):
        return
    listed = {(row.measure, row.scope, row.basis): float(row.value) for row in books.planned("index")}
    for basis, column in bases(books).items():
        exposed = exposed_amounts(books, column)
        expected = {(*key, basis): value for key, value in indices(books, exposed).items()}
        largest = ("worst", "members", basis)
        if largest in listed or basis == "optimised":
            expected[largest] = worst_share(books, exposed)
        for key, value in expected.items():
            found.require(key in listed, (*key, "no row in the index table"))
            found.equal(listed.get(key, value), value, key, 1.0)


def direct_table(books: Books, found: Found) -> None:
    """Direct shares are shipments over use."""
    if not books.has("direct"):
        return
    own = direct_shares(books.case, books.plan.tables, books.case.countries)
    expected = {(r.country, r.material, r.period, r.supplier): r for r in rows_of(own)}
    for row in books.planned("direct"):
        key = (row.country, row.material, row.period, row.supplier)
        shipment = expected[key].shipment if key in expected else 0.0
        found.equal(float(row.shipment), shipment, (*key, "shipment"), books.sizes[row.material])
        if key in expected:
            found.equal(float(row.share_direct), shipment / float(row.use), (*key, "share"), 1.0)
            found.equal(float(row.use), expected[key].use, (*key, "use"), books.sizes[row.material])


def concentration_table(books: Books, found: Found) -> None:
    """The Herfindahl index is the sum of squared direct shares of outside suppliers, plain and by governance."""
    if not books.has("concentration"):
        return
    governance = {row.country: float(row.governance) for row in books.given("countries")}
    used = {(r.country, r.material, r.period): float(r.use) for r in rows_of(use(books.case, books.plan.tables))}
    shares: dict[Key, list[tuple[str, float]]] = defaultdict(list)
    for (origin, destination, material, period), row in books.base.trade.items():
        key = (destination, material, period)
        if origin in books.outside and float(row.quantity) > 0 and key in used:
            shares[key].append((origin, float(row.quantity) / used[key]))
    for row in books.planned("concentration"):
        key = (row.country, row.material, row.period)
        plain = sum(share**2 for _, share in shares[key])
        found.equal(float(row.use), used.get(key, 0.0), (*key, "use"), books.sizes[row.material])
        found.equal(float(row.hhi), plain, (*key, "hhi"), 1.0)
        weighted = sum(share**2 * (1 - governance[name]) for name, share in shares[key])
        if blank(weighted):
            found.require(blank(float(row.hhi_governance)), (*key, "a supplier has no governance value"))
        else:
            found.equal(float(row.hhi_governance), weighted, (*key, "hhi_governance"), 1.0)


def caps(books: Books, found: Found) -> None:
    """Every cap holds from its period on: the one stated, or the one that the plan says it holds from."""
    rules = list(books.options.get("caps") or [])
    if not rules:
        return
    used = {(r.country, r.material, r.period): float(r.use) for r in rows_of(use(books.case, books.plan.tables))}
    taken: dict[str, dict[str, dict[Key, float]]] = {"traced": defaultdict(dict), "direct": defaultdict(dict)}
    for row in books.planned("exposure"):
        if row.quantity_name in ("used", "served"):
            entry = taken["traced"][row.supplier]
            entry[row.country, row.item, row.period] = entry.get((row.country, row.item, row.period), 0.0) + row.exposed
    for (origin, destination, material, period), row in books.base.trade.items():
        taken["direct"][origin][destination, material, period] = float(row.quantity)
    labels = books.calendar.labels
    for rule in rules:
        stated, holds = rule.get("from_period"), dict(rule.get("holds_from") or {})
        stages, materials = list(rule.get("stages") or []), list(rule.get("materials") or [])
        chosen = [
            name
            for name, row in books.material.items()
            if (not stages and not materials) or name in materials or row.stage in stages
        ]
        group = rule.get("scope") == GROUP
        for supplier in books.options.get("suppliers_traced", []):
            others = [name for name in books.members if name != supplier]
            blocks = [others] if group else [[name] for name in others]
            part = taken[rule.get("basis") or "traced"][supplier]
            for material in chosen:
                for block in blocks:
                    own = holds.get(f"{GROUP if group else block[0]}/{material}", "never")
                    first = own if blank(stated) else str(stated)
                    for period in [] if first == "never" else labels[books.calendar.position[first] :]:
                        total = sum(used.get((name, material, period), 0.0) for name in block)
                        amount = sum(part.get((name, material, period), 0.0) for name in block)
                        where = (supplier, material, period, GROUP if group else block[0])
                        found.at_most(amount, float(rule["kappa"]) * total, where, books.sizes[material], total)
