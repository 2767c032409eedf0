"""Side by side: several jobs at once, which Ctrl-C ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")


def side_by_side(
    jobs: Sequence[Callable[[], Found | None]], workers: int, cancel: Callable[[], None]
) -> list[Found | None]:
    """What each job returns, begun in their order, so many at a time. Ctrl-C calls `cancel`, after which they must end soon, and
    leaves None for those that had not ended."""
    if workers == 1:
        return [job() for job in jobs]
    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(job) for job in jobs]
        try:
            return [one.result() for one in running]
        except KeyboardInterrupt:
            cancel()
            return [None for _ in jobs]
