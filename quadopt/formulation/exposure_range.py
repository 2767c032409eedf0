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


def add(limits: pyo.Block, exposure: pyo.Block) -> None:
    """The rows that keep an exposure from being larger than what can be traced back to the supplier."""
    model = limits.model()
    steps = model.base.steps
    inputs = [(u, m) for c, m in exposure.input_places for u in exposure.users[c, m]]
    inputs_of = {u: [m for k, m in inputs if k == u] for u in exposure.units}
    limits.inputs = pyo.Set(dimen=2, initialize=inputs)

    limits.used_by = pyo.Var(limits.inputs, steps, domain=pyo.NonNegativeReals)

    def within_exposed_activity(limits: pyo.Block, u: Any, m: Any, t: Any) -> Any:
        r"""$w^\sigma_{imt} \le \max(-\rho_{im}, 0)\, a^\sigma_{it}$."""
        return limits.used_by[u, m, t] <= -model.recipe[u, m] * exposure.activity[u, t]

    def used_in_all(limits: pyo.Block, c: Any, m: Any, t: Any) -> Any:
        r"""$w^\sigma_{cmt} = \sum_{i \in c} w^\sigma_{imt}$."""
        return exposure.used[c, m, t] == sum(limits.used_by[u, m, t] for u in exposure.users[c, m])

    def has_exposed_input(limits: pyo.Block, u: Any, t: Any) -> Any:
        r"""$a^\sigma_{it} \le \sum_m w^\sigma_{imt} / \max(-\rho_{im}, 0)$."""
        return exposure.activity[u, t] <= sum(limits.used_by[u, m, t] / -model.recipe[u, m] for m in inputs_of[u])

    def comes_from_somewhere(limits: pyo.Block, c: Any, m: Any, t: Any) -> Any:
        """Nothing exposed appears from nowhere: `does_not_vanish` holds with equality."""
        row = exposure.does_not_vanish[c, m, t]
        return row.body >= row.upper

    limits.within_exposed_activity = pyo.Constraint(limits.inputs, steps, rule=within_exposed_activity)
    limits.used_in_all = pyo.Constraint(exposure.input_places, steps, rule=used_in_all)
    limits.has_exposed_input = pyo.Constraint(
        [u for u in exposure.units if inputs_of[u]], steps, rule=has_exposed_input
    )
    limits.comes_from_somewhere = pyo.Constraint(exposure.places, steps, rule=comes_from_somewhere)
