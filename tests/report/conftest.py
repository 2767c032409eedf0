"""A stand-in for a plan: plausible made-up frames for every table, enough for the report and nothing behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pandas as pd
import pytest

from quadopt.report.columns import READINGS

PERIODS = [str(year) for year in range(2026, 2036)]
MEMBERS = ["United States", "Japan", "Australia", "India"]
PRICES = {
    "ndfeb_magnet": 62_000,
    "dytb_oxide": 362_000,
    "gallium": 580_000,
    "anode_graphite": 6_000,
    "lithium_chemical": 15_000,
    "refined_cobalt": 46_300,
    "apt": 70_000,
    "antimony_metal": 55_100,
    "yttrium_oxide": 9_000,
}
SUPPLIERS = ["China", "DR Congo", "Rest of world"]
STEPS = {"today": 0.62, "re-directed": 0.51, "with the fund": 0.32}
CRISES = [
    "china_ree_embargo",
    "china_april_2025_controls",
    "ga_ge_sb_ban_on_us",
    "drc_cobalt_quota",
    "myanmar_stop",
    "graphite_permits",
    "malaysia_outage",
]
PROJECTS = [
    ("ILU_ENEABBA_L", "Australia", "separate_monazite", "committed", "2026", 1.0, 2150, 865, 0),
    ("MP_10X", "United States", "make_magnet_integrated", "committed", "2026", 2.0, 7650, 1250, 0),
    ("ARU_NOLANS", "Australia", "integrated_nolans", "candidate", "2026", 3.0, 3770, 1334, 1334),
    ("USAR_MAG", "United States", "make_magnet_integrated", "candidate", "2027", 3.0, 7480, 1667, 1667),
    ("LYC_LAMP_EXP", "Malaysia", "separate_mtweld", "candidate", "2027", 3.0, 2040, 172.5, 172.5),
    ("IN_REPM_A", "India", "make_magnet_integrated", "candidate", "2028", 4.0, 3060, 460, 230),
    ("JP_MAG_EXP", "Japan", "make_magnet", "candidate", "2028", 4.0, 2550, 345, 345),
    ("KEMERTON_T34", "Australia", "refine_lithium", "candidate", "2029", 6.5, 37400, 1851, 925.5),
    ("ROUND_TOP", "United States", "mine_xenotime", "candidate", "", float("nan"), 1620, 1495, 0),
]


@dataclass
class StandIn:
    """What the report reads of a plan."""

    title: str = "Quad critical minerals, base case 2026-2035"
    model_name: str = "quad"
    currency: str = "USD"
    base_year: int | None = 2025
    case_hash: str = "3f9c0a77d2"
    status: str = "stopped_with_plan"
    stages: pd.DataFrame = field(default_factory=pd.DataFrame)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)


def frame(columns: str, rows: Any) -> pd.DataFrame:
    """A frame from column names in one text and rows."""
    return pd.DataFrame(list(rows), columns=columns.split())


def _falling(place: int) -> float:
    return max(0.2, 0.95 - 0.07 * place)


def _base_tables() -> dict[str, pd.DataFrame]:
    cells = list(product([*MEMBERS, "group"], PRICES, enumerate(PERIODS), SUPPLIERS))
    share = {"China": 0.6, "DR Congo": 0.15, "Rest of world": 0.05}
    dependence = []
    for country, material, (place, period), supplier in cells:
        least = share[supplier] * _falling(place)
        demand = 1_000.0 + 20 * place
        dependence.append(
            (
                country,
                material,
                period,
                supplier,
                demand,
                0.0,
                least * demand,
                least,
                least * 0.97,
                min(1.0, least * 1.5),
                least * 1.25,
                least * 1.3,
                demand * PRICES[material] / 1e6,
            )
        )
    own = list(product(MEMBERS, PRICES, PERIODS))
    largest = frame(
        "country material period demand shortage weight_value weight_material "
        + " ".join(f"supplier_{reading} share_{reading}" for reading in READINGS),
        [
            (*key, 1_000.0, 0.0, 1 / len(own), 1 / len(own))
            + tuple(
                cell
                for at in range(len(READINGS))
                for cell in ("China", 0.6 * _falling(PERIODS.index(key[2])) + 0.01 * at)
            )
            for key in [*own, *product(["group"], PRICES, PERIODS)]
        ],
    )
    return {
        "largest": largest,
        "dependence": frame(
            "country material period supplier demand shortage served_exposed share_optimised "
            "share_at_least share_at_most share_proportional share_stock_exposed weight",
            dependence,
        ),
        "direct": frame(
            "country material period supplier use shipment share_direct",
            [(c, m, p, "China", 1_100.0, 300.0, 300 / 1_100) for c, m, p in own],
        ),
        "concentration": frame(
            "country material period use hhi hhi_governance", [(*key, 1_100.0, 0.31, 0.2) for key in own]
        ),
        "shortage": frame(
            "country material sector period demand shortage shortage_value",
            [(c, m, "defence", p, 50.0, 0.0, 0.0) for c, m, p in own],
        ),
        "stock": frame(
            "country material period opening deposit release shared lost closing reserve minimum purchase holding_cost",
            [(*key, 300.0, 20.0, 0.0, 0.0, 0.0, 320.0, 320.0, 300.0, 20.0, 0.4) for key in own],
        ),
        "trade": frame(
            "origin destination material period quantity cost", [("China", c, m, p, 300.0, 0.06) for c, m, p in own]
        ),
        "production": frame(
            "country kind process unit_name period activity capacity cost",
            [
                ("United States", "project", "make_magnet_integrated", "MP_10X", p, 5_000.0, 7_650.0, 210.0)
                for p in PERIODS
            ],
        ),
        "exposure": frame(
            "supplier quantity_name country partner item period exposed",
            [("China", "shipment", "China", c, m, p, 300.0) for c, m, p in own],
        ),
        "sharing": frame("provider receiver material period quantity cost", []),
    }


def _dates(start: str, complete: float) -> tuple[float, float, float]:
    """Start, completion and end in years from 2026."""
    return (float(start) - 2026, complete, 10.0) if start else (float("nan"),) * 3


def _money_tables() -> dict[str, pd.DataFrame]:
    payments = []
    for name, country, _, _, start, _, _, capex, public in PROJECTS:
        if start:
            for period in PERIODS[int(start) - 2026 :][:3]:
                payments.append((name, country, period, public / 3, (capex - public) / 3))
    limits = {"United States": 1_500.0, "Japan": 600.0, "Australia": 250.0, "India": 120.0}
    kinds = ["capex_public", "capex_private", "production_home", "production_abroad", "transport", "holding"]
    return {
        "investments": frame(
            "project country process status start start_year complete_year end_year capacity capex public_capex salvage",
            [(*row[:5], *_dates(row[4], row[5]), *row[6:], 100.0) for row in PROJECTS],
        ),
        "project_capacity": frame(
            "project period online_share capacity",
            [("MP_10X", p, min(1.0, 0.3 * i), 7_650 * min(1.0, 0.3 * i)) for i, p in enumerate(PERIODS)],
        ),
        "payments": frame("project country period public private", payments),
        "contributions": frame(
            "country period contribution limit",
            [
                (c, p, limit * (0.6 if i < 4 else 0.1), limit)
                for c, limit in limits.items()
                for i, p in enumerate(PERIODS)
            ],
        ),
        "fund_balance": frame(
            "account period contribution payment balance", [("joint fund", p, 1_000.0, 900.0, 100.0) for p in PERIODS]
        ),
        "operating_support": frame(
            "project period output_value input_value operating_cost support",
            [(n, p, 100.0, 40.0, 85.5, 25.5) for n in ("ARU_NOLANS", "IN_REPM_A") for p in PERIODS],
        ),
        "cost": frame(
            "kind path period undiscounted discounted expected",
            [(k, "base", p, 100.0, 90.0, 80.0) for k, p in product(kinds, PERIODS)],
        ),
        "index": frame(
            "measure scope basis value",
            [
                (m, s, b, v)
                for (m, s) in (
                    ("value", "members"),
                    ("value", "group"),
                    ("material", "members"),
                    ("material", "group"),
                    ("worst", "members"),
                )
                for b, v in (
                    ("optimised", 0.32),
                    ("at_least", 0.31),
                    ("proportional", 0.41),
                    ("at_most", 0.52),
                    ("direct", 0.22),
                )
            ],
        ),
        "three_steps": frame(
            "step material share_at_least share_proportional share_stock_exposed share_direct cost shortage",
            [
                (s, "all", v, v * 1.25, v * 1.25 + 0.01 * i, v * 0.7, 90_000 - 10_000 * v, 5.0)
                for i, (s, v) in enumerate(STEPS.items())
            ]
            + [
                (s, m, v * (0.5 + 0.1 * i), v * (0.6 + 0.1 * i), v * (0.6 + 0.1 * i), v * 0.5, float("nan"), 1.0)
                for s, v in STEPS.items()
                for i, m in enumerate(PRICES)
            ],
        ),
    }


def _crisis_tables() -> dict[str, pd.DataFrame]:
    step = "disruption step begin end "
    where = [(name, number, 3 + 0.25 * (number - 1), 3 + 0.25 * number) for name in CRISES for number in range(1, 5)]
    return {
        "disruptions": frame(
            "disruption probability start begin end steps stress stress_without_sharing stress_without_stocks",
            [
                (c, 0.05, "2029", 3.0, 4.0, 4, 12_500.0 / (i + 1), 18_000.0 / (i + 1), 41_000.0 / (i + 1))
                for i, c in enumerate(CRISES)
            ],
        ),
        "stress": frame(
            "measure value unit", [("expected", 1_420.5, "million USD"), ("worst", 12_500.0, "million USD")]
        ),
        "branch_shortage": frame(
            step + "country material sector demand shortage shortage_value",
            [(*w, "Japan", "ndfeb_magnet", "automotive", 800.0, 120.0, 89.3) for w in where],
        ),
        "crisis_shortage": frame(
            "disruption country material demand shortage shortage_value shortage_without_sharing "
            "shortage_value_without_sharing shortage_without_stocks shortage_value_without_stocks",
            [
                (c, n, "ndfeb_magnet", 3_000.0, 20.0 * k, 1_250.0 * k, 45.0 * k, 2_250.0 * k, 90.0 * k, 6_250.0 * k)
                for c in CRISES
                for k, n in enumerate(MEMBERS)
            ],
        ),
        "branch_stock": frame(
            step + "country material opening release shared deposit lost closing",
            [(*w, "Japan", "ndfeb_magnet", 300.0, 100.0, 20.0, 0.0, 0.0, 180.0) for w in where],
        ),
        "branch_trade": frame(
            step + "origin destination material quantity cost",
            [(*w, "EU", "Japan", "ndfeb_magnet", 40.0, 0.01) for w in where],
        ),
    }


@pytest.fixture(scope="session")
def plan() -> StandIn:
    """A plan with plausible figures in every table, the dependence stage stopped at its limit."""
    unit = "million USD"
    stages = frame(
        "stage objective unit status incumbent bound gap held_at seconds rows columns binaries",
        [
            (
                "shortage",
                "shortage value of the base path",
                unit,
                "optimal",
                0.0,
                0.0,
                0.0,
                0.5,
                2.1,
                21_000,
                34_000,
                120,
            ),
            (
                "dependence",
                "value-weighted index",
                "share",
                "stopped_with_plan",
                0.3172,
                0.3098,
                0.0233,
                0.3222,
                600.0,
                48_000,
                71_000,
                120,
            ),
            (
                "stress",
                "expected stress",
                unit,
                "optimal",
                1_420.5,
                1_419.9,
                0.0004,
                1_421.9,
                120.0,
                96_000,
                140_000,
                120,
            ),
            (
                "cost",
                "expected discounted cost",
                unit,
                "optimal",
                87_412.7,
                87_380.1,
                0.0004,
                float("nan"),
                240.0,
                96_000,
                140_000,
                120,
            ),
        ],
    )
    return StandIn(
        stages=stages,
        tables={**_base_tables(), **_money_tables(), **_crisis_tables()},
        warnings=["fund: India, 2035 is not named: taken as 0", "dependence stopped at its limit of 600 s, gap 2.33 %"],
        versions={"quadopt": "0.1.0", "highspy": "1.16.0"},
        seconds={"build": 4.2, "solve": 962.1},
        options={"objective": {"order": ["shortage", "dependence", "stress", "cost"]}, "solver": {"gap": 0.001}},
        starts={row[0]: row[4] for row in PROJECTS if row[4]},
    )


@pytest.fixture
def bare() -> StandIn:
    """A plan without a single table."""
    return StandIn(title="", status="optimal", base_year=None)
