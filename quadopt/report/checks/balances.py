"""Checks of the balances of materials, on the base path and in the crises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from quadopt.report.checks.book import SOLVED, Book, Check, Rows, rows
from quadopt.report.checks.terms import Term, absolute, counts, positive, same, sums, sums_of, sums_through, term

SUBJECT = {"": "Balance of materials", "branch_": "Balance of materials in crises"}
FLOWS = {
    "imports": ("trade", "destination", "quantity"),
    "exports": ("trade", "origin", "quantity"),
    "release": ("stock", "country", "release"),
    "deposit": ("stock", "country", "deposit"),
    "received": ("sharing", "receiver", "quantity"),
    "demand": ("shortage", "country", "demand"),
    "shortage": ("shortage", "country", "shortage"),
    "disposal": ("disposal", "country", "quantity"),
}
"""Column of the balance -> the sheet that it comes from, with the columns of place and amount there."""
NEVER_NEGATIVE = {
    "production": ("activity", "capacity"),
    "trade": ("quantity", "quantity"),
    "sharing": ("quantity", "quantity"),
    "stock": ("opening", "closing"),
    "shortage": ("demand", "shortage"),
    "disposal": ("quantity", "quantity"),
    "balance": ("made", "shortage"),
}
"""Sheet -> the first and the last of its columns of amounts."""


def checks(book: Book) -> Iterator[Check]:
    """All checks of balances: what the crises have as the base path has it, `branch_` before the names of the sheets."""
    for prefix in ("", "branch_"):
        yield from _sum_up(book, prefix)
        yield from (_from_flows(book) if not prefix else _from_flows_in_all(book))
        yield from _activity(book, prefix)
        yield from _limits(book, prefix)


def _sum_up(book: Book, prefix: str) -> Iterator[Check]:
    name = f"{prefix}balance"
    at = {column: book(name, column) for column in (*FLOWS, "made", "used", "use")}
    comes = at["made"] + at["imports"] + at["release"] + at["received"]
    served = at["demand"] - at["shortage"]
    goes = at["used"] + at["exports"] + at["deposit"] + served + at["disposal"]
    what = "Output + imports + release + received = use in plants + exports + deposit + demand served + disposal."
    yield Check(SUBJECT[prefix], what, name, comes, goes, tolerance=SOLVED)
    yield Check(SUBJECT[prefix], "Use = use in plants + demand served.", name, at["use"], at["used"] + served)


def _from_flows(book: Book) -> Iterator[Check]:
    """Each column of the balance is the sum of its sheet, in every country, of every material, in every period."""
    wanted = [book("balance", name) for name in ("country", "material", "period")]
    for column, (sheet, place, amount) in FLOWS.items():
        found = [book(sheet, name) for name in (place, "material", "period")]
        right = sums(book(sheet, amount), *zip(found, wanted, strict=True))
        what = f"{_title(column)} in every country, of every material, in every period: as on sheet {sheet}."
        yield Check(SUBJECT[""], what, "balance", book("balance", column), right, size=book("balance", column))


def _from_flows_in_all(book: Book) -> Iterator[Check]:
    """The same for the crises, in sums by step, by country and by material: all at once would be slow in Excel."""
    table = "branch_balance"
    for column, (sheet, place, amount) in FLOWS.items():
        flows = f"branch_{sheet}"

        def compare(
            *keys: Term, names: dict[str, str], column: str = column, flows: str = flows, amount: str = amount
        ) -> tuple[Term, Term]:
            """The sum in the balance, and on the sheet of the flow; `names`: columns of one -> of the other."""
            here = zip((book(table, name) for name in names), keys, strict=True)
            there = zip((book(flows, name) for name in names.values()), keys, strict=True)
            return sums(book(table, column), *here), sums(book(flows, amount), *there)

        found: tuple[Rows, ...] = ()
        for names in ({"disruption": "disruption", "step": "step"}, {"country": place}, {"material": "material"}):
            found += rows(book.records(table, *names), partial(compare, names=names))
        what = f"{_title(column)} in crises, by step, by country and by material: as on sheet {flows}."
        yield Check(SUBJECT["branch_"], what, rows=found)


def _activity(book: Book, prefix: str) -> Iterator[Check]:
    """Output and use follow from activity and recipes, in sums by country, by material and by period (or crisis)."""
    balance, time = f"{prefix}balance", "disruption" if prefix else "period"
    production = f"{prefix}production"
    quantity, process = book("recipes", "quantity"), book("recipes", "process")
    activity, done_by = book(production, "activity"), book(production, "process")
    by = "by crisis" if prefix else "by period"
    for column, amount in (("made", positive(quantity)), ("used", positive(term(0.0) - quantity))):
        of_recipe = amount * sums(activity, (done_by, process))

        def by_entry(name: str, column: str = column, amount: Term = amount) -> Callable[[Term], tuple[Term, Term]]:
            """By country or time."""
            return lambda entry: (
                sums(book(balance, column), (book(balance, name), entry)),
                sums_through(amount, process, activity, done_by, (book(production, name), entry)),
            )

        def by_material(entry: Term, column: str = column, of_recipe: Term = of_recipe) -> tuple[Term, Term]:
            """By material."""
            return (
                sums(book(balance, column), (book(balance, "material"), entry)),
                sums_of(of_recipe, (book("recipes", "material"), entry)),
            )

        found = rows(book.records(balance, "material"), by_material)
        for name in ("country", time):
            found += rows(book.records(balance, name), by_entry(name))
        what = f"{_title(column)} by material, by country and {by}: activity x recipe of all plants and projects."
        yield Check(SUBJECT[prefix], what, rows=found)


def _limits(book: Book, prefix: str) -> Iterator[Check]:
    name, subject = f"{prefix}balance", SUBJECT[prefix]
    comes = book(name, "made") + book(name, "imports")
    if book.has(f"{prefix}stock"):
        what = "Deposits come from the output and imports of the same period, never from a release or a shared tonne."
        yield Check(subject, what, name, book(name, "deposit"), comes, at_most=True, tolerance=SOLVED)
        piles = ("stockpiles", "country"), ("stockpiles", "material")
        has_stock = counts(*((book(*pile), book(name, pile[1])) for pile in piles)) > 0.0
        what = "Releases stay at home: exports of a stocked material are at most its output plus its imports."
        yield Check(subject, what, name, has_stock * (book(name, "exports") - comes), term(0.0), at_most=True,
                    tolerance=SOLVED, size=comes)  # fmt: skip
    if prefix and book.plan.options.get("crisis_trade") == "own_output":
        is_member = counts((book("contributions", "country"), book(name, "country"))) > 0.0
        what = "In a crisis a member ships at most what it makes itself in the same step."
        yield Check(subject, what, name, is_member * (book(name, "exports") - book(name, "made")), term(0.0),
                    at_most=True, tolerance=SOLVED, size=book(name, "made"))  # fmt: skip
    for sheet, (first, last) in NEVER_NEGATIVE.items():
        table = f"{prefix}{sheet}"
        amounts = book.block(table, first, last)
        what = f"No amount on sheet {table} is negative."
        yield Check(subject, what, table, term(0.0) - amounts, term(0.0), at_most=True, size=absolute(amounts))
    trade = f"{prefix}trade"
    what = "Nothing is shipped from a country to itself."
    itself = same(book(trade, "origin"), book(trade, "destination")) * book(trade, "quantity")
    yield Check(subject, what, trade, itself, term(0.0), size=book(trade, "quantity"))


def _title(column: str) -> str:
    return {"made": "Output", "used": "Use in plants"}.get(column, column.capitalize())
