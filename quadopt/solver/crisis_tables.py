"""The plan's tables of crises: every branch's operation, and its stress with and without sharing and stocks."""

from __future__ import annotations

import pandas as pd

from quadopt.formulation.build import Model
from quadopt.solver.frames import PathTables, frame

TIME = ["disruption", "step", "begin", "end"]


def tables(model: Model, comparisons: dict[str, dict[str, float]]) -> dict[str, pd.DataFrame]:
    """branch_* tables, disruptions and stress; `comparisons` as `crises.least_stress` gives them."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for crisis in model.structure.crises:
        labels = {t: (crisis.name, t, crisis.begin[s], crisis.end[s]) for t, s in enumerate(crisis.steps, 1)}
        found = PathTables(model.structure, model.pyomo.branch[crisis.name], TIME, labels).all(is_base=False)
        for name, table in found.items():
            parts.setdefault(f"branch_{name}", []).append(table[[*TIME, *(c for c in table.columns if c not in TIME)]])
    out = {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}
    if not out:
        return {}
    sums = out["branch_shortage"].groupby("disruption")["shortage_value"].sum()
    stress = {str(name): float(total) for name, total in sums.items()}
    out["disruptions"] = _disruptions(model, stress, comparisons)
    out["stress"] = _stress(model, stress)
    return out


def _disruptions(model: Model, stress: dict[str, float], comparisons: dict[str, dict[str, float]]) -> pd.DataFrame:
    rows = []
    for w in model.structure.crises:
        first, last = w.steps[0], w.steps[-1]
        compared = [comparisons[name][w.name] for name in comparisons]
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
