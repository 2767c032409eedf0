"""Stages of a case by quadopt's own method and by plain HiGHS: first plan, 2 %, 1 %, the gap at a limit."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import Any

from benchmarks.runs import Job, Row, Run, label

Key = tuple[str, str, str, str]
"""Case, model file, stage, method."""

TITLE = "Stages"
PANELS = 2
OWN, PLAIN = "guided", "plain"
EXPLAINED = """Each stage of a model file, solved by quadopt's own method (`guided`) and by HiGHS alone on the same scaled
matrix (`plain`), until the gap asked or the limit, which is shorter for quadopt's method and for the stages after dependence.
A plan counts once it is one of the whole program: with many suppliers traced that is when a search ends, not while it goes on.
Seconds by the clock from the stage's beginning, medians; blank: not reached. `as good as plain`: after how many seconds
quadopt's method had a plan at least as good as plain's last one, and how many times less that is than what plain took; only up
to the first stage that did not end at its optimum, since later stages are held at what each method reached. A stage in which
a method found no plan in time has no row for it, nor have those after it."""
AIMS = (0.02, 0.01, 0.005)
LONG = ("shortage", "dependence")
"""Stages that get the whole limit: the later ones are held at what each method reached and cannot be compared."""
TIE = 1e-6
"""Relative difference below which two plans are as good as each other."""


def jobs(
    cases: list[str], models: list[str], limits: dict[str, float], later: float, gap: float, seed: int
) -> list[Job]:
    """A job for every case, model file and method; `limits` by method, `later` for the stages after dependence."""
    more = {"later": later, "gap": gap, "seed": seed}
    return [{"case": case, "model": model, "method": method, "limit": limits[method], **more}
            for case in cases for model in models for method in (OWN, PLAIN)]  # fmt: skip


def rules(model: str, method: str, limit: float, later: float, gap: float) -> Any:
    """A model file with another method, gap and seconds a stage."""
    from quadopt.formulation.options import read_formulation

    options = read_formulation(model)
    limits = dict.fromkeys(LONG, limit)
    changes = {"gap": gap, "time_limit": limits, "default_time_limit": later, "method": method}
    return options.model_copy(update={"solver": options.solver.model_copy(update=changes)})


def measure(case: str, model: str, method: str, limit: float, later: float, gap: float, seed: int) -> Row:
    """For each stage its end and its history, (seconds from its beginning, incumbent, bound).

    Of a method that finds no plan in a stage in time only the stages before it are told.
    """
    from benchmarks.cases import named_case
    from quadopt.errors import NoPlanError
    from quadopt.solver.stages import Staged

    history: dict[str, list[tuple[float, float, float]]] = {}

    def listen(stage: str, incumbent: float, bound: float) -> None:
        history.setdefault(stage, []).append((time.perf_counter(), incumbent, bound))

    staged = Staged(named_case(case, seed), rules(model, method, limit, later, gap), listen)
    begin = time.perf_counter()
    with suppress(NoPlanError):
        staged.run()
    stages = [
        {
            "stage": stage.name,
            "seconds": stage.seconds,
            "incumbent": stage.incumbent,
            "bound": stage.bound,
            "gap": stage.gap,
            "history": clean(history.get(stage.name, []), stage),
        }
        for stage in staged.stages
    ]
    return {"seconds": time.perf_counter() - begin, "stages": stages}


def clean(heard: list[tuple[float, float, float]], stage: Any) -> list[tuple[float, float, float]]:
    """Best plan and bound so far by seconds from the first word of the stage, which says that it begins; the end last.

    With squares by tangents a plan's value rises as tangents are added: what is better than the stage's end is not counted.
    Raises `RuntimeError` where the stage's bound lies above its plan, since one of them must be false.
    """
    if stage.bound > stage.incumbent + TIE * max(1.0, abs(stage.incumbent)):
        raise RuntimeError(f"{stage.name}: the bound {stage.bound} lies above the plan {stage.incumbent}")
    out, best, proven = [], math.inf, -math.inf
    for at, incumbent, bound in heard:
        if incumbent >= stage.incumbent - TIE * max(1.0, abs(stage.incumbent)):
            best = min(best, incumbent)
        if bound <= stage.bound:
            proven = max(proven, bound)
        if math.isfinite(best):
            out.append((at - heard[0][0], best, proven))
    return [*out, (stage.seconds, stage.incumbent, stage.bound)]


def seconds_to(history: list[Any], gap: float) -> float | None:
    """Seconds until plan and bound were within a relative gap, None where they never were."""
    for at, incumbent, bound in history:
        if incumbent - bound <= gap * abs(incumbent) + 1e-9:
            return float(at)
    return None


def seconds_to_plan(history: list[Any], worth: float) -> float | None:
    """Seconds until there was a plan at least as good as one of the given worth."""
    for at, incumbent, _ in history:
        if incumbent <= worth + TIE * max(1.0, abs(worth)):
            return float(at)
    return None


def table(runs: list[Run]) -> list[Row]:
    """A row for every model, stage and method: the medians over its runs."""
    from statistics import median

    groups: dict[Key, list[Row]] = {}
    for run in runs:
        for stage in run.found["stages"]:
            groups.setdefault((label(run.job["case"]), run.job["model"], stage["stage"], run.job["method"]), []).append(
                stage
            )

    def middle(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return median(known) if len(known) > len(values) / 2 else None

    rows: list[Row] = []
    for (case, model, stage, method), found in groups.items():
        plain = groups.get((case, model, stage, PLAIN), [])
        row: Row = {"case": case, "model": model, "stage": stage, "method": method}
        row["first plan s"] = middle([history[0][0] for history in (f["history"] for f in found)])
        row |= {f"{aim:.1%} s": middle([seconds_to(f["history"], aim) for f in found]) for aim in AIMS}
        row |= {name: middle([f[name] for f in found]) for name in ("seconds", "incumbent", "bound", "gap")}
        if plain and method == OWN and _is_comparable(groups, case, model, stage):
            worth = median(f["incumbent"] for f in plain)
            reached = median(f["history"][_first_best(f["history"])][0] for f in plain)
            row["as good as plain s"] = middle([seconds_to_plan(f["history"], worth) for f in found])
            if row["as good as plain s"]:
                row["times less"] = reached / row["as good as plain s"]
        rows.append(row)
    return rows


def _first_best(history: list[Any]) -> int:
    """Where the last plan was found."""
    return next(
        i for i, (_, incumbent, _) in enumerate(history) if incumbent <= history[-1][1] + TIE * abs(history[-1][1])
    )


def _is_comparable(groups: dict[Key, list[Row]], case: str, model: str, stage: str) -> bool:
    """Whether both methods held all earlier stages at the same value."""
    for name in dict.fromkeys(s for c, m, s, _ in groups if (c, m) == (case, model)):
        if name == stage:
            return True
        ends = [f["incumbent"] for method in (OWN, PLAIN) for f in groups.get((case, model, name, method), [])]
        if ends and max(ends) - min(ends) > TIE * max(1.0, abs(max(ends))):
            return False
    return False


def draw(rows: list[Row], runs: list[Run], axes: Any) -> None:
    """The gap of the dependence stage over time, a line a run, and the gap at the end of every stage."""
    colours = {OWN: "tab:blue", PLAIN: "tab:orange"}
    questions = list(dict.fromkeys(f"{label(run.job['case'])}, {run.job['model']}" for run in runs))
    named: set[str] = set()
    for run in runs:
        question, method = f"{label(run.job['case'])}, {run.job['model']}", run.job["method"]
        for stage in run.found["stages"]:
            if stage["stage"] == "dependence":
                # A label that begins with a dash below is kept out of the legend: one entry for all runs alike.
                name = f"{question}, {method}" if f"{question}, {method}" not in named else "_again"
                named.add(name)
                line = ("-", "--", ":", "-.")[questions.index(question) % 4]
                axes[0].step(*_gaps(stage["history"]), where="post", color=colours[method], linestyle=line, label=name)
    axes[0].set(xlabel="seconds", ylabel="dependence stage: gap, %", ylim=(0, 10))
    axes[0].legend()
    ends = {(f"{row['case']}, {row['model']}: {row['stage']}", row["method"]): row["gap"] for row in rows}
    stages = list(dict.fromkeys(stage for stage, _ in ends))
    for number, method in enumerate(colours):
        places = [i + 0.4 * number for i in range(len(stages))]
        axes[1].barh(places, [100 * (ends.get((stage, method)) or 0.0) for stage in stages], height=0.35, label=method)
    axes[1].set_yticks([i + 0.2 for i in range(len(stages))], stages)
    axes[1].invert_yaxis()
    axes[1].set_xlabel("gap at the end of the stage, %")


def _gaps(history: list[Any]) -> tuple[list[float], list[float]]:
    """Seconds and relative gaps in per cent."""
    seconds = [at for at, _, _ in history]
    return seconds, [100 * (plan - bound) / abs(plan) if plan else 0.0 for _, plan, bound in history]
