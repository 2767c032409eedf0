"""Rules of the table projects: status, dates, what requires what, exclusive groups, minimum use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quadopt.reasons.rules import Limit, Rule, Ruled, shown
from quadopt.tables.records import rows_of
from quadopt.tables.units import Project, projects

TABLE = "projects"
LEAST_WORTH = 1.0
"""Millions that a project counts at least, so that one without capex is not dropped for nothing."""


def without_rules(case: Any) -> Any:
    """The table projects without dates and exclusions.

    A committed project that completes in time in no start of its window keeps its dates: there is no other start for it.
    """
    frame = case.tables[TABLE].copy()
    deadline = case.offset[case.periods[-1]] + 1e-9
    late = {p.name for p in projects(case) if p.starts and p.complete(case, p.starts[0]) > deadline}
    is_free = ~frame["project"].isin(late)
    is_committed = frame["status"] == "committed"
    frame.loc[is_free & ~is_committed, ["earliest", "latest"]] = ""
    frame.loc[is_free & is_committed, ["earliest", "latest"]] = case.periods[0], case.periods[-1]
    frame.loc[frame["status"] == "excluded", "status"] = "candidate"
    return frame


def project_rules(ruled: Ruled) -> Iterator[Rule]:
    """Every rule of the table, project by project."""
    known = {p.name: p for p in ruled.model.structure.projects}
    given = {p.name: p for p in projects(ruled.case)}
    starts = _starts(ruled)
    for row in rows_of(ruled.case.tables[TABLE]):
        if row.project in known:
            yield from _status(ruled, row, starts[row.project])
            yield from _dates(ruled, row, given[row.project], starts[row.project])
            yield from _requires(ruled, row)
            yield from _minimum_use(ruled, known[row.project])
    yield from _groups(ruled, known)


def _starts(ruled: Ruled) -> dict[str, dict[int, int]]:
    """project -> number of a period, from 0 -> column of its start there."""
    found: dict[str, dict[int, int]] = {}
    for (name, step), column in ruled.columns(ruled.model.pyomo.is_started).items():
        found.setdefault(name, {})[step - 1] = column
    return found


def _worth(capex: float) -> float:
    return max(capex, LEAST_WORTH)


def _rule(ruled: Ruled, name: str, column: str, **parts: Any) -> Rule:
    origin = ruled.origins.find(TABLE, (name,), column)
    return Rule(table=TABLE, key=(name,), column=column, periods=(), origin=origin, **parts)


def _status(ruled: Ruled, row: Any, starts: dict[int, int]) -> Iterator[Rule]:
    about: dict[str, Any] = {"unit": "", "value": row.status, "worth": _worth(row.capex), "most": 1.0}
    if row.status == "committed":
        number = ruled.rows(ruled.model.pyomo.started_as_committed)[row.project]
        words = f"{row.project} ({row.country}, capex {shown(row.capex)} million {ruled.case.currency}) is committed"
        yield _rule(ruled, row.project, "status", kind="committed", words=words, rows=((number, 1.0),), **about)
    if row.status == "excluded":
        limit = Limit(tuple(starts.values()), (1.0,) * len(starts), 0.0, 1.0)
        words = f"{row.project} ({row.country}) is excluded"
        yield _rule(ruled, row.project, "status", kind="excluded", words=words, limits=(limit,), **about)


def _dates(ruled: Ruled, row: Any, given: Project, starts: dict[int, int]) -> Iterator[Rule]:
    case = ruled.case
    number = {t: place for place, t in enumerate(case.periods)}
    latest = row.latest
    words = f"{row.project} starts in {latest} at the latest"
    if row.status == "committed" and not row.earliest and not row.latest:
        latest = given.starts[0]
        words = f"{row.project} is committed without dates, so it starts in {latest}"
    for column, limit, text in (
        ("earliest", row.earliest, f"{row.project} starts in {row.earliest} at the earliest"),
        ("latest", latest, words),
    ):
        if not limit:
            continue
        sign = -1.0 if column == "earliest" else 1.0
        away = {k: sign * (case.offset[case.periods[t]] - case.offset[limit]) for t, k in starts.items()}
        outside = {k: years for (t, k), years in zip(starts.items(), away.values(), strict=True)
                   if sign * (t - number[limit]) > 0}  # fmt: skip
        if outside:
            bound = Limit(tuple(outside), tuple(outside.values()), 0.0, 1.0)
            yield _rule(
                ruled, row.project, column, kind=column, words=text, value=limit, unit="period",
                worth=_worth(row.capex) / case.horizon, most=max(outside.values()), limits=(bound,),
            )  # fmt: skip


def _requires(ruled: Ruled, row: Any) -> Iterator[Rule]:
    rows = ruled.rows(ruled.model.pyomo.after_required)
    for required in row.requires:
        own = tuple((number, 1.0) for (p, r, _), number in rows.items() if (p, r) == (row.project, required))
        if own:
            words = f"{row.project} requires {required}, complete no later than itself"
            yield _rule(
                ruled, row.project, "requires", kind="requires", words=words, value=required, unit="",
                worth=_worth(row.capex), most=1.0, rows=own,
            )  # fmt: skip


def _minimum_use(ruled: Ruled, project: Project) -> Iterator[Rule]:
    if project.minimum_use <= 0:
        return
    full = ruled.base.project_capacity.array()
    numbers = [k for k, (p, _) in enumerate(ruled.model.structure.starts) if p == project.name]
    rows = ruled.rows(ruled.base.used_at_least)
    own = tuple((row, float(full[numbers, t - 1].max())) for (p, t), row in rows.items() if p == project.name)
    made = sum(q * ruled.worth_of(m) for m, q in project.recipe.items() if q > 0)
    if own:
        yield _rule(
            ruled, project.name, "minimum_use", kind="minimum use", value=project.minimum_use,
            words=f"{project.name} is used at least to {project.minimum_use:.4g} of its capacity once it stands",
            unit="fraction", worth=made * sum(most for _, most in own), most=project.minimum_use, rows=own,
        )  # fmt: skip


def _groups(ruled: Ruled, known: dict[str, Project]) -> Iterator[Rule]:
    for group, number in ruled.rows(ruled.model.pyomo.one_of_group).items():
        rivals = [p for p in known.values() if p.exclusive_group == group]
        origins = [ruled.origins.find(TABLE, (p.name,), "exclusive_group") for p in rivals]
        yield Rule(
            kind="exclusive group", table=TABLE, key=(group,), column="exclusive_group", periods=(), origin=origins[0],
            words=f"of {', '.join(p.name for p in rivals)} at most one starts (exclusive group {group})", value=group,
            unit="", worth=min(_worth(p.capex) for p in rivals), rows=((number, 1.0),),
            more_rows=tuple(o.row for o in origins[1:] if o.row is not None),
        )  # fmt: skip


def standing(ruled: Ruled, starts: dict[str, str]) -> Iterator[Rule]:
    """What projects can do as a plan starts them: nothing before they are complete, nothing where they do not start."""
    case, structure = ruled.case, ruled.model.structure
    rows, full = ruled.rows(ruled.base.within_online_capacity), ruled.base.project_capacity.array()
    number = {start: place for place, start in enumerate(structure.starts)}
    steps = {t: step for step, t in enumerate(case.periods, 1)}
    status = case.column(TABLE, "project", "status")
    for project in structure.projects:
        start = starts.get(project.name, "")
        can = full[number[project.name, steps[start]]] if start else [0.0] * len(case.periods)
        states: dict[str, list[int]] = {}
        for t, amount in enumerate(can):
            words = f"{project.name} ({project.country}, {project.process}) "
            if not start:
                words += "is excluded" if status[project.name] == "excluded" else "does not start in this plan"
            elif amount <= 0 and case.spans[t][0] < project.complete(case, start):
                words += f"starts in {start} and is not complete"
            else:
                words += f"runs at its full capacity of {shown(amount / ruled.lengths[t])} units of activity a year"
            states.setdefault(words, []).append(t)
        made = sum(q * ruled.worth_of(m) for m, q in project.recipe.items() if q > 0)
        for words, own in states.items():
            yield Rule(
                kind="project", table=TABLE, key=(project.name,), column="capacity", periods=ruled.labels(own),
                origin=ruled.origins.find(TABLE, (project.name,), "capacity"), words=words,
                unit="units of activity per year", value=float(can[own[0]] / ruled.lengths[own[0]]),
                worth=made * float(ruled.lengths[own].sum()),
                rows=tuple((rows[project.name, t + 1], float(ruled.lengths[t])) for t in own),
            )  # fmt: skip
