"""Shortage on the base path: what goes short, whose, when, and which limits hold it there.

At the plan's projects the least shortage of one place and period, all others kept as they are, is a linear program whose
duals say by how much each limit would lessen it. What they propose is tried: the limit is loosened and the shortage counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation, read_formulation
from quadopt.plan import Plan
from quadopt.reasons.chains import chain, made_under
from quadopt.reasons.conflicts import ruled, rules_of
from quadopt.reasons.elastic import elastic_program
from quadopt.reasons.project_rules import standing
from quadopt.reasons.rules import Rule, Ruled, placed, said
from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array
from quadopt.tables.case import Case

CAUSES = (
    "country", "material", "period", "shortage", "rank", "kind", "sheet", "rows", "limit", "chain", "value", "unit",
    "loosened_by", "shortage_left",
)  # fmt: skip
MOST_PLACES = 40
"""Places and periods that are explained, those with the largest shortage value first."""
MOST_CAUSES = 4
"""Limits that are named for each of them."""
TRIED = 10
"""Limits that are tried for each of them."""
TELLING = 0.01
"""Part of a shortage below which it does not count that a limit would lessen it."""
LIMITS = ("capacity", "supply", "route", "minimum stock", "stock capacity", "stock budget", "release limit", "sharing",
          "minimum use", "cap", "project")  # fmt: skip
"""Kinds of rule that can hold a shortage where projects and money are as they are."""
SECONDS = 60.0
"""For one linear program."""


@dataclass(frozen=True)
class Place:
    """What goes short in the plan: whose, of what, when, how much, and the columns of the program that it is."""

    country: str
    material: str
    period: str
    shortage: float
    columns: tuple[int, ...]


def shortage_causes(case: Case, plan: Plan, model: str | Path | Formulation | None = None) -> pd.DataFrame:
    """The limits that hold each shortage of the plan's base path, one a row; empty where nothing goes short.

    `model` is what the plan was made with (by default the model file of its name). `shortage` and `shortage_left` are units
    of the material in the period, before and after the limit gives by `loosened_by` (in `unit`) in that period, a stock's in
    all; all other limits, projects, and what others go short of stay. `rank` puts first what lessens the shortage most, then
    what counts least to loosen (as in `quadopt.diagnose`). `kind` is "plan's choice" where the plan's projects could serve
    it, and "together" where no limit alone does; see `quadopt.report.columns`.
    """
    options = read_formulation(model or plan.model_name)
    short = plan.tables["shortage"]
    short = short[short["shortage"] > 1e-6 * short["demand"]]
    if short.empty:
        return pd.DataFrame(columns=list(CAUSES))
    found = ruled(case, options)
    asked = _Shortage(found, _by_period(found, [*rules_of(found), *standing(found, plan.starts)]), plan)
    rows: list[dict[str, Any]] = []
    for place in asked.places(short):
        rows += asked.causes(place)
    return pd.DataFrame(rows, columns=list(CAUSES))


def _by_period(found: Ruled, rules: Sequence[Rule]) -> list[tuple[Rule, str]]:
    """The limits that can hold a shortage, those on flows taken apart by period, with the period ("": stocks, in all).

    Loosened in all its periods a limit would serve one of them by hoarding in the others.
    """
    base, pyomo = found.base, found.model.pyomo
    variables = [base.activity, base.shipment, base.shared]
    variables += [pyomo.cap_excess] if hasattr(pyomo, "cap_excess") else []
    flows = (
        base.within_online_capacity,
        base.used_at_least,
        base.within_stock_budget,
        base.release_rate,
        base.sharing_limit,
    )
    step_of = {column: key[-1] for variable in variables for key, column in found.columns(variable).items()}
    step_of_row = {row: key[-1] for constraint in flows for key, row in found.rows(constraint).items()}
    apart: list[tuple[Rule, str]] = []
    for rule in rules:
        if rule.kind not in LIMITS:
            continue
        steps = {step_of.get(limit.columns[0], 0) for limit in rule.limits} | {step_of_row[row] for row, _ in rule.rows}
        if 0 in steps:
            apart.append((rule, ""))
            continue
        years = sum(found.lengths[step - 1] for step in steps)
        for step in sorted(steps):
            limits = tuple(limit for limit in rule.limits if step_of[limit.columns[0]] == step)
            rows = tuple((row, amount) for row, amount in rule.rows if step_of_row[row] == step)
            uppers = tuple(column for column in rule.uppers if step_of[column] == step)
            worth = rule.worth * float(found.lengths[step - 1] / years)
            part = replace(rule, limits=limits, rows=rows, uppers=uppers, worth=worth)
            apart.append((part, found.case.periods[step - 1]))
    return apart


class _Shortage:
    """The base path at the plan's projects, asked for the least shortage of one place after the other."""

    def __init__(self, found: Ruled, apart: Sequence[tuple[Rule, str]], plan: Plan) -> None:
        rules = [rule for rule, _ in apart]
        self.found, self.rules, self.plan = found, rules, plan
        self.period = [period for _, period in apart]
        program = elastic_program(found.program, rules)
        self.first = found.program.cost.size
        self.columns = found.columns(found.base.shortage)
        self._all = np.fromiter(self.columns.values(), np.int32, len(self.columns))
        self._give = np.arange(self.first, self.first + len(rules), dtype=np.int32)
        self.kept = self._kept(plan.tables["shortage"])
        lower, upper, cost = program.lower.copy(), program.upper.copy(), np.zeros(program.cost.size)
        for (project, step), column in found.columns(found.model.pyomo.is_started).items():
            lower[column] = upper[column] = float(plan.starts.get(project) == found.case.periods[step - 1])
        lower[self._give] = upper[self._give] = 0.0
        upper[self._all] = self.kept
        cost[self._all] = 1.0
        fixed = replace(program, lower=lower, upper=upper, cost=cost, is_integer=np.zeros_like(program.is_integer))
        self.model = HighsModel(fixed, 1)

    def _kept(self, short: pd.DataFrame) -> Array:
        """What the plan leaves short in each column of shortage, with room for rounding."""
        keys = zip(short["country"], short["material"], short["sector"], short["period"], strict=True)
        amount = dict(zip(keys, short["shortage"].astype(float), strict=True))
        periods = self.found.case.periods
        kept = np.array([amount.get((n, m, q, periods[t - 1]), 0.0) for n, m, q, t in self.columns])
        return np.maximum(kept, 0.0) * (1 + 1e-6) + 1e-6

    def places(self, short: pd.DataFrame) -> list[Place]:
        """What goes short by place and period, the largest values first."""
        sums = short.groupby(["country", "material", "period"], sort=False)[["shortage", "shortage_value"]].sum()
        number = {t: k for k, t in enumerate(self.found.case.periods, 1)}
        places = []
        largest = sums.sort_values("shortage_value", ascending=False).head(MOST_PLACES).reset_index()
        for country, material, period, amount in (
            largest[["country", "material", "period", "shortage"]].to_numpy().tolist()
        ):
            asked = country, material, number[period]
            own = tuple(column for (n, m, _, t), column in self.columns.items() if (n, m, t) == asked)
            places.append(Place(country, material, period, float(amount), own))
        return places

    def causes(self, place: Place) -> list[dict[str, Any]]:
        """The rows of one place and period."""
        least, effect = self._least(place, {})
        if least < (1 - TELLING) * place.shortage:
            return [self._choice(place, least)]
        binding = [k for k in np.flatnonzero(effect > 1e-9).tolist() if self.period[k] in ("", place.period)]
        needed = {k: min(least / effect[k], self.rules[k].most) for k in binding}
        counts = {k: needed[k] * self.rules[k].worth for k in binding}
        order = sorted(needed, key=lambda k: (needed[k] * effect[k] < 0.99 * least, counts[k]))
        left = {k: self._least(place, {k: needed[k]})[0] for k in order[:TRIED]}
        helpful = [k for k in left if least - left[k] > TELLING * least]
        helpful.sort(key=lambda k: (round(left[k] / least, 2), counts[k]))
        rows = [self._row(place, rank, k, needed[k], left[k]) for rank, k in enumerate(helpful[:MOST_CAUSES], 1)]
        return rows or [self._together(place)]

    def _least(self, place: Place, give: dict[int, float]) -> tuple[float, Array]:
        """The least shortage where some limits give, and what a unit of each limit would lessen it by."""
        cost = np.isin(self._all, place.columns).astype(float)
        self.model.set_costs(self._all, cost)
        most = np.zeros(self._give.size)
        most[list(give)] = list(give.values())
        self.model.set_bounds(self._give, np.zeros(most.size), most)
        outcome = self.model.solve(0.0, SECONDS)
        if not outcome.is_optimal:
            raise NoPlanError("The shortage could not be explained: the plan's projects have no base path in the model.",
                              outcome.status.value)  # fmt: skip
        return max(0.0, outcome.incumbent), -self.model.reduced_costs()[self._give]

    def _base(self, place: Place, rank: int, kind: str) -> dict[str, Any]:
        about = {"country": place.country, "material": place.material, "period": place.period}
        blank = {"sheet": "", "rows": "", "chain": "", "value": np.nan, "unit": "", "loosened_by": np.nan}
        return {**about, "shortage": place.shortage, "rank": rank, "kind": kind, **blank}

    def _row(self, place: Place, rank: int, k: int, gives: float, left: float) -> dict[str, Any]:
        order, rule = self.found.case.periods, self.rules[k]
        value = float(rule.value) if isinstance(rule.value, float) else np.nan
        scale = value if rule.kind == "minimum stock" else 1.0
        return self._base(place, rank, rule.kind) | {
            "sheet": rule.origin.sheet,
            "rows": placed([rule])[0],
            "limit": said([rule], order),
            "chain": chain(self.found.case, made_under(self.found.case, rule), place.material),
            "value": value,
            "unit": rule.unit,
            "loosened_by": gives * scale,
            "shortage_left": left if left > 1e-6 * place.shortage else 0.0,
        }

    def _choice(self, place: Place, least: float) -> dict[str, Any]:
        order = ", then ".join(self.plan.options["order"])
        words = (
            "the plan's projects could serve it: the plan leaves it for the sake of another objective, or within the slack "
            f"that later objectives have (order: {order})"
        )
        return self._base(place, 1, "plan's choice") | {"limit": words, "shortage_left": least}

    def _together(self, place: Place) -> dict[str, Any]:
        """The limits that must give together: the next one that binds joins until the shortage falls."""
        opened: dict[int, float] = {}
        left, effect = self._least(place, opened)
        while left > (1 - TELLING) * place.shortage:
            binding = [k for k in np.flatnonzero(effect > 1e-9).tolist() if k not in opened]
            binding = [k for k in binding if self.period[k] in ("", place.period)] or binding
            if not binding or len(opened) == TRIED:
                words = "no limit of the input holds it: nobody can make or bring it, whatever the limits"
                return self._base(place, 1, "nobody makes it") | {"limit": words, "shortage_left": place.shortage}
            opened |= {k: self.rules[k].most for k in [min(binding, key=lambda k: self.rules[k].worth / effect[k])]}
            left, effect = self._least(place, opened)
        periods = self.found.case.periods
        named = [f"{placed([self.rules[k]])[1]}: {said([self.rules[k]], periods)}" for k in opened]
        return self._base(place, 1, "together") | {"limit": "together: " + "; ".join(named), "shortage_left": left}
