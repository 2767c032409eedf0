"""Study: the answer to a question that takes more than one plan, as sentences and plain tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from quadopt.plan import NamedTables, Plan

if TYPE_CHECKING:
    from quadopt.report.pictures.style import Picture


COMPLETE = "complete"
"""The status of a study all of whose runs ended as asked."""


@dataclass(frozen=True, eq=False, repr=False)
class Study(NamedTables):
    """What a study found.

    `kind` says which study it is: `comparison`, `frontier`, `alternatives`, `loss_of_one`, `tornado`, `samples`. `status` is
    `complete`, or says in words how many of its runs failed or stopped before the gap asked. `lines` hold the answer in
    sentences, the most important first; `tables` map a table's name to its frame, every column and unit declared in
    `quadopt.report.studies`. Money is in millions of `currency`, of `base_year` where the case states one. `plans` are the
    whole plans that a study stands on, by name, where it has any.
    """

    kind: str
    title: str
    model_name: str
    currency: str
    base_year: int | None
    case_hash: str
    status: str
    lines: list[str]
    tables: dict[str, pd.DataFrame]
    warnings: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)

    def __repr__(self) -> str:
        return self.summary

    @property
    def is_complete(self) -> bool:
        """Whether all runs ended as asked: none failed, none stopped before the gap."""
        return self.status == COMPLETE

    @property
    def summary(self) -> str:
        """The answer on one screen: status first."""
        return "\n".join([f"{self.title}, model file {self.model_name}: {self.status}", *self.lines])

    def plot(self, name: str = "", **choices: Any) -> Picture:
        """A picture of the study, the first where none is named, as a matplotlib figure.

        Raises KeyError, with the names that there are, for one that there is not.
        """
        from quadopt.report.studies import picture_of

        return picture_of(self, name, **choices)

    def to_excel(self, path: str | Path, force: bool = False) -> Path:
        """Writes the study as a workbook.

        Raises `FileExistsError` where the file is there already and `force` is not given.
        """
        from quadopt.report.studies.workbook import write_study

        return write_study(self, path, force)

    def to_html(self, path: str | Path, force: bool = False) -> Path:
        """Writes the study as one HTML page, opened without a network.

        Raises `FileExistsError` where the file is there already and `force` is not given.
        """
        from quadopt.report.studies.page import write_study_page

        return write_study_page(self, path, force)
