"""What studies of many runs share: where runs are solved, under which rules, and what they begin with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation, read_formulation
from quadopt.plan import Plan
from quadopt.sweep.engine import Listener, run_many
from quadopt.sweep.run import Finished, Run
from quadopt.sweep.work import PLAN
from quadopt.tables.case import Case


class Engine:
    """Where a study's runs are solved and kept, as `quadopt.sweep.engine.run_many` takes it, and who hears of them.

    The listener hears of all sweeps of the study as of one, of as many runs as are foreseen (`total`) or turn out to be.
    """

    def __init__(
        self,
        store: str | Path | None = None,
        processes: int | None = None,
        cluster: str | None = None,
        listener: Listener | None = None,
        total: int = 0,
    ) -> None:
        self._store, self._processes, self._cluster, self._listener = store, processes, cluster, listener
        self._before, self._total = 0, total

    def solve(self, runs: Sequence[Run], is_chain: bool = False) -> list[Finished]:
        """How each run ended, in order. A chain's next run stays in this process, where its programs are loaded already."""
        processes = None if is_chain else self._processes
        before, self._before = self._before, self._before + len(runs)
        self._total = max(self._total, self._before)
        return run_many(runs, self._store, processes, self._cluster, self._told(before, len(runs)))

    def plan(self, name: str, case: Case, options: Formulation) -> Finished:
        """The run that solves a case, with its plan. Raises `NoPlanError`, with the run's reason, where there is none."""
        found = self.solve([Run(name, PLAN, case, options)])[0]
        if not found.has_answer:
            raise NoPlanError(f"{name}: {found.reason}", found.status)
        return found

    def _told(self, before: int, count: int) -> Listener | None:
        """A listener for one sweep, whose seconds left are those of the study only where it is the last."""
        tell, total = self._listener, self._total
        if tell is None:
            return None
        is_last = before + count >= total

        def listener(done: int, _: int, finished: Finished | None, seconds_left: float) -> None:
            tell(before + done, total, finished, seconds_left if is_last else math.nan)

        return listener


def formulation(model: str | Path | Formulation, gap: float | None = None) -> Formulation:
    """The model file, its stages to be solved to a relative gap where one is given."""
    options = read_formulation(model)
    if gap is None:
        return options
    return options.model_copy(update={"solver": options.solver.model_copy(update={"gap": gap})})


def known_start(
    case: Case,
    options: Formulation,
    starts: Mapping[str, str],
    suppliers: Sequence[str],
    status: str,
    before: Plan | None = None,
) -> Plan:
    """What a run has found as a plan for others to begin with: its starts and suppliers, without tables; what searches have
    learnt is that of the plan `before`, which the run itself began from."""
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
        warm_starts=[] if before is None else before.warm_starts,
    )
