"""The index of dependence by plain sums, apart from the measures that fill the plan's table (formulation, section 5)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from quadopt.audit.books import Books, blank
from quadopt.audit.operation import Key

GROUP = "group"


def demanded(books: Books) -> dict[Key, tuple[float, float]]:
    """Demand and shortage of every member, material and period with demand, sectors together."""
    sums: dict[Key, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (country, material, _, period), row in books.base.shortage.items():
        sums[country, material, period][0] += float(row.demand)
        sums[country, material, period][1] += float(row.shortage)
    return {key: (demand, short) for key, (demand, short) in sums.items() if demand > 0}


def index_weights(books: Books, quantity: dict[Key, float], measure: str) -> dict[Key, float]:
    """Weights (adding up to 1): price x importance x quantity, or importance shared within a material by quantity."""
    of_material: dict[str, float] = defaultdict(float)
    for key, amount in quantity.items():
        of_material[key[1]] += amount
    weights = {}
    for key, amount in quantity.items():
        row = books.material[key[1]]
        factor = float(row.price) * amount if measure == "value" else amount / of_material[key[1]]
        weights[key] = float(row.importance) * factor
    total = sum(weights.values())
    return {key: weight / total for key, weight in weights.items()} if total > 0 else weights


def exposed_amounts(books: Books, column: str) -> dict[str, dict[Key, float]]:
    """Exposed amounts behind one share column of `dependence`: supplier -> (member, material, period) -> amount."""
    found: dict[str, dict[Key, float]] = defaultdict(dict)
    for row in books.planned("dependence"):
        if row.country not in (GROUP, row.supplier):
            amount = float(getattr(row, column)) * float(row.demand) - float(row.shortage)
            found[row.supplier][row.country, row.material, row.period] = amount
    return found


def indices(books: Books, exposed: dict[str, dict[Key, float]]) -> dict[tuple[str, str], float]:
    """(measure, scope) -> index; measures value and material, scopes members and group."""
    base = demanded(books)
    share: dict[Key, float] = {}
    for key, (demand, short) in base.items():
        largest = max((amounts.get(key, 0.0) for amounts in exposed.values()), default=0.0)
        share[key] = (largest + short) / demand
    sums: dict[Key, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (_, material, period), (demand, short) in base.items():
        sums[material, period][0] += demand
        sums[material, period][1] += short
    by_supplier: dict[Key, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for supplier, amounts in exposed.items():
        for (_, material, period), amount in amounts.items():
            by_supplier[material, period][supplier] += amount
    together = {
        key: (max(by_supplier[key].values(), default=0.0) + short) / demand for key, (demand, short) in sums.items()
    }
    found = {}
    for measure in ("value", "material"):
        weights = index_weights(books, {key: demand for key, (demand, _) in base.items()}, measure)
        found[measure, "members"] = sum(weight * share[key] for key, weight in weights.items())
        found[measure, GROUP] = sum(weight * together[key[1:]] for key, weight in weights.items())
    return found


def worst_share(books: Books, exposed: dict[str, dict[Key, float]]) -> float:
    """Largest share of one supplier in one member's demand of a material, all periods from `worst_from` together."""
    labels = books.calendar.labels
    given = books.options.get("worst_from")
    first = _first_online(books) if blank(given) else books.calendar.position[str(given)]
    late = set(labels[first:])
    sums: dict[Key, list[float]] = defaultdict(lambda: [0.0, 0.0])
    largest: dict[Key, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for key, (demand, short) in demanded(books).items():
        if key[2] in late:
            sums[key[:2]][0] += demand
            sums[key[:2]][1] += short
            for supplier, amounts in exposed.items():
                largest[key[:2]][supplier] += amounts.get(key, 0.0)
    shares = [(max(largest[key].values(), default=0.0) + short) / demand for key, (demand, short) in sums.items()]
    return max(shares, default=0.0)


def _first_online(books: Books) -> int:
    """Position of the first period in which a candidate can be online; the first period where there is none."""
    calendar = books.calendar
    found: list[int] = []
    candidates: list[Any] = [row for row in books.project.values() if row.status == "candidate"]
    for row in candidates:
        for start in calendar.window(row)[:1]:
            complete = calendar.begin[start] + float(row.lead_time)
            found.append(min(calendar.position[t] for t in calendar.labels if calendar.end(t) > complete + 1e-9))
    return min(found, default=0)
