"""Tables and sentences of a study of alternatives."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from quadopt.reasons.words import listed, money, points, share
from quadopt.tables.case import Case
from quadopt.tables.units import Project, projects
from quadopt.whatif.alternatives.good_lists import PLAN_LIST, Findings, GoodList, Target
from quadopt.whatif.study import COMPLETE

OBJECTIVES = ("shortage", "dependence", "stress", "cost")
NOISE = 1e-6
"""Part of a value below which a gap is the solver's rounding."""
NAMED = 12
"""Projects that a sentence names at most."""


def tables(case: Case, findings: Findings) -> dict[str, pd.DataFrame]:
    """The study's tables but for its runs."""
    candidates = [p for p in projects(case) if p.starts]
    return {
        "lists": _lists(findings, candidates),
        "projects": _projects(case, findings, candidates),
        "list_projects": _list_projects(findings, candidates),
    }


def distance(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[int, int]:
    """Projects that one of two lists starts and the other does not, and projects that both start at different dates."""
    both = one.keys() & other.keys()
    return len(one.keys() ^ other.keys()), sum(one[p] != other[p] for p in both)


def _lists(findings: Findings, candidates: list[Project]) -> pd.DataFrame:
    by_name = {p.name: p for p in candidates}
    return pd.DataFrame([_list(findings, one, by_name) for one in findings.lists])


def _list(findings: Findings, one: GoodList, by_name: dict[str, Project]) -> dict[str, object]:
    target = findings.target
    to_plan, dates = distance(target.plan.starts, one.starts)
    others = {other.name: distance(other.starts, one.starts) for other in findings.lists if other is not one}
    nearest = min(others, key=lambda name: others[name], default="")
    chosen = [by_name[p] for p in one.starts]
    search = one.search
    return {
        "list": one.name,
        "found_as": one.found_as,
        "status": "" if search is None else "farthest, proven" if search.is_proven else "a farther one may exist",
        "distance": None if search is None else search.distance,
        "distance_bound": None if search is None else search.bound,
        "distance_to_plan": to_plan,
        "dates_to_plan": dates,
        "distance_to_nearest": others[nearest][0] if nearest else None,
        "nearest_list": nearest,
        "stage": target.stage,
        "unit": target.unit,
        "value": one.value,
        "above_plan": one.value - target.reached,
        "projects": len(chosen),
        "capex": sum(p.capex for p in chosen),
        "fund_used": sum(p.fund_share * p.capex for p in chosen),
        **{name: one.objectives.get(name, float("nan")) for name in OBJECTIVES},
    }


def _projects(case: Case, findings: Findings, candidates: list[Project]) -> pd.DataFrame:
    rows = []
    order = {period: number for number, period in enumerate(case.periods)}
    for project in candidates:
        holding = findings.holding(project.name)
        dates = sorted((one.starts[project.name] for one in holding), key=order.__getitem__)
        rows.append(
            {
                "project": project.name,
                "country": project.country,
                "process": project.process,
                "capex": project.capex,
                "lists": len(holding),
                "share": len(holding) / len(findings.good) if findings.good else float("nan"),
                "verdict": findings.verdict(project.name),
                "is_proven": "yes" if findings.is_proven(project) else "no",
                "basis": findings.basis(project),
                "start_in_plan": findings.target.plan.starts.get(project.name, ""),
                "earliest_start": dates[0] if dates else "",
                "latest_start": dates[-1] if dates else "",
            }
        )
    frame = pd.DataFrame(rows)
    return frame.sort_values("share", ascending=False, kind="stable", ignore_index=True) if rows else frame


def _list_projects(findings: Findings, candidates: list[Project]) -> pd.DataFrame:
    plan, rows = findings.target.plan.starts, []
    for one in findings.lists:
        for project in candidates:
            name = project.name
            if name not in one.starts and (name not in plan or one.name == PLAN_LIST):
                continue
            start = one.starts.get(name, "")
            rows.append(
                {
                    "list": one.name,
                    "project": name,
                    "country": project.country,
                    "process": project.process,
                    "start": start,
                    "start_in_plan": plan.get(name, ""),
                    "change": _change(plan.get(name, ""), start),
                    "capex": project.capex if start else 0.0,
                }
            )
    return pd.DataFrame(rows)


def _change(before: str, after: str) -> str:
    if before == after:
        return "as in the plan"
    return "left out" if not after else "started" if not before else "another date"


def status(findings: Findings) -> str:
    """`complete`, or how many runs failed or were stopped before they left nothing open."""
    halted = sum(not one.search.is_proven for one in findings.lists if one.search is not None)
    halted += findings.end is not None and not findings.end.is_proven
    halted += sum(
        p.found is not None and p.found.starts is None and not p.found.is_proven for p in findings.proofs.values()
    )
    parts = [f"{len(findings.failed)} runs failed"] if findings.failed else []
    parts += [f"{halted} searches stopped before they left nothing open"] if halted else []
    return "; ".join(parts) or COMPLETE


def warnings(case: Case, findings: Findings) -> list[str]:
    """The case's own, and what is odd about the plan's list."""
    out = [str(finding) for finding in case.findings]
    if findings.plan_value != findings.plan_value:
        out.append(
            "The plan's own list is not within the level: its later stages have made use of their slack. It stands among the "
            "lists and is not counted in shares."
        )
    return out


def lines(case: Case, findings: Findings) -> list[str]:
    """The answer in sentences."""
    failed = [f"{one.run} failed: {one.reason}." for one in findings.failed]
    return [
        *failed,
        *_how_many(case, findings),
        *_verdicts(case, findings),
        *_most_different(case, findings),
        *_open(case, findings),
    ]


def _how_many(case: Case, findings: Findings) -> list[str]:
    target, others = findings.target, findings.lists[1:]
    level = (
        f"{target.stage} at most {_level(target, target.level, case)}, {_by(target, target.allowed, case)} above the "
        f"plan's run ({_level(target, target.reached, case)})"
    )
    first = (
        f"{len(others)} lists of other projects beside the plan's are as good as asked: {level}; earlier objectives as in "
        "the plan."
    )
    return [first, _from_optimum(target, case), *_end(findings)]


def _from_optimum(target: Target, case: Case) -> str:
    """How far from the true optimum the lists are at most, in words."""
    if math.isinf(target.gap):
        return "The plan's run has no proven bound: how far the lists are from the optimum is not known."
    if target.gap <= NOISE * abs(target.reached):
        return f"The plan's run is proven to be the optimum of {target.stage}."
    return (
        f"The plan's run is proven to be within {_by(target, target.gap, case)} of the optimum, the lists therefore within "
        f"{_by(target, target.gap + target.allowed, case)} of it."
    )


def _end(findings: Findings) -> list[str]:
    if findings.end is None:
        return []
    if findings.end.is_proven:
        return ["There is no further list: proven, every other one is worse than asked."]
    return [
        "No further list was found in time; it is not proven that there is none (it could differ in up to "
        f"{findings.end.bound} projects)."
    ]


def _verdicts(case: Case, findings: Findings) -> list[str]:
    out = []
    candidates = [p for p in projects(case) if p.starts and p.status != "committed"]
    count = len(findings.good)
    for verdict, word in (("always", "In every good list"), ("never", "In no good list")):
        own = [p for p in candidates if findings.verdict(p.name) == verdict]
        proven = [p.name for p in own if findings.is_proven(p)]
        rest = [p.name for p in own if not findings.is_proven(p)]
        if proven:
            out.append(f"{word}, proven: {_named(proven)}.")
        if rest:
            among = f"all {count}" if verdict == "always" else f"none of the {count}"
            out.append(f"In {among} lists found, not proven for others: {_named(rest)}.")
    return out


def _named(names: list[str]) -> str:
    return listed(names) if len(names) <= NAMED else f"{', '.join(names[:NAMED])} and {len(names) - NAMED} others"


def _most_different(case: Case, findings: Findings) -> list[str]:
    plan = findings.target.plan.starts
    others = findings.lists[1:]
    if not others:
        return []
    one = max(others, key=lambda other: distance(plan, other.starts))
    projects_apart, dates = distance(plan, one.starts)
    out, new = [p for p in plan if p not in one.starts], [p for p in one.starts if p not in plan]
    changes = [f"leaves out {_named(out)}"] if out else []
    changes += [f"starts {_named(new)}"] if new else []
    moved = f" and {dates} dates of start" if dates else ""
    named = f"List {one.name}" if one.search is not None else f"The list {one.name}"
    return [
        f"{named} is the most different from the plan's, by {projects_apart} projects{moved}: it {' and '.join(changes)}; "
        f"{findings.target.stage} {_level(findings.target, one.value, case)}."
    ]


def _open(case: Case, findings: Findings) -> list[str]:
    """The projects that good lists differ in most."""
    count = len(findings.good)
    held = {p.name: len(findings.holding(p.name)) for p in projects(case) if p.starts}
    split = sorted((abs(n / count - 0.5), name) for name, n in held.items() if 0 < n < count)
    if not split:
        return []
    named = [f"{name} (in {held[name]} of {count})" for _, name in split[:5]]
    return [f"Good lists differ most in {listed(named)}."]


def _level(target: Target, value: float, case: Case) -> str:
    """A value of the target's goal in words."""
    return share(value) if target.is_index else money(value, case.currency)


def _by(target: Target, difference: float, case: Case) -> str:
    """A difference of two such values in words."""
    return points(difference) if target.is_index else money(difference, case.currency)
