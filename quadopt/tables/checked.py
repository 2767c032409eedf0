"""What the rules across tables look at: typed rows (which know their cells), normalised tables and where findings go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from quadopt.errors import Finding
from quadopt.tables.raw import RawTables
from quadopt.tables.schema import listed
from quadopt.tables.typed import TypedRow, TypedTable, type_tables


@dataclass
class Checked:
    """The input under check. Every property survives tables that are missing or faulty."""

    tables: dict[str, pd.DataFrame]
    raw: RawTables
    findings: list[Finding]

    @cached_property
    def typed(self) -> dict[str, TypedTable]:
        """The typed tables (their faults are already known, so they are not noted again)."""
        return type_tables(self.raw, [])

    def rows(self, table: str) -> list[TypedRow]:
        """The typed rows of a table, none where it is absent."""
        return self.typed[table].rows if table in self.typed else []

    def values(self, table: str, column: str) -> list[Any]:
        """The filled cells of a column, in order."""
        return [value for value in (row.get(column) for row in self.rows(table)) if value is not None]

    @cached_property
    def periods(self) -> list[str]:
        """Period labels in order."""
        return list(dict.fromkeys(self.values("periods", "period")))

    @cached_property
    def begin(self) -> dict[str, float]:
        """Years from the start to each period's beginning."""
        begin, offset = {}, 0.0
        for row in self.rows("periods"):
            if row.get("period") and row.get("period") not in begin:
                begin[row.get("period")] = offset
                offset += 1.0 if row.get("years") is None else row.get("years")
        return begin

    @cached_property
    def horizon(self) -> float:
        """Years from the start to the end of the last period."""
        return float(self.tables["periods"]["years"].sum())

    @cached_property
    def countries(self) -> list[str]:
        """All countries."""
        return list(dict.fromkeys(self.values("countries", "country")))

    @cached_property
    def members(self) -> list[str]:
        """The members."""
        rows = self.rows("countries")
        return list(dict.fromkeys(row.get("country") for row in rows if row.get("country") and row.get("member")))

    @cached_property
    def recipes(self) -> dict[str, dict[str, float]]:
        """process -> material -> quantity."""
        recipes: dict[str, dict[str, float]] = {}
        for row in self.rows("recipes"):
            process, material, quantity = row.get("process"), row.get("material"), row.get("quantity")
            if process is not None:
                recipe = recipes.setdefault(process, {})
                if material is not None and quantity is not None:
                    recipe.setdefault(material, quantity)
        return recipes

    def records(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a normalised table."""
        frame = self.tables[table]
        columns = [str(column) for column in frame.columns]
        for row in frame.itertuples(index=False, name=None):
            yield dict(zip(columns, row, strict=True))

    def error(self, table: str, message: str, row: TypedRow | None = None, column: str = "", **more: Any) -> None:
        """Note an error in a row of a table (or in the table as a whole)."""
        self._note("error", table, message, row, column, more)

    def warning(self, table: str, message: str, row: TypedRow | None = None, column: str = "", **more: Any) -> None:
        """Note a doubt."""
        self._note("warning", table, message, row, column, more)

    def _note(self, severity: Any, table: str, message: str, row: TypedRow | None, column: str, more: Any) -> None:
        if table in self.typed:
            number = None if row is None else row.number
            if row is not None and column and "value" not in more:
                value = row.get(column)
                more["value"] = "; ".join(value) if isinstance(value, tuple) else value
            finding = self.typed[table].raw.finding(severity, message, row=number, column=column, **more)
        else:
            finding = Finding(severity, table, column=column, message=message, **more)
        if finding not in self.findings:
            self.findings.append(finding)

    def unused(self, table: str, what: str, found: list[tuple[TypedRow, str]]) -> None:
        """One warning for all rows of a table that the model will not use, with examples and the count."""
        if found:
            names = list(dict.fromkeys(name for _, name in found))
            self.warning(table, f"{what}: {listed(names)}", found[0][0])
