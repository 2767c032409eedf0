"""Alternatives: by hand on tiny cases, against brute force on random ones, resumed from a store."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import quadopt
from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.solver.answer import draft
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from quadopt.whatif.alternatives.alternatives import alternatives
from quadopt.whatif.alternatives.tables import distance
from quadopt.whatif.study import Study
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options
from tests.tiny import Tables, one_metal, project, rules

DEPENDENCE = rules(["shortage", "dependence", "cost"])


def fund(limit: float) -> list[dict[str, Any]]:
    return [{"country": "Home", "period": "", "limit": limit}]


def smelters(count: int, limit: float, **more: Any) -> Tables:
    """Smelters that each serve a quarter of the demand and cost 3 million, 1 million a year: the fund pays for limit of them."""
    listed = [project(f"S{k}", capacity=2.5, capex=3, latest="2026", **more) for k in range(count)]
    return one_metal(projects=listed, fund=fund(limit))


def study_of(tables: Tables, options: Formulation = DEPENDENCE, **more: Any) -> Study:
    return alternatives(Case.from_tables(tables), options, **more)


def starts_of(study: Study) -> dict[str, dict[str, str]]:
    """List -> project -> period."""
    started = study.list_projects[study.list_projects["start"] != ""]
    return {name: dict(zip(own["project"], own["start"], strict=True)) for name, own in started.groupby("list")}


def test_pairs_of_four_equal_smelters_are_all_found_most_different_first() -> None:
    study = study_of(smelters(4, 6), within=0.0)
    lists = study.lists
    # Six pairs; the one of the two others first (four projects differ), then the four that share one with each.
    assert len(lists) == 6
    assert lists["distance"].tolist()[1:] == [4, 2, 2, 2, 2]
    assert (lists["distance"] == lists["distance_bound"])[1:].all()
    assert (lists["status"] == "farthest, proven")[1:].all()
    assert lists["value"].tolist() == pytest.approx([0.5] * 6)
    assert lists["fund_used"].tolist() == pytest.approx([6] * 6)
    assert set(study.projects["verdict"]) == {"sometimes"}
    assert study.projects["share"].tolist() == pytest.approx([0.5] * 4)
    assert study.status == "complete"
    assert any("no further list: proven" in line for line in study.lines)


def test_count_ends_the_search() -> None:
    study = study_of(smelters(4, 6), within=0.0, count=1)
    assert study.lists["list"].tolist() == ["plan", "1"]
    assert not any("no further list" in line for line in study.lines)


def test_project_that_all_good_lists_need_and_one_that_none_can_hold() -> None:
    tables = smelters(3, 6)
    tables["projects"] += [
        project("LARGE", capacity=5, capex=0, latest="2026"),
        project("DEAR", capacity=5, capex=100, latest="2026"),
        project("OLD", capacity=0.1, capex=0, status="committed"),
    ]
    study = study_of(tables, within=0.1)
    found = study.projects.set_index("project")
    assert found.loc["LARGE", ["verdict", "is_proven"]].tolist() == ["always", "yes"]
    assert found.loc["DEAR", ["verdict", "is_proven"]].tolist() == ["never", "yes"]
    assert found.loc["OLD", ["verdict", "is_proven"]].tolist() == ["always", "yes"]
    assert "committed" in found.loc["OLD", "basis"]
    assert any(line.startswith("In every good list, proven: LARGE") for line in study.lines)
    assert any(line.startswith("In no good list, proven: DEAR") for line in study.lines)


def test_list_found_by_a_proof_counts_as_one_more_good_list() -> None:
    # One list is asked for; what it shares with the plan is looked into afterwards.
    study = study_of(smelters(4, 9), within=0.0, count=1)
    assert len(study.lists) > 2
    assert study.lists["found_as"].iloc[-1].startswith("without S")
    assert set(study.projects["verdict"]) == {"sometimes"}


def test_without_proofs_nothing_is_called_proven() -> None:
    tables = smelters(1, 3)
    study = study_of(tables, within=0.0, proofs=0)
    assert study.projects[["verdict", "is_proven"]].iloc[0].tolist() == ["always", "no"]
    assert any("not proven" in line for line in study.lines)


def test_objectives_of_a_list_are_those_of_a_case_with_its_starts() -> None:
    study = study_of(smelters(4, 6), within=0.0)
    # Five tonnes a year are still bought at 1 million each, and capex of 6 million is paid.
    assert study.lists["cost"].tolist() == pytest.approx([study.lists["cost"].iloc[0]] * 6)
    assert study.lists["dependence"].tolist() == pytest.approx([0.5] * 6)
    assert study.lists["shortage"].abs().max() < 1e-6


def test_points_of_the_index() -> None:
    # Half of the demand is made at home by two smelters; a list of one is 25 points worse.
    assert len(study_of(smelters(2, 6), points=24.9).lists) == 1
    study = study_of(smelters(2, 6), points=25.1)
    assert sorted(len(starts) for starts in starts_of(study).values()) == [1, 1, 2]


def test_least_cost_keeps_the_cost_within() -> None:
    study = study_of(smelters(2, 6), rules(["shortage", "cost"]), within=0.5)
    assert set(study.lists["stage"]) == {"cost"}
    assert (study.lists["value"] <= 1.5 * study.lists["value"].iloc[0] + 1e-6).all()
    with pytest.raises(ValueError, match="points are points of the dependence index"):
        study_of(smelters(2, 6), rules(["shortage", "cost"]), points=1)


def test_plan_whose_later_stages_used_their_slack_is_said_not_to_be_among_the_good() -> None:
    options = rules(["shortage", "dependence", "cost"], slack={"dependence": {"absolute": 0.3}})
    study = study_of(smelters(2, 6, unit_cost=5e6), options, within=0.0)
    assert any("not within the level" in text for text in study.warnings)
    assert study.projects["lists"].max() <= len(study.lists) - 1


@pytest.mark.parametrize("within", [-0.1, float("nan")])
def test_numbers_out_of_range_are_refused(within: float) -> None:
    with pytest.raises(ValueError, match="within"):
        study_of(smelters(1, 3), within=within)
    with pytest.raises(ValueError, match="count"):
        study_of(smelters(1, 3), count=0)


def test_plan_of_another_case_and_the_measure_hhi_are_refused() -> None:
    plan = quadopt.solve(Case.from_tables(smelters(1, 3)), DEPENDENCE)
    with pytest.raises(ValueError, match="other inputs"):
        study_of(smelters(2, 3), plan=plan)
    with pytest.raises(ValueError, match="hhi"):
        study_of(smelters(1, 3), rules(["shortage", "dependence"], dependence={"measure": "hhi"}))


def test_case_without_a_plan() -> None:
    tables = smelters(1, 0)
    tables["projects"] = [project(status="committed", capex=10)]
    with pytest.raises(NoPlanError):
        study_of(tables)


def test_search_goes_on_where_it_was_stopped_and_repeats_nothing(tmp_path: Path) -> None:
    whole = study_of(smelters(4, 6), within=0.0)
    study_of(smelters(4, 6), within=0.0, count=2, proofs=0, store=tmp_path)
    study = study_of(smelters(4, 6), within=0.0, store=tmp_path)
    kept = study.runs.set_index("run")["is_kept"]
    assert kept[["plan", "list 1", "list 2"]].all()
    assert not kept["list 3"]
    again = study_of(smelters(4, 6), within=0.0, store=tmp_path)
    assert again.runs["is_kept"].all()
    assert again.lists.equals(study.lists)
    assert study.lists["distance"].tolist()[1:] == whole.lists["distance"].tolist()[1:]


def test_run_that_fails_is_said_and_the_rest_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    from quadopt.whatif.alternatives import project_lists

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(project_lists, "worth", broken)
    study = study_of(smelters(2, 3), within=0.0)
    assert "failed" in study.status
    assert "the disk is full" in study.lines[0]
    assert len(study.lists) == 2
    assert study.lists["cost"].isna().all()


def forced(tables: Tables, starts: dict[str, str]) -> Tables:
    """The tables with just these starts, paid by the same fund."""
    changed = []
    for row in tables["projects"]:
        at = starts.get(row["project"])
        free = {**row, "requires": "", "exclusive_group": ""}
        changed.append(
            {**free, "status": "excluded"}
            if at is None
            else {**free, "status": "committed", "earliest": at, "latest": at}
        )
    return {**tables, "projects": changed}


def value_of(tables: Tables, options: Formulation, starts: dict[str, str], plan: Plan) -> float | None:
    """Least dependence with given starts, shortage held as in the plan; None where there is no plan so."""
    staged = Staged(Case.from_tables(forced(tables, starts)), options)
    held = dict(zip(plan.stages["stage"], plan.stages["held_at"], strict=True))
    try:
        for aim in staged.aims():
            staged.solve(aim)
            if aim.goal.objective == "dependence":
                return staged.stages[-1].incumbent
            if staged.stages[-1].incumbent > held[aim.goal.name] + 1e-6:
                return None
    except NoPlanError:
        return None
    raise AssertionError("no stage of dependence")


def all_lists(case: Case, tables: Tables) -> list[dict[str, str]]:
    """Every list that the rules of starts allow, money aside."""
    from quadopt.tables.units import projects

    own = [p for p in projects(case) if p.starts]
    out = []
    for chosen in itertools.product(*[[*p.starts, ""] for p in own]):
        starts = {p.name: at for p, at in zip(own, chosen, strict=True) if at}
        groups = [p.exclusive_group for p in own if p.name in starts and p.exclusive_group]
        complete = {p.name: p.complete(case, starts[p.name]) for p in own if p.name in starts}
        needs = [(p.name, r) for p in own if p.name in starts for r in p.requires]
        in_time = all(r in complete and complete[r] <= complete[name] + 1e-9 for name, r in needs)
        committed = all(p.name in starts for p in own if p.status == "committed")
        if in_time and committed and len(set(groups)) == len(groups):
            out.append(starts)
    return out


@pytest.mark.parametrize(("seed", "is_few"), [(1, False), (9, True)])
def test_lists_and_verdicts_equal_brute_force_by_independent_solves(seed: int, is_few: bool) -> None:
    """`is_few`: as if the plan's search had looked at one supplier only, so that lists are good until they are confirmed."""
    tables = random_tables(seed)
    own = {
        "caps": [],
        "order": ["shortage", "dependence", "cost"],
        "objective_dependence": "index",
        "measure": "traced",
    }
    exact = dict.fromkeys(("shortage", "dependence", "stress", "cost"), (0.0, 1e-6))
    options = as_formulation({**random_options(seed, tables), **own, "slacks": exact}, gap=1e-9)
    case = Case.from_tables(tables)
    staged = Staged(case, options)
    staged.run()
    plan = draft(staged)
    if is_few:
        plan.options["suppliers_in_search"] = plan.options["suppliers_traced"][-1:]
    study = alternatives(case, options, plan, points=4, count=60)
    assert study.status == "complete"
    level = float(plan.stages.set_index("stage").loc["dependence", "incumbent"]) + 0.04
    valued = [(starts, value_of(tables, options, starts, plan)) for starts in all_lists(case, tables)]
    assert all(value is None or abs(value - level) > 1e-5 for _, value in valued), (
        "a list at the very level: choose another"
    )
    good = [starts for starts, value in valued if value is not None and value <= level]
    found = starts_of(study)
    assert {frozenset(s) for s in found.values()} == {frozenset(s) for s in good}
    # Each next list is as far from all before as any good one is, projects first.
    before = [found.get("plan", {})]
    for name in study.lists.loc[study.lists["found_as"] == "most different", "list"]:
        starts = found.get(name, {})
        nearest = min(distance(other, starts) for other in before)
        assert nearest == max(min(distance(other, one) for other in before) for one in good)
        before.append(starts)
    for row in study.projects.itertuples(index=False):
        holding = [row.project in starts for starts in good]
        verdict = "always" if all(holding) else "sometimes" if any(holding) else "never"
        assert (row.verdict, row.is_proven) == (verdict, "yes")


def test_plan_given_is_not_solved_again() -> None:
    case = Case.from_tables(smelters(2, 3))
    plan = quadopt.solve(case, DEPENDENCE)
    study = alternatives(case, DEPENDENCE, plan, within=0.0)
    assert "plan" not in study.runs["run"].tolist()
    other = replace(plan, model_name="another")
    with pytest.raises(ValueError, match="model file another"):
        alternatives(case, DEPENDENCE, other)


def test_searches_cut_off_give_the_same_lists_wherever_they_go_on(tmp_path: Path) -> None:
    tables = random_tables(3, "small")
    options = as_formulation({**random_options(3, tables), "order": ["shortage", "dependence"]}, gap=1e-6)
    case = Case.from_tables(tables)
    plan = quadopt.solve(case, options)
    asked: dict[str, Any] = {"within": 0.3, "count": 4, "seconds": 0.02, "proofs": 2, "proof_seconds": 0.02}
    at_once = alternatives(case, options, plan, **asked)
    alternatives(case, options, plan, **{**asked, "count": 2}, store=tmp_path)
    stopped = alternatives(case, options, plan, **asked, store=tmp_path)
    assert at_once.status != "complete"
    assert len(at_once.lists) > 2
    assert stopped.runs["is_kept"].any()
    for name in ("lists", "projects", "list_projects"):
        assert at_once.tables[name].equals(stopped.tables[name]), name
