"""Disruptions: one start and one probability each, fields that fit their kind."""

from __future__ import annotations

from quadopt.tables.checked import Checked
from quadopt.tables.typed import TypedRow

USES = {
    "export_cut": ("country", "destination", "material", "limit"),
    "outage": ("country", "material", "process"),
    "demand_surge": ("country", "material", "sector"),
}
"""Which columns say what a kind strikes; others do nothing."""

_FIELDS = ("destination", "material", "process", "sector", "limit")


def _by_name(checked: Checked) -> dict[str, list[TypedRow]]:
    rows: dict[str, list[TypedRow]] = {}
    for row in checked.rows("disruptions"):
        if row.get("disruption"):
            rows.setdefault(row.get("disruption"), []).append(row)
    return rows


def rows_strike_together(checked: Checked) -> None:
    """All rows of a disruption have the same start and the same probability."""
    for name, rows in _by_name(checked).items():
        for column in ("start", "probability"):
            first = next((row for row in rows if column not in row.faulty), None)
            for row in rows:
                if first is None or column in row.faulty or row.get(column) == first.get(column):
                    continue
                value = first.get(column)
                checked.error("disruptions", f"{name}: all rows have one {column}, but row {first.number} has another",
                              row, column, expected="blank" if value is None else str(value))  # fmt: skip


def probabilities_leave_a_rest(checked: Checked) -> None:
    """The given probabilities sum to less than 1."""
    total, last = 0.0, None
    for rows in _by_name(checked).values():
        value = next((row.get("probability") for row in rows if row.get("probability") is not None), None)
        if value is not None:
            total, last = total + value, rows[0]
    if last is not None and total >= 1 - 1e-12:
        checked.error("disruptions", f"the probabilities sum to {total:g}: nothing is left for the undisturbed future",
                      last, "probability", expected="a sum below 1 over all disruptions")  # fmt: skip


def severities_fit(checked: Checked) -> None:
    """A surge says how much; a cut or outage takes at most everything; severity and limit are not both given."""
    for row in checked.rows("disruptions"):
        kind, severity, limit = row.get("kind"), row.get("severity"), row.get("limit")
        if kind == "demand_surge" and severity is None and "severity" not in row.faulty:
            checked.error("disruptions", "a demand_surge needs a severity", row, "severity",
                          expected="the added fraction, e.g. 0.3")  # fmt: skip
        if kind in ("export_cut", "outage") and severity is not None and severity > 1:
            checked.error("disruptions", f"the severity of an {kind} is above 1", row, "severity",
                          expected="a fraction from 0 to 1",
                          suggestion=f"{severity / 100:g}" if severity <= 100 else "")  # fmt: skip
        if kind == "export_cut" and severity is not None and limit is not None:
            checked.error("disruptions", "both severity and limit are given", row, "limit", expected="one of the two")


def fields_fit_their_kind(checked: Checked) -> None:
    """Columns that a kind does not use do nothing."""
    for row in checked.rows("disruptions"):
        kind = row.get("kind")
        if kind not in USES:
            continue
        for column in _FIELDS:
            if row.get(column) is not None and column not in USES[kind]:
                checked.warning("disruptions", f"a disruption of kind {kind} does not use {column}", row, column)
        if kind == "export_cut" and row.get("country") is not None and row.get("country") == row.get("destination"):
            checked.warning("disruptions", "a cut of exports to the country itself does nothing", row, "destination")


def disruptions_end_in_time(checked: Checked) -> None:
    """A disruption that outlasts the horizon is cut off there."""
    for row in checked.rows("disruptions"):
        start, duration = row.get("start"), row.get("duration")
        if start in checked.begin and duration is not None:
            end = checked.begin[start] + duration
            if end > checked.horizon + 1e-9:
                checked.warning("disruptions", f"{row.get('disruption')} lasts {end - checked.horizon:g} years beyond "
                                "the horizon; these do not count", row, "duration")  # fmt: skip


RULES = (rows_strike_together, probabilities_leave_a_rest, severities_fit, fields_fit_their_kind,
         disruptions_end_in_time)  # fmt: skip
