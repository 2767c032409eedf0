"""What one run of a study reaches: the stages alone, told in a few figures, for studies that need many runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quadopt.formulation.options import OBJECTIVES, Formulation
from quadopt.plan import Plan
from quadopt.solver.brief import Brief, brief
from quadopt.solver.goals import INDEX_UNIT
from quadopt.solver.money_tables import starts_of
from quadopt.solver.stages import Staged
from quadopt.sweep.run import Outcome
from quadopt.tables.case import Case
from quadopt.tables.changes import Change, Place
from quadopt.whatif.differences import Ended


@dataclass(frozen=True)
class Figure:
    """An objective of one run: `value` of the plan found, and `bound`, below which no plan can be (nan: not proven)."""

    value: float
    bound: float
    unit: str

    @property
    def ended(self) -> Ended:
        """Value and bound."""
        return Ended(self.value, self.bound)


@dataclass(frozen=True)
class Reached:
    """The figures of one run.

    `objectives`: of each the last stage's value and bound, given what the stages before it hold; minus infinity is the bound of
    a stage that kept its projects, since others may do better; where the objective has no stage of its own (weighted and
    bounded approaches) its value at the plan, without a bound. `starts`: project -> period.
    `materials`: material -> share of the members' demand that depends on the largest supplier, mean over members and
    periods by demand, at the plan of the dependence stage (empty where there is none). `suppliers`: those that mattered.
    """

    objectives: dict[str, Figure]
    starts: dict[str, str]
    materials: dict[str, float]
    suppliers: list[str]


WORK = "quadopt.whatif.sensitivity.reached:reach"
"""The name of `reach` for a `Run`."""


def reach(
    case: Case,
    options: Formulation,
    start: Plan | None,
    changes: Sequence[Sequence[str]] = (),
    keeps_projects: bool = False,
) -> Outcome:
    """Makes changes (input, table, where, column, operation, value) and solves the stages; the payload is a `Reached`.

    `keeps_projects`: the stages after dependence keep its projects, so that they are linear programs.
    Raises `InputError` where the changes break a rule of the input, `NoPlanError` where there is no plan.
    """
    if changes:
        case = case.with_changes([Change(t, w, c, o, v, place=Place(name)) for name, t, w, c, o, v in changes])
    staged = Staged(case, options)
    if start is not None:
        staged.begin_from(start)
    materials: dict[str, float] = {}
    chosen: list[str] = []
    """Stages that chose projects."""

    staged.find_caps()
    for aim in staged.aims():
        staged.solve(aim)
        if not staged.has_kept_starts:
            chosen.append(aim.goal.name)
        if aim.goal.objective == "dependence" and options.approach == "lexicographic":
            materials = _by_material(staged)
            if keeps_projects:
                staged.matrix.load(staged.values)
                staged.keep_starts(starts_of(staged.model))
    told = brief(staged)
    reached = Reached(_figures(staged, told, chosen), told.starts, materials, told.suppliers)
    return Outcome(reached, told.status, told.gap)


def _by_material(staged: Staged) -> dict[str, float]:
    """Mean of the largest supplier's share over members and periods, by demand."""
    model, values = staged.model.pyomo, staged.values
    shares = values[staged.matrix.where(model.dependence)]
    amounts = np.asarray(model.amount.numbers)
    part: dict[str, float] = {}
    whole: dict[str, float] = {}
    for (_, material, _), share, amount in zip(model.measured, shares.tolist(), amounts.tolist(), strict=True):
        part[material] = part.get(material, 0.0) + share * amount
        whole[material] = whole.get(material, 0.0) + amount
    return {material: part[material] / whole[material] for material in part if whole[material] > 0}


def _figures(staged: Staged, told: Brief, chosen: Sequence[str]) -> dict[str, Figure]:
    money = f"million {staged.case.currency}"
    if staged.options.approach != "lexicographic":
        units = {o: INDEX_UNIT if o == "dependence" else money for o in told.objectives}
        own = {s.objective: s for s in staged.stages if s.name == s.objective}
        return {
            o: Figure(own[o].incumbent, own[o].bound, units[o]) if o in own else Figure(value, float("nan"), units[o])
            for o, value in told.objectives.items()
        }
    last = {stage.objective: stage for stage in staged.stages}
    bounds = {stage.name: stage.bound if stage.name in chosen else -math.inf for stage in staged.stages}
    return {o: Figure(last[o].incumbent, bounds[last[o].name], last[o].unit) for o in OBJECTIVES if o in last}
