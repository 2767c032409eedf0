"""Names: tables that must be there, keys that must differ, names that must be known, rows for members only."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from quadopt.tables.catalogue import TABLES
from quadopt.tables.checked import Checked
from quadopt.tables.schema import Table, nearest
from quadopt.tables.typed import TypedRow

NAMING = (
    ("countries", "country"), ("materials", "material"), ("recipes", "process"), ("projects", "project"),
    ("projects", "exclusive_group"), ("sectors", "sector"), ("demand", "sector"), ("disruptions", "disruption"),
    ("whatifs", "whatif"),
)  # fmt: skip
"""Columns that introduce names."""


def required_tables(checked: Checked) -> None:
    """Settings, periods, countries, materials, recipes, plants and demand must be there and hold rows."""
    for name, table in TABLES.items():
        if table.required and not checked.rows(name):
            state = "is empty" if name in checked.typed else "is missing"
            checked.error(name, f"the required table {name} {state}", expected="at least one row")


def settings_are_known(checked: Checked) -> None:
    """The currency and the rate have defaults; a case without a title is told so."""
    if checked.rows("settings") and "title" not in checked.values("settings", "name"):
        checked.warning("settings", "there is no title: results will not say which case they show")


def keys_differ(checked: Checked) -> None:
    """No two rows of a table have the same key (and period)."""
    for name, typed in checked.typed.items():
        if not typed.table.key:
            continue
        seen: dict[tuple[object, ...], int] = {}
        for row in typed.rows:
            key = (*typed.key(row), row.get("period"))
            if all(part in ("", None) for part in key[:-1]) and row.faulty:
                continue
            if key in seen:
                text = ", ".join(str(part) for part in key if part not in ("", None)) or "the row for everything"
                checked.error(name, f"{text}: the same key as in row {seen[key]}", row, _first_key(typed.table))
            seen.setdefault(key, row.number)


def rows_differ(checked: Checked) -> None:
    """Rows of tables without a key that say the same twice."""
    for name in ("disruptions", "whatifs"):
        seen: dict[str, int] = {}
        for row in checked.rows(name):
            text = repr([row.get(column) for column in TABLES[name].names])
            if text in seen and not row.faulty:
                checked.warning(name, f"the same as row {seen[text]}: it applies twice", row, TABLES[name].names[0])
            seen.setdefault(text, row.number)


def names_differ_by_more_than_case(checked: Checked) -> None:
    """Two names that differ only by capitals are probably one."""
    for name, column in NAMING:
        seen: dict[str, str] = {}
        for row in checked.rows(name):
            value = row.get(column)
            if not isinstance(value, str):
                continue
            first = seen.setdefault(value.casefold(), value)
            if first != value:
                checked.warning(name, f"this differs from '{first}' only by capitals: another name, to the model", row,
                                column)  # fmt: skip


def names_are_known(checked: Checked) -> None:
    """Every name that refers to another table is in it."""
    for name, typed in checked.typed.items():
        for column in typed.table.columns:
            if not column.reference:
                continue
            table, named = column.reference.split(".")
            valid = list(dict.fromkeys(checked.values(table, named)))
            if valid:
                _refer(checked, name, column.name, valid, f"{table}")


def sectors_are_known(checked: Checked) -> None:
    """Where the sectors table has no rows, disruptions name sectors of demand."""
    if not checked.values("sectors", "sector"):
        _refer(checked, "disruptions", "sector", checked.values("demand", "sector"), "demand")


def _refer(checked: Checked, name: str, column: str, valid: Iterable[str], table: str) -> None:
    valid = list(dict.fromkeys(valid))
    known = set(valid)
    for row in checked.rows(name):
        value = row.get(column)
        for part in value if isinstance(value, tuple) else (value,):
            if part is not None and part not in known:
                checked.error(name, f"'{part}' is not in the table {table}", row, column,
                              expected=f"a {column} of {table}" if column != "requires" else "projects, ';' between",
                              suggestion=nearest(part, valid))  # fmt: skip


def members_exist(checked: Checked) -> None:
    """The group has a member, and somebody needs something."""
    if checked.rows("countries") and not checked.members:
        checked.error("countries", "no country is a member", column="member", expected="yes for at least one country")


def rows_for_members_only(checked: Checked) -> None:
    """Fund, demand, stockpiles and sharing are the members'."""
    known = set(checked.countries)
    members = set(checked.members)
    if not members:
        return
    for name, typed in checked.typed.items():
        for column in typed.table.members_only:
            for row in typed.rows:
                value = row.get(column)
                if value in known and value not in members:
                    checked.error(name, f"{value} is no member: {name} is for members only", row, column,
                                  expected="a member: " + ", ".join(checked.members))  # fmt: skip


def periods_follow_each_other(checked: Checked) -> None:
    """Where periods are named by years, a period's length reaches to the next one's year."""
    rows = [row for row in checked.rows("periods") if row.get("period")]
    for row, following in pairwise(rows):
        first, second = row.get("period"), following.get("period")
        if not (first.isdigit() and second.isdigit() and int(first) >= 1900 and int(second) >= 1900):
            continue
        length = 1.0 if row.get("years") is None else row.get("years")
        if abs(int(second) - int(first) - length) > 0.5:
            checked.warning("periods", f"{first} is {length:g} years long, but {second} follows it", row, "years",
                            value=f"{length:g}", expected=f"{int(second) - int(first)}")  # fmt: skip


def recipes_make_something(checked: Checked) -> None:
    """A process makes at least one material; a quantity of 0 says nothing."""
    made: dict[str, bool] = {}
    first: dict[str, TypedRow] = {}
    for row in checked.rows("recipes"):
        process, quantity = row.get("process"), row.get("quantity")
        if process is None:
            continue
        first.setdefault(process, row)
        made[process] = made.get(process, False) or quantity is None or quantity > 0
        if quantity == 0:
            checked.warning("recipes", f"{process} neither makes nor uses {row.get('material')}", row, "quantity")
    for process, makes in made.items():
        if not makes:
            checked.error("recipes", f"{process} makes nothing", first[process], "quantity",
                          expected="a quantity above 0 for at least one material")  # fmt: skip


def _first_key(table: Table) -> str:
    return table.key[0] if table.key else ""


RULES = (
    required_tables, settings_are_known, keys_differ, rows_differ, names_differ_by_more_than_case, names_are_known,
    sectors_are_known, members_exist, rows_for_members_only, periods_follow_each_other, recipes_make_something,
)  # fmt: skip
