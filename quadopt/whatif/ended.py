"""How the runs of a study ended, in words."""

from __future__ import annotations

from collections.abc import Sequence

from quadopt.solver.outcome import Status
from quadopt.sweep.run import Finished
from quadopt.whatif.study import COMPLETE


def status_of(finished: Sequence[Finished]) -> str:
    """`complete`, or how many runs failed or stopped before the gap asked."""
    failed = sum(not each.has_answer for each in finished)
    stopped = sum(each.status == Status.STOPPED_WITH_PLAN.value for each in finished)
    parts = [f"{failed} failed"] * bool(failed) + [f"{stopped} stopped before the gap asked"] * bool(stopped)
    return f"of {len(finished)} runs {' and '.join(parts)}" if parts else COMPLETE
