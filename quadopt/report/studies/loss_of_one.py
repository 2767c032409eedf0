"""How a loss of one is shown: suppliers by what their loss costs, what goes short, and a matrix of days to stop."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.patches import Patch, Rectangle

from quadopt.report.parts import LOOKS, Chart, Series
from quadopt.report.pictures.crises import WAYS, bars, years_text
from quadopt.report.pictures.style import INK, SMALL, Picture, money_unit, needed, picture, short
from quadopt.report.schema import Column, Table
from quadopt.report.studies.shape import RUNS, Shape
from quadopt.tables.records import rows_of
from quadopt.whatif.loss_of_one.lost_exports import GROUP, NOBODY
from quadopt.whatif.loss_of_one.words import ALL_SECTORS, NEVER
from quadopt.whatif.study import Study

MONEY = "million {currency}"
DAYS = "days"
DRAWN = 12
"""Suppliers that a picture shows, those whose loss hurts most."""

SUPPLIER = Column("supplier", "Supplier", meaning=f"who stops all exports; '{NOBODY}' is the same time without any")
COUNTRY = Column("country", "Country", meaning=f"the member; '{GROUP}' stands for all members together")
SECTOR = Column("sector", "Sector", meaning=f"the sector; '{ALL_SECTORS}': that none goes short at all")
FIRST = Column(
    "first_short", "First short", kind="wide", meaning="what goes short next in one of the plans that hold out longest"
)


def _in_ways(name: str, title: str, unit: str, kind: str, meaning: str) -> tuple[Column, ...]:
    """A column a way: with sharing and stockpiles, without sharing, without either."""
    return (
        Column(name, title, unit, kind, f"{meaning}, with sharing and stockpiles"),
        Column(f"{name}_without_sharing", f"{title}, no sharing", unit, kind, f"{meaning}, without sharing"),
        Column(
            f"{name}_without_stocks",
            f"{title}, no stockpiles",
            unit,
            kind,
            f"{meaning}, without stockpiles and sharing",
        ),
    )


LOSSES = Table(
    "losses",
    "Loss of one supplier",
    "What it costs when one outside supplier stops all its exports, at the plan's projects and stocks: least weighted value of "
    "what goes short (shortage value x sector weight; not lost output). Those that hurt most first.",
    (
        SUPPLIER,
        Column("period", "Begins with", meaning="period with which the loss begins"),
        Column("years", "Lasts", "years", "years", "how long it lasts"),
        *_in_ways("stress", "Stress", MONEY, "money", "weighted value of what goes short"),
        Column(
            "stress_without_projects",
            "Stress, committed projects only",
            MONEY,
            "money",
            "weighted value of what goes short with sharing and the plan's stockpiles, had it started no project of its choice",
        ),
        *_in_ways(
            "share", "Part of demand", "% of the weighted value of demand", "share", "stress over the value of demand"
        ),
        Column("beyond", "Beyond no loss", MONEY, "money", "stress less that of the same time without any loss"),
        Column("worst_sector", "Worst sector", meaning="the sector on which most of the stress falls"),
        Column("worst_sector_value", "Its stress", MONEY, "money", "what of the stress falls on it"),
        Column(
            "said", "Days until a sector stops", meaning="if the loss lasts: no sector goes short for the first number"
        ),
        *_in_ways(
            "days", "Days held", DAYS, "count", "days from the blow in which no sector need go short if it lasts"
        ),
        FIRST,
    ),
)

SHORTAGE = Table(
    "loss_shortage",
    "What goes short",
    "By supplier lost, member, material and sector, over the time of the loss, where anything does in one of the three ways. Who "
    "goes short for an equal total can be one choice of several.",
    (
        SUPPLIER,
        COUNTRY,
        Column("material", "Material", meaning="the material"),
        Column("sector", "Sector", meaning="the sector whose demand it is"),
        Column("demand", "Demand", "units of the material", "amount", "what the sector wants in the time of the loss"),
        *_in_ways("shortage", "Shortage", "units of the material", "amount", "what goes short"),
        *_in_ways("share", "Part short", "% of demand", "share", "part of the demand that goes short"),
        *_in_ways("value", "Value", MONEY, "money", "weighted value of what goes short"),
    ),
)

DAYS_TO_STOP = Table(
    "days_to_stop",
    "Days to stop",
    "How long a sector can be served after all exports of a supplier have stopped for good: for the first number of days, not "
    "for the second, one step of a crisis later. Each row is its own best case: other sectors and members may go short for it.",
    (
        SUPPLIER,
        COUNTRY,
        SECTOR,
        Column("said", "Days to stop", meaning="with sharing and stockpiles, in words"),
        Column("days", "Holds for", DAYS, "count", "days served whole, to the horizon's end where it never stops"),
        Column("days_until", "Stops within", DAYS, "count", "days within which it goes short"),
        Column("said_without_sharing", "Without sharing", meaning="the same without sharing"),
        Column("days_without_sharing", "Holds, no sharing", DAYS, "count", "days served whole without sharing"),
        Column("said_without_stocks", "Without stockpiles", meaning="the same without stockpiles and sharing"),
        Column("days_without_stocks", "Holds, no stockpiles", DAYS, "count", "days served whole without stockpiles"),
        FIRST,
        Column("note", "Note", kind="wide", meaning="what of it is not the loss's doing"),
    ),
)

CLASSES = (
    (0.0, "#7F2704", "at once, within the first step"),
    (92.0, "#C4460A", "after up to 3 months"),
    (183.0, "#F0863A", "after 3 to 6 months"),
    (366.0, "#FDC38D", "after 6 to 12 months"),
    (float("inf"), "#FEE9D3", "later"),
)
"""Most days held, colour, words: dark stops soon. Told apart by lightness alone; the days stand in the cells."""
HOLDS = "#FFFFFF"


def _bars(study: Study) -> tuple[Chart, ...]:
    """Stress and days by supplier, in the three ways."""
    height = max(17, round(1.4 * len(study.losses)))
    charts = []
    for name, title, axis, form in (
        ("stress", "What the loss of a supplier costs", f"million {study.currency}, weighted", "#,##0"),
        ("days", "Days in which no sector need go short, if the loss lasts", DAYS, "#,##0"),
    ):
        series = tuple(
            Series(f"{name}{ending}", words, look) for (ending, words, _), look in zip(WAYS, LOOKS, strict=False)
        )
        charts.append(Chart("bar", title, "losses", ("supplier",), series, axis, form, "Supplier", (0, None), height))
    return tuple(charts)


def _sectors(study: Study) -> tuple[Chart, ...]:
    """Days by sector after the loss that hurts most."""
    days = study.days_to_stop
    first = str(days["supplier"].iloc[0])
    count = int(((days["supplier"] == first) & (days["country"] == GROUP)).sum())
    series = tuple(
        Series(f"days{ending}", words, look, (0, count - 1))
        for (ending, words, _), look in zip(WAYS, LOOKS, strict=False)
    )
    title = f"Days that sectors hold out after the loss of {first}"
    return (Chart("bar", title, "days_to_stop", ("sector",), series, DAYS, "#,##0", "Sector", (0, None), 20),)


@picture
def days_to_stop(study: Study, way: str = "") -> Picture:
    """Suppliers and sectors, coloured by how soon a sector stops.

    Args:
        way: "" with sharing and stockpiles, "_without_sharing" or "_without_stocks".

    Raises ValueError for another way.
    """
    words = {ending: told for ending, told, _ in WAYS}
    if way not in words:
        raise ValueError(f"there is no way {way!r}; there are {', '.join(repr(ending) for ending in words)}")
    days = study.days_to_stop
    days = needed(days[(days["country"] == GROUP) & (days["supplier"] != NOBODY)], "days to stop", "study")
    suppliers = list(dict.fromkeys(days["supplier"]))
    stopping = list(dict.fromkeys(days.loc[days[f"said{way}"] != NEVER, "supplier"]))
    shown, sectors = stopping[:DRAWN], list(dict.fromkeys(days["sector"]))
    rows = rows_of(days[days["supplier"].isin(shown)])
    spared, more = len(suppliers) - len(stopping), len(stopping) - len(shown)
    others = f" {more} more suppliers are in the table." if more else ""
    others += f" After the loss of {spared} others every sector holds." if spared else ""
    figure = Picture(
        study,
        0.6 + 0.3 * max(len(shown), 1),
        "How many days each sector holds out when a supplier stops all exports",
        f"Days for which it can be served and, one step later, within which it goes short; {_of(words[way])}, each sector's own "
        f"best case, the loss lasting.{others}",
        f"Days to stop, {_of(words[way])}. "
        + "; ".join(f"{row.supplier}, {row.sector}: {getattr(row, f'said{way}')}" for row in rows[:40]),
        key=[
            *(Patch(facecolor=colour, edgecolor=INK, linewidth=0.4, label=told) for _, colour, told in CLASSES),
            Patch(facecolor=HOLDS, edgecolor=INK, linewidth=0.4, label="never within the horizon"),
        ],
    )
    axes = figure.subplots()
    for row in rows:
        _cell(
            axes,
            sectors.index(row.sector),
            shown.index(row.supplier),
            getattr(row, f"said{way}"),
            getattr(row, f"days{way}"),
        )
    axes.set(xlim=(-0.5, len(sectors) - 0.5), ylim=(max(len(shown), 1) - 0.5, -0.5))
    axes.set_xticks(range(len(sectors)), [short(name, 13) for name in sectors], fontsize=SMALL - 0.5)
    axes.set_yticks(range(len(shown)), [short(name, 16) for name in shown], fontsize=SMALL)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if not shown:
        axes.text(0.5, 0.5, "No sector stops within the horizon.", transform=axes.transAxes, ha="center")
    return figure


def _of(words: str) -> str:
    return "with sharing and stockpiles" if words == WAYS[0][1] else words


def _cell(axes: Any, column: int, row: int, said: str, held: float) -> None:
    """One rectangle with its days."""
    never = said == NEVER
    number = next(number for number, (most, _, _) in enumerate(CLASSES) if held <= most)
    colour = HOLDS if never else CLASSES[number][1]
    axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=colour, edgecolor=INK, linewidth=0.4))
    told = "holds" if never else said.removesuffix(" days").replace(" to ", "–")
    is_dark = not never and number < 2
    axes.text(column, row, told, ha="center", va="center", fontsize=6.5, color="white" if is_dark else INK)


@picture
def stress(study: Study) -> Picture:
    """The stress of every loss: with sharing and stockpiles, without sharing, without stockpiles."""
    losses = needed(study.losses[study.losses["supplier"] != NOBODY], "losses", "study")
    frame: pd.DataFrame = losses[losses[[f"stress{ending}" for ending, _, _ in WAYS]].max(axis=1) > 0].head(DRAWN)
    quiet = len(losses) - len(frame)
    first = losses.iloc[0]
    figure = Picture(
        study,
        0.35 + 0.42 * max(len(frame), 2),
        "What the loss of each supplier costs",
        f"Least weighted value of what goes short (shortage value x sector weight, {money_unit(study)}; not lost output) when "
        f"all exports stop from {first['period']} on for {years_text(float(first['years']))}, at the plan's projects and stocks."
        f"{f' The {quiet} other suppliers cost less or nothing.' if quiet else ''}",
        "Stress by supplier: "
        + "; ".join(
            f"{row.supplier} {row.stress:,.0f} with sharing and stockpiles, {row.stress_without_sharing:,.0f} without sharing, "
            f"{row.stress_without_stocks:,.0f} without stockpiles"
            for row in rows_of(frame)
        )
        + ".",
        key=[Patch(color=colour, label=words) for _, words, colour in WAYS],
    )
    bars(figure.subplots(), frame.set_index("supplier"), "stress", study)
    return figure


SHAPE = Shape(
    "Loss of one",
    "What goes short when one outside supplier stops all exports, with the plan's projects and stocks, and how many days each "
    "sector holds out.",
    (LOSSES, SHORTAGE, DAYS_TO_STOP, RUNS),
    {"losses": _bars, "days_to_stop": _sectors},
    {"days_to_stop": days_to_stop, "stress": stress},
)
