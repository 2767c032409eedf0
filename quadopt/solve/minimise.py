"""One stage: a mixed-integer program to a proven gap, the traced suppliers taken in as they turn out to matter.

A stage is searched with the suppliers that matter so far (`active`). Leaving the others out can only lower the optimum,
so that the search's bound holds for the whole model. The starts that it finds are then priced in the whole model, an LP;
suppliers whose rows have a price there are taken in for the next round. Every plan is one of the whole model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quadopt.solve.highs import HighsModel, Status
from quadopt.solve.matrix import Array, Matrix, Owner, Program

PRICED = 1e-6
"""Price of a dependence row, in scaled terms, above which its supplier matters."""
SAME = 1e-6
"""Relative difference below which leaving suppliers out has cost nothing."""
SUPPLIER_BLOCKS = ("exposure", "traced", "depends_on")
"""The blocks that stand for one supplier in the search."""
ROUND_GAP = 0.02
"""Gap to which rounds are solved while suppliers are still being taken in."""
POLISH_SECONDS = 120.0

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

    def minimise(self, program: Program, gap: float, time_limit: float, progress: Progress | None) -> Best:
        """The best plan within the gap or the time limit, from the starts of the plan before."""
        deadline = time.perf_counter() + time_limit
        search = Search(self, program, progress)
        while True:
            waiting = search.left_out()
            aim = max(gap, ROUND_GAP) if waiting else gap
            left = deadline - time.perf_counter()
            search.round(aim, left / 2 if waiting else left)
            best = search.best
            if best.values is None or best.gap() <= gap or time.perf_counter() > deadline - 1.0:
                break
            if len(search.left_out()) == len(waiting):
                if aim <= gap:
                    break
                search.round(gap, deadline - time.perf_counter())
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

    def round(self, gap: float, seconds: float) -> None:
        """One search, its starts priced in the whole model."""
        begin, left_out = time.perf_counter(), self.left_out()
        part = self._part_without(left_out)
        known = self.owner.starts if self.best.values is None else self.best.values[self.program.is_integer]
        start = part.solve_fixed(known, POLISH_SECONDS).values if known is not None and part.has_integers else None
        outcome = part.solve(gap, max(2.0, seconds - (time.perf_counter() - begin)), start, self.progress)
        self.best.last = outcome.status
        self.best.bound = max(self.best.bound, outcome.bound)
        for values in (outcome.values, start):
            if values is not None and self._price(part.integers(values), left_out, outcome.incumbent):
                return

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

    def _price(self, integers: Array, left_out: list[str], aimed: float) -> bool:
        """The LP of the whole model at given starts; whether it has a plan."""
        whole = self._whole_model()
        priced = whole.solve_fixed(integers, POLISH_SECONDS)
        if priced.values is None:
            return False
        self.best.take(priced.values, priced.incumbent)
        if left_out and priced.incumbent > aimed + SAME * abs(aimed):
            prices = np.abs(whole.row_duals())
            for supplier in left_out:
                own, _ = self.owner.matrix.owned({("depends_on", supplier)})
                if prices[own].max(initial=0.0) > PRICED:
                    self.owner.active.append(supplier)
        return True
