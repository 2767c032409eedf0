"""What an audit says: one `Check` a rule, with the row that comes nearest to breaking it (or breaks it most)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from quadopt.errors import NoPlanError


@dataclass(frozen=True)
class Tolerance:
    """How far a recomputed row may be off: relative x its largest term + absolute x a typical size.

    The typical size is the material's typical yearly demand for quantities, the largest cost row for money, 1 for
    shares. A solver's feasibility is 1e-7 on scaled rows, so the defaults leave it ample room and no more.
    """

    relative: float = 1e-5
    absolute: float = 1e-6


@dataclass(frozen=True)
class Check:
    """One rule recomputed. worst: the largest violation (units of the row, 0 where none); where: the row's labels."""

    name: str
    what: str
    worst: float
    tolerance: float
    passed: bool
    where: str
    compared: int

    def __str__(self) -> str:
        verdict = "ok  " if self.passed else "FAIL"
        tail = "" if self.passed else f": off by {self.worst:.6g} (allowed {self.tolerance:.3g}) at {self.where}"
        return f"{verdict} {self.name} ({self.compared} rows){tail}"


class AuditError(NoPlanError):
    """The plan breaks a rule or contradicts itself; `.report` holds every check."""

    def __init__(self, report: AuditReport) -> None:
        super().__init__(str(report), "audit_failed")
        self.report = report


@dataclass(frozen=True)
class AuditReport:
    """All checks of one plan, in the order in which they ran."""

    checks: list[Check] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """True where every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> list[Check]:
        """The checks that did not pass."""
        return [check for check in self.checks if not check.passed]

    def raise_if_failed(self) -> None:
        """Raise AuditError, with a readable account of every failed check, unless all passed."""
        if not self.passed:
            raise AuditError(self)

    def __str__(self) -> str:
        failed = self.failed
        head = f"audit: {len(self.checks)} checks, {len(failed)} failed"
        return "\n".join([head, *(f"  {check}" for check in (failed or self.checks))])


class Found:
    """Collects the comparisons of one check and remembers the worst."""

    def __init__(self, tolerance: Tolerance) -> None:
        self.tolerance = tolerance
        self.compared = 0
        self.violation = 0.0
        self.allowed = 0.0
        self.ratio = -1.0
        self.where: tuple[Any, ...] = ()

    def equal(
        self, found: float, expected: float, where: tuple[Any, ...], typical: float, largest: float = 0.0
    ) -> None:
        """found must equal expected; largest: the largest other term of the row."""
        self._record(abs(found - expected), max(abs(found), abs(expected), largest), where, typical, (found, expected))

    def at_most(self, found: float, limit: float, where: tuple[Any, ...], typical: float, largest: float = 0.0) -> None:
        """found must not exceed limit (which may be infinite)."""
        self._record(found - limit, max(abs(found), abs(limit), largest), where, typical, (found, limit))

    def require(self, holds: bool, where: tuple[Any, ...]) -> None:
        """A fact that is true or false, without a tolerance."""
        self._record(0.0 if holds else math.inf, 0.0, where, 0.0, ())

    def _record(
        self, violation: float, largest: float, where: tuple[Any, ...], typical: float, values: tuple[float, ...]
    ) -> None:
        self.compared += 1
        if violation == -math.inf:
            return
        if math.isnan(violation):
            violation = math.inf
        violation = max(violation, 0.0)
        allowed = self.tolerance.relative * largest + self.tolerance.absolute * typical
        if violation == 0.0:
            ratio = 0.0
        elif math.isinf(violation) or allowed == 0.0:
            ratio = math.inf
        else:
            ratio = violation / allowed
        if ratio > self.ratio:
            self.ratio, self.violation, self.allowed = ratio, violation, allowed
            self.where = (*where, values) if values and ratio > 1.0 else where

    def check(self, name: str, what: str) -> Check:
        """The finished check."""
        place = ", ".join(_text(part) for part in self.where)
        return Check(name, what, self.violation, self.allowed, self.ratio <= 1.0, place, self.compared)


def _text(part: Any) -> str:
    if isinstance(part, tuple) and all(isinstance(value, float) for value in part):
        return " against ".join(f"{value:.8g}" for value in part)
    return str(part)
