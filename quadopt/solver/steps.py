"""The change in dependence in three steps: today, re-directed, with the fund (the method, section 9)."""

from __future__ import annotations

import pandas as pd

from quadopt import measures
from quadopt.formulation.options import Formulation, Objective
from quadopt.plan import Plan
from quadopt.solver.dependence_tables import Exposures, by_material, tables
from quadopt.solver.frames import PathTables
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case

ORDERS: dict[str, list[Objective]] = {"today": ["cost"], "re-directed": ["shortage", "dependence", "cost"]}
"""What each step without the fund minimises: cost alone, or dependence by trade alone and then cost."""


SEARCHED = 5
"""With how many suppliers, those that matter most for the plan, the search begins."""


def comparisons(case: Case, options: Formulation, plan: Plan) -> dict[str, pd.DataFrame]:
    """three_steps: shares by material and in total, and the base path's discounted cost, of each step; chains of each."""
    still = without_fund(case)
    found = {step: _still(still, options, plan, order) for step, order in ORDERS.items()}
    found["with the fund"] = plan.tables, base_cost(plan.tables["cost"])
    chains = {step: measures.chains(case, tables) for step, (tables, _) in found.items()}
    return {
        "three_steps": pd.concat([_step(step, *both) for step, both in found.items()], ignore_index=True),
        "chains": pd.concat([legs.assign(step=step) for step, legs in chains.items()])[["step", *chains["today"]]],
    }


def _still(
    still: Case, options: Formulation, plan: Plan, order: list[Objective]
) -> tuple[dict[str, pd.DataFrame], float]:
    """The base path's tables and the cost of a step without the fund."""
    suppliers = list(plan.options["suppliers_traced"])
    rules = options.model_copy(
        update={
            "approach": "lexicographic",
            "order": order,
            "weights": {},
            "bounds": {},
            "minimise": "cost",
            "caps": [],
        }
    )
    staged = Staged(still, rules)
    staged.minimiser.active = list(plan.options["suppliers_in_search"])[:SEARCHED]
    staged.run()
    exposures = Exposures(staged.model, staged.matrix, staged.values, suppliers)
    staged.matrix.load(exposures.values)
    labels = {t: (period,) for t, period in enumerate(still.periods, 1)}
    base = PathTables(staged.model.structure, staged.model.pyomo.base, ["period"], labels).all(is_base=True)
    return base | tables(exposures, base), staged.stages[-1].incumbent


def without_fund(case: Case) -> Case:
    """The same plants and committed projects, no candidate and no crisis: what trade alone can do."""
    tables = dict(case.tables)
    projects = tables["projects"].copy()
    projects.loc[projects["status"] == "candidate", "status"] = "excluded"
    tables["projects"] = projects
    tables["disruptions"] = tables["disruptions"].iloc[:0]
    return Case(tables, case.raw, [], case.source)


def base_cost(cost: pd.DataFrame) -> float:
    """Discounted cost of projects and base path, crises left aside, millions."""
    return float(cost.loc[cost["path"] == "base", "discounted"].sum())


def _step(step: str, found: dict[str, pd.DataFrame], cost: float) -> pd.DataFrame:
    """Rows of one step: `all` from the index (value weights, members), the materials by demand."""
    index = found["index"]
    total = index[(index["measure"] == "value") & (index["scope"] == "members")].set_index("basis")["value"]
    shortage = found["shortage"].groupby("material")["shortage_value"].sum()
    direct = _largest_direct(found["direct"])
    dependence = found["dependence"]
    shares = ("share_at_least", "share_proportional", "share_stock_exposed")
    rows = pd.DataFrame({share: by_material(dependence, share) for share in shares})
    rows["share_direct"] = direct.reindex(rows.index).fillna(0.0)
    rows["cost"] = float("nan")
    rows["shortage"] = shortage.reindex(rows.index).fillna(0.0)
    rows = rows.reset_index(names="material")
    first = {
        "material": "all",
        "share_at_least": total["at_least"],
        "share_proportional": total["proportional"],
        "share_stock_exposed": total["stock_exposed"],
        "share_direct": total["direct"],
        "cost": cost,
        "shortage": float(shortage.sum()),
    }
    out = pd.concat([pd.DataFrame([first]), rows], ignore_index=True)
    out.insert(0, "step", step)
    return out


def _largest_direct(direct: pd.DataFrame) -> pd.Series:
    """Use-weighted mean over members and periods of the largest supplier's direct share, by material."""
    largest = direct.groupby(["country", "material", "period"], as_index=False)[["share_direct", "use"]].max()
    largest["part"] = largest["share_direct"] * largest["use"]
    sums = largest.groupby("material")[["part", "use"]].sum()
    return sums["part"] / sums["use"]
