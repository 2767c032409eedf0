"""The sets that all blocks share: which units, flows, stocks and demands exist, and how they meet in a place.

A place is a material in a country. Steps are numbered from 1; 0 is the opening of a path.

| set            | members                     | meaning                                                 |
| -------------- | --------------------------- | ------------------------------------------------------- |
| plants         | u                           | existing plants and outside offers, one a tier           |
| projects       | u                           | projects that may start                                 |
| starts         | (p, tau)                    | project p may start in period tau                       |
| flows          | (c, d, m)                   | trade of m from c to d that exists                      |
| shared_flows   | (i, j, m)                   | sharing of m from member i's stock to member j          |
| share_limits   | (row, n, m)                 | rows of the sharing table, what they match of n and m   |
| share_receivers | (row, n, m) -> n           | to whom n gives m under the row                         |
| traded_stocks, member_exports | (n, m)       | stocks, and members' places, that m can be shipped from |
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

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyomo.environ as pyo

from quadopt.formulation.components import Array, Grouped, Groups, Param, Set
from quadopt.formulation.options import Formulation
from quadopt.tables.case import Case
from quadopt.tables.reach import Flow, FlowNumbers, Reach, Routes, Whole, find_reach, numbered
from quadopt.tables.records import rows_of
from quadopt.tables.situation import Demand, Rates, Situation, base_situation, crisis_situations, rates_of
from quadopt.tables.units import Plant, Project, plants, projects

Place = tuple[str, str]


@dataclass(frozen=True)
class SharingTable:
    """The rows of the sharing table, keyed by (provider, receiver, material), "" for any; numbers by row and period."""

    row: dict[Flow, int]
    limit_fraction: Array
    cost: Array


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
    def recipe(self) -> Array:
        """Quantity of a material (columns) per unit of a unit's activity (rows)."""
        material = numbered(self.case.materials)
        recipe = np.zeros((len(self.units), len(material)))
        for number, unit in enumerate(self.units.values()):
            recipe[number, [material[m] for m in unit.recipe]] = list(unit.recipe.values())
        return recipe

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
    def traded(self) -> dict[Flow, int]:
        """The flows of trade -> their number."""
        return numbered(self.reach.flows)

    @cached_property
    def shared(self) -> dict[Flow, int]:
        """The flows of sharing -> their number."""
        return numbered(self.reach.sharing)

    @cached_property
    def traded_and_shared(self) -> tuple[Whole, Whole]:
        """Numbers of the flows that carry both, among those of trade and among those of sharing."""
        both = [flow for flow in self.reach.sharing if flow in self.traded]
        return np.array([self.traded[flow] for flow in both], int), np.array([self.shared[flow] for flow in both], int)

    @cached_property
    def flow_numbers(self) -> FlowNumbers:
        """By flow of trade, where origin, destination and material stand in the case's order."""
        return self.routes.numbers(self.reach.flows)

    @cached_property
    def flow_rates(self) -> tuple[Array, Array]:
        """Cost in currency per unit and capacity a year (inf: unlimited), by flow of trade and period."""
        return self.routes.rates(self.flow_numbers)

    @cached_property
    def sharing_rates(self) -> tuple[Array, Array]:
        """The same by flow of sharing."""
        return self.routes.rates(self.routes.numbers(self.reach.sharing))

    @cached_property
    def sharing_table(self) -> SharingTable:
        """The sharing table by row and period."""
        period = numbered(self.case.periods)
        row: dict[Flow, int] = {}
        records = rows_of(self.case.tables["sharing"])
        for r in records:
            row.setdefault((r.provider, r.receiver, r.material), len(row))
        fraction, cost = np.zeros((2, len(row), len(period)))
        for r in records:
            at = row[r.provider, r.receiver, r.material], period[r.period]
            fraction[at], cost[at] = r.limit_fraction, r.cost
        return SharingTable(row, fraction, cost)

    @cached_property
    def share_matches(self) -> list[tuple[int, str, str, str]]:
        """(row of the sharing table, provider, material, receiver) of what the rows match, row by row."""
        by_provider: dict[str, list[Flow]] = {}
        for flow in self.reach.sharing:
            by_provider.setdefault(flow[0], []).append(flow)
        return [
            (number, i, m, j)
            for (provider, receiver, material), number in self.sharing_table.row.items()
            for i, j, m in by_provider.get(provider, [])
            if receiver in ("", j) and material in ("", m)
        ]

    @cached_property
    def share_receivers(self) -> Grouped:
        """(row of the sharing table, provider, material) -> the receivers that the row matches."""
        return Grouped(self.share_matches)

    @cached_property
    def sharing_row(self) -> list[int]:
        """Of every flow of sharing, the row that names most of receiver and material, the first where two name as many."""
        row = self.sharing_table.row

        def best(flow: Flow) -> int:
            i, j, m = flow
            half = [row[key] for key in ((i, j, ""), (i, "", m)) if key in row]
            return row[flow] if flow in row else min(half) if half else row[i, "", ""]

        return [best(flow) for flow in self.reach.sharing]

    def sharing_periods(self, situation: Situation) -> list[int]:
        """Of every step of a path, the number of the period whose rows of the sharing table hold: its own on the base path, the
        first in a branch."""
        first = self.case.periods.index(situation.first_period)
        return [number if situation.is_base else first for number in range(len(situation.steps))]

    @cached_property
    def starts(self) -> list[tuple[str, int]]:
        """(project, number of the period in which it may start)."""
        number = numbered(self.case.periods)
        return [(p.name, number[t] + 1) for p in self.projects for t in p.starts]

    @cached_property
    def paid(self) -> Array:
        """Capex that falls due, public and private, millions, by start and period."""
        rows = (p.capex * p.payments(self.case, p.starts) for p in self.projects)
        return np.concatenate([np.zeros((0, len(self.case.periods))), *rows])

    @cached_property
    def fund_share(self) -> Array:
        """The fund's part of capex, by start (a column)."""
        return np.array([p.fund_share for p in self.projects for _ in p.starts]).reshape(-1, 1)

    @cached_property
    def salvage(self) -> Array:
        """Capex that has not expired by the horizon's end, millions, by start."""
        return np.array([p.salvage(self.case, start) for p in self.projects for start in p.starts])

    @cached_property
    def rates(self) -> Rates:
        """What the paths draw their rates from."""
        return rates_of(self.case, self.plants, self.projects)

    @cached_property
    def base(self) -> Situation:
        """The base path."""
        return base_situation(self.case, self.rates)

    @property
    def has_crises(self) -> bool:
        """Whether there are disruptions: their branches are found where something asks for them."""
        return not self.case.tables["disruptions"].empty

    @cached_property
    def crises(self) -> list[Situation]:
        """The disruptions' branches."""
        rules = self.options.stress
        return crisis_situations(self.case, self.rates, rules.step_years, rules.recovery_years)

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

    @property
    def demands(self) -> list[Demand]:
        """(member, material, sector) with demand in some period."""
        return self.rates.demands

    @cached_property
    def meetings(self) -> dict[str, Grouped]:
        """Name of a set that is indexed by place -> its members: what meets in a place."""
        flows, sharing, units = self.reach.flows, self.reach.sharing, self.units.values()
        return {
            "makers": Grouped((u.country, m, u.name) for u in units for m, q in u.recipe.items() if q > 0),
            "users": Grouped((u.country, m, u.name) for u in units for m, q in u.recipe.items() if q < 0),
            "origins": Grouped((d, m, o) for o, d, m in flows),
            "destinations": Grouped((o, m, d) for o, d, m in flows),
            "providers": Grouped((j, m, i) for i, j, m in sharing),
            "receivers": Grouped((i, m, j) for i, j, m in sharing),
            "stocked": Grouped((n, m, m) for n, m in self.stocks),
            "demanding": Grouped(self.demands),
        }

    @cached_property
    def exporting(self) -> set[Place]:
        """Places that something is shipped from."""
        return {(origin, material) for origin, _, material in self.reach.flows}

    def stock_column(self, name: str) -> Array:
        """A column of the stockpiles, in the order of `stocks`."""
        return np.array([row[name] for row in self.stocks.values()], dtype=float)

    @cached_property
    def minimum_stock(self) -> Array:
        """What the base path must hold, by stock and period: `minimum`, `minimum_days`, or the decaying initial."""
        days = self.stock_column("minimum_days")[:, None] / 365.0
        need = [[self.case.need.get((n, m, t), 0.0) for t in self.case.periods] for n, m in self.stocks]
        by_days = np.where(
            np.isnan(days), self.decayed_initial, days * np.array(need).reshape(len(need), len(self.case.periods))
        )
        minimum = self.stock_column("minimum")[:, None]
        return np.where(np.isnan(minimum), by_days, minimum)

    @cached_property
    def decayed_initial(self) -> Array:
        """What loss leaves of the initial stock at the end of a period, by stock and period."""
        kept = 1.0 - self.stock_column("loss_rate")[:, None]
        return self.stock_column("initial")[:, None] * kept ** self.base.times[1]

    @property
    def clean_reserve(self) -> Array:
        r"""What the reserve must hold of clean origin: $\min(minimum_t, initial (1 - loss)^{Y_t + h_t})$."""
        return np.minimum(self.minimum_stock, self.decayed_initial)

    @cached_property
    def clean_core(self) -> Array:
        r"""By stock and period, what the minimum has kept of the initial stock, the core:

        $core_t = \min(minimum_t, (1 - loss)^{h_t} core_{t-1})$, $core_0 = initial$.

        It is less than `clean_reserve` where deposits had to make good a loss, or a minimum that grows.
        """
        core, cores = self.stock_column("initial"), np.zeros_like(self.minimum_stock)
        kept = (1.0 - self.stock_column("loss_rate")[:, None]) ** self.base.lengths
        for step in range(cores.shape[1]):
            core = cores[:, step] = np.minimum(self.minimum_stock[:, step], kept[:, step] * core)
        return cores


def add(model: pyo.ConcreteModel, structure: Structure) -> None:
    """Puts the shared sets and the recipes on the model."""
    case = structure.case
    model.countries = Set(dimen=1, initialize=case.countries)
    model.members = Set(dimen=1, initialize=case.members)
    model.periods = pyo.RangeSet(1, len(case.periods))
    model.plants = Set(dimen=1, initialize=[p.name for p in structure.plants])
    model.projects = Set(dimen=1, initialize=[p.name for p in structure.projects])
    model.units = Set(dimen=1, initialize=structure.units)
    labels = case.countries, case.countries, case.materials
    model.flows = Set(dimen=3, initialize=structure.traded, numbered=zip(labels, structure.flow_numbers, strict=True))
    model.shared_flows = Set(dimen=3, initialize=structure.shared)
    model.stocks = Set(dimen=2, initialize=structure.stocks)
    model.demands = Set(dimen=3, initialize=structure.demands)
    model.places = Set(dimen=2, initialize=structure.places)
    model.recipe = Param(model.units, Set(dimen=1, initialize=case.materials), initialize=structure.recipe)

    members = set(case.members)
    exporting = structure.exporting
    model.traded_stocks = Set(dimen=2, initialize=[place for place in structure.stocks if place in exporting])
    model.member_exports = Set(
        dimen=2, initialize=[place for place in structure.places if place[0] in members and place in exporting]
    )

    model.share_limits = Set(dimen=3, initialize=structure.share_receivers)
    model.share_receivers = Groups(model.share_limits, initialize=structure.share_receivers)
    for name, groups in structure.meetings.items():
        setattr(model, name, Groups(model.places, initialize=groups))


__all__ = ["Flow", "Place", "Structure", "add"]
