"""Writes a study as one HTML page: status and answer first, then pictures, tables, and how it came about."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from quadopt.report.page.parts import Section, cells
from quadopt.report.page.rendering import Page, rendered, write_html
from quadopt.report.parts import Block, Sheet
from quadopt.report.pictures.style import NothingToDrawError, Picture, clean, money_unit
from quadopt.report.studies import shape_of
from quadopt.report.studies.shape import Shape, status_sentence
from quadopt.report.studies.workbook import run, table_sheet, tables_of
from quadopt.whatif.study import Study


def write_study_page(study: Study, path: str | os.PathLike[str], force: bool = False) -> Path:
    """Writes a study of any kind as its shape says, and returns the page's path.

    Raises FileExistsError, before any work, where the file exists and ``force`` is false; ValueError where the name does not
    end in .html; OSError where the folder cannot be written; KeyError for a kind that nobody has declared.
    """
    shape = shape_of(study.kind)
    return write_html(path, lambda: _page(study, shape), force)


def study_html(study: Study) -> str:
    """The page of a study as text."""
    return rendered(_page(study, shape_of(study.kind)))


def _page(study: Study, shape: Shape) -> Page:
    return Page(
        f"{shape.heading}: {shape.sentence}",
        study.title or shape.heading,
        study.model_name,
        money_unit(study),
        clean(status_sentence(study)),
        not study.is_complete,
        _sections(study, shape),
    )


def _sections(study: Study, shape: Shape) -> list[Section]:
    lines = [clean(line) for line in study.lines] or ["Nothing was found."]
    found = [Section("short", "The answer", lines)]
    drawn = _pictures(study, shape)
    if drawn:
        found.append(Section("pictures", "Pictures", [], drawn))
    tables = [table_sheet(study, shape, table) for table in tables_of(study, shape)]
    found += [_section(f"table-{number}", sheet, study.currency) for number, sheet in enumerate(tables, start=1)]
    if study.warnings:
        found.append(Section("warnings", "Warnings", [clean(text) for text in study.warnings]))
    return [*found, _section("run", run(study), study.currency)]


def _section(anchor: str, sheet: Sheet, currency: str) -> Section:
    block = Block(
        sheet.title,
        sheet.sentence,
        sheet.columns,
        sheet.frame,
        empty="Nothing of this kind was found.",
        grey_unless=sheet.grey_unless,
    )
    return Section(anchor, clean(sheet.title), [], tables=[cells(block, clean(currency))])


def _pictures(study: Study, shape: Shape) -> list[Picture]:
    """The pictures for which the study holds something."""
    drawn = []
    for draw in shape.pictures.values():
        with suppress(NothingToDrawError):
            drawn.append(draw(study))
    return drawn
