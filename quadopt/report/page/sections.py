"""The sections of the report page in the reader's order: words, tables and pictures as data; no HTML here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import blocks, figures
from quadopt.report.cells import plain
from quadopt.report.checks.sheet import HOLDS, overall
from quadopt.report.columns import BY_NAME
from quadopt.report.figures import STEPS
from quadopt.report.groups import GROUPS
from quadopt.report.layout import places
from quadopt.report.page.parts import Cells, Section, Tile, cells
from quadopt.report.parts import Block
from quadopt.report.pictures import PICTURES, flows
from quadopt.report.pictures.look_through import side_by_side
from quadopt.report.pictures.style import NothingToDrawError, Picture, clean
from quadopt.report.schema import Column, columns_of
from quadopt.report.sheets import all_sheets, run
from quadopt.report.views.look_through import MEANING, RELABELS, one_off
from quadopt.tables.records import rows_of

CHAINS = 4
"""Materials whose chain is drawn: those of largest value."""
EXPLAINED = {
    name: tuple(columns.split())
    for name, columns in {
        "project_effects": "project change explanation dependence_change stress_change cost_change capex break_even_capex",
        "project_alternatives": "project stage incumbent plan_incumbent change_at_least change_at_most unit explanation",
        "dependence_limits": "country material supplier share_in_plan share_alone explanation",
        "shadow_prices": "stage kind country item limit limit_unit value goal_unit",
    }.items()
}
"""Columns of explanations that the page shows where it does not show all."""


def tiles(plan: Plan) -> list[Tile]:
    """The headline figures with their units."""
    found = []
    steps = figures.steps_total(plan).set_index("step")
    if "today" in steps.index and STEPS[2] in steps.index:
        before, after = steps.loc["today"], steps.loc[STEPS[2]]
        for name, words in (("share_proportional", "proportional"), ("share_at_least", "at least (lower bound)")):
            change = f"{figures.percent(before[name])} → {figures.percent(after[name])}"
            unit = "of demand, all periods: today → with the fund"
            found.append(Tile(f"Dependence on the largest single supplier, {words}", change, unit))
    begun = figures.starts(plan)
    if len(begun):
        total, committed = begun.iloc[-1], int((begun["status"] == "committed").sum())
        found.append(
            Tile("Projects that start", f"{len(begun) - 1}", f"of which {committed} are committed in any case")
        )
        paid = f"of which the fund pays {total['public_capex']:,.0f}"
        found.append(Tile("Capital cost of these projects", f"{total['capex']:,.0f}", f"million {plan.currency}", paid))
    struck = figures.crises(plan)
    if len(struck) and pd.notna(struck["stress"].iloc[0]):
        worst = struck.iloc[0]
        without = f"without stockpiles {worst['stress_without_stocks']:,.0f}"
        unit = f"million {plan.currency} of weighted shortage value, not lost output"
        found.append(Tile(f"Worst crisis: {clean(worst['disruption'])}", f"{worst['stress']:,.0f}", unit, without))
    return found


def sections(plan: Plan) -> list[Section]:
    """The sections in the reader's order; those for which the plan holds nothing are left out."""
    made = [make(plan) for make in SECTIONS]
    return [section for section in made if section.pictures or section.tables or section.paragraphs]


def table_block(plan: Plan, name: str, columns: tuple[str, ...] = ()) -> Block:
    """A table of the plan as a block, all columns or some."""
    frame, declared = figures.table(plan, name), BY_NAME[name]
    chosen = columns_of(frame, declared)
    if columns:
        chosen = tuple(column for column in chosen if column.name in columns)
    return Block(declared.title, declared.sentence, chosen, frame)


def _pictures(plan: Plan, *draw: Callable[[Plan], Picture]) -> list[Picture]:
    """The pictures for which the plan holds something."""
    drawn = []
    for make in draw:
        with suppress(NothingToDrawError):
            drawn.append(make(plan))
    return drawn


def _tables(plan: Plan, *found: Block) -> list[Cells]:
    return [cells(block, clean(plan.currency)) for block in found]


def status(plan: Plan) -> Section:
    """Status, value, bound and gap of each stage; the figures first, so that a phone shows them."""
    block = blocks.status(plan)
    columns = {column.name: column for column in block.columns}
    order = ("stage", "incumbent", "bound", "gap", "unit", "verdict")
    block = replace(block, columns=tuple(columns[name] for name in order))
    return Section("status", "How good this plan is", [], tables=_tables(plan, block))


def adds_up(plan: Plan) -> Section:
    """The verdict of the checks that the results workbook makes of itself, by subject."""
    listed = all_sheets(plan)
    checks = next(sheet for sheet in listed if sheet.name == "checks")
    if checks.frame.empty:
        return Section("adds-up", "Do the figures add up?", [])
    found = checks.frame.map(plain)
    failed = found[found["verdict"] != HOLDS]
    counts = found.groupby("subject", sort=False).agg(checks=("verdict", "size"), compared=("compared", "sum"))
    counts["failed"] = failed.groupby("subject").size()
    shown = (
        Column("subject", "Subject"),
        Column("checks", "Checks", "", "count"),
        Column("compared", "Compared", "figures", "count"),
        Column("failed", "Failed", "checks", "count"),
    )
    sentence = (
        "Balances, budgets, stocks, shares and costs recomputed from the plan's own tables; in the results workbook the same "
        "checks are live formulas on sheet checks."
    )
    rows = counts.fillna({"failed": 0}).astype({"failed": int}).reset_index()
    told = [f"FAILS: {row.subject}: {clean(row.says)}" for row in rows_of(failed)]
    verdict = str(plain(overall(checks, places(listed, plan.currency)["checks"])))
    block = Block("Checks by subject", sentence, shown, rows)
    return Section("adds-up", "Do the figures add up?", [verdict, *told], tables=_tables(plan, block))


def short(plan: Plan) -> Section:
    """The plan in a few sentences."""
    return Section("short", "In short", figures.headline(plan))


def build(plan: Plan) -> Section:
    """Projects and their dates."""
    drawn = _pictures(plan, PICTURES["timeline"])
    return Section("build", "What to build, and when", [], drawn, _tables(plan, blocks.projects(plan)))


def pays(plan: Plan) -> Section:
    """Contributions, and the support that projects need."""
    drawn = _pictures(plan, PICTURES["contributions"])
    return Section("pays", "Who pays", [], drawn, _tables(plan, blocks.money(plan), blocks.support(plan)))


def buys(plan: Plan) -> Section:
    """Dependence before and after."""
    by_material, by_member = (partial(PICTURES["dependence"], by=by) for by in ("material", "member"))
    drawn = _pictures(plan, PICTURES["steps"], by_material, by_member)
    return Section("buys", "What it buys", [], drawn, _tables(plan, blocks.steps(plan), blocks.steps_by_material(plan)))


def chains(plan: Plan) -> Section:
    """The map and the chains of the materials of largest value."""
    materials = flows.materials_by_value(plan)
    if not materials:
        return Section("chains", "Where it comes from", [])
    drawn = _pictures(
        plan, PICTURES["map"], *(partial(PICTURES["chain"], material=name) for name in materials[:CHAINS])
    )
    rest = materials[CHAINS:]
    told = f" The other materials ({named(rest)}) are in the table of chains of the results workbook." if rest else ""
    words = (
        "Each chain is drawn in units of the material that members use in the end, without the fund and with the plan."
    )
    return Section("chains", "Where it comes from", [words + told], drawn)


def crises(plan: Plan) -> Section:
    """Every crisis: stress in all, then shortage by member and the stocks of those that hurt."""
    frame = figures.crises(plan)
    if frame.empty:
        return Section("crises", "What happens in each crisis", ["No crisis was considered."])
    hurts = frame[["stress", "stress_without_sharing", "stress_without_stocks"]].max(axis=1) > 0
    harmless = frame.loc[~hurts, "disruption"].tolist()
    told = [f"No demand goes short with or without stockpiles in: {named(harmless)}."] if harmless else []
    detail = [partial(PICTURES["crisis"], name=str(name)) for name in frame.loc[hurts, "disruption"]]
    drawn = _pictures(plan, PICTURES["crises"], *(detail if len(figures.table(plan, "crisis_shortage")) else ()))
    return Section("crises", "What happens in each crisis", told, drawn, _tables(plan, blocks.crises(plan)))


def look_through(plan: Plan) -> Section:
    """Whether dependence was replaced or relabelled."""
    frame = side_by_side(plan)
    if frame.empty:
        return Section("look-through", "Replaced or relabelled?", [])
    flags = frame["flag"].astype(str)
    told = [
        f"{flag[0].upper()}{flag[1:]} (more than {100 * RELABELS:.0f} points between at least and proportional): "
        f"{named(frame.loc[flags == flag, 'material'])}."
        for flag in flags.unique()
        if flag
    ]
    nowhere = (
        f"At least and proportional are nowhere more than {100 * RELABELS:.0f} points apart: what falls is replaced."
    )
    fall = one_off(plan)
    lasting = Block(fall.title, fall.sentence, fall.columns, fall.frame)
    return Section(
        "look-through",
        "Replaced or relabelled?",
        [*(told or [nowhere]), MEANING],
        _pictures(plan, PICTURES["look_through"]),
        _tables(plan, blocks.readings(plan), *([lasting] if len(fall.frame) else [])),
    )


def named(names: Iterable[Any]) -> str:
    """Names as an enumeration."""
    return ", ".join(clean(name) for name in names)


def explained(plan: Plan) -> Section:
    """The tables that explain the plan, where it has them."""
    names = next(group.sheets for group in GROUPS if group.title == "Explanations")
    there = [name for name in names if len(plan.tables.get(name, ())) and name in BY_NAME]
    found = [table_block(plan, name, EXPLAINED.get(name, ())) for name in there]
    return Section("why", "Why this plan", [], tables=_tables(plan, *found))


def rests_on(plan: Plan) -> Section:
    """Inputs by quality, and the sources."""
    found = []
    quality = figures.inputs_by_quality(plan)
    if len(quality):
        shown = (Column("table", "Input table"), *(Column(name, title, "values", "count") for name, title in QUALITY))
        found.append(
            Block(
                "How well the inputs are known",
                "Values that the plan rests on, by what their source says. Not said: defaults, and rows without a quality.",
                shown,
                quality,
                total=True,
            )
        )
    if len(plan.tables.get("sources", ())):
        found.append(table_block(plan, "sources", ("source", "rows", "reported", "derived", "assumed")))
    words = ["Every value with its source and row stands on the sheet inputs of the results workbook."] if found else []
    return Section("sources", "What the numbers rest on", words, tables=_tables(plan, *found))


QUALITY = (
    ("reported", "Reported"),
    ("derived", "Derived"),
    ("assumed", "Assumed"),
    ("not said", "Not said"),
    ("all", "All"),
)
"""Column and title of each quality of inputs."""


def warned(plan: Plan) -> Section:
    """The warnings of the case and of the run."""
    said = [clean(str(text).removeprefix("warning: ")) for text in plan.warnings] or ["None."]
    return Section("warnings", "Warnings", said)


def run_details(plan: Plan) -> Section:
    """Versions, hash, model file, options, times."""
    sheet = run(plan)
    frame: Any = sheet.frame[sheet.frame["section"] != "warning"]
    block = Block("How this plan came about", sheet.sentence, sheet.columns, frame)
    return Section("run", "The run", [], tables=_tables(plan, replace(block, total=False)))


SECTIONS: tuple[Callable[[Plan], Section], ...] = (
    status,
    short,
    build,
    pays,
    buys,
    chains,
    crises,
    look_through,
    explained,
    rests_on,
    adds_up,
    warned,
    run_details,
)
"""The sections in order."""
