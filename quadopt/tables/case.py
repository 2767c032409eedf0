"""Case: the checked input tables and what follows from them by themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from quadopt.errors import Finding, InputError
from quadopt.tables.catalogue import TABLES
from quadopt.tables.changes import Change, WhatIf, whatifs_of
from quadopt.tables.checks import check
from quadopt.tables.normalise import as_stated, filled_in, spelled_out
from quadopt.tables.raw import RawTable
from quadopt.tables.reading import RawTables, read_raw
from quadopt.tables.records import rows_of


@dataclass(frozen=True)
class Case:
    """A checked case: every table of the catalogue with defaults filled and periods expanded.

    `tables` maps a table's name to its frame (columns as in the catalogue, one row a key and period); `raw` holds the
    rows as they were read, with their sources; `findings` the warnings. Of a case made by `with_changes` they are: `tables`
    changed, `raw` as before; `changes` the changes made, in order; `dropped` the rows that lost their meaning by them (table,
    entry, reason); `changed_cells` the last change of a cell, by table, key (position in a table without one), period or
    "", and column. `stated` are the tables without what follows from other columns. Treat all of it as frozen.
    """

    tables: Mapping[str, pd.DataFrame]
    raw: Mapping[str, pd.DataFrame]
    findings: list[Finding] = field(default_factory=list)
    source: Path | None = None
    stated: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    changes: tuple[Change, ...] = ()
    dropped: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["table", "entry", "reason"]))
    changed_cells: Mapping[tuple[str, tuple[Any, ...], str, str], Change] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.stated:
            object.__setattr__(self, "stated", as_stated(self.tables))

    @classmethod
    def from_tables(cls, tables: Mapping[str, Any]) -> Case:
        """A case from frames or lists of records in the input tables' form, through the same checks as a workbook.

        Raises `InputError` with every fault.
        """
        return cls._checked(RawTables.from_python(tables), None)

    @classmethod
    def _checked(cls, raw: RawTables, source: Path | None) -> Case:
        findings: list[Finding] = list(raw.findings)
        stated = spelled_out(raw, findings)
        tables = filled_in(stated, findings, has_fund="fund" in raw.tables)
        check(tables, raw, findings)
        if any(finding.severity == "error" for finding in findings):
            raise InputError(findings)
        return cls(tables, raw.frames(), [f for f in findings if f.severity == "warning"], source, stated)

    @cached_property
    def whatifs(self) -> dict[str, WhatIf]:
        """The what-ifs of the table `whatifs` by name, in its order."""
        return whatifs_of(RawTable.from_frame("whatifs", self.raw["whatifs"])) if "whatifs" in self.raw else {}

    def with_changes(self, changes: Any, ignored_tables: Collection[str] = ()) -> Case:
        """The case with changes, through the same checks as a workbook; this one stays as it is.

        `changes`: the name of one of its what-ifs, a `WhatIf`, the path of a TOML file with one, or a list of changes (as
        `Change` or mappings with the columns of the table `whatifs`; `where` may be a mapping too). They are made in
        order, on the tables as they stand then. `ignored_tables` are those that the model file does not read
        (`quadopt.formulation.unread.unread_tables`). Raises InputError with every fault at its change: what cannot be
        read, matches nothing, touches an ignored table, leaves the case as it was, or breaks a rule of the input.
        """
        from quadopt.tables.changed import changed

        return changed(self, changes, ignored_tables)

    def _setting(self, name: str) -> Any:
        return self.tables["settings"].iloc[0][name]

    @cached_property
    def title(self) -> str:
        """The case's title, from the settings."""
        return str(self._setting("title"))

    @cached_property
    def currency(self) -> str:
        """The currency of all money, from the settings."""
        return str(self._setting("currency"))

    @cached_property
    def base_year(self) -> int | None:
        """The year whose prices the money is in; None where the settings do not say."""
        year = self._setting("base_year")
        return None if pd.isna(year) else int(year)

    @cached_property
    def discount_rate(self) -> float:
        """Real discount rate, a fraction a year."""
        return float(self._setting("discount_rate"))

    @cached_property
    def periods(self) -> list[str]:
        """Period labels in order."""
        return self.tables["periods"]["period"].tolist()

    @cached_property
    def length(self) -> dict[str, float]:
        """Length of each period in years, h_t."""
        frame = self.tables["periods"]
        return dict(zip(frame["period"], frame["years"].astype(float), strict=True))

    @cached_property
    def offset(self) -> dict[str, float]:
        """Years from the start of the horizon to each period's beginning, Y_t."""
        begin, out = 0.0, {}
        for period in self.periods:
            out[period] = begin
            begin += self.length[period]
        return out

    @cached_property
    def horizon(self) -> float:
        """Length of the horizon in years."""
        return sum(self.length.values())

    @cached_property
    def spans(self) -> list[tuple[float, float]]:
        """Begin and end of each period in years from the start of the horizon."""
        return [(self.offset[t], self.offset[t] + self.length[t]) for t in self.periods]

    @cached_property
    def discount(self) -> dict[str, float]:
        """Discount factor of each period, (1 + r)^-Y_t (the method, section 3)."""
        return {t: (1.0 + self.discount_rate) ** -self.offset[t] for t in self.periods}

    @cached_property
    def countries(self) -> list[str]:
        """All countries, in the sheet's order."""
        return self.tables["countries"]["country"].tolist()

    @cached_property
    def members(self) -> list[str]:
        """The members of the group, in the sheet's order."""
        frame = self.tables["countries"]
        return frame.loc[frame["member"].astype(bool), "country"].tolist()

    @cached_property
    def suppliers(self) -> list[str]:
        """The outside suppliers: every country that is no member."""
        members = set(self.members)
        return [country for country in self.countries if country not in members]

    @cached_property
    def materials(self) -> list[str]:
        """All materials, in the sheet's order."""
        return self.tables["materials"]["material"].tolist()

    @cached_property
    def sectors(self) -> list[str]:
        """All sectors that demand names."""
        return self.tables["sectors"]["sector"].tolist()

    @cached_property
    def recipe(self) -> dict[tuple[str, str], float]:
        """Quantity of a material per unit of process activity: > 0 made, < 0 used."""
        frame = self.tables["recipes"]
        return {
            (k, m): float(q) for k, m, q in zip(frame["process"], frame["material"], frame["quantity"], strict=True)
        }

    @cached_property
    def recipes_of(self) -> dict[str, dict[str, float]]:
        """process -> material -> quantity."""
        out: dict[str, dict[str, float]] = {}
        for (process, material), quantity in self.recipe.items():
            out.setdefault(process, {})[material] = quantity
        return out

    def column(self, table: str, key: str, column: str) -> dict[str, Any]:
        """One column of a table as a mapping from one of its key columns."""
        frame = self.tables[table]
        return dict(zip(frame[key], frame[column], strict=True))

    @cached_property
    def price(self) -> dict[str, float]:
        """Price of each material, currency per unit."""
        return self.column("materials", "material", "price")

    @cached_property
    def demand(self) -> dict[tuple[str, str, str, str], float]:
        """(country, material, sector, period) -> demand a year; only positive entries."""
        frame = self.tables["demand"]
        keys = zip(frame["country"], frame["material"], frame["sector"], frame["period"], strict=True)
        return {key: float(q) for key, q in zip(keys, frame["quantity"], strict=True) if q > 0}

    @cached_property
    def need(self) -> dict[tuple[str, str, str], float]:
        """(country, material, period) -> demand plus existing plants' use at capacity, a year (the method, section 3)."""
        out: dict[tuple[str, str, str], float] = {}
        for (country, material, _, period), quantity in self.demand.items():
            key = (country, material, period)
            out[key] = out.get(key, 0.0) + quantity
        for plant in rows_of(self.tables["plants"]):
            for material, quantity in self.recipes_of[plant.process].items():
                if quantity < 0 and plant.capacity > 0:
                    key = (plant.country, material, plant.period)
                    out[key] = out.get(key, 0.0) - quantity * float(plant.capacity)
        return out

    @cached_property
    def shortage_cost(self) -> dict[tuple[str, str], float]:
        """(material, sector) -> millions per unit short: shortage value times the sector's weight."""
        value = self.column("materials", "material", "shortage_value")
        weight = self.column("sectors", "sector", "shortage_weight")
        return {(m, q): 1e-6 * float(value[m]) * float(weight[q]) for m in self.materials for q in self.sectors}

    @cached_property
    def input_hash(self) -> str:
        """A short hash of everything the model reads: the same tables give the same hash, whatever the what-ifs."""
        digest = hashlib.sha256()
        for name in sorted(name for name in self.tables if name != "whatifs"):
            unread = [column.name for column in TABLES[name].columns if not column.is_read]
            digest.update(name.encode())
            digest.update(self.tables[name].drop(columns=unread).to_csv(index=False, lineterminator="\n").encode())
        return digest.hexdigest()[:16]


def read_case(path: str | Path) -> Case:
    """Read and check a workbook (.xlsx) or a folder of CSV files.

    Raises `InputError` with every fault found: sheet, cell, value, what was expected and the nearest valid name.
    """
    path = Path(path)
    return Case._checked(read_raw(path), path)
