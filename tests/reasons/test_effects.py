"""What one change of the starts does: by hand on tiny cases, by independent solves on random ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.reasons.effects import Effect, Effects
from quadopt.solver.answer import draft
from quadopt.solver.kept import KeptStarts
from quadopt.solver.money import Money
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options
from tests.tiny import Tables, one_metal, plant, project, rules, two_suppliers


def planned(tables: Tables, options: Formulation) -> tuple[Case, Plan]:
    """A case and its plan, not audited."""
    case = Case.from_tables(tables)
    staged = Staged(case, options)
    staged.run()
    return case, draft(staged)


def effects_of(case: Case, plan: Plan, options: Formulation) -> Effects:
    kept = KeptStarts(Staged(case, options), plan)
    return Effects(kept, Money(Portfolios.of(kept.matrix, kept.whole)))


def row_of(tables: Tables, options: Formulation, name: str = "SMELTER") -> Any:
    """The row of `project_effects` of one project."""
    case, plan = planned(tables, options)
    effects = effects_of(case, plan, options)
    return next(row for row in effects.table(effects.all()).itertuples(index=False) if row.project == name)


def fund(limit: float) -> list[dict[str, Any]]:
    return [{"country": "Home", "period": "", "limit": limit}]


COST = rules(["shortage", "cost"])


def test_project_that_does_not_pay_turns_where_its_capex_is_what_it_saves() -> None:
    # Far asks 10 x 1 million a year; a smelter of 40 million saves 30 in three years and its life ends with the horizon.
    tables = one_metal(projects=[project(capex=40, lifetime=3)], fund=fund(100))
    row = row_of(tables, COST)
    assert (row.change, row.start, row.decided_by) == ("forced in", "2026", "cost")
    assert row.cost_change == pytest.approx(10)
    assert (row.break_even_capex, row.break_even_by) == (pytest.approx(30), "cost")
    assert row.fund_needed == pytest.approx(0, abs=1e-9)


def test_project_that_pays_turns_at_the_same_capex_from_the_other_side() -> None:
    row = row_of(one_metal(projects=[project(capex=20, lifetime=3)], fund=fund(100)), COST)
    assert row.change == "left out"
    assert row.cost_change == pytest.approx(10)
    assert (row.break_even_capex, row.break_even_by) == (pytest.approx(30), "cost")
    assert "metal: 30 t less made; 30 t more bought from Far." in row.replaced_by


def test_turning_capex_counts_salvage() -> None:
    # Half of a life of six years is left at the end, undiscounted: one million of capex costs half a million.
    row = row_of(one_metal(projects=[project(capex=80, lifetime=6)], fund=fund(100)), COST)
    assert row.cost_change == pytest.approx(10)
    assert row.break_even_capex == pytest.approx(60)


def test_solved_again_on_both_sides_of_the_turn_the_choice_turns() -> None:
    for capex, is_started in ((29.9, True), (30.1, False)):
        _, plan = planned(one_metal(projects=[project(capex=capex, lifetime=3)], fund=fund(100)), COST)
        assert ("SMELTER" in plan.starts) == is_started


def test_project_that_the_fund_cannot_pay_says_how_much_more_it_takes() -> None:
    dependence = rules(["shortage", "dependence", "cost"])
    row = row_of(one_metal(projects=[project(capex=20, lifetime=3)], fund=fund(5)), dependence)
    assert (row.change, row.start, row.decided_by) == ("forced in", "2026", "dependence")
    assert row.dependence_change == pytest.approx(-1)
    assert row.fund_needed == pytest.approx(15)
    assert (row.break_even_capex, row.break_even_by) == (pytest.approx(5), "fund")
    assert "15 million" in row.explanation


def test_chosen_project_turns_where_the_fund_can_pay_no_more() -> None:
    dependence = rules(["shortage", "dependence", "cost"])
    row = row_of(one_metal(projects=[project(capex=4, lifetime=3)], fund=fund(5)), dependence)
    assert (row.change, row.decided_by) == ("left out", "dependence")
    assert row.dependence_change == pytest.approx(1)
    assert (row.break_even_capex, row.break_even_by) == (pytest.approx(5), "fund")


def test_project_that_is_required_takes_the_other_with_it() -> None:
    pair = [
        project(capex=1, lifetime=3, capacity=5),
        project("SECOND", capex=1, lifetime=3, capacity=5, requires="SMELTER"),
    ]
    row = row_of(one_metal(projects=pair, fund=fund(100)), COST)
    assert row.with_it == "SECOND (left out)"
    assert row.cost_change == pytest.approx(30 - 2)


def test_rival_makes_room() -> None:
    pair = [
        project(capex=1, lifetime=3, exclusive_group="site"),
        project("DEAR", capex=4, lifetime=3, exclusive_group="site"),
    ]
    row = row_of(one_metal(projects=pair, fund=fund(100)), COST, "DEAR")
    assert (row.change, row.with_it) == ("forced in", "SMELTER (left out)")
    assert row.cost_change == pytest.approx(3)
    assert row.break_even_capex == pytest.approx(1)


def test_project_that_a_committed_one_requires_cannot_be_left_out() -> None:
    pair = [project(capex=1, lifetime=3), project("SECOND", capex=1, status="committed", requires="SMELTER")]
    row = row_of(one_metal(projects=pair, fund=fund(100)), COST)
    assert "rules of starts" in row.explanation
    assert np.isnan(row.cost_change)


def test_project_that_changes_nothing_is_said_to_change_nothing() -> None:
    tables = two_suppliers(projects=[project(capex=0, capacity=0.0001, unit_cost=2e6, lifetime=3)], fund=fund(100))
    row = row_of(tables, rules(["shortage", "cost"]))
    assert row.decided_by == ""
    assert "No objective tells the two apart" in row.explanation


def forced(tables: Tables, starts: dict[str, str]) -> Tables:
    """The tables with just these starts, whatever they cost the fund."""
    changed = []
    for row in tables["projects"]:
        if row["project"] in starts:
            at = starts[row["project"]]
            changed.append({**row, "status": "committed", "earliest": at, "latest": at})
        else:
            changed.append({**row, "status": "excluded"})
    money = [{**row, "limit": 1e5} for row in tables["fund"]]
    return {**tables, "projects": changed, "fund": money}


@pytest.mark.parametrize("seed", [0, 5, 9, 13, 16, 21])
def test_effects_equal_independent_solves_with_the_starts_committed(seed: int) -> None:
    tables = random_tables(seed)
    exact = dict.fromkeys(("shortage", "dependence", "stress", "cost"), (0.0, 0.0))
    own = {"caps": [], "slacks": exact, "burden": "free", "pooled": True}
    options = as_formulation({**random_options(seed, tables), **own}, gap=1e-9)
    # The first period that counts for the worst follows from the candidates, which the independent case has none of.
    periods = [row["period"] for row in tables["periods"]]
    rules_ = options.dependence.model_copy(update={"worst_from": options.dependence.worst_from or periods[0]})
    options = options.model_copy(update={"dependence": rules_})
    case, plan = planned(tables, options)
    effects = effects_of(case, plan, options)
    for effect in effects.all():
        if effect.portfolio is None:
            continue
        starts = effects.kept.named(effect.portfolio)
        committed = {r["project"]: r for r in tables["projects"] if r["status"] == "committed"}
        assert committed.keys() <= starts.keys()
        staged = Staged(Case.from_tables(forced(tables, starts)), options)
        try:
            staged.run()
        except NoPlanError:
            assert not effect.is_possible
            continue
        compare(effect, effects, [stage.incumbent for stage in staged.stages])


def compare(effect: Effect, effects: Effects, independent: list[float]) -> None:
    """Goals are equal as long as none before fell below what the plan holds: the effect holds that level, not its own."""
    for value, base, other in zip(effect.goals, effects.base.goals, independent, strict=True):
        assert value == pytest.approx(other, rel=1e-5, abs=1e-6)
        if value < base - 1e-6 * max(1.0, abs(base)):
            return


def test_table_has_a_row_for_every_candidate_and_no_other() -> None:
    offers = [plant("Far", "smelt", 100, 1e6)]
    listed = [project(), project("OLD", status="committed", capex=0), project("NO", status="excluded")]
    case, plan = planned(one_metal(projects=listed, plants=offers, fund=fund(10)), COST)
    effects = effects_of(case, plan, COST)
    frame = effects.table(effects.all())
    assert isinstance(frame, pd.DataFrame)
    assert frame["project"].tolist() == ["SMELTER"]
