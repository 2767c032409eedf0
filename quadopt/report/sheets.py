"""The sheets of a results workbook: one function a sheet, and the list of them in the reader's order. No Excel here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.blocks import BLOCKS
from quadopt.report.checks.sheet import check_sheets, overall
from quadopt.report.columns import BY_NAME, TABLES
from quadopt.report.groups import group_of, in_order
from quadopt.report.layout import RECORD, places
from quadopt.report.parts import Block, Chart, Sheet
from quadopt.report.schema import Column, Table, columns_of
from quadopt.report.views import crises, dependence, look_through, money, supply
from quadopt.tables.records import rows_of
from quadopt.whatif.study import Study

NAMES = {"python": "Python", "pyomo": "Pyomo", "highspy": "HiGHS (highspy)"}
"""What is versioned, as readers know it."""

RunRow = tuple[str, str, Any, str]
"""A line on how an answer came about: section, name, value, unit."""


def summary(plan: Plan) -> Sheet:
    """What a reader who opens nothing else needs: status, index, projects, money, crises, warnings."""
    year = figures.base_year(plan)
    lead = (
        plan.title or "Plan",
        f"Model file: {plan.model_name}. Money: million {plan.currency}, real{f' {year}' if year else ''}. "
        f"Shares are percentages as each header says. Every sheet is listed on 'contents'.",
    )
    parts = [part for block in BLOCKS if (part := block(plan)) is not None]
    numbered = tuple(replace(part, heading=f"{number}. {part.heading}") for number, part in enumerate(parts, start=1))
    return Sheet("summary", "Summary", "The plan on one sheet.", lead=lead, blocks=numbered)


def plan_table(table: Table, plan: Plan) -> Sheet:
    """A table of the plan as it is."""
    frame = figures.table(plan, table.name)
    charts = CHARTS[table.name](plan) if table.name in CHARTS else ()
    return Sheet(table.name, table.title, table.sentence, columns_of(frame, table), frame, is_table=True, charts=charts)


def run(plan: Plan) -> Sheet:
    """How the plan came about: the case's hash, the model file, options, versions, times, warnings."""
    options = dict(plan.options)
    model_file = options.pop("model_file", {})
    timed = figures.numbers(figures.table(plan, "stages"), "seconds")
    rows: list[RunRow] = [
        *case_rows(plan),
        *(("model file", name, value, "") for name, value in flatten(model_file)),
        ("result", "status", plan.status, ""),
        *(("option", name, value, "") for name, value in flatten(options)),
        *(("time", f"stage {row.stage}", row.seconds, "seconds") for row in rows_of(timed)),
        *closing_rows(plan),
    ]
    return run_sheet(
        rows,
        "How this plan came about: hash of the inputs, model file, options as applied, versions, times, warnings. A hidden "
        f"sheet, {RECORD}, holds what quadopt.read_plan needs besides.",
    )


def case_rows(source: Plan | Study) -> list[RunRow]:
    """Which case, and which model file."""
    return [
        ("case", "title", source.title, ""),
        ("case", "input hash", source.case_hash, ""),
        ("case", "currency", source.currency, ""),
        ("case", "base year", figures.base_year(source), ""),
        ("model file", "name", source.model_name, ""),
    ]


def closing_rows(source: Plan | Study) -> list[RunRow]:
    """Versions, times and warnings."""
    return [
        *(("version", NAMES.get(name, name), value, "") for name, value in source.versions.items()),
        *(("time", name, value, "seconds") for name, value in source.seconds.items()),
        *(("warning", str(place), text, "") for place, text in enumerate(source.warnings, start=1)),
    ]


def run_sheet(rows: list[RunRow], sentence: str) -> Sheet:
    """The sheet that says how an answer came about."""
    shown = (
        Column(
            "section", "Section", meaning="case, model file, result, option (as it was applied), version, time, warning"
        ),
        Column("name", "Name", meaning="what it is"),
        Column("value", "Value", "in the row's unit", "wide", meaning="as set or measured"),
        Column("unit", "Unit of the value", meaning="where there is one"),
    )
    frame = pd.DataFrame(rows, columns=[column.name for column in shown], dtype=object)
    return Sheet("run", "The run", sentence, shown, frame)


def flatten(options: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Nested options as (dotted name, plain value); lists become text."""
    for name, value in options.items():
        full = f"{above}{name}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{full}.")
        elif isinstance(value, list | tuple | set | frozenset):
            yield full, "; ".join(map(str, value))
        else:
            yield full, value if isinstance(value, str | int | float | bool) or value is None else str(value)


def contents(listed: list[Sheet], currency: str) -> Sheet:
    """Every sheet with its part of the workbook, its sentence, its number of rows and its columns with their units."""
    rows = [
        (
            group_of(sheet.name).title,
            sheet.name,
            sheet.sentence,
            ("table of the plan" if sheet.is_table else "made from the plan") if sheet.columns else None,
            len(sheet.frame) if sheet.columns else None,
            "; ".join(column.header(currency) for column in sheet.columns),
        )
        for sheet in listed
        if sheet.name != "contents"
    ]
    shown = (
        Column("part", "Part"),
        Column("sheet", "Sheet", kind="link"),
        Column("sentence", "What it shows", kind="wide"),
        Column("holds", "Holds"),
        Column("rows", "Rows", kind="count"),
        Column("columns", "Columns [unit]", kind="wide"),
    )
    frame = pd.DataFrame(rows, columns=[column.name for column in shown], dtype=object)
    sentence = "Every sheet in the reader's order, with its sentence and its columns with units."
    return Sheet("contents", "Contents", sentence, shown, frame)


def glossary(listed: list[Sheet], currency: str) -> Sheet:
    """Every column of every sheet: its header, unit and meaning, and the names of table and column in the library."""
    where = places(listed, currency)
    rows = [
        (
            where[sheet.name].sheet,
            where[sheet.name].headers[column.name],
            column.unit_text(currency),
            column.meaning,
            sheet.name if sheet.is_table else None,
            column.name,
        )
        for sheet in listed
        for column in sheet.columns
    ]
    shown = (
        Column("sheet", "Sheet"),
        Column("header", "Column"),
        Column("unit", "Unit"),
        Column("meaning", "Meaning", kind="wide"),
        Column("table", "Table in the library"),
        Column("name", "Name in the library"),
    )
    frame = pd.DataFrame(rows, columns=[column.name for column in shown], dtype=object)
    return Sheet("columns", "Columns", "Every column of every sheet with its unit and meaning.", shown, frame)


CHARTS: dict[str, Callable[[Plan], tuple[Chart, ...]]] = {"disruptions": crises.stress_chart}
"""Charts that stand on the sheet of a table of the plan."""

SHEETS: tuple[Callable[[Plan], Sheet], ...] = (
    summary,
    *(partial(plan_table, table) for table in TABLES),
    dependence.dependence_by_period,
    dependence.dependence_by_material,
    dependence.dependence_by_member,
    supply.supply_mix,
    look_through.look_through,
    look_through.look_through_by_member,
    look_through.look_through_by_period,
    look_through.one_off,
    money.timeline,
    money.money_by_period,
    money.contributions_by_member,
    crises.shortage_by_member,
    crises.stock_paths,
    run,
)
"""The sheets that every workbook has; `contents` and `columns`, which describe the others, are put in by `all_sheets`."""


def all_sheets(plan: Plan) -> list[Sheet]:
    """All sheets of the workbook in the reader's order: those of `SHEETS`, tables nobody declared, contents, columns."""
    absent = {table.name for table in TABLES if table.is_asked_for} - set(plan.tables)
    listed = [sheet for sheet in (make(plan) for make in SHEETS) if sheet.name not in absent]
    known = {sheet.name for sheet in listed} | set(BY_NAME)
    undeclared = (name for name in plan.tables if name not in known)
    listed += [_undeclared(str(name), plan.tables[name].reset_index(drop=True)) for name in undeclared]
    listed = in_order(listed)
    listed = in_order([*listed, *check_sheets(plan, listed)])
    listed = [with_verdict(sheet, listed, plan.currency) if sheet.name == "summary" else sheet for sheet in listed]
    listed = in_order([*listed, glossary(listed, plan.currency)])
    return in_order([*listed, contents(listed, plan.currency)])


def with_verdict(summary: Sheet, listed: list[Sheet], currency: str) -> Sheet:
    """The summary with the live verdict of all checks below its first block."""
    checks = next(sheet for sheet in listed if sheet.name == "checks")
    if checks.frame.empty:
        return summary
    verdict = pd.DataFrame({"checks": [overall(checks, places(listed, currency)["checks"])]}, dtype=object)
    block = Block(
        "Do the figures add up?",
        "A live formula over sheet checks, which recomputes balances, budgets, shares and costs from the other sheets.",
        (Column("checks", "Checks of this workbook", kind="verdict"),),
        verdict,
    )
    return replace(summary, blocks=(*summary.blocks[:1], block, *summary.blocks[1:]))


def _undeclared(name: str, frame: pd.DataFrame) -> Sheet:
    sentence = "A table that this version does not describe."
    return Sheet(name, name, sentence, columns_of(frame, None), frame, is_table=True)
