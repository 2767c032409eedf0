"""Crises at a fixed plan: how little stress each branch can have, with and without sharing and stocks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from quadopt.formulation.build import Model
from quadopt.solver.branches import Branches
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
    """Each comparison's least stress, at the plan's projects and reserve; and the branches' least-stress plan."""
    crises = [w.name for w in model.structure.crises]
    branches, out, planned = Branches(model, matrix, values, crises), {}, values.copy()
    for comparison, barred in BARRED.items():
        with branches.without(barred):
            outcome = branches.solve(TIME_LIMIT)
        if outcome.values is None:
            out[comparison] = Comparison(dict.fromkeys(crises, float("nan")))
            continue
        whole = branches.whole(outcome.values)
        if not barred:
            planned = whole
        out[comparison] = Comparison(
            {name: _dot(matrix, branch.stress, whole) for name, branch in branches.paths.items()},
            {
                name: whole[matrix.where(branch.shortage)].reshape(branch.shortage.shape())
                for name, branch in branches.paths.items()
            },
        )
    return out, planned


def refilled(model: Model, matrix: Matrix, values: Array) -> Array:
    """A plan with the refills that its branches need and no more: a stage that does not see cost leaves them out."""
    out = values.copy()
    for crisis in model.structure.crises:
        branch = model.pyomo.branch[crisis.name]
        stock = out[matrix.where(branch.stock)].reshape(branch.stock.shape())
        out[matrix.where(branch.refill)] = np.maximum(0.0, stock[:, 0] - stock[:, -1])
    return out


def _dot(matrix: Matrix, expression: object, values: Array) -> float:
    cost, constant = matrix.vector(expression)
    return float(cost @ values + constant)
