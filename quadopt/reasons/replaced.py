"""Replaced: where the members get a material from, and what goes without it, before and after a project is left out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quadopt.formulation.structure import Structure
from quadopt.reasons.chains import downstream
from quadopt.reasons.words import listed, quantity
from quadopt.solver.frames import PathTables
from quadopt.solver.kept import KeptStarts, Reached
from quadopt.tables.records import rows_of
from quadopt.tables.units import Project

if TYPE_CHECKING:
    import pandas as pd

TELLING = 0.03
"""Part of what is lost below which a source or a use is not named."""
NAMED = 4
MATERIALS = 3
"""Sources of one material, and materials, that are named."""


@dataclass(frozen=True)
class Supplies:
    """Over all periods of the base path, material -> (sort, name) -> units that come to the members, net.

    Sorts: `made` by name of unit; `bought` by outside country, what is sold to it taken off; `released` out of stocks,
    deposits taken off; `short`; and, negative, `used` by plants.
    """

    amounts: dict[str, dict[tuple[str, str], float]]

    @classmethod
    def of(cls, kept: KeptStarts, reached: Reached) -> Supplies:
        """The supplies of a solution of the last stage."""
        if reached.values is None:
            raise ValueError("there is no solution to take supplies from")
        kept.matrix.load(reached.values)
        structure, case = kept.staged.model.structure, kept.staged.case
        kept.staged.model.add_costs()
        labels = {t: (period,) for t, period in enumerate(case.periods, 1)}
        tables = PathTables(structure, kept.staged.model.pyomo.base, ["period"], labels).all(is_base=True)
        return cls(_amounts(tables, case.recipes_of, set(case.members)))


def _amounts(
    tables: dict[str, pd.DataFrame], recipes: dict[str, dict[str, float]], members: set[str]
) -> dict[str, dict[tuple[str, str], float]]:
    out: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    for r in rows_of(tables["production"]):
        if r.country in members:
            name = r.unit_name if r.kind == "project" else f"plants in {r.country} ({r.process})"
            for material, rate in recipes[r.process].items():
                out[material]["made" if rate > 0 else "used", name if rate > 0 else ""] += rate * r.activity
    for r in rows_of(tables["trade"]):
        if r.origin not in members and r.destination in members:
            out[r.material]["bought", r.origin] += r.quantity
        elif r.origin in members and r.destination not in members:
            out[r.material]["bought", r.destination] -= r.quantity
    for r in rows_of(tables["stock"]):
        out[r.material]["released", ""] += r.release + r.shared - r.deposit
    for r in rows_of(tables["shortage"]):
        out[r.material]["short", r.country] += r.shortage
    return out


WORDS = {
    "made": "{} more from {}",
    "bought": "{} more bought from {}",
    "released": "{} more out of stocks",
    "used": "{} less used by plants",
    "short": "{} short in {}",
}


def replaced(structure: Structure, project: Project, before: Supplies, after: Supplies) -> str:
    """What takes the place of a project's outputs, and of what was made of them for final demand, in words."""
    case = structure.case
    unit, outputs = case.column("materials", "material", "unit"), {m for m, rate in project.recipe.items() if rate > 0}
    demanded = {m for _, m, _, _ in case.demand}
    onward = [m for m in case.materials if m in downstream(case.recipes_of, outputs) & demanded - outputs]
    told = []
    for material in [*sorted(outputs, key=lambda m: -case.price[m] * project.recipe[m]), *onward]:
        change = _change(material, before, after)
        lost = -sum(amount for (sort, _), amount in change.items() if sort == "made" and amount < 0)
        least = TELLING * max(lost, 0.0 if material in outputs else TELLING * _supplied(material, before))
        named = sorted(((amount, key) for key, amount in change.items() if amount > least), reverse=True)[:NAMED]
        if lost > 0 and named:
            words = [WORDS[sort].format(quantity(amount, str(unit[material])), name) for amount, (sort, name) in named]
            told.append(f"{material}: {quantity(lost, str(unit[material]))} less made; {listed(words)}.")
    return " ".join(told[:MATERIALS])


def _change(material: str, before: Supplies, after: Supplies) -> dict[tuple[str, str], float]:
    was, now = before.amounts.get(material, {}), after.amounts.get(material, {})
    return {key: now.get(key, 0.0) - was.get(key, 0.0) for key in was | now}


def _supplied(material: str, supplies: Supplies) -> float:
    return sum(amount for amount in supplies.amounts.get(material, {}).values() if amount > 0)
