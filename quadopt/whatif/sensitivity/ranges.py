"""Ranges: how far the uncertain inputs of a case may be from what its tables say, and the groups that move by default.

An uncertain input is a name for rows and a column of one table (or of several: ranges of one name move together). Its range
is two factors, two additions or two values, or goes by the quality of each row: what is reported moves less than what is
assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from quadopt.formulation.options import Formulation
from quadopt.tables.case import Case
from quadopt.tables.changes import Place
from quadopt.tables.where import OR

Operation = Literal["multiply", "add", "set"]
OPERATIONS: tuple[str, ...] = get_args(Operation)
ByQuality = Mapping[str, tuple[float, float]]

FACTORS: ByQuality = {"reported": (0.9, 1.1), "derived": (0.8, 1.2), "assumed": (0.6, 1.4)}
"""By what a number is multiplied at the low and at the high end of its range, by its row's quality."""
DELAYS: ByQuality = {"reported": (0.0, 0.5), "derived": (0.0, 1.0), "assumed": (0.0, 2.0)}
"""Years that are added to a lead time: projects come late, hardly ever early (Flyvbjerg, 2014)."""
UNSTATED = "assumed"
"""What rows without a quality count as: the widest range."""
MOST_PROBABLE = 0.99
"""The most that all crises together may come to when their probabilities are raised."""


@dataclass(frozen=True)
class Range:
    """Rows of one column that move from a low to a high end.

    `where` chooses rows as in a what-if. `low` and `high` are factors (`multiply`), additions (`add`) or values (`set`);
    where they are None, `by_quality` gives a pair for each quality of a row. `place` says where the range stands.
    """

    name: str
    table: str
    where: str = ""
    column: str = ""
    operation: Operation = "multiply"
    low: float | None = None
    high: float | None = None
    by_quality: ByQuality | None = None
    place: Place = field(default_factory=lambda: Place("ranges"), compare=False)

    @property
    def words(self) -> str:
        """The range in words: "x 0.9 to 1.1", "+ 0 to 2", "0.02 to 0.08"; by quality one for each."""
        sign = {"multiply": "x ", "add": "+ ", "set": ""}[self.operation]
        if self.low is not None and self.high is not None:
            return f"{sign}{self.low:g} to {self.high:g}"
        pairs = (self.by_quality or {}).items()
        return "; ".join(f"{quality} {sign}{low:g} to {high:g}" for quality, (low, high) in pairs)


def default_ranges(case: Case, options: Formulation, factors: ByQuality = FACTORS) -> list[Range]:
    """The groups of numbers that the model reads and the case has, each by its rows' quality.

    Left out, because they are rules, agreements or definitions rather than knowledge: recipes, routes, sharing, calendars,
    importance and burden weights; what a user wants to move of them takes a range of its own.
    """
    members, outside = OR.join(case.members), OR.join(case.suppliers)
    has_crises = len(case.tables["disruptions"]) > 0 and {"stress", "cost"} & set(options.objectives())
    built = "status=candidate|committed"
    groups = [
        Range("demand", "demand", "", "quantity"),
        Range("capacity outside", "plants", f"country={outside}", "capacity"),
        Range("asking prices outside", "plants", f"country={outside}", "unit_cost"),
        Range("members' plants: capacity", "plants", f"country={members}", "capacity"),
        Range("members' plants: unit cost", "plants", f"country={members}", "unit_cost"),
        Range("projects: capex", "projects", built, "capex"),
        Range("projects: delay", "projects", built, "lead_time", "add", by_quality=DELAYS),
        Range("projects: capacity", "projects", built, "capacity"),
        Range("projects: unit cost", "projects", built, "unit_cost"),
        Range("material prices", "materials", "", "price"),
        Range("fund: limits", "fund", "", "limit"),
        Range("fund: stock budgets", "fund", "", "stock_limit"),
        Range("stocks held at the start", "stockpiles", "", "initial"),
        Range("shortage weights", "sectors", "", "shortage_weight"),
        Range("discount rate", "settings", "name=discount_rate", "value"),
    ]
    if has_crises:
        groups += [
            Range("crises: length", "disruptions", "", "duration"),
            Range("crises: severity", "disruptions", "", "severity"),
            *_probability(case, factors),
        ]
    if "cost" not in options.objectives():
        groups = [each for each in groups if each.table != "settings"]
    return [each if each.by_quality or each.low is not None else replace(each, by_quality=factors) for each in groups]


def _probability(case: Case, factors: ByQuality) -> list[Range]:
    """One factor for all probabilities, kept below what would leave nothing for the undisturbed future."""
    given = case.tables["disruptions"].groupby("disruption")["probability"].first().dropna()
    total, (low, high) = float(given.sum()), factors[UNSTATED]
    if not total or MOST_PROBABLE / total <= 1:
        return []
    most = min(high, MOST_PROBABLE / total)
    return [Range("crises: probability", "disruptions", "", "probability", "multiply", low, most)]
