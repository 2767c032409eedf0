"""How sampled runs are shown: quantiles of the objectives, how often each project starts, effects of the inputs."""

from __future__ import annotations

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from quadopt.report.parts import BLUE, GREEN, ORANGE, VERMILLION, Chart, Look, Series
from quadopt.report.pictures.style import BLACK, FAINT, SMALL, Picture, needed, percent_axis, picture, short
from quadopt.report.schema import Column, Table
from quadopt.report.studies.shape import RUNS, Shape
from quadopt.report.studies.uncertain import (
    AS_UNIT,
    INPUT,
    INPUTS,
    OBJECTIVE,
    RANGE,
    UNIT,
    objective_axis,
    span_of,
    unit_words,
)
from quadopt.tables.records import rows_of
from quadopt.whatif.study import Study

QUANTILES = (("q05", "5 %"), ("q25", "25 %"), ("q50", "Median"), ("q75", "75 %"), ("q95", "95 %"))
MOST_PROJECTS, MOST_INPUTS = 40, 8
"""How many the pictures show, the first of their tables."""
ROW = 0.16
"""Height of a bar's place in inches."""


def _spread(unit: str, kind: str) -> tuple[Column, ...]:
    return (
        Column("runs", "Runs", "", "count", "that have a value"),
        Column("mean", "Mean", unit, kind, "over the runs"),
        Column("least", "Least", unit, kind, "of all runs"),
        *(Column(name, title, unit, kind, f"quantile of {title.lower()}") for name, title in QUANTILES),
        Column("most", "Most", unit, kind, "of all runs"),
    )


OBJECTIVES = Table(
    "objectives",
    "Objectives over the runs",
    "How far each objective spreads. The plans found are upper values and the bounds lower ones: the quantiles of the best "
    "values lie between the two rows. Grey: one value lies within the gaps of all runs, so that none is known to differ.",
    (
        OBJECTIVE,
        Column("reading", "Of", meaning="the plans found, or their bounds"),
        UNIT,
        Column("base", "Base case", AS_UNIT, "by_unit", "the objective of the base case"),
        *_spread(AS_UNIT, "by_unit"),
        Column("is_told", "Beyond the gaps", meaning="yes where runs differ by more than their gaps"),
    ),
    grey_unless="is_told",
)

PROJECTS = Table(
    "projects",
    "Projects over the runs",
    "How often each candidate starts, the most often first. The standard error is that of a share of independent draws; an even "
    "design has less.",
    (
        Column("project", "Project", meaning="the candidate"),
        Column("country", "Country", meaning="where it stands"),
        Column("process", "Process", meaning="what it runs"),
        Column("start_base", "Start in the base case", meaning="period; blank: it does not start"),
        Column("chosen", "Runs that start it", "", "count", "number of runs"),
        Column("runs", "Runs with a plan", "", "count", "number of runs"),
        Column("share", "Share of runs", "% of runs", "share", "that start it"),
        Column("standard_error", "Standard error", "% of runs", "share", "of the share"),
        Column("verdict", "Verdict", meaning="always, sometimes or never in these runs"),
        Column("start_median", "Median start", meaning="period, of the runs that start it"),
        Column("start_first", "First start", meaning="earliest period of a run"),
        Column("start_last", "Last start", meaning="latest period of a run"),
    ),
)

EFFECTS = Table(
    "effects",
    "Effects of the inputs",
    "Which part of an objective's spread each input accounts for: first-order alone, total with all that it does together with "
    "others. Small samples blur both: see the half widths of their intervals of 95 %; negative estimates mean nothing.",
    (
        OBJECTIVE,
        Column("rank", "Rank", "", "count", "by effect"),
        INPUT,
        Column("first_order", "First-order effect", "part of the variance", "scale", "of the input alone"),
        Column("first_order_within", "First-order, plus or minus", "part of the variance", "scale", "half width, 95 %"),
        Column(
            "total", "Total effect", "part of the variance", "scale", "of the input and all that it does with others"
        ),
        Column("total_within", "Total, plus or minus", "part of the variance", "scale", "half width, 95 %"),
        Column(
            "correlation", "Rank correlation", "-1 to 1", "scale", "which way the input moves the objective (Spearman)"
        ),
        RANGE,
        Column("reason", "Reason", kind="wide", meaning="why a cell is blank"),
    ),
)

MATERIALS = Table(
    "materials",
    "Dependence by material",
    "Share of the members' demand that depends on the largest supplier, at the plan of the dependence stage, the most dependent "
    "first.",
    (
        Column("material", "Material", meaning="the material"),
        Column("base", "Base case", "% of demand", "share", "mean over members and periods by demand"),
        *_spread("% of demand", "share"),
    ),
)

RESULTS = Table(
    "results",
    "Results of each run",
    "Every objective of every run: the plan found and the bound below which none can be.",
    (
        Column("run", "Run", meaning="the run's name"),
        OBJECTIVE,
        UNIT,
        Column("value", "Plan", AS_UNIT, "by_unit", "of the plan found"),
        Column("bound", "Bound", AS_UNIT, "by_unit", "proven: no plan is below it"),
        Column("width", "Width of the gap", AS_UNIT, "by_unit", "plan less bound"),
    ),
)

POSITIONS = Table(
    "positions",
    "Inputs of each run",
    "Where in its range each input lies in each run.",
    (
        Column("run", "Run", meaning="the run's name"),
        INPUT,
        Column("position", "Position", "0 low end to 1 high end", "scale", "of the input in its range"),
    ),
)


def _project_charts(study: Study) -> tuple[Chart, ...]:
    count = len(study.tables["projects"])
    series = Series("share", "share of runs that start it", Look(BLUE))
    height = max(12, round(0.8 * count))
    title = "How often each project starts"
    return (Chart("bar", title, "projects", ("project",), (series,), "share of runs", "0%", "Project", (0, 1), height),)


def _material_charts(study: Study) -> tuple[Chart, ...]:
    looks = (
        ("q05", "5 %", Look(GREEN)),
        ("q50", "median", Look(BLUE)),
        ("q95", "95 %", Look(ORANGE, pattern="small_grid")),
    )
    series = tuple(Series(column, name, look) for column, name, look in looks)
    height = max(14, 2 * len(study.tables["materials"]))
    title = "Dependence by material over the runs"
    return (
        Chart("bar", title, "materials", ("material",), series, "share of demand", "0%", "Material", (0, 1), height),
    )


def _effect_charts(study: Study) -> tuple[Chart, ...]:
    frame = study.tables["effects"]
    has_total = bool(frame["total"].notna().any())
    out = []
    for objective, own in frame.groupby("objective", sort=False):
        if own["first_order"].isna().all():
            continue
        rows = span_of(frame, str(objective))
        series = [Series("first_order", "first-order", Look(BLUE), rows)]
        if has_total:
            series.append(Series("total", "total", Look(VERMILLION, pattern="wide_upward_diagonal"), rows))
        title, height = f"What spreads {objective}", max(12, 6 + len(own))
        out.append(
            Chart(
                "bar",
                title,
                "effects",
                ("input",),
                tuple(series),
                "part of the variance",
                "0.0",
                "Input",
                (None, None),
                height,
            )
        )
    return tuple(out)


@picture
def objectives(study: Study) -> Picture:
    """Each objective over the runs, from the least to the most: plans and bounds, the band between them."""
    table = needed(study.tables["results"], "runs with a plan", "study")
    base = study.tables["objectives"]
    names = list(dict.fromkeys(table["objective"]))
    quantiles = base[base["reading"] == "plans"].set_index("objective")
    figure = Picture(
        study,
        1.15 * len(names) + 0.2,
        "How far the answer spreads when all inputs move at once",
        "Share of the runs in which an objective is at most so large. The line is of the plans found, the band reaches to their "
        "bounds: the best values lie in it. Dashed: the base case.",
        "; ".join(f"{name} median {quantiles.loc[name, 'q50']:.4g}, 5 % {quantiles.loc[name, 'q05']:.4g}, "
                  f"95 % {quantiles.loc[name, 'q95']:.4g}" for name in names) + ".",
        key=[
            Line2D([], [], color=BLUE, label="plans found"),
            Patch(color=FAINT, label="down to their bounds"),
            Line2D([], [], color=BLACK, linestyle="--", label="base case"),
        ],
    )  # fmt: skip
    panels = figure.subplots(len(names), 1, squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        own = table[table["objective"] == name]
        unit = own["unit"].iloc[0]
        plans = np.sort(own["value"].to_numpy(float))
        heights = np.arange(1, plans.size + 1) / plans.size
        bounds = own["bound"].to_numpy(float)
        if np.isfinite(bounds).all():
            axes.fill_betweenx(heights, np.sort(bounds), plans, step="post", color=FAINT)
        axes.step(plans, heights, where="post", color=BLUE, linewidth=1.4)
        axes.axvline(float(quantiles.loc[name, "base"]), color=BLACK, linestyle="--", linewidth=0.8)
        axes.set_title(f"{name}, {unit_words(study, unit)}")
        axes.set_ylim(0, 1.02)
        percent_axis(axes.yaxis)
        axes.locator_params(axis="x", nbins=6)
        axes.locator_params(axis="y", nbins=3)
        objective_axis(axes.xaxis, unit)
        axes.grid(axis="both")
    return figure


@picture
def projects(study: Study) -> Picture:
    """How often each project starts, with the standard error."""
    every = needed(study.tables["projects"], "candidates", "study")
    sometimes = every["verdict"] == "sometimes"
    shown = every if len(every) <= MOST_PROJECTS else every[sometimes].head(MOST_PROJECTS)
    left = "" if len(every) == len(shown) else (
        f" Of {len(every)} candidates the {len(shown)} that start in some runs only; "
        f"{(every['verdict'] == 'always').sum()} start in all, {(every['verdict'] == 'never').sum()} in none."
    )  # fmt: skip
    shown = needed(shown, "projects that start in some runs only", "study")
    figure = Picture(
        study,
        0.4 + ROW * len(shown),
        "How often each project starts",
        f"Share of the runs with a plan; lines: one standard error. Median period of start beside the bar.{left}",
        "; ".join(f"{row.project} {100 * row.share:.0f} %" for row in rows_of(shown)) + ".",
    )
    axes = figure.subplots()
    at = np.arange(len(shown))
    errors = shown["standard_error"].to_numpy(float)
    axes.barh(at, shown["share"], xerr=errors, height=0.7, color=BLUE, error_kw={"elinewidth": 0.8, "ecolor": BLACK})
    for place, row in enumerate(rows_of(shown)):
        beside = row.share + row.standard_error + 0.015
        axes.text(beside, place, short(row.start_median, 8), fontsize=SMALL - 1, va="center")
    axes.set_yticks(at, [short(name, 24) for name in shown["project"]], fontsize=SMALL)
    axes.set(ylim=(len(shown) - 0.5, -0.5), xlim=(0, 1.13))
    axes.set_xticks(np.linspace(0, 1, 6))
    percent_axis(axes.xaxis)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    return figure


@picture
def effects(study: Study) -> Picture:
    """The largest effects on each objective with their intervals."""
    frame = study.tables["effects"]
    by = (
        "total"
        if frame["total"].notna().any()
        else "first_order"
        if frame["first_order"].notna().any()
        else "correlation"
    )
    frame = needed(frame[frame[by].notna()], "effects that could be computed", "study")
    shown = [(str(name), own.head(MOST_INPUTS)) for name, own in frame.groupby("objective", sort=False)]
    heights = [len(own) + 2.2 for _, own in shown]
    words = {"total": "Total effects", "first_order": "First-order effects", "correlation": "Rank correlations"}[by]
    figure = Picture(
        study,
        ROW * sum(heights) + 0.3,
        "Which inputs spread the answer",
        f"{words} on each objective, the largest {MOST_INPUTS} at most"
        + ("." if by == "correlation" else ": part of the variance over the runs; lines: intervals of 95 %."),
        " ".join(f"{name}: " + ", ".join(f"{row.input} {getattr(row, by):.2f}" for row in rows_of(own)[:3]) + "."
                 for name, own in shown),
    )  # fmt: skip
    panels = figure.subplots(len(shown), 1, squeeze=False, sharex=True, gridspec_kw={"height_ratios": heights})[:, 0]
    for axes, (name, own) in zip(panels, shown, strict=True):
        at = np.arange(len(own))
        within = None if by == "correlation" else own[f"{by}_within"].to_numpy(float)
        axes.barh(at, own[by], xerr=within, height=0.7, color=BLUE, error_kw={"elinewidth": 0.8, "ecolor": BLACK})
        axes.set_title(name)
        axes.set_yticks(at, [short(each, 30) for each in own["input"]], fontsize=SMALL)
        axes.set_ylim(len(own) - 0.5, -0.5)
        axes.axvline(0, color=BLACK, linewidth=0.8)
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
    return figure


SHAPE = Shape(
    "Sampled runs of the uncertain inputs",
    "How far the answer spreads when all uncertain inputs move at once, which projects start all the same, and what spreads it.",
    (OBJECTIVES, PROJECTS, EFFECTS, MATERIALS, RESULTS, POSITIONS, INPUTS, RUNS),
    {"projects": _project_charts, "effects": _effect_charts, "materials": _material_charts},
    {"objectives": objectives, "projects": projects, "effects": effects},
)
