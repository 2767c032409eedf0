"""Commands on plans: `run`, `diagnose`, `explain`, `report`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quadopt.cli.exits import EXIT_CODES
from quadopt.cli.files import output_file, page_file
from quadopt.cli.printing import Progress, print_done, print_warnings, size

if TYPE_CHECKING:
    from quadopt.plan import Plan


def add(commands: Any) -> None:
    """Registers the commands."""
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


def _run(parsed: argparse.Namespace) -> int:
    output = output_file(parsed.output or Path(f"{parsed.case.stem}_{Path(parsed.model).stem}_plan.xlsx"), parsed.force)
    if parsed.report:
        page_file(parsed.report, parsed.force)
    from quadopt.errors import NoPlanError
    from quadopt.formulation.options import read_formulation
    from quadopt.reasons.diagnosis import diagnose
    from quadopt.reasons.short import shortage_causes
    from quadopt.solver.answer import solve
    from quadopt.tables.case import read_case

    options = read_formulation(parsed.model)
    case = read_case(parsed.case)
    print_warnings(case.findings)
    if not parsed.quiet:
        print(f"{case.title}: {size(case)}\nmodel {options.name}: {options.title}", file=sys.stderr)
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
        output_file(parsed.output, parsed.force)
    from quadopt.reasons.diagnosis import diagnose
    from quadopt.tables.case import read_case

    case = read_case(parsed.case)
    print_warnings(case.findings)
    diagnosis = diagnose(case, parsed.model)
    print(diagnosis.text)
    if parsed.output is not None:
        print(f"wrote {diagnosis.to_excel(parsed.output, parsed.force)}")
    return 0 if diagnosis.is_feasible else 4


def _explain(parsed: argparse.Namespace) -> int:
    model = parsed.model or "pact"
    of = parsed.plan or Path(f"{parsed.case.stem}_{Path(model).stem}_plan.xlsx")
    output = output_file(parsed.output or Path(f"{of.stem}_explained.xlsx"), parsed.force)
    from quadopt.reasons.explanation import explain
    from quadopt.report.reading import read_plan
    from quadopt.solver.answer import solve
    from quadopt.tables.case import read_case

    case = read_case(parsed.case)
    if parsed.plan is None:
        plan: Plan = solve(case, model, None if parsed.quiet else Progress())
    else:
        plan = read_plan(parsed.plan)
    plan = explain(case, plan, parsed.model, parsed.nearest, parsed.seconds, None if parsed.quiet else print_done)
    plan.to_excel(output, force=parsed.force)
    print(plan.summary)
    for sentence in plan.tables["project_effects"]["explanation"]:
        print(sentence)
    print(f"wrote {output}")
    return 0


def _report(parsed: argparse.Namespace) -> int:
    output = page_file(parsed.output or Path(f"{parsed.plan.stem}.html"), parsed.force)
    from quadopt.report.reading import read_plan

    print(f"wrote {read_plan(parsed.plan).to_html(output, force=parsed.force)}")
    return 0
