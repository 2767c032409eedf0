"""Checks of stockpiles, reserves, purchases and sharing, on the base path and in the crises."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quadopt.report.checks.book import SOLVED, Book, Check, Rows, rows
from quadopt.report.checks.terms import Term, counts, filled, positive, sums, sums_of, term

SUBJECT = {"": "Stockpiles", "branch_": "Stockpiles in crises"}
PILE = ("country", "material")
MILLION = 1e6


def checks(book: Book) -> Iterator[Check]:
    """All checks of stocks."""
    for prefix in ("", "branch_"):
        yield from _equation(book, prefix)
        yield from _limits(book, prefix)
    yield from _openings(book)
    yield from _branch_openings(book)
    yield from _reserves(book)
    yield from _budget(book)
    yield from _sharing_rules(book)
    yield from _branch_sharing_rules(book)


def _pile(book: Book, table: str, column: str) -> Term:
    """A column of the stockpiles as given, for each record of a table."""
    return sums(book("stockpiles", column), *((book("stockpiles", key), book(table, key)) for key in PILE))


def _years(book: Book, prefix: str) -> Term:
    """The length of each record's period or step."""
    if prefix:
        return book("branch_stock", "end") - book("branch_stock", "begin")
    return sums(book("periods", "years"), (book("periods", "period"), book("stock", "period")))


def _equation(book: Book, prefix: str) -> Iterator[Check]:
    table, subject = f"{prefix}stock", SUBJECT[prefix]
    at = {name: book(table, name) for name in ("opening", "deposit", "release", "shared", "lost", "closing")}
    moved = at["opening"] - at["lost"] + at["deposit"] - at["release"] - at["shared"]
    size = at["opening"] + at["deposit"] + at["release"]
    what = "Closing stock = opening stock - lost + deposit - release - shared."
    yield Check(subject, what, table, at["closing"], moved, tolerance=SOLVED, size=size)
    kept = (term(1.0) - _pile(book, table, "loss_rate")) ** _years(book, prefix)
    what = "Lost = what the stockpile's loss a year leaves away of the opening stock in that time."
    yield Check(subject, what, table, at["lost"], at["opening"] * (term(1.0) - kept), size=at["opening"])
    time = ("disruption", "step") if prefix else ("period",)
    given = (("provider", "country"), *((name, name) for name in ("material", *time)))
    shared = sums(
        book(f"{prefix}sharing", "quantity"), *((book(f"{prefix}sharing", a), book(table, b)) for a, b in given)
    )
    what = f"Shared = what the member gives on sheet {prefix}sharing."
    yield Check(subject, what, table, at["shared"], shared, size=at["shared"])
    cost = at["closing"] * _years(book, prefix) * _pile(book, table, "holding_cost") / MILLION
    what = "Holding cost = closing stock x years x the stockpile's cost per unit and year."
    yield Check(subject, what, table, book(table, "holding_cost"), cost)


def _limits(book: Book, prefix: str) -> Iterator[Check]:
    table, subject = f"{prefix}stock", SUBJECT[prefix]
    limited = {
        "capacity": (book(table, "closing"), None, "The closing stock is within the stockpile's capacity."),
        "release_limit": (
            book(table, "release") + book(table, "shared"),
            _years(book, prefix),
            "Release + shared is within the stockpile's release limit a year.",
        ),
    }
    for column, (amount, years, what) in limited.items():
        keys = [(book("stockpiles", key), book(table, key)) for key in PILE]
        has_limit = counts(*keys) - counts(*keys, (book("stockpiles", column), ""))
        limit = _pile(book, table, column)
        over = has_limit * (amount - (limit * years if years is not None else limit))
        yield Check(subject, what, table, over, term(0.0), at_most=True, tolerance=SOLVED, size=limit)


def _at(book: Book, table: str, column: str, *wanted: tuple[str, Term | str]) -> Term:
    """The sum of a column where other columns are as wanted."""
    return sums(book(table, column), *((book(table, name), key) for name, key in wanted))


def _openings(book: Book) -> Iterator[Check]:
    before = book.before()
    listed = [(*key, before.get(str(key[2]), "")) for key in book.records("stock", *PILE, "period")]

    def follows(country: Term, material: Term, period: Term, previous: Term) -> tuple[Term, Term]:
        """The opening, and the closing of the period before."""
        pile = ("country", country), ("material", material)
        return (
            _at(book, "stock", "opening", *pile, ("period", period)),
            _at(book, "stock", "closing", *pile, ("period", previous)),
        )

    def begins(country: Term, material: Term, period: Term, previous: Term) -> tuple[Term, Term]:
        """The first opening, and the initial stock."""
        pile = ("country", country), ("material", material)
        return _at(book, "stock", "opening", *pile, ("period", period)), _at(book, "stockpiles", "initial", *pile)

    what = "The opening stock of each period is the closing stock of the period before."
    yield Check(SUBJECT[""], what, rows=rows((key for key in listed if key[3]), follows))
    what = "The opening stock of the first period is the initial stock of the case."
    yield Check(SUBJECT[""], what, rows=rows((key for key in listed if not key[3]), begins))


def _branch_openings(book: Book) -> Iterator[Check]:
    table = "branch_stock"
    step = book(table, "step")
    same = [(book(table, name), book(table, name)) for name in ("disruption", *PILE)]
    previous = sums(book(table, "closing"), *same, (step, step - 1.0))
    later = step > 1.0
    what = "The opening stock of each step is the closing stock of the step before."
    opening = book(table, "opening")
    yield Check(SUBJECT["branch_"], what, table, later * opening, later * previous, size=opening)
    before, start = book.before(), _struck(book)
    listed = [(*key, before.get(start.get(str(key[0]), ""), "")) for key in book.records(table, "disruption", *PILE)]

    def first(crisis: Term, pile: tuple[tuple[str, Term], ...]) -> Term:
        return _at(book, table, "opening", ("disruption", crisis), *pile, ("step", term(1.0)))

    def reserve(crisis: Term, country: Term, material: Term, period: Term) -> tuple[Term, Term]:
        """The first opening, and the reserve of the period before the crisis."""
        pile = ("country", country), ("material", material)
        return first(crisis, pile), _at(book, "stock", "reserve", *pile, ("period", period))

    def initial(crisis: Term, country: Term, material: Term, period: Term) -> tuple[Term, Term]:
        """The first opening, and the initial stock."""
        pile = ("country", country), ("material", material)
        return first(crisis, pile), _at(book, "stockpiles", "initial", *pile)

    found = rows((key for key in listed if key[3]), reserve) + rows((key for key in listed if not key[3]), initial)
    what = "A crisis opens with the reserve of the period before it (the initial stock, if it strikes in the first)."
    yield Check(SUBJECT["branch_"], what, rows=found)


def _struck(book: Book) -> dict[str, str]:
    """The period at whose beginning each crisis strikes."""
    return {str(name): str(period) for name, period in book.records("disruptions", "disruption", "start")}


def _reserves(book: Book) -> Iterator[Check]:
    reserve, closing = book("stock", "reserve"), book("stock", "closing")
    what = "The reserve is in the stock: reserve at most closing stock."
    yield Check(SUBJECT[""], what, "stock", reserve, closing, at_most=True, tolerance=SOLVED)
    what = "The reserve is at least the minimum that the case demands."
    yield Check(SUBJECT[""], what, "stock", book("stock", "minimum"), reserve, at_most=True, tolerance=SOLVED)
    before = book.before()
    listed = [(*key, before.get(str(key[2]), "")) for key in book.records("stock", *PILE, "period")]

    def kept(country: Term, material: Term, period: Term, previous: Term) -> tuple[Term, Term]:
        """What is left of the reserve before, and the reserve."""
        pile = ("country", country), ("material", material)
        years = _at(book, "periods", "years", ("period", period))
        left = (term(1.0) - _at(book, "stockpiles", "loss_rate", *pile)) ** years
        held = _at(book, "stock", "reserve", *pile, ("period", previous))
        return left * held, _at(book, "stock", "reserve", *pile, ("period", period))

    what = "A reserve once counted on is kept: it never falls but by the stockpile's loss."
    found = rows((key for key in listed if key[3]), kept)
    yield Check(SUBJECT[""], what, rows=found, at_most=True, tolerance=SOLVED)


def _budget(book: Book) -> Iterator[Check]:
    subject = "Stock budget"
    rise = positive(book("stock", "closing") - book("stock", "opening") + book("stock", "lost"))
    what = "Purchase = closing stock - (opening stock - lost), where the stock grows; else nothing."
    yield Check(
        subject, what, "stock", book("stock", "purchase"), rise, size=book("stock", "closing"), tolerance=SOLVED
    )
    price = sums(book("materials", "price"), (book("materials", "material"), book("stock", "material")))
    spent = book("stock", "purchase") * price / MILLION

    def at_price(country: Term, period: Term) -> tuple[Term, Term]:
        """The budget's purchases, and those of the stocks at price."""
        return (
            _at(book, "stock_budget", "purchase", ("country", country), ("period", period)),
            sums_of(spent, (book("stock", "country"), country), (book("stock", "period"), period)),
        )

    what = "Purchases of each member = what its stocks grow by, at price."
    yield Check(subject, what, rows=rows(book.records("stock_budget", "country", "period"), at_price))
    purchase, limit = book("stock_budget", "purchase"), book("stock_budget", "limit")
    what = "Purchases of each member are within its limit."
    over = filled(limit) * (purchase - limit)
    yield Check(subject, what, "stock_budget", over, term(0.0), at_most=True, tolerance=SOLVED, size=purchase)


Compare = Callable[..., tuple[Term, Term]]


def _sharing_rules(book: Book) -> Iterator[Check]:
    """Each row of the pact, for every stocked material that it matches: a fraction of the opening stock a year."""

    def limited(has_receiver: bool) -> Compare:
        def compare(provider: Term, receiver: Term, rule: Term, period: Term, material: Term) -> tuple[Term, Term]:
            """What is shared under a row of the pact, and the most that it allows."""
            to = (("receiver", receiver),) if has_receiver else ()
            own = ("period", period), ("material", material)
            given = _at(book, "sharing", "quantity", ("provider", provider), *to, *own)
            named = ("provider", provider), ("receiver", receiver), ("material", rule), ("period", period)
            part = _at(book, "sharing_rules", "limit_fraction", *named)
            years = _at(book, "periods", "years", ("period", period))
            return given, part * years * _at(book, "stock", "opening", ("country", provider), *own)

        return compare

    what = "Sharing is within the pact: each year at most the stated part of the opening stock."
    rules = [
        (str(provider), receiver or "", rule or "", period, material)
        for provider, receiver, rule, period in book.records(
            "sharing_rules", "provider", "receiver", "material", "period"
        )
        for country, material in book.records("stock", *PILE)
        if country == provider and rule in ("", None, material)
    ]
    found = rows((key for key in rules if key[1]), limited(True)) + rows(
        (key for key in rules if not key[1]), limited(False)
    )
    yield Check("Sharing", what, rows=found, at_most=True, tolerance=SOLVED)


def _branch_sharing_rules(book: Book) -> Iterator[Check]:
    """In a crisis the part does not renew: all steps together are within the part of the stock it opens with."""
    pact = book.records("sharing_rules", "provider", "receiver", "material", "period")

    def limited(has_receiver: bool, period: str) -> Compare:
        def compare(crisis: Term, provider: Term, receiver: Term, rule: Term, material: Term) -> tuple[Term, Term]:
            """What is shared in all steps under a row of the pact, and the most that it allows."""
            to = (("receiver", receiver),) if has_receiver else ()
            own = ("disruption", crisis), ("material", material)
            given = _at(book, "branch_sharing", "quantity", ("provider", provider), *to, *own)
            named = ("provider", provider), ("receiver", receiver), ("material", rule), ("period", period)
            part = _at(book, "sharing_rules", "limit_fraction", *named)
            opening = _at(book, "branch_stock", "opening", ("country", provider), *own, ("step", term(1.0)))
            return given, part * opening

        return compare

    found: tuple[Rows, ...] = ()
    for crisis, period in _struck(book).items():
        rules = [
            (crisis, provider, receiver or "", rule or "", material)
            for provider, receiver, rule, dated in pact
            for country, material in book.records("stock", *PILE)
            if dated == period and country == provider and rule in ("", None, material)
        ]
        found += rows((key for key in rules if key[2]), limited(True, period))
        found += rows((key for key in rules if not key[2]), limited(False, period))
    what = "Sharing in a crisis is within the pact: in all at most the stated part of the stock that the crisis opens with."
    yield Check("Sharing", what, rows=found, at_most=True, tolerance=SOLVED)
