"""The smallest cases in code: functions that return input tables, any table replaced by keyword.

Numbers are chosen for arithmetic by hand: prices and unit costs are in millions a unit (`M`), so that a unit of metal
is worth one million; the default shortage weight of 10 makes a unit short cost ten millions.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

import quadopt
from quadopt.formulation.options import Formulation, parse_formulation
from quadopt.plan import Plan
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case

Row = dict[str, Any]
Tables = dict[str, list[Row]]
M = 1e6
"""A million units of currency."""
YEARS = ("2026", "2027", "2028")


def replaced(tables: Tables, changes: dict[str, Any]) -> Tables:
    """Tables with some replaced; None takes a table out."""
    return {name: rows for name, rows in {**tables, **changes}.items() if rows is not None}


def settings(discount_rate: float = 0.0) -> list[Row]:
    """Settings with a discount rate, zero unless a test is about discounting."""
    return [{"name": "title", "value": "tiny"}, {"name": "discount_rate", "value": discount_rate}]


def one_metal(**changes: Any) -> Tables:
    """One member that needs 10 metal in each of three years, one outside supplier with plenty at 1 million a unit."""
    tables: Tables = {
        "settings": settings(),
        "periods": [{"period": t} for t in YEARS],
        "countries": [{"country": "Home", "member": "yes"}, {"country": "Far", "member": "no"}],
        "materials": [{"material": "metal", "price": M}],
        "recipes": [{"process": "smelt", "material": "metal", "quantity": 1}],
        "plants": [plant("Far", "smelt", 100, M)],
        "demand": [demand("Home", "metal", 10)],
    }
    return replaced(tables, changes)


def two_suppliers(**changes: Any) -> Tables:
    """As `one_metal`, with a second supplier, Near, that asks 3 millions a unit."""
    tables = one_metal(
        countries=[*one_metal()["countries"], {"country": "Near", "member": "no"}],
        plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 100, 3 * M)],
    )
    return replaced(tables, changes)


def two_members(**changes: Any) -> Tables:
    """As `one_metal`, with a second member, Ally, that needs 10 metal a year as well."""
    tables = one_metal(
        countries=[
            {"country": "Home", "member": "yes"},
            {"country": "Ally", "member": "yes"},
            {"country": "Far", "member": "no"},
        ],
        demand=[demand("Home", "metal", 10), demand("Ally", "metal", 10)],
    )
    return replaced(tables, changes)


def magnets(**changes: Any) -> Tables:
    """Home makes its 10 magnets (3 millions each) of oxide (1 million each) that Far and, dearer, Near refine."""
    tables: Tables = {
        "settings": settings(),
        "periods": [{"period": t} for t in YEARS],
        "countries": two_suppliers()["countries"],
        "materials": [
            {"material": "oxide", "price": M, "stage": "refining"},
            {"material": "magnet", "price": 3 * M, "stage": "magnets"},
        ],
        "recipes": [
            {"process": "refine", "material": "oxide", "quantity": 1},
            {"process": "make", "material": "magnet", "quantity": 1},
            {"process": "make", "material": "oxide", "quantity": -1},
        ],
        "plants": [plant("Far", "refine", 100, M), plant("Near", "refine", 100, 3 * M), plant("Home", "make", 10, M)],
        "demand": [demand("Home", "magnet", 10)],
    }
    return replaced(tables, changes)


def plant(country: str, process: str, capacity: float, unit_cost: float, **more: Any) -> Row:
    """A row of plants."""
    return {"country": country, "process": process, "capacity": capacity, "unit_cost": unit_cost, **more}


def project(name: str = "SMELTER", **more: Any) -> Row:
    """A row of projects: a smelter at home as large as the demand, at once, for 1 million, running for nothing."""
    row: Row = {"project": name, "country": "Home", "process": "smelt", "capacity": 10, "capex": 1, "unit_cost": 0}
    return {**row, "lead_time": 0, **more}


def demand(country: str, material: str, quantity: float, **more: Any) -> Row:
    """A row of demand, of the only sector."""
    return {"country": country, "material": material, "sector": "industry", "quantity": quantity, **more}


def stockpile(country: str = "Home", initial: float = 10, **more: Any) -> Row:
    """A row of stockpiles, of metal."""
    return {"country": country, "material": "metal", "initial": initial, **more}


def cut(name: str = "cut", start: str = "2027", duration: float = 1, **more: Any) -> Row:
    """A row of disruptions: an export cut, by Far unless said otherwise."""
    row: Row = {"disruption": name, "kind": "export_cut", "country": "Far", "start": start, "duration": duration}
    return {**row, **more}


def rules(order: list[str] | None = None, **more: Any) -> Formulation:
    """A formulation that stops at the very optimum and holds it without slack, unless said otherwise."""
    exact = {"relative": 0.0, "absolute": 0.0}
    values: dict[str, Any] = {
        "title": "tiny",
        "slack": dict.fromkeys(("shortage", "dependence", "stress", "cost"), exact),
        "solver": {"gap": 1e-9, "default_time_limit": 60},
    }
    if order is not None:
        values["order"] = order
    return parse_formulation({**values, **more}, "tiny")


def solved(tables: Tables, order: list[str] | None = None, **more: Any) -> Plan:
    """The audited plan of tables under `rules(order, **more)`."""
    return quadopt.solve(Case.from_tables(tables), rules(order, **more))


def reached(tables: Tables, order: list[str] | None = None, **more: Any) -> dict[str, float]:
    """Stage -> what it came to, as `objectives(solved(..))` in a tenth of the time: no tables, no audit."""
    staged = Staged(Case.from_tables(tables), rules(order, **more))
    staged.run()
    return {stage.name: stage.incumbent for stage in staged.stages}


def objectives(plan: Plan) -> dict[str, float]:
    """Stage -> what it came to."""
    return dict(zip(plan.stages["stage"], plan.stages["incumbent"], strict=True))


def rows(frame: pd.DataFrame, **where: Any) -> pd.DataFrame:
    """The rows of a table that have the given values."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def total(frame: pd.DataFrame, column: str, **where: Any) -> float:
    """Sum of a column over the rows that have the given values."""
    return float(rows(frame, **where)[column].sum())


def by_period(frame: pd.DataFrame, column: str, periods: tuple[str, ...] = YEARS, **where: Any) -> list[float]:
    """A column's sum in each period."""
    found = rows(frame, **where)
    return [float(found.loc[found["period"] == t, column].sum()) for t in periods]
