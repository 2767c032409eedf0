"""New rows of a table under change: what the text of a `where` means as records, and the names that will be there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from quadopt.errors import Finding
from quadopt.tables.cells import refer
from quadopt.tables.changes import Change
from quadopt.tables.normalise import filled
from quadopt.tables.raw import RawTable
from quadopt.tables.schema import Table
from quadopt.tables.typed import type_table
from quadopt.tables.values import Fault
from quadopt.tables.where import OR, RANGE, Known, parse_where, periods_between


def new_records(
    table: Table, given: dict[str, str], rows: pd.DataFrame, periods: Sequence[str], known: Known
) -> list[dict[str, Any]]:
    """The records of a new row, `given` by column (or period), one a period where the table varies; `rows` are there already.

    A row without a period holds for every period that no row of its key names. Raises Fault for what its columns cannot hold.
    """
    spans = _spans(given.pop("period", ""), periods) if table.varying else []
    cells = {
        name: text.replace(OR, ";") if name in table.names and table.column(name).type == "names" else text
        for name, text in given.items()
    }
    found: list[Finding] = []
    raw = RawTable(table.name, table.name, "python", list(cells), [list(cells.values())], [1])
    typed = type_table(raw, list(periods), found)
    for finding in found:
        raise Fault(f"{finding.column}: {finding.message}", finding.suggestion)
    row = typed.rows[0]
    for column in table.columns:
        try:
            refer(column, row.get(column.name), known)
        except Fault as fault:
            raise Fault(f"{column.name}: {fault.message}", fault.suggestion) from None
    record = {column.name: filled(column, row.get(column.name)) for column in table.columns}
    if not table.varying:
        return [record]
    if typed.is_wide:
        return [{**record, "period": t, table.varying[0].name: row.wide[t]} for t in typed.wide_periods]
    key = tuple(record[name] for name in table.key)
    same_key = rows[[tuple(each) == key for each in rows[list(table.key)].to_numpy()]] if len(rows) else rows
    named = set(same_key["period"])
    return [{**record, "period": t} for t in spans or [t for t in periods if t not in named] or periods]


def _spans(text: str, periods: Sequence[str]) -> list[str]:
    """The periods that a new row names: one, several or a range; none where it holds for the rest."""
    found: list[str] = []
    for part in filter(None, text.split(OR)):
        found += periods_between(part if RANGE in part else f"{part.strip()}{RANGE}{part.strip()}", periods)
    return found


def names_to_come(changes: Iterable[Change]) -> dict[str, set[str]]:
    """table.column -> the names that rows added or names set there will have, which other changes may use before."""
    found: dict[str, set[str]] = {}
    for change in changes:
        if change.operation == "set":
            found.setdefault(f"{change.table}.{change.column}", set()).add(change.value)
        elif change.operation == "add_row":
            try:
                conditions = parse_where(change.where)
            except Fault:
                continue
            for condition in conditions:
                found.setdefault(f"{change.table}.{condition.column}", set()).add(condition.text)
    return found
