"""The results workbook: whole or not at all, readable by pandas, text stays text, charts and notes in place."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from quadopt.report.columns import TABLES
from quadopt.report.layout import FIRST_ROW, HEAD_ROW, places
from quadopt.report.parts import Block
from quadopt.report.schema import FORMATS
from quadopt.report.sheets import all_sheets
from quadopt.report.summary import summary_text
from quadopt.report.workbook import write_workbook

ALWAYS = [table for table in TABLES if not table.is_asked_for]
"""Tables that every plan has; the others are there where they were asked for."""


@pytest.fixture(scope="module")
def workbook(plan: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workbook(plan, tmp_path_factory.mktemp("written") / "plan.xlsx")


def test_status_and_gaps_stand_first(plan: Any, workbook: Path) -> None:
    sheet = openpyxl.load_workbook(workbook).worksheets[0]
    assert sheet.title == "summary"
    texts = [str(cell.value) for row in sheet.iter_rows(max_row=14) for cell in row if cell.value is not None]
    assert any("status" in text.lower() for text in texts)
    assert any(text == plan.stages["stage"].iloc[0] for text in texts)


@pytest.mark.parametrize("name", [table.name for table in ALWAYS])
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


HOSTILE = ['=HYPERLINK("x")', "=summary!A1", "+1+1", "-1", "@SUM(A1)", "http://x.y", "{=1}"]


def test_text_never_becomes_a_formula(plan: Any, tmp_path: Path) -> None:
    def spoiled(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Every text of a table made hostile, one name always in the same way."""
        texts = [
            column for column in frame if frame[column].dtype.kind not in "fib" and column not in ("period", "start")
        ]
        names = {
            text: HOSTILE[at % len(HOSTILE)] + str(at)
            for at, text in enumerate(plan.tables["dependence"]["material"].unique())
        }
        changed = {column: [names.get(text, f"={text}") for text in frame[column]] for column in texts}
        return frame.assign(**changed)

    tables = {name: spoiled(name, frame) for name, frame in plan.tables.items()}
    tables["=1+1"] = pd.DataFrame({"=A1": ["=1+1"]})
    hostile = replace(plan, title='=HYPERLINK("x")', warnings=HOSTILE, tables=tables, model_name="=1+1")
    path = write_workbook(hostile, tmp_path / "hostile.xlsx")
    for sheet in openpyxl.load_workbook(path).worksheets:
        if sheet.title in ("summary", "checks", "checks_detail"):
            continue
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row), sheet.title
    with zipfile.ZipFile(path) as parts:
        formulas = [
            formula
            for name in parts.namelist()
            if name.startswith("xl/charts/chart")
            for formula in re.findall(r"<c:f>(.*?)</c:f>", parts.read(name).decode())
        ]
    assert formulas
    assert all(re.fullmatch(r"'?[\w ]+'?!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", formula) for formula in formulas)


def test_what_was_asked_for_has_its_sheet(plan: Any, tmp_path: Path) -> None:
    asked = next(table for table in TABLES if table.is_asked_for)
    more = pd.DataFrame([{column.name: 1.0 for column in asked.columns}])
    path = write_workbook(replace(plan, tables={**plan.tables, asked.name: more}), tmp_path / "more.xlsx")
    assert asked.name in openpyxl.load_workbook(path).sheetnames


def test_the_run_sheet_says_how_the_plan_came_about(plan: Any) -> None:
    rules = {"title": "A pact", "dependence": {"measure": "traced", "suppliers": ["China", "Russia"]}}
    found = next(
        s for s in all_sheets(replace(plan, options={"gap": 0.01, "model_file": rules})) if s.name == "run"
    ).frame
    listed = {(row.section, row.name): row.value for row in found.itertuples(index=False)}
    assert listed["case", "input hash"] == plan.case_hash
    assert listed["model file", "name"] == plan.model_name
    assert listed["model file", "dependence.suppliers"] == "China; Russia"
    assert listed["option", "gap"] == 0.01
    assert listed["version", "HiGHS (highspy)"] == plan.versions["highspy"]
    assert listed["time", "stage dependence"] == 600.0
    assert listed["warning", "1"] == plan.warnings[0]
    assert set(found.loc[found["section"] == "time", "unit"]) == {"seconds"}


NUMBERS = ("share", "gap", "money", "amount", "years", "year", "scale", "by_unit")


def test_every_header_of_a_figure_carries_its_unit(plan: Any) -> None:
    without = [
        (sheet.name, column.name)
        for sheet in all_sheets(plan)
        for column in (
            *sheet.columns,
            *(c for block in sheet.blocks if isinstance(block, Block) for c in block.columns),
        )
        if column.kind in NUMBERS and not column.unit
    ]
    assert not without


def test_every_sheet_has_a_sentence_number_formats_and_print_set_up(plan: Any, workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    sheets = all_sheets(plan)
    where = places(sheets, plan.currency)
    for sheet in sheets:
        page = book[where[sheet.name].sheet]
        assert sheet.sentence.endswith(".")
        assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
        assert page.sheet_properties.tabColor is not None
        for column in sheet.columns:
            if column.kind in FORMATS and column.kind != "by_unit" and len(sheet.frame):
                cell = page[f"{where[sheet.name].letter(column.name)}{FIRST_ROW}"]
                assert cell.number_format == FORMATS[column.kind], (sheet.name, column.name)


def test_an_existing_file_is_kept(plan: Any, workbook: Path) -> None:
    before = workbook.read_bytes()
    with pytest.raises(FileExistsError):
        write_workbook(plan, workbook)
    assert workbook.read_bytes() == before
    write_workbook(plan, workbook, force=True)


def test_nothing_half_written_stays(plan: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("quadopt.report.workbook.write_sheets", fail)
    with pytest.raises(OSError, match="disk full"):
        write_workbook(plan, tmp_path / "plan.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_missing_and_empty_tables_break_nothing(plan: Any, tmp_path: Path) -> None:
    bare = replace(plan, tables={}, warnings=[])
    path = write_workbook(bare, tmp_path / "bare.xlsx")
    assert {table.name for table in ALWAYS} <= set(openpyxl.load_workbook(path).sheetnames)
    assert "optimal" in summary_text(bare).lower() or "stopped" in summary_text(bare).lower()


def test_summary_fits_a_screen_and_begins_with_the_status(plan: Any) -> None:
    lines = summary_text(plan).splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 100
    assert any("stopped" in line.lower() or "optimal" in line.lower() for line in lines[:4])
