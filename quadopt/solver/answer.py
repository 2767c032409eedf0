"""From a case and a model file to an audited plan: `solve`."""

from __future__ import annotations

import platform
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from quadopt import measures
from quadopt.audit import audit
from quadopt.formulation.options import Formulation, read_formulation
from quadopt.plan import Plan
from quadopt.solver import (
    balance_tables,
    calendar_tables,
    case_tables,
    contributions,
    crises,
    crisis_tables,
    dependence_tables,
    money_tables,
)
from quadopt.solver.brief import stage_table, status_of
from quadopt.solver.dependence_tables import Exposures
from quadopt.solver.frames import PathTables
from quadopt.solver.stages import Listener, Staged
from quadopt.solver.steps import comparisons
from quadopt.tables.case import Case
from quadopt.tables.inputs import input_values, source_table


def solve(
    case: Case,
    model: str | Path | Formulation = "pact",
    listener: Listener | None = None,
    start: Plan | None = None,
) -> Plan:
    """The plan of a case under a model file, checked by the auditor.

    `model` is the name of a model file that comes with quadopt, a path to one, or a `Formulation`; `listener` hears
    (stage, incumbent, bound) while stages are solved. `start` is the plan of a similar case, to begin with what it starts
    and which suppliers mattered to it: the answer is as good as without it, and comes sooner.

    Raises `NoPlanError` where there is no plan (with the status), `ModelFileError` where the model file has faults,
    and `AuditError` where the plan breaks a rule of the case beyond tolerance.
    """
    begin = time.perf_counter()
    options = read_formulation(model)
    staged = Staged(case, options, listener)
    if start is not None:
        staged.begin_from(start)
    staged.run()
    plan = replace(draft(staged), seconds={"stages": time.perf_counter() - begin})
    plan.tables.update(comparisons(case, options, plan))
    plan.seconds["comparisons"] = time.perf_counter() - begin - plan.seconds["stages"]
    found = audit(case, plan)
    found.raise_if_failed()
    plan.seconds["total"] = time.perf_counter() - begin
    return plan


def draft(staged: Staged) -> Plan:
    """The plan of finished stages, with every table but the three steps; not audited yet."""
    model, matrix, case = staged.model, staged.matrix, staged.case
    discount = {t: case.discount[period] for t, period in enumerate(case.periods, 1)}
    values = contributions.settle(matrix, matrix.program(model.pyomo.shortage_total), staged.values, discount)
    warnings = [*(str(finding) for finding in case.findings), *staged.warnings, *_projects_left_out(staged)]

    compared: dict[str, crises.Comparison] = {}
    if model.structure.has_crises:
        had_branches = model.has_branches
        model.add_total_cost(with_branches=True)
        matrix.extend()
        values = np.concatenate([values, np.zeros(matrix.width - values.size)])
        compared, least = crises.least_stress(model, matrix, values)
        values = crises.refilled(model, matrix, values if had_branches else least)
    else:
        model.add_total_cost(with_branches=False)

    tables: dict[str, pd.DataFrame] = {}
    exposures = Exposures(model, matrix, values, model.structure.suppliers)
    if exposures.failed:
        warnings.append(f"The range of exposure could not be computed for {', '.join(sorted(set(exposures.failed)))}.")
    matrix.load(exposures.values)
    starts = money_tables.starts_of(model)
    labels = {t: (period,) for t, period in enumerate(case.periods, 1)}
    tables |= PathTables(model.structure, model.pyomo.base, ["period"], labels).all(is_base=True)
    tables |= money_tables.tables(model, matrix, starts)
    tables["operating_support"] = measures.operating_support(case, tables)
    tables |= crisis_tables.tables(model, compared)
    tables |= dependence_tables.tables(exposures, tables)
    tables |= {"inputs": input_values(case), "sources": source_table(case)}
    tables |= case_tables.tables(case)
    tables |= balance_tables.tables(case, tables)
    tables |= calendar_tables.tables(model.structure, tables)

    warnings += [*_bought_twice(case, tables), *_caps_from(staged)]
    return Plan(
        case.title,
        staged.options.name,
        case.currency,
        case.base_year,
        case.input_hash,
        status_of(staged).value,
        stage_table(staged),
        tables,
        starts,
        _options(staged),
        warnings,
        {
            "quadopt": version("quadopt"),
            "python": platform.python_version(),
            **{name: version(name) for name in ("pyomo", "highspy", "pandas")},
        },
        warm_starts=staged.minimiser.warm_starts,
    )


def _projects_left_out(staged: Staged) -> list[str]:
    structure = staged.model.structure
    left_out = [p.name for p in structure.all_projects if p.starts and structure.is_unpayable(p)]
    if not left_out:
        return []
    return [f"Funds are not pooled: no member pays for projects outside every member ({', '.join(left_out)})."]


def _caps_from(staged: Staged) -> list[str]:
    """From when each cap without a stated period holds, where that is not the first period."""
    periods, notes = staged.case.periods, []
    for number, cap in enumerate(staged.options.caps):
        later: dict[str, list[str]] = {}
        for (k, place, material), step in staged.cap_from.items():
            if k == number and step > 1 and not cap.from_period:
                period = f"from {periods[step - 1]}" if step <= len(periods) else "in no period"
                later.setdefault(period, []).append(f"{material} ({place})")
        if later:
            parts = "; ".join(f"{period}: {', '.join(names)}" for period, names in sorted(later.items()))
            notes.append(
                f"The cap of {cap.share:.0%} of use from one supplier cannot hold at once everywhere. {parts}."
            )
    return notes


TELLING = 0.001
"""Share of the base path's cost above which imports thrown away are worth a warning."""


def _bought_twice(case: Case, tables: dict[str, pd.DataFrame]) -> list[str]:
    """A warning where members throw imports away: each supplier's book can then say that the waste was its own."""
    found = measures.imports_disposed(case, tables)
    base = tables["cost"][tables["cost"]["path"] == "base"]
    if found["value"].sum() <= TELLING * base["undiscounted"].abs().sum():
        return []
    materials = found.groupby("material")[["quantity", "value"]].sum().sort_values("value", ascending=False).head(3)
    unit = case.column("materials", "material", "unit")
    parts = [f"{row.quantity:,.0f} {unit[str(m)]} of {m}" for m, row in materials.iterrows()]
    return [
        f"Members dispose of imports worth {found['value'].sum():,.0f} million {case.currency} at prices "
        f"({', '.join(parts)}): part of the fall in dependence is booked, by buying twice, not replaced. The proportional "
        "share is not taken in by it; the model file no_double_buying bars it."
    ]


def _options(staged: Staged) -> dict[str, object]:
    """The formulation's rules as plain values, as the auditor and the run sheet read them."""
    o, structure = staged.options, staged.model.structure
    caps = [
        {
            "kappa": cap.share,
            "basis": cap.basis,
            "scope": cap.scope,
            "materials": list(cap.materials) or None,
            "stages": list(cap.stages) or None,
            "from_period": cap.from_period,
            "holds_from": {
                f"{n}/{m}": staged.case.periods[t - 1] if t <= len(staged.case.periods) else "never"
                for (k, n, m), t in staged.cap_from.items()
                if k == number
            },
        }
        for number, cap in enumerate(o.caps)
    ]
    return {
        "model_file": o.model_dump(mode="json"),
        "approach": o.approach,
        "order": list(o.objectives()),
        "weights": dict(o.weights),
        "bounds": dict(o.bounds),
        "measure": o.dependence.measure,
        "objective_dependence": o.dependence.objective,
        "dependence_weight": o.dependence.weight,
        "worst_from": o.dependence.worst_from,
        "exposed_disposal": o.dependence.exposed_disposal,
        "suppliers_traced": list(structure.suppliers),
        "suppliers_in_search": list(staged.minimiser.active),
        "pooled": o.pact.pooled,
        "burden": o.pact.burden,
        "burden_tolerance": o.pact.burden_tolerance,
        "sharing": o.pact.sharing,
        "sharing_rule": o.pact.sharing_rule,
        "stockpiles": True,
        "crisis_trade": o.stress.crisis_trade,
        "step_years": o.stress.step_years,
        "recovery_years": o.stress.recovery_years,
        "risk": o.stress.risk,
        "alpha": o.stress.alpha,
        "caps": caps,
        "gap": o.solver.gap,
        "time_limit": {objective: o.time_limit(objective) for objective in o.objectives()},
    }
