"""`quadopt explain`: from a case and its plan's workbook to an explained workbook."""

from __future__ import annotations

from pathlib import Path

import pytest

import quadopt
from quadopt.cli import main
from tests.reasons.test_explanation import TABLES, TUTORIAL, tutorial


@pytest.fixture(scope="module")
def plan_workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial's plan as a workbook."""
    return quadopt.solve(tutorial(), "least_cost").to_excel(tmp_path_factory.mktemp("plan") / "plan.xlsx")


def test_explains_a_plan_that_is_read_back(
    plan_workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "explained.xlsx"
    arguments = ["explain", str(TUTORIAL), "--plan", str(plan_workbook), "--output", str(output), "--nearest", "1"]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert f"wrote {output}" in printed.out
    assert "projects, the other starts kept: 1 of" in printed.err
    before, after = quadopt.read_plan(plan_workbook), quadopt.read_plan(output)
    assert after.tables.keys() - before.tables.keys() == set(TABLES)
    assert after.starts == before.starts
    for sentence in after.tables["project_effects"]["explanation"]:
        assert sentence in printed.out


def test_plan_of_other_inputs_is_refused_without_a_file(
    plan_workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "explained.xlsx"
    backtest = TUTORIAL.with_name("backtest_2010.xlsx")
    assert main(["explain", str(backtest), "--plan", str(plan_workbook), "--output", str(output)]) == 1
    assert "other inputs" in capsys.readouterr().err
    assert not output.exists()


def test_existing_output_stands(plan_workbook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["explain", str(TUTORIAL), "--plan", str(plan_workbook), "--output", str(plan_workbook)]
    assert main(arguments) == 1
    assert "exists already" in capsys.readouterr().err
