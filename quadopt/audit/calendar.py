"""Projects in time and branches in steps, by the audit's own arithmetic (formulation, sections 3, 4 and 6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

TINY = 1e-9
DEFAULT_LIFETIME = 20.0


@dataclass(frozen=True)
class Slot:
    """A period or a step: its label, begin and end in years, and the periods it lies in with the part in each."""

    label: Any
    begin: float
    end: float
    parts: tuple[tuple[str, float], ...]

    @property
    def years(self) -> float:
        """Length in years."""
        return self.end - self.begin


class Calendar:
    """Periods in years from the start of the horizon, and discounting to the first period."""

    def __init__(self, periods: list[tuple[str, float]], rate: float) -> None:
        self.labels = [label for label, _ in periods]
        self.years = dict(periods)
        self.begin: dict[str, float] = {}
        clock = 0.0
        for label, years in periods:
            self.begin[label] = clock
            clock += years
        self.horizon = clock
        self.rate = rate
        self.position = {label: number for number, label in enumerate(self.labels)}

    def end(self, label: str) -> float:
        """End of a period in years."""
        return self.begin[label] + self.years[label]

    def discount(self, year: float) -> float:
        """Value at the start of one unit of money `year` years later."""
        return float((1 + self.rate) ** -year)

    def period_of(self, year: float) -> str:
        """The period that contains the moment just after `year`."""
        inside = [label for label in self.labels if self.begin[label] <= year + TINY]
        return inside[-1]

    def slots(self) -> list[Slot]:
        """One slot a period."""
        return [Slot(label, self.begin[label], self.end(label), ((label, 1.0),)) for label in self.labels]

    def steps(self, start: str, duration: float, recovery: float, step_years: float) -> list[Slot]:
        """Steps of a branch: to the first boundary at or after duration + recovery, cut off at the horizon."""
        first = self.begin[start]
        count = max(1, math.ceil((duration + recovery) / step_years - TINY))
        found = []
        for number in range(count):
            begin = first + number * step_years
            end = min(begin + step_years, self.horizon)
            if end - begin <= TINY:
                break
            parts = [(t, overlap(begin, end, self.begin[t], self.end(t)) / (end - begin)) for t in self.labels]
            found.append(Slot(number + 1, begin, end, tuple((t, part) for t, part in parts if part > 0)))
        return found

    def window(self, project: Any) -> list[str]:
        """Periods in which a project may start (a row of `projects`)."""
        if project.status == "excluded":
            return []
        first = self.position[project.earliest] if project.earliest else 0
        last = self.position[project.latest] if project.latest else len(self.labels) - 1
        dated = self.labels[first : last + 1]
        in_time = [t for t in dated if self.begin[t] + project.lead_time <= self.begin[self.labels[-1]] + TINY]
        if project.status != "committed":
            return in_time
        if not project.earliest and not project.latest:
            return self.labels[:1]
        return in_time or dated

    def payment_shares(self, project: Any, start: str) -> dict[str, float]:
        """Part of capex that falls into each period; what falls after the horizon is paid in the last one."""
        years = max(float(project.lead_time), 1.0)
        begin = self.begin[start]
        shares = {t: overlap(begin, begin + years, self.begin[t], self.end(t)) / years for t in self.labels}
        shares[self.labels[-1]] += 1.0 - sum(shares.values())
        return {t: share for t, share in shares.items() if share > TINY}

    def salvage_share(self, project: Any, start: str) -> float:
        """Unexpired part of the lifetime at the end of the horizon."""
        life = DEFAULT_LIFETIME if math.isnan(project.lifetime) else float(project.lifetime)
        unexpired = (self.begin[start] + project.lead_time + life - self.horizon) / life
        return float(min(1.0, max(0.0, unexpired)))

    def online(self, project: Any, start: str, begin: float, end: float) -> float:
        """Average share of a project's capacity that runs between two moments."""
        complete = self.begin[start] + project.lead_time
        gone = math.inf if math.isnan(project.lifetime) else complete + float(project.lifetime)
        total, full_years = 0.0, max(0, math.floor(begin - complete))
        while True:
            since, until = complete + full_years, complete + full_years + 1
            if since >= min(end, gone):
                return total / (end - begin)
            level = min(1.0, (full_years + 1) / (project.ramp_years + 1))
            total += level * overlap(begin, end, since, min(until, gone))
            full_years += 1


def overlap(begin: float, end: float, other_begin: float, other_end: float) -> float:
    """Length of time that two spans have in common."""
    return max(0.0, min(end, other_end) - max(begin, other_begin))
