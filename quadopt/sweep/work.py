"""The work that most runs ask for: a plan."""

from __future__ import annotations

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.run import Outcome
from quadopt.tables.case import Case

PLAN = "quadopt.sweep.work:plan"
"""The name of `plan` for a `Run`."""


def plan(case: Case, options: Formulation, start: Plan | None) -> Outcome:
    """The whole audited plan of a case, as `quadopt.solve` gives it."""
    from quadopt.solver.answer import solve

    found = solve(case, options, start=start)
    return Outcome(found, found.status, float(found.stages["gap"].max()))
