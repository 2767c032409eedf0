"""Rules of the table stockpiles: what must be held, what may be held, how fast it may leave."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from quadopt.reasons.rules import Limit, Rule, Ruled, shown

TABLE = "stockpiles"


def stock_rules(ruled: Ruled) -> Iterator[Rule]:
    """Every rule of the table, stock by stock."""
    for place, row in ruled.model.structure.stocks.items():
        yield from _minimum(ruled, place, row)
        yield from _capacity(ruled, place, row)
        yield from _release(ruled, place, row)


def _rule(ruled: Ruled, place: tuple[str, str], column: str, **parts: Any) -> Rule:
    origin = ruled.origins.find(TABLE, place, column)
    return Rule(table=TABLE, key=place, column=column, periods=(), origin=origin, **parts)


def _minimum(ruled: Ruled, place: tuple[str, str], row: dict[str, float]) -> Iterator[Rule]:
    """The reserve's lower bounds; it gives by a part of itself, so that days and losses scale alike."""
    member, material = place
    columns, lower = ruled.columns(ruled.base.reserve), ruled.program.lower
    own = [k for k in (columns[member, material, t] for t in ruled.base.steps) if lower[k] > 0]
    if not own:
        return
    unit = ruled.unit[material]
    if not math.isnan(row["minimum_days"]):
        column, value, shows = "minimum_days", row["minimum_days"], "days"
        words = f"{member} holds at least {shown(value)} days of its need of {material}"
    elif not math.isnan(row["minimum"]):
        column, value, shows = "minimum", row["minimum"], unit
        words = f"{member} holds at least {shown(value)} {unit} of {material}"
    else:
        column, value, shows = "minimum", row["initial"], unit
        words = (
            f"{member} keeps its initial stock of {shown(value)} {unit} of {material}, less losses (minimum is blank)"
        )
    yield _rule(
        ruled, place, column, kind="minimum stock", words=words, value=value, unit=shows, most=1.0, lowers=tuple(own),
        worth=ruled.worth_of(material) * float(max(lower[own])),
        limits=tuple(Limit((k,), (-1.0,), -float(lower[k]), float(lower[k])) for k in own),
    )  # fmt: skip


def _capacity(ruled: Ruled, place: tuple[str, str], row: dict[str, float]) -> Iterator[Rule]:
    if math.isnan(row["capacity"]):
        return
    member, material = place
    columns = ruled.columns(ruled.base.stock)
    own = tuple(columns[member, material, t] for t in ruled.base.steps)
    unit = ruled.unit[material]
    yield _rule(
        ruled, place, "capacity", kind="stock capacity", value=row["capacity"], unit=unit, uppers=own,
        words=f"{member} holds at most {shown(row['capacity'])} {unit} of {material}", worth=ruled.worth_of(material),
        limits=tuple(Limit((k,), (1.0,), row["capacity"], 1.0) for k in own),
    )  # fmt: skip


def _release(ruled: Ruled, place: tuple[str, str], row: dict[str, float]) -> Iterator[Rule]:
    if math.isnan(row["release_limit"]):
        return
    member, material = place
    rows, unit = ruled.rows(ruled.base.release_rate), ruled.unit[material]
    yield _rule(
        ruled, place, "release_limit", kind="release limit", value=row["release_limit"], unit=f"{unit} per year",
        words=f"at most {shown(row['release_limit'])} {unit} a year leave {member}'s stock of {material}",
        worth=ruled.worth_of(material) * float(ruled.lengths.sum()),
        rows=tuple((rows[member, material, t], float(ruled.lengths[t - 1])) for t in ruled.base.steps),
    )  # fmt: skip
