"""Whether a model file fits a case: the names that it uses must be names of the case."""

from __future__ import annotations

from difflib import get_close_matches

from quadopt.errors import Finding, ModelFileError
from quadopt.formulation.options import Formulation
from quadopt.tables.case import Case


def check_fit(options: Formulation, case: Case) -> None:
    """Raises `ModelFileError` with every supplier, period, material and stage of a model file that the case has not."""
    stages = sorted({str(stage) for stage in case.tables["materials"]["stage"] if stage})
    named: list[tuple[str, str, list[str], str]] = []
    if options.dependence.suppliers != "all":
        named += [("dependence.suppliers", name, case.countries, "a country") for name in options.dependence.suppliers]
    if options.dependence.worst_from:
        named.append(("dependence.worst_from", options.dependence.worst_from, case.periods, "a period"))
    for number, cap in enumerate(options.caps):
        where = f"caps.{number}"
        named += [(f"{where}.materials", name, case.materials, "a material") for name in cap.materials]
        named += [(f"{where}.stages", name, stages, "a stage of the materials") for name in cap.stages]
        if cap.from_period:
            named.append((f"{where}.from_period", cap.from_period, case.periods, "a period"))
    findings = [_finding(options.name, *fault) for fault in named if fault[1] not in fault[2]]
    if findings:
        raise ModelFileError(findings)


def _finding(model: str, column: str, value: str, names: list[str], expected: str) -> Finding:
    near = get_close_matches(value, names, 1)
    message = "the workbook has no such name"
    return Finding(
        "error", model, "", None, column, value, f"{expected} of the workbook", near[0] if near else "", message
    )
