"""Growth: how columns and seconds grow with members, materials, periods and disruptions."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any

from benchmarks.runs import Job, Row, Run

TITLE = "Growth"
PANELS = 2
EXPLAINED = """One number of a small synthetic case doubled and doubled again, the others as they were. Columns of the base path
and of all that the last stage of the model file `pact` sees; seconds by the clock to build that much in one go, and to solve all
stages to 2 % or to the limit of each, medians."""
NUMBERS = ("members", "materials", "periods", "disruptions")
GAP = 0.02


def jobs(shape: str, factors: list[int], limit: float, seed: int) -> list[Job]:
    """A job for every number and factor; chains grow with materials."""
    from benchmarks.synthetic import SHAPES

    base = replace(SHAPES[shape], chains=0)
    out: list[Job] = []
    for name in NUMBERS:
        for factor in factors:
            shape_of = asdict(replace(base, **{name: getattr(base, name) * factor}))
            out.append({"what": name, "number": shape_of[name], "shape": shape_of, "limit": limit, "seed": seed})
    return out


def measure(what: str, number: int, shape: dict[str, int], limit: float, seed: int) -> Row:
    """Columns, seconds to build, seconds to solve and the widest gap of a stage."""
    from benchmarks.stages import OWN, rules
    from benchmarks.synthetic import Shape, synthetic_case
    from quadopt.formulation.build import Model
    from quadopt.solver.matrix import Matrix
    from quadopt.solver.stages import Staged

    case = synthetic_case(Shape(**shape), seed)
    options = rules("pact", OWN, limit, limit, GAP)
    begin = time.perf_counter()
    model = Model(case, options)
    matrix = Matrix(model.pyomo)
    matrix.extend()
    base = matrix.program(model.pyomo.shortage_total).a.shape[1]
    model.add_dependence(model.structure.suppliers)
    model.add_total_cost(with_branches=bool(model.structure.crises))
    matrix.extend()
    whole = matrix.program(model.pyomo.total_cost).a.shape[1]
    built = time.perf_counter() - begin
    staged = Staged(case, options)
    begin = time.perf_counter()
    staged.run()
    return {
        "base_columns": base,
        "columns": whole,
        "build": built,
        "solve": time.perf_counter() - begin,
        "gap": max(stage.gap for stage in staged.stages),
    }


def table(runs: list[Run]) -> list[Row]:
    """A row for every number and its value."""
    return [
        {
            "what": run.job["what"],
            "number": run.job["number"],
            "columns, base path": run.found["base_columns"],
            "columns": run.found["columns"],
            "build s": run.found["build"],
            "solve s": run.found["solve"],
            "widest gap": run.found["gap"],
        }
        for run in runs
    ]


def draw(rows: list[Row], runs: list[Run], axes: Any) -> None:
    """Columns and seconds of the solve over the factor, a line a number."""
    for name in NUMBERS:
        own = [row for row in rows if row["what"] == name]
        for axis, column in zip(axes, ("columns", "solve s"), strict=True):
            axis.plot(
                [row["number"] / own[0]["number"] for row in own], [row[column] for row in own], marker="o", label=name
            )
            axis.set(xscale="log", yscale="log", xlabel="times the first number")
    axes[0].set_ylabel("columns")
    axes[1].set_ylabel("seconds to 2 %")
    axes[0].legend()
