"""The catalogue as a page of documentation."""

from __future__ import annotations

from quadopt.tables.catalogue import SETTINGS, TABLES
from quadopt.tables.schema import Column, Table

_HEAD = """# Input tables

This page is made from the catalogue of input tables in the code.

A case is one workbook (.xlsx) with a sheet a table, or a folder with a CSV file a table. Headers stand in the first
row, one record a row below; the order of sheets and of columns is free. Sheets named notes, sources, readme or lists
are not read.

- Flows, capacities and limits are per year: a period of several years holds that many times as much. Amounts of
  stockpiles are amounts.
- Money is millions of one currency, real, of the base year; prices and unit costs are units of it per unit of material.
- Rates and shares are fractions: 0.3, or a cell that shows 30 %.
- Every table may have the columns source, quality (reported, derived, assumed) and note.

**Columns that vary by period** may be given in two forms. Long form: a `period` column; a row without a period holds
for every period that no other row of its key names, and a blank cell in a dated row takes the undated row's value. Wide
form: one column per period, headed by its name, instead of the first such column. A period that nobody names is an
error, except in `fund` and `demand`: there it counts as 0, with a warning.
"""

_WHATIFS = """
`where` picks rows: `country=China; material=dytb_oxide; period=2026..2030` (conditions joined by `;`, all must hold; a
range for periods only; `material=` picks rows where the cell is blank, that is any material). A blank `where` picks every row.

| operation | what it does | column | value |
| --- | --- | --- | --- |
| set | puts the value into the column of every row picked | required | the value; blank for the column's default |
| add | adds the value | required | a number |
| multiply | multiplies by the value | required | a number |
| add_row | adds one row; `where` holds all of it as column=value | blank | blank |
| remove_rows | removes the rows picked | blank | blank |

In a table that varies by period, `column` may also be a period: it stands for the first varying column in that period.
A change of `settings` has `where` name=... and the column value.
"""


def tables_markdown() -> str:
    """The documentation of all input tables, in Markdown."""
    return "\n".join([_HEAD, *(_table(table) for table in TABLES.values())]).rstrip() + "\n"


def _table(table: Table) -> str:
    lines = [f"## {table.name}", "", table.meaning + (" Required." if table.required else " Optional.")]
    if table.key:
        lines.append(f"Key: {', '.join(table.key)}.")
    if table.members_only:
        lines.append(f"Members only: {', '.join(table.members_only)}.")
    lines += ["", *_columns(table.columns)]
    if table.name == "settings":
        lines += ["", "The settings:", "", *_columns(SETTINGS)]
    if table.name == "whatifs":
        lines.append(_WHATIFS)
    return "\n".join([*lines, ""])


def _columns(columns: tuple[Column, ...]) -> list[str]:
    lines = ["| column | meaning | unit | blank means | allowed |", "| --- | --- | --- | --- | --- |"]
    for column in columns:
        name = f"{column.name} [t]" if column.varies else column.name
        blank = "error" if column.required else column.default_words
        lines.append(f"| {name} | {column.meaning} | {column.unit_in()} | {blank} | {column.expected} |")
    return lines
