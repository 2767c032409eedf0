"""What may be booked as thrown away or put aside: buying twice is not independence.

Far and Near have plenty, and half from each is the least share that the largest of them can have. A plan that buys all
from each and gets rid of half of it could book that half as Far's when it looks for Far, and as Near's when for Near.
"""

from __future__ import annotations

import pytest

from tests.tiny import M, Tables, magnets, plant, reached, stockpile, two_suppliers

ORDER = ["shortage", "dependence"]
OWN_OUTPUT = {"exposed_disposal": "own_output"}


def index(tables: Tables, **dependence: str) -> float:
    """The least index of dependence."""
    return reached(tables, ORDER, dependence=dependence)["dependence"]


def test_imports_that_are_thrown_away() -> None:
    assert index(two_suppliers(), **OWN_OUTPUT) == pytest.approx(0.5)


@pytest.mark.xfail(strict=True, reason="the default lets every supplier claim the same disposed imports")
def test_imports_that_are_thrown_away_by_default() -> None:
    assert index(two_suppliers()) == pytest.approx(0.5)


def test_inputs_of_as_many_magnets_as_are_needed() -> None:
    # The plant makes no more than the 10 magnets that are needed, and oxide may not be booked as thrown away.
    assert index(magnets(), **OWN_OUTPUT) == pytest.approx(0.5)


@pytest.mark.xfail(
    strict=True, reason="own output may be claimed by every supplier: 10 magnets of each, half thrown away"
)
def test_magnets_that_are_made_twice() -> None:
    # With room for 20: 10 of Far's oxide and 10 of Near's, 10 thrown away.
    offers = [plant("Far", "refine", 100, M), plant("Near", "refine", 100, M), plant("Home", "make", 20, M)]
    assert index(magnets(plants=offers), **OWN_OUTPUT) == pytest.approx(0.5)


@pytest.mark.xfail(strict=True, reason="every supplier may claim the same part of a growing stock")
def test_imports_that_are_put_aside() -> None:
    # 20 are bought every year and 10 of them put into a stock that nobody needs.
    assert index(two_suppliers(stockpiles=[stockpile(initial=0)]), **OWN_OUTPUT) == pytest.approx(0.5)
