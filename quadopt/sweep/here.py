"""Runs one after the other in this process: nothing to start, nothing to send."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from quadopt.sweep.job import Ended, Question, answer
from quadopt.sweep.run import Run


def run_here(runs: Iterator[Run], interruptions: Sequence[int]) -> Generator[tuple[Run, Ended], None, None]:
    """Each run with how it ended. A run that Ctrl-C cut short is no answer: KeyboardInterrupt comes out in its place."""
    for run in runs:
        ended = answer(Question.of(run), run.case, run.start)
        if interruptions:
            raise KeyboardInterrupt
        yield run, ended
