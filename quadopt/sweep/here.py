"""Runs one after the other in this process: nothing to start, nothing to send."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from quadopt.sweep.job import Ended, Question, answer
from quadopt.sweep.run import Run


def run_here(runs: Iterator[Run]) -> Generator[tuple[Run, Ended], None, None]:
    """Each run with how it ended. A run that Ctrl-C cut short is no answer: KeyboardInterrupt comes out in its place."""
    with _interruptions() as heard:
        for run in runs:
            ended = answer(Question.of(run), run.case, run.start)
            if heard:
                raise KeyboardInterrupt
            yield run, ended


@contextmanager
def _interruptions() -> Iterator[list[int]]:
    """Notes every Ctrl-C: the solver takes it as the wish to end a stage with the plan that it has, and goes on."""
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
