"""Plan: the answer as plain tables, free of Pyomo and of the solver.

All quantities are amounts of the period or step, money is millions of the case's currency; every table's columns and
units are listed by `quadopt.report.columns`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Plan:
    """A plan with how it was found.

    `status` is `optimal` (every stage within its gap) or `stopped with a plan`; `stages` says it stage by stage with
    incumbent, bound and gap; `tables` maps a table's name to its frame.
    """

    title: str
    model_name: str
    currency: str
    base_year: int | None
    case_hash: str
    status: str
    stages: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    starts: dict[str, str]
    """Project -> period in which it starts."""
    options: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def __getattr__(self, name: str) -> pd.DataFrame:
        """A table by its name: `plan.trade` is `plan.tables["trade"]`."""
        tables = self.__dict__.get("tables", {})
        if name in tables:
            return tables[name]
        raise AttributeError(f"a plan has no table {name!r}; it has {', '.join(tables)}")

    @property
    def summary(self) -> str:
        """The answer on one screen: status and gaps first."""
        from quadopt.report.summary import summary_text

        return summary_text(self)

    def to_excel(self, path: str | Path, force: bool = False) -> Path:
        """Writes the results workbook.

        Raises `FileExistsError` where the file is there already and `force` is not given.
        """
        from quadopt.report.workbook import write_workbook

        return write_workbook(self, path, force)
