"""Files that commands write: refused before any work where they cannot be written."""

from __future__ import annotations

from pathlib import Path


def output_file(path: Path, force: bool, what: str = "workbook", endings: tuple[str, ...] = (".xlsx",)) -> Path:
    """A file to write, its folder made. Raises before any work where it has another ending, or exists."""
    if path.suffix.lower() not in endings:
        raise ValueError(f"{path}: the name of a {what} ends in {endings[0]}")
    if path.exists() and not force:
        raise FileExistsError(f"{path} exists already")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def page_file(path: Path, force: bool) -> Path:
    """A report page to write, as `output_file`."""
    return output_file(path, force, "report page", (".html", ".htm"))
