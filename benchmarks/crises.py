"""Generated disruptions: of all kinds, on tables of any case, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.chains import rounded
from quadopt.tables.case import Case

Row = dict[str, Any]

_RECIPE = ("process", "material", "quantity")

KINDS = ("export_cut", "export_cut", "outage", "export_cut", "demand_surge")
"""Kinds in turn: most crises are export cuts."""
DURATIONS = (0.25, 0.5, 1.0, 1.5)
"""Years."""
CHANCE = 0.6
"""What the generated disruptions take, at most, of the probability that nothing has happened so far."""


@dataclass(frozen=True)
class Targets:
    """What can be struck."""

    offers: dict[str, dict[str, float]]
    """Outside supplier -> material that it makes and others want -> units a year."""
    wanted: dict[str, set[str]]
    """Material -> who wants it."""
    plants: list[tuple[str, str]]
    """(country, process)."""
    demands: list[tuple[str, str, str]]
    """(member, material, sector)."""
    begin: dict[str, float]
    """Period -> years from the start to its beginning."""
    horizon: float


def targets(tables: Mapping[str, pd.DataFrame]) -> Targets:
    """What the tables of a case hold that can be struck; as they are put in, or normalised."""
    countries, periods, demand = tables["countries"], tables["periods"], tables["demand"]
    is_member = countries["member"].isin([True, "yes"])
    members = set(countries.loc[is_member, "country"])
    recipes: dict[str, dict[str, float]] = {}
    for process, material, quantity in zip(*(tables["recipes"][c] for c in _RECIPE), strict=True):
        recipes.setdefault(process, {})[material] = float(quantity)
    capacity = _capacities(tables["plants"])
    wanted: dict[str, set[str]] = {}
    for country, material in zip(demand["country"], demand["material"], strict=True):
        wanted.setdefault(material, set()).add(country)
    for country, process in capacity:
        for material in (m for m, quantity in recipes[process].items() if quantity < 0):
            wanted.setdefault(material, set()).add(country)
    offers: dict[str, dict[str, float]] = {}
    for (country, process), size in capacity.items():
        for material, quantity in recipes[process].items():
            if country not in members and quantity > 0 and wanted.get(material, set()) - {country}:
                offered = offers.setdefault(country, {})
                offered[material] = offered.get(material, 0.0) + quantity * size
    years = periods["years"].astype(float)
    begin = dict(zip(periods["period"], years.cumsum() - years, strict=True))
    demands = list(dict.fromkeys(zip(demand["country"], demand["material"], demand["sector"], strict=True)))
    return Targets(offers, wanted, list(capacity), demands, begin, float(years.sum()))


def _capacities(plants: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(country, process) -> capacity a year of all tiers, the mean of the rows of each."""
    tiers = plants.groupby(["country", "process", "tier"], sort=False)["capacity"].mean()
    sums = tiers[tiers > 0].groupby(level=["country", "process"], sort=False).sum()
    return {(str(country), str(process)): float(size) for (country, process), size in sums.items()}


def disruption_rows(found: Targets, count: int, seed: int, free: float = 1.0, prefix: str = "crisis") -> list[Row]:
    """Rows of `disruptions`: so many disruptions, of random places, dates, durations and severities.

    `free` is the probability that the case's other disruptions leave; at most `CHANCE` of it is used.
    """
    rng = np.random.default_rng([seed, 77])
    rows: list[Row] = []
    for number in range(count):
        duration = float(rng.choice([d for d in DURATIONS if d <= found.horizon]))
        starts = [t for t, begin in found.begin.items() if begin + duration <= found.horizon]
        common = {
            "disruption": f"{prefix}_{number + 1:02d}",
            "start": starts[int(rng.integers(len(starts)))],
            "duration": duration,
            "probability": rounded(free * CHANCE / count * rng.uniform(0.5, 1.0), 3),
        }
        make = {"export_cut": _cut, "outage": _outage, "demand_surge": _surge}[KINDS[number % len(KINDS)]]
        rows += [{**common, **row} for row in make(rng, found)]
    return rows


def _cut(rng: np.random.Generator, found: Targets) -> list[Row]:
    """One supplier stops shipping one to four materials, to all or to one country; more is hit where more is offered."""
    weight = np.array([len(offered) for offered in found.offers.values()], dtype=float)
    supplier = str(rng.choice(list(found.offers), p=weight / weight.sum()))
    offered = found.offers[supplier]
    first = str(rng.choice(list(offered)))
    destination = ""
    if rng.random() < 0.25:
        destination = str(rng.choice(sorted(found.wanted[first] - {supplier})))
    others = [m for m in offered if m != first and (not destination or destination in found.wanted[m])]
    count = min(len(others), int(rng.integers(0, 4)))
    more = [str(m) for m in rng.choice(others, count, replace=False)] if count else []
    severity, is_limited = rounded(rng.uniform(0.4, 1.0), 2), rng.random() < 0.15
    row = {"kind": "export_cut", "country": supplier, "destination": destination}
    return [
        {**row, "material": m, "limit": rounded((1.0 - severity) * offered[m], 3)}
        if is_limited
        else {**row, "material": m, "severity": severity}
        for m in [first, *more]
    ]


def _outage(rng: np.random.Generator, found: Targets) -> list[Row]:
    country, process = found.plants[int(rng.integers(len(found.plants)))]
    severity = rounded(rng.uniform(0.3, 1.0), 2)
    return [{"kind": "outage", "country": country, "process": process, "severity": severity}]


def _surge(rng: np.random.Generator, found: Targets) -> list[Row]:
    country, material, sector = found.demands[int(rng.integers(len(found.demands)))]
    row = {
        "kind": "demand_surge",
        "material": material,
        "sector": sector,
        "severity": rounded(rng.uniform(0.2, 0.8), 2),
    }
    return [row if rng.random() < 0.5 else {**row, "country": country}]


def add_disruptions(case: Case, count: int, seed: int = 0, keep: bool = True) -> Case:
    """A case with so many more generated disruptions, or (`keep` false) with these alone.

    Raises `InputError` where the case's own rows have faults, as any case does.
    """
    own = case.tables["disruptions"]
    taken = float(own.groupby("disruption")["probability"].max().sum()) if keep else 0.0
    added = disruption_rows(targets(case.tables), count, seed, 1.0 - taken, "generated")
    kept = case.raw["disruptions"] if keep and "disruptions" in case.raw else pd.DataFrame()
    return Case.from_tables({**case.raw, "disruptions": pd.concat([kept, pd.DataFrame(added)], ignore_index=True)})
