"""Cases by name: a shape of `SHAPES`, or the path of a workbook or folder; `+50` after it adds 50 disruptions."""

from __future__ import annotations

from quadopt.tables.case import Case, read_case


def named_case(name: str, seed: int = 0) -> Case:
    """A synthetic case where `name` is the name of a shape, else the case that is read from there."""
    from benchmarks.crises import add_disruptions
    from benchmarks.synthetic import SHAPES, synthetic_case

    where, _, more = name.partition("+")
    case = synthetic_case(where, seed) if where in SHAPES else read_case(where)
    return add_disruptions(case, int(more), seed) if more else case
