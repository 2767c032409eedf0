"""Tornado: what each uncertain input does to every objective when it alone goes to the ends of its range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.reasons.words import listed, points_or_money
from quadopt.sweep.engine import Listener
from quadopt.sweep.run import Finished, runs_table, versions
from quadopt.tables.case import Case
from quadopt.whatif.differences import Difference, moved_starts
from quadopt.whatif.ended import status_of
from quadopt.whatif.many import Engine, formulation
from quadopt.whatif.sensitivity.inputs import inputs_of, inputs_table, notes_of
from quadopt.whatif.sensitivity.moves import Uncertain
from quadopt.whatif.sensitivity.range_files import Given
from quadopt.whatif.sensitivity.ranges import ByQuality
from quadopt.whatif.sensitivity.reached import Figure
from quadopt.whatif.sensitivity.trials import Trial, Trials
from quadopt.whatif.study import Study

ENDS = (("low", 0.0), ("high", 1.0))


def tornado(
    case: Case,
    model: str | Path | Formulation = "pact",
    inputs: Given | None = None,
    *,
    factors: ByQuality | None = None,
    gap: float | None = None,
    start: Plan | None = None,
    keeps_projects: bool = False,
    store: str | Path | None = None,
    processes: int | None = None,
    cluster: str | None = None,
    listener: Listener | None = None,
) -> Study:
    """The base case, and each uncertain input at the low and at the high end of its range, the others as they are.

    `inputs`: a TOML or CSV file of ranges, ranges or mappings in Python (see `range_files`), or None for the
    groups of numbers that the model reads, each by its rows' quality; `factors` replaces the usual factors of a quality
    ({"assumed": (0.5, 1.5)}). `gap` is the relative gap of all runs (None: the model file's), `start` a plan that the base
    case begins with; all others begin with the base case's. `keeps_projects`: the stages after dependence keep its projects;
    that is quicker, and leaves those stages without bounds. The rest is as for `quadopt.sweep.engine.run_many`.

    Raises `InputError` with every fault of the ranges, `NoPlanError` where the base case has no plan.
    """
    options = formulation(model, gap)
    moving, ranges_said = inputs_of(case, options, inputs, factors)
    trials = [Trial(f"{each.name}: {end}", {k: at}) for k, each in enumerate(moving) for end, at in ENDS]
    engine = Engine(store, processes, cluster, listener, total=1 + len(trials))
    run = Trials(case, options, moving, start, engine, keeps_projects)
    ended = run.solve(trials)
    found = _Found(run, moving, ended)
    bars = found.bars()
    starts = found.starts()
    finished = [run.base, *ended]
    return Study(
        "tornado",
        case.title,
        options.name,
        case.currency,
        case.base_year,
        case.input_hash,
        status_of(finished),
        [*found.lines(bars, starts), *run.said, *ranges_said],
        {"tornado": bars, "starts": starts, "inputs": inputs_table(moving), "runs": runs_table(finished)},
        notes_of(moving),
        versions(),
    )


@dataclass(frozen=True)
class _Found:
    """The runs of a tornado, read."""

    run: Trials
    inputs: list[Uncertain]
    ended: list[Finished]

    def end(self, number: int, end: int) -> Finished:
        """The run of an input (by number) at its low (0) or high (1) end."""
        return self.ended[2 * number + end]

    def bars(self) -> pd.DataFrame:
        """The table `tornado`: one row an objective and input, the widest swing first."""
        rows = []
        for objective, base in self.run.reached.objectives.items():
            found = [self._bar(objective, base, number) for number in range(len(self.inputs))]
            found.sort(
                key=lambda row: (not row["is_difference"], -row["swing"] if row["swing"] == row["swing"] else 0.0)
            )
            rows += [{**row, "rank": rank} for rank, row in enumerate(found, 1)]
        return pd.DataFrame(rows, columns=list(BARS))

    def _bar(self, objective: str, base: Figure, number: int) -> dict[str, Any]:
        row: dict[str, Any] = {"objective": objective, "unit": base.unit, "input": self.inputs[number].name,
                               "range": self.inputs[number].words, "base": base.value}  # fmt: skip
        reasons, values, told = [], [base.value], False
        for place, (end, _) in enumerate(ENDS):
            finished = self.end(number, place)
            row |= dict.fromkeys((f"{end}_{name}" for name in ("change", "least", "most", "within")), float("nan"))
            if not finished.has_answer:
                reasons.append(f"{end}: {finished.reason}")
                row |= {end: float("nan"), f"{end}_verdict": "no plan"}
                continue
            figure: Figure = finished.payload.objectives[objective]
            change = Difference.of(figure.ended, base.ended)
            told |= change.is_told
            values.append(figure.value)
            row |= {
                end: figure.value,
                f"{end}_least": change.least,
                f"{end}_most": change.most,
                f"{end}_{'change' if change.is_told else 'within'}": change.value,
                f"{end}_verdict": "differs" if change.is_told else "no difference",
            }
        return {**row, "swing": max(values) - min(values), "is_difference": told, "reason": "; ".join(reasons)}

    def starts(self) -> pd.DataFrame:
        """The table `starts`: projects that another end starts, leaves out or moves."""
        base, rows = self.run.reached.starts, []
        for number, each in enumerate(self.inputs):
            for place, (end, _) in enumerate(ENDS):
                finished = self.end(number, place)
                if finished.has_answer:
                    now = finished.payload.starts
                    rows += [(each.name, end, *moved) for moved in moved_starts(base, now)]
        return pd.DataFrame(rows, columns=list(STARTS))

    def lines(self, bars: pd.DataFrame, starts: pd.DataFrame) -> list[str]:
        """The answer in sentences."""
        told = []
        for objective, own in bars.groupby("objective", sort=False):
            differ = own[own["is_difference"]]
            if differ.empty:
                told.append(f"{str(objective).capitalize()}: no input changes it by more than the gaps.")
                continue
            parts = [self._in_words(str(objective), row) for row in differ.head(3).to_dict("records")]
            rest = len(own) - len(differ)
            within = f" {rest} of {len(own)} inputs make no difference beyond the gaps." if rest else ""
            told.append(f"{str(objective).capitalize()} is moved most by {'; then '.join(parts)}.{within}")
        told.append(self._on_starts(starts))
        return told

    def _in_words(self, objective: str, row: Mapping[Any, Any]) -> str:
        changes = {end: row[f"{end}_change"] for end, _ in ENDS if row[f"{end}_verdict"] == "differs"}
        currency = self.run.case.currency
        ends = [
            f"{'up' if change > 0 else 'down'} by {points_or_money(objective, abs(change), currency)} at its {end} end"
            for end, change in changes.items()
        ]
        return f"{row['input']} ({', '.join(ends)})"

    def _on_starts(self, starts: pd.DataFrame) -> str:
        if starts.empty:
            return "Starts: the same at both ends of every input."
        count = starts.groupby("project")["input"].nunique().sort_values(ascending=False, kind="stable")
        most = [f"{name} ({number})" for name, number in count.head(5).items()]
        return (
            f"Starts: {len(count)} projects start, stop or move at some end; those that the most inputs touch, with how many: "
            f"{listed(most)}. Within the gaps several sets of projects may be equally good."
        )


BARS = (
    "objective", "rank", "input", "range", "unit", "base", "low", "high", "low_change", "low_within", "low_least",
    "low_most", "low_verdict", "high_change", "high_within", "high_least", "high_most", "high_verdict", "swing",
    "is_difference", "reason",
)  # fmt: skip
STARTS = ("input", "end", "project", "what", "start_base", "start_now")
