"""The case and the plan as dictionaries, so that every check is plain arithmetic over keys."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from quadopt.audit.calendar import Calendar, Slot
from quadopt.audit.operation import Operation
from quadopt.audit.report import Tolerance

if TYPE_CHECKING:
    from quadopt.plan import Plan
    from quadopt.tables.case import Case

MILLION = 1e6


def blank(value: Any) -> bool:
    """True for the empty text or NaN of an optional cell."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


class Books:
    """Everything the checks look things up in. Case data are per year as in its tables; plan data are amounts."""

    def __init__(self, case: Case, plan: Plan, tolerance: Tolerance) -> None:
        self.case, self.plan, self.tolerance = case, plan, tolerance
        self.options: dict[str, Any] = dict(plan.options)
        settings = next(iter(self.given("settings")))
        self.calendar = Calendar(
            [(r.period, float(r.years)) for r in self.given("periods")], float(settings.discount_rate)
        )
        countries = list(self.given("countries"))
        self.members = [row.country for row in countries if row.member]
        self.outside = [row.country for row in countries if not row.member]
        self.burden_weight = {row.country: float(row.burden_weight) for row in countries}
        self.material = {row.material: row for row in self.given("materials")}
        self.recipe: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for row in self.given("recipes"):
            self.recipe[row.process].append((row.material, float(row.quantity)))
        self.project = {row.project: row for row in self.given("projects")}
        self.sector_weight = {row.sector: float(row.shortage_weight) for row in self.given("sectors")}
        self.stockpile = {(row.country, row.material): row for row in self.given("stockpiles")}
        self.fund = {(row.country, row.period): row for row in self.given("fund")}
        self.plant_capacity = self.by_period("plants", ("country", "process", "tier"), "capacity")
        self.plant_cost = self.by_period("plants", ("country", "process", "tier"), "unit_cost")
        self.demand = self.by_period("demand", ("country", "material", "sector"), "quantity")
        self.starts: dict[str, str] = {
            row.project: row.start for row in self.planned("investments") if not blank(row.start)
        }

    def given(self, name: str) -> Iterable[Any]:
        """Rows of a normalised input table as named tuples."""
        return self.case.tables[name].itertuples(index=False)

    def has(self, name: str) -> bool:
        """True where the plan has the table and it has rows."""
        return name in self.plan.tables and len(self.plan.tables[name]) > 0

    def planned(self, name: str) -> Iterable[Any]:
        """Rows of a plan table as named tuples; none where it is absent."""
        frame = self.plan.tables.get(name)
        return iter(()) if frame is None else frame.itertuples(index=False)

    def by_period(self, name: str, key: tuple[str, ...], column: str) -> dict[tuple[str, ...], dict[str, float]]:
        """One column of an input table: key -> period -> value."""
        frame = self.case.tables[name]
        found: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        columns = [frame[part] for part in key]
        for keys, period, value in zip(zip(*columns, strict=True), frame["period"], frame[column], strict=True):
            found[keys][period] = float(value)
        return found

    @cached_property
    def need(self) -> dict[tuple[str, str], dict[str, float]]:
        """Need per year: (country, material) -> period -> demand plus existing plants' use at capacity."""
        found: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for (country, material, _), series in self.demand.items():
            for period, value in series.items():
                found[country, material][period] += value
        for (country, process, _), series in self.plant_capacity.items():
            for material, quantity in self.recipe[process]:
                for period, value in series.items():
                    if quantity < 0:
                        found[country, material][period] -= quantity * value
        return found

    @cached_property
    def sizes(self) -> dict[str, float]:
        """Typical yearly amount of each material: the median need where there is one, else the largest capacity."""
        needs: dict[str, list[float]] = defaultdict(list)
        made: dict[str, float] = defaultdict(float)
        for (_, material), series in self.need.items():
            needs[material].extend(value for value in series.values() if value > 0)
        capacities = [(process, max(series.values())) for (_, process, _), series in self.plant_capacity.items()]
        capacities += [(row.process, float(row.capacity)) for row in self.project.values()]
        for process, capacity in capacities:
            for material, quantity in self.recipe[process]:
                made[material] = max(made[material], abs(quantity) * capacity)
        return {
            name: float(pd.Series(needs[name]).median()) if needs[name] else (made[name] or 1.0)
            for name in self.material
        }

    @cached_property
    def money(self) -> float:
        """Typical money, millions: the largest undiscounted cost row of the plan, at least 1e-6 (one unit)."""
        cost = self.plan.tables.get("cost")
        return 1e-6 if cost is None or cost.empty else max(1e-6, float(cost["undiscounted"].abs().max()))

    @cached_property
    def base(self) -> Operation:
        """The base path."""
        return Operation(self, "base", self.calendar.slots(), {})

    @cached_property
    def branches(self) -> dict[str, Operation]:
        """The planned branches, by disruption; empty where the plan has none."""
        if not self.has_branches:
            return {}
        rows: dict[str, list[Any]] = defaultdict(list)
        for row in self.given("disruptions"):
            rows[row.disruption].append(row)
        return {name: Operation(self, name, self.steps(found), {"rows": found}) for name, found in rows.items()}

    @property
    def has_branches(self) -> bool:
        """Whether the plan holds branches, or ought to because it looks at stress."""
        wanted = any(str(name).startswith("stress") for name in self.options.get("order", []))
        disruptions = self.case.tables["disruptions"]
        return len(disruptions) > 0 and (wanted or self.has("disruptions") or self.has("branch_shortage"))

    @property
    def operations(self) -> list[Operation]:
        """The base path and every branch: the same equations hold in all."""
        return [self.base, *self.branches.values()]

    def steps(self, rows: list[Any]) -> list[Slot]:
        """Steps of the branch that some rows of `disruptions` (one name) cause."""
        longest = max(float(row.duration) for row in rows)
        recovery = float(self.options.get("recovery_years", 0.0))
        return self.calendar.steps(rows[0].start, longest, recovery, float(self.options.get("step_years", 0.25)))

    @cached_property
    def probability(self) -> dict[str, float]:
        """Probability of each disruption; blanks share the remainder equally with the undisturbed future."""
        given: dict[str, float] = {}
        for row in self.given("disruptions"):
            if math.isnan(given.get(row.disruption, math.nan)):
                given[row.disruption] = float(row.probability)
        blanks = [name for name, value in given.items() if math.isnan(value)]
        rest = (1.0 - sum(value for value in given.values() if not math.isnan(value))) / (len(blanks) + 1)
        return {name: rest if math.isnan(value) else value for name, value in given.items()}
