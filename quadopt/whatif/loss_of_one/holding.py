"""How long demands hold out in a branch: the longest time from the blow in which nothing need go short, by bisection.

A question is a set of demands. Each is its own best case: the others may go short for it. One LP asks how little of it
goes short in the first steps; whatever an LP finds counts for every question, so that few of them need many.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from quadopt.errors import NoPlanError
from quadopt.solver.branches import Branches
from quadopt.solver.matrix import Array, Mask
from quadopt.solver.outcome import Status

SECONDS = 600.0
"""For one LP; where one takes longer the loss has no answer."""
SHARE = 1e-6
"""Of a step's demand: what goes short below it is the solver's rounding."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Lasting:
    """One branch whose blow lasts, with what may go short in it without counting (`allowed`, by demand and step)."""

    branches: Branches
    path: Any
    demand: Array
    allowed: Array

    @classmethod
    def of(cls, branches: Branches, name: str, allowed: Array) -> Lasting:
        """The branch of a name.

        At least what may go short does: that leaves more for the others, and what goes short beyond it is what is counted.
        """
        path = branches.paths[name]
        demand = path.demand.array()
        demand = demand.reshape(-1, demand.shape[-1])
        allowed = np.minimum(allowed, demand)
        branches.keep_between(path.shortage, allowed, demand)
        return cls(branches, path, demand, allowed)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return int(self.demand.shape[1])

    def short(self, demands: Mask, steps: int) -> tuple[Mask, Array]:
        """Which demands go short in which steps where as little as can be of some of them does in the first steps.

        Also the branch's plan, in the whole matrix. Raises `NoPlanError` where the solver does not come to the end.
        """
        costs = np.zeros(self.branches.matrix.width)
        costs[self.branches.matrix.where(self.path.shortage)] = asked(self.demand, demands, steps).reshape(-1)
        self.branches.ask_for(costs)
        outcome = self.branches.solve(SECONDS)
        if outcome.status is not Status.OPTIMAL or outcome.values is None:
            raise NoPlanError(f"how long demand holds out is not known: {outcome.status.value}", outcome.status.value)
        whole = self.branches.whole(outcome.values)
        missing = whole[self.branches.matrix.where(self.path.shortage)].reshape(self.demand.shape)
        return (missing - self.allowed > SHARE * self.demand) & (self.demand > 0), whole


def asked(demand: Array, demands: Mask, steps: int) -> Array:
    """Costs of what goes short, by demand and step: its part of the demand, for some demands in the first steps."""
    part = np.divide(1.0, demand, out=np.zeros_like(demand), where=demand > 0)
    part[~demands] = 0.0
    part[:, steps:] = 0.0
    return part


class Search(Generic[Key]):
    """The longest time of every question; `most` are steps that a question cannot exceed."""

    def __init__(self, lasting: Lasting, questions: Mapping[Key, Mask], most: Mapping[Key, int]) -> None:
        self.lasting, self.questions = lasting, questions
        self._low: dict[Key, int] = dict.fromkeys(questions, 0)
        self._high = dict(most)

    def longest(self) -> dict[Key, int]:
        """Question -> number of steps from the blow in which it need not go short."""
        for question in self.questions:
            steps = self._high[question]
            while self._low[question] < self._high[question]:
                self._ask(question, steps)
                steps = (self._low[question] + self._high[question] + 1) // 2
        return dict(self._low)

    def _ask(self, question: Key, steps: int) -> None:
        demands = self.questions[question]
        short, _ = self.lasting.short(demands, steps)
        for other, rows in self.questions.items():
            first = first_short(short[rows])
            self._low[other] = max(self._low[other], min(first, self._high[other]))
        if first_short(short[demands]) < steps:
            for other, rows in self.questions.items():
                if rows[demands].all():
                    self._high[other] = max(self._low[other], min(self._high[other], steps - 1))


def first_short(short: npt.NDArray[np.bool_]) -> int:
    """How many of the first steps (columns) nothing goes short in."""
    columns = short.any(axis=0)
    return int(columns.argmax()) if columns.any() else int(columns.size)
