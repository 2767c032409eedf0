"""Alternatives: the nearest projects that the plan does not start forced in, all other starts free, with bounds.

The stages up to the one that tells most of a project, dependence where there is one, are solved anew with the project in,
within the members' limits and a limit of time. Forcing can only raise the optimum: what it costs lies between
`change_at_least`, the new bound less what the plan's run reached, and `change_at_most`, the new value less the old bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.reasons.effects import Effect
from quadopt.reasons.words import change_in_words, listed, points_or_money
from quadopt.solver.kept import KeptStarts, caps_found
from quadopt.solver.money import Money
from quadopt.solver.stages import Stage, Staged
from quadopt.tables.records import rows_of

COLUMNS = (
    "project",
    "stage",
    "unit",
    "status",
    "incumbent",
    "bound",
    "gap",
    "plan_incumbent",
    "plan_bound",
    "change_at_least",
    "change_at_most",
    "start",
    "other_changes",
    "seconds",
    "explanation",
)


class Alternatives:
    """Solves the nearest projects' alternatives; `seconds` is the most that a stage of one may take."""

    def __init__(self, kept: KeptStarts, money: Money, plan: Plan, seconds: float) -> None:
        self.kept, self.money, self.plan = kept, money, plan
        self.case, self.options = kept.staged.case, _hurried(kept.staged.options, seconds)
        names = [stage.goal.objective for stage in kept.stages]
        self._last = len(names) - 1 - names[::-1].index("dependence") if "dependence" in names else 0
        name = kept.stages[self._last].goal.name
        self._old = next(row for row in rows_of(plan.stages) if row.stage == name)

    def nearest(self, effects: list[Effect], count: int) -> list[Effect]:
        """The projects not chosen whose choice is nearest: where forcing in costs the telling stage least, then the last."""
        out = [e for e in effects if not e.is_chosen and e.is_possible]
        return sorted(out, key=lambda e: (round(e.goals[self._last], 9), e.goals[-1]))[:count]

    def table(self, effects: list[Effect], hear: Callable[[int, int], None] | None = None) -> pd.DataFrame:
        """The table `project_alternatives`, a row a project."""
        rows = []
        for done, effect in enumerate(effects):
            if hear is not None:
                hear(done, len(effects))
            rows.append(self._row(effect))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _row(self, effect: Effect) -> tuple[Any, ...]:
        begin, name = time.perf_counter(), effect.project.name
        goal = self.kept.stages[self._last].goal
        old = self._old
        try:
            stage, starts = self._solved(effect)
        except NoPlanError as error:
            seconds = time.perf_counter() - begin
            nothing = [float("nan")] * 3
            before = [old.incumbent, old.bound, float("nan"), float("nan")]
            text = f"{name} forced in: no plan found ({error.status}) within the members' limits."
            return (name, goal.name, goal.unit, error.status, *nothing, *before, "", "", seconds, text)
        bound = max(stage.bound, old.bound)
        least, most = max(0.0, bound - old.incumbent), stage.incumbent - old.bound
        others = self._others(name, starts)
        text = self._sentence(effect, stage, least, most, others)
        return (
            name,
            goal.name,
            goal.unit,
            stage.status.value,
            stage.incumbent,
            bound,
            (stage.incumbent - bound) / abs(stage.incumbent) if stage.incumbent else 0.0,
            old.incumbent,
            old.bound,
            least,
            most,
            starts.get(name, ""),
            "; ".join(others),
            time.perf_counter() - begin,
            text,
        )

    def _solved(self, effect: Effect) -> tuple[Stage, dict[str, str]]:
        """The telling stage with the project forced in, and what it starts. Raises `NoPlanError` where there is no plan."""
        staged = Staged(self.case, self.options)
        staged.require(effect.project.name, True)
        if self.options.caps:
            staged.hold_caps_from(caps_found(staged, self.plan))
        staged.begin_from(self.plan, self._known(effect))
        for number, aim in enumerate(staged.aims()):
            staged.solve(aim)
            if number == self._last:
                break
        started = staged.values[staged.matrix.columns_of("is_started")[: staged.values.size]]
        return staged.stages[self._last], self.kept.named(np.round(started))

    def _known(self, effect: Effect) -> dict[str, str]:
        """The payable portfolio with the project that is nearest to the plan's, to begin with; the plan's where there is none."""
        own = self.kept.starts_of(effect.project.name)
        chosen = effect.portfolio if effect.portfolio is not None else self.kept.portfolio
        found = self.money.nearest(self.kept.portfolio, own, chosen, within_limits=True)
        return self.kept.named(self.kept.portfolio if found is None else found)

    def _others(self, project: str, starts: dict[str, str]) -> list[str]:
        """What else differs from the plan's starts."""
        before = self.plan.starts
        out = []
        for name in sorted((before.keys() | starts.keys()) - {project}):
            if name not in starts:
                out.append(f"{name} (left out)")
            elif name not in before:
                out.append(f"{name} (started)")
            elif before[name] != starts[name]:
                out.append(f"{name} ({before[name]} to {starts[name]})")
        return out

    def _sentence(self, effect: Effect, stage: Stage, least: float, most: float, others: list[str]) -> str:
        currency, name = self.case.currency, effect.project.name
        range_of = f"{points_or_money(stage.objective, least, currency)} and {points_or_money(stage.objective, most, currency)}"
        found = stage.incumbent - self._old.incumbent
        says = (
            change_in_words(stage.objective, found, currency)
            if abs(found) > 1e-9
            else f"{stage.objective} is as in the plan's run"
        )
        moved = (
            f" {len(others)} other starts differ: {listed(others[:4])}{' ...' if len(others) > 4 else ''}."
            if others
            else ""
        )
        return (
            f"{name} forced in, the other starts free: {says} (plan found; {stage.status.value}); the true cost of "
            f"forcing it lies between {range_of}.{moved}"
        )


def _hurried(options: Formulation, seconds: float) -> Formulation:
    """The formulation with each stage's time limit at most so many seconds."""
    limits = {objective: min(seconds, options.time_limit(objective)) for objective in options.objectives()}
    return options.model_copy(update={"solver": options.solver.model_copy(update={"time_limit": limits})})
