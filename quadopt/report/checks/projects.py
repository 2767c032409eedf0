"""Checks of projects: starts, dates, capital cost against payments, and capacity."""

from __future__ import annotations

from collections.abc import Iterator

from quadopt.report.checks.book import SOLVED, Book, Check
from quadopt.report.checks.terms import Term, absolute, counts, filled, same, sums, term

SUBJECT = "Projects"


def checks(book: Book) -> Iterator[Check]:
    """All checks of projects and of what plants can do."""
    yield from _starts(book)
    yield from _capital(book)
    yield from _capacity(book)


def _starts(book: Book) -> Iterator[Check]:
    table = "investments"
    started, status = filled(book(table, "start")), book(table, "status")
    one = absolute(term(1.0) + started * 0.0)
    what = "Every committed project starts."
    yield Check(SUBJECT, what, table, same(status, "committed") * (one - started), term(0.0), size=one)
    what = "No excluded project starts."
    yield Check(SUBJECT, what, table, same(status, "excluded") * started, term(0.0), size=one)
    known = counts((book("periods", "period"), book(table, "start")))
    what = "Every start is a period of the calendar."
    yield Check(SUBJECT, what, table, started, started * known, size=one)
    begin = sums(book("periods", "begin"), (book("periods", "period"), book(table, "start")))
    if book.frames[table]["start_year"].notna().any():
        what = "Start, in years from the start of the horizon, is where the period of the start begins."
        yield Check(SUBJECT, what, table, started * book(table, "start_year"), started * begin)
        end = book(table, "end_year")
        what = "No project ends before it is complete."
        over = started * (book(table, "complete_year") - end)
        yield Check(SUBJECT, what, table, over, term(0.0), at_most=True, size=end)
    what = "No project is complete before it starts."
    early = started * (begin - book(table, "complete_year"))
    yield Check(SUBJECT, what, table, early, term(0.0), at_most=True, size=book(table, "complete_year"))


def _capital(book: Book) -> Iterator[Check]:
    table = "investments"
    started, capex, public = filled(book(table, "start")), book(table, "capex"), book(table, "public_capex")
    paid = {
        column: sums(book("payments", column), (book("payments", "project"), book(table, "project")))
        for column in ("public", "private")
    }
    what = "The fund's payments for each project = its public capex if it starts, else nothing."
    yield Check(SUBJECT, what, table, paid["public"], started * public)
    what = "The others' payments for each project = its capex less its public capex if it starts, else nothing."
    yield Check(SUBJECT, what, table, paid["private"], started * (capex - public), size=capex)
    what = "Public capex is at most capex."
    yield Check(SUBJECT, what, table, public, capex, at_most=True)
    what = "Salvage is at most capex, and nothing where a project does not start."
    yield Check(SUBJECT, what, table, book(table, "salvage"), started * capex, at_most=True, size=capex)
    what = "No capex, capacity or salvage is negative."
    amounts = book.block(table, "capacity", "salvage")
    yield Check(SUBJECT, what, table, term(0.0) - amounts, term(0.0), at_most=True, size=absolute(amounts))
    country = counts(
        (book(table, "project"), book("payments", "project")), (book(table, "country"), book("payments", "country"))
    )
    what = "Each payment is for a project of the list, in its country."
    yield Check(SUBJECT, what, "payments", country, term(1.0) + country * 0.0)


def _capacity(book: Book) -> Iterator[Check]:
    table = "project_capacity"
    share, capacity = book(table, "online_share"), book(table, "capacity")

    def of_project(column: str) -> Term:
        return sums(book("investments", column), (book("investments", "project"), book(table, "project")))

    def of_period(column: str) -> Term:
        return sums(book("periods", column), (book("periods", "period"), book(table, "period")))

    what = "Capacity online = share online x full capacity x years of the period."
    yield Check(SUBJECT, what, table, capacity, share * of_project("capacity") * of_period("years"))
    what = "The share online is at most 100 %."
    yield Check(SUBJECT, what, table, share, term(1.0) + share * 0.0, at_most=True)
    what = "Nothing is online before it is complete: a project is complete before the end of each period listed."
    end = of_period("begin") + of_period("years")
    yield Check(SUBJECT, what, table, of_project("complete_year"), end, at_most=True)
    is_project = same(book("production", "kind"), "project")
    keys = ("project", "unit_name"), ("period", "period")
    online = sums(capacity, *((book(table, one), book("production", two)) for one, two in keys))
    possible = book("production", "capacity")
    what = "What a project can do in a period (sheet production) = its capacity online (sheet project_capacity)."
    yield Check(SUBJECT, what, "production", is_project * possible, is_project * online, size=possible)
    for prefix in ("", "branch_"):
        sheet = f"{prefix}production"
        what = f"No plant or project does more than it can (sheet {sheet})."
        yield Check("Capacity", what, sheet, book(sheet, "activity"), book(sheet, "capacity"), at_most=True,
                    tolerance=SOLVED)  # fmt: skip
        short, demand = book(f"{prefix}shortage", "shortage"), book(f"{prefix}shortage", "demand")
        what = f"Shortage is at most demand (sheet {prefix}shortage)."
        yield Check("Shortage", what, f"{prefix}shortage", short, demand, at_most=True)
        of = f"{prefix}shortage"
        value = sums(book("materials", "shortage_value"), (book("materials", "material"), book(of, "material")))
        weight = sums(book("sectors", "shortage_weight"), (book("sectors", "sector"), book(of, "sector")))
        what = f"Shortage value = shortage x the material's shortage value x the sector's weight (sheet {of})."
        worth = short * value * weight / 1e6
        yield Check("Shortage", what, of, book(of, "shortage_value"), worth)
