r"""Sharing of stocks between members.

| symbol      | name in code          | unit  | meaning                                |
| ----------- | --------------------- | ----- | -------------------------------------- |
| $g_{ijmt}$  | `shared[i, j, m, t]`  | units | from i's stock to j in step t          |
| $fraction$  | `limit_fraction[row, i, m, t]` | share | what a row of the table allows |

Each row of the sharing table limits, for every material that it matches, what a provider gives to all the receivers
that it matches together. The method, sections 4 and 6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation.components import Constraint, Grouped, Groups, Param, Var
from quadopt.formulation.structure import Structure
from quadopt.tables.situation import Situation


def add(path: pyo.Block, structure: Structure, situation: Situation) -> None:
    """Decisions of sharing."""
    model = path.model()
    limit = situation.lengths * situation.averages(structure.sharing_rates[1])
    limit[structure.traded_and_shared[1]] = np.inf
    path.shared_limit = Param(model.shared_flows, path.steps, initialize=limit)

    path.shared = Var(
        model.shared_flows, path.steps, bounds=lambda path, i, j, m, t: (0, path.shared_limit[i, j, m, t])
    )


def add_limits(path: pyo.Block, structure: Structure, situation: Situation, is_base: bool) -> None:
    """What the pact allows: on the base path a fraction a year, in a branch a fraction from the opening on."""
    model = path.model()
    fraction = structure.sharing_table.limit_fraction[[row for row, _, _ in model.share_limits]]
    fraction = fraction[:, structure.sharing_periods(situation)]
    path.limit_fraction = Param(model.share_limits, path.steps, initialize=fraction)
    path.steps_so_far = Groups(path.steps, initialize=Grouped((t, k) for t in path.steps for k in range(1, t + 1)))

    rule = shared_of_opening if is_base else shared_since_opening
    path.sharing_limit = Constraint(model.share_limits, path.steps, rule=rule)


def shared_of_opening(path: pyo.Block, row: Any, i: Any, m: Any, t: Any) -> Any:
    r"""A year's sharing is a fraction of the opening stock: $\sum_j g_{ijmt} \le h_t\, fraction\, s_{im,t-1}$."""
    given = sum(path.shared[i, j, m, t] for j in path.model().share_receivers[row, i, m])
    return given <= path.length[t] * path.limit_fraction[row, i, m, t] * path.stock[i, m, t - 1]


def shared_since_opening(path: pyo.Block, row: Any, i: Any, m: Any, t: Any) -> Any:
    r"""In a branch the fraction does not renew: $\sum_{t' \le t} \sum_j g_{ijmt'} \le fraction\, s_{im0}$."""
    given = sum(path.shared[i, j, m, k] for j in path.model().share_receivers[row, i, m] for k in path.steps_so_far[t])
    return given <= path.limit_fraction[row, i, m, t] * path.stock[i, m, 0]
