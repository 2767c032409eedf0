"""Workbooks and CSV folders as they come, hostile ones included."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from small_tables import INPUTS

from quadopt.errors import Finding, InputError
from quadopt.tables.normalise import normalise
from quadopt.tables.raw import RawTables
from quadopt.tables.reading import read_raw


def save(path: Path, tables: dict[str, Any]) -> Path:
    """The records as a workbook made by openpyxl."""
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, records in tables.items():
        sheet = book.create_sheet(name)
        headers = list(dict.fromkeys(key for record in records for key in record))
        sheet.append(headers)
        for record in records:
            sheet.append([record.get(header) for header in headers])
    book.save(path)
    return path


def refusal(path: Path) -> Finding:
    """The one error with which a file is refused."""
    with pytest.raises(InputError) as caught:
        read_raw(path)
    (finding,) = caught.value.errors
    return finding


def findings_of(raw: RawTables) -> list[Finding]:
    findings: list[Finding] = []
    normalise(raw, findings)
    return findings


def test_sheets_in_any_order_with_stray_names_rows_and_columns(small: dict[str, Any], tmp_path: Path) -> None:
    tables = {f" {name.capitalize()} ": small[name] for name in reversed(small)}
    path = save(tmp_path / "case.xlsx", {"notes": [{"a": 1}], **tables, "demnd": [{"a": 1}]})
    book = openpyxl.load_workbook(path)
    sheet = book[" Plants "]
    sheet.insert_rows(2)
    sheet.insert_cols(1)
    sheet.insert_cols(3)
    book.save(path)
    raw = read_raw(path)
    (doubt,) = findings_of(raw)
    assert (doubt.severity, doubt.sheet, doubt.suggestion) == ("warning", "demnd", "demand")
    assert raw.tables["plants"].numbers == [3, 4]
    assert raw.tables["plants"].frame().to_dict("records") == small["plants"]


def test_a_fault_in_a_workbook_names_its_cell(small: dict[str, Any], tmp_path: Path) -> None:
    small["plants"][1]["capacity"] = "lots"
    small["demand"] = [{"country": "Home", "material": "metal", "sector": "s", 2026: 1, 2027.0: "x", "2028": "#N/A"}]
    found = findings_of(read_raw(save(tmp_path / "case.xlsx", small)))
    assert [(finding.sheet, finding.cell, finding.value) for finding in found] == [
        ("plants", "C3", "lots"), ("demand", "E2", "x"), ("demand", "F2", "#N/A"),
    ]  # fmt: skip
    assert "plants!C3 (capacity): this is not a number; found 'lots'; expected a number (at least 0)" in str(found[0])


def test_percent_formatted_cells_and_dates(small: dict[str, Any], tmp_path: Path) -> None:
    path = save(tmp_path / "case.xlsx", small)
    book = openpyxl.load_workbook(path)
    book["sharing"]["B2"].number_format = "0%"
    book["plants"]["C2"].number_format = "yyyy-mm-dd"
    book.save(path)
    raw = read_raw(path)
    assert raw.tables["sharing"].rows[0][1] == 0.5
    (found,) = findings_of(raw)
    assert (found.cell, found.message) == ("C2", "the cell holds a date or time")


def test_csv_faults_name_file_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "periods.csv").write_bytes(
        '\ufeffperiod,years,note\r\n2026,1,"two\nlines"\r\n\r\n2027,one,\r\n'.encode()
    )
    (tmp_path / "countries.csv").write_text("country,member\nNA,yes,no\n", encoding="utf-8")
    (tmp_path / "readme.csv").write_text("x", encoding="utf-8")
    found = findings_of(read_raw(tmp_path))
    assert [(finding.sheet, finding.row, finding.column) for finding in found] == [
        ("periods.csv", 5, "years"), ("countries.csv", 2, ""),
    ]  # fmt: skip
    assert str(found[0]).startswith("error: periods.csv, line 5, column years: this is not a number")
    assert "more values than there are headers" in found[1].message


def test_csv_with_semicolons_and_csv_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "periods.csv").write_text("period;years\n2026;1\n", encoding="utf-8")
    (tmp_path / "countries.csv").write_bytes("country\nC\xf4te".encode("latin-1"))
    raw = read_raw(tmp_path)
    assert raw.tables["periods"].rows == [["2026", "1"]]
    assert [finding.sheet for finding in raw.findings] == ["countries.csv"]


def test_headers_must_be_there_once(small: dict[str, Any], tmp_path: Path) -> None:
    path = save(tmp_path / "case.xlsx", small)
    book = openpyxl.load_workbook(path)
    book["plants"].insert_rows(1)
    book["demand"]["A1"] = "material "
    book.save(path)
    messages = [str(finding) for finding in findings_of(read_raw(path))]
    assert any("plants, row 1: the first row is blank" in message for message in messages)
    assert any("two columns have this header" in message for message in messages)
    assert any("a required column is missing" in message and "country" in message for message in messages)


def test_two_sheets_for_one_table(small: dict[str, Any], tmp_path: Path) -> None:
    raw = read_raw(save(tmp_path / "case.xlsx", {**small, "Plants ": small["plants"]}))
    assert any("a second sheet for the table plants" in finding.message for finding in raw.findings)


@pytest.mark.parametrize("recalculates", [False, True])
def test_formulas_need_a_stored_value(tmp_path: Path, recalculates: bool) -> None:
    path = tmp_path / "case.xlsx"
    if recalculates:  # XlsxWriter stores 0 and asks for recalculation
        with xlsxwriter.Workbook(path) as written:
            written.add_worksheet("periods").write_row(0, 0, ["period", "years"])
            written.get_worksheet_by_name("periods").write_row(1, 0, [2026, "=1+1"])
    else:  # openpyxl stores nothing
        save(path, {"periods": [{"period": 2026, "years": "=1+1"}]})
    (found,) = read_raw(path).findings
    assert (found.severity, found.sheet, found.cell) == ("error", "periods", "B2")


def test_formulas_with_a_stored_value_are_read(tmp_path: Path) -> None:
    path = tmp_path / "case.xlsx"
    with xlsxwriter.Workbook(tmp_path / "raw.xlsx") as written:
        sheet = written.add_worksheet("periods")
        sheet.write_row(0, 0, ["period", "years"])
        sheet.write_number(1, 0, 2026)
        sheet.write_formula(1, 1, "=1+1", None, 2)
    with zipfile.ZipFile(tmp_path / "raw.xlsx") as source, zipfile.ZipFile(path, "w") as target:
        for part in source.namelist():
            target.writestr(part, source.read(part).replace(b' fullCalcOnLoad="1"', b""))
    raw = read_raw(path)
    assert raw.findings == []
    assert raw.tables["periods"].rows == [[2026, 2]]


def test_missing_wrong_and_empty_files(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nothing.xlsx").message
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    assert "not an .xlsx workbook" in refusal(tmp_path / "old.xls").message
    (tmp_path / "folder").mkdir()
    assert "no table was found" in refusal(tmp_path / "folder").message
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    assert "damaged" in refusal(tmp_path / "other.zip").message


def test_bombs_and_sheets_that_reach_too_far(small: dict[str, Any], tmp_path: Path) -> None:
    path = save(tmp_path / "case.xlsx", small)

    def altered(part: str, content: bytes) -> Path:
        out = tmp_path / "altered.xlsx"
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(name, content if name == part else source.read(name))
        return out

    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    part = "xl/worksheets/sheet1.xml"
    assert "packed more than" in refusal(altered(part, head + b" " * 5_000_000)).message
    far = head + b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert "reaches too far" in refusal(altered(part, far)).message
    wide = head + b'<sheetData><row><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>'
    assert "reaches too far" in refusal(altered(part, wide)).message
    stated = head + b'<dimension ref="A1:B9999999"/><sheetData/></worksheet>'
    assert "reaches too far" in refusal(altered(part, stated)).message
    entity = b'<!DOCTYPE a [<!ENTITY b "c">]>' + head + b"<sheetData/></worksheet>"
    assert "entity" in refusal(altered(part, entity)).message


def test_damaged_workbooks_give_a_finding(small: dict[str, Any], tmp_path: Path) -> None:
    """Bytes changed at random (seeds fixed): read, or refused with an InputError; nothing else."""
    content = save(tmp_path / "case.xlsx", small).read_bytes()
    refused = 0
    for seed in range(60):
        chance = random.Random(seed)
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 30)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.2:
            del damaged[chance.randrange(len(damaged)) :]
        path = tmp_path / "damaged.xlsx"
        path.write_bytes(damaged)
        try:
            findings_of(read_raw(path))
        except InputError as error:
            refused += 1
            assert str(error)
    assert refused


def test_quad_folder_is_read_whole() -> None:
    raw = read_raw(INPUTS / "quad")
    assert raw.findings == []
    assert (
        len(raw.tables["plants"].rows) == len((INPUTS / "quad/plants.csv").read_text(encoding="utf-8").splitlines()) - 1
    )
    assert set(raw.frames()["plants"].columns) >= {"source", "quality", "note"}
