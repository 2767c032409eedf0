"""The command line: reads arguments, calls the library, prints. Everything else is imported inside the commands."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quadopt.errors import Finding
    from quadopt.plan import Plan
    from quadopt.tables.case import Case

EXIT_CODES = """exit codes:
  0  done; for `run`: a plan was written (its status, gaps and bounds stand first)
  1  faults in the workbook or in the model file, or an output file that exists already
  2  wrong command line
  3  `run --strict`: a plan was written, but a stage stopped at its limit before the gap asked
  4  `run`: no plan, and where rules conflict which ones and what would mend it; `diagnose`: rules conflict
  5  `run`: the auditor refused the plan
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code; no traceback reaches the user for a fault of the input."""
    parsed = _parser().parse_args(arguments)
    from quadopt.errors import InputError, NoPlanError

    try:
        return int(parsed.command(parsed))
    except InputError as error:
        print(error.report(), file=sys.stderr)
        return 1
    except FileExistsError as error:
        print(f"error: {error} (--force replaces it)", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except NoPlanError as error:
        print(f"error: {error}", file=sys.stderr)
        return 5 if type(error).__name__ == "AuditError" else 4
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quadopt",
        description="Plans critical-mineral security for a group of countries: from a workbook to an audited plan.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the versions of quadopt and its solver")
    parser.set_defaults(command=_version)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    new = commands.add_parser("new", help="write a blank workbook to fill in")
    new.add_argument("workbook", type=Path, help="the workbook to write (.xlsx)")
    new.add_argument("--force", action="store_true", help="replace an existing file")
    new.set_defaults(command=_new)

    check = commands.add_parser("check", help="report every fault and warning of a workbook, solve nothing")
    check.add_argument("case", type=Path, help="a workbook (.xlsx) or a folder of CSV files")
    check.set_defaults(command=_check)

    run = commands.add_parser("run", help="solve a workbook and write the plan", epilog=EXIT_CODES)
    run.formatter_class = argparse.RawDescriptionHelpFormatter
    run.add_argument("case", type=Path, help="a workbook (.xlsx) or a folder of CSV files")
    run.add_argument(
        "--model", default="pact", help="name of a model file that comes with quadopt, or a .toml file (default: pact)"
    )
    run.add_argument("--output", type=Path, help="the workbook to write (default: <case>_<model>_plan.xlsx)")
    run.add_argument("--report", type=Path, help="a report page (.html) to write beside the workbook (default: none)")
    run.add_argument("--force", action="store_true", help="replace an existing output file")
    run.add_argument("--strict", action="store_true", help="exit code 3 where a stage stopped before the gap asked")
    run.add_argument("--quiet", action="store_true", help="no progress, only the result")
    run.set_defaults(command=_run)

    diagnose = commands.add_parser(
        "diagnose",
        help="say which rules conflict where no plan meets them all, and what would mend it",
        epilog=EXIT_CODES,
    )
    diagnose.formatter_class = argparse.RawDescriptionHelpFormatter
    diagnose.add_argument("case", type=Path, help="a workbook (.xlsx) or a folder of CSV files")
    diagnose.add_argument("--model", default="pact", help="as for run (default: pact)")
    diagnose.add_argument("--output", type=Path, help="a workbook to write the diagnosis to (default: none)")
    diagnose.add_argument("--force", action="store_true", help="replace an existing output file")
    diagnose.set_defaults(command=_diagnose)

    explain = commands.add_parser(
        "explain",
        help="add to a plan why each project is in it or not, what limits are worth, what holds dependence up",
        epilog=EXIT_CODES,
    )
    explain.formatter_class = argparse.RawDescriptionHelpFormatter
    explain.add_argument(
        "case", type=Path, help="the workbook (.xlsx) or folder of CSV files that the plan was made from"
    )
    explain.add_argument("--plan", type=Path, help="the plan's results workbook (default: solve the case first)")
    explain.add_argument(
        "--model", help="the model file that the plan was made with (default: as the plan says, or pact)"
    )
    explain.add_argument("--output", type=Path, help="the workbook to write (default: <plan>_explained.xlsx)")
    explain.add_argument(
        "--nearest", type=int, default=10, help="projects solved anew with the other starts free (default: 10; 0: none)"
    )
    explain.add_argument("--seconds", type=float, default=60.0, help="for each stage of one of these (default: 60)")
    explain.add_argument("--force", action="store_true", help="replace an existing output file")
    explain.add_argument("--quiet", action="store_true", help="no progress, only the result")
    explain.set_defaults(command=_explain)

    report = commands.add_parser("report", help="make a report page of a plan's results workbook")
    report.add_argument("plan", type=Path, help="the results workbook (.xlsx) that `run` or `explain` wrote")
    report.add_argument("--output", type=Path, help="the page to write (default: <plan>.html)")
    report.add_argument("--force", action="store_true", help="replace an existing page")
    report.set_defaults(command=_report)

    models = commands.add_parser("models", help="list the model files that come with quadopt")
    models.set_defaults(command=_models)

    workbook = commands.add_parser("workbook", help="make one workbook of a folder of CSV files, with a sources sheet")
    workbook.add_argument("folder", type=Path, help="the folder of CSV files")
    workbook.add_argument("workbook", type=Path, help="the workbook to write (.xlsx)")
    workbook.add_argument("--force", action="store_true", help="replace an existing file")
    workbook.set_defaults(command=_workbook)
    return parser


def _version(parsed: argparse.Namespace) -> int:
    if not parsed.version:
        _parser().print_help()
        return 2
    from importlib.metadata import version

    print(", ".join(f"{name} {version(name)}" for name in ("quadopt", "pyomo", "highspy")))
    return 0


def _new(parsed: argparse.Namespace) -> int:
    from quadopt.tables.template import write_template

    write_template(parsed.workbook, parsed.force)
    print(f"wrote {parsed.workbook}: fill it in, then run  quadopt check {parsed.workbook}")
    return 0


def _check(parsed: argparse.Namespace) -> int:
    from quadopt.tables.case import read_case

    case = read_case(parsed.case)
    _print_warnings(case.findings)
    print(f"{parsed.case}: no faults, {len(case.findings)} warning(s). {_size(case)}")
    return 0


def _run(parsed: argparse.Namespace) -> int:
    output = _output(parsed.output or Path(f"{parsed.case.stem}_{Path(parsed.model).stem}_plan.xlsx"), parsed.force)
    if parsed.report:
        _page(parsed.report, parsed.force)
    from quadopt.errors import NoPlanError
    from quadopt.formulation.options import read_formulation
    from quadopt.reasons.diagnosis import diagnose
    from quadopt.reasons.short import shortage_causes
    from quadopt.solver.answer import solve
    from quadopt.tables.case import read_case

    options = read_formulation(parsed.model)
    case = read_case(parsed.case)
    _print_warnings(case.findings)
    if not parsed.quiet:
        print(f"{case.title}: {_size(case)}\nmodel {options.name}: {options.title}", file=sys.stderr)
    try:
        plan: Plan = solve(case, options, None if parsed.quiet else Progress())
    except NoPlanError as error:
        if error.status != "infeasible":
            raise
        print(f"error: {error}", file=sys.stderr)
        print(diagnose(case, options).text)
        return 4
    causes = shortage_causes(case, plan, options)
    if len(causes):
        plan.tables["shortage_causes"] = causes
    plan.to_excel(output, force=parsed.force)
    print(plan.summary)
    print(f"wrote {output}")
    if parsed.report:
        print(f"wrote {plan.to_html(parsed.report, force=parsed.force)}")
    return 3 if parsed.strict and plan.status != "optimal" else 0


def _diagnose(parsed: argparse.Namespace) -> int:
    if parsed.output is not None:
        _output(parsed.output, parsed.force)
    from quadopt.reasons.diagnosis import diagnose
    from quadopt.tables.case import read_case

    case = read_case(parsed.case)
    _print_warnings(case.findings)
    diagnosis = diagnose(case, parsed.model)
    print(diagnosis.text)
    if parsed.output is not None:
        print(f"wrote {diagnosis.to_excel(parsed.output, parsed.force)}")
    return 0 if diagnosis.is_feasible else 4


def _explain(parsed: argparse.Namespace) -> int:
    model = parsed.model or "pact"
    of = parsed.plan or Path(f"{parsed.case.stem}_{Path(model).stem}_plan.xlsx")
    output = _output(parsed.output or Path(f"{of.stem}_explained.xlsx"), parsed.force)
    from quadopt.reasons.explanation import explain
    from quadopt.report.reading import read_plan
    from quadopt.solver.answer import solve
    from quadopt.tables.case import read_case

    case = read_case(parsed.case)
    if parsed.plan is None:
        plan: Plan = solve(case, model, None if parsed.quiet else Progress())
    else:
        plan = read_plan(parsed.plan)
    plan = explain(case, plan, parsed.model, parsed.nearest, parsed.seconds, None if parsed.quiet else _print_done)
    plan.to_excel(output, force=parsed.force)
    print(plan.summary)
    for sentence in plan.tables["project_effects"]["explanation"]:
        print(sentence)
    print(f"wrote {output}")
    return 0


def _print_done(what: str, done: int, total: int) -> None:
    print(f"{what}: {done} of {total}", file=sys.stderr)


def _output(path: Path, force: bool, what: str = "workbook", endings: tuple[str, ...] = (".xlsx",)) -> Path:
    """A file to write, its folder made. Raises before any work where it has another ending, or exists."""
    if path.suffix.lower() not in endings:
        raise ValueError(f"{path}: the name of a {what} ends in {endings[0]}")
    if path.exists() and not force:
        raise FileExistsError(f"{path} exists already")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _page(path: Path, force: bool) -> Path:
    """A report page to write, as `_output`."""
    return _output(path, force, "report page", (".html", ".htm"))


def _report(parsed: argparse.Namespace) -> int:
    output = _page(parsed.output or Path(f"{parsed.plan.stem}.html"), parsed.force)
    from quadopt.report.reading import read_plan

    print(f"wrote {read_plan(parsed.plan).to_html(output, force=parsed.force)}")
    return 0


def _models(parsed: argparse.Namespace) -> int:
    from quadopt.formulation.options import model_names, read_formulation

    for name in model_names():
        print(f"{name:16s} {read_formulation(name).title}")
    return 0


def _workbook(parsed: argparse.Namespace) -> int:
    from quadopt.tables.sources import build_workbook

    build_workbook(parsed.folder, parsed.workbook, parsed.force)
    print(f"wrote {parsed.workbook}")
    return 0


def _print_warnings(findings: list[Finding]) -> None:
    for finding in findings:
        print(finding, file=sys.stderr)


def _size(case: Case) -> str:
    return (
        f"{len(case.members)} members, {len(case.suppliers)} outside suppliers, {len(case.materials)} materials, "
        f"{len(case.tables['projects'])} projects, {len(case.periods)} periods, "
        f"{case.tables['disruptions']['disruption'].nunique()} disruptions."
    )


class Progress:
    """Prints what a stage has found so far, a line every few seconds, on standard error."""

    def __init__(self, seconds: float = 5.0) -> None:
        self._begin, self._last, self._stage, self._seconds = time.perf_counter(), 0.0, "", seconds

    def __call__(self, stage: str, incumbent: float, bound: float) -> None:
        """Hears of a stage's incumbent and bound; nan where there is none yet."""
        now = time.perf_counter()
        if stage == self._stage and now - self._last < self._seconds:
            return
        self._stage, self._last = stage, now
        has_gap = incumbent == incumbent and bound == bound and incumbent != 0
        gap = f"  gap {abs(incumbent - bound) / abs(incumbent):.2%}" if has_gap else ""
        print(
            f"{now - self._begin:7.1f} s  {stage:16s} plan {_number(incumbent)}  bound {_number(bound)}{gap}",
            file=sys.stderr,
        )


def _number(value: float) -> str:
    return "none yet" if value != value else f"{value:,.6g}"


if __name__ == "__main__":
    sys.exit(main())
