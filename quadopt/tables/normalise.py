"""Raw tables to normalised tables: defaults filled, columns that vary by period spelled out for every period.

The method, section 2. In the long form a row without a period holds for every period that no other row names, and a
blank cell in a dated row takes the undated row's value. In the wide form the columns headed by periods hold the
table's first varying column. Nothing turns into zero unsaid.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from quadopt.errors import Finding
from quadopt.tables.catalogue import SETTINGS, TABLES
from quadopt.tables.raw import RawTables
from quadopt.tables.schema import Column, Table, listed
from quadopt.tables.typed import TypedRow, TypedTable, type_tables


def normalise(raw: RawTables, findings: list[Finding]) -> dict[str, pd.DataFrame]:
    """All tables of the catalogue, normalised; absent ones are empty frames with their columns.

    Every fault of reading and typing is added to `findings`. Where errors were found the frames are incomplete and only
    fit for further checks.
    """
    return filled_in(spelled_out(raw, findings), findings, has_fund="fund" in raw.tables)


def spelled_out(raw: RawTables, findings: list[Finding]) -> dict[str, pd.DataFrame]:
    """All tables as the input states them, one row a key and period: what follows from other columns is still blank.

    Faults are added to `findings`, as by `normalise`.
    """
    findings.extend(finding for finding in raw.findings if finding not in findings)
    typed = type_tables(raw, findings)
    periods = list(dict.fromkeys(row.get("period") for row in rows_of(typed, "periods") if row.get("period")))
    tables: dict[str, pd.DataFrame] = {}
    for name, table in TABLES.items():
        if name == "settings":
            tables[name] = _settings(rows_of(typed, name))
        elif name not in typed:
            tables[name] = frame(table, [])
        elif table.varying:
            tables[name] = frame(table, _Expansion(typed[name], periods, findings).records())
        else:
            tables[name] = frame(table, [_record(table, row) for row in typed[name].rows])
    return tables


def rows_of(typed: dict[str, TypedTable], name: str) -> list[TypedRow]:
    """The rows of a table, none where it is absent."""
    return typed[name].rows if name in typed else []


def filled(column: Column, value: Any) -> Any:
    """A typed value with the column's default where blank: text "" and number NaN where there is none."""
    if value is not None:
        return value
    if column.type == "names":
        return ()
    if column.default is not None:
        return column.default
    return math.nan if column.type == "number" else (False if column.type == "flag" else "")


def frame(table: Table, records: list[dict[str, Any]]) -> pd.DataFrame:
    """Records as a data frame with the table's columns, numbers as float, flags as bool, the rest as text or tuples."""
    data = {}
    for column in table.columns:
        values = [record[column.name] for record in records]
        dtype = {"number": "float64", "flag": "bool", "names": "object"}.get(column.type, "object")
        data[column.name] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(data, columns=list(table.names))


def _record(table: Table, row: TypedRow) -> dict[str, Any]:
    return {column.name: filled(column, row.get(column.name)) for column in table.columns}


def _settings(rows: list[TypedRow]) -> pd.DataFrame:
    """One row with a column a setting."""
    given = {row.get("name"): row.get("typed") for row in rows}
    return pd.DataFrame([{column.name: filled(column, given.get(column.name)) for column in SETTINGS}])


@dataclass
class _Group:
    """The rows of one key."""

    undated: TypedRow | None = None
    dated: dict[str, TypedRow] = field(default_factory=dict)

    @property
    def rows(self) -> list[TypedRow]:
        return [*([self.undated] if self.undated else []), *self.dated.values()]


class _Expansion:
    """One table with varying columns, spelled out for every period."""

    def __init__(self, typed: TypedTable, periods: list[str], findings: list[Finding]) -> None:
        self.typed, self.table, self.raw = typed, typed.table, typed.raw
        self.periods, self.findings = periods, findings
        self.first = typed.table.varying[0]

    def records(self) -> list[dict[str, Any]]:
        """One record a key and period."""
        if self.typed.is_wide:
            self._check_wide_headers()
        groups: dict[tuple[Any, ...], _Group] = {}
        for row in self.typed.rows:
            group = groups.setdefault(self.typed.key(row), _Group())
            period = row.get("period")
            if period is not None:
                group.dated.setdefault(period, row)
            elif group.undated is None and "period" not in row.faulty:
                group.undated = row
        return [record for key, group in groups.items() for record in self._spell_out(key, group)]

    def _check_wide_headers(self) -> None:
        """The first varying column may not also stand as a plain column; every period wants a column."""
        for row in self.typed.rows:
            if row.get(self.first.name) is not None or self.first.name in row.faulty:
                self.findings.append(self.raw.finding(
                    "error", f"{self.first.name} is given both here and in columns headed by periods", row=row.number,
                    column=self.first.name, value=row.get(self.first.name), expected="one of the two",
                ))  # fmt: skip
                break
        missing = [period for period in self.periods if period not in self.typed.wide_periods]
        if missing and not self.table.unnamed_period_is_zero and self.typed.rows:
            self.findings.append(self.raw.finding(
                "error", f"no column for {_spans(missing, self.periods)}", row=1, column=self.first.name,
                expected="a column for every period",
            ))  # fmt: skip

    def _spell_out(self, key: tuple[Any, ...], group: _Group) -> list[dict[str, Any]]:
        records, unnamed, asked = [], [], set()
        plain = self._plain_values(key, group)
        for period in self.periods:
            row = group.dated.get(period, group.undated)
            record = {**plain, "period": period}
            nobody = row is None
            for column in self.table.varying:
                value = None if row is None else self._value(row, group, column, period)
                if row is not None and value is None and self.typed.is_wide and column is self.first:
                    nobody = self.table.unnamed_period_is_zero and period not in row.faulty
                faulty = row is not None and self._is_faulty(row, column, period)
                if value is None and column.required and row is not None and not nobody and not faulty:
                    if row.number not in asked or self.typed.is_wide:
                        self._ask_for(row, column, period)
                    asked.add(row.number)
                record[column.name] = filled(column, value)
            if nobody:
                unnamed.append(period)
                record[self.first.name] = 0.0 if self.table.unnamed_period_is_zero else math.nan
            records.append(record)
        if unnamed:
            self._note_unnamed(key, group, unnamed)
        return records

    def _value(self, row: TypedRow, group: _Group, column: Column, period: str) -> Any:
        """The row's own cell; where a dated row's is blank, the undated row's."""
        if self.typed.is_wide and column is self.first:
            return row.wide.get(period)
        value = row.get(column.name)
        if value is None and group.undated is not None and column.name not in row.faulty:
            return group.undated.get(column.name)
        return value

    def _is_faulty(self, row: TypedRow, column: Column, period: str) -> bool:
        if column.name not in self.raw.headers and not (self.typed.is_wide and column is self.first):
            return True
        if self.typed.is_wide and column is self.first:
            return period in row.faulty or period not in self.typed.wide_periods
        return column.name in row.faulty

    def _ask_for(self, row: TypedRow, column: Column, period: str) -> None:
        header = period if self.typed.is_wide and column is self.first else column.name
        self.findings.append(self.raw.finding("error", "the cell is blank", row=row.number, column=header,
                                              expected=column.expected))  # fmt: skip

    def _plain_values(self, key: tuple[Any, ...], group: _Group) -> dict[str, Any]:
        """The columns that do not vary: the same in all rows of a key, blank cells aside."""
        values: dict[str, Any] = dict(zip(self.table.key, key, strict=True))
        for column in self.table.columns:
            if column.varies or column.name == "period" or column.name in self.table.key:
                continue
            given = [(row.get(column.name), row) for row in group.rows if row.get(column.name) is not None]
            values[column.name] = filled(column, given[0][0] if given else None)
            for value, row in given[1:]:
                if value != given[0][0]:
                    self.findings.append(self.raw.finding(
                        "error", f"{column.name} cannot vary by period, but row {given[0][1].number} says otherwise",
                        row=row.number, column=column.name, value=value, expected=str(given[0][0]),
                    ))  # fmt: skip
        return values

    def _note_unnamed(self, key: tuple[Any, ...], group: _Group, unnamed: list[str]) -> None:
        name = listed([str(part) for part in key if part != ""], most=9) or "the row for everything"
        spans = _spans(unnamed, self.periods)
        row = group.rows[0].number
        if self.table.unnamed_period_is_zero:
            self.findings.append(self.raw.finding(
                "warning", f"{name}: no value for {spans}; 0 is taken as {self.first.name}", row=row,
                column=self.first.name,
            ))  # fmt: skip
        else:
            self.findings.append(self.raw.finding(
                "error", f"{name}: no row for {spans}", row=row, column="period",
                expected="a row for every period, or one with a blank period for the rest",
            ))  # fmt: skip


def _spans(periods: Iterable[str], order: list[str]) -> str:
    """Periods in words, runs shortened: "2027, 2030 to 2035"."""
    runs: list[list[str]] = []
    places = {period: place for place, period in enumerate(order)}
    for period in sorted(periods, key=lambda each: places[each]):
        if runs and places[period] == places[runs[-1][-1]] + 1:
            runs[-1].append(period)
        else:
            runs.append([period])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def filled_in(
    stated: Mapping[str, pd.DataFrame], findings: list[Finding] | None = None, *, has_fund: bool = True
) -> dict[str, pd.DataFrame]:
    """Tables as stated with the defaults that depend on other columns or tables; rows that follow from them come last.

    `has_fund`: whether the input has a table fund, so that a member without a row in it is a doubt.
    """
    tables = dict(stated)
    materials, disruptions = tables["materials"], tables["disruptions"]
    if materials["shortage_value"].isna().any():
        tables["materials"] = materials.assign(shortage_value=materials["shortage_value"].fillna(materials["price"]))
    whole = disruptions["severity"].isna() & disruptions["kind"].isin(["export_cut", "outage"])
    if whole.any():
        tables["disruptions"] = disruptions.assign(severity=disruptions["severity"].mask(whole, 1.0))

    periods = list(dict.fromkeys(period for period in tables["periods"]["period"] if period))
    members = tables["countries"].loc[tables["countries"]["member"], "country"]
    unfunded = [member for member in dict.fromkeys(members) if member not in set(tables["fund"]["country"])]
    unpaid = [{"country": member, "period": period, "limit": 0.0, "stock_limit": math.nan}
              for member in unfunded for period in periods]  # fmt: skip
    tables["fund"] = _with_rows("fund", tables["fund"], unpaid)
    if unfunded and has_fund and findings is not None:
        findings.append(Finding("warning", "fund", message=f"{listed(unfunded, 9)}: no row; 0 is taken as limit"))

    known = set(tables["sectors"]["sector"])
    named = [sector for sector in dict.fromkeys(tables["demand"]["sector"]) if sector and sector not in known]
    weight = TABLES["sectors"].column("shortage_weight").default
    unweighted = [{"sector": sector, "shortage_weight": weight} for sector in named]
    tables["sectors"] = _with_rows("sectors", tables["sectors"], unweighted)
    return tables


def as_stated(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Normalised tables of which all counts as stated, but for the filled severity of a limited cut."""
    stated, cuts = dict(tables), tables["disruptions"]
    stated["disruptions"] = cuts.assign(severity=cuts["severity"].where(cuts["limit"].isna()))
    return stated


def _with_rows(name: str, table: pd.DataFrame, records: list[dict[str, Any]]) -> pd.DataFrame:
    """A table with further rows below, numbered on from its own."""
    if not records:
        return table
    added = frame(TABLES[name], records)
    if table.empty:
        return added
    first = int(table.index.max()) + 1
    return pd.concat([table, added.set_axis(range(first, first + len(added)))])
