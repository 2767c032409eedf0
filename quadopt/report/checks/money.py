"""Checks of money: the fund, payments, costs by kind and their total."""

from __future__ import annotations

from collections.abc import Iterator

from quadopt.report.checks.book import SOLVED, Book, Check, rows
from quadopt.report.checks.terms import Term, counts, positive, same, sums, sums_of, sums_through, term, total

FUND, COST, SUPPORT = "Fund", "Cost", "Operating support"
MILLION = 1e6


def checks(book: Book) -> Iterator[Check]:
    """All checks of money."""
    yield from _contributions(book)
    yield from _accounts(book)
    yield from _payments(book)
    yield from _cost_from_flows(book)
    yield from _cost_in_crises(book)
    yield from _weights(book)
    yield from _support(book)


def _at(book: Book, table: str, column: str, *wanted: tuple[str, Term | str]) -> Term:
    return sums(book(table, column), *((book(table, name), key) for name, key in wanted))


def _contributions(book: Book) -> Iterator[Check]:
    paid, limit = book("contributions", "contribution"), book("contributions", "limit")
    what = "Each member's contribution is within its limit, in every period."
    yield Check(FUND, what, "contributions", paid, limit, at_most=True, tolerance=SOLVED)
    yield Check(
        FUND, "No contribution is negative.", "contributions", term(0.0) - paid, term(0.0), at_most=True, size=paid
    )
    by_period = sums(paid, (book("contributions", "period"), book("money_by_period", "period")))
    what = "Sheet money_by_period: contributions, limits and investments add up those of the members and projects."
    yield Check(FUND, what, "money_by_period", book("money_by_period", "contribution"), by_period)
    for column, table in (("limit", "contributions"), ("public", "payments"), ("private", "payments")):
        right = _at(book, table, column, ("period", book("money_by_period", "period")))
        what = f"Sheet money_by_period: column '{column}' is the sum of sheet {table}."
        yield Check(FUND, what, "money_by_period", book("money_by_period", column), right)


def _accounts(book: Book) -> Iterator[Check]:
    table, pooled = "fund_balance", bool(book.plan.options.get("pooled", True))
    account, period = book(table, "account"), book(table, "period")
    own = () if pooled else (("country", account),)
    for column, sheet, amount in (("contribution", "contributions", "contribution"), ("payment", "payments", "public")):
        right = _at(book, sheet, amount, ("period", period), *own)
        what = f"{column.capitalize()}s of the fund are those of sheet {sheet}, in every period."
        yield Check(FUND, what, table, book(table, column), right, tolerance=SOLVED)
    before = book.before()
    listed = [(*key, before.get(str(key[1]), "")) for key in book.records(table, "account", "period")]

    def carried(name: Term, now: Term, previous: Term) -> tuple[Term, Term]:
        """The balance, and what it follows from."""
        here = ("account", name), ("period", now)
        left = _at(book, table, "balance", ("account", name), ("period", previous))
        return (
            _at(book, table, "balance", *here),
            left + _at(book, table, "contribution", *here) - _at(book, table, "payment", *here),
        )

    what = "Balance = balance of the period before + contributions - payments."
    yield Check(FUND, what, rows=rows(listed, carried), tolerance=SOLVED)
    balance = book(table, "balance")
    what = "The fund is never overdrawn."
    yield Check(FUND, what, table, term(0.0) - balance, term(0.0), at_most=True, tolerance=SOLVED, size=balance)
    last = [key for key in book.records(table, "account", "period") if key[1] == list(before)[-1]] if before else []
    what = "Nothing is left in the fund at the end."
    spent = term(0.0) + total(book(table, "payment"))
    found = rows(
        last, lambda name, now: (_at(book, table, "balance", ("account", name), ("period", now)) + spent, spent)
    )
    yield Check(FUND, what, rows=found, tolerance=SOLVED)


def _payments(book: Book) -> Iterator[Check]:
    for column in ("public", "private"):
        amount = book("payments", column)
        what = f"No {column} payment is negative."
        yield Check(FUND, what, "payments", term(0.0) - amount, term(0.0), at_most=True, size=amount)


def _cost_from_flows(book: Book) -> Iterator[Check]:
    """Each kind of cost of the base path, in every period, is the sum of its sheet."""
    members = counts((book("contributions", "country"), book("production", "country"))) > 0.0
    kinds: dict[str, tuple[str, str, Term | None]] = {
        "capex_public": ("payments", "public", None),
        "capex_private": ("payments", "private", None),
        "production_home": ("production", "cost", members),
        "production_abroad": ("production", "cost", term(1.0) - members),
        "transport": ("trade", "cost", None),
        "sharing": ("sharing", "cost", None),
        "holding": ("stock", "holding_cost", None),
        "shortage": ("shortage", "shortage_value", None),
    }
    for kind, (table, column, only) in kinds.items():

        def compare(
            period: Term, kind: str = kind, table: str = table, column: str = column, only: Term | None = only
        ) -> tuple[Term, Term]:
            """The cost of a period, and the sum of its sheet."""
            cost = _at(book, "cost", "undiscounted", ("kind", kind), ("path", "base"), ("period", period))
            when = book(table, "period"), period
            amount = book(table, column)
            return cost, sums(amount, when) if only is None else sums_of(only * amount, when)

        what = f"Cost of kind {kind} on the base path, in every period: the sum of column '{column}' on sheet {table}."
        yield Check(COST, what, rows=rows(book.records("periods", "period"), compare))

    def credited(path: Term) -> tuple[Term, Term]:
        """Salvage in the cost, and of the projects."""
        given = total(book("investments", "salvage"))
        return _at(book, "cost", "undiscounted", ("kind", "salvage"), ("path", path)), term(0.0) - given

    what = "Cost of kind salvage: the sum of the projects' salvage, negative."
    yield Check(COST, what, rows=rows([("base",)], credited))


def _cost_in_crises(book: Book) -> Iterator[Check]:
    members = counts((book("contributions", "country"), book("branch_production", "country"))) > 0.0
    kinds: dict[str, tuple[str, str, Term | None]] = {
        "production_home": ("branch_production", "cost", members),
        "production_abroad": ("branch_production", "cost", term(1.0) - members),
        "transport": ("branch_trade", "cost", None),
        "sharing": ("branch_sharing", "cost", None),
        "holding": ("branch_stock", "holding_cost", None),
        "shortage": ("branch_shortage", "shortage_value", None),
    }
    for kind, (table, column, only) in kinds.items():

        def compare(
            crisis: Term, kind: str = kind, table: str = table, column: str = column, only: Term | None = only
        ) -> tuple[Term, Term]:
            """The cost of a crisis, and the sum of its sheet."""
            where = book(table, "disruption"), crisis
            amount = book(table, column)
            cost = _at(book, "cost", "undiscounted", ("kind", kind), ("path", crisis))
            return cost, sums(amount, where) if only is None else sums_of(only * amount, where)

        what = f"Cost of kind {kind} in every crisis: the sum of column '{column}' on sheet {table}."
        yield Check(COST, what, rows=rows(book.records("disruptions", "disruption"), compare))


def _weights(book: Book) -> Iterator[Check]:
    """Discounting, the chance of each path, and the total."""
    at = {name: book("cost", name) for name in ("kind", "path", "period", "undiscounted", "discounted", "expected")}
    is_salvage = same(at["kind"], "salvage")
    year = book("periods", "period"), at["period"]
    factor = sums(book("periods", "discount"), year)
    end = is_salvage * sums(book("periods", "discount_end"), year)
    what = "Discounted = undiscounted x the discount factor of the period (salvage: of the horizon's end)."
    weighed = at["undiscounted"] * ((term(1.0) - is_salvage) * factor + end)
    yield Check(COST, what, "cost", at["discounted"], weighed, size=at["undiscounted"])
    invested = is_salvage + same(at["kind"], "capex_public") + same(at["kind"], "capex_private")
    is_base = same(at["path"], "base") - invested
    chance = invested + is_base * sums(book("periods", "base_chance"), year)
    if book.has("disruptions"):
        chance = chance + sums(book("disruptions", "probability"), (book("disruptions", "disruption"), at["path"]))
    what = "Expected = discounted x the chance of the path: 1 for investment, a crisis's probability, the rest for the base."
    yield Check(COST, what, "cost", at["expected"], at["discounted"] * chance, size=at["discounted"])


def _support(book: Book) -> Iterator[Check]:
    table = "operating_support"
    at = {name: book(table, name) for name in ("output_value", "input_value", "operating_cost", "support")}
    need = at["operating_cost"] + at["input_value"] - at["output_value"]
    what = "Support = operating cost + inputs - outputs, where that is above zero."
    yield Check(SUPPORT, what, table, at["support"], positive(need), size=at["output_value"])
    own = (("unit_name", book(table, "project")), ("period", book(table, "period")), ("kind", "project"))
    what = "Operating cost of each project = its cost on sheet production."
    yield Check(SUPPORT, what, table, at["operating_cost"], _at(book, "production", "cost", *own))
    quantity, process = book("recipes", "quantity"), book("recipes", "process")
    price = sums(book("materials", "price"), (book("materials", "material"), book("recipes", "material"))) / MILLION
    activity, done_by = book("production", "activity"), book("production", "process")
    for column, amount in (("output_value", positive(quantity)), ("input_value", positive(term(0.0) - quantity))):

        def compare(period: Term, column: str = column, amount: Term = amount) -> tuple[Term, Term]:
            """What projects make or use at price in a period."""
            when = (book("production", "period"), period), (book("production", "kind"), "project")
            return (
                _at(book, table, column, ("period", period)),
                sums_through(amount * price, process, activity, done_by, *when),
            )

        what = f"{'Outputs' if column == 'output_value' else 'Inputs'} of all projects in every period, at prices."
        yield Check(SUPPORT, what, rows=rows(book.records(table, "period"), compare))
