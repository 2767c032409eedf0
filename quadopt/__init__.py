"""quadopt: planning critical-mineral security for a group of countries.

>>> import quadopt
>>> case = quadopt.read_case("inputs/quad.xlsx")
>>> plan = quadopt.solve(case, "pact")
>>> plan.to_excel("plan.xlsx")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quadopt.errors import Finding, InputError, ModelFileError, NoPlanError

if TYPE_CHECKING:
    from quadopt.formulation.options import Formulation, model_names, read_formulation
    from quadopt.plan import Plan
    from quadopt.reasons.diagnosis import Diagnosis, diagnose
    from quadopt.reasons.explanation import explain
    from quadopt.reasons.short import shortage_causes
    from quadopt.report.reading import read_plan
    from quadopt.solver.answer import solve
    from quadopt.tables.case import Case, read_case
    from quadopt.tables.changes import Change, WhatIf
    from quadopt.tables.difference import difference
    from quadopt.tables.whatif_files import read_whatifs
    from quadopt.whatif.alternatives.alternatives import alternatives
    from quadopt.whatif.comparison.compare import compare
    from quadopt.whatif.frontier.frontier import frontier
    from quadopt.whatif.loss_of_one.loss_of_one import loss_of_one
    from quadopt.whatif.sensitivity.samples import samples
    from quadopt.whatif.sensitivity.tornado import tornado

_HOMES = {
    "Case": "quadopt.tables.case",
    "Change": "quadopt.tables.changes",
    "Diagnosis": "quadopt.reasons.diagnosis",
    "Formulation": "quadopt.formulation.options",
    "Plan": "quadopt.plan",
    "WhatIf": "quadopt.tables.changes",
    "alternatives": "quadopt.whatif.alternatives.alternatives",
    "compare": "quadopt.whatif.comparison.compare",
    "diagnose": "quadopt.reasons.diagnosis",
    "difference": "quadopt.tables.difference",
    "explain": "quadopt.reasons.explanation",
    "frontier": "quadopt.whatif.frontier.frontier",
    "loss_of_one": "quadopt.whatif.loss_of_one.loss_of_one",
    "model_names": "quadopt.formulation.options",
    "read_case": "quadopt.tables.case",
    "read_formulation": "quadopt.formulation.options",
    "read_plan": "quadopt.report.reading",
    "read_whatifs": "quadopt.tables.whatif_files",
    "samples": "quadopt.whatif.sensitivity.samples",
    "shortage_causes": "quadopt.reasons.short",
    "solve": "quadopt.solver.answer",
    "tornado": "quadopt.whatif.sensitivity.tornado",
}

__all__ = [
    "Case",
    "Change",
    "Diagnosis",
    "Finding",
    "Formulation",
    "InputError",
    "ModelFileError",
    "NoPlanError",
    "Plan",
    "WhatIf",
    "alternatives",
    "compare",
    "diagnose",
    "difference",
    "explain",
    "frontier",
    "loss_of_one",
    "model_names",
    "read_case",
    "read_formulation",
    "read_plan",
    "read_whatifs",
    "samples",
    "shortage_causes",
    "solve",
    "tornado",
]


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first asked for, so that `import quadopt` is quick."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'quadopt' has no attribute {name!r}")
