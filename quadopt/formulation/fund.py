r"""The joint fund, or one fund a member where it is not pooled.

| symbol         | name in code              | unit     | meaning                                         |
| -------------- | ------------------------- | -------- | ----------------------------------------------- |
| $f_{nt}$       | `contribution[n, t]`      | millions | what member n pays in                           |
| $B_t$          | `fund_balance[a, t]`      | millions | balance of account a at the end of t            |
| $\phi_{p\tau t}$ |                         | share    | part of capex due in t, started in tau          |
| $\phi\, fund\_share\, capex$ | `fund_payment[p, tau, t]` | millions | what the fund owes for it       |
| $F_n$, $F$     |                           | millions | contributions of n, of all, over all periods    |
| $\delta_t$     | `discount[t]`             | factor   | discounts to the first period                   |
| $w_n$          | `burden_share[n]`         | share    | burden weight over the sum of burden weights    |

Bounds: $f_{nt} \le h_t\, limit_{nt}$, $B_t \ge 0$. The method, section 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation.components import Array, Constraint, Grouped, Groups, Param, Set, Total, Var
from quadopt.formulation.structure import Structure

JOINT = "joint fund"


def add(model: pyo.ConcreteModel, structure: Structure) -> None:
    """Accounts, payments and rules of the fund."""
    case, pact = structure.case, structure.options.pact
    accounts = {JOINT: case.members} if pact.pooled else {n: [n] for n in case.members}
    payments = structure.fund_share * structure.paid
    model.accounts = Set(dimen=1, initialize=list(accounts))
    model.payers = Groups(
        model.accounts, initialize=Grouped(((a, n) for a, payers in accounts.items() for n in payers))
    )
    model.fund_payment = Param(model.starts, model.periods, initialize=payments)
    model.due = Groups(model.accounts, model.periods, initialize=_due(structure, payments))
    model.contribution_limit = Param(model.members, model.periods, initialize=_limits(structure))

    model.contribution = Var(
        model.members, model.periods, bounds=lambda model, n, t: (0, model.contribution_limit[n, t])
    )
    model.fund_balance = Var(model.accounts, pyo.RangeSet(0, len(case.periods)), domain=pyo.NonNegativeReals)
    for account in accounts:
        model.fund_balance[account, 0].fix(0.0)
        model.fund_balance[account, len(case.periods)].fix(0.0)

    model.paid_from_fund = Constraint(model.accounts, model.periods, rule=paid_from_fund)
    model.contribution_total = Total(rule=contribution_total)
    model.discount = Param(model.periods, initialize=[case.discount[t] for t in case.periods])
    model.contribution_discounted = Total(rule=contribution_discounted)
    if pact.burden == "weight":
        weights = {
            n: float(w) for n, w in case.column("countries", "country", "burden_weight").items() if n in case.members
        }
        total = sum(weights.values())
        model.burden_share = pyo.Param(model.members, initialize={n: w / total for n, w in weights.items()})
        model.burden_tolerance = pyo.Param(initialize=pact.burden_tolerance)
        model.burden_at_most = Constraint(model.members, rule=burden_at_most)
        model.burden_at_least = Constraint(model.members, rule=burden_at_least)


def _due(structure: Structure, payments: Array) -> Grouped:
    """(account, period) -> (project, period of start) of all that the account may have to pay in the period."""
    pooled, starts = structure.options.pact.pooled, structure.starts
    account = [JOINT if pooled else p.country for p in structure.projects for _ in p.starts]
    due = Grouped((), width=2)
    for k, t in np.argwhere(payments > 0).tolist():
        due[account[k], t + 1].append(starts[k])
    return due


def _limits(structure: Structure) -> Array:
    """Millions that each member pays at most in each period, $h_t limit_{nt}$."""
    case, frame = structure.case, structure.case.tables["fund"]
    limit = {(n, t): float(x) for n, t, x in zip(frame["country"], frame["period"], frame["limit"], strict=True)}
    return np.array([[case.length[t] * limit[n, t] for t in case.periods] for n in case.members])


def paid_from_fund(model: pyo.ConcreteModel, a: Any, t: Any) -> Any:
    r"""What is paid in and not spent stays in the account, and never less than nothing:

    $B_t = B_{t-1} + \sum_n f_{nt} - \sum_{p,\tau} \phi_{p\tau t}\, fund\_share_p\, capex_p\, b_{p\tau}$, $B_T = 0$.
    """
    paid_in = sum(model.contribution[n, t] for n in model.payers[a])
    spent = sum(model.fund_payment[p, tau, t] * model.is_started[p, tau] for p, tau in model.due[a, t])
    return model.fund_balance[a, t] == model.fund_balance[a, t - 1] + paid_in - spent


def contribution_total(model: pyo.ConcreteModel) -> Any:
    r"""All contributions, $\sum_{n,t} f_{nt}$, millions."""
    return sum(model.contribution[n, t] for n in model.members for t in model.periods)


def contribution_discounted(model: pyo.ConcreteModel) -> Any:
    r"""What the fund uses: contributions discounted to the first period, $\sum_{n,t} \delta_t f_{nt}$, millions."""
    return sum(model.discount[t] * model.contribution[n, t] for n in model.members for t in model.periods)


def burden_at_most(model: pyo.ConcreteModel, n: Any) -> Any:
    r"""No member pays more than its weight's share: $F_n \le (w_n + tolerance) F$."""
    paid = sum(model.contribution[n, t] for t in model.periods)
    return paid <= (model.burden_share[n] + model.burden_tolerance) * model.contribution_total


def burden_at_least(model: pyo.ConcreteModel, n: Any) -> Any:
    r"""No member pays less than its weight's share: $F_n \ge (w_n - tolerance) F$."""
    paid = sum(model.contribution[n, t] for t in model.periods)
    return paid >= (model.burden_share[n] - model.burden_tolerance) * model.contribution_total
