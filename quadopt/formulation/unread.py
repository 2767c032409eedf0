"""What of a case a model file does not read, so that no what-if changes it in vain."""

from __future__ import annotations

from quadopt.formulation.options import Formulation


def unread_tables(options: Formulation) -> tuple[str, ...]:
    """The input tables, and columns as "table.column", that take no part in a plan under this model file.

    Crises are weighed and shown whatever the objectives are, and so are funds, stocks and sectors; what a model file can
    leave aside is that members share, and the weights by which they might share the burden.
    """
    tables = [] if options.pact.sharing else ["sharing"]
    if options.pact.burden == "free":
        tables.append("countries.burden_weight")
    return tuple(tables)
