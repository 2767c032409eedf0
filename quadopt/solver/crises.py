"""Crises at a fixed plan: how little stress each branch can have, with and without sharing and stocks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from quadopt.formulation.build import Model
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Matrix

TIME_LIMIT = 120.0

BARRED: dict[str, tuple[str, ...]] = {
    "stress_least": (),
    "stress_without_sharing": ("shared",),
    "stress_without_stocks": ("shared", "release"),
}
"""What a branch may not do in each comparison."""


@dataclass(frozen=True)
class Comparison:
    """Branches of a fixed plan without some of what they may do, by disruption."""

    stress: dict[str, float]
    """Millions; nan where it could not be computed."""
    shortage: dict[str, Array] = field(default_factory=dict)
    """Of every (member, material, sector) in every step, units; empty where it could not be computed."""


def least_stress(model: Model, matrix: Matrix, values: Array) -> tuple[dict[str, Comparison], Array]:
    """Each comparison's least stress, at the plan's projects and reserve; and the branches' least-stress plan.

    The branches of a fixed plan do not touch each other, so that the least sum is the least of each.
    """
    crises = [w.name for w in model.structure.crises]
    owners = {("branch", name) for name in crises}
    rows, columns = matrix.owned(owners)
    total = sum(model.pyomo.branch[name].stress for name in crises)
    program = matrix.program(total)
    part = replace(program.part(rows, columns, values), constant=0.0)
    highs, out, planned = HighsModel(part), {}, values.copy()
    for comparison, barred in BARRED.items():
        where = np.flatnonzero(matrix.columns_named(barred)[columns]).astype(np.int32)
        highs.set_bounds(where, part.lower[where], np.zeros(where.size))
        outcome = highs.solve(0.0, TIME_LIMIT)
        highs.reset_bounds(where)
        if outcome.values is None:
            out[comparison] = Comparison(dict.fromkeys(crises, float("nan")))
            continue
        whole = values.copy()
        whole[columns] = outcome.values
        if not barred:
            planned = whole
        branches = {name: model.pyomo.branch[name] for name in crises}
        out[comparison] = Comparison(
            {name: _dot(matrix, branch.stress, whole) for name, branch in branches.items()},
            {
                name: whole[matrix.where(branch.shortage)].reshape(branch.shortage.shape())
                for name, branch in branches.items()
            },
        )
    return out, planned


def _dot(matrix: Matrix, expression: object, values: Array) -> float:
    cost, constant = matrix.vector(expression)
    return float(cost @ values + constant)
