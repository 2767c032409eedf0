"""Alternatives: other lists of projects, nearly as good as the plan's and as different from it and one another as can be.

Modelling to generate alternatives (Brill, Chang and Hopkins, 1982; DeCarolis, 2011): what a model leaves out may decide between
lists that it cannot tell apart. Each next list maximises its least distance, projects in one of two lists only, from all
lists before it (distance cuts on the binaries; Danna, Fenelon, Gu and Wunderling, 2007), with a bound on how far it could be.
`explain` asks of one project at a time what it changes; here whole lists stand beside the plan's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.engine import Listener
from quadopt.sweep.run import Finished, Run, runs_table, versions
from quadopt.tables.case import Case
from quadopt.tables.records import rows_of
from quadopt.tables.units import projects
from quadopt.whatif.alternatives import tables as told
from quadopt.whatif.alternatives.good_lists import Findings, GoodList, Proof, Target
from quadopt.whatif.alternatives.project_lists import CHANGED, NEXT, WORTH, ListFound
from quadopt.whatif.many import Engine, formulation
from quadopt.whatif.study import Study

WITHIN = 0.02
"""How far from the plan's value a list may be, relative, unless said otherwise: more than the model files' gap of 1 %."""
COUNT = 10
SECONDS = 60.0
PROOFS = 40
PROOF_SECONDS = 30.0
LISTS_A_RUN = 4
"""Lists whose objectives one run finds: the linear programs are loaded once for them."""


def alternatives(
    case: Case,
    model: str | Path | Formulation = "pact",
    plan: Plan | None = None,
    *,
    within: float = WITHIN,
    points: float | None = None,
    count: int = COUNT,
    seconds: float = SECONDS,
    proofs: int = PROOFS,
    proof_seconds: float = PROOF_SECONDS,
    store: str | Path | None = None,
    processes: int | None = None,
    cluster: str | None = None,
    listener: Listener | None = None,
) -> Study:
    """Up to `count` lists of projects whose dependence is at most `within` (a part of the plan's) above the plan's.

    `points`: instead, so many points (0.01) of the index. Where the model file does not look at dependence, its last
    objective is kept within. Objectives before it are held as in the plan; later ones are free. `plan` is the plan of this
    case and model file where there is one (default: it is solved first). Each list is searched for with at most `seconds`
    seconds of work, counted by what is done and not by the clock, so that the answer does not depend on the machine. For up
    to `proofs` projects that all lists hold, or none, a list without it, or with it, is searched for, with at most
    `proof_seconds` each: found, or proven that there is none, or left open. `store`, `processes`, `cluster`, `listener`: as
    for `quadopt.sweep.engine.run_many`; the lists follow from one another and are found one after the other.

    Raises `ValueError` where the plan was not made from this case and model file, where a number is out of range, or where
    the model file measures concentration (`hhi`), which is no linear program at fixed starts; `ModelFileError` where it has
    faults; `NoPlanError` where the case has no plan.
    """
    begin = time.perf_counter()
    options = formulation(model)
    _check_numbers(within, points, count, seconds, proof_seconds)
    if options.dependence.measure == "hhi":
        raise ValueError("the measure hhi is not linear: lists of model files with it cannot be valued")
    search = _Search(case, options, Engine(store, processes, cluster, listener, total=count + 3))
    target = _target(search.plan(plan), within, points)
    findings = search.run(target, count, seconds, proofs, proof_seconds)
    return Study(
        "alternatives",
        case.title,
        options.name,
        case.currency,
        case.base_year,
        case.input_hash,
        told.status(findings),
        told.lines(case, findings),
        {**told.tables(case, findings), "runs": runs_table(search.finished)},
        told.warnings(case, findings),
        versions(),
        {"total": time.perf_counter() - begin},
    )


def _check_numbers(within: float, points: float | None, count: int, seconds: float, proof_seconds: float) -> None:
    for name, value, least in (("within", within, 0), ("points", points, 0), ("count", count, 1)):
        if value is not None and not (math.isfinite(value) and value >= least):
            raise ValueError(f"{name} = {value}: at least {least}")
    for name, value in (("seconds", seconds), ("proof_seconds", proof_seconds)):
        if not value > 0:
            raise ValueError(f"{name} = {value}: more than 0")


def _target(plan: Plan, within: float, points: float | None) -> Target:
    """The stage whose goal lists keep within a level: the first of dependence, else of the last objective."""
    objectives = plan.stages["objective"]
    objective = "dependence" if (objectives == "dependence").any() else objectives.iloc[-1]
    row = next(row for row in rows_of(plan.stages) if row.objective == objective)
    is_index = objective == "dependence" and plan.options["approach"] != "weighted"
    if points is not None and not is_index:
        raise ValueError(f"points are points of the dependence index; the model file's last objective is {row.stage}")
    allowed = within * abs(row.incumbent) if points is None else 0.01 * points
    return Target(plan, row.stage, row.objective, row.unit, row.incumbent, row.bound, row.incumbent + allowed, is_index)


class _Search:
    """The runs of the study, in order; `finished` holds how each ended."""

    def __init__(self, case: Case, options: Formulation, engine: Engine) -> None:
        self.case, self.options, self.engine = case, options, engine
        self.finished: list[Finished] = []

    def plan(self, given: Plan | None) -> Plan:
        """The plan that the lists stand beside. Raises `NoPlanError` where there is none."""
        if given is not None:
            given.check_made_from(self.case, self.options)
            return given
        found = self.engine.plan("plan", self.case, self.options)
        self.finished.append(found)
        return found.payload

    def run(self, target: Target, count: int, seconds: float, proofs: int, proof_seconds: float) -> Findings:
        """All lists, the proofs, and what each list is worth."""
        findings = Findings(target)
        self._find_lists(findings, count, seconds)
        self._prove(findings, proofs, proof_seconds)
        self._value(findings)
        findings.failed = [one for one in self.finished if not one.has_answer]
        return findings

    def _solve(self, runs: Sequence[Run], is_chain: bool = False) -> list[Finished]:
        found = self.engine.solve(runs, is_chain)
        self.finished += found
        return found

    def _run(self, name: str, work: str, target: Target, settings: dict[str, Any]) -> Run:
        of_all = {"stage": target.stage, "level": target.level}
        return Run(name, work, self.case, self.options, {**of_all, **settings}, target.plan)

    def _find_lists(self, findings: Findings, count: int, seconds: float) -> None:
        """One list after the other, each as far as can be from those before."""
        for number in range(1, count + 1):
            known = [dict(one.starts) for one in findings.lists[1:]]
            settings = {"lists": known, **findings.known, "seconds": seconds}
            found = self._solve([self._run(f"list {number}", NEXT, findings.target, settings)], is_chain=True)[0]
            if not found.has_answer:
                return
            payload: ListFound = found.payload
            findings.known = {"met": [dict(one) for one in payload.met], "cuts": payload.cuts}
            findings.plan_value = payload.plan_value
            if payload.starts is None:
                findings.end = payload
                return
            findings.lists.append(GoodList(str(number), "most different", payload.starts, payload.value, payload))

    def _prove(self, findings: Findings, most: int, seconds: float) -> None:
        """For projects that all lists hold, or none: a list that does otherwise, or the proof that there is none."""
        asked = findings.undecided([p for p in projects(self.case) if p.status == "candidate" and p.starts])[:most]
        runs = []
        for project, is_started in asked:
            settings = {"project": project, "is_started": is_started, **findings.known, "seconds": seconds}
            name = f"{'with' if is_started else 'without'} {project}"
            runs.append(self._run(name, CHANGED, findings.target, settings))
        if not runs:
            return
        for (project, is_started), run, found in zip(asked, runs, self._solve(runs), strict=True):
            payload: ListFound | None = found.payload if found.has_answer else None
            findings.take(Proof(project, is_started, run.name, payload))

    def _value(self, findings: Findings) -> None:
        """Every list's objectives."""
        lists = findings.lists
        parts = [lists[k : k + LISTS_A_RUN] for k in range(0, len(lists), LISTS_A_RUN)]
        runs = []
        for part in parts:
            name = f"worth of {', '.join(one.name for one in part)}"
            settings = {"lists": [dict(one.starts) for one in part]}
            runs.append(Run(name, WORTH, self.case, self.options, settings, findings.target.plan))
        worth: list[Any] = []
        for part, found in zip(parts, self._solve(runs), strict=True):
            worth += found.payload if found.has_answer else [None] * len(part)
        findings.lists = [
            one
            if own is None
            else replace(one, objectives=own.objectives, value=own.value_of(findings.target.stage, one.value))
            for one, own in zip(lists, worth, strict=True)
        ]
