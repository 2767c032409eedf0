"""Terms of a formula: Excel text and value side by side, built by the same operations.

A term stands for a column of a sheet (one value a record), for one value a row of a list of keys (then its text holds
`ROW` where the row's number goes), or for a single value. Blank cells count as zero in arithmetic, as in Excel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quadopt.report.cells import plain
from quadopt.report.layout import Place

ROW = "\x00"
"""Stands in a term's text for the number of the row in which its formula is written."""

Values = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Term:
    """A piece of a formula with its values; `cells` are the ranges of the sheets that it looks at, `tables` their tables."""

    text: str
    value: Values
    cells: tuple[str, ...] = ()
    tables: frozenset[str] = frozenset()

    @cached_property
    def keys(self) -> list[Any]:
        """The values as Excel compares them."""
        return [_one_key(value) for value in self.value.ravel().tolist()]

    @cached_property
    def numbers(self) -> Values:
        """The values as Excel reckons with them: blank is zero, yes is one."""
        return numbers(self.value)

    def __add__(self, other: Term | float) -> Term:
        return self._with(other, "+", np.add)

    def __sub__(self, other: Term | float) -> Term:
        return self._with(other, "-", np.subtract)

    def __mul__(self, other: Term | float) -> Term:
        return self._with(other, "*", np.multiply)

    def __truediv__(self, other: Term | float) -> Term:
        return self._with(other, "/", np.divide)

    def __pow__(self, other: Term | float) -> Term:
        return self._with(other, "^", np.power)

    def __gt__(self, other: Term | float) -> Term:
        return self._with(other, ">", lambda one, two: (one > two).astype(float))

    def __le__(self, other: Term | float) -> Term:
        return self._with(other, "<=", lambda one, two: (one <= two).astype(float))

    def __neg__(self) -> Term:
        return term(0.0) - self

    def _with(self, other: Term | float, sign: str, how: Callable[[Values, Values], Values]) -> Term:
        second = other if isinstance(other, Term) else term(other)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = how(self.numbers, second.numbers)
        return join(f"({self.text}{sign}{second.text})", value, self, second)


def join(text: str, value: Any, *parts: Term) -> Term:
    """A term made of others: it looks at all that they look at."""
    cells = tuple(dict.fromkeys(cell for part in parts for cell in part.cells))
    tables = frozenset[str]().union(*(part.tables for part in parts))
    return Term(text, np.asarray(value), cells, tables)


def numbers(values: Values) -> Values:
    """Values as Excel reckons with them: blank is zero, yes is one."""
    if values.dtype == object:
        values = np.array([0.0 if plain(value) is None else value for value in values.ravel()]).reshape(values.shape)
    return np.nan_to_num(values.astype(float), nan=0.0)


def term(value: float | str) -> Term:
    """A constant: a number, or text in quotation marks."""
    if isinstance(value, str):
        return Term('"' + value.replace('"', '""') + '"', np.array(value, dtype=object))
    return Term(f"{value:.15g}" if value >= 0 else f"({value:.15g})", np.array(float(value)))


def column(place: Place, frame: pd.DataFrame, name: str) -> Term:
    """A column of a sheet."""
    where = place.range(name)
    return Term(where, frame[name].to_numpy(), (where.replace("$", ""),), frozenset({place.table}))


def block(place: Place, frame: pd.DataFrame, first: str, last: str) -> Term:
    """The columns of a sheet from one to another, numbers all of them."""
    start, end = place.range(first), place.range(last)
    where = f"{start.split(':')[0]}:{end.split(':')[1]}"
    values = frame.loc[:, first:last].to_numpy(dtype=float)  # type: ignore[misc]
    return Term(where, values, (where.replace("$", ""),), frozenset({place.table}))


def keys(number: int, values: Iterable[Any]) -> Term:
    """One key of a list of rows: the cell of its column (from 0, after the check's number) in the formula's own row."""
    found = list(values)
    filled = np.empty(len(found), dtype=object)
    filled[:] = found
    return Term(f"${'BCDEF'[number]}{ROW}", filled)


def absolute(one: Term) -> Term:
    """The size of a figure, without its sign."""
    return join(f"ABS({one.text})", np.abs(one.numbers), one)


def positive(one: Term) -> Term:
    """What is above zero, else zero."""
    value = one.numbers
    return join(f"(({one.text}>0)*{one.text})", np.where(value > 0, value, 0.0), one)


def smaller(one: Term, two: Term) -> Term:
    """The smaller of two figures, row by row (Excel's MIN would take the smallest of all rows)."""
    return (one + two - absolute(one - two)) / 2.0


def larger(one: Term, two: Term) -> Term:
    """The larger of two figures, row by row."""
    return (one + two + absolute(one - two)) / 2.0


def filled(one: Term) -> Term:
    """1 where a cell holds something, 0 where it is blank."""
    value = [float(plain(value) is not None) for value in one.value.ravel().tolist()]
    return join(f'({one.text}<>"")', np.array(value).reshape(one.value.shape), one)


def same(one: Term, two: Term | str) -> Term:
    """1 where two texts are the same, whatever their capitals, else 0."""
    second = two if isinstance(two, Term) else term(two)
    others = second.keys if second.value.ndim else second.keys * len(one.keys)
    value = [float(key == other) for key, other in zip(one.keys, others, strict=True)]
    return join(f"({one.text}={second.text})", np.array(value), one, second)


def total(one: Term) -> Term:
    """The sum of all rows."""
    return join(f"SUMPRODUCT({one.text})", one.numbers.sum(), one)


def most(one: Term) -> Term:
    """The largest of all rows (SUMPRODUCT makes Excel take the rows one by one)."""
    return join(f"SUMPRODUCT(MAX({one.text}))", one.numbers.max(initial=-np.inf), one)


def each(parts: tuple[Term, ...], how: Callable[..., Term]) -> Term:
    """A formula over whole columns for each of a list of rows: `how` gets the parts of one row as single values."""
    rows = zip(*(part.value.tolist() for part in parts), strict=True)
    built = [
        how(
            *(
                Term(part.text, np.asarray(value), part.cells, part.tables)
                for part, value in zip(parts, row, strict=True)
            )
        )
        for row in rows
    ]
    return join(built[0].text, np.array([one.value for one in built]), built[0], *parts)


def sums(amount: Term, *pairs: tuple[Term, Term | str]) -> Term:
    """The sum of a column over the records whose columns are the same as what is wanted (SUMIFS)."""
    listed = ",".join(f"{where.text},{_criterion(wanted)}" for where, wanted in pairs)
    return _grouped(f"SUMIFS({amount.text},{listed})", amount, pairs, np.add)


def counts(*pairs: tuple[Term, Term | str]) -> Term:
    """The number of records whose columns are the same as what is wanted (COUNTIFS)."""
    listed = ",".join(f"{where.text},{_criterion(wanted)}" for where, wanted in pairs)
    ones = Term("", np.ones(len(pairs[0][0].value)))
    return _grouped(f"COUNTIFS({listed})", ones, pairs, np.add)


def sums_of(expression: Term, *pairs: tuple[Term, Term | str]) -> Term:
    """The sum of an expression over the records whose columns are the same as what is wanted (SUMPRODUCT)."""
    where = "*".join(same_text(column, wanted) for column, wanted in pairs)
    return _grouped(f"SUMPRODUCT({where}*{expression.text})", expression, pairs, np.add)


def sums_through(
    weight: Term, weighed: Term, amount: Term, weighed_there: Term, *pairs: tuple[Term, Term | str]
) -> Term:
    """The weighted sum of a column whose weights stand on another sheet, under the names in `weighed`.

    Over the records of `amount` whose columns are as wanted; a name may have several weights, which then add up.
    """
    listed = ",".join(f"{where.text},{_criterion(wanted)}" for where, wanted in [(weighed_there, weighed), *pairs])
    weights: dict[Any, float] = {}
    for name, number in zip(weighed.keys, weight.numbers.tolist(), strict=True):
        weights[name] = weights.get(name, 0.0) + number
    here = np.array([weights.get(name, 0.0) for name in weighed_there.keys])
    whole = join("", amount.numbers * here, weight, weighed, amount, weighed_there)
    return _grouped(f"SUMPRODUCT({weight.text}*SUMIFS({amount.text},{listed}))", whole, pairs, np.add)


def most_of(expression: Term, *pairs: tuple[Term, Term | str]) -> Term:
    """The largest of an expression that is nowhere negative, over the records whose columns are as wanted; else 0."""
    where = "*".join(same_text(column, wanted) for column, wanted in pairs)
    return _grouped(f"SUMPRODUCT(MAX({where}*{expression.text}))", expression, pairs, np.maximum)


def most_between(one: Term, first: Term, last: Term, *pairs: tuple[Term, Term]) -> Term:
    """As `most_of` of a column, looking only at the records from `first` to `last` (from 1) while all of them fit.

    Where a sheet has been sorted otherwise since it was written, the formula falls back on all of its records: the result
    is the same, only slower.
    """

    def part(where: Term) -> str:
        return f"INDEX({where.text},{first.text}):INDEX({where.text},{last.text})"

    listed = ",".join(f"{part(where)},{_criterion(wanted)}" for where, wanted in pairs)
    whole = most_of(one, *pairs)
    text = f"IF(COUNTIFS({listed})={last.text}-{first.text}+1,MAX({part(one)}),{whole.text})"
    return join(text, whole.value, whole, first, last)


def same_text(where: Term, wanted: Term | str) -> str:
    """The comparison of a column with what is wanted."""
    return f"({where.text}={(wanted if isinstance(wanted, Term) else term(wanted)).text})"


def _grouped(text: str, amount: Term, pairs: Any, how: np.ufunc) -> Term:
    wanted = [two if isinstance(two, Term) else term(two) for _, two in pairs]
    sizes = {two.value.size for two in wanted if two.value.ndim}
    is_single, size = not sizes, max(sizes, default=1)
    known: dict[tuple[Any, ...], float] = {}
    columns = [where.keys for where, _ in pairs]
    for key, number in zip(zip(*columns, strict=True), amount.numbers.tolist(), strict=True):
        known[key] = float(how(known.get(key, 0.0), number))
    asked = [two.keys if two.value.ndim else two.keys * size for two in wanted]
    value = np.array([known.get(key, 0.0) for key in zip(*asked, strict=True)])
    return join(text, value[0] if is_single else value, amount, *(where for where, _ in pairs), *wanted)


def _one_key(value: Any) -> Any:
    """Text whatever its capitals, numbers as numbers, blank as empty text."""
    cell = plain(value)
    return "" if cell is None else cell.casefold() if isinstance(cell, str) else float(cell)


WILD = "~*?"


def _criterion(wanted: Term | str) -> str:
    """What SUMIFS looks for: exactly this, also where a name holds a sign that SUMIFS would take as a pattern."""
    if isinstance(wanted, str):
        for sign in WILD:
            wanted = wanted.replace(sign, f"~{sign}")
        return term(f"={wanted}").text
    return f'"="&{_escaped(wanted)}'


def _escaped(wanted: Term) -> str:
    text = wanted.text
    if any(sign in str(value) for value in wanted.value.ravel().tolist() for sign in WILD):
        for sign in WILD:
            text = f'SUBSTITUTE({text},"{sign}","~{sign}")'
    return text
