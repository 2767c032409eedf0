"""`run_many` on this machine: each run once, whatever goes wrong in others."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import quadopt
from quadopt.report.studies.shape import RUNS
from quadopt.sweep.engine import run_many
from quadopt.sweep.run import Finished, Run, runs_table
from quadopt.sweep.work import PLAN
from quadopt.tables.case import Case
from tests.sweep.works import CASE, done, run, squares
from tests.tiny import cut, magnets, one_metal, project, rules, two_suppliers

PLANS = [
    Run("one metal", PLAN, CASE, rules()),
    Run(
        "two suppliers",
        PLAN,
        Case.from_tables(two_suppliers(projects=[project()], fund=[{"country": "Home", "limit": 5}])),
        rules(),
    ),
    Run("magnets", PLAN, Case.from_tables(magnets(disruptions=[cut()])), rules()),
]


def values(finished: Finished) -> list[int]:
    return finished.payload["table"]["square"].tolist()


def assert_same_plans(ours: list[Finished], other: list[Finished]) -> None:
    """Every table of every plan, to the last digit; stages but for the seconds."""
    for one, two in zip(ours, other, strict=True):
        assert (one.run, one.key, one.status, one.gap) == (two.run, two.key, two.status, two.gap)
        assert one.payload.starts == two.payload.starts
        assert one.payload.tables.keys() == two.payload.tables.keys()
        for name, table in one.payload.tables.items():
            pd.testing.assert_frame_equal(table, two.payload.tables[name], check_exact=True)
        pd.testing.assert_frame_equal(
            one.payload.stages.drop(columns="seconds"), two.payload.stages.drop(columns="seconds"), check_exact=True
        )


@pytest.fixture(scope="module")
def solved_here() -> list[Finished]:
    return run_many(PLANS)


def test_plans_as_solve_gives_them(solved_here: list[Finished]) -> None:
    assert [one.run for one in solved_here] == [one.name for one in PLANS]
    assert all(one.has_answer and one.status == "optimal" and one.gap <= 1e-9 for one in solved_here)
    alone = quadopt.solve(PLANS[2].case, rules())
    assert solved_here[2].payload.stages["incumbent"].tolist() == alone.stages["incumbent"].tolist()


@pytest.mark.parametrize("processes", [1, 2])
def test_any_number_of_processes_gives_the_same(processes: int, solved_here: list[Finished]) -> None:
    assert_same_plans(run_many(PLANS, processes=processes), solved_here)


def test_an_order_of_finishing_changes_nothing(tmp_path: Path) -> None:
    runs = [run(f"{n}", "square", log=str(tmp_path / "log"), number=n, seconds=0.3 - 0.1 * n) for n in range(3)]
    found = run_many(runs, processes=2)
    assert [one.run for one in found] == ["0", "1", "2"]
    assert [values(one) for one in found] == [[0], [1], [4]]


@pytest.mark.parametrize("processes", [None, 2])
def test_one_failure_never_stops_the_rest(processes: int | None, tmp_path: Path) -> None:
    good = squares(tmp_path / "log", 3)
    bad = [
        *(run(f"raises {what}", "raises", what=what) for what in ("no plan", "exit", "bug")),
        *(run(what, "garbage", what=what) for what in ("no outcome", "no status", "no gap", "no pickle")),
        run("no such function", "no_such_function"),
    ]
    found = run_many([bad[0], *good, *bad[1:]], processes=processes)
    assert [values(one) for one in found[1:4]] == [[0], [1], [4]]
    failed = [found[0], *found[4:]]
    assert all(not one.has_answer and one.payload is None and math.isnan(one.gap) for one in failed)
    reasons = {one.run: one.reason for one in failed}
    assert reasons["raises no plan"] == "No plan in stage shortage: no plan meets all rules."
    assert reasons["raises exit"] == "SystemExit: 3"
    assert reasons["raises bug"] == "ZeroDivisionError: by a test"
    assert "gave a dict" in reasons["no outcome"]
    assert "gap 'narrow'" in reasons["no gap"]
    assert "no_such_function" in reasons["no such function"]


def test_a_process_that_dies_takes_only_its_own_run(tmp_path: Path) -> None:
    once, always = tmp_path / "once", tmp_path / "always"
    runs = [
        *squares(tmp_path / "log", 4),
        run("dies once", "dies", log=str(once), times=1),
        run("dies always", "dies", log=str(always), times=99),
        run("hangs", "hangs", most_seconds=1.0),
    ]
    found = run_many(runs[::-1], processes=2)[::-1]
    assert [values(one) for one in found[:4]] == [[0], [1], [4], [9]]
    assert sorted(done(tmp_path / "log")) == ["0", "1", "2", "3"]
    assert found[4].payload == "alive" and len(done(once)) == 2
    assert not found[5].has_answer and "died 2 times (SIGKILL)" in found[5].reason and len(done(always)) == 2
    assert not found[6].has_answer and "longer than the 1 seconds" in found[6].reason


def test_a_finished_run_is_never_solved_again(tmp_path: Path) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    runs = squares(log, 3)
    again = replace(runs[1], name="the same question")
    first = run_many([*runs, again], store)
    assert done(log) == ["0", "1", "2"], "equal runs are solved once"
    assert [one.is_kept for one in first] == [False, False, False, True]
    assert first[3].run == "the same question" and values(first[3]) == [1]
    second = run_many([*runs, again, *squares(log, 4)[3:]], store)
    assert done(log) == ["0", "1", "2", "3"]
    assert [one.is_kept for one in second] == [True, True, True, True, False]
    assert [values(one) for one in second] == [[0], [1], [4], [1], [9]]
    assert [one.seconds for one in second[:3]] == [one.seconds for one in first[:3]]


def test_a_failed_run_is_tried_again(tmp_path: Path) -> None:
    bad = run("bad", "raises", what="bug")
    assert not run_many([bad], tmp_path)[0].is_kept
    assert not run_many([bad], tmp_path)[0].is_kept


def test_what_an_answer_depends_on_makes_another_key() -> None:
    plan = quadopt.solve(CASE, rules())
    base = Run("base", PLAN, CASE, rules())
    others = [
        replace(base, options=rules(["shortage"])),
        replace(base, case=Case.from_tables(two_suppliers())),
        replace(base, work="tests.sweep.works:where"),
        replace(base, settings={"number": 1}),
        replace(base, settings={"number": 2}),
        replace(base, start=plan),
        replace(base, start=replace(plan, starts={"SMELTER": "2026"})),
    ]
    assert len({one.key for one in [base, *others]}) == len(others) + 1
    assert replace(base, name="other").key == base.key
    assert replace(base, case=Case.from_tables(one_metal())).key == base.key


def test_another_version_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    key = replace(PLANS[0]).key
    monkeypatch.setattr("quadopt.sweep.run.versions", lambda: {"highspy": "0"})
    assert replace(PLANS[0]).key != key


def test_every_run_has_a_process_with_one_thread() -> None:
    more = rules().model_copy(update={"solver": rules().solver.model_copy(update={"threads": 4})})
    runs = [Run(f"{n}", "tests.sweep.works:where", CASE, more, {"number": n}) for n in range(2)]
    found = run_many(runs, processes=1)
    assert len({one.payload[0] for one in found}) == 1
    assert all(one.payload[1] == 1 for one in found)


def test_the_listener_hears_of_every_run(tmp_path: Path) -> None:
    heard: list[Any] = []
    runs = squares(tmp_path / "log", 3)
    run_many(runs[:1], tmp_path / "store")
    run_many(runs, tmp_path / "store", listener=lambda *told: heard.append(told))
    assert [(done, total) for done, total, _, _ in heard] == [(1, 3), (2, 3), (3, 3)]
    assert heard[0][2] is None and math.isnan(heard[0][3])
    assert [one.run for _, _, one, _ in heard[1:]] == ["square 1", "square 2"]
    assert heard[-1][3] == 0.0


def test_the_table_of_runs_is_as_declared(tmp_path: Path) -> None:
    table = runs_table(run_many([*squares(tmp_path / "log", 1), run("bad", "raises", what="bug")]))
    assert table.columns.tolist() == [column.name for column in RUNS.columns]
    assert table["status"].tolist() == ["optimal", "failed"]
    assert runs_table([]).columns.tolist() == table.columns.tolist()


def test_processes_and_a_cluster_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="not to both"):
        run_many([], processes=2, cluster="tcp://127.0.0.1:1")
    with pytest.raises(ValueError, match="at least one"):
        run_many([], processes=0)
