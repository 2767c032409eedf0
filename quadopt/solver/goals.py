"""Goals: what each stage minimises, in which unit, and how a formulation's objectives unfold into stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quadopt.formulation.build import Model
from quadopt.formulation.options import Formulation, Objective, Slack

INDEX_UNIT = "index (0..1)"


@dataclass(frozen=True)
class Goal:
    """One stage: its name, the Pyomo expression to minimise, its unit, and how later stages may fall back."""

    name: str
    objective: Objective
    expression: Any
    unit: str
    slack: Slack


def prepare(model: Model, options: Formulation, objective: Objective, with_branches: bool) -> None:
    """Builds what an objective sees, and no more."""
    if objective == "dependence":
        model.add_dependence(model.structure.suppliers)
    if objective == "stress":
        model.add_branches()
    if objective == "cost":
        model.add_total_cost(with_branches)


def goals_of(model: Model, options: Formulation, objective: Objective, currency: str) -> list[Goal]:
    """The stages of one objective, after `prepare`.

    One that only looks at the worst is followed by the mean or expected one: otherwise everything that is not the
    worst would be left free, and crises that need not hurt would (the method, section 7).
    """
    pyomo, money, slack = model.pyomo, f"million {currency}", options.slack_of(objective)
    if objective == "shortage":
        return [Goal("shortage", objective, pyomo.shortage_total, f"{money} of weighted shortage", slack)]
    if objective == "cost":
        return [Goal("cost", objective, pyomo.total_cost, f"{money}, discounted and expected", slack)]
    if objective == "dependence":
        index = Goal("dependence", objective, pyomo.dependence_index, INDEX_UNIT, slack)
        if options.dependence.objective == "index":
            return [index]
        worst = Goal("dependence", objective, pyomo.worst, "share of demand (0..1)", slack)
        return [worst, Goal("dependence_mean", objective, pyomo.dependence_index, INDEX_UNIT, slack)]
    stress_unit = f"{money} of weighted shortage"
    expected = Goal("stress", objective, pyomo.stress_expected, f"{stress_unit}, expected", slack)
    if options.stress.risk == "expected":
        return [expected]
    at_risk = pyomo.worst_stress if options.stress.risk == "worst" else pyomo.stress_at_risk
    first = Goal("stress", objective, at_risk, f"{stress_unit}, {options.stress.risk}", slack)
    return [first, Goal("stress_expected", objective, pyomo.stress_expected, expected.unit, slack)]


def fund_goal(model: Model, currency: str) -> Goal:
    """The stage that spends no more of the fund than the ones before need: contributions, discounted."""
    unit = f"million {currency} of contributions, discounted"
    return Goal("fund_used", "cost", model.pyomo.contribution_discounted, unit, Slack())
