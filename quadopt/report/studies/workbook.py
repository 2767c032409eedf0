"""Writes a study as an Excel workbook: its answer on the front sheet, then one sheet a table, then how it came about."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from quadopt.report.cells import plain
from quadopt.report.excel.book import new_book, write_sheets
from quadopt.report.figures import base_year
from quadopt.report.parts import BLACK, BLUE, GREY, Block, Chart, Charts, Part, Sheet
from quadopt.report.schema import Column, Table, columns_of, complete
from quadopt.report.sheets import case_rows, closing_rows, glossary, run_sheet
from quadopt.report.studies import shape_of
from quadopt.report.studies.shape import Shape, status_sentence
from quadopt.whatif.study import Study

IN_FRONT = 2
"""Charts that the front sheet shows, the first of the tables' own."""


def write_study(study: Study, path: str | os.PathLike[str], force: bool = False) -> Path:
    """Writes a study of any kind as its shape says, and returns the workbook's path.

    Raises FileExistsError, before any work, where the file exists and ``force`` is false; ValueError where the name does
    not end in .xlsx; OSError where the folder cannot be written; KeyError for a kind that nobody has declared.
    """
    shape = shape_of(study.kind)
    with new_book(path, force) as book:
        sheets = study_sheets(study, shape)
        title = str(plain(study.title) or shape.heading)
        write_sheets(book, sheets, title, study.model_name, study.currency, _colour)
    return Path(path)


def _colour(name: str) -> str:
    return {"summary": BLACK, "runs": GREY, "run": GREY, "columns": GREY}.get(name, BLUE)


def study_sheets(study: Study, shape: Shape) -> list[Sheet]:
    """The sheets of a study's workbook, in the reader's order."""
    tables = [table_sheet(study, shape, table) for table in tables_of(study, shape)]
    listed = [*tables, run(study)]
    front = summary(study, shape, tables)
    return [front, *listed, glossary(listed, study.currency)]


def tables_of(study: Study, shape: Shape) -> list[Table]:
    """The tables that a study has, in the order of its shape; those that no shape declares come last."""
    declared = [table for table in shape.tables if table.name in study.tables]
    known = {table.name for table in shape.tables}
    others = [
        Table(name, name, "A table that this version does not describe.", columns_of(frame, None))
        for name, frame in study.tables.items()
        if name not in known
    ]
    return [*declared, *others]


def table_sheet(study: Study, shape: Shape, table: Table) -> Sheet:
    """A table of the study as it is, with its charts."""
    frame = complete(study.tables[table.name], table)
    charts = shape.charts[table.name](study) if table.name in shape.charts and len(frame) else ()
    return Sheet(
        table.name,
        table.title,
        table.sentence,
        columns_of(frame, table),
        frame,
        is_table=True,
        charts=charts,
        grey_unless=table.grey_unless,
    )


def run(study: Study) -> Sheet:
    """How the study came about."""
    rows = [("study", "kind", study.kind, ""), *case_rows(study), ("result", "status", study.status, "")]
    return run_sheet(
        [*rows, *closing_rows(study)],
        "How this study came about: hash of the inputs, model file, versions, times, warnings.",
    )


def summary(study: Study, shape: Shape, tables: list[Sheet]) -> Sheet:
    """The front sheet: status first, the answer in sentences, the first charts, warnings, and what the other sheets hold."""
    year = base_year(study)
    lead = (
        study.title or shape.heading,
        f"{shape.heading}. {shape.sentence}",
        f"Model file: {study.model_name}. Money: million {study.currency}, real{f' {year}' if year else ''}.",
    )
    charts = [chart for sheet in tables for chart in sheet.charts][:IN_FRONT]
    parts = [_status(study), _lines("The answer", "", study.lines), *_charts(charts)]
    if study.warnings:
        parts.append(_lines("Warnings", f"{len(study.warnings)} of the case and of its runs.", study.warnings))
    parts.append(_contents([*tables, run(study)]))
    return Sheet("summary", "Summary", "The study on one sheet.", lead=lead, blocks=tuple(parts))


def _status(study: Study) -> Block:
    return Block("How it ended", status_sentence(study), is_flagged=not study.is_complete)


def _lines(heading: str, sentence: str, lines: list[str]) -> Block:
    column = Column("line", "In words")
    return Block(heading, sentence, (column,), pd.DataFrame({"line": lines}, dtype=object), empty="Nothing was found.")


def _charts(charts: list[Chart]) -> list[Part]:
    if not charts:
        return []
    return [Charts("At a glance", "Drawn from the tables of this workbook.", tuple(charts))]


def _contents(sheets: list[Sheet]) -> Block:
    shown = (
        Column("sheet", "Sheet", kind="link"),
        Column("rows", "Rows", kind="count"),
        Column("sentence", "What it shows"),
    )
    rows: list[tuple[str, int | None, str]] = [(sheet.name, len(sheet.frame), sheet.sentence) for sheet in sheets]
    rows.append(("columns", None, "Every column of every sheet with its unit and meaning."))
    frame = pd.DataFrame(rows, columns=[column.name for column in shown], dtype=object)
    return Block("Contents", "The other sheets of this workbook.", shown, frame)
