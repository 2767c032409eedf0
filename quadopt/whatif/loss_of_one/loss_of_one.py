"""Loss of one: for every outside supplier, what goes short when all its exports stop, and how many days sectors hold out."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quadopt.errors import Finding, InputError, NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.sweep.engine import Listener
from quadopt.sweep.run import Finished, Run, runs_table, versions
from quadopt.tables.case import Case
from quadopt.tables.schema import nearest
from quadopt.whatif.loss_of_one import tables as told
from quadopt.whatif.loss_of_one.lost_exports import NOBODY, digest
from quadopt.whatif.loss_of_one.words import Loss, lines
from quadopt.whatif.many import Engine, formulation
from quadopt.whatif.study import COMPLETE, Study

LOSE = "quadopt.whatif.loss_of_one.lost_exports:lose"
"""The name of `lose` for a `Run`."""
YEAR = 1.0


def loss_of_one(
    case: Case,
    model: str | Path | Formulation = "pact",
    plan: Plan | None = None,
    *,
    period: str | int | None = None,
    duration: float | None = YEAR,
    suppliers: Sequence[str] | None = None,
    step_years: float | None = None,
    store: str | Path | None = None,
    processes: int | None = None,
    cluster: str | None = None,
    listener: Listener | None = None,
) -> Study:
    """What goes short with a plan's projects and stocks when one outside supplier stops all exports, each in turn.

    `plan` is the plan of this case and model file where there is one (default: it is solved first). The loss begins with
    `period` (default: the one in which most disruptions of the case begin, the middle one where there are none) and lasts
    `duration` years (None: to the horizon's end), under the model file's rules of crises; `step_years` replaces its length of
    a step, which is also how exactly days to stop are found. `suppliers`: whom to lose (default: every outside supplier). Beside
    them stands the same time without any loss, since the rules of a crisis alone may let something go short.

    Each branch of a fixed plan is a linear program, solved to optimality: no figure has a gap. `store`, `processes`,
    `cluster`, `listener`: as for `quadopt.sweep.engine.run_many`.

    Raises `InputError` with every choice that the case does not know; `ValueError` where the plan was not made from this case
    and model file; `ModelFileError` where that has faults; `NoPlanError` where the case has no plan, or no loss an answer.
    """
    begin = time.perf_counter()
    options = formulation(model)
    period = None if period is None else str(period)
    _check(case, period, duration, suppliers, step_years)
    asked = [NOBODY, *(case.suppliers if suppliers is None else dict.fromkeys(suppliers))]
    engine = Engine(store, processes, cluster, listener, total=len(asked) + (plan is None))
    finished: list[Finished] = []
    if plan is None:
        finished.append(engine.plan("plan", case, options))
        plan = finished[0].payload
    plan.check_made_from(case, options)
    loss = Loss(case, period or usual_start(case), duration, step_years or options.stress.step_years)
    found = engine.solve(_runs(loss, plan, options, asked))
    answers = {one.run: one.payload for one in found if one.has_answer}
    if not answers:
        raise NoPlanError(f"no loss has an answer: {found[0].reason}", found[0].status)
    failed = [one.run for one in found if not one.has_answer]
    tables = told.tables(loss, answers)
    return Study(
        "loss_of_one",
        case.title,
        options.name,
        case.currency,
        case.base_year,
        case.input_hash,
        _status(failed, len(found)),
        lines(loss, tables, failed),
        {**tables, "runs": runs_table([*finished, *found])},
        _warnings(case, plan, loss),
        versions(),
        {"total": time.perf_counter() - begin},
    )


def usual_start(case: Case) -> str:
    """The period in which most of the case's disruptions begin, the first of several; the middle one where there are none."""
    starts = case.tables["disruptions"].drop_duplicates("disruption")["start"].tolist()
    if not starts:
        return case.periods[len(case.periods) // 2]
    return max(case.periods, key=starts.count)


def _runs(loss: Loss, plan: Plan, options: Formulation, suppliers: list[str]) -> list[Run]:
    """A run a supplier. How long a step is stands in the options, so that the key of a run holds it."""
    stress = options.stress.model_copy(update={"step_years": loss.step_years})
    finer = options.model_copy(update={"stress": stress})
    asked: dict[str, Any] = {"period": loss.period, "duration": loss.duration, "base_path": digest(plan)}
    return [Run(name, LOSE, loss.case, finer, {**asked, "supplier": name}, plan) for name in suppliers]


def _check(
    case: Case, period: str | None, duration: float | None, suppliers: Sequence[str] | None, step_years: float | None
) -> None:
    findings = []
    if period is not None and period not in case.periods:
        expected = f"a period of the case ({case.periods[0]} to {case.periods[-1]})"
        findings.append(_unknown("periods", "period", period, expected, case.periods))
    for name in suppliers or ():
        if name not in case.suppliers:
            findings.append(_unknown("countries", "country", name, "an outside supplier", case.suppliers))
    for name, value in (("duration", duration), ("step_years", step_years)):
        if value is not None and not (math.isfinite(value) and value > 0):
            message = "a loss needs a length of time"
            findings.append(
                Finding("error", "", column=name, value=f"{value}", expected="years, more than 0", message=message)
            )
    if findings:
        raise InputError(findings)


def _unknown(sheet: str, column: str, value: str, expected: str, names: Sequence[str]) -> Finding:
    message = "the case has no such name"
    return Finding("error", sheet, "", None, column, value, expected, nearest(value, list(names)), message)


def _status(failed: list[str], count: int) -> str:
    return COMPLETE if not failed else f"{len(failed)} of {count} runs failed ({', '.join(failed)})"


def _warnings(case: Case, plan: Plan, loss: Loss) -> list[str]:
    found = [str(finding) for finding in case.findings]
    if plan.status != "optimal":
        found.append(f"The plan whose projects and stocks are kept is {plan.status}: a better one may exist.")
    if loss.duration is not None and loss.duration > loss.rest:
        found.append(f"The horizon ends {loss.rest:g} years after the blow: the loss is looked at until then.")
    return found
