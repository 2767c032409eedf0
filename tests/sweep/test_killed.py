"""Sweeps that are killed, stopped, or not alone: nothing finished is lost, and nothing of it is done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from quadopt.sweep.engine import SweepStopped, run_many
from quadopt.sweep.store import Store
from tests.sweep.works import done, squares

ROOT = Path(__file__).parents[2]
COUNT = 8


def begun(store: Path, log: Path, seconds: float, processes: int) -> subprocess.Popen[str]:
    """A sweep in a process of its own, the first of its group."""
    arguments = [str(store), str(log), str(COUNT), str(seconds), str(processes)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sweep.sweep_alone", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(is_so: Callable[[], bool], seconds: float = 300.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def kept(store: Path) -> int:
    return len(list(store.glob("[!.]*.run")))


@pytest.mark.parametrize("processes", [0, 2])
def test_killed_at_half_it_goes_on_from_there(processes: int, tmp_path: Path) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    sweep = begun(store, log, 0.2, processes)
    until(lambda: kept(store) >= COUNT // 2)
    sweep.kill()
    sweep.wait()
    before = kept(store)
    under_way = len(done(log)) - before
    found = run_many(squares(log, COUNT, 0.2), store, processes or None)
    assert [one.payload["table"]["square"][0] for one in found] == [n**2 for n in range(COUNT)]
    assert sum(one.is_kept for one in found) == before >= COUNT // 2
    # A worker may still have ended the run that it was at: it alone is done twice.
    assert len(done(log)) - COUNT <= max(1, processes) + max(0, under_way)
    twice = {word for word in done(log) if done(log).count(word) > 1}
    assert not twice & {one.run.removeprefix("square ") for one in found if one.is_kept}


def test_workers_end_with_the_sweep_that_was_killed(tmp_path: Path) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    sweep = begun(store, log, 3.0, 2)
    until(lambda: len(children(sweep.pid)) >= 2)
    until(lambda: kept(store) >= 1)
    workers = children(sweep.pid)
    sweep.kill()
    sweep.wait()
    until(lambda: not any(is_alive(pid) for pid in workers), 60.0)


def children(pid: int) -> list[int]:
    """All processes below one."""
    own = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True).stdout.split()
    pairs = list(zip(map(int, own[::2]), map(int, own[1::2]), strict=True))
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        waiting += [child for child, above in pairs if above == parent]
        found.append(parent)
    return found[1:]


def is_alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("processes", [0, 2])
def test_ctrl_c_says_how_many_are_finished(processes: int, tmp_path: Path) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    sweep = begun(store, log, 2.0, processes)
    until(lambda: kept(store) >= 2)
    os.killpg(sweep.pid, signal.SIGINT)
    _, said = sweep.communicate(timeout=300)
    assert f"SweepStopped: {kept(store)} of {COUNT} runs are finished and kept in {store}" in said
    assert 2 <= kept(store) < COUNT
    assert all(not isinstance(record, Exception) and not record.is_failed for _, record in Store(store).records())


def test_ctrl_c_in_this_process_leaves_the_signal_as_it_was(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)

    def stop(*told: object) -> None:
        if told[0] == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(SweepStopped, match=f"2 of {COUNT} runs are finished$"):
        run_many(squares(tmp_path / "log", COUNT), listener=stop)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("processes", [None, 2])
def test_a_ctrl_c_whose_exception_is_lost_ends_the_sweep(processes: int | None, tmp_path: Path) -> None:
    def lose(*told: object) -> None:
        if told[0] == 2:
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(SweepStopped, match=f"2 of {COUNT} runs are finished$"):
        run_many(squares(tmp_path / "log", COUNT), processes=processes, listener=lose)


def test_two_sweeps_share_a_store(tmp_path: Path) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    others = [begun(store, log, 0.1, processes) for processes in (0, 2)]
    assert [other.wait(timeout=300) for other in others] == [0, 0]
    again = len(done(log))
    found = run_many(squares(log, COUNT, 0.1), store)
    assert all(one.is_kept for one in found) and len(done(log)) == again
    assert [one.payload["table"]["square"][0] for one in found] == [n**2 for n in range(COUNT)]
    assert not [path for path in store.iterdir() if path.name.startswith(".")]
