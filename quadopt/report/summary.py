"""The plan as text that fits a screen: status and gaps first."""

from __future__ import annotations

from typing import Any

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.schema import kind_of_unit

WIDTH, HEIGHT = 100, 45
FOOTNOTE = "* book and claim: a lower bound of the total, not of a single material"


def summary_text(plan: Plan) -> str:
    """The plan in at most 45 lines of 100 columns; long lists are cut, and say so.

    Status and gaps come first, then the index in three steps, materials, starts, money, crises, warnings.
    """
    lines: list[str] = []
    attempts = [(rows, False) for rows in range(10, 4, -1)] + [(rows, True) for rows in range(10, 0, -1)]
    for rows, tight in attempts:
        parts = [part for part in _parts(plan, rows) if part]
        lines = [line for part in parts for line in (part if tight else [*part, ""])]
        if len(lines) <= HEIGHT + (not tight):
            break
    return "\n".join(_clip(line, WIDTH) for line in lines[:HEIGHT]).rstrip() + "\n"


def _parts(plan: Plan, rows: int) -> list[list[str]]:
    year = figures.base_year(plan)
    head = [
        plan.title or "Plan",
        f"model {plan.model_name}; money in million {plan.currency}{f' of {year}' if year else ''}",
        figures.status_sentence(plan),
    ]
    return [
        head,
        _stages(plan),
        _steps(plan),
        _short(plan, rows),
        _materials(plan, rows),
        _starts(plan, rows),
        _money(plan, rows),
        _crises(plan, rows),
        _warnings(plan, rows),
    ]


def _stages(plan: Plan) -> list[str]:
    frame = figures.stages(plan)
    rows = [
        (
            row["stage"],
            "optimal" if row["status"] == "optimal" else "STOPPED",
            _figure(row["incumbent"], row["unit"]),
            _figure(row["bound"], row["unit"]),
            _percent(row["gap"], 2),
            row["unit"],
        )
        for row in frame.head(8).to_dict("records")
    ]
    return _lay_out(("Stage", "status", "plan", "bound", "gap", "unit"), rows, "<<>>><")


def _short(plan: Plan, rows: int) -> list[str]:
    found = figures.short_because(plan)
    if found.empty:
        return []
    lines = [f"Short on the base path ({len(found)} of member and material; why: table shortage_causes)"]
    for row in found.head(max(1, rows // 3)).itertuples():
        lines += [
            f"  {row.country}, {row.material}: {_number(row.shortage)} {row.unit} in {row.periods}",
            f"    {row.limit}",
        ]
    return lines


def _steps(plan: Plan) -> list[str]:
    rows = [
        (
            row["step"],
            _percent(row["share_at_least"]),
            _percent(row["share_proportional"]),
            _percent(row["share_direct"]),
            _number(row["cost"]),
        )
        for row in figures.steps_total(plan).to_dict("records")
    ]
    if rows:
        return _lay_out(
            ("Dependence on one supplier", "at least*", "proportional", "direct", "cost, million"), rows, "<>>>>"
        ) + [FOOTNOTE]
    readings = [
        (
            f"{row['measure']}, {row['scope']}",
            *(_percent(row[name]) for name in ("at_least", "proportional", "at_most", "direct")),
        )
        for row in figures.index_readings(plan).to_dict("records")
    ]
    return _lay_out(
        ("Dependence on one supplier", "at least*", "proportional", "at most", "direct"), readings, "<>>>>"
    ) + ([FOOTNOTE] if readings else [])


def _materials(plan: Plan, limit: int) -> list[str]:
    frame = figures.worst_materials(plan)
    rows = [
        (row["material"], _percent(row["share_at_least"]), _percent(row["share_proportional"]), row["supplier"])
        for row in frame.head(min(limit, 5)).to_dict("records")
    ]
    return _lay_out(("Most dependent materials", "at least*", "proportional", "largest supplier"), rows, "<>><")


def _starts(plan: Plan, limit: int) -> list[str]:
    frame = figures.starts(plan).iloc[:-1]
    years = figures.first_year(figures.periods(plan)) > 0
    rows = [
        (
            row["project"],
            row["country"],
            row["start"],
            "" if pd.isna(row["complete"]) else f"{row['complete']:.1f}",
            _number(row["capex"]),
            _number(row["public_capex"]),
        )
        for row in frame.head(limit).to_dict("records")
    ]
    head = ("Projects started", "country", "start", "complete" if years else "complete, y", "capex, million", "public")
    return _lay_out(head, rows, "<<>>>>") + _more(len(frame), limit)


def _money(plan: Plan, limit: int) -> list[str]:
    frame = figures.money_by_country(plan).dropna(subset=["contribution"])
    members, total = frame.iloc[:-1], frame.iloc[-1:]
    shown = pd.concat([members.head(limit), total]).to_dict("records")
    rows = [
        (row["country"], _number(row["contribution"]), _number(row["limit"]), _percent(row["used"])) for row in shown
    ]
    return _lay_out(("Money", "contribution, million", "limit", "used"), rows, "<>>>") + _more(len(members), limit)


def _crises(plan: Plan, limit: int) -> list[str]:
    frame = figures.crises(plan)
    rows = [
        (
            row["disruption"],
            _percent(row["probability"]),
            _number(row["stress"]),
            _number(row["stress_without_sharing"]),
            _number(row["stress_without_stocks"]),
        )
        for row in frame.head(limit).to_dict("records")
    ]
    head = ("Crises: stress, million", "probability", "planned", "without sharing", "without stocks")
    return _lay_out(head, rows, "<>>>>") + _more(len(frame), limit)


def _warnings(plan: Plan, limit: int) -> list[str]:
    shown = min(limit, 3)
    return [f"Warning: {text.removeprefix('warning: ')}" for text in plan.warnings[:shown]] + _more(
        len(plan.warnings), shown
    )


def _more(count: int, limit: int) -> list[str]:
    return [f"  ... and {count - limit} more"] if count > limit else []


def _lay_out(head: tuple[str, ...], rows: list[tuple[Any, ...]], sides: str) -> list[str]:
    """Rows under their header in aligned columns; nothing where there are no rows.

    Texts are cut at 30 characters, those of the last column only by the width of the screen.
    """
    if not rows:
        return []
    rooms = [30] * (len(head) - 1) + [WIDTH]
    texts = [(head[0].upper(), *head[1:])] + [
        tuple(
            _clip("" if cell is None or cell != cell else str(cell), room)
            for cell, room in zip(row, rooms, strict=True)
        )
        for row in rows
    ]
    widths = [max(len(text[place]) for text in texts) for place in range(len(head))]
    return [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(text, sides, widths, strict=True)).rstrip()
        for text in texts
    ]


def _clip(text: str, width: int) -> str:
    text = " ".join(text.split()) if "\n" in text else text
    return text if len(text) <= width else text[: width - 3] + "..."


def _figure(value: Any, unit: Any) -> str:
    return _percent(value, 2) if kind_of_unit(unit) == "gap" else _number(value, 1)


def _percent(value: Any, digits: int = 1) -> str:
    return "n/a" if value is None or pd.isna(value) else f"{100 * float(value):.{digits}f} %"


def _number(value: Any, digits: int = 0) -> str:
    """A figure with at least three digits that mean something: small ones keep a decimal."""
    if value is None or pd.isna(value):
        return "n/a"
    shown = digits if abs(float(value)) >= 100 or float(value) == 0 else max(digits, 1)
    return f"{float(value):,.{shown}f}"
