"""Rules: what the user has laid down, each with its cell of the input and what it is in the program.

A rule is one cell: a limit, a status, a date. What is not a rule is a fact: recipes, balances, demand, lead times, money
that projects cost. Every rule can be made to give by an amount in its own unit, which loosens its rows and bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from quadopt.formulation.build import Model
from quadopt.formulation.options import Formulation
from quadopt.solver.matrix import Array, Matrix, Program
from quadopt.tables.case import Case
from quadopt.tables.origins import Origin, Origins


@dataclass(frozen=True)
class Limit:
    """A row that a rule stands for where it is no row of the model: `coefficients @ x[columns] <= most + per_unit * give`."""

    columns: tuple[int, ...]
    coefficients: tuple[float, ...]
    most: float
    per_unit: float


@dataclass(frozen=True)
class Rule:
    """One rule of the user's.

    `table`, `key`, `column` and `periods` name the input value (the table "model" is the model file), `origin` its cell.
    `words` says it as a sentence without its place, {amount} standing for its value (see `said`); `value` is what is laid
    down, in `unit`. `worth` is what a unit of
    giving way counts, in millions; `most` how far it can give. `is_choice`: the members can change it by deciding so,
    while supply and routes are others' too. In the program it is `rows` (number, amount by which a unit loosens it),
    `limits`, and bounds that it takes off: columns whose upper bound it is, whose lower bound it is.
    """

    kind: str
    table: str
    key: tuple[str, ...]
    column: str
    periods: tuple[str, ...]
    origin: Origin
    words: str
    value: float | str
    unit: str
    worth: float
    is_choice: bool = True
    most: float = float("inf")
    rows: tuple[tuple[int, float], ...] = ()
    limits: tuple[Limit, ...] = ()
    uppers: tuple[int, ...] = ()
    lowers: tuple[int, ...] = ()
    more_rows: tuple[int, ...] = ()
    """Other rows of the sheet that it is written in, as with a group of projects."""


@dataclass
class Ruled:
    """A case, the model of it without some of its rules, and where they stand in both."""

    case: Case
    options: Formulation
    model: Model
    matrix: Matrix
    program: Program
    origins: Origins = field(init=False)
    _rows: dict[int, dict[Any, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.origins = Origins(self.case)

    @property
    def base(self) -> Any:
        """The base path's block."""
        return self.model.pyomo.base

    @cached_property
    def lengths(self) -> Array:
        """Length of each period, years."""
        return np.array([self.case.length[t] for t in self.case.periods])

    @cached_property
    def unit(self) -> dict[str, str]:
        """The unit of each material."""
        return self.case.column("materials", "material", "unit")

    def columns(self, variable: Any) -> dict[Any, int]:
        """Index -> column of a Var of the model."""
        if id(variable) not in self._rows:
            first = self.matrix.where(variable).start
            self._rows[id(variable)] = {index: first + place for place, index in enumerate(variable.keys())}
        return self._rows[id(variable)]

    def rows(self, constraint: Any) -> dict[Any, int]:
        """Index -> row of a Constraint of the model."""
        if id(constraint) not in self._rows:
            found: dict[Any, int] = {}
            keys = iter(constraint.keys())
            for span in self.matrix.rows:
                if span.component is constraint:
                    found |= {next(keys): row for row in range(span.first, span.last)}
            self._rows[id(constraint)] = found
        return self._rows[id(constraint)]

    def cells(self, table: str, key: tuple[str, ...], column: str) -> Iterator[tuple[Origin, list[int]]]:
        """The cells that a varying value was read from, each with the numbers of its periods, from 0."""
        found: dict[Origin, list[int]] = {}
        for number, period in enumerate(self.case.periods):
            found.setdefault(self.origins.find(table, key, column, period), []).append(number)
        yield from found.items()

    def labels(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """The labels of some periods."""
        return tuple(self.case.periods[number] for number in numbers)

    def worth_of(self, material: str) -> float:
        """Millions a unit of a material counts: its price, and a millionth where it has none."""
        return 1e-6 * max(float(self.case.price[material]), 1.0)


def shown(value: float) -> str:
    """A number for reading: thousands apart, up to six figures, no more decimals than it has."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else "unlimited"
    decimals = int(np.clip(5 - np.floor(np.log10(abs(value))), 0, 9))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def spoken(periods: Iterable[str], order: Sequence[str]) -> str:
    """Some periods in words: "2026 to 2030, 2035", "every period"; "" for none."""
    named = set(periods)
    if len(named) == len(order):
        return "every period"
    return runs([number for number, period in enumerate(order) if period in named], order)


def runs(numbers: Sequence[int], names: Sequence[str] | None = None) -> str:
    """Numbers, or what they number, as text with runs shortened: "2 to 5, 9"."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    ends = [[str(n) if names is None else names[n] for n in (run[0], run[-1])] for run in found]
    return ", ".join(first if first == last else f"{first} to {last}" for first, last in ends)


def said(rules: Sequence[Rule], order: Sequence[str]) -> str:
    """The cells of one limit as one sentence: from their least to their largest value, in all their periods."""
    first = rules[0]
    numbers = [rule.value for rule in rules if isinstance(rule.value, float)]
    ends = list(dict.fromkeys((shown(min(numbers)), shown(max(numbers))))) if numbers else [""]
    when = spoken([period for rule in rules for period in rule.periods], order)
    return first.words.replace("{amount}", " to ".join(ends)) + (f" in {when}" if when else "")


def placed(rules: Sequence[Rule]) -> tuple[str, str]:
    """The rows of some rules of one sheet, and the sheet with them, as text: "7", "fund, row 7"."""
    origin = rules[0].origin
    rows = sorted({row for rule in rules for row in (rule.origin.row, *rule.more_rows) if row is not None})
    if len(rows) < 2:
        return runs(rows), origin.place
    return runs(rows), f"{origin.sheet}, {'lines' if origin.sheet.endswith('.csv') else 'rows'} {runs(rows)}"
