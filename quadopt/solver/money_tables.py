"""The plan's tables of projects, fund and cost, from the loaded model."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from quadopt.formulation import cost
from quadopt.formulation.build import Model
from quadopt.formulation.structure import Structure
from quadopt.solver.frames import amounts, frame
from quadopt.solver.matrix import Matrix
from quadopt.tables.case import Case
from quadopt.tables.reach import numbered
from quadopt.tables.units import Project


def starts_of(model: Model) -> dict[str, str]:
    """Project -> period in which it starts."""
    periods = model.structure.case.periods
    started = model.pyomo.is_started.array() > 0.5
    return {p: periods[tau - 1] for (p, tau), is_started in zip(model.pyomo.starts, started, strict=True) if is_started}


def tables(model: Model, matrix: Matrix, starts: dict[str, str]) -> dict[str, pd.DataFrame]:
    """investments, project_capacity, payments, contributions, fund_balance and cost."""
    found = model.structure
    chosen = [(p, starts[p.name]) for p in found.projects if p.name in starts]
    return {
        "investments": _investments(found, starts),
        "project_capacity": _project_capacity(found, chosen),
        "payments": _payments(found, chosen),
        "contributions": _contributions(model),
        "fund_balance": _fund_balance(model),
        "cost": _cost(model, matrix),
    }


def _investments(found: Structure, starts: dict[str, str]) -> pd.DataFrame:
    rows = []
    for p in found.all_projects:
        start = starts.get(p.name, "")
        salvage = p.salvage(found.case, start) if start else 0.0
        rows.append(
            (
                p.name,
                p.country,
                p.process,
                p.status,
                start,
                *_dates(found.case, p, start),
                p.capacity,
                p.capex,
                p.fund_share * p.capex,
                salvage,
            )
        )
    names = [
        "project",
        "country",
        "process",
        "status",
        "start",
        "start_year",
        "complete_year",
        "end_year",
        "capacity",
        "capex",
        "public_capex",
        "salvage",
    ]
    return frame(names, rows)


def _dates(case: Case, p: Project, start: str) -> tuple[float, float, float]:
    """Start, completion, and end of life or of the horizon, in years from the start; NaN where not started.

    Complete after the horizon, a project has no life within it: its end is its completion.
    """
    if not start:
        return (math.nan,) * 3
    complete = p.complete(case, start)
    lifetime = math.inf if p.lifetime is None else p.lifetime
    return case.offset[start], complete, max(complete, min(case.horizon, complete + lifetime))


def _project_capacity(found: Structure, chosen: list[tuple[Project, str]]) -> pd.DataFrame:
    case, rows = found.case, []
    for p, start in chosen:
        (shares,) = p.online(case, [start], *found.base.times).tolist()
        for period, share in zip(case.periods, shares, strict=True):
            if share > 0:
                rows.append((p.name, period, share, case.length[period] * p.capacity * share))
    return frame(["project", "period", "online_share", "capacity"], rows)


def _payments(found: Structure, chosen: list[tuple[Project, str]]) -> pd.DataFrame:
    rows = []
    for p, start in chosen:
        (shares,) = p.payments(found.case, [start]).tolist()
        for period, share in zip(found.case.periods, shares, strict=True):
            if share > 0 and p.capex > 0:
                paid = share * p.capex
                rows.append((p.name, p.country, period, paid * p.fund_share, paid * (1.0 - p.fund_share)))
    return frame(["project", "country", "period", "public", "private"], rows)


def _contributions(model: Model) -> pd.DataFrame:
    m, periods = model.pyomo, model.structure.case.periods
    paid, limit = amounts(m.contribution), m.contribution_limit.array()
    rows = [
        (n, period, float(paid[i, t]), float(limit[i, t]))
        for i, n in enumerate(m.members)
        for t, period in enumerate(periods)
    ]
    return frame(["country", "period", "contribution", "limit"], rows)


def _fund_balance(model: Model) -> pd.DataFrame:
    m, periods, rows = model.pyomo, model.structure.case.periods, []
    paid, balance = amounts(m.contribution), amounts(m.fund_balance)
    owed = m.fund_payment.array() * np.round(m.is_started.array())[:, None]
    member, start = numbered(list(m.members)), numbered(model.structure.starts)
    for i, a in enumerate(m.accounts):
        paid_in = paid[[member[n] for n in m.payers[a]]].sum(axis=0)
        for t, period in enumerate(periods):
            spent = sum(float(owed[start[due], t]) for due in m.due[a, t + 1])
            rows.append((a, period, float(paid_in[t]), spent, float(balance[i, t + 1])))
    return frame(["account", "period", "contribution", "payment", "balance"], rows)


def _cost(model: Model, matrix: Matrix) -> pd.DataFrame:
    """Every cost term by path and period; a branch's step counts in the period in which it begins."""
    found, case = model.structure, model.structure.case
    weights = cost.weights(found, bool(found.crises))
    begins = {found.base.name: dict(enumerate(case.periods, 1))}
    for crisis in found.crises:
        begins[crisis.name] = {t: next(iter(crisis.portion[s])) for t, s in enumerate(crisis.steps, 1)}
    rows = []
    for kind, path, expression in model.costs.terms:
        name = found.base.name if path is model.pyomo else cost.path_name(path)
        for t, amount in zip(expression, matrix.evaluate(expression).tolist(), strict=True):
            if abs(amount) > 1e-12:
                weight = cost.weight_of(found, weights, kind, path, t)
                discounted = weight.discount * amount
                rows.append((kind, name, begins[name][t], amount, discounted, weight.chance * discounted))
    table = frame(["kind", "path", "period", "undiscounted", "discounted", "expected"], rows)
    return table.groupby(["kind", "path", "period"], sort=False, as_index=False).sum()
