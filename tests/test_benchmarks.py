"""The benchmarks: every writing gives one matrix, and the command writes its tables, charts and page."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import highspy
import numpy as np
import pytest

from benchmarks import build, growth, page, runs, stages, startup, whatifs
from benchmarks.base_path import BasePath, base_path
from benchmarks.handover import hand_over
from benchmarks.plain_pyomo import compile_plainly
from benchmarks.raw import Arrays
from benchmarks.raw import build as build_raw
from benchmarks.synthetic import synthetic_tables
from quadopt.formulation.build import Model
from quadopt.formulation.options import Formulation, read_formulation
from quadopt.formulation.structure import Structure
from quadopt.solver.matrix import Matrix, Program
from quadopt.tables.case import Case, read_case

ROOT = Path(__file__).parents[1]
CASES = ["tiny", "small", "quad workbook"]


def scarce(name: str) -> Case:
    """A case whose offers fall short of what is wanted, so that the least shortage says something."""
    if name == "quad workbook":
        case = read_case(ROOT / "inputs" / "quad.xlsx")
        plants = case.tables["plants"]
        return Case.from_tables({**case.raw, "plants": plants.assign(capacity=0.5 * plants["capacity"])})
    tables = synthetic_tables(name, 0)
    tables["plants"] = [{**row, "capacity": 0.5 * row["capacity"]} for row in tables["plants"]]
    tables["stockpiles"] = [{**row, "release_limit": row["initial"]} for row in tables["stockpiles"]]
    return Case.from_tables(tables)


@pytest.fixture(scope="module", params=CASES)
def written(request: pytest.FixtureRequest) -> tuple[BasePath, Program, Model]:
    """The base path of a case as arrays, and quadopt's writing of it."""
    case = scarce(request.param)
    model = Model(case, read_formulation("pact"))
    matrix = Matrix(model.pyomo)
    matrix.extend()
    return base_path(Structure(case, read_formulation("pact"))), matrix.program(model.pyomo.shortage_total), model


def sizes(coefficients: Any) -> Any:
    """Coefficients by size: a row may be written with the opposite sign."""
    return np.sort(np.abs(coefficients))


def relaxed(highs: highspy.Highs) -> float:
    """The optimum of a model's relaxation."""
    # HiGHS refuses another number of threads than the process has used before.
    highspy.Highs.resetGlobalScheduler(True)
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("solve_relaxation", True)
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(highs.getInfo().objective_function_value)


def least_shortage(program: Any) -> float:
    return relaxed(hand_over(program))


def test_raw_writing_is_the_same_matrix(written: tuple[BasePath, Program, Model]) -> None:
    path, program, _ = written
    raw = build_raw(path)
    assert raw.a.shape == program.a.shape
    assert sizes(raw.a.data) == pytest.approx(sizes(program.a.data))
    for name in ("cost", "lower", "upper", "is_integer"):
        assert np.allclose(getattr(raw, name), getattr(program, name)), name
    # Columns stand in the same order, so this is the same whatever the order and the sign of the rows.
    difference, scale = raw.a.T @ raw.a - program.a.T @ program.a, abs(program.a.T @ program.a).max()
    assert abs(difference).max() <= 1e-12 * scale
    assert least_shortage(raw) == pytest.approx(least_shortage(program), rel=1e-6)
    assert least_shortage(raw) > 0


def test_linopy_writing_is_the_same_matrix(written: tuple[BasePath, Program, Model]) -> None:
    pytest.importorskip("linopy")
    from benchmarks import linopy_model

    path, program, _ = written
    model = linopy_model.build(path)
    assert model.matrices.A.shape == program.a.shape
    assert sizes(model.matrices.A.data) == pytest.approx(sizes(program.a.data))
    assert sizes(model.matrices.c) == pytest.approx(sizes(program.cost))
    assert relaxed(model.to_highspy()) == pytest.approx(least_shortage(program), rel=1e-6)


def test_plain_pyomo_is_the_same_matrix_but_for_empty_columns(written: tuple[BasePath, Program, Model]) -> None:
    import pyomo.environ as pyo

    _, program, model = written
    model.pyomo.objective = pyo.Objective(expr=model.pyomo.shortage_total)
    plain = compile_plainly(model.pyomo)
    model.pyomo.del_component("objective")
    is_used = (np.diff(program.a.tocsc().indptr) > 0) | (program.cost != 0)
    assert plain.a.shape == (program.a.shape[0], is_used.sum())
    assert sizes(plain.a.data) == pytest.approx(sizes(program.a.data))
    assert least_shortage(plain) == pytest.approx(least_shortage(program), rel=1e-6)


def test_base_path_is_for_a_pooled_fund_only() -> None:
    with pytest.raises(ValueError, match="pooled fund"):
        base_path(Structure(scarce("tiny"), read_formulation("own_funds")))


def test_handover_refuses_what_highs_refuses(written: tuple[BasePath, Program, Model]) -> None:
    raw = build_raw(written[0])
    broken = Arrays(raw.a, raw.cost, np.full_like(raw.lower, math.inf), raw.upper, raw.row_lower, raw.row_upper,
                    raw.is_integer)  # fmt: skip
    with pytest.raises(RuntimeError):
        hand_over(broken)


def test_medians_are_taken_of_each_number_by_job() -> None:
    made = [
        runs.Run({"way": w}, {"seconds": s, "name": "x"}) for w, s in (("a", 3.0), ("b", 1.0), ("a", 1.0), ("a", 2.0))
    ]
    assert runs.medians(made) == [
        runs.Run({"way": "a"}, {"seconds": 2.0, "name": "x"}),
        runs.Run({"way": "b"}, {"seconds": 1.0, "name": "x"}),
    ]


def test_a_measurement_that_fails_is_told_of_and_left_out(tmp_path: Path) -> None:
    told: list[str] = []
    kept = runs.Kept(tmp_path / "startup.jsonl", goes_on=False)
    done = runs.run_all("startup", [{"what": "nothing"}, {"what": "Python alone"}], 2, told.append, kept)
    assert [run.job["what"] for run in done] == ["Python alone"] * 2
    assert sum(line.startswith("failed") for line in told) == 1


def test_measuring_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    told: list[str] = []
    jobs = [{"what": "Python alone"}]
    first = runs.run_all("startup", jobs, 1, told.append, runs.Kept(tmp_path / "x.jsonl", goes_on=False))
    again = runs.run_all("startup", jobs, 2, told.append, runs.Kept(tmp_path / "x.jsonl", goes_on=True))
    assert again[:1] == first
    assert len(again) == len(told) == 2


def test_build_table_compares_with_raw_numpy_of_the_same_size() -> None:
    found = {"data": 1.0, "build": 1.0, "hand_over": 1.0, "wall": 2.0, "megabytes": 10.0, "columns": 5, "rows": 3,
             "nonzeros": 9}  # fmt: skip
    made = [
        runs.Run({"size": "tiny", "way": "raw numpy", "seed": 0}, found),
        runs.Run({"size": "tiny", "way": "linopy", "seed": 0}, {**found, "build": 4.0, "megabytes": 25.0}),
    ]
    assert [(row["ratio"], row["memory ratio"]) for row in build.table(made)] == [(1.0, 1.0), (2.5, 2.5)]


def test_build_table_shows_the_fastest_run_beside_the_median() -> None:
    def ran(way: str, *seconds: float) -> list[runs.Run]:
        found = {"data": 1.0, "hand_over": 0.0, "wall": 2.0, "megabytes": 10.0, "columns": 5, "rows": 3, "nonzeros": 9}
        return [runs.Run({"size": "tiny", "way": way, "seed": 0}, {**found, "build": s}) for s in seconds]

    raw, other = build.table([*ran("raw numpy", 1.0, 4.0, 5.0), *ran("quadopt", 2.0, 2.0, 3.0)])
    assert (raw["build + hand-over s"], raw["fastest s"]) == (4.0, 1.0)
    assert (other["ratio"], other["ratio, fastest"]) == (0.5, 2.0)


def stage(name: str, *history: tuple[float, float, float]) -> dict[str, Any]:
    seconds, incumbent, bound = history[-1]
    return {"stage": name, "seconds": seconds, "incumbent": incumbent, "bound": bound,
            "gap": (incumbent - bound) / incumbent if incumbent else 0.0, "history": list(history)}  # fmt: skip


def test_stage_table_says_when_gaps_and_the_plain_plan_were_reached() -> None:
    own = [stage("shortage", (0.1, 0.0, 0.0)), stage("dependence", (1, 0.4, 0.3), (4, 0.31, 0.305), (9, 0.306, 0.305)),
           stage("cost", (2, 7.0, 6.9))]  # fmt: skip
    plain = [stage("shortage", (0.2, 0.0, 0.0)), stage("dependence", (30, 0.33, 0.3), (80, 0.32, 0.3), (99, 0.32, 0.3)),
             stage("cost", (2, 8.0, 6.9))]  # fmt: skip
    job = {"case": "x", "model": "pact", "limit": 9, "later": 9, "gap": 0.0, "seed": 0}
    made = [runs.Run({**job, "method": method}, {"stages": found})
            for method, found in (("guided", own), ("plain", plain))]  # fmt: skip
    rows = {(row["stage"], row["method"]): row for row in stages.table(made)}
    dependence = rows["dependence", "guided"]
    assert [dependence[column] for column in ("first plan s", "2.0% s", "1.0% s", "0.5% s")] == [1, 4, 9, 9]
    assert dependence["as good as plain s"] == 4
    assert dependence["times less"] == 20
    assert rows["dependence", "plain"]["1.0% s"] is None
    assert "as good as plain s" not in rows["cost", "guided"], "held at different values, not comparable"


def test_what_is_better_than_the_end_of_a_stage_is_no_plan_and_a_false_bound_is_refused() -> None:
    end = SimpleNamespace(name="dependence", seconds=9.0, incumbent=0.7, bound=0.69)
    heard = [(100.0, math.nan, math.nan), (102.0, 0.55, 0.5), (104.0, 0.71, 0.6), (106.0, 0.60, 0.695)]
    assert stages.clean(heard, end) == [(4.0, 0.71, 0.6), (6.0, 0.71, 0.6), (9.0, 0.7, 0.69)]
    end.bound = 0.71
    with pytest.raises(RuntimeError, match="lies above the plan"):
        stages.clean(heard, end)


@pytest.mark.parametrize("method", [stages.OWN, stages.PLAIN])
def test_stages_are_asked_for_a_method_that_there_is(method: str) -> None:
    options = stages.rules("pact", method, 30.0, 30.0, 0.01)
    assert Formulation(**options.model_dump()) == options


def test_what_ifs_change_one_number() -> None:
    case = Case.from_tables(synthetic_tables("small", 0))
    differing = {
        change: {
            name for name in case.tables if not whatifs.changed(case, change).tables[name].equals(case.tables[name])
        }
        for change in whatifs.CHANGES
    }
    assert list(differing.values()) == [{"fund"}, {"materials"}, {"demand"}]


def test_what_if_table_compares_warm_with_cold() -> None:
    found = {f"{change}, {name}": 6.0 for change in whatifs.CHANGES for name in ("cold s", "cold value", "warm value")}
    job = {"case": "folder/quad.xlsx+50", "model": "pact", "seed": 0}
    only_cold = whatifs.table([runs.Run(job, found)])
    assert [(row["case"], row["change"], row["ratio"]) for row in only_cold] == [
        ("quad+50", change, None) for change in whatifs.CHANGES
    ]
    both = whatifs.table([runs.Run(job, {**found, "a price up 20 %, warm s": 2.0})])
    assert [row["ratio"] for row in both] == [None, 3.0, None]


def test_growth_changes_one_number_at_a_time() -> None:
    jobs = growth.jobs("tiny", [1, 2], 5, 0)
    first = jobs[0]["shape"]
    for job in jobs:
        assert {name for name in first if job["shape"][name] != first[name]} <= {job["what"]}


def test_start_up_is_measured_in_a_new_process() -> None:
    assert 0 < startup.measure("Python alone")["seconds"] < 5


def test_numbers_are_shown_short() -> None:
    assert [page.shown(v) for v in (None, math.nan, 0.123456, 12.3456, 123456.7, 3.0, 41000, "raw")] == [
        "", "", "0.123", "12.3", "123,457", "3", "41,000", "raw",
    ]  # fmt: skip


def test_the_command_writes_tables_charts_and_a_page(tmp_path: Path) -> None:
    pytest.importorskip("linopy")
    pytest.importorskip("matplotlib")
    folder = tmp_path / "benchmarks"
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--quick",
        "--output",
        str(folder),
        "build",
        "growth",
        "--sizes",
        "tiny",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with (folder / "build.csv").open(encoding="utf-8") as file:
        ways = [row["way"] for row in csv.DictReader(file)]
    assert ways == list(build.WAYS)
    assert (folder / "growth.png").stat().st_size > 1000
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "## Build and hand-over" in text and "## Growth" in text
    assert text.count("Measured 20") == 2
    assert "(benchmarks/build.png)" in text
