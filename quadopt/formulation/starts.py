r"""Starts of projects.

| symbol       | name in code          | unit | meaning                                    |
| ------------ | --------------------- | ---- | ------------------------------------------ |
| $b_{p\tau}$  | `is_started[p, tau]`  | 0/1  | project p starts at the beginning of tau   |
| $lead_p$     |                       | years | from a start to completion                |

The method, sections 3 and 4.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from quadopt.formulation.components import Constraint, Grouped, Groups, Set, Var
from quadopt.formulation.structure import Structure


def add(model: pyo.ConcreteModel, structure: Structure) -> None:
    """Sets, decisions and rules of the starts."""
    case, projects = structure.case, structure.projects
    number = {t: i + 1 for i, t in enumerate(case.periods)}
    model.starts = Set(dimen=2, initialize=structure.starts)
    model.starts_of = Groups(model.projects, initialize=Grouped(structure.starts))
    model.committed = Set(dimen=1, initialize=[p.name for p in projects if p.status == "committed"])
    model.uncommitted = Set(dimen=1, initialize=[p.name for p in projects if p.status != "committed"])
    rivals = [(p.exclusive_group, p.name) for p in projects if p.exclusive_group]
    model.exclusive_groups = Set(dimen=1, initialize=[group for group, _ in rivals])
    model.rivals = Groups(model.exclusive_groups, initialize=Grouped(rivals))
    _add_requirements(model, structure, number)

    model.is_started = Var(model.starts, domain=pyo.Binary)

    model.started_once = Constraint(model.uncommitted, rule=started_once)
    model.started_as_committed = Constraint(model.committed, rule=started_as_committed)
    model.one_of_group = Constraint(model.exclusive_groups, rule=one_of_group)
    model.after_required = Constraint(model.requirements, rule=after_required)


def _add_requirements(model: pyo.ConcreteModel, structure: Structure, number: dict[str, int]) -> None:
    """(p, required, tau) -> the starts of p up to tau, and those of the required that are complete in time for it."""
    case = structure.case
    by_name = {p.name: p for p in structure.projects}
    keys: list[tuple[str, str, int]] = []
    earlier: list[tuple[str, str, int, int]] = []
    in_time: list[tuple[str, str, int, int]] = []
    for project in structure.projects:
        for required in project.requires:
            other = by_name.get(required)
            for start in project.starts:
                key = (project.name, required, number[start])
                complete = project.complete(case, start) + 1e-9
                keys.append(key)
                earlier += [(*key, number[t]) for t in project.starts if number[t] <= number[start]]
                if other:
                    in_time += [(*key, number[t]) for t in other.starts if other.complete(case, t) <= complete]
    model.requirements = Set(dimen=3, initialize=keys)
    model.starts_so_far = Groups(model.requirements, initialize=Grouped(earlier))
    model.starts_in_time = Groups(model.requirements, initialize=Grouped(in_time))


def started_once(model: pyo.ConcreteModel, p: Any) -> Any:
    r"""A project starts at most once: $\sum_\tau b_{p\tau} \le 1$."""
    return sum(model.is_started[p, tau] for tau in model.starts_of[p]) <= 1


def started_as_committed(model: pyo.ConcreteModel, p: Any) -> Any:
    r"""A committed project starts: $\sum_\tau b_{p\tau} = 1$."""
    return sum(model.is_started[p, tau] for tau in model.starts_of[p]) == 1


def one_of_group(model: pyo.ConcreteModel, e: Any) -> Any:
    r"""Of an exclusive group at most one project starts: $\sum_{p \in e} \sum_\tau b_{p\tau} \le 1$."""
    return sum(model.is_started[p, tau] for p in model.rivals[e] for tau in model.starts_of[p]) <= 1


def after_required(model: pyo.ConcreteModel, p: Any, r: Any, tau: Any) -> Any:
    r"""A project is online no earlier than the one it requires is complete, stated for all starts up to a period:

    $\sum_{\tau' \le \tau} b_{p\tau'} \le \sum_{\tau'': Y_{\tau''} + lead_r \le Y_\tau + lead_p} b_{r\tau''}$.
    """
    started = sum(model.is_started[p, k] for k in model.starts_so_far[p, r, tau])
    return started <= sum(model.is_started[r, k] for k in model.starts_in_time[p, r, tau])
