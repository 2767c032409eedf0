"""Samples: shares and quantiles of the runs, failures counted, noise said, effects wired, seeds and processes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quadopt
from quadopt.errors import InputError
from quadopt.sweep.run import Outcome
from quadopt.tables.case import Case
from quadopt.whatif.sensitivity import trials
from quadopt.whatif.sensitivity.effects import QUANTILES
from quadopt.whatif.sensitivity.reached import Figure, Reached
from tests.tiny import one_metal, project, rows, rules

ORDER = ["shortage", "dependence", "cost"]
FUND = [{"country": "Home", "period": "2026", "limit": 1}, {"country": "Home", "period": "", "limit": 0}]
CAPEX = {"name": "capex", "table": "projects", "column": "capex", "low": 0.5, "high": 2}
DEMAND = {"name": "demand", "table": "demand", "column": "quantity", "low": 0.8, "high": 1.2}
RUNS = 12


def smelter(**more: object) -> Case:
    """A smelter that the fund can pay where its capex is at most 1 million: in the lower third of the range `CAPEX`."""
    return Case.from_tables(one_metal(projects=[project(capex=1, **more)], fund=FUND))


@pytest.fixture(scope="module")
def study():
    """Twelve runs, one in each twelfth of both ranges."""
    return quadopt.samples(smelter(), rules(ORDER), [CAPEX, DEMAND], number=RUNS, seed=4)


def test_a_project_starts_in_the_runs_that_can_pay_it(study):
    (told,) = study.projects.to_dict("records")
    assert (told["chosen"], told["runs"], told["verdict"]) == (4, RUNS, "sometimes")
    assert told["share"] == pytest.approx(1 / 3)
    assert told["standard_error"] == pytest.approx(np.sqrt(1 / 3 * 2 / 3 / RUNS))
    assert told["start_base"] == told["start_median"] == "2026"


def test_dependence_is_what_the_start_leaves(study):
    positions = study.positions.pivot(index="run", columns="input", values="position")
    values = rows(study.results, objective="dependence").set_index("run")["value"]
    demand = 8 + 4 * positions["demand"]
    wanted = np.where(positions["capex"] <= 1 / 3, np.maximum(0, 1 - 10 / demand), 1.0)
    assert values.loc[positions.index].to_numpy() == pytest.approx(wanted, abs=1e-6)
    by_material = study.materials.iloc[0]
    assert by_material["mean"] == pytest.approx(wanted.mean())


def test_quantiles_are_those_of_the_runs(study):
    for objective in ORDER:
        own = rows(study.results, objective=objective)
        for reading, column in (("plans", "value"), ("bounds", "bound")):
            told = rows(study.objectives, objective=objective, reading=reading).iloc[0]
            found = told[["q05", "q25", "q50", "q75", "q95"]].to_numpy(float)
            assert found == pytest.approx(np.quantile(own[column], QUANTILES))
            assert told["mean"] == pytest.approx(own[column].mean())


def test_the_same_seed_gives_the_same_and_another_other_runs(study):
    again = quadopt.samples(smelter(), rules(ORDER), [CAPEX, DEMAND], number=RUNS, seed=4)
    for name in ("objectives", "projects", "effects", "results", "positions"):
        pd.testing.assert_frame_equal(again.tables[name], study.tables[name])


def test_processes_change_nothing_and_a_store_solves_nothing_twice(study, tmp_path):
    ask = {"number": RUNS, "seed": 4, "store": tmp_path / "runs", "processes": 2}
    first = quadopt.samples(smelter(), rules(ORDER), [CAPEX, DEMAND], **ask)
    again = quadopt.samples(smelter(), rules(ORDER), [CAPEX, DEMAND], **ask)
    for name in ("objectives", "projects", "effects", "results", "materials"):
        pd.testing.assert_frame_equal(first.tables[name], study.tables[name])
        pd.testing.assert_frame_equal(again.tables[name], study.tables[name])
    assert again.runs["is_kept"].all() and not first.runs["is_kept"].any()


def test_runs_without_a_plan_are_counted_and_left_out():
    found = quadopt.samples(smelter(status="committed"), rules(ORDER), [CAPEX], number=RUNS)
    assert found.status == f"of {RUNS + 1} runs 8 failed"
    assert found.lines[0].startswith(
        f"8 of {RUNS} samples have no plan and are left out of what follows. 8: No plan in stage"
    )
    assert (rows(found.objectives, reading="plans")["runs"] == 4).all()
    assert len(found.results) == 4 * len(ORDER)
    assert (found.runs["status"] == "failed").sum() == 8
    assert found.projects.empty


def test_changes_that_break_a_rule_of_the_input_fail_alone():
    crises = [
        {"disruption": "d", "kind": "export_cut", "country": "Far", "start": "2027", "duration": 1, "probability": 0.5}
    ]
    case = Case.from_tables(one_metal(disruptions=crises))
    likely = {
        "name": "likely",
        "table": "disruptions",
        "column": "probability",
        "operation": "add",
        "low": 0,
        "high": 0.9,
    }
    found = quadopt.samples(case, rules(["shortage", "cost"]), [likely], number=4)
    failed = rows(found.runs, status="failed")
    assert 1 <= len(failed) <= 3
    assert failed["reason"].str.contains("nothing is left for the undisturbed future").all()


def ishigami(case, options, start, changes=(), keeps_projects=False):
    """A run that only evaluates Ishigami's function of three factors from 0 to 2; `settings` of the case say its gap."""
    factors = {name: float(value) for name, *_, value in changes}
    x, y, z = (np.pi * (factors.get(name, 1.0) - 1.0) for name in ("x", "y", "z"))
    value = np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x) + 20
    gap = 100.0 if case.title == "noise" else 0.0
    return Outcome(Reached({"cost": Figure(value, value - gap, "million USD")}, {}, {}, []), "optimal", gap)


THREE = [
    {"name": "x", "table": "demand", "column": "quantity", "low": 0, "high": 2},
    {"name": "y", "table": "materials", "column": "price", "low": 0, "high": 2},
    {"name": "z", "table": "plants", "column": "unit_cost", "low": 0, "high": 2},
]


def test_sobol_effects_reach_the_table(monkeypatch):
    monkeypatch.setattr(trials, "WORK", f"{__name__}:ishigami")
    found = quadopt.samples(Case.from_tables(one_metal()), rules(["cost"]), THREE, number=128, design="sobol")
    effects = found.effects.set_index("input")
    assert len(found.runs) == 1 + 128 * 5
    for name, first, total in (("x", 0.314, 0.558), ("y", 0.442, 0.442), ("z", 0.0, 0.244)):
        assert effects.loc[name, "first_order"] == pytest.approx(first, abs=0.15)
        assert effects.loc[name, "total"] == pytest.approx(total, abs=0.15)
    assert effects["total_within"].gt(0).all()
    assert any(line.startswith("What spreads cost, total effects: x ") for line in found.lines)


def test_where_all_runs_lie_within_the_gaps_it_is_said(monkeypatch):
    monkeypatch.setattr(trials, "WORK", f"{__name__}:ishigami")
    settings = [{"name": "title", "value": "noise"}]
    found = quadopt.samples(Case.from_tables(one_metal(settings=settings)), rules(["cost"]), THREE, number=40)
    assert "all runs lie within the gaps of each other" in found.lines[0]
    assert not found.objectives["is_told"].any()
    assert found.effects["first_order"].isna().all()


def test_triangular_draws_keep_near_the_case(monkeypatch):
    monkeypatch.setattr(trials, "WORK", f"{__name__}:ishigami")
    found = quadopt.samples(Case.from_tables(one_metal()), rules(["cost"]), THREE, number=40, shape="triangular")
    assert found.positions["position"].std() < 0.22
    assert found.effects["first_order"].notna().all()


def test_it_is_written_as_workbook_page_and_pictures(study, tmp_path):
    assert study.to_excel(tmp_path / "samples.xlsx").stat().st_size > 10_000
    assert "How often each project starts" in study.to_html(tmp_path / "samples.html").read_text(encoding="utf-8")
    for name in ("objectives", "projects", "effects"):
        assert study.plot(name).alt


def test_what_cannot_be_asked_is_told_at_once():
    with pytest.raises(InputError) as raised:
        quadopt.samples(smelter(), rules(ORDER), [CAPEX], number=0, design="latn", shape="normal")
    assert len(raised.value.errors) == 3
    assert "did you mean 'latin'" in str(raised.value)
