"""How a loss of one is told: days as ranges, and the answer in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from quadopt.reasons.words import listed, money
from quadopt.tables.case import Case
from quadopt.tables.records import rows_of
from quadopt.whatif.loss_of_one.lost_exports import GROUP, NOBODY

ALL_SECTORS = "all sectors"
NEVER = "never within the horizon"
WORST = 5
"""Suppliers whose loss is told sector by sector, those that hurt most."""
NAMED = 4
"""Names that a sentence lists at most."""
MEANS = 5e-4
"""Part of the value of demand below which what goes short is not worth a sentence."""


@dataclass(frozen=True)
class Loss:
    """What is asked: from which period on, for how many years (None: to the horizon's end), in steps of which length."""

    case: Case
    period: str
    duration: float | None
    step_years: float

    @property
    def rest(self) -> float:
        """Years from the blow to the horizon's end."""
        return self.case.horizon - self.case.offset[self.period]

    @property
    def years(self) -> float:
        """Years that the loss lasts."""
        return self.rest if self.duration is None else min(self.duration, self.rest)

    @property
    def words(self) -> str:
        """How long, in words."""
        if self.duration is None or self.duration >= self.rest:
            return "to the end of the horizon"
        return f"for {self.years:g} year{'' if self.years == 1 else 's'}"


def days_in_words(days: float, until: float, is_never: bool) -> str:
    """`92 to 183 days`: it holds out for the first, and not for the second."""
    return NEVER if is_never else f"{days:,.0f} to {until:,.0f} days"


def listed_some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    if len(names) <= NAMED + 1:
        return listed(list(names))
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"


def lines(loss: Loss, tables: dict[str, pd.DataFrame], failed: list[str]) -> list[str]:
    """The answer in sentences, the worst supplier first."""
    losses, days = rows_of(tables["losses"]), tables["days_to_stop"]
    suppliers = [row for row in losses if row.supplier != NOBODY]
    out = [f"These runs have failed, and their suppliers are left out: {listed_some(failed)}."] if failed else []
    hurt = [row for row in suppliers if row.share > MEANS]
    if hurt:
        out.append(_worst(loss, hurt[0]))
        if len(hurt) > 1:
            out.append(_others(loss, hurt[1:]))
    out += [_sectors(loss, row.supplier, days) for row in hurt[:WORST]]
    spared = [row.supplier for row in suppliers if row.share <= MEANS]
    if spared:
        what = (
            f"stops all exports in {loss.period} {loss.words}, next to nothing goes short with sharing and stockpiles"
        )
        out.append(f"If {_or(spared)} {what}.")
    calm = next((row for row in losses if row.supplier == NOBODY), None)
    if calm is not None and calm.share > MEANS:
        out.append(
            f"Without any loss what goes short in the same time is worth {money(calm.stress, loss.case.currency)}, by the "
            "plan's base path and the rules of a crisis; the figures above hold it."
        )
    return [*out, _how(loss)]


def _worst(loss: Loss, row: Any) -> str:
    currency = loss.case.currency
    most = 100 * row.worst_sector_value / row.stress
    return (
        f"The loss of {row.supplier} hurts most: if it stops all exports in {loss.period} {loss.words}, what goes short is worth "
        f"{money(row.stress, currency)} (weighted; {100 * row.share:.2g} % of the weighted value of demand), "
        f"{money(row.stress_without_sharing, currency)} without sharing, {money(row.stress_without_stocks, currency)} without "
        f"stockpiles, {money(row.stress_without_projects, currency)} without the projects that the plan chose; {most:.0f} % of "
        f"it falls on {row.worst_sector}."
    )


def _others(loss: Loss, rows: list[Any]) -> str:
    told = [f"{row.supplier} {money(row.stress, loss.case.currency)}" for row in rows]
    return f"Next: {listed_some(told)}."


def _sectors(loss: Loss, supplier: str, days: pd.DataFrame) -> str:
    """`If China stops all exports in 2030 for good, something goes short after 92 to 183 days at the latest (magnet first)`.

    Then each sector where it is served before all others.
    """
    own = rows_of(days[(days["supplier"] == supplier) & (days["country"] == GROUP)].sort_values("days", kind="stable"))
    together = next(row for row in own if row.sector == ALL_SECTORS)
    if together.said == NEVER:
        return f"If {supplier} stops all exports in {loss.period} for good, no sector need go short within the horizon."
    parts, holding = [], []
    for row in own:
        if row.said == NEVER:
            holding.append(row.sector)
        elif row.sector != ALL_SECTORS:
            parts.append(f"{row.sector} for {row.said} ({_first(row)} first)")
    held = [f"{listed(holding)} to the end of the horizon"] if holding else []
    return (
        f"If {supplier} stops all exports in {loss.period} for good, something goes short after {together.said} at the latest "
        f"({_first(together)} first). Served before all others, sectors hold out: {'; '.join([*parts, *held])}."
    )


def _first(row: Any) -> str:
    return listed_some(row.first_short.split("; "))


def _or(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _how(loss: Loss) -> str:
    step = 365 * loss.step_years
    return (
        f"Days are found to one step of a crisis ({step:.0f} days): a sector can be served for the first number of days and "
        "not for the second. Each sector is looked at by itself, the others may go short for it; all sectors: none goes short "
        "at all. How long a loss lasts is known when it begins, and only the plan's own projects and stocks help."
    )
