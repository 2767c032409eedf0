"""A look into a workbook before it is opened: size, compression, extents and formulas, without allocating for them."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from quadopt.errors import Finding
from quadopt.tables.raw import column_letter

MOST_BYTES = 200_000_000
MOST_RATIO = 200
RATIO_FROM_BYTES = 1_000_000
MOST_ROWS = 200_000
MOST_COLUMNS = 2_000
MOST_PARTS = 2_000
MOST_CELLS = 2_000_000

_REFERENCE = re.compile(r"([A-Z]+)(\d+)")
_SHEET_PART = re.compile(r"(^|/)worksheets/[^/]+\.xml$", re.IGNORECASE)
_CHUNK = 1 << 16


@dataclass
class SheetScan:
    """What one sheet's part holds: extent and its formula cells, with and without a stored value."""

    rows: int = 0
    columns: int = 0
    formulas: list[str] = field(default_factory=list)
    without_value: list[str] = field(default_factory=list)


@dataclass
class WorkbookScan:
    """Scans by part name ("xl/worksheets/sheet1.xml") and whether the file wants recalculating when opened."""

    sheets: dict[str, SheetScan] = field(default_factory=dict)
    recalculates: bool = False


class Refused(Exception):
    """The file is not opened; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def scan(path: Path) -> WorkbookScan:
    """Scan the workbook's zip directory and stream its sheets. Raises Refused for what is not to be opened."""
    name = path.name
    if not zipfile.is_zipfile(path):
        raise Refused(Finding("error", name, message="this is not an .xlsx workbook (an old .xls file, a file with a "
                              "password or a damaged one?); save it as .xlsx without a password"))  # fmt: skip
    result = WorkbookScan()
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        _check_sizes(name, parts)
        for part in parts:
            if _SHEET_PART.search(part.filename):
                result.sheets[part.filename.lstrip("/")] = _scan_sheet(name, archive, part)
            elif part.filename.lower().endswith("xl/workbook.xml"):
                result.recalculates = _recalculates(archive, part)
    return result


def _check_sizes(name: str, parts: list[zipfile.ZipInfo]) -> None:
    total = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS:
        raise Refused(Finding("error", name, message=f"the file has {len(parts)} parts, more than {MOST_PARTS}"))
    if total > MOST_BYTES:
        raise Refused(Finding("error", name, message=f"unpacked, the file has {total / 1e6:.0f} MB, more than "
                              f"{MOST_BYTES / 1e6:.0f} MB"))  # fmt: skip
    for part in parts:
        if part.file_size > RATIO_FROM_BYTES and part.file_size > MOST_RATIO * max(part.compress_size, 1):
            raise Refused(Finding("error", name, message=f"the part {part.filename} is packed more than {MOST_RATIO} "
                                  "times over: not opened; copy the values into a new workbook"))  # fmt: skip


def _recalculates(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    found = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal found
        if tag.rpartition(":")[2] == "calcPr" and attributes.get("fullCalcOnLoad", "0") in ("1", "true"):
            found = True

    parser = _parser()
    parser.StartElementHandler = start
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk)
    return found


def _parser() -> Any:
    """An XML parser that refuses declarations of entities."""
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise expat.ExpatError("entity declarations are not allowed")

    parser.EntityDeclHandler = refuse
    return parser


def _scan_sheet(name: str, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> SheetScan:
    """Stream one sheet: stop at once where it leaves the allowed extent."""
    result = SheetScan()
    cell, row_text, inside = "", "", ""
    has_formula = has_value = False
    row = position = cells = 0

    def extent(reference: str) -> None:
        found = _REFERENCE.fullmatch(reference)
        if not found:
            return
        column = 0
        for letter in found[1][:4]:
            column = column * 26 + ord(letter) - 64
        result.rows = max(result.rows, int(found[2][:9]))
        result.columns = max(result.columns, column)
        if result.rows > MOST_ROWS or result.columns > MOST_COLUMNS:
            raise Refused(Finding(
                "error", f"{name}, {part.filename}", cell=reference, expected=f"at most {MOST_ROWS} rows and "
                f"{MOST_COLUMNS} columns", message="the sheet reaches too far: delete the empty rows and columns beyond "
                "the table, and save",
            ))  # fmt: skip

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal cell, row_text, inside, has_formula, has_value, row, position, cells
        tag = tag.rpartition(":")[2]
        if tag == "c":
            position += 1
            cells += 1
            cell, has_formula, has_value = attributes.get("r") or f"{column_letter(position - 1)}{row}", False, False
            letters = cell.removesuffix(row_text)
            if len(letters) > 1 or not letters.isalpha():  # one letter and the row's own number reach nowhere new
                extent(cell)
            if cells > MOST_CELLS:
                raise Refused(Finding("error", f"{name}, {part.filename}", message=f"more than {MOST_CELLS} cells"))
        elif tag in ("v", "t"):
            inside = tag
        elif tag == "f":
            has_formula = True
        elif tag == "row":
            row, position = int(attributes.get("r", str(row + 1))[:9]), 0
            row_text = str(row)
            extent(f"A{row}")
        elif tag == "dimension":
            extent(attributes.get("ref", "").split(":")[-1])

    def text(data: str) -> None:
        nonlocal has_value
        if inside and data:
            has_value = True

    def end(tag: str) -> None:
        nonlocal inside
        tag = tag.rpartition(":")[2]
        if tag in ("v", "t"):
            inside = ""
        elif has_formula and tag == "c":
            (result.formulas if has_value else result.without_value).append(cell)

    parser = _parser()
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, text, end
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk)
    return result
