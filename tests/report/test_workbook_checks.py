"""The workbook audits itself: its checks are live formulas, green as written, and red where a number is spoiled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

import quadopt
from quadopt.plan import Plan
from quadopt.report.checks.sheet import FAILS, HOLDS, check_sheets
from quadopt.report.layout import FIRST_ROW, Place, places
from quadopt.report.parts import Sheet
from quadopt.report.sheets import all_sheets
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options
from tests.report.libreoffice import recalculated
from tests.report.spoiled import SPOILED

Cell = tuple[str, str, int, float]
"""Sheet, column, record from 0, and what is written there."""
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
    """Every check -> its verdict, from the values that a file holds."""
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


KNOWN: dict[str, list[Sheet]] = {}


def sheets_of(plan: Plan) -> list[Sheet]:
    """The sheets of the workbook but those of the checks, made once."""
    if plan.case_hash not in KNOWN:
        KNOWN[plan.case_hash] = [sheet for sheet in all_sheets(plan) if not sheet.name.startswith("checks")]
    return KNOWN[plan.case_hash]


def spoiled_sheets(plan: Plan, cells: Iterable[Cell]) -> list[Sheet]:
    """The sheets that the checks look at, with some cells spoiled."""
    sheets = {sheet.name: sheet for sheet in sheets_of(plan)}
    for name, column, record, value in cells:
        frame = sheets[name].frame.astype({column: object})
        frame.loc[frame.index[record], column] = value
        sheets[name] = replace(sheets[name], frame=frame)
    return list(sheets.values())


def calculated(plan: Plan, cells: Iterable[Cell]) -> dict[str, str]:
    """Every check -> its verdict, calculated here from the same declaration."""
    checks, _ = check_sheets(plan, spoiled_sheets(plan, cells))
    return {f"{row['subject']}: {row['says']}": row["verdict"].value for row in checks.frame.to_dict("records")}


def test_spoiled_cells_are_on_most_sheets() -> None:
    assert len({sheet for sheet, *_ in SPOILED}) >= 28
    assert len(SPOILED) >= 42


@pytest.mark.parametrize("cell", SPOILED, ids=lambda cell: f"{cell[0]}-{cell[1]}")
def test_a_spoiled_number_turns_the_right_checks_red_and_no_other(tutorial: Plan, cell: Cell) -> None:
    found = calculated(tutorial, [cell])
    assert {check for check, verdict in found.items() if verdict == FAILS} == set(SPOILED[cell])


def test_libreoffice_sees_spoiled_numbers_in_the_same_way(
    tutorial: Plan, written: Path, where: dict[str, Place], tmp_path: Path
) -> None:
    """Copies with one cell spoiled, and one with all of them, which no check overlooks in any of both calculations."""
    cells = list(SPOILED)
    chosen = [cells[0:1], cells[len(cells) // 2 : len(cells) // 2 + 1], cells[-1:], cells]
    copies = []
    for number, spoiled in enumerate(chosen):
        book = openpyxl.load_workbook(written)
        for sheet, column, record, value in spoiled:
            _, address = where[sheet].cell(column, record).replace("$", "").split("!")
            book[where[sheet].sheet][address] = value
        copies.append(tmp_path / f"spoiled_{number}.xlsx")
        book.save(copies[-1])
    for path, spoiled in zip(recalculated(copies, tmp_path), chosen, strict=True):
        assert verdicts(path, where) == calculated(tutorial, spoiled)


@pytest.mark.parametrize("seed", [3, 4, 7, 8])
def test_checks_hold_for_plans_of_any_kind(seed: int) -> None:
    """Random cases under random rules: funds apart or pooled, named or all suppliers, any measure of risk."""
    tables = random_tables(seed)
    options = {**random_options(seed, tables), "order": ["shortage", "dependence", "stress", "cost"]}
    found = calculated(quadopt.solve(Case.from_tables(tables), as_formulation(options)), [])
    assert len(found) > 150
    assert {check for check, verdict in found.items() if verdict == FAILS} == set()


def test_names_that_look_like_patterns_are_compared_as_they_are(tmp_path: Path) -> None:
    """A star, a question mark, a sign of comparison or a formula in a name changes no sum, here and in LibreOffice."""
    odd = {"Northland": "a*b?~", "China": "<5", "oxide": "=1+1", "Southland": 'say "x"'}
    case = quadopt.read_case(TUTORIAL)
    renamed = {name: frame.replace(odd) for name, frame in case.raw.items() if name != "whatifs"}
    plan = quadopt.solve(Case.from_tables(renamed), "pact")
    path = plan.to_excel(tmp_path / "odd.xlsx")
    places_now = places(all_sheets(plan), plan.currency)
    assert set(verdicts(path, places_now).values()) == {HOLDS}
    (fresh,) = recalculated([path], tmp_path)
    assert set(verdicts(fresh, places_now).values()) == {HOLDS}
