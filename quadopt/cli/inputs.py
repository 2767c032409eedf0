"""Commands on workbooks and folders of inputs: `new`, `check`, `workbook`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from quadopt.cli.printing import print_warnings, size


def add(commands: Any) -> None:
    """Registers the commands."""
    new = commands.add_parser("new", help="write a blank workbook to fill in")
    new.add_argument("workbook", type=Path, help="the workbook to write (.xlsx)")
    new.add_argument("--force", action="store_true", help="replace an existing file")
    new.set_defaults(command=_new)

    check = commands.add_parser("check", help="report every fault and warning of a workbook, solve nothing")
    check.add_argument("case", type=Path, help="a workbook (.xlsx) or a folder of CSV files")
    check.set_defaults(command=_check)

    workbook = commands.add_parser("workbook", help="make one workbook of a folder of CSV files, with a sources sheet")
    workbook.add_argument("folder", type=Path, help="the folder of CSV files")
    workbook.add_argument("workbook", type=Path, help="the workbook to write (.xlsx)")
    workbook.add_argument("--force", action="store_true", help="replace an existing file")
    workbook.set_defaults(command=_workbook)


def _new(parsed: argparse.Namespace) -> int:
    from quadopt.tables.template import write_template

    write_template(parsed.workbook, parsed.force)
    print(f"wrote {parsed.workbook}: fill it in, then run  quadopt check {parsed.workbook}")
    return 0


def _check(parsed: argparse.Namespace) -> int:
    from quadopt.tables.case import read_case

    case = read_case(parsed.case)
    print_warnings(case.findings)
    print(f"{parsed.case}: no faults, {len(case.findings)} warning(s). {size(case)}")
    return 0


def _workbook(parsed: argparse.Namespace) -> int:
    from quadopt.tables.sources import build_workbook

    build_workbook(parsed.folder, parsed.workbook, parsed.force)
    print(f"wrote {parsed.workbook}")
    return 0
