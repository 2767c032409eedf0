"""Where dependence stays highest, and what holds it there: the limits that have a price.

Two questions, both at the chosen projects with shortage held. What would lower the index: the limits with a price in the
dependence stage that stand in the material's chain. And what would lower this member's share if nothing else mattered: the
mean share of its demand that depends on one supplier is minimised alone; what lies between that and the plan's serves to
lower dependence elsewhere. The prices of the starts then tell which projects could help, and how much at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quadopt.plan import Plan
from quadopt.reasons.chains import upstream
from quadopt.reasons.prices import Limit, Prices
from quadopt.reasons.words import listed, quantity
from quadopt.solver.kept import KeptStarts
from quadopt.solver.matrix import Array
from quadopt.tables.records import rows_of

NAMED = 4
TELLING = 0.0005
"""Shares below this (0.05 percentage points) are not told."""
Place = tuple[str, str]


@dataclass(frozen=True)
class Alone:
    """The least share of a place by itself, the limits that hold it, and by how much each start could lower it at most."""

    share: float
    limits: list[Limit]
    starts: Array


class Highest:
    """The places whose dependence stays highest, each explained; needs a dependence stage."""

    def __init__(self, kept: KeptStarts, plan: Plan) -> None:
        self.kept, self.plan = kept, plan
        self.model, self.case = kept.staged.model.pyomo, kept.staged.case
        stages = [stage for stage in kept.stages if stage.goal.objective == "dependence"]
        self.stage = stages[-1]
        self._number = kept.stages.index(self.stage)
        self.stage.solve(kept.portfolio, [0.0] * self._number)
        self._together = _telling(Prices(kept, self.stage).limits(), 0.0)

    def table(self, count: int) -> pd.DataFrame:
        """The table `dependence_limits`: the `count` places with the highest share, those that weigh most first among equals."""
        rows = [self._row(place, share, weight) for place, share, weight in self._places()[:count]]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _places(self) -> list[tuple[Place, float, float]]:
        """(place, mean share in the plan, weight in the index), the highest share first."""
        amount, weight = self._amounts()
        shares = self._plan_shares()
        found = [(place, shares.get(place, 0.0), weight[place]) for place in amount]
        return sorted(found, key=lambda entry: (-round(entry[1], 4), -entry[2]))

    def _amounts(self) -> tuple[dict[Place, float], dict[Place, float]]:
        amount: dict[Place, float] = {}
        weight: dict[Place, float] = {}
        weights = self.model.dependence_weight.array()
        for (n, m, _), a, w in zip(self.model.measured, self.model.amount.array(), weights, strict=True):
            amount[n, m] = amount.get((n, m), 0.0) + float(a)
            weight[n, m] = weight.get((n, m), 0.0) + float(w)
        return amount, weight

    def _plan_shares(self) -> dict[Place, float]:
        """Mean over the periods of the largest supplier's share as the plan has it, weighted by demand."""
        frame = self.plan.tables["dependence"]
        largest = frame.groupby(["country", "material", "period"], as_index=False)[["share_optimised", "demand"]].max()
        largest["exposed"] = largest["share_optimised"] * largest["demand"]
        total = largest.groupby(["country", "material"], as_index=False)[["exposed", "demand"]].sum()
        return {(str(r.country), str(r.material)): float(r.exposed / r.demand) for r in rows_of(total)}

    def _largest_supplier(self, place: Place) -> str:
        frame = self.plan.tables["dependence"]
        own = frame[(frame["country"] == place[0]) & (frame["material"] == place[1])]
        exposed = (own["share_optimised"] * own["demand"]).groupby(own["supplier"]).sum()
        return str(exposed.idxmax()) if len(exposed) else ""

    def _alone(self, place: Place) -> Alone:
        cost = np.zeros(self.stage.part.columns.size)
        first = self.kept.matrix.where(self.model.dependence).start
        amounts = self.model.amount.array()
        own = [k for k, (n, m, _) in enumerate(self.model.measured) if (n, m) == place]
        total = amounts[own].sum()
        cost[[first + k for k in own]] = amounts[own] / total

        with self.stage.with_objective(cost):
            share, solution = self.stage.solve(self.kept.portfolio, [0.0] * self._number)
            if solution is None:
                return Alone(float("nan"), [], np.zeros(len(self.kept.starts)))
            return Alone(share, Prices(self.kept, self.stage).limits(), self.stage.start_prices())

    def _row(self, place: Place, share: float, weight: float) -> tuple[Any, ...]:
        alone = self._alone(place)
        chain = upstream(self.case.recipes_of, {place[1]})
        together = [limit for limit in self._together if limit.materials & chain][:NAMED]
        by_itself = _telling(alone.limits, TELLING / 100)[:NAMED]
        helpers = self._helpers(alone.starts)
        supplier = self._largest_supplier(place)
        text = self._sentence(place, supplier, share, alone.share, together, by_itself, helpers)
        held = [f"{x.kind}: {x.item}, {x.country}" for x in together]
        return (*place, supplier, share, alone.share, weight, text, "; ".join(held), "; ".join(helpers))

    def _helpers(self, prices: Array) -> list[str]:
        """Projects not chosen that could lower the share, each with the most that it can."""
        best: dict[str, float] = {}
        chosen = {p for (p, _), x in zip(self.kept.starts, self.kept.portfolio, strict=True) if x > 0.5}
        for (project, _), price in zip(self.kept.starts, prices, strict=True):
            if project not in chosen:
                best[project] = min(best.get(project, 0.0), float(price))
        told = sorted((worth, project) for project, worth in best.items() if worth < -TELLING)[:NAMED]
        return [f"{project} (at most {-100 * max(worth, -1.0):.3g} points)" for worth, project in told]

    def _sentence(
        self,
        place: Place,
        supplier: str,
        share: float,
        alone: float,
        together: list[Limit],
        by_itself: list[Limit],
        helpers: list[str],
    ) -> str:
        member, material = place
        parts = [f"{member}, {material}: {share:.1%} of demand depends on one supplier (mostly {supplier})."]
        if together:
            parts.append(f"What holds it up in the group's chain: {listed([_told(x) for x in together])}.")
        else:
            parts.append("1 % more of any single limit in its chain would not lower the index.")
        if np.isnan(alone):
            parts.append("What it could reach by itself was not computed.")
        elif share - alone > TELLING:
            parts.append(
                f"If nothing else mattered it could fall to {alone:.1%} with the chosen projects: what lies between lowers "
                "dependence elsewhere, or was given up for later objectives within the level held."
            )
        else:
            parts.append("By itself it could not be lower with the chosen projects.")
        if alone > TELLING and by_itself:
            parts.append(f"Even then it is held up by {listed([_told(x) for x in by_itself])}.")
        if helpers:
            parts.append(f"Projects that are not chosen and could then help: {listed(helpers)}.")
        return " ".join(parts)


def _telling(limits: list[Limit], least: float) -> list[Limit]:
    """Limits of which more lowers the goal, by more than `least` for 1 %, those that do most first."""
    found = [limit for limit in limits if limit.of_one_percent < -least]
    return sorted(found, key=lambda limit: limit.of_one_percent)


def _told(limit: Limit) -> str:
    """A limit in words, with what it amounts to."""
    where = f", {limit.binds}" if limit.binds else ""
    return f"{limit.kind} {limit.item} of {limit.country} ({quantity(limit.amount, limit.unit)}{where})"


def table(kept: KeptStarts, plan: Plan, count: int) -> pd.DataFrame:
    """The table `dependence_limits`: the `count` places with the highest share; empty without a dependence stage."""
    if not any(stage.goal.objective == "dependence" for stage in kept.stages):
        return pd.DataFrame(columns=list(COLUMNS))
    return Highest(kept, plan).table(count)


COLUMNS = (
    "country",
    "material",
    "supplier",
    "share_in_plan",
    "share_alone",
    "weight",
    "explanation",
    "held_by",
    "helped_by",
)
