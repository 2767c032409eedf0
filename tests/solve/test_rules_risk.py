"""Stress by hand: probabilities, expected, worst and CVaR."""

from __future__ import annotations

from typing import Any

import pytest

from quadopt.solver.crisis_tables import WITHOUT
from tests.tiny import (
    M,
    cut,
    objectives,
    one_metal,
    plant,
    reached,
    rows,
    solved,
    stockpile,
    two_members,
    two_suppliers,
)

TWO = [cut("full", probability=0.1), cut("half", severity=0.5, probability=0.2)]
"""10 short with a probability of 0.1 (a stress of 100), 5 short with one of 0.2 (50)."""


@pytest.mark.parametrize(
    ("risk", "value"),
    [
        ({"risk": "expected"}, 0.1 * 100 + 0.2 * 50),
        ({"risk": "worst"}, 100),
        ({"risk": "cvar", "alpha": 0.95}, 100),  # the worst 5 % lie within the 10 % of the full cut
        ({"risk": "cvar", "alpha": 0.9}, 100),
        ({"risk": "cvar", "alpha": 0.8}, (0.1 * 100 + 0.1 * 50) / 0.2),
        ({"risk": "cvar", "alpha": 0.5}, (0.1 * 100 + 0.2 * 50) / 0.5),  # the rest of the worst half is undisturbed
        ({"risk": "cvar", "alpha": 0}, 20),
    ],
)
def test_risk_measures(risk: dict[str, Any], value: float) -> None:
    found = reached(one_metal(disruptions=TWO), ["shortage", "stress"], stress=risk)
    assert found.pop("stress") == pytest.approx(value)
    assert found == pytest.approx(
        {"shortage": 0} if risk["risk"] == "expected" else {"shortage": 0, "stress_expected": 20}
    )


def test_all_risk_measures_are_reported() -> None:
    plan = solved(one_metal(disruptions=TWO), ["shortage", "stress"], stress={"alpha": 0.8})
    assert dict(zip(plan.stress["measure"], plan.stress["value"], strict=True)) == pytest.approx(
        {"expected": 20, "worst": 100, "cvar": 75}
    )


@pytest.mark.parametrize(
    ("given", "probabilities"),
    [
        ([0.1, None, None], [0.1, 0.3, 0.3]),  # 0.9 for two blanks and the undisturbed future
        ([0.1, 0.2, None], [0.1, 0.2, 0.35]),
        ([0.1, 0.2, 0], [0.1, 0.2, 0]),
    ],
)
def test_blank_probabilities_share_the_remainder(given: list[float | None], probabilities: list[float]) -> None:
    disruptions = [cut(f"cut {number}", probability=p) for number, p in enumerate(given)]
    plan = solved(one_metal(disruptions=disruptions), ["shortage", "stress"])
    assert plan.disruptions["probability"].tolist() == pytest.approx(probabilities)
    assert objectives(plan)["stress"] == pytest.approx(100 * sum(probabilities))


@pytest.mark.parametrize("risk", ["worst", "cvar"])
def test_a_crisis_that_need_not_hurt_does_not(risk: str) -> None:
    # Far's cut leaves 4 from Near: 60 of stress, the worst. When Near stops, Far has plenty: no stress at all, though
    # up to 60 would be no worse than the worst.
    tables = two_suppliers(
        plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 4, M)],
        disruptions=[cut("far", probability=0.1), cut("near", country="Near", probability=0.1)],
    )
    plan = solved(tables, ["shortage", "stress"], stress={"risk": risk})
    stress = dict(zip(plan.disruptions["disruption"], plan.disruptions["stress"], strict=True))
    assert stress == pytest.approx({"far": 60, "near": 0}, abs=1e-6)
    assert plan.stages["stage"].tolist() == ["shortage", "stress", "stress_expected"]


def test_the_worst_is_not_the_expected() -> None:
    # One stock of 10 for 2027 or 2028: a unit in reserve at the end of 2026 serves both. Budgets of 4 a year: 4 in
    # reserve in 2027 and 8 in 2028.
    tables = one_metal(
        stockpiles=[stockpile(initial=0)],
        fund=[{"country": "Home", "limit": 0, "stock_limit": 4}],
        disruptions=[cut("early", probability=0.1), cut("late", start="2028", probability=0.3)],
    )
    found = reached(tables, ["shortage", "stress"], stress={"risk": "worst"})
    assert found == pytest.approx({"shortage": 0, "stress": 60, "stress_expected": 0.1 * 60 + 0.3 * 20})


def test_comparisons_without_sharing_and_stocks() -> None:
    tables = one_metal(stockpiles=[stockpile(initial=4, capacity=4)], disruptions=[cut(probability=0.1)])
    found = solved(tables, ["shortage", "stress"]).disruptions.iloc[0]
    assert found["stress"] == pytest.approx(60)
    assert found["stress_least"] == pytest.approx(60)
    assert found["stress_without_sharing"] == pytest.approx(60)
    assert found["stress_without_stocks"] == pytest.approx(100)


def test_shortages_by_member_add_up_to_the_stress_of_every_comparison() -> None:
    tables = two_members(
        stockpiles=[stockpile(initial=14, capacity=14), stockpile("Ally", initial=2, capacity=2)],
        sharing=[{"provider": "Home", "limit_fraction": 0.5}],
        disruptions=[cut(severity=0.5, probability=0.1), cut("late", start="2028", probability=0.1)],
    )
    plan = solved(tables, ["shortage", "stress"])
    short, crises = plan.crisis_shortage, plan.disruptions.set_index("disruption")
    sums = short.groupby("disruption")[["shortage_value", *(f"shortage_value_{name}" for name in WITHOUT)]].sum()
    for value, stress in zip(sums, ["stress", *(f"stress_{name}" for name in WITHOUT)], strict=True):
        assert sums[value].to_dict() == pytest.approx(crises[stress].to_dict())
    assert sums.loc["late"].tolist() == pytest.approx([40, 80, 200])
    ally = rows(short, disruption="late", country="Ally").iloc[0]
    assert ally["shortage_without_sharing"] == pytest.approx(8)


def test_without_disruptions_stress_is_left_out() -> None:
    plan = solved(one_metal(), ["shortage", "stress", "cost"])
    assert plan.stages["stage"].tolist() == ["shortage", "cost"]
    assert any("no disruptions" in warning for warning in plan.warnings)
