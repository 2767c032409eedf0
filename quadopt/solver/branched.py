"""What portfolios are worth where the program has branches: the base path's LP, the branches as cuts (multi-cut Benders)."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from quadopt.solver.master import Master
from quadopt.solver.matrix import Array
from quadopt.solver.outcome import Outcome, Status
from quadopt.solver.recourse import Answer, Cut
from quadopt.solver.valuation import Valuation, Value, held_sizes

MOST_ROUNDS = 200
"""Of cuts for one portfolio, in the time for it; its value is that of a plan and its bound a bound however many there were."""


class BranchedValuation(Valuation):
    """Values portfolios of a part with branches; values, bounds and points are those of the part's own program.

    The master stays resident; cuts are added where a piece of the branches comes to more than its level, the first of them at
    `near`, a point of the whole program.
    """

    def __init__(self, master: Master, near: Array, threads: int) -> None:
        super().__init__(master.program, master.held, threads)
        self._master, self._answers = master, list[Answer]()
        self._held = master.whole.a[master.held_rows]
        self._size, self._tolerance = held_sizes(master.whole, master.held_rows)
        self._add([answer.cut for answer in master.answers(master.from_whole(near)) or []])

    def _add(self, cuts: list[Cut]) -> None:
        if cuts:
            rows, least = self._master.rows_of(cuts)
            self._model.add_rows(sp.csr_array(sp.hstack([rows, sp.csr_array((len(cuts), self._excess.size))])), least)

    def redirect(self, costs: Array) -> None:
        """Other costs from now on, one a column of the part; those of branches stay what they are."""
        self._master.whole = replace(self._master.whole, cost=costs)
        own = costs[self._master.columns]
        self._model.set_costs(np.arange(own.size, dtype=np.int32), own)

    def row_prices(self) -> Array:
        """Sizes of the prices of the part's rows at the last portfolio, in the objective's unit by the row's; none of branches,
        and none at all before one is valued."""
        out = np.zeros(self._master.rows.size)
        if self._model.has_basis:
            out[self._master.rows] = np.abs(self._model.row_values()[: self._master.held.size])
        return out[self._master.part.rows]

    def _solve(self, seconds: float) -> Outcome:
        deadline = time.perf_counter() + seconds
        outcome = self._model.solve(0.0, seconds)
        for _ in range(MOST_ROUNDS):
            if outcome.values is None or not outcome.is_optimal:
                break
            answers = self._master.answers(outcome.values)
            if answers is None:
                return replace(outcome, status=Status.FAILED, values=None)
            self._answers = answers
            cuts = self._master.violated(outcome.values, answers)
            left = deadline - time.perf_counter()
            if not cuts or left <= 0:
                break
            self._add(cuts)
            outcome = self._model.solve(0.0, left)
        return outcome

    def _point(self, values: Array) -> tuple[float, Array, Array]:
        """The whole program's point with what branches come to: its value with penalties, itself, its excesses."""
        whole = self._master.to_whole(values, self._answers)
        excess = np.maximum(0.0, self._held @ whole - self._master.whole.row_upper[self._master.held_rows])
        penalties = 0.0 if self._penalty is None else float(self._penalty @ excess)
        return float(self._master.whole.cost @ whole + self._master.whole.constant) + penalties, whole, excess

    def _read(self, values: Array, total: float, prices: Array, offset: float) -> Value:
        total, whole, excess = self._point(values)
        is_plan = bool((excess <= self._tolerance).all())
        return Value(total, is_plan, self._master.part.from_whole(whole), [Cut(0, prices, offset)])
