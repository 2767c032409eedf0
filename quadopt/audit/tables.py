"""Which tables and columns a plan must have."""

from __future__ import annotations

from quadopt.audit.books import Books
from quadopt.audit.report import Found

COLUMNS = {
    "investments": "project country process status start complete_year capacity capex public_capex salvage",
    "project_capacity": "project period online_share capacity",
    "payments": "project country period public private",
    "contributions": "country period contribution limit",
    "fund_balance": "account period contribution payment balance",
    "production": "country kind process unit_name period activity capacity cost",
    "trade": "origin destination material period quantity cost",
    "sharing": "provider receiver material period quantity cost",
    "stock": "country material period opening deposit release shared lost closing reserve minimum purchase holding_cost",
    "shortage": "country material sector period demand shortage shortage_value",
    "disposal": "country material period quantity",
    "exposure": "supplier quantity_name country partner item period exposed",
    "dependence": "country material period supplier demand shortage served_exposed share_optimised share_at_least "
    "share_at_most share_proportional",
    "index": "measure scope basis value",
    "cost": "kind path period undiscounted discounted expected",
    "disruptions": "disruption probability start begin end steps stress",
    "stress": "measure value",
    "branch_production": "disruption step country kind process unit_name activity cost",
    "branch_trade": "disruption step origin destination material quantity cost",
    "branch_sharing": "disruption step provider receiver material quantity cost",
    "branch_stock": "disruption step country material opening release shared deposit lost closing",
    "branch_shortage": "disruption step country material sector demand shortage shortage_value",
    "branch_disposal": "disruption step country material quantity",
}
ALWAYS = ("investments", "production", "trade", "shortage", "disposal", "cost")
WITH_PROJECTS = ("project_capacity", "payments")
WITH_BRANCHES = tuple(
    name for name in COLUMNS if name.startswith("branch_") and name not in ("branch_sharing", "branch_stock")
)


def wanted_tables(books: Books) -> set[str]:
    """Names of the tables that this plan must have."""
    wanted = set(ALWAYS)
    branches = books.has_branches
    sharing = len(books.case.tables["sharing"]) > 0 and bool(books.options.get("sharing", True))
    if books.starts:
        wanted.update(WITH_PROJECTS)
        if any(float(books.project[name].fund_share) > 0 for name in books.starts if name in books.project):
            wanted.update(("contributions", "fund_balance"))
    if books.stockpile:
        wanted.update({"stock", "branch_stock"} if branches else {"stock"})
    if sharing:
        wanted.update({"sharing", "branch_sharing"} if branches else {"sharing"})
    if branches:
        wanted.update((*WITH_BRANCHES, "disruptions", "stress"))
    traced = books.options.get("measure", "traced") == "traced" and books.options.get("suppliers_traced")
    if traced:
        wanted.update(("exposure", "dependence", "index"))
    return wanted


def tables_present(books: Books, found: Found) -> None:
    """Every table that the plan's options call for is there, with its columns."""
    for name in sorted(wanted_tables(books)):
        found.require(name in books.plan.tables, (name, "is missing"))
    for name, frame in books.plan.tables.items():
        missing = [column for column in COLUMNS.get(name, "").split() if column not in frame.columns]
        found.require(not missing, (name, "lacks columns", *missing))
