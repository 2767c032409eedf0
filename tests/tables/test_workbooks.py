"""Workbooks that are written: the template and the cases built from CSV folders."""

from __future__ import annotations

import time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from small_tables import INPUTS

from quadopt.errors import Finding
from quadopt.tables.catalogue import COMMON, TABLES
from quadopt.tables.checks import check
from quadopt.tables.normalise import normalise
from quadopt.tables.reading import read_raw
from quadopt.tables.reference import tables_markdown
from quadopt.tables.sources import build_workbook, sources_of
from quadopt.tables.template import write_template
from quadopt.tables.writing import as_number


def normalised(path: Path) -> dict[str, pd.DataFrame]:
    findings: list[Finding] = []
    tables = normalise(read_raw(path), findings)
    assert [str(finding) for finding in findings] == []
    return tables


@pytest.mark.parametrize("name", ["quad", "backtest_2010"])
def test_the_workbook_and_the_folder_hold_the_same(name: str, tmp_path: Path) -> None:
    built = tmp_path / f"{name}.xlsx"
    build_workbook(INPUTS / name, built)
    kept = INPUTS / f"{name}.xlsx"
    expected = normalised(INPUTS / name)
    for path in [built, *([kept] if kept.exists() else [])]:
        found = normalised(path)
        for table in TABLES:
            pd.testing.assert_frame_equal(found[table], expected[table], obj=f"{path.name}: {table}")
        sources = {table: frame.get("source") for table, frame in read_raw(path).frames().items()}
        for table, frame in read_raw(INPUTS / name).frames().items():
            pd.testing.assert_series_equal(sources[table], frame["source"])


def test_built_workbooks_are_the_same_each_time_and_quick_to_read(tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        build_workbook(INPUTS / "quad", tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    begin = time.perf_counter()
    raw = read_raw(tmp_path / "one.xlsx")
    read = time.perf_counter()
    findings: list[Finding] = []
    check(normalise(raw, findings), raw, findings)
    assert read - begin < 2
    assert time.perf_counter() - read < 2


def test_text_never_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    nasty = ["=1+1", "+1", "-x", "@SUM(A1)", "http://example.org", "007", "1e5", "TRUE"]
    lines = "".join(f"{2026 + place},1,{text}\n" for place, text in enumerate(nasty))
    (folder / "periods.csv").write_text("period,years,source\n" + lines, encoding="utf-8")
    (folder / "README.md").write_text("=cmd()\n", encoding="utf-8")
    build_workbook(folder, tmp_path / "case.xlsx")
    book = openpyxl.load_workbook(tmp_path / "case.xlsx")
    assert [book["periods"].cell(row, 3).value for row in range(2, 10)] == nasty
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n"}
    assert book["notes"]["A1"].value == "=cmd()"
    assert book["periods"]["A2"].value == 2026
    assert all(cell.hyperlink is None for sheet in book for row in sheet for cell in row)


def test_sources_are_counted_by_quality() -> None:
    raw = read_raw(INPUTS / "quad")
    rows = sources_of(raw.frames())
    assert sum(row[2] for row in rows) == sum(len(table.rows) for table in raw.tables.values())
    assert ("sectors", "assumption", 5, 0, 0, 5, "2-6") in rows
    assert all(sum(row[3:6]) == row[2] for row in rows)


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    target = tmp_path / "mine.xlsx"
    target.write_text("precious", encoding="utf-8")
    with pytest.raises(FileExistsError):
        write_template(target)
    with pytest.raises(FileExistsError):
        build_workbook(INPUTS / "quad", target)
    assert target.read_text(encoding="utf-8") == "precious"
    write_template(target, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.xlsx"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "periods.csv").write_text(f"period,years,note\n2026,1,{'x' * 40_000}\n", encoding="utf-8")
    target = tmp_path / "case.xlsx"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match="fits no cell"):
        build_workbook(folder, target, force=True)
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case", "case.xlsx"]


def test_the_template_holds_every_table_and_reads_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    write_template(path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [*TABLES, "notes"]
    for name, table in TABLES.items():
        headers = [cell.value for cell in book[name][1]]
        assert headers == [*table.names, *(column.name for column in COMMON)]
        assert all(cell.comment for cell in book[name][1])
        assert book[name].freeze_panes == "A2"
    rules = {str(rule.sqref): rule.formula1 for rule in book["plants"].data_validations.dataValidation}
    assert rules["A2:A2000"] == "countries!$A$2:$A$500"
    findings: list[Finding] = []
    raw = read_raw(path)
    check(normalise(raw, findings), raw, findings)
    required = [name for name, table in TABLES.items() if table.required]
    assert [(finding.sheet, finding.severity) for finding in findings] == [(name, "error") for name in required]
    assert all("is empty" in finding.message for finding in findings)


def test_the_documentation_names_every_column_and_unit() -> None:
    text = tables_markdown()
    for table in TABLES.values():
        section = text.split(f"## {table.name}\n")[1].split("\n## ")[0]
        for column in table.columns:
            assert f"| {column.name}" in section
            assert column.meaning in section
            assert column.unit_in() in section
    assert "{currency}" not in text


def test_every_number_in_the_catalogue_has_a_unit() -> None:
    for table in TABLES.values():
        for column in table.columns:
            assert bool(column.unit) == (column.type == "number"), (table.name, column.name)
            if column.reference:
                referred, name = column.reference.split(".")
                assert name in TABLES[referred].names


@pytest.mark.parametrize(("text", "value"), [("2026", 2026), ("0.5", 0.5), ("1.50", "1.50"), ("007", "007"),
                                             ("nan", "nan"), ("x", "x"), ("-3", -3)])  # fmt: skip
def test_numbers_lose_nothing(text: str, value: object) -> None:
    assert as_number(text) == value
