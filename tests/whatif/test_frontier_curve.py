"""The arithmetic of a frontier by hand: dominance, bounds, knee."""

from __future__ import annotations

import numpy as np
import pytest

from quadopt.whatif.frontier.curve import Presence, in_words, knee, lowest, staircase, standings


def test_needless_plans_are_told_by_whom() -> None:
    values = np.array([[0.9, 10.0], [0.5, 20.0], [0.6, 25.0], [0.5, 20.0], [0.4, 40.0]])
    found = standings(values)
    assert [one.by for one in found] == [None, None, 1, 1, None]
    assert [one.is_equal for one in found] == [False, False, False, True, False]


def test_weakly_dominated_plans_are_needless() -> None:
    assert [one.by for one in standings(np.array([[0.5, 10.0], [0.5, 11.0], [0.4, 11.0]]))] == [None, 0, None]


def test_a_bound_at_a_wider_level_holds_at_narrower_ones() -> None:
    assert lowest(np.array([1.0, 2.0, np.inf]), np.array([0.5, 0.7, 0.4])) == pytest.approx([0.7, 0.7, 0.4])
    assert lowest(np.array([1.0, 2.0]), np.array([np.nan, 0.3])) == pytest.approx([0.3, 0.3])


def test_no_plan_lies_below_the_staircase() -> None:
    corners = staircase(np.array([1.0, 2.0, np.inf]), np.array([0.9, 0.5, 0.4]), 0.5, 3.0)
    assert corners == [(0.5, 0.9), (1.0, 0.9), (1.0, 0.5), (2.0, 0.5), (2.0, 0.4), (3.0, 0.4)]


def test_knee_is_farthest_below_the_chord() -> None:
    found = knee(np.array([0.0, 10.0, 50.0, 100.0]), np.array([0.8, 0.2, 0.1, 0.0]))
    assert found is not None
    assert found[0] == 1
    assert found[1] == pytest.approx((1 - 0.1 - 0.25) / np.sqrt(2))


def test_a_straight_line_has_no_knee() -> None:
    assert knee(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.5, 0.0])) is None
    assert knee(np.array([0.0, 1.0]), np.array([1.0, 0.0])) is None


def test_where_a_project_is() -> None:
    there = Presence((False, True, True, False, True))
    assert (there.first, there.gone, there.numbers) == (1, [3], [1, 2, 4])
    assert in_words(there.numbers, [1, 2, 4, 5, 7]) == "2 to 4, 7"
