"""The plan's tables of crises: every branch's operation, and its stress with and without sharing and stocks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quadopt.formulation.build import Model
from quadopt.solver.crises import Comparison
from quadopt.solver.frames import SMALL, PathTables, frame
from quadopt.tables.situation import Situation

TIME = ["disruption", "step", "begin", "end"]
WITHOUT = ("without_sharing", "without_stocks")
"""What a crisis is compared with, member by member."""


def tables(model: Model, comparisons: dict[str, Comparison]) -> dict[str, pd.DataFrame]:
    """branch_* tables, crisis_shortage, disruptions and stress; `comparisons` as `crises.least_stress` gives them."""
    out = branch_tables(model)
    if not out:
        return {}
    stress = stresses(out)
    out["disruptions"] = disruptions(model, stress, comparisons)
    out["stress"] = _stress(model, stress)
    out["crisis_shortage"] = _shortages(model, out["branch_shortage"], comparisons)
    return out


def branch_tables(model: Model) -> dict[str, pd.DataFrame]:
    """The branch_* tables of every branch at the solution that was loaded; none where the case has no disruptions."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for crisis in model.structure.crises:
        labels = {t: (crisis.name, t, crisis.begin[s], crisis.end[s]) for t, s in enumerate(crisis.steps, 1)}
        found = PathTables(model.structure, model.pyomo.branch[crisis.name], TIME, labels).all(is_base=False)
        for name, table in found.items():
            parts.setdefault(f"branch_{name}", []).append(table[[*TIME, *(c for c in table.columns if c not in TIME)]])
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}


def stresses(branches: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Stress of every branch, millions, from `branch_tables`."""
    sums = branches["branch_shortage"].groupby("disruption")["shortage_value"].sum()
    return {str(name): float(total) for name, total in sums.items()}


def disruptions(model: Model, stress: dict[str, float], comparisons: dict[str, Comparison]) -> pd.DataFrame:
    """Calendar and stress of every branch, as planned and in the comparisons."""
    rows = []
    for w in model.structure.crises:
        first, last = w.steps[0], w.steps[-1]
        compared = [comparisons[name].stress[w.name] for name in comparisons]
        row = (
            w.name,
            w.probability,
            w.first_period,
            w.begin[first],
            w.end[last],
            len(w.steps),
            stress.get(w.name, 0.0),
        )
        rows.append((*row, *compared))
    names = ["disruption", "probability", "start", "begin", "end", "steps", "stress", *comparisons]
    return frame(names, rows)


def _stress(model: Model, stress: dict[str, float]) -> pd.DataFrame:
    """Expected, worst and CVaR stress; the undisturbed future has stress zero (the method, section 6)."""
    crises, alpha = model.structure.crises, model.structure.options.stress.alpha
    unit = f"million {model.structure.case.currency} of weighted shortage"
    pairs = [(w.probability, stress.get(w.name, 0.0)) for w in crises]
    expected = sum(p * s for p, s in pairs)
    levels = [0.0, *(s for _, s in pairs)]
    cvar = min(eta + sum(p * max(0.0, s - eta) for p, s in pairs) / (1 - alpha) for eta in levels)
    rows = [("expected", expected, unit), ("worst", max(levels), unit), ("cvar", cvar, unit)]
    return frame(["measure", "value", "unit"], rows)


def _shortages(model: Model, planned: pd.DataFrame, comparisons: dict[str, Comparison]) -> pd.DataFrame:
    """What each member lacks of each material in each crisis, all steps and sectors: planned and in the comparisons."""
    key = ["disruption", "country", "material"]
    found = planned.groupby(key, sort=False)[["demand", "shortage", "shortage_value"]].sum()
    for name in WITHOUT:
        compared = comparisons[f"stress_{name}"]
        parts = [_lacking(model, crisis, compared) for crisis in model.structure.crises if compared.shortage]
        total = pd.concat(parts).groupby(key).sum() if parts else pd.DataFrame(columns=["units", "value"])
        found[f"shortage_{name}"] = total["units"].reindex(found.index).astype(float)
        found[f"shortage_value_{name}"] = total["value"].reindex(found.index).astype(float)
    return found.reset_index()


def _lacking(model: Model, crisis: Situation, compared: Comparison) -> pd.DataFrame:
    """Shortages of one branch in a comparison, a row a demand: units and value, over all steps."""
    path = model.pyomo.branch[crisis.name]
    demand = path.demand.array()
    short = np.where(
        compared.shortage[crisis.name] <= SMALL * np.maximum(1.0, demand), 0.0, compared.shortage[crisis.name]
    )
    value = path.shortage_cost.array()[:, None] * short
    rows = [
        (crisis.name, country, material, units, worth)
        for (country, material, _), units, worth in zip(
            model.structure.demands, short.sum(axis=1).tolist(), value.sum(axis=1).tolist(), strict=True
        )
    ]
    return frame(["disruption", "country", "material", "units", "value"], rows)
