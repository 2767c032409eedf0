"""Seeded random choices for tests."""

from __future__ import annotations

from typing import Any

import numpy as np


class Draw:
    """Random choices from a seeded generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def of(self, *choices: Any) -> Any:
        """One of the choices, each as likely."""
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, p: float) -> bool:
        """True with a probability."""
        return bool(self.rng.random() < p)

    def number(self, low: float, high: float, digits: int = 0) -> float:
        """A rounded number from a range."""
        return round(float(self.rng.uniform(low, high)), digits)

    def whole(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        return int(self.rng.integers(low, high + 1))
