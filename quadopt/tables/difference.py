"""The inputs of two cases side by side: every value that differs, every row that only one of them has."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from quadopt.tables.case import Case
from quadopt.tables.catalogue import SETTINGS, TABLES
from quadopt.tables.cells import same
from quadopt.tables.inputs import LEFT_OUT, unit_of
from quadopt.tables.normalise import filled
from quadopt.tables.schema import Column, Table
from quadopt.tables.writing import new_workbook, write_row

DIFFERENCE = (
    "what", "table", "entry", "column", "period", "until", "old", "new", "old_text", "new_text", "unit", "change", "ratio",
)  # fmt: skip
NUMBERS = ("old", "new", "change", "ratio")

Key = tuple[Any, ...]
Record = dict[str, Any]
Pair = tuple[Record | None, Record | None]


def difference(base: Case, other: Case) -> pd.DataFrame:
    """What is different in `other`, table by table, in the columns `DIFFERENCE`.

    `what`: a value `changed`, or belongs to a row that was `added` or `removed` (of these rows the values that are not
    those of a blank cell). `period` and `until` are the first and last of a run of periods that differ in the same way.
    Numbers stand in `old`, `new`, `change` (new less old) and `ratio` (new over old; blank where old is 0), all else in
    `old_text` and `new_text`, in `unit`. What-ifs are left out. Empty where the cases are the same.
    """
    rows: list[tuple[Any, ...]] = []
    for name, table in TABLES.items():
        if name == "settings":
            rows += _settings(base, other)
        elif name not in LEFT_OUT:
            rows += _Sides(table, base, other).rows()
    frame = pd.DataFrame(rows, columns=list(DIFFERENCE))
    return frame.astype({name: "float64" if name in NUMBERS else "str" for name in DIFFERENCE})


def write_difference(found: pd.DataFrame, path: str | Path, force: bool = False) -> Path:
    """Write a difference as a workbook of one sheet.

    Raises FileExistsError where the file exists and `force` is not given.
    """
    with new_workbook(path, force=force) as workbook:
        sheet = workbook.add_worksheet("difference")
        write_row(sheet, 0, list(found), workbook.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1}))
        for number, row in enumerate(found.itertuples(index=False), start=1):
            write_row(sheet, number, [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in row])
        for position, name in enumerate(found):
            sheet.set_column(position, position, 40 if name == "entry" else 14)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(found), 1), len(DIFFERENCE) - 1)
    return Path(path)


def _settings(base: Case, other: Case) -> Iterator[tuple[Any, ...]]:
    old, new = base.tables["settings"].iloc[0], other.tables["settings"].iloc[0]
    for column in SETTINGS:
        if not same(old[column.name], new[column.name]):
            cells = _cells(column, old[column.name], new[column.name])
            yield ("changed", "settings", column.name, "value", "", "", *_shown(cells, column.unit))


@dataclass(frozen=True)
class _Sides:
    """One table in both cases, rows matched by key and period."""

    table: Table
    base: Case
    other: Case

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows of `DIFFERENCE` of this table."""
        old, new = self._entries(self.base), self._entries(self.other)
        periods = list(dict.fromkeys([*self.base.periods, *self.other.periods]))
        for key in dict.fromkeys([*old, *new]):
            there = [old.get(key, {}), new.get(key, {})]
            times = [t for t in periods if t in there[0] or t in there[1]] if self.table.varying else [""]
            pairs: dict[str, Pair] = {t: (there[0].get(t), there[1].get(t)) for t in times}
            for column in self.table.columns:
                if column.name not in (*(self.table.named_by or self.table.key), "period"):
                    yield from self._column(column, pairs)

    def _entries(self, case: Case) -> dict[Key, dict[str, Record]]:
        """key (in a table without one also the number of its row among those of the same name) -> period or "" -> record."""
        found: dict[Key, dict[str, Record]] = {}
        for record in case.tables[self.table.name].to_dict("records"):
            row = {str(name): cell for name, cell in record.items()}
            key: Key = tuple(row[name] for name in self.table.named_by or self.table.key)
            if not self.table.key:
                key = (*key, sum(other[:-1] == key for other in found))
            found.setdefault(key, {})[row["period"] if self.table.varying else ""] = row
        return found

    def _column(self, column: Column, pairs: dict[str, Pair]) -> Iterator[tuple[Any, ...]]:
        """One row for each run of periods in which a column differs in the same way."""
        runs: list[tuple[tuple[Any, ...], list[str]]] = []
        last = ""
        for number, (period, pair) in enumerate(pairs.items()):
            if number and not column.varies and runs and _what(pair) == runs[-1][0][0]:
                continue
            line = self._line(column, pair)
            if line is not None and runs and runs[-1][0] == line and runs[-1][1][-1] == last:
                runs[-1][1].append(period)
            elif line is not None:
                runs.append((line, [period]))
            last = period
        record = next(row for pair in pairs.values() for row in reversed(pair) if row is not None)
        names = {**_units(self.base), **_units(self.other)}
        unit = unit_of(column, record, self.other.currency, names)
        for (what, *cells), times in runs:
            shown = _shown(tuple(cells), unit)
            ends = (times[0], times[-1]) if column.varies else ("", "")
            yield (what, self.table.name, self.table.entry(record), column.name, *ends, *shown)

    def _line(self, column: Column, pair: Pair) -> tuple[Any, ...] | None:
        """What differs of a column between two rows of a key and period; None where nothing does."""
        old, new = (None if row is None else row[column.name] for row in pair)
        what = _what(pair)
        if what == "changed":
            return None if same(old, new) else (what, *_cells(column, old, new))
        blank = filled(column, None)
        if not column.required and same(new if what == "added" else old, blank):
            return None
        return (what, *_cells(column, old, new))


def _what(pair: Pair) -> str:
    return "added" if pair[0] is None else "removed" if pair[1] is None else "changed"


def _units(case: Case) -> dict[Any, str]:
    return dict(zip(case.tables["materials"]["material"], case.tables["materials"]["unit"], strict=True))


def _cells(column: Column, old: Any, new: Any) -> tuple[Any, ...]:
    """Numbers (None where there is none) and texts of both sides."""
    numbers, texts = [], []
    for value in (old, new):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)
        numbers.append(float(value) if is_number else None)
        if value is None or is_number:
            texts.append("")
        elif isinstance(value, tuple):
            texts.append("; ".join(value) or column.default_words)
        elif column.type == "flag":
            texts.append("yes" if value else "no")
        else:
            texts.append(column.default_words if value == "" or column.type == "number" else str(value))
    return (*numbers, *texts)


def _shown(cells: tuple[Any, ...], unit: str) -> tuple[Any, ...]:
    """The cells with their unit, the change and the ratio of numbers."""
    old, new, *texts = cells
    has_both = old is not None and new is not None
    ratio = new / old if has_both and old else math.nan
    has_number = old is not None or new is not None
    return (math.nan if old is None else old, math.nan if new is None else new, *texts, unit if has_number else "",
            new - old if has_both else math.nan, ratio)  # fmt: skip
