"""The clock and the rates of a path: what the operating blocks of the base path and of every branch stand on.

| name in code           | unit                    | meaning                                              |
| ---------------------- | ----------------------- | ---------------------------------------------------- |
| `steps`                |                         | 1 .. number of steps; periods on the base path       |
| `length[t]`            | years                   | length of a step, $h_t$                              |
| `capacity[u, t]`       | activity in the step    | what a plant can do, outages taken off               |
| `project_capacity[p, tau, t]` | activity in the step | what project p can do if started in tau          |
| `demand[n, m, q, t]`   | units in the step       | demand, surges added                                 |
| `opening[n, m]`        | units                   | the initial stock, where the path opens with it      |
"""

from __future__ import annotations

import pyomo.environ as pyo

from quadopt.formulation.structure import Structure
from quadopt.tables.situation import Situation


def add(path: pyo.Block, structure: Structure, situation: Situation) -> None:
    """Puts the steps and the rates of a situation on a path."""
    model, case = path.model(), structure.case
    steps = {i + 1: s for i, s in enumerate(situation.steps)}
    length = situation.length
    path.steps = pyo.RangeSet(1, len(steps))
    path.length = pyo.Param(path.steps, initialize={t: length[s] for t, s in steps.items()})
    path.capacity = pyo.Param(
        model.plants,
        path.steps,
        initialize={
            (p.name, t): length[s] * situation.capacity[p.name, s] for p in structure.plants for t, s in steps.items()
        },
    )
    online = {}
    number = {t: i + 1 for i, t in enumerate(case.periods)}
    for project in structure.projects:
        for start in project.starts:
            for t, s in steps.items():
                share = project.online(case, start, situation.begin[s], situation.end[s])
                if share > 0:
                    amount = length[s] * project.capacity * share
                    online[project.name, number[start], t] = amount * situation.availability[project.name, s]
    path.project_capacity = pyo.Param(model.starts, path.steps, initialize=online, default=0.0)
    by_step: dict[tuple[str, int], list[int]] = {(p.name, t): [] for p in structure.projects for t in steps}
    for name, tau, t in online:
        by_step[name, t].append(tau)
    path.online_starts = pyo.Set(model.projects, path.steps, initialize=by_step)
    demand = {
        (n, m, q, t): length[s] * situation.demand.get((n, m, q, s), 0.0)
        for n, m, q in structure.demands
        for t, s in steps.items()
    }
    path.demand = pyo.Param(model.demands, path.steps, initialize=demand)
    path.opening = pyo.Param(model.stocks, initialize={key: row["initial"] for key, row in structure.stocks.items()})
