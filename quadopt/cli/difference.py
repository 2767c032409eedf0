"""The command `diff`: what two cases, or a case and one of its what-ifs, have in different numbers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quadopt.cli.files import output_file
from quadopt.cli.printing import print_warnings

if TYPE_CHECKING:
    import pandas as pd

    from quadopt.tables.case import Case

COLUMNS = ("what", "entry", "column", "periods", "old", "new", "change", "unit")


def add(commands: Any) -> None:
    """Registers the command."""
    diff = commands.add_parser("diff", help="show the inputs of two cases, or of a case and a what-if, side by side")
    diff.add_argument("case", type=Path, help="a workbook (.xlsx) or a folder of CSV files")
    diff.add_argument("other", type=Path, nargs="?", help="the other workbook or folder")
    diff.add_argument("--whatif", help="instead of it: a what-if of the case, or a file (.toml) with one")
    diff.add_argument("--output", type=Path, help="a workbook to write the difference to (default: none)")
    diff.add_argument("--force", action="store_true", help="replace an existing output file")
    diff.set_defaults(command=_diff)


def _diff(parsed: argparse.Namespace) -> int:
    if (parsed.other is None) == (parsed.whatif is None):
        raise ValueError("diff needs another case or --whatif, and not both")
    if parsed.output is not None:
        output_file(parsed.output, parsed.force)
    from quadopt.tables.case import read_case
    from quadopt.tables.difference import difference, write_difference

    base = read_case(parsed.case)
    other = read_case(parsed.other) if parsed.other is not None else base.with_changes(parsed.whatif)
    print_warnings([finding for finding in other.findings if finding not in base.findings])
    found = difference(base, other)
    print(_text(found, other))
    if parsed.output is not None:
        print(f"wrote {write_difference(found, parsed.output, parsed.force)}")
    return 0


def _text(found: pd.DataFrame, other: Case) -> str:
    """The difference as aligned columns, table by table, and the rows that the changes made meaningless."""
    if found.empty:
        return "The inputs are the same."
    lines: list[str] = []
    for table, part in found.groupby("table", sort=False):
        rows = [COLUMNS, *(_line(row) for row in part.to_dict("records"))]
        widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
        lines.append(f"{table}")
        for row in rows:
            cells = [cell.rjust(width) if 4 <= place <= 6 else cell.ljust(width)
                     for place, (cell, width) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
            lines.append(("  " + "  ".join(cells)).rstrip())
    for table, entry, reason in other.dropped.itertuples(index=False):
        lines.append(f"dropped from {table}: {entry} ({reason})")
    return "\n".join(lines)


def _line(row: dict[Any, Any]) -> tuple[str, ...]:
    """One row's cells as text."""
    periods = row["period"] if row["period"] == row["until"] else f"{row['period']} to {row['until']}"
    old, new, change = (f"{row[name]:,.6g}" if row[name] == row[name] else "" for name in ("old", "new", "change"))
    return (row["what"], row["entry"], row["column"], periods, old or row["old_text"], new or row["new_text"], change,
            row["unit"])  # fmt: skip
