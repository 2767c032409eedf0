"""Dependence over time: in total, by material and by member."""

from __future__ import annotations

from dataclasses import replace

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.columns import COUNTRY, MATERIAL, PERIOD, SHARES
from quadopt.report.parts import LOOKS, Chart, Series, Sheet
from quadopt.report.schema import Column
from quadopt.report.views.common import READINGS, SHOWN, blocks, by_importance, largest, mean, ordered, panels

CHART = Chart("line", "", "", ("period",), (), "% of demand", "0%", span=(0, 1), height=18)


def dependence_by_period(plan: Plan) -> Sheet:
    """The index over time, as far as it is a mean over members and materials."""
    weighting = "weighted by value" if figures.has_value_weights(plan) else "each material weighs the same"
    sentence = f"Mean over members and materials ({weighting}) of the largest supplier's share, by period."
    found = {column.name: column for column in SHARES}
    shown = (PERIOD, found["share_at_least"], found["share_proportional"], found["share_at_most"])
    name = "dependence_by_period"
    chart = replace(
        CHART,
        title="Dependence on the largest supplier",
        sheet=name,
        series=(
            Series("share_proportional", "proportional", LOOKS[1]),
            Series("share_at_least", "at least (lower bound)", LOOKS[0]),
            Series("share_at_most", "at most", LOOKS[6]),
        ),
    )
    frame = figures.dependence_by_period(plan)
    return Sheet(name, "Dependence by period", sentence, shown, frame, charts=(chart,))


def dependence_by_material(plan: Plan) -> Sheet:
    """Each material's dependence over time."""
    order = by_importance(plan)
    frame = mean(largest(plan), ["material", "period"], list(READINGS), "demand")
    frame = ordered(frame, material=order, period=figures.periods(plan))
    name = "dependence_by_material"
    shown = (
        MATERIAL,
        PERIOD,
        *(SHOWN[reading] for reading in READINGS),
        Column("demand", "Demand", "units of the material", "amount", "demand of all members in the period"),
    )
    sentence = (
        "Share of the members' demand for each material that depends on its largest supplier, by period (mean over members "
        "by demand); the material with most value of demand comes first. Read proportional and at least together: at "
        "least is booked so that the total is least, and may be high for one material to be low for another."
    )
    return Sheet(
        name,
        "Dependence by material",
        sentence,
        shown,
        frame,
        charts=_pairs(name, "material", blocks(frame, "material")),
    )


def dependence_by_member(plan: Plan) -> Sheet:
    """Each member's dependence over time."""
    found = largest(plan)
    frame = mean(found, ["country", "period"], list(READINGS), "weight")
    frame = ordered(frame, country=found["country"].unique(), period=figures.periods(plan))
    name = "dependence_by_member"
    shown = (
        COUNTRY,
        PERIOD,
        *(SHOWN[reading] for reading in READINGS),
        Column(
            "weight", "Weight", "% of all weights in the index", "share", "what the member's demand weighs in the index"
        ),
    )
    sentence = (
        "Share of each member's demand that depends on its largest supplier, by period: mean over materials with the "
        "weights of the index."
    )
    return Sheet(
        name, "Dependence by member", sentence, shown, frame, charts=_pairs(name, "member", blocks(frame, "country"))
    )


def _pairs(name: str, what: str, found: dict[tuple[str, ...], tuple[int, int]]) -> tuple[Chart, ...]:
    """Proportional at the left and at least at the right, as many pairs as the lines need."""
    groups = {key[0]: rows for key, rows in found.items()}
    left = panels(replace(CHART, sheet=name, title=f"Dependence by {what}: proportional"), "share_proportional", groups)
    right = panels(replace(CHART, sheet=name, title=f"Dependence by {what}: at least"), "share_at_least", groups)
    return tuple(chart for pair in zip(left, right, strict=True) for chart in pair)
