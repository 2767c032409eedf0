"""A frontier as workbook, page and picture, and its command."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from quadopt.cli import main
from quadopt.report.studies.frontier import SHAPE
from quadopt.tables.case import read_case
from quadopt.whatif.frontier.frontier import frontier
from quadopt.whatif.frontier.tables import BELOW, PLANS
from quadopt.whatif.study import Study

CASE = "inputs/tutorial.xlsx"


@pytest.fixture(scope="module")
def study() -> Study:
    return frontier(read_case(CASE), points=4)


def assert_declared(study: Study) -> None:
    """Every column is declared, but for one a plan on the frontier; the workbook reads them from the shape."""
    declared = {table.name: {column.name for column in table.columns} for table in SHAPE.tables}
    for name, frame in study.tables.items():
        extra = {str(column) for column in frame.columns} - declared[name]
        assert not {column for column in extra if not column.startswith("point ")} - {"run", "size", "limit_total", "limit_cost",
                                                                                       "limit_stress"}, name  # fmt: skip
        assert declared[name] <= set(frame.columns), name


def test_every_column_is_declared(study: Study) -> None:
    assert_declared(study)


def test_workbook_holds_the_points_and_a_chart(study: Study, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(study.to_excel(tmp_path / "frontier.xlsx"))
    assert book.sheetnames[:2] == ["summary", "points"]
    first = [row[0] for row in book["points"].iter_rows(values_only=True)]
    assert first[-len(study.points) :] == study.points["point"].tolist()
    assert len(book["curve"]._charts) == 1


def test_page_has_both_pictures(study: Study, tmp_path: Path) -> None:
    page = study.to_html(tmp_path / "frontier.html").read_text(encoding="utf-8")
    assert page.count("<figure") == 2
    assert "NORTH_" in study.plot("matrix").svg()


def test_plans_lie_on_or_above_the_line(study: Study) -> None:
    curve = study.curve
    below = curve[curve["series"] == BELOW]
    for plan in curve[curve["series"] == PLANS].itertuples():
        here = below[(below["across"] - plan.across).abs() < 1e-9]["dependence"]
        assert here.empty or plan.dependence >= here.min() - 1e-6
    assert pd.Series(below["dependence"].to_numpy()[1:]).is_monotonic_decreasing


def test_command_writes_workbook_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, page, store = tmp_path / "f.xlsx", tmp_path / "f.html", tmp_path / "runs"
    command = ["frontier", CASE, "--output", str(output), "--report", str(page), "--store", str(store), "--quiet"]
    assert main([*command, "--against", "fund", "--sizes", "0", "1", "--processes", "2"]) == 0
    assert output.is_file()
    assert page.is_file()
    assert "first appears" in capsys.readouterr().out
    assert main([*command, "--against", "fund"]) == 1
    assert main([*command, "--points", "1", "--force"]) == 1
    assert "at least two" in capsys.readouterr().err
