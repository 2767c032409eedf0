"""What may stand in a cell, a header, a sheet's name: plain rules of Excel, without a library."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

LONGEST_TEXT, LONGEST_SHEET, LAST_ROW = 32_767, 31, 1_048_576
CUT = " ... [cut]"
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9A-Fa-f]{4}_|x005F_|^<r>.*</r>\s*$", re.DOTALL)
"""Text that a workbook changes: characters that XML does not know, and what looks like Excel's escapes for them."""


@dataclass(frozen=True)
class Formula:
    """A live Excel formula (without its ``=``, English names, A1 addresses) and the value that it has.

    The value is kept with it, so that programs that do not calculate show it.
    """

    text: str
    value: str | float | int | bool | None


def plain(value: Any) -> str | float | int | bool | None:
    """A value as a cell can hold it: text, number, yes/no, or None (blank) for what is missing or not finite.

    Text longer than a cell holds is cut, with a mark; lists become text with `;` between; a formula stands for its value.
    """
    if isinstance(value, Formula):
        value = value.value
    if isinstance(value, list | tuple | set | frozenset):
        value = "; ".join(map(str, value))
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode("utf-8")
        if text.startswith("<r>") and text.endswith("</r>"):
            text += " "  # XlsxWriter would take it for its own markup
        return (text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - len(CUT)] + CUT) or None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return plain(str(value))


def sheet_name(name: str, taken: Iterable[str]) -> str:
    """A name that Excel takes: at most 31 characters, none of ``[]:*?/\\``, not taken (whatever the case)."""
    used = {other.lower() for other in taken}
    clean = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", UNSAFE.sub("_", name)).strip("' ")[:LONGEST_SHEET] or "sheet"
    clean = f"{clean[:29]}_1" if clean.lower() == "history" else clean
    unique, place = clean, 1
    while unique.lower() in used:
        place += 1
        unique = f"{clean[: LONGEST_SHEET - len(str(place)) - 1]}_{place}"
    return unique


def unique_headers(headers: Iterable[str]) -> list[str]:
    """Headers as an Excel table takes them: one line, at most 255 characters, never blank, none twice."""
    found: list[str] = []
    for header in headers:
        clean = " ".join(UNSAFE.sub(" ", str(plain(header) or "")).split())[:240] or "column"
        unique, place = clean, 1
        while unique.lower() in {other.lower() for other in found}:
            place += 1
            unique = f"{clean} ({place})"
        found.append(unique)
    return found


def width(header: str, texts: Iterable[str], least: int = 9, most: int = 42) -> int:
    """Width in characters: the longest text, and the header in about three lines with none of its words broken."""
    words = max((len(word) for word in header.split()), default=0)
    longest = max((len(text) for text in texts), default=0)
    return max(least, min(most, max(longest + 2, words + 4, math.ceil(len(header) / 3) + 4)))


def lines_needed(text: str, width_in_characters: float) -> int:
    """Lines that a text wrapped at its words takes in a cell of the given width (an estimate: letters differ)."""
    room = max(int(width_in_characters), 1)
    return sum(len(textwrap.wrap(line, room)) or 1 for line in text.split("\n"))


def print_text(text: str, most: int = 180) -> str:
    """Text for a printed header or footer, where ``&`` would start a command and 255 characters are the limit."""
    short = text if len(text) <= most else text[: most - 3] + "..."
    return " ".join(short.split()).replace("&", "&&")[:240]
