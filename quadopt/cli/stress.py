"""The command on the loss of one supplier: `stress`."""

from __future__ import annotations

import argparse
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from quadopt.cli.choices import add_study_choices, write_study
from quadopt.cli.exits import EXIT_CODES


def add(commands: Any) -> None:
    """Registers the command."""
    command = commands.add_parser(
        "stress",
        help="what goes short when one outside supplier stops all exports, and how many days each sector holds out",
        epilog=EXIT_CODES,
    )
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    add_study_choices(command, "loss_of_one")
    command.add_argument("--plan", type=Path, help="the plan's results workbook (default: solve the case first)")
    command.add_argument(
        "--period", help="the period with which the loss begins (default: that of most disruptions of the case)"
    )
    command.add_argument(
        "--duration",
        type=_duration,
        default=1.0,
        metavar="YEARS",
        help="how long it lasts (default: 1), or 'rest': to the horizon's end; days to stop always look at the rest",
    )
    command.add_argument(
        "--supplier", action="append", help="whom to lose, once for each (default: every outside supplier)"
    )
    command.add_argument(
        "--step",
        type=_years,
        metavar="YEARS",
        help="length of a step, which is how exactly days are found: 1/12 is a month (default: the model file's)",
    )
    command.set_defaults(command=_stress)


def _years(text: str) -> float:
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of years, such as 0.25 or 1/12") from None


def _duration(text: str) -> float | None:
    return None if text == "rest" else _years(text)


def _stress(parsed: argparse.Namespace) -> int:
    from quadopt.report.reading import read_plan
    from quadopt.whatif.loss_of_one.loss_of_one import loss_of_one

    ask = partial(
        loss_of_one,
        plan=None if parsed.plan is None else read_plan(parsed.plan),
        period=parsed.period,
        duration=parsed.duration,
        suppliers=parsed.supplier,
        step_years=parsed.step,
    )
    return write_study(parsed, "loss_of_one", ask)
