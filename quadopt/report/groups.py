"""The parts of a results workbook in the reader's order: which sheet belongs where, and the colour of its tab."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quadopt.report.parts import Sheet


@dataclass(frozen=True)
class Group:
    """A part of the workbook: its title, the colour of its tabs, its sheets in order (those that a plan lacks are no fault)."""

    title: str
    colour: str
    sheets: tuple[str, ...]


OTHERS = Group("Further tables", "#999999", ())
"""Where a table stands that no group names."""

GROUPS: tuple[Group, ...] = (
    Group("The answer", "#000000", ("summary", "contents", "stages", "checks")),
    Group(
        "Dependence",
        "#D55E00",
        (
            "three_steps",
            "index",
            "dependence_by_period",
            "dependence_by_material",
            "dependence_by_member",
            "supply_mix",
            "largest",
            "dependence",
            "direct",
            "exposure",
            "chains",
        ),
    ),
    Group(
        "Look-through",
        "#CC79A7",
        ("look_through", "look_through_by_member", "look_through_by_period", "one_off", "concentration"),
    ),
    Group(
        "Projects and money",
        "#009E73",
        (
            "timeline",
            "contributions_by_member",
            "money_by_period",
            "investments",
            "project_capacity",
            "payments",
            "contributions",
            "fund_balance",
            "operating_support",
            "cost",
        ),
    ),
    Group(
        "Operation",
        "#0072B2",
        ("production", "trade", "sharing", "stock", "stock_budget", "shortage", "disposal", "balance"),
    ),
    Group(
        "Crises",
        "#E69F00",
        (
            "disruptions",
            "shortage_by_member",
            "stock_paths",
            "stress",
            "crisis_shortage",
            "branch_shortage",
            "branch_production",
            "branch_trade",
            "branch_sharing",
            "branch_stock",
            "branch_disposal",
            "branch_balance",
        ),
    ),
    Group(
        "Explanations",
        "#56B4E9",
        ("project_effects", "project_alternatives", "dependence_limits", "shadow_prices", "shortage_causes"),
    ),
    OTHERS,
    Group(
        "Inputs and sources",
        "#F0E442",
        ("inputs", "periods", "materials", "sectors", "recipes", "stockpiles", "sharing_rules", "sources", "countries"),
    ),
    Group("The run", "#555555", ("run", "columns", "checks_detail")),
)
"""The parts in the reader's order; tab colours are those of Okabe and Ito."""

_PLACE = {name: (number, at) for number, group in enumerate(GROUPS) for at, name in enumerate(group.sheets)}


def group_of(name: str) -> Group:
    """The part to which a sheet belongs; `OTHERS` for one that no part names."""
    return GROUPS[_PLACE[name][0]] if name in _PLACE else OTHERS


def in_order(sheets: Iterable[Sheet]) -> list[Sheet]:
    """The sheets in the reader's order; those that no part names keep their own order among themselves."""
    others = (GROUPS.index(OTHERS), 0)
    return sorted(sheets, key=lambda sheet: _PLACE.get(sheet.name, others))
