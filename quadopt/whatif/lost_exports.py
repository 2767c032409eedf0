"""One supplier's exports stop: what goes short at a plan's projects and stocks, and how long every sector holds out.

The work of one run of `loss_of_one`. The loss is a disruption as the workbook's own are (an export cut on every material to
every destination, severity 1), under the model file's rules of crises, so that nothing here has rules of its own.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
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
from quadopt.solver.highs import Status
from quadopt.solver.matrix import Array, Mask, Matrix
from quadopt.sweep.run import Outcome
from quadopt.tables.case import Case
from quadopt.tables.reach import numbered
from quadopt.tables.records import rows_of
from quadopt.whatif.holding import SECONDS, Lasting, Search, asked

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

    The payload is a dict: `stress` (way -> millions), `value` (of all demand in the branch, millions), `shortage` and
    `days`, the rows of `loss_shortage` and of `days_to_stop` but for the supplier.

    Raises `NoPlanError` where an LP does not come to its end, `AuditError` where the branches break a rule.
    """
    if start is None or digest(start) != base_path:
        raise ValueError(
            "the loss of a supplier is looked at with a plan's projects and stocks: give that plan as the start"
        )
    lossy = with_loss(case, supplier, period, duration)
    model = Model(lossy, options)
    model.add_branches()
    matrix = Matrix(model.pyomo)
    matrix.extend()
    point = point_of(model, matrix, start)
    loss = _Loss(model, matrix, point)
    days, lasting = _days(model, matrix, point, start)
    point[matrix.owned({("branch", LOSS)})[1]] = loss.plan[matrix.owned({("branch", LOSS)})[1]]
    point[matrix.owned({("branch", LASTING)})[1]] = lasting[matrix.owned({("branch", LASTING)})[1]]
    matrix.load(point)
    branches = crisis_tables.branch_tables(model)
    tables = {
        **start.tables,
        **branches,
        "disruptions": crisis_tables.disruptions(model, crisis_tables.stresses(branches), {}),
    }
    audit(lossy, replace(start, tables=tables, options=_rules(start, options)), checks=BRANCHES).raise_if_failed()
    return Outcome({"stress": loss.stress, "value": loss.value, "shortage": loss.table(), "days": days}, "optimal", 0.0)


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


def _rules(plan: Plan, options: Formulation) -> dict[str, Any]:
    """The plan's options with the clock of the loss."""
    return {**plan.options, "step_years": options.stress.step_years, "recovery_years": options.stress.recovery_years}


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
                outcome = branches.solve(SECONDS)
            if outcome.status is not Status.OPTIMAL or outcome.values is None:
                raise NoPlanError(f"the least stress is not known: {outcome.status.value}", outcome.status.value)
            whole = branches.whole(outcome.values)
            short = whole[matrix.where(path.shortage)].reshape(demand.shape)
            self._short[way] = np.where(short <= SMALL * np.maximum(1.0, demand), 0.0, np.minimum(short, demand))
            self.stress[way] = float((self._cost * self._short[way]).sum())
            if not barred:
                self.plan = whole

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


@dataclass(frozen=True)
class _Asked:
    """The questions of how long, in order: every sector, each sector, each member's sectors."""

    rows: dict[Question, Mask]

    @classmethod
    def of(cls, model: Model, demand: Array) -> _Asked:
        """The questions of those demands that there are in the branch."""
        is_there = demand.sum(axis=1) > 0
        country, _, sector = (np.array(labels, dtype=object) for labels in zip(*model.structure.demands, strict=True))
        case = model.structure.case
        rows = {(GROUP, ANY): is_there}
        rows |= {(GROUP, q): is_there & (sector == q) for q in case.sectors}
        rows |= {(n, q): is_there & (sector == q) & (country == n) for n in case.members for q in case.sectors}
        return cls({question: mask for question, mask in rows.items() if mask.any()})


def _days(model: Model, matrix: Matrix, point: Array, plan: Plan) -> tuple[pd.DataFrame, Array]:
    """How long each question holds in each way, and the branch's plan that holds longest in all."""
    path = model.pyomo.branch[LASTING]
    demand = path.demand.array()
    situation = next(w for w in model.structure.crises if w.name == LASTING)
    asked_of = _Asked.of(model, demand)
    costs = np.zeros(matrix.width)
    costs[matrix.where(path.shortage)] = asked(demand, np.ones(len(demand), dtype=bool), demand.shape[1]).reshape(-1)
    branches = Branches(model, matrix, point, [LASTING], costs)
    allowed = situation.lengths * situation.averages(_short_on_base(model, plan))
    lasting = Lasting.of(branches, LASTING, allowed)
    held: dict[str, dict[Question, int]] = {}
    most = dict.fromkeys(asked_of.rows, lasting.steps)
    for way, barred in WAYS.items():
        with branches.without(barred):
            held[way] = most = Search(lasting, asked_of.rows, most).longest()
    ends = [situation.begin[situation.steps[0]], *situation.end.values()]
    days = [365.0 * (end - ends[0]) for end in ends]
    short, whole = lasting.short(asked_of.rows[GROUP, ANY], min(held[""][GROUP, ANY] + 1, lasting.steps))
    out = []
    for (country, sector), rows in asked_of.rows.items():
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
