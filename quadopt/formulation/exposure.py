r"""Exposure: the part of every base-path quantity that goes back to one traced supplier $\sigma$.

| symbol               | name in code             | unit     | meaning                                   |
| -------------------- | ------------------------ | -------- | ----------------------------------------- |
| $a^\sigma_{it}$      | `activity[u, t]`         | activity | exposed activity                          |
| $x^\sigma_{cdmt}$    | `shipment[c, d, m, t]`   | units    | exposed shipment, origin not the supplier |
| $g^\sigma_{ijmt}$    | `shared[i, j, m, t]`     | units    | exposed sharing, provider not the supplier |
| $s^\sigma, d^\sigma, r^\sigma$ | `stock`, `deposit`, `release` | units | exposed part of a stock and its flows |
| $v^\sigma_{nmt}$     | `served[n, m, t]`        | units    | exposed part of what demand gets          |
| $w^\sigma_{cmt}$     | `used[c, m, t]`          | units    | exposed input of exposed activity         |
| $disposed^\sigma$    | `disposed[c, m, t]`      | units    | exposed part of what is disposed of       |

One block a supplier, built only downstream of what it makes or can ship. Exposed and clean units are assigned as
bookkeeping, so the exposure is a lower bound. The method, section 5.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.components import Constraint, Grouped, Groups, Param, Set, Var
from quadopt.formulation.structure import Flow, Place, Structure


def add(exposure: pyo.Block, structure: Structure, supplier: str) -> None:
    """Sets, decisions and rules of one supplier's exposure on the base path."""
    path = exposure.model().base
    steps = path.steps
    _add_sets(exposure, structure, supplier)

    exposure.activity = Var(exposure.units, steps, domain=pyo.NonNegativeReals)
    exposure.shipment = Var(exposure.flows, steps, domain=pyo.NonNegativeReals)
    exposure.shared = Var(exposure.shared_flows, steps, domain=pyo.NonNegativeReals)
    exposure.stock = Var(exposure.stocks, path.moments, bounds=lambda e, n, m, t: (0, e.model().exposed_limit[t]))
    exposure.deposit = Var(exposure.stocks, steps, domain=pyo.NonNegativeReals)
    exposure.release = Var(exposure.stocks, steps, domain=pyo.NonNegativeReals)
    exposure.served = Var(exposure.demand_places, steps, domain=pyo.NonNegativeReals)
    exposure.used = Var(exposure.input_places, steps, domain=pyo.NonNegativeReals)
    exposure.disposed = Var(exposure.places, steps, domain=pyo.NonNegativeReals)

    exposure.activity_part = Constraint(exposure.units, steps, rule=activity_part)
    exposure.shipment_part = Constraint(exposure.flows, steps, rule=shipment_part)
    exposure.shared_part = Constraint(exposure.shared_flows, steps, rule=shared_part)
    exposure.deposit_part = Constraint(exposure.stocks, steps, rule=deposit_part)
    exposure.release_part = Constraint(exposure.stocks, steps, rule=release_part)
    exposure.served_part = Constraint(exposure.demand_places, steps, rule=served_part)
    exposure.disposed_part = Constraint(exposure.places, steps, rule=disposed_part)
    exposure.goes_to_exposed_activity = Constraint(exposure.input_places, steps, rule=goes_to_exposed_activity)
    exposure.does_not_vanish = Constraint(exposure.places, steps, rule=does_not_vanish)
    exposure.stock_flow = Constraint(exposure.stocks, steps, rule=stock_flow)
    exposure.core_is_clean = Constraint(exposure.stocks, steps, rule=core_is_clean)


def add_clean_parts(model: pyo.ConcreteModel, structure: Structure) -> None:
    """What of every stock and of every reserve must be of clean origin, the same whoever is traced; all at the opening."""
    model.exposed_limit = pyo.Param(model.base.moments, initialize={0: 0.0}, default=math.inf)
    model.clean_core = Param(model.stocks, model.periods, initialize=structure.clean_core)
    model.clean_reserve = Param(model.stocks, model.periods, initialize=structure.clean_reserve)


def downstream(structure: Structure, supplier: str) -> set[Place]:
    """Places outside the supplier that its output can reach, through trade, sharing and recipes."""
    onward: dict[Place, set[Place]] = defaultdict(set)
    for origin, destination, material in [*structure.reach.flows, *structure.reach.sharing]:
        onward[origin, material].add((destination, material))
    for unit in structure.units.values():
        outputs = {(unit.country, m) for m, q in unit.recipe.items() if q > 0}
        for material, quantity in unit.recipe.items():
            if quantity < 0:
                onward[unit.country, material] |= outputs
    frontier = [place for source, places in list(onward.items()) if source[0] == supplier for place in places]
    found: set[Place] = set()
    while frontier:
        place = frontier.pop()
        if place[0] != supplier and place not in found:
            found.add(place)
            frontier.extend(onward[place])
    return found


def _add_sets(exposure: pyo.Block, structure: Structure, supplier: str) -> None:
    found = downstream(structure, supplier)
    places = [p for p in structure.places if p in found]
    flows = [f for f in structure.reach.flows if (f[0], f[2]) in found]
    sharing = [f for f in structure.reach.sharing if (f[0], f[2]) in found]
    units = [u for u in structure.units.values() if any((u.country, m) in found for m, q in u.recipe.items() if q < 0)]
    inputs = {(u.country, m) for u in units for m, q in u.recipe.items() if q < 0} & found
    demand = {(n, m) for n, m, _ in structure.demands} & found
    exposure.places = Set(dimen=2, initialize=places)
    exposure.input_places = Set(dimen=2, initialize=[p for p in places if p in inputs])
    exposure.demand_places = Set(dimen=2, initialize=[p for p in places if p in demand])
    exposure.stocks = Set(dimen=2, initialize=[p for p in structure.stocks if p in found])
    exposure.flows = Set(dimen=3, initialize=flows)
    exposure.shared_flows = Set(dimen=3, initialize=sharing)
    exposure.units = Set(dimen=1, initialize=[u.name for u in units])

    makers = ((u.country, m, u.name) for u in units for m, q in u.recipe.items() if q > 0 and (u.country, m) in found)
    exposure.makers = Groups(exposure.places, initialize=Grouped(makers))
    exposure.origins = Groups(exposure.places, initialize=Grouped(((d, m, o) for o, d, m in flows if (d, m) in found)))
    exposure.providers = Groups(
        exposure.places, initialize=Grouped(((j, m, i) for i, j, m in sharing if (j, m) in found))
    )
    exposure.demanding = Groups(exposure.places, initialize=Grouped(((n, m, m) for n, m in exposure.demand_places)))
    exposure.using = Groups(exposure.places, initialize=Grouped(((c, m, m) for c, m in exposure.input_places)))
    exposure.supplied = Groups(exposure.places, initialize=Grouped(_from(supplier, structure.reach.flows)))
    exposure.supplied_by_sharing = Groups(exposure.places, initialize=Grouped(_from(supplier, structure.reach.sharing)))


def _from(supplier: str, flows: list[Flow]) -> list[Flow]:
    """The places that the supplier itself reaches: everything that leaves it is exposed."""
    return [(d, m, o) for o, d, m in flows if o == supplier]


def activity_part(e: pyo.Block, u: Any, t: Any) -> Any:
    r"""$a^\sigma_{it} \le a_{it}$."""
    return e.activity[u, t] <= e.model().base.activity[u, t]


def shipment_part(e: pyo.Block, c: Any, d: Any, m: Any, t: Any) -> Any:
    r"""$x^\sigma_{cdmt} \le x_{cdmt}$."""
    return e.shipment[c, d, m, t] <= e.model().base.shipment[c, d, m, t]


def shared_part(e: pyo.Block, i: Any, j: Any, m: Any, t: Any) -> Any:
    r"""$g^\sigma_{ijmt} \le g_{ijmt}$."""
    return e.shared[i, j, m, t] <= e.model().base.shared[i, j, m, t]


def deposit_part(e: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""$d^\sigma_{nmt} \le d_{nmt}$."""
    return e.deposit[n, m, t] <= e.model().base.deposit[n, m, t]


def release_part(e: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""$r^\sigma_{nmt} \le r_{nmt}$."""
    return e.release[n, m, t] <= e.model().base.release[n, m, t]


def served_part(e: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""$v^\sigma_{nmt} \le \sum_q (h_t D_{nmqt} - u_{nmqt})$."""
    base, sectors = e.model().base, e.model().demanding[n, m]
    return e.served[n, m, t] <= sum(base.demand[n, m, q, t] - base.shortage[n, m, q, t] for q in sectors)


def disposed_part(e: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""$disposed^\sigma_{cmt} \le disposal_{cmt}$."""
    return e.disposed[c, m, t] <= e.model().base.disposal[c, m, t]


def goes_to_exposed_activity(e: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""Activity that uses any exposed input is exposed:

    $w^\sigma_{cmt} \le \sum_i \max(-\rho_{im}, 0) a^\sigma_{it}$.
    """
    return e.used[c, m, t] <= sum(-e.model().recipe[u, m] * e.activity[u, t] for u in e.model().users[c, m])


def does_not_vanish(e: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""Exposed material does not vanish into the clean part; all that leaves the supplier is exposed:

    $\sum_i \max(\rho, 0) a^\sigma_{it} + \sum_o x^\sigma_{ocmt} + r^\sigma_{cmt} + \sum_j g^\sigma_{jcmt}
    \le w^\sigma_{cmt} + \sum_d x^\sigma_{cdmt} + d^\sigma_{cmt} + v^\sigma_{cmt} + disposed^\sigma_{cmt}$.
    """
    return terms.exposed_inflow(e, c, m, t) <= terms.exposed_outflow(e, c, m, t)


def stock_flow(e: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""The exposed stock:

    $s^\sigma_t = (1 - loss)^{h_t} s^\sigma_{t-1} + d^\sigma_t - r^\sigma_t - \sum_j g^\sigma_{nj,t}$, $s^\sigma_0 = 0$.
    """
    taken = e.release[n, m, t] + sum(e.shared[n, j, m, t] for j in e.model().receivers[n, m])
    return e.stock[n, m, t] == e.model().base.kept[n, m, t] * e.stock[n, m, t - 1] + e.deposit[n, m, t] - taken


def core_is_clean(e: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""What is still there of the clean initial stock is no exposed stock:

    $s^\sigma_{nmt} \le s_{nmt} - core_{nmt}$.
    """
    return e.stock[n, m, t] <= e.model().base.stock[n, m, t] - e.model().clean_core[n, m, t]


def add_booking(rows: pyo.Block, structure: Structure, supplier: str) -> None:
    """What an optimised plan may book: the reserve keeps its origin, and disposal where the model file restricts it."""
    model = rows.model()
    exposure, steps = model.exposure[supplier], model.base.steps
    stricter = np.argwhere(structure.clean_reserve > structure.clean_core + 1e-9).tolist()
    stocks = list(structure.stocks)
    rows.stricter = Set(dimen=3, initialize=[(*stocks[k], t + 1) for k, t in stricter if stocks[k] in exposure.stocks])

    def reserve_is_clean(rows: pyo.Block, n: Any, m: Any, t: Any) -> Any:
        r"""The reserve keeps its origin:

        $s^\sigma_{nmt} \le s_{nmt} - \min(minimum_{nmt}, initial_{nm} (1 - loss)^{Y_t + h_t})$.
        """
        return exposure.stock[n, m, t] <= model.base.stock[n, m, t] - model.clean_reserve[n, m, t]

    def disposed_of_own_output(rows: pyo.Block, c: Any, m: Any, t: Any) -> Any:
        r"""Only exposed by-products are left over:

        $disposed^\sigma_{cmt} \le \sum_{i \in c} \max(\rho, 0) a^\sigma_{it}$.
        """
        made = sum(model.recipe[u, m] * exposure.activity[u, t] for u in exposure.makers[c, m])
        return exposure.disposed[c, m, t] <= made

    rows.reserve_is_clean = Constraint(rows.stricter, rule=reserve_is_clean)
    if structure.options.dependence.exposed_disposal == "own_output":
        rows.disposed_of_own_output = Constraint(exposure.places, steps, rule=disposed_of_own_output)
