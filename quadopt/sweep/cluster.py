"""A Dask cluster: the same runs on the workers at an address; what a killed worker was at is done by the others.

Cases go to the scheduler once, as the results of small tasks, and from there to the workers that need them: a case that is
lost with a worker is made again. A run whose workers die is tried as often as the scheduler allows (its setting
`distributed.scheduler.allowed-failures`, three unless changed). A worker has one run in each of its threads.
"""

from __future__ import annotations

import pickle
import time
from collections import Counter
from collections.abc import Generator, Iterator
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from quadopt.errors import Finding, InputError
from quadopt.sweep.job import Ended, Question, answer, failed
from quadopt.sweep.run import Run

MOST_TRIES = 3
"""For a run that the cluster has lost."""
CONNECT_SECONDS = 20.0
LOOK_SECONDS = 0.5
"""How often the main thread looks up."""
EMPTY_SECONDS = 120.0
"""For which a cluster may be without workers before the runs that are left count as failed."""


def run_on_cluster(runs: Iterator[Run], address: str) -> Generator[tuple[Run, Ended], None, None]:
    """Each run with how it ended, in the order of ending.

    Raises `InputError` where Dask is not installed here, OSError where there is no cluster at the address, or none any more.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise InputError([_not_installed(address, error)]) from None
    with Client(address, set_as_default=False, timeout=CONNECT_SECONDS) as client:
        yield from _Cluster(client, address).all(runs)


def _not_installed(address: str, error: ModuleNotFoundError) -> Finding:
    return Finding(
        "error",
        "cluster",
        value=address,
        expected="Dask's package `distributed`, here and on the workers: pip install 'quadopt[cluster]'",
        message=f"runs cannot be sent to a cluster ({error})",
    )


class _Cluster:
    """A client with the runs that it has sent."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        self._sent: dict[Any, Run] = {}
        self._tries: Counter[Run] = Counter()
        self._held: dict[int, tuple[Any, Any]] = {}
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._sweep = uuid4().hex
        self._with_workers = time.monotonic()

    def all(self, runs: Iterator[Run]) -> Iterator[tuple[Run, Ended]]:
        """Sends all runs and gives back how each ended."""
        for run in runs:
            self._send(run)
        while self._sent:
            try:
                future = self._ended.get(timeout=LOOK_SECONDS)
            except Empty:
                yield from self._without_workers()
                continue
            if future in self._sent:
                yield from self._take(future)

    def _send(self, run: Run) -> None:
        self._tries[run] += 1
        name = f"quadopt-run-{self._sweep}-{run.key}-{self._tries[run]}"
        held = self._hold(run.case), None if run.start is None else self._hold(run.start)
        future = self.client.submit(_solve, Question.of(run), *held, key=name, pure=False)
        self._sent[future] = run
        future.add_done_callback(self._ended.put)

    def _hold(self, content: Any) -> Any:
        """A case or plan on the cluster, sent once however many runs share it."""
        if id(content) not in self._held:
            packed = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
            name = f"quadopt-held-{self._sweep}-{len(self._held)}"
            self._held[id(content)] = content, self.client.submit(_hold, packed, key=name, pure=False)
        return self._held[id(content)][1]

    def _take(self, future: Any) -> Iterator[tuple[Run, Ended]]:
        """How one run ended; nothing yet where it is sent once more."""
        from distributed import KilledWorker

        run = self._sent.pop(future)
        if future.status == "finished":
            yield run, future.result()
        elif future.status == "error":
            error = future.exception()
            died = isinstance(error, KilledWorker)
            yield run, failed(f"the workers that had it died ({error})" if died else f"{type(error).__name__}: {error}")
        elif self.client.status != "running":
            raise OSError(f"the cluster at {self.address} is gone")
        elif self._tries[run] < MOST_TRIES:
            self._held.clear()
            self._send(run)
        else:
            yield run, failed(f"the cluster lost it {MOST_TRIES} times")

    def _without_workers(self) -> Iterator[tuple[Run, Ended]]:
        """What is left fails where there has been no worker for long."""
        if self.client.status != "running":
            raise OSError(f"the cluster at {self.address} is gone")
        if self.client.scheduler_info()["workers"]:
            self._with_workers = time.monotonic()
        elif time.monotonic() - self._with_workers > EMPTY_SECONDS:
            left, self._sent = list(self._sent.values()), {}
            for run in left:
                yield run, failed(f"the cluster at {self.address} has no workers")


def _hold(packed: bytes) -> bytes:
    """On a worker: what has been sent."""
    return packed


def _solve(question: Question, case: bytes, start: bytes | None) -> Ended:
    """On a worker: solves a run."""
    return answer(question, pickle.loads(case), None if start is None else pickle.loads(start))
