"""Exposure at a fixed physical plan: small programs of the suppliers' blocks alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quadopt.solver.highs import HighsModel
from quadopt.solver.matrix import Array, Mask, Program
from quadopt.solver.outcome import Outcome

ROUNDING = 1e-7
"""How far, relative to a row's size, the fixed plan's rounding may be from meeting a row exactly."""
TIME_LIMIT = 60.0


def extreme(program: Program, rows: Mask, columns: Mask, values: Array, cost: Array) -> Outcome:
    """Some rows and columns of a program alone, everything else fixed at `values`, for another objective."""
    part = _at_plan(program, rows, columns, values)
    return HighsModel(replace(part, cost=cost[columns], constant=0.0)).solve(0.0, TIME_LIMIT)


def _at_plan(program: Program, rows: Mask, columns: Mask, values: Array) -> Program:
    """The part of a program, its rows loosened by the fixed plan's own rounding."""
    part = program.part(rows, columns, values)
    outside = abs(program.a[rows][:, ~columns])
    # A share's row is as large as what the share is taken of, however small the share.
    size = np.where(program.is_anchor, np.maximum(1.0, np.abs(values)), np.abs(values))
    room = ROUNDING * (1.0 + outside @ size[~columns])
    return replace(part, row_lower=part.row_lower - room, row_upper=part.row_upper + room)
