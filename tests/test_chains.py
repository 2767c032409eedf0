"""Chains: the makers of what members use, stage by stage, against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from quadopt.measures import chains
from quadopt.tables.case import Case
from tests import tiny
from tests.test_measures import plan_tables, small_case

Leg = tuple[str, str, str, str, str]


def legs(case: Case, material: str, **rows: list[tuple[Any, ...]]) -> dict[Leg, float]:
    """(origin, made, source, destination, use) -> quantity of one material's chain."""
    found = chains(case, plan_tables(**rows))
    found = found[found["material"] == material]
    columns = ["origin", "made", "source", "destination", "use", "quantity"]
    return {tuple(row[:-1]): row[-1] for row in found[columns].itertuples(index=False)}


SMELTED = {
    "production": [
        ("A", "plant", "smelt", "1", "1", 4.0), ("X", "plant", "mine", "1", "1", 20.0),
        ("X", "plant", "smelt", "1", "1", 8.0), ("Y", "plant", "mine", "1", "1", 8.0),
    ],
    "trade": [("X", "A", "metal", "1", 6.0), ("Y", "A", "ore", "1", 8.0), ("X", "A", "ore", "1", 0.0)],
    "shortage": [("A", "metal", "use", "1", 12.0, 2.0)],
}  # fmt: skip


def test_each_stage_mixes_evenly_and_is_told_in_units_of_the_last() -> None:
    found = legs(small_case(), "metal", **SMELTED)
    # A has 4 of its own and 6 of X's metal for the 10 that are served; its own is made of Y's ore, X's of X's
    assert found == pytest.approx(
        {
            ("A", "metal", "made", "A", "demand"): 4.0,
            ("X", "metal", "made", "A", "demand"): 6.0,
            ("Y", "ore", "made", "A", "metal"): 4.0,
            ("X", "ore", "made", "X", "metal"): 6.0,
        }
    )


def test_what_is_passed_on_is_made_by_its_maker_even_where_it_goes_round_in_a_circle() -> None:
    trade = [("X", "B", "metal", "1", 8.0), ("B", "A", "metal", "1", 6.0), ("A", "B", "metal", "1", 2.0)]
    found = legs(small_case(), "metal", **{**SMELTED, "trade": [*trade, ("Y", "A", "ore", "1", 8.0)]})
    # A: 4 own + 6 from B; B: 8 from X + 2 from A. a = 0.4 + 0.6 b, b = 0.2 a, so a = 0.4 / 0.88 is A's own part
    assert found["A", "metal", "made", "A", "demand"] == pytest.approx(10 * 0.4 / 0.88)
    assert found["X", "metal", "made", "A", "demand"] == pytest.approx(10 * (1 - 0.4 / 0.88))
    assert not any(origin == "B" for origin, *_ in found)


def test_a_chain_ends_at_a_stockpile_and_what_only_passes_through_one_is_not_of_it() -> None:
    stock = [("A", "metal", "1", 4.0, 3.0, 5.0, 0.0, 0.0, 2.0, 0.0)]
    found = legs(small_case(), "metal", **SMELTED, stock=stock)
    # 4 + 6 came in and 2 more were released than deposited
    assert found["A", "metal", "stockpile", "A", "demand"] == pytest.approx(10 * 2 / 12)
    assert sum(q for (_, made, *_), q in found.items() if made == "ore") == pytest.approx(10 * 10 / 12)


def test_the_dearest_input_is_followed() -> None:
    rows = SMELTED | {
        "production": [*SMELTED["production"], ("A", "plant", "assemble", "1", "1", 4.0)],
        "shortage": [("A", "part", "use", "1", 4.0, 0.0)],
    }
    found = legs(small_case(), "part", **rows)
    # a part takes a unit of metal at 100 and one of ore at 10 millions
    assert found["A", "metal", "made", "A", "part"] == pytest.approx(4 * 0.4)
    assert not any(made == "ore" and use == "part" for _, made, _, _, use in found)


def test_scrap_ends_the_chain_where_it_would_lead_back() -> None:
    case = small_case(
        recipes=[
            {"process": "mine", "material": "ore", "quantity": 1},
            {"process": "smelt", "material": "ore", "quantity": -1},
            {"process": "smelt", "material": "metal", "quantity": 1},
            {"process": "assemble", "material": "metal", "quantity": -1},
            {"process": "assemble", "material": "part", "quantity": 1},
            {"process": "assemble", "material": "scrap", "quantity": 0.5},
            {"process": "recycle", "material": "scrap", "quantity": -1},
            {"process": "recycle", "material": "metal", "quantity": 1},
        ],
        materials=[{"material": m, "price": 1e6} for m in ("ore", "metal", "part", "scrap")],
        plants=[
            {"country": "A", "process": k, "capacity": 100, "unit_cost": 1e6} for k in ("mine", "assemble", "recycle")
        ],
        projects=[{"project": "P", "country": "A", "process": "smelt", "capacity": 1, "capex": 1, "unit_cost": 1,
                   "lead_time": 0}],
    )  # fmt: skip
    found = legs(
        case,
        "part",
        production=[("A", "plant", k, "1", "1", q) for k, q in [("mine", 2.0), ("smelt", 2.0), ("recycle", 2.0),
                                                                 ("assemble", 4.0)]],
        shortage=[("A", "part", "use", "1", 4.0, 0.0)],
    )  # fmt: skip
    assert found == pytest.approx(
        {
            ("A", "part", "made", "A", "demand"): 4.0,
            ("A", "metal", "made", "A", "part"): 4.0,
            ("A", "ore", "made", "A", "metal"): 2.0,
            ("A", "scrap", "made", "A", "metal"): 2.0,
        }
    )


def test_a_plan_holds_the_chains_of_every_step() -> None:
    plan = tiny.solved(tiny.magnets(), ["shortage", "dependence", "cost"])
    found = plan.tables["chains"]
    assert list(found["step"].unique()) == ["today", "re-directed", "with the fund"]
    totals = found.groupby(["step", "period", "made"])["quantity"].sum()
    assert totals.tolist() == pytest.approx([10.0] * len(totals))
