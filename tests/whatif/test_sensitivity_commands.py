"""`quadopt tornado` and `quadopt samples`: from a case and a file of ranges to workbook and page."""

from __future__ import annotations

from pathlib import Path

import pytest

from quadopt.cli import main

TUTORIAL = Path(__file__).parents[2] / "inputs" / "tutorial.xlsx"
RANGES = '[[input]]\nname = "demand"\ntable = "demand"\ncolumn = "quantity"\nlow = 0.9\nhigh = 1.1\n'


@pytest.mark.parametrize("command", ["tornado", "samples"])
def test_a_study_is_written(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ranges, output, page = tmp_path / "ranges.toml", tmp_path / "out.xlsx", tmp_path / "out.html"
    ranges.write_text(RANGES, encoding="utf-8")
    more = ["--number", "2"] if command == "samples" else []
    arguments = [command, str(TUTORIAL), "--model", "least_cost", "--inputs", str(ranges), "--output", str(output)]
    choices = ["--report", str(page), "--no-store", "--processes", "1", "--quiet", *more]
    assert main([*arguments, *choices]) == 0
    assert f"wrote {output}" in capsys.readouterr().out
    assert output.exists() and page.exists()


def test_faulty_ranges_are_told_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ranges, output = tmp_path / "ranges.toml", tmp_path / "out.xlsx"
    ranges.write_text(RANGES.replace("quantity", "quantty"), encoding="utf-8")
    assert main(["tornado", str(TUTORIAL), "--inputs", str(ranges), "--output", str(output), "--no-store"]) == 1
    assert "did you mean 'quantity'" in capsys.readouterr().err
    assert not output.exists()
