"""The sets that all blocks share: which units, flows, stocks and demands exist, and how they meet in a place.

A place is a material in a country. Steps are numbered from 1; 0 is the opening of a path.

| set            | members                     | meaning                                                 |
| -------------- | --------------------------- | ------------------------------------------------------- |
| plants         | u                           | existing plants and outside offers, one a tier           |
| projects       | u                           | projects that may start                                 |
| starts         | (p, tau)                    | project p may start in period tau                       |
| flows          | (c, d, m)                   | trade of m from c to d that exists                      |
| shared_flows   | (i, j, m)                   | sharing of m from member i's stock to member j          |
| stocks         | (n, m)                      | member n may hold a stock of m                          |
| demands        | (n, m, q)                   | sector q of member n demands m                          |
| places         | (c, m)                      | where m is made, used, traded, stocked or demanded      |
| makers, users  | (c, m) -> u                 | units in c that make, use m                             |
| origins, destinations | (c, m) -> c          | where c's imports of m come from, its exports go to     |
| providers, receivers  | (n, m) -> n          | the same for sharing                                    |
| stocked        | (c, m) -> m                 | m itself where c stocks it, else empty                  |
| demanding      | (c, m) -> q                 | sectors of c that demand m                              |
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import pyomo.environ as pyo

from quadopt.formulation.options import Formulation
from quadopt.tables.case import Case
from quadopt.tables.reach import Flow, Reach, Routes, find_reach
from quadopt.tables.records import rows_of
from quadopt.tables.situation import Situation, base_situation, crisis_situations
from quadopt.tables.units import Plant, Project, plants, projects

Place = tuple[str, str]


@dataclass(frozen=True)
class Structure:
    """A case under a formulation: its units, reach and situations, found once."""

    case: Case
    options: Formulation

    @cached_property
    def plants(self) -> list[Plant]:
        """Existing plants with capacity in some period."""
        return plants(self.case)

    @cached_property
    def projects(self) -> list[Project]:
        """Projects that may start under this formulation."""
        return [p for p in projects(self.case) if p.starts and not self.is_unpayable(p)]

    @cached_property
    def all_projects(self) -> list[Project]:
        """Every project of the table."""
        return projects(self.case)

    def is_unpayable(self, project: Project) -> bool:
        """Whether no account can pay a project: unpooled, outside every member, and not wholly private."""
        outside = project.country not in self.case.members
        return not self.options.pact.pooled and outside and project.fund_share * project.capex > 0

    @cached_property
    def units(self) -> dict[str, Plant | Project]:
        """All units by name."""
        units: list[Plant | Project] = [*self.plants, *self.projects]
        return {u.name: u for u in units}

    @cached_property
    def routes(self) -> Routes:
        """The routes table, ready to be asked."""
        return Routes(self.case)

    @cached_property
    def reach(self) -> Reach:
        """The flows that exist; none of sharing where the pact has none."""
        found = find_reach(self.case, self.plants, self.projects, self.routes)
        return found if self.options.pact.sharing else Reach(found.flows, [])

    @cached_property
    def base(self) -> Situation:
        """The base path."""
        return base_situation(self.case, self.plants, self.projects)

    @cached_property
    def crises(self) -> list[Situation]:
        """The disruptions' branches."""
        rules = self.options.stress
        return crisis_situations(self.case, self.plants, self.projects, rules.step_years, rules.recovery_years)

    @cached_property
    def stocks(self) -> dict[Place, dict[str, float]]:
        """(member, material) -> the stockpile's row, numbers by column."""
        frame = self.case.tables["stockpiles"]
        numbers = [c for c in frame.columns if c not in ("country", "material")]
        return {(r.country, r.material): {c: float(getattr(r, c)) for c in numbers} for r in rows_of(frame)}

    @cached_property
    def suppliers(self) -> list[str]:
        """The suppliers that the formulation traces."""
        return self.options.traced_suppliers(self.case.suppliers)

    @cached_property
    def places(self) -> list[Place]:
        """Every material in every country where something can happen to it."""
        found: set[Place] = {(u.country, m) for u in self.units.values() for m in u.recipe}
        for origin, destination, material in [*self.reach.flows, *self.reach.sharing]:
            found |= {(origin, material), (destination, material)}
        found |= set(self.stocks) | {(n, m) for n, m, _, _ in self.case.demand}
        order = {c: i for i, c in enumerate(self.case.countries)} | {m: i for i, m in enumerate(self.case.materials)}
        return sorted(found, key=lambda place: (order[place[0]], order[place[1]]))

    @cached_property
    def demands(self) -> list[tuple[str, str, str]]:
        """(member, material, sector) with demand in some period."""
        return list(dict.fromkeys((n, m, q) for n, m, q, _ in self.case.demand))

    def minimum_stock(self, country: str, material: str, step: int) -> float:
        """What the base path must hold at the end of a period: `minimum`, `minimum_days`, or the decaying initial."""
        row = self.stocks[country, material]
        period = self.case.periods[step - 1]
        if row["minimum"] == row["minimum"]:
            return row["minimum"]
        if row["minimum_days"] == row["minimum_days"]:
            return row["minimum_days"] / 365.0 * self.case.need.get((country, material, period), 0.0)
        return self.decayed_initial(country, material, step)

    def decayed_initial(self, country: str, material: str, step: int) -> float:
        """What loss leaves of the initial stock at the end of a period."""
        row = self.stocks[country, material]
        return row["initial"] * (1.0 - row["loss_rate"]) ** self.base.end[self.case.periods[step - 1]]

    def clean_reserve(self, country: str, material: str, step: int) -> float:
        r"""What the reserve must hold of clean origin: $\min(minimum_t, initial (1 - loss)^{Y_t + h_t})$."""
        return min(self.minimum_stock(country, material, step), self.decayed_initial(country, material, step))

    def clean_core(self, country: str, material: str) -> dict[int, float]:
        r"""Step -> what the minimum has kept of the initial stock, the core:

        $core_t = \min(minimum_t, (1 - loss)^{h_t} core_{t-1})$, $core_0 = initial$.

        It is less than `clean_reserve` where deposits had to make good a loss, or a minimum that grows.
        """
        row, out = self.stocks[country, material], {}
        core = row["initial"]
        for step, period in enumerate(self.case.periods, 1):
            kept = (1.0 - row["loss_rate"]) ** self.case.length[period]
            core = out[step] = min(self.minimum_stock(country, material, step), kept * core)
        return out


def add(model: pyo.ConcreteModel, structure: Structure) -> None:
    """Puts the shared sets and the recipes on the model."""
    case = structure.case
    model.countries = pyo.Set(initialize=case.countries)
    model.members = pyo.Set(initialize=case.members)
    model.periods = pyo.RangeSet(1, len(case.periods))
    model.plants = pyo.Set(initialize=[p.name for p in structure.plants])
    model.projects = pyo.Set(initialize=[p.name for p in structure.projects])
    model.units = model.plants | model.projects
    model.flows = pyo.Set(dimen=3, initialize=structure.reach.flows)
    model.shared_flows = pyo.Set(dimen=3, initialize=structure.reach.sharing)
    model.stocks = pyo.Set(dimen=2, initialize=list(structure.stocks))
    model.demands = pyo.Set(dimen=3, initialize=structure.demands)
    model.places = pyo.Set(dimen=2, initialize=structure.places)
    recipe = {(u.name, m): q for u in structure.units.values() for m, q in u.recipe.items()}
    model.recipe = pyo.Param(model.units, case.materials, initialize=recipe, default=0.0, within=pyo.Reals)

    units = structure.units.values()
    _group(model, "makers", ((u.country, m, u.name) for u in units for m, q in u.recipe.items() if q > 0))
    _group(model, "users", ((u.country, m, u.name) for u in units for m, q in u.recipe.items() if q < 0))
    _group(model, "origins", ((d, m, o) for o, d, m in structure.reach.flows))
    _group(model, "destinations", ((o, m, d) for o, d, m in structure.reach.flows))
    _group(model, "providers", ((j, m, i) for i, j, m in structure.reach.sharing))
    _group(model, "receivers", ((i, m, j) for i, j, m in structure.reach.sharing))
    _group(model, "stocked", ((n, m, m) for n, m in structure.stocks))
    _group(model, "demanding", structure.demands)


def _group(model: pyo.ConcreteModel, name: str, triples: object) -> None:
    """An indexed set place -> members, empty where nothing is."""
    members = defaultdict(list)
    for country, material, member in triples:  # type: ignore[attr-defined]
        members[country, material].append(member)
    initialize = {place: members.get(place, []) for place in model.places}
    setattr(model, name, pyo.Set(model.places, initialize=initialize, within=pyo.Any))


__all__ = ["Flow", "Place", "Structure", "add"]
