"""What a cell of a workbook keeps of a value, and what has to be written down beside it so that nothing is lost."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from quadopt.report.cells import LONGEST_TEXT, UNSAFE, plain
from quadopt.tables.schema import label

KEPT_TYPES = re.compile(r"object|bool|boolean|str|string|u?int\d+|U?Int\d+|float(32|64)|Float(32|64)")
"""The types of columns that come back as they were."""
BLANKS: dict[str, Any] = {"nan": math.nan, "none": None, "NA": pd.NA, "NaT": pd.NaT, "empty": ""}
"""What a blank cell may stand for."""

GOLDEN = 0.6180339887498949
ROUNDING = 2e-14
"""What rounding may add to the sum of logarithms for each value; a change of one number by a ten-millionth is always more."""

Code = list[Any]
"""A value as JSON holds it without loss: [kind, value]."""


class Misfit(Exception):
    """A cell that holds what its column cannot; `expected` says what it can."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


@dataclass
class Kept:
    """How one column is kept: its type, what blank and number cells mean, the values that no cell keeps, a digest of all.

    `odd` maps a row (from 0) to a value's `Code`; `lost` holds the kinds of values that come back as text. `outline`
    and `size` are what stays of the column where another program saves it with fewer digits, see `outline`.
    """

    dtype: str
    blank: str = "nan"
    number: str = "float"
    odd: dict[int, Code] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    digest: str = ""
    outline: str = ""
    size: float = 0.0

    @classmethod
    def of(cls, values: pd.Series) -> Kept:
        """How a column of a plan's table is kept."""
        dtype = str(values.dtype)
        kept = cls(dtype if KEPT_TYPES.fullmatch(dtype) else "object")
        if kept.dtype != dtype:
            kept.lost.append(f"the type {dtype}")
        listed = values.tolist()
        kinds = _kinds(values, listed)
        blanks = [kind for kind in kinds if kind in BLANKS]
        kept.blank = max(BLANKS, key=blanks.count) if blanks or kept.dtype != "object" else "none"
        numbers = [kind for kind in kinds if kind in ("int", "float")]
        kept.number = max(("float", "int"), key=numbers.count)
        for row in _suspects(values, listed, kept.blank):
            kept._look(row, listed[row])
        back = kept.restored([kept._after(*pair) for pair in enumerate(listed)]) if kept.lost else values
        kept.digest, (kept.outline, kept.size) = digest(back), outline(back)
        return kept

    def _look(self, row: int, value: Any) -> None:
        """Write a value down where its cell does not keep it."""
        cell = plain(value)
        if isinstance(cell, str) and not is_safe(cell):
            comes_back = False
        else:
            try:
                comes_back = _same(self.value_of(cell), value)
            except Misfit:
                comes_back = False
        if not comes_back:
            code = encode(value)
            if code is None:
                self.lost.append(type(value).__name__)
            else:
                self.odd[row] = code

    def _after(self, row: int, value: Any) -> Any:
        """A value after writing and reading."""
        return decode(self.odd[row]) if row in self.odd else self.value_of(plain(value))

    def plainly(self, cells: list[Any]) -> pd.Series | None:
        """The whole column at once where all its cells are plainly of its type; None where each has to be looked at."""
        kinds = set(map(type, cells))
        if self.odd:
            return None
        if self.dtype == "float64" and kinds <= {float, int, type(None)}:
            return pd.Series(cells, dtype="float64")
        if self.dtype == "str" and kinds <= {str, type(None)}:
            blank = BLANKS[self.blank]
            return pd.Series([blank if cell is None else cell for cell in cells], dtype="str")
        return None

    def read(self, row: int, cell: Any) -> Any:
        """The value of a row: what was written down, where the cell is as it was, else what the cell stands for.

        Raises Misfit where the column cannot hold it.
        """
        if row in self.odd:
            value = decode(self.odd[row])
            if seen(cell) == seen(plain(value)):
                return value
        return self.value_of(cell)

    def value_of(self, cell: Any) -> Any:
        """The value that a cell stands for. Raises Misfit where the column cannot hold it."""
        if cell is None:
            if self.dtype[:3] in ("int", "uin") or self.dtype == "bool":
                raise Misfit("a whole number" if self.dtype != "bool" else "yes or no")
            return BLANKS[self.blank]
        if self.dtype in ("str", "string"):
            return label(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else str(cell)
        if self.dtype == "object":
            is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
            whole = is_number and self.number == "int" and float(cell).is_integer()
            return int(cell) if whole else float(cell) if is_number else cell if isinstance(cell, bool) else str(cell)
        if self.dtype in ("bool", "boolean"):
            if not isinstance(cell, bool):
                raise Misfit("yes or no")
            return cell
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            raise Misfit("a number")
        if "nt" in self.dtype:
            if float(cell) != int(cell):
                raise Misfit("a whole number")
            return int(cell)
        return float(cell)

    def restored(self, values: list[Any]) -> pd.Series:
        """The column, of its type again."""
        return pd.Series(values, dtype=self.dtype)


def is_safe(text: str) -> bool:
    """Whether a workbook keeps a text as it is."""
    return 0 < len(text) <= LONGEST_TEXT and not UNSAFE.search(text)


def seen(cell: Any) -> str:
    """A cell as text in which nothing differs that a workbook or a spreadsheet program changes by itself."""
    if cell is None:
        return ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return f"{float(cell):.12g}"
    return UNSAFE.sub("", str(cell)).strip()


def digest(values: pd.Series) -> str:
    """A short hash of a column's values, in order: exact for numbers."""
    if not _is_plain_number(values):
        listed = values.tolist()
        tokens = _of_each(listed, _token) if values.dtype == "str" else map(_token, listed)
        content = "\x1e".join(tokens).encode("utf-8", "surrogatepass")
    elif values.dtype.kind == "f":
        numbers = values.to_numpy(dtype="float64", copy=True)
        numbers[np.isnan(numbers)] = math.nan
        content = numbers.tobytes()
    else:
        content = values.to_numpy().astype("int64", copy=False).tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


def outline(values: pd.Series) -> tuple[str, float]:
    """A digest of the column in which only the signs of its numbers count, and the sum of their logarithms.

    Each logarithm has a weight by its row, so that the sum tells any change of a number, in proportion to itself, and any swap
    of two, but hardly moves where all numbers are rounded: LibreOffice saves 15 digits of the 17 that a number may have.
    """
    if values.dtype == "str":
        return digest(values), 0.0
    if _is_plain_number(values):
        numbers = values.to_numpy(dtype="float64")
        signs = pd.Series(np.where(np.isnan(numbers), np.nan, np.sign(numbers)))
    else:
        listed = values.tolist()
        is_number = [_kind(value) in ("int", "float") for value in listed]
        pairs = list(zip(listed, is_number, strict=True))
        numbers = np.array([float(value) if number else math.nan for value, number in pairs])
        signs = pd.Series(
            [math.copysign(float(value != 0), value) if number else value for value, number in pairs], dtype=object
        )
    weights = 1.0 + (np.arange(len(numbers)) * GOLDEN) % 1.0
    counted = np.isfinite(numbers) & (numbers != 0.0)
    return digest(signs), float((weights[counted] * np.log(np.abs(numbers[counted]))).sum())


def is_rounded(values: pd.Series, kept: Kept) -> bool:
    """Whether a column differs from what was written by no more than another program's rounding."""
    found, size = outline(values)
    return found == kept.outline and abs(size - kept.size) <= ROUNDING * max(len(values), 1)


def _token(value: Any) -> str:
    kind = _kind(value)
    return kind if kind in BLANKS else f"{kind}:{float(value)!r}" if kind == "float" else f"{kind}:{value}"


def encode(value: Any) -> Code | None:
    """A value as JSON holds it; None where it cannot."""
    kind = _kind(value)
    if kind in BLANKS:
        return [kind]
    if kind == "float":
        return [kind, repr(float(value))]
    if kind == "int":
        return [kind, str(int(value))]
    if kind in ("text", "bool"):
        return [kind, bool(value) if kind == "bool" else value]
    if kind in ("list", "tuple"):
        parts = [encode(part) for part in value]
        return None if any(part is None for part in parts) else [kind, parts]
    return None


def decode(code: Code) -> Any:
    """The value that `encode` wrote."""
    kind = code[0]
    if kind in BLANKS:
        return BLANKS[kind]
    if kind in ("list", "tuple"):
        parts = [decode(part) for part in code[1]]
        return parts if kind == "list" else tuple(parts)
    return {"float": float, "int": int, "text": str, "bool": bool}[kind](code[1])


def _kind(value: Any) -> str:
    if value is None:
        return "none"
    if value is pd.NA:
        return "NA"
    if value is pd.NaT:
        return "NaT"
    if isinstance(value, bool | np.bool_):
        return "bool"
    if isinstance(value, int | np.integer):
        return "int"
    if isinstance(value, float | np.floating):
        return "nan" if math.isnan(value) else "float"
    if isinstance(value, str):
        return "text" if value else "empty"
    return "list" if type(value) is list else "tuple" if type(value) is tuple else "other"


def _same(found: Any, wanted: Any) -> bool:
    """Whether two values are the same in kind and to the last digit, the sign of zero included."""
    return _kind(found) == _kind(wanted) and encode(found) == encode(wanted) and encode(wanted) is not None


def _kinds(values: pd.Series, listed: list[Any]) -> list[str]:
    """The kind of every value; of a column of plain numbers that of the first will do."""
    if values.dtype == "str":
        return list(_of_each(listed, _kind))
    return [_kind(value) for value in (listed[:1] if _is_plain_number(values) else listed)]


def _is_plain_number(values: pd.Series) -> bool:
    return isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiu"


def _of_each(texts: list[Any], function: Callable[[Any], Any]) -> Iterator[Any]:
    """A function of every value of a column of texts, called once for each different one."""
    found = {text: function(text) for text in set(texts)}
    return (found[text] for text in texts)


def _suspects(values: pd.Series, listed: list[Any], blank: str) -> Iterable[int]:
    """The rows of values that a cell might not keep."""
    if values.dtype == "str":
        kept = _of_each(listed, lambda text: _kind(text) == blank or (isinstance(text, str) and is_safe(text)))
        return [row for row, is_kept in enumerate(kept) if not is_kept]
    if not _is_plain_number(values):
        return range(len(listed))
    numbers = values.to_numpy()
    if values.dtype.kind == "f":
        return np.flatnonzero(np.isinf(numbers) | ((numbers == 0) & np.signbit(numbers))).tolist()
    return np.flatnonzero((numbers >= 2**53) | (numbers <= -(2**53))).tolist()
