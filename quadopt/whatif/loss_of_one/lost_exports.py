"""One supplier's exports stop: what goes short at a plan's projects and stocks, and how long every sector holds out.

The work of one run of `loss_of_one`. The loss is a disruption as the workbook's own are (an export cut on every material to
every destination, severity 1), under the model file's rules of crises, so that nothing here has rules of its own.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from quadopt.audit import BRANCHES, audit
from quadopt.errors import NoPlanError
from quadopt.formulation.build import Model
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.solver import crisis_tables
from quadopt.solver.branches import Branches, point_of
from quadopt.solver.crises import BARRED
from quadopt.solver.frames import SMALL
from quadopt.solver.matrix import Array, Mask, Matrix
from quadopt.solver.outcome import Status
from quadopt.sweep.run import Outcome
from quadopt.tables.case import Case
from quadopt.tables.reach import numbered
from quadopt.tables.records import rows_of
from quadopt.whatif.loss_of_one.holding import SECONDS, Lasting, Search, asked

WAYS: dict[str, tuple[str, ...]] = {
    name.removeprefix("stress").removesuffix("_least"): barred for name, barred in BARRED.items()
}
"""Ending of a column -> what is barred: nothing, sharing, sharing and stocks; each bars what the one before does."""
NOBODY = "no loss"
"""Stands for a supplier where nobody stops exporting: what goes short by the rules of a crisis alone."""
GROUP, ANY = "group", "any"
"""All members; all sectors."""
LOSS, LASTING = "loss", "lasting"
"""The two branches: a loss of the duration asked for, and one that lasts to the horizon's end."""

Question = tuple[str, str]
"""(member or GROUP, sector or ANY) that is not to go short."""


def lose(
    case: Case,
    options: Formulation,
    start: Plan | None,
    *,
    supplier: str,
    period: str,
    duration: float | None,
    base_path: str,
) -> Outcome:
    """What the loss of a supplier (or NOBODY) does from a period on, for `duration` years (None: to the horizon's end).

    `base_path` is the digest of what the branches take of the plan's base path, so that a run's key holds it.

    The payload is a dict: `stress` (way -> millions), `without_projects` (the stress at the plan's stocks with committed projects
    only, millions), `value` (of all demand in the branch, millions), `shortage` and `days`, the rows of `loss_shortage` and of
    `days_to_stop` but for the supplier.

    Raises `NoPlanError` where an LP does not come to its end or nobody demands anything, `AuditError` where the branches break
    a rule.
    """
    if start is None or digest(start) != base_path:
        raise ValueError(
            "the loss of a supplier is looked at with a plan's projects and stocks: give that plan as the start"
        )
    lossy = with_loss(case, supplier, period, duration)
    model = Model(lossy, options)
    model.add_branches()
    model.add_costs()  # the branches' tables, which are audited, say what each flow costs
    matrix = Matrix(model.pyomo)
    matrix.extend()
    point = point_of(model, matrix, start)
    loss = _Loss(model, matrix, point)
    days, lasting = _days(model, matrix, point, start)
    _audit(model, matrix, {LOSS: loss.plan, LASTING: lasting}, start)
    found = {"stress": loss.stress, "value": loss.value, "without_projects": loss.without_projects}
    return Outcome({**found, "shortage": loss.table(), "days": days}, "optimal", 0.0)


def digest(plan: Plan) -> str:
    """A short hash of what branches take of a plan's base path: stocks with their reserve, and what goes short."""
    found = hashlib.sha256()
    for name in ("stock", "shortage"):
        found.update(plan.tables[name].to_csv(index=False, lineterminator="\n").encode())
    return found.hexdigest()[:16]


def with_loss(case: Case, supplier: str, period: str, duration: float | None) -> Case:
    """The case with two disruptions instead of its own: the loss, and the loss that lasts to the horizon's end."""
    rest = case.horizon - case.offset[period]
    row = (
        {"kind": "demand_surge", "severity": 0.0}
        if supplier == NOBODY
        else {"kind": "export_cut", "country": supplier, "severity": 1.0}
    )
    blank = dict.fromkeys(("country", "destination", "material", "process", "sector"), "")
    numbers = {"limit": math.nan, "probability": math.nan}
    rows = [
        {**blank, **numbers, **row, "disruption": name, "start": period, "duration": years}
        for name, years in ((LOSS, rest if duration is None else min(duration, rest)), (LASTING, rest))
    ]
    columns = case.tables["disruptions"].columns
    return replace(case, tables={**case.tables, "disruptions": pd.DataFrame(rows).reindex(columns=columns)})


def _audit(model: Model, matrix: Matrix, branches: dict[str, Array], plan: Plan) -> None:
    """Has the auditor recompute both branches beside the plan's base path. Raises `AuditError`."""
    stress = model.structure.options.stress
    values = next(iter(branches.values())).copy()
    for name, whole in branches.items():
        is_own = matrix.owned({("branch", name)})[1]
        values[is_own] = whole[is_own]
    matrix.load(values)
    tables = crisis_tables.branch_tables(model)
    tables["disruptions"] = crisis_tables.disruptions(model, crisis_tables.stresses(tables), {})
    clock = {"step_years": stress.step_years, "recovery_years": stress.recovery_years}
    lost = replace(plan, tables={**plan.tables, **tables}, options={**plan.options, **clock})
    audit(model.structure.case, lost, checks=BRANCHES).raise_if_failed()


class _Loss:
    """The branch of the loss in every way: its least stress and what goes short."""

    def __init__(self, model: Model, matrix: Matrix, point: Array) -> None:
        self.model, self.stress = model, dict[str, float]()
        self._short: dict[str, Array] = {}
        branches = Branches(model, matrix, point, [LOSS])
        path = branches.paths[LOSS]
        demand = path.demand.array()
        self._demand, self._cost = demand, path.shortage_cost.array()[:, None]
        self.value = float((self._cost * demand).sum())
        for way, barred in WAYS.items():
            with branches.without(barred):
                whole = _least(branches)
            self._short[way] = self._missing(matrix, path, whole)
            self.stress[way] = float((self._cost * self._short[way]).sum())
            if not barred:
                self.plan = whole
        committed = {p.name for p in model.structure.projects if p.status == "committed"}
        is_chosen = np.array([p not in committed for p, _ in model.pyomo.starts], dtype=bool)
        without = point.copy()
        without[matrix.where(model.pyomo.is_started)] *= ~is_chosen
        whole = _least(Branches(model, matrix, without, [LOSS]))
        self.without_projects = float((self._cost * self._missing(matrix, path, whole)).sum())

    def _missing(self, matrix: Matrix, path: Any, whole: Array) -> Array:
        """What goes short, by demand and step, without the solver's rounding."""
        short, demand = whole[matrix.where(path.shortage)].reshape(self._demand.shape), self._demand
        return np.where(short <= SMALL * np.maximum(1.0, demand), 0.0, np.minimum(short, demand))

    def table(self) -> pd.DataFrame:
        """A row a demand that goes short in one of the ways: units, part of demand, value."""
        demand = self._demand.sum(axis=1)
        columns: dict[str, Any] = {"demand": demand}
        for way, short in self._short.items():
            units = short.sum(axis=1)
            columns[f"shortage{way}"] = units
            columns[f"share{way}"] = np.divide(units, demand, out=np.zeros_like(units), where=demand > 0)
            columns[f"value{way}"] = (self._cost * short).sum(axis=1)
        keys = pd.DataFrame(self.model.structure.demands, columns=["country", "material", "sector"])
        found = pd.concat([keys, pd.DataFrame(columns)], axis=1)
        return found[found[[f"shortage{way}" for way in WAYS]].sum(axis=1) > 0].reset_index(drop=True)


def _least(branches: Branches) -> Array:
    """The plan with the least stress, in the whole matrix. Raises `NoPlanError` where the solver does not come to the end."""
    outcome = branches.solve(SECONDS)
    if outcome.status is not Status.OPTIMAL or outcome.values is None:
        raise NoPlanError(f"the least stress is not known: {outcome.status.value}", outcome.status.value)
    return branches.whole(outcome.values)


def _questions(model: Model, demand: Array) -> dict[Question, Mask]:
    """The questions of how long, in order: every sector, each sector, each member's sectors; none without demand.

    Raises `NoPlanError` where nobody demands anything.
    """
    case, is_there = model.structure.case, demand.sum(axis=1) > 0
    if not is_there.any():
        raise NoPlanError("nobody demands anything while the loss lasts, so that nothing can go short")
    country, _, sector = (np.array(labels, dtype=object) for labels in zip(*model.structure.demands, strict=True))
    rows = {(GROUP, ANY): is_there}
    rows |= {(GROUP, q): is_there & (sector == q) for q in case.sectors}
    rows |= {(n, q): is_there & (sector == q) & (country == n) for n in case.members for q in case.sectors}
    return {question: mask for question, mask in rows.items() if mask.any()}


def _days(model: Model, matrix: Matrix, point: Array, plan: Plan) -> tuple[pd.DataFrame, Array]:
    """How long each question holds in each way, and the branch's plan that holds longest in all."""
    path = model.pyomo.branch[LASTING]
    demand = path.demand.array()
    situation = next(w for w in model.structure.crises if w.name == LASTING)
    questions = _questions(model, demand)
    costs = np.zeros(matrix.width)
    costs[matrix.where(path.shortage)] = asked(demand, np.ones(len(demand), dtype=bool), demand.shape[1]).reshape(-1)
    branches = Branches(model, matrix, point, [LASTING], costs)
    allowed = situation.lengths * situation.averages(_short_on_base(model, plan))
    lasting = Lasting.of(branches, LASTING, allowed)
    held: dict[str, dict[Question, int]] = {}
    most = dict.fromkeys(questions, lasting.steps)
    for way, barred in WAYS.items():
        with branches.without(barred):
            held[way] = most = Search(lasting, questions, most).longest()
    ends = [situation.begin[situation.steps[0]], *situation.end.values()]
    days = [365.0 * (end - ends[0]) for end in ends]
    short, whole = lasting.short(questions[GROUP, ANY], min(held[""][GROUP, ANY] + 1, lasting.steps))
    out = []
    for (country, sector), rows in questions.items():
        row: dict[str, Any] = {"country": country, "sector": sector}
        for way in WAYS:
            steps = held[way][country, sector]
            row[f"steps{way}"], row[f"days{way}"] = steps, days[steps]
            row[f"days_until{way}"] = days[min(steps + 1, lasting.steps)]
            row[f"is_never{way}"] = steps == lasting.steps
        row["first_short"] = _first_short(model, lasting, rows, held[""][country, sector]) if country == GROUP else ""
        row["short_on_base"] = float((allowed[rows]).sum() / demand[rows].sum())
        out.append(row)
    return pd.DataFrame(out), whole


def _first_short(model: Model, lasting: Lasting, rows: Mask, steps: int) -> str:
    """Materials of the demands that go short in the step after those that hold, where as little as can be does."""
    if steps == lasting.steps:
        return ""
    short, _ = lasting.short(rows, steps + 1)
    missing = np.flatnonzero(rows & short[:, : steps + 1].any(axis=1)).tolist()
    return "; ".join(dict.fromkeys(model.structure.demands[number][1] for number in missing))


def _short_on_base(model: Model, plan: Plan) -> Array:
    """What goes short on the plan's base path, a year, by demand and period."""
    case, structure = model.structure.case, model.structure
    demands, periods = numbered(structure.demands), numbered(case.periods)
    out = np.zeros((len(demands), len(periods)))
    for row in rows_of(plan.tables["shortage"]):
        if row.shortage > 0:
            at = demands[row.country, row.material, row.sector], periods[row.period]
            out[at] = float(row.shortage) / case.length[row.period]
    return out
