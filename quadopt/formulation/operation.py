r"""Production and the balance of every material in every country.

| symbol    | name in code        | unit             | meaning                                   |
| --------- | ------------------- | ---------------- | ----------------------------------------- |
| $a_{it}$  | `activity[u, t]`    | process activity | what unit u does in step t                |
|           | `disposal[c, m, t]` | units            | what is left over (free disposal)         |
| $cap_p$   |                     | activity a year  | full capacity of project p                |
| $online_{p\tau t}$ |           | share            | average part of it online in t            |

Bound of a plant: $a_{it} \le h_t\, cap_{it}$. One writing for the base path and the branches. The method, section 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.components import Constraint, Param, Set, Var
from quadopt.formulation.structure import Structure


def add(path: pyo.Block, structure: Structure, is_base: bool) -> None:
    """Decisions and rules of production; `is_base`: minimum use binds."""
    model = path.model()
    unlimited = np.full((len(structure.projects), len(path.steps)), np.inf)
    path.activity_limit = Param(model.units, path.steps, initialize=np.concatenate([path.capacity.array(), unlimited]))

    path.activity = Var(model.units, path.steps, bounds=lambda path, u, t: (0, path.activity_limit[u, t]))
    path.disposal = Var(model.places, path.steps, domain=pyo.NonNegativeReals)

    path.within_online_capacity = Constraint(model.projects, path.steps, rule=within_online_capacity)
    if is_base:
        minimum_use = {p.name: p.minimum_use for p in structure.projects if p.minimum_use > 0}
        path.minimum_use = Param(Set(dimen=1, initialize=minimum_use), initialize=list(minimum_use.values()))
        can_run = np.argwhere(path.project_capacity.array() > 0).tolist()
        running = [(structure.starts[k][0], t + 1) for k, t in can_run]
        path.bound_to_use = Set(dimen=2, initialize=[(p, t) for p, t in running if p in minimum_use])
        path.used_at_least = Constraint(path.bound_to_use, rule=used_at_least)


def add_balance(path: pyo.Block) -> None:
    """The balance, after every block has put its flows on the path."""
    path.balance = Constraint(path.model().places, path.steps, rule=balance)


def online_capacity(path: pyo.Block, p: Any, t: Any) -> Any:
    r"""What a project can do: $h_t\, cap_p \sum_\tau online_{p\tau t} b_{p\tau}$."""
    model = path.model()
    return sum(path.project_capacity[p, tau, t] * model.is_started[p, tau] for tau in model.starts_of[p])


def within_online_capacity(path: pyo.Block, p: Any, t: Any) -> Any:
    r"""A project does no more than it can: $a_{pt} \le h_t\, cap_p \sum_\tau online_{p\tau t} b_{p\tau}$."""
    return path.activity[p, t] <= online_capacity(path, p, t)


def used_at_least(path: pyo.Block, p: Any, t: Any) -> Any:
    r"""A project is used at least to a part of what it can:

    $a_{pt} \ge minimum\_use_p\, h_t\, cap_p \sum_\tau online_{p\tau t} b_{p\tau}$.
    """
    return path.activity[p, t] >= path.minimum_use[p] * online_capacity(path, p, t)


def balance(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""What comes is what goes, by-products may be left over:

    $\sum_i \rho_{im} a_{it} + \sum_o x_{ocmt} + r_{cmt} + \sum_j g_{jcmt}
    = \sum_d x_{cdmt} + d_{cmt} + \sum_q (h_t D_{cmqt} - u_{cmqt}) + disposal_{cmt}$.
    """
    comes = (
        terms.made(path, c, m, t)
        + terms.imported(path, c, m, t)
        + terms.released(path, c, m, t)
        + terms.received(path, c, m, t)
    )
    goes = terms.used(path, c, m, t) + terms.exported(path, c, m, t) + terms.deposited(path, c, m, t)
    served = terms.demanded(path, c, m, t) - terms.short(path, c, m, t)
    return comes == goes + served + path.disposal[c, m, t]
