"""A case small enough to plan by hand, and its plan with two branches: every number below was worked out on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from quadopt.tables.case import Case

HALF = 0.5**0.5
"""What a stock that loses half a year keeps over half a year."""
AFTER_ONE = 6 * HALF - 0.5
"""Stock after the first step of the embargo: half a unit is shared out of six."""


def hand_case(**changes: Any) -> Case:
    """Members A and B, suppliers X (mines, smelts) and Y (mines); one project, one stockpile, two disruptions."""
    tables: dict[str, Any] = {
        "settings": [{"name": "title", "value": "by hand"}, {"name": "discount_rate", "value": 0.25}],
        "periods": [{"period": "1", "years": 1}, {"period": "2", "years": 2}],
        "countries": [
            {"country": "A", "member": "yes", "burden_weight": 3},
            {"country": "B", "member": "yes", "burden_weight": 1},
            {"country": "X", "member": "no", "governance": 0.25},
            {"country": "Y", "member": "no", "governance": 0.75},
        ],
        "materials": [
            {"material": "ore", "stage": "mine", "price": 10e6, "transport_cost": 1e6},
            {"material": "metal", "stage": "metal", "price": 100e6, "transport_cost": 2e6},
            {"material": "slag", "stage": "metal", "price": 0},
        ],
        "recipes": [
            {"process": "mine", "material": "ore", "quantity": 1},
            {"process": "smelt", "material": "ore", "quantity": -2},
            {"process": "smelt", "material": "metal", "quantity": 1},
            {"process": "smelt", "material": "slag", "quantity": 0.5},
        ],
        "plants": [
            {"country": "X", "process": "mine", "capacity": 100, "unit_cost": 5e6},
            {"country": "X", "process": "smelt", "capacity": 30, "unit_cost": 60e6},
            {"country": "Y", "process": "mine", "capacity": 100, "unit_cost": 8e6},
        ],
        "projects": [
            {
                "project": "P", "country": "A", "process": "smelt", "capacity": 10, "capex": 200, "fund_share": 0.5,
                "unit_cost": 70e6, "lead_time": 1, "ramp_years": 1, "lifetime": 10, "exclusive_group": "smelters",
                "minimum_use": 0.5,
            },
            {
                "project": "Q", "country": "A", "process": "smelt", "capacity": 20, "capex": 300, "unit_cost": 70e6,
                "lead_time": 1, "exclusive_group": "smelters", "requires": "P",
            },
        ],
        "fund": [
            {"country": "A", "limit": 100, "stock_limit": 300},
            {"country": "B", "limit": 50, "stock_limit": 300},
        ],
        "sectors": [{"sector": "use", "shortage_weight": 10}],
        "demand": [
            {"country": "A", "material": "metal", "sector": "use", "quantity": 10},
            {"country": "B", "material": "metal", "sector": "use", "quantity": 4},
        ],
        "routes": [
            {"origin": "X", "destination": "B", "material": "metal", "cost": 4e6, "capacity": 10},
            {"origin": "", "destination": "B", "material": "ore", "capacity": 0},
        ],
        "stockpiles": [
            {
                "country": "A", "material": "metal", "initial": 8, "capacity": 10, "release_limit": 5,
                "holding_cost": 1e6, "loss_rate": 0.5,
            }
        ],
        "sharing": [{"provider": "A", "limit_fraction": 0.5, "cost": 3e6}],
        "disruptions": [
            {
                "disruption": "embargo", "kind": "export_cut", "country": "X", "material": "metal", "start": "2",
                "duration": 0.5, "severity": 0.5, "probability": 0.2,
            },
            {"disruption": "strike", "kind": "outage", "country": "Y", "start": "2", "duration": 0.5},
            {
                "disruption": "strike", "kind": "demand_surge", "country": "B", "start": "2", "duration": 0.5,
                "severity": 1,
            },
        ],
    }  # fmt: skip
    return Case.from_tables(tables | changes)


@dataclass
class HandPlan:
    """The attributes of a plan that an audit reads."""

    tables: dict[str, pd.DataFrame]
    stages: pd.DataFrame
    options: dict[str, Any]
    starts: dict[str, str] = field(default_factory=lambda: {"P": "1"})


OPTIONS: dict[str, Any] = {
    "order": ["shortage", "dependence", "stress", "cost"], "measure": "traced", "dependence_weight": "value",
    "objective_dependence": "index", "suppliers": "outside", "suppliers_traced": ["X", "Y"], "pooled": True,
    "burden": "weight", "burden_tolerance": 0.0, "sharing": True, "stockpiles": True, "crisis_trade": "own_output",
    "step_years": 0.5, "recovery_years": 0.5, "risk": "expected", "alpha": 0.9, "worst_from": "",
    "caps": [
        {"kappa": 0.8, "basis": "traced", "scope": "group", "materials": ["metal"], "stages": [], "from_period": "2"},
    ],
}  # fmt: skip


def hand_plan() -> HandPlan:
    """The plan; fresh frames on every call, so that a test can spoil one."""
    frames = {
        name: pd.DataFrame(rows, columns=columns.split())
        for name, (columns, rows) in {**_base(), **_branches()}.items()
    }
    frames["cost"] = _cost()
    stages = pd.DataFrame(
        [
            # shortage 1 x 100 x 10; index 37/42; stress 0.2 x 500; cost: the sum of the cost table
            ("shortage", 1000.0, 1000.0, 1001.0),
            ("dependence", 37 / 42, 37 / 42, 37 / 42 + 0.005),
            ("stress", 100.0, 100.0, 100.1),
            ("cost", float(frames["cost"]["expected"].sum()), 2000.0, float("nan")),
        ],
        columns=["stage", "incumbent", "bound", "held_at"],
    )
    return HandPlan(frames, stages, dict(OPTIONS))


def _base() -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
    metal, m, x, y = "metal", ("plant", "mine", "1"), "X", "Y"
    return {
        "investments": (
            "project country process status start complete_year capacity capex public_capex salvage",
            [
                ("P", "A", "smelt", "candidate", "1", 1.0, 10.0, 200.0, 100.0, 160.0),
                ("Q", "A", "smelt", "candidate", "", float("nan"), 20.0, 300.0, 300.0, 0.0),
            ],
        ),
        # ramp 1: half in the first year, full in the second; 2 years x 10 x 0.75
        "project_capacity": ("project period online_share capacity", [("P", "2", 0.75, 15.0)]),
        "payments": ("project country period public private", [("P", "A", "1", 100.0, 100.0)]),
        "contributions": ("country period contribution limit", [("A", "1", 75.0, 100.0), ("B", "1", 25.0, 50.0)]),
        "fund_balance": (
            "account period contribution payment balance",
            [("joint fund", "1", 100.0, 100.0, 0.0), ("joint fund", "2", 0.0, 0.0, 0.0)],
        ),
        "production": (
            "country kind process unit_name period activity capacity cost",
            [
                (x, *m, "1", 30.0, 100.0, 150.0),
                (x, "plant", "smelt", "1", "1", 15.0, 30.0, 900.0),
                (x, *m, "2", 26.0, 200.0, 130.0),
                (x, "plant", "smelt", "1", "2", 13.0, 60.0, 780.0),
                (y, *m, "2", 30.0, 200.0, 240.0),
                ("A", "project", "smelt", "P", "2", 15.0, 15.0, 1050.0),
            ],
        ),
        "trade": (
            "origin destination material period quantity cost",
            [
                (x, "A", metal, "1", 12.0, 24.0), (x, "B", metal, "1", 3.0, 12.0), (x, "A", metal, "2", 5.0, 10.0),
                (x, "B", metal, "2", 8.0, 32.0), (y, "A", "ore", "2", 30.0, 30.0),
            ],
        ),
        "sharing": ("provider receiver material period quantity cost", []),
        "stock": (
            "country material period opening deposit release shared lost closing reserve minimum purchase holding_cost",
            [
                ("A", metal, "1", 8.0, 2.0, 0.0, 0.0, 4.0, 6.0, 6.0, 4.0, 2.0, 6.0),
                ("A", metal, "2", 6.0, 0.0, 0.0, 0.0, 4.5, 1.5, 1.5, 1.0, 0.0, 3.0),
            ],
        ),
        "shortage": (
            "country material sector period demand shortage shortage_value",
            [
                ("A", metal, "use", "1", 10.0, 0.0, 0.0), ("B", metal, "use", "1", 4.0, 1.0, 1000.0),
                ("A", metal, "use", "2", 20.0, 0.0, 0.0), ("B", metal, "use", "2", 8.0, 0.0, 0.0),
            ],
        ),
        "disposal": (
            "country material period quantity", [(x, "slag", "1", 7.5), (x, "slag", "2", 6.5), ("A", "slag", "2", 7.5)],
        ),
        "exposure": (
            "supplier quantity_name country partner item period exposed",
            [
                (x, "activity", x, "", "plant/mine/1", "1", 30.0), (x, "activity", x, "", "plant/smelt/1", "1", 15.0),
                (x, "activity", x, "", "plant/mine/1", "2", 26.0), (x, "activity", x, "", "plant/smelt/1", "2", 13.0),
                (x, "shipment", x, "A", metal, "1", 12.0), (x, "shipment", x, "B", metal, "1", 3.0),
                (x, "shipment", x, "A", metal, "2", 5.0), (x, "shipment", x, "B", metal, "2", 8.0),
                (x, "deposit", "A", "", metal, "1", 2.0), (x, "stock", "A", "", metal, "1", 2.0),
                (x, "stock", "A", "", metal, "2", 0.5), (x, "served", "A", "", metal, "1", 10.0),
                (x, "served", "B", "", metal, "1", 3.0), (x, "served", "A", "", metal, "2", 5.0),
                (x, "served", "B", "", metal, "2", 8.0), (y, "activity", y, "", "plant/mine/1", "2", 30.0),
                (y, "shipment", y, "A", "ore", "2", 30.0), (y, "used", "A", "", "ore", "2", 30.0),
                (y, "activity", "A", "", "project/smelt/P", "2", 15.0), (y, "served", "A", "", metal, "2", 15.0),
                (y, "disposed", "A", "", "slag", "2", 7.5),
            ],
        ),
        "dependence": (
            "country material period supplier demand shortage served_exposed "
            + "share_optimised share_at_least share_at_most share_proportional",
            [
                *(_row("A", "1", s, 10.0, 0.0, v) for s, v in ((x, 10.0), (y, 0.0))),
                *(_row("B", "1", s, 4.0, 1.0, v) for s, v in ((x, 3.0), (y, 0.0))),
                *(_row("A", "2", s, 20.0, 0.0, v) for s, v in ((x, 5.0), (y, 15.0))),
                *(_row("B", "2", s, 8.0, 0.0, v) for s, v in ((x, 8.0), (y, 0.0))),
                *(_row("group", "1", s, 14.0, 1.0, v) for s, v in ((x, 13.0), (y, 0.0))),
                *(_row("group", "2", s, 28.0, 0.0, v) for s, v in ((x, 13.0), (y, 15.0))),
            ],
        ),
        "direct": (
            "country material period supplier use shipment share_direct",
            [("A", metal, "1", x, 10.0, 12.0, 1.2), ("A", "ore", "2", y, 30.0, 30.0, 1.0)],
        ),
        "concentration": (
            "country material period use hhi hhi_governance",
            [("A", metal, "1", 10.0, 1.44, 1.44 * 0.75), ("A", "ore", "2", 30.0, 1.0, 0.25)],
        ),
        # 15 of metal at 100, from 30 of ore at 10
        "operating_support": (
            "project period output_value input_value operating_cost support", [("P", "2", 1500.0, 300.0, 1050.0, 0.0)],
        ),
        "index": (
            "measure scope basis value",
            [
                (measure, scope, basis, value)
                for basis in ("optimised", "at_least", "at_most", "proportional")
                # members: (10 + 4 + 15 + 8) of 42; group: all of 14, then 15 of 28; worst: B is supplied by X alone
                for measure, scope, value in (
                    ("value", "members", 37 / 42), ("value", "group", 29 / 42), ("material", "members", 37 / 42),
                    ("material", "group", 29 / 42), ("worst", "members", 1.0),
                )
            ],
        ),
    }  # fmt: skip


def _row(country: str, period: str, supplier: str, demand: float, short: float, exposed: float) -> tuple[Any, ...]:
    share = (exposed + short) / demand
    return (country, "metal", period, supplier, demand, short, exposed, share, share, share, share)


def _branches() -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
    e, s, metal = "embargo", "strike", "metal"
    mine_x, melt_x, mine_y = ("X", "plant", "mine", "1"), ("X", "plant", "smelt", "1"), ("Y", "plant", "mine", "1")
    p = ("A", "project", "smelt", "P")
    return {
        "disruptions": (
            "disruption probability start begin end steps stress",
            [(e, 0.2, "2", 1.0, 2.0, 2, 500.0), (s, 0.4, "2", 1.0, 2.0, 2, 0.0)],
        ),
        "branch_production": (
            "disruption step country kind process unit_name activity capacity cost",
            [
                # the embargo lets half of half a year's need (14) through: 3.5
                (e, 1, *mine_x, 7.0, 50.0, 35.0), (e, 1, *melt_x, 3.5, 15.0, 210.0), (e, 1, *mine_y, 5.0, 50.0, 40.0),
                (e, 1, *p, 2.5, 2.5, 175.0), (e, 2, *mine_x, 9.0, 50.0, 45.0), (e, 2, *melt_x, 4.5, 15.0, 270.0),
                (e, 2, *mine_y, 5.0, 50.0, 40.0), (e, 2, *p, 2.5, 2.5, 175.0),
                (s, 1, *mine_x, 18.0, 50.0, 90.0), (s, 1, *melt_x, 9.0, 15.0, 540.0),
                (s, 2, *mine_x, 9.0, 50.0, 45.0), (s, 2, *melt_x, 4.5, 15.0, 270.0),
                (s, 2, *mine_y, 5.0, 50.0, 40.0), (s, 2, *p, 2.5, 2.5, 175.0),
            ],
        ),
        "branch_trade": (
            "disruption step origin destination material quantity cost",
            [
                (e, 1, "X", "A", metal, 2.5, 5.0), (e, 1, "X", "B", metal, 1.0, 4.0), (e, 1, "Y", "A", "ore", 5.0, 5.0),
                (e, 2, "X", "A", metal, 2.5, 5.0), (e, 2, "X", "B", metal, 2.0, 8.0), (e, 2, "Y", "A", "ore", 5.0, 5.0),
                (s, 1, "X", "A", metal, 5.0, 10.0), (s, 1, "X", "B", metal, 4.0, 16.0),
                (s, 2, "X", "A", metal, 2.5, 5.0), (s, 2, "X", "B", metal, 2.0, 8.0), (s, 2, "Y", "A", "ore", 5.0, 5.0),
            ],
        ),
        "branch_sharing": (
            "disruption step provider receiver material quantity cost", [(e, 1, "A", "B", metal, 0.5, 2.5)],
        ),
        "branch_stock": (
            "disruption step country material opening release shared deposit lost closing",
            [
                (e, 1, "A", metal, 6.0, 0.0, 0.5, 0.0, 6 * (1 - HALF), AFTER_ONE),
                (e, 2, "A", metal, AFTER_ONE, 0.0, 0.0, 0.0, AFTER_ONE * (1 - HALF), AFTER_ONE * HALF),
                (s, 1, "A", metal, 6.0, 0.0, 0.0, 0.0, 6 * (1 - HALF), 6 * HALF),
                (s, 2, "A", metal, 6 * HALF, 0.0, 0.0, 0.0, 6 * HALF * (1 - HALF), 3.0),
            ],
        ),
        "branch_shortage": (
            "disruption step country material sector demand shortage shortage_value",
            [
                (e, 1, "A", metal, "use", 5.0, 0.0, 0.0), (e, 1, "B", metal, "use", 2.0, 0.5, 500.0),
                (e, 2, "A", metal, "use", 5.0, 0.0, 0.0), (e, 2, "B", metal, "use", 2.0, 0.0, 0.0),
                (s, 1, "A", metal, "use", 5.0, 0.0, 0.0), (s, 1, "B", metal, "use", 4.0, 0.0, 0.0),
                (s, 2, "A", metal, "use", 5.0, 0.0, 0.0), (s, 2, "B", metal, "use", 2.0, 0.0, 0.0),
            ],
        ),
        "branch_disposal": (
            "disruption step country material quantity",
            [
                (e, 1, "X", "slag", 1.75), (e, 1, "A", "slag", 1.25), (e, 2, "X", "slag", 2.25),
                (e, 2, "A", "slag", 1.25), (s, 1, "X", "slag", 4.5), (s, 2, "X", "slag", 2.25),
                (s, 2, "A", "slag", 1.25),
            ],
        ),
        # cvar at 0.9: the worst tenth lies within the embargo's fifth
        "stress": ("measure value unit", [("expected", 100.0, "million"), ("worst", 500.0, ""), ("cvar", 500.0, "")]),
    }  # fmt: skip


def _cost() -> pd.DataFrame:
    """Discount 1 and 0.8; the branches (0.2 and 0.4) cover half of period 2, so its base costs count with 0.7."""
    base = [
        ("capex_public", "1", 100.0, 1.0), ("capex_private", "1", 100.0, 1.0), ("production_abroad", "1", 1050.0, 1.0),
        ("transport", "1", 36.0, 1.0), ("holding", "1", 6.0, 1.0), ("shortage", "1", 1000.0, 1.0),
        ("production_abroad", "2", 1150.0, 0.7), ("production_home", "2", 1050.0, 0.7), ("transport", "2", 72.0, 0.7),
        ("holding", "2", 3.0, 0.7),
    ]  # fmt: skip
    rows = [
        (kind, "base", period, amount, amount * (1.0 if period == "1" else 0.8), weight)
        for kind, period, amount, weight in base
    ]
    rows.append(("salvage", "base", "2", -160.0, -160.0 * 0.512, 1.0))
    held = {"embargo": AFTER_ONE + AFTER_ONE * HALF, "strike": 6 * HALF + 3.0}
    branches = [
        ("production_abroad", "embargo", 640.0), ("production_home", "embargo", 350.0), ("transport", "embargo", 32.0),
        ("sharing", "embargo", 2.5), ("shortage", "embargo", 500.0), ("holding", "embargo", 0.5 * held["embargo"]),
        ("refill", "embargo", 100 * (6 - AFTER_ONE * HALF)), ("production_abroad", "strike", 985.0),
        ("production_home", "strike", 175.0), ("transport", "strike", 44.0), ("holding", "strike", 0.5 * held["strike"]),
        ("refill", "strike", 300.0),
    ]  # fmt: skip
    chance = {"embargo": 0.2, "strike": 0.4}
    rows += [(kind, path, "2", amount, amount * 0.8, chance[path]) for kind, path, amount in branches]
    frame = pd.DataFrame(rows, columns=["kind", "path", "period", "undiscounted", "discounted", "weight"])
    frame["expected"] = frame["discounted"] * frame.pop("weight")
    return frame
