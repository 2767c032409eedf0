r"""Shortage: demand that is not served.

| symbol       | name in code             | unit  | meaning                                 |
| ------------ | ------------------------ | ----- | --------------------------------------- |
| $u_{nmqt}$   | `shortage[n, m, q, t]`   | units | what sector q goes short, at most $h_tD$ |

Its value is a weighted shortage value, not lost output. The method, sections 4, 6 and 7.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from quadopt.formulation.components import Expression, Param, Total, Var
from quadopt.formulation.structure import Structure


def add(path: pyo.Block, structure: Structure) -> None:
    """Decisions and value of shortage."""
    model, cost = path.model(), structure.case.shortage_cost
    path.shortage_cost = Param(model.demands, initialize=[cost[m, q] for _, m, q in structure.demands])

    path.shortage = Var(model.demands, path.steps, bounds=lambda path, n, m, q, t: (0, path.demand[n, m, q, t]))

    path.shortage_value = Expression(path.steps, rule=shortage_value)


def add_total(model: pyo.ConcreteModel) -> None:
    """The shortage objective."""
    model.shortage_total = Total(rule=shortage_total)


def shortage_value(path: pyo.Block, t: Any) -> Any:
    r"""Value of what goes short, millions: $10^{-6} \sum_{nmq} shortage\_value_m\, shortage\_weight_q\, u_{nmqt}$."""
    return sum(path.shortage_cost[n, m, q] * path.shortage[n, m, q, t] for n, m, q in path.model().demands)


def shortage_total(model: pyo.ConcreteModel) -> Any:
    """The shortage objective, millions: the value of what goes short on the base path."""
    return sum(model.base.shortage_value[t] for t in model.base.steps)
