"""One run where it is solved: whatever goes wrong inside it comes back as its reason, never as an exception."""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from quadopt.errors import InputError, NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.run import FAILED, Outcome, Run, versions
from quadopt.tables.case import Case


@dataclass(frozen=True)
class Question:
    """What a run asks of its case, without the case: small enough to be sent at once.

    `versions` are those of the process that asks; a worker that has others refuses.
    """

    work: str
    options: Formulation
    settings: Mapping[str, Any]
    versions: Mapping[str, str]

    @classmethod
    def of(cls, run: Run) -> Question:
        """What a run asks."""
        return cls(run.work, run.options, run.settings, versions())


@dataclass(frozen=True)
class Ended:
    """How a run ended where it was solved; times in UTC. `payload` is pickled, empty where the run failed."""

    status: str
    gap: float
    reason: str
    seconds: float
    started: str
    finished: str
    payload: bytes

    @property
    def is_failed(self) -> bool:
        """Whether there is no payload."""
        return self.status == FAILED


def answer(question: Question, case: Case, start: Plan | None) -> Ended:
    """Solves a run. Raises nothing but KeyboardInterrupt."""
    started, begin = now(), time.perf_counter()
    try:
        outcome = _outcome(question, case, start)
        payload = pickle.dumps(outcome.payload, protocol=pickle.HIGHEST_PROTOCOL)
        status, gap, reason = outcome.status, float(outcome.gap), ""
    except (Exception, SystemExit) as error:
        status, gap, reason, payload = FAILED, math.nan, reason_of(error), b""
    return Ended(status, gap, reason, time.perf_counter() - begin, started, now(), payload)


def failed(reason: str) -> Ended:
    """A run that has ended without coming back."""
    return Ended(FAILED, math.nan, reason, math.nan, "", now(), b"")


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def reason_of(error: BaseException) -> str:
    """Why a run failed, in one line; what the input or the rules do not allow says so itself."""
    if isinstance(error, InputError):
        return "; ".join(str(finding) for finding in error.findings)
    text = " ".join(str(error).split())
    return text if isinstance(error, NoPlanError) else f"{type(error).__name__}: {text}".removesuffix(": ")


def _outcome(question: Question, case: Case, start: Plan | None) -> Outcome:
    if dict(question.versions) != versions():
        here = {name: own for name, own in versions().items() if own != question.versions.get(name)}
        asked = ", ".join(f"{name} {question.versions.get(name)}" for name in here)
        raise RuntimeError(f"this worker has {', '.join(' '.join(pair) for pair in here.items())}; asked for {asked}")
    module, name = question.work.split(":")
    outcome = getattr(import_module(module), name)(case, question.options, start, **question.settings)
    if not isinstance(outcome, Outcome):
        raise TypeError(f"{question.work} gave a {type(outcome).__name__}, no Outcome")
    if not outcome.status or outcome.status == FAILED or not isinstance(outcome.gap, int | float):
        raise TypeError(f"{question.work} gave the status {outcome.status!r} and the gap {outcome.gap!r}")
    return outcome
