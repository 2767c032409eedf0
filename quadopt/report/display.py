"""A plan in a notebook: what it shows of itself, and its tables with units and formats. No number is changed."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import blocks, figures
from quadopt.report.columns import BY_NAME
from quadopt.report.parts import VERMILLION
from quadopt.report.schema import Column, columns_of, kinds, shown, texts
from quadopt.tables.schema import nearest

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

WARNINGS = 5
"""Warnings that are shown; how many more there are is said."""


def plan_text(plan: Plan) -> str:
    """The plan in one line: title, model file, status, the widest gap, the number of tables."""
    gaps = figures.numbers(figures.table(plan, "stages"), "gap")["gap"].dropna()
    gap = f", widest gap {shown(gaps.max(), 'gap')}" if len(gaps) else ""
    return f"<Plan {plan.title!r}, model {plan.model_name}: {plan.status}{gap}; {len(plan.tables)} tables>"


def plan_html(plan: Plan) -> str:
    """The plan as HTML for a notebook: status, values, bounds and gaps first, then the headline, warnings, the list of tables.

    All text is escaped.
    """
    status = blocks.status(plan)
    style = f' style="color:{VERMILLION};font-weight:bold"' if status.is_flagged else ""
    year = figures.base_year(plan)
    money = f"Money: million {plan.currency}, real{f' {year}' if year else ''}."
    parts = [
        f"<h3>{escape(plan.title or 'Plan')}</h3>",
        f"<p>Model file: {escape(plan.model_name)}. {escape(money)}</p>",
        f"<p{style}>{escape(status.sentence)}</p>",
        "" if status.rows is None else _table(status.rows, status.columns, plan.currency),
        _list(figures.headline(plan)),
        _warnings(plan),
        f"<details><summary>{len(plan.tables)} tables: plan.show(name), or plan.name as plain numbers</summary>",
        _tables(plan),
        "</details>",
    ]
    return "<div>" + "\n".join(part for part in parts if part) + "</div>"


def _table(frame: pd.DataFrame, columns: tuple[Column, ...], currency: str) -> str:
    """The columns of a frame under their headers with units, every figure in its format."""
    shown_texts = {column.header(currency): texts(frame, column) for column in columns}
    return pd.DataFrame(shown_texts).to_html(index=False, border=0, justify="left")


def _list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else ""


def _warnings(plan: Plan) -> str:
    more = len(plan.warnings) - WARNINGS
    lines = [f"Warning: {text.removeprefix('warning: ')}" for text in plan.warnings[:WARNINGS]]
    return _list(lines + ([f"and {more} more in plan.warnings"] if more > 0 else []))


def _tables(plan: Plan) -> str:
    order = {name: place for place, name in enumerate(BY_NAME)}
    names = sorted(plan.tables, key=lambda name: order.get(name, len(order)))
    told = {
        "Table": names,
        "Rows": [f"{len(plan.tables[name]):,}" for name in names],
        "What it shows": [BY_NAME[name].sentence if name in BY_NAME else "" for name in names],
    }
    with pd.option_context("display.max_colwidth", None):
        return pd.DataFrame(told).to_html(index=False, border=0, justify="left")


def styled(plan: Plan, name: str, query: str = "", rows: int = 40) -> Styler:
    """A table of the plan for a notebook, with titles, units and number formats; the numbers below stay as they are.

    `query` chooses rows in the words of `DataFrame.query`, over the table's own column names; of those the first `rows` are
    shown. Raises KeyError, with the nearest name, where the plan has no such table.
    """
    if name != "stages" and name not in plan.tables:
        near = nearest(name, plan.tables)
        raise KeyError(f"a plan has no table {name!r}" + (f"; did you mean {near!r}?" if near else ""))
    table = BY_NAME.get(name)
    frame = figures.table(plan, name) if table else plan.tables[name].reset_index(drop=True)
    chosen = frame.query(query) if query else frame
    part = chosen.head(rows)
    cut = f" The first {len(part):,} of {len(chosen):,} rows." if len(part) < len(chosen) else ""
    columns = columns_of(frame, table)
    style = part.style.hide(axis="index").format(escape="html", na_rep="")
    style = style.set_caption(escape((table.sentence if table else name) + cut))
    for place, column in enumerate(columns):
        if column.is_number:
            found = pd.Series(kinds(part, column), index=part.index)
            for kind in found.unique():
                there = (found.index[found == kind], [frame.columns[place]])
                style = style.format(partial(shown, kind=kind), subset=there)
    for side, is_number in (("right", True), ("left", False)):
        subset: list[Hashable] = [column.name for column in columns if column.is_number is is_number]
        style = style.set_properties(subset=subset, **{"text-align": side})
    return style.relabel_index([escape(column.header(plan.currency)) for column in columns], axis="columns")
