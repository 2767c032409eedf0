"""Comparisons solved by hand: what differs, what does not, what adapting is worth, and how it is shown and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import quadopt
from quadopt.cli import main
from quadopt.errors import InputError, NoPlanError
from quadopt.plan import Plan
from quadopt.report.studies.page import study_html
from quadopt.sweep.run import FAILED, Finished
from quadopt.tables.case import Case
from quadopt.tables.changes import Change, WhatIf
from quadopt.whatif.comparison.comparison import Base, Compared, Reached, Variant, room
from quadopt.whatif.comparison.tables import tables as comparison_tables
from quadopt.whatif.differences import Difference
from quadopt.whatif.study import Study
from tests import tiny

ORDER = ["shortage", "dependence", "cost"]
DEAR = ("dear", "plants", "country=Far", "unit_cost", "multiply", "2")
WHATIFS = (
    ("removed", "projects", "project=SMELTER", "", "remove_rows", ""),
    ("poor", "fund", "", "limit", "set", "2"),
    ("=dearer & <b>", "plants", "country=Far", "unit_cost", "multiply", "1.5"),
)


def whatif_rows(*rows: tuple[str, ...]) -> list[tiny.Row]:
    return [dict(zip(("whatif", "table", "where", "column", "operation", "value"), row, strict=True)) for row in rows]


def tables(capex: float, *whatifs: tuple[str, ...], **more: Any) -> tiny.Tables:
    """Home imports 10 metal a year for three years at 1 a unit, or builds a smelter that runs for nothing over the same years."""
    return tiny.one_metal(
        **{
            "projects": [tiny.project(capex=capex, lifetime=3, latest="2026")],
            "fund": [{"country": "Home", "limit": 100}],
            "whatifs": whatif_rows(*whatifs) or None,
            **more,
        }
    )


@pytest.fixture(scope="module")
def builds() -> Study:
    """The smelter costs 10 and spares imports of 30."""
    return quadopt.compare(Case.from_tables(tables(10, *WHATIFS)), tiny.rules(ORDER))


@pytest.fixture(scope="module")
def imports() -> Study:
    """The smelter costs 40 and is not built, as cost alone counts; twice the price makes imports cost 60."""
    return quadopt.compare(Case.from_tables(tables(40, DEAR)), tiny.rules(["shortage", "cost"]))


def one(frame: pd.DataFrame, **where: Any) -> pd.Series:
    """The only row that has the given values."""
    found = tiny.rows(frame, **where)
    assert len(found) == 1
    return found.iloc[0]


def test_a_price_makes_a_project_appear_and_adapting_worth_its_saving(imports: Study) -> None:
    cost = one(imports.objectives, stage="cost", whatif="dear")
    assert (cost["base_value"], cost["value"], cost["difference"]) == pytest.approx((30, 40, 10))
    assert cost["is_difference"] is True and cost["words"] == "higher"
    worth = one(imports.adapting, stage="cost", whatif="dear")
    assert (worth["kept"], worth["change_kept"], worth["worth"]) == pytest.approx((60, 30, 20))
    begun = one(imports.starts, whatif="dear")
    assert (begun["project"], begun["what"], begun["start"]) == ("SMELTER", "appears", "2026")
    assert one(imports.money, whatif="dear", what="capex", item="all")["amount_difference"] == pytest.approx(40)
    assert one(imports.dependence_by_material, whatif="dear", material="all")[
        "share_proportional_difference"
    ] == pytest.approx(-1)
    assert imports.status == "complete"
    assert any("SMELTER 2026" in line and "20" in line for line in imports.lines)


@pytest.mark.parametrize(("bound", "is_told"), [(35, True), (25, False)])
def test_the_row_of_an_objective_is_told_apart_as_its_bounds_tell(imports: Study, bound: float, is_told: bool) -> None:
    # Cost is 30 and 40. The gaps, 20 and 5, add up to more than the difference, and yet no plan of the dear case costs 30.
    case = Case.from_tables(tables(40, DEAR))
    options = tiny.rules(["shortage", "cost"])
    ended = [
        Finished(name, "", "stopped with a plan", "", 0.0, 0.0, False, {}, with_cost_bound(imports.plans[name], least))
        for name, least in (("base", 10.0), ("dear", float(bound)))
    ]
    kept = Finished("kept", "", FAILED, "not run", 0.0, 0.0, False, {}, None)
    base = Base(Variant("base", case, options), ended[0])
    made = comparison_tables(base, [Compared(Variant("dear", case.with_changes("dear"), options), ended[1], kept)])
    assert bool(one(made["objectives"], stage="cost", whatif="dear")["is_difference"]) is is_told
    assert one(made["money"], what="cost", item="all")["is_difference"] is is_told


def with_cost_bound(plan: Plan, bound: float) -> Plan:
    """A plan whose stage of cost has proven less."""
    stages = plan.stages.copy()
    stages.loc[stages["stage"] == "cost", "bound"] = bound
    return replace(plan, stages=stages)


def test_changed_inputs_are_listed_with_both_values(imports: Study) -> None:
    changed = tiny.rows(imports.inputs, whatif="dear", table="plants", column="unit_cost")
    assert set(changed["old"].astype(float)) == {tiny.M} and set(changed["new"].astype(float)) == {2 * tiny.M}
    assert "unit_cost multiply 2" in one(imports.why, whatif="dear")["inputs"]


def test_a_project_that_is_removed_leaves_nothing_to_adapt(builds: Study) -> None:
    gone = one(builds.starts, whatif="removed")
    assert (gone["what"], gone["note"]) == ("vanishes", "no such project in the what-if")
    assert one(builds.objectives, stage="dependence", whatif="removed")["difference"] == pytest.approx(1)
    worth = one(builds.adapting, stage="cost", whatif="removed")
    assert worth["kept"] == pytest.approx(30) and worth["is_difference"] is False
    assert "SMELTER (there is no such project any more)" in one(builds.why, whatif="removed")["kept"]


def test_a_budget_that_does_not_pay_for_the_base_is_said(builds: Study) -> None:
    worth = one(builds.adapting, stage="cost", whatif="poor")
    assert pd.isna(worth["kept"]) and worth["words"] == "no plan with the base's projects"
    assert "8 million USD more than the members allow" in one(builds.why, whatif="poor")["kept"]
    assert one(builds.objectives, stage="cost", whatif="poor")["difference"] == pytest.approx(20)
    assert builds.status == "complete", "that nothing can be kept is an answer"


def test_a_change_without_effect_is_no_difference_and_grey(builds: Study, tmp_path: Path) -> None:
    same = tiny.rows(builds.objectives, whatif="=dearer & <b>")
    assert set(same["words"]) == {"no difference"} and not same["is_difference"].any()
    sheet = openpyxl.load_workbook(builds.to_excel(tmp_path / "study.xlsx"))["objectives"]
    named = [cell.value for cell in sheet[3]]
    for row in sheet.iter_rows(min_row=4, max_row=3 + len(builds.objectives)):
        told = row[named.index("Is a difference")].value
        colour = row[0].font.color
        assert (told is False) == (colour is not None and colour.rgb == "FF767676")
    assert study_html(builds).count('<tr class="grey">') >= len(same)


def test_workbook_has_every_table_and_names_stay_text(builds: Study, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(builds.to_excel(tmp_path / "study.xlsx"))
    assert book.sheetnames == [
        "summary", "why", "objectives", "adapting", "starts", "dependence_by_material", "dependence_by_member", "money",
        "crises", "crisis_shortages", "inputs", "dropped", "runs", "run", "columns",
    ]  # fmt: skip
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "=dearer & <b>" in {cell.value for cell in cells}
    assert len(book["objectives"]._charts) == 2 and len(book["dependence_by_material"]._charts) == 2
    undeclared = [cell.value for cell in book["columns"]["D"] if cell.value is None]
    assert len(undeclared) <= 2, "every column has a meaning"


def test_page_shows_the_answer_and_the_picture_without_a_script(builds: Study) -> None:
    page = study_html(builds)
    assert "<script" not in page and "=dearer &amp; &lt;b&gt;" in page
    assert page.count("<img") == 1 and page.index(builds.lines[0].split(":")[0]) < page.index("<img")


def test_plans_of_all_that_have_one_are_there(builds: Study) -> None:
    assert list(builds.plans) == ["base", *(row[0] for row in WHATIFS)]
    assert builds.plans["base"].starts == {"SMELTER": "2026"}
    assert len(builds.runs) == 7 and set(builds.runs["status"]) == {"optimal", "infeasible"}


def test_model_files_stand_beside_each_other(tmp_path: Path) -> None:
    other = tiny.rules(["shortage", "cost"]).model_copy(update={"name": "by cost"})
    study = quadopt.compare(Case.from_tables(tables(40)), tiny.rules(ORDER), against=[other], store=tmp_path)
    assert one(study.objectives, stage="cost", whatif="by cost")["difference"] == pytest.approx(-10)
    assert "order: ['shortage', 'cost'] instead of" in one(study.why, whatif="by cost")["inputs"]
    assert study.inputs.empty and study.model_name == "tiny, by cost"
    again = quadopt.compare(Case.from_tables(tables(40)), tiny.rules(ORDER), against=[other], store=tmp_path)
    assert again.runs["is_kept"].all()
    pd.testing.assert_frame_equal(again.objectives, study.objectives)


def test_faults_of_all_whatifs_are_told_at_once() -> None:
    case = Case.from_tables(tables(10, *WHATIFS))
    odd = WhatIf("odd", (Change("plants", "country=Nowhere", "unit_cost", "set", "1"),))
    with pytest.raises(InputError) as told:
        quadopt.compare(case, tiny.rules(ORDER), ["remoed", odd, "removed"])
    text = told.value.report()
    assert "removed" in text and "Nowhere" in text
    with pytest.raises(InputError, match="no what-ifs"):
        quadopt.compare(Case.from_tables(tables(10)), tiny.rules(ORDER))
    with pytest.raises(InputError, match="have this name"):
        quadopt.compare(case, tiny.rules(ORDER), ["removed", "removed"])


def test_whatifs_of_a_file_are_taken_with_what_they_build_on(tmp_path: Path) -> None:
    file = tmp_path / "more.toml"
    change = '[[whatif.change]]\ntable = "plants"\nwhere = "country={}"\ncolumn = "unit_cost"\noperation = "{}"\nvalue = "1"\n'
    first = '[[whatif]]\nname = "first"\n' + change.format("Far", "add")
    second = '[[whatif]]\nname = "second"\nbuilds_on = "first"\n' + change.format("Nowhere", "set")
    file.write_text(first + second, encoding="utf-8")
    with pytest.raises(InputError) as told:
        quadopt.compare(Case.from_tables(tables(10)), tiny.rules(ORDER), file)
    assert len(told.value.findings) == 1 and "more.toml" in told.value.report() and "Nowhere" in told.value.report()
    with pytest.raises(InputError, match="no such file"):
        quadopt.compare(Case.from_tables(tables(10)), tiny.rules(ORDER), str(tmp_path / "none.toml"))


def test_a_base_without_a_plan_is_no_comparison() -> None:
    committed = tables(10, DEAR, fund=[{"country": "Home", "limit": 1}])
    committed["projects"][0]["status"] = "committed"
    with pytest.raises(NoPlanError, match="base"):
        quadopt.compare(Case.from_tables(committed), tiny.rules(ORDER))


@pytest.mark.parametrize(
    ("other", "base", "words", "interval"),
    [
        (Reached(10, 9), Reached(8, 8), "higher", (1, 2)),
        (Reached(10, 9), Reached(9.5, 8), "no difference", (-0.5, 2)),
        (Reached(8, 7), Reached(10, 9), "lower", (-3, -1)),
        (Reached(8, 7), Reached(9, 7.5), "no difference", (-2, 0.5)),
        (Reached(), Reached(9, 7.5), "not known", None),
        (Reached(1 + 1e-9, 1 + 1e-9), Reached(1, 1), "no difference", (1e-9, 1e-9)),
    ],
)
def test_a_difference_is_told_only_beyond_both_gaps(
    other: Reached, base: Reached, words: str, interval: tuple[float, float] | None
) -> None:
    found = Difference.of(other.ended, base.ended)
    assert found.words == words
    if interval is not None:
        assert (found.least, found.most) == pytest.approx(interval, abs=1e-6)


def test_command_writes_study_page_and_plans(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case"
    case.mkdir()
    for name, rows in tables(10, WHATIFS[0]).items():
        pd.DataFrame(rows).to_csv(case / f"{name}.csv", index=False)
    output, page, plans = tmp_path / "study.xlsx", tmp_path / "study.html", tmp_path / "plans"
    asked = ["compare", str(case), "--model", "least_cost", "--output", str(output), "--report", str(page), "--quiet"]
    asked += ["--processes", "1", "--plans", str(plans)]
    assert main(asked) == 0
    assert "removed" in capsys.readouterr().out
    assert (
        output.exists() and page.exists() and {path.name for path in plans.iterdir()} == {"base.xlsx", "removed.xlsx"}
    )
    assert main([*asked[:4], "--output", str(tmp_path / "other.xlsx"), "--plans", str(plans)]) == 1
    assert main([*asked[:2], "--whatif", "remvd", "--output", str(tmp_path / "other.xlsx"), "--quiet"]) == 1
    assert "removed" in capsys.readouterr().err


def test_a_run_that_stopped_is_said_first(builds: Study) -> None:
    halted = replace(builds, status="of 7 runs 1 stopped before the gap asked")
    assert halted.summary.splitlines()[0].endswith(halted.status) and not halted.is_complete


def test_levels_are_told_only_beyond_gap_and_slack(builds: Study) -> None:
    plan = builds.plans["base"]
    assert room(plan, "dependence") == pytest.approx(0, abs=1e-6) and room(plan, "stress") == 0
    stages = plan.stages.assign(incumbent=0.4, bound=0.3, held_at=[0.4, 0.45, float("nan")])
    loose = replace(plan, stages=stages)
    assert room(loose, "dependence") == pytest.approx(0.15) and room(loose, "cost") == pytest.approx(0.1)
    weighted = replace(loose, options={**plan.options, "approach": "weighted", "weights": {"dependence": 10.0}})
    assert room(weighted, "dependence") == pytest.approx(0.01) and room(weighted, "cost") == 0
