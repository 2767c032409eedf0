"""The report page: one HTML file with a plan's answer, tables and pictures, for a screen, a phone and paper.

The file holds everything that it shows: no script, no font, no picture from elsewhere, and says so to the browser by a
content security policy. All text of the plan is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.page.sections import sections, tiles
from quadopt.report.pictures.style import Picture, clean
from quadopt.tables.writing import new_file

LARGEST_SVG = 400_000
"""Characters above which a picture is put in as PNG."""


def write_page(plan: Plan, path: str | os.PathLike[str], force: bool = False) -> Path:
    """Writes the plan's report page and returns its path. The file appears whole or not at all.

    Raises FileExistsError, before any work, where the file exists and ``force`` is false; ValueError where the name does not
    end in .html; OSError where the folder cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{target}: the name of a report page ends in .html")
    with new_file(target, force=force) as temporary:
        temporary.write_text(page_html(plan), encoding="utf-8")
    return target


def page_html(plan: Plan) -> str:
    """The report page as text."""
    style = _text("style.css")
    year = figures.base_year(plan)
    return _template().render(
        title=clean(plan.title or "Plan"),
        model=clean(plan.model_name),
        money=f"million {clean(plan.currency)}, real{f', prices of {year}' if year else ''}",
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        verdict=figures.status_sentence(plan),
        is_stopped=bool(figures.stopped(plan)) or plan.status != "optimal",
        tiles=tiles(plan),
        sections=sections(plan),
        currency=clean(plan.currency),
    )


def data_uri(picture: Picture) -> str:
    """A picture as an address that holds the picture itself: SVG, or PNG where the SVG would be too large."""
    drawn = picture.svg()
    if len(drawn) <= LARGEST_SVG:
        return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"
    return f"data:image/png;base64,{base64.b64encode(picture.png()).decode()}"


def _text(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["data_uri"] = data_uri
    return environment


def _template():  # type: ignore[no-untyped-def]
    return _environment().from_string(_text("template.html"))
