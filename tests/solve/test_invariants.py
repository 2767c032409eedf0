"""What must hold on any case, on a handful of random ones."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np
import pytest

import quadopt
from quadopt.errors import NoPlanError
from quadopt.formulation.options import Formulation
from quadopt.solver.goals import goals_of
from quadopt.solver.highs import HighsModel
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options
from tests.tiny import Tables

SEEDS = (3, 6, 18)
RICHER = (6, 12, 15)
"""Seeds where more money changes a stage."""
SHARING = (8, 17, 18)
"""Seeds where sharing, or more of it, changes a stage."""
CLOSE = 1e-5

Stages = dict[str, float]


def case_of(seed: int) -> tuple[Tables, dict[str, Any]]:
    """Tables and options of a random case."""
    tables = random_tables(seed)
    return tables, random_options(seed, tables)


def stages(tables: Tables, options: dict[str, Any]) -> Stages:
    """Stage -> what it came to; empty without a plan."""
    staged = Staged(Case.from_tables(tables), as_formulation(options))
    try:
        staged.run()
    except NoPlanError:
        return {}
    return {stage.name: stage.incumbent for stage in staged.stages}


@cache
def unchanged(seed: int) -> Stages:
    """The stages of a random case as it is."""
    return stages(*case_of(seed))


def is_close(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE * max(1e-2, abs(a), abs(b))


def assert_no_worse(better: Stages, worse: Stages) -> None:
    """The first stage that differs is lower in `better` (later ones are held to different values)."""
    if not worse:
        return
    assert list(better) == list(worse)
    for stage in better:
        if not is_close(better[stage], worse[stage]):
            assert better[stage] < worse[stage], f"{stage}: {better} and {worse}"
            return


def changed(tables: Tables, table: str, **changes: Any) -> Tables:
    """Tables with columns of one table passed through functions where filled."""
    out = copy.deepcopy(tables)
    for row in out.get(table, []):
        for column, function in changes.items():
            if row.get(column) not in (None, ""):
                row[column] = function(row[column])
    return out


@pytest.mark.parametrize("seed", RICHER)
def test_more_money_is_never_worse(seed: int) -> None:
    tables, options = case_of(seed)
    richer = changed(tables, "fund", limit=lambda x: 1.5 * x + 1, stock_limit=lambda x: 2 * x)
    there, here = stages(richer, options), unchanged(seed)
    assert_no_worse(there, here)
    assert any(not is_close(there[stage], here[stage]) for stage in here), "the seed shows nothing"


@pytest.mark.parametrize("seed", SHARING)
def test_more_sharing_is_never_worse(seed: int) -> None:
    tables, options = case_of(seed)
    more = changed(tables, "sharing", limit_fraction=lambda x: min(1.0, 2 * x))
    shared = stages(tables, {**options, "sharing": True})
    assert_no_worse(stages(more, {**options, "sharing": True}), shared)
    alone = stages(tables, {**options, "sharing": False})
    assert_no_worse(shared, alone)
    assert any(not is_close(shared[stage], alone[stage]) for stage in shared), "the seed shows nothing"


@pytest.mark.parametrize("seed", [1, 12])
def test_a_choice_less_is_never_better(seed: int) -> None:
    tables, options = case_of(seed)
    free = unchanged(seed)
    for number, row in enumerate(tables["projects"]):
        if row["status"] == "candidate":
            less = copy.deepcopy(tables)
            less["projects"][number]["status"] = "excluded"
            assert_no_worse(free, stages(less, options))


def exact(options: dict[str, Any], order: list[str], **more: Any) -> Formulation:
    """The formulation of options in another order, without slack."""
    return as_formulation({**options, "order": order, "slacks": dict.fromkeys(order, (0.0, 0.0)), **more}, gap=1e-9)


@pytest.mark.parametrize("risk", ["expected", "worst", "cvar"])
@pytest.mark.parametrize("seed", [11])
def test_a_branch_that_need_not_be_short_is_not(seed: int, risk: str) -> None:
    tables, options = case_of(seed)
    plan = quadopt.solve(Case.from_tables(tables), exact(options, ["shortage", "stress", "cost"], risk=risk))
    found = plan.disruptions
    assert found["stress"].tolist() == pytest.approx(found["stress_least"].tolist(), rel=1e-5, abs=1e-5)


NAMES = {
    "Avonia": "Ypsilon", "Bergland": "Midland", "Corland": "Alpha", "Xandu": "Beta", "Yland": "Zeta", "Zembla": "Abel",
    "ore": "z-ore", "oxide": "m-oxide", "magnet": "a-magnet", "cerium": "x-cerium", "swarf": "c-swarf",
}  # fmt: skip


def renamed(value: Any) -> Any:
    """Countries and materials under other names, in another alphabetical order, anywhere in a nested value."""
    if isinstance(value, dict):
        return {key: renamed(v) for key, v in value.items()}
    if isinstance(value, list):
        return [renamed(v) for v in value]
    return NAMES.get(value, value) if isinstance(value, str) else value


def reordered(tables: Tables) -> Tables:
    """Rows the other way round, except where their order means something (periods; ties of sharing rows)."""
    return {name: rows if name in ("periods", "sharing") else rows[::-1] for name, rows in tables.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_names_and_order_of_rows_do_not_matter(seed: int) -> None:
    tables, options = case_of(seed)
    there = unchanged(seed)
    for other, rules in ((renamed(tables), renamed(options)), (reordered(tables), options)):
        found = stages(other, rules)
        assert list(found) == list(there)
        assert all(is_close(found[stage], there[stage]) for stage in there), f"{found} and {there}"


MONEY, QUANTITY, UNIT = "money", "quantity", "money per quantity"
UNITS = {
    "materials": {"price": UNIT, "transport_cost": UNIT, "shortage_value": UNIT},
    "plants": {"capacity": QUANTITY, "unit_cost": UNIT},
    "projects": {"capacity": QUANTITY, "capex": MONEY, "unit_cost": UNIT},
    "fund": {"limit": MONEY, "stock_limit": MONEY},
    "demand": {"quantity": QUANTITY},
    "routes": {"cost": UNIT, "capacity": QUANTITY},
    "stockpiles": {
        "initial": QUANTITY, "capacity": QUANTITY, "minimum": QUANTITY, "release_limit": QUANTITY, "holding_cost": UNIT
    },
    "sharing": {"cost": UNIT},
    "disruptions": {"limit": QUANTITY},
}  # fmt: skip


def in_other_units(tables: Tables, quantity: float, money: float) -> Tables:
    """The same case where a number of tonnes is `quantity` times as large, and one of money `money` times."""
    factor = {MONEY: money, QUANTITY: quantity, UNIT: money / quantity}
    for table, columns in UNITS.items():
        tables = changed(
            tables, table, **{name: (lambda x, f=factor[kind]: x * f) for name, kind in columns.items()}
        )  # fmt: skip
    return tables


@pytest.mark.parametrize(("quantity", "money"), [(1e-3, 1.0), (1.0, 1e-3)])
@pytest.mark.parametrize("seed", SEEDS)
def test_units_do_not_matter(seed: int, quantity: float, money: float) -> None:
    tables, options = case_of(seed)
    there = unchanged(seed)
    slacks = {
        name: (r, a if name == "dependence" else a * money) for name, (r, a) in options["slacks"].items()
    }  # fmt: skip
    found = stages(in_other_units(tables, quantity, money), {**options, "slacks": slacks})
    assert list(found) == list(there)
    for stage, value in found.items():
        back = value if stage.startswith("dependence") else value / money
        assert is_close(back, there[stage]), f"{found} and {there}"


@pytest.mark.parametrize("seed", [3, 12, 24])
def test_no_other_starts_beat_a_claimed_optimum(seed: int) -> None:
    tables, options = case_of(seed)
    case = Case.from_tables(tables)
    options_ = as_formulation(options)
    staged = Staged(case, options_)
    staged.run()
    last = staged.stages[-1]
    goal = goals_of(staged.model, options_, options["order"][-1], case.currency)[-1]
    assert goal.name == last.name
    model = HighsModel(staged.program(goal))
    starts = list(staged.model.pyomo.starts)
    rng, tried = np.random.default_rng(seed), 0
    for _ in range(25):
        chosen = np.zeros(len(starts))
        for p in staged.model.pyomo.projects:
            own = [i for i, (name, _) in enumerate(starts) if name == p]
            pick = int(rng.integers(-1, len(own)))
            if pick >= 0:
                chosen[own[pick]] = 1.0
        found = model.solve_fixed(chosen, 10.0)
        if found.values is not None:
            tried += 1
            assert found.incumbent >= last.incumbent - CLOSE * max(1e-2, abs(last.incumbent))
    assert tried
    planned = model.solve_fixed(model.integers(staged.values), 10.0)
    assert is_close(planned.incumbent, last.incumbent)
