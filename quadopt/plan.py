"""Plan: the answer as plain tables, free of Pyomo and of the solver.

All quantities are amounts of the period or step, money is millions of the case's currency; every table's columns and
units are listed by `quadopt.report.columns`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from quadopt.tables.schema import nearest

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

    from quadopt.formulation.options import Formulation
    from quadopt.report.pictures import Pictures
    from quadopt.tables.case import Case


class NamedTables:
    """What has `tables`, each to be asked for by its name: `plan.trade` is `plan.tables["trade"]`."""

    tables: dict[str, pd.DataFrame]

    def __getattr__(self, name: str) -> pd.DataFrame:
        tables = self.__dict__.get("tables", {})
        if name in tables:
            return tables[name]
        near = nearest(name, tables)
        raise AttributeError(
            f"a {type(self).__name__.lower()} has no table {name!r}" + (f"; did you mean {near!r}?" if near else ""),
            name=name,
            obj=self,
        )

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in self.tables if str(name).isidentifier())})


@dataclass(frozen=True, eq=False, repr=False)
class Plan(NamedTables):
    """A plan with how it was found.

    `status` is `optimal` (every stage within its gap) or `stopped with a plan`; `stages` says it stage by stage with
    incumbent, bound and gap; `tables` maps a table's name to its frame. Two plans are equal only where they are one object:
    frames have no single answer to whether they are equal.
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
    warm_starts: list[Any] = field(default_factory=list)
    """What its searches have learnt, for those of a similar case that begin from it; no workbook keeps it."""

    def __repr__(self) -> str:
        from quadopt.report.display import plan_text

        return plan_text(self)

    def _repr_html_(self) -> str:
        from quadopt.report.display import plan_html

        return plan_html(self)

    @property
    def summary(self) -> str:
        """The answer on one screen: status and gaps first."""
        from quadopt.report.summary import summary_text

        return summary_text(self)

    def check_made_from(self, case: Case, options: Formulation) -> None:
        """Raises `ValueError` where the plan was not made from this case and model file."""
        if self.case_hash != case.input_hash:
            made_from = f"the plan was made from other inputs ({self.case_hash})"
            raise ValueError(f"{made_from} than this case's ({case.input_hash})")
        if self.model_name != options.name:
            raise ValueError(f"the plan was made with the model file {self.model_name}, not with {options.name}")

    def show(self, table: str, query: str = "", rows: int = 40) -> Styler:
        """A table for a notebook: titles, units, number formats; `plan.tables[table]` keeps the plain numbers.

        `query` chooses rows as `DataFrame.query` does (`"supplier == 'China' and period == '2030'"`), of which the first
        `rows` are shown. Raises KeyError, with the nearest name, where the plan has no such table.
        """
        from quadopt.report.display import styled

        return styled(self, table, query, rows)

    @property
    def plot(self) -> Pictures:
        """The plan's pictures: `plan.plot.chain(material="magnet")` is a matplotlib figure; `dir(plan.plot)` lists them."""
        from quadopt.report.pictures import Pictures

        return Pictures(self)

    def to_excel(self, path: str | Path, force: bool = False) -> Path:
        """Writes the results workbook.

        Raises `FileExistsError` where the file is there already and `force` is not given.
        """
        from quadopt.report.workbook import write_workbook

        return write_workbook(self, path, force)

    def to_html(self, path: str | Path, force: bool = False) -> Path:
        """Writes the report page: one HTML file, opened without a network, for a screen, a phone and paper.

        Raises `FileExistsError` where the file is there already and `force` is not given.
        """
        from quadopt.report.page import write_page

        return write_page(self, path, force)

    def to_csv(self, folder: str | Path, force: bool = False) -> Path:
        """Writes every table as a CSV file into a folder, with their columns and units in `datapackage.json`.

        The folder is written whole or not at all. Raises `FileExistsError` where it is there already and not empty and
        `force` is not given; with `force` where it holds files that quadopt did not write.
        """
        from quadopt.report.folder import write_folder

        return write_folder(self, folder, force)

    def to_iamc(self, model: str | None = None, scenario: str | None = None) -> pd.DataFrame:
        """The base path in the tidy format of integrated-assessment models: one row a region, variable, unit and year.

        Columns: model, scenario, region, variable, unit, year, value, which `pyam.IamDataFrame` takes; variables such as
        `Dependence|Proportional|magnet|China`, all listed in `quadopt.report.iamc`, with what cannot go in (the steps of
        crises, what has no year). Raises ValueError where the periods are not labelled with years.
        """
        from quadopt.report.iamc import iamc

        return iamc(self, model, scenario)
