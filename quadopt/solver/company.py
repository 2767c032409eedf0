"""Company: who hears of a MIP while it is solved, and has a say in it."""

from __future__ import annotations

from quadopt.solver.matrix import Array


class Company:
    """What goes in and out of a MIP while it is solved; this one only lets it run. Called from the solving thread."""

    def hear(self, incumbent: float, bound: float) -> None:
        """Progress in the objective's unit; nan where there is none yet."""

    def take(self, values: Array) -> None:
        """A plan that the MIP has found."""

    def offer(self) -> Array | None:
        """A plan found elsewhere, for the MIP to take in."""
        return None

    def is_over(self) -> bool:
        """Whether the MIP should stop."""
        return False
