"""Who pays when, at fixed starts: the least discounted total, then the least maximum of contribution over limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from quadopt.errors import NoPlanError
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Matrix, Program

TIME_LIMIT = 30.0
ROOM = 1e-7
"""Relative room left on the first aim while the second is sought."""


def settle(matrix: Matrix, program: Program, values: Array, discount: dict[int, float]) -> Array:
    """A plan with its contributions settled (the method, section 4); everything else stays.

    Raises `NoPlanError` where the solver finds none, which a feasible plan rules out.
    """
    contribution = matrix.columns_of("contribution")
    columns = contribution | matrix.columns_of("fund_balance")
    rows = np.asarray(abs(program.a[:, columns]).sum(axis=1)).ravel() > 0
    part = program.part(rows, columns, values)
    part = replace(part, constant=0.0)
    is_paid = contribution[columns]
    cost = np.zeros(is_paid.size)
    cost[is_paid] = [discount[t] for _, t in matrix.model.contribution]
    least = HighsModel(replace(part, cost=cost)).solve(0.0, TIME_LIMIT)
    if least.values is None:
        raise NoPlanError("the contributions could not be settled", least.status.value)
    even = HighsModel(_evenly(part, cost, is_paid, least.incumbent)).solve(0.0, TIME_LIMIT)
    settled = values.copy()
    settled[columns] = even.values[:-1] if even.values is not None else least.values
    return settled


def _evenly(part: Program, cost: Array, is_paid: np.ndarray, total: float) -> Program:
    """Minimises the largest contribution over its limit, the discounted total held."""
    count, paid = part.cost.size, np.flatnonzero(is_paid & (part.upper > 0))
    shares = sp.csr_array((np.ones(paid.size), (np.arange(paid.size), paid)), shape=(paid.size, count))
    limits = sp.csr_array(-part.upper[paid].reshape(-1, 1))
    a = sp.block_array([[part.a, None], [sp.csr_array(cost.reshape(1, -1)), None], [shares, limits]])
    held = total + ROOM * max(1.0, abs(total))
    return Program(
        sp.csr_array(a),
        np.append(np.zeros(count), 1.0),
        0.0,
        np.append(part.lower, 0.0),
        np.append(part.upper, np.inf),
        np.concatenate([part.row_lower, [-np.inf], np.full(paid.size, -np.inf)]),
        np.concatenate([part.row_upper, [held], np.zeros(paid.size)]),
        np.zeros(count + 1, dtype=bool),
        np.append(part.is_anchor, True),
    )
