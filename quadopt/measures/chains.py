"""Chains: where what members use is made, stage by stage, if all units of a material mix evenly.

Of each member's served demand the makers are found, of what they use the makers before them, and so on back to mines,
by-products and stockpiles. Each leg is told in units of the material that is demanded in the end, so that every stage
adds up to what is served. What is put into a stockpile and taken out of it in the same period only passes through.
Where a process has several inputs its dearest is followed (quantity x price); a stockpile and a process without inputs
end a chain, and so does a material that would lead back to one further down (scrap).

Within a period and a material, with $S_{co}$ the part of country $c$'s inflow that country $o$ ships and $D_{ci}$ the part that
source $i$ gives (a process in $c$, or a stockpile), what $c$ uses comes from $X=(I-S)^{-1}D$.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quadopt.measures.shares import served
from quadopt.tables.records import rows_of

if TYPE_CHECKING:
    from quadopt.tables.case import Case

Tables = Mapping[str, pd.DataFrame]
COLUMNS = ["material", "period", "origin", "made", "source", "destination", "use", "quantity", "value"]
DEMAND, MADE, STOCKPILE = "demand", "made", "stockpile"
SMALL = 1e-9
"""Parts of a member's demand below this are rounding."""

Source = tuple[str, str]
"""(country, process), or (country, `stockpile`)."""
User = tuple[str, str]
"""(country, what the material is used for: another material, or `demand`)."""


def chains(case: Case, tables: Tables) -> pd.DataFrame:
    """Every leg of every demanded material's chain: material, period, origin, made, source, destination, use, quantity, value.

    `tables` are those of a base path (production, trade, shortage; sharing and stock where there are any). `made` is the
    material that leaves `origin`, `use` the material made of it at `destination`, or `demand`; `quantity` is in units of
    `material` (amount of the period), `value` the same at price, in millions.
    """
    got = served(tables)
    got = got[got["country"].isin(case.members) & (got["served"] > 0)]
    makers = _Makers(case, tables)
    wanted: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in rows_of(got):
        wanted[row.material, row.period][row.country] = float(row.served)
    rows = []
    for (material, period), amounts in wanted.items():
        price = float(case.price[material])
        legs = _legs(case, makers, material, period, amounts)
        for (origin, made, source, destination, use), quantity in legs.items():
            rows.append((material, period, origin, made, source, destination, use, quantity, 1e-6 * price * quantity))
    return pd.DataFrame(rows, columns=COLUMNS)


class _Makers:
    """Who made what is in a country: the sources of every (material, period), by using country."""

    def __init__(self, case: Case, tables: Tables) -> None:
        self.given: dict[tuple[str, str], dict[str, dict[Source, float]]] = defaultdict(dict)
        self.shipped: dict[tuple[str, str], dict[tuple[str, str], float]] = defaultdict(dict)
        self.found: dict[tuple[str, str], dict[str, dict[Source, float]]] = {}
        for row in rows_of(tables["production"]):
            for material, quantity in case.recipes_of[row.process].items():
                self._give(
                    material, row.period, row.country, (row.country, row.process), quantity * float(row.activity)
                )
        for row in rows_of(tables["trade"]):
            self.shipped[row.material, row.period][row.origin, row.destination] = float(row.quantity)
        for row in rows_of(tables["stock"]) if "stock" in tables else ():
            out = float(row.release) - float(row.deposit)
            self._give(row.material, row.period, row.country, (row.country, STOCKPILE), out)
        for row in rows_of(tables["sharing"]) if "sharing" in tables else ():
            self._give(row.material, row.period, row.receiver, (row.provider, STOCKPILE), float(row.quantity))

    def _give(self, material: str, period: str, country: str, source: Source, amount: float) -> None:
        if amount > 0:
            own = self.given[material, period].setdefault(country, {})
            own[source] = own.get(source, 0.0) + amount

    def of(self, material: str, period: str) -> dict[str, dict[Source, float]]:
        """Country -> source -> part of what the country has of the material."""
        key = material, period
        if key not in self.found:
            self.found[key] = self._mixed(self.given.get(key, {}), self.shipped.get(key, {}))
        return self.found[key]

    @staticmethod
    def _mixed(
        given: dict[str, dict[Source, float]], shipped: dict[tuple[str, str], float]
    ) -> dict[str, dict[Source, float]]:
        countries = list(dict.fromkeys([*given, *(place for pair in shipped for place in pair)]))
        sources = list(dict.fromkeys(source for own in given.values() for source in own))
        number = {country: at for at, country in enumerate(countries)}
        imports, own = np.zeros((len(countries), len(countries))), np.zeros((len(countries), len(sources)))
        for (origin, destination), amount in shipped.items():
            imports[number[destination], number[origin]] += amount
        for country, amounts in given.items():
            for at, source in enumerate(sources):
                own[number[country], at] = amounts.get(source, 0.0)
        inflow = imports.sum(axis=1) + own.sum(axis=1)
        inflow[inflow <= 0] = 1.0
        # Least squares, for countries that only pass a material round in a circle would make the system singular.
        part = np.linalg.lstsq(np.eye(len(countries)) - imports / inflow[:, None], own / inflow[:, None])[0]
        return {
            country: {
                sources[at]: float(part[number[country], at]) for at in np.flatnonzero(part[number[country]] > SMALL)
            }
            for country in countries
        }


def _legs(
    case: Case, makers: _Makers, material: str, period: str, amounts: dict[str, float]
) -> dict[tuple[str, str, str, str, str], float]:
    """(origin, made, source, destination, use) -> units of the material, in one period."""
    legs: dict[tuple[str, str, str, str, str], float] = defaultdict(float)
    order, followed = _followed(case, material)
    needs: dict[str, dict[User, float]] = {name: defaultdict(float) for name in order}
    for member, amount in amounts.items():
        needs[material][member, DEMAND] += amount
    total = sum(amounts.values())
    for made in order:
        parts = makers.of(made, period)
        for (country, use), amount in needs[made].items():
            for (origin, process), part in parts.get(country, {}).items():
                if amount * part <= SMALL * total:
                    continue
                source = STOCKPILE if process == STOCKPILE else MADE
                legs[origin, made, source, country, use] += amount * part
                before = followed.get((made, process))
                if before:
                    needs[before][origin, made] += amount * part
    return legs


def _followed(case: Case, material: str) -> tuple[list[str], dict[tuple[str, str], str]]:
    """Materials of a chain, each after all that are made of it, and (made, process) -> the input that is followed."""
    followed: dict[tuple[str, str], str] = {}
    done: list[str] = []

    def visit(made: str, above: tuple[str, ...]) -> None:
        for process, before in _inputs(case, made):
            if before not in above:
                followed[made, process] = before
                if before not in done:
                    visit(before, (*above, before))
        done.append(made)

    visit(material, (material,))
    return done[::-1], followed


def _inputs(case: Case, made: str) -> Iterator[tuple[str, str]]:
    """(process, its dearest input) of the processes that make a material and use anything."""
    for process, recipe in case.recipes_of.items():
        used = {m: -quantity * float(case.price[m]) for m, quantity in recipe.items() if quantity < 0}
        if recipe.get(made, 0.0) > 0 and used:
            yield process, max(used, key=lambda m: used[m])
