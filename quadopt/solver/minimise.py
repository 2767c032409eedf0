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

from quadopt.solver.highs import HighsModel, Outcome, Status
from quadopt.solver.matrix import Array, Matrix, Owner, Program

PRICED = 1e-6
"""Price of a dependence row, in scaled terms, above which its supplier matters."""
SAME = 1e-6
"""Relative difference below which leaving suppliers out has cost nothing."""
SUPPLIER_BLOCKS = ("exposure", "traced", "depends_on")
"""The blocks that stand for one supplier in the search."""
ROUND_GAP = 0.02
"""Gap to which rounds are solved while suppliers are still being taken in."""
PRICE_SECONDS = 150.0

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

    def minimise(self, program: Program, gap: float, time_limit: float, progress: Progress | None, takes_in: bool) -> Best:
        """The best plan within the gap or the time limit, from the starts of the plan before.

        `takes_in`: suppliers that matter join the search, as they should where dependence is minimised; elsewhere they
        only price plans, because the search's bound hardly moves with them.
        """
        deadline = time.perf_counter() + time_limit
        search = Search(self, program, progress)
        while True:
            waiting = search.left_out()
            aim = max(gap, ROUND_GAP) if waiting and takes_in else gap
            left = deadline - time.perf_counter()
            search.round(aim, left / 2 if aim > gap else left, takes_in)
            best = search.best
            if best.values is None or best.gap() <= gap or time.perf_counter() > deadline - 1.0:
                break
            if len(search.left_out()) == len(waiting) and aim <= gap:
                break
            if len(search.left_out()) == len(waiting):
                search.round(gap, deadline - time.perf_counter(), takes_in=False)
                break
        if search.best.values is not None and program.is_integer.any():
            self.starts = search.best.values[program.is_integer]
        return search.best

    def waiting(self) -> list[str]:
        """Suppliers with exposure in the matrix that are not active yet."""
        present = {index for block, index in set(self.matrix.column_owner) if block == "exposure"}
        return [s for s in self.suppliers if s in present and s not in self.active]


class Search:
    """The rounds of one stage: a resident model of the whole program, and of the part that is searched."""

    def __init__(self, minimiser: Minimiser, program: Program, progress: Progress | None) -> None:
        self.owner, self.program, self.progress = minimiser, program, progress
        self.best = Best()
        self._whole: HighsModel | None = None
        self._part: tuple[list[str], HighsModel] | None = None

    def left_out(self) -> list[str]:
        """Suppliers that the search leaves out for now."""
        return self.owner.waiting()

    def round(self, gap: float, seconds: float, takes_in: bool) -> None:
        """One search; beside it, on the other core, the starts known so far are priced in the whole model."""
        begin, left_out = time.perf_counter(), self.left_out()
        part = self._part_without(left_out)
        known = self.owner.starts if self.best.values is None else self.best.values[self.program.is_integer]
        with ThreadPoolExecutor(1) as beside:
            priced: Future[Outcome] | None = None
            if left_out and known is not None and self.best.values is None:
                priced = beside.submit(self._whole_model().solve_fixed, known, PRICE_SECONDS)
            start = part.solve_fixed(known, PRICE_SECONDS).values if known is not None and part.has_integers else None
            outcome = part.solve(gap, max(2.0, seconds - (time.perf_counter() - begin)), start, self.progress)
            if priced is not None:
                self._keep(priced.result())
        self.best.last = outcome.status
        self.best.bound = max(self.best.bound, outcome.bound)
        found = outcome.values if outcome.values is not None else start
        if found is None:
            return
        integers = part.integers(found)
        if priced is None or known is None or not np.array_equal(np.round(integers), np.round(known)):
            self._keep(self._whole_model().solve_fixed(integers, PRICE_SECONDS))
        if takes_in and left_out and self.best.incumbent > outcome.incumbent + SAME * abs(outcome.incumbent):
            self._take_in(left_out)

    def _part_without(self, left_out: list[str]) -> HighsModel:
        if not left_out:
            return self._whole_model()
        if self._part is None or self._part[0] != left_out:
            owners: set[Owner] = {(block, s) for s in left_out for block in SUPPLIER_BLOCKS}
            rows, columns = self.owner.matrix.owned(owners)
            self._part = (left_out, HighsModel(self.program.part(~rows, ~columns), self.owner.threads))
        return self._part[1]

    def _whole_model(self) -> HighsModel:
        if self._whole is None:
            self._whole = HighsModel(self.program, self.owner.threads)
        return self._whole

    def _keep(self, priced: Outcome) -> None:
        if priced.values is not None:
            self.best.take(priced.values, priced.incumbent)

    def _take_in(self, left_out: list[str]) -> None:
        """Suppliers whose dependence rows have a price in the whole model join the search."""
        prices = np.abs(self._whole_model().row_duals())
        for supplier in left_out:
            rows, _ = self.owner.matrix.owned({("depends_on", supplier)})
            if prices[rows].max(initial=0.0) > PRICED:
                self.owner.active.append(supplier)
