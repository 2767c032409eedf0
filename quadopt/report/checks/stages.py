"""Checks of the stages: gaps, bounds, what later stages were held to, and their values against the tables."""

from __future__ import annotations

from collections.abc import Iterator

from quadopt.report.checks.book import SOLVED, Book, Check, Tolerance, rows
from quadopt.report.checks.terms import Term, absolute, filled, sums, term, total

SUBJECT = "Stages"
HELD = Tolerance(1e-5, "the solver's precision")


def checks(book: Book) -> Iterator[Check]:
    """All checks of the stages."""
    table = "stages"
    value, bound, gap = (book(table, name) for name in ("incumbent", "bound", "gap"))
    known = filled(bound) * filled(gap)
    what = "Gap = |plan's value - bound| / |plan's value|."
    yield Check(SUBJECT, what, table, known * gap * absolute(value), known * absolute(value - bound), size=value,
                tolerance=SOLVED)  # fmt: skip
    what = "The bound is no more than the plan's value: no plan is better than the bound."
    yield Check(SUBJECT, what, table, known * (bound - value), term(0.0), at_most=True, size=value, tolerance=SOLVED)
    held = book(table, "held_at")
    what = "A stage is held at its value or a little above, never below."
    yield Check(
        SUBJECT, what, table, filled(held) * (value - held), term(0.0), at_most=True, size=value, tolerance=SOLVED
    )
    yield from _values(book)


def _values(book: Book) -> Iterator[Check]:
    """The final plan keeps what each stage was held at; the last stage's value is the table's total."""
    stages = book.frames["stages"]
    names = [str(name) for name in stages["stage"]]
    found = _reached(book)
    for at, name in enumerate(names):
        if name not in found:
            continue
        is_last = at == len(names) - 1
        limit = "incumbent" if is_last else "held_at"
        if not is_last and stages["held_at"].isna().iloc[at]:
            continue
        value, where = found[name]

        def compare(stage: Term, limit: str = limit, value: Term = value) -> tuple[Term, Term]:
            """What the plan reaches, and what it is held to."""
            return value, sums(book("stages", limit), (book("stages", "stage"), stage))

        said = "is the plan's value of the stage" if is_last else "is within what the stage was held at"
        what = f"Stage {name}: {where} {said}."
        exact = is_last and name == "cost"
        yield Check(SUBJECT, what, rows=rows([(name,)], compare), at_most=not exact, tolerance=HELD)


def _reached(book: Book) -> dict[str, tuple[Term, str]]:
    """Stage -> what the plan reaches by its tables, and where that stands."""
    options = book.plan.options
    found = {
        "shortage": (total(book("shortage", "shortage_value")), "the shortage value of sheet shortage in all"),
        "cost": (total(book("cost", "expected")), "the expected column of sheet cost, added up,"),
    }
    if book.has("disruptions"):
        for stage, measure in (("stress", str(options.get("risk", "expected"))), ("stress_expected", "expected")):
            value = sums(book("stress", "value"), (book("stress", "measure"), measure))
            found[stage] = (value, f"the {measure} stress of sheet stress")
    if options.get("measure") == "traced":
        weight = str(options.get("dependence_weight", "value"))
        for stage in ("dependence", "dependence_mean"):
            is_worst = stage == "dependence" and options.get("objective_dependence") == "worst"
            value = sums(
                book("index", "value"),
                (book("index", "measure"), "worst" if is_worst else weight),
                (book("index", "scope"), "members"),
                (book("index", "basis"), "optimised"),
            )
            found[stage] = (value, "the index as optimised on sheet index")
    return found
