"""Hearing: how what is found while a stage is solved reaches its listener."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from quadopt.solver.company import Company

PROGRESS_SECONDS = 0.25
"""How often a listener hears of progress at most."""

Progress = Callable[[float, float], None]
"""Called with (incumbent, bound) while a stage is solved, in the objective's unit; nan where there is none yet."""


class Hearing(Company):
    """Passes progress on, not too often; ends the MIP when it has been called so many times."""

    def __init__(self, progress: Progress | None, most_calls: float = np.inf) -> None:
        self._progress, self._heard = progress, time.perf_counter()
        self._calls, self._most_calls = 0, most_calls

    def hear(self, incumbent: float, bound: float) -> None:
        """Tells the listener, unless it has heard a moment ago."""
        self._calls += 1
        if self._progress is not None and time.perf_counter() - self._heard >= PROGRESS_SECONDS:
            self._heard = time.perf_counter()
            self._progress(incumbent, bound)

    def is_over(self) -> bool:
        """Whether the MIP has had its calls."""
        return self._calls >= self._most_calls
