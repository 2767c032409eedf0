"""Diagnosis: why no plan meets the rules, and what would have to give: `diagnose`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from quadopt.formulation.fit import check_fit
from quadopt.formulation.options import Formulation, read_formulation
from quadopt.reasons import repair
from quadopt.reasons.conflicts import clauses, has_plan, minimal_conflict, ruled, rules_of
from quadopt.reasons.elastic import Elastic
from quadopt.reasons.facts import facts
from quadopt.reasons.repair import Change
from quadopt.reasons.rules import Rule, Ruled, placed, said, shown
from quadopt.tables.case import Case

SECONDS = 300.0
"""For a whole diagnosis."""
WIDENINGS = 4
"""How often a repair is made a thousandth wider where it does not suffice."""


@dataclass(frozen=True)
class Diagnosis:
    """What conflicts in a case under a model file, and what would mend it.

    `conflict`, `repair` and `alternatives` are tables; where a plan meets all rules they are empty and `is_feasible` is
    true. `facts` are sentences on what the conflict rests on beside the rules.
    """

    title: str
    model_name: str
    currency: str
    is_feasible: bool
    conflict: pd.DataFrame
    facts: list[str]
    repair: pd.DataFrame
    alternatives: pd.DataFrame
    seconds: float
    _case: Case = field(repr=False)
    _options: Formulation = field(repr=False)
    _changes: tuple[tuple[Change, ...], ...] = field(repr=False)

    @property
    def measure(self) -> str:
        """What the cheapest repair is the cheapest by."""
        return repair.MEASURE.format(currency=self.currency)

    def repaired(self, alternative: int = 0) -> tuple[Case, Formulation]:
        """Copies of the case and of the model file with a repair made: 0 the cheapest, 1 and on the alternatives in order.

        Raises `IndexError` where there is no such repair.
        """
        return repair.applied(self._case, self._options, self._changes[alternative])

    @property
    def text(self) -> str:
        """The diagnosis for reading: the rules that conflict, the facts, the cheapest repair, what alone suffices."""
        if self.is_feasible:
            text = f"A plan meets all rules of {self.title or 'the case'} under the model file {self.model_name}."
            if self._options.approach == "bounded" and any(not cap.from_period for cap in self._options.caps):
                text += (
                    " Caps without a first period were left aside: where they are what the bounds do not leave room for, "
                    "state their from_period."
                )
            return text
        parts = ["These rules conflict: no plan keeps them all, and leaving out any one of them lets a plan."]
        parts += [f"  {row.rule}. {row.place}: {row.words}" for row in self.conflict.itertuples()]
        if self.facts:
            parts += ["given the facts:", *(f"  - {fact}" for fact in self.facts)]
        if len(self.repair):
            parts.append(
                f"Cheapest repair (gives way by {shown(self.repair['counts'].sum())} million {self.currency}):"
            )
            parts += [f"  - {line}" for line in repair.lines(self._changes[0], self._case.periods)]
        if len(self._changes) > 1:
            parts.append("Each of these suffices by itself, changing one rule of the conflict alone:")
        for number, changes in enumerate(self._changes[1:], 1):
            counts = shown(sum(change.counts for change in changes))
            found = "; ".join(repair.lines(changes, self._case.periods))
            parts.append(f"  {number}. {found} (gives way by {counts} million {self.currency})")
        return "\n".join([*parts, self.measure])

    def __str__(self) -> str:
        return self.text

    def to_excel(self, path: str | Path, force: bool = False) -> Path:
        """Writes the diagnosis as a workbook. Raises `FileExistsError` where the file is there and `force` is not given."""
        from quadopt.report.diagnosis import write_diagnosis

        return write_diagnosis(self, path, force)


CONFLICT = ("rule", "sheet", "rows", "column", "entry", "kind", "value", "unit", "place", "words")


def diagnose(case: Case, model: str | Path | Formulation = "pact", seconds: float = SECONDS) -> Diagnosis:
    """Why no plan of a case meets all rules of its tables and of a model file, and the cheapest repair.

    Looks at the base path, since crises always have a plan (what cannot be served goes short), and under the bounded approach
    at the bounds as well. A cap without a stated first period holds from when it can, so that it never conflicts.

    Raises `ModelFileError` where the model file has faults, `NoPlanError` where `seconds` do not suffice.
    """
    begin = time.perf_counter()
    options = read_formulation(model)
    check_fit(options, case)
    found = ruled(case, options)
    elastic = Elastic(found.program, rules_of(found), options.solver.threads, seconds)
    conflict = minimal_conflict(elastic)
    numbers = [number for clause in conflict for number in clause]
    rested = facts(found, elastic, numbers) if conflict else []
    repairs = _repairs(found, elastic, conflict) if conflict else []
    alternatives = [
        repair.table(changes, case.periods).assign(alternative=number) for number, changes in enumerate(repairs[1:], 1)
    ]
    return Diagnosis(
        case.title,
        options.name,
        case.currency,
        not conflict,
        _conflict_table([[elastic.rules[k] for k in clause] for clause in conflict], case.periods),
        rested,
        repair.table(repairs[0] if repairs else (), case.periods),
        pd.concat(alternatives, ignore_index=True)[["alternative", *repair.REPAIR]]
        if alternatives
        else pd.DataFrame(columns=["alternative", *repair.REPAIR]),
        time.perf_counter() - begin,
        case,
        options,
        tuple(repairs),
    )


def _repairs(found: Ruled, elastic: Elastic, conflict: Sequence[Sequence[int]]) -> list[tuple[Change, ...]]:
    """The cheapest repair, then for each clause of the conflict the one that changes it alone, where it suffices."""
    others = [k for k, rule in enumerate(elastic.rules) if not rule.is_choice]
    cheapest = _cheapest(found, elastic, others) or _cheapest(found, elastic, [])
    repairs = [cheapest] if cheapest else []
    whole = {k: clause for clause in clauses(elastic.rules) for k in clause}
    for clause in conflict:
        free = set(whole[clause[0]])
        alone = _checked(found, repair.changes(found, elastic, [k for k in range(len(elastic.rules)) if k not in free]))
        if alone and alone not in repairs:
            repairs.append(alone)
    return [*repairs[:1], *sorted(repairs[1:], key=lambda changes: sum(change.counts for change in changes))]


def _cheapest(found: Ruled, elastic: Elastic, kept: list[int]) -> tuple[Change, ...]:
    """The cheapest repair that keeps some rules; pooling the funds, all or nothing, alone where it suffices."""
    changes = repair.changes(found, elastic, kept)
    if len(changes) > 1 and any(change.rule.kind == "funds not pooled" for change in changes):
        but = [k for k, rule in enumerate(elastic.rules) if rule.kind != "funds not pooled"]
        changes = repair.changes(found, elastic, but) or changes
    return _checked(found, changes)


def _checked(found: Ruled, changes: list[Change]) -> tuple[Change, ...]:
    """The changes, wide enough that the case has a plan with them; none where they do not suffice."""
    for _ in range(WIDENINGS if changes else 0):
        if has_plan(*repair.applied(found.case, found.options, changes)):
            return tuple(changes)
        changes = [repair.widened(change) for change in changes]
    return ()


def _conflict_table(conflict: list[list[Rule]], order: Sequence[str]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for number, rules in enumerate(conflict, 1):
        first = rules[0]
        values = list(dict.fromkeys(shown(r.value) if isinstance(r.value, float) else str(r.value) for r in rules))
        at, place = placed(rules)
        rows.append({
            "rule": number,
            "sheet": first.origin.sheet,
            "rows": at,
            "column": first.column,
            "entry": "; ".join(part for part in first.key if part),
            "kind": first.kind,
            "value": "; ".join(values),
            "unit": first.unit,
            "place": place,
            "words": said(rules, order),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(CONFLICT))
