"""The legs of chains as the pictures of them need them: which material and period, before and after, who is who."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.pictures.style import BLUE, GREY, ORANGE, VERMILLION, clean, needed

BEFORE, AFTER = "today", "with the fund"
PANELS = {BEFORE: "Without the fund: today's plants, least cost", AFTER: "With the plan"}
MEMBERS, LARGEST, OTHERS, STOCK = "members", "largest", "others", "stockpile"
COLOURS = {MEMBERS: BLUE, LARGEST: VERMILLION, OTHERS: ORANGE, STOCK: GREY}


def legs(plan: Plan, material: str | None = None, period: str | None = None) -> tuple[pd.DataFrame, str]:
    """The chains' legs today and with the fund, of one material or of all, in a period (the last where none is given).

    Raises ValueError, which says which there are, for a material or period that the plan's chains do not have, and
    NothingToDrawError where it has no chains.
    """
    frame = figures.numbers(figures.table(plan, "chains"), "quantity", "value")
    frame = needed(frame.assign(period=frame["period"].astype(str)), "chains (table chains)")
    period = figures.periods(plan)[-1] if period is None else str(period)
    for column, wanted in (("material", material), ("period", period)):
        if wanted is not None:
            known = list(dict.fromkeys(frame[column]))
            if wanted not in known:
                raise ValueError(f"the plan's chains have no {column} {wanted!r}; they have {', '.join(known)}")
            frame = frame[frame[column] == wanted]
    return frame[frame["step"].isin(PANELS)].reset_index(drop=True), period


def materials_by_value(plan: Plan) -> list[str]:
    """The materials that members demand, by the value of what is served with the plan, largest first."""
    frame = figures.numbers(figures.table(plan, "chains"), "value")
    frame = frame[(frame["step"] == AFTER) & (frame["use"] == "demand")]
    return [str(name) for name in frame.groupby("material")["value"].sum().sort_values(ascending=False).index]


@dataclass(frozen=True)
class Who:
    """Who is a member and which outside supplier is the largest, for colours and words."""

    members: frozenset[str]
    largest: str

    def group(self, country: str) -> str:
        """The group of a country: members, largest, others."""
        return MEMBERS if country in self.members else LARGEST if country == self.largest else OTHERS

    def words(self, legs: pd.DataFrame) -> dict[str, str]:
        """Group -> what a key calls it, of the groups that these legs have."""
        largest = f"{clean(self.largest)} (largest outside supplier)" if self.largest else "largest outside supplier"
        words = {MEMBERS: "members", LARGEST: largest, OTHERS: "other outside suppliers", STOCK: "stockpiles"}
        seen = {self.group(name) for name in {*legs["origin"], *legs["destination"]}}
        seen |= {STOCK} if (legs["source"] == STOCK).any() else set()
        return {group: word for group, word in words.items() if group in seen}


def who(plan: Plan, legs: pd.DataFrame) -> Who:
    """Who is who in these legs: the largest outside supplier is the one that most value leaves today."""
    members = figures.members(plan)
    outside = legs[~legs["origin"].isin(members) & (legs["step"] == BEFORE)]
    outside = outside if len(outside) else legs[~legs["origin"].isin(members)]
    left = outside.groupby("origin")["value"].sum()
    return Who(frozenset(members), str(left.idxmax()) if len(left) else "")


def text_of(plan: Plan, table: str, key: str, column: str) -> Callable[[str], str]:
    """A column of a table of the plan by its key, as text; blank where the plan does not say."""
    frame = plan.tables.get(table)
    if frame is None or column not in frame:
        return lambda name: ""
    found = {str(k): "" if pd.isna(v) else clean(v) for k, v in zip(frame[key], frame[column], strict=True)}
    return lambda name: found.get(name, "")


def unit_of(plan: Plan, material: str) -> str:
    """The unit of a material's amounts."""
    return text_of(plan, "materials", "material", "unit")(material) or "units"
