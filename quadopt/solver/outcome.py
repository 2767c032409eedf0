"""Outcome: how a solve ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from quadopt.solver.matrix import Array


class Status(Enum):
    """How a solve ended; a closed set, so that nothing that failed can look like an answer."""

    OPTIMAL = "optimal"
    STOPPED_WITH_PLAN = "stopped with a plan"
    STOPPED_WITHOUT_PLAN = "stopped without a plan"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """A solve's end: `values` and `incumbent` are there only with a plan; `bound` is proven (-inf: none)."""

    status: Status
    values: Array | None
    incumbent: float
    bound: float
    seconds: float

    @property
    def has_plan(self) -> bool:
        """Whether there is a feasible point."""
        return self.values is not None

    @property
    def is_optimal(self) -> bool:
        """Whether the solve came to its end, within the gap asked for."""
        return self.status is Status.OPTIMAL
