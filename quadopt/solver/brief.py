"""Brief answers: how the stages ended, what the plan is worth and what it starts, without its tables; not audited.

For studies that need many answers and of each only the figures. A plan to act on comes from `quadopt.solver.answer.solve`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.solver.goals import goals_of
from quadopt.solver.matrix import Array
from quadopt.solver.money_tables import starts_of
from quadopt.solver.outcome import Status
from quadopt.solver.stages import Listener, Staged
from quadopt.tables.case import Case


@dataclass(frozen=True)
class Brief:
    """What finished stages tell.

    `status` is as a plan's; `stages` as a plan's table of that name; `objectives`: each objective of the formulation at the
    last stage's plan, in its own unit (an earlier stage's objective may stand at the level at which it is held);
    `starts`: project -> period; `suppliers`: those that mattered to the search.
    """

    status: str
    stages: pd.DataFrame
    objectives: dict[str, float]
    starts: dict[str, str]
    suppliers: list[str]

    @property
    def gap(self) -> float:
        """The widest relative gap of a stage."""
        return float(self.stages["gap"].max())


def solve_briefly(
    case: Case, options: Formulation, start: Plan | None = None, listener: Listener | None = None
) -> Brief:
    """The stages of a formulation on a case, told briefly. Raises `NoPlanError` where there is no plan."""
    staged = Staged(case, options, listener)
    if start is not None:
        staged.begin_from(start)
    staged.run()
    return brief(staged)


def brief(staged: Staged) -> Brief:
    """What finished stages tell."""
    staged.matrix.load(staged.values)
    return Brief(
        status_of(staged).value,
        stage_table(staged),
        objective_values(staged, staged.values),
        starts_of(staged.model),
        list(staged.minimiser.active),
    )


def objective_values(staged: Staged, values: Array) -> dict[str, float]:
    """Each objective of the formulation at a point, in its own unit; of one with two stages the value of the second."""
    found: dict[str, float] = {}
    for objective in staged.options.objectives():
        if objective == "stress" and not staged.model.structure.has_crises:
            continue
        goal = goals_of(staged.model, staged.options, objective, staged.case.currency)[-1]
        cost, constant = staged.matrix.vector(goal.expression)
        found[objective] = float(cost[: values.size] @ values + constant)
    return found


def status_of(staged: Staged) -> Status:
    """`optimal` where every stage ended within its gap."""
    optimal = all(stage.status is Status.OPTIMAL for stage in staged.stages)
    return Status.OPTIMAL if optimal else Status.STOPPED_WITH_PLAN


def stage_table(staged: Staged) -> pd.DataFrame:
    """The table `stages` of a plan."""
    rows = [
        {
            "stage": s.name,
            "objective": s.objective,
            "unit": s.unit,
            "status": s.status.value,
            "incumbent": s.incumbent,
            "bound": s.bound,
            "gap": s.gap,
            "held_at": s.held_at,
            "seconds": s.seconds,
            "rows": s.rows,
            "columns": s.columns,
            "binaries": s.binaries,
        }
        for s in staged.stages
    ]
    return pd.DataFrame(rows)
