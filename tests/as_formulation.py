"""The oracle's options as a model file's values."""

from __future__ import annotations

from typing import Any

from quadopt.formulation.options import Formulation, parse_formulation


def as_formulation(options: dict[str, Any], gap: float = 1e-7) -> Formulation:
    """The formulation that says the same as a dict of the oracle's options."""
    values: dict[str, Any] = {
        "title": "as the oracle",
        "order": options["order"],
        "slack": {name: {"relative": r, "absolute": a} for name, (r, a) in options["slacks"].items()},
        "dependence": {
            "measure": options["measure"],
            "objective": options["objective_dependence"],
            "weight": options["dependence_weight"],
            "suppliers": options["suppliers"] or "all",
            "worst_from": options["worst_from"] or "",
        },
        "stress": {key: options[key] for key in ("risk", "alpha", "step_years", "recovery_years", "crisis_trade")},
        "pact": {key: options[key] for key in ("pooled", "burden", "burden_tolerance", "sharing")},
        "caps": [
            {
                "share": cap["kappa"],
                "basis": cap["basis"],
                "scope": cap["scope"],
                "materials": cap["materials"] or [],
                "from_period": cap["from_period"],
            }
            for cap in options["caps"]
        ],
        "solver": {"gap": gap, "default_time_limit": 60},
    }
    return parse_formulation(values, "oracle")
