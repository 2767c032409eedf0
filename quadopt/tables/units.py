"""Units: the existing plants and the projects, under one name each, with the times at which a project may start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quadopt.tables.calendar import online_share, payment_shares, unexpired_share
from quadopt.tables.case import Case
from quadopt.tables.records import rows_of

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plant:
    """An existing plant, or what an outside country offers to the members, in one tier of the supply curve."""

    name: str
    country: str
    process: str
    tier: str
    capacity: dict[str, float]
    """period -> units of activity a year."""
    unit_cost: dict[str, float]
    """period -> currency per unit of activity."""
    recipe: dict[str, float]


@dataclass(frozen=True)
class Project:
    """A project with its calendar; money in millions, capacity in units of activity a year."""

    name: str
    country: str
    process: str
    capacity: float
    capex: float
    fund_share: float
    unit_cost: float
    lead_time: float
    ramp_years: float
    lifetime: float | None
    status: str
    requires: tuple[str, ...]
    exclusive_group: str
    minimum_use: float
    recipe: dict[str, float]
    starts: tuple[str, ...]
    """Periods in which it may start."""

    def online(self, case: Case, starts: Sequence[str], begin: npt.ArrayLike, end: npt.ArrayLike) -> Array:
        """Average share of capacity online between times, by period of start (rows) and step (columns)."""
        offsets = np.array([case.offset[t] for t in starts]).reshape(-1, 1)
        times = np.asarray(begin, dtype=float), np.asarray(end, dtype=float)
        return online_share(*times, offsets, self.lead_time, self.ramp_years, self.lifetime)

    def complete(self, case: Case, start: str) -> float:
        """Years from the start of the horizon to completion."""
        return case.offset[start] + self.lead_time

    def payments(self, case: Case, starts: Sequence[str]) -> Array:
        """Part of capex paid, by period of start (rows) and period (columns)."""
        return payment_shares(np.array([case.offset[t] for t in starts]), self.lead_time, case.spans)

    def salvage(self, case: Case, start: str) -> float:
        """Capex credited at the horizon's end, undiscounted, millions."""
        return self.capex * unexpired_share(case.offset[start], self.lead_time, self.lifetime, case.horizon)


def plants(case: Case) -> list[Plant]:
    """The plants that have capacity in some period, in the table's order."""
    frame = case.tables["plants"]
    capacity: dict[tuple[str, str, str], dict[str, float]] = {}
    unit_cost: dict[tuple[str, str, str], dict[str, float]] = {}
    columns = ("country", "process", "tier", "period", "capacity", "unit_cost")
    for country, process, tier, period, offered, asked in zip(*(frame[c].tolist() for c in columns), strict=True):
        key = (str(country), str(process), str(tier))
        capacity.setdefault(key, {})[period] = float(offered)
        unit_cost.setdefault(key, {})[period] = float(asked)
    return [
        Plant(" | ".join(key), *key, capacity[key], unit_cost[key], case.recipes_of[key[1]])
        for key in capacity
        if max(capacity[key].values()) > 0
    ]


def projects(case: Case) -> list[Project]:
    """Every project of the table, excluded ones with no starts."""
    out = []
    for row in rows_of(case.tables["projects"]):
        lifetime = None if math.isnan(row.lifetime) else float(row.lifetime)
        out.append(
            Project(
                row.project,
                row.country,
                row.process,
                float(row.capacity),
                float(row.capex),
                float(row.fund_share),
                float(row.unit_cost),
                float(row.lead_time),
                float(row.ramp_years),
                lifetime,
                row.status,
                tuple(row.requires),
                row.exclusive_group,
                float(row.minimum_use),
                case.recipes_of[row.process],
                _starts(case, row.status, row.earliest, row.latest, float(row.lead_time)),
            )
        )
    return out


def _starts(case: Case, status: str, earliest: str, latest: str, lead_time: float) -> tuple[str, ...]:
    """Periods in which a project may start: inside its window and complete by the last period's beginning.

    A committed project without dates starts in the first period; one that cannot complete in time keeps its window.
    """
    if status == "excluded":
        return ()
    if status == "committed" and not earliest and not latest:
        return (case.periods[0],)
    first = case.periods.index(earliest) if earliest else 0
    last = case.periods.index(latest) if latest else len(case.periods) - 1
    window = case.periods[first : last + 1]
    deadline = case.offset[case.periods[-1]] + 1e-9
    in_time = tuple(t for t in window if case.offset[t] + lead_time <= deadline)
    if status == "committed" and not in_time:
        return tuple(window)
    return in_time
