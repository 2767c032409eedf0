"""Jobs side by side: what they return, in their order, and how Ctrl-C ends them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from functools import partial
from unittest.mock import patch

import pytest

from quadopt.solver.side_by_side import side_by_side


def late(number: int) -> int:
    time.sleep(0.02 * (3 - number))
    return number


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_found_comes_in_the_order_of_the_jobs(workers: int) -> None:
    jobs = [partial(late, number) for number in range(4)]
    assert side_by_side(jobs, workers, lambda: None) == [0, 1, 2, 3]


def test_no_jobs_find_nothing() -> None:
    assert side_by_side([], 2, lambda: None) == []


def test_ctrl_c_cancels_what_runs() -> None:
    over, ended = threading.Event(), list[bool]()

    def interrupted(self: Future[int], timeout: float | None = None) -> int:
        raise KeyboardInterrupt

    def waits() -> int | None:
        ended.append(over.wait(30.0))
        return None

    with patch.object(Future, "result", interrupted):
        assert side_by_side([waits, waits], 2, over.set) == [None, None]
    assert ended == [True, True]
