"""What all pictures share: size, type, colours, the title above and the source below; no picture is drawn here.

A picture is as wide as a phone's screen is at its own type size (4.6 inches at 8 points), so that the same drawing is
read on a phone, in a column of a page and on paper. Text is taken as it is: no name is read as mathematics or markup.
"""

from __future__ import annotations

import io
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import pandas as pd
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.parts import BLUE, GREEN, GREY, VERMILLION
from quadopt.tables.records import rows_of
from quadopt.whatif.study import Study

ORANGE, SKY, PURPLE, YELLOW, BLACK = "#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#000000"
"""The other colours of Okabe and Ito."""
LAND, SEA, FAINT, INK = "#D9D6CF", "#F4F8FB", "#D9D9D9", "#222222"

WIDTH = 4.6
"""Inches."""
POINTS = 72.0
TITLE, BODY, SMALL = 10.0, 8.0, 7.5
"""Type sizes in points."""

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": BODY,
    "axes.titlesize": BODY + 0.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": BODY,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.parse_math": False,
    "text.usetex": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "quadopt",
}

Arguments = ParamSpec("Arguments")
Source = TypeVar("Source", Plan, Study)


class Picture(Figure):
    """A matplotlib figure with its title, the sentence that says what it shows, and the same told for who cannot see it.

    `title`, `sentence` and `alt` are plain text; `svg()` and `png()` are the drawing.
    """

    def __init__(
        self, source: Plan | Study, height: float, title: str, sentence: str, alt: str, key: Sequence[Any] = ()
    ) -> None:
        """`source` is the plan or the study whose figures are drawn.

        `height` is that of the drawing alone, in inches; title, sentence, key and source line are added to it.

        `key` holds labelled artists (handles of a legend): they are told below the drawing, two in a row.
        """
        self.title, self.sentence, self.alt = clean(title), clean(sentence), clean(alt)
        heading, told = wrapped(self.title, 46), wrapped(self.sentence, 72)
        from_where = wrapped(source_line(source), 82)
        above = (len(heading) * 13 + len(told) * 10.5 + 8) / POINTS
        for_source = (len(from_where) * 10 + 6) / POINTS
        below = for_source + (-(-len(key) // 2) * 11.5 + 4) / POINTS
        whole = height + above + below
        super().__init__(figsize=(WIDTH, whole))
        FigureCanvasAgg(self)
        engine = ConstrainedLayoutEngine(
            rect=(0.01, below / whole, 0.98, height / whole), h_pad=0.03, w_pad=0.03, hspace=0.04, wspace=0.04
        )
        self.set_layout_engine(engine)
        at = 1 - 4 / POINTS / whole
        self.text(0.012, at, "\n".join(heading), fontsize=TITLE, fontweight="bold", va="top", linespacing=1.15)
        at -= (len(heading) * 13 + 1) / POINTS / whole
        self.text(0.012, at, "\n".join(told), fontsize=BODY, va="top", linespacing=1.15, color="#444444")
        self.text(0.012, 4 / POINTS / whole, "\n".join(from_where), fontsize=SMALL - 0.5, va="bottom", color="#555555")
        if key:
            told_key = self.legend(
                handles=list(key),
                loc="lower left",
                bbox_to_anchor=(0.0, for_source / whole),
                ncols=2,
                handlelength=1.4,
                columnspacing=1.2,
                borderpad=0.2,
                labelspacing=0.3,
            )
            told_key.set_in_layout(False)

    def draw(self, renderer: Any) -> None:
        """Draws in the style of all pictures, whatever the user's own settings are."""
        with rc_context(STYLE):
            super().draw(renderer)

    def svg(self) -> str:
        """The drawing as SVG text, the same for the same plan."""
        with rc_context(STYLE):
            room = io.StringIO()
            self.savefig(room, format="svg", metadata={"Date": None, "Creator": None, "Title": self.title})
        return room.getvalue()

    def png(self, dots: int = 200) -> bytes:
        """The drawing as PNG, `dots` to the inch."""
        with rc_context(STYLE):
            room = io.BytesIO()
            self.savefig(room, format="png", dpi=dots, metadata={"Software": None, "Title": self.title})
        return room.getvalue()

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        return self.png(120)


def picture(
    draw: Callable[Concatenate[Source, Arguments], Picture],
) -> Callable[Concatenate[Source, Arguments], Picture]:
    """Has a picture drawn in the style of all pictures."""

    @wraps(draw)
    def styled(source: Source, *arguments: Arguments.args, **named: Arguments.kwargs) -> Picture:
        with rc_context(STYLE):
            return draw(source, *arguments, **named)

    return styled


class NothingToDrawError(ValueError):
    """The plan or study does not hold what a picture shows."""


def needed(frame: pd.DataFrame, what: str, of: str = "plan") -> pd.DataFrame:
    """The frame that a picture draws. Raises NothingToDrawError where it is empty: "the plan has no .."."""
    if frame.empty:
        raise NothingToDrawError(f"the {of} has no {what}")
    return frame


def clean(text: Any) -> str:
    """Text on one line, without control characters (which no SVG may hold)."""
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs", "Cn") else letter for letter in str(text))
    return " ".join(kept.split())


def short(text: Any, most: int) -> str:
    """Text of at most `most` characters; what is longer ends in an ellipsis."""
    text = clean(text)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def wrapped(text: str, width: int) -> list[str]:
    """Text in lines of at most `width` characters."""
    return textwrap.wrap(text, width) or [""]


def source_line(source: Plan | Study) -> str:
    """Where a picture's numbers come from: the plan or study, its model file, its status, and a plan's gap of every stage."""
    title, model = short(source.title or "untitled", 70), short(source.model_name, 30)
    if isinstance(source, Study):
        return f"Source: {clean(source.kind.replace('_', ' '))} “{title}”, model file {model}; {short(source.status, 120)}."
    gaps = figures.numbers(figures.table(source, "stages"), "gap")
    told = ", ".join(f"{row.stage} {gap_text(row.gap)}" for row in rows_of(gaps))
    halted = "stopped at a limit" if figures.is_cut_off(source) else "optimal to the gap asked"
    return f"Source: plan “{title}”, model file {model}; {halted}" + (f"; gap: {clean(told)}." if told else ".")


def gap_text(gap: Any) -> str:
    """A gap in per cent, ``0.94 %``."""
    return "n/a" if pd.isna(gap) else f"{100 * float(gap):.2f} %"


def money_unit(source: Plan | Study) -> str:
    """The unit of money, with the year of its prices."""
    year = figures.base_year(source)
    return f"million {clean(source.currency)}{f' of {year}' if year else ''}"


def amount_text(value: float) -> str:
    """A quantity with as many digits as mean something: 43,592; 12.3; 0.45."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or value == 0 else f"{value:,.1f}" if size >= 10 else f"{value:,.2f}"


def percent_axis(axis: Any) -> None:
    """Fractions as percentages on an axis."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))


def thousands_axis(axis: Any) -> None:
    """Thousands with commas on an axis."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))


def spread(places: Iterable[float], least: float, low: float, high: float) -> list[float]:
    """Places of labels, each as near to its own as can be with at least `least` between neighbours, within low..high.

    Places come in rising order; where there is no room for all, they are spread evenly.
    """
    wanted = list(places)
    count = len(wanted)
    if count < 2:
        return [min(max(place, low), high) for place in wanted]
    if (count - 1) * least >= high - low:
        return [low + at * (high - low) / (count - 1) for at in range(count)]
    found = wanted[:]
    found[0] = max(found[0], low)
    for at in range(1, count):
        found[at] = max(found[at], found[at - 1] + least)
    found[-1] = min(found[-1], high)
    for at in range(count - 2, -1, -1):
        found[at] = min(found[at], found[at + 1] - least)
    return found


__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "SKY",
    "VERMILLION",
    "YELLOW",
    "Picture",
    "picture",
]
