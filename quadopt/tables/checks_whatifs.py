"""What-ifs: the table, the rows, the column, the operation and the value of every change."""

from __future__ import annotations

from quadopt.tables.catalogue import SETTINGS, TABLES
from quadopt.tables.checked import Checked
from quadopt.tables.schema import Column, Table, listed, nearest
from quadopt.tables.typed import TypedRow
from quadopt.tables.values import Fault, convert, to_number
from quadopt.tables.where import Condition, parse_where, periods_between, select

CHANGEABLE = tuple(name for name in TABLES if name != "whatifs")


def whatifs_are_sound(checked: Checked) -> None:
    """Every row names a table, rows, a column and a value that go together."""
    added = _added_names(checked)
    idle: list[tuple[TypedRow, str]] = []
    for row in checked.rows("whatifs"):
        name = row.get("table")
        operation = row.get("operation")
        if name is None or operation is None:
            continue
        if name not in CHANGEABLE:
            checked.error("whatifs", f"there is no table '{name}' to change", row, "table",
                          expected="one of " + ", ".join(CHANGEABLE), suggestion=nearest(name, CHANGEABLE))  # fmt: skip
            continue
        conditions = _conditions(checked, row, TABLES[name], added)
        if conditions is None:
            continue
        if operation == "add_row":
            _check_new_row(checked, row, TABLES[name], conditions)
            continue
        if operation == "remove_rows":
            _check_removal(checked, row, conditions)
        else:
            _check_change(checked, row, TABLES[name], conditions)
        if not _matches(checked, name, conditions) and not added.get((row.get("whatif"), name)):
            idle.append((row, f"{row.get('whatif')}: {name} where {row.get('where')}"))
    checked.unused("whatifs", "no row of the table meets the condition, so nothing changes", idle)


def _added_names(checked: Checked) -> dict[tuple[str, str], set[str]]:
    """(what-if, table) -> every value in the rows that it adds there: names that its other rows may use."""
    added: dict[tuple[str, str], set[str]] = {}
    for row in checked.rows("whatifs"):
        if row.get("operation") == "add_row":
            try:
                conditions = parse_where(row.get("where") or "")
            except Fault:
                continue
            key = (row.get("whatif"), row.get("table"))
            added.setdefault(key, set()).update(condition.value for condition in conditions)
    return added


def _conditions(
    checked: Checked, row: TypedRow, table: Table, added: dict[tuple[str, str], set[str]]
) -> list[Condition] | None:
    """The conditions of a row, None where one is faulty (and noted)."""
    try:
        conditions = parse_where(row.get("where") or "")
    except Fault as fault:
        checked.error("whatifs", fault.message, row, "where", expected="e.g. country=China; period=2026..2030")
        return None
    sound = True
    for condition in conditions:
        try:
            if condition.column not in table.names:
                raise Fault(f"the table {table.name} has no column '{condition.column}'",
                            nearest(condition.column, table.names))  # fmt: skip
            column = table.column(condition.column)
            if condition.last:
                periods_between(condition, checked.periods)
                continue
            convert(column, condition.value)
            _known(checked, column, condition.value, row, added)
        except Fault as fault:
            sound = False
            checked.error("whatifs", f"{condition.column}: {fault.message}", row, "where", suggestion=fault.suggestion)
    return conditions if sound else None


def _known(checked: Checked, column: Column, value: str, row: TypedRow, added: dict[tuple[str, str], set[str]]) -> None:
    """Raises Fault for a name that is neither in the table it refers to nor added by the same what-if."""
    if not column.reference or not value:
        return
    table, name = column.reference.split(".")
    valid = [str(each) for each in checked.values(table, name)]
    new = added.get((row.get("whatif"), table), set())
    parts = convert(column, value)
    for part in parts if isinstance(parts, tuple) else (parts,):
        if valid and part not in valid and part not in new:
            raise Fault(f"'{part}' is not in the table {table}", nearest(str(part), valid))


def _check_new_row(checked: Checked, row: TypedRow, table: Table, conditions: list[Condition]) -> None:
    """The new row stands in `where`: every required column has a value."""
    given = {condition.column for condition in conditions if condition.value}
    missing = [column.name for column in table.columns if column.required and column.name not in given]
    if missing:
        checked.error("whatifs", f"the new row of {table.name} has no {listed(missing)}", row, "where",
                      expected="the whole row, as column=value; column=value")  # fmt: skip
    _expect_blank(checked, row)


def _check_removal(checked: Checked, row: TypedRow, conditions: list[Condition]) -> None:
    """Removing says which rows."""
    if not conditions:
        checked.error("whatifs", "remove_rows without a condition would empty the table", row, "where",
                      expected="which rows to remove")  # fmt: skip
    _expect_blank(checked, row)


def _expect_blank(checked: Checked, row: TypedRow) -> None:
    for column in ("column", "value"):
        if row.get(column) is not None:
            checked.warning("whatifs", f"{row.get('operation')} does not use {column}", row, column)


def _check_change(checked: Checked, row: TypedRow, table: Table, conditions: list[Condition]) -> None:
    """The column is one of the table's (a period stands for the first varying one) and can take the value."""
    name = row.get("column")
    if name is None:
        checked.error("whatifs", f"{row.get('operation')} needs a column", row, "column",
                      expected="one of " + ", ".join(table.names))  # fmt: skip
        return
    column = _changed_column(checked, table, name)
    if column is None:
        checked.error("whatifs", f"the table {table.name} has no column '{name}'", row, "column",
                      expected="one of " + ", ".join(table.names) + (" or a period" if table.varying else ""),
                      suggestion=nearest(name, [*table.names, *(checked.periods if table.varying else [])]))  # fmt: skip
        return
    value, operation = row.get("value"), row.get("operation")
    try:
        if table.name == "settings" and column.name == "value":
            column = _setting(conditions)
        if operation == "set":
            if value is None and column.required:
                raise Fault("the value is blank")
            convert(column, value)
            _known(checked, column, value or "", row, _added_names(checked))
        elif column.type != "number":
            raise Fault(f"{column.name} holds no numbers: only set applies to it")
        elif value is None:
            raise Fault("the value is blank")
        else:
            to_number(value)
    except Fault as fault:
        checked.error("whatifs", fault.message, row, "value", expected=column.expected, suggestion=fault.suggestion)


def _changed_column(checked: Checked, table: Table, name: str) -> Column | None:
    if name in table.names:
        return table.column(name)
    return table.varying[0] if table.varying and name in checked.periods else None


def _setting(conditions: list[Condition]) -> Column:
    """The setting that a change of `settings` names. Raises Fault where it names none."""
    named = [condition.value for condition in conditions if condition.column == "name"]
    for column in SETTINGS:
        if column.name in named:
            return column
    raise Fault("a change of settings needs name=... in where")


def _matches(checked: Checked, name: str, conditions: list[Condition]) -> bool:
    """Whether some row meets the conditions (settings always do: they have defaults)."""
    if name == "settings":
        return True
    try:
        return bool(select(checked.tables[name], TABLES[name], conditions, checked.periods).any())
    except Fault:
        return True


RULES = (whatifs_are_sound,)
