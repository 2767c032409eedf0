"""The tables of a comparison: base and what-ifs as levels and differences, declared in `quadopt.report.studies.comparison`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from quadopt.plan import Plan
from quadopt.tables.difference import DIFFERENCE, difference
from quadopt.tables.records import rows_of
from quadopt.whatif.comparison.comparison import NOTHING, Base, Compared, Reached, reached, room
from quadopt.whatif.differences import ROUNDING, Difference, how_moved

ALL = "all"
READINGS = ("share_proportional", "share_at_least")


def tables(base: Base, found: Sequence[Compared]) -> dict[str, pd.DataFrame]:
    """Every table but those of words and runs."""
    return {
        "objectives": objectives(base, found),
        "adapting": adapting(base, found),
        "starts": starts(base, found),
        "dependence_by_material": _beside(base, found, _by_material, ["material"], READINGS, "dependence"),
        "dependence_by_member": _beside(base, found, _by_member, ["country"], READINGS, "dependence"),
        "money": _beside(base, found, _money, ["what", "item"], ("amount",), "cost", 0.0),
        "crises": _beside(base, found, _crises, ["disruption"], STRESS, "stress"),
        "crisis_shortages": _crisis_shortages(base, found),
        "inputs": inputs(base, found),
        "dropped": dropped(found),
    }


def objectives(base: Base, found: Sequence[Compared]) -> pd.DataFrame:
    """Each stage of each what-if beside the base's, stage by stage, with the interval of the true difference."""
    own = reached(base.plan.stages)
    others = {each.name: _stages(each.plan) for each in found}
    rows = []
    for stage in dict.fromkeys([*own, *(stage for stages in others.values() for stage in stages)]):
        there = own.get(stage, NOTHING)
        if stage in own:
            rows.append({**_objective(stage, base.name, there, there), "difference": None, "is_difference": None})
        for name, stages in others.items():
            here = stages.get(stage, NOTHING)
            apart = Difference.of(here.ended, there.ended)
            row = _objective(stage, name, here, there)
            row |= {"difference": apart.value, "difference_least": apart.least, "difference_most": apart.most}
            rows.append({**row, "is_difference": apart.is_told if apart.is_known else None, "words": apart.words})
    return pd.DataFrame(rows, columns=list(OBJECTIVES))


OBJECTIVES = (
    *("stage", "whatif", "unit", "status", "value", "bound", "gap", "base_value"),
    *("difference", "difference_least", "difference_most", "is_difference", "words"),
)


def _stages(plan: Plan | None) -> dict[str, Reached]:
    return reached(None if plan is None else plan.stages)


def _objective(stage: str, name: str, here: Reached, base: Reached) -> dict[str, object]:
    return {
        "stage": stage,
        "whatif": name,
        "unit": here.unit or base.unit,
        "status": here.status,
        "value": here.incumbent,
        "bound": here.bound,
        "gap": here.gap,
        "base_value": base.incumbent,
    }


def adapting(base: Base, found: Sequence[Compared]) -> pd.DataFrame:
    """Each stage with the what-if's own projects and with the base's kept: what adapting is worth."""
    rows = []
    for stage, there in reached(base.plan.stages).items():
        for each in found:
            adapted, kept = _stages(each.plan).get(stage, NOTHING), each.with_base_projects.get(stage, NOTHING)
            worth = Difference.of(kept.ended, adapted.ended)
            rows.append(
                {
                    "stage": stage,
                    "whatif": each.name,
                    "unit": there.unit,
                    "base_value": there.incumbent,
                    "adapted": adapted.incumbent,
                    "kept": kept.incumbent,
                    "change_adapted": adapted.incumbent - there.incumbent,
                    "change_kept": kept.incumbent - there.incumbent,
                    "worth": worth.value,
                    "worth_least": worth.least,
                    "worth_most": worth.most,
                    "is_difference": worth.is_told if worth.is_known else None,
                    "words": _worth_in_words(each, worth),
                }
            )
    return pd.DataFrame(rows)


def _worth_in_words(each: Compared, worth: Difference) -> str:
    kept = each.kept_projects
    if kept is None:
        return f"not known: {each.kept.reason}"
    if not kept.is_possible:
        return "no plan with the base's projects"
    return {"higher": "worth adapting", "lower": "not told apart: the plan stopped short"}.get(worth.words, worth.words)


def starts(base: Base, found: Sequence[Compared]) -> pd.DataFrame:
    """The projects whose start differs from the base's."""
    columns = ["whatif", "project", "country", "process", "what", "base_start", "start", "capacity", "capex", "note"]
    rows = []
    before = base.plan.starts
    for each in found:
        if each.plan is None:
            continue
        known = {row.project: row for row in rows_of(base.plan.tables["investments"])}
        there = {row.project: row for row in rows_of(each.plan.tables["investments"])}
        for project in dict.fromkeys([*known, *there]):
            old, new = before.get(project, ""), each.plan.starts.get(project, "")
            if old == new:
                continue
            shown = there.get(project) or known[project]
            status = there[project].status if project in there else "no such project in the what-if"
            rows.append(
                {
                    "whatif": each.name,
                    "project": project,
                    "country": shown.country,
                    "process": shown.process,
                    "what": how_moved(old, new),
                    "base_start": old,
                    "start": new,
                    "capacity": shown.capacity,
                    "capex": shown.capex,
                    "note": "" if status == "candidate" else status,
                }
            )
    return pd.DataFrame(rows, columns=columns)


def _beside(
    base: Base,
    found: Sequence[Compared],
    of: Callable[[Plan], pd.DataFrame],
    keys: list[str],
    values: Sequence[str],
    objective: str,
    absent: float = float("nan"),
) -> pd.DataFrame:
    """A table of each what-if beside the base's: levels and differences of its values; `absent` is what a missing row counts.

    Greyed out, `is_difference` no: every difference is within what gaps and slacks of the two plans in the objective add up to.
    The row of the objective itself is told apart where its bounds tell, too, as on the sheet of objectives.
    """
    parts = []
    for each in found:
        if each.plan is not None:
            free = room(base.plan, objective) + room(each.plan, objective)
            both = _told(_joined(of(base.plan), of(each.plan), keys, values, absent), values, free)
            if _is_told(base.plan, each.plan, objective):
                both.loc[both[keys].isin(_itself(base.plan, objective)).all(axis=1), "is_difference"] = True
            parts.append(both.assign(whatif=each.name))
    columns = ["whatif", *keys, *(f"{value}{end}" for value in values for end in ENDS), "is_difference"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


ENDS = ("_base", "", "_difference")


def _joined(
    before: pd.DataFrame, after: pd.DataFrame, keys: list[str], values: Sequence[str], absent: float
) -> pd.DataFrame:
    """Base and what-if side by side with their differences, the base's rows first, in its order."""
    both = pd.concat([before[keys], after[keys]]).drop_duplicates(ignore_index=True)
    out = both.merge(before, on=keys, how="left").merge(after, on=keys, how="left", suffixes=("_base", ""))
    for value in values:
        for name in (f"{value}_base", value):
            out[name] = out[name].astype(float).fillna(absent)
        out[f"{value}_difference"] = out[value] - out[f"{value}_base"]
    return out


def _told(both: pd.DataFrame, values: Sequence[str], free: float) -> pd.DataFrame:
    """Whether a value differs by more than `free`, or is there on one side alone."""
    told = pd.Series(False, index=both.index)
    for value in values:
        old, new = both[f"{value}_base"], both[value]
        size = pd.concat([old.abs(), new.abs()], axis=1).max(axis=1)
        told |= ((new - old).abs() > free + ROUNDING * size) | (old.isna() != new.isna())
    return both.assign(is_difference=told.astype(object))


def _is_told(base: Plan, other: Plan, objective: str) -> bool:
    """Whether the bounds of both plans tell an objective apart."""
    here = _stages(other)
    return any(
        Difference.of(here.get(stage, NOTHING).ended, there.ended).is_told
        for stage, there in _stages(base).items()
        if there.objective == objective
    )


def _itself(plan: Plan, objective: str) -> list[str]:
    """What names the row that shows an objective itself; nothing where no row does."""
    if objective == "dependence":
        return [ALL] if plan.options["objective_dependence"] == "index" else []
    return ["cost", ALL] if objective == "cost" else [f"{ALL}: {plan.options['risk']}"]


def _by_material(plan: Plan) -> pd.DataFrame:
    """The members' shares by material, over the horizon, weighted by demand; the index first, then most value first."""
    found = _largest(plan)
    order = found.groupby("material", sort=False)["weight"].sum().sort_values(ascending=False, kind="stable")
    means = _means(found, "material", "demand").set_index("material").reindex(order.index)
    return pd.concat([_index(plan, "material"), means.reset_index()], ignore_index=True)


def _by_member(plan: Plan) -> pd.DataFrame:
    """The shares of each member, over the horizon, with the weights of the index; the index first."""
    return pd.concat([_index(plan, "country"), _means(_largest(plan), "country", "weight")], ignore_index=True)


def _largest(plan: Plan) -> pd.DataFrame:
    frame = plan.tables["largest"]
    frame = frame[(frame["country"] != "group") & (frame["demand"] > 0)]
    return frame.assign(weight=frame[f"weight_{plan.options['dependence_weight']}"])


def _means(frame: pd.DataFrame, by: str, weight: str) -> pd.DataFrame:
    parts = frame[[by]].assign(**{name: frame[name].astype(float) * frame[weight] for name in READINGS})
    sums = parts.assign(weight=frame[weight]).groupby(by, sort=False)[[*READINGS, "weight"]].sum()
    return sums[list(READINGS)].div(sums["weight"].where(sums["weight"] > 0), axis=0).reset_index()


def _index(plan: Plan, key: str) -> pd.DataFrame:
    index = plan.tables["index"]
    own = index[(index["measure"] == plan.options["dependence_weight"]) & (index["scope"] == "members")]
    values = own.set_index("basis")["value"]
    return pd.DataFrame([{key: ALL, **{name: values.get(name.removeprefix("share_")) for name in READINGS}}])


def _money(plan: Plan) -> pd.DataFrame:
    """Contributions by member, capex by payer, cost by kind: millions, the sum of each first."""
    paid = plan.tables["contributions"].groupby("country", sort=False)["contribution"].sum()
    begun = plan.tables["investments"]
    begun = begun[begun["start"] != ""]
    public = float(begun["public_capex"].sum())
    capex = pd.Series({"public": public, "private": float(begun["capex"].sum()) - public})
    cost = plan.tables["cost"].groupby("kind", sort=False)["expected"].sum()
    parts = {"fund contributions": paid, "capex": capex, "cost": cost}
    return pd.DataFrame(
        [
            {"what": what, "item": str(item), "amount": float(amount)}
            for what, amounts in parts.items()
            for item, amount in [(ALL, amounts.sum()), *amounts.items()]
        ]
    )


STRESS = ("stress", "stress_without_sharing", "stress_without_stocks")


def _crises(plan: Plan) -> pd.DataFrame:
    """The stress of each crisis, and of all together by the measures of risk."""
    if "disruptions" not in plan.tables:
        return pd.DataFrame(columns=["disruption", *STRESS])
    together = plan.tables["stress"].rename(columns={"measure": "disruption", "value": "stress"})
    together = together.assign(disruption=f"{ALL}: " + together["disruption"].astype(str))
    return pd.concat([together, plan.tables["disruptions"]], ignore_index=True).reindex(columns=["disruption", *STRESS])


SHORTAGES = ("shortage", "shortage_value")


def _crisis_shortages(base: Base, found: Sequence[Compared]) -> pd.DataFrame:
    """What the members lack in each crisis, by material; materials that nobody lacks in either are left out."""
    unit = base.variant.case.column("materials", "material", "unit")
    for each in found:
        unit = {**each.variant.case.column("materials", "material", "unit"), **unit}
    keys = ["disruption", "material"]

    def lacking(plan: Plan) -> pd.DataFrame:
        if "crisis_shortage" not in plan.tables:
            return pd.DataFrame(columns=[*keys, *SHORTAGES])
        return plan.tables["crisis_shortage"].groupby(keys, sort=False)[list(SHORTAGES)].sum().reset_index()

    out = _beside(base, found, lacking, keys, SHORTAGES, "stress", 0.0)
    is_short = out[["shortage_base", "shortage"]].astype(float).max(axis=1) > 0
    out.insert(3, "unit", out["material"].map(unit))
    return out[is_short].reset_index(drop=True)


def inputs(base: Base, found: Sequence[Compared]) -> pd.DataFrame:
    """The inputs that each what-if changes."""
    parts = [
        difference(base.variant.case, each.variant.case).assign(whatif=each.name)
        for each in found
        if each.variant.case is not base.variant.case
    ]
    if not parts:
        return pd.DataFrame(columns=["whatif", *DIFFERENCE])
    out = pd.concat(parts, ignore_index=True)
    return out[["whatif", *DIFFERENCE]]


def dropped(found: Sequence[Compared]) -> pd.DataFrame:
    """The rows that each what-if leaves without what they are about."""
    parts = [each.variant.case.dropped.assign(whatif=each.name) for each in found if len(each.variant.case.dropped)]
    columns = ["whatif", "table", "entry", "reason"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
