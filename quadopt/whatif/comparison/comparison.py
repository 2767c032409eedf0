"""Comparison: what stands beside the base, and what of a difference two plans can tell.

What two runs can tell of the difference of their optima says `quadopt.whatif.differences`. A later lexicographic stage is solved
with the earlier ones held at what each plan has reached there, so that its interval is that of the stage as it stood.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.run import Finished
from quadopt.tables.case import Case
from quadopt.tables.records import rows_of
from quadopt.whatif.comparison.kept_projects import KeptProjects
from quadopt.whatif.differences import Ended


@dataclass(frozen=True)
class Variant:
    """A case under a model file, by name: the base, a what-if, or the base's case under another model file."""

    name: str
    case: Case
    options: Formulation


@dataclass(frozen=True)
class Base:
    """The base and its plan."""

    variant: Variant
    finished: Finished

    @property
    def name(self) -> str:
        """The name by which it stands in tables."""
        return self.variant.name

    @property
    def plan(self) -> Plan:
        """Its plan."""
        found: Plan = self.finished.payload
        return found


@dataclass(frozen=True)
class Compared:
    """A what-if beside the base: how its own plan ended, and what is reached with the base's projects kept."""

    variant: Variant
    finished: Finished
    kept: Finished

    @property
    def name(self) -> str:
        """The what-if's name."""
        return self.variant.name

    @property
    def plan(self) -> Plan | None:
        """Its plan; None where the run failed."""
        found: Plan | None = self.finished.payload
        return found

    @property
    def kept_projects(self) -> KeptProjects | None:
        """What is reached with the base's projects; None where that run failed."""
        found: KeptProjects | None = self.kept.payload
        return found

    @property
    def with_base_projects(self) -> dict[str, Reached]:
        """Stage -> how it ends with the base's projects kept; nothing where there is no such plan."""
        kept = self.kept_projects
        return reached(None if kept is None or kept.reached is None else kept.reached.stages)


@dataclass(frozen=True)
class Reached:
    """How a stage has ended: its incumbent, and the bound that no plan beats."""

    incumbent: float = float("nan")
    bound: float = float("nan")
    gap: float = float("nan")
    status: str = "no plan"
    objective: str = ""
    unit: str = ""

    @property
    def ended(self) -> Ended:
        """Value and bound."""
        return Ended(self.incumbent, self.bound)


NOTHING = Reached()


def reached(stages: pd.DataFrame | None) -> dict[str, Reached]:
    """Stage -> how it has ended, from a table of stages."""
    if stages is None:
        return {}
    return {
        str(row.stage): Reached(
            float(row.incumbent), float(row.bound), float(row.gap), str(row.status), str(row.objective), str(row.unit)
        )
        for row in rows_of(stages)
    }


def room(plan: Plan, objective: str) -> float:
    """By how much an objective of a plan may be off, in the objective's unit: for its gap, and for the slack that later stages
    may use. 0 where no stage looks at it."""
    stages = plan.stages
    if plan.options["approach"] == "weighted":
        weight = plan.options["weights"].get(objective, 0.0)
        off = (stages["incumbent"] - stages["bound"]) / weight if weight else stages["incumbent"].iloc[:0]
    else:
        own = stages[stages["objective"] == objective]
        off = own[["incumbent", "held_at"]].max(axis=1) - own["bound"]
    return max(0.0, float(off.max())) if len(off) else 0.0
