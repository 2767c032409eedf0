r"""Sharing of stocks between members.

| symbol      | name in code          | unit  | meaning                                |
| ----------- | --------------------- | ----- | -------------------------------------- |
| $g_{ijmt}$  | `shared[i, j, m, t]`  | units | from i's stock to j in step t          |
| $fraction$  | `limit_fraction[row, i, m, t]` | share | what a row of the table allows |

Each row of the sharing table limits, for every material that it matches, what a provider gives to all the receivers
that it matches together. The method, sections 4 and 6.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from quadopt.formulation.structure import Flow, Structure
from quadopt.tables.records import rows_of
from quadopt.tables.situation import Situation


def add(path: pyo.Block, structure: Structure, situation: Situation) -> None:
    """Decisions of sharing and what they cost."""
    model = path.model()
    traded, room = set(structure.reach.flows), dict(path.route_room.items())
    path.sharing_cost = pyo.Param(model.shared_flows, path.steps, initialize=_costs(structure, situation))

    def bounds(path: pyo.Block, i: str, j: str, m: str, t: int) -> tuple[float, float | None]:
        return 0, None if (i, j, m) in traded else room.get((i, j, m, t))

    path.shared = pyo.Var(model.shared_flows, path.steps, bounds=bounds)


def add_limits(path: pyo.Block, structure: Structure, situation: Situation, is_base: bool) -> None:
    """What the pact allows: on the base path a fraction a year, in a branch a fraction from the opening on."""
    receivers = _receivers(structure)
    limits = list(receivers)
    path.share_limits = pyo.Set(dimen=3, initialize=limits)
    path.share_receivers = pyo.Set(path.share_limits, initialize=receivers)
    path.limit_fraction = pyo.Param(path.share_limits, path.steps, initialize=_fractions(structure, situation, limits))

    rule = shared_of_opening if is_base else shared_since_opening
    path.sharing_limit = pyo.Constraint(path.share_limits, path.steps, rule=rule)


def _receivers(structure: Structure) -> dict[tuple[int, str, str], list[str]]:
    """(row of the table, provider, material) -> the receivers that the row matches."""
    out: dict[tuple[int, str, str], list[str]] = {}
    for number, (provider, receiver, material) in enumerate(_keys(structure)):
        for i, j, m in structure.reach.sharing:
            if i == provider and receiver in ("", j) and material in ("", m):
                out.setdefault((number, i, m), []).append(j)
    return out


def _keys(structure: Structure) -> list[Flow]:
    frame = structure.case.tables["sharing"]
    return list(dict.fromkeys(zip(frame["provider"], frame["receiver"], frame["material"], strict=True)))


def _periods(situation: Situation) -> dict[int, str]:
    """Step -> the period whose rows hold: its own on the base path, the first in a branch."""
    return {t: step if situation.is_base else situation.first_period for t, step in enumerate(situation.steps, 1)}


def _fractions(structure: Structure, situation: Situation, limits: list[tuple[int, str, str]]) -> dict[Any, float]:
    """(row, provider, material, step) -> limit fraction."""
    rows, keys = _rows(structure), _keys(structure)
    periods = _periods(situation)
    return {
        (*limit, t): float(rows[(*keys[limit[0]], s)].limit_fraction) for limit in limits for t, s in periods.items()
    }


def _costs(structure: Structure, situation: Situation) -> dict[Any, float]:
    """The most specific matching row's cost of every flow and step, currency per unit."""
    rows, keys = _rows(structure), _keys(structure)
    cost: dict[Any, float] = {}
    for i, j, m in structure.reach.sharing:
        matching = [k for k in keys if k[0] == i and k[1] in ("", j) and k[2] in ("", m)]
        best = max(matching, key=lambda k: (k[1] != "") + (k[2] != ""))
        cost |= {(i, j, m, t): float(rows[(*best, s)].cost) for t, s in _periods(situation).items()}
    return cost


def _rows(structure: Structure) -> dict[tuple[str, str, str, str], Any]:
    frame = structure.case.tables["sharing"]
    return {(r.provider, r.receiver, r.material, r.period): r for r in rows_of(frame)}


def shared_of_opening(path: pyo.Block, row: Any, i: Any, m: Any, t: Any) -> Any:
    r"""A year's sharing is a fraction of the opening stock: $\sum_j g_{ijmt} \le h_t\, fraction\, s_{im,t-1}$."""
    given = sum(path.shared[i, j, m, t] for j in path.share_receivers[row, i, m])
    return given <= path.length[t] * path.limit_fraction[row, i, m, t] * path.stock[i, m, t - 1]


def shared_since_opening(path: pyo.Block, row: Any, i: Any, m: Any, t: Any) -> Any:
    r"""In a branch the fraction does not renew: $\sum_{t' \le t} \sum_j g_{ijmt'} \le fraction\, s_{im0}$."""
    given = sum(path.shared[i, j, m, k] for j in path.share_receivers[row, i, m] for k in path.steps if k <= t)
    return given <= path.limit_fraction[row, i, m, t] * path.stock[i, m, 0]
