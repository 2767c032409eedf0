"""The command `stress`: from a folder of CSV files to a workbook and a page, resumed, and refused in words."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from quadopt.cli import main
from tests.tiny import M, plant, stockpile, two_suppliers

MODEL = """title = "exact"
order = ["shortage", "cost"]
[solver]
method = "plain"
gap = 1e-9
"""


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    """The command on a case in which Near offers 4 of the 10 that Home needs, with 3 in stock."""
    plants = [plant("Far", "smelt", 100, M), plant("Near", "smelt", 4, 3 * M)]
    folder = tmp_path / "scarce"
    folder.mkdir()
    for name, rows in two_suppliers(plants=plants, stockpiles=[stockpile(initial=3)]).items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    (tmp_path / "exact.toml").write_text(MODEL)
    output = ["--output", str(tmp_path / "loss.xlsx"), "--report", str(tmp_path / "loss.html")]
    return ["stress", str(folder), "--model", str(tmp_path / "exact.toml"), *output, "--force"]


def test_workbook_and_page_from_processes_and_once_more_from_the_store(
    asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = ["--period", "2027", "--step", "1/2", "--duration", "rest"]
    assert main([*asked, *question, "--processes", "2"]) == 0
    told = capsys.readouterr().out
    assert "The loss of Far hurts most: if it stops all exports in 2027 to the end of the horizon" in told
    assert "something goes short after 182 to 365 days at the latest (metal first)" in told
    book = openpyxl.load_workbook(tmp_path / "loss.xlsx", data_only=True)
    assert book.sheetnames[:5] == ["summary", "losses", "loss_shortage", "days_to_stop", "runs"]
    assert "Days to stop" in (tmp_path / "loss.html").read_text(encoding="utf-8")
    assert len(list((tmp_path / "scarce_runs").iterdir())) == 4  # the plan, no loss, two suppliers
    assert main([*asked, *question]) == 0
    assert capsys.readouterr().out.splitlines()[1:4] == told.splitlines()[1:4]


def test_what_cannot_be_asked_is_said(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*asked, "--period", "2072", "--supplier", "Fare", "--quiet"]) == 1
    told = capsys.readouterr().err
    assert "2072" in told and "did you mean 'Far'?" in told
    with pytest.raises(SystemExit):
        main([*asked, "--step", "a month"])
    assert "such as 0.25 or 1/12" in capsys.readouterr().err
