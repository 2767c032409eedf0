"""The gap between a plan and a bound, the same wherever it is spoken of."""

from __future__ import annotations

import numpy as np


def relative_gap(incumbent: float, bound: float) -> float:
    """(incumbent - bound) / |incumbent|; zero where both are zero up to rounding, infinite where one is missing."""
    if not (np.isfinite(incumbent) and np.isfinite(bound)):
        return float("inf")
    difference = max(0.0, incumbent - bound)
    if difference <= 1e-9 * max(1.0, abs(incumbent)):
        return 0.0
    return difference / max(abs(incumbent), 1e-12)
