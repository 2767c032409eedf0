"""The smallest case that has no fault, as lists of records, and what checking tables finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quadopt.errors import Finding
from quadopt.tables.checks import check
from quadopt.tables.normalise import normalise
from quadopt.tables.raw import RawTables

ROOT = Path(__file__).parents[2]
INPUTS = ROOT / "inputs"

SMALL: dict[str, Any] = {
    "settings": [{"name": "title", "value": "Small"}, {"name": "discount_rate", "value": 0.03}],
    "periods": [{"period": 2026}, {"period": 2027}, {"period": 2028}],
    "countries": [
        {"country": "Home", "member": "yes"}, {"country": "Ally", "member": "yes"}, {"country": "Far", "member": "no"},
    ],
    "materials": [{"material": "ore", "price": 10}, {"material": "metal", "price": 100, "shortage_value": 300}],
    "recipes": [
        {"process": "mine", "material": "ore", "quantity": 1},
        {"process": "smelt", "material": "metal", "quantity": 1},
        {"process": "smelt", "material": "ore", "quantity": -2},
    ],
    "plants": [
        {"country": "Far", "process": "mine", "capacity": 100, "unit_cost": 5},
        {"country": "Far", "process": "smelt", "capacity": 50, "unit_cost": 20},
    ],
    "projects": [
        {"project": "MINE", "country": "Home", "process": "mine", "capacity": 20, "capex": 1, "unit_cost": 6,
         "lead_time": 1},
        {"project": "SMELTER", "country": "Home", "process": "smelt", "capacity": 10, "capex": 2, "unit_cost": 25,
         "lead_time": 1, "requires": "MINE"},
    ],
    "fund": [{"country": "Home", "limit": 3}, {"country": "Ally", "limit": 1}],
    "demand": [
        {"country": "Home", "material": "metal", "sector": "industry", "quantity": 10},
        {"country": "Ally", "material": "metal", "sector": "industry", "quantity": 5},
    ],
    "stockpiles": [{"country": "Home", "material": "metal", "initial": 3, "capacity": 9}],
    "sharing": [{"provider": "Home", "limit_fraction": 0.5}],
    "disruptions": [{"disruption": "cut", "kind": "export_cut", "country": "Far", "start": 2027, "duration": 0.5}],
}  # fmt: skip


def run(tables: dict[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Normalised tables and all findings."""
    raw = RawTables.from_python(tables)
    findings: list[Finding] = []
    normalised = normalise(raw, findings)
    check(normalised, raw, findings)
    return normalised, findings


def errors(tables: dict[str, Any]) -> list[Finding]:
    """The errors alone."""
    return [finding for finding in run(tables)[1] if finding.severity == "error"]


def warnings(tables: dict[str, Any]) -> list[Finding]:
    """The warnings alone."""
    return [finding for finding in run(tables)[1] if finding.severity == "warning"]
