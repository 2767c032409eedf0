"""The rules across tables: all run, each in one function, each noting every fault it finds."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from quadopt.errors import Finding
from quadopt.tables import (
    checks_disruptions,
    checks_flows,
    checks_names,
    checks_projects,
    checks_stocks,
    checks_unused,
    checks_whatifs,
)
from quadopt.tables.checked import Checked
from quadopt.tables.raw import RawTables

RULES: tuple[Callable[[Checked], None], ...] = (
    *checks_names.RULES,
    *checks_projects.RULES,
    *checks_stocks.RULES,
    *checks_disruptions.RULES,
    *checks_flows.RULES,
    *checks_whatifs.RULES,
)
"""Rules that hold for any input, sound or not."""

LATER_RULES: tuple[Callable[[Checked], None], ...] = checks_unused.RULES
"""Doubts about what the model will not use: asked only of input without errors, since a fault makes many of them."""


def check(tables: dict[str, pd.DataFrame], raw: RawTables, findings: list[Finding]) -> None:
    """Run every rule across tables; what they find is added to `findings`.

    `tables` are the normalised tables of `raw` (the method, section 2). Rules survive missing and faulty tables.
    """
    checked = Checked(tables, raw, findings)
    for rule in RULES:
        rule(checked)
    if not any(finding.severity == "error" for finding in findings):
        for rule in LATER_RULES:
            rule(checked)
