"""A results workbook read back: nothing lost, changes noticed, foreign and spoiled files told in words."""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import quadopt
from quadopt.plan import Plan
from quadopt.report.layout import FIRST_ROW, HEAD_ROW, RECORD
from quadopt.report.record import FACTS

ROOT = Path(__file__).parents[2]
ODD_TEXTS = [
    "=1+1", "+1", "-1", "@x", "http://x.y", "NA", "None", "2026", "1e5", "TRUE", " spaced ", "two\nlines", "tab\there",
    "cr\r\nlf", "\x01bell", "_x0041_", "x005F_", "\ud800 half", "\ufffe", "<r>x</r>", "<r><t>x</t></r>", "'quoted", "x" * 40_000,
    "\U0001f600 smile", "&amp; <b>", "\u00a0nbsp\u00a0", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def real() -> Plan:
    return quadopt.solve(quadopt.read_case(ROOT / "inputs/tutorial"), "pact")


@pytest.fixture(scope="module")
def real_file(real: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return real.to_excel(tmp_path_factory.mktemp("real") / "plan.xlsx")


def bare(tables: dict[str, pd.DataFrame], **facts: Any) -> Plan:
    """A plan of nothing but these tables."""
    stages = pd.DataFrame({"stage": ["cost"], "status": ["optimal"], "incumbent": [1 / 3], "rows": [3]})
    given: dict[str, Any] = {
        "title": "t", "model_name": "m", "currency": "USD", "base_year": None, "case_hash": "h", "status": "optimal",
        "stages": stages, "tables": tables, "starts": {}, "options": {},
    }  # fmt: skip
    return Plan(**(given | facts))


def assert_same(back: Plan, plan: Plan) -> None:
    for name in FACTS:
        assert getattr(back, name) == getattr(plan, name), name
        assert type(getattr(back, name)) is type(getattr(plan, name)), name
    assert list(back.tables) == list(plan.tables)
    for name, frame in {**plan.tables, "stages": plan.stages}.items():
        found = back.stages if name == "stages" else back.tables[name]
        wanted = frame.reset_index(drop=True)
        pd.testing.assert_frame_equal(found, wanted, check_exact=True, obj=name)
        for column in range(frame.shape[1]):
            for one, other in zip(found.iloc[:, column].tolist(), wanted.iloc[:, column].tolist(), strict=True):
                assert exact(one) == exact(other), (name, column)


def exact(value: Any) -> Any:
    """A value so that kinds, the sign of zero and kinds of missing values count."""
    if isinstance(value, float | np.floating):
        return "float", repr(float(value))
    return type(value).__name__.replace("bool_", "bool").replace("int64", "int"), repr(value)


def round_trip(plan: Plan, folder: Path) -> Plan:
    return quadopt.read_plan(plan.to_excel(folder / "plan.xlsx", force=True))


def test_a_solved_plan_comes_back_the_same(real: Plan, real_file: Path) -> None:
    assert_same(quadopt.read_plan(real_file), real)


def test_what_was_read_writes_the_same_workbook(real_file: Path, tmp_path: Path) -> None:
    again = quadopt.read_plan(real_file).to_excel(tmp_path / "again.xlsx")
    first, second = (openpyxl.load_workbook(path) for path in (real_file, again))
    assert first.sheetnames == second.sheetnames
    for one, other in zip(first.worksheets, second.worksheets, strict=True):
        cells = [
            [(cell.value, cell.number_format) for row in sheet.iter_rows() for cell in row] for sheet in (one, other)
        ]
        assert cells[0] == cells[1], one.title


def test_the_stand_in_comes_back(plan: Any, tmp_path: Path) -> None:
    same = Plan(**{name: getattr(plan, name) for name in (*FACTS, "stages", "tables")})
    assert_same(round_trip(same, tmp_path), same)


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    numbers = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, math.inf, -math.inf, math.nan, 2.0**53 - 1, 1e22]
    frame = pd.DataFrame({"x": numbers, "i": [2**62, -(2**62), *range(8)], "b": [True, False] * 5})
    small = frame.assign(x=np.float32([0.1, 1 / 3, *([math.nan] * 8)]))
    nullable = pd.DataFrame(
        {"n": pd.array([1, None, 2**60], dtype="Int64"), "s": pd.array(["a", None, ""], dtype="string")}
    )
    plan = bare({"frame": frame, "small": small, "nullable": nullable})
    assert_same(round_trip(plan, tmp_path), plan)


def test_odd_text_and_mixed_cells_come_back(tmp_path: Path) -> None:
    mixed = [None, math.nan, pd.NA, "", 1, 1.0, True, "1", -0.0, 2**70, ["a", 1], ("a", None), np.float64(2.5), "=x"]
    tables = {
        "texts": pd.DataFrame({"t": ODD_TEXTS, "n": range(len(ODD_TEXTS))}),
        "missing": pd.DataFrame({"t": [None, "", "x", None]}),
        "mixed": pd.DataFrame({"m": pd.Series(mixed, dtype=object), "n": range(len(mixed))}),
        "empty": pd.DataFrame(
            {"a": pd.Series(dtype="float64"), "b": pd.Series(dtype="str"), "c": pd.Series(dtype=object)}
        ),
        "nothing": pd.DataFrame(),
        "blank rows": pd.DataFrame({"a": [1.0, math.nan, math.nan]}),
        RECORD: pd.DataFrame({"a": [2]}),
        "a name far longer than any sheet's may be [and] odd/": pd.DataFrame({"a": [1]}),
    }
    options = {"caps": [{"kappa": 0.65, "materials": None}], "weights": {}, "on": True, "text": "=x", "n": 3}
    plan = bare(tables, title="=title\x01", warnings=ODD_TEXTS, options=options, starts={"=P": "2026"}, base_year=2025)
    assert_same(round_trip(plan, tmp_path), plan)


TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(ODD_TEXTS)
ANY = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(width=64) | TEXT
COLUMNS = {
    "float64": st.floats(width=64),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "bool": st.booleans(),
    "str": TEXT | st.none(),
    "object": ANY,
}


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 6))
    names = draw(st.lists(TEXT.filter(str.strip), min_size=1, max_size=4, unique_by=str.casefold))
    kinds = [draw(st.sampled_from(list(COLUMNS))) for _ in names]
    values = [draw(st.lists(COLUMNS[kind], min_size=rows, max_size=rows)) for kind in kinds]
    return pd.DataFrame(
        {name: pd.Series(v, dtype=kind) for name, kind, v in zip(names, kinds, values, strict=True)}, columns=names
    )


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(frames(), min_size=1, max_size=5),
    TEXT,
    st.lists(TEXT, max_size=3),
    st.dictionaries(TEXT, st.booleans() | st.integers() | TEXT, max_size=3),
)
def test_any_table_comes_back(
    tmp_path: Path, made_up: list[pd.DataFrame], title: str, warnings: list[str], options: dict[str, Any]
) -> None:
    tables = {f"made up {number}": frame for number, frame in enumerate(made_up)}
    plan = bare(tables, title=title, warnings=warnings, options=options)
    assert_same(round_trip(plan, tmp_path), plan)


def test_what_cannot_be_kept_is_said(tmp_path: Path) -> None:
    dates = pd.DataFrame({"when": pd.to_datetime(["2026-01-01", "2027-01-01"]), "who": [{"a": 1}, object]})
    back = round_trip(bare({"dates": dates, "run": dates}), tmp_path)
    assert back.dates["when"].tolist() == ["2026-01-01 00:00:00", "2027-01-01 00:00:00"]
    report = "\n".join(back.warnings)
    assert "dates, column when: Timestamp, the type datetime64" in report
    assert "dates, column who: dict, type (kept as text)" in report
    assert "the table run, which has the name of another sheet" in report


def test_the_record_is_hidden_and_last(real_file: Path) -> None:
    book = openpyxl.load_workbook(real_file)
    assert book.sheetnames[-1] == RECORD
    assert book[RECORD].sheet_state == "veryHidden"
    assert all(sheet.sheet_state == "visible" for sheet in book.worksheets[:-1])


@pytest.fixture
def edited(real_file: Path, tmp_path: Path) -> Callable[[Callable[[Any], Any]], Path]:
    """The workbook after an edit, saved by another program."""

    def edit(change: Callable[[Any], Any]) -> Path:
        book = openpyxl.load_workbook(real_file)
        change(book)
        book.save(tmp_path / "edited.xlsx")
        return tmp_path / "edited.xlsx"

    return edit


ROUNDED = "another program saved the workbook with fewer digits: numbers are rounded from the 15th on"


def told(back: Plan, real: Plan) -> list[str]:
    """What reading has added to the warnings, rounding by the program that saved the file aside."""
    assert back.warnings[: len(real.warnings)] == real.warnings
    return [text for text in back.warnings[len(real.warnings) :] if text != ROUNDED]


def assert_near(back: Plan, real: Plan) -> None:
    for name, frame in real.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], frame.reset_index(drop=True), check_exact=False, rtol=1e-14)


def test_saving_alone_changes_nothing(real: Plan, edited: Any) -> None:
    back = quadopt.read_plan(edited(lambda book: None))
    assert told(back, real) == []
    assert_near(back, real)


def test_a_changed_number_is_read_and_marked(real: Plan, edited: Any) -> None:
    def change(book: Any) -> None:
        sheet = book["trade"]
        column = next(cell.column for cell in sheet[HEAD_ROW] if str(cell.value).startswith("Quantity"))
        sheet.cell(FIRST_ROW + 1, column).value = 31.000001

    back = quadopt.read_plan(edited(change))
    assert back.trade["quantity"].iloc[1] == 31.000001
    assert told(back, real) == [
        "figures were changed after quadopt wrote them: sheet trade (Quantity [units of the material])"
    ]
    back.trade.loc[1, "quantity"] = real.trade["quantity"].iloc[1]
    assert_near(back, real)


@pytest.mark.parametrize("change", [0.0, None, 30.000001, -30.0])
def test_every_kind_of_change_is_marked(edited: Any, change: float | None) -> None:
    def edit(book: Any) -> None:
        book["trade"]["E5"].value = change

    back = quadopt.read_plan(edited(edit))
    found = back.trade["quantity"].iloc[1]
    assert math.isnan(found) if change is None else found == change, book_cell(back)
    assert any("figures were changed" in text and "trade" in text for text in back.warnings)


def book_cell(plan: Plan) -> str:
    return plan.trade.head(3).to_string()


def test_rows_deleted_added_and_reordered_are_marked(real: Plan, edited: Any) -> None:
    back = quadopt.read_plan(edited(lambda book: book["trade"].delete_rows(FIRST_ROW)))
    assert len(back.trade) == len(real.trade) - 1
    assert any("sheet trade (19 rows for 20)" in text for text in back.warnings)
    back = quadopt.read_plan(edited(lambda book: book["trade"].append(["A", "B", "ore", "2026", 1.0, 0.5])))
    assert back.trade.iloc[-1].tolist() == ["A", "B", "ore", "2026", 1.0, 0.5]
    assert any("sheet trade (21 rows for 20)" in text for text in back.warnings)

    def swap(book: Any) -> None:
        sheet = book["trade"]
        for column in range(1, 7):
            one, other = sheet.cell(FIRST_ROW, column), sheet.cell(FIRST_ROW + 1, column)
            one.value, other.value = other.value, one.value

    assert any("figures were changed" in text for text in quadopt.read_plan(edited(swap)).warnings)


def test_columns_may_be_moved_and_added(real: Plan, edited: Any) -> None:
    back = quadopt.read_plan(edited(lambda book: book["trade"].insert_cols(1)))
    assert told(back, real) == []
    assert_near(back, real)


def test_a_changed_run_sheet_is_not_read_and_said(real: Plan, edited: Any) -> None:
    def change(book: Any) -> None:
        book["run"].cell(FIRST_ROW, 3).value = "another title"

    back = quadopt.read_plan(edited(change))
    assert back.title == real.title
    assert told(back, real) == [
        "the sheet run was changed after quadopt wrote it; what it says is read from the hidden record"
    ]


def findings(path: Path) -> str:
    with pytest.raises(quadopt.InputError) as raised:
        quadopt.read_plan(path)
    return str(raised.value)


def test_missing_sheets_and_columns_are_named_with_the_nearest(edited: Any) -> None:
    def rename(book: Any) -> None:
        book["trade"].title = "trades"
        del book["cost"]

    report = findings(edited(rename))
    assert "2 errors" in report
    assert "the sheet trade (table trade) is missing; did you mean 'trades'?" in report
    assert "the sheet cost (table cost) is missing" in report

    def rehead(book: Any) -> None:
        book["trade"].cell(HEAD_ROW, 5).value = "Quantities [units of the material]"

    report = findings(edited(rehead))
    assert "the column 'Quantity [units of the material]' is missing" in report
    assert "did you mean 'Quantities [units of the material]'?" in report


def test_cells_that_do_not_fit_are_named(edited: Any) -> None:
    def spoil(book: Any) -> None:
        book["trade"]["E4"].value = "many"
        book["branch_trade"]["B4"].value = 1.5
        book["branch_trade"]["B5"].value = None

    report = findings(edited(spoil))
    assert "trade!E4 (Quantity [units of the material])" in report
    assert "found 'many'; expected a number" in report
    assert "branch_trade!B4 (Step)" in report and "expected a whole number" in report
    assert "branch_trade!B5 (Step): the cell is blank" in report


def test_foreign_and_damaged_files_are_told(real_file: Path, tmp_path: Path) -> None:
    assert "no such file" in findings(tmp_path / "none.xlsx")
    assert "read it with quadopt.read_case" in findings(ROOT / "inputs/tutorial.xlsx")
    pd.DataFrame({"a": [1]}).to_excel(tmp_path / "foreign.xlsx")
    assert "no results workbook of quadopt" in findings(tmp_path / "foreign.xlsx")
    (tmp_path / "text.xlsx").write_text("hello")
    assert "not an .xlsx workbook" in findings(tmp_path / "text.xlsx")
    whole = real_file.read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    assert "1 error" in findings(tmp_path / "cut.xlsx")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"format":1}',
        '{"format":1,"facts":{},"tables":[{}],"run":"","lost":[]}',
        "null",
        "1",
        "\u00e9",
        "",
    ],
)
def test_a_spoiled_record_is_told(small_file: Path, text: str, tmp_path: Path) -> None:
    assert "was changed and cannot be read" in findings(with_record(small_file, text, tmp_path))


def test_a_later_format_is_told(small_file: Path, tmp_path: Path) -> None:
    assert "later version of quadopt" in findings(with_record(small_file, '{"format": 99}', tmp_path))


@pytest.fixture(scope="module")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare({"trade": pd.DataFrame({"quantity": [1.5]})}).to_excel(tmp_path_factory.mktemp("small") / "small.xlsx")


def with_record(path: Path, text: str, folder: Path) -> Path:
    book = openpyxl.load_workbook(path)
    book[RECORD].delete_rows(2, 50)
    book[RECORD]["A2"].value = text
    book.save(folder / "spoiled.xlsx")
    return folder / "spoiled.xlsx"


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_saved_by_libreoffice_it_is_the_same_but_for_rounding(real: Plan, real_file: Path, tmp_path: Path) -> None:
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path), str(real_file)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    back = quadopt.read_plan(tmp_path / real_file.name)
    assert ROUNDED in back.warnings
    assert told(back, real) == []
    assert_near(back, real)


def test_the_record_holds_every_field_of_a_plan() -> None:
    in_memory = {"warm_starts"}  # it only makes the next search shorter
    assert {field.name for field in fields(Plan)} - in_memory == {*FACTS, "stages", "tables"}
