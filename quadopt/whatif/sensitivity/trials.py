"""Trials: one case solved with its uncertain inputs at many positions, each run beginning with the base case's plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.run import Finished, Run
from quadopt.tables.case import Case
from quadopt.whatif.many import Engine, known_start
from quadopt.whatif.sensitivity.moves import Uncertain
from quadopt.whatif.sensitivity.reached import WORK, Reached

BASE = "base"


@dataclass(frozen=True)
class Trial:
    """One run with the positions of the inputs that it moves."""

    name: str
    positions: Mapping[int, float]


KEPT_SAID = (
    "The stages after dependence keep its projects: their values are reached, and no bound says how much better other projects "
    "would do, so that no difference of theirs is called one."
)


class Trials:
    """The runs of a study of uncertain inputs; `base` is solved first, from `start` where it is given."""

    def __init__(
        self,
        case: Case,
        options: Formulation,
        inputs: Sequence[Uncertain],
        start: Plan | None,
        engine: Engine,
        keeps_projects: bool,
    ) -> None:
        self.case, self.options, self.inputs, self.engine = case, options, inputs, engine
        self._rules = {"keeps_projects": keeps_projects}
        self.base = engine.solve([Run(BASE, WORK, case, options, self._rules, start)])[0]
        if not self.base.has_answer:
            raise NoPlanError(f"The base case has no plan, so that nothing can be compared with it. {self.base.reason}")
        found = self.reached
        self.start = known_start(case, options, found.starts, found.suppliers, self.base.status, start)

    @property
    def reached(self) -> Reached:
        """What the base case reaches."""
        found: Reached = self.base.payload
        return found

    @property
    def said(self) -> list[str]:
        """What the reader must know of how the stages were solved."""
        return [KEPT_SAID] if self._rules["keeps_projects"] else []

    def solve(self, trials: Sequence[Trial]) -> list[Finished]:
        """How each trial ended, in order; one that changes nothing is the base case."""
        ended: dict[int, Finished] = {}
        runs: dict[int, Run] = {}
        for number, trial in enumerate(trials):
            changes = self._changes(trial)
            if changes:
                runs[number] = Run(
                    trial.name, WORK, self.case, self.options, {"changes": changes, **self._rules}, self.start
                )
            else:
                ended[number] = replace(self.base, run=trial.name, is_kept=True)
        ended |= dict(zip(runs, self.engine.solve(list(runs.values())), strict=True))
        return [ended[number] for number in range(len(trials))]

    def _changes(self, trial: Trial) -> list[list[str]]:
        """The changes of a trial as `reach` takes them: the case is changed where it is solved."""
        return [
            [self.inputs[k].name, change.table, change.where, change.column, change.operation, change.value]
            for k, at in trial.positions.items()
            for change in self.inputs[k].changes(at)
        ]
