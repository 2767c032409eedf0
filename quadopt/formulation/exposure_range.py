r"""The largest exposure that a physical plan admits: the other end of the book-and-claim range.

On top of the rules in `exposure`, exposed material comes from somewhere and exposed activity has exposed input:

| symbol            | name in code          | unit  | meaning                                  |
| ----------------- | --------------------- | ----- | ---------------------------------------- |
| $w^\sigma_{imt}$  | `used_by[u, m, t]`    | units | exposed input m of unit u                |

Only for the report, the physical plan fixed. The method, section 5.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.components import Constraint, Grouped, Groups, Set, Var


def add(limits: pyo.Block, exposure: pyo.Block) -> None:
    """The rules that keep an exposure from being larger than what can be traced back to the supplier."""
    model = limits.model()
    steps = model.base.steps
    inputs = [(u, m) for c, m in exposure.input_places for u in model.users[c, m]]
    with_input = {u for u, _ in inputs}
    limits.inputs = Set(dimen=2, initialize=inputs)
    limits.inputs_of = Groups(exposure.units, initialize=Grouped(inputs))
    limits.users = Set(dimen=1, initialize=[u for u in exposure.units if u in with_input])

    limits.used_by = Var(limits.inputs, steps, domain=pyo.NonNegativeReals)

    def within_exposed_activity(limits: pyo.Block, u: Any, m: Any, t: Any) -> Any:
        r"""$w^\sigma_{imt} \le \max(-\rho_{im}, 0)\, a^\sigma_{it}$."""
        return limits.used_by[u, m, t] <= -model.recipe[u, m] * exposure.activity[u, t]

    def used_in_all(limits: pyo.Block, c: Any, m: Any, t: Any) -> Any:
        r"""$w^\sigma_{cmt} = \sum_{i \in c} w^\sigma_{imt}$."""
        return exposure.used[c, m, t] == sum(limits.used_by[u, m, t] for u in model.users[c, m])

    def has_exposed_input(limits: pyo.Block, u: Any, t: Any) -> Any:
        r"""$a^\sigma_{it} \le \sum_m w^\sigma_{imt} / \max(-\rho_{im}, 0)$."""
        return exposure.activity[u, t] <= sum(
            limits.used_by[u, m, t] / -model.recipe[u, m] for m in limits.inputs_of[u]
        )

    def comes_from_somewhere(limits: pyo.Block, c: Any, m: Any, t: Any) -> Any:
        """Nothing exposed appears from nowhere: `does_not_vanish` holds with equality."""
        return terms.exposed_inflow(exposure, c, m, t) >= terms.exposed_outflow(exposure, c, m, t)

    limits.within_exposed_activity = Constraint(limits.inputs, steps, rule=within_exposed_activity)
    limits.used_in_all = Constraint(exposure.input_places, steps, rule=used_in_all)
    limits.has_exposed_input = Constraint(limits.users, steps, rule=has_exposed_input)
    limits.comes_from_somewhere = Constraint(exposure.places, steps, rule=comes_from_somewhere)
