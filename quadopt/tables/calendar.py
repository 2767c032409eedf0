"""The calendar of a project: when it is paid, when it runs, what is left of it at the horizon's end.

All times are years from the beginning of the first period.
"""

from __future__ import annotations

import math

BLANK_LIFETIME = 20.0
"""Years over which a project without a stated lifetime is written off (the method, section 3)."""


def overlap(begin: float, end: float, other_begin: float, other_end: float) -> float:
    """Years that the two intervals have in common."""
    return max(0.0, min(end, other_end) - max(begin, other_begin))


def online_share(
    begin: float, end: float, start: float, lead_time: float, ramp_years: float, lifetime: float | None
) -> float:
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
        total += level * overlap(begin, end, complete + year, min(complete + year + 1, gone))
    total += overlap(begin, end, complete + steps, gone)
    return total / (end - begin)


def payment_shares(start: float, lead_time: float, periods: list[tuple[float, float]]) -> list[float]:
    """The part of capex paid in each of `periods` (begin, end): evenly over `max(lead_time, 1)` years from `start`.

    What would fall after the last period is paid in it (the method, section 3), so the shares sum to one.
    """
    years = max(lead_time, 1.0)
    shares = [overlap(begin, end, start, start + years) / years for begin, end in periods]
    shares[-1] += 1.0 - sum(shares)
    return shares


def unexpired_share(start: float, lead_time: float, lifetime: float | None, horizon: float) -> float:
    """The part of a project's lifetime (20 years where None) that lies beyond the horizon's end."""
    life = BLANK_LIFETIME if lifetime is None else lifetime
    return min(1.0, max(0.0, (start + lead_time + life - horizon) / life))
