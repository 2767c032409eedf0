r"""Disruptions: how a branch opens, what is cut, and how the branches are weighed.

| symbol    | name in code        | unit     | meaning                                                    |
| --------- | ------------------- | -------- | ---------------------------------------------------------- |
| $\pi_w$   | `probability[w]`    | share    | of the disruption happening once in the horizon            |
| $S_w$     | `stress`            | millions | weighted shortage value of a branch, not lost output       |
|           | `worst_stress`      | millions | the largest of them                                        |
| $\eta$    | `value_at_risk`     | millions | CVaR: what is exceeded with probability $1 - \alpha$       |
|           | `stress_excess[w]`  | millions | what a branch exceeds it by                                |

Investment and reserve are the same in all futures; a branch has its own operation. The method, section 6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation.components import Array, Constraint, Grouped, Groups, Param, Set, Total, Var
from quadopt.formulation.structure import Flow, Structure
from quadopt.tables.situation import Cut, Situation


def add_opening(path: pyo.Block, structure: Structure, situation: Situation) -> None:
    """A branch opens with the base path's reserve, or with the initial stock where it starts in the first period."""
    before = structure.case.periods.index(situation.first_period)
    model = path.model()

    def opens_with_reserve(path: pyo.Block, n: Any, m: Any) -> Any:
        r"""A branch opens with the reserve, $s^w_{nm0} = R_{nm,start-1}$, or with the initial stock."""
        held = model.base.reserve[n, m, before] if before else path.opening[n, m]
        return path.stock[n, m, 0] == held

    path.opens_with = Constraint(model.stocks, rule=opens_with_reserve)


def add_cuts(path: pyo.Block, structure: Structure, situation: Situation) -> None:
    """Export cuts, each within what the destinations need and within what the country can offer."""
    length = situation.lengths
    stopped = [(cut, *_stopped(structure, cut)) for cut in situation.cuts]
    felt = dict(enumerate(((cut, trade, sharing) for cut, trade, sharing in stopped if trade or sharing), 1))
    traded = ((i, *flow) for i, (_, trade, _) in felt.items() for flow in trade)
    shared = ((i, *flow) for i, (_, _, sharing) in felt.items() for flow in sharing)
    path.cuts = pyo.RangeSet(1, len(felt))
    path.cut_flows = Groups(path.cuts, initialize=Grouped(traded, width=3))
    path.cut_sharing = Groups(path.cuts, initialize=Grouped(shared, width=3))

    need, plants, offers = {}, {}, {}
    for i, (cut, _, _) in felt.items():
        offered = _plants_offer(structure, situation, cut)
        projects = _projects_offer(structure, situation, cut)
        for k in np.flatnonzero(cut.is_covered).tolist():
            need[i, k + 1] = length[k] * (cut.share[k] * cut.need[k] + cut.fixed[k])
            plants[i, k + 1] = length[k] * (cut.share[k] * offered[k] + cut.fixed[k])
            for start, amount in projects.items():
                if amount[k] > 0:
                    offers[i, k + 1, *start] = length[k] * cut.share[k] * amount[k]
    path.cut_steps = Set(dimen=2, initialize=list(need))
    path.cut_need = Param(path.cut_steps, initialize=list(need.values()))
    path.plants_offer = Param(path.cut_steps, initialize=list(plants.values()))
    path.offers = Set(dimen=4, initialize=list(offers))
    path.project_offer = Param(path.offers, initialize=list(offers.values()))
    path.offering = Groups(path.cut_steps, initialize=Grouped(list(offers), width=2))
    path.scarce_steps = Set(dimen=2, initialize=[key for key in need if plants[key] < need[key]])

    path.cut_to_need = Constraint(path.cut_steps, rule=cut_to_need)
    path.cut_to_offer = Constraint(path.scarce_steps, rule=cut_to_offer)


def _stopped(structure: Structure, cut: Cut) -> tuple[list[Flow], list[Flow]]:
    """The flows of trade and of sharing that a cut stops."""
    flows = [(cut.country, d, cut.material) for d in cut.destinations]
    return [f for f in flows if f in structure.traded], [f for f in flows if f in structure.shared]


def _plants_offer(structure: Structure, situation: Situation, cut: Cut) -> Array:
    """What the plants of a cut's country can make of its material a year, outages left aside, by step."""
    made = [p.recipe.get(cut.material, 0.0) if p.country == cut.country else 0.0 for p in structure.plants]
    return np.maximum(made, 0.0) @ situation.undisturbed_capacity


def _projects_offer(structure: Structure, situation: Situation, cut: Cut) -> dict[tuple[str, int], Array]:
    """(project, start) -> what it offers a year when online, outages left aside, by step."""
    projects = [p for p in structure.projects for _ in p.starts]
    out = {}
    for project, start, online in zip(projects, structure.starts, situation.online, strict=True):
        made = project.recipe.get(cut.material, 0.0)
        if project.country == cut.country and made > 0:
            out[start] = made * project.capacity * online
    return out


def cut_shipments(path: pyo.Block, i: Any, t: Any) -> Any:
    """What leaves a country whose exports are cut, traded or shared."""
    traded = sum(path.shipment[c, d, m, t] for c, d, m in path.cut_flows[i])
    return traded + sum(path.shared[c, d, m, t] for c, d, m in path.cut_sharing[i])


def cut_to_need(path: pyo.Block, i: Any, t: Any) -> Any:
    r"""Within what is wanted, or within the stated limit:

    $\sum_d (x + g)_{cdmt} \le (1 - severity)\, h \sum_d need_{dm}$.
    """
    return cut_shipments(path, i, t) <= path.cut_need[i, t]


def cut_to_offer(path: pyo.Block, i: Any, t: Any) -> Any:
    r"""Within what plants and online projects can make:

    $\sum_d (x + g)_{cdmt} \le (1 - severity)\, h\, offer_{cm}$.
    """
    model = path.model()
    projects = sum(path.project_offer[i, t, p, tau] * model.is_started[p, tau] for p, tau in path.offering[i, t])
    return cut_shipments(path, i, t) <= path.plants_offer[i, t] + projects


def add_stress(path: pyo.Block) -> None:
    """The stress of a branch: $S_w = 10^{-6} \\sum shortage\\_value \\cdot shortage\\_weight \\cdot u^w$, millions."""
    path.stress = Total(rule=lambda path: sum(path.shortage_value[t] for t in path.steps))


def add_risk(model: pyo.ConcreteModel, structure: Structure) -> None:
    """Expected, worst and CVaR stress over the branches; the undisturbed future has stress zero."""
    crises = structure.crises
    model.crises = Set(dimen=1, initialize=[w.name for w in crises])
    model.probability = pyo.Param(model.crises, initialize={w.name: w.probability for w in crises})
    model.alpha = pyo.Param(initialize=structure.options.stress.alpha)
    model.stress_expected = Total(rule=stress_expected)

    model.worst_stress = pyo.Var(domain=pyo.NonNegativeReals)
    model.value_at_risk = pyo.Var(domain=pyo.NonNegativeReals)
    model.stress_excess = Var(model.crises, domain=pyo.NonNegativeReals)

    risk = structure.options.stress.risk
    if risk == "worst":
        model.is_worst = Constraint(model.crises, rule=is_worst)
    if risk == "cvar":
        model.exceeds = Constraint(model.crises, rule=exceeds)
    model.stress_at_risk = Total(rule=stress_at_risk)


def stress_expected(model: pyo.ConcreteModel) -> Any:
    r"""Expected stress: $\sum_w \pi_w S_w$, millions."""
    return sum(model.probability[w] * model.branch[w].stress for w in model.crises)


def is_worst(model: pyo.ConcreteModel, w: Any) -> Any:
    r"""The worst crisis: $worst \ge S_w$."""
    return model.worst_stress >= model.branch[w].stress


def exceeds(model: pyo.ConcreteModel, w: Any) -> Any:
    r"""What a crisis exceeds the value at risk by: $excess_w \ge S_w - \eta$."""
    return model.stress_excess[w] >= model.branch[w].stress - model.value_at_risk


def stress_at_risk(model: pyo.ConcreteModel) -> Any:
    r"""CVaR: $\eta + \frac{1}{1 - \alpha} \sum_w \pi_w \max(0, S_w - \eta)$, millions."""
    tail = sum(model.probability[w] * model.stress_excess[w] for w in model.crises)
    return model.value_at_risk + tail / (1 - model.alpha)
