"""What-ifs: what they build on, and each one tried on the tables, so that its faults are known before it is run."""

from __future__ import annotations

from dataclasses import replace

from quadopt.errors import Finding, InputError
from quadopt.tables.applying import Changing
from quadopt.tables.changes import chain, whatifs_of
from quadopt.tables.checked import Checked
from quadopt.tables.normalise import as_stated
from quadopt.tables.raw import RawTables


def whatifs_are_sound(checked: Checked) -> None:
    """Every change can be read and made; one that changes nothing is a doubt here, since the case itself has its plan."""
    if "whatifs" not in checked.raw.tables:
        return
    has_errors = any(finding.severity == "error" for finding in checked.findings)
    whatifs = whatifs_of(checked.raw.tables["whatifs"])
    stated = as_stated(checked.tables)
    found: list[Finding] = []
    for whatif in whatifs.values():
        try:
            steps = chain(whatif, whatifs)
        except InputError as error:
            found += error.findings
            continue
        changing = Changing(stated, lambda: RawTables(dict(checked.raw.tables)), steps)
        for change in steps:
            changing.apply(change)
        found += [*changing.faults, *changing.doubts]
        if not has_errors:
            found += [replace(finding, severity="warning") for finding in changing.idle]
    checked.findings += [finding for finding in dict.fromkeys(found) if finding not in checked.findings]


def whatifs_build_on_one(checked: Checked) -> None:
    """All rows of a what-if build on the same one, blank cells aside."""
    bases: dict[str, tuple[str, int]] = {}
    for row in checked.rows("whatifs"):
        name, base = row.get("whatif"), row.get("builds_on")
        if name is None or base is None:
            continue
        first, number = bases.setdefault(name, (base, row.number))
        if base != first:
            checked.error("whatifs", f"{name} builds on one what-if, but row {number} names another", row, "builds_on",
                          expected=first)  # fmt: skip


RULES = (whatifs_build_on_one, whatifs_are_sound)
