"""Branches of a fixed plan, as one LP that stays resident in HiGHS: what changes between questions is bounds and costs.

Branches see of a plan only its starts and its reserve, and do not touch each other: the least sum is the least of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from quadopt.formulation.build import Model
from quadopt.plan import Plan
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Matrix
from quadopt.solver.outcome import Outcome
from quadopt.tables.records import rows_of


class Branches:
    """Some branches of a model at the starts and the reserve of a point of the whole matrix.

    Asked for is the least stress, or the least of `costs`, one a column of the whole matrix.
    """

    def __init__(
        self, model: Model, matrix: Matrix, values: Array, names: list[str], costs: Array | None = None
    ) -> None:
        self.matrix, self.values = matrix, values
        self.paths: dict[str, Any] = {name: model.pyomo.branch[name] for name in names}
        rows, self.columns = matrix.owned({("branch", name) for name in names})
        program = matrix.program(sum(path.stress for path in self.paths.values()))
        if costs is not None:
            program = replace(program, cost=costs)
        part = replace(program.part(rows, self.columns, values), constant=0.0)
        self._number = np.cumsum(self.columns) - 1
        self.highs = HighsModel(part)

    def ask_for(self, costs: Array) -> None:
        """The least of other costs from now on, one a column of the whole matrix."""
        own = costs[self.columns]
        self.highs.set_costs(np.arange(own.size, dtype=np.int32), own)

    def keep_between(self, variable: Any, lower: Array, upper: Array) -> None:
        """Other bounds for the members of one variable from now on."""
        where = self._number[self.matrix.where(variable)].astype(np.int32)
        self.highs.set_bounds(where, lower.reshape(-1), upper.reshape(-1))

    @contextmanager
    def without(self, barred: tuple[str, ...]) -> Iterator[None]:
        """Without the variables of some names (`shared`, `release`) for a while."""
        where = np.flatnonzero(self.matrix.columns_named(barred)[self.columns]).astype(np.int32)
        self.highs.set_bounds(where, self.highs.program.lower[where], np.zeros(where.size))
        try:
            yield
        finally:
            self.highs.reset_bounds(where)

    def solve(self, seconds: float) -> Outcome:
        """The LP as it stands."""
        return self.highs.solve(0.0, seconds)

    def whole(self, solution: Array) -> Array:
        """A solution of the LP in the whole matrix."""
        values = self.values.copy()
        values[self.columns] = solution
        return values


def point_of(model: Model, matrix: Matrix, plan: Plan) -> Array:
    """What branches see of a plan as a point of the whole matrix: its starts and its reserve, nothing else."""
    periods = model.structure.case.periods
    values = np.zeros(matrix.width)
    started = [float(plan.starts.get(p) == periods[tau - 1]) for p, tau in model.pyomo.starts]
    values[matrix.where(model.pyomo.is_started)] = started
    if model.structure.stocks:
        held = {(row.country, row.material, row.period): float(row.reserve) for row in rows_of(plan.tables["stock"])}
        reserve = [held[n, m, t] for n, m in model.structure.stocks for t in periods]
        values[matrix.where(model.pyomo.base.reserve)] = reserve
    return values
