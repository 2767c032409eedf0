"""Checks of dependence: shares, largest suppliers, the index as their weighted mean, direct imports, concentration."""

from __future__ import annotations

from collections.abc import Iterator

from quadopt.report.checks.book import SOLVED, Book, Check, Rows, Tolerance, rows
from quadopt.report.checks.terms import (
    Term,
    counts,
    most_between,
    most_of,
    same,
    smaller,
    sums,
    sums_of,
    term,
    total,
)

SUBJECT, LARGEST, INDEX, DIRECT = "Dependence", "Largest suppliers", "Index of dependence", "Direct imports"
READINGS = ("optimised", "at_least", "at_most", "proportional")
KEY = ("country", "material", "period")
MILLION = 1e6
ORDERED = Tolerance(1e-5, "the solver's precision")


def checks(book: Book) -> Iterator[Check]:
    """All checks of dependence; nothing where the plan traces no supplier."""
    if book.has("dependence"):
        yield from _shares(book)
        yield from _group(book)
        yield from _largest(book)
        yield from _index(book)
        yield from _order(book)
        yield from _by_period(book)
    yield from _direct(book)
    if book.has("three_steps"):
        yield from _three_steps(book)


def _shares(book: Book) -> Iterator[Check]:
    table = "dependence"
    at = {name: book(table, name) for name in ("demand", "shortage", "served_exposed", "weight")}
    what = "Share as optimised = (served with exposed material + shortage) / demand."
    share = (at["served_exposed"] + at["shortage"]) / at["demand"]
    yield Check(SUBJECT, what, table, book(table, "share_optimised"), share)
    what = "What is served with exposed material is at most demand less shortage."
    served = at["demand"] - at["shortage"]
    yield Check(SUBJECT, what, table, at["served_exposed"], served, at_most=True, tolerance=SOLVED, size=at["demand"])
    for reading in READINGS:
        found = book(table, f"share_{reading}")
        what = f"Share, {_words(reading)}: never above 100 %."
        yield Check(SUBJECT, what, table, found, term(1.0) + found * 0.0, at_most=True, tolerance=SOLVED)
        what = f"Share, {_words(reading)}: never below what goes short, which counts as dependent."
        least = at["shortage"] / at["demand"]
        yield Check(SUBJECT, what, table, least, found, at_most=True, tolerance=SOLVED, size=term(1.0) + found)
    worth = _worth(book, table) * at["demand"] / MILLION
    yield Check(SUBJECT, "Weight = price x importance x demand.", table, at["weight"], worth)
    for column in ("demand", "shortage"):
        found_rows = rows(
            ((name,) for (name,) in book.records(table, "supplier") if name not in _members(book)),
            lambda name, column=column: (
                sums(book(table, column), (book(table, "supplier"), name)),
                total(book("largest", column)),
            ),
        )
        what = f"{column.capitalize()} is the same for every outside supplier: that of sheet largest in all."
        yield Check(SUBJECT, what, rows=found_rows)
    is_member = term(1.0) - same(book(table, "country"), "group")
    exposed: tuple[Rows, ...] = ()
    for name, there in (("supplier", "supplier"), ("material", "item")):
        exposed += rows(
            book.records(table, name),
            lambda key, name=name, there=there: (
                sums_of(is_member * at["served_exposed"], (book(table, name), key)),
                sums(
                    book("exposure", "exposed"),
                    (book("exposure", there), key),
                    (book("exposure", "quantity_name"), "served"),
                ),
            ),
        )
    what = "What is served with exposed material, by supplier and by material: as on sheet exposure."
    yield Check(SUBJECT, what, rows=exposed, tolerance=SOLVED)
    amount = book("exposure", "exposed")
    what = "No exposed quantity is negative."
    yield Check(SUBJECT, what, "exposure", term(0.0) - amount, term(0.0), at_most=True, size=amount)


def _worth(book: Book, table: str) -> Term:
    """Price x importance of each record's material."""
    material = book("materials", "material"), book(table, "material")
    return sums(book("materials", "price"), material) * sums(book("materials", "importance"), material)


def _members(book: Book) -> set[str]:
    return {str(name) for (name,) in book.records("contributions", "country")}


def _group(book: Book) -> Iterator[Check]:
    """The group's rows are the members' in all."""
    table = "dependence"
    is_group = same(book(table, "country"), "group")
    outside = [(name,) for (name,) in book.records(table, "supplier") if name not in _members(book)]
    amounts = {name: book(table, name) for name in ("demand", "shortage", "served_exposed", "weight")}
    amounts |= {f"share_{r} x demand": book(table, f"share_{r}") * book(table, "demand") for r in READINGS}
    for name, amount in amounts.items():

        def compare(supplier: Term, amount: Term = amount) -> tuple[Term, Term]:
            """The group's sum, and the members'."""
            where = book(table, "supplier"), supplier
            return sums_of(is_group * amount, where), sums_of((term(1.0) - is_group) * amount, where)

        what = f"The rows of the group are those of the members in all, by supplier: {name}."
        yield Check(SUBJECT, what, rows=rows(outside, compare))


def _largest(book: Book) -> Iterator[Check]:
    """The largest share is the largest of the suppliers' shares; the weights are what they are said to be."""
    table = "largest"
    listed = book.records(table, *KEY)
    traced_members = _members(book) & {str(name) for (name,) in book.records("dependence", "supplier")}
    members = [key for key in listed if key[0] != "group"]
    stand: dict[tuple[object, ...], tuple[int, int]] = {}
    for at, key in enumerate(book.frames["dependence"][list(KEY)].itertuples(index=False, name=None), 1):
        stand[key] = stand.get(key, (at, at))[0], at
    for reading in READINGS:
        share = f"share_{reading}"
        asked = [(*key, *stand[key]) for key in (members if traced_members else listed) if key in stand]
        found = rows(
            asked,
            lambda country, material, period, first, last, share=share: (
                sums(book(table, share), *_named(book, table, country, material, period)),
                most_between(
                    book("dependence", share), first, last, *_named(book, "dependence", country, material, period)
                ),
            ),
        )
        what = f"Largest share, {_words(reading)}: the largest of all suppliers' shares on sheet dependence."
        yield Check(LARGEST, what, rows=found)
    demand, short = book(table, "demand"), book(table, "shortage")
    found = rows(
        members,
        lambda country, material, period: (
            sums(book(table, "share_direct"), *_named(book, table, country, material, period)),
            _direct_share(book, country, material, period),
        ),
    )
    what = "Largest share, direct: (largest direct share of use x demand served + shortage) / demand."
    yield Check(LARGEST, what, rows=found)
    for column in ("demand", "shortage"):
        flows = sums(book("shortage", column), *((book("shortage", name), book(table, name)) for name in KEY))
        is_member = term(1.0) - same(book(table, "country"), "group")
        what = f"{column.capitalize()} of each member = all sectors' on sheet shortage."
        yield Check(LARGEST, what, table, is_member * book(table, column), is_member * flows, size=demand)
        both = [(book(table, name), book(table, name)) for name in ("material", "period")]
        whole = sums(book(table, column), *both, (book(table, "country"), "group")) * 2.0
        what = f"{column.capitalize()} of the group = that of all members together."
        yield Check(LARGEST, what, table, whole, sums(book(table, column), *both), size=demand)
    worth = _worth(book, table) * demand
    is_group = same(book(table, "country"), "group")
    all_worth = total((term(1.0) - is_group) * worth)
    what = "Weight, value = price x importance x demand, as part of all."
    yield Check(LARGEST, what, table, book(table, "weight_value"), worth / all_worth)
    material = book("materials", "material"), book(table, "material")
    of_material = sums(demand, (book(table, "material"), book(table, "material")), (book(table, "country"), "group"))
    even = sums(book("materials", "importance"), material) * demand / of_material
    what = "Weight, material = importance x part in the material's demand, as part of all."
    yield Check(LARGEST, what, table, book(table, "weight_material"), even / total((term(1.0) - is_group) * even))
    for reading in (*READINGS, "direct"):
        found_share = book(table, f"share_{reading}")
        least = short / demand
        what = f"Largest share, {_words(reading)}: never below what goes short."
        yield Check(
            LARGEST, what, table, least, found_share, at_most=True, tolerance=SOLVED, size=term(1.0) + found_share
        )


def _named(book: Book, table: str, *key: Term) -> tuple[tuple[Term, Term], ...]:
    return tuple((book(table, name), wanted) for name, wanted in zip(KEY, key, strict=False))


def _direct_share(book: Book, country: Term, material: Term, period: Term) -> Term:
    """The largest direct share of use, at most 1, on the scale of demand."""
    named = _named(book, "direct", country, material, period)
    demand, short = (
        sums(book("largest", name), *_named(book, "largest", country, material, period))
        for name in ("demand", "shortage")
    )
    direct = book("direct", "share_direct")
    part = most_of(smaller(direct, term(1.0) + direct * 0.0), *named)
    return (part * (demand - short) + short) / demand


def _index(book: Book) -> Iterator[Check]:
    is_group = same(book("largest", "country"), "group")
    for measure in ("value", "material"):
        weight = book("largest", f"weight_{measure}")
        for scope, chosen in (("members", term(1.0) - is_group), ("group", is_group)):
            found: tuple[Rows, ...] = ()
            for reading in (*READINGS, "direct"):
                found += rows(
                    [(measure, scope, reading)],
                    lambda a, b, c, chosen=chosen, weight=weight, reading=reading: (
                        sums(
                            book("index", "value"),
                            (book("index", "measure"), a),
                            (book("index", "scope"), b),
                            (book("index", "basis"), c),
                        ),
                        total(chosen * weight * book("largest", f"share_{reading}")),
                    ),
                )
            what = f"Index, {measure} weights, {scope}: the weighted mean of the largest shares, in every reading."
            yield Check(INDEX, what, rows=found)
            found = rows(
                [(measure, scope)], lambda a, b, chosen=chosen, weight=weight: (total(chosen * weight), term(1.0))
            )
            yield Check(INDEX, f"The {measure} weights of the {scope} add up to 100 %.", rows=found)
    yield from _worst(book)


def _by_period(book: Book) -> Iterator[Check]:
    """The chart's sheet of the index by period."""
    table = "dependence_by_period"
    is_member = term(1.0) - same(book("largest", "country"), "group")
    weight = is_member * book("largest", "weight_value")
    for reading in ("at_least", "proportional", "at_most"):

        def compare(period: Term, reading: str = reading) -> tuple[Term, Term]:
            """The sheet's share of a period, and the mean of the largest shares of the period."""
            when = book("largest", "period"), period
            mean = sums_of(weight * book("largest", f"share_{reading}"), when) / sums_of(weight, when)
            return sums(book(table, f"share_{reading}"), (book(table, "period"), period)), mean

        what = f"Sheet {table}: share, {_words(reading)}, is the mean of the largest shares of the period, by value."
        yield Check(INDEX, what, rows=rows(book.records(table, "period"), compare))


def _worst(book: Book) -> Iterator[Check]:
    """The worst single case is some member's share of one supplier in all late periods."""
    frame, late = book.frames["dependence"], book.frames["periods"]
    if late.empty:
        return
    own = frame[(frame["country"] != "group") & frame["period"].isin(late.loc[late["in_worst"] > 0, "period"])]
    counted = sums(book("periods", "in_worst"), (book("periods", "period"), book("dependence", "period")))
    demand = counted * book("dependence", "demand")
    found: tuple[Rows, ...] = ()
    for reading in READINGS:
        amount = own[f"share_{reading}"] * own["demand"]
        parts = own.assign(amount=amount).groupby(["country", "material", "supplier"])[["amount", "demand"]].sum()
        if parts.empty:
            continue
        at = int((parts["amount"] / parts["demand"]).to_numpy().argmax())

        def compare(basis: Term, *key: Term, reading: str = reading) -> tuple[Term, Term]:
            """The index's figure, and the share of demand in all late periods."""
            named = zip(("country", "material", "supplier"), key, strict=True)
            where = [(book("dependence", name), wanted) for name, wanted in named]
            exposed = sums_of(demand * book("dependence", f"share_{reading}"), *where)
            listed = (book("index", "measure"), "worst"), (book("index", "basis"), basis)
            return sums(book("index", "value"), *listed), exposed / sums_of(demand, *where)

        found += rows([(reading, *parts.index.to_frame().iloc[at])], compare)
    what = "The worst single case: the named member's, material's and supplier's share in all periods that count."
    yield Check(INDEX, what, rows=found)


def _order(book: Book) -> Iterator[Check]:
    """Only these are ordered: the least index is minimised over all books, the most over each supplier's sum."""
    measure = str(book.plan.options.get("dependence_weight", "value"))

    def value(basis: Term) -> Term:
        return sums(
            book("index", "value"),
            (book("index", "measure"), measure),
            (book("index", "scope"), "members"),
            (book("index", "basis"), basis),
        )

    found = rows([("at_least", "optimised"), ("at_least", "proportional")], lambda one, two: (value(one), value(two)))
    what = "The index at least is no more than the index as optimised, and no more than the proportional index."
    yield Check(INDEX, what, rows=found, at_most=True, tolerance=ORDERED)
    table = "dependence"
    weight = (term(1.0) - same(book(table, "country"), "group")) * book(table, "weight")

    def compare(supplier: Term) -> tuple[Term, Term]:
        """Value exposed in proportional mixing, and at most."""
        where = book(table, "supplier"), supplier
        one, two = (sums_of(weight * book(table, f"share_{name}"), where) for name in ("proportional", "at_most"))
        return one, two

    what = "The proportional exposure to each supplier is no more than the exposure at most, weighted by value."
    yield Check(INDEX, what, rows=rows(book.records(table, "supplier"), compare), at_most=True, tolerance=ORDERED)


def _direct(book: Book) -> Iterator[Check]:
    table = "direct"
    share, shipment, use = book(table, "share_direct"), book(table, "shipment"), book(table, "use")
    yield Check(DIRECT, "Direct share = shipment / use.", table, share, shipment / use)
    keys = ("origin", "supplier"), ("destination", "country"), ("material", "material"), ("period", "period")
    shipped = sums(book("trade", "quantity"), *((book("trade", one), book(table, two)) for one, two in keys))
    yield Check(DIRECT, "Shipments are those of sheet trade.", table, shipment, shipped)
    listed = sums(book("concentration", "use"), *((book("concentration", name), book(table, name)) for name in KEY))
    yield Check(DIRECT, "Use is that of sheet concentration.", table, use, listed)
    balance = sums(book("balance", "use"), *((book("balance", name), book("concentration", name)) for name in KEY))
    what = "Use on sheet concentration is that of the balance of materials."
    yield Check(DIRECT, what, "concentration", book("concentration", "use"), balance)
    outside = term(1.0) - (counts((book("contributions", "country"), book(table, "supplier"))) > 0.0)
    governance = sums(book("countries", "governance"), (book("countries", "country"), book(table, "supplier")))
    squares = {"hhi": outside * share * share, "hhi_governance": outside * share * share * (term(1.0) - governance)}
    known = book.frames["countries"]
    if known["governance"].isna().any():
        del squares["hhi_governance"]
    traced = set(book.plan.options.get("suppliers_traced", []))
    if not set(known.loc[~known["member"].astype(bool), "country"]) <= traced:
        return
    for column, square in squares.items():

        def compare(country: Term, material: Term, column: str = column, square: Term = square) -> tuple[Term, Term]:
            """Concentration of all periods together, and the sum of squared shares."""
            return (
                sums(book("concentration", column), *_named(book, "concentration", country, material)),
                sums_of(square, *_named(book, table, country, material)),
            )

        by = "weighted by 1 - governance" if column == "hhi_governance" else "plain"
        what = f"HHI, {by}: the sum of squared direct shares of outside suppliers, by member and material."
        yield Check(DIRECT, what, rows=rows(book.records("concentration", "country", "material"), compare))


def _three_steps(book: Book) -> Iterator[Check]:
    table, subject = "three_steps", "Three steps"

    def of(step: Term, material: Term | str, column: str) -> Term:
        return sums(book(table, column), (book(table, "step"), step), (book(table, "material"), material))

    last = "with the fund"
    for column, basis in (
        ("share_at_least", "at_least"),
        ("share_proportional", "proportional"),
        ("share_direct", "direct"),
    ):
        found = rows(
            [(last, "all")],
            lambda step, material, column=column, basis=basis: (
                of(step, material, column),
                sums(
                    book("index", "value"),
                    (book("index", "measure"), "value"),
                    (book("index", "scope"), "members"),
                    (book("index", "basis"), basis),
                ),
            ),
        )
        what = f"With the fund, in all: {column} is the index of members with value weights on sheet index."
        yield Check(subject, what, rows=found)
    materials = [
        (last, name) for step, name in book.records(table, "step", "material") if step == last and name != "all"
    ]
    is_member = term(1.0) - same(book("largest", "country"), "group")
    demand = is_member * book("largest", "demand")
    for reading in ("at_least", "proportional"):

        def compare(step: Term, material: Term, reading: str = reading) -> tuple[Term, Term]:
            """The material's share, and the demand-weighted mean of the largest shares."""
            where = book("largest", "material"), material
            mean = sums_of(demand * book("largest", f"share_{reading}"), where) / sums_of(demand, where)
            return of(step, material, f"share_{reading}"), mean

        what = f"With the fund, by material: share_{reading} is the demand-weighted mean of the largest shares."
        yield Check(subject, what, rows=rows(materials, compare))
    found = rows(
        [(last, "all")],
        lambda step, material: (
            of(step, material, "cost"),
            sums(book("cost", "discounted"), (book("cost", "path"), "base")),
        ),
    )
    yield Check(subject, "With the fund: the cost is that of the base path and the projects on sheet cost.", rows=found)
    found = rows(
        materials,
        lambda step, material: (
            of(step, material, "shortage"),
            sums(book("shortage", "shortage_value"), (book("shortage", "material"), material)),
        ),
    )
    yield Check(subject, "With the fund, by material: the shortage value is that of sheet shortage.", rows=found)

    def in_all(step: Term) -> tuple[Term, Term]:
        """Twice the total, and the total with its parts."""
        return of(step, "all", "shortage") * 2.0, sums(book(table, "shortage"), (book(table, "step"), step))

    what = "In each step the shortage value in all is the sum over materials."
    yield Check(subject, what, rows=rows(book.records(table, "step"), in_all))


def _words(reading: str) -> str:
    return {"optimised": "as optimised"}.get(reading, reading.replace("_", " "))
