"""Prices of a cut: which of them are rounding."""

from __future__ import annotations

import numpy as np

from quadopt.solver.matrix import Array

ROUNDING = 1e-9
"""Below this part of the largest, a price is rounding: no solver's scaling stands rows with both in them."""


def without_rounding(prices: Array, lower: Array, upper: Array, unit: Array) -> tuple[Array, float]:
    """Prices of a cut without rounding, and a constant: `constant + new @ x <= prices @ x` wherever `lower <= x <= upper`.

    Prices are compared by what they come to for a `unit` of each column. Those that are rounding become zero; a negative one
    whose column has no upper limit becomes as large as counts at the least, because zero would promise too much.
    """
    size = np.abs(prices * unit)
    least = ROUNDING * size.max(initial=0.0)
    is_rounding = (size < least) & (prices != 0.0)
    new = np.where(is_rounding, np.where((prices < 0) & np.isinf(upper), -least / unit, 0.0), prices)
    change = (prices - new)[is_rounding]
    return new, float(change @ np.where(change > 0, lower[is_rounding], upper[is_rounding]))
