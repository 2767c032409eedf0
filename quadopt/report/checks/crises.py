"""Checks of crises: stress, probabilities, the clock of each branch, and the comparisons without sharing and stocks."""

from __future__ import annotations

from collections.abc import Iterator

from quadopt.report.checks.book import SOLVED, Book, Check, Rows, Tolerance, rows
from quadopt.report.checks.terms import (
    Term,
    absolute,
    each,
    filled,
    larger,
    most,
    most_of,
    positive,
    smaller,
    sums,
    term,
    total,
)

SUBJECT = "Crises"
COMPARED = Tolerance(1e-4, "the solver's precision, twice")


def checks(book: Book) -> Iterator[Check]:
    """All checks of crises; nothing where the case has none."""
    if book.has("disruptions"):
        yield from _stress(book)
        yield from _measures(book)
        yield from _clock(book)
        yield from _steps(book)
        yield from _comparisons(book)


def _stress(book: Book) -> Iterator[Check]:
    table = "disruptions"
    value = sums(
        book("branch_shortage", "shortage_value"), (book("branch_shortage", "disruption"), book(table, "disruption"))
    )
    what = "Stress, planned = the shortage value of all steps of the crisis."
    yield Check(SUBJECT, what, table, book(table, "stress"), value, tolerance=SOLVED)
    probability = book(table, "probability")
    yield Check(SUBJECT, "No probability is negative.", table, term(0.0) - probability, term(0.0), at_most=True,
                size=probability)  # fmt: skip
    what = "The probabilities of all crises together are at most 100 %."
    found = rows([("all crises",)], lambda _: (total(probability), term(1.0)))
    yield Check(SUBJECT, what, rows=found, at_most=True)


def _measures(book: Book) -> Iterator[Check]:
    """Expected, worst and the mean of the worst futures, over the crises and the undisturbed future with stress 0."""
    probability, stress = book("disruptions", "probability"), book("disruptions", "stress")

    def listed(measure: Term) -> Term:
        return sums(book("stress", "value"), (book("stress", "measure"), measure))

    def expected(measure: Term) -> tuple[Term, Term]:
        """Expected stress, and the sum of probability x stress."""
        return listed(measure), total(probability * stress)

    yield Check(SUBJECT, "Expected stress = sum of probability x stress.", rows=rows([("expected",)], expected))

    def worst(measure: Term) -> tuple[Term, Term]:
        """Worst stress, and the largest of all."""
        return listed(measure), most(stress)

    yield Check(SUBJECT, "Worst stress = the largest stress of any crisis.", rows=rows([("worst",)], worst))
    tail = 1.0 - float(book.plan.options.get("alpha", 0.95))

    def cvar(measure: Term, crisis: Term) -> tuple[Term, Term]:
        """The mean of the worst futures, and its formula at one crisis's stress."""
        level = sums(stress, (book("disruptions", "disruption"), crisis))
        return listed(measure), level + each((level,), lambda at: total(probability * positive(stress - at))) / tail

    names = [("cvar", name) for (name,) in book.records("disruptions", "disruption")]
    what = f"CVaR is the least of level + sum of probability x (stress - level, where above zero) / {tail:.3g}: no crisis's "
    yield Check(
        SUBJECT, what + "stress as the level gives less.", rows=rows(names, cvar), at_most=True, tolerance=SOLVED
    )


def _clock(book: Book) -> Iterator[Check]:
    table = "disruptions"
    begin = sums(book("periods", "begin"), (book("periods", "period"), book(table, "start")))
    what = "Each crisis begins with the period in which it strikes."
    yield Check(SUBJECT, what, table, book(table, "begin"), begin)

    def last(column: str, crisis: Term) -> Term:
        return most_of(book("branch_shortage", column), (book("branch_shortage", "disruption"), crisis))

    for column, of in (("steps", "step"), ("end", "end")):

        def compare(crisis: Term, column: str = column, of: str = of) -> tuple[Term, Term]:
            """What is said of the crisis, and its last step."""
            return sums(book(table, column), (book(table, "disruption"), crisis)), last(of, crisis)

        what = f"Column '{column}' of each crisis is that of its last step."
        yield Check(SUBJECT, what, rows=rows(book.records(table, "disruption"), compare))
    first, probability = book(table, "begin"), book(table, "probability")

    def chance(period: Term) -> tuple[Term, Term]:
        """The chance of the base path, and what crises leave of the period."""
        start, years, listed = (
            sums(book("periods", name), (book("periods", "period"), period))
            for name in ("begin", "years", "base_chance")
        )
        taken = each((start, years), lambda begun, wide: _taken(first, book(table, "end"), probability, begun, wide))
        return listed, term(1.0) - taken

    what = "Chance of the base path = 1 - sum of probability x the part of the period that the crisis takes."
    yield Check(SUBJECT, what, rows=rows(book.records("periods", "period"), chance))
    discount, before = book("periods", "discount"), book.before()

    def next_one(period: Term, previous: Term) -> tuple[Term, Term]:
        """A period's factor, and that of the end of the one before."""
        year = book("periods", "period")
        return sums(discount, (year, period)), sums(book("periods", "discount_end"), (year, previous))

    def after(period: Term, previous: Term) -> tuple[Term, Term]:
        """A period's beginning, and the end of the one before."""
        year = book("periods", "period")
        begun = sums(book("periods", "begin"), (year, previous)) + sums(book("periods", "years"), (year, previous))
        return sums(book("periods", "begin"), (year, period)), begun

    listed = [(period, previous) for period, previous in before.items() if previous]
    what = "Each period begins where the one before ends, and is discounted from there."
    found: tuple[Rows, ...] = rows(listed, next_one) + rows(listed, after)
    yield Check("Calendar", what, rows=found)


def _steps(book: Book) -> Iterator[Check]:
    """Every sheet of the crises tells each step the same time."""
    long = float(book.plan.options.get("step_years", 0.25))
    horizon = total(book("periods", "years"))
    for sheet in ("shortage", "production", "trade", "sharing", "stock", "disposal", "balance"):
        table = f"branch_{sheet}"
        crisis = book("disruptions", "disruption"), book(table, "disruption")
        begin, end = book(table, "begin"), book(table, "end")
        begun = sums(book("disruptions", "begin"), crisis) + (book(table, "step") - 1.0) * long
        last = smaller(begun + long, begin * 0.0 + horizon)
        what = f"Steps on sheet {table} are {long:g} years each, from the crisis's beginning on (the horizon ends the last)."
        yield Check(SUBJECT, what, table, absolute(begin - begun) + absolute(end - last), term(0.0), size=end)


def _taken(begin: Term, end: Term, probability: Term, start: Term, years: Term) -> Term:
    """Sum over the crises of probability x the part of one period that each takes."""
    last = end * 0.0 + start + years
    return total(probability * positive(smaller(end, last) - larger(begin, begin * 0.0 + start)) / years)


def _comparisons(book: Book) -> Iterator[Check]:
    table = "disruptions"
    least, planned = book(table, "stress_least"), book(table, "stress")
    what = "The least stress is no more than the planned."
    size = planned + book(table, "stress_without_stocks")
    yield Check(
        SUBJECT, what, table, filled(least) * (least - planned), term(0.0), at_most=True, tolerance=COMPARED, size=size
    )
    for less, more in (("stress_least", "stress_without_sharing"), ("stress_without_sharing", "stress_without_stocks")):
        one, two = book(table, less), book(table, more)
        what = f"Less help never lowers the stress: {less} is no more than {more}."
        both = filled(one) * filled(two)
        yield Check(SUBJECT, what, table, both * (one - two), term(0.0), at_most=True, tolerance=COMPARED, size=size)
    if not book.has("crisis_shortage"):
        return
    for column in ("demand", "shortage", "shortage_value"):
        found: tuple[Rows, ...] = ()
        for name in ("country", "material"):

            def compare(crisis: Term, entry: Term, column: str = column, name: str = name) -> tuple[Term, Term]:
                """The sum on both sheets."""
                one, two = (
                    sums(book(sheet, column), (book(sheet, "disruption"), crisis), (book(sheet, name), entry))
                    for sheet in ("crisis_shortage", "branch_shortage")
                )
                return one, two

            found += rows(book.records("crisis_shortage", "disruption", name), compare)
        what = f"Sheet crisis_shortage: column '{column}' by country and by material is that of sheet branch_shortage."
        yield Check(SUBJECT, what, rows=found, tolerance=SOLVED)
    for name in ("without_sharing", "without_stocks"):
        listed = book(table, f"stress_{name}")
        value = sums(
            book("crisis_shortage", f"shortage_value_{name}"),
            (book("crisis_shortage", "disruption"), book(table, "disruption")),
        )
        what = f"Stress {name.replace('_', ' ')} = the members' shortage values on sheet crisis_shortage."
        known = filled(listed)
        yield Check(SUBJECT, what, table, known * listed, known * value, tolerance=SOLVED, size=size)
