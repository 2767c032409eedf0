"""The command on what less dependence takes: `frontier`."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from quadopt.cli.choices import add_study_choices, write_study
from quadopt.cli.exits import EXIT_CODES


def add(commands: Any) -> None:
    """Registers the command."""
    command = commands.add_parser(
        "frontier",
        help="dependence against cost, against stress in crises, or against the size of the fund",
        epilog=EXIT_CODES,
    )
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    add_study_choices(command, "frontier")
    command.add_argument(
        "--against",
        nargs="+",
        default=["cost"],
        choices=("cost", "stress", "fund"),
        metavar="WHAT",
        help="cost, stress, both (a grid), or fund (default: cost)",
    )
    command.add_argument("--points", type=int, default=12, help="plans asked for, the ends among them (default: 12)")
    command.add_argument("--gap", type=float, metavar="PERCENT", help="relative gap in %% (default: the model file's)")
    command.add_argument(
        "--sizes",
        type=float,
        nargs="+",
        metavar="FACTOR",
        help="against the fund: how many times the members' limits (default: from 0 to 2)",
    )
    command.add_argument(
        "--refine",
        type=int,
        default=0,
        metavar="TIMES",
        help="against the fund: how often to halve the steps in which projects first appear (default: 0)",
    )
    command.set_defaults(command=_frontier)


def _frontier(parsed: argparse.Namespace) -> int:
    from quadopt.whatif.frontier.frontier import frontier

    ask = partial(
        frontier,
        against=parsed.against,
        points=parsed.points,
        sizes=parsed.sizes,
        refine=parsed.refine,
        gap=None if parsed.gap is None else parsed.gap / 100,
    )
    return write_study(parsed, "frontier", ask)
