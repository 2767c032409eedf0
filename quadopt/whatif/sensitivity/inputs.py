"""The uncertain inputs of a study: as a user names them or by default, with what is to be said about them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from quadopt.formulation.options import Formulation
from quadopt.formulation.unread import unread_tables
from quadopt.tables.case import Case
from quadopt.tables.changes import Place
from quadopt.whatif.sensitivity.moves import QUALITIES, Uncertain, uncertain_inputs
from quadopt.whatif.sensitivity.range_files import Given, factors_of, read_ranges
from quadopt.whatif.sensitivity.ranges import DELAYS, ByQuality, default_ranges

INPUTS = (
    "input", "table", "where", "column", "range", "rows", *QUALITIES, "stopped_low", "stopped_high",
)  # fmt: skip


def inputs_of(
    case: Case, options: Formulation, given: Given | None, factors: ByQuality | None
) -> tuple[list[Uncertain], list[str]]:
    """The inputs that move, and sentences on what was taken where nothing was said. Raises InputError with every fault."""
    by_quality = factors_of(factors, Place("factors"))
    if given is not None:
        return uncertain_inputs(case, read_ranges(given, by_quality), unread_tables(options)), []
    found = uncertain_inputs(case, default_ranges(case, options, by_quality), is_default=True)
    said = ", ".join(f"{quality} x {low:g} to {high:g}" for quality, (low, high) in by_quality.items())
    late = ", ".join(f"{quality} {high:g}" for quality, (_, high) in DELAYS.items())
    return found, [
        f"No ranges were given: {len(found)} groups of numbers that the model reads, each row by its own quality ({said}; "
        f"rows without one count as assumed; lead times up to so many years longer: {late})."
    ]


def inputs_table(inputs: Sequence[Uncertain]) -> pd.DataFrame:
    """The table `inputs`: one row a range, with how many rows it moves, by quality, and how many values stop at a limit."""
    rows = []
    for each in inputs:
        for move in each.moves:
            said = move.range
            counts = Uncertain(each.name, (move,)).counts()
            rows.append({"input": each.name, "table": said.table, "where": said.where, "column": said.column,
                         "range": said.words, **counts})  # fmt: skip
    return pd.DataFrame(rows, columns=list(INPUTS))


def notes_of(inputs: Sequence[Uncertain]) -> list[str]:
    """Warnings: values that stop at what their column allows."""
    notes = []
    for each in inputs:
        counts = each.counts()
        ends = [f"{counts[f'stopped_{end}']} at the {end} end" for end in ("low", "high") if counts[f"stopped_{end}"]]
        if ends:
            notes.append(
                f"{each.name}: of {counts['rows']} values {' and '.join(ends)} stop at what their column allows."
            )
    return notes
