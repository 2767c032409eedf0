"""A second opinion on a plan: every rule of the method recomputed by plain arithmetic from the case and the plan.

Nothing here knows how the plan was made. Each check is one function in `CHECKS`; its docstring's first line is the
rule that it recomputes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from quadopt.audit import branches, dependence, exposure, flows, money, starts, stocks, tables
from quadopt.audit.books import Books
from quadopt.audit.report import AuditError, AuditReport, Check, Found, Tolerance

if TYPE_CHECKING:
    from quadopt.plan import Plan
    from quadopt.tables.case import Case

__all__ = ["BRANCHES", "CHECKS", "AuditError", "AuditReport", "Check", "Tolerance", "audit"]

CHECKS: list[Callable[[Books, Found], None]] = [
    tables.tables_present,
    starts.starts_allowed,
    starts.exclusive_groups,
    starts.required_projects,
    starts.investment_figures,
    starts.project_capacity,
    starts.payments,
    starts.contributions,
    starts.fund_balance,
    starts.burden,
    flows.nothing_negative,
    flows.production_capacity,
    flows.minimum_use,
    flows.material_balance,
    flows.demand_complete,
    flows.shortage_values,
    flows.route_capacity,
    flows.flow_costs,
    flows.crisis_trade,
    stocks.stock_equation,
    stocks.stock_limits,
    stocks.reserves,
    stocks.stock_budget,
    stocks.holding_costs,
    stocks.deposits,
    stocks.release_stays_home,
    stocks.sharing_limits,
    exposure.exposure_bounds,
    exposure.exposure_origin,
    exposure.exposure_activity,
    exposure.exposure_balance,
    exposure.exposure_disposal,
    exposure.exposure_stock,
    dependence.dependence_rows,
    dependence.dependence_shares,
    dependence.group_rows,
    dependence.proportional_mixing,
    dependence.bounds_in_order,
    dependence.index_table,
    dependence.direct_table,
    dependence.concentration_table,
    dependence.caps,
    branches.branch_calendar,
    branches.export_cuts,
    branches.stress_table,
    money.cost_table,
    money.cost_total,
    money.support_table,
    money.stage_values,
]


BRANCHES: list[Callable[[Books, Found], None]] = [
    flows.nothing_negative,
    flows.production_capacity,
    flows.material_balance,
    flows.demand_complete,
    flows.shortage_values,
    flows.route_capacity,
    flows.crisis_trade,
    stocks.stock_equation,
    stocks.stock_limits,
    stocks.deposits,
    stocks.release_stays_home,
    stocks.sharing_limits,
    branches.branch_calendar,
    branches.export_cuts,
]
"""The checks of how a path is operated: for branches that are no plan's own."""


def audit(
    case: Case,
    plan: Plan,
    tolerance: Tolerance | None = None,
    checks: Sequence[Callable[[Books, Found], None]] = CHECKS,
) -> AuditReport:
    """Recompute the rules of the method from the case's and the plan's tables, all of them or the checks named.

    tolerance: how far a row may be off: relative (1e-5) x its largest term + absolute (1e-6) x a typical size (the
    material's typical yearly need, the largest cost row, 1 for shares). A check that cannot be carried out (a missing
    column, an unknown name) counts as failed and says why. Nothing is raised: see AuditReport.raise_if_failed.
    """
    room = tolerance or Tolerance()
    books = Books(case, plan, room)
    done: list[Check] = []
    for function in checks:
        name = function.__name__
        what = (function.__doc__ or name).strip().splitlines()[0]
        found = Found(room)
        try:
            function(books, found)
        except (KeyError, AttributeError, ValueError, TypeError, IndexError, StopIteration) as error:
            reason = f"could not be checked: {type(error).__name__}: {error}"
            done.append(Check(name, what, float("inf"), 0.0, False, reason, found.compared))
            continue
        done.append(found.check(name, what))
    return AuditReport(done)
