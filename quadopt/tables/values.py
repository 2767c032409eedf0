"""One cell's value as its column's type, or the fault that it is."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from quadopt.tables.raw import is_blank
from quadopt.tables.schema import Column, clean, label, nearest

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_YES = {"yes", "true", "1", "y"}
_NO = {"no", "false", "0", "n"}
_TIMES = (date, datetime, time, timedelta)
ERROR_CELLS = {"#N/A", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#SPILL!", "#CALC!", "#GETTING_DATA",
               "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!"}  # fmt: skip


class Fault(Exception):
    """A value that its column cannot hold."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion


def convert(column: Column, value: Any) -> Any:
    """The value as text, float, bool or tuple of names; None where it is blank.

    Raises Fault for a value of another type, out of bounds or not among the choices.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if is_blank(value):
        return None
    if isinstance(value, str) and clean(value).upper() in ERROR_CELLS:
        raise Fault("the cell holds a spreadsheet error")
    if isinstance(value, _TIMES):
        raise Fault("the cell holds a date or time")
    if column.type == "number":
        return _within(column, to_number(value))
    if column.type == "flag":
        return _flag(value)
    if column.type == "names":
        parts = value if isinstance(value, (list, tuple)) else str(value).split(";")
        return tuple(name for name in (clean(part) for part in parts) if name) or None
    text = label(value) if column.type == "label" or not isinstance(value, str) else clean(value)
    if column.choices:
        return _choice(column, text)
    return text


def to_number(value: Any) -> float:
    """A finite number from a number or from text such as "12.5", "1e3", "30 %". Raises Fault otherwise."""
    if isinstance(value, bool):
        raise Fault("this is not a number")
    if isinstance(value, (int, float)):
        try:
            number = float(value)
        except OverflowError:
            raise Fault("this number is too large") from None
    else:
        text = clean(value).replace("\u2212", "-")
        percent = text.endswith("%")
        if percent:
            text = text[:-1].rstrip()
        if not _NUMBER.fullmatch(text):
            grouped = _GROUPED.fullmatch(text)
            raise Fault("this is not a number", suggestion=text.replace(",", "") if grouped else "")
        number = float(text) / 100 if percent else float(text)
    if not math.isfinite(number):
        raise Fault("this is not a finite number")
    return number


def _within(column: Column, number: float) -> float:
    if column.minimum is not None and number < column.minimum:
        raise Fault(f"this is below {column.minimum:g}")
    if column.above is not None and number <= column.above:
        raise Fault(f"this is not above {column.above:g}")
    if column.maximum is not None and number > column.maximum:
        hint = f"{number / 100:g}" if column.unit == "fraction" and 1 < number <= 100 else ""
        raise Fault(f"this is above {column.maximum:g}", suggestion=hint)
    return number


def _flag(value: Any) -> bool:
    text = label(value).casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise Fault("this is neither yes nor no")


def _choice(column: Column, text: str) -> str:
    lowered = {choice.casefold(): choice for choice in column.choices}
    if text.casefold() in lowered:
        return lowered[text.casefold()]
    raise Fault("this is not one of the values allowed", suggestion=nearest(text, column.choices))
