"""Shadow prices: the tutorial's by hand, and the subgradient inequality for every limit of random cases."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import numpy as np
import pytest

from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.reasons.prices import Limit, Prices, shadow_prices
from quadopt.solver.answer import draft
from quadopt.solver.kept import KeptStarts
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from tests.random_cases import random_tables
from tests.tiny import Tables, demand, one_metal, plant, project, rules, stockpile, two_suppliers

ORDER = rules(["shortage", "dependence", "cost"], dependence={"suppliers": "all"})


def planned(tables: Tables, options: Formulation = ORDER) -> tuple[Case, Plan]:
    case = Case.from_tables(tables)
    staged = Staged(case, options)
    staged.run()
    return case, draft(staged)


def prices_of(tables: Tables, plan: Plan, stage: str, options: Formulation = ORDER) -> tuple[float, list[Limit]]:
    """The stage's value at the plan's starts, nothing but shortage held, and its limits."""
    kept = KeptStarts(Staged(Case.from_tables(tables), options), plan)
    number = [s.goal.name for s in kept.stages].index(stage)
    value, _ = kept.stages[number].solve(kept.portfolio, [1e-6] + [1e9] * (number - 1))
    return value, Prices(kept, kept.stages[number]).limits()


def found(limits: list[Limit], kind: str, country: str, item: str) -> Limit:
    (limit,) = [x for x in limits if (x.kind, x.country, x.item) == (kind, country, item)]
    return limit


def test_one_more_unit_of_a_clean_offer_is_worth_its_share_of_demand() -> None:
    # Near offers 4 of the 10 that Home needs each year: with Far alone for the rest, a unit a year is a tenth of demand.
    tables = two_suppliers(plants=[plant("Far", "smelt", 100, 1e6), plant("Near", "smelt", 4, 3e6)])
    _, plan = planned(tables)
    value, limits = prices_of(tables, plan, "dependence")
    assert value == pytest.approx(0.6)
    offer = found(limits, "offer from abroad", "Near", "smelt (1)")
    assert (offer.amount, offer.value, offer.of_one_percent) == (4, pytest.approx(-0.1), pytest.approx(-0.004))
    assert offer.binds == "2026 to 2028"


def test_one_more_unit_of_stock_lasts_once() -> None:
    # Ten units in store, thirty needed: one more unit serves a thirtieth of all demand.
    tables = one_metal(stockpiles=[stockpile(initial=10, minimum=0)])
    _, plan = planned(tables)
    _, limits = prices_of(tables, plan, "dependence")
    assert found(limits, "initial stock", "Home", "metal").value == pytest.approx(-1 / 30)


def test_one_more_unit_of_a_project_counts_when_it_runs() -> None:
    tables = one_metal(projects=[project(capacity=5, capex=1, lead_time=1)], fund=[{"country": "Home", "limit": 9}])
    _, plan = planned(tables)
    _, limits = prices_of(tables, plan, "dependence")
    limit = found(limits, "capacity of projects", "Home", "SMELTER (smelt)")
    # It runs in two years of three at 5: a mean of 10/3 a year, which serves 10 of 30.
    assert limit.amount == pytest.approx(10 / 3)
    assert limit.of_one_percent == pytest.approx(-0.01 * 10 / 30)
    assert limit.binds == "2027 to 2028"


def test_supply_to_a_member_is_worth_what_it_replaces() -> None:
    tables = one_metal()
    _, plan = planned(tables)
    _, limits = prices_of(tables, plan, "cost")
    supply = found(limits, "supply to a member", "Home", "metal")
    # A unit a year in each of three years replaces three units at 1 million.
    assert supply.value == pytest.approx(-3)


def test_stock_budget_is_worth_nothing_where_nothing_is_bought() -> None:
    tables = one_metal(stockpiles=[stockpile(initial=1)], demand=[demand("Home", "metal", 10)])
    _, plan = planned(tables)
    assert not [x for x in prices_of(tables, plan, "cost")[1] if x.kind == "budget for stocks"]


def test_funds_have_no_price_and_the_table_says_why() -> None:
    tables = one_metal(projects=[project(capex=1)], fund=[{"country": "Home", "limit": 9}])
    case, plan = planned(tables)
    frame = shadow_prices(KeptStarts(Staged(case, ORDER), plan))
    funds = frame[frame["kind"] == "fund"]
    assert len(funds) == 3
    assert (funds["value"] == 0).all()
    assert funds["holds"].str.contains("at the chosen projects").all()
    assert funds["limit"].tolist() == [27, 27, 27]


def with_more(tables: Tables, limit: Limit, factor: float) -> Tables | None:
    """The tables with one limit multiplied, None for kinds that no single number stands for."""
    changed = copy.deepcopy(tables)

    def scale(table: str, column: str, **where: Any) -> Tables:
        for row in changed[table]:
            if all(row.get(key) == value for key, value in where.items()):
                row[column] *= factor
        return changed

    if limit.kind in ("capacity of plants", "offer from abroad"):
        process, _, tier = limit.item.partition(" (")
        rows = [r for r in changed["plants"] if (r["country"], r["process"]) == (limit.country, process)]
        for row in rows:
            if str(row.get("tier", "") or "1") == tier.rstrip(")"):
                row["capacity"] *= factor
        return changed
    if limit.kind == "capacity of projects":
        return scale("projects", "capacity", project=limit.item.split(" (")[0])
    return None


@pytest.mark.parametrize("stage", ["dependence", "cost"])
def test_no_change_of_a_limit_does_better_than_its_price_promises(stage: str) -> None:
    """A program's value is convex in its limits: its price bounds it from below on both sides, whichever price it is."""
    tried = 0
    for seed in (0, 12, 16, 22, 33):
        tables = random_tables(seed)
        tables.pop("disruptions", None)
        _, plan = planned(tables)
        value, limits = prices_of(tables, plan, stage)
        for limit, factor in itertools.product(limits, (0.9, 1.1)):
            changed = with_more(tables, limit, factor)
            then = np.nan if changed is None else prices_of(changed, plan, stage)[0]
            if not np.isnan(then):
                tried += 1
                promised = value + limit.of_one_percent * 100 * (factor - 1)
                assert then >= promised - 1e-5 * max(1.0, abs(value)), (seed, limit, factor)
    assert tried >= 10
