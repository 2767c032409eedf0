"""The calendar of a project: when it is paid, when it runs, what is left of it at the horizon's end.

All times are years from the beginning of the first period; they may be arrays, which then broadcast.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

BLANK_LIFETIME = 20.0
"""Years over which a project without a stated lifetime is written off (the method, section 3)."""

ROUNDING = 1e-12
"""Part of a payment below which it is rounding."""


def overlap(begin: Any, end: Any, other_begin: Any, other_end: Any) -> Any:
    """Years that the two intervals have in common."""
    return np.maximum(0.0, np.minimum(end, other_end) - np.maximum(begin, other_begin))


def online_share(begin: Any, end: Any, start: Any, lead_time: float, ramp_years: float, lifetime: float | None) -> Any:
    """Average share of capacity that a project started at `start` offers between `begin` and `end`.

    The method, section 3: complete at `start + lead_time`, gone after `lifetime` (None: never), and `e` full
    years after completion it runs at `min(1, (e + 1) / (ramp_years + 1))` of capacity.
    """
    complete = start + lead_time
    gone = math.inf if lifetime is None else complete + lifetime
    total = 0.0
    steps = math.ceil(ramp_years)
    for year in range(steps):
        level = min(1.0, (year + 1) / (ramp_years + 1))
        total = total + level * overlap(begin, end, complete + year, np.minimum(complete + year + 1, gone))
    total = total + overlap(begin, end, complete + steps, gone)
    return total / (end - begin)


def payment_shares(start: Any, lead_time: float, periods: list[tuple[float, float]]) -> npt.NDArray[np.float64]:
    """The part of capex paid in each of `periods` (begin, end): evenly over `max(lead_time, 1)` years from `start`.

    What would fall after the last period is paid in it (the method, section 3), so the shares sum to one. The last
    dimension is the periods'.
    """
    years = max(lead_time, 1.0)
    begin, end = np.array(periods).T
    shares = overlap(begin, end, np.asarray(start)[..., None], np.asarray(start)[..., None] + years) / years
    rest = 1.0 - shares.sum(axis=-1)
    shares[..., -1] += np.where(rest > ROUNDING, rest, 0.0)
    return shares


def unexpired_share(start: float, lead_time: float, lifetime: float | None, horizon: float) -> float:
    """The part of a project's lifetime (20 years where None) that lies beyond the horizon's end."""
    life = BLANK_LIFETIME if lifetime is None else lifetime
    return min(1.0, max(0.0, (start + lead_time + life - horizon) / life))
