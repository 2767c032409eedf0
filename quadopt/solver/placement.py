"""Placement: a chain's plan with all suppliers, where the linear program with all of them takes too long.

Few suppliers decide which flows are best; exposure to the others only has to find its place around them. At a corner of the
linear program, where the simplex method ends, flows lean on whoever is left out; from inside its optimal face, where an interior
point method ends, they seldom do. Suppliers that are leant on join, and the chain is solved again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from quadopt.solver.feasibility import is_kept
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Mask, Program

ACCURACY = 1e-4
"""Relative gap of an interior point: a wider one would miss some rows by more than a plan may."""
TAKEN_IN = 4
"""Suppliers that join at once, those leant on most first."""
LEANT_ON = 1e-3
"""Share of a chain's dependence that a supplier must add to be leant on."""
SECONDS = 30.0
"""For the exposure to one supplier."""


@dataclass(frozen=True)
class Placed:
    """A point with the exposure to all suppliers, None where one has found no place, and who adds to the dependence, those who
    add most first."""

    values: Array | None
    leant_on: list[str]


class Placement:
    """Plans of the program of one chain. One object serves one thread.

    `owned`: the rows and columns of each supplier that may be left out. `results`: the columns that say how dependent a plan is.
    `joined`: those that join from the beginning; all that have by the end.
    """

    def __init__(
        self,
        program: Program,
        owned: dict[str, tuple[Mask, Mask]],
        results: Mask,
        threads: int,
        joined: Iterable[str] = (),
    ) -> None:
        self._program, self._results, self._threads = program, results, threads
        self._owned = {supplier: own for supplier, own in owned.items() if own[1].any()}
        self.joined = list(joined)
        self._running: HighsModel | None = None
        self._is_cancelled = False

    def best(self, flows: Array, seconds: float, at_first: float) -> Array | None:
        """The best point found in time, from a plan without the suppliers left out; None where nothing has found a place.

        The flows of that plan are good for few suppliers, but have room for all: what is left where no point from inside is.
        The first of these may take `at_first` seconds, however many all others may.
        """
        deadline = time.perf_counter() + seconds

        def seconds_left() -> float:
            return deadline - time.perf_counter()

        best, least = None, np.inf
        inside = self._inside(at_first)
        while inside is not None:
            placed = self._placed(self._out, inside)
            values = placed.values
            if values is not None and is_kept(self._program, values) and self._worth(values) < least:
                best, least = values, self._worth(values)
            self.joined += placed.leant_on[:TAKEN_IN]
            if not placed.leant_on or seconds_left() <= 0 or self._is_cancelled:
                break
            inside = self._inside(seconds_left())
        if best is None and not self._is_cancelled:
            best = self._placed(list(self._owned), flows).values
        return best

    def cancel(self) -> None:
        """Ends what is under way in another thread."""
        self._is_cancelled = True
        if self._running is not None:
            self._running.cancel()

    @property
    def _out(self) -> list[str]:
        """Suppliers left out."""
        return [supplier for supplier in self._owned if supplier not in self.joined]

    def _inside(self, seconds: float) -> Array | None:
        """A point near the best one without the suppliers left out; None where there is none in time."""
        rows, columns = np.ones(self._program.row_lower.size, dtype=bool), np.ones_like(self._results)
        for supplier in self._out:
            own_rows, own_columns = self._owned[supplier]
            rows &= ~own_rows
            columns &= ~own_columns
        point = np.zeros(columns.size)
        model = self._running = HighsModel(self._program.part(rows, columns, point), self._threads)
        found = None if self._is_cancelled else model.inside(ACCURACY, seconds)
        if found is None:
            return None
        point[columns] = found
        return point

    def _placed(self, out: list[str], flows: Array) -> Placed:
        """The exposure to each of some suppliers, placed around flows."""
        program, values, worth = self._program, flows.copy(), self._worth(flows)
        around = replace(program, lower=np.where(self._results, np.maximum(flows, program.lower), program.lower))
        added: dict[str, float] = {}
        for supplier in out:
            free = self._owned[supplier][1] | self._results
            model = self._running = HighsModel(around.part(program.rows_on(free), free, flows), self._threads)
            found = None if self._is_cancelled else model.solve(0.0, SECONDS).values
            added[supplier] = np.inf
            if found is not None:
                whole = flows.copy()
                whole[free] = found
                added[supplier] = self._worth(whole) - worth
                values = np.where(self._results, np.maximum(values, whole), np.where(free, whole, values))
        leant_on = sorted((s for s in out if added[s] > LEANT_ON * abs(worth)), key=lambda s: -added[s])
        return Placed(values if all(np.isfinite(one) for one in added.values()) else None, leant_on)

    def _worth(self, values: Array) -> float:
        """What a point adds to the objective."""
        return float(self._program.cost @ values)
