"""Facts: what a conflict rests on that is no rule of the user's, told by the rows that conflict."""

from __future__ import annotations

from collections.abc import Sequence

from quadopt.reasons.elastic import Elastic
from quadopt.reasons.rules import Ruled

SAID = {
    "balance": "what a country uses, ships, stores and serves of {1} it makes, imports or takes from stock: {0}",
    "deposit_source": "what is put into a stock of {1} comes from output and imports of the period: {0}",
    "stock_flow": "a stock of {1} is what it was, less losses, plus deposits, less what leaves it: {0}",
    "opens_with": "the stock of {1} begins with the initial amount of the table stockpiles: {0}",
    "paid_from_fund": "what is paid for projects (capex x fund_share, spread over the lead time) was paid in before: {0}",
    "reserve_is_kept": "a reserve of {1}, once counted on, is kept but for its losses: {0}",
    "purchase_fills": "what a stock of {1} grows by is bought at the material's price: {0}",
}
"""Model row -> the fact that it states: {0} lists the first part of its index, {1} is the second."""


def facts(ruled: Ruled, elastic: Elastic, conflict: Sequence[int]) -> list[str]:
    """The facts without which the rules of a conflict would not conflict, each once, in words.

    Empty where the conflict shows only with whole projects (the LP that may build them in part has a plan).
    """
    conflicting = set(elastic.conflicting_rows(conflict).tolist())
    found: dict[tuple[str, str], dict[str, None]] = {}
    for span in ruled.matrix.rows:
        if span.name not in SAID or not conflicting & set(range(span.first, span.last)):
            continue
        for key, row in ruled.rows(span.component).items():
            if row in conflicting:
                material = key[1] if "{1}" in SAID[span.name] else ""
                found.setdefault((SAID[span.name], material), {})[key[0]] = None
    return [
        text.replace("{1}", material).replace("{0}", ", ".join(places)) for (text, material), places in found.items()
    ]
