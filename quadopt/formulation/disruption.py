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

import pyomo.environ as pyo

from quadopt.formulation.structure import Structure
from quadopt.tables.situation import Situation


def add_opening(path: pyo.Block, structure: Structure, situation: Situation) -> None:
    """A branch opens with the base path's reserve, or with the initial stock where it starts in the first period."""
    before = structure.case.periods.index(situation.first_period)
    model = path.model()

    def opens_with_reserve(path: pyo.Block, n: Any, m: Any) -> Any:
        r"""A branch opens with the reserve, $s^w_{nm0} = R_{nm,start-1}$, or with the initial stock."""
        held = model.base.reserve[n, m, before] if before else path.opening[n, m]
        return path.stock[n, m, 0] == held

    path.opens_with = pyo.Constraint(model.stocks, rule=opens_with_reserve)


def add_cuts(path: pyo.Block, structure: Structure, situation: Situation) -> None:
    """Export cuts, each within what the destinations need and within what the country can offer."""
    cuts = {
        i: cut for i, cut in enumerate(situation.cuts) if _is_felt(path, cut.country, cut.material, cut.destinations)
    }
    label = {s: i + 1 for i, s in enumerate(situation.steps)}
    length = situation.length
    pairs = {
        i: [d for d in c.destinations if (c.country, d, c.material) in path.model().flows] for i, c in cuts.items()
    }
    shared = {
        i: [d for d in c.destinations if (c.country, d, c.material) in path.model().shared_flows]
        for i, c in cuts.items()
    }
    need: dict[tuple[int, int], float] = {}
    plants: dict[tuple[int, int], float] = {}
    offers: dict[tuple[int, int, str, int], float] = {}
    for i, cut in cuts.items():
        for s, share in cut.share.items():
            t = label[s]
            need[i, t] = length[s] * (share * cut.need[s] + cut.fixed[s])
            offered = sum(
                p.recipe[cut.material] * situation.undisturbed_capacity[p.name, s]
                for p in structure.plants
                if p.country == cut.country and p.recipe.get(cut.material, 0.0) > 0
            )
            plants[i, t] = length[s] * (share * offered + cut.fixed[s])
            offers |= {
                (i, t, *key): length[s] * share * o
                for key, o in _project_offers(structure, situation, cut.country, cut.material, s).items()
            }
    by_cut: dict[tuple[int, int], list[tuple[str, int]]] = {key: [] for key in need}
    for i, t, p, tau in offers:
        by_cut[i, t].append((p, tau))
    model = path.model()

    def shipped(path: pyo.Block, i: int, t: int) -> Any:
        c, m = cuts[i].country, cuts[i].material
        return sum(path.shipment[c, d, m, t] for d in pairs[i]) + sum(path.shared[c, d, m, t] for d in shared[i])

    def cut_to_need(path: pyo.Block, i: Any, t: Any) -> Any:
        r"""Within what is wanted, or within the stated limit:

        $\sum_d (x + g)_{cdmt} \le (1 - severity)\, h \sum_d need_{dm}$.
        """
        return shipped(path, i, t) <= need[i, t]

    def cut_to_offer(path: pyo.Block, i: Any, t: Any) -> Any:
        r"""Within what plants and online projects can make:

        $\sum_d (x + g)_{cdmt} \le (1 - severity)\, h\, offer_{cm}$.
        """
        projects = sum(offers[i, t, p, tau] * model.is_started[p, tau] for p, tau in by_cut[i, t])
        return shipped(path, i, t) <= plants[i, t] + projects

    path.cut_to_need = pyo.Constraint(list(need), rule=cut_to_need)
    path.cut_to_offer = pyo.Constraint([key for key in need if plants[key] < need[key]], rule=cut_to_offer)


def _is_felt(path: pyo.Block, country: str, material: str, destinations: tuple[str, ...]) -> bool:
    model = path.model()
    return any((country, d, material) in flows for d in destinations for flows in (model.flows, model.shared_flows))


def _project_offers(
    structure: Structure, situation: Situation, country: str, material: str, step: str
) -> dict[tuple[str, int], float]:
    """(project, start) -> what it offers a year when online, outages left aside."""
    case, out = structure.case, {}
    for project in structure.projects:
        made = project.recipe.get(material, 0.0)
        if project.country != country or made <= 0:
            continue
        for start in project.starts:
            online = project.online(case, start, situation.begin[step], situation.end[step])
            if online > 0:
                out[project.name, case.periods.index(start) + 1] = made * project.capacity * online
    return out


def add_stress(path: pyo.Block) -> None:
    """The stress of a branch: $S_w = 10^{-6} \\sum shortage\\_value \\cdot shortage\\_weight \\cdot u^w$, millions."""
    path.stress = pyo.Expression(expr=sum(path.shortage_value[t] for t in path.steps))


def add_risk(model: pyo.ConcreteModel, structure: Structure) -> None:
    """Expected, worst and CVaR stress over the branches; the undisturbed future has stress zero."""
    crises = structure.crises
    model.crises = pyo.Set(initialize=[w.name for w in crises])
    model.probability = pyo.Param(model.crises, initialize={w.name: w.probability for w in crises})
    model.alpha = pyo.Param(initialize=structure.options.stress.alpha)
    model.stress_expected = pyo.Expression(
        expr=sum(model.probability[w] * model.branch[w].stress for w in model.crises)
    )

    model.worst_stress = pyo.Var(domain=pyo.NonNegativeReals)
    model.value_at_risk = pyo.Var(domain=pyo.NonNegativeReals)
    model.stress_excess = pyo.Var(model.crises, domain=pyo.NonNegativeReals)

    risk = structure.options.stress.risk
    if risk == "worst":
        model.is_worst = pyo.Constraint(model.crises, rule=is_worst)
    if risk == "cvar":
        model.exceeds = pyo.Constraint(model.crises, rule=exceeds)
    model.stress_at_risk = pyo.Expression(rule=stress_at_risk)


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
