"""Prices of a cut: which of them are rounding."""

from __future__ import annotations

import numpy as np

from quadopt.solver.matrix import Array

ROUNDING = 1e-9
"""Below this part of the largest, a price is rounding: no solver's scaling stands rows with both in them."""


def without_rounding(prices: Array) -> tuple[Array, float]:
    """Prices with those that are rounding zero, and what these sum to at most: a cut over starts, between zero and one, stays
    one when its constant is lowered by as much."""
    is_rounding = np.abs(prices) < ROUNDING * np.abs(prices).max(initial=0.0)
    return np.where(is_rounding, 0.0, prices), float(np.abs(prices[is_rounding]).sum())
