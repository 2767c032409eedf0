"""The command on other lists of projects beside the plan's: `alternatives`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from quadopt.cli.choices import add_study_choices, write_study
from quadopt.cli.exits import EXIT_CODES


def add(commands: Any) -> None:
    """Registers the command."""
    command = commands.add_parser(
        "alternatives",
        help="other lists of projects nearly as good as the plan's, as different as can be, and what all of them share",
        epilog=EXIT_CODES,
    )
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    add_study_choices(command, "alternatives")
    command.add_argument("--plan", type=Path, help="the plan's results workbook (default: solve the case first)")
    how_far = command.add_mutually_exclusive_group()
    how_far.add_argument(
        "--within", type=float, default=2.0, metavar="PERCENT", help="how much worse a list may be, in %% (default: 2)"
    )
    how_far.add_argument("--points", type=float, help="instead: how many points of the dependence index worse")
    command.add_argument("--count", type=int, default=10, help="lists asked for (default: 10)")
    command.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        help="of work for the search of one list, whatever the machine (default: 60)",
    )
    command.add_argument(
        "--proofs",
        type=int,
        default=40,
        help="projects in all lists or in none that are looked into (default: 40; 0: none)",
    )
    command.add_argument("--proof-seconds", type=float, default=30.0, help="for each of these (default: 30)")
    command.set_defaults(command=_alternatives)


def _alternatives(parsed: argparse.Namespace) -> int:
    from quadopt.report.reading import read_plan
    from quadopt.whatif.alternatives.alternatives import alternatives

    ask = partial(
        alternatives,
        plan=None if parsed.plan is None else read_plan(parsed.plan),
        within=parsed.within / 100,
        points=parsed.points,
        count=parsed.count,
        seconds=parsed.seconds,
        proofs=parsed.proofs,
        proof_seconds=parsed.proof_seconds,
    )
    return write_study(parsed, "alternatives", ask)
