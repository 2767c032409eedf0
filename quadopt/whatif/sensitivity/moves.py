"""Moves: what a range does to the rows of a case, from its low end (position 0) to its high end (position 1).

A move says which changes (as of a what-if) bring the rows to a position; the room of changes makes them. Values stay within
what their columns allow: what would pass a limit stops there, and is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from quadopt.errors import Finding, InputError
from quadopt.tables.case import Case
from quadopt.tables.catalogue import SETTINGS, TABLES
from quadopt.tables.changes import CHANGEABLE, Change
from quadopt.tables.origins import Origins
from quadopt.tables.schema import Column, Table, nearest
from quadopt.tables.values import Fault
from quadopt.tables.where import parse_where, select
from quadopt.whatif.sensitivity.cover import cover
from quadopt.whatif.sensitivity.ranges import UNSTATED, Range

Array = npt.NDArray[np.float64]
QUALITIES = ("reported", "derived", "assumed")


@dataclass(frozen=True)
class Move:
    """A range on a case.

    `frame` is the whole table, `rows` the labels of the rows that move, `base` their values; `low` and `high` are each
    row's own factors, additions or values, `least` and `most` what its value may be; `quality` its rows' qualities.
    """

    range: Range
    frame: pd.DataFrame
    identity: tuple[str, ...]
    rows: pd.Index
    is_whole: bool
    """Whether the range's own `where` chooses exactly these rows."""
    base: Array
    low: Array
    high: Array
    least: Array
    most: Array
    quality: tuple[str, ...]

    def amounts(self, position: float) -> Array:
        """Each row's factor, addition or value at a position."""
        return self.low + position * (self.high - self.low)

    def values(self, position: float) -> tuple[Array, npt.NDArray[np.bool_]]:
        """Each row's value at a position, and which are stopped at a limit."""
        amounts = self.amounts(position)
        free = {"multiply": self.base * amounts, "add": self.base + amounts, "set": amounts}[self.range.operation]
        kept = np.clip(free, self.least, self.most)
        return kept, kept != free

    def changes(self, position: float) -> list[Change]:
        """The changes that bring the rows to a position; none where all stay as they are."""
        values, is_stopped = self.values(position)
        sizes = np.where(is_stopped, values, self.amounts(position))
        is_moved = values != self.base
        out: list[Change] = []
        for stopped, size in dict.fromkeys(zip(is_stopped.tolist(), sizes.tolist(), strict=True)):
            own = (is_stopped == stopped) & (sizes == size)
            if is_moved[own].any():
                operation = "set" if stopped else self.range.operation
                out += [self._change(where, operation, size) for where in self._wheres(own, is_moved)]
        return out

    def _wheres(self, own: npt.NDArray[np.bool_], is_moved: npt.NDArray[np.bool_]) -> list[str]:
        if self.is_whole and own.all():
            return [self.range.where]
        return cover(self.frame, self.rows[own], self.identity, self.rows[own & is_moved])

    def _change(self, where: str, operation: str, amount: float) -> Change:
        return Change(self.range.table, where, self.range.column, operation, repr(amount), place=self.range.place)

    @property
    def mode(self) -> float:
        """The position at which the rows are as the case has them, or the end of the range nearest to it."""
        stay = {"multiply": np.ones_like(self.base), "add": np.zeros_like(self.base), "set": self.base}
        at = (stay[self.range.operation] - self.low) / np.where(self.high > self.low, self.high - self.low, 1.0)
        return float(np.clip(np.median(at), 0.0, 1.0))


@dataclass(frozen=True)
class Uncertain:
    """One uncertain input: the moves of all ranges of its name, made together."""

    name: str
    moves: tuple[Move, ...]

    def changes(self, position: float) -> list[Change]:
        """The changes that bring all its rows to a position."""
        return [change for move in self.moves for change in move.changes(position)]

    @property
    def mode(self) -> float:
        """The position at which the input is as the case has it."""
        return float(np.median([move.mode for move in self.moves]))

    @property
    def words(self) -> str:
        """Its ranges in words."""
        return "; ".join(dict.fromkeys(move.range.words for move in self.moves))

    def counts(self) -> dict[str, int]:
        """How many rows move, by quality, and how many values stop at a limit at each end."""
        quality = [each for move in self.moves for each in move.quality]
        stopped = {f"stopped_{end}": sum(int(m.values(at)[1].sum()) for m in self.moves)
                   for end, at in (("low", 0.0), ("high", 1.0))}  # fmt: skip
        return {"rows": len(quality), **{each: quality.count(each) for each in QUALITIES}, **stopped}


def uncertain_inputs(
    case: Case, ranges: Sequence[Range], unread: Collection[str] = (), is_default: bool = False
) -> list[Uncertain]:
    """The inputs that ranges say, in their order; ranges of one name make one input.

    `unread` are the tables, and columns as "table.column", that the model file does not read. Raises InputError with every
    fault of every range: an unknown table, column or row, a column without numbers, a table that is not read, ends that
    leave the case as it is. Of the default ranges (`is_default`) those that move nothing are left out.
    """
    origins, findings = Origins(case), list[Finding]()
    found: dict[str, list[Move]] = {}
    for each in ranges:
        try:
            if {each.table, f"{each.table}.{each.column}"} & set(unread):
                raise InputError([each.place.finding("error", f"{each.name}: the model file does not read this", "table",
                                                     value=f"{each.table}.{each.column}")])  # fmt: skip
            move = _Reading(case, each, origins).move()
            if not (move.changes(0.0) or move.changes(1.0)):
                raise InputError([each.place.finding("error", "both ends leave the case as it is", "low",
                                                     value=each.words)])  # fmt: skip
            found.setdefault(each.name, []).append(move)
        except InputError as error:
            findings += error.findings
    if findings and not is_default:
        raise InputError(findings)
    if not found:
        raise InputError([Finding("error", "ranges", message="no input of the case moves", expected="at least one")])
    return [Uncertain(name, tuple(moves)) for name, moves in found.items()]


class _Reading:
    """One range read against a case: its table, rows, values and limits."""

    def __init__(self, case: Case, given: Range, origins: Origins) -> None:
        self.case, self.range, self.origins = case, given, origins

    def move(self) -> Move:
        """The move. Raises InputError with its place."""
        table = self._table()
        if table.name == "settings":
            return self._of_setting()
        column = self._number(table, self.range.column)
        frame = self.case.tables[table.name]
        identity = _identity(table, column)
        chosen = self._chosen(frame, table)
        whole = frame.loc[chosen].drop_duplicates(list(identity)) if table.key else frame.loc[chosen]
        rows = whole[_has_number(table, column, whole)]
        if rows.empty:
            raise self._fault("no row has a number there", "where", value=self.range.where)
        quality = self._qualities(table, column, rows)
        least, most = _limits(table, column, rows)
        is_whole = len(rows) == len(whole)
        base = rows[column.name].to_numpy(float)
        return self._made(column, frame, identity, rows.index, is_whole, base, quality, least, most)

    def _made(
        self,
        column: Column,
        frame: pd.DataFrame,
        identity: tuple[str, ...],
        rows: pd.Index,
        is_whole: bool,
        base: Array,
        quality: list[str],
        least: Array,
        most: Array,
    ) -> Move:
        pairs = np.array([self._pair(each) for each in quality], dtype=float).reshape(-1, 2)
        low, high = pairs.T
        move = Move(self.range, frame, identity, rows, is_whole, base, low, high, least, most, tuple(quality))
        for end, position in (("low", 0.0), ("high", 1.0)):
            values, _ = move.values(position)
            if column.above is not None and values.min() <= column.above:
                raise self._fault(f"this end takes {column.name} to {values.min():g}", end, value=self.range.words,
                                  expected=column.expected)  # fmt: skip
        return move

    def _pair(self, quality: str) -> tuple[float, float]:
        if self.range.low is not None and self.range.high is not None:
            return self.range.low, self.range.high
        return (self.range.by_quality or {})[quality]

    def _table(self) -> Table:
        name = self.range.table
        if name not in CHANGEABLE:
            raise self._fault("there is no such table", "table", value=name, expected="one of " + ", ".join(CHANGEABLE),
                              suggestion=nearest(name, CHANGEABLE))  # fmt: skip
        return TABLES[name]

    def _number(self, table: Table, name: str) -> Column:
        numbers = [column.name for column in table.columns if column.type == "number"]
        if name not in numbers:
            message = (
                "this column holds no numbers" if name in table.names else f"the table {table.name} has no such column"
            )
            raise self._fault(message, "column", value=name, expected="one of " + ", ".join(numbers),
                              suggestion=nearest(name, numbers))  # fmt: skip
        return table.column(name)

    def _chosen(self, frame: pd.DataFrame, table: Table) -> pd.Series:
        try:
            conditions = parse_where(self.range.where)
            chosen = select(frame, table, conditions, self.case.periods, self._known)
        except Fault as fault:
            raise self._fault(fault.message, "where", value=self.range.where, suggestion=fault.suggestion) from None
        if not chosen.any():
            raise self._fault("no row of the table is like this", "where", value=self.range.where)
        return chosen

    def _known(self, column: Column) -> list[str]:
        """The names of the table that a column refers to."""
        table, _, name = column.reference.partition(".")
        return [str(each) for each in self.case.tables[table][name]] if table else []

    def _qualities(self, table: Table, column: Column, rows: pd.DataFrame) -> list[str]:
        """Quality of the input row that gave each value."""
        found = []
        for position, record in zip(rows.index, rows.to_dict("records"), strict=True):
            key = tuple(record[name] for name in table.key) or (position,)
            period = str(record["period"]) if column.varies else ""
            row, _ = self.origins.row(table.name, key, column.name, period)
            quality = "" if row is None else str(row.get("quality") or "")
            found.append(quality if quality in QUALITIES else UNSTATED)
        return found

    def _of_setting(self) -> Move:
        """The only cell of a setting: `where` names it, the column is `value`."""
        try:
            named = [condition.text for condition in parse_where(self.range.where) if condition.column == "name"]
        except Fault as fault:
            raise self._fault(fault.message, "where", value=self.range.where) from None
        numbers = [column.name for column in SETTINGS if column.type == "number"]
        if len(named) != 1 or named[0] not in numbers:
            raise self._fault("a range of settings names one that is a number", "where", value=self.range.where,
                              expected="name=" + " or name=".join(numbers))  # fmt: skip
        if self.range.column != "value":
            raise self._fault("settings have their numbers in value", "column", value=self.range.column)
        column = next(each for each in SETTINGS if each.name == named[0])
        value = float(self.case.tables["settings"].iloc[0][column.name])
        if np.isnan(value):
            raise self._fault("the case does not state this setting", "where", value=self.range.where)
        row, _ = self.origins.row("settings", (column.name,), "value")
        quality = "" if row is None else str(row.get("quality") or "")
        least, most = _bounds(column)
        frame = pd.DataFrame({"name": [column.name], "value": [value]})
        return self._made(column, frame, ("name",), frame.index, True, np.array([value]),
                          [quality if quality in QUALITIES else UNSTATED], np.array([least]), np.array([most]))  # fmt: skip

    def _fault(self, message: str, column: str, **more: str) -> InputError:
        return InputError([self.range.place.finding("error", f"{self.range.name}: {message}", column, **more)])


def _identity(table: Table, column: Column) -> tuple[str, ...]:
    """The columns that tell a table's rows apart: its key, with the period where the column varies; else all its names."""
    if table.key:
        return (*table.key, "period") if column.varies else table.key
    return tuple(each.name for each in table.columns if each.type in ("text", "label"))


def _has_number(table: Table, column: Column, rows: pd.DataFrame) -> pd.Series:
    """Which rows have a number there; a cut with a limit has no severity, though one is filled in."""
    found = rows[column.name].notna()
    return found & rows["limit"].isna() if (table.name, column.name) == ("disruptions", "severity") else found


def _bounds(column: Column) -> tuple[float, float]:
    """What a value of a column may be."""
    return (
        column.minimum if column.minimum is not None else -np.inf,
        column.maximum if column.maximum is not None else np.inf,
    )


def _limits(table: Table, column: Column, rows: pd.DataFrame) -> tuple[Array, Array]:
    """What each row's value may be: the catalogue's bounds, and where the checks compare with another column, that."""
    least, most = _bounds(column)
    lower, upper = np.full(len(rows), least), np.full(len(rows), most)
    if table.name == "stockpiles" and column.name in ("initial", "minimum"):
        upper = np.fmin(upper, rows["capacity"].to_numpy(float))
    if table.name == "disruptions" and column.name == "severity":
        upper = np.where(rows["kind"].isin(["export_cut", "outage"]), 1.0, upper)
    return lower, upper
