"""The words in which an input table is described: `Column` and `Table`, and what is done with names everywhere."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

ColumnType = Literal["text", "number", "flag", "label", "names"]

_SPACES = re.compile(r"[\s\u00a0\u2007\u202f\u200b\ufeff]+")
_WHOLE = re.compile(r"\d+\.0+")


@dataclass(frozen=True)
class Column:
    """One column of an input table.

    `type`: text; number; flag (yes or no); label (text that may arrive as a number, such as the period 2026);
    names (several names, `;` between). `unit` may hold `{currency}`. `default` is what a blank cell means, None means
    blank stays blank (or, with `required`, is an error); `blank` says it in words. `minimum`, `maximum` are
    allowed values, `above` is not. `reference` names the column whose names are allowed, as "table.column".
    `varies`: may differ between periods (marked [t] in the method, section 2). `is_read`: whether the model reads it.
    """

    name: str
    type: ColumnType
    meaning: str
    unit: str = ""
    default: str | float | bool | None = None
    blank: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    reference: str = ""
    varies: bool = False
    is_read: bool = True

    @property
    def expected(self) -> str:
        """What a cell of this column may hold, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.type == "flag":
            return "yes or no"
        if self.type == "number":
            limits = [f"above {self.above:g}"] if self.above is not None else []
            limits += [f"at least {self.minimum:g}"] if self.minimum is not None else []
            limits += [f"at most {self.maximum:g}"] if self.maximum is not None else []
            return "a number" + (f" ({', '.join(limits)})" if limits else "")
        if self.reference:
            table, column = self.reference.split(".")
            plural = "names" if self.type == "names" else "a name"
            return f"{plural} from the column {column} of {table}"
        return "text"

    def unit_in(self, currency: str = "currency") -> str:
        """The unit with the currency's name put in."""
        return self.unit.format(currency=currency)

    @property
    def default_words(self) -> str:
        """What a blank cell means, in words; "" where it is an error."""
        if self.blank:
            return self.blank
        if self.default is None or self.default == "":
            return "" if self.required else "blank"
        if isinstance(self.default, bool):
            return "yes" if self.default else "no"
        return f"{self.default:g}" if isinstance(self.default, (int, float)) else self.default


@dataclass(frozen=True)
class Table:
    """One input table: a sheet or a CSV file.

    `key` names the columns that tell rows apart (the period aside), `named_by` those that do so for a reader where there
    is no key. `members_only` names the columns that may hold
    members alone. `unnamed_period_is_zero`: a period that no row names counts as 0, with a warning, instead of
    being an error.
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = False
    members_only: tuple[str, ...] = ()
    unnamed_period_is_zero: bool = False
    named_by: tuple[str, ...] = ()

    def entry(self, record: Mapping[str, Any]) -> str:
        """A row's name: its key, with in words what a blank part of it means."""
        parts = [str(record[name]) or self.column(name).default_words for name in self.named_by or self.key]
        return "; ".join(parts)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def varying(self) -> tuple[Column, ...]:
        """The columns that may vary by period; the first is the one that the wide form holds."""
        return tuple(column for column in self.columns if column.varies)


def clean(value: Any) -> str:
    """Text without stray spaces (non-breaking ones too); runs of spaces inside count as one."""
    return _SPACES.sub(" ", str(value)).strip()


def label(value: Any) -> str:
    """A name that may arrive as a number: 2026, 2026.0 and "2026" are all "2026"."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = clean(value)
    return text.split(".")[0] if _WHOLE.fullmatch(text) else text


def column_name(value: Any) -> str:
    """A header as a column name: "Unit cost " is unit_cost; a year stays a year."""
    return label(value).casefold().replace(" ", "_").replace("-", "_")


def nearest(name: str, names: Iterable[str]) -> str:
    """The valid name most like `name`, or "" where none is near."""
    known = {str(valid).casefold(): str(valid) for valid in names if str(valid)}
    found = difflib.get_close_matches(name.casefold(), list(known), n=1, cutoff=0.6)
    return known[found[0]] if found else ""


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names as an enumeration, cut off after `most` with the count of the rest."""
    names = list(names)
    text = ", ".join(names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most} more"
