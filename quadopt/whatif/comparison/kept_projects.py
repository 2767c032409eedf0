"""What a case comes to when nobody adapts: another plan's projects kept, everything else chosen anew."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.solver.brief import Brief, brief
from quadopt.solver.money import Money
from quadopt.solver.outcome import Status
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.stages import Staged
from quadopt.sweep.run import Outcome
from quadopt.tables.case import Case

KEPT = "quadopt.whatif.comparison.kept_projects:keep"
"""The name of `keep` for a `Run`."""


@dataclass(frozen=True)
class KeptProjects:
    """What is reached with another plan's projects, if anything.

    `left_out`: project of that plan -> why it cannot be kept; `added`: projects that start in any case because they are
    committed; `fund_needed`: millions that the starts take beyond what the members allow, nan where that is not known.
    """

    reached: Brief | None
    left_out: dict[str, str]
    added: tuple[str, ...]
    fund_needed: float

    @property
    def is_possible(self) -> bool:
        """Whether there is a plan with these projects."""
        return self.reached is not None


def keep(case: Case, options: Formulation, start: Plan) -> Outcome:
    """The stages of a case, its starts fixed to those of a plan.

    A start that the case does not have any more is left out; committed projects that are not among the starts are free in
    when they start. That no plan meets the rules with these starts is an answer, of status `infeasible`. Raises
    `NoPlanError` where a stage ends without a plan for another reason.
    """
    staged = Staged(case, options)
    starts, left_out = _possible(staged, start.starts)
    added = tuple(p.name for p in staged.model.structure.projects if p.status == "committed" and p.name not in starts)
    staged.keep_starts(starts, added)
    mattered = [s for s in start.options["suppliers_in_search"] if s in staged.minimiser.suppliers]
    staged.minimiser.active += [s for s in mattered if s not in staged.minimiser.active]
    try:
        staged.run()
    except NoPlanError as error:
        if error.status != Status.INFEASIBLE.value:
            raise
        needed = _fund_needed(staged, starts) if not added else math.nan
        return Outcome(KeptProjects(None, left_out, added, needed), error.status, math.nan)
    found = brief(staged)
    return Outcome(KeptProjects(found, left_out, added, 0.0), found.status, found.gap)


def _possible(staged: Staged, starts: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The starts that a case still has, and the others with the reason."""
    structure, periods = staged.model.structure, staged.case.periods
    there = {(project, periods[tau - 1]) for project, tau in staged.model.pyomo.starts}
    known = {p.name: p for p in structure.all_projects}
    kept: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for project, period in starts.items():
        if (project, period) in there:
            kept[project] = period
        elif project not in known:
            left_out[project] = "there is no such project any more"
        elif known[project].status == "excluded":
            left_out[project] = "it is excluded"
        elif structure.is_unpayable(known[project]):
            left_out[project] = "no member may pay for it"
        else:
            left_out[project] = f"it cannot start in {period}"
    return kept, left_out


def _fund_needed(staged: Staged, starts: Mapping[str, str]) -> float:
    """Contributions beyond the members' limits that would pay for these starts, millions; nan where no money would do."""
    periods = staged.case.periods
    program = staged.matrix.program(staged.model.pyomo.shortage_total)
    portfolio = np.array([float(starts.get(p) == periods[tau - 1]) for p, tau in staged.model.pyomo.starts])
    return Money(Portfolios.of(staged.matrix, program)).needed(portfolio)
