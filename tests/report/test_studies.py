"""Studies as workbook and page: what a reader finds, whatever the names are."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import openpyxl
import pandas as pd
import pytest

from quadopt.report import studies
from quadopt.report.parts import Chart, Series
from quadopt.report.pictures.style import Picture, picture
from quadopt.report.schema import Column, Table
from quadopt.report.studies.page import study_html
from quadopt.report.studies.shape import RUNS, Shape
from quadopt.whatif.study import Study

HOSTILE = (
    "=1+1",
    "<script>alert(1)</script>",
    '"; DROP',
    "http://example.org",
    "$x^2$ & <b>",
    "a" * 40 + "[]:*?/\\",
    "_x0041_",
)


@picture
def drawn(study: Study) -> Picture:
    figure = Picture(study, 1.0, "Found", "What was found.", "Two bars.")
    figure.subplots().bar([0, 1], [1.0, 2.0])
    return figure


SHAPE = Shape(
    "Sample",
    "Says what it finds.",
    (
        Table(
            "found",
            "Found",
            "One row a name.",
            (
                Column("name", "Name"),
                Column("share", "Share", "% of demand", "share"),
                Column("cost", "Cost", "million {currency}", "money"),
                Column("is_difference", "Is a difference"),
            ),
            grey_unless="is_difference",
        ),
        Table("absent", "Absent", "No study has it.", (Column("name", "Name"),)),
        RUNS,
    ),
    {
        "found": lambda study: (
            Chart("column", "Cost by name", "found", ("name",), (Series("cost", "cost"),), "million {currency}", "0"),
        )
    },
    {"drawn": drawn},
)


@pytest.fixture(autouse=True)
def sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of study that is declared for these tests."""
    module = ModuleType("quadopt.report.studies.sample")
    module.SHAPE = SHAPE  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(studies, "KINDS", (*studies.KINDS, "sample"))


@pytest.fixture
def study() -> Study:
    found = pd.DataFrame(
        {
            "name": HOSTILE,
            "share": [0.125] * len(HOSTILE),
            "cost": [float(at) for at in range(len(HOSTILE))],
            "is_difference": [at != 1 for at in range(len(HOSTILE))],
        }
    )
    runs = pd.DataFrame({"run": ["base"], "status": ["optimal"], "gap": [0.01], "is_kept": [True]})
    return Study(
        "sample", "Title <b>", "pact", "{EUR}", 2025, "abc123", "complete", ["First =1+1.", "Second <i>."],
        {"runs": runs, "found": found}, ["beware <of> dogs"], {"quadopt": "0.1.0"}, {"total": 1.5},
    )  # fmt: skip


class Reader(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_workbook_holds_the_answer_first_and_every_table_as_it_is(study: Study, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(study.to_excel(tmp_path / "study.xlsx"))
    assert book.sheetnames == ["summary", "found", "runs", "run", "columns"]
    front = [cell.value for row in book["summary"].iter_rows() for cell in row if cell.value is not None]
    order = [
        "Title <b>",
        "Complete: every run ended as asked.",
        "First =1+1.",
        "Second <i>.",
        "beware <of> dogs",
        "found",
    ]
    assert [text for text in front if text in order] == order
    found = book["found"]
    assert [cell.value for cell in found[3][:4]] == [
        "Name", "Share [% of demand]", "Cost [million {EUR}]", "Is a difference",
    ]  # fmt: skip
    assert [found.cell(4 + at, 1).value for at in range(len(HOSTILE))] == list(HOSTILE)
    assert all(cell.data_type != "f" and cell.hyperlink is None for row in found.iter_rows(min_row=4) for cell in row)
    assert found["A2"].hyperlink.location == "'summary'!A1"
    assert len(found._charts) == 1 and len(book["summary"]._charts) == 1
    run = {(row[0].value, row[1].value): row[2].value for row in book["run"].iter_rows(min_row=4)}
    assert run["case", "input hash"] == "abc123" and run["version", "quadopt"] == "0.1.0"


def test_rows_without_a_difference_are_grey(study: Study, tmp_path: Path) -> None:
    found = openpyxl.load_workbook(study.to_excel(tmp_path / "study.xlsx"))["found"]
    colours = [found.cell(4 + at, 3).font.color for at in range(len(HOSTILE))]
    assert [at for at, colour in enumerate(colours) if colour is not None and colour.rgb == "FF767676"] == [1]
    grey = [tag for tag, named in Reader(study_html(study)).tags if tag == "tr" and named.get("class") == "grey"]
    assert len(grey) == 1


def test_contents_lead_to_every_sheet(study: Study, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(study.to_excel(tmp_path / "study.xlsx"))
    links = {cell.hyperlink.location for row in book["summary"].iter_rows() for cell in row if cell.hyperlink}
    assert links == {f"'{name}'!A1" for name in book.sheetnames if name != "summary"}


def test_page_is_text_and_pictures_alone(study: Study) -> None:
    page = study_html(study)
    read = Reader(page)
    assert "script" not in {tag for tag, _ in read.tags}
    assert all(str(named["src"]).startswith("data:") for tag, named in read.tags if tag == "img")
    assert not [named for _, named in read.tags if any(name.startswith("on") for name in named)]
    policy = next(named["content"] for tag, named in read.tags if named.get("http-equiv") == "Content-Security-Policy")
    assert "script-src" not in str(policy) and "default-src 'none'" in str(policy)
    for text in (*HOSTILE, *study.lines, study.title, *study.warnings):
        assert text in read.words
    anchors = {named.get("id") for _, named in read.tags}
    assert {str(named["href"])[1:] for tag, named in read.tags if tag == "a"} <= anchors
    assert read.words.index("Complete") < read.words.index("First =1+1.") < read.words.index("One row a name.")


def test_a_study_that_is_not_complete_says_so_first(study: Study, tmp_path: Path) -> None:
    halted = replace(study, status="1 of 2 runs failed: base")
    page = Reader(study_html(halted))
    assert any("stopped" in str(named.get("class")) for tag, named in page.tags if tag == "p")
    front = openpyxl.load_workbook(halted.to_excel(tmp_path / "study.xlsx"))["summary"]
    cell = next(cell for row in front.iter_rows() for cell in row if cell.value == halted.status)
    assert cell.font.b and cell.font.color.rgb == "FFD55E00"


def test_long_tables_are_cut_on_the_page_and_whole_in_the_workbook(study: Study, tmp_path: Path) -> None:
    long = pd.DataFrame({"name": [f"row {at}" for at in range(75)]})
    wide = replace(study, tables={"found": long, "runs": study.tables["runs"]})
    words = Reader(study_html(wide)).words
    assert "row 59" in words and "row 60" not in words and "The first 60 of 75 rows; the workbook holds all." in words
    found = openpyxl.load_workbook(wide.to_excel(tmp_path / "study.xlsx"))["found"]
    assert found.max_row == 3 + 75


def test_tables_that_nobody_declared_are_shown_all_the_same(study: Study, tmp_path: Path) -> None:
    more = replace(study, tables={**study.tables, "odd": pd.DataFrame({"what": ["x"], "size": [1.5]})})
    assert "odd" in openpyxl.load_workbook(more.to_excel(tmp_path / "study.xlsx")).sheetnames
    assert "A table that this version does not describe." in Reader(study_html(more)).words


def test_no_file_is_overwritten_unasked(study: Study, tmp_path: Path) -> None:
    for name, write in (("study.xlsx", study.to_excel), ("study.html", study.to_html)):
        target = tmp_path / name
        write(target)
        before = target.read_bytes()
        with pytest.raises(FileExistsError):
            write(target)
        write(target, force=True)
        assert target.read_bytes() == before, "the same study gives the same file"
        with pytest.raises(ValueError, match="the name of a"):
            write(tmp_path / "study.txt")


def test_pictures_say_which_study_they_are_of(study: Study) -> None:
    text = re.sub(r"<[^>]*>", " ", study.plot().svg())
    assert "sample" in text and "model file pact" in text
