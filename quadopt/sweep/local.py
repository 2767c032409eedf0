"""A pool of processes on this machine, one run at a time in each; a process that dies takes only its own run with it.

Processes begin from a server that has solved nothing (where the system has none, from scratch): a process forked after a solve
may hang for ever. Cases and answers go through files in a temporary folder, and only their names through the pool's pipe, which
a process that dies while it reads or writes could break.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as TookTooLongError
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pebble import ProcessExpired, ProcessPool

from quadopt.sweep.job import Ended, Question, answer, failed
from quadopt.sweep.run import Run

MOST_TRIES = 2
"""For a run whose process died."""
MOST_POOLS = 3
"""Pools in a row that broke before any run ended: then processes cannot be started here at all."""
LOOK_SECONDS = 0.5
"""How often the main thread looks up, so that Ctrl-C is heard on every system."""
AHEAD = 2
"""Runs handed over for each process: the next one waits where the process finds it at once."""
IMPORTED_ONCE = ["quadopt.solver.answer", "quadopt.sweep.job"]
"""What the server of processes imports before the first is made."""


def run_in_pool(runs: Iterator[Run], processes: int) -> Generator[tuple[Run, Ended], None, None]:
    """Each run with how it ended, in the order of ending.

    Raises OSError where no process can be started.
    """
    with TemporaryDirectory(prefix="quadopt-") as folder:
        pool = _Pool(Path(folder), processes)
        try:
            yield from pool.all(runs)
        finally:
            pool.stop()


class _Pool:
    """The pool with the runs that it has been given."""

    def __init__(self, folder: Path, processes: int) -> None:
        self.folder, self.processes = folder, processes
        self._pool = _new_pool(processes)
        self._given: dict[Future[None], tuple[Run, Path]] = {}
        self._tries: Counter[Run] = Counter()
        self._parcels: dict[int, tuple[Any, Path]] = {}
        self._broken = 0
        self._files = 0

    def all(self, runs: Iterator[Run]) -> Iterator[tuple[Run, Ended]]:
        """Hands runs over, a few ahead, and gives back how each ended."""
        is_more = True
        while is_more or self._given:
            while is_more and len(self._given) < AHEAD * self.processes:
                run = next(runs, None)
                is_more = run is not None
                if run is not None:
                    self._give(run)
            for future in wait(self._given, LOOK_SECONDS, FIRST_COMPLETED).done:
                if future in self._given:
                    yield from self._take(future)

    def stop(self) -> None:
        """Ends the processes and what they are doing."""
        self._pool.stop()
        self._pool.join()

    def _give(self, run: Run) -> None:
        into = self._new_file()
        job = self._written((Question.of(run), self._parcel(run.case), self._parcel(run.start)))
        self._tries[run] += 1
        self._given[self._pool.schedule(_solve, (str(job), str(into)), timeout=run.most_seconds)] = run, into

    def _take(self, future: Future[None]) -> Iterator[tuple[Run, Ended]]:
        """How one run ended; nothing yet where it is tried once more."""
        run, into = self._given.pop(future)
        try:
            future.result()
            ended = pickle.loads(into.read_bytes())
            into.unlink()
        except ProcessExpired as error:
            if self._tries[run] < MOST_TRIES:
                self._give(run)
                return
            ended = failed(f"its process died {MOST_TRIES} times ({_death(error.exitcode)})")
        except TookTooLongError:
            ended = failed(f"it took longer than the {run.most_seconds:,.0f} seconds that it may take")
        except BrokenProcessPool:
            self._begin_again(run)
            return
        except Exception as error:
            ended = failed(f"{type(error).__name__}: {error}")
        self._broken = 0
        yield run, ended

    def _begin_again(self, run: Run) -> None:
        """A pool breaks where a process dies that has no run: what was given goes to a new one."""
        self._broken += 1
        if self._broken >= MOST_POOLS:
            raise OSError(
                "no process for runs can be started; a script that uses several must hold its work below "
                'if __name__ == "__main__":'
            )
        self.stop()
        self._pool = _new_pool(self.processes)
        for again in [run, *(given for given, _ in self._given.values())]:
            self._tries[again] -= 1
        given, self._given = [run, *(given for given, _ in self._given.values())], {}
        for again in given:
            self._give(again)

    def _parcel(self, content: Any) -> str | None:
        """The file of a case or plan, written once however many runs share it."""
        if content is None:
            return None
        if id(content) not in self._parcels:
            self._parcels[id(content)] = content, self._written(content)
        return str(self._parcels[id(content)][1])

    def _written(self, content: Any) -> Path:
        path = self._new_file()
        path.write_bytes(pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL))
        return path

    def _new_file(self) -> Path:
        self._files += 1
        return self.folder / str(self._files)


def _new_pool(processes: int) -> ProcessPool:
    has_server = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if has_server else "spawn")
    context.set_forkserver_preload(IMPORTED_ONCE)
    return ProcessPool(processes, initializer=_begin_process, context=context)


def _death(code: int | None) -> str:
    """How a process died, in words."""
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"


def _begin_process() -> None:
    """In a new process: it ends when it is told to, or when the process that asked is no more."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def _solve(job: str, into: str) -> None:
    """In a process of the pool: solves a run and leaves how it ended in a file, which appears whole."""
    question, case, start = pickle.loads(Path(job).read_bytes())
    ended = answer(question, _unpacked(case), None if start is None else _unpacked(start))
    partly = Path(f"{into}.part")
    partly.write_bytes(pickle.dumps(ended, protocol=pickle.HIGHEST_PROTOCOL))
    partly.replace(into)


@lru_cache(maxsize=2)
def _unpacked(path: str) -> Any:
    return pickle.loads(Path(path).read_bytes())
