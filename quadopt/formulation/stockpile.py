r"""Stockpiles, and on the base path the reserve that is counted on for emergencies.

| symbol      | name in code          | unit  | meaning                                          |
| ----------- | --------------------- | ----- | ------------------------------------------------ |
| $s_{nmt}$   | `stock[n, m, t]`      | units | closing stock; t = 0 is the opening of the path  |
| $d_{nmt}$   | `deposit[n, m, t]`    | units | put in, from output and imports                  |
| $r_{nmt}$   | `release[n, m, t]`    | units | taken out for use at home                        |
| $R_{nmt}$   | `reserve[n, m, t]`    | units | base path: kept, never sold later                |
| $p_{nmt}$   | `purchase[n, m, t]`   | units | base path: what the stock budget pays for        |

Bounds: $s_{nmt} \le capacity_{nm}$, $R_{nmt} \ge minimum_{nmt}$. The method, section 4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.components import Array, Constraint, Grouped, Groups, Param, Set, Var
from quadopt.formulation.structure import Structure


def add(path: pyo.Block, structure: Structure, is_base: bool) -> None:
    """Decisions and rules of the stocks; minimum, reserve and stock budget bind on the base path only."""
    model, steps = path.model(), path.steps
    kept = (1.0 - structure.stock_column("loss_rate")[:, None]) ** path.length.array()
    path.kept = Param(model.stocks, steps, initialize=kept)
    path.moments = pyo.RangeSet(0, len(steps))
    path.stock_limit = Param(model.stocks, path.moments, initialize=_limits(structure, len(steps)))

    path.stock = Var(model.stocks, path.moments, bounds=lambda path, n, m, t: (0, path.stock_limit[n, m, t]))
    path.deposit = Var(model.stocks, steps, domain=pyo.NonNegativeReals)
    path.release = Var(model.stocks, steps, domain=pyo.NonNegativeReals)

    path.stock_flow = Constraint(model.stocks, steps, rule=stock_flow)
    path.deposit_source = Constraint(model.stocks, steps, rule=deposit_source)
    limits = {
        key: row["release_limit"] for key, row in structure.stocks.items() if not math.isnan(row["release_limit"])
    }
    path.slow_stocks = Set(dimen=2, initialize=list(limits))
    path.release_limit = Param(path.slow_stocks, initialize=list(limits.values()))
    path.release_rate = Constraint(path.slow_stocks, steps, rule=release_rate)
    if is_base:
        _add_reserve(path, structure)
        _add_stock_budget(path, structure)
        path.opens_with = Constraint(model.stocks, rule=opens_with_initial)


def _limits(structure: Structure, steps: int) -> Array:
    """What each stock may hold at the end of each step; its opening (step 0) is limited by nothing."""
    capacity = structure.stock_column("capacity")[:, None]
    limits = np.repeat(np.where(np.isnan(capacity), np.inf, capacity), steps + 1, axis=1)
    limits[:, 0] = np.inf
    return limits


def _add_reserve(path: pyo.Block, structure: Structure) -> None:
    model = path.model()
    path.minimum = Param(model.stocks, path.steps, initialize=structure.minimum_stock)

    path.reserve = Var(model.stocks, path.steps, bounds=lambda path, n, m, t: (path.minimum[n, m, t], None))

    path.reserve_is_held = Constraint(model.stocks, path.steps, rule=reserve_is_held)
    path.reserve_is_kept = Constraint(model.stocks, pyo.RangeSet(2, len(path.steps)), rule=reserve_is_kept)


def _add_stock_budget(path: pyo.Block, structure: Structure) -> None:
    case = structure.case
    frame = case.tables["fund"]
    number = {t: i + 1 for i, t in enumerate(case.periods)}
    holders = dict.fromkeys(n for n, _ in structure.stocks)
    budget = {
        (n, number[t]): case.length[t] * float(limit)
        for n, t, limit in zip(frame["country"], frame["period"], frame["stock_limit"], strict=True)
        if n in holders and not math.isnan(limit)
    }
    steps = range(1, len(path.steps) + 1)
    bought = [(n, m, t) for n, m in structure.stocks for t in steps if (n, t) in budget]
    path.stocked_materials = Groups(list(holders), initialize=Grouped(structure.stocks))
    path.price = Param(Set(dimen=1, initialize=case.materials), initialize=[case.price[m] for m in case.materials])
    path.bought = Set(dimen=3, initialize=bought)
    path.budgets = Set(dimen=2, initialize=list(budget))
    path.stock_budget = Param(path.budgets, initialize=list(budget.values()))

    path.purchase = Var(path.bought, domain=pyo.NonNegativeReals)

    path.purchase_fills = Constraint(path.bought, rule=purchase_fills)
    path.within_stock_budget = Constraint(path.budgets, rule=within_stock_budget)


def opens_with_initial(path: pyo.Block, n: Any, m: Any) -> Any:
    r"""The path opens with the initial stock: $s_{nm0} = initial_{nm}$."""
    return path.stock[n, m, 0] == path.opening[n, m]


def stock_flow(path: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""What is held: $s_t = (1 - loss)^{h_t} s_{t-1} + d_t - r_t - \sum_j g_{nj,t}$."""
    taken = path.release[n, m, t] + terms.given(path, n, m, t)
    return path.stock[n, m, t] == path.kept[n, m, t] * path.stock[n, m, t - 1] + path.deposit[n, m, t] - taken


def deposit_source(path: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""Deposits come from output and imports: $d_t \le \sum_i \max(\rho, 0) a_{it} + \sum_o x_{ont}$."""
    return path.deposit[n, m, t] <= terms.made(path, n, m, t) + terms.imported(path, n, m, t)


def release_rate(path: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""No more leaves in a year than the release limit: $r_t + \sum_j g_{nj,t} \le h_t\, release\_limit$."""
    return path.release[n, m, t] + terms.given(path, n, m, t) <= path.length[t] * path.release_limit[n, m]


def reserve_is_held(path: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""The reserve is in the stock: $s_t \ge R_t$."""
    return path.stock[n, m, t] >= path.reserve[n, m, t]


def reserve_is_kept(path: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""A reserve once counted on is kept but for its loss: $R_t \ge (1 - loss)^{h_t} R_{t-1}$."""
    return path.reserve[n, m, t] >= path.kept[n, m, t] * path.reserve[n, m, t - 1]


def purchase_fills(path: pyo.Block, n: Any, m: Any, t: Any) -> Any:
    r"""What a stock grows by is bought: $p_t \ge s_t - (1 - loss)^{h_t} s_{t-1}$."""
    return path.purchase[n, m, t] >= path.stock[n, m, t] - path.kept[n, m, t] * path.stock[n, m, t - 1]


def within_stock_budget(path: pyo.Block, n: Any, t: Any) -> Any:
    r"""Filling stocks stays within the stock budget: $10^{-6} \sum_m price_m p_{nmt} \le h_t\, stock\_limit_{nt}$."""
    spent = sum(1e-6 * path.price[m] * path.purchase[n, m, t] for m in path.stocked_materials[n])
    return spent <= path.stock_budget[n, t]
