"""One stage: a mixed-integer program to a proven gap, the traced suppliers taken in as they turn out to matter.

A stage is searched with the suppliers that matter so far (`active`). Leaving the others out can only lower the optimum,
so that the search's bound holds for the whole model. The starts that it finds are then priced in the whole model, an LP;
suppliers whose rows have a price there are taken in for the next round. Every plan is one of the whole model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from quadopt.solver.highs import HighsModel, Status
from quadopt.solver.matrix import Array, Mask, Matrix, Owner, Program

PRICED = 0.02
"""A supplier matters if the prices of its dependence rows sum to this share of the largest such sum."""
SAME = 1e-6
"""Relative difference below which leaving suppliers out has cost nothing."""
SUPPLIER_BLOCKS = ("exposure", "traced", "depends_on")
"""The blocks that stand for one supplier in the search."""
ROUND_GAP = 0.02
"""Gap to which rounds are solved while suppliers are still being taken in."""
PRICE_SECONDS = 300.0
WARM_SECONDS = 75.0
"""After which an LP that began from a basis is begun anew, with presolve: now and then the basis leads nowhere."""

Progress = Callable[[float, float], None]


@dataclass
class Best:
    """The best plan and the best proven bound of a stage so far."""

    values: Array | None = None
    incumbent: float = np.inf
    bound: float = -np.inf
    last: Status = Status.FAILED

    def take(self, values: Array, incumbent: float) -> None:
        """Keeps a plan that is better than the one so far."""
        if incumbent < self.incumbent:
            self.values, self.incumbent = values, incumbent

    def gap(self) -> float:
        """Relative gap, (incumbent - bound) / |incumbent|."""
        return relative_gap(self.incumbent, self.bound)


def relative_gap(incumbent: float, bound: float) -> float:
    """(incumbent - bound) / |incumbent|; zero where both are zero up to rounding."""
    difference = max(0.0, incumbent - bound)
    if difference <= 1e-9 * max(1.0, abs(incumbent)):
        return 0.0
    return difference / max(abs(incumbent), 1e-12)


class Minimiser:
    """Minimises one objective after the other over a growing matrix; remembers starts and active suppliers."""

    def __init__(self, matrix: Matrix, suppliers: list[str], active: list[str], threads: int) -> None:
        self.matrix = matrix
        self.suppliers = suppliers
        self.active = active
        self.threads = threads
        self.starts: Array | None = None
        """Values of the binaries of the last plan, in the matrix's order."""

    def minimise(
        self, program: Program, gap: float, time_limit: float, progress: Progress | None, takes_in: bool
    ) -> Best:
        """The best plan within the gap or the time limit, from the starts of the plan before.

        `takes_in`: suppliers that matter join the search, as they should where dependence is minimised; elsewhere it
        begins with the first of them alone, because its bound hardly moves with the others.
        """
        deadline = time.perf_counter() + time_limit
        search = Search(self, program, progress, takes_in)
        aim = max(gap, ROUND_GAP) if takes_in and search.left_out else gap
        while True:
            before, left = list(search.left_out), deadline - time.perf_counter()
            search.round(aim, left / 2 if aim > gap else left)
            if search.best.values is None or search.best.gap() <= gap or time.perf_counter() > deadline - 1.0:
                break
            if search.left_out != before:
                continue
            if aim <= gap and not search.widen():
                break
            aim = gap
        if search.best.values is not None and program.is_integer.any():
            self.starts = search.best.values[program.is_integer]
        return search.best

    def waiting(self) -> list[str]:
        """Suppliers with exposure in the matrix that are not active yet."""
        return [s for s in self.suppliers if self.is_built(s) and s not in self.active]

    def is_built(self, supplier: str) -> bool:
        """Whether a supplier's exposure is in the matrix."""
        return ("exposure", supplier) in self.matrix.owners


class Search:
    """The rounds of one stage: a resident model of the whole program, and of the part that is searched."""

    def __init__(self, minimiser: Minimiser, program: Program, progress: Progress | None, takes_in: bool) -> None:
        self.owner, self.program, self.progress, self.takes_in = minimiser, program, progress, takes_in
        self.best = Best()
        self.left_out: list[str] = self._outside(minimiser.active if takes_in else minimiser.active[:1])
        """Suppliers that the search leaves out for now."""
        self._whole: HighsModel | None = None
        self._parts: dict[tuple[str, ...], HighsModel] = {}

    def _outside(self, inside: list[str]) -> list[str]:
        return [s for s in [*self.owner.active, *self.owner.waiting()] if s not in inside and self.owner.is_built(s)]

    def widen(self) -> bool:
        """Takes in the suppliers that matter, then all; whether there were any left."""
        if not self.left_out:
            return False
        narrower = self._outside(self.owner.active)
        self.left_out = narrower if len(narrower) < len(self.left_out) else []
        return True

    def round(self, gap: float, seconds: float) -> None:
        """One search; beside it, on the other core, the starts known so far are priced in the whole model."""
        begin, left_out = time.perf_counter(), list(self.left_out)
        part = self._part_without(left_out)
        known = self.owner.starts if self.best.values is None else self.best.values[self.program.is_integer]
        # Two threads must not share a model: what is priced beside the search is priced over other suppliers.
        is_apart = not self.takes_in and left_out != self._outside(self.owner.active)
        with ThreadPoolExecutor(1) as beside:
            priced: Future[None] | None = None
            if known is not None and self.best.values is None and is_apart:
                priced = beside.submit(self._price, known, PRICE_SECONDS)
            start = self._start(part, left_out, known)
            outcome = part.solve(gap, max(2.0, seconds - (time.perf_counter() - begin)), start, self.progress)
            if priced is not None:
                priced.result()
        self.best.last = outcome.status
        self.best.bound = max(self.best.bound, outcome.bound)
        found = outcome.values if outcome.values is not None else start
        if found is None:
            return
        if not self._is_priced(part.integers(found)):
            left = seconds - (time.perf_counter() - begin)
            self._price(part.integers(found), PRICE_SECONDS if self.best.values is None else max(10.0, left))
        if self.best.values is None and known is not None:
            self._price(known, PRICE_SECONDS)
        if self.takes_in and left_out and self.best.incumbent > outcome.incumbent + SAME * abs(outcome.incumbent):
            self._take_in(left_out)

    def _price(self, integers: Array, seconds: float) -> None:
        """Keeps the plan of the whole model at given starts, an LP that begins from the basis over the active suppliers.

        What the part found optimal stays so but for the rows that it left out: a cold LP of the whole takes several
        times as long.
        """
        begin, left_out, whole = time.perf_counter(), self._outside(self.owner.active), self._whole_model()
        if left_out:
            part = self._part_without(left_out)
            if part.solve_fixed(integers, seconds).values is None:
                return
            rows, columns = self._without(left_out)
            whole.begin_from(part.basis(), ~rows, ~columns)
        left = seconds - (time.perf_counter() - begin)
        priced = whole.solve_fixed(integers, max(5.0, min(left, WARM_SECONDS)))
        left = seconds - (time.perf_counter() - begin)
        if priced.status is Status.STOPPED_WITHOUT_PLAN and left > 5.0:
            whole.forget()
            priced = whole.solve_fixed(integers, left)
        if priced.values is not None:
            self.best.take(priced.values, priced.incumbent)

    def _is_priced(self, integers: Array) -> bool:
        """Whether the best plan has these starts already."""
        best = self.best.values
        return best is not None and np.array_equal(np.round(integers), np.round(best[self.program.is_integer]))

    def _start(self, part: HighsModel, left_out: list[str], known: Array | None) -> Array | None:
        """A plan to begin with: the best so far, or the last stage's starts with everything else solved anew."""
        if self.best.values is not None:
            return self.best.values[~self._without(left_out)[1]]
        return part.solve_fixed(known, PRICE_SECONDS).values if known is not None and part.has_integers else None

    def _without(self, left_out: list[str]) -> tuple[Mask, Mask]:
        owners: set[Owner] = {(block, s) for s in left_out for block in SUPPLIER_BLOCKS}
        return self.owner.matrix.owned(owners)

    def _part_without(self, left_out: list[str]) -> HighsModel:
        if not left_out:
            return self._whole_model()
        key = tuple(left_out)
        if key not in self._parts:
            rows, columns = self._without(left_out)
            self._parts[key] = HighsModel(self.program.part(~rows, ~columns), self.owner.threads)
        return self._parts[key]

    def _whole_model(self) -> HighsModel:
        if self._whole is None:
            self._whole = HighsModel(self.program, self.owner.threads)
        return self._whole

    def _take_in(self, left_out: list[str]) -> None:
        """Suppliers whose dependence rows have a price in the whole model join the search."""
        prices = np.abs(self._whole_model().row_duals())
        worth = {s: prices[self.owner.matrix.owned({("depends_on", s)})[0]].sum() for s in left_out}
        least = PRICED * max(worth.values(), default=0.0)
        self.owner.active += sorted((s for s in worth if worth[s] > least), key=lambda s: -worth[s])
        self.left_out = self._outside(self.owner.active)
