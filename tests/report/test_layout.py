"""Where things stand in a workbook: what `places` says is where the writer wrote; groups take any table; formulas live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from quadopt.report.cells import Formula
from quadopt.report.excel.pen import Pen, put
from quadopt.report.groups import GROUPS, OTHERS, group_of, in_order
from quadopt.report.layout import BACK_ROW, FIRST_ROW, HEAD_ROW, RECORD, SENTENCE_ROW, letters, places
from quadopt.report.sheets import all_sheets
from quadopt.report.workbook import write_workbook


def test_places_say_where_the_writer_wrote(plan: Any, tmp_path: Path) -> None:
    odd = replace(plan, tables={**plan.tables, "a/table*of [nobody]" * 3: pd.DataFrame({"x": [1.5, 2.5]})})
    book = openpyxl.load_workbook(write_workbook(odd, tmp_path / "plan.xlsx"))
    sheets = all_sheets(odd)
    where = places(sheets, odd.currency)
    assert [*(where[sheet.name].sheet for sheet in sheets), RECORD] == book.sheetnames
    for sheet in sheets:
        place, page = where[sheet.name], book[where[sheet.name].sheet]
        for column in sheet.columns:
            assert page[f"{place.letter(column.name)}{HEAD_ROW}"].value == place.headers[column.name]
            if len(sheet.frame) and column.kind == "amount":
                _, ends = place.range(column.name).replace("$", "").split("!")
                written = [cells[0].value for cells in page[ends]]
                assert written == pytest.approx(sheet.frame[column.name].tolist(), nan_ok=True)
        if sheet.columns:
            assert page.cell(SENTENCE_ROW, 1).value == sheet.sentence
            assert page.freeze_panes == f"A{FIRST_ROW}"
            assert page.print_title_rows == f"${HEAD_ROW}:${HEAD_ROW}"
            (table,) = page.tables.values()
            assert table.ref == f"A{HEAD_ROW}:{letters(len(sheet.columns) - 1)}{place.last_row}"
            assert table.autoFilter is not None
            if sheet.name != "contents":
                assert page.cell(BACK_ROW, 1).hyperlink.location == "'contents'!A1"


def test_addresses_name_sheet_column_and_row(plan: Any) -> None:
    place = places(all_sheets(plan), "USD")["contributions"]
    rows = len(plan.tables["contributions"])
    assert place.range("limit") == f"'contributions'!$D$4:$D${rows + 3}"
    assert place.cell("limit", 0) == "'contributions'!$D$4"
    with pytest.raises(KeyError, match="no column nothing"):
        place.range("nothing")


@pytest.mark.parametrize(("number", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_letters_of_columns(number: int, name: str) -> None:
    assert letters(number) == name == xlsxwriter.utility.xl_col_to_name(number)


def test_every_known_sheet_has_one_place_and_unknown_ones_come_before_the_inputs(plan: Any) -> None:
    named = [name for group in GROUPS for name in group.sheets]
    assert len(named) == len(set(named))
    assert group_of("nobody_knows") is OTHERS
    more = {"nobody_knows": pd.DataFrame({"x": [1]}), "inputs": pd.DataFrame({"x": [1]})}
    order = [sheet.name for sheet in all_sheets(replace(plan, tables={**plan.tables, **more}))]
    assert order[:2] == ["summary", "contents"]
    assert order.index("branch_stock") < order.index("nobody_knows") < order.index("inputs") < order.index("run")
    shuffled = [sheet.name for sheet in in_order(reversed(all_sheets(plan)))]
    assert shuffled == [sheet.name for sheet in all_sheets(plan)]
    ours = {sheet.name for sheet in all_sheets(plan)}
    assert not [name for name in ours if group_of(name) is OTHERS], "a sheet of the plan without a part"


@pytest.mark.parametrize("value", [2.5, "text", True, None])
def test_only_a_formula_becomes_one_and_keeps_its_value(tmp_path: Path, value: Any) -> None:
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        pen = Pen(book, "USD")
        put(book.add_worksheet("s"), 0, 0, Formula("A2+1", value), pen.format())
    path = tmp_path / "book.xlsx"
    assert openpyxl.load_workbook(path)["s"]["A1"].value == "=A2+1"
    assert openpyxl.load_workbook(path, data_only=True)["s"]["A1"].value == value


def test_columns_sheet_leads_from_header_to_column(plan: Any, tmp_path: Path) -> None:
    path = write_workbook(plan, tmp_path / "plan.xlsx")
    listed = pd.read_excel(path, sheet_name="columns", header=HEAD_ROW - 1, keep_default_na=False)
    trade = listed[listed["Table in the library"] == "trade"]
    back = pd.read_excel(path, sheet_name=trade["Sheet"].iloc[0], header=HEAD_ROW - 1)
    names = dict(zip(trade["Column"], trade["Name in the library"], strict=True))
    assert list(back.rename(columns=names).columns) == list(plan.tables["trade"].columns)
    assert set(listed[listed["Sheet"] == "run"]["Table in the library"]) == {""}
