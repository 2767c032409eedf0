"""Prices of cuts without rounding: what is left bounds what there was, everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from quadopt.solver.prices import ROUNDING, without_rounding


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_is_never_more(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = 12
    prices = random.choice([-1.0, 1.0], count) * 10.0 ** random.uniform(-20, 3, count) * random.integers(0, 2, count)
    unit = 10.0 ** random.uniform(-3, 5, count)
    lower = random.choice([0.0, 2.0], count)
    upper = np.where(random.integers(0, 2, count) == 1, np.inf, lower + 10.0 ** random.uniform(-1, 3, count))
    new, constant = without_rounding(prices, lower, upper, unit)
    assert np.isfinite(constant)
    size = np.abs(new * unit)
    assert size[size > 0].min(initial=np.inf) >= ROUNDING * np.abs(prices * unit).max() * (1 - 1e-12)
    for _ in range(50):
        x = lower + random.uniform(0, 1, count) * np.where(np.isinf(upper), 1e6, upper - lower)
        exact = prices @ x
        assert constant + new @ x <= exact + 1e-12 * (np.abs(prices) @ x)


def test_prices_that_count_stay_as_they_are() -> None:
    prices = np.array([3.0, -2.0, 1e-6, 0.0, -1e-17, 1e-18])
    unit, ones = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), np.ones(6)
    new, constant = without_rounding(prices, 0 * ones, ones, unit)
    assert new == pytest.approx([3.0, -2.0, 1e-6, 0.0, 0.0, 0.0], abs=0.0)
    assert constant == pytest.approx(-1e-17, rel=1e-9)
    weighed, _ = without_rounding(prices, 0 * ones, ones, np.array([1.0, 1.0, 1.0, 1.0, 1e17, 1.0]))
    assert weighed[4] == -1e-17, "a column that may be large counts for what it comes to"
