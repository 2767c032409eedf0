"""Effects of inputs on functions whose effects are known, and what is said where they cannot be computed."""

from __future__ import annotations

import numpy as np
import pytest

from quadopt.whatif.sensitivity.designs import latin, saltelli
from quadopt.whatif.sensitivity.effects import QUANTILES, effects, quantiles


def ishigami(positions):
    """Ishigami's function of three inputs from -pi to pi."""
    x = np.pi * (2 * positions - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)
"""Ishigami's first-order and total effects (Saltelli and others, 2008)."""


def test_sobol_effects_of_ishigami():
    drawn = saltelli(1024, 3, seed=0)
    found = effects("sobol", drawn, ishigami(drawn), is_noise=False, seed=0)
    for effect, first, total in zip(found, FIRST, TOTAL, strict=True):
        assert effect.first_order == pytest.approx(first, abs=0.05)
        assert effect.total == pytest.approx(total, abs=0.05)
        assert effect.first_order_within > 0 and effect.total_within > 0
        assert effect.reason == ""


def test_first_order_effects_of_a_given_sample():
    drawn = latin(512, 3, seed=0)
    for effect, first in zip(effects("latin", drawn, ishigami(drawn), False, 0), FIRST, strict=True):
        assert effect.first_order == pytest.approx(first, abs=0.08)
        assert np.isnan(effect.total)
        assert "sobol" in effect.reason


def test_an_additive_function_of_64_runs():
    weights = np.array([3.0, -2.0, 0.0, 0.0])
    drawn = latin(64, 4, seed=5)
    found = effects("latin", drawn, drawn @ weights, False, 0)
    for effect, share in zip(found, weights**2 / 13, strict=True):
        assert effect.first_order == pytest.approx(share, abs=0.2)
    assert found[0].correlation > 0.5 and found[1].correlation < -0.3
    assert found == effects("latin", drawn, drawn @ weights, False, 0)


def test_runs_without_a_plan_are_left_out_of_a_sample():
    drawn = latin(64, 2, seed=1)
    values = drawn @ [1.0, 0.0]
    values[::7] = np.nan
    first, second = effects("latin", drawn, values, False, 0)
    assert first.first_order > 0.8 and abs(second.first_order) < 0.25


def test_blocks_without_a_plan_are_left_out_of_a_sobol_design_and_said():
    drawn = saltelli(64, 2, seed=1)
    values = drawn @ [2.0, 1.0]
    values[[1, 2, 9]] = np.nan
    first, _ = effects("sobol", drawn, values, False, 0)
    assert first.total == pytest.approx(0.8, abs=0.15)
    assert "2 of 64 blocks" in first.reason
    values[:] = np.nan
    values[0] = 1.0
    assert np.isnan(effects("sobol", drawn, values, False, 0)[0].total)


def test_noise_few_runs_and_no_runs_are_blank_with_the_reason():
    drawn = latin(40, 2, seed=0)
    assert "gaps" in effects("latin", drawn, drawn[:, 0], True, 0)[0].reason
    assert "the same" in effects("latin", drawn, np.ones(40), False, 0)[0].reason
    assert "no run" in effects("latin", drawn, np.full(40, np.nan), False, 0)[0].reason
    few = effects("latin", drawn[:10], drawn[:10, 0], False, 0)[0]
    assert few.correlation == pytest.approx(1.0) and np.isnan(few.first_order) and "10 runs" in few.reason


def test_without_salib_first_order_effects_are_blank_and_said(monkeypatch):
    from quadopt.errors import InputError

    def missing(name, *more, **named):
        if name.startswith("SALib"):
            raise ImportError(name)
        return importer(name, *more, **named)

    import importlib

    importer = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", missing)
    drawn = latin(64, 2, seed=0)
    first = effects("latin", drawn, drawn[:, 0], False, 0)[0]
    assert first.correlation == pytest.approx(1.0)
    assert np.isnan(first.first_order) and "quadopt[sensitivity]" in first.reason
    with pytest.raises(InputError, match=r"quadopt\[sensitivity\]"):
        saltelli(8, 2, seed=0)


def test_quantiles_are_numpys():
    values = np.random.default_rng(0).normal(size=37)
    assert quantiles(values) == pytest.approx(np.quantile(values, QUANTILES))
    assert np.isnan(quantiles([np.nan])).all()
