"""The workbook audits itself: its checks are live formulas, green as written, and red where a number is spoiled."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import quadopt
from quadopt.plan import Plan
from quadopt.report.checks.sheet import HOLDS
from quadopt.report.layout import FIRST_ROW, Place, places
from quadopt.report.sheets import all_sheets
from tests.report.libreoffice import recalculated

TUTORIAL = Path(__file__).parents[2] / "inputs" / "tutorial"


@pytest.fixture(scope="module")
def tutorial() -> Plan:
    return quadopt.solve(quadopt.read_case(TUTORIAL), "pact")


@pytest.fixture(scope="module")
def written(tutorial: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tutorial.to_excel(tmp_path_factory.mktemp("written") / "tutorial.xlsx")


@pytest.fixture(scope="module")
def where(tutorial: Plan) -> dict[str, Place]:
    return places(all_sheets(tutorial), tutorial.currency)


def verdicts(path: Path, where: dict[str, Place]) -> dict[str, str]:
    """Text of every check -> its verdict, from the values that a file holds."""
    page = openpyxl.load_workbook(path, data_only=True)["checks"]
    place = where["checks"]
    found = {}
    for row in range(FIRST_ROW, place.last_row + 1):
        subject, says, verdict = (page[f"{place.letter(name)}{row}"].value for name in ("subject", "says", "verdict"))
        found[f"{subject}: {says}"] = verdict
    return found


def test_every_check_holds_in_a_program_that_does_not_calculate(written: Path, where: dict[str, Place]) -> None:
    found = verdicts(written, where)
    assert len(found) == where["checks"].rows > 200
    assert set(found.values()) == {HOLDS}
    summary = openpyxl.load_workbook(written, data_only=True)["summary"]
    said = [cell.value for row in summary.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert f"All {len(found)} checks hold." in said


def test_libreoffice_calculates_what_is_written(written: Path, tmp_path: Path) -> None:
    (path,) = recalculated([written], tmp_path)
    formulas = openpyxl.load_workbook(written)
    cached, fresh = (openpyxl.load_workbook(file, data_only=True) for file in (written, path))
    compared = 0
    for page in formulas.worksheets:
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    one, two = (book[page.title][cell.coordinate].value for book in (cached, fresh))
                    same = pytest.approx(one, rel=1e-9, abs=1e-9) if isinstance(one, float | int) else one or None
                    assert (two or None if isinstance(one, str) else two) == same, f"{page.title}!{cell.coordinate}"
                    compared += 1
    assert compared > 1500
