"""Designs: where in the ranges of the inputs the runs of a sample lie.

A position is a number from 0 (the low end of an input's range) to 1 (the high end). A design gives one row a run and one
column an input, the same for the same seed.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from quadopt.errors import Finding, InputError

Array = npt.NDArray[np.float64]
Design = Literal["latin", "sobol"]
Shape = Literal["uniform", "triangular"]
DESIGNS: tuple[str, ...] = get_args(Design)
SHAPES: tuple[str, ...] = get_args(Shape)
INSTALL = "pip install 'quadopt[sensitivity]'"


def latin(number: int, inputs: int, seed: int) -> Array:
    """A Latin hypercube: of every input one run in each of `number` equal parts of its range, scrambled within them.

    The columns are permuted so that the runs fill the space evenly (`random-cd`: least centred discrepancy;
    `scipy.stats.qmc.LatinHypercube`; McKay, Beckman and Conover, 1979).
    """
    from scipy.stats import qmc

    chosen = "random-cd" if number > 1 and inputs > 1 else None
    drawn = qmc.LatinHypercube(inputs, scramble=True, optimization=chosen, seed=np.random.default_rng(seed))
    return np.asarray(drawn.random(number), dtype=float)


def saltelli(number: int, inputs: int, seed: int) -> Array:
    """Saltelli's design for first-order and total effects: `number` x (inputs + 2) runs from a scrambled Sobol sequence.

    The runs come in blocks of inputs + 2. Raises `InputError` where SALib is not installed, or `number` is no power of 2.
    """
    if number < 2 or number & (number - 1):
        raise InputError([Finding("error", column="number", value=str(number), expected="a power of 2, e.g. 64",
                                  message="a Sobol sequence is even in powers of 2 only")])  # fmt: skip
    sample = require_salib("sample.sobol").sample
    return np.asarray(sample(problem(inputs), number, calc_second_order=False, seed=seed), dtype=float)


def problem(inputs: int) -> dict[str, Any]:
    """The inputs as SALib wants them told: every one from 0 to 1."""
    return {"num_vars": inputs, "names": [f"x{k}" for k in range(inputs)], "bounds": [[0.0, 1.0]] * inputs}


def require_salib(module: str) -> Any:
    """A module of SALib. Raises `InputError` where it is not installed."""
    from importlib import import_module

    try:
        return import_module(f"SALib.{module}")
    except ImportError:
        raise InputError([Finding("error", column="design", expected=INSTALL,
                                  message="this needs SALib, which is not installed")]) from None  # fmt: skip


def shaped(uniform: Array, shape: Shape, mode: Array) -> Array:
    """Positions in the ranges of draws that are uniform from 0 to 1.

    `uniform`: as they are. `triangular`: most likely at `mode`, one an input, falling to nothing at both ends
    ($x = \\sqrt{u m}$ for $u \\le m$, else $1 - \\sqrt{(1 - u)(1 - m)}$).
    """
    if shape == "uniform":
        return uniform
    below = np.sqrt(uniform * mode)
    above = 1.0 - np.sqrt((1.0 - uniform) * (1.0 - mode))
    return np.where(uniform <= mode, below, above)
