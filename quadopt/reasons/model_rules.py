"""Rules of the model file: caps on one supplier's share, and bounds on the objectives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quadopt.formulation.caps import GROUP
from quadopt.formulation.options import Objective
from quadopt.reasons.rules import Limit, Rule, Ruled
from quadopt.solver.goals import goals_of
from quadopt.tables.origins import Origin

TABLE = "model"


def model_rules(ruled: Ruled) -> Iterator[Rule]:
    """Caps whose first period is stated, and the bounds of the bounded approach."""
    if hasattr(ruled.model.pyomo, "capped"):
        yield from _caps(ruled)
    if ruled.options.approach == "bounded":
        for objective, bound in ruled.options.bounds.items():
            yield from _bound(ruled, objective, bound)


def _caps(ruled: Ruled) -> Iterator[Rule]:
    """One rule a cap, member (or the group) and material: what it gives is units a year above the cap."""
    columns = ruled.columns(ruled.model.pyomo.cap_excess)
    held: dict[tuple[int, str, str], list[int]] = {}
    for k, place, material, t in columns:
        stated = ruled.options.caps[k].from_period
        if stated and t > ruled.case.periods.index(stated):
            held.setdefault((k, place, material), []).append(t)
    for (k, place, material), steps in held.items():
        cap = ruled.options.caps[k]
        own = [columns[k, place, material, t] for t in steps]
        length = ruled.lengths[[t - 1 for t in steps]]
        basis = "comes from one supplier" if cap.basis == "direct" else "goes back to one supplier through every stage"
        yield Rule(
            kind="cap", table=TABLE, key=("caps", str(k), place, material), column="share",
            periods=ruled.labels(t - 1 for t in steps),
            origin=Origin(f"model file {ruled.options.name}", None, f"caps.{k}.share"),
            words=f"at most {{amount}} of the use of {material} by {'the group' if place == GROUP else place} {basis} "
            f"(cap {k + 1})",
            value=cap.share, unit="share of use", worth=ruled.worth_of(material) * float(length.sum()),
            limits=tuple(Limit((c,), (1.0,), 0.0, float(h)) for c, h in zip(own, length, strict=True)),
        )  # fmt: skip


def _bound(ruled: Ruled, objective: Objective, bound: float) -> Iterator[Rule]:
    goal = goals_of(ruled.model, ruled.options, objective, ruled.case.currency)[0]
    coefficients, constant = ruled.matrix.vector(goal.expression)
    columns = np.flatnonzero(coefficients)
    worth = 1.0 if objective != "dependence" else _demand_worth(ruled)
    yield Rule(
        kind="bound", table=TABLE, key=("bounds", objective), column=objective, periods=(),
        origin=Origin(f"model file {ruled.options.name}", None, f"bounds.{objective}"),
        words=f"{objective} is at most {bound:.6g} ({goal.unit})", value=bound, unit=goal.unit, worth=worth,
        limits=(Limit(tuple(columns.tolist()), tuple(coefficients[columns].tolist()), bound - constant, 1.0),),
    )  # fmt: skip


def _demand_worth(ruled: Ruled) -> float:
    """The whole demand at its prices, millions: what a dependence of one stands for."""
    case = ruled.case
    return sum(case.length[t] * q * ruled.worth_of(m) for (_, m, _, t), q in case.demand.items())
