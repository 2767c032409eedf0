"""`run_many`: many runs on one machine or a cluster, every finished one stored at once."""

from __future__ import annotations

import math
import pickle
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from quadopt.sweep.here import run_here
from quadopt.sweep.interruptions import noted_interruptions
from quadopt.sweep.job import Ended, failed
from quadopt.sweep.run import Finished, Run, versions
from quadopt.sweep.store import DamagedRunError, Kept, Store

Listener = Callable[[int, int, Finished | None, float], None]
"""Called with (runs done, runs in all, the one that has just ended or None, seconds left or nan where nobody knows yet)."""


Ending = Generator[tuple[Run, Ended], None, None]
"""Runs with how they ended, as they end; closing it ends what is under way."""


class SweepStopped(KeyboardInterrupt):  # noqa: N818 - what Ctrl-C raises, and said with what is kept
    """Ctrl-C has ended a sweep; the text says how many of its runs are finished and where they are kept."""


def run_many(
    runs: Sequence[Run],
    store: str | Path | None = None,
    processes: int | None = None,
    cluster: str | None = None,
    listener: Listener | None = None,
) -> list[Finished]:
    """Solves runs and returns how each ended, in their order.

    `store` is a folder for finished runs: what it holds is not solved again, and each run that ends is in it at once, so that
    a sweep that is stopped or killed goes on from there. Failed runs are written down too, and tried again the next time.
    `processes`: how many at a time, each in a process of its own with one thread for the solver; None: one after the other in
    this process. `cluster`: the address of a Dask scheduler ("tcp://host:8786") whose workers solve them instead. Runs with equal
    keys are solved once. One that fails, or whose process dies (it is tried once more), does not stop the others.

    Raises `SweepStopped`, a KeyboardInterrupt, on Ctrl-C; ValueError where both `processes` and `cluster` are given, or
    `processes` is less than 1; `InputError` where Dask is asked for and not installed; OSError where a cluster
    cannot be reached or no process started.
    """
    if cluster is not None and processes is not None:
        raise ValueError("runs go to processes of this machine or to a cluster, not to both")
    if processes is not None and processes < 1:
        raise ValueError(f"{processes} processes: at least one")
    sweep = _Sweep(runs, None if store is None else Store(store), listener)
    with noted_interruptions() as heard, closing(_solver(sweep.due(), processes, cluster, heard)) as ended:
        try:
            for run, end in ended:
                sweep.take(run, end)
                if heard:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise SweepStopped(sweep.so_far()) from None
    return sweep.finished()


def _solver(runs: Iterator[Run], processes: int | None, cluster: str | None, interruptions: Sequence[int]) -> Ending:
    """Solves runs where it is asked for; what a place needs is imported when it is used."""
    if cluster is not None:
        from quadopt.sweep.cluster import run_on_cluster

        return run_on_cluster(runs, cluster)
    if processes is not None:
        from quadopt.sweep.local import run_in_pool

        return run_in_pool(runs, processes)
    return run_here(runs, interruptions)


class _Sweep:
    """Runs, what has come of them so far, and who hears of it."""

    def __init__(self, runs: Sequence[Run], store: Store | None, listener: Listener | None) -> None:
        self.runs, self.store, self.listener = runs, store, listener
        self._by_key: dict[str, Finished] = {}
        self._begin, self._solved = time.monotonic(), 0

    def due(self) -> Iterator[Run]:
        """The runs to solve, the first of each key, looked up once more when its turn comes: another sweep may have solved it."""
        first = {run.key: run for run in reversed(self.runs)}
        waiting = [run for run in dict.fromkeys(first[run.key] for run in self.runs) if not self._is_kept(run)]
        self._tell(None)
        for run in waiting:
            if not self._is_kept(run):
                yield run
            else:
                self._tell(self._by_key[run.key])

    def take(self, run: Run, ended: Ended) -> None:
        """Keeps a run that has ended."""
        payload = None
        if not ended.is_failed:
            try:
                payload = pickle.loads(ended.payload)
            except Exception as error:
                ended = failed(f"its answer cannot be read ({error})")
        if self.store is not None:
            self.store.keep(run, ended)
        self._solved += 1
        self._by_key[run.key] = Finished(
            run.name, run.key, ended.status, ended.reason, ended.gap, ended.seconds, False, versions(), payload
        )
        self._tell(self._by_key[run.key])

    def finished(self) -> list[Finished]:
        """How each run ended, in order; of equal ones only the first was solved."""
        solved: set[str] = set()
        out = []
        for run in self.runs:
            found = self._by_key[run.key]
            out.append(replace(found, run=run.name, is_kept=found.is_kept or run.key in solved))
            solved.add(run.key)
        return out

    def so_far(self) -> str:
        """What Ctrl-C leaves, in words."""
        done = f"{self._done()} of {len(self.runs)} runs are finished"
        return (
            done if self.store is None else f"{done} and kept in {self.store.folder}: the same again goes on from there"
        )

    def _is_kept(self, run: Run) -> bool:
        """Takes a run from the store where it is there; a damaged one is told, and solved again."""
        if self.store is None:
            return False
        try:
            kept = self.store.kept(run.key)
        except DamagedRunError as error:
            warnings.warn(f"{error}: the run is solved again", stacklevel=2)
            return False
        if kept is not None:
            self._by_key[run.key] = _taken(run, kept)
        return kept is not None

    def _done(self) -> int:
        return sum(run.key in self._by_key for run in self.runs)

    def _tell(self, finished: Finished | None) -> None:
        if self.listener is not None:
            self.listener(self._done(), len(self.runs), finished, self._seconds_left())

    def _seconds_left(self) -> float:
        """As long for each run that is left as for those solved so far."""
        left = len({run.key for run in self.runs}) - len(self._by_key)
        if left and not self._solved:
            return math.nan
        return (time.monotonic() - self._begin) * left / max(1, self._solved)


def _taken(run: Run, kept: Kept) -> Finished:
    record = kept.record
    return Finished(
        run.name,
        record.key,
        record.status,
        record.reason,
        record.gap,
        record.seconds,
        True,
        record.versions,
        kept.payload,
    )
