r"""Effects of projects: what forcing one in, or leaving one out, does to every objective, the other starts kept.

For a candidate that the plan starts: it is left out. For one that it does not: it is forced in, in the period in which it
does best. Everything but starts is then chosen anew, stage by stage, each goal held as in the plan or, where that cannot
be, as far above its new least value. The fund has no limits here: `fund_needed` tells what the changed starts would take
beyond them. Projects that require the one left out go with it, rivals of the one forced in make room.

The break-even capex is where the choice turns. Where cost decides, it is

$capex^* = capex \mp \Delta cost / \kappa$, $\kappa_{p\tau} = \sum_t \delta_t \phi_{p\tau t} - (1 + r)^{-H} unexpired_{p\tau}$,

with $\kappa$ the discounted cost of one million of capex (the method, sections 3 and 7). Where an earlier objective decides
for the project, it is the capex up to which the members' limits can pay for it along with the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from quadopt.reasons.replaced import Supplies, replaced
from quadopt.reasons.words import change_in_words, listed, money
from quadopt.solver.kept import KeptStarts, Reached
from quadopt.solver.matrix import Array
from quadopt.solver.money import Money
from quadopt.tables.units import Project

NOISE = 1e-6
"""Part of a goal's value below which a difference is the solver's rounding."""
OBJECTIVES = ("shortage", "dependence", "stress", "cost")


@dataclass(frozen=True)
class Effect:
    """What one change of the starts does."""

    project: Project
    is_chosen: bool
    start: str
    """Period of the start that is left out or forced in."""
    portfolio: Array | None
    """The starts after the change; None where the rules of starts allow none."""
    with_it: tuple[str, ...]
    """Other projects that had to change, each with a word on how."""
    goals: tuple[float, ...]
    """Least value of each stage after the change; empty where there is no plan with it."""
    differences: dict[str, float]
    """Objective -> value after minus value before."""
    fund_needed: float
    decided_by: int | None
    """Number of the stage that decides; None where nothing differs."""
    break_even: float
    """Capex at which the choice turns, millions; nan where no capex turns it."""
    break_even_by: str
    """`cost`, `fund`, or nothing."""
    replaced_by: str

    @property
    def is_possible(self) -> bool:
        """Whether there is a plan with the change, money aside."""
        return bool(self.goals)


class Effects:
    """The effects of all candidates of a plan; `hear` is told (done, of how many) as they are found."""

    def __init__(self, kept: KeptStarts, money_rules: Money) -> None:
        self.kept, self.money = kept, money_rules
        self.case = kept.staged.case
        self.structure = kept.staged.model.structure
        self.base = kept.base
        self._supplies = Supplies.of(kept, self.base)

    def all(self, hear: Callable[[int, int], None] | None = None) -> list[Effect]:
        """One effect for every candidate that may start, in the table's order."""
        candidates = [p for p in self.structure.projects if p.status == "candidate"]
        out = []
        for done, project in enumerate(candidates):
            if hear is not None:
                hear(done, len(candidates))
            out.append(self.of(project))
        return out

    def of(self, project: Project) -> Effect:
        """The effect of one project."""
        own = self.kept.starts_of(project.name)
        chosen = np.flatnonzero(own & (self.kept.portfolio > 0.5))
        if chosen.size:
            return self._leave_out(project, int(chosen[0]))
        return self._force_in(project, np.flatnonzero(own).tolist())

    def _leave_out(self, project: Project, start: int) -> Effect:
        own = self.kept.starts_of(project.name)
        portfolio = self.money.nearest(self.kept.portfolio, own, np.zeros(own.size))
        reached = None if portfolio is None else self.kept.reach(portfolio)
        return self._effect(project, True, start, portfolio, reached)

    def _force_in(self, project: Project, starts: list[int]) -> Effect:
        found = [(k, self._with_start(k)) for k in starts]
        allowed = [(k, portfolio) for k, portfolio in found if portfolio is not None]
        if not allowed:
            return self._effect(project, False, starts[0], None, None)
        start, portfolio = min(allowed, key=lambda option: self._merit(option[1])) if len(allowed) > 1 else allowed[0]
        return self._effect(project, False, start, portfolio, self.kept.reach(portfolio))

    def _with_start(self, start: int) -> Array | None:
        own = self.kept.starts_of(self.kept.starts[start][0])
        at = np.zeros(own.size)
        at[start] = 1.0
        return self.money.nearest(self.kept.portfolio, own, at)

    def _merit(self, portfolio: Array) -> tuple[float, ...]:
        """What the best period is chosen by: the goals up to dependence, rounded to what matters, then money."""
        goals = self.kept.reach(portfolio, self._telling).goals
        rounded = (
            float("inf") if np.isnan(value) else round(value / (NOISE * max(abs(base), NOISE)))
            for value, base in zip(goals, self.base.goals, strict=False)
        )
        return (*rounded, self.money.needed(portfolio))

    @property
    def _telling(self) -> int:
        """How many stages tell periods of start apart: those up to dependence."""
        objectives = [stage.goal.objective for stage in self.kept.stages]
        return objectives.index("dependence") + 1 if "dependence" in objectives else 1

    def _effect(
        self, project: Project, is_chosen: bool, start: int, portfolio: Array | None, reached: Reached | None
    ) -> Effect:
        period = self.case.periods[self.kept.starts[start][1] - 1]
        if portfolio is None or reached is None or not reached.is_possible:
            return Effect(project, is_chosen, period, portfolio, (), (), {}, float("nan"), None, float("nan"), "", "")
        goals = reached.goals
        differences = {name: value - self.base.objectives[name] for name, value in reached.objectives.items()}
        decided_by = self._decided_by(goals)
        needed = self.money.needed(portfolio)
        break_even, by = self._break_even(project, is_chosen, start, portfolio, goals, decided_by, needed)
        supplies = Supplies.of(self.kept, reached)
        text = replaced(self.structure, project, self._supplies, supplies) if is_chosen else ""
        others = self._with_it(project, portfolio)
        return Effect(
            project, is_chosen, period, portfolio, others, goals, differences, needed, decided_by, break_even, by, text
        )

    def _decided_by(self, goals: tuple[float, ...]) -> int | None:
        """The first stage that tells the plan and the change apart: the goal is above the level that later stages keep, or
        below what the plan's run reached; in the last stage, above or below what the plan's starts reach."""
        for number, (value, stage) in enumerate(zip(goals, self.kept.stages, strict=True)):
            base = self.base.goals[number]
            noise = NOISE * max(abs(base), NOISE)
            is_last = np.isnan(stage.held_at)
            least, most = (base, base) if is_last else (min(stage.incumbent, base), max(stage.held_at, base))
            if value > most + noise or value < least - noise:
                return number
        return None

    def _is_better(self, decided_by: int, goals: tuple[float, ...]) -> bool:
        """Whether the stage that decides would be better with the change."""
        return goals[decided_by] < self.base.goals[decided_by]

    def _break_even(
        self,
        project: Project,
        is_chosen: bool,
        start: int,
        portfolio: Array,
        goals: tuple[float, ...],
        decided_by: int | None,
        needed: float,
    ) -> tuple[float, str]:
        """The capex at which the choice turns, and what turns it there."""
        if decided_by is None:
            return float("nan"), ""
        is_for = self._is_better(decided_by, goals) != is_chosen
        is_cost = self.kept.stages[decided_by].goal.objective == "cost"
        with_it = self.kept.portfolio if is_chosen else portfolio
        payable = max(0.0, project.capex * self.money.largest_capex(with_it, start))
        if is_cost:
            dearer = (goals[decided_by] - self.base.goals[decided_by]) / self._cost_of_capex(project, start)
            worth = project.capex + (dearer if is_chosen else -dearer)
            if worth < NOISE * max(project.capex, 1.0):
                return float("nan"), ""
            is_tight = is_chosen or (is_for and needed > NOISE)
            return (payable, "fund") if is_tight and payable < worth else (worth, "cost")
        if is_for and np.isfinite(payable) and (is_chosen or needed > NOISE):
            return payable, "fund"
        return float("nan"), ""

    def _cost_of_capex(self, project: Project, start: int) -> float:
        r"""Discounted cost of one million of capex: $\kappa_{p\tau}$."""
        case, period = self.case, self.case.periods[self.kept.starts[start][1] - 1]
        paid = project.payments(case, [period])[0] @ np.array([case.discount[t] for t in case.periods])
        unexpired = project.salvage(case, period) / project.capex if project.capex else 0.0
        return float(paid) - unexpired * (1.0 + case.discount_rate) ** -case.horizon

    def _with_it(self, project: Project, portfolio: Array) -> tuple[str, ...]:
        """The other projects that the change takes in, out, or to another period."""
        own = self.kept.starts_of(project.name)
        before = {self.kept.starts[k][0] for k in np.flatnonzero((self.kept.portfolio > 0.5) & ~own)}
        after = {self.kept.starts[k][0] for k in np.flatnonzero((portfolio > 0.5) & ~own)}
        moved = {self.kept.starts[k][0] for k in np.flatnonzero((portfolio != self.kept.portfolio) & ~own)}
        words = dict.fromkeys(before - after, "left out") | dict.fromkeys(after - before, "forced in")
        return tuple(f"{name} ({words.get(name, 'moved')})" for name in sorted(moved))

    def table(self, effects: list[Effect]) -> pd.DataFrame:
        """The table `project_effects`: one row a candidate (see `quadopt.report.columns`)."""
        return pd.DataFrame([self._row(effect) for effect in effects], columns=list(COLUMNS))

    def _row(self, e: Effect) -> dict[str, object]:
        is_shown = e.is_possible
        return {
            "project": e.project.name,
            "country": e.project.country,
            "process": e.project.process,
            "change": "left out" if e.is_chosen else "forced in",
            "start": e.start,
            "with_it": "; ".join(e.with_it),
            **{f"{name}_change": e.differences.get(name, float("nan")) for name in OBJECTIVES},
            "fund_needed": e.fund_needed if is_shown else float("nan"),
            "decided_by": "" if e.decided_by is None else self.kept.stages[e.decided_by].goal.name,
            "capex": e.project.capex,
            "break_even_capex": e.break_even,
            "break_even_by": e.break_even_by,
            "replaced_by": e.replaced_by,
            "explanation": self.sentence(e),
        }

    def sentence(self, e: Effect) -> str:
        """The effect in words."""
        change = f"{e.project.name} " + (
            f"left out (start {e.start})" if e.is_chosen else f"forced in (start {e.start})"
        )
        if e.portfolio is None:
            return f"{change}: the rules of starts (committed, requires, exclusive groups) allow it with no others."
        if not e.is_possible:
            return (
                f"{change}: no plan then meets the rules (minimum use, caps, bounds or stocks), the other starts kept."
            )
        others = f" {listed(list(e.with_it))} with it." if e.with_it else ""
        return f"{change}: {self._change(e)}.{others} {self._why(e)}{self._turns(e)}".strip()

    def _change(self, e: Effect) -> str:
        parts = [
            change_in_words(name, e.differences[name], self.case.currency)
            for name in OBJECTIVES
            if name in e.differences and abs(e.differences[name]) > NOISE * max(abs(self.base.objectives[name]), NOISE)
        ]
        return "; ".join(parts) if parts else "nothing changes"

    def _why(self, e: Effect) -> str:
        currency = self.case.currency
        if e.decided_by is None:
            return "No objective tells the two apart by more than later stages may give up."
        stage = self.kept.stages[e.decided_by]
        is_better = self._is_better(e.decided_by, e.goals)
        if e.is_chosen:
            return (
                f"{stage.goal.name} would be better without it: a better plan lies within that stage's gap."
                if is_better
                else f"{stage.goal.name} decides for it."
            )
        if is_better and e.fund_needed > NOISE:
            return (
                f"{stage.goal.name} would be better with it, but the starts would take {money(e.fund_needed, currency)} "
                "more than the members allow."
            )
        if is_better:
            return f"{stage.goal.name} would be better with it: a better plan lies within that stage's gap."
        return f"{stage.goal.name} decides against it."

    def _turns(self, e: Effect) -> str:
        if e.decided_by is None or not e.break_even_by:
            return "" if e.decided_by is None else " No capex turns the choice."
        at, now = money(e.break_even, self.case.currency), money(e.project.capex, self.case.currency)
        if e.break_even_by == "fund":
            return f" The fund can pay for it, along with the others, up to a capex of {at} (now {now})."
        return f" The choice turns at a capex of {at} (now {now})."


COLUMNS = (
    "project",
    "country",
    "process",
    "change",
    "start",
    "explanation",
    *(f"{name}_change" for name in OBJECTIVES),
    "fund_needed",
    "decided_by",
    "capex",
    "break_even_capex",
    "break_even_by",
    "with_it",
    "replaced_by",
)
