"""Loss of one as a study: every supplier in turn, in words, kept in a store, refused where the question has no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import quadopt
from quadopt.report.studies import shape_of
from quadopt.solver.answer import draft
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from quadopt.whatif.loss_of_one.loss_of_one import loss_of_one, usual_start
from quadopt.whatif.loss_of_one.lost_exports import GROUP, NOBODY
from quadopt.whatif.loss_of_one.words import ALL_SECTORS, NEVER, days_in_words, listed_some
from quadopt.whatif.study import Study
from tests.tiny import M, Tables, cut, plant, project, rules, stockpile, two_suppliers

RULES = rules(["shortage", "cost"], solver={"gap": 1e-9, "method": "plain"})


def scarce(**changes: Any) -> Tables:
    """Home needs 10 a year; Far offers plenty, Near 4; half a year's need is in stock."""
    plants = [plant("Far", "smelt", 100, M), plant("Near", "smelt", 4, 3 * M)]
    return two_suppliers(**{"plants": plants, "stockpiles": [stockpile(initial=3)], **changes})


def study(tables: Tables, **more: Any) -> Study:
    """The study of a case, its plan made without the comparison with today."""
    case = Case.from_tables(tables)
    staged = Staged(case, RULES)
    staged.run()
    return loss_of_one(case, RULES, draft(staged), **more)


def test_every_supplier_is_lost_in_turn_the_worst_first() -> None:
    found = study(scarce(), period="2027")
    assert found.losses["supplier"].tolist() == ["Far", "Near", NOBODY]
    assert found.losses["stress"].tolist() == pytest.approx([30, 0, 0])
    assert found.losses["stress_without_stocks"].tolist() == pytest.approx([60, 0, 0])
    assert found.losses["share"].tolist() == pytest.approx([0.3, 0, 0])
    assert found.losses["beyond"].tolist() == pytest.approx([30, 0, 0])
    assert found.losses.loc[0, "worst_sector"] == "industry"
    days = found.days_to_stop.set_index(["supplier", "country", "sector"])
    assert days.loc[("Far", GROUP, "industry"), "said"] == "182 to 274 days"
    assert days.loc[("Far", GROUP, "industry"), "said_without_stocks"] == "0 to 91 days"
    assert days.loc[("Near", GROUP, ALL_SECTORS), "said"] == NEVER
    short = found.loss_shortage.iloc[0]
    assert (short["supplier"], short["shortage"], short["share"], short["value"]) == ("Far", 3, 0.3, 30)
    assert found.status == "complete" and found.runs["run"].tolist() == [NOBODY, "Far", "Near"]
    assert found.lines[0].startswith(
        "The loss of Far hurts most: if it stops all exports in 2027 for 1 year, what goes short is"
    )
    assert "something goes short after 182 to 274 days at the latest (metal first)" in found.lines[1]
    assert "If Near stops all exports in 2027 for 1 year, next to nothing goes short" in found.lines[2]


def test_a_supplier_a_duration_and_a_step_can_be_chosen() -> None:
    found = study(scarce(), period=2027, suppliers=["Near"], duration=None, step_years=0.5)
    assert found.losses["supplier"].tolist() == ["Near", NOBODY]
    assert found.losses.loc[0, "years"] == pytest.approx(2)
    longer = study(scarce(), period="2028", suppliers=["Far"], duration=9, step_years=0.5)
    assert longer.losses.loc[0, "years"] == pytest.approx(1)
    assert any("The horizon ends 1 years after the blow" in text for text in longer.warnings)
    assert longer.days_to_stop.loc[0, "said"] == "182 to 365 days"


def test_finished_runs_are_kept_and_other_stocks_are_other_runs(tmp_path: Path) -> None:
    first = study(scarce(), period="2027", store=tmp_path)
    again = study(scarce(), period="2027", store=tmp_path)
    assert not first.runs["is_kept"].any() and again.runs["is_kept"].all()
    pd.testing.assert_frame_equal(first.days_to_stop, again.days_to_stop)
    pd.testing.assert_frame_equal(first.losses, again.losses)
    finer = study(scarce(), period="2027", store=tmp_path, step_years=0.125)
    assert not finer.runs["is_kept"].any()


def test_without_a_plan_the_case_is_solved_first() -> None:
    found = loss_of_one(Case.from_tables(scarce()), RULES, suppliers=["Far"], period="2027")
    assert found.runs["run"].tolist() == ["plan", NOBODY, "Far"]
    assert found.losses["stress"].tolist() == pytest.approx([30, 0])


def test_choices_that_the_case_does_not_know_are_all_told() -> None:
    case = Case.from_tables(scarce())
    with pytest.raises(quadopt.InputError) as caught:
        loss_of_one(case, RULES, period="2072", suppliers=["Fare", "Home"], duration=0.0, step_years=-1.0)
    findings = caught.value.findings
    assert [finding.value for finding in findings] == ["2072", "Fare", "Home", "0.0", "-1.0"]
    assert findings[1].suggestion == "Far"


def test_a_plan_of_another_case_is_refused() -> None:
    case = Case.from_tables(scarce())
    staged = Staged(case, RULES)
    staged.run()
    other = Case.from_tables(scarce(stockpiles=[stockpile(initial=4)]))
    with pytest.raises(ValueError, match="other inputs"):
        loss_of_one(other, RULES, draft(staged))


def test_the_loss_begins_when_most_disruptions_do() -> None:
    disruptions = [cut("a", start="2028"), cut("b", start="2026"), cut("c", start="2028"), cut("c", start="2028")]
    assert usual_start(Case.from_tables(scarce(disruptions=disruptions))) == "2028"
    assert usual_start(Case.from_tables(scarce())) == "2027"


def test_what_the_rules_of_a_crisis_let_go_short_is_told_apart() -> None:
    # The smelter comes half a year after the period begins: its year's average serves the base path, not the first steps.
    tables = scarce(
        plants=[plant("Far", "smelt", 5, M)],
        projects=[project(capacity=10, lead_time=0.5, status="committed", capex=0)],
        stockpiles=None,
    )
    found = study(tables, period="2026", suppliers=["Far"])
    calm = found.days_to_stop[found.days_to_stop["supplier"] == NOBODY].iloc[0]
    assert calm["said"] == "0 to 91 days"
    assert "without any loss" in found.days_to_stop.loc[0, "note"]
    assert any(line.startswith("Without any loss") for line in found.lines)


def test_it_is_written_and_drawn(tmp_path: Path) -> None:
    found = study(scarce(), period="2027")
    assert found.to_excel(tmp_path / "loss.xlsx").is_file()
    page = found.to_html(tmp_path / "loss.html").read_text()
    assert "Days to stop" in page and "182 to 274 days" in page
    assert "182–274" in found.plot("days_to_stop").svg()
    for name in shape_of("loss_of_one").pictures:
        assert found.plot(name).png(50).startswith(b"\x89PNG")
    assert "without stockpiles" in found.plot("days_to_stop", way="_without_stocks").sentence
    with pytest.raises(ValueError, match="no way"):
        found.plot("days_to_stop", way="other")
    declared = {table.name: [column.name for column in table.columns] for table in shape_of("loss_of_one").tables}
    for name, frame in found.tables.items():
        assert set(frame.columns) <= set(declared[name]), name


def test_words() -> None:
    assert days_in_words(91.25, 182.5, False) == "91 to 182 days"
    assert days_in_words(91.25, 91.25, True) == NEVER
    assert listed_some(list("abcde")) == "a, b, c, d and e"
    assert listed_some(list("abcdef")) == "a, b, c, d and 2 more"
