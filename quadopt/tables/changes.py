"""Changes: what a what-if does to the input tables, as in the table `whatifs`, with the place where each one stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from quadopt.errors import Finding, InputError, Severity
from quadopt.tables.catalogue import COMMON, TABLES
from quadopt.tables.raw import RawTable, column_letter, is_blank
from quadopt.tables.schema import clean, column_name, label, nearest
from quadopt.tables.typed import type_table
from quadopt.tables.where import where_of

OPERATIONS = ("set", "add", "multiply", "add_row", "remove_rows")
CHANGEABLE = tuple(name for name in TABLES if name != "whatifs")
WORDS = ("table", "where", "column", "operation", "value")
"""What says a change, beside source, quality and note."""


@dataclass(frozen=True)
class Place:
    """Where a change stands: sheet and row (with the cell of each column in a workbook), or file and key, or in Python."""

    sheet: str = "changes"
    row: int | None = None
    key: str = ""
    cells: Mapping[str, str] = field(default_factory=dict, compare=False)

    def finding(self, severity: Severity, message: str, column: str = "", **more: str) -> Finding:
        """A finding at one column of the change."""
        named = ".".join(filter(None, (self.key, column)))
        return Finding(severity, self.sheet, self.cells.get(column, ""), self.row, named, message=message, **more)


@dataclass(frozen=True)
class Change:
    """One change: a row of the table `whatifs`, all as text as it stands there, with its source and place."""

    table: str
    where: str = ""
    column: str = ""
    operation: str = "set"
    value: str = ""
    source: str = ""
    quality: str = ""
    note: str = ""
    place: Place = field(default_factory=Place, compare=False)

    @property
    def words(self) -> str:
        """The change in words: "plants where country=China: capacity multiply 0.75"."""
        rows = f" where {self.where}" if self.where else ""
        if self.operation in ("add_row", "remove_rows"):
            return f"{self.table}: {self.operation}{rows}"
        return f"{self.table}{rows}: {self.column} {self.operation} {self.value or 'blank'}"

    @classmethod
    def of(cls, row: Mapping[str, Any], place: Place) -> Change:
        """The change of a mapping with the columns of `whatifs` (`where` may be a mapping, values numbers).

        Raises InputError for a key that there is not.
        """
        known = (*WORDS, *(column.name for column in COMMON))
        unknown = [key for key in row if column_name(key) not in known]
        if unknown:
            raise InputError([
                place.finding("error", "a change has no such key", str(key), expected="one of " + ", ".join(known),
                              suggestion=nearest(str(key), known)) for key in unknown
            ])  # fmt: skip
        given = {column_name(key): value for key, value in row.items() if not is_blank(value)}
        texts = {key: value_of(value) for key, value in given.items() if key != "where"}
        return cls(**{"table": "", "operation": "", **texts}, where=where_of(given.get("where")), place=place)


@dataclass(frozen=True)
class WhatIf:
    """A named set of changes, made in order, after those of the what-if that it builds on."""

    name: str
    changes: tuple[Change, ...]
    builds_on: str = ""
    place: Place = field(default_factory=Place, compare=False)


def value_of(value: Any) -> str:
    """A value as the text of a cell: yes or no, a number to its last digit, several names with `;` between."""
    if is_blank(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return "; ".join(clean(each) for each in value)
    return label(value)


def from_rows(rows: Iterable[Change | Mapping[str, Any]]) -> WhatIf:
    """A what-if of changes given in Python. Raises InputError for keys that there are not."""
    changes = []
    for number, row in enumerate(rows, start=1):
        changes.append(row if isinstance(row, Change) else Change.of(row, Place(row=number)))
    return WhatIf("", tuple(changes))


def whatifs_of(raw: RawTable) -> dict[str, WhatIf]:
    """The what-ifs of the table `whatifs`, in its order; rows without a name or table are left out (they are faults)."""
    found: dict[str, WhatIf] = {}
    columns = (*WORDS, *(column.name for column in COMMON))
    for row in type_table(raw, None, []).rows:
        name = row.get("whatif")
        if name is None or row.get("table") is None or row.get("operation") is None:
            continue
        cells = {}
        if raw.medium == "workbook":
            cells = {header: f"{column_letter(at)}{row.number}" for at, header in enumerate(raw.headers) if header}
        place = Place(raw.sheet, row.number, "", cells)
        change = Change(**{column: row.get(column) or "" for column in columns}, place=place)
        before = found.get(name, WhatIf(name, (), place=place))
        on = row.get("builds_on") or ""
        placed = place if on and not before.builds_on else before.place
        found[name] = replace(before, changes=(*before.changes, change), builds_on=before.builds_on or on, place=placed)
    return found


def chain(whatif: WhatIf, others: Mapping[str, WhatIf]) -> tuple[Change, ...]:
    """All changes of a what-if, those that it builds on first.

    Raises InputError where it builds on one that there is not, or on itself by way of others.
    """
    found, seen, at = [whatif], {whatif.name} if whatif.name else set(), whatif
    while at.builds_on:
        name = at.builds_on
        if name in seen:
            message = f"{at.name} builds on {name}, which builds on it"
            raise InputError([at.place.finding("error", message, "builds_on", value=name)])
        if name not in others:
            message = "there is no such what-if to build on"
            raise InputError([at.place.finding("error", message, "builds_on", value=name,
                                               suggestion=nearest(name, others))])  # fmt: skip
        at = others[name]
        seen.add(name)
        found.append(at)
    return tuple(change for each in reversed(found) for change in each.changes)


def asked_for(changes: Any, whatifs: Mapping[str, WhatIf]) -> tuple[WhatIf, Mapping[str, WhatIf]]:
    """The what-if that a caller means (by name, as it is, as changes or mappings, a TOML file), and what it may build on.

    Raises InputError for a name that there is not and for faults of a file.
    """
    if isinstance(changes, WhatIf):
        return changes, whatifs
    if isinstance(changes, str) and changes in whatifs:
        return whatifs[changes], whatifs
    if isinstance(changes, Path) or (isinstance(changes, str) and changes.endswith(".toml")):
        from quadopt.tables.whatif_files import read_whatifs

        read = read_whatifs(changes)
        if len(read) != 1:
            message = f"the file has {len(read)} what-ifs ({', '.join(read)}): read it with read_whatifs and name one"
            raise InputError([Finding("error", str(changes), message=message)])
        return next(iter(read.values())), {**whatifs, **read}
    if isinstance(changes, str):
        raise InputError([
            Finding("error", "whatifs", column="whatif", value=changes, suggestion=nearest(changes, whatifs),
                    expected="one of " + ", ".join(whatifs) if whatifs else "", message="there is no such what-if")
        ])  # fmt: skip
    return from_rows([changes] if isinstance(changes, (Change, Mapping)) else changes), whatifs
