"""The plan's tables of projects, fund and cost, from the loaded model."""

from __future__ import annotations

import pandas as pd
import pyomo.environ as pyo

from quadopt.formulation import cost
from quadopt.formulation.build import Model
from quadopt.formulation.structure import Structure
from quadopt.solver.frames import frame, value
from quadopt.tables.units import Project


def starts_of(model: Model) -> dict[str, str]:
    """Project -> period in which it starts."""
    periods = model.structure.case.periods
    started = model.pyomo.is_started
    return {p: periods[tau - 1] for p, tau in model.pyomo.starts if started[p, tau].value > 0.5}


def tables(model: Model, starts: dict[str, str]) -> dict[str, pd.DataFrame]:
    """investments, project_capacity, payments, contributions, fund_balance and cost."""
    found = model.structure
    chosen = [(p, starts[p.name]) for p in found.projects if p.name in starts]
    return {
        "investments": _investments(found, starts),
        "project_capacity": _project_capacity(found, chosen),
        "payments": _payments(found, chosen),
        "contributions": _contributions(model),
        "fund_balance": _fund_balance(model),
        "cost": _cost(model),
    }


def _investments(found: Structure, starts: dict[str, str]) -> pd.DataFrame:
    rows = []
    for p in found.all_projects:
        start = starts.get(p.name, "")
        complete = p.complete(found.case, start) if start else float("nan")
        salvage = p.salvage(found.case, start) if start else 0.0
        rows.append(
            (
                p.name,
                p.country,
                p.process,
                p.status,
                start,
                complete,
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
        "complete_year",
        "capacity",
        "capex",
        "public_capex",
        "salvage",
    ]
    return frame(names, rows)


def _project_capacity(found: Structure, chosen: list[tuple[Project, str]]) -> pd.DataFrame:
    case, rows = found.case, []
    for p, start in chosen:
        for period, span in zip(case.periods, case.spans, strict=True):
            share = p.online(case, start, *span)
            if share > 0:
                rows.append((p.name, period, share, case.length[period] * p.capacity * share))
    return frame(["project", "period", "online_share", "capacity"], rows)


def _payments(found: Structure, chosen: list[tuple[Project, str]]) -> pd.DataFrame:
    rows = []
    for p, start in chosen:
        for period, share in p.payments(found.case, start).items():
            if share > 0 and p.capex > 0:
                paid = share * p.capex
                rows.append((p.name, p.country, period, paid * p.fund_share, paid * (1.0 - p.fund_share)))
    return frame(["project", "country", "period", "public", "private"], rows)


def _contributions(model: Model) -> pd.DataFrame:
    m, periods = model.pyomo, model.structure.case.periods
    rows = [
        (n, periods[t - 1], value(m.contribution[n, t]), m.contribution[n, t].ub) for n in m.members for t in m.periods
    ]
    return frame(["country", "period", "contribution", "limit"], rows)


def _fund_balance(model: Model) -> pd.DataFrame:
    m, periods, rows = model.pyomo, model.structure.case.periods, []
    for a in m.accounts:
        for t in m.periods:
            paid_in = sum(value(m.contribution[n, t]) for n in m.payers[a])
            spent = sum(m.fund_payment[p, tau, t] * round(m.is_started[p, tau].value) for p, tau in m.due[a, t])
            rows.append((a, periods[t - 1], paid_in, spent, value(m.fund_balance[a, t])))
    return frame(["account", "period", "contribution", "payment", "balance"], rows)


def _cost(model: Model) -> pd.DataFrame:
    """Every cost term by path and period; a branch's step counts in the period in which it begins."""
    found, case = model.structure, model.structure.case
    weights = cost.weights(found, bool(found.crises))
    begins = {found.base.name: dict(enumerate(case.periods, 1))}
    for crisis in found.crises:
        begins[crisis.name] = {t: next(iter(crisis.portion[s])) for t, s in enumerate(crisis.steps, 1)}
    rows = []
    for kind, path, expression in model.costs.terms:
        name = found.base.name if path is model.pyomo else cost.path_name(path)
        for t in expression:
            amount = float(pyo.value(expression[t]))
            if abs(amount) > 1e-12:
                weight = cost.weight_of(found, weights, kind, path, t)
                discounted = weight.discount * amount
                rows.append((kind, name, begins[name][t], amount, discounted, weight.chance * discounted))
    table = frame(["kind", "path", "period", "undiscounted", "discounted", "expected"], rows)
    return table.groupby(["kind", "path", "period"], sort=False, as_index=False).sum()
