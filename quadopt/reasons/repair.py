"""Repairs: by how much which rule must give so that there is a plan, as new values that suffice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from quadopt.formulation.options import Cap, Formulation
from quadopt.reasons.elastic import Elastic
from quadopt.reasons.money_rules import burden_needed
from quadopt.reasons.rules import Rule, Ruled, placed, shown, spoken
from quadopt.solver.matrix import Array
from quadopt.tables.case import Case
from quadopt.tables.catalogue import TABLES

MEASURE = (
    "The cheapest repair gives least in all, in million {currency}: money as it is, a quantity at the material's price (the "
    "sum over the years that the limit holds for), a project dropped, admitted or let off what it requires at its capex, a "
    "start moved at its capex times the years moved over the years of the horizon. Supply and routes, which the members "
    "cannot decide on, give only where nothing else suffices. That there is a plan does not say that nothing goes short."
)
TINY = 1e-6
"""Share of a rule's value, or of one unit where it has none, below which it does not give."""
NO_CAP = "no cap"


@dataclass(frozen=True)
class Change:
    """A rule's new value that suffices, by how much it gives (in the rule's unit) and what that counts (millions)."""

    rule: Rule
    new: float | str
    gives: float

    @property
    def counts(self) -> float:
        """What giving way counts, in millions."""
        return self.gives * self.rule.worth

    def words(self, order: Sequence[str]) -> str:
        """The change as a sentence without its place; `order` holds all periods."""
        rule = self.rule
        if rule.kind in DROPPED:
            return DROPPED[rule.kind].format(who=rule.key[0], value=rule.value)
        if self.new == NO_CAP:
            return f"cap {int(rule.key[1]) + 1} is dropped (it was {shown(float(rule.value))} of use)"
        if rule.kind in ("earliest", "latest"):
            return f"{rule.key[0]}: {rule.column} from {rule.value} to {self.new}"
        when = spoken(rule.periods, order)
        return f"{self.what} from {shown(float(rule.value))} to {shown(float(self.new))} {rule.unit}" + (
            f" in {when}" if when and rule.table != "model" else ""
        )

    @property
    def what(self) -> str:
        """What is changed, in words: "Japan: limit"."""
        rule = self.rule
        if rule.table == "model":
            return f"cap {int(rule.key[1]) + 1}" if rule.kind == "cap" else rule.origin.column
        return f"{', '.join(filter(None, rule.key))}: {rule.column}"


DROPPED = {
    "committed": "{who} is no longer committed (candidate)",
    "excluded": "{who} is no longer excluded (candidate)",
    "funds not pooled": "{who}: pooled from false to true, one joint fund",
    "requires": "{who} no longer requires {value}",
    "exclusive group": "more than one project of the group {value} may start (exclusive_group blank)",
}


def changes(ruled: Ruled, elastic: Elastic, kept: Iterable[int]) -> list[Change]:
    """The cheapest repair that keeps some rules, by number; none where there is no plan with them."""
    kept = set(kept)
    outcome = elastic.cheapest(kept)
    if outcome.values is None:
        return []
    limits = [k for k, rule in enumerate(elastic.rules) if rule.kind == "contribution limit" and k not in kept]
    values = elastic.spread(outcome.values, limits)
    found = []
    for rule, gives in zip(elastic.rules, values[elastic.first :], strict=True):
        size = abs(rule.value) if isinstance(rule.value, float) and rule.value and rule.kind != "minimum stock" else 1.0
        if gives > TINY * size:
            found.append(Change(rule, _new(ruled, rule, float(gives), values), float(gives)))
    return found


def widened(change: Change) -> Change:
    """The same change a thousandth further out, for where the solver's tolerance has eaten what it needs."""
    rule = change.rule
    if isinstance(change.new, str) or not isinstance(rule.value, float):
        return change
    return Change(rule, outward(rule.value, (change.new - rule.value) * 1.001), change.gives)


def outward(old: float, by: float) -> float:
    """`old + by` with three figures of it and of the change, rounded away from `old` so that it still suffices."""
    if by == 0:
        return old
    step = 10.0 ** (np.floor(np.log10(min(abs(by), abs(old + by) or abs(by)))) - 2)
    new = old + np.sign(by) * np.ceil(abs(by) / step - 1e-9) * step
    return float(round(new, int(max(0, -np.floor(np.log10(step))) + 1)))


def _new(ruled: Ruled, rule: Rule, gives: float, values: Array) -> float | str:
    """The value that suffices where a rule gives that much at a plan."""
    if rule.kind in ("earliest", "latest"):
        return _start(ruled, rule, values)
    if isinstance(rule.value, str):
        return {"status": "candidate", "pooled": "true"}.get(rule.column, "")
    if rule.kind == "minimum stock":
        held = min(-limit.most for limit in rule.limits) if rule.column == "minimum" else rule.value
        return max(0.0, outward(rule.value, (1.0 - gives) * min(held, rule.value) - rule.value))
    if rule.kind == "minimum use":
        return max(0.0, outward(rule.value, _used(ruled, rule, values) - rule.value))
    if rule.kind == "burden":
        return outward(rule.value, burden_needed(ruled, values) - rule.value)
    if rule.kind == "sharing":
        return min(1.0, outward(rule.value, _shared(ruled, rule, values) - rule.value))
    if rule.kind == "cap":
        needed = _share(ruled, rule, values)
        return outward(rule.value, needed - rule.value) if needed < 0.999 else NO_CAP
    return outward(rule.value, gives)


def _start(ruled: Ruled, rule: Rule, values: Array) -> str:
    """The period in which a project starts outside its dates."""
    at = {column: t for (p, t), column in ruled.columns(ruled.model.pyomo.is_started).items() if p == rule.key[0]}
    step = next(at[column] for column in rule.limits[0].columns if values[column] > 0.5)
    return ruled.case.periods[step - 1]


def _used(ruled: Ruled, rule: Rule, values: Array) -> float:
    """The least use of a project's online capacity over the periods."""
    full, starts = ruled.base.project_capacity.array(), ruled.columns(ruled.model.pyomo.is_started)
    activity = ruled.columns(ruled.base.activity)
    online = sum(
        full[k] * values[starts[key]] for k, key in enumerate(ruled.model.structure.starts) if key[0] == rule.key[0]
    )
    done = np.array([values[activity[rule.key[0], t]] for t in ruled.base.steps])
    is_on = np.asarray(online) > 0
    return float((done[is_on] / np.asarray(online)[is_on]).min()) if is_on.any() else 0.0


def _shared(ruled: Ruled, rule: Rule, values: Array) -> float:
    """The largest part of an opening stock that is shared in a year under a row of the sharing table."""
    rows, stock, shared = (ruled.rows(ruled.base.sharing_limit), ruled.columns(ruled.base.stock),
                           ruled.columns(ruled.base.shared))  # fmt: skip
    own, most = {number for number, _ in rule.rows}, 0.0
    for (row, i, m, t), number in rows.items():
        if number in own:
            given = sum(values[shared[i, j, m, t]] for j in ruled.model.pyomo.share_receivers[row, i, m])
            opening = values[stock[i, m, t - 1]] * ruled.lengths[t - 1]
            most = max(most, given / opening if opening > 0 else float(given > 0))
    return most


def _share(ruled: Ruled, rule: Rule, values: Array) -> float:
    """The share of use that the largest supplier has at a plan, over the places and periods of a cap's rule."""
    number, place, material = int(rule.key[1]), rule.key[2], rule.key[3]
    pyomo, excess = ruled.model.pyomo, ruled.columns(ruled.model.pyomo.cap_excess)
    needed = ruled.options.caps[number].share
    for (k, n, m, t), column in excess.items():
        if (k, n, m) == (number, place, material) and values[column] > 0:
            suppliers = [s for kk, s, nn, mm in pyomo.cap_places if (kk, nn, mm) == (k, n, m)]
            uses = []
            for s in suppliers:
                coefficients, constant = ruled.matrix.vector(
                    sum(pyomo.use[c, m, t] for c in pyomo.cap_members[k, s, n, m])
                )
                uses.append(float(coefficients @ values[: coefficients.size]) + constant)
            least = min(uses)
            needed = max(needed, ruled.options.caps[number].share + values[column] / least if least > 0 else np.inf)
    return float(needed)


def applied(case: Case, options: Formulation, found: Sequence[Change]) -> tuple[Case, Formulation]:
    """A copy of the case and of the model file with the changes made; what they were read from stays as it was."""
    rows = []
    requires = case.column("projects", "project", "requires")
    for change in found:
        if change.rule.table == "model":
            options = _options(options, change)
            continue
        if change.rule.kind == "requires":
            project = change.rule.key[0]
            requires[project] = tuple(name for name in requires[project] if name != change.rule.value)
            change = replace(change, new="; ".join(requires[project]))
        rows.append(_row(change))
    dropped = {int(change.rule.key[1]) for change in found if change.new == NO_CAP}
    if dropped:
        options = options.model_copy(update={"caps": [c for k, c in enumerate(options.caps) if k not in dropped]})
    return case.with_changes(rows) if rows else case, options


def _row(change: Change) -> dict[str, Any]:
    """The change of an input table, as in the table of what-ifs."""
    rule = change.rule
    if rule.kind == "exclusive group":
        where: dict[str, Any] = {"exclusive_group": rule.key[0]}
        return {"table": "projects", "where": where, "column": "exclusive_group", "operation": "set", "value": ""}
    where = dict(zip(TABLES[rule.table].key, rule.key, strict=True))
    if rule.periods:
        where["period"] = list(rule.periods)
    return {"table": rule.table, "where": where, "column": rule.column, "operation": "set", "value": change.new}


def _options(options: Formulation, change: Change) -> Formulation:
    rule, new = change.rule, change.new
    if rule.kind == "burden":
        return options.model_copy(update={"pact": options.pact.model_copy(update={"burden_tolerance": new})})
    if rule.kind == "funds not pooled":
        return options.model_copy(update={"pact": options.pact.model_copy(update={"pooled": True})})
    if rule.kind == "bound":
        return options.model_copy(update={"bounds": {**options.bounds, rule.column: new}})
    caps: list[Cap] = list(options.caps)
    number = int(rule.key[1])
    if new != NO_CAP:
        caps[number] = caps[number].model_copy(update={"share": max(float(new), caps[number].share)})
    return options.model_copy(update={"caps": caps})


def lines(found: Sequence[Change], order: Sequence[str]) -> list[str]:
    """Changes for reading, with their places, those of one limit in different periods in one line."""
    same: dict[tuple[str, str], list[Change]] = {}
    for change in found:
        same.setdefault((change.rule.origin.sheet, change.what), []).append(change)
    texts = []
    for changes in same.values():
        place = placed([change.rule for change in changes])[1]
        if len(changes) == 1:
            texts.append(f"{place}: {changes[0].words(order)}")
            continue
        steps = (
            f"{shown(float(c.rule.value))} to {shown(float(c.new))} in {spoken(c.rule.periods, order)}" for c in changes
        )
        texts.append(f"{place}: {changes[0].what}, {changes[0].rule.unit}: from {', from '.join(steps)}")
    return texts


def table(found: Sequence[Change], order: Sequence[str]) -> pd.DataFrame:
    """Changes as a table: what stands where, the old value, the new one that suffices, and what giving way counts."""
    rows: list[dict[str, Any]] = []
    for change in found:
        rule = change.rule
        rows.append({
            "sheet": rule.origin.sheet,
            "row": rule.origin.row,
            "column": rule.origin.column,
            "entry": "; ".join(part for part in rule.key if part),
            "periods": spoken(rule.periods, order),
            "old": rule.value,
            "new": change.new,
            "unit": rule.unit,
            "counts": change.counts,
            "change": change.words(order),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(REPAIR))


REPAIR = ("sheet", "row", "column", "entry", "periods", "old", "new", "unit", "counts", "change")
