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
All rows of one name are one what-if; its changes are made in the order of the sheet, each on the tables as they stand then.
With `builds_on` it begins from another what-if, whose changes are made first.

`where` picks rows by conditions joined by `;`, all of which must hold. A blank `where` picks every row.

| condition | picks rows |
| --- | --- |
| `country=China` | with this name in the column (several names in it: that have this one) |
| `country=Japan\\|India` | with one of these names |
| `process=separate_*` | with a name of this form: `*` any characters, `?` any one; a name that is there as it stands goes first |
| `period=2026..2030` | in these periods, both ends included; `2030..` from then on, `..2030` up to then |
| `material=` | where the cell is blank, here: the row for any material |

| operation | what it does | column | value |
| --- | --- | --- | --- |
| set | puts the value into the column of every row picked | required | the value; blank for the column's default |
| add | adds the value; a blank number stays blank | required | a number |
| multiply | multiplies by the value; a blank number stays blank | required | a number |
| add_row | adds one row; `where` holds all of it as column=value | blank | blank |
| remove_rows | removes the rows picked | blank | blank |

In a table that varies by period, `column` may also be a period: it stands for the first varying column in that period. A
row added without a period holds for every period that no row of its key names; `period=2027..2030` is a row for each, and
in such a table a period may also stand as a column: `2027=5; 2028=6`. Several names in a new row have `|` between.
A change of `settings` has `where` name=... and the column value. A new period takes the values of rows without a period.

What follows from another column, such as a blank `shortage_value` from the price, follows it in a what-if too. Rows that a
change leaves without what they are about are dropped and listed: those of a name that is removed, those for members only of
a country that is none any more, and a process that loses what it uses. Refused, each at its row: a change that matches
nothing, one that leaves everything as it was, one of a table that the model file does not read, and whatever would be a
fault in the workbook itself.
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
