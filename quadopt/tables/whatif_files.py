"""What-ifs in a TOML file: `[[whatif]]` with a name, what it builds on, and its changes as `[[whatif.change]]`."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from quadopt.errors import Finding, InputError
from quadopt.tables.changes import Change, Place, WhatIf, chain
from quadopt.tables.schema import clean, nearest

KEYS = ("name", "builds_on", "change")


def read_whatifs(path: str | Path) -> dict[str, WhatIf]:
    """The what-ifs of a TOML file, by name, in its order.

    A change has the columns of the table `whatifs` as keys; `where` may be a table of columns and values, a list of values
    standing for several. One that builds on another of the file holds that one's changes too; any other name that it
    builds on is a what-if of the case. Raises InputError with every fault: file, key, value, what was expected.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError([Finding("error", str(path), message="there is no such file")]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Finding("error", path.name, message=f"this is no TOML file: {error}")]) from None
    findings: list[Finding] = []
    for key in content:
        if key != "whatif":
            findings.append(Finding("error", path.name, column=key, message="there is no such key",
                                    expected="[[whatif]]", suggestion=nearest(key, ["whatif"])))  # fmt: skip
    found: dict[str, WhatIf] = {}
    entries = content.get("whatif", [])
    if not isinstance(entries, list) or not entries:
        findings.append(Finding("error", path.name, message="the file holds no what-if", expected="[[whatif]]"))
        entries = []
    for number, entry in enumerate(entries, start=1):
        whatif = _whatif(entry, Place(path.name, key=f"whatif[{number}]"), findings)
        if whatif is not None and whatif.name in found:
            findings.append(whatif.place.finding("error", "a second what-if of this name", "name", value=whatif.name))
        elif whatif is not None:
            found[whatif.name] = whatif
    chained = {name: _chained(whatif, found, findings) for name, whatif in found.items()}
    if findings:
        raise InputError(findings)
    return chained


def _chained(whatif: WhatIf, others: dict[str, WhatIf], findings: list[Finding]) -> WhatIf:
    """The what-if with the changes of those in the file that it builds on; building on itself is noted."""
    last, seen = whatif, [whatif.name]
    while last.builds_on in others and last.builds_on not in seen:
        last = others[last.builds_on]
        seen.append(last.name)
    outside = {last.name: replace(last, builds_on="")} if last.builds_on not in others else {}
    try:
        changes = chain(outside.get(whatif.name, whatif), {**others, **outside})
    except InputError as error:
        findings += [finding for finding in error.findings if finding not in findings]
        return whatif
    return replace(whatif, changes=changes, builds_on=last.builds_on)


def _whatif(entry: Any, place: Place, findings: list[Finding]) -> WhatIf | None:
    """One what-if; its faults are noted."""
    if not isinstance(entry, dict):
        findings.append(place.finding("error", "a what-if is a table", expected="[[whatif]]"))
        return None
    before = len(findings)
    for key in entry:
        if key not in KEYS:
            findings.append(place.finding("error", "a what-if has no such key", key,
                                          expected="one of " + ", ".join(KEYS), suggestion=nearest(key, KEYS)))  # fmt: skip
    name = clean(entry.get("name", ""))
    if not name:
        findings.append(place.finding("error", "the what-if has no name", "name"))
    rows = entry.get("change", [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        findings.append(place.finding("error", "the what-if has no changes", "change", expected="[[whatif.change]]"))
        return None
    changes: list[Change] = []
    for number, row in enumerate(rows, start=1):
        try:
            changes.append(Change.of(row, Place(place.sheet, key=f"{place.key}.change[{number}]")))
        except InputError as error:
            findings += error.findings
    if len(findings) > before:
        return None
    return WhatIf(name, tuple(changes), clean(entry.get("builds_on", "")), place)
