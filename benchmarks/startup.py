"""Start-up: importing quadopt, its command line, reading the Quad workbook."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from benchmarks.runs import ROOT, Job, Row, Run

TITLE = "Start-up"
PANELS = 1
EXPLAINED = """Seconds by the clock, each in a new process, medians. Python alone is what an empty program takes; the others
include it, but for the last: reading the workbook of the Quad case, checks included, once quadopt and pandas are imported."""
COMMANDS = {
    "Python alone": "",
    "import quadopt": "import quadopt",
    "import quadopt, solve and read_case": "from quadopt import solve, read_case",
    "quadopt --help": "import sys; from quadopt.cli import main; sys.exit(main(['--help']))",
}
READING = "read the Quad workbook"
AIMS = {"import quadopt": 1.0, "quadopt --help": 0.5, READING: 2.0}
"""Seconds."""


def jobs() -> list[Job]:
    """A job for each thing that is timed."""
    return [{"what": what} for what in [*COMMANDS, READING]]


def measure(what: str) -> Row:
    """Seconds."""
    if what == READING:
        from quadopt.tables.case import read_case

        begin = time.perf_counter()
        read_case(ROOT / "inputs" / "quad.xlsx")
        return {"seconds": time.perf_counter() - begin}
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", COMMANDS[what]], cwd=ROOT, check=True, capture_output=True)
    return {"seconds": time.perf_counter() - begin}


def table(runs: list[Run]) -> list[Row]:
    """A row for each."""
    return [
        {"what": run.job["what"], "seconds": run.found["seconds"], "aim": AIMS.get(run.job["what"])} for run in runs
    ]


def draw(rows: list[Row], runs: list[Run], axes: Any) -> None:
    """A bar each."""
    axes[0].barh([row["what"] for row in rows], [row["seconds"] for row in rows])
    axes[0].invert_yaxis()
    axes[0].set_xlabel("seconds")
