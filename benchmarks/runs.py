"""Measurements, each in a fresh child process, repeated and brought to medians."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

Job = dict[str, Any]
Row = dict[str, Any]
ROOT = Path(__file__).parents[1]
SLOW, ENOUGH = 30.0, 3
"""A job that takes longer than so many seconds is measured so often at most: noise is small beside it."""


@dataclass(frozen=True)
class Run:
    """One job and what came of it."""

    job: Job
    found: Row


def label(case: str) -> str:
    """A case's name without folders and suffix, as tables show it."""
    where, plus, more = case.partition("+")
    return f"{Path(where).stem}{plus}{more}"


def run_all(part: str, jobs: list[Job], repeats: int, tell: Callable[[str], None], kept: Kept) -> list[Run]:
    """Every job as often as asked, in turn, so that a machine that slows down slows all alike; those that are kept first.

    Runs are given back in the order of their jobs. A job that fails is told of and left out: a writing that runs out of memory
    is no reason to lose the others.
    """
    done = [run for run in kept.read() if run.job in jobs]
    left_out: list[Job] = []
    for number in range(repeats):
        for job in jobs:
            if job in left_out or sum(run.job == job for run in done) > number:
                continue
            begin = time.perf_counter()
            tell(f"{part}, run {number + 1} of {repeats}: {', '.join(f'{k} {v}' for k, v in job.items())}")
            try:
                done.append(Run(job, run_child(part, job)))
                kept.add(done[-1])
            except RuntimeError as fault:
                left_out.append(job)
                tell(f"failed: {fault}")
            if number + 1 >= ENOUGH and time.perf_counter() - begin > SLOW:
                left_out.append(job)
    return sorted(done, key=lambda run: jobs.index(run.job))


class Kept:
    """What was measured so far, a line of JSON a run: hours of measuring that are cut off need not begin anew."""

    def __init__(self, path: Path, goes_on: bool) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not goes_on:
            path.unlink(missing_ok=True)

    def read(self) -> list[Run]:
        """The runs so far."""
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []
        return [Run(**json.loads(line)) for line in lines]

    def add(self, run: Run) -> None:
        """Writes one more run down."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"job": run.job, "found": run.found}) + "\n")


def run_child(part: str, job: Job) -> Row:
    """What `benchmarks.<part>.measure(**job)` finds in a fresh process. Raises `RuntimeError` where that fails."""
    command = [sys.executable, "-m", "benchmarks.runs", part, json.dumps(job)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.strip()[-500:]}")
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def medians(runs: Iterable[Run]) -> list[Run]:
    """One run a job: the median of every number that was found, the first of everything else."""
    by_job: dict[str, list[Run]] = {}
    for run in runs:
        by_job.setdefault(json.dumps(run.job), []).append(run)
    return [Run(same[0].job, {key: _median([run.found[key] for run in same]) for key in same[0].found})
            for same in by_job.values()]  # fmt: skip


def _median(values: list[Any]) -> Any:
    numbers = [value for value in values if isinstance(value, int | float)]
    return statistics.median(numbers) if len(numbers) == len(values) else values[0]


def main() -> None:
    """The child: measures and prints what it found as one line of JSON."""
    part, job = sys.argv[1:]
    print(json.dumps(import_module(f"benchmarks.{part}").measure(**json.loads(job))))


if __name__ == "__main__":
    main()
