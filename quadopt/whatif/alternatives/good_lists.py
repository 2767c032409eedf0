"""Good lists: what the runs of a study of alternatives have found, and what follows for each project."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from quadopt.plan import Plan
from quadopt.sweep.run import Finished
from quadopt.tables.units import Project
from quadopt.whatif.alternatives.project_lists import ListFound

PLAN_LIST = "plan"
"""Name of the list that the plan starts."""
Verdict = Literal["always", "sometimes", "never", "none found"]


@dataclass(frozen=True)
class Target:
    """What good lists keep: the goal of the plan's stage `stage` at or below `level`, in `unit`.

    `reached` is what the plan's run came to and `bound` what it proved; `is_index`: the goal is a share between 0 and 1.
    """

    plan: Plan
    stage: str
    objective: str
    unit: str
    reached: float
    bound: float
    level: float
    is_index: bool

    @property
    def allowed(self) -> float:
        """How far above the plan's value a list may be."""
        return self.level - self.reached

    @property
    def gap(self) -> float:
        """How far from the true optimum the plan's run can be at most; infinite where it has no bound."""
        return max(0.0, self.reached - self.bound)


@dataclass(frozen=True)
class GoodList:
    """One list: its name, how it was found, what it starts, the least value of the target's goal with it, and the search that
    found it."""

    name: str
    found_as: str
    starts: Mapping[str, str]
    value: float
    search: ListFound | None = None
    objectives: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """A search for a good list with a project that no list holds (`is_started`), or without one that all hold.

    `found` is None where the run failed.
    """

    project: str
    is_started: bool
    run: str
    found: ListFound | None

    @property
    def shows_there_is_none(self) -> bool:
        """Whether it is proven that no good list does otherwise."""
        return self.found is not None and self.found.starts is None and self.found.is_proven


@dataclass
class Findings:
    """All lists, the plan's first; `end` is the search that found no further one, None where the number asked for came first."""

    target: Target
    lists: list[GoodList] = field(default_factory=list)
    plan_value: float = math.nan
    """The goal's least value with the plan's own list; nan where its later stages have taken it above the level."""
    known: dict[str, Any] = field(default_factory=lambda: {"met": [], "cuts": ""})
    """What the next search begins with."""
    end: ListFound | None = None
    proofs: dict[str, Proof] = field(default_factory=dict)
    failed: list[Finished] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lists = [GoodList(PLAN_LIST, "the plan's list", self.target.plan.starts, math.nan)]

    @property
    def good(self) -> list[GoodList]:
        """The lists that count: all, the plan's own only where it is within the level."""
        return self.lists[math.isnan(self.plan_value) :]

    def holding(self, project: str) -> list[GoodList]:
        """The good lists that start a project."""
        return [one for one in self.good if project in one.starts]

    def undecided(self, candidates: Sequence[Project]) -> list[tuple[str, bool]]:
        """Projects that all lists hold, with False, then those that none holds, with True: whether to look for one that does."""
        held = {p.name: len(self.holding(p.name)) for p in candidates}
        if not self.good:
            return []
        always = [(name, False) for name, count in held.items() if count == len(self.good)]
        return always + [(name, True) for name, count in held.items() if count == 0]

    def take(self, proof: Proof) -> None:
        """Keeps a proof; where it is a list of other projects than all known ones it is one more good list."""
        self.proofs[proof.project] = proof
        found = proof.found
        if found is not None and found.starts is not None:
            is_new = all(set(found.starts) != set(one.starts) for one in self.lists)
            if is_new:
                self.lists.append(GoodList(proof.run, proof.run, found.starts, found.value))

    def verdict(self, project: str) -> Verdict:
        """Whether all good lists found hold a project, some, or none."""
        count = len(self.holding(project))
        if not self.good:
            return "none found"
        return "always" if count == len(self.good) else "never" if count == 0 else "sometimes"

    def is_proven(self, project: Project) -> bool:
        """Whether the verdict holds for all good lists that there are, not only for those found."""
        if self.verdict(project.name) == "sometimes" or project.status == "committed":
            return True
        return project.name in self.proofs and self.proofs[project.name].shows_there_is_none

    def basis(self, project: Project) -> str:
        """What a verdict rests on, in words."""
        verdict, proof = self.verdict(project.name), self.proofs.get(project.name)
        if project.status == "committed":
            return "committed: it starts in every plan"
        if verdict == "none found":
            return "no good list was found"
        if verdict == "sometimes":
            return "good lists with it and without it were found"
        other = "without" if verdict == "always" else "with"
        among = "in all lists found" if verdict == "always" else "in none of the lists found"
        if proof is None:
            return f"{among}; no list {other} it was searched for"
        if proof.found is None:
            return f"{among}; the run that looks for one {other} it failed"
        if proof.shows_there_is_none:
            return f"no good list {other} it exists"
        return f"{among}; one {other} it may exist and was not found in time"
