"""Work functions for tests; those that do something leave a line in a file, so that what was done can be counted."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pandas as pd

from quadopt.errors import NoPlanError
from quadopt.sweep.run import Outcome, Run
from quadopt.tables.case import Case
from tests.tiny import one_metal, rules

CASE = Case.from_tables(one_metal())


def run(name: str, work: str, case: Case = CASE, most_seconds: float | None = None, **settings: Any) -> Run:
    """A run of one of these functions."""
    return Run(name, f"tests.sweep.works:{work}", case, rules(), settings, most_seconds=most_seconds)


def squares(log: Path, count: int, seconds: float = 0.0) -> list[Run]:
    """Runs that square the numbers from 0 on."""
    return [run(f"square {n}", "square", log=str(log), number=n, seconds=seconds) for n in range(count)]


def done(log: Path) -> list[str]:
    """What has been done, a word each time."""
    return log.read_text(encoding="utf-8").split() if log.exists() else []


def note(log: str, word: object) -> None:
    """Adds a word to a log; a line of it is written at once, whoever else writes."""
    with Path(log).open("a", encoding="utf-8") as file:
        file.write(f"{word}\n")


def square(case: Case, options: Any, start: Any, log: str, number: int, seconds: float = 0.0) -> Outcome:
    time.sleep(seconds)
    note(log, number)
    return Outcome({"table": pd.DataFrame({"number": [number], "square": [number**2]})}, "optimal", 0.0)


def raises(case: Case, options: Any, start: Any, what: str) -> Outcome:
    if what == "no plan":
        raise NoPlanError("No plan in stage shortage: no plan meets all rules.", "infeasible")
    if what == "exit":
        raise SystemExit(3)
    raise ZeroDivisionError("by a test")


def garbage(case: Case, options: Any, start: Any, what: str) -> Any:
    given: dict[str, Any] = {
        "no outcome": {"gap": 0.0},
        "no status": Outcome(1, "", 0.0),
        "no gap": Outcome(1, "optimal", "narrow"),  # type: ignore[arg-type]
        "no pickle": Outcome(lambda: 1, "optimal", 0.0),
    }
    return given[what]


def hangs(case: Case, options: Any, start: Any) -> Outcome:
    time.sleep(600.0)
    return Outcome(None, "optimal", 0.0)


def dies(case: Case, options: Any, start: Any, log: str, times: int) -> Outcome:
    """Its process is killed, as often as asked for."""
    note(log, "begun")
    if len(done(Path(log))) <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome("alive", "optimal", 0.0)


def where(case: Case, options: Any, start: Any, number: int) -> Outcome:
    """The process, and the number of threads that the solver may use."""
    return Outcome((os.getpid(), options.solver.threads), "optimal", 0.0)
