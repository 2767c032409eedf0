"""The words to describe how a kind of study is shown; no kind is declared here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from quadopt.report.parts import Chart
from quadopt.report.pictures.style import Picture
from quadopt.report.schema import Column, Table
from quadopt.whatif.study import Study

RUNS = Table(
    "runs",
    "Runs",
    "Every run of the study: how it ended, its gap, where it was taken from, and what it was made with.",
    (
        Column("run", "Run", meaning="the run's name"),
        Column("status", "Status", meaning="optimal, stopped with a plan, or failed"),
        Column("reason", "Reason", kind="wide", meaning="why it failed; blank where it did not"),
        Column("gap", "Widest gap", "%", "gap", "widest relative gap of its stages"),
        Column("seconds", "Time", "seconds", "amount", "what the run took when it was solved"),
        Column("is_kept", "Taken from the store", meaning="yes where an earlier run was taken, not solved again"),
        Column("key", "Key", meaning="hash of its inputs, model file, question and versions"),
        Column("quadopt", "quadopt", meaning="version that made it"),
        Column("highspy", "HiGHS (highspy)", meaning="version of the solver"),
    ),
)
"""The table of runs that every study has."""


def status_sentence(study: Study) -> str:
    """How a study ended, in words."""
    return "Complete: every run ended as asked." if study.is_complete else study.status


@dataclass(frozen=True)
class Shape:
    """How a kind of study is shown.

    `heading` names it, `sentence` says what it answers; `tables` are its sheets in the reader's order (those that a study
    does not have get none); `charts` give a table's sheet its native charts; `pictures` are drawn on the page and by
    `study.plot`, in order.
    """

    heading: str
    sentence: str
    tables: tuple[Table, ...]
    charts: Mapping[str, Callable[[Study], tuple[Chart, ...]]] = field(default_factory=dict)
    pictures: Mapping[str, Callable[..., Picture]] = field(default_factory=dict)
