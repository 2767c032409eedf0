"""Run, what is to be solved; Outcome, what a work function returns; Finished, how a run ended."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any

import pandas as pd

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.tables.case import Case

FAILED = "failed"
"""Status of a run without an answer."""


@dataclass(frozen=True, eq=False)
class Run:
    """One case under one formulation, and the question asked of it.

    `work` names the top-level function that answers it, "package.module:function", called as
    `function(case, options, start, **settings) -> Outcome`; `settings` hold plain JSON values. `start` is the plan of a
    similar case to begin with. `most_seconds`: a run that takes longer is ended and reported as failed, where it has a process
    of its own. The formulation is made repeatable (`repeatable`), so that a run's answer does not depend on where it is solved.
    """

    name: str
    work: str
    case: Case
    options: Formulation
    settings: Mapping[str, Any] = field(default_factory=dict)
    start: Plan | None = None
    most_seconds: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", repeatable(self.options))

    @cached_property
    def key(self) -> str:
        """What the answer depends on, as a hash: inputs, model file, question, start and versions; not the name."""
        start = self.start
        parts = {
            "inputs": self.case.input_hash,
            "options": self.options.model_dump(mode="json"),
            "work": self.work,
            "settings": dict(self.settings),
            "start": None if start is None else {"of": start.case_hash, "starts": start.starts, "under": start.options},
            "versions": versions(),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def repeatable(options: Formulation) -> Formulation:
    """A formulation with one thread for the solver, as a sweep has many processes, and search and proof that take turns."""
    solver = options.solver.model_copy(update={"threads": 1, "repeatable": True})
    return options.model_copy(update={"solver": solver})


@cache
def versions() -> dict[str, str]:
    """Versions that a run's answer depends on."""
    major, minor, _ = platform.python_version_tuple()
    packages = ("quadopt", "pyomo", "highspy", "pandas", "numpy")
    return {**{name: version(name) for name in packages}, "python": f"{major}.{minor}"}


@dataclass(frozen=True)
class Outcome:
    """What a work function returns.

    `payload` is anything that can be pickled: a plan, or a mapping of frames and values. `status` is a plan's, `optimal` or
    `stopped with a plan`; `gap` the widest relative gap behind the payload (nan where there is none to speak of).
    """

    payload: Any
    status: str
    gap: float


@dataclass(frozen=True)
class Finished:
    """How a run ended.

    `status` is the outcome's, or `failed` with a `reason`. `seconds` is what the run took when it was solved; `is_kept`:
    its answer was there already, from an earlier sweep or an equal run of this one.
    """

    run: str
    key: str
    status: str
    reason: str
    gap: float
    seconds: float
    is_kept: bool
    versions: Mapping[str, str]
    payload: Any = field(repr=False)

    @property
    def has_answer(self) -> bool:
        """Whether there is a payload; otherwise `reason` says why not."""
        return self.status != FAILED


def runs_table(finished: Sequence[Finished]) -> pd.DataFrame:
    """The table of runs that every study has: a row a run, columns as `quadopt.report.studies.shape.RUNS`."""
    rows = [
        {
            "run": one.run,
            "status": one.status,
            "reason": one.reason,
            "gap": one.gap,
            "seconds": one.seconds,
            "is_kept": one.is_kept,
            "key": one.key[:16],
            "quadopt": one.versions["quadopt"],
            "highspy": one.versions["highspy"],
        }
        for one in finished
    ]
    columns = ["run", "status", "reason", "gap", "seconds", "is_kept", "key", "quadopt", "highspy"]
    return pd.DataFrame(rows, columns=columns)
