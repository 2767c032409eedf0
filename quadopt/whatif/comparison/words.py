"""A comparison in words: its status, the answer what-if by what-if, and why each differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from quadopt.formulation.options import Formulation
from quadopt.reasons.words import listed, money, points
from quadopt.solver.outcome import Status
from quadopt.tables.records import rows_of
from quadopt.whatif.comparison.comparison import NOTHING, Base, Compared, reached
from quadopt.whatif.differences import Difference

MOST = 6
"""Changes, projects or rows that a sentence names; how many more there are is said."""


def lines(base: Base, found: Sequence[Compared], starts: pd.DataFrame) -> list[str]:
    """The answer: what failed or stopped first, then a sentence on each what-if."""
    halted = [
        f"{run.run} failed: {run.reason}" for each in found for run in (each.finished, each.kept) if not run.has_answer
    ]
    cut = [
        run.run for each in found for run in (each.finished, each.kept) if run.status == Status.STOPPED_WITH_PLAN.value
    ]
    if base.finished.status == Status.STOPPED_WITH_PLAN.value:
        cut.insert(0, base.name)
    if cut:
        halted.append(
            f"Stopped before the gap asked: {listed(cut)}. Better plans may exist; the intervals allow for that."
        )
    return [*halted, *(_line(base, each, starts) for each in found if each.plan is not None)]


def _line(base: Base, each: Compared, starts: pd.DataFrame) -> str:
    own = starts[starts["whatif"] == each.name]
    moved = _projects(own)
    parts = [f"{each.name}: {_changes(base, each)}", f"Projects: {moved}." if moved else "The same projects."]
    return " ".join([*parts, _worth(base, each)]).strip()


def _changes(base: Base, each: Compared) -> str:
    """`dependence rises by 1.2 percentage points; no difference in cost.`"""
    told, same = [], []
    others = reached(None if each.plan is None else each.plan.stages)
    for stage, there in reached(base.plan.stages).items():
        apart = Difference.of(others.get(stage, NOTHING).ended, there.ended)
        if apart.is_known and apart.is_told:
            way = "rises" if apart.value > 0 else "falls"
            told.append(f"{named(stage)} {way} by {size(apart.value, there.unit, base.plan.currency)}")
        elif apart.is_known:
            same.append(named(stage))
    if same and not told:
        return "no difference that the gaps tell."
    if same:
        told.append(f"no difference in {listed(same)} that the gaps tell")
    return "; ".join(told) + "." if told else "nothing to compare stage by stage."


def _worth(base: Base, each: Compared) -> str:
    """What happens with the base's projects kept, against what adapting is worth."""
    kept = each.kept_projects
    if kept is None:
        return ""
    if not kept.is_possible:
        more = kept.fund_needed
        why = f": they take {money(more, base.plan.currency)} more than the members allow" if more > 0 else ""
        return f"With the base's projects kept no plan meets the rules{why}."
    adapted, parts = reached(None if each.plan is None else each.plan.stages), []
    for stage, nobody in each.with_base_projects.items():
        worth = Difference.of(nobody.ended, adapted.get(stage, NOTHING).ended)
        if worth.is_known and worth.is_told and worth.value > 0:
            parts.append(f"{size(worth.value, nobody.unit, base.plan.currency)} of {named(stage)}")
    if not parts:
        return "Keeping the base's projects does as well, as far as the gaps tell."
    return f"Adapting is worth {listed(parts)} against keeping the base's projects."


def why(base: Base, found: Sequence[Compared], tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a what-if: which inputs changed, which starts changed, and what remains with the base's projects kept."""
    rows = []
    for each in found:
        own = tables["starts"][tables["starts"]["whatif"] == each.name]
        rows.append(
            {
                "whatif": each.name,
                "inputs": "; ".join(_few([*_inputs(base, each), *_options(base, each)])) or "none",
                "dropped": len(each.variant.case.dropped),
                "starts": f"no plan: {each.finished.reason}" if each.plan is None else _projects(own) or "none",
                "kept": _kept(base, each),
            }
        )
    return pd.DataFrame(rows, columns=["whatif", "inputs", "dropped", "starts", "kept"])


def _inputs(base: Base, each: Compared) -> list[str]:
    return [change.words for change in each.variant.case.changes[len(base.variant.case.changes) :]]


def _options(base: Base, each: Compared) -> Iterator[str]:
    """The rules of the model file that are others."""
    before, after = _rules(base.variant.options), _rules(each.variant.options)
    for key in dict.fromkeys([*before, *after]):
        if key not in ("name", "title", "description") and before.get(key) != after.get(key):
            yield f"model file, {key}: {after.get(key)} instead of {before.get(key)}"


def _rules(options: Formulation) -> dict[str, Any]:
    """The rules of a model file as they apply, slacks that it does not state among them."""
    stated = options.model_dump(mode="json")
    stated["slack"] = {each: options.slack_of(each).model_dump() for each in options.objectives()}
    return dict(_flat(stated))


def _flat(options: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in options.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _projects(starts: pd.DataFrame) -> str:
    """`appear: A (2027), B (2028); vanish: C`."""
    parts = []
    for what, verb in (("appears", "appear"), ("vanishes", "vanish"), ("moves", "move")):
        own = [_project(row) for row in rows_of(starts[starts["what"] == what])]
        if own:
            parts.append(f"{len(own)} {verb if len(own) > 1 else what} ({', '.join(_few(own))})")
    return "; ".join(parts)


def _project(row: Any) -> str:
    dates = " to ".join(part for part in (row.base_start, row.start) if part)
    return f"{row.project} {dates}" + (f", {row.note}" if row.note else "")


def _kept(base: Base, each: Compared) -> str:
    """What remains of the change with the base's projects kept, and what could not be kept."""
    kept = each.kept_projects
    if kept is None:
        return f"not known: {each.kept.reason}"
    told = []
    own, adapted = reached(base.plan.stages), reached(None if each.plan is None else each.plan.stages)
    for stage, nobody in each.with_base_projects.items():
        there = own.get(stage, NOTHING)
        remains = Difference.of(nobody.ended, there.ended)
        if remains.is_known and remains.is_told:
            with_own = Difference.of(adapted.get(stage, NOTHING).ended, there.ended)
            beside = (
                f" (adapted: {signed(with_own.value, nobody.unit, base.plan.currency)})" if with_own.is_known else ""
            )
            told.append(f"{named(stage)} {signed(remains.value, nobody.unit, base.plan.currency)}{beside}")
    text = "; ".join(told) if told else "no difference to the base that the gaps tell"
    parts = [f"{text}." if kept.is_possible else _worth(base, each)]
    if kept.left_out:
        out = [f"{project} ({reason})" for project, reason in kept.left_out.items()]
        parts.append(f"Not kept: {', '.join(_few(out))}.")
    if kept.added:
        parts.append(f"Started as well, because committed: {', '.join(_few(list(kept.added)))}.")
    return " ".join(parts)


def _few(words: list[str]) -> list[str]:
    return words if len(words) <= MOST else [*words[:MOST], f"and {len(words) - MOST} more"]


def named(stage: str) -> str:
    """A stage's name in a sentence."""
    return stage.replace("_", " ")


def size(value: float, unit: str, currency: str) -> str:
    """A difference without its sign, in points or money as the stage's unit is."""
    is_share = unit.startswith(("index", "share"))
    return points(abs(value)) if is_share else money(abs(value), currency)


def signed(value: float, unit: str, currency: str) -> str:
    """A difference with its sign."""
    return f"{'+' if value >= 0 else '-'}{size(value, unit, currency)}"


def warnings(base: Base, found: Sequence[Compared]) -> list[str]:
    """The base's, then what only a what-if's case or plan warns of."""
    known = list(base.plan.warnings)
    out = list(known)
    for each in found:
        own = each.plan.warnings if each.plan is not None else [str(finding) for finding in each.variant.case.findings]
        out += [f"{each.name}: {text}" for text in own if text not in known]
    return out
