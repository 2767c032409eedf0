"""Random options of the oracle for a random case."""

from __future__ import annotations

from typing import Any

from tests.draw import Draw
from tests.random_cases import Row


def random_options(seed: int, tables: dict[str, list[Row]]) -> dict[str, Any]:
    """Random options of the oracle for a case, the same for the same seed."""
    draw = Draw(seed + 1_000_003)
    members = [row["country"] for row in tables["countries"] if row["member"] == "yes"]
    outside = [row["country"] for row in tables["countries"] if row["member"] == "no"]
    periods = [row["period"] for row in tables["periods"]]
    order = ["shortage", *(str(s) for s in draw.rng.permutation(["dependence", "stress", "cost"]))]
    caps = []
    if draw.chance(0.3):
        goods = [row["material"] for row in tables["materials"]]
        caps.append({"kappa": draw.of(0.65, 0.9), "basis": draw.of("traced", "direct"),
                     "scope": draw.of("member", "group"), "materials": draw.of(None, [draw.of(*goods)]),
                     "from_period": draw.of(*periods)})  # fmt: skip
    return {
        "order": order if draw.chance(0.4) else ["shortage", "dependence", "stress", "cost"],
        "slacks": {"shortage": (0.001, 0.001), "dependence": (0.0, draw.of(0.005, 0.05)), "stress": (0.001, 0.001)},
        "suppliers": draw.of(None, None, [outside[0]], [outside[0], members[-1]]),
        "dependence_weight": draw.of("value", "material"),
        "measure": draw.of("traced", "traced", "traced", "direct"),
        "objective_dependence": draw.of("index", "index", "worst"),
        "worst_from": draw.of(None, periods[1]),
        "pooled": draw.chance(0.75),
        "burden": draw.of("free", "free", "weight"),
        "burden_tolerance": draw.of(0.1, 0.3),
        "sharing": draw.chance(0.85),
        "crisis_trade": draw.of("own_output", "own_output", "free"),
        "step_years": draw.of(0.5, 0.25),
        "recovery_years": draw.of(0.0, 0.0, 0.5),
        "risk": draw.of("expected", "worst", "cvar"),
        "alpha": draw.of(0.95, 0.8),
        "caps": caps,
    }
