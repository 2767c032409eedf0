"""Compare: the base and what-ifs side by side, each with a whole plan, and with the base's projects kept."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from quadopt.errors import Finding, InputError
from quadopt.formulation.options import Formulation
from quadopt.formulation.unread import unread_tables
from quadopt.sweep.engine import Listener
from quadopt.sweep.run import Run, runs_table, versions
from quadopt.sweep.work import PLAN
from quadopt.tables.case import Case
from quadopt.tables.changes import WhatIf, chain
from quadopt.tables.whatif_files import read_whatifs
from quadopt.whatif.comparison import words
from quadopt.whatif.comparison.comparison import Base, Compared, Variant
from quadopt.whatif.comparison.kept_projects import KEPT
from quadopt.whatif.comparison.tables import tables
from quadopt.whatif.ended import status_of
from quadopt.whatif.many import Engine, formulation
from quadopt.whatif.study import Study

BASE = "base"


def compare(
    case: Case,
    model: str | Path | Formulation = "pact",
    whatifs: str | Path | WhatIf | Iterable[str | Path | WhatIf] | None = None,
    *,
    against: Sequence[str | Path | Formulation] = (),
    store: str | Path | None = None,
    processes: int | None = None,
    cluster: str | None = None,
    listener: Listener | None = None,
) -> Study:
    """The plan of a case beside those of what-ifs, as levels and differences, and why they differ.

    `whatifs`: names of the case's own, `WhatIf` objects, or TOML files, of which all are taken (default: all of the case's;
    none where model files are named in `against`). `against`: other model files, each compared on the case as it is.
    The base is solved first; its plan is what the others begin with. Each is solved a second time with the base's projects
    kept: what a change comes to when nobody adapts. `store`, `processes`, `cluster`, `listener`: as for
    `quadopt.sweep.engine.run_many`. The study's `plans` hold the base's plan and that of each what-if that has one.

    Raises `InputError` with the faults of all what-ifs, or where there is nothing to compare; `ModelFileError` where a model
    file has faults; `NoPlanError` where the base has no plan.
    """
    begin = time.perf_counter()
    options = formulation(model)
    variants = [
        *_whatifs(case, options, whatifs, bool(against)),
        *(_model(case, formulation(other)) for other in against),
    ]
    _check_names(variants)
    base = Variant(_free_name([each.name for each in variants]), case, options)
    engine = Engine(store, processes, cluster, listener, total=1 + 2 * len(variants))
    stands = Base(base, engine.plan(base.name, base.case, base.options))
    found = _beside(stands, variants, engine)
    return _study(stands, found, time.perf_counter() - begin)


def _model(case: Case, options: Formulation) -> Variant:
    return Variant(options.name, case, options)


def _whatifs(case: Case, options: Formulation, asked: Any, is_against: bool) -> list[Variant]:
    """The changed cases. Raises `InputError` with the faults of all of them."""
    if asked is None and is_against:
        return []
    if asked is None and not case.whatifs:
        raise InputError([Finding("error", "whatifs", message="the case has no what-ifs to compare")])
    unread = unread_tables(options)
    found: list[Variant] = []
    faults: list[Finding] = []
    for name, changes in _named(case, asked, faults):
        try:
            found.append(Variant(name, case.with_changes(changes, unread), options))
        except InputError as error:
            faults += error.findings
    if faults:
        raise InputError(faults)
    return found


def _named(case: Case, asked: Any, faults: list[Finding]) -> list[tuple[str, str | WhatIf]]:
    """What is asked for, by name; all what-ifs of a file, with those that they build on."""
    if asked is None:
        return [(name, name) for name in case.whatifs]
    found: list[tuple[str, str | WhatIf]] = []
    for one in [asked] if isinstance(asked, str | Path | WhatIf) else asked:
        if isinstance(one, WhatIf):
            found.append((one.name, one))
        elif isinstance(one, Path) or (one.endswith(".toml") and one not in case.whatifs):
            try:
                read = read_whatifs(one)
                known = {**case.whatifs, **read}
                found += [(name, WhatIf(name, chain(whatif, known))) for name, whatif in read.items()]
            except InputError as error:
                faults += error.findings
        else:
            found.append((one, one))
    return found


def _check_names(variants: Sequence[Variant]) -> None:
    """Raises `InputError` where two things to compare have one name, or one has none."""
    names = [each.name for each in variants]
    faults = [
        Finding("error", "whatifs", column="whatif", value=name, message="two what-ifs or model files have this name")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if "" in names:
        faults.append(Finding("error", "whatifs", column="whatif", message="a what-if needs a name to be compared"))
    if faults:
        raise InputError(faults)


def _free_name(taken: Sequence[str]) -> str:
    """The name under which the base stands in the tables."""
    name = BASE
    while name in taken:
        name = f"the {name}"
    return name


def _beside(base: Base, variants: Sequence[Variant], engine: Engine) -> list[Compared]:
    """Each variant with its own plan and with the base's projects."""
    runs = []
    for each in variants:
        runs.append(Run(each.name, PLAN, each.case, each.options, start=base.plan))
        runs.append(Run(f"{each.name}, base's projects kept", KEPT, each.case, each.options, start=base.plan))
    ended = engine.solve(runs)
    return [Compared(*both) for both in zip(variants, ended[::2], ended[1::2], strict=True)]


def _study(base: Base, found: list[Compared], seconds: float) -> Study:
    case, made = base.variant.case, tables(base, found)
    runs = [base.finished, *(run for each in found for run in (each.finished, each.kept))]
    return Study(
        "comparison",
        case.title,
        ", ".join(dict.fromkeys([base.variant.options.name, *(each.variant.options.name for each in found)])),
        case.currency,
        case.base_year,
        case.input_hash,
        status_of(runs),
        words.lines(base, found, made["starts"]),
        {"why": words.why(base, found, made), **made, "runs": runs_table(runs)},
        words.warnings(base, found),
        versions(),
        {"total": seconds},
        {base.name: base.plan, **{each.name: each.plan for each in found if each.plan is not None}},
    )
