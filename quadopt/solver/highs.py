"""The only file that knows HiGHS: hand over, options, statuses, starts.

Programs come in scaled (`scaling`); points and objective values go out in the program's own terms.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from quadopt.errors import NoPlanError
from quadopt.solver.company import Company
from quadopt.solver.gap import relative_gap
from quadopt.solver.matrix import Array, Indices, Mask, Numbers, Program
from quadopt.solver.outcome import Outcome, Status
from quadopt.solver.scaling import Scaled, scale

Basis = tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]
"""HiGHS's numbers of the statuses of columns, and of rows."""
ABSOLUTE_GAP, WIDER = 2e-6, 1e-6
"""Up to which HiGHS counts a scaled objective as met whatever its gap (twice its option), and by how much a gap may be wider
than it says, because the value is the point's own."""
RESIDUAL = 1e-10
"""Of an interior point, relative to the largest side of a row: HiGHS's own tolerance would let it miss small rows; the smaller
one costs it an iteration or two of twenty."""
DEVEX = 1
"""HiGHS's number of it. Exact steepest edges are dear to begin where a basis is given, as it is to most linear programs here."""
UNSCALED = 0
"""HiGHS's number for no scaling of its own on top: what is solved again and again takes less time without, and comes scaled."""
PERTURBED = 0.01
"""Part of HiGHS's perturbation of costs that is left where a linear program is solved again and again, a few bounds changed:
what is perturbed must be mended every time."""
HEURISTICS = ("rins", "rens", "root_reduced_cost", "feasibility_jump")


_quiet = threading.Lock()


@contextmanager
def _no_banner() -> Iterator[None]:
    """HiGHS prints its name to standard output when it is made, whatever its options: results go there, not names."""
    with _quiet:  # two threads at once would each keep the other's silence for the output
        sys.stdout.flush()
        kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)
            os.close(nowhere)


def _stoppable(highs: highspy.Highs) -> threading.Event:
    """What ends a solve once it is set.

    HiGHS keeps an interruption of the simplex method for good, and would end every later solve at once: each time that it looks
    up it is told anew, also that it may go on.
    """
    stop = threading.Event()

    def tell(event: highspy.HighsCallbackEvent) -> None:
        event.interrupt(stop.is_set())

    for callback in (highs.cbSimplexInterrupt, highs.cbIpmInterrupt, highs.cbMipInterrupt):
        callback.subscribe(tell)
    return stop


def put_together(parts: Iterable[tuple[Basis, Numbers, Numbers]], rows: int, columns: int) -> Basis:
    """The basis of a program by those of parts of its rows and columns: other columns at their lower bound, other rows basic."""
    column_status = np.full(columns, int(highspy.HighsBasisStatus.kLower), dtype=np.int8)
    row_status = np.full(rows, int(highspy.HighsBasisStatus.kBasic), dtype=np.int8)
    for basis, own_rows, own_columns in parts:
        column_status[own_columns], row_status[own_rows] = basis
    return column_status, row_status


_STATUSES = np.array([highspy.HighsBasisStatus(number) for number in range(5)], dtype=object)

_KEPT = {
    highspy.HighsModelStatus.kOptimal: Status.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Status.UNBOUNDED,
    highspy.HighsModelStatus.kTimeLimit: Status.STOPPED_WITHOUT_PLAN,
    highspy.HighsModelStatus.kIterationLimit: Status.STOPPED_WITHOUT_PLAN,
    highspy.HighsModelStatus.kSolutionLimit: Status.STOPPED_WITHOUT_PLAN,
    highspy.HighsModelStatus.kInterrupt: Status.STOPPED_WITHOUT_PLAN,
    highspy.HighsModelStatus.kObjectiveTarget: Status.STOPPED_WITHOUT_PLAN,
}


class HighsModel:
    """One program resident in HiGHS: objective, bounds and starts can change between solves."""

    def __init__(self, program: Program, threads: int = 1) -> None:
        self.program = program
        self.scaled: Scaled = scale(program)
        with _no_banner():
            self._highs = highspy.Highs()
        self._stop = _stoppable(self._highs)
        self._set("output_flag", False)
        self._set("threads", threads)
        if not program.is_integer.any():
            self._set("simplex_dual_edge_weight_strategy", DEVEX)
        self._columns = np.arange(program.cost.size, dtype=np.int32)
        self._integers = np.flatnonzero(program.is_integer).astype(np.int32)
        self._relaxed = False
        self._presolve = "choose"
        self._most = np.inf
        self._sums: Sequence[Indices] = ()
        self._hand_over()

    def _set(self, option: str, value: object) -> None:
        if self._highs.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            raise NoPlanError(f"HiGHS refused the option {option} = {value!r}", Status.FAILED.value)

    def _hand_over(self) -> None:
        p = self.scaled.program
        for name, numbers in (("coefficient", p.a.data), ("cost", p.cost)):
            if not np.isfinite(numbers).all():
                raise NoPlanError(f"a {name} of the model is not a finite number", Status.FAILED.value)
        if (
            np.isnan(p.lower).any()
            or np.isnan(p.upper).any()
            or np.isnan(p.row_lower).any()
            or np.isnan(p.row_upper).any()
        ):
            raise NoPlanError("a bound of the model is not a number", Status.FAILED.value)
        rows, columns = p.a.shape
        status = self._highs.passModel(
            columns,
            rows,
            p.a.nnz,
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            p.constant,
            p.cost,
            p.lower,
            p.upper,
            p.row_lower,
            p.row_upper,
            p.a.indptr.astype(np.int32),
            p.a.indices.astype(np.int32),
            p.a.data,
            p.is_integer.astype(np.int32),
        )
        taken = self._highs.getNumRow(), self._highs.getNumCol()
        if status != highspy.HighsStatus.kOk or taken != p.a.shape:
            raise NoPlanError("HiGHS did not take the model as it is", Status.FAILED.value)

    def set_bounds(self, columns: npt.NDArray[np.int32], lower: Array, upper: Array) -> None:
        """New bounds for some columns, in the program's own terms."""
        scale_of = self.scaled.column[columns]
        self._check(self._highs.changeColsBounds(columns.size, columns, lower / scale_of, upper / scale_of))

    def set_row_upper(self, rows: npt.NDArray[np.int32], upper: Array) -> None:
        """New upper sides of some rows, in the program's own terms; their lower sides stay."""
        by = self.scaled.row[rows]
        lower = self.scaled.program.row_lower[rows]
        self._check(self._highs.changeRowsBounds(rows.size, rows, lower, upper * by))

    def add_rows(self, a: sp.csr_array, lower: Array) -> None:
        """More rows, `lower <= a @ x`, in the program's own terms; they are the last ones."""
        scaled = sp.csr_array(a.multiply(self.scaled.column[None, :]))
        size = np.maximum.reduceat(np.abs(scaled.data), scaled.indptr[:-1])
        least = np.minimum.reduceat(np.abs(scaled.data), scaled.indptr[:-1])
        by = np.exp2(-np.round(np.log2(np.sqrt(size * least))))
        count = a.shape[0]
        scaled.data *= np.repeat(by, np.diff(scaled.indptr))
        nothing = np.full(count, highspy.kHighsInf)
        starts, columns = scaled.indptr[:-1].astype(np.int32), scaled.indices.astype(np.int32)
        self._check(self._highs.addRows(count, lower * by, nothing, scaled.nnz, starts, columns, scaled.data))
        self.scaled = replace(self.scaled, row=np.concatenate([self.scaled.row, by]))

    def reset_bounds(self, columns: npt.NDArray[np.int32]) -> None:
        """The program's bounds again."""
        self.set_bounds(columns, self.program.lower[columns], self.program.upper[columns])

    def solve_fixed(self, integers: Array, time_limit: float) -> Outcome:
        """The LP with the integer columns fixed at the given values (rounded); a feasible point of the whole program."""
        values = np.round(integers)
        self.set_bounds(self._integers, values, values)
        self._integrality(highspy.HighsVarType.kContinuous)
        try:
            return self._run(time_limit, None)
        finally:
            self.reset_bounds(self._integers)
            self._integrality(highspy.HighsVarType.kInteger)

    def solve(
        self, gap: float, time_limit: float, start: Array | None = None, company: Company | None = None
    ) -> Outcome:
        """The program to a relative gap or a time limit, from a start where there is one."""
        begin = time.perf_counter()
        self._set("mip_rel_gap", gap)
        if start is None or not self._integers.size:
            return self._run(time_limit, company)
        solution = highspy.HighsSolution()
        solution.col_value = self._to_solver(start).tolist()
        self._check(self._highs.setSolution(solution))
        outcome = self._run(time_limit, company)
        is_near = (outcome.incumbent - outcome.bound) * self.scaled.factor <= ABSOLUTE_GAP
        if outcome.is_optimal and not is_near and relative_gap(outcome.incumbent, outcome.bound) > gap + WIDER:
            # HiGHS takes some starts for better than they are in what presolve leaves, and then ends at that as its bound.
            self.forget()
            outcome = self._run(time_limit - (time.perf_counter() - begin), company)
        return outcome

    def inside(self, accuracy: float, time_limit: float) -> Array | None:
        """A point of the LP near its optimum, to a relative gap, and at no corner, by an interior point method; it proves
        nothing. None where there is none in time."""
        for option, value in (("solver", "ipx"), ("run_crossover", "off"), ("ipm_optimality_tolerance", accuracy)):
            self._set(option, value)
        self._set("primal_feasibility_tolerance", RESIDUAL)
        self._set("time_limit", self._highs.getRunTime() + max(1.0, time_limit))
        self._solve_interruptibly()
        if self._highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        values = self._from_solver(self._highs.getSolution().col_value)
        return np.clip(values, self.program.lower, self.program.upper)

    def leave_search_to_others(self) -> None:
        """Spends no time on looking for plans, all of it on the bound: plans are offered from outside."""
        self._set("mip_heuristic_effort", 0.0)
        for heuristic in HEURISTICS:
            self._set(f"mip_heuristic_run_{heuristic}", False)

    def expect_small_changes(self) -> None:
        """The linear program is going to be solved again and again, each time from where it has ended before."""
        self._set("simplex_scale_strategy", UNSCALED)
        self._set("dual_simplex_cost_perturbation_multiplier", PERTURBED)

    def leave_presolve_out(self) -> None:
        """Solves the program as it stands."""
        self._presolve = "off"
        self._set("presolve", self._presolve)

    def look_below(self, most: float) -> None:
        """Looks only for points worth at most so much from now on: any other that it comes across says that there is none."""
        self._most = most
        self._set("objective_bound", most * self.scaled.factor)

    def branch_on_sums(self, sums: Sequence[Indices]) -> None:
        """Lets branch and bound decide on sums of integer columns too, each 0 or 1; `sums`: their numbers among the integer ones.

        Each is a column that stands after the program's own. Presolve would take them out again, and is left out.
        """
        self.leave_presolve_out()
        for members in sums:
            number, columns = self._highs.getNumCol(), self._integers[members]
            self._check(self._highs.addCol(0.0, 0.0, 1.0, 0, [], []))
            self._check(self._highs.changeColIntegrality(number, highspy.HighsVarType.kInteger))
            places = np.append(columns, number).astype(np.int32)
            self._check(self._highs.addRow(0.0, 0.0, places.size, places, np.append(self.scaled.column[columns], -1.0)))
        self._sums = [*self._sums, *sums]

    def _to_solver(self, point: Array) -> Array:
        """A point of the program as HiGHS has it."""
        integers = point[self._integers]
        return np.append(self.scaled.to_scaled(point), [integers[members].sum() for members in self._sums])

    def _from_solver(self, values: Any) -> Array:
        """A point of HiGHS's in the program's own terms."""
        return self.scaled.from_scaled(np.array(values)[: self._columns.size])

    def set_costs(self, columns: npt.NDArray[np.int32], costs: Array) -> None:
        """New objective coefficients for some columns, in the program's own terms."""
        whole = self.program.cost.copy()
        whole[columns] = costs
        self.program = replace(self.program, cost=whole)
        scaled = costs * self.scaled.column[columns] * self.scaled.factor
        self._check(self._highs.changeColsCost(columns.size, columns, scaled))

    def reduced_costs(self) -> Array:
        """Reduced costs of the last LP, in the program's own terms: objective per unit of a column."""
        return np.array(self._highs.getSolution().col_dual) / (self.scaled.column * self.scaled.factor)

    def row_values(self) -> Array:
        """Prices of the rows of the last LP, in the program's own terms: objective per unit of a row's side."""
        return self.row_duals() * self.scaled.row / self.scaled.factor

    def cancel(self) -> None:
        """Ends a solve that is under way in another thread, as soon as it looks up."""
        self._stop.set()

    @property
    def has_basis(self) -> bool:
        """Whether an LP has ended somewhere."""
        return bool(self._highs.getBasis().valid)

    def basis(self) -> Basis:
        """Statuses of columns and rows after an LP; they say nothing before."""
        found = self._highs.getBasis()
        columns, rows = (
            np.fromiter(map(highspy.HighsBasisStatus.__int__, part), np.int8, len(part))
            for part in (found.col_status, found.row_status)
        )
        return columns, rows

    def begin_at(self, basis: Basis) -> None:
        """Begins the next LP at a basis of the program."""
        columns, rows = basis
        self.begin_from(basis, np.ones(rows.size, dtype=bool), np.ones(columns.size, dtype=bool))

    def begin_from(self, basis: Basis, rows: Mask, columns: Mask) -> None:
        """Begins the next LP from the basis of a part of the program, the given rows and columns.

        The other columns begin at their lower bound and the other rows basic: what the part found optimal stays so
        but for the rows that it left out, which the dual simplex then mends.
        """
        column_status, row_status = put_together([(basis, rows, columns)], rows.size, columns.size)
        start = highspy.HighsBasis()
        start.col_status, start.row_status = _STATUSES[column_status].tolist(), _STATUSES[row_status].tolist()
        start.valid = True
        self._check(self._highs.setBasis(start))

    def forget(self) -> None:
        """Drops basis and solution: the next solve begins cold."""
        self._check(self._highs.clearSolver())

    def row_duals(self) -> Array:
        """Scaled row duals of the last LP: they tell which rows matter, and have no unit."""
        return np.array(self._highs.getSolution().row_dual)

    def conflicting_rows(self) -> Indices:
        """After an LP without a plan: the rows of HiGHS's irreducible infeasible subsystem, none where it has found none."""
        from_lp = int(highspy.IisStrategy.kIisStrategyFromLp) | int(highspy.IisStrategy.kIisStrategyIrreducible)
        self._set("iis_strategy", from_lp)
        status, found = self._highs.getIis()
        if status == highspy.HighsStatus.kError or not found.valid_:
            return np.zeros(0, dtype=np.int64)
        return np.array(found.row_index_, dtype=np.int64)

    @property
    def has_integers(self) -> bool:
        """Whether any column is integer."""
        return self._integers.size > 0

    def integers(self, values: Array) -> Array:
        """The integer columns of a point."""
        return values[self._integers]

    def _is_mip(self) -> bool:
        return self._integers.size > 0 and not self._relaxed

    def _integrality(self, kind: highspy.HighsVarType) -> None:
        self._relaxed = kind == highspy.HighsVarType.kContinuous
        if self._integers.size:
            kinds = np.full(self._integers.size, int(kind), dtype=np.uint8)
            self._check(self._highs.changeColsIntegrality(self._integers.size, self._integers, kinds))

    def _check(self, status: highspy.HighsStatus) -> None:
        if status == highspy.HighsStatus.kError:
            raise NoPlanError("HiGHS refused a change of the model", Status.FAILED.value)

    def _run(self, time_limit: float, company: Company | None) -> Outcome:
        begin = time.perf_counter()
        outcome = self._run_once(time_limit, company, begin)
        if self._presolve != "off" and outcome.status in (Status.INFEASIBLE, Status.UNBOUNDED, Status.FAILED):
            # Presolve has open reports of false infeasibility, and cannot always tell it from unboundedness: only a second
            # verdict without it counts.
            if outcome.status is Status.FAILED:
                self.forget()  # from where it has ended an LP fails again
            self._set("presolve", "off")
            try:
                outcome = self._run_once(time_limit, company, begin)
            finally:
                self._set("presolve", self._presolve)
        return outcome

    def _run_once(self, time_limit: float, company: Company | None, begin: float) -> Outcome:
        # HiGHS counts an LP's limit from the model's first run, a MIP's from this one.
        already = 0.0 if self._is_mip() else self._highs.getRunTime()
        self._set("time_limit", already + max(1.0, time_limit))
        with self._in_company(company if self._is_mip() else None):
            self._solve_interruptibly()
        return self._outcome(time.perf_counter() - begin)

    def _solve_interruptibly(self) -> None:
        """Runs HiGHS in a thread of its own, so that Ctrl-C ends the solve and keeps its incumbent."""
        self._stop.clear()
        if threading.current_thread() is not threading.main_thread():
            self._highs.run()
            return
        with ThreadPoolExecutor(1) as runner:
            running = runner.submit(self._highs.run)
            while not running.done():
                try:
                    running.result(timeout=0.2)
                except TimeoutError:
                    continue
                except KeyboardInterrupt:
                    self._stop.set()

    @contextmanager
    def _in_company(self, company: Company | None) -> Iterator[None]:
        if company is None:
            yield
            return

        # HiGHS swallows what a callback raises: it is kept, ends the solve, and is raised when that is over.
        raised: list[Exception] = []

        def guarded(listener: Callable[[highspy.HighsCallbackEvent], None]) -> Callable[..., None]:
            def call(event: highspy.HighsCallbackEvent) -> None:
                try:
                    if not raised:
                        listener(event)
                except Exception as error:
                    raised.append(error)
                    self.cancel()

            return call

        def hear(event: highspy.HighsCallbackEvent) -> None:
            out = event.data_out
            company.hear(self._finite(out.mip_primal_bound), min(self._finite(out.mip_dual_bound), self._most))
            if company.is_over():
                event.interrupt()

        def take(event: highspy.HighsCallbackEvent) -> None:
            company.take(self._from_solver(event.data_out.mip_solution))

        def offer(event: highspy.HighsCallbackEvent) -> None:
            offered = company.offer()
            if offered is not None:
                event.data_in.setSolution(self._to_solver(offered))

        callbacks = (
            (self._highs.cbMipInterrupt, guarded(hear)),
            (self._highs.cbMipImprovingSolution, guarded(take)),
            (self._highs.cbMipUserSolution, guarded(offer)),
        )
        for callback, listener in callbacks:
            callback.subscribe(listener)
        try:
            yield
        finally:
            for callback, listener in callbacks:
                callback.unsubscribe(listener)
        if raised:
            raise raised[0]

    def _finite(self, scaled: float) -> float:
        return self.scaled.objective(scaled) if abs(scaled) < 1e20 else float("nan")

    def _outcome(self, seconds: float) -> Outcome:
        info = self._highs.getInfo()
        status = _KEPT.get(self._highs.getModelStatus(), Status.FAILED)
        is_mip = self._is_mip()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        bound = self._bound(status, is_mip, info)
        if status in (Status.OPTIMAL, Status.STOPPED_WITHOUT_PLAN) and feasible:
            if status is Status.STOPPED_WITHOUT_PLAN:
                status = Status.STOPPED_WITH_PLAN
            values = self._from_solver(self._highs.getSolution().col_value)
            return Outcome(status, values, self._value(values), bound, seconds)
        if status is Status.OPTIMAL:
            status = Status.FAILED
        return Outcome(status, None, float("nan"), bound, seconds)

    def _value(self, values: Array) -> float:
        """The objective by plain arithmetic in its own unit, not as the solver reports it."""
        return float(self.program.cost @ values + self.program.constant)

    def _bound(self, status: Status, is_mip: bool, info: highspy.HighsInfo) -> float:
        if is_mip and status is Status.INFEASIBLE and np.isfinite(self._most):
            return self._most
        if is_mip:
            # Where nothing is worth so little, HiGHS's own bound is that of the best point above.
            return (
                min(self.scaled.objective(info.mip_dual_bound), self._most)
                if abs(info.mip_dual_bound) < 1e20
                else -np.inf
            )
        return self.scaled.objective(info.objective_function_value) if status is Status.OPTIMAL else -np.inf
