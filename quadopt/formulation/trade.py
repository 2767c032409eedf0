r"""Trade along routes.

| symbol       | name in code              | unit  | meaning                       |
| ------------ | ------------------------- | ----- | ----------------------------- |
| $x_{cdmt}$   | `shipment[c, d, m, t]`    | units | shipped from c to d in step t |
| $h_t\, capacity$ | `route_room[c, d, m, t]` | units | what a route that is shared takes, where it is limited |

The method, sections 4 and 6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.components import Array, Constraint, Param, Set, Var
from quadopt.formulation.structure import Flow, Structure
from quadopt.tables.reach import Whole
from quadopt.tables.situation import Situation


def add(path: pyo.Block, structure: Structure, situation: Situation, own_output: bool) -> None:
    """Decisions and rules of trade; `own_output`: members ship only what they make themselves (a crisis)."""
    model = path.model()
    both = structure.traded_and_shared[0]
    limit = situation.lengths * situation.averages(structure.flow_rates[1])
    _add_shared_routes(path, structure.reach.flows, both, limit[both])
    limit[both] = np.inf
    path.shipment_limit = Param(model.flows, path.steps, initialize=limit)

    path.shipment = Var(model.flows, path.steps, bounds=lambda path, c, d, m, t: (0, path.shipment_limit[c, d, m, t]))

    path.release_stays = Constraint(model.traded_stocks, path.steps, rule=release_stays)
    if own_output:
        path.ships_own_output = Constraint(model.member_exports, path.steps, rule=ships_own_output)


def _add_shared_routes(path: pyo.Block, flows: list[Flow], both: Whole, room: Array) -> None:
    """The routes that trade and sharing use, `both` of `flows`, where and when they are limited."""
    limited = np.isfinite(room)
    routes = [(*flows[both[k]], t + 1) for k, t in np.argwhere(limited).tolist()]
    path.shared_routes = Set(dimen=4, initialize=routes)
    path.route_room = Param(path.shared_routes, initialize=room[limited])


def add_room(path: pyo.Block) -> None:
    """The routes' capacities where trade and sharing meet, after both are on the path."""
    path.room = Constraint(path.shared_routes, rule=room)


def release_stays(path: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""Release stays at home, only sharing leaves:

    $\sum_d x_{ndmt} \le \sum_i \max(\rho, 0) a_{it} + \sum_o x_{onmt}$.
    """
    return terms.exported(path, n, m, t) <= terms.made(path, n, m, t) + terms.imported(path, n, m, t)


def ships_own_output(path: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""In a crisis a member ships only what it makes in that step:

    $\sum_d x_{ndmt} \le \sum_i \max(\rho, 0) a_{it}$.
    """
    return terms.exported(path, n, m, t) <= terms.made(path, n, m, t)


def room(path: pyo.Block, c: Any, d: Any, m: Any, t: Any) -> Any:
    r"""Trade and sharing use one route: $x_{cdmt} + g_{cdmt} \le h_t\, capacity_{cdmt}$."""
    return path.shipment[c, d, m, t] + path.shared[c, d, m, t] <= path.route_room[c, d, m, t]
