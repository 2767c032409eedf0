"""What can go wrong, said so that the reader can mend it: every fault with its place, its value and what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One fault or doubt in the input, with its place.

    `sheet` is the sheet (or CSV file, or model file), `cell` a spreadsheet address such as "C7" ("" outside workbooks),
    `row` the row or line number counted from 1, `column` the column's name. `value` is what was found, `expected` what
    would have been right, `suggestion` the nearest valid value. All texts may be empty; `message` never is.
    """

    severity: Severity
    sheet: str = ""
    cell: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    expected: str = ""
    suggestion: str = ""
    message: str = ""

    @property
    def place(self) -> str:
        """Where the fault is, in words: "plants!C7 (capacity)" or "plants.csv, line 7, column capacity"."""
        if self.cell:
            name = f"{self.sheet}!{self.cell}"
            return f"{name} ({self.column})" if self.column else name
        parts = [self.sheet] if self.sheet else []
        if self.row is not None:
            parts.append(f"{'line' if self.sheet.lower().endswith('.csv') else 'row'} {self.row}")
        if self.column:
            parts.append(f"column {self.column}")
        return ", ".join(parts)

    def __str__(self) -> str:
        text = f"{self.severity}: {self.place}: {self.message}" if self.place else f"{self.severity}: {self.message}"
        if self.value:
            text += f"; found '{_shortened(self.value)}'"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.suggestion:
            text += f"; did you mean '{self.suggestion}'?"
        return text


def _shortened(text: str, longest: int = 80) -> str:
    """One line of at most `longest` characters."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


class InputError(Exception):
    """The input cannot be used. Carries every finding, not only the first; `str()` is the full report."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: list[Finding] = list(findings)
        super().__init__(self.report())

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop the run."""
        return [finding for finding in self.findings if finding.severity == "error"]

    def report(self) -> str:
        """All findings, errors first, one a line, under a line that counts them."""
        errors = self.errors
        warnings = [finding for finding in self.findings if finding.severity != "error"]
        head = f"{_counted(len(errors), 'error')} in the input"
        if warnings:
            head += f" (and {_counted(len(warnings), 'warning')})"
        return "\n".join([head + ":", *(f"  {finding}" for finding in [*errors, *warnings])])

    def __str__(self) -> str:
        return self.report()


class ModelFileError(InputError):
    """A model file cannot be used: unknown keys, values out of range, contradicting rules."""


class NoPlanError(Exception):
    """The solver ended without a plan. `status` is one of the solve room's closed set of statuses."""

    def __init__(self, message: str, status: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
