r"""Caps: at most a share of yearly use from any one supplier.

| symbol     | name in code                    | unit  | meaning                                           |
| ---------- | ------------------------------- | ----- | ------------------------------------------------- |
| $\kappa$   | `cap_share[k]`                  | share | the cap's share                                   |
| $U_{nmt}$  | `use[n, m, t]`                  | units | inputs used plus demand served                    |
|            | `cap_excess[k, n, m, t]`        | units | above the cap; zero from the period it holds from |

`n` is a member, or `group` for all members together. The method, section 5.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.components import Constraint, Expression, Grouped, Groups, Set, Total, Var
from quadopt.formulation.options import Cap
from quadopt.formulation.structure import Structure

GROUP = "group"


def add(model: pyo.ConcreteModel, structure: Structure) -> None:
    """One set of rows a cap; the excess is free until `hold` closes it."""
    caps = structure.options.caps
    found = [
        (k, s, n, m)
        for k, cap in enumerate(caps)
        for n, m in _places(structure, cap)
        for s in structure.suppliers
        if s != n and _reaches(model, cap, s, n, m)
    ]
    capped = list(dict.fromkeys((k, n, m) for k, _, n, m in found))
    model.capped = Set(dimen=4, initialize=[(*key, t) for key in capped for t in model.periods])
    model.cap_share = pyo.Param(range(len(caps)), initialize={k: cap.share for k, cap in enumerate(caps)})
    model.cap_places = Set(dimen=4, initialize=found)
    members = [(*key, c) for key in found for c in _members(model, *key[1:])]
    model.cap_members = Groups(model.cap_places, initialize=Grouped(members))

    model.use = Expression(model.places, model.periods, rule=use)
    model.cap_excess = Var(model.capped, domain=pyo.NonNegativeReals)

    _add_traced(model, [key for key in found if caps[key[0]].basis == "traced"])
    _add_direct(model, [key for key in found if caps[key[0]].basis == "direct"])
    need = {(n, m, t): _need(structure, n, m, t) for _, n, m, t in model.capped}
    model.excess_over = Set(dimen=4, initialize=[key for key in model.capped if need[key[1:]] > 0])
    model.cap_need = pyo.Param(model.excess_over, initialize={key: need[key[1:]] for key in model.excess_over})
    model.cap_excess_total = Total(rule=cap_excess_total)


def _add_traced(model: pyo.ConcreteModel, places: list[tuple[int, str, str, str]]) -> None:
    members = [(key, c) for key in places for c in model.cap_members[key]]
    using = ((*key, c) for key, c in members if (c, key[3]) in model.exposure[key[1]].input_places)
    served = ((*key, c) for key, c in members if (c, key[3]) in model.exposure[key[1]].demand_places)
    model.traced_caps = Set(dimen=4, initialize=places)
    model.cap_using = Groups(model.traced_caps, initialize=Grouped(using))
    model.cap_served = Groups(model.traced_caps, initialize=Grouped(served))
    model.within_cap = Constraint(model.traced_caps, model.periods, rule=within_cap)


def _add_direct(model: pyo.ConcreteModel, places: list[tuple[int, str, str, str]]) -> None:
    members = [(key, c) for key in places for c in model.cap_members[key]]
    buying = ((*key, c) for key, c in members if (key[1], c, key[3]) in model.flows)
    model.direct_caps = Set(dimen=4, initialize=places)
    model.cap_buying = Groups(model.direct_caps, initialize=Grouped(buying))
    model.within_direct_cap = Constraint(model.direct_caps, model.periods, rule=within_direct_cap)


def hold(model: pyo.ConcreteModel, first: dict[tuple[int, str, str], int]) -> None:
    """Closes the excess from the period on in which each cap holds, (cap, member or group, material) -> step."""
    for k, n, m, t in model.capped:
        if t >= first[k, n, m]:
            model.cap_excess[k, n, m, t].setub(0.0)


def _places(structure: Structure, cap: Cap) -> list[tuple[str, str]]:
    stage = structure.case.column("materials", "material", "stage")
    chosen = {
        m
        for m in structure.case.materials
        if (not cap.materials and not cap.stages) or m in cap.materials or stage[m] in cap.stages
    }
    inside = [(n, m) for n, m in structure.places if n in structure.case.members and m in chosen]
    return inside if cap.scope == "member" else [(GROUP, m) for m in dict.fromkeys(m for _, m in inside)]


def _members(model: pyo.ConcreteModel, s: str, n: str, m: str) -> list[str]:
    """The members that a row speaks of: one, or the group without the supplier itself."""
    return [k for k in model.members if (k, m) in model.places and k != s] if n == GROUP else [n]


def _reaches(model: pyo.ConcreteModel, cap: Cap, s: str, n: str, m: str) -> bool:
    if cap.basis == "direct":
        return any((s, k, m) in model.flows for k in _members(model, s, n, m))
    return any((k, m) in model.exposure[s].places for k in _members(model, s, n, m))


def _need(structure: Structure, n: str, m: str, t: int) -> float:
    members = structure.case.members if n == GROUP else [n]
    period = structure.case.periods[t - 1]
    return structure.case.length[period] * sum(structure.case.need.get((k, m, period), 0.0) for k in members)


def within_cap(model: pyo.ConcreteModel, k: Any, s: Any, n: Any, m: Any, t: Any) -> Any:
    r"""Traced: $w^\sigma_{nmt} + v^\sigma_{nmt} \le \kappa U_{nmt}$."""
    exposure = model.exposure[s]
    used = sum(exposure.used[c, m, t] for c in model.cap_using[k, s, n, m])
    served = sum(exposure.served[c, m, t] for c in model.cap_served[k, s, n, m])
    return used + served <= cap_on(model, k, s, n, m, t)


def within_direct_cap(model: pyo.ConcreteModel, k: Any, s: Any, n: Any, m: Any, t: Any) -> Any:
    r"""Direct: $x_{\sigma nmt} \le \kappa U_{nmt}$."""
    bought = sum(model.base.shipment[s, c, m, t] for c in model.cap_buying[k, s, n, m])
    return bought <= cap_on(model, k, s, n, m, t)


def cap_on(model: pyo.ConcreteModel, k: Any, s: Any, n: Any, m: Any, t: Any) -> Any:
    """What one supplier may stand for, and what is above it."""
    use = sum(model.use[c, m, t] for c in model.cap_members[k, s, n, m])
    return model.cap_share[k] * use + model.cap_excess[k, n, m, t]


def cap_excess_total(model: pyo.ConcreteModel) -> Any:
    """All excess over need."""
    return sum(model.cap_excess[k, n, m, t] / model.cap_need[k, n, m, t] for k, n, m, t in model.excess_over)


def use(model: pyo.ConcreteModel, n: Any, m: Any, t: Any) -> Any:
    r"""Use: $U_{nmt} = \sum_i \max(-\rho, 0) a_{it} + \sum_q (h_tD - u)$."""
    path = model.base
    return terms.used(path, n, m, t) + terms.demanded(path, n, m, t) - terms.short(path, n, m, t)
