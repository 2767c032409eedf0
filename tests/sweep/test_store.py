"""The store of runs: what is damaged is told and never taken for an answer; the command that lists and cleans it."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quadopt.cli import main
from quadopt.sweep.engine import run_many
from quadopt.sweep.job import Question, answer
from quadopt.sweep.run import versions
from quadopt.sweep.store import DamagedRunError, Store
from tests.sweep.works import CASE, done, run, squares


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one run."""
    run_many(squares(tmp_path / "log", 1), tmp_path / "store")
    return Store(tmp_path / "store")


def only_file(store: Store) -> Path:
    (path,) = store.folder.iterdir()
    return path


def test_the_record_says_what_was_run(store: Store, tmp_path: Path) -> None:
    asked = squares(tmp_path / "log", 1)[0]
    ((path, record),) = store.records()
    assert not isinstance(record, Exception)
    assert path == store.path(asked.key) and record.key == asked.key
    assert (record.name, record.work) == ("square 0", "tests.sweep.works:square")
    assert record.settings == asked.settings
    assert (record.case_hash, record.title, record.model) == (CASE.input_hash, "tiny", "tiny")
    assert record.versions == versions()
    assert (record.status, record.reason, record.gap) == ("optimal", "", 0.0)
    assert record.seconds >= 0 and record.size == path.stat().st_size
    assert datetime.fromisoformat(record.started) <= datetime.fromisoformat(record.finished) <= datetime.now(UTC)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def one_bit_changed(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def of_another_kind(path: Path) -> None:
    path.write_text("status,gap\noptimal,0\n", encoding="utf-8")


@pytest.mark.parametrize("damage", [cut_short, one_bit_changed, emptied, of_another_kind])
def test_a_damaged_run_is_told_and_solved_anew(damage, store: Store, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    damage(only_file(store))
    with pytest.warns(UserWarning, match="the run is solved again"):
        found = run_many(squares(tmp_path / "log", 1), store.folder)
    assert not found[0].is_kept and found[0].payload["table"]["square"][0] == 0
    assert done(tmp_path / "log") == ["0", "0"]
    assert run_many(squares(tmp_path / "log", 1), store.folder)[0].is_kept


def test_a_run_under_another_name_is_no_answer(store: Store) -> None:
    asked = run("other", "square", log="elsewhere", number=1)
    only_file(store).rename(store.path(asked.key))
    with pytest.raises(DamagedRunError, match="another run"):
        store.kept(asked.key)


def test_an_answer_without_its_class_is_damaged(store: Store) -> None:
    asked = run("gone", "garbage", what="no gap")
    ended = answer(Question.of(run("x", "square", log=os.devnull, number=1)), CASE, None)
    store.keep(asked, replace(ended, payload=b"cno_such_module\nGone\n."))
    with pytest.raises(DamagedRunError, match="cannot be read"):
        store.kept(asked.key)


def test_what_a_full_disk_leaves_is_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = only_file(store).read_bytes()

    def full(*arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    asked = run("other", "square", log=os.devnull, number=1)
    with pytest.raises(OSError, match="no space"):
        run_many([asked], store.folder)
    assert only_file(store).read_bytes() == before


def test_the_command_lists_and_removes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "store"
    run_many([*squares(tmp_path / "log", 2), run("bad", "raises", what="bug")], folder)
    store = Store(folder)
    old = run("long ago", "square", log=os.devnull, number=1)
    ended = answer(Question.of(old), CASE, None)
    then = (datetime.now(UTC) - timedelta(days=30)).isoformat(timespec="seconds")
    store.keep(old, replace(ended, finished=then))
    (folder / "half.run").write_bytes(b"half")
    assert main(["runs", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "square 1" in printed and "bad: ZeroDivisionError: by a test" in printed and "long ago" in printed
    assert "damaged" in printed and "5 runs" in printed
    assert main(["runs", str(folder), "--remove-failed"]) == 0
    assert "2 of them removed" in capsys.readouterr().out
    assert len(list(folder.iterdir())) == 3
    assert main(["runs", str(folder), "--older-than", "7"]) == 0
    assert "long ago  (removed)" in capsys.readouterr().out
    assert sorted(record.name for _, record in store.records()) == ["square 0", "square 1"]  # type: ignore[union-attr]
    assert main(["runs", str(tmp_path / "none")]) == 1
    assert "no such folder" in capsys.readouterr().err
