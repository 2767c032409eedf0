"""A study of alternatives as workbook, page and picture, and its command."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

from quadopt.cli import main
from quadopt.report.studies.alternatives import SHAPE
from quadopt.tables.case import read_case
from quadopt.whatif.alternatives.alternatives import alternatives
from quadopt.whatif.study import Study

CASE = "inputs/tutorial.xlsx"


@pytest.fixture(scope="module")
def study() -> Study:
    return alternatives(read_case(CASE), within=0.5, count=2)


def test_every_column_is_declared_and_found(study: Study) -> None:
    assert set(study.tables) == {table.name for table in SHAPE.tables}
    for table in SHAPE.tables:
        assert list(study.tables[table.name].columns) == [column.name for column in table.columns], table.name


def test_workbook_holds_the_lists_as_they_are(study: Study, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(study.to_excel(tmp_path / "alternatives.xlsx"), data_only=True)
    assert book.sheetnames[:5] == ["summary", "lists", "projects", "list_projects", "runs"]
    first = [row[0] for row in book["lists"].iter_rows(values_only=True)]
    assert first[-len(study.lists) :] == study.lists["list"].tolist()


def test_page_and_picture_show_every_project(study: Study, tmp_path: Path) -> None:
    page = study.to_html(tmp_path / "alternatives.html").read_text(encoding="utf-8")
    assert page.count("<figure") == 1
    drawing = study.plot("matrix").svg()
    for project in study.projects["project"]:
        assert project in page
        assert project in drawing
    assert re.search(r"proven", page)


def test_command_writes_workbook_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, page = tmp_path / "a.xlsx", tmp_path / "a.html"
    store = tmp_path / "runs"
    command = ["alternatives", CASE, "--output", str(output), "--report", str(page), "--store", str(store), "--quiet"]
    assert main([*command, "--within", "50", "--count", "1", "--processes", "2"]) == 0
    assert output.is_file()
    assert page.is_file()
    assert "lists of other projects" in capsys.readouterr().out
    assert main([*command, "--within", "50", "--count", "1"]) == 1
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--within", "-1", "--force"]) == 1
    assert "at least 0" in capsys.readouterr().err
