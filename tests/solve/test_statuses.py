"""How a solve may end: nothing that failed looks like an answer."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import highspy
import numpy as np
import pytest
import scipy.sparse as sp
from threadpoolctl import threadpool_info

from quadopt.errors import NoPlanError
from quadopt.solver.company import Company
from quadopt.solver.feasibility import is_kept
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Program
from quadopt.solver.outcome import Outcome, Status
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from tests.tiny import cut, objectives, one_metal, project, reached, rules, solved, stockpile

NONE = highspy.SolutionStatus.kSolutionStatusNone
FEASIBLE = highspy.SolutionStatus.kSolutionStatusFeasible
Ended = highspy.HighsModelStatus


def program(**changes: Any) -> Program:
    """Minimise -x - y within x + y <= 3 and x, y within 0 and 2, both whole numbers."""
    parts: dict[str, Any] = {
        "a": sp.csr_array(np.array([[1.0, 1.0]])),
        "cost": np.array([-1.0, -1.0]),
        "constant": 0.0,
        "lower": np.zeros(2),
        "upper": np.full(2, 2.0),
        "row_lower": np.array([-np.inf]),
        "row_upper": np.array([3.0]),
        "is_integer": np.ones(2, dtype=bool),
        "is_anchor": np.zeros(2, dtype=bool),
    }
    return Program(**{**parts, **changes})


CONTINUOUS = {"is_integer": np.zeros(2, dtype=bool)}
WITHOUT_LIMIT = {"upper": np.full(2, np.inf), "row_upper": np.array([np.inf])}


@pytest.mark.parametrize("kind", [{}, CONTINUOUS])
def test_optimal(kind: dict[str, Any]) -> None:
    outcome = HighsModel(program(**kind)).solve(0.0, 10.0)
    assert outcome.status is Status.OPTIMAL
    assert outcome.has_plan
    assert (outcome.incumbent, outcome.bound) == pytest.approx((-3.0, -3.0))


@pytest.mark.parametrize("kind", [{}, CONTINUOUS])
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"row_lower": np.array([5.0]), "row_upper": np.array([5.0])}, Status.INFEASIBLE),
        (WITHOUT_LIMIT, Status.UNBOUNDED),
    ],
)
def test_no_plan(kind: dict[str, Any], changes: dict[str, Any], status: Status) -> None:
    outcome = HighsModel(program(**{**kind, **changes})).solve(0.0, 10.0)
    assert outcome.status is status
    assert outcome.values is None
    assert not outcome.has_plan
    assert np.isnan(outcome.incumbent)


@pytest.mark.parametrize(
    ("ended", "point", "status"),
    [
        (Ended.kOptimal, FEASIBLE, Status.OPTIMAL),
        (Ended.kOptimal, NONE, Status.FAILED),  # an optimum without a point is none
        (Ended.kTimeLimit, FEASIBLE, Status.STOPPED_WITH_PLAN),
        (Ended.kTimeLimit, NONE, Status.STOPPED_WITHOUT_PLAN),
        (Ended.kIterationLimit, NONE, Status.STOPPED_WITHOUT_PLAN),
        (Ended.kInterrupt, FEASIBLE, Status.STOPPED_WITH_PLAN),
        (Ended.kInfeasible, NONE, Status.INFEASIBLE),
        (Ended.kInfeasible, FEASIBLE, Status.INFEASIBLE),
        (Ended.kUnbounded, NONE, Status.UNBOUNDED),
        (
            Ended.kUnboundedOrInfeasible,
            NONE,
            Status.FAILED,
        ),  # asked again without presolve; which of the two is not known
        (Ended.kUnknown, NONE, Status.FAILED),
        (Ended.kSolveError, NONE, Status.FAILED),
        (Ended.kModelError, FEASIBLE, Status.FAILED),
        (Ended.kMemoryLimit, NONE, Status.FAILED),
        (Ended.kNotset, NONE, Status.FAILED),
    ],
)
def test_every_end_has_one_status(ended: Any, point: Any, status: Status) -> None:
    model = HighsModel(program())
    model.solve(0.0, 10.0)
    info = SimpleNamespace(primal_solution_status=point, mip_dual_bound=-3.0, objective_function_value=-3.0)
    with (
        patch.object(model._highs, "getModelStatus", return_value=ended),
        patch.object(model._highs, "getInfo", return_value=info),
    ):
        outcome = model.solve(0.0, 10.0)
    assert outcome.status is status
    assert outcome.has_plan == (status in (Status.OPTIMAL, Status.STOPPED_WITH_PLAN))


@pytest.mark.parametrize(
    "changes",
    [
        {"a": sp.csr_array(np.array([[1.0, np.nan]]))},
        {"a": sp.csr_array(np.array([[np.inf, 1.0]]))},
        {"cost": np.array([np.nan, 1.0])},
        {"cost": np.array([np.inf, 1.0])},
        {"lower": np.array([np.nan, 0.0])},
        {"row_upper": np.array([np.nan])},
    ],
)
def test_what_is_no_number_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NoPlanError) as caught, np.errstate(all="ignore"):
        HighsModel(program(**changes))
    assert caught.value.status == Status.FAILED.value


def test_a_misspelt_option_is_refused() -> None:
    with pytest.raises(NoPlanError, match="option"):
        HighsModel(program())._set("mip_relative_gap", 0.1)


def knapsacks(is_integer: bool) -> Program:
    """Some knapsacks at once, which HiGHS does not solve at its first look."""
    random, rows, columns = np.random.default_rng(0), 60, 120
    a = sp.csr_array(random.integers(1, 50, (rows, columns)).astype(float))
    return program(
        a=a,
        cost=-random.random(columns),
        lower=np.zeros(columns),
        upper=np.ones(columns),
        row_lower=np.full(rows, -np.inf),
        row_upper=0.3 * np.asarray(a.sum(axis=1)).ravel(),
        is_integer=np.full(columns, is_integer),
        is_anchor=np.zeros(columns, dtype=bool),
    )


def test_an_optimum_that_is_no_feasible_point_is_looked_for_from_the_beginning() -> None:
    # Seen with 1.16 in a chain's LP solved for the fortieth time: from its last basis it ends there again.
    model = HighsModel(knapsacks(is_integer=False))
    first = model.solve(0.0, 10.0)
    get = model._highs.getInfo
    broken = SimpleNamespace(primal_solution_status=NONE, objective_function_value=0.0)
    with patch.object(model._highs, "getInfo") as asked:
        asked.side_effect = lambda: broken if asked.call_count == 1 else get()
        again = model.solve(0.0, 10.0)
    assert again.is_optimal
    assert again.incumbent == pytest.approx(first.incumbent)
    assert get().simplex_iteration_count > 0


@pytest.mark.parametrize("with_presolve", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_below_a_value_there_is_a_plan_or_it_is_a_bound(seed: int, with_presolve: bool) -> None:
    random, rows, columns = np.random.default_rng(seed), 6, 9
    a = sp.csr_array(random.integers(0, 9, (rows, columns)).astype(float))
    covers = program(
        a=a,
        cost=random.uniform(1, 2, columns) * 10.0 ** random.integers(-4, 5),
        constant=float(random.integers(-3, 4)),
        lower=np.zeros(columns),
        upper=np.ones(columns),
        row_lower=0.4 * np.asarray(a.sum(axis=1)).ravel(),
        row_upper=np.full(rows, np.inf),
        is_integer=np.ones(columns, dtype=bool),
        is_anchor=np.zeros(columns, dtype=bool),
    )
    every = ((np.arange(2**columns)[:, None] >> np.arange(columns)) & 1).astype(float)
    values = every[(covers.row_lower <= (a @ every.T).T).all(axis=1)] @ covers.cost
    least, size = float(values.min()) + covers.constant, float(covers.cost.sum())
    for away in (-0.3, -0.03, -0.001, 0.001, 0.03, 0.3):
        most, heard = least + away * size, list[float]()
        model = HighsModel(covers)
        model.look_below(most)
        model.leave_search_to_others()
        if not with_presolve:
            model.leave_presolve_out()
        company = Company()
        with patch.object(company, "hear", lambda _, bound, heard=heard: heard.append(bound)):
            found = model.solve(0.0, 10.0, company=company)
        assert all(not bound > min(most, least) + 1e-6 * size for bound in heard)
        if away > 0:
            assert (found.incumbent, found.bound) == pytest.approx((least, least), abs=1e-6 * size)
        else:
            assert found.bound == most and not found.incumbent <= most


@pytest.mark.parametrize("seed", range(20))
def test_branching_on_whether_changes_no_answer(seed: int) -> None:
    random, projects, years = np.random.default_rng(seed), 4, 3
    worth = random.integers(1, 9, (5, projects * years)).astype(float)
    once = np.kron(np.eye(projects), np.ones(years))
    chosen = program(
        a=sp.csr_array(np.vstack([worth, once])),
        cost=random.uniform(1, 2, projects * years),
        lower=np.zeros(projects * years),
        upper=np.ones(projects * years),
        row_lower=np.append(np.full(5, 9.0), np.full(projects, -np.inf)),
        row_upper=np.append(np.full(5, np.inf), np.ones(projects)),
        is_integer=np.ones(projects * years, dtype=bool),
        is_anchor=np.zeros(projects * years, dtype=bool),
    )
    every = np.array([np.concatenate(one) for one in product(np.vstack([np.eye(years), np.zeros(years)]), repeat=4)])
    fitting = every[(chosen.row_lower[:5] <= (worth @ every.T).T).all(axis=1)]
    least, worst = float((fitting @ chosen.cost).min()), fitting[np.argmax(fitting @ chosen.cost)]
    model, taken = HighsModel(chosen), list[Any]()
    model.branch_on_sums(np.split(np.arange(projects * years), projects))
    company = Company()
    with patch.object(company, "take", taken.append), patch.object(company, "offer", lambda: worst):
        found = model.solve(0.0, 10.0, worst, company)
    assert (found.incumbent, found.bound) == pytest.approx((least, least))
    for point in [found.values, *taken]:
        assert is_kept(chosen, point)


@pytest.mark.parametrize("is_integer", [False, True])
@pytest.mark.parametrize("runs_before", [0, 1])
def test_a_solve_ended_from_outside_ends_no_later_one(is_integer: bool, runs_before: int) -> None:
    # HiGHS keeps an interruption of the simplex method, which ended every later solve of a chain at once.
    model, wanted = HighsModel(knapsacks(is_integer)), HighsModel(knapsacks(is_integer)).solve(0.5, 60.0)
    for _ in range(runs_before):
        model.solve(0.5, 60.0)
        model.forget()
    callback = model._highs.cbMipInterrupt if is_integer else model._highs.cbSimplexInterrupt

    def cancel(event: highspy.HighsCallbackEvent) -> None:
        model.cancel()

    callback.subscribe(cancel)
    assert model.solve(0.5, 60.0).status in (Status.STOPPED_WITH_PLAN, Status.STOPPED_WITHOUT_PLAN)
    callback.unsubscribe(cancel)
    again = model.solve(0.5, 60.0)
    assert again.status is wanted.status is Status.OPTIMAL
    assert again.bound <= wanted.incumbent + 1e-9 and wanted.bound <= again.incumbent + 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_a_point_from_inside_is_a_plan_though_rows_are_of_all_sizes(seed: int) -> None:
    random, rows, columns = np.random.default_rng(seed), 150, 300
    a = sp.csr_array(sp.random(rows, columns, 0.05, random_state=seed))
    a.data += 0.1
    side = a @ 10.0 ** random.uniform(-3, 5, columns)
    large = program(
        a=a,
        cost=random.random(columns),
        lower=np.zeros(columns),
        upper=np.full(columns, np.inf),
        row_lower=side,
        row_upper=side,
        is_integer=np.zeros(columns, dtype=bool),
        is_anchor=np.zeros(columns, dtype=bool),
    )
    point = HighsModel(large).inside(1e-4, 60.0)
    assert point is not None and is_kept(large, point)
    assert large.cost @ point <= (1 + 1e-3) * HighsModel(large).solve(0.0, 60.0).incumbent


def test_fixed_starts_are_one_plan_of_the_whole() -> None:
    model = HighsModel(program())
    assert model.solve_fixed(np.array([1.0, 0.0]), 10.0).incumbent == pytest.approx(-1.0)
    assert model.solve_fixed(np.array([2.0, 2.0]), 10.0).status is Status.INFEASIBLE
    assert model.solve(0.0, 10.0).incumbent == pytest.approx(-3.0)  # and nothing stays fixed


@pytest.mark.parametrize(
    "changes",
    [
        # 10 millions are due, the fund pays 1 a year.
        {"projects": [project(capex=10, status="committed")], "fund": [{"country": "Home", "limit": 1}]},
        # 5 must be held, and nothing may be spent on them.
        {"stockpiles": [stockpile(initial=0, minimum=5)], "fund": [{"country": "Home", "limit": 1, "stock_limit": 0}]},
    ],
)
@pytest.mark.parametrize("order", [["shortage"], ["cost"], ["dependence", "cost"]])
def test_rules_that_cannot_be_met(changes: dict[str, Any], order: list[str]) -> None:
    with pytest.raises(NoPlanError, match=f"stage {order[0]}") as caught:
        reached(one_metal(**changes), order)
    assert caught.value.status == "infeasible"


@pytest.mark.parametrize("status", [Status.STOPPED_WITHOUT_PLAN, Status.UNBOUNDED, Status.FAILED])
def test_no_plan_says_why(status: Status) -> None:
    ended = Outcome(status, None, float("nan"), float("-inf"), 1.0)
    with (
        patch.object(HighsModel, "solve", return_value=ended),
        patch.object(HighsModel, "solve_fixed", return_value=ended),
        pytest.raises(NoPlanError) as caught,
    ):
        reached(one_metal(projects=[project()]), ["shortage", "dependence"])
    assert caught.value.status == status.value
    assert {
        Status.STOPPED_WITHOUT_PLAN: "time limit",
        Status.UNBOUNDED: "no bound",
        Status.FAILED: "solver failed",
    }[status] in str(caught.value)


def test_a_stage_that_is_cut_off_says_so() -> None:
    # The solver's bound is taken away, and that no sum of what is not negative is below zero: the plan is the same, but nobody
    # knows that it is the best.
    bound = patch.object(HighsModel, "_bound", return_value=-1.0)
    sign = patch.object(Program, "least", -1.0)
    tables = one_metal(projects=[project()], fund=[{"country": "Home", "limit": 1}])
    with bound, sign:
        plan = solved(tables, ["shortage", "dependence"], solver={"gap": 0.01, "default_time_limit": 2})
    assert plan.status == "stopped with a plan"
    assert set(plan.stages["status"]) == {"stopped with a plan"}
    assert objectives(plan) == pytest.approx({"shortage": 0, "dependence": 0}, abs=1e-9)


def test_listeners_hear_the_stages() -> None:
    # Small programs are solved before there is anything to hear; what is heard is a stage and two numbers.
    heard: list[tuple[str, float, float]] = []
    tables = one_metal(projects=[project()], fund=[{"country": "Home", "limit": 1}], disruptions=[cut(probability=0.1)])
    Staged(Case.from_tables(tables), rules(["dependence", "stress"]), lambda *what: heard.append(what)).run()
    assert not any(found < bound - 1e-6 for _, found, bound in heard)  # nan: none yet
    assert {stage for stage, _, _ in heard} <= {"dependence", "stress"}


def test_the_cores_are_the_solvers_while_a_stage_is_solved() -> None:
    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before, during = threads(), list[int]()
    tables = one_metal(projects=[project()], fund=[{"country": "Home", "limit": 1}])
    Staged(Case.from_tables(tables), rules(["dependence"]), lambda *_: during.extend(threads())).run()
    assert during and set(during) == {1}
    assert threads() == before
