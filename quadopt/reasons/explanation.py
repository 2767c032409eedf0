"""Explanation: the entry that adds to a plan why it is as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from quadopt.formulation.options import Formulation, read_formulation
from quadopt.plan import Plan
from quadopt.reasons import highest
from quadopt.reasons.alternatives import Alternatives
from quadopt.reasons.effects import Effects
from quadopt.reasons.prices import shadow_prices
from quadopt.solver.kept import KeptStarts
from quadopt.solver.money import Money
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case

Listener = Callable[[str, int, int], None]
"""Called with (what is being found, how many are done, of how many)."""
PLACES = 12
"""Members' materials whose dependence is explained, the highest first."""
SECONDS = 60.0


def explain(
    case: Case,
    plan: Plan,
    model: str | Path | Formulation | None = None,
    nearest: int = 10,
    seconds: float = SECONDS,
    listener: Listener | None = None,
) -> Plan:
    """The plan with the tables that explain it: `project_effects`, `project_alternatives`, `shadow_prices`, `dependence_limits`.

    `model` is the model file that the plan was made with (default: the one of its name that comes with quadopt). `nearest`
    projects that are not chosen are solved anew with the other starts free, each for at most `seconds` seconds a stage (0:
    none). Everything else is found with the plan's starts kept, for the suppliers that mattered to its search.

    Raises `ValueError` where the plan was not made from this case and model file, or measures concentration (`hhi`), which
    is no linear program at fixed starts; `ModelFileError` where the model file has faults.
    """
    begin = time.perf_counter()
    options = read_formulation(plan.model_name if model is None else model)
    _check(case, plan, options)
    kept = KeptStarts(Staged(case, options), plan)
    money = Money(Portfolios.of(kept.matrix, kept.whole))
    finder = Effects(kept, money)
    effects = finder.all(_told("projects, the other starts kept", listener))
    alternatives = Alternatives(kept, money, plan, seconds)
    chosen = alternatives.nearest(effects, nearest)
    tables: dict[str, pd.DataFrame] = dict(plan.tables)
    tables["project_effects"] = finder.table(effects)
    tables["shadow_prices"] = shadow_prices(kept)
    tables["dependence_limits"] = highest.table(kept, plan, PLACES)
    tables["project_alternatives"] = alternatives.table(chosen, _told("projects, the other starts free", listener))
    return replace(plan, tables=tables, seconds={**plan.seconds, "explanations": time.perf_counter() - begin})


def _told(what: str, listener: Listener | None) -> Callable[[int, int], None] | None:
    return None if listener is None else lambda done, total: listener(what, done, total)


def _check(case: Case, plan: Plan, options: Formulation) -> None:
    plan.check_made_from(case, options)
    if options.dependence.measure == "hhi":
        raise ValueError("the measure hhi is not linear: plans of model files with it cannot be explained by prices")
