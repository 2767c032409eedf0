"""What studies of many runs share: where runs are solved, under which rules, and what they begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from quadopt.formulation.options import Formulation, read_formulation
from quadopt.plan import Plan
from quadopt.sweep.engine import Listener, run_many
from quadopt.sweep.run import Finished, Run
from quadopt.tables.case import Case


@dataclass(frozen=True)
class Engine:
    """Where runs are solved and kept, and who hears of them, as `quadopt.sweep.engine.run_many` takes it."""

    store: str | Path | None = None
    processes: int | None = None
    cluster: str | None = None
    listener: Listener | None = None

    def solve(self, runs: Sequence[Run]) -> list[Finished]:
        """How each run ended, in order."""
        return run_many(runs, self.store, self.processes, self.cluster, self.listener)


def formulation(model: str | Path | Formulation, gap: float | None) -> Formulation:
    """The model file, its stages to be solved to a relative gap where one is given."""
    options = model if isinstance(model, Formulation) else read_formulation(model)
    if gap is None:
        return options
    return options.model_copy(update={"solver": options.solver.model_copy(update={"gap": gap})})


def known_start(
    case: Case, options: Formulation, starts: Mapping[str, str], suppliers: Sequence[str], status: str
) -> Plan:
    """What a run has found as a plan for others to begin with: its starts and suppliers, without tables."""
    told = {"suppliers_in_search": list(suppliers), "model_file": options.model_dump(mode="json")}
    return Plan(
        case.title,
        options.name,
        case.currency,
        case.base_year,
        case.input_hash,
        status,
        pd.DataFrame(),
        {},
        dict(starts),
        told,
    )
