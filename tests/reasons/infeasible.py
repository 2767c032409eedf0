"""Cases that no plan meets, and an independent hand on their rules: tables changed, and the real solver asked."""

from __future__ import annotations

from typing import Any

import pandas as pd

import quadopt
from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from tests.tiny import M, Tables, one_metal, plant, project, rules, stockpile, two_suppliers

AMPLE = 1e5


def budget() -> Tables:
    """A committed smelter for 100 millions and a fund of 10 a year: 30 in all."""
    return one_metal(projects=[project(capex=100, status="committed")], fund=[{"country": "Home", "limit": 10}])


def minimum_stock() -> Tables:
    """500 metal to be held from the first year on, with 10 in stock and 100 to be had."""
    return one_metal(stockpiles=[stockpile(minimum=500)])


def cap_against_supply() -> tuple[Tables, Formulation]:
    """Nobody may go short, at most half may come from one supplier, and the second one has 2 of the 10 that are needed."""
    tables = two_suppliers(plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 2, 3 * M)])
    caps = [{"share": 0.5, "from_period": "2026"}]
    return tables, rules(None, approach="bounded", minimise="cost", bounds={"shortage": 0.0}, caps=caps)


def tutorial(**changes: pd.DataFrame) -> Case:
    """The tutorial with some normalised tables replaced."""
    case = quadopt.read_case("inputs/tutorial.xlsx")
    return Case({**case.tables, **changes}, case.raw, [], case.source)


def changed(case: Case, table: str, column: str, value: Any, **where: Any) -> pd.DataFrame:
    """A normalised table with a column set in the rows that have the given values."""
    frame = case.tables[table].copy()
    chosen = pd.Series(True, index=frame.index)
    for name, wanted in where.items():
        chosen &= frame[name] == wanted
    frame.loc[chosen, column] = value
    return frame


def has_plan(case: Case, options: Formulation | None = None) -> bool:
    """Whether the solver itself finds a plan, by a full run of stages."""
    try:
        Staged(case, options or rules(["shortage"])).run()
    except NoPlanError as error:
        assert error.status == "infeasible"
        return False
    return True


def words(diagnosis: quadopt.Diagnosis) -> list[str]:
    """The rules of a conflict with their places, sorted."""
    return sorted(f"{row.place}: {row.words}" for row in diagnosis.conflict.itertuples())


def only(case: Case, kept: set[tuple[str, str, str]]) -> Case:
    """The case with every rule of its tables taken away but those kept, as (table, column, entry)."""
    tables = {name: frame.copy() for name, frame in case.tables.items()}
    loose = {
        ("fund", "limit"): ("country", AMPLE),
        ("fund", "stock_limit"): ("country", float("nan")),
        ("stockpiles", "minimum"): ("country material", 0.0),
        ("stockpiles", "capacity"): ("country material", float("nan")),
        ("stockpiles", "release_limit"): ("country material", float("nan")),
        ("plants", "capacity"): ("country process tier", AMPLE),
        ("projects", "status"): ("project", "candidate"),
        ("projects", "requires"): ("project", None),
        ("projects", "exclusive_group"): ("exclusive_group", ""),
        ("projects", "earliest"): ("project", ""),
        ("projects", "latest"): ("project", ""),
        ("routes", "capacity"): ("origin destination material", float("nan")),
    }
    for (table, column), (key, value) in loose.items():
        frame = tables[table]
        for number, row in enumerate(frame.to_dict("records")):
            entry = "; ".join(str(row[name]) for name in key.split() if str(row[name]))
            if (table, column, entry) not in kept:
                frame.iat[number, frame.columns.get_loc(column)] = () if column == "requires" else value
    undated = tables["projects"]["status"].eq("committed") & tables["projects"]["latest"].eq("")
    for number in undated[undated].index:
        if ("projects", "latest", tables["projects"].at[number, "project"]) not in kept:
            tables["projects"].loc[number, ["earliest", "latest"]] = case.periods[0], case.periods[-1]
    return Case(tables, case.raw, [], case.source)


def is_minimal(case: Case, diagnosis: quadopt.Diagnosis) -> bool:
    """Whether the rules of a conflict alone let no plan, and any one of them left out lets one, as the solver finds."""
    found = diagnosis.conflict
    kept = set(zip(found["sheet"].str.removesuffix(".csv"), found["column"], found["entry"], strict=True))
    return not has_plan(only(case, kept)) and all(has_plan(only(case, kept - {rule})) for rule in kept)
