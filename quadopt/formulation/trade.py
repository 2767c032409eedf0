r"""Trade along routes.

| symbol       | name in code              | unit  | meaning                       |
| ------------ | ------------------------- | ----- | ----------------------------- |
| $x_{cdmt}$   | `shipment[c, d, m, t]`    | units | shipped from c to d in step t |
| $h_t\, capacity$ | `route_room[c, d, m, t]` | units | what the route takes, where it is limited |
|              | `route_cost[c, d, m, t]`  | currency per unit | cost of the route |

The method, sections 4 and 6.
"""

from __future__ import annotations

import math
from typing import Any

import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.structure import Structure
from quadopt.tables.situation import Situation


def add(path: pyo.Block, structure: Structure, situation: Situation, own_output: bool) -> None:
    """Decisions and rules of trade; `own_output`: members ship only what they make themselves (a crisis)."""
    model = path.model()
    room, cost = _routes(structure, situation)
    shared = set(structure.reach.sharing)
    alone = {key: limit for key, limit in room.items() if key[:3] not in shared}
    path.route_room = pyo.Param(list(room), initialize=room, within=pyo.NonNegativeReals)
    path.route_cost = pyo.Param(list({**cost}), initialize=cost)

    path.shipment = pyo.Var(model.flows, path.steps, bounds=lambda path, c, d, m, t: (0, alone.get((c, d, m, t))))

    stocked = [(n, m) for n, m in structure.stocks if len(model.destinations[n, m])]
    path.release_stays = pyo.Constraint(stocked, path.steps, rule=release_stays)
    if own_output:
        exporting = [
            (n, m) for n, m in structure.places if n in structure.case.members and len(model.destinations[n, m])
        ]
        path.ships_own_output = pyo.Constraint(exporting, path.steps, rule=ships_own_output)


def add_room(path: pyo.Block) -> None:
    """The routes' capacities where trade and sharing meet, after both are on the path."""
    model = path.model()
    both = [key for key in path.route_room if key[:3] in model.flows and key[:3] in model.shared_flows]
    path.room = pyo.Constraint(both, rule=room)


def _routes(structure: Structure, situation: Situation) -> tuple[dict[Any, float], dict[Any, float]]:
    """Room in units where a route is limited, and cost in currency per unit, for every flow and step."""
    room, cost = {}, {}
    length = situation.length
    for flow in dict.fromkeys([*structure.reach.flows, *structure.reach.sharing]):
        by_period = {t: structure.routes.of(flow, t) for t in structure.case.periods}
        for i, step in enumerate(situation.steps):
            capacity = situation.average(step, {t: r.capacity for t, r in by_period.items()})
            if math.isfinite(capacity):
                room[(*flow, i + 1)] = length[step] * capacity
            cost[(*flow, i + 1)] = situation.average(step, {t: r.cost for t, r in by_period.items()})
    return room, cost


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
