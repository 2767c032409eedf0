r"""The joint fund, or one fund a member where it is not pooled.

| symbol         | name in code              | unit     | meaning                                         |
| -------------- | ------------------------- | -------- | ----------------------------------------------- |
| $f_{nt}$       | `contribution[n, t]`      | millions | what member n pays in                           |
| $B_t$          | `fund_balance[a, t]`      | millions | balance of account a at the end of t            |
| $\phi_{p\tau t}$ |                         | share    | part of capex due in t, started in tau          |
| $\phi\, fund\_share\, capex$ | `fund_payment[p, tau, t]` | millions | what the fund owes for it       |
| $F_n$, $F$     |                           | millions | contributions of n, of all, over all periods    |
| $w_n$          | `burden_share[n]`         | share    | burden weight over the sum of burden weights    |

Bounds: $f_{nt} \le h_t\, limit_{nt}$, $B_t \ge 0$. The method, section 4.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from quadopt.formulation.structure import Structure

JOINT = "joint fund"


def add(model: pyo.ConcreteModel, structure: Structure) -> None:
    """Accounts, payments and rules of the fund."""
    case, pact = structure.case, structure.options.pact
    accounts = {JOINT: case.members} if pact.pooled else {n: [n] for n in case.members}
    account_of = {p.name: JOINT if pact.pooled else p.country for p in structure.projects}
    payments, discounts = _payments(structure)
    model.accounts = pyo.Set(initialize=list(accounts))
    model.payers = pyo.Set(model.accounts, initialize=accounts)
    due: dict[tuple[str, int], list[tuple[str, int]]] = {(a, t): [] for a in accounts for t in model.periods}
    for (p, tau, t), amount in payments.items():
        if amount > 0:
            due[account_of[p], t].append((p, tau))
    model.due = pyo.Set(model.accounts, model.periods, dimen=2, initialize=due)
    model.fund_payment = pyo.Param(model.starts, model.periods, initialize=payments, default=0.0)
    model.period_discount = pyo.Param(model.periods, initialize=discounts)
    limit = _limits(structure)

    model.contribution = pyo.Var(model.members, model.periods, bounds=lambda model, n, t: (0, limit[n, t]))
    model.fund_balance = pyo.Var(model.accounts, pyo.RangeSet(0, len(case.periods)), domain=pyo.NonNegativeReals)
    for account in accounts:
        model.fund_balance[account, 0].fix(0.0)
        model.fund_balance[account, len(case.periods)].fix(0.0)

    model.paid_from_fund = pyo.Constraint(model.accounts, model.periods, rule=paid_from_fund)
    model.contribution_total = pyo.Expression(rule=contribution_total)
    if pact.burden == "weight":
        weights = {
            n: float(w) for n, w in case.column("countries", "country", "burden_weight").items() if n in case.members
        }
        total = sum(weights.values())
        model.burden_share = pyo.Param(model.members, initialize={n: w / total for n, w in weights.items()})
        model.burden_tolerance = pyo.Param(initialize=pact.burden_tolerance)
        model.burden_at_most = pyo.Constraint(model.members, rule=burden_at_most)
        model.burden_at_least = pyo.Constraint(model.members, rule=burden_at_least)


def _payments(structure: Structure) -> tuple[dict[tuple[str, int, int], float], dict[int, float]]:
    """Millions that the fund owes for each start in each period, and the discount factor of each period."""
    case = structure.case
    number = {t: i + 1 for i, t in enumerate(case.periods)}
    payments = {}
    for project in structure.projects:
        for start in project.starts:
            for period, share in project.payments(case, start).items():
                payments[project.name, number[start], number[period]] = share * project.fund_share * project.capex
    return payments, {number[t]: case.discount[t] for t in case.periods}


def _limits(structure: Structure) -> dict[tuple[str, int], float]:
    """Millions that each member pays at most in each period, $h_t limit_{nt}$."""
    case = structure.case
    number = {t: i + 1 for i, t in enumerate(case.periods)}
    frame = case.tables["fund"]
    rows = zip(frame["country"], frame["period"], frame["limit"], strict=True)
    return {(n, number[t]): case.length[t] * float(limit) for n, t, limit in rows}


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


def burden_at_most(model: pyo.ConcreteModel, n: Any) -> Any:
    r"""No member pays more than its weight's share: $F_n \le (w_n + tolerance) F$."""
    paid = sum(model.contribution[n, t] for t in model.periods)
    return paid <= (model.burden_share[n] + model.burden_tolerance) * model.contribution_total


def burden_at_least(model: pyo.ConcreteModel, n: Any) -> Any:
    r"""No member pays less than its weight's share: $F_n \ge (w_n - tolerance) F$."""
    paid = sum(model.contribution[n, t] for t in model.periods)
    return paid >= (model.burden_share[n] - model.burden_tolerance) * model.contribution_total
