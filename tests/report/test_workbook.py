"""The results workbook: whole or not at all, readable by pandas, text stays text, charts and notes in place."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from quadopt.report.columns import TABLES
from quadopt.report.layout import HEAD_ROW
from quadopt.report.summary import summary_text
from quadopt.report.workbook import write_workbook


@pytest.fixture
def workbook(plan: Any, tmp_path: Path) -> Path:
    return write_workbook(plan, tmp_path / "plan.xlsx")


def test_status_and_gaps_stand_first(plan: Any, workbook: Path) -> None:
    sheet = openpyxl.load_workbook(workbook).worksheets[0]
    assert sheet.title == "summary"
    texts = [str(cell.value) for row in sheet.iter_rows(max_row=14) for cell in row if cell.value is not None]
    assert any("status" in text.lower() for text in texts)
    assert any(text == plan.stages["stage"].iloc[0] for text in texts)


@pytest.mark.parametrize("name", [table.name for table in TABLES])
def test_every_table_reads_back(plan: Any, workbook: Path, name: str) -> None:
    back = pd.read_excel(workbook, sheet_name=name, header=HEAD_ROW - 1, engine="openpyxl", keep_default_na=False)
    frame = plan.stages if name == "stages" else plan.tables.get(name, pd.DataFrame())
    declared = next(table for table in TABLES if table.name == name)
    assert len(back) == len(frame)
    assert len(back.columns) == len(declared.columns)
    for position, column in enumerate(declared.columns):
        if column.name in frame and frame[column.name].dtype.kind == "f":
            found = pd.to_numeric(back.iloc[:, position], errors="coerce")
            wanted = frame[column.name].reset_index(drop=True)
            pd.testing.assert_series_equal(found, wanted, check_names=False, check_dtype=False, rtol=1e-12)


def test_headers_carry_units(plan: Any, workbook: Path) -> None:
    sheet = openpyxl.load_workbook(workbook)["contributions"]
    headers = [str(cell.value) for cell in sheet[HEAD_ROW]]
    assert any("million USD" in header for header in headers)
    assert sheet.freeze_panes is not None
    assert len(sheet.tables) == 1


def test_there_are_native_charts(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as parts:
        assert sum(name.startswith("xl/charts/chart") for name in parts.namelist()) >= 2


def test_text_never_becomes_a_formula(plan: Any, tmp_path: Path) -> None:
    hostile = replace(plan, title='=HYPERLINK("x")', warnings=["=1+1", "+1", "-1", "@x", "http://x.y"])
    path = write_workbook(hostile, tmp_path / "hostile.xlsx")
    for sheet in openpyxl.load_workbook(path).worksheets:
        if sheet.title not in ("checks", "checks_detail"):
            found = [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
            assert all(text.startswith("=IF(COUNTIF('checks'!") for text in found), sheet.title


def test_an_existing_file_is_kept(plan: Any, workbook: Path) -> None:
    before = workbook.read_bytes()
    with pytest.raises(FileExistsError):
        write_workbook(plan, workbook)
    assert workbook.read_bytes() == before
    write_workbook(plan, workbook, force=True)


def test_nothing_half_written_stays(plan: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("quadopt.report.workbook._write", fail)
    with pytest.raises(OSError, match="disk full"):
        write_workbook(plan, tmp_path / "plan.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_missing_and_empty_tables_break_nothing(plan: Any, tmp_path: Path) -> None:
    bare = replace(plan, tables={}, warnings=[])
    path = write_workbook(bare, tmp_path / "bare.xlsx")
    assert {table.name for table in TABLES} <= set(openpyxl.load_workbook(path).sheetnames)
    assert "optimal" in summary_text(bare).lower() or "stopped" in summary_text(bare).lower()


def test_summary_fits_a_screen_and_begins_with_the_status(plan: Any) -> None:
    lines = summary_text(plan).splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 100
    assert any("stopped" in line.lower() or "optimal" in line.lower() for line in lines[:4])
