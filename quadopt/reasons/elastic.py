"""An elastic program: the model's facts as rows, the user's rules as rows that can be made to give."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from quadopt.errors import NoPlanError
from quadopt.reasons.rules import Rule
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Program
from quadopt.solver.outcome import Outcome, Status

Rows = npt.NDArray[np.int64]
GAP = 1e-4
"""Relative gap to which the cheapest way of giving is found."""


def elastic_program(program: Program, rules: Sequence[Rule]) -> Program:
    """A program with one column more for every rule, by how much it gives, in the rule's unit and order.

    Rows that rules stand for get those columns; bounds that rules are become rows with them. The objective is the sum of
    what all rules give, each at its worth.
    """
    width, count = program.cost.size, len(rules)
    lower, upper = program.lower.copy(), program.upper.copy()
    rows: list[int] = []
    columns: list[int] = []
    coefficients: list[float] = []
    most: list[float] = []
    into: list[tuple[int, int, float]] = []
    for number, rule in enumerate(rules):
        upper[list(rule.uppers)] = np.inf
        lower[list(rule.lowers)] = 0.0
        into += [(row, width + number, amount * _sign(program, row)) for row, amount in rule.rows]
        for limit in rule.limits:
            rows += [len(most)] * (len(limit.columns) + 1)
            columns += [*limit.columns, width + number]
            coefficients += [*limit.coefficients, -limit.per_unit]
            most.append(limit.most)
    shape = (program.a.shape[0], width + count)
    grown = sp.csr_array((program.a.data, program.a.indices, program.a.indptr), shape=shape)
    if into:
        at, of, amount = zip(*into, strict=True)
        grown = sp.csr_array(grown + sp.csr_array((amount, (at, of)), shape=shape))
    added = sp.csr_array((coefficients, (rows, columns)), shape=(len(most), width + count))
    nothing, no = np.zeros(count), np.zeros(count, dtype=bool)
    return Program(
        sp.csr_array(sp.vstack([grown, added], format="csr")),
        np.concatenate([np.zeros(width), [rule.worth for rule in rules]]),
        0.0,
        np.concatenate([lower, nothing]),
        np.concatenate([upper, [rule.most for rule in rules]]),
        np.concatenate([program.row_lower, np.full(len(most), -np.inf)]),
        np.concatenate([program.row_upper, most]),
        np.concatenate([program.is_integer, no]),
        np.concatenate([program.is_anchor, no]),
    )


def _sign(program: Program, row: int) -> float:
    """The direction in which a row is loosened: up where it is a lower limit or an equality, else down."""
    return 1.0 if np.isfinite(program.row_lower[row]) else -1.0


class Elastic:
    """Asks whether there is a plan with some of the rules, and at what cost the others give.

    Raises `NoPlanError` where the time runs out before a question is answered.
    """

    def __init__(self, program: Program, rules: Sequence[Rule], threads: int, seconds: float) -> None:
        self.rules = rules
        self.program = elastic_program(program, rules)
        self.deadline = time.perf_counter() + seconds
        self.first = program.cost.size
        self._give = np.arange(self.first, self.first + len(rules), dtype=np.int32)
        self._worth = np.array([rule.worth for rule in rules])
        self._most = np.array([rule.most for rule in rules])
        self._threads = threads
        self._model = HighsModel(self.program, threads)
        self.questions = 0

    def is_feasible(self, kept: Collection[int]) -> bool:
        """Whether a plan keeps these rules, by number, whatever becomes of the others."""
        return self._solve(kept, np.zeros(self._worth.size), 0.0).has_plan

    def cheapest(self, kept: Collection[int], among: Collection[int] | None = None) -> Outcome:
        """The plan whose rules, but for those kept, give least in all, at their worth; others than `among` give freely."""
        worth = self._worth.copy()
        if among is not None:
            worth[[k for k in range(worth.size) if k not in set(among)]] = 0.0
        return self._solve(kept, worth, GAP)

    def given(self, outcome: Outcome) -> Array:
        """By how much each rule gives, in its unit."""
        assert outcome.values is not None
        return np.maximum(outcome.values[self.first :], 0.0)

    def conflicting_rows(self, kept: Collection[int]) -> Rows:
        """Rows of the program that HiGHS finds to conflict where these rules are kept and the others give freely.

        HiGHS's irreducible infeasible subsystem is one of linear programs: none where the LP, with projects built in part, has
        a plan. Its rows are rules (`rules_in`) and facts.
        """
        most = self._most.copy()
        most[list(kept)] = 0.0
        upper = self.program.upper.copy()
        upper[self._give] = most
        cost, integer = np.zeros_like(upper), np.zeros_like(self.program.is_integer)
        model = HighsModel(replace(self.program, upper=upper, cost=cost, is_integer=integer), self._threads)
        if model.solve(0.0, self._seconds()).status is not Status.INFEASIBLE:
            return np.zeros(0, dtype=np.int64)
        return model.conflicting_rows()

    def rules_in(self, rows: Rows) -> list[int]:
        """The rules, by number, that some rows of the program stand for."""
        return np.flatnonzero(np.abs(self.program.a[rows][:, self._give]).sum(axis=0) > 0).tolist()

    def spread(self, values: Array, giving: Sequence[int]) -> Array:
        """The same starts, as dear, with what these numeric rules give spread so that none gives a larger part of itself
        than it must, and all others as they are; the point itself where there is nothing to spread.
        """
        if not any(values[self.first + k] > 0 for k in giving):
            return values
        sizes = {k: float(self.rules[k].value) for k in giving}
        width = self.program.cost.size
        lower, upper = self.program.lower.copy(), self.program.upper.copy()
        fixed = np.flatnonzero(self.program.is_integer).tolist()
        fixed += [
            self.first + k for k in range(len(self.rules)) if k not in sizes or (sizes[k] <= 0 < max(sizes.values()))
        ]
        lower[fixed] = upper[fixed] = np.where(self.program.is_integer[fixed], np.round(values[fixed]), values[fixed])
        places = [k for k in giving if self.first + k not in set(fixed)]
        if not places:
            return values
        part = sp.lil_array((len(places) + 1, width + 1))
        for row, k in enumerate(places):
            part[row, self.first + k] = 1.0 / max(sizes[k], 1.0)
            part[row, width] = -1.0
        part[len(places), self._give] = self._worth
        dear = float(self._worth @ values[self.first :])
        wider = sp.csr_array((self.program.a.data, self.program.a.indices, self.program.a.indptr),
                             shape=(self.program.a.shape[0], width + 1))  # fmt: skip
        program = Program(
            sp.csr_array(sp.vstack([wider, part.tocsr()], format="csr")),
            np.append(np.zeros(width), 1.0),
            0.0,
            np.append(lower, 0.0),
            np.append(upper, np.inf),
            np.append(self.program.row_lower, np.full(len(places) + 1, -np.inf)),
            np.append(self.program.row_upper, np.append(np.zeros(len(places)), dear * (1 + 1e-6))),
            np.zeros(width + 1, dtype=bool),
            np.append(self.program.is_anchor, False),
        )
        found = HighsModel(program, self._threads).solve(0.0, self._seconds())
        return values if found.values is None or not found.is_optimal else np.maximum(found.values[:width], lower)

    def _solve(self, kept: Collection[int], costs: Array, gap: float) -> Outcome:
        most = self._most.copy()
        most[list(kept)] = 0.0
        self._model.set_bounds(self._give, np.zeros(most.size), most)
        self._model.set_costs(self._give, costs)
        outcome = self._model.solve(gap, self._seconds())
        self.questions += 1
        if outcome.has_plan or outcome.status is Status.INFEASIBLE:
            return outcome
        raise NoPlanError("The time ran out, or the solver failed, before it was known which rules conflict.",
                          outcome.status.value)  # fmt: skip

    def _seconds(self) -> float:
        return self.deadline - time.perf_counter()
