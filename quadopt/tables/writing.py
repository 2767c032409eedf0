"""Writing workbooks safely: never over a user's file unasked, never half a file, text never becomes a formula."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from quadopt.tables.schema import label

MOST_CHARACTERS = 32_767
"""What a cell can hold; XlsxWriter drops longer text without a word."""

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class Exact(float):
    """A number that a workbook holds to the last digit: XlsxWriter asks for 16 digits, of which a double may need 17."""

    def __format__(self, form: str) -> str:
        return repr(float(self))


@contextmanager
def new_file(path: str | Path, *, force: bool = False, is_synced: bool = False) -> Iterator[Path]:
    """A place beside `path` to write to; the file appears at `path` only when it is complete.

    `is_synced`: it has reached the disk before it appears, so that not even a loss of power leaves a part of it there.
    Raises FileExistsError where the file exists and `force` is not given.
    """
    path = Path(path)
    if path.is_dir() or (path.exists() and not force):
        raise FileExistsError(f"{path} exists already: choose another name, or force its replacement")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    try:
        yield Path(temporary)
        Path(temporary).chmod(0o644)
        if is_synced:
            with Path(temporary).open("rb") as written:
                os.fsync(written.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


@contextmanager
def new_workbook(path: str | Path, *, force: bool = False) -> Iterator[Any]:
    """An XlsxWriter workbook that appears at `path` only when it is complete.

    Raises FileExistsError where the file exists and `force` is not given. The same content gives the same file.
    """
    import xlsxwriter

    with new_file(path, force=force) as temporary:
        workbook = xlsxwriter.Workbook(temporary, _OPTIONS)
        workbook.set_properties({"created": datetime(2000, 1, 1)})
        yield workbook
        workbook.close()


def write_row(sheet: Any, row: int, values: Sequence[Any], style: Any = None) -> None:
    """Write text as text and numbers as numbers, blanks not at all. Raises ValueError for text too long for a cell."""
    for column, value in enumerate(values):
        if value is None or value == "":
            continue
        if isinstance(value, (int, float)):
            sheet.write_number(row, column, Exact(value), style)
        else:
            text = str(value)
            if len(text) > MOST_CHARACTERS:
                raise ValueError(f"{sheet.get_name()}, row {row + 1}: text of {len(text)} characters fits no cell")
            sheet.write_string(row, column, text, style)


def as_number(text: str) -> int | float | str:
    """The number that a text stands for, where nothing is lost by it; otherwise the text."""
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    whole = number.is_integer() and abs(number) < 1e15
    return (int(number) if whole else number) if label(number) == text else text
