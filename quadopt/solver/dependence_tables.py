"""The plan's tables of dependence: as optimised, the two ends of the book-and-claim range, proportional, direct, HHI."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from quadopt import measures
from quadopt.formulation.build import Model
from quadopt.solver.frames import exposure_rows, frame
from quadopt.solver.largest_tables import largest
from quadopt.solver.lookthrough import extreme
from quadopt.solver.matrix import Array, Mask, Matrix, Program
from quadopt.solver.outcome import Outcome

KEY = ["supplier", "country", "material", "period"]
BESIDE = 1e-5
"""Weight of the exposed shares beside the index: enough to leave nothing exposed without need, too little to move it."""
Served = dict[tuple[str, str, str, str], float]
"""(supplier, member, material, period) -> exposed amount of what demand gets."""


class Exposures:
    """Exposure of a fixed physical plan to every traced supplier, and the plan with its own exposure filled in."""

    def __init__(self, model: Model, matrix: Matrix, values: Array, suppliers: list[str]) -> None:
        self.model, self.matrix, self.suppliers = model, matrix, suppliers
        self.own_suppliers = {index for block, index in matrix.owners if block == "exposure"}
        """Suppliers whose exposure the plan's own stages have seen."""
        self.is_traced = model.structure.options.dependence.measure == "traced"
        for supplier in suppliers:
            model.add_exposure_range(supplier)
        if self.is_traced:
            model.add_dependence(suppliers)
        matrix.extend()
        program = matrix.program(model.pyomo.dependence_index if self.is_traced else model.pyomo.shortage_total)
        self.values = np.concatenate([values, np.zeros(program.cost.size - values.size)])
        self.at_least: Served = {}
        self.at_most: Served = {}
        self.failed: list[str] = []
        for supplier in suppliers:
            self._most(program, supplier)
        if self.is_traced:
            self._least_index(program)
        else:
            for supplier in suppliers:
                self._least(program, supplier)

    def _least_index(self, program: Program) -> None:
        """The least index that the plan admits, all suppliers' books kept at once, and next to it the least exposure.

        Each supplier's own least sum would overstate the index, which looks at the largest supplier of each demand.
        """
        blocks = {(block, s) for s in self.suppliers for block in ("exposure", "depends_on")}
        rows, columns = self.matrix.owned(blocks)
        rows |= self.matrix.rows_of("counts_shortage")
        columns |= self.matrix.columns_of("dependence")
        cost = program.cost + BESIDE * sum(self._shares(supplier) for supplier in self.suppliers)
        self._keep(extreme(program, rows, columns, self.values, cost), columns, self.suppliers, self.at_least)

    def _least(self, program: Program, supplier: str) -> None:
        """The least value-weighted exposure to one supplier."""
        rows, columns = self.matrix.owned({("exposure", supplier)})
        outcome = extreme(program, rows, columns, self.values, self._weights(supplier))
        self._keep(outcome, columns, [supplier], self.at_least)

    def _most(self, program: Program, supplier: str) -> None:
        """The largest value-weighted exposure to one supplier."""
        rows, columns = self.matrix.owned({("exposure", supplier), ("exposure_range", supplier)})
        outcome = extreme(program, rows, columns, self.values, -self._weights(supplier))
        self._keep(outcome, columns, [supplier], self.at_most)

    def _keep(self, outcome: Outcome, columns: Mask, suppliers: list[str], found: Served) -> None:
        """Notes one end of the range; the plan takes the lower end as its own for suppliers that no stage has seen."""
        whole = self.values.copy()
        if outcome.values is None:
            self.failed += suppliers
        else:
            whole[columns] = outcome.values
        for supplier in suppliers:
            found.update(self._served(supplier, whole))
            if found is self.at_least and supplier not in self.own_suppliers:
                _, own = self.matrix.owned({("exposure", supplier)})
                self.values[own] = whole[own]

    def _shares(self, supplier: str) -> Array:
        """Exposed shares of demand, weighted as in the index."""
        m = self.model.pyomo
        weight = dict(zip(m.measured, (m.dependence_weight.numbers / m.amount.numbers).tolist(), strict=True))
        return self._on_served(supplier, lambda n, k, t: weight.get((n, k, t), 0.0))

    def _weights(self, supplier: str) -> Array:
        """Value-weighted exposed shares: price x importance for every exposed unit that demand gets."""
        case = self.model.structure.case
        importance = case.column("materials", "material", "importance")
        return self._on_served(supplier, lambda n, m, t: 1e-6 * case.price[m] * float(importance[m]))

    def _on_served(self, supplier: str, weight: Callable[[str, str, int], float]) -> Array:
        """Weights of the exposed units that demand gets as coefficients of all columns."""
        served = self.model.pyomo.exposure[supplier].served
        coefficients = np.zeros(self.matrix.width)
        coefficients[self.matrix.where(served)] = [weight(*key) for key in served]
        return coefficients

    def _served(self, supplier: str, whole: Array) -> Served:
        periods = self.model.structure.case.periods
        served = self.model.pyomo.exposure[supplier].served
        exposed = np.maximum(whole[self.matrix.where(served)], 0.0).tolist()
        return {(supplier, n, m, periods[t - 1]): amount for (n, m, t), amount in zip(served, exposed, strict=True)}

    def own(self) -> tuple[Served, pd.DataFrame]:
        """The plan's own exposed part of what demand gets, and every exposed quantity as a table."""
        structure = self.model.structure
        served: Served = {}
        rows = []
        self.matrix.load(self.values)
        for supplier in self.suppliers:
            rows += exposure_rows(structure, self.model.pyomo.exposure[supplier], supplier, structure.case.periods)
            served |= self._served(supplier, self.values)
        return served, frame(["supplier", "quantity_name", "country", "partner", "item", "period", "exposed"], rows)


def tables(exposures: Exposures, base: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """dependence, direct, concentration, largest, index and exposure; `base` holds the base path's physical tables."""
    model = exposures.model
    case, suppliers = model.structure.case, exposures.suppliers
    served, exposure = exposures.own()
    shares = {"optimised": served, "at_least": exposures.at_least, "at_most": exposures.at_most}
    frames = {name: _as_frame(found) for name, found in shares.items()}
    frames["proportional"] = measures.proportional_shares(case, base, suppliers)
    frames["stock_exposed"] = measures.proportional_shares(case, base, suppliers, stock_is_exposed=True)
    direct = measures.direct_shares(case, base, suppliers)
    frames["direct"] = _direct_part(direct, base["shortage"])
    return {
        "dependence": _dependence(model, suppliers, frames, base["shortage"]),
        "direct": direct,
        "concentration": measures.concentration(case, base),
        "largest": largest(case, frames, base["shortage"]),
        "index": _index(model, frames, base["shortage"]),
        "exposure": exposure,
    }


def _as_frame(served: Served) -> pd.DataFrame:
    return frame([*KEY, "exposed"], [(*key, amount) for key, amount in served.items()])


def _direct_part(direct: pd.DataFrame, shortage: pd.DataFrame) -> pd.DataFrame:
    """What demand gets, times the direct share of use: the direct share on the index's own scale."""
    key = ["country", "material", "period"]
    demand = shortage.groupby(key, as_index=False, sort=False)[["demand", "shortage"]].sum()
    joined = direct.merge(demand, on=key)
    exposed = joined["share_direct"].clip(upper=1.0) * (joined["demand"] - joined["shortage"])
    return joined[KEY].assign(exposed=exposed)


def _dependence(
    model: Model, suppliers: list[str], frames: dict[str, pd.DataFrame], shortage: pd.DataFrame
) -> pd.DataFrame:
    """One row a demand and supplier, and the group's rows: shares are (exposed + shortage) / demand."""
    case, key = model.structure.case, ["country", "material", "period"]
    demand = shortage.groupby(key, as_index=False, sort=False)[["demand", "shortage"]].sum()
    table = demand.merge(pd.DataFrame({"supplier": suppliers}), how="cross")
    table = table[table["country"] != table["supplier"]]
    names = ["optimised", "at_least", "at_most", "proportional", "stock_exposed"]
    for name in names:
        found = frames[name].rename(columns={"exposed": name})[[*KEY, name]]
        table = table.merge(found, on=KEY, how="left")
        table[name] = table[name].fillna(0.0).clip(lower=0.0)
    outside = table[~table["supplier"].isin(case.members)]
    group = outside.groupby(["material", "period", "supplier"], as_index=False, sort=False)[
        ["demand", "shortage", *names]
    ].sum()
    table = pd.concat([table, group.assign(country="group")], ignore_index=True)
    for name in names:
        table[f"share_{name}"] = (table[name] + table["shortage"]) / table["demand"]
    importance = case.column("materials", "material", "importance")
    worth = table["material"].map(case.price).astype(float) * table["material"].map(importance).astype(float)
    table["weight"] = 1e-6 * worth * table["demand"]
    table = table.rename(columns={"optimised": "served_exposed"})
    shares = [f"share_{name}" for name in names]
    return table[
        ["country", "material", "period", "supplier", "demand", "shortage", "served_exposed", *shares, "weight"]
    ]


def _index(model: Model, frames: dict[str, pd.DataFrame], shortage: pd.DataFrame) -> pd.DataFrame:
    case, parts = model.structure.case, []
    first = model.structure.options.dependence.worst_from
    for basis, found in frames.items():
        parts.append(measures.index_values(case, found, shortage).assign(basis=basis))
        worst = measures.worst(case, found, shortage, first)
        parts.append(pd.DataFrame([{"measure": "worst", "scope": "members", "basis": basis, "value": worst}]))
    return pd.concat(parts, ignore_index=True)[["measure", "scope", "basis", "value"]]


def by_material(dependence: pd.DataFrame, column: str) -> pd.Series:
    """Demand-weighted mean over members and periods of the largest supplier's share, by material."""
    members = dependence[dependence["country"] != "group"]
    largest = members.groupby(["country", "material", "period"], as_index=False)[[column, "demand"]].max()
    largest["part"] = largest[column] * largest["demand"]
    sums = largest.groupby("material")[["part", "demand"]].sum()
    return sums["part"] / sums["demand"]
