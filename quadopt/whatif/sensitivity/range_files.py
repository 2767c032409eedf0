"""Reading ranges: a TOML file, a CSV file, or rows in Python, to ranges; every fault with its place."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from quadopt.errors import Finding, InputError
from quadopt.tables.changes import Place
from quadopt.tables.raw import is_blank
from quadopt.tables.records import rows_of
from quadopt.tables.schema import clean, column_name, nearest
from quadopt.tables.values import Fault, to_number
from quadopt.tables.where import where_of
from quadopt.whatif.sensitivity.ranges import FACTORS, OPERATIONS, ByQuality, Range

KEYS = ("name", "table", "where", "column", "operation", "low", "high", "quality")
"""What a range may say; `quality` is for TOML and Python only."""
TOP = ("input", "quality")
"""What a TOML file of ranges may hold: the inputs, and the factors by quality where they are not the usual ones."""

Given = str | Path | pd.DataFrame | Iterable[Range | Mapping[str, Any]]


def read_ranges(given: Given, factors: ByQuality = FACTORS) -> list[Range]:
    """The ranges that a user means: a path to a TOML or CSV file, a frame, or ranges and mappings in Python.

    Ranges without low and high go by quality, with `factors` where they do not say others. Raises InputError with every
    fault.
    """
    if isinstance(given, str | Path):
        path = Path(given)
        if not path.is_file():
            raise InputError(
                [Finding("error", str(path), expected="a .toml or .csv file", message="there is no such file")]
            )
        if path.suffix.lower() == ".toml":
            return _of_toml(path, factors)
        if path.suffix.lower() == ".csv":
            return _of_csv(path, factors)
        raise InputError([Finding("error", str(path), expected=".toml or .csv", message="ranges are no such file")])
    rows = [row._asdict() for row in rows_of(given)] if isinstance(given, pd.DataFrame) else list(given)
    return _all(((row, Place("inputs", at)) for at, row in enumerate(rows, 1)), factors) if rows else _none("inputs")


def factors_of(given: Any, place: Place, default: ByQuality = FACTORS) -> ByQuality:
    """Factors by quality, those not given as they are. Raises InputError for other qualities and what is no pair."""
    if given is None:
        return default
    if not isinstance(given, Mapping):
        raise InputError([place.finding("error", "this is no table of qualities", "quality", value=str(given),
                                        expected="e.g. { reported = [0.9, 1.1] }")])  # fmt: skip
    findings, found = [], dict(default)
    for quality, pair in given.items():
        if quality not in FACTORS:
            known, near = "one of " + ", ".join(FACTORS), nearest(str(quality), FACTORS)
            findings.append(place.finding("error", "there is no such quality", f"quality.{quality}", value=str(quality),
                                          expected=known, suggestion=near))  # fmt: skip
            continue
        try:
            low, high = (to_number(each) for each in pair)
            if low > high:
                raise Fault("low is above high")
            found[quality] = (low, high)
        except (TypeError, ValueError, Fault):
            findings.append(place.finding("error", "this is no pair of a low and a high number", f"quality.{quality}",
                                          value=str(pair), expected="e.g. [0.9, 1.1]"))  # fmt: skip
    if findings:
        raise InputError(findings)
    return found


def _none(sheet: str) -> list[Range]:
    raise InputError([Finding("error", sheet, expected="at least one input", message="there is no input")])


def _of_toml(path: Path, factors: ByQuality) -> list[Range]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Finding("error", path.name, message=f"this is no valid TOML: {error}")]) from None
    whole = Place(path.name)
    unknown = [
        whole.finding("error", "a file of ranges has no such key", key, expected="one of " + ", ".join(TOP),
                      suggestion=nearest(key, TOP)) for key in read if key not in TOP
    ]  # fmt: skip
    if unknown:
        raise InputError(unknown)
    factors = factors_of(read.get("quality"), whole, factors)
    rows = read.get("input", [])
    if not isinstance(rows, list) or not rows:
        return _none(path.name)
    return _all(((row, Place(path.name, key=f"input {number}")) for number, row in enumerate(rows, 1)), factors)


def _of_csv(path: Path, factors: ByQuality) -> list[Range]:
    known = KEYS[:-1]
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = csv.reader(stream, strict=True)
            head = [column_name(cell) for cell in next(lines, [])]
            rows = [(lines.line_num, line) for line in lines if any(clean(cell) for cell in line)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError([Finding("error", path.name, message=f"the file cannot be read: {error}")]) from None
    findings = [
        Finding("error", path.name, row=1, column=name, value=name, expected="one of " + ", ".join(known),
                suggestion=nearest(name, known), message="unknown column") for name in head if name not in known
    ]  # fmt: skip
    findings += [
        Finding("error", path.name, row=number, message=f"the line has {len(line)} values for {len(head)} headers")
        for number, line in rows if len(line) != len(head)
    ]  # fmt: skip
    if findings:
        raise InputError(findings)
    if not rows:
        return _none(path.name)
    return _all(((dict(zip(head, line, strict=True)), Place(path.name, number)) for number, line in rows), factors)


def _all(rows: Iterable[tuple[Any, Place]], factors: ByQuality) -> list[Range]:
    """Every row as a range. Raises InputError with the faults of all."""
    findings: list[Finding] = []
    found = []
    for row, place in rows:
        try:
            found.append(row if isinstance(row, Range) else _Row(row, place, factors).range())
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return found


class _Row:
    """One mapping as a range, its faults collected."""

    def __init__(self, row: Any, place: Place, factors: ByQuality) -> None:
        if not isinstance(row, Mapping):
            raise InputError([place.finding("error", "this is no range", value=str(row), expected=", ".join(KEYS))])
        self.place, self.factors = place, factors
        self.findings: list[Finding] = []
        self.row = {column_name(key): value for key, value in row.items() if not is_blank(value)}
        for key in self.row:
            if key not in KEYS:
                self._fault(
                    key, "a range has no such key", expected="one of " + ", ".join(KEYS), suggestion=nearest(key, KEYS)
                )

    def range(self) -> Range:
        """The range. Raises InputError with every fault."""
        texts = {key: clean(self.row.get(key, "")) for key in ("name", "table", "column")}
        for key, text in texts.items():
            if not text:
                self._fault(key, f"a range needs a {key}")
        operation: Any = clean(self.row.get("operation", "multiply"))
        if operation not in OPERATIONS:
            self._fault("operation", "there is no such operation", value=operation,
                        expected="one of " + ", ".join(OPERATIONS), suggestion=nearest(operation, OPERATIONS))  # fmt: skip
        low, high = self._number("low"), self._number("high")
        by_quality = self._by_quality(operation)
        if self.findings:
            raise InputError(self.findings)
        names = {key: column_name(texts[key]) for key in ("table", "column")}
        where = where_of(self.row.get("where"))
        return Range(
            texts["name"], names["table"], where, names["column"], operation, low, high, by_quality, self.place
        )

    def _by_quality(self, operation: str) -> ByQuality | None:
        """The pairs by quality of a range without ends; None for one with ends."""
        has = [key for key in ("low", "high") if key in self.row]
        if has:
            if len(has) == 1:
                other = "high" if has == ["low"] else "low"
                self._fault(other, f"a range with {has[0]} needs {other}", expected="both, or neither: then by quality")
            if "quality" in self.row:
                self._fault("quality", "low and high are given, so quality does nothing", expected="one of the two")
            low, high = (self._number(key, told=True) for key in ("low", "high"))
            if low is not None and high is not None and low >= high:
                self._fault("low", "low is not below high", value=f"{low:g}", expected=f"a number below {high:g}")
            return None
        if operation != "multiply" and "quality" not in self.row:
            self._fault("low", f"a range that uses {operation} has no usual ends", expected="low and high")
            return None
        try:
            return factors_of(self.row.get("quality"), self.place, self.factors)
        except InputError as error:
            self.findings += error.findings
            return None

    def _number(self, key: str, told: bool = False) -> float | None:
        if key not in self.row:
            return None
        try:
            number = to_number(self.row[key])
            if not math.isfinite(number):
                raise Fault("this is not a finite number")
            return number
        except Fault as fault:
            if not told:
                self._fault(
                    key, fault.message, value=str(self.row[key]), expected="a number", suggestion=fault.suggestion
                )
            return None

    def _fault(self, key: str, message: str, **more: str) -> None:
        self.findings.append(self.place.finding("error", message, key, **more))
