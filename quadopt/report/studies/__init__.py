"""How studies are shown: for each kind its tables, charts and pictures, declared in a file of its own."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from quadopt.report.pictures.style import Picture
from quadopt.report.studies.shape import Shape
from quadopt.whatif.study import Study

KINDS: tuple[str, ...] = ("comparison", "alternatives", "loss_of_one", "frontier", "tornado", "samples")
"""The kinds of studies, each with a module of this package by its name that holds a `SHAPE`."""


def shape_of(kind: str) -> Shape:
    """How a kind of study is shown. Raises KeyError for a kind that there is not."""
    if kind not in KINDS:
        raise KeyError(f"there is no kind of study {kind!r}; there are {', '.join(KINDS)}")
    found: Shape = import_module(f"{__name__}.{kind}").SHAPE
    return found


def picture_of(study: Study, name: str = "", **choices: Any) -> Picture:
    """A picture of a study, the first of its kind where none is named. Raises KeyError for one that there is not."""
    pictures = shape_of(study.kind).pictures
    if name and name not in pictures:
        raise KeyError(f"there is no picture {name!r} of a {study.kind}; there are {', '.join(pictures)}")
    return pictures[name or next(iter(pictures))](study, **choices)
