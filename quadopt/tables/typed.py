"""The rows of a table with every cell checked by its column: all faults collected, none stops the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quadopt.errors import Finding, Severity
from quadopt.tables.catalogue import COMMON, SETTINGS, TABLES
from quadopt.tables.raw import RawTable, RawTables, is_blank
from quadopt.tables.schema import Column, Table, nearest
from quadopt.tables.values import Fault, convert


@dataclass
class TypedRow:
    """One row: `number` in its sheet, `values` by column (None: blank), `wide` values by period, `faulty` columns."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    wide: dict[str, Any] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)

    def get(self, column: str) -> Any:
        """The cell's value; None where it is blank, faulty or the column is not there."""
        return self.values.get(column)


@dataclass
class TypedTable:
    """The typed rows of one table, its declaration and where they stand."""

    table: Table
    raw: RawTable
    rows: list[TypedRow] = field(default_factory=list)
    wide_periods: list[str] = field(default_factory=list)

    @property
    def is_wide(self) -> bool:
        """Whether periods are columns."""
        return bool(self.wide_periods)

    def key(self, row: TypedRow) -> tuple[Any, ...]:
        """The row's key, the period aside; blanks are "" or the column's default."""
        found = []
        for name in self.table.key:
            value = row.get(name)
            found.append((self.table.column(name).default or "") if value is None else value)
        return tuple(found)


def type_tables(raw: RawTables, findings: list[Finding]) -> dict[str, TypedTable]:
    """Every table that was read, typed. Faults go to `findings`; a faulty cell counts as blank but known to be faulty."""
    periods: list[str] | None = None
    if "periods" in raw.tables:
        named = type_table(raw.tables["periods"], None, [])
        periods = [row.get("period") for row in named.rows if row.get("period")]
    return {name: type_table(raw.tables[name], periods, findings) for name in TABLES if name in raw.tables}


def type_table(raw: RawTable, periods: list[str] | None, findings: list[Finding]) -> TypedTable:
    """One table, typed. `periods` are the known labels (None: not known, any year may head a wide column)."""
    typed = TypedTable(TABLES[raw.name], raw)
    columns, wide = _read_headers(typed, periods, findings)
    for number, cells in zip(raw.numbers, raw.rows, strict=True):
        row = TypedRow(number)
        for position, column in columns:
            row.values[column.name] = _cell(raw, row, column, column.name, cells[position], findings)
        for position, period in wide:
            row.wide[period] = _cell(raw, row, typed.table.varying[0], period, cells[position], findings)
        typed.rows.append(row)
    if raw.name == "settings":
        _check_settings(typed, findings)
    return typed


def _read_headers(
    typed: TypedTable, periods: list[str] | None, findings: list[Finding]
) -> tuple[list[tuple[int, Column]], list[tuple[int, str]]]:
    """Which position holds which column and which period; unknown, missing and double headers are errors."""
    raw, table = typed.raw, typed.table
    known = {column.name: column for column in (*table.columns, *COMMON)}
    columns: list[tuple[int, Column]] = []
    wide: list[tuple[int, str]] = []
    seen: set[str] = set()
    for position, header in enumerate(raw.headers):
        if not header:
            _warn_of_headless_values(raw, position, findings)
        elif header in seen:
            findings.append(raw.finding("error", "two columns have this header", row=1, column=header, value=header))
        elif header in known:
            columns.append((position, known[header]))
        elif table.varying and (header in periods if periods is not None else header.isdigit()):
            wide.append((position, header))
        else:
            findings.append(_unknown_header(raw, table, header, periods))
        seen.add(header)
    typed.wide_periods = [period for _, period in wide]
    for column in table.columns:
        if column.required and column.name not in seen and not (wide and column is table.varying[0]):
            findings.append(raw.finding(
                "error", "a required column is missing", row=1, column=column.name, expected=column.meaning,
            ))  # fmt: skip
    if wide and "period" in seen:
        findings.append(raw.finding(
            "error", "the table has both a period column and columns headed by periods", row=1, column="period",
            expected="one of the two forms",
        ))  # fmt: skip
        wide = []
    return columns, wide


def _unknown_header(raw: RawTable, table: Table, header: str, periods: list[str] | None) -> Finding:
    names = [*table.names, *(column.name for column in COMMON)]
    if table.varying and header.isdigit():
        return raw.finding("error", "this header is no period of the table periods", row=1, column=header,
                           value=header, suggestion=nearest(header, periods or []))  # fmt: skip
    return raw.finding("error", "unknown column", row=1, column=header, value=header,
                       expected="one of " + ", ".join(names), suggestion=nearest(header, names))  # fmt: skip


def _warn_of_headless_values(raw: RawTable, position: int, findings: list[Finding]) -> None:
    """Values under a blank header are not read: said once a column; in a CSV file they mean a comma too many."""
    numbers = [number for number, row in zip(raw.numbers, raw.rows, strict=True) if not is_blank(row[position])]
    if numbers:
        severity: Severity = "error" if raw.medium == "csv" else "warning"
        message = f"values stand under a blank header (column {position + 1}) and are not read"
        if raw.medium == "csv":
            message = "the line has more values than there are headers: a comma too many, or text without quotes?"
        findings.append(raw.finding(severity, message, row=numbers[0]))


def _cell(raw: RawTable, row: TypedRow, column: Column, header: str, value: Any, findings: list[Finding]) -> Any:
    """The typed value; a fault is noted and read as None. Blank cells that must be filled are faults, except [t] ones."""
    try:
        typed = convert(column, value)
    except Fault as fault:
        row.faulty.add(header)
        severity: Severity = "warning" if column in COMMON else "error"
        findings.append(raw.finding(severity, fault.message, row=row.number, column=header, value=value,
                                    expected=column.expected, suggestion=fault.suggestion))  # fmt: skip
        return None
    if typed is None and column.required and not column.varies:
        row.faulty.add(header)
        findings.append(raw.finding("error", "the cell is blank", row=row.number, column=header,
                                    expected=column.expected))  # fmt: skip
    return typed


def _check_settings(typed: TypedTable, findings: list[Finding]) -> None:
    """Give each setting's value its own type (kept under "typed") and note what is wrong with it."""
    declared = {column.name: column for column in SETTINGS}
    for row in typed.rows:
        column = declared.get(row.get("name") or "")
        if column is not None:
            value = typed.raw.rows[typed.raw.numbers.index(row.number)]
            position = typed.raw.headers.index("value") if "value" in typed.raw.headers else None
            given = None if position is None else value[position]
            row.values["typed"] = _cell(typed.raw, row, column, "value", given, findings)
