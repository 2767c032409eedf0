"""A changed case: changes made, what lost its meaning dropped, the whole checked as a workbook is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from quadopt.errors import Finding, InputError
from quadopt.tables.applying import Changing
from quadopt.tables.catalogue import TABLES
from quadopt.tables.changes import Change, asked_for, chain
from quadopt.tables.checks import check
from quadopt.tables.dropping import drop_meaningless
from quadopt.tables.normalise import filled_in, spelled_out
from quadopt.tables.origins import Origins
from quadopt.tables.raw import RawTable, RawTables, table_of

if TYPE_CHECKING:
    from quadopt.tables.case import Case

Cell = tuple[str, tuple[Any, ...], str, str]
"""table, key (position where it has none), period or "", column."""


def changed(case: Case, changes: Any, ignored_tables: Collection[str] = ()) -> Case:
    """The case with a what-if's changes; see `Case.with_changes`."""
    whatif, others = asked_for(changes, case.whatifs)
    steps = chain(whatif, others)
    changing = Changing(case.stated, lambda: raw_of(case), steps)
    for change in steps:
        ignored = {change.table, f"{change.table}.{change.column}"} & set(ignored_tables)
        if ignored:
            column, value = ("table", change.table) if change.table in ignored else ("column", change.column)
            message = f"the model file does not read {'the table ' if column == 'table' else ''}{ignored.pop()}"
            changing.faults.append(change.place.finding("error", f"{message}, so nothing changes", column, value=value))
        changing.apply(change)
    if not steps:
        changing.faults.append(Finding("error", "changes", message="there is no change"))
    if changing.faults or changing.idle:
        raise InputError([*changing.faults, *changing.idle])
    dropped = drop_meaningless(changing, case.tables)
    return _Checked(case, changing, steps).case(dropped)


def raw_of(case: Case) -> RawTables:
    """The rows of a case as they were read."""
    return RawTables({name: RawTable.from_frame(name, rows) for name, rows in case.raw.items()})


class _Checked:
    """The changed tables through the checks of a workbook, what they find put at the changes that cause it."""

    def __init__(self, case: Case, changing: Changing, steps: Sequence[Change]) -> None:
        self.base, self.changing, self.steps = case, changing, steps
        self.origins = Origins(case)
        self.sheets: dict[str, str] = {}
        self.numbers: dict[str, dict[int, int]] = {}

    def case(self, dropped: pd.DataFrame) -> Case:
        """The changed case. Raises InputError with the faults that the changes cause."""
        from quadopt.tables.case import Case

        raw = RawTables({
            name: self._raw(name, rows) for name, rows in self.changing.frames.items()
            if name in self.base.raw or len(rows)
        })  # fmt: skip
        found: list[Finding] = []
        stated = spelled_out(raw, found)
        tables = filled_in(stated, found, has_fund="fund" in raw.tables)
        check(tables, raw, found)
        if any(finding.severity == "error" for finding in found):
            raise InputError([self._placed(finding) for finding in found])
        stated["whatifs"] = tables["whatifs"] = self.base.tables["whatifs"]
        case = Case(
            tables, self._read_rows(), self._findings(found), self.base.source, stated, (*self.base.changes, *self.steps),
            pd.concat([self.base.dropped, dropped], ignore_index=True), self._changed_cells(),
        )  # fmt: skip
        if case.input_hash == self.base.input_hash:
            message = "all changes together leave the case as it was"
            raise InputError([self.steps[-1].place.finding("error", message, "table", value=self.steps[-1].table)])
        return case

    def _raw(self, name: str, rows: pd.DataFrame) -> RawTable:
        """A table under change, its rows with the numbers that they have in the input, new ones numbered on."""
        numbers: dict[int, int] = {}
        known = self.base.stated[name]
        for row, record in zip(rows.index, rows.to_dict("records"), strict=True):
            number = None
            if name == "settings":
                number = self.origins.find(name, (record["name"],), "value").row
            elif row < len(known):
                number = self._number(name, row)
            if number is not None:
                numbers[row] = number
        last = max([*numbers.values(), len(rows)])
        for row in rows.index:
            if row not in numbers:
                last += 1
                numbers[row] = last
        self.numbers[name] = {row: numbers[row] for row in rows.index}
        sheet = str(self.base.raw[name].attrs.get("sheet", name)) if name in self.base.raw else name
        self.sheets[sheet] = name
        return table_of(name, rows, [numbers[row] for row in rows.index], sheet)

    def _number(self, name: str, row: int) -> int | None:
        """The number in its sheet of a row of the case before."""
        table, record = TABLES[name], self.base.stated[name].iloc[row]
        key = tuple(record[part] for part in table.key) or (row,)
        return self.origins.find(name, key, table.names[-1], record["period"] if table.varying else "").row

    def _findings(self, found: list[Finding]) -> list[Finding]:
        """The doubts about the case before that still stand, and those that the changes raise, at their places."""
        known = {(finding.sheet, finding.row, finding.message) for finding in self.base.findings}
        new = [finding for finding in found if (finding.sheet, finding.row, finding.message) not in known]
        doubts = [*self.changing.doubts, *(self._placed(finding) for finding in new), *self._unsaid()]
        return [*self.base.findings, *dict.fromkeys(doubts)]

    def _unsaid(self) -> list[Finding]:
        """A doubt for each table in which a new period counts as 0 because nobody names it."""
        found: dict[tuple[str, Change], int] = {}
        for (name, row), change in self.changing.unsaid.items():
            if (
                row in self.changing.frames[name].index
                and (name, row, TABLES[name].varying[0].name) not in self.changing.by
            ):
                found[name, change] = found.get((name, change), 0) + 1
        return [
            change.place.finding("warning", f"{name}: no value for new periods in {count} rows; 0 is taken", "where")
            for (name, change), count in found.items()
        ]

    def _placed(self, finding: Finding) -> Finding:
        """A finding at the change that touched its row; else at the last change of its table, or the last of all."""
        name = self.sheets.get(finding.sheet, finding.sheet)
        rows = [row for row, number in self.numbers.get(name, {}).items() if number == finding.row]
        touched = [
            (change, row) for row in rows for (table, at, column), change in self.changing.by.items()
            if (table, at) == (name, row) and finding.column in (column, "")
        ] or [
            (change, row) for row in rows for (table, at, _), change in self.changing.by.items()
            if (table, at) == (name, row)
        ]  # fmt: skip
        is_new = bool(rows) and name != "settings" and rows[0] >= len(self.base.stated[name])
        if touched:
            change, row = touched[0]
        else:
            own = [change for change in self.steps if change.table == name]
            change, row = (own or list(self.steps))[-1], rows[0] if is_new else -1
        where = f"{name}, {self.changing.entry(name, row)}" if row >= 0 else finding.place or name
        has_value = change.value and change.operation not in ("add_row", "remove_rows")
        column = "value" if has_value else "where" if change.where else "table"
        about = ", ".join(filter(None, (where, finding.column if row >= 0 else "")))
        return change.place.finding(
            finding.severity, f"{about}: {finding.message}", column, value=finding.value, expected=finding.expected,
            suggestion=finding.suggestion,
        )  # fmt: skip

    def _read_rows(self) -> dict[str, pd.DataFrame]:
        """The rows as read of which something is left."""
        raw = dict(self.base.raw)
        for name, rows in raw.items():
            if name in ("settings", "whatifs"):
                continue
            left = self.changing.frames[name].index
            if TABLES[name].key:
                gone = {self._number(name, row) for row in range(len(self.base.stated[name])) if row not in left}
                raw[name] = rows.drop(
                    index=[n for n in gone - set(self.numbers.get(name, {}).values()) if n in rows.index]
                )
            else:
                raw[name] = rows.iloc[[row for row in left if row < len(rows)]]
        return raw

    def _changed_cells(self) -> dict[Cell, Change]:
        """Which change last touched a cell, by table, key, period and column; those of earlier changes too."""
        cells: dict[Cell, Change] = {}
        for (name, key, period, column), change in self.base.changed_cells.items():
            if TABLES[name].key:
                cells[name, key, period, column] = change
            elif key[0] in self.changing.frames[name].index:
                cells[name, (self.changing.frames[name].index.get_loc(key[0]),), period, column] = change
        for (name, row, column), change in self.changing.by.items():
            rows = self.changing.frames[name]
            if row in rows.index:
                record = rows.loc[row]
                key = tuple(record[part] for part in TABLES[name].key) or (rows.index.get_loc(row),)
                cells[name, key, str(record["period"]) if TABLES[name].varying else "", column] = change
        return cells
