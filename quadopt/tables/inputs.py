"""What a case gives to the model: every value, one a row, with unit and source; and every source with where it is used."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from quadopt.tables.case import Case
from quadopt.tables.catalogue import COMMON, SETTINGS, TABLES
from quadopt.tables.changes import Change
from quadopt.tables.origins import Origins
from quadopt.tables.schema import Column, Table, clean
from quadopt.tables.sources import QUALITIES, sources_of
from quadopt.tables.typed import TypedRow

LEFT_OUT = ("whatifs",)
"""Tables that change nothing in the plan of the case itself."""
SINGLE_UNIT = re.compile(r"\bunits?\b(?! of (?:activity|process))(?: of material\b)?")

INPUTS = (
    "table", "entry", "column", "period", "until", "value", "text", "unit", "given", "source", "quality", "note", "row",
)  # fmt: skip


def input_values(case: Case) -> pd.DataFrame:
    """Every value that the model reads, one a row, as it stands after defaults were filled and periods spelled out.

    `entry` names the input's row by its key, `column` the column; `period` and `until` are the first and last of a run
    of periods with the same value (blank where the column does not vary). Numbers stand in `value` with their `unit`,
    in which the material's own unit is put in; everything else, and in words what a blank number means, in `text`. `given` is
    "as given", "default" (the cell is blank) or "changed" (by a what-if, whose source it then has). `row` is the row in
    the input's sheet or file. What-ifs change nothing in this plan and are left out; so are blank texts.
    """
    origins = Origins(case)
    rows: list[tuple[Any, ...]] = []
    for name, table in TABLES.items():
        if name not in LEFT_OUT:
            rows += _Ledger(case, table, origins).rows()
    frame = pd.DataFrame(rows, columns=list(INPUTS))
    return frame.astype({"value": "float64", "row": "float64"} | dict.fromkeys(INPUTS[:5] + INPUTS[6:12], "str"))


def source_table(case: Case) -> pd.DataFrame:
    """Each source once, the most used first: `source`, `rows`, of which `reported`, `derived`, `assumed`, and `used_in`.

    `used_in` names tables with row numbers of their sheets: "plants rows 2-15, 20; projects rows 3".
    """
    read = {name: frame for name, frame in case.raw.items() if name not in LEFT_OUT}
    told = [*sources_of(read), *_sources_of_changes(case.changes)]
    found = pd.DataFrame(told, columns=["table", "source", "rows", *QUALITIES, "numbers"])
    found["used_in"] = [
        f"{name} rows {numbers}" for name, numbers in zip(found["table"], found["numbers"], strict=True)
    ]
    counts = dict.fromkeys(("rows", *QUALITIES), "sum")
    summed = found.groupby("source", sort=False).agg(counts | {"used_in": "; ".join}).reset_index()
    return summed.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def _sources_of_changes(changes: Sequence[Change]) -> list[tuple[Any, ...]]:
    """The same of the changes made to a case, by the sheet or file in which they stand; without a row by their number."""
    sheets: dict[str, list[tuple[int, Change]]] = {}
    for number, change in enumerate(changes, start=1):
        sheets.setdefault(change.place.sheet, []).append((change.place.row or number, change))
    found: list[tuple[Any, ...]] = []
    for sheet, rows in sheets.items():
        texts = [{"source": change.source, "quality": change.quality} for _, change in rows]
        frame = pd.DataFrame(texts, index=[number for number, _ in rows])
        found += [(sheet, *line[1:]) for line in sources_of({"whatifs": frame})]
    return found


def unit_of(column: Column, record: Mapping[Any, Any], currency: str, units: Mapping[Any, str]) -> str:
    """The column's unit, with the material's own (of `units`) where the row is about one material."""
    unit = column.unit_in(currency)
    own = units.get(record.get("material"), "")
    return SINGLE_UNIT.sub(lambda _: own, unit) if own else unit


class _Ledger:
    """The values of one table beside the rows that gave them."""

    def __init__(self, case: Case, table: Table, origins: Origins) -> None:
        self.case, self.table, self.origins = case, table, origins
        self.named_by = table.named_by or table.key
        self.units = dict(zip(case.tables["materials"]["material"], case.tables["materials"]["unit"], strict=True))

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows of `INPUTS` of this table."""
        if self.table.name == "settings":
            yield from self._settings()
            return
        records = self.case.tables[self.table.name].to_dict("records")
        groups: dict[tuple[Any, ...], list[dict[Any, Any]]] = {}
        for position, record in enumerate(records):
            key = tuple(record[name] for name in self.table.key) or (position,)
            groups.setdefault(key, []).append(record)
        for key, group in groups.items():
            for column in self.table.columns:
                if column.name not in (*self.named_by, "period"):
                    yield from self._column(column, group, key)

    def _column(self, column: Column, group: list[dict[Any, Any]], key: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """One row for each run of periods with the same value from the same row of the input."""
        runs: list[tuple[tuple[Any, ...], list[str]]] = []
        for record in group if column.varies else group[:1]:
            period = str(record["period"]) if column.varies else ""
            row, header = self.origins.row(self.table.name, key, column.name, period)
            cell = None if row is None else row.wide[header] if header != column.name else row.get(header)
            value = record[column.name]
            time = str(record["period"]) if self.table.varying else ""
            change = self.case.changed_cells.get((self.table.name, key, time, column.name))
            found = (*self._shown(column, value), *self._told(row, cell, value, change))
            if runs and runs[-1][0] == found:
                runs[-1][1].append(period)
            else:
                runs.append((found, [period]))
        unit = unit_of(column, group[0], self.case.currency, self.units)
        for (number, text, given_as, *source), periods in runs:
            if number is not None or text:
                value = math.nan if number is None else number
                entry = self.table.entry(group[0])
                shown_unit = unit if number is not None else ""
                yield (self.table.name, entry, column.name, periods[0], periods[-1], value, text, shown_unit, given_as,
                       *source)  # fmt: skip

    def _told(self, row: TypedRow | None, cell: Any, value: Any, change: Change | None) -> tuple[Any, ...]:
        """Where a value comes from: how given, source, quality, note, row of the sheet."""
        if change is not None:
            return ("changed", change.source, change.quality, change.note, None)
        given = "default" if cell is None else "as given" if cell == value else "changed"
        if row is None or given == "changed":
            return (given, "", "", "", None)
        texts = [clean(row.get(column.name) or "") for column in COMMON]
        return (given, *texts, row.number)

    def _shown(self, column: Column, value: Any) -> tuple[float | None, str]:
        """A number, or the text that stands for the value; both blank where there is nothing to tell."""
        if column.type == "number":
            return (None, column.default_words) if pd.isna(value) else (float(value), "")
        if column.type == "flag":
            return None, "yes" if value else "no"
        if column.type == "names":
            return None, "; ".join(value)
        return None, str(value)

    def _settings(self) -> Iterator[tuple[Any, ...]]:
        record = self.case.tables["settings"].iloc[0]
        for column in SETTINGS:
            row, _ = self.origins.row("settings", (column.name,), "value")
            number, text = self._shown(column, record[column.name])
            change = self.case.changed_cells.get(("settings", (column.name,), "", "value"))
            told = self._told(row, row.get("typed") if row else None, record[column.name], change)
            if number is not None or text:
                value = math.nan if number is None else number
                yield ("settings", column.name, "value", "", "", value, text, column.unit, *told)
