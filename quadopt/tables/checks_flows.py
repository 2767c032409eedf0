"""Routes that contradict each other."""

from __future__ import annotations

from itertools import pairwise

from quadopt.tables.checked import Checked
from quadopt.tables.flows import Flow, Flows


def routes_are_clear(checked: Checked) -> None:
    """No two equally specific rows of the routes table match the same existing flow."""
    if not checked.rows("routes"):
        return
    flows = Flows(checked)
    found: dict[tuple[Flow, Flow], Flow] = {}
    for flow in flows.all():
        keys = flows.matching(flow)
        for first, second in pairwise(keys):
            found.setdefault((first, second), flow)
    for (first, second), (origin, destination, material) in found.items():
        one, other = flows.route_rows[first], flows.route_rows[second]
        checked.error(
            "routes", f"this row and row {one.number} are equally specific and both match {material} from {origin} to "
            f"{destination}", other, "origin" if second[0] else "destination" if second[1] else "material",
            expected=f"a row for {origin}, {destination}, {material}, or fewer keys in one of the two",
        )  # fmt: skip


RULES = (routes_are_clear,)
