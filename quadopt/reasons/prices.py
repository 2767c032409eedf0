r"""Shadow prices: what one more unit of each limit is worth to a stage, at the chosen projects.

With the starts fixed a stage is an LP; its prices are the change of the goal per unit of a limit, others unchanged, for
small changes. Where several limits bind together the price of one may depend on which the solver counts as binding. Capacity
counts wherever it works: on the base path and in every branch. For a limit $L_t$ with price $y_t$ in the steps of all paths,

$value = \sum_t y_t L_t / \bar L$ per unit a year, with $\bar L$ the mean yearly limit on the base path, and
$value\ of\ 1\,\% = 0.01 \sum_t y_t L_t$.

The members' contributions have no price here: the starts are paid for, and money has no other use. What more of it could
buy is a project that is not chosen (`project_effects`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo

from quadopt.solver.kept import KeptStarts, StageProgram
from quadopt.solver.matrix import Array
from quadopt.tables.units import Plant, Project

NOISE = 1e-7
"""Part of the goal's value below which 1 % of a limit is worth nothing."""
AT_STARTS = "at the chosen projects"
ACTIVITY = "units of activity a year"


@dataclass(frozen=True)
class Limit:
    """One limit of the case with its price in a stage.

    `value`: change of the goal per unit (`unit`) more; `of_one_percent`: per 1 % more of the limit, nan where the limit is
    no single amount; `amount`: the limit, nan likewise; `materials`: what it makes or holds; `binds`: when.
    """

    kind: str
    country: str
    item: str
    unit: str
    amount: float
    value: float
    of_one_percent: float
    binds: str
    materials: frozenset[str]


class Prices:
    """The prices of a stage's last LP; amounts are of a step, as the model has them."""

    def __init__(self, kept: KeptStarts, stage: StageProgram) -> None:
        self.kept, self.structure = kept, kept.staged.model.structure
        self.model: pyo.ConcreteModel = kept.staged.model.pyomo
        self.case = kept.staged.case
        self._columns, self._rows = stage.bound_prices(), stage.row_prices()
        self.unit = {m: str(u) for m, u in self.case.column("materials", "material", "unit").items()}

    def limits(self) -> list[Limit]:
        """Every limit with a price, in the order of the blocks."""
        return [
            *self._capacities(),
            *self._projects(),
            *self._supply(),
            *self._opening_stocks(),
            *self._stock_limits(),
            *self._stock_budgets(),
            *self._routes(),
            *self._rows_without_amount(),
        ]

    @property
    def _paths(self) -> list[pyo.Block]:
        """The base path and the branches that the stage sees."""
        branches = [self.model.branch[name] for name in (w.name for w in self.structure.crises)]
        return [path for path in (self.model.base, *branches) if self._has(path.activity)]

    def _has(self, variable: Any) -> bool:
        try:
            return self.kept.matrix.where(variable).stop <= self._columns.size
        except KeyError:
            return False

    def _of_columns(self, variable: Any) -> Array:
        shape = (-1, variable.shape()[-1])
        return self._columns[self.kept.matrix.where(variable)].reshape(shape)

    def _of_rows(self, constraint: Any, members: int | None = None) -> Array:
        """Prices of a constraint's rows; with `members`, one row each and a column a step."""
        prices = self._rows[self.kept.matrix.rows_where(constraint)] if len(constraint) else np.zeros(0)
        return prices if members is None else prices.reshape(members, -1 if members else 1)

    def _upper(self, variable: Any) -> Array:
        """Prices of upper bounds: those of columns that would grow."""
        return np.minimum(self._of_columns(variable), 0.0)

    def _capacities(self) -> Iterator[Limit]:
        worth, offered = self._summed(lambda path: (self._upper(path.activity), path.activity_limit.array()))
        for number, plant in enumerate(self.structure.plants):
            kind = "capacity of plants" if plant.country in self.case.members else "offer from abroad"
            tier = f" ({plant.tier})" if plant.tier else ""
            item = f"{plant.process}{tier}"
            yield from self._yearly(
                kind, plant.country, item, ACTIVITY, worth[number], offered[number], _outputs(plant)
            )

    def _projects(self) -> Iterator[Limit]:
        started = self.kept.portfolio
        number = {p.name: k for k, p in enumerate(self.structure.projects)}
        own = [number[p] for p, _ in self.kept.starts]

        def of_path(path: pyo.Block) -> tuple[Array, Array]:
            online = np.zeros((len(number), len(path.steps)))
            np.add.at(online, own, path.project_capacity.array() * started[:, None])
            return self._of_rows(path.within_online_capacity, len(number)), online

        worth, online = self._summed(of_path)
        for k, project in enumerate(self.structure.projects):
            kind, item = "capacity of projects", f"{project.name} ({project.process})"
            yield from self._yearly(kind, project.country, item, ACTIVITY, worth[k], online[k], _outputs(project))

    def _summed(self, of_path: Callable[[pyo.Block], tuple[Array, Array]]) -> tuple[Array, Array]:
        """Price times limit, by limit and base period with a last column for all branches; limits on the base path."""
        worth, base_limits, branches = None, None, 0.0
        for path in self._paths:
            prices, limits = of_path(path)
            product = np.where(np.isfinite(limits), prices * np.where(np.isfinite(limits), limits, 0.0), 0.0)
            if worth is None:
                worth, base_limits = product, limits
            else:
                branches = branches + product.sum(axis=1)
        if worth is None or base_limits is None:
            raise ValueError("the stage has no base path")
        added = np.zeros((worth.shape[0], 1)) + np.reshape(branches, (-1, 1))
        return np.hstack([worth, added]), base_limits

    def _yearly(
        self, kind: str, country: str, item: str, unit: str, worth: Array, amounts: Array, materials: frozenset[str]
    ) -> Iterator[Limit]:
        """A limit that stands in every period, if it has a price."""
        total = float(worth.sum())
        finite = np.where(np.isfinite(amounts), amounts, 0.0)
        mean = float(finite.sum()) / self.case.horizon
        if abs(total) > 0 and mean > 0:
            binds = self._periods(worth[: finite.size])
            if abs(worth[finite.size :].sum()) > 1e-6 * abs(total):
                binds = "; ".join(filter(None, (binds, "in crises")))
            yield Limit(kind, country, item, unit, mean, total / mean, 0.01 * total, binds, materials)

    def _periods(self, worth: Array) -> str:
        """The periods in which a price counts, `2027 to 2031; 2034`."""
        counts = np.abs(worth) > 1e-6 * np.abs(worth).max(initial=0.0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], counts, [False]]).astype(int)))
        label = self.case.periods
        runs = [(label[first], label[after - 1]) for first, after in zip(edges[::2], edges[1::2], strict=True)]
        return "; ".join(first if first == last else f"{first} to {last}" for first, last in runs)

    def _supply(self) -> Iterator[Limit]:
        """One more unit a year of a material in a member, of no supplier's making, in every period."""
        prices = -self._of_rows(self.model.base.balance, len(self.structure.places))
        length = np.array([self.case.length[t] for t in self.case.periods])
        for number, (country, material) in enumerate(self.structure.places):
            worth = length * prices[number]
            if country in self.case.members and np.abs(worth).max() > 0:
                yield Limit(
                    "supply to a member",
                    country,
                    material,
                    f"{self.unit[material]} a year",
                    float("nan"),
                    float(worth.sum()),
                    float("nan"),
                    self._periods(worth),
                    frozenset([material]),
                )

    def _opening_stocks(self) -> Iterator[Limit]:
        """The initial stock, on the base path and in the branches that begin in the first period."""
        first = [w.name for w in self.structure.crises if w.first_period == self.case.periods[0]]
        paths = [p for p in self._paths if p is self.model.base or str(p.index()) in first]
        price = np.sum([self._of_rows(path.opens_with) for path in paths], axis=0)
        initial = self.structure.stock_column("initial")
        for (country, material), value, amount in zip(self.structure.stocks, price, initial, strict=True):
            if value:
                worth = 0.01 * float(value) * amount
                yield Limit(
                    "initial stock",
                    country,
                    material,
                    self.unit[material],
                    float(amount),
                    float(value),
                    worth,
                    "",
                    frozenset([material]),
                )

    def _stock_limits(self) -> Iterator[Limit]:
        base = self.model.base
        room = self._upper(base.stock)[:, 1:]
        capacity = base.stock_limit.array()[:, 1:]
        least, minimum = np.maximum(self._of_columns(base.reserve), 0.0), base.minimum.array()
        for number, (country, material) in enumerate(self.structure.stocks):
            for kind, prices, limits in (("room for stocks", room, capacity), ("minimum stock", least, minimum)):
                worth = np.where(np.isfinite(limits[number]), prices[number], 0.0)
                if np.abs(worth).max(initial=0.0) > 0:
                    amounts = np.where(np.isfinite(limits[number]), limits[number], 0.0)
                    yield Limit(
                        kind,
                        country,
                        material,
                        self.unit[material],
                        float(amounts.mean()),
                        float(worth.sum()),
                        0.01 * float(worth @ amounts),
                        self._periods(worth * amounts),
                        frozenset([material]),
                    )

    def _stock_budgets(self) -> Iterator[Limit]:
        base = self.model.base
        prices = self._of_rows(base.within_stock_budget)
        for (country, t), price in zip(base.budgets, prices, strict=True):
            budget = float(base.stock_budget[country, t])
            if price:
                yield Limit(
                    "budget for stocks",
                    country,
                    self.case.periods[t - 1],
                    f"million {self.case.currency}",
                    budget,
                    float(price),
                    0.01 * float(price) * budget,
                    self.case.periods[t - 1],
                    frozenset(m for n, m in self.structure.stocks if n == country),
                )

    def _routes(self) -> Iterator[Limit]:
        worth, limits = self._summed(lambda path: (self._upper(path.shipment), path.shipment_limit.array()))
        for number, (origin, destination, material) in enumerate(self.structure.reach.flows):
            item, unit = f"{material} from {origin}", f"{self.unit[material]} a year"
            yield from self._yearly(
                "route", destination, item, unit, worth[number], limits[number], frozenset([material])
            )

    def _rows_without_amount(self) -> Iterator[Limit]:
        """Rules whose limit moves with the plan: sharing, release rates, caps."""
        base = self.model.base
        sharing = self._of_rows(base.sharing_limit, len(self.model.share_limits))
        rules = [("sharing limit", i, m, sharing[k]) for k, (_, i, m) in enumerate(self.model.share_limits)]
        release = self._of_rows(base.release_rate, len(base.slow_stocks))
        rules += [("release limit", n, m, release[k]) for k, (n, m) in enumerate(base.slow_stocks)]
        for name, places in (("within_cap", "traced_caps"), ("within_direct_cap", "direct_caps")):
            if hasattr(self.model, name):
                prices = self._of_rows(getattr(self.model, name), len(getattr(self.model, places)))
                rules += [
                    (f"cap on {s}", n, m, prices[k]) for k, (_, s, n, m) in enumerate(getattr(self.model, places))
                ]
        for kind, country, material, worth in rules:
            if np.abs(worth).max(initial=0.0) > 0:
                yield Limit(
                    kind,
                    country,
                    material,
                    f"{self.unit[material]} in every period",
                    float("nan"),
                    float(worth.sum()),
                    float("nan"),
                    self._periods(worth),
                    frozenset([material]),
                )


def _outputs(unit: Plant | Project) -> frozenset[str]:
    return frozenset(m for m, rate in unit.recipe.items() if rate > 0)


def shadow_prices(kept: KeptStarts) -> pd.DataFrame:
    """The table `shadow_prices`: one row a limit and stage that has a price, and the fund of each member without one."""
    rows: list[tuple[Any, ...]] = []
    relaxed = [0.0] * len(kept.stages)
    for number, stage in enumerate(kept.stages):
        stage.solve(kept.portfolio, relaxed[:number])
        goal = stage.goal
        least = NOISE * max(abs(kept.base.goals[number]), NOISE)
        limits = [limit for limit in Prices(kept, stage).limits() if not _is_noise(limit, least)]
        rows += [(goal.name, goal.unit, *_told(limit), AT_STARTS) for limit in sorted(limits, key=_rank)]
        rows += [(goal.name, goal.unit, *_told(limit), NO_PRICE) for limit in _funds(kept)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


NO_PRICE = (
    f"{AT_STARTS}: they are paid for, and money buys nothing else; what more could start stands in 'project_effects'"
)
COLUMNS = (
    "stage",
    "goal_unit",
    "kind",
    "country",
    "item",
    "limit",
    "limit_unit",
    "value",
    "value_of_one_percent",
    "binds",
    "holds",
)


def _is_noise(limit: Limit, least: float) -> bool:
    size = limit.of_one_percent if not np.isnan(limit.of_one_percent) else limit.value
    return abs(size) <= least


def _rank(limit: Limit) -> tuple[bool, float]:
    is_open: npt.NDArray[np.bool_] | bool = np.isnan(limit.of_one_percent)
    return bool(is_open), -abs(limit.value if is_open else limit.of_one_percent)


def _told(limit: Limit) -> tuple[Any, ...]:
    return (
        limit.kind,
        limit.country,
        limit.item,
        limit.amount,
        limit.unit,
        limit.value,
        limit.of_one_percent,
        limit.binds,
    )


def _funds(kept: KeptStarts) -> list[Limit]:
    """What each member allows in all, without a price."""
    limits = kept.staged.model.pyomo.contribution_limit.array()
    unit = f"million {kept.staged.case.currency}"
    return [
        Limit("fund", n, "contributions, all periods", unit, float(limits[k].sum()), 0.0, 0.0, "", frozenset())
        for k, n in enumerate(kept.staged.case.members)
    ]
