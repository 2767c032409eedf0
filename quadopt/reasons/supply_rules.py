"""Rules of supply and trade: plants' capacities and outside offers, routes, what is shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from quadopt.reasons.rules import Limit, Rule, Ruled
from quadopt.tables.reach import FILLED, Flow, Routes
from quadopt.tables.units import Plant


def without_routes(case: Any) -> Any:
    """The table routes without capacities: closed routes are there, but for their rule."""
    frame = case.tables["routes"].copy()
    frame["capacity"] = np.nan
    return frame


def supply_rules(ruled: Ruled) -> Iterator[Rule]:
    """Every rule of the tables plants, routes and sharing."""
    for plant in ruled.model.structure.plants:
        yield from _capacity(ruled, plant)
    yield from _routes(ruled)
    yield from _sharing(ruled)


def _capacity(ruled: Ruled, plant: Plant) -> Iterator[Rule]:
    key = (plant.country, plant.process, plant.tier)
    columns, upper = ruled.columns(ruled.base.activity), ruled.program.upper
    made = {m: q for m, q in plant.recipe.items() if q > 0}
    worth = sum(q * ruled.worth_of(m) for m, q in made.items())
    main = max(made, key=lambda m: made[m] * ruled.worth_of(m)) if made else ""
    unit = f"{ruled.unit[main]} of {main}" if len(made) == 1 and made[main] == 1 else "units of activity"
    is_member = plant.country in ruled.case.members
    verb = "can run" if is_member else "offers"
    tier = f", tier {plant.tier}" if plant.tier != "1" else ""
    for origin, numbers in ruled.cells("plants", key, "capacity"):
        own, length = [columns[plant.name, t + 1] for t in numbers], ruled.lengths[numbers]
        capacity = plant.capacity[ruled.case.periods[numbers[0]]]
        yield Rule(
            kind="capacity" if is_member else "supply", table="plants", key=key, column="capacity",
            periods=ruled.labels(numbers), origin=origin, value=capacity, unit=f"{unit} per year",
            words=f"{plant.country} {verb} at most {{amount}} {unit} a year ({plant.process}{tier})",
            worth=worth * float(length.sum()), is_choice=False, uppers=tuple(own),
            limits=tuple(Limit((k,), (1.0,), float(upper[k]), float(h)) for k, h in zip(own, length, strict=True)),
        )  # fmt: skip


def _routes(ruled: Ruled) -> Iterator[Rule]:
    """The routes' capacities, one rule a cell with all the flows whose row it is."""
    frame = ruled.case.tables["routes"]
    keys = dict.fromkeys(zip(frame["origin"], frame["destination"], frame["material"], strict=True))
    flows = list(dict.fromkeys([*ruled.model.structure.reach.flows, *ruled.model.structure.reach.sharing]))
    if not keys or not flows:
        return
    matched: dict[Flow, list[int]] = {}
    for number, flow in enumerate(flows):
        own = (tuple(label if named else "" for named, label in zip(filled, flow, strict=True)) for filled in FILLED)
        key = next((key for key in own if key in keys), None)
        if key is not None:
            matched.setdefault(key, []).append(number)  # type: ignore[arg-type]
    routes = Routes(ruled.case)
    capacity = routes.rates(routes.numbers(flows))[1]
    for key, numbers in matched.items():
        if np.isfinite(capacity[numbers]).any():
            yield from _route(ruled, key, [flows[k] for k in numbers], capacity[numbers[0]])


def _route(ruled: Ruled, key: Flow, flows: list[Flow], capacity: np.ndarray) -> Iterator[Rule]:
    shipped, shared = ruled.columns(ruled.base.shipment), ruled.columns(ruled.base.shared)
    origin_of, destination, material = key
    unit = ruled.unit[material] if material else "units"
    for origin, every in ruled.cells("routes", key, "capacity"):
        numbers = [t for t in every if np.isfinite(capacity[t])]
        if not numbers:
            continue
        limit = float(capacity[numbers[0]])
        limits = []
        for flow in flows:
            for t in numbers:
                found = [of[*flow, t + 1] for of in (shipped, shared) if (*flow, t + 1) in of]
                length = float(ruled.lengths[t])
                limits.append(Limit(tuple(found), (1.0,) * len(found), length * limit, length))
        amount = f"at most {{amount}} {unit} a year" if limit else "nothing"
        yield Rule(
            kind="route", table="routes", key=key, column="capacity", periods=ruled.labels(numbers), origin=origin,
            words=f"{amount} of {material or 'any material'} goes from {origin_of or 'any country'} to "
            f"{destination or 'any country'}",
            value=limit, unit=f"{unit} per year", is_choice=False, limits=tuple(limits),
            worth=max(ruled.worth_of(m) for _, _, m in flows) * float(ruled.lengths[numbers].sum()),
        )  # fmt: skip


def _sharing(ruled: Ruled) -> Iterator[Rule]:
    """What a row of the sharing table allows of a stock; it gives by units a year of each stock that it matches."""
    rows = ruled.rows(ruled.base.sharing_limit)
    fraction = ruled.model.structure.sharing_table.limit_fraction
    for key, row in ruled.model.structure.sharing_table.row.items():
        provider, receiver, material = key
        for origin, numbers in ruled.cells("sharing", key, "limit_fraction"):
            own = [(k, m, t) for (r, _, m, t), k in rows.items() if r == row and t - 1 in numbers]
            if not own:
                continue
            value = float(fraction[row, numbers[0]])
            yield Rule(
                kind="sharing", table="sharing", key=key, column="limit_fraction", periods=ruled.labels(numbers),
                origin=origin, value=value, unit="fraction of the opening stock per year",
                words=f"{provider} shares at most {{amount}} of its stock of {material or 'any material'} a year with "
                f"{receiver or 'any member'}",
                worth=max(ruled.worth_of(m) for _, m, _ in own) * float(ruled.lengths[numbers].sum()),
                rows=tuple((k, float(ruled.lengths[t - 1])) for k, _, t in own),
            )  # fmt: skip
