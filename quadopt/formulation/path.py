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

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation.components import Param
from quadopt.formulation.structure import Structure
from quadopt.tables.situation import Situation


def add(path: pyo.Block, structure: Structure, situation: Situation) -> None:
    """Puts the steps and the rates of a situation on a path."""
    model, length = path.model(), situation.lengths
    path.steps = pyo.RangeSet(1, len(situation.steps))
    path.length = Param(path.steps, initialize=length)
    path.capacity = Param(model.plants, path.steps, initialize=length * situation.capacity)
    capacity = np.array([p.capacity for p in structure.projects for _ in p.starts]).reshape(-1, 1)
    path.project_capacity = Param(
        model.starts, path.steps, initialize=length * capacity * situation.online * situation.availability
    )
    path.demand = Param(model.demands, path.steps, initialize=length * situation.demand)
    path.opening = Param(model.stocks, initialize=structure.stock_column("initial"))
