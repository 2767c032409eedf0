"""A Dask cluster of two worker processes gives what this process gives, also when a worker is killed under way."""

from __future__ import annotations

import builtins
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from quadopt.errors import InputError
from quadopt.sweep.engine import run_many
from quadopt.sweep.run import runs_table
from tests.sweep.test_engine import PLANS, assert_same_plans
from tests.sweep.works import done, run, squares

ROOT = Path(__file__).parents[2]


@dataclass
class Cluster:
    """A scheduler and its workers, each a process of its own."""

    address: str
    workers: list[subprocess.Popen[bytes]]

    def add_worker(self) -> None:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny"]
        self.workers.append(process([*command, "--no-dashboard"]))


def process(command: list[str]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__ADMIN__EVENT_LOOP": "asyncio"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:

    told = tmp_path_factory.mktemp("scheduler") / "scheduler.json"
    arguments = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
    scheduler = process([sys.executable, "-m", "distributed.cli.dask_scheduler", *arguments])
    end = time.monotonic() + 300
    while not told.exists() or not told.read_text():
        assert time.monotonic() < end and scheduler.poll() is None
        time.sleep(0.1)
    made = Cluster(json.loads(told.read_text())["address"], [])
    for _ in range(2):
        made.add_worker()
    yield made
    for ended in [*made.workers, scheduler]:
        ended.kill()
        ended.wait()


def test_plans_are_the_same_as_here(cluster: Cluster) -> None:
    found = run_many(PLANS, cluster=cluster.address)
    here = run_many(PLANS)
    assert_same_plans(found, here)
    columns = ["seconds"]
    assert runs_table(found).drop(columns=columns).equals(runs_table(here).drop(columns=columns))


def test_failures_come_back_with_their_reasons(cluster: Cluster, tmp_path: Path) -> None:
    bad = [run("bug", "raises", what="bug"), run("garbage", "garbage", what="no pickle")]
    found = run_many([bad[0], *squares(tmp_path / "log", 2), bad[1]], cluster=cluster.address)
    assert [one.has_answer for one in found] == [False, True, True, False]
    assert found[0].reason == "ZeroDivisionError: by a test"


def test_a_killed_workers_runs_are_done_by_the_other(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add_worker()
    runs = squares(tmp_path / "log", 12, 0.3)
    killed = threading.Event()

    def kill_one(finished: int, *told: Any) -> None:
        if finished == 3 and not killed.is_set():
            killed.set()
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

    found = run_many(runs, tmp_path / "store", cluster=cluster.address, listener=kill_one)
    assert killed.is_set()
    assert [one.payload["table"]["square"][0] for one in found] == [n**2 for n in range(12)]
    assert len(done(tmp_path / "log")) <= 13, "only what the killed worker was at is done again"
    again = run_many(runs, tmp_path / "store")
    assert all(one.is_kept for one in again)


def test_a_missing_package_is_a_located_fault() -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "distributed":
            raise ModuleNotFoundError("No module named 'distributed'")
        return real(name, *arguments, **more)

    with (
        patch.object(builtins, "__import__", without),
        pytest.raises(InputError, match=r"quadopt\[cluster\]") as caught,
    ):
        run_many([run("x", "where", number=1)], cluster="tcp://127.0.0.1:1")
    assert caught.value.findings[0].value == "tcp://127.0.0.1:1"


def test_an_address_without_a_cluster_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quadopt.sweep.cluster.CONNECT_SECONDS", 1.0)
    with pytest.raises(OSError, match="127.0.0.1:1"):
        run_many([run("x", "where", number=1)], cluster="tcp://127.0.0.1:1")
