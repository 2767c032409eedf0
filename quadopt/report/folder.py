"""A plan as a folder of CSV files, one a table, with a data package that says what each column holds and in which unit."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.columns import BY_NAME
from quadopt.report.record import facts
from quadopt.report.schema import Column, columns_of

DESCRIPTION = "datapackage.json"
MADE_BY = "quadopt"
"""The key of the data package under which the plan's own facts stand; it also marks a folder as written by quadopt."""


def write_folder(plan: Plan, folder: str | os.PathLike[str], force: bool = False) -> Path:
    """Write every table of the plan as a CSV file, with `datapackage.json` (a Tabular Data Package), and return the folder.

    CSV: UTF-8, comma, first line headers, missing values empty, numbers with all their digits; column names as in
    docs/plan.md. The data package gives each column's title, type, unit and meaning (shares are fractions), and the plan's
    title, status, options, warnings and versions. The folder appears whole or not at all: it is written beside its
    place and moved there at the end.

    Raises FileExistsError, before any work, where the folder exists and is not empty and ``force`` is false; with
    ``force`` too where it holds anything that quadopt did not write there. OSError where it cannot be written.
    """
    target = Path(folder)
    _refuse_to_overwrite(target, force)
    target.parent.mkdir(parents=True, exist_ok=True)
    written = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    old = written.with_name(f"{written.name}-old")
    try:
        _write(plan, written)
        written.chmod(0o755)
        if target.exists():
            target.rename(old)
        written.rename(target)
    except BaseException:
        shutil.rmtree(written, ignore_errors=True)
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return target


def _refuse_to_overwrite(target: Path, force: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise FileExistsError(f"{target} exists already, and is no folder")
    found = {file.name for file in target.iterdir()}
    if found and not force:
        raise FileExistsError(f"{target} exists already: choose another name, or force its replacement")
    strange = found - _files_of(target) if found else set()
    if strange:
        names = ", ".join(sorted(strange)[:3])
        raise FileExistsError(f"{target} holds files that quadopt did not write there ({names}): choose another folder")


def _files_of(folder: Path) -> set[str]:
    """The names of the files that an earlier call wrote into the folder."""
    try:
        package = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        return {DESCRIPTION, *(resource["path"] for resource in package["resources"])} if MADE_BY in package else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _write(plan: Plan, folder: Path) -> None:
    resources: list[dict[str, Any]] = []
    for name, frame in {"stages": plan.stages, **plan.tables}.items():
        file = _file_name(str(name), (resource["name"] for resource in resources))
        text = frame.to_csv(index=False, lineterminator="\n")
        (folder / f"{file}.csv").write_bytes(text.encode("utf-8", "replace"))
        resources.append(_resource(file, str(name), frame, plan.currency))
    package = {
        "profile": "tabular-data-package",
        "name": _file_name(plan.title, ()),
        "title": plan.title,
        "description": f"{figures.status_sentence(plan)} Model file: {plan.model_name}. Money: million {plan.currency}.",
        MADE_BY: facts(plan),
        "resources": resources,
    }
    text = json.dumps(package, indent=1, ensure_ascii=True)
    (folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")


def _file_name(name: str, taken: Iterable[str]) -> str:
    """A name for a file and a resource: small letters, digits, ``_``, ``-`` and ``.``, none twice."""
    clean = re.sub(r"[^a-z0-9_.-]+", "_", name.lower()).strip("._-")[:80] or "table"
    unique, place, used = clean, 1, set(taken)
    while unique in used:
        place += 1
        unique = f"{clean}_{place}"
    return unique


def _resource(file: str, name: str, frame: pd.DataFrame, currency: str) -> dict[str, Any]:
    table = BY_NAME.get(name)
    columns = columns_of(frame, table)
    return {
        "profile": "tabular-data-resource",
        "name": file,
        "path": f"{file}.csv",
        "title": table.title if table else name,
        "description": table.sentence if table else "A table that this version does not describe.",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "missingValues": [""],
            "fields": [_field(column, frame.iloc[:, place], currency) for place, column in enumerate(columns)],
        },
    }


def _field(column: Column, values: pd.Series, currency: str) -> dict[str, str]:
    unit = column.plain_unit(currency)
    told = {"name": column.name, "type": _type(column, values), "title": column.title, "description": column.meaning}
    return {key: str(text) for key, text in ({**told, "unit": unit}).items() if text}


def _type(column: Column, values: pd.Series) -> str:
    """The data package's type of a column; one of plain objects is what all its values are."""
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    if pd.api.types.is_integer_dtype(values):
        return "integer"
    if pd.api.types.is_numeric_dtype(values):
        return "number"
    present = values.dropna()
    if present.empty:
        return "number" if column.is_number else "string"
    is_number = present.map(lambda value: isinstance(value, int | float) and not isinstance(value, bool)).all()
    return "number" if is_number else "string"
