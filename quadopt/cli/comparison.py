"""The command that puts what-ifs beside the base: `compare`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quadopt.cli.choices import add_study_choices, write_study
from quadopt.cli.exits import EXIT_CODES

if TYPE_CHECKING:
    from quadopt.whatif.study import Study


def add(commands: Any) -> None:
    """Registers the command."""
    command = commands.add_parser(
        "compare",
        help="the case's what-ifs, or other model files, beside the base: what changes, why, and what adapting is worth",
        epilog=EXIT_CODES,
    )
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    add_study_choices(command, "comparison")
    command.add_argument(
        "--whatif",
        nargs="+",
        metavar="NAME",
        help="names of the case's what-ifs, or TOML files of what-ifs (default: all of the case's, none with --against)",
    )
    command.add_argument(
        "--against",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="other model files to compare with --model on the case",
    )
    command.add_argument("--plans", type=Path, metavar="FOLDER", help="write each plan as a results workbook, too")
    command.set_defaults(command=_compare)


def _compare(parsed: argparse.Namespace) -> int:
    folder: Path | None = parsed.plans
    if folder is not None and folder.exists() and not parsed.force and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} exists already")
    from quadopt.whatif.comparison.compare import compare

    found: list[Study] = []

    def ask(case: Any, model: str, **place: Any) -> Study:
        found.append(compare(case, model, parsed.whatif, against=parsed.against, **place))
        return found[0]

    code = write_study(parsed, "comparison", ask)
    if folder is not None:
        for path, plan in zip(_paths(folder, list(found[0].plans)), found[0].plans.values(), strict=True):
            print(f"wrote {plan.to_excel(path, force=parsed.force)}")
    return code


def _paths(folder: Path, names: list[str]) -> list[Path]:
    """A file for each plan, its name as near to the plan's as file names allow, and none twice."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^\w.+-]+", "_", name).strip("._")[:80] or "plan"
        unique, count = plain, 1
        while unique.lower() in {other.lower() for other in found}:
            count += 1
            unique = f"{plain}_{count}"
        found.append(unique)
    return [folder / f"{name}.xlsx" for name in found]
