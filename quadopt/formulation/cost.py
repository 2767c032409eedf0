r"""Cost by kind: what is paid for projects, for operation, and what going short is worth.

Every term is in millions, undiscounted, by step of its path; the objective is the discounted and expected sum. In the
part of a period that branches cover, the base path counts with $1 - \sum_w \pi_w$ and each branch with $\pi_w$.

| kind                 | name in code        | meaning                                                         |
| -------------------- | ------------------- | --------------------------------------------------------------- |
| capex_public         | `cost_capex_public[t]` | the fund's part of capex                                     |
| capex_private        | `cost_capex_private[t]` | the others' part                                            |
| salvage              | `cost_salvage[t]`   | unexpired part of capex, negative                               |
| production_home      | `production_home[t]` | unit costs of units in member countries                        |
| production_abroad    | `production_abroad[t]` | what units outside ask                                       |
| transport            | `transport[t]`      | routes, for trade                                               |
| sharing              | `sharing_paid[t]`   | routes and the pact's own cost, for sharing                     |
| holding              | `holding[t]`        | holding stocks                                                  |
| shortage             | `shortage_value[t]` | what going short is worth                                       |
| refill               | `refill_paid[t]`    | branches: $10^{-6} \sum price_m\, refill_{nm}$ at their end      |

| rate                            | unit                          | meaning              |
| ------------------------------- | ----------------------------- | -------------------- |
| `unit_cost[u, t]`               | currency per unit of activity | what a unit asks     |
| `route_cost[c, d, m, t]`        | currency per unit             | the route, for trade |
| `shared_route_cost[i, j, m, t]` | currency per unit             | the route, for sharing |
| `sharing_cost[i, j, m, t]`      | currency per unit             | the pact's own cost  |
| `holding_cost[n, m]`            | currency per unit and year    | holding a stock      |

The method, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.components import Constraint, Expression, Param, Set, Total, Var
from quadopt.formulation.structure import Structure
from quadopt.tables.calendar import overlap
from quadopt.tables.situation import Situation


@dataclass(frozen=True)
class Weight:
    """What a term's step counts in the objective: `discount` to the first period, `chance` of being paid."""

    discount: float
    chance: float


def weights(structure: Structure, with_branches: bool) -> dict[tuple[str, int], Weight]:
    """(path, step) -> weight, for the base path and every branch."""
    case, base = structure.case, structure.base
    out = {}
    crises = structure.crises if with_branches else []
    for t, period in enumerate(base.steps, 1):
        covered = sum(
            w.probability * overlap(base.begin[period], base.end[period], w.begin[w.steps[0]], w.end[w.steps[-1]])
            for w in crises
        )
        out[base.name, t] = Weight(case.discount[period], 1.0 - covered / case.length[period])
    for crisis in crises:
        for t, step in enumerate(crisis.steps, 1):
            out[crisis.name, t] = Weight(crisis.discount[step], crisis.probability)
    return out


def add_investment(model: pyo.ConcreteModel, structure: Structure, costs: terms.Costs) -> None:
    """Capex, public and private, when it is paid, and the salvage at the horizon's end."""
    paid, public = structure.paid, structure.fund_share
    salvage = np.zeros_like(paid)
    salvage[:, -1] = -structure.salvage
    model.capex_public = Param(model.starts, model.periods, initialize=public * paid)
    model.capex_private = Param(model.starts, model.periods, initialize=(1.0 - public) * paid)
    model.salvage = Param(model.starts, model.periods, initialize=salvage)

    model.cost_capex_public = Expression(model.periods, rule=capex_public)
    model.cost_capex_private = Expression(model.periods, rule=capex_private)
    model.cost_salvage = Expression(model.periods, rule=salvage_paid)

    costs.add("capex_public", model, model.cost_capex_public)
    costs.add("capex_private", model, model.cost_capex_private)
    costs.add("salvage", model, model.cost_salvage)


def add_operation(path: pyo.Block, structure: Structure, situation: Situation, costs: terms.Costs) -> None:
    """What operating a path costs: units at home, what is asked abroad, transport, sharing, holding, shortage."""
    members = set(structure.case.members)
    _add_rates(path, structure, situation)
    path.home_units = Set(initialize=[u.name for u in structure.units.values() if u.country in members])
    path.units_abroad = Set(initialize=[u.name for u in structure.units.values() if u.country not in members])

    path.production_home = Expression(path.steps, rule=production_home)
    path.production_abroad = Expression(path.steps, rule=production_abroad)
    path.transport = Expression(path.steps, rule=transport)
    path.sharing_paid = Expression(path.steps, rule=sharing_paid)
    path.holding = Expression(path.steps, rule=holding_paid)

    costs.add("production_home", path, path.production_home)
    costs.add("production_abroad", path, path.production_abroad)
    costs.add("transport", path, path.transport)
    costs.add("sharing", path, path.sharing_paid)
    costs.add("holding", path, path.holding)
    costs.add("shortage", path, path.shortage_value)


def _add_rates(path: pyo.Block, structure: Structure, situation: Situation) -> None:
    """What units, routes, sharing and stocks ask."""
    model, steps = path.model(), path.steps
    asked = situation.averages(structure.rates.unit_cost)
    own = np.array([p.unit_cost for p in structure.projects]).reshape(-1, 1) * np.ones(len(steps))
    path.unit_cost = Param(model.units, steps, initialize=np.concatenate([asked, own]))
    path.route_cost = Param(model.flows, steps, initialize=situation.averages(structure.flow_rates[0]))
    path.shared_route_cost = Param(model.shared_flows, steps, initialize=situation.averages(structure.sharing_rates[0]))
    shared = structure.sharing_table.cost[structure.sharing_row][:, structure.sharing_periods(situation)]
    path.sharing_cost = Param(model.shared_flows, steps, initialize=shared)
    path.holding_cost = Param(model.stocks, initialize=structure.stock_column("holding_cost"))


def add_refill(path: pyo.Block, structure: Structure, costs: terms.Costs) -> None:
    """A branch pays for refilling the reserve to what it opened with, at the material's price, at its end."""
    model, price = path.model(), structure.case.price
    path.refill_price = Param(model.stocks, initialize=[price[m] for _, m in structure.stocks])
    last = len(path.steps)
    path.end = pyo.RangeSet(last, last)

    path.refill = Var(model.stocks, domain=pyo.NonNegativeReals)

    def refill_makes_good(path: pyo.Block, n: Any, m: Any) -> Any:
        r"""A branch refills the reserve to what it opened with: $refill_{nm} \ge s_{nm0} - s_{nm,end}$."""
        return path.refill[n, m] >= path.stock[n, m, 0] - path.stock[n, m, last]

    path.refill_makes_good = Constraint(model.stocks, rule=refill_makes_good)
    path.refill_paid = Expression(path.end, rule=refill_paid)
    costs.add("refill", path, path.refill_paid)


def add_total(model: pyo.ConcreteModel, structure: Structure, costs: terms.Costs, with_branches: bool) -> None:
    """The cost objective, over all terms that blocks have added."""
    table = weights(structure, with_branches)
    weighted = []
    model.cost_weight = pyo.Block(range(len(costs.terms)))
    for number, (kind, path, expression) in enumerate(costs.terms):
        found = [weight_of(structure, table, kind, path, t) for t in expression.index_set()]
        weight = Param(expression.index_set(), initialize=[w.discount * w.chance for w in found])
        model.cost_weight[number].add_component("weight", weight)
        weighted.append((weight, expression))

    def total_cost(model: pyo.ConcreteModel) -> Any:
        r"""The cost objective: $\sum \delta \cdot chance \cdot term$, salvage discounted from the horizon's end."""
        return sum([sum(weight[t] * term[t] for t in term.index_set()) for weight, term in weighted])

    model.total_cost = Total(rule=total_cost)


def weight_of(structure: Structure, table: dict[tuple[str, int], Weight], kind: str, path: pyo.Block, t: int) -> Weight:
    """The weight of one term in one step; investment is the same in all futures."""
    case = structure.case
    if kind == "salvage":
        return Weight((1.0 + case.discount_rate) ** -case.horizon, 1.0)
    if path is path.model():
        return Weight(case.discount[case.periods[t - 1]], 1.0)
    return table[path_name(path), t]


def path_name(path: pyo.Block) -> str:
    """`base`, or the name of the disruption."""
    return "base" if path is path.model().base else str(path.index())


def capex_public(model: pyo.ConcreteModel, t: Any) -> Any:
    """What the fund pays of capex."""
    return sum(model.capex_public[p, tau, t] * model.is_started[p, tau] for p, tau in model.starts)


def capex_private(model: pyo.ConcreteModel, t: Any) -> Any:
    """What the others pay of capex."""
    return sum(model.capex_private[p, tau, t] * model.is_started[p, tau] for p, tau in model.starts)


def salvage_paid(model: pyo.ConcreteModel, t: Any) -> Any:
    """What is credited at the horizon's end, negative."""
    return sum(model.salvage[p, tau, t] * model.is_started[p, tau] for p, tau in model.starts)


def production_home(path: pyo.Block, t: Any) -> Any:
    r"""What units at home cost: $10^{-6} \sum_{i \text{ at home}} unit\_cost_{it} a_{it}$."""
    return sum(1e-6 * path.unit_cost[u, t] * path.activity[u, t] for u in path.home_units)


def production_abroad(path: pyo.Block, t: Any) -> Any:
    r"""What is asked abroad: $10^{-6} \sum_{i \text{ outside}} unit\_cost_{it} a_{it}$."""
    return sum(1e-6 * path.unit_cost[u, t] * path.activity[u, t] for u in path.units_abroad)


def transport(path: pyo.Block, t: Any) -> Any:
    r"""What trade pays for its routes: $10^{-6} \sum cost_{cdmt} x_{cdmt}$."""
    return sum(1e-6 * path.route_cost[c, d, m, t] * path.shipment[c, d, m, t] for c, d, m in path.model().flows)


def sharing_paid(path: pyo.Block, t: Any) -> Any:
    r"""The route and the pact's own cost: $10^{-6} \sum (cost^{route} + cost^{sharing}) g_{ijmt}$."""
    return sum(
        1e-6 * (path.shared_route_cost[i, j, m, t] + path.sharing_cost[i, j, m, t]) * path.shared[i, j, m, t]
        for i, j, m in path.model().shared_flows
    )


def holding_paid(path: pyo.Block, t: Any) -> Any:
    r"""What holding costs, on the closing stock: $10^{-6} \sum holding\_cost_{nm} h_t s_{nmt}$."""
    return sum(1e-6 * path.holding_cost[n, m] * path.length[t] * path.stock[n, m, t] for n, m in path.model().stocks)


def refill_paid(path: pyo.Block, t: Any) -> Any:
    r"""What refilling costs: $10^{-6} \sum price_m\, refill_{nm}$."""
    return sum(1e-6 * path.refill_price[n, m] * path.refill[n, m] for n, m in path.model().stocks)
