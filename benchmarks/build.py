"""Build and hand-over of the base path: the same instance from numpy by hand, linopy, quadopt and plain Pyomo.

- data: from the case's tables to the index lists and arrays that all writings start from (`Structure`, and for numpy and
  linopy `BasePath`);
- build: from there to rows and columns: array expressions, or rules and their expansion;
- hand over: to HiGHS, unscaled, so that all do the same; quadopt's scaled hand-over stands apart;
- memory: the peak of build and hand-over above what was resident before.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.runs import Job, Row, Run, medians

TITLE = "Build and hand-over"
PANELS = 2
WAYS = ("raw numpy", "linopy", "quadopt", "plain Pyomo")
EXPLAINED = """The base path (starts, fund, operation, trade, stockpiles, sharing, shortage) of one synthetic case, written four
ways that give the same matrix. CPU seconds, medians, each run in a process of its own after a warm-up on a tiny case. Data: from
tables to the index lists and arrays that all start from. Build: from there to rows and columns. Hand-over: to HiGHS, unscaled;
quadopt's own hand-over scales first and is given apart. The ratio is of build + hand-over to raw numpy, of the medians and of the
fastest runs: where the two differ much, the machine was busy or short of fresh memory pages, and the second tells more. Numpy and
linopy find the positions of labels while they read data, quadopt while it builds: the ratio with data compares all that lies
between tables and HiGHS. Memory: peak of build and hand-over above what was resident before."""


def jobs(sizes: list[str], seed: int) -> list[Job]:
    """A job for every size and way."""
    return [{"size": size, "way": way, "seed": seed} for size in sizes for way in WAYS]


class _Clock:
    """CPU seconds by label; `wall`: by the clock, of all but the data."""

    def __init__(self) -> None:
        self.seconds: Row = {}

    @contextmanager
    def timed(self, label: str) -> Iterator[None]:
        begin, wall = time.process_time(), time.perf_counter()
        yield
        self.seconds[label] = self.seconds.get(label, 0.0) + time.process_time() - begin
        if label != "data":
            self.seconds["wall"] = self.seconds.get("wall", 0.0) + time.perf_counter() - wall


def measure(size: str, way: str, seed: int) -> Row:
    """Seconds by stage, megabytes and the size of what was built."""
    from benchmarks.cases import named_case

    write = {"raw numpy": _raw, "linopy": _linopy, "quadopt": _quadopt, "plain Pyomo": _plain}[way]
    write(named_case("tiny", seed))
    return write(named_case(size, seed))


def _structure(case: Any, clock: _Clock) -> Any:
    """The structure with everything that the base path asks of it found."""
    from functools import cached_property

    from quadopt.formulation.options import read_formulation
    from quadopt.formulation.structure import Structure

    with clock.timed("data"):
        structure = Structure(case, read_formulation("pact"))
        for name, attribute in vars(Structure).items():
            if isinstance(attribute, cached_property) and name != "crises":
                getattr(structure, name)
    return structure


def _base_path(case: Any, clock: _Clock) -> Any:
    """The index lists and arrays of the base path, for the writings that start from them."""
    from benchmarks.base_path import base_path

    structure = _structure(case, clock)
    with clock.timed("data"):
        return base_path(structure)


def _found(clock: _Clock, before: float, columns: int, rows: int, nonzeros: int) -> Row:
    from benchmarks import memory

    seconds = clock.seconds
    return {**seconds, "megabytes": memory.peak() - before, "columns": columns, "rows": rows, "nonzeros": nonzeros}


def _raw(case: Any) -> Row:
    from benchmarks import memory, raw
    from benchmarks.handover import hand_over

    clock = _Clock()
    path = _base_path(case, clock)
    before = memory.reset_peak()
    with clock.timed("build"):
        arrays = raw.build(path)
    with clock.timed("hand_over"):
        highs = hand_over(arrays)
    return _found(clock, before, highs.getNumCol(), highs.getNumRow(), arrays.a.nnz)


def _linopy(case: Any) -> Row:
    from benchmarks import linopy_model, memory

    clock = _Clock()
    path = _base_path(case, clock)
    before = memory.reset_peak()
    with clock.timed("build"):
        model = linopy_model.build(path)
    with clock.timed("hand_over"):
        highs = model.to_highspy()
    return _found(clock, before, highs.getNumCol(), highs.getNumRow(), highs.getNumNz())


def _model(case: Any, structure: Any) -> Any:
    """quadopt's model of a structure that was found before, as the other writings have it."""
    from unittest.mock import patch

    from quadopt.formulation import build

    with patch.object(build, "Structure", lambda case, options: structure):
        return build.Model(case, structure.options)


def _quadopt(case: Any) -> Row:
    from benchmarks import memory
    from benchmarks.handover import hand_over
    from quadopt.solver.highs import HighsModel
    from quadopt.solver.matrix import Matrix
    from quadopt.solver.stages import ANCHORS

    clock = _Clock()
    structure = _structure(case, clock)
    before = memory.reset_peak()
    with clock.timed("model"):
        model = _model(case, structure)
    with clock.timed("extend"):
        matrix = Matrix(model.pyomo)
        matrix.extend()
    with clock.timed("program"):
        program = matrix.program(model.pyomo.shortage_total, ANCHORS)
    with clock.timed("hand_over"):
        highs = hand_over(program)
    found = _found(clock, before, highs.getNumCol(), highs.getNumRow(), program.a.nnz)
    found["build"] = sum(found[label] for label in ("model", "extend", "program"))
    del highs
    begin = time.process_time()
    HighsModel(program)
    return {**found, "scaled_hand_over": time.process_time() - begin}


def _plain(case: Any) -> Row:
    import pyomo.environ as pyo

    from benchmarks import memory
    from benchmarks.handover import hand_over
    from benchmarks.plain_pyomo import compile_plainly

    clock = _Clock()
    structure = _structure(case, clock)
    before = memory.reset_peak()
    with clock.timed("build"):
        model = _model(case, structure)
        model.pyomo.objective = pyo.Objective(expr=model.pyomo.shortage_total)
        arrays = compile_plainly(model.pyomo)
    with clock.timed("hand_over"):
        highs = hand_over(arrays)
    return _found(clock, before, highs.getNumCol(), highs.getNumRow(), arrays.a.nnz)


def table(runs: list[Run]) -> list[Row]:
    """A row for every size and way, medians of all runs, with the ratios to raw numpy of the same size."""
    fastest: dict[tuple[str, str], float] = {}
    for run in runs:
        key, seconds = (run.job["size"], run.job["way"]), run.found["build"] + run.found["hand_over"]
        fastest[key] = min(seconds, fastest.get(key, seconds))
    middle = medians(runs)
    raw = {run.job["size"]: run.found for run in middle if run.job["way"] == "raw numpy"}
    rows: list[Row] = []
    for run in middle:
        found, limit = run.found, raw.get(run.job["size"])
        together = found["build"] + found["hand_over"]
        rows.append(
            {
                "way": run.job["way"],
                "columns": limit["columns"] if limit else found["columns"],
                "rows": found["rows"],
                "nonzeros": found["nonzeros"],
                "data s": found["data"],
                "build s": found["build"],
                "hand-over s": found["hand_over"],
                "scaled hand-over s": found.get("scaled_hand_over"),
                "build + hand-over s": together,
                "by the clock s": found["wall"],
                "ratio": together / (limit["build"] + limit["hand_over"]) if limit else None,
                "ratio with data": _from_tables(found) / _from_tables(limit) if limit else None,
                "fastest s": fastest[run.job["size"], run.job["way"]],
                "ratio, fastest": _ratio(fastest, run.job["size"], run.job["way"]),
                "memory MB": found["megabytes"],
                # A tiny case fits into memory that the process has already.
                "memory ratio": found["megabytes"] / limit["megabytes"] if limit and limit["megabytes"] else None,
            }
        )
    return rows


def _from_tables(found: Row) -> float:
    return float(found["data"] + found["build"] + found["hand_over"])


def _ratio(fastest: dict[tuple[str, str], float], size: str, way: str) -> float | None:
    least = fastest.get((size, "raw numpy"))
    return fastest[size, way] / least if least else None


def draw(rows: list[Row], runs: list[Run], axes: Any) -> None:
    """Time and memory over columns, a line a way."""
    time_axes, memory_axes = axes
    for way in WAYS:
        own = [row for row in rows if row["way"] == way]
        for axis, column in ((time_axes, "build + hand-over s"), (memory_axes, "memory MB")):
            axis.plot([row["columns"] for row in own], [row[column] for row in own], marker="o", label=way)
            axis.set(xscale="log", yscale="log", xlabel="columns")
    time_axes.set_ylabel("build + hand-over, CPU seconds")
    memory_axes.set_ylabel("peak memory, MB")
    time_axes.legend()
