"""Tonnes and millions of a plan, recomputed from its tables alone."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

import quadopt
from quadopt.plan import Plan
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options

SEEDS = (1, 5, 9)


@pytest.fixture(scope="module", params=SEEDS)
def answered(request: pytest.FixtureRequest) -> tuple[Case, Plan]:
    """A random case and its plan."""
    tables = random_tables(request.param)
    options = {**random_options(request.param, tables), "order": ["shortage", "dependence", "stress", "cost"]}
    case = Case.from_tables(tables)
    return case, quadopt.solve(case, as_formulation(options))


def left_over(case: Case, plan: Plan, prefix: str, time: list[str]) -> dict[tuple[Any, ...], float]:
    """(country, material, time) -> what comes less what goes: zero everywhere."""
    sums: dict[tuple[Any, ...], float] = defaultdict(float)

    def add(table: str, sign: float, place: str, column: str, material: str = "material") -> None:
        for row in plan.tables[prefix + table].to_dict("records"):
            sums[(row[place], row[material], *(row[t] for t in time))] += sign * row[column]

    for row in plan.tables[f"{prefix}production"].to_dict("records"):
        for material, quantity in case.recipes_of[row["process"]].items():
            sums[(row["country"], material, *(row[t] for t in time))] += quantity * row["activity"]
    add("trade", 1, "destination", "quantity")
    add("trade", -1, "origin", "quantity")
    add("sharing", 1, "receiver", "quantity")
    add("stock", 1, "country", "release")
    add("stock", -1, "country", "deposit")
    add("shortage", -1, "country", "demand")
    add("shortage", 1, "country", "shortage")
    add("disposal", -1, "country", "quantity")
    return sums


def test_what_comes_is_what_goes(answered: tuple[Case, Plan]) -> None:
    case, plan = answered
    for prefix, time in (("", ["period"]), ("branch_", ["disruption", "step"])):
        sums = left_over(case, plan, prefix, time)
        assert sums
        assert max(abs(amount) for amount in sums.values()) <= 1e-5


def test_stocks_add_up(answered: tuple[Case, Plan]) -> None:
    _, plan = answered
    for name in ("stock", "branch_stock"):
        table = plan.tables[name]
        moved = table["opening"] - table["lost"] + table["deposit"] - table["release"] - table["shared"]
        assert (moved - table["closing"]).abs().max() <= 1e-5 or table.empty


def test_what_is_shared_leaves_the_stocks(answered: tuple[Case, Plan]) -> None:
    _, plan = answered
    assert plan.stock["shared"].sum() == pytest.approx(plan.sharing["quantity"].sum(), abs=1e-5)
    assert plan.branch_stock["shared"].sum() == pytest.approx(plan.branch_sharing["quantity"].sum(), abs=1e-5)


def test_objectives_follow_from_the_tables(answered: tuple[Case, Plan]) -> None:
    _, plan = answered
    last = plan.stages.set_index("stage")["incumbent"]
    assert plan.cost["expected"].sum() == pytest.approx(last["cost"], rel=1e-6)
    held = plan.stages.set_index("stage")["held_at"]
    assert plan.shortage["shortage_value"].sum() <= held["shortage"] + 1e-6
    expected = (plan.disruptions["probability"] * plan.disruptions["stress"]).sum()
    name = "stress" if plan.options["risk"] == "expected" else "stress_expected"
    assert expected <= held[name] * (1 + 1e-6) + 1e-6


def test_the_fund_pays_what_is_public(answered: tuple[Case, Plan]) -> None:
    _, plan = answered
    assert plan.contributions["contribution"].sum() == pytest.approx(plan.payments["public"].sum(), abs=1e-6)
    assert (plan.contributions["contribution"] <= plan.contributions["limit"] + 1e-6).all()
    assert plan.fund_balance["balance"].min() >= -1e-9


def test_balance_tables_say_where_everything_goes(answered: tuple[Case, Plan]) -> None:
    case, plan = answered
    for prefix, time in (("", ["period"]), ("branch_", ["disruption", "step"])):
        table = plan.tables[f"{prefix}balance"].set_index(["country", "material", *time])
        comes = table[["made", "imports", "release", "received"]].sum(axis=1)
        served = table["demand"] - table["shortage"]
        goes = table[["used", "exports", "deposit", "disposal"]].sum(axis=1) + served
        assert (comes - goes).abs().max() <= 1e-5
        left = left_over(case, plan, prefix, time)
        assert set(table.index) <= set(left)
        assert comes[comes > 0].size > 5


def test_index_is_the_mean_of_the_largest_shares(answered: tuple[Case, Plan]) -> None:
    _, plan = answered
    members = plan.largest["country"] != "group"
    readings = {"optimised", "at_least", "at_most", "proportional", "direct", "stock_exposed"}
    assert set(plan.index["basis"]) == readings
    for row in plan.index.to_dict("records"):
        if row["measure"] != "worst":
            part = plan.largest[members if row["scope"] == "members" else ~members]
            weight = part[f"weight_{row['measure']}"]
            assert weight.sum() == pytest.approx(1.0)
            assert (weight * part[f"share_{row['basis']}"]).sum() == pytest.approx(row["value"], abs=1e-9)


def test_largest_supplier_has_the_largest_share(answered: tuple[Case, Plan]) -> None:
    _, plan = answered
    key = ["country", "material", "period"]
    largest = plan.largest[plan.largest["country"] != "group"]
    for reading in ("optimised", "at_least", "at_most", "proportional"):
        most = plan.dependence.groupby(key)[f"share_{reading}"].max()
        own = largest.set_index(key)[f"share_{reading}"]
        assert (own - most.reindex(own.index)).abs().max() <= 1e-9
        named = largest.rename(columns={f"supplier_{reading}": "supplier"})
        named = named[named["supplier"] != ""].merge(plan.dependence, on=[*key, "supplier"])
        assert len(named) > 0
        assert (named[f"share_{reading}_x"] - named[f"share_{reading}_y"]).abs().max() <= 1e-9


def test_cost_is_discounted_and_weighed_as_the_calendar_says(answered: tuple[Case, Plan]) -> None:
    _, plan = answered
    base = plan.cost[(plan.cost["path"] == "base") & (plan.cost["kind"] != "salvage")].merge(plan.periods, on="period")
    assert (base["discounted"] - base["undiscounted"] * base["discount"]).abs().max() <= 1e-9
    running = base[~base["kind"].str.startswith("capex")]
    assert (running["expected"] - running["discounted"] * running["base_chance"]).abs().max() <= 1e-9
    assert running["base_chance"].min() < 1
