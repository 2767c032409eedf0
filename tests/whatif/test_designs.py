"""Designs: strata, seeds, shapes; Saltelli's blocks."""

from __future__ import annotations

import numpy as np
import pytest

from quadopt.errors import InputError
from quadopt.whatif.sensitivity.designs import latin, saltelli, shaped


@pytest.mark.parametrize(("number", "inputs"), [(1, 3), (7, 1), (64, 12)])
def test_a_latin_hypercube_has_one_run_in_every_stratum_of_every_input(number, inputs):
    drawn = latin(number, inputs, seed=3)
    assert drawn.shape == (number, inputs)
    for column in drawn.T:
        assert sorted(np.floor(column * number).astype(int)) == list(range(number))


@pytest.mark.parametrize("design", [latin, saltelli])
def test_the_same_seed_draws_the_same_and_another_draws_others(design):
    assert (design(16, 3, 0) == design(16, 3, 0)).all()
    assert not (design(16, 3, 0) == design(16, 3, 1)).all()


def test_saltellis_blocks_change_one_input_at_a_time():
    blocks = saltelli(8, 3, seed=0).reshape(8, 5, 3)
    for first, *mixed, last in blocks:
        for k, row in enumerate(mixed):
            assert row[k] == last[k]
            assert np.delete(row, k).tolist() == np.delete(first, k).tolist()


def test_a_number_that_is_no_power_of_two_is_refused_for_sobol():
    with pytest.raises(InputError, match="power of 2"):
        saltelli(60, 3, seed=0)


def test_triangular_draws_have_the_triangles_quantiles():
    uniform = np.linspace(0, 1, 100_001).reshape(-1, 1)
    for mode in (0.0, 0.25, 1.0):
        found = shaped(uniform, "triangular", np.array([mode]))
        assert found.min() >= 0 and found.max() <= 1
        assert (np.diff(found[:, 0]) >= 0).all()
        assert found.mean() == pytest.approx((1 + mode) / 3, abs=1e-4)
    assert shaped(uniform, "uniform", np.array([0.3])) is uniform
