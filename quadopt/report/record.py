"""The record of a results workbook: a hidden sheet with what the other sheets do not say, so that it can be read back whole.

The sheet `run` is for people; the record holds the same facts with their types, how each column is kept (`keeping`), and
a digest of every column, by which changes made afterwards are noticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from quadopt.plan import Plan
from quadopt.report.cells import plain
from quadopt.report.keeping import Kept, seen
from quadopt.report.layout import Place
from quadopt.report.parts import Sheet

FORMAT = 1
FACTS = (
    "title", "model_name", "currency", "base_year", "case_hash", "status", "starts", "options", "warnings", "versions",
    "seconds",
)  # fmt: skip
"""The plan's fields that are no tables."""
SENTENCE = "What quadopt.read_plan needs to read this workbook back. Please leave it as it is."
CHUNK = 30_000
"""Characters of the record in one cell."""


@dataclass
class KeptColumn:
    """A column of a table: its name in the library, its header on the sheet, and how its values are kept."""

    name: Any
    header: str
    kept: Kept


@dataclass
class KeptTable:
    """A table of the plan: its name, its sheet, its rows (all, those on the sheet, blank ones at the end), its columns."""

    name: str
    sheet: str
    rows: int
    on_sheet: int
    blank_tail: int
    columns: list[KeptColumn]

    @classmethod
    def of(cls, name: str, frame: pd.DataFrame, place: Place) -> KeptTable:
        """How a table is kept on its sheet."""
        shown = frame.iloc[: place.rows]
        columns = [
            KeptColumn(column, place.headers[str(column)], Kept.of(shown.iloc[:, at]))
            for at, column in enumerate(frame.columns)
        ]
        tail = 0
        while tail < len(shown) and all(plain(value) is None for value in shown.iloc[-1 - tail]):
            tail += 1
        return cls(name, place.sheet, len(frame), place.rows, tail, columns)


@dataclass
class Record:
    """All that the record holds: the plan's facts, its tables, a digest of the sheet `run`, and what is not kept, in words."""

    facts: dict[str, Any]
    tables: list[KeptTable]
    run: str
    lost: list[str]

    @classmethod
    def of(cls, plan: Plan, sheets: list[Sheet], where: Mapping[str, Place]) -> Record:
        """The record of a plan that is written on these sheets."""
        found = facts(plan)
        lost = [f"{name}: some values are kept as text" for name in FACTS if found[name] != getattr(plan, name)]
        by_name = {sheet.name: sheet for sheet in sheets}
        tables = []
        for name, frame in (*plan.tables.items(), ("stages", plan.stages)):
            if name in by_name and by_name[name].is_table and not (name == "stages" and frame is not plan.stages):
                tables.append(KeptTable.of(name, frame, where[name]))
            else:
                lost.append(f"the table {name}, which has the name of another sheet")
        for table in tables:
            for column in table.columns:
                kinds = ", ".join(sorted(set(column.kept.lost)))
                lost += [f"{table.name}, column {column.name}: {kinds} (kept as text)"] if kinds else []
        return cls(
            found, tables, run_digest(map(plain, row) for row in by_name["run"].frame.itertuples(index=False)), lost
        )

    def chunks(self) -> list[str]:
        """The record as JSON, cut into pieces that fit into cells; plain ASCII that no spreadsheet changes."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=True, separators=(",", ":"))
        text = text.replace("_x", "\\u005fx").replace("x005F", "\\u0078005F")
        return [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]

    @classmethod
    def read(cls, text: str) -> Record:
        """The record from its JSON. Raises ValueError, KeyError or TypeError where it is none, NewerFormat where it is newer."""
        found = json.loads(text)
        if found["format"] > FORMAT:
            raise NewerFormat
        tables = []
        for table in found["tables"]:
            columns = []
            for column in table["columns"]:
                odd = {int(row): code for row, code in column["kept"]["odd"].items()}
                columns.append(KeptColumn(column["name"], column["header"], Kept(**{**column["kept"], "odd": odd})))
            tables.append(KeptTable(**{**table, "columns": columns}))
        return cls(found["facts"], tables, found["run"], found["lost"])


def facts(plan: Plan) -> dict[str, Any]:
    """The plan's fields that are no tables, as JSON holds them."""
    return {name: json.loads(json.dumps(getattr(plan, name), default=_plain)) for name in FACTS}


def run_digest(rows: Iterable[Iterable[Any]]) -> str:
    """A short hash of the cells of the sheet `run`; blank ones at the end of a row do not count."""
    text = "\x1e".join("\x1f".join(map(seen, row)).rstrip("\x1f") for row in rows).rstrip("\x1e")
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


class NewerFormat(Exception):
    """The record was written by a later version."""


def _plain(value: Any) -> Any:
    """A number of numpy as one of Python, a set as a list; what else JSON does not know, as text."""
    return value.item() if hasattr(value, "item") else list(value) if isinstance(value, set | frozenset) else str(value)
