"""Frontier: what less dependence takes, in money, in crises or in the size of the fund."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.engine import Listener
from quadopt.sweep.run import Finished, runs_table, versions
from quadopt.tables.case import Case
from quadopt.tables.schema import nearest
from quadopt.whatif.ended import status_of
from quadopt.whatif.frontier import fund, tables, trade, words
from quadopt.whatif.frontier.points import Placed
from quadopt.whatif.frontier.runs import Axis
from quadopt.whatif.many import Engine, formulation
from quadopt.whatif.study import Study

AGAINST = ("cost", "stress", "fund")


def frontier(
    case: Case,
    model: str | Path | Formulation = "pact",
    against: str | Sequence[str] = "cost",
    points: int = 12,
    *,
    sizes: Sequence[float] | None = None,
    refine: int = 0,
    gap: float | None = None,
    start: Plan | None = None,
    store: str | Path | None = None,
    processes: int | None = None,
    cluster: str | None = None,
    listener: Listener | None = None,
) -> Study:
    """The frontier of dependence against cost, stress, both, or the size of the fund.

    `against` is `cost`, `stress`, both, or `fund`; `points` how many plans, the two at the ends among them (with both about so
    many levels, a grid). Shortage is first held at its least, as everywhere, so that no plan buys anything by going short.
    Against the fund every member's limit is multiplied by each of `sizes` (from 0 to 2 where none are given); each has its
    least shortage, then dependence, then use of the fund, then cost; `refine` halves so many times the steps in which
    projects first appear. `gap` replaces the model file's relative gap; `start` is a plan to begin with. `store`,
    `processes`, `cluster`, `listener`: see `quadopt.sweep.engine.run_many`.

    Raises ValueError for choices that cannot be, `NoPlanError` where an end of the frontier has no plan.
    """
    begin = time.perf_counter()
    others = _others(case, against)
    options = _options(model, gap)
    engine = Engine(store, processes, cluster, listener)
    if others == ["fund"]:
        placed, found, runs = _against_fund(case, options, _sizes(points, sizes), refine, start, engine)
    else:
        if sizes is not None or refine:
            raise ValueError("sizes and refine are for a frontier against the fund")
        placed, found, runs = _against_others(case, options, others, points, start, engine)
    switches = fund.switches(placed.points) if placed.along == "size" else []
    return Study(
        "frontier",
        f"{case.title}: dependence against {' and '.join(others)}",
        options.name,
        case.currency,
        case.base_year,
        case.input_hash,
        status_of(runs),
        words.lines(placed, switches, case.currency),
        {**found, "runs": runs_table(runs)},
        [str(finding) for finding in case.findings],
        versions(),
        {"total": time.perf_counter() - begin},
    )


def _against_others(
    case: Case, options: Formulation, others: list[str], count: int, start: Plan | None, engine: Engine
) -> tuple[Placed, dict[str, pd.DataFrame], list[Finished]]:
    """Points, tables and runs of a frontier against other objectives."""
    if count < 2:
        raise ValueError(f"{count} points: a frontier has at least two, its ends")
    chosen: list[Axis] = [axis for axis in ("cost", "stress") if axis in others]  # type: ignore[misc]
    axes: list[Axis] = ["dependence", *chosen]
    ends = trade.payoff(case, options, axes, start, engine)
    placed = Placed.of(trade.points(case, options, ends, chosen, count, engine), axes, chosen[0])
    found = {
        "points": tables.point_table(placed),
        "curve": tables.curve_table(placed, ends.answer(chosen[0]).bounds[chosen[0]]),
        "projects": tables.project_table(case, placed),
        "starts": tables.start_table(case, placed.kept),
        "payoff": tables.payoff_table(ends),
    }
    return placed, found, [point.run for point in placed.points]


def _against_fund(
    case: Case, options: Formulation, sizes: list[float], refine: int, start: Plan | None, engine: Engine
) -> tuple[Placed, dict[str, pd.DataFrame], list[Finished]]:
    """Points, tables and runs of a frontier against the size of the fund."""
    if refine < 0:
        raise ValueError(f"refine is a number of halvings, not {refine}")
    if fund.limit_total(case) <= 0:
        raise ValueError("against the fund: no member pays into it, and no factor changes that")
    axes: list[Axis] = ["shortage", "dependence"]
    placed = Placed.of(fund.points(case, options, sizes, refine, start, engine), axes, "size")
    found = {
        "sizes": tables.point_table(placed),
        "switching": tables.switching_table(case, fund.switches(placed.points)),
        "curve": tables.curve_table(placed),
        "projects": tables.project_table(case, placed),
        "starts": tables.start_table(case, placed.kept),
    }
    return placed, found, [point.run for point in placed.points]


def _others(case: Case, against: str | Sequence[str]) -> list[str]:
    """What dependence stands against. Raises ValueError where that cannot be."""
    asked = [against] if isinstance(against, str) else list(against)
    for name in asked:
        if name not in AGAINST:
            near = nearest(name, AGAINST)
            raise ValueError(
                f"against {name!r}: {near!r}?" if near else f"against {name!r}: one of {', '.join(AGAINST)}"
            )
    if not asked or ("fund" in asked and len(set(asked)) > 1):
        raise ValueError("dependence stands against cost, stress, cost and stress, or the fund alone")
    if "stress" in asked and not len(case.tables["disruptions"]):
        raise ValueError("against stress: the case has no disruptions")
    return [name for name in AGAINST if name in asked]


def _sizes(count: int, sizes: Sequence[float] | None) -> list[float]:
    """The sizes of the fund to try, in rising order."""
    chosen = fund.default_sizes(max(2, count)) if sizes is None else [float(size) for size in sizes]
    wrong = [size for size in chosen if not math.isfinite(size) or size < 0]
    if wrong or not chosen:
        raise ValueError(f"sizes of the fund are factors of the members' limits, 0 or more, not {wrong or 'none'}")
    return sorted(set(chosen))


def _options(model: str | Path | Formulation, gap: float | None) -> Formulation:
    """The model file's rules, one objective after the other; which ones is for the frontier to say."""
    if gap is not None and not 0 <= gap < 1:
        raise ValueError(f"the gap is a fraction from 0 to below 1, not {gap}")
    fresh = {"approach": "lexicographic", "order": ["shortage", "dependence", "cost"], "weights": {}, "bounds": {}}
    return formulation(model, gap).model_copy(update={**fresh, "minimise": "cost"})
