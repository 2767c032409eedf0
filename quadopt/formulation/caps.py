r"""Caps: at most a share of yearly use from any one supplier.

| symbol     | name in code                    | unit  | meaning                                           |
| ---------- | ------------------------------- | ----- | ------------------------------------------------- |
| $\kappa$   | `cap_share[k]`                  | share | the cap's share                                   |
| $U_{nmt}$  | use                             | units | inputs used plus demand served                    |
|            | `cap_excess[k, n, m, t]`        | units | above the cap; zero from the period it holds from |

`n` is a member, or `group` for all members together. The method, section 5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.options import Cap
from quadopt.formulation.structure import Structure

GROUP = "group"


def add(model: pyo.ConcreteModel, structure: Structure) -> None:
    """One set of rows a cap; the excess is free until `hold` closes it."""
    keys, rows = [], []
    for number, cap in enumerate(structure.options.caps):
        for n, m in _places(structure, cap):
            suppliers = [s for s in structure.suppliers if s != n and _reaches(model, structure, cap, s, n, m)]
            keys += [(number, n, m, t) for t in model.periods if suppliers]
            rows += [(number, s, n, m, t) for s in suppliers for t in model.periods]
    model.capped = pyo.Set(dimen=4, initialize=keys)
    model.cap_share = pyo.Param(
        range(len(structure.options.caps)), initialize=dict(enumerate(c.share for c in structure.options.caps))
    )
    need = {(n, m, t): _need(structure, n, m, t) for _, n, m, t in keys}

    model.cap_excess = pyo.Var(model.capped, domain=pyo.NonNegativeReals)

    model.within_cap = pyo.Constraint(rows, rule=_within_cap(structure))
    model.cap_excess_total = pyo.Expression(
        expr=sum(model.cap_excess[key] / need[key[1:]] for key in keys if need[key[1:]] > 0)
    )


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


def _reaches(model: pyo.ConcreteModel, structure: Structure, cap: Cap, s: str, n: str, m: str) -> bool:
    if cap.basis == "direct":
        return any((s, k, m) in model.flows for k in _members(model, s, n, m))
    return any((k, m) in model.exposure[s].places for k in _members(model, s, n, m))


def _need(structure: Structure, n: str, m: str, t: int) -> float:
    members = structure.case.members if n == GROUP else [n]
    period = structure.case.periods[t - 1]
    return structure.case.length[period] * sum(structure.case.need.get((k, m, period), 0.0) for k in members)


def _within_cap(structure: Structure) -> Callable[..., Any]:
    caps = structure.options.caps

    def within_cap(model: pyo.ConcreteModel, k: int, s: str, n: str, m: str, t: int) -> Any:
        r"""Traced, or direct:

        $w^\sigma_{nmt} + v^\sigma_{nmt} \le \kappa U_{nmt}$, $x_{\sigma nmt} \le \kappa U_{nmt}$.
        """
        members = _members(model, s, n, m)
        use = sum(use_of(model.base, c, m, t) for c in members)
        taken = sum(_taken(model, caps[k].basis, s, c, m, t) for c in members)
        return taken <= model.cap_share[k] * use + model.cap_excess[k, n, m, t]

    return within_cap


def _taken(model: pyo.ConcreteModel, basis: str, s: str, c: str, m: str, t: int) -> Any:
    if basis == "direct":
        return model.base.shipment[s, c, m, t] if (s, c, m) in model.flows else 0.0
    e = model.exposure[s]
    used = e.used[c, m, t] if (c, m) in e.input_places else 0.0
    return used + (e.served[c, m, t] if (c, m) in e.demand_places else 0.0)


def use_of(path: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""Use: $U_{nmt} = \sum_i \max(-\rho, 0) a_{it} + \sum_q (h_tD - u)$."""
    return terms.used(path, n, m, t) + terms.demanded(path, n, m, t) - terms.short(path, n, m, t)
