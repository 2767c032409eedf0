"""The sheets of a workbook as the checks look at them, and what a check is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from quadopt.plan import Plan
from quadopt.report.checks.terms import Term, block, column, keys, numbers
from quadopt.report.layout import Place


@dataclass(frozen=True)
class Tolerance:
    """How far a figure may be off, as part of its size, and why so far."""

    share: float
    reason: str


EXACT = Tolerance(1e-9, "rounding in spreadsheets")
SOLVED = Tolerance(1e-5, "the solver's precision")
"""As loose as the auditor that every plan has passed."""
FLOOR = 0.01
"""Part of the largest figure of a check below which differences count as absolute."""
LEAST = 1e-3
"""The least size of all, in the figures' own unit: where every figure is the solver's rounding, none of it tells."""


@dataclass(frozen=True)
class Rows:
    """A list of keys with what is compared for each of them, for the sheet of details; `keys` are tuples of equal length."""

    keys: list[tuple[object, ...]]
    left: Term
    right: Term


@dataclass(frozen=True)
class Check:
    """One check: what it says, and what is compared.

    Each row of `left` is to equal `right`, or with `at_most` to be no more; the rows are the records of `sheet`, or, where
    it is empty, those of `rows` on the sheet of details. `size` is what the difference is measured by (the right side, if
    nothing else is said), never less than a hundredth of the largest of it.
    """

    subject: str
    says: str
    sheet: str = ""
    left: Term | None = None
    right: Term | None = None
    rows: tuple[Rows, ...] = ()
    at_most: bool = False
    tolerance: Tolerance = EXACT
    size: Term | None = None


@dataclass(frozen=True)
class Book:
    """Where the tables of a plan stand, and their records."""

    plan: Plan
    places: Mapping[str, Place]
    frames: Mapping[str, pd.DataFrame]
    known: dict[tuple[str, str], Term] = field(default_factory=dict)
    listed: dict[tuple[str, tuple[str, ...]], list[tuple[object, ...]]] = field(default_factory=dict)

    def __call__(self, table: str, name: str) -> Term:
        """A column of a table."""
        if (table, name) not in self.known:
            self.known[table, name] = column(self.places[table], self.frames[table], name)
        return self.known[table, name]

    def block(self, table: str, first: str, last: str) -> Term:
        """The columns of a table from one to another."""
        return block(self.places[table], self.frames[table], first, last)

    def has(self, *tables: str) -> bool:
        """Whether all of the tables hold records."""
        return all(len(self.frames[name]) > 0 for name in tables)

    def records(self, table: str, *names: str) -> list[tuple[object, ...]]:
        """The different entries of some columns together, in order."""
        if (table, names) not in self.listed:
            found = self.frames[table][list(names)].drop_duplicates().itertuples(index=False, name=None)
            self.listed[table, names] = list(found)
        return self.listed[table, names]

    def before(self) -> dict[str, str]:
        """Each period's label -> that of the period before; blank before the first."""
        labels = self.frames["periods"]["period"].tolist()
        return dict(zip(labels, ["", *labels], strict=False))


def key_terms(rows: list[tuple[object, ...]]) -> list[Term]:
    """One term for each key of a list of rows."""
    return [keys(at, values) for at, values in enumerate(zip(*rows, strict=True))]


def largest(terms: Iterable[Term]) -> float:
    """The largest size of any figure of the terms, 0 where there is none."""
    return max((float(np.abs(numbers(one.value)).max(initial=0.0)) for one in terms), default=0.0)


def rows(listed: Iterable[tuple[object, ...]], *how: Callable[..., tuple[Term, Term]]) -> tuple[Rows, ...]:
    """A list of keys with what each of `how` compares for them: functions of the keys' terms that give left and right."""
    found = list(dict.fromkeys(listed))
    return tuple(Rows(found, *compare(*key_terms(found))) for compare in how) if found else ()
