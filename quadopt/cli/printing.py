"""What commands print: warnings, the size of a case, progress; all but the answer on standard error."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quadopt.errors import Finding
    from quadopt.tables.case import Case


def print_warnings(findings: list[Finding]) -> None:
    """A line for each finding."""
    for finding in findings:
        print(finding, file=sys.stderr)


def size(case: Case) -> str:
    """How large a case is, in one sentence."""
    return (
        f"{len(case.members)} members, {len(case.suppliers)} outside suppliers, {len(case.materials)} materials, "
        f"{len(case.tables['projects'])} projects, {len(case.periods)} periods, "
        f"{case.tables['disruptions']['disruption'].nunique()} disruptions."
    )


def print_done(what: str, done: int, total: int) -> None:
    """How many of some solves are done."""
    print(f"{what}: {done} of {total}", file=sys.stderr)


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
