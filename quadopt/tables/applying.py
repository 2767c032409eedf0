"""Applying changes: the tables of a case as stated, changed row by row, with every fault at the change that has it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from quadopt.errors import Finding
from quadopt.tables.catalogue import SETTINGS, TABLES
from quadopt.tables.cells import computed, refer, same, with_cells
from quadopt.tables.changes import CHANGEABLE, OPERATIONS, Change
from quadopt.tables.new_rows import names_to_come, new_records
from quadopt.tables.normalise import filled, filled_in, frame, spelled_out
from quadopt.tables.raw import RawTables, header_of, table_of
from quadopt.tables.schema import Column, Table, listed, nearest
from quadopt.tables.values import Fault, convert
from quadopt.tables.where import Condition, Known, parse_where, select

WHERE_EXPECTED = "e.g. country=China; period=2026..2030"
SETTING = {column.name: column for column in SETTINGS}


class Changing:
    """The stated tables of a case under change.

    `frames` are numbered by rows that keep their number (`settings` as rows of name and value); `by` says which change
    last touched a cell, by table, row and column. `faults` stop the what-if; `idle` are changes that change nothing.
    """

    def __init__(self, stated: Mapping[str, pd.DataFrame], raw: Callable[[], RawTables], changes: Iterable[Change]):
        self.frames = {name: table.reset_index(drop=True) for name, table in stated.items() if name in CHANGEABLE}
        record = stated["settings"].iloc[0]
        self.frames["settings"] = pd.DataFrame(
            {"name": list(SETTING), "value": pd.Series([record[name] for name in SETTING], dtype=object)}
        )
        self.count = {name: len(table) for name, table in self.frames.items()}
        self.by: dict[tuple[str, int, str], Change] = {}
        self.unsaid: dict[tuple[str, int], Change] = {}
        self.faults: list[Finding] = []
        self.idle: list[Finding] = []
        self.doubts: list[Finding] = []
        self._viewed: tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]] | None = None
        self._raw = raw
        self._coming = names_to_come(changes)

    @property
    def periods(self) -> list[str]:
        """Period labels in order."""
        return list(dict.fromkeys(self.frames["periods"]["period"]))

    def view(self) -> dict[str, pd.DataFrame]:
        """The tables with what follows from other columns filled in; rows that follow are numbered on."""
        if self._viewed is None or any(self._viewed[0][name] is not table for name, table in self.frames.items()):
            self._viewed = (dict(self.frames), filled_in(self.frames))
        return self._viewed[1]

    def entry(self, name: str, row: int) -> str:
        """A row's name, for a reader."""
        return TABLES[name].entry({str(key): cell for key, cell in self.frames[name].loc[row].items()})

    def apply(self, change: Change) -> None:
        """Make one change; its faults are noted and leave the tables as they were."""
        if change.table not in CHANGEABLE:
            self._fault(change, "table", f"there is no table '{change.table}' to change",
                        expected="one of " + ", ".join(CHANGEABLE), suggestion=nearest(change.table, CHANGEABLE),
                        value=change.table)  # fmt: skip
            return
        if change.operation not in OPERATIONS:
            self._fault(change, "operation", "there is no such operation", expected="one of " + ", ".join(OPERATIONS),
                        suggestion=nearest(change.operation, OPERATIONS), value=change.operation)  # fmt: skip
            return
        try:
            conditions = parse_where(change.where)
        except Fault as fault:
            self._fault(change, "where", fault.message, value=change.where, expected=WHERE_EXPECTED)
            return
        if change.operation in ("add_row", "remove_rows"):
            for column in ("column", "value"):
                if getattr(change, column):
                    self.doubts.append(change.place.finding(
                        "warning", f"{change.operation} does not use {column}", column, value=getattr(change, column)
                    ))  # fmt: skip
        periods = self.periods
        if change.operation == "add_row":
            self._add_row(change, TABLES[change.table], conditions)
        else:
            self._change_rows(change, TABLES[change.table], conditions)
        if change.table == "periods":
            self._spell_out([period for period in self.periods if period not in periods], change)

    def _fault(self, change: Change, column: str, message: str, **more: str) -> None:
        self.faults.append(change.place.finding("error", message, column, **more))

    def _idle(self, change: Change, column: str, message: str) -> None:
        value = getattr(change, column)
        self.idle.append(change.place.finding("error", f"{message}, so nothing changes", column, value=value))

    def _known(self, view: Mapping[str, pd.DataFrame]) -> Known:
        """The names that there are for a column that refers to another table, those that the what-if adds included."""

        def known(column: Column) -> Collection[str]:
            if not column.reference:
                return ()
            table, name = column.reference.split(".")
            there = dict.fromkeys(str(each) for each in view[table][name] if each)
            return [*there, *self._coming.get(column.reference, ())]

        return known

    def _change_rows(self, change: Change, table: Table, conditions: list[Condition]) -> None:
        """Set, add, multiply or remove in the rows that meet the conditions."""
        view = self.view()
        before = view[table.name]
        try:
            chosen = select(before, table, conditions, self.periods, self._known(view))
        except Fault as fault:
            self._fault(change, "where", fault.message, value=change.where, suggestion=fault.suggestion,
                        expected=WHERE_EXPECTED)  # fmt: skip
            return
        if change.operation == "remove_rows":
            self._remove(change, before, chosen, bool(conditions))
            return
        column = self._column(change, table)
        if column is None:
            return
        if change.column not in table.names:
            chosen &= before["period"] == change.column
        if not chosen.any():
            self._idle(change, "where", f"no row of {table.name} meets the condition")
            return
        try:
            values = self._values(change, column, before.loc[chosen], self._known(view))
        except Fault as fault:
            expected = column.expected if table.name != "settings" else ""
            self._fault(change, "value", fault.message, value=change.value, expected=expected,
                        suggestion=fault.suggestion)  # fmt: skip
            return
        rows = self._adopt(table, before, before.index[chosen])
        former = self.frames[table.name]
        self.frames[table.name] = with_cells(former, column.name, rows, values)
        if column.name in (*table.key, "period") and self._has_double_keys(change, table):
            self.frames[table.name] = former
            return
        after = self.view()[table.name][column.name].loc[rows]
        if all(same(*pair) for pair in zip(before.loc[chosen, column.name], after, strict=True)):
            self._idle(change, "value", f"{column.name} is the same before and after in {_rows(len(rows))}")
        self.by |= {(table.name, row, column.name): change for row in rows}

    def _column(self, change: Change, table: Table) -> Column | None:
        """The column to change: one of the table's, or its first varying one where a period is named."""
        name = change.column
        if name in table.names:
            return table.column(name)
        if name and table.varying and name in self.periods:
            return table.varying[0]
        message = f"the table {table.name} has no column '{name}'" if name else f"{change.operation} needs a column"
        names = [*table.names, *(self.periods if table.varying else [])]
        expected = "one of " + ", ".join(table.names) + (" or a period" if table.varying else "")
        self._fault(change, "column", message, value=name, expected=expected, suggestion=nearest(name, names))
        return None

    def _values(self, change: Change, column: Column, rows: pd.DataFrame, known: Known) -> list[Any]:
        """The new values of the rows picked. Raises Fault for a value that the column cannot hold."""
        is_setting = change.table == "settings"
        if is_setting and column.name != "value":
            raise Fault("a setting has its name: only its value changes")
        if is_setting and len(rows) == len(SETTING):
            raise Fault("a change of settings needs name=... in where")
        columns = [SETTING[name] for name in rows["name"]] if is_setting else [column] * len(rows)
        if change.operation != "set":
            return [computed(change, own, old) for own, old in zip(columns, rows[column.name], strict=True)]
        values = {}
        for own in dict.fromkeys(columns):
            value = convert(own, change.value)
            if value is None and own.required:
                raise Fault("the value is blank")
            refer(own, value, known)
            values[own] = filled(own, value)
        return [values[own] for own in columns]

    def _remove(self, change: Change, before: pd.DataFrame, chosen: pd.Series, is_picked: bool) -> None:
        """Remove rows; a setting goes back to its default."""
        name = change.table
        if not is_picked:
            self._fault(change, "where", "remove_rows without a condition would empty the table",
                        expected="which rows to remove")  # fmt: skip
            return
        if not chosen.any():
            self._idle(change, "where", f"no row of {name} meets the condition")
            return
        former = self.frames[name]
        if name == "settings":
            defaults = [filled(SETTING[own], None) for own in former.loc[chosen, "name"]]
            self.frames[name] = with_cells(former, "value", former.index[chosen], defaults)
            self.by |= {(name, row, "value"): change for row in former.index[chosen]}
        else:
            self.frames[name] = former.drop(index=[row for row in before.index[chosen] if row in former.index])
        after = self.view()[name]
        if len(after) == len(before) and all(
            same(*pair) for column in before for pair in zip(before[column], after[column], strict=True)
        ):
            self._idle(change, "where", "what is removed counts without a row as well")

    def _adopt(self, table: Table, view: pd.DataFrame, chosen: Iterable[int]) -> list[int]:
        """The numbers of rows of the view in the stated table; rows that followed from others become stated, key by key."""
        stated = self.frames[table.name]
        follows = [row for row in chosen if row not in stated.index]
        if not follows:
            return list(chosen)
        keys = set(map(tuple, view.loc[follows, list(table.key)].to_numpy()))
        rest = view.loc[[row for row in view.index if row not in stated.index]]
        taken = rest[[key in keys for key in map(tuple, rest[list(table.key)].to_numpy())]]
        numbers = dict(zip(taken.index, self._append(table.name, taken), strict=True))
        return [numbers.get(row, row) for row in chosen]

    def _append(self, name: str, rows: pd.DataFrame) -> list[int]:
        """Put rows below a stated table; their numbers."""
        first = self.count[name]
        self.count[name] = first + len(rows)
        numbers = range(first, self.count[name])
        added = rows.set_axis(numbers)
        self.frames[name] = pd.concat([self.frames[name], added]) if len(self.frames[name]) else added
        return list(numbers)

    def _add_row(self, change: Change, table: Table, conditions: list[Condition]) -> None:
        """Add the row that stands in `where`; without a period it holds for every period that no row of its key names."""
        given = {header_of(table.name, condition.column): condition.text for condition in conditions}
        if table.name == "settings":
            named = Change("settings", f"name={given.get('name', '')}", "value", "set", given.get("value", ""),
                           place=change.place)  # fmt: skip
            self._change_rows(named, table, parse_where(named.where))
            return
        is_wide = bool(table.varying) and any(header in self.periods for header in given)
        missing = [column.name for column in table.columns if column.required and not given.get(column.name)
                   and not (is_wide and column is table.varying[0])]  # fmt: skip
        if missing:
            self._fault(change, "where", f"the new row of {table.name} has no {listed(missing)}", value=change.where,
                        expected="the whole row, as column=value; column=value")  # fmt: skip
            return
        try:
            records = new_records(table, given, self.frames[table.name], self.periods, self._known(self.view()))
        except Fault as fault:
            self._fault(change, "where", fault.message, value=change.where, suggestion=fault.suggestion)
            return
        former, count = self.frames[table.name], self.count[table.name]
        rows = self._append(table.name, frame(table, records))
        if self._has_double_keys(change, table):
            self.frames[table.name], self.count[table.name] = former, count
            return
        self.by |= {(table.name, row, column): change for row in rows for column in table.names}

    def _has_double_keys(self, change: Change, table: Table) -> bool:
        """Whether two rows have one key (and period) now, which is noted."""
        columns = [*table.key, *(["period"] if table.varying else [])]
        rows = self.frames[table.name]
        double = rows[columns].duplicated(keep=False) if table.key else pd.Series(False, index=rows.index)
        if not double.any():
            return False
        key = rows.loc[double, columns].iloc[0]
        column = "where" if change.operation == "add_row" else "value"
        shown = ", ".join(str(part) for part in key if part != "") or "the row for everything"
        self._fault(change, column, f"{table.name} has a row for {shown} already", value=getattr(change, column),
                    expected="set to change its values")  # fmt: skip
        return True

    def _spell_out(self, periods: list[str], change: Change) -> None:
        """Rows for new periods, as the input has them for periods that it does not name."""
        if not periods:
            return
        raw = self._raw()
        raw.tables["periods"] = table_of("periods", self.frames["periods"])
        found: list[Finding] = []
        spelled = spelled_out(raw, found)
        said = {finding.message.partition(": no value for ")[0] for finding in found if finding.severity == "warning"}
        for name, table in TABLES.items():
            if not table.varying:
                continue
            rows, keys = self.frames[name], list(table.key)
            there = set(map(tuple, rows[keys].to_numpy()))
            known = set(map(tuple, rows[[*keys, "period"]].to_numpy()))
            new = spelled[name]
            wanted = [key[:-1] in there and key[-1] in periods and key not in known
                      for key in map(tuple, new[[*keys, "period"]].to_numpy())]  # fmt: skip
            if not any(wanted):
                continue
            for row in self._append(name, new.loc[wanted]):
                key = [str(part) for part in self.frames[name].loc[row, keys] if part != ""]
                if table.unnamed_period_is_zero and listed(key, 9) in said:
                    self.unsaid[name, row] = change


def _rows(number: int) -> str:
    return "the row picked" if number == 1 else f"all {number} rows picked"
