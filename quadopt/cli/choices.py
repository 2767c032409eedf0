"""What all commands share that answer a question by many runs: their choices, and the way from a case to a written study."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quadopt.cli.files import output_file, page_file
from quadopt.cli.printing import print_warnings, size

if TYPE_CHECKING:
    from quadopt.whatif.study import Study


def add_study_choices(command: argparse.ArgumentParser, kind: str) -> None:
    """The case, the model file, the files to write, and where the runs are solved and kept."""
    command.add_argument("case", type=Path, help="a workbook (.xlsx) or a folder of CSV files")
    command.add_argument("--model", default="pact", help="as for run (default: pact)")
    command.add_argument("--output", type=Path, help=f"the workbook to write (default: <case>_<model>_{kind}.xlsx)")
    command.add_argument("--report", type=Path, help="a page (.html) to write beside the workbook (default: none)")
    kept = command.add_mutually_exclusive_group()
    kept.add_argument(
        "--store", type=Path, help="the folder that keeps finished runs (default: <case>_runs by the case)"
    )
    kept.add_argument("--no-store", action="store_true", help="keep no runs: solve all anew")
    place = command.add_mutually_exclusive_group()
    place.add_argument("--processes", type=int, help="runs solved at a time (default: as many as there are cores)")
    place.add_argument("--cluster", help="address of a Dask scheduler whose workers solve the runs (tcp://host:8786)")
    command.add_argument("--force", action="store_true", help="replace an existing output file")
    command.add_argument("--quiet", action="store_true", help="no progress, only the result")


def write_study(parsed: argparse.Namespace, kind: str, ask: Callable[..., Study]) -> int:
    """Asks a study of the parsed choices, writes and prints it; nothing is solved where it could not be written.

    `ask(case, model, store=, processes=, cluster=, listener=)` gives the study.
    """
    default = Path(f"{parsed.case.stem}_{Path(parsed.model).stem}_{kind}.xlsx")
    output = output_file(parsed.output or default, parsed.force)
    if parsed.report:
        page_file(parsed.report, parsed.force)
    from quadopt.tables.case import read_case

    case = read_case(parsed.case)
    print_warnings(case.findings)
    if not parsed.quiet:
        print(f"{case.title}: {size(case)}", file=sys.stderr)
    with places(parsed, kind) as chosen:
        study = ask(case, parsed.model, **chosen)
    study.to_excel(output, force=parsed.force)
    print(study.summary)
    print(f"wrote {output}")
    if parsed.report:
        print(f"wrote {study.to_html(parsed.report, force=parsed.force)}")
    return 0


@contextmanager
def places(parsed: argparse.Namespace, what: str) -> Iterator[dict[str, Any]]:
    """Where runs are kept and solved and who hears of them, as studies take it by keyword; a bar shows how far they are."""
    chosen = {"store": store_folder(parsed), "processes": parsed.processes, "cluster": parsed.cluster}
    if chosen["processes"] is None and parsed.cluster is None:
        chosen["processes"] = cores()
    with warnings.catch_warnings():
        warnings.showwarning = _print_warning  # type: ignore[assignment]
        if parsed.quiet:
            yield {**chosen, "listener": None}
            return
        from quadopt.sweep.progress import Bar

        with Bar(what.replace("_", " ")) as bar:
            yield {**chosen, "listener": bar}


def store_folder(parsed: argparse.Namespace) -> Path | None:
    """The folder that keeps runs: the one asked for, or one beside the case; None where none is wanted."""
    if parsed.no_store:
        return None
    return parsed.store or parsed.case.with_name(f"{parsed.case.stem}_runs")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print_warning(message: Warning | str, *where: Any, **more: Any) -> None:
    """A warning without the line of code that gave it."""
    print(f"warning: {message}", file=sys.stderr)
