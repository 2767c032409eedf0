"""The command line: reads arguments, calls the library, prints. Everything else is imported inside the commands."""

from __future__ import annotations

import argparse

from quadopt.cli import alternatives, comparison, difference, frontier, inputs, models, plans, runs, sensitivity, stress
from quadopt.cli.exits import EXIT_CODES, exit_code

COMMANDS = (inputs, difference, plans, comparison, alternatives, stress, frontier, sensitivity, runs, models)
"""The modules that hold commands, in the order of the help text; each has `add(commands)`, which registers its own."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code; no traceback reaches the user for a fault of the input."""
    return exit_code(parser().parse_args(arguments))


def parser() -> argparse.ArgumentParser:
    """The whole command line; what is parsed holds its function in `command`."""
    whole = argparse.ArgumentParser(
        prog="quadopt",
        description="Plans critical-mineral security for a group of countries: from a workbook to an audited plan.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="store_true", help="print the versions of quadopt and its solver")
    whole.set_defaults(command=_version)
    commands = whole.add_subparsers(title="commands", metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return whole


def _version(parsed: argparse.Namespace) -> int:
    if not parsed.version:
        parser().print_help()
        return 2
    from importlib.metadata import version

    print(", ".join(f"{name} {version(name)}" for name in ("quadopt", "pyomo", "highspy")))
    return 0
