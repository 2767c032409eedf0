"""Dependence as concentration (HHI), against a fine grid."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tiny import M, Tables, by_period, demand, one_metal, plant, reached, solved, two_members, two_suppliers

HHI = {"measure": "hhi", "hhi_tolerance": 1e-4}
ORDER = ["shortage", "dependence"]


def one_year(tables: Tables) -> Tables:
    """The same for a single year."""
    return {**tables, "periods": [{"period": "2026"}]}


def test_concentration_of_two_suppliers() -> None:
    # Near offers 4 of 10: 0.6^2 + 0.4^2.
    tables = two_suppliers(plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 4, M)])
    plan = solved(one_year(tables), ORDER, dependence=HHI)
    assert plan.stages["incumbent"].tolist()[1] == pytest.approx(0.52, rel=2e-4)
    assert plan.concentration["hhi"].tolist() == pytest.approx([0.52], rel=2e-4)
    assert by_period(plan.trade, "quantity", ("2026",), origin="Near") == pytest.approx([4], rel=1e-3)


def test_concentration_is_least_on_a_fine_grid() -> None:
    # Home needs 10, Ally 6; Near offers 5 to both together, Far the rest. The mean by need over every division of the 5
    # (and of less, which is never better); by hand: the same share, 5/16, for both.
    near = np.linspace(0, 5, 5001)
    home, ally = near / 10, (5 - near) / 6
    grid = (10 * (home**2 + (1 - home) ** 2) + 6 * (ally**2 + (1 - ally) ** 2)) / 16
    tables = two_members(
        countries=[*two_members()["countries"], {"country": "Near", "member": "no"}],
        plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 5, M)],
        demand=[demand("Home", "metal", 10), demand("Ally", "metal", 6)],
        routes=[{"origin": o, "destination": d, "capacity": 0} for o, d in (("Home", "Ally"), ("Ally", "Home"))],
    )
    found = reached(one_year(tables), ORDER, dependence=HHI)
    assert grid.min() == pytest.approx((5 / 16) ** 2 + (11 / 16) ** 2)
    assert found["dependence"] == pytest.approx(grid.min(), rel=2e-4)
    assert found["dependence"] >= grid.min() - 1e-7


def test_three_suppliers_are_better_than_two() -> None:
    # Mid offers 2, the others plenty: 0.2^2 + 2 x 0.4^2.
    countries = [*two_suppliers()["countries"], {"country": "Mid", "member": "no"}]
    offers = [plant("Far", "smelt", 100, M), plant("Near", "smelt", 100, M), plant("Mid", "smelt", 2, M)]
    found = reached(one_year(two_suppliers(countries=countries, plants=offers)), ORDER, dependence=HHI)
    assert found["dependence"] == pytest.approx(0.36, rel=2e-4)


def test_concentration_is_held_through_the_stages_after_it() -> None:
    # Near asks three times as much: cost would rather buy from Far, and what is held (0.52 + 0.02) lets it
    # replace a little: x^2 + (1 - x)^2 = 0.54 at x = 0.6414.
    tables = two_suppliers(plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 4, 3 * M)])
    slack = {"slack": {"dependence": {"absolute": 0.02}}}
    plan = solved(tables, [*ORDER, "cost"], dependence=HHI, **slack)
    assert plan.concentration["hhi"].mean() == pytest.approx(0.54, rel=2e-3)
    assert by_period(plan.trade, "quantity", origin="Far") == pytest.approx([6.414] * 3, rel=2e-2)


def test_serving_nobody_does_not_look_diversified() -> None:
    # Far is the only supplier: a concentration of 1, whoever goes short.
    found = reached(one_year(one_metal()), ["dependence"], dependence=HHI)["dependence"]
    assert found == pytest.approx(1.0, rel=1e-3)  # the tolerance of the tangents
