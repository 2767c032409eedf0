"""Ctrl-C during a sweep: noted, whatever becomes of the exception that it raises."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def noted_interruptions() -> Iterator[list[int]]:
    """A list that every Ctrl-C is added to before KeyboardInterrupt is raised.

    The exception alone does not do: the solver takes it as the wish to end a stage with the plan that it has, and goes on; one
    that is raised while Python clears an object away is lost. Outside the main thread, which alone hears of signals, the list
    stays empty.
    """
    heard: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield heard
        return
    before = signal.getsignal(signal.SIGINT)

    def hear(number: int, frame: Any) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)
