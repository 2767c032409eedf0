"""Feasibility: whether a point is a plan of a program."""

from __future__ import annotations

import numpy as np

from quadopt.solver.matrix import Array, Program

TOLERANCE = 1e-6
"""Relative to what stands in a row or column: by how much a plan may miss it."""


def is_kept(program: Program, values: Array) -> bool:
    """Whether a point keeps all rows and bounds of a program, within 1e-6 of what stands in each of them."""
    rows, size = program.a @ values, TOLERANCE * (1.0 + np.abs(program.a) @ np.abs(values))
    bounds = TOLERANCE * (1.0 + np.abs(values))
    return bool(
        (rows >= program.row_lower - size).all()
        and (rows <= program.row_upper + size).all()
        and (values >= program.lower - bounds).all()
        and (values <= program.upper + bounds).all()
    )
