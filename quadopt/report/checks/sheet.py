"""The sheets of checks: one row a check with its verdict, and the sheet of what is compared key by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from quadopt.plan import Plan
from quadopt.report.cells import Formula
from quadopt.report.checks import balances, crises, dependence, money, projects, stages, stocks
from quadopt.report.checks.book import FLOOR, LEAST, Book, Check, largest
from quadopt.report.checks.terms import ROW, Term, absolute, join, most, numbers
from quadopt.report.layout import FIRST_ROW, Place, letters, places
from quadopt.report.parts import Sheet
from quadopt.report.schema import Column

SUBJECTS: tuple[Callable[[Book], Iterator[Check]], ...] = (
    stages.checks,
    dependence.checks,
    balances.checks,
    stocks.checks,
    money.checks,
    projects.checks,
    crises.checks,
)
"""Where the checks come from, in the order in which they are listed."""
HOLDS, FAILS = "holds", "FAILS"
COLUMNS = (
    Column("number", "Check", "", "count", "number of the check"),
    Column("verdict", "Verdict", "", "verdict", "holds, or FAILS: the largest difference is above the tolerance"),
    Column("subject", "Subject", "", "text", "what it is about"),
    Column("says", "What is checked", "", "wide", "the rule in words"),
    Column(
        "difference", "Largest difference", "part of the figure's size", "scientific", "live, of all that is compared"
    ),
    Column("tolerance", "Tolerance", "part of the figure's size", "scientific", "how far a figure may be off"),
    Column("reason", "Why so far", "", "text", "what the tolerance allows for"),
    Column("floor", "Least size", "in the figures' own unit", "figure", "smaller figures are measured by this size"),
    Column("compared", "Compared", "figures", "count", "how many figures are compared"),
    Column("worst", "Where it fails", "", "text", "live: the row of the largest difference, where the check fails"),
    Column("cells", "Cells that it looks at", "", "wide", "sheets and ranges"),
)
KEYS = 5
DETAIL = (
    Column("number", "Check", "", "count", "number of the check on sheet checks"),
    *(Column(f"key_{at}", f"Of what ({at})", "", "text", "key of the row") for at in range(1, KEYS + 1)),
    Column("left", "One side", "in the figure's own unit", "figure", "live, from the sheets"),
    Column("right", "Other side", "in the figure's own unit", "figure", "live: what it is to equal, or not to exceed"),
    Column("difference", "Difference", "in the figure's own unit", "scientific", "live: one side less the other"),
)
BASIS = frozenset({"periods", "materials", "sectors", "recipes", "stockpiles", "countries", "balance", "largest"})
"""Tables without which nothing can be checked against them: plans of earlier versions have none of them."""


def check_sheets(plan: Plan, listed: Iterable[Sheet]) -> list[Sheet]:
    """The sheets `checks` and `checks_detail` for a workbook of the listed sheets."""
    sheets = list(listed)
    book = Book(plan, places(sheets, plan.currency), {sheet.name: sheet.frame for sheet in sheets})
    writer = _Writer(book)
    for subject in SUBJECTS:
        for check in subject(book):
            writer.add(check)
    return [
        Sheet(
            "checks",
            "Checks",
            "Live formulas over the other sheets: whether the figures add up. Change a number anywhere, and what no longer "
            "holds turns from green to red.",
            COLUMNS,
            pd.DataFrame(writer.checks, columns=[column.name for column in COLUMNS], dtype=object),
        ),
        Sheet(
            "checks_detail",
            "Checks, row by row",
            "What the checks compare key by key, where they do not compare the rows of a sheet.",
            DETAIL,
            pd.DataFrame(writer.details, columns=[column.name for column in DETAIL], dtype=object),
        ),
    ]


def overall(sheet: Sheet, where: Place) -> Formula:
    """Whether all checks hold, as a live formula over the sheet of checks."""
    verdicts = where.range("verdict")
    count = len(sheet.frame)
    failed = sum(cell.value != HOLDS for cell in sheet.frame["verdict"])
    text = (
        f'IF(COUNTIF({verdicts},"{HOLDS}")={count},"All {count} checks hold.",'
        f'{count}-COUNTIF({verdicts},"{HOLDS}")&" of {count} checks fail: see sheet checks.")'
    )
    return Formula(
        text, f"{failed} of {count} checks fail: see sheet checks." if failed else f"All {count} checks hold."
    )


class _Writer:
    """Turns checks into the records of both sheets."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.checks: list[tuple[Any, ...]] = []
        self.details: list[tuple[Any, ...]] = []
        names = [column.name for column in COLUMNS]
        self.letter = {name: letters(at) for at, name in enumerate(names)}
        self.detail = Place("checks_detail", "checks_detail", {column.name: "" for column in DETAIL}, 0)

    def add(self, check: Check) -> None:
        """Add a check, unless there is nothing to compare."""
        parts = (
            [check.left, check.right]
            if check.sheet
            else [side for rows in check.rows for side in (rows.left, rows.right)]
        )
        seen = frozenset[str]().union(*(part.tables for part in parts if part is not None))
        if any(not self.book.has(name) for name in seen & BASIS):
            return
        if check.sheet and self.book.has(check.sheet) and check.left is not None and check.right is not None:
            place = self.book.places[check.sheet]
            first = place.range(next(iter(place.headers)))
            self._add(check, check.left, check.right, first, [check.left, check.right], FIRST_ROW)
        elif check.rows:
            start = len(self.details)
            for rows in check.rows:
                self._detail(rows.keys, rows.left, rows.right)
            left, right = (self._side(name, start, check, at) for at, name in enumerate(("left", "right")))
            self._add(check, left, right, self._range("number", start), parts, FIRST_ROW + start)

    def _add(self, check: Check, left: Term, right: Term, rows: str, parts: list[Any], first: int) -> None:
        number = len(self.checks) + 1
        row = FIRST_ROW + number - 1
        size = right if check.size is None else check.size
        floor = max(FLOOR * largest([left, size]), LEAST)
        cell = {name: f"${letter}{row}" for name, letter in self.letter.items()}
        off = left - right if check.at_most else absolute(left - right)
        measured = off / (absolute(size) + join(cell["floor"], floor))
        difference = positive_most(measured)
        holds = bool(np.isfinite(difference.value)) and float(difference.value) <= check.tolerance.share
        within = f'IF({cell["difference"]}<={cell["tolerance"]},"{HOLDS}","{FAILS}")'
        verdict = f'IF(ISNUMBER({cell["difference"]}),{within},"{FAILS}")'
        place = f"SUMPRODUCT(MAX(ROW({rows})*({measured.text}>={cell['difference']}*0.999999)))"
        sheet = rows.split("!")[0].strip("'")
        worst = f'IF({cell["verdict"]}="{HOLDS}","",IFERROR("{sheet}, row "&{place},"{sheet}: not a number"))'
        found = "" if holds else f"{sheet}, row {first + _record_of(measured, difference)}"
        self.checks.append(
            (
                number,
                Formula(verdict, HOLDS if holds else FAILS),
                check.subject,
                check.says,
                Formula(difference.text, float(difference.value)),
                check.tolerance.share,
                check.tolerance.reason,
                floor,
                int(measured.value.size),
                Formula(worst, found),
                _listed(cell for part in parts for cell in part.cells),
            )
        )

    def _detail(self, listed: list[tuple[object, ...]], left: Term, right: Term) -> None:
        size = len(listed)
        one, two = (np.broadcast_to(numbers(side.value), size).tolist() for side in (left, right))
        for key, here, there in zip(listed, one, two, strict=True):
            row = str(FIRST_ROW + len(self.details))
            sides = [Formula(side.text.replace(ROW, row), value) for side, value in ((left, here), (right, there))]
            difference = Formula(f"{self._letter('left')}{row}-{self._letter('right')}{row}", here - there)
            blanks = (None,) * (KEYS - len(key))
            self.details.append((len(self.checks) + 1, *key, *blanks, *sides, difference))

    def _letter(self, name: str) -> str:
        return self.detail.letter(name)

    def _range(self, name: str, start: int) -> str:
        letter = self._letter(name)
        return f"'checks_detail'!${letter}${FIRST_ROW + start}:${letter}${FIRST_ROW + len(self.details) - 1}"

    def _side(self, name: str, start: int, check: Check, at: int) -> Term:
        values = [np.broadcast_to(numbers((rows.left, rows.right)[at].value), len(rows.keys)) for rows in check.rows]
        return Term(self._range(name, start), np.concatenate(values))


def _listed(cells: Iterable[str]) -> str:
    """Ranges sheet by sheet: ``'trade'!E4:E9, F4:F9; 'stock'!D4:D7``."""
    found: dict[str, dict[str, None]] = {}
    for cell in cells:
        sheet, ends = cell.rsplit("!", 1)
        found.setdefault(sheet, {})[ends] = None
    return "; ".join(f"{sheet}!{', '.join(ranges)}" for sheet, ranges in found.items())


def positive_most(measured: Term) -> Term:
    """The largest difference, zero where none is above it."""
    largest_of_all = most(measured)
    return join(f"MAX(0,{largest_of_all.text})", max(0.0, float(largest_of_all.value)), largest_of_all)


def _record_of(measured: Term, difference: Term) -> int:
    """The last record (from 0) whose difference is as good as the largest."""
    values = np.atleast_1d(measured.value)
    by_row = values.max(axis=1) if values.ndim > 1 else values
    return int(np.flatnonzero(by_row >= float(difference.value) * 0.999999)[-1])
