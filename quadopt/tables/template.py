"""The catalogue as a workbook to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quadopt.tables.catalogue import COMMON, TABLES
from quadopt.tables.raw import column_letter
from quadopt.tables.schema import Column, Table
from quadopt.tables.writing import new_workbook, write_row

LAST_ROW = 2000
"""How far down the drop-downs reach."""

HOW_TO = (
    "How to fill in this workbook",
    "Each sheet is one table; its first row names the columns, one record a row below. Their order is free.",
    "Required sheets: " + ", ".join(table.name for table in TABLES.values() if table.required) + ". The others may "
    "stay empty or be deleted.",
    "Point at a header to read what belongs below it. Drop-downs offer the names declared on other sheets.",
    "Flows, capacities and limits are per year; amounts of stockpiles are amounts.",
    "Rates and shares are fractions (0.3 or 30 %).",
    "Money is millions of one currency; prices and unit costs are units of it per unit of material.",
    "Columns that vary by period: a period column; a row without a period holds for every period that no other row names.",
    "Or instead of it one column per period, headed by its name, with the table's first such column.",
    "The sheet whatifs holds named changes to the other sheets, each of which gives a plan of its own. One change a row: the "
    "table, which of its rows (where), which column, the operation and the value.",
    "For instance: more_money, fund, country=Japan|India; period=2027.., limit, multiply, 1.5. In where: ; joins conditions, "
    "| several names, * stands for any characters, .. for a range of periods.",
    "Operations: set, add, multiply; add_row, whose where holds the new row; remove_rows. builds_on names a what-if whose "
    "changes come first.",
    "The columns source, quality and note are yours: kept and shown in reports, ignored by the model.",
    "Save formulas with their values, as Excel and LibreOffice do.",
)


def write_template(path: str | Path, force: bool = False) -> None:
    """Write an empty workbook with a sheet a table: headers with comments, drop-downs, and a sheet of notes.

    Raises FileExistsError where the file exists and `force` is not given.
    """
    with new_workbook(path, force=force) as workbook:
        header = workbook.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1})
        needed = workbook.add_format({"bold": True, "bg_color": "#F8CBAD", "bottom": 1})
        for table in TABLES.values():
            _write_sheet(workbook.add_worksheet(table.name), table, header, needed)
        _write_notes(workbook, header)


def _write_sheet(sheet: Any, table: Table, header: Any, needed: Any) -> None:
    for position, column in enumerate((*table.columns, *COMMON)):
        sheet.write_string(0, position, column.name, needed if column.required else header)
        sheet.write_comment(0, position, comment(column), {"x_scale": 2, "y_scale": 1.2})
        sheet.set_column(position, position, max(12, len(column.name) + 3))
        rule = _validation(column)
        if rule:
            sheet.data_validation(1, position, LAST_ROW - 1, position, rule)
    sheet.freeze_panes(1, 0)


def comment(column: Column) -> str:
    """What a column holds, its unit and what a blank cell means."""
    lines = [column.meaning + "."]
    if column.unit:
        lines.append(f"Unit: {column.unit_in()}.")
    if column.choices:
        lines.append(f"One of: {', '.join(column.choices)}.")
    if column.required:
        lines.append("Required.")
    else:
        lines.append(f"Blank: {column.default_words}." if column.default_words != "blank" else "May stay blank.")
    if column.varies:
        lines.append("May vary by period.")
    return "\n".join(lines)


def _validation(column: Column) -> dict[str, Any] | None:
    """A drop-down for names and choices, bounds for numbers."""
    if column.choices or column.type == "flag":
        return {"validate": "list", "source": list(column.choices) or ["yes", "no"]}
    if column.reference and column.type != "names":
        table, name = column.reference.split(".")
        letter = column_letter(TABLES[table].names.index(name))
        return {"validate": "list", "source": f"={table}!${letter}$2:${letter}$500", "error_type": "warning",
                "error_title": "Unknown name", "error_message": f"This is not on the sheet {table}."}  # fmt: skip
    if column.type == "number" and column.minimum is not None and column.maximum is not None:
        return {"validate": "decimal", "criteria": "between", "minimum": column.minimum, "maximum": column.maximum,
                "error_message": f"Expected: {column.expected}."}  # fmt: skip
    if column.type == "number" and (column.minimum is not None or column.above is not None):
        criteria, bound = (">=", column.minimum) if column.above is None else (">", column.above)
        return {"validate": "decimal", "criteria": criteria, "value": bound,
                "error_message": f"Expected: {column.expected}."}  # fmt: skip
    return None


def _write_notes(workbook: Any, header: Any) -> None:
    sheet = workbook.add_worksheet("notes")
    bold = workbook.add_format({"bold": True})
    for row, line in enumerate(HOW_TO):
        sheet.write_string(row, 0, line, bold if row == 0 else None)
    row = len(HOW_TO) + 1
    write_row(sheet, row, ("table", "column", "unit", "blank means", "varies by period", "meaning"), header)
    for table in TABLES.values():
        for column in table.columns:
            row += 1
            blank = "error: required" if column.required else column.default_words
            write_row(sheet, row, (table.name, column.name, column.unit_in(), blank, "yes" if column.varies else "",
                                   column.meaning))  # fmt: skip
    for position, width in enumerate((14, 18, 32, 34, 16, 90)):
        sheet.set_column(position, position, width)
