"""The sums where blocks meet. Each is written once; blocks never import each other.

Symbols as in `structure`; `path` is the base path or a branch, all quantities are amounts of a step.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo


def made(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""What the units of a place make: $\sum_{i \in c} \max(\rho_{k(i)m}, 0)\, a_{it}$."""
    model = path.model()
    return sum(model.recipe[u, m] * path.activity[u, t] for u in model.makers[c, m])


def used(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""What the units of a place use: $\sum_{i \in c} \max(-\rho_{k(i)m}, 0)\, a_{it}$."""
    model = path.model()
    return sum(-model.recipe[u, m] * path.activity[u, t] for u in model.users[c, m])


def imported(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""Shipments into a place: $\sum_o x_{ocmt}$."""
    return sum(path.shipment[o, c, m, t] for o in path.model().origins[c, m])


def exported(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""Shipments out of a place: $\sum_d x_{cdmt}$."""
    return sum(path.shipment[c, d, m, t] for d in path.model().destinations[c, m])


def received(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""What other members share with a place: $\sum_j g_{jcmt}$."""
    return sum(path.shared[j, c, m, t] for j in path.model().providers[c, m])


def given(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""What a member shares of its stock with the others: $\sum_j g_{cjmt}$."""
    return sum(path.shared[c, j, m, t] for j in path.model().receivers[c, m])


def released(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""Release from the stock of a place, zero where it has none: $r_{cmt}$."""
    return sum(path.release[c, k, t] for k in path.model().stocked[c, m])


def deposited(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""Deposit into the stock of a place, zero where it has none: $d_{cmt}$."""
    return sum(path.deposit[c, k, t] for k in path.model().stocked[c, m])


def demanded(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""Demand of a place in a step: $\sum_q h_t D_{cmqt}$."""
    return sum(path.demand[c, m, q, t] for q in path.model().demanding[c, m])


def short(path: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    r"""Demand of a place that is not served: $\sum_q u_{cmqt}$."""
    return sum(path.shortage[c, m, q, t] for q in path.model().demanding[c, m])


def exposed_inflow(e: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    """What comes of exposed material into a place, made there or brought; all that leaves the supplier is exposed."""
    model = e.model()
    return (
        sum(model.recipe[u, m] * e.activity[u, t] for u in e.makers[c, m])
        + sum(e.shipment[o, c, m, t] for o in e.origins[c, m])
        + sum(model.base.shipment[o, c, m, t] for o in e.supplied[c, m])
        + sum(e.shared[j, c, m, t] for j in e.providers[c, m])
        + sum(model.base.shared[j, c, m, t] for j in e.supplied_by_sharing[c, m])
        + sum(e.release[c, k, t] for k in model.stocked[c, m])
    )


def exposed_outflow(e: pyo.Block, c: Any, m: Any, t: Any) -> Any:
    """Where the exposed material of a place may go: use, shipment, stock, demand, disposal."""
    model = e.model()
    return (
        sum(e.used[c, k, t] for k in e.using[c, m])
        + sum(e.shipment[c, d, m, t] for d in model.destinations[c, m])
        + sum(e.deposit[c, k, t] for k in model.stocked[c, m])
        + sum(e.served[c, k, t] for k in e.demanding[c, m])
        + e.disposed[c, m, t]
    )


class Costs:
    """The labelled sum of all cost terms: what a block adds here is in the objective and in the cost table.

    Each term is a Pyomo Expression over a path's steps, in millions, undiscounted.
    """

    def __init__(self) -> None:
        self.terms: list[tuple[str, pyo.Block, pyo.Expression]] = []

    def add(self, kind: str, path: pyo.Block, expression: pyo.Expression) -> None:
        """Adds a term; `kind` is the label under which the cost table shows it."""
        self.terms.append((kind, path, expression))
