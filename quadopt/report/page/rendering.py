"""A report page as HTML: what it says, put into the one template that all pages have."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from quadopt.report.page.parts import Section, Tile
from quadopt.report.pictures.style import Picture, clean
from quadopt.tables.writing import new_file

LARGEST_SVG = 400_000
"""Characters above which a picture is put in as PNG."""


@dataclass(frozen=True)
class Page:
    """What a page says: what kind of answer it is, title, model file, unit of money, status in words, then the sections.

    `is_stopped`: the status stands out, because a better or fuller answer may exist. The section of anchor `short` holds
    the headline figures and the list of the other sections.
    """

    kind: str
    title: str
    model: str
    money: str
    verdict: str
    is_stopped: bool
    sections: list[Section]
    tiles: list[Tile] = field(default_factory=list)


def write_html(path: str | os.PathLike[str], page: Callable[[], Page], force: bool) -> Path:
    """Writes a page, made when its place is free, and returns its path. The file appears whole or not at all.

    Raises FileExistsError, before any work, where the file exists and ``force`` is false; ValueError where the name does not
    end in .html; OSError where the folder cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{target}: the name of a report page ends in .html")
    with new_file(target, force=force) as temporary:
        temporary.write_text(rendered(page()), encoding="utf-8")
    return target


def rendered(page: Page) -> str:
    """The page as text; all of its words are escaped."""
    style = _text("style.css")
    return _template().render(
        kind=clean(page.kind),
        title=clean(page.title),
        model=clean(page.model),
        money=clean(page.money),
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        verdict=page.verdict,
        is_stopped=page.is_stopped,
        tiles=page.tiles,
        sections=page.sections,
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
