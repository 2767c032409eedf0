"""The command line's way to the report page."""

from __future__ import annotations

from pathlib import Path

import pytest

from quadopt.cli import main

TUTORIAL = str(Path(__file__).parents[2] / "inputs" / "tutorial")


def test_run_writes_a_report_page_beside_the_workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, page = tmp_path / "plan.xlsx", tmp_path / "pages" / "plan.html"
    assert main(["run", TUTORIAL, "--output", str(book), "--report", str(page), "--quiet"]) == 0
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert f"wrote {page}" in capsys.readouterr().out
    again = tmp_path / "again.html"
    assert main(["report", str(book), "--output", str(again)]) == 0
    assert again.read_bytes() == page.read_bytes()
    assert main(["report", str(book), "--output", str(again)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert main(["report", str(book), "--output", str(again), "--force"]) == 0


def test_nothing_is_solved_where_the_page_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, page = tmp_path / "plan.xlsx", tmp_path / "plan.html"
    page.write_text("mine", encoding="utf-8")
    assert main(["run", TUTORIAL, "--output", str(book), "--report", str(page)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert main(["run", TUTORIAL, "--output", str(book), "--report", str(tmp_path / "plan.pdf")]) == 1
    assert "ends in .html" in capsys.readouterr().err
    assert not book.exists() and page.read_text(encoding="utf-8") == "mine"
