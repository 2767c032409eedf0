"""Commands on uncertain inputs: `tornado`, `samples`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quadopt.cli.choices import add_study_choices, write_study

if TYPE_CHECKING:
    from quadopt.tables.case import Case
    from quadopt.whatif.study import Study


def add(commands: Any) -> None:
    """Registers the commands."""
    tornado = commands.add_parser("tornado", help="what each uncertain input does to the answer, one at a time")
    add_study_choices(tornado, "tornado")
    _add_inputs(tornado)
    tornado.add_argument("--gap", type=float, metavar="PERCENT", help="of all runs, in %% (default: the model file's)")
    tornado.set_defaults(command=_tornado)

    samples = commands.add_parser("samples", help="how far the answer spreads when all uncertain inputs move at once")
    add_study_choices(samples, "samples")
    _add_inputs(samples)
    samples.add_argument("--number", type=int, default=64, help="runs, or blocks of runs for sobol (default: 64)")
    samples.add_argument(
        "--design",
        choices=("latin", "sobol"),
        default="latin",
        help="latin: a Latin hypercube; sobol: Saltelli's design, NUMBER x (inputs + 2) runs, for total effects",
    )
    samples.add_argument(
        "--shape",
        choices=("uniform", "triangular"),
        default="uniform",
        help="every value of a range as likely, or the case's own likeliest (default: uniform)",
    )
    samples.add_argument("--seed", type=int, default=0, help="the same seed draws the same samples (default: 0)")
    samples.add_argument("--gap", type=float, metavar="PERCENT", default=2.0, help="of all runs, in %% (default: 2)")
    samples.set_defaults(command=_samples)


def _add_inputs(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--inputs",
        type=Path,
        help="ranges of the uncertain inputs (.toml, .csv; default: groups by their rows' quality)",
    )
    command.add_argument(
        "--keep-projects",
        action="store_true",
        help="the stages after dependence keep its projects: quicker, and without bounds for those stages",
    )
    command.add_argument(
        "--plan", type=Path, help="a plan's results workbook that the base case begins with (default: none)"
    )


def _start(parsed: argparse.Namespace) -> Any:
    if parsed.plan is None:
        return None
    from quadopt.report.reading import read_plan

    return read_plan(parsed.plan)


def _tornado(parsed: argparse.Namespace) -> int:
    def ask(case: Case, model: str, **chosen: Any) -> Study:
        from quadopt.whatif.sensitivity.tornado import tornado

        return tornado(
            case,
            model,
            parsed.inputs,
            gap=None if parsed.gap is None else parsed.gap / 100,
            start=_start(parsed),
            keeps_projects=parsed.keep_projects,
            **chosen,
        )

    return write_study(parsed, "tornado", ask)


def _samples(parsed: argparse.Namespace) -> int:
    def ask(case: Case, model: str, **chosen: Any) -> Study:
        from quadopt.whatif.sensitivity.samples import samples

        return samples(
            case,
            model,
            parsed.inputs,
            number=parsed.number,
            design=parsed.design,
            shape=parsed.shape,
            seed=parsed.seed,
            gap=parsed.gap / 100,
            start=_start(parsed),
            keeps_projects=parsed.keep_projects,
            **chosen,
        )

    return write_study(parsed, "samples", ask)
