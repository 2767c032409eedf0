"""Sampled runs, read: quantiles of the objectives, shares of the projects, effects of the inputs, and what to say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from statistics import median_low
from typing import Any

import numpy as np
import pandas as pd

from quadopt.reasons.words import listed, money, share
from quadopt.sweep.run import Finished
from quadopt.tables.records import rows_of
from quadopt.whatif.differences import ROUNDING, SMALLEST
from quadopt.whatif.sensitivity.designs import Array, Design
from quadopt.whatif.sensitivity.effects import NOT_INSTALLED, QUANTILES, effects, quantiles
from quadopt.whatif.sensitivity.moves import Uncertain
from quadopt.whatif.sensitivity.reached import Figure, Reached
from quadopt.whatif.sensitivity.trials import Trials

COLUMNS = tuple(f"q{round(100 * level):02d}" for level in QUANTILES)
"""Columns that hold the quantiles."""
SPREAD = ("runs", "mean", "least", *COLUMNS, "most")
PROJECTS = (
    "project", "country", "process", "start_base", "chosen", "runs", "share", "standard_error", "verdict", "start_median",
    "start_first", "start_last",
)  # fmt: skip
EFFECTS = (
    "objective", "rank", "input", "range", "first_order", "first_order_within", "total", "total_within", "correlation", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class Sampled:
    """The runs of a sample, read; `drawn` are the draws behind their positions, one row a run."""

    run: Trials
    inputs: list[Uncertain]
    design: Design
    seed: int
    drawn: Array
    ended: list[Finished]

    @cached_property
    def reached(self) -> list[Reached]:
        """What the runs with a plan reach."""
        return [each.payload for each in self.ended if each.has_answer]

    @property
    def base(self) -> Mapping[str, Figure]:
        """The base case's objectives."""
        return self.run.reached.objectives

    def values(self, objective: str) -> Array:
        """An objective of every run, nan without a plan."""
        return np.array([e.payload.objectives[objective].value if e.has_answer else np.nan for e in self.ended])

    def bounds(self, objective: str) -> Array:
        """The bound of every run, nan without one."""
        return np.array([e.payload.objectives[objective].bound if e.has_answer else np.nan for e in self.ended])

    def is_noise(self, objective: str) -> bool:
        """Whether one value lies between bound and plan of every run, so that none need differ from another."""
        values, bounds = self.values(objective), self.bounds(objective)
        values = values[np.isfinite(values)]
        known = bounds[~np.isnan(bounds)]
        least = values if not known.size else known
        size = max(SMALLEST, float(np.abs(values).max(initial=0.0)))
        return bool(not values.size or least.max() <= values.min() + ROUNDING * size)

    def objectives(self) -> pd.DataFrame:
        """The table `objectives`: quantiles of the plans found and of their bounds."""
        rows = []
        for objective, base in self.base.items():
            is_told = not self.is_noise(objective)
            for reading, values, own in (
                ("plans", self.values(objective), base.value),
                ("bounds", self.bounds(objective), base.bound),
            ):
                rows.append({"objective": objective, "reading": reading, "unit": base.unit, "base": own,
                             **_spread(values), "is_told": is_told})  # fmt: skip
        return pd.DataFrame(rows)

    def projects(self) -> pd.DataFrame:
        """The table `projects`: of each candidate the share of runs that start it, and when."""
        case, runs = self.run.case, len(self.reached)
        table = case.tables["projects"]
        order = {period: place for place, period in enumerate(case.periods)}
        rows = []
        for project in rows_of(table[table["status"] == "candidate"]):
            starts = sorted((each.starts[project.project] for each in self.reached if project.project in each.starts),
                            key=lambda period: order[period])  # fmt: skip
            share = len(starts) / runs if runs else float("nan")
            rows.append({
                "project": project.project,
                "country": project.country,
                "process": project.process,
                "start_base": self.run.reached.starts.get(project.project, ""),
                "chosen": len(starts),
                "runs": runs,
                "share": share,
                "standard_error": float(np.sqrt(share * (1.0 - share) / runs)) if runs else float("nan"),
                "verdict": "" if not runs else _how_often(len(starts), runs),
                "start_median": median_low([order[period] for period in starts]) if starts else None,
                "start_first": starts[0] if starts else "",
                "start_last": starts[-1] if starts else "",
            })  # fmt: skip
        for row in rows:
            row["start_median"] = "" if row["start_median"] is None else case.periods[row["start_median"]]
        frame = pd.DataFrame(rows, columns=list(PROJECTS))
        return frame.sort_values("share", ascending=False, kind="stable", ignore_index=True)

    def effects(self) -> pd.DataFrame:
        """The table `effects`: what each input does to the spread of each objective, the most first."""
        rows = []
        for objective in self.base:
            found = effects(self.design, self.drawn, self.values(objective), self.is_noise(objective), self.seed)
            told = sorted(zip(self.inputs, found, strict=True), key=lambda pair: pair[1].size, reverse=True)
            rows += [
                {"objective": objective, "rank": rank, "input": each.name, "range": each.words, **asdict(effect)}
                for rank, (each, effect) in enumerate(told, 1)
            ]
        return pd.DataFrame(rows, columns=list(EFFECTS))

    def materials(self) -> pd.DataFrame:
        """The table `materials`: quantiles of each material's share that depends on the largest supplier."""
        base = self.run.reached.materials
        rows = []
        for material, own in base.items():
            values = np.array([each.materials.get(material, np.nan) for each in self.reached])
            rows.append({"material": material, "base": own, **_spread(values)})
        frame = pd.DataFrame(rows, columns=["material", "base", *SPREAD])
        return frame.sort_values("q50", ascending=False, kind="stable", ignore_index=True)

    def results(self) -> pd.DataFrame:
        """The table `results`: one row a run and objective."""
        rows = [
            (each.run, objective, figure.unit, figure.value, figure.bound, figure.value - figure.bound)
            for each in self.ended
            if each.has_answer
            for objective, figure in each.payload.objectives.items()
        ]
        return pd.DataFrame(rows, columns=["run", "objective", "unit", "value", "bound", "width"])

    def failures(self) -> list[str]:
        """How many runs have no plan, and why; nothing where all have one."""
        failed = [each.reason for each in self.ended if not each.has_answer]
        if not failed:
            return []
        reasons = dict.fromkeys(failed)
        shown = "; ".join(f"{failed.count(reason)}: {reason}" for reason in list(reasons)[:3])
        more = f"; and {len(reasons) - 3} more reasons, see runs" if len(reasons) > 3 else ""
        return [
            f"{len(failed)} of {len(self.ended)} samples have no plan and are left out of what follows. {shown}{more}."
        ]

    def lines(self) -> list[str]:
        """The answer in sentences."""
        if not self.reached:
            return ["No sample has a plan: nothing can be said."]
        told = [self._on(objective) for objective in self.base]
        return [*told, self._on_projects(), *self._on_effects()]

    def _on(self, objective: str) -> str:
        values, bounds = self.values(objective), self.bounds(objective)
        low, _, middle, _, high = quantiles(values)
        name = objective.capitalize()
        shown = self._value(objective, middle)
        if np.nanmax(values) == np.nanmin(values):
            return f"{name}: {shown} in all runs."
        text = (
            f"{name}: {shown} in the median, between {self._value(objective, low)} and "
            f"{self._value(objective, high)} in 90 % of the runs (base case {self._value(objective, self.base[objective].value)})"
        )
        if np.isneginf(bounds).any():
            return f"{text}; reached with the projects kept, without bounds, so that no run is known to differ from another."
        if self.is_noise(objective):
            return f"{name}: {shown} in the median; all runs lie within the gaps of each other, so none is known to differ."
        if np.isfinite(bounds).any():
            part = float(np.nanmedian(values - bounds)) / (high - low) if high > low else np.inf
            text += f"; the median gap is {100 * part:.0f} % of that spread" + (
                ", which is much of it" if part > 0.5 else ""
            )
        return text + "."

    def _value(self, objective: str, value: float) -> str:
        return share(value) if objective == "dependence" else money(value, self.run.case.currency)

    def _on_projects(self) -> str:
        table = self.projects()
        if table.empty:
            return "Projects: the case has no candidates."
        counts = {verdict: int((table["verdict"] == verdict).sum()) for verdict in ("always", "sometimes", "never")}
        always = table.loc[table["verdict"] == "always", "project"].tolist()
        named = f" ({', '.join(always[:8])}{', ..' if len(always) > 8 else ''})" if always else ""
        return (
            f"Projects: {counts['always']} of {len(table)} candidates start in every run{named}, {counts['sometimes']} in "
            f"some, {counts['never']} in none."
        )

    def _on_effects(self) -> list[str]:
        table, said = self.effects(), []
        by = "total" if self.design == "sobol" else "first_order"
        words = {"total": "total effects", "first_order": "first-order effects"}[by]
        for objective, own in table.groupby("objective", sort=False):
            known = own[own[by].notna()].head(3)
            if known.empty:
                continue
            parts = [f"{row['input']} {row[by]:.2f} (± {row[f'{by}_within']:.2f})" for row in known.to_dict("records")]
            said.append(f"What spreads {objective}, {words}: {listed(parts)}.")
        if (table["reason"] == NOT_INSTALLED).any():
            said.append(f"First-order effects are blank: {NOT_INSTALLED}.")
        return said


def _spread(values: Array) -> dict[str, Any]:
    """Count, mean, quantiles and ends of the values that there are."""
    known = values[np.isfinite(values)]
    ends = (known.min(), known.mean(), known.max()) if known.size else (np.nan,) * 3
    found = dict(zip(COLUMNS, quantiles(known).tolist(), strict=True))
    return {"runs": int(known.size), "mean": float(ends[1]), "least": float(ends[0]), **found, "most": float(ends[2])}


def _how_often(chosen: int, runs: int) -> str:
    return "always" if chosen == runs else "sometimes" if chosen else "never"
