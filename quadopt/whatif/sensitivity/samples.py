"""Samples: the plan under many draws of the uncertain inputs at once; how far the answer spreads, and what spreads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from quadopt.errors import Finding, InputError
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.engine import Listener
from quadopt.sweep.run import runs_table, versions
from quadopt.tables.case import Case
from quadopt.tables.schema import nearest
from quadopt.whatif.ended import status_of
from quadopt.whatif.many import Engine, formulation
from quadopt.whatif.sensitivity.designs import DESIGNS, SHAPES, Design, Shape, latin, saltelli, shaped
from quadopt.whatif.sensitivity.inputs import inputs_of, inputs_table, notes_of
from quadopt.whatif.sensitivity.moves import Uncertain
from quadopt.whatif.sensitivity.range_files import Given
from quadopt.whatif.sensitivity.ranges import ByQuality
from quadopt.whatif.sensitivity.sampled import Sampled
from quadopt.whatif.sensitivity.trials import Trial, Trials
from quadopt.whatif.study import Study

GAP = 0.02
"""Relative gap of the runs where nothing else is asked for."""
NUMBER = 64


def samples(
    case: Case,
    model: str | Path | Formulation = "pact",
    inputs: Given | None = None,
    *,
    number: int = NUMBER,
    design: Design = "latin",
    shape: Shape = "uniform",
    seed: int = 0,
    factors: ByQuality | None = None,
    gap: float | None = GAP,
    start: Plan | None = None,
    keeps_projects: bool = False,
    store: str | Path | None = None,
    processes: int | None = None,
    cluster: str | None = None,
    listener: Listener | None = None,
) -> Study:
    """The plan under `number` draws of all uncertain inputs at once, each solved to `gap` (None: the model file's).

    `inputs`, `factors`, `start`, `keeps_projects` and the rest as for `quadopt.tornado`. `design` `latin`: a Latin hypercube of
    `number` runs; `sobol`: Saltelli's design of `number` x (inputs + 2) runs, which gives total effects as well (SALib is
    needed). `shape`: every value of a range as likely as any other (`uniform`), or the case's own the likeliest
    (`triangular`). The same `seed` draws the same samples.

    Runs without a plan are counted, said and left out of quantiles, shares and effects. Raises `InputError` with every fault
    of the ranges and where SALib is needed and not installed, `NoPlanError` where the base case has no plan.
    """
    _check(number, design, shape)
    options = formulation(model, gap)
    moving, ranges_said = inputs_of(case, options, inputs, factors)
    drawn = (latin if design == "latin" else saltelli)(number, len(moving), seed)
    positions = shaped(drawn, shape, np.array([each.mode for each in moving]))
    width = len(str(len(positions)))
    trials = [Trial(f"sample {k:0{width}d}", dict(enumerate(row.tolist()))) for k, row in enumerate(positions, 1)]
    engine = Engine(store, processes, cluster, listener, total=1 + len(trials))
    run = Trials(case, options, moving, start, engine, keeps_projects)
    ended = run.solve(trials)
    found = Sampled(run, moving, design, seed, drawn, ended)
    finished = [run.base, *ended]
    shape_said = {
        "uniform": "every value of a range as likely as any other",
        "triangular": "the case's own value likeliest",
    }
    how = f"{len(trials)} runs, {DESIGN_WORDS[design]}, {shape_said[shape]}, seed {seed}, relative gap {options.solver.gap:g}."
    return Study(
        "samples",
        case.title,
        options.name,
        case.currency,
        case.base_year,
        case.input_hash,
        status_of(finished),
        [*found.failures(), *found.lines(), how, *run.said, *ranges_said],
        {
            "objectives": found.objectives(),
            "projects": found.projects(),
            "effects": found.effects(),
            "materials": found.materials(),
            "results": found.results(),
            "positions": _positions(trials, moving),
            "inputs": inputs_table(moving),
            "runs": runs_table(finished),
        },
        notes_of(moving),
        versions(),
    )


DESIGN_WORDS = {"latin": "a Latin hypercube", "sobol": "Saltelli's design over a Sobol sequence"}


def _check(number: int, design: str, shape: str) -> None:
    """Raises InputError for a number of runs, a design or a shape that there is not."""
    findings = []
    if number < 1:
        findings.append(Finding("error", column="number", value=str(number), expected="at least 1", message="no runs"))
    for name, value, known in (("design", design, DESIGNS), ("shape", shape, SHAPES)):
        if value not in known:
            findings.append(Finding("error", column=name, value=str(value), expected="one of " + ", ".join(known),
                                    suggestion=nearest(str(value), known), message=f"there is no such {name}"))  # fmt: skip
    if findings:
        raise InputError(findings)


def _positions(trials: list[Trial], inputs: list[Uncertain]) -> pd.DataFrame:
    """The table `positions`: where in each input's range each run lies, 0 the low end and 1 the high one."""
    rows = [(trial.name, inputs[k].name, at) for trial in trials for k, at in trial.positions.items()]
    return pd.DataFrame(rows, columns=["run", "input", "position"])
