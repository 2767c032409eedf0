"""The model, block by block: this file reads as its table of contents.

A `Model` grows as stages need it: the base path first, exposure of a supplier, the branches or what is paid when an objective
sees them. Branches have complete recourse, so that leaving them out changes no answer of a stage that does not see them.
"""

from __future__ import annotations

import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from quadopt.formulation import (
    caps,
    cost,
    dependence,
    disruption,
    exposure,
    exposure_range,
    fund,
    operation,
    path,
    sharing,
    shortage,
    starts,
    stockpile,
    structure,
    terms,
    trade,
)
from quadopt.formulation.options import Formulation
from quadopt.formulation.structure import Structure
from quadopt.tables.case import Case
from quadopt.tables.situation import Situation


class Model:
    """A Pyomo model of a case under a formulation, with what has been built of it so far."""

    def __init__(self, case: Case, options: Formulation) -> None:
        self.structure = Structure(case, options)
        self.pyomo = pyo.ConcreteModel()
        self.costs = terms.Costs()
        self.traced: list[str] = []
        """Suppliers whose shares the dependence rows see so far."""
        self.has_branches = False
        self.has_total_cost = False
        with PauseGC():  # what is built stays: looking it through for garbage takes as long as building it
            self._add_base()

    def _add_base(self) -> None:
        model, found = self.pyomo, self.structure
        structure.add(model, found)
        starts.add(model, found)
        fund.add(model, found)
        model.base = pyo.Block()
        self._add_path(model.base, found.base, is_base=True)
        shortage.add_total(model)
        model.exposure = pyo.Block(pyo.Any)
        model.traced = pyo.Block(pyo.Any)
        model.exposure_range = pyo.Block(pyo.Any)
        model.branch = pyo.Block(pyo.Any)

    def _add_path(self, block: pyo.Block, situation: Situation, is_base: bool) -> None:
        """The operating blocks, one writing for the base path and every branch."""
        found = self.structure
        own_output = not is_base and found.options.stress.crisis_trade == "own_output"
        path.add(block, found, situation)
        operation.add(block, found, is_base)
        trade.add(block, found, situation, own_output)
        sharing.add(block, found, situation)
        trade.add_room(block)
        stockpile.add(block, found, is_base)
        sharing.add_limits(block, found, situation, is_base)
        shortage.add(block, found)
        operation.add_balance(block)

    def add_exposure(self, supplier: str) -> None:
        """Exposure of the base path to one supplier."""
        if not len(self.pyomo.exposure):
            exposure.add_clean_parts(self.pyomo, self.structure)
        if supplier not in self.pyomo.exposure:
            exposure.add(self.pyomo.exposure[supplier], self.structure, supplier)

    def trace(self, supplier: str) -> None:
        """Exposure to one supplier where an objective or a cap sees it, with the rules of booking."""
        self.add_exposure(supplier)
        if supplier not in self.pyomo.traced:
            exposure.add_booking(self.pyomo.traced[supplier], self.structure, supplier)

    def add_exposure_range(self, supplier: str) -> None:
        """The other end of one supplier's exposure at a fixed physical plan, for the report."""
        self.add_exposure(supplier)
        if supplier not in self.pyomo.exposure_range:
            exposure_range.add(self.pyomo.exposure_range[supplier], self.pyomo.exposure[supplier])

    def add_caps(self) -> None:
        """The caps, with the exposure that they see."""
        if any(cap.basis == "traced" for cap in self.structure.options.caps):
            for supplier in self.structure.suppliers:
                self.trace(supplier)
        caps.add(self.pyomo, self.structure)

    def add_dependence(self, suppliers: list[str]) -> None:
        """Dependence on the given suppliers, on top of those that are there already."""
        if not hasattr(self.pyomo, "dependence_index"):
            dependence.add(self.pyomo, self.structure)
        for supplier in suppliers:
            if supplier in self.traced:
                continue
            if self.structure.options.dependence.measure == "traced":
                self.trace(supplier)
            dependence.add_supplier(self.pyomo, self.structure, supplier)
            self.traced.append(supplier)

    def add_branches(self) -> None:
        """A branch for every disruption, its stress, and how the branches are weighed."""
        if self.has_branches:
            return
        for crisis in self.structure.crises:
            branch = self.pyomo.branch[crisis.name]
            self._add_path(branch, crisis, is_base=False)
            disruption.add_opening(branch, self.structure, crisis)
            disruption.add_cuts(branch, self.structure, crisis)
            disruption.add_stress(branch)
        disruption.add_risk(self.pyomo, self.structure)
        self.has_branches = True

    def add_costs(self) -> None:
        """What is paid on the paths that are built."""
        model, found = self.pyomo, self.structure
        if not self.costs.terms:
            cost.add_investment(model, found, self.costs)
            cost.add_operation(model.base, found, found.base, self.costs)
        for crisis in found.crises if self.has_branches else []:
            branch = model.branch[crisis.name]
            if not hasattr(branch, "unit_cost"):
                cost.add_operation(branch, found, crisis, self.costs)
                cost.add_refill(branch, found, self.costs)

    def add_total_cost(self, with_branches: bool) -> None:
        """The cost objective over all that is built."""
        if with_branches:
            self.add_branches()
        if not self.has_total_cost:
            self.add_costs()
            cost.add_total(self.pyomo, self.structure, self.costs, with_branches)
            self.has_total_cost = True
