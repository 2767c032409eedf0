"""Measures after the solve, against numbers worked out by hand."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quadopt.audit import Tolerance, exposure
from quadopt.audit.books import Books
from quadopt.audit.index import indices, worst_share
from quadopt.audit.report import Found
from quadopt.measures import (
    concentration,
    direct_index,
    direct_shares,
    direct_worst,
    hhi_index,
    index_values,
    operating_support,
    proportional_exposure,
    proportional_shares,
    use,
    worst,
    worst_from_default,
)
from quadopt.tables.case import Case
from quadopt.tables.records import rows_of

COLUMNS = {
    "production": ["country", "kind", "process", "unit_name", "period", "activity"],
    "trade": ["origin", "destination", "material", "period", "quantity"],
    "sharing": ["provider", "receiver", "material", "period", "quantity"],
    "stock": [
        "country", "material", "period", "opening", "deposit", "release", "shared", "lost", "closing", "minimum",
    ],
    "shortage": ["country", "material", "sector", "period", "demand", "shortage"],
    "disposal": ["country", "material", "period", "quantity"],
}  # fmt: skip


def small_case(**changes: Any) -> Case:
    """Members A and B; X mines and smelts, Y mines; scrap comes back; two periods of 1 and 2 years."""
    tables: dict[str, Any] = {
        "settings": [{"name": "title", "value": "small"}, {"name": "discount_rate", "value": 0.25}],
        "periods": [{"period": "1", "years": 1}, {"period": "2", "years": 2}],
        "countries": [
            {"country": "A", "member": "yes"},
            {"country": "B", "member": "yes"},
            {"country": "X", "member": "no", "governance": 0.25},
            {"country": "Y", "member": "no", "governance": 0.75},
        ],
        "materials": [
            {"material": "ore", "stage": "mine", "price": 10e6},
            {"material": "metal", "stage": "metal", "price": 100e6},
            {"material": "part", "stage": "part", "price": 300e6, "importance": 2},
        ],
        "recipes": [
            {"process": "mine", "material": "ore", "quantity": 1},
            {"process": "smelt", "material": "ore", "quantity": -2},
            {"process": "smelt", "material": "metal", "quantity": 1},
            {"process": "assemble", "material": "metal", "quantity": -1},
            {"process": "assemble", "material": "ore", "quantity": -1},
            {"process": "assemble", "material": "part", "quantity": 1},
        ],
        "plants": [
            {"country": place, "process": process, "capacity": 100, "unit_cost": 1e6}
            for place, process in [("X", "mine"), ("X", "smelt"), ("Y", "mine"), ("A", "smelt"), ("A", "assemble")]
        ],
        "projects": [
            {
                "project": "P", "country": "A", "process": "smelt", "capacity": 10, "capex": 200, "unit_cost": 90e6,
                "lead_time": 1,
            }
        ],
        "demand": [
            {"country": "A", "material": "metal", "sector": "use", "quantity": 10},
            {"country": "B", "material": "metal", "sector": "use", "quantity": 5},
            {"country": "A", "material": "part", "sector": "use", "quantity": 4},
        ],
        "stockpiles": [{"country": "A", "material": "metal", "initial": 4}],
    }  # fmt: skip
    return Case.from_tables(tables | changes)


def plan_tables(**rows: list[tuple[Any, ...]]) -> dict[str, pd.DataFrame]:
    """Plan tables from tuples in the order of COLUMNS; the others empty."""
    return {name: pd.DataFrame(rows.get(name, []), columns=columns) for name, columns in COLUMNS.items()}


def shares_of(frame: pd.DataFrame) -> dict[tuple[str, str, str, str], float]:
    """Exposed amounts by (supplier, country, material, period)."""
    return {(r.supplier, r.country, r.material, r.period): r.exposed for r in rows_of(frame)}


DEMAND = [
    ("A", "metal", "use", "1", 10.0, 0.0), ("B", "metal", "use", "1", 5.0, 1.0), ("A", "part", "use", "1", 4.0, 0.0),
]  # fmt: skip


def test_largest_input_exposes_an_activity_and_mixing_is_proportional() -> None:
    tables = plan_tables(
        production=[
            ("A", "plant", "assemble", "1", "1", 4.0), ("A", "plant", "smelt", "1", "1", 4.0),
            ("X", "plant", "mine", "1", "1", 20.0), ("X", "plant", "smelt", "1", "1", 8.0),
            ("Y", "plant", "mine", "1", "1", 8.0),
        ],
        trade=[
            ("X", "A", "metal", "1", 8.0), ("X", "A", "ore", "1", 4.0), ("Y", "A", "ore", "1", 8.0),
        ],
        shortage=[DEMAND[0][:4] + (8.0, 0.0), DEMAND[2]],
    )  # fmt: skip
    found = shares_of(proportional_shares(small_case(), tables, ["X", "Y"]))
    # ore in A is 1/3 X's; so smelting there is 1/3 exposed; metal (8 + 4/3) / 12 = 7/9; parts take the larger, 7/9
    assert found["X", "A", "metal", "1"] == pytest.approx(8 * 7 / 9)
    assert found["X", "A", "part", "1"] == pytest.approx(4 * 7 / 9)
    # Y: ore 2/3, smelting 2/3, metal 4 x 2/3 / 12 = 2/9, parts 2/3
    assert found["Y", "A", "metal", "1"] == pytest.approx(8 * 2 / 9)
    assert found["Y", "A", "part", "1"] == pytest.approx(4 * 2 / 3)


@pytest.mark.parametrize("circling", [0.0, 1.0, 1e6])
def test_circular_trade_has_the_exact_share(circling: float) -> None:
    tables = plan_tables(
        production=[("X", "plant", "smelt", "1", "1", 3.0), ("A", "plant", "smelt", "1", "1", 12.0)],
        trade=[
            ("X", "B", "metal", "1", 3.0), ("A", "B", "metal", "1", circling + 2.0), ("B", "A", "metal", "1", circling),
        ],
        shortage=[DEMAND[0], ("B", "metal", "use", "1", 5.0, 0.0)],
    )  # fmt: skip
    tables["trade"] = tables["trade"][tables["trade"]["quantity"] > 0]
    found = shares_of(proportional_shares(small_case(), tables, ["X"]))
    # qA (12 + k) = k qB; qB (5 + k) = 3 + (k + 2) qA
    k = circling
    in_b = 3 * (12 + k) / ((5 + k) * (12 + k) - k * (k + 2))
    assert found["X", "B", "metal", "1"] == pytest.approx(5 * in_b, rel=1e-9)
    assert found["X", "A", "metal", "1"] == pytest.approx(10 * in_b * k / (12 + k), rel=1e-9, abs=1e-12)


def test_a_closed_loop_stays_clean_and_a_loop_through_a_recipe_ends() -> None:
    tables = plan_tables(
        production=[("X", "plant", "smelt", "1", "1", 5.0)],
        trade=[
            ("A", "Y", "metal", "1", 7.0), ("Y", "A", "metal", "1", 7.0), ("X", "B", "metal", "1", 5.0),
        ],
        shortage=[("B", "metal", "use", "1", 5.0, 0.0), ("A", "metal", "use", "1", 10.0, 10.0)],
    )  # fmt: skip
    found = shares_of(proportional_shares(small_case(), tables, ["X"]))
    assert found == {("X", "B", "metal", "1"): 5.0, ("X", "A", "metal", "1"): 0.0}


def test_a_stock_keeps_its_clean_core_and_carries_its_mix() -> None:
    tables = plan_tables(
        production=[("X", "plant", "smelt", "1", "1", 16.0), ("A", "plant", "smelt", "1", "2", 18.0)],
        trade=[("X", "A", "metal", "1", 16.0)],
        stock=[
            ("A", "metal", "1", 4.0, 6.0, 0.0, 0.0, 0.0, 10.0, 2.0),
            ("A", "metal", "2", 10.0, 0.0, 2.0, 0.0, 0.0, 8.0, 2.0),
        ],
        shortage=[DEMAND[0], ("A", "metal", "use", "2", 20.0, 0.0)],
    )  # fmt: skip
    frame = proportional_exposure(small_case(), tables, ["X"])
    found = {(r.quantity_name, r.country, r.item, r.period): r.exposed for r in rows_of(frame)}
    # core 2, so 2 clean and 6 exposed units mix: 3/4 of the 8 that are not core
    assert found["stock", "A", "metal", "1"] == pytest.approx(6.0)
    assert found["release", "A", "metal", "2"] == pytest.approx(1.5)
    assert found["stock", "A", "metal", "2"] == pytest.approx(4.5)
    assert found["served", "A", "metal", "2"] == pytest.approx(1.5)


def random_case() -> Case:
    """The small case with a loop through recipes, and processes that make what a random plan lacks."""
    recipes = [
        {"process": process, "material": item, "quantity": quantity}
        for process, item, quantity in [
            ("smelt", "ore", -2), ("smelt", "metal", 1), ("assemble", "metal", -1), ("assemble", "ore", -1),
            ("assemble", "part", 1), ("smelt", "part", -0.5), ("fill_ore", "ore", 1), ("fill_metal", "metal", 1),
            ("fill_part", "part", 1),
        ]
    ]  # fmt: skip
    plants = [
        {"country": place, "process": process, "capacity": 1, "unit_cost": 1}
        for place in "ABXY" for process in ("smelt", "assemble", "fill_ore", "fill_metal", "fill_part")
    ]  # fmt: skip
    stock = [{"country": "A", "material": "metal", "initial": 4, "minimum": 1}]
    return small_case(recipes=recipes, plants=plants, stockpiles=stock)


def random_plan(case: Case, seed: int) -> dict[str, pd.DataFrame]:
    """A plan with circular trade whose balances close: what lacks is mined on the spot, what is left is disposed of."""
    random = np.random.default_rng(seed)
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    closing = {"metal": 4.0}
    for period in case.periods:
        net = {(place, item): 0.0 for place in case.countries for item in case.materials}
        for place in case.countries:
            for process in ("smelt", "assemble"):
                activity = float(random.uniform(0, 9) * (random.random() < 0.7))
                rows["production"].append((place, "plant", process, "1", period, activity))
                for (name, item), quantity in case.recipe.items():
                    if name == process:
                        net[place, item] += quantity * activity
            for other in case.countries:
                for item in case.materials:
                    if other != place and random.random() < 0.5:
                        amount = float(random.uniform(0, 9))
                        rows["trade"].append((place, other, item, period, amount))
                        net[place, item] -= amount
                        net[other, item] += amount
        opening = closing["metal"]
        deposit, release, shared = (float(amount) for amount in random.uniform(0, 1, 3))
        closing["metal"] = opening + deposit - release - shared
        rows["stock"].append(
            ("A", "metal", period, opening, deposit, release, shared, 0.0, closing["metal"], min(1.0, opening))
        )
        rows["sharing"].append(("A", "B", "metal", period, shared))
        net["A", "metal"] += release - deposit
        net["B", "metal"] += shared
        for (place, item), left in net.items():
            served = 0.0
            if (place, item) in (("A", "metal"), ("B", "metal"), ("A", "part")):
                served = float(random.uniform(1, 5))
                rows["shortage"].append((place, item, "use", period, served, 0.0))
            if left - served > 0:
                rows["disposal"].append((place, item, period, left - served))
            else:
                rows["production"].append((place, "plant", f"fill_{item}", "1", period, served - left))
    return {name: pd.DataFrame(found, columns=COLUMNS[name]) for name, found in rows.items()}


class _Plan:
    """As much of a plan as the exposure rules look at."""

    def __init__(self, tables: dict[str, pd.DataFrame], suppliers: list[str]) -> None:
        self.tables = tables
        self.options = {"measure": "traced", "suppliers_traced": suppliers}
        self.starts: dict[str, str] = {}


@pytest.mark.parametrize("seed", range(8))
def test_mixing_obeys_every_rule_of_the_least_exposure(seed: int) -> None:
    case = random_case()
    tables = random_plan(case, seed)
    for name in ("production", "trade", "sharing"):
        tables[name]["cost"] = 0.0
    tables["production"]["capacity"] = 0.0
    tables["exposure"] = proportional_exposure(case, tables, ["X", "Y"])
    books = Books(case, _Plan(tables, ["X", "Y"]), Tolerance(1e-9, 1e-9))  # type: ignore[arg-type]
    rules = (
        exposure.exposure_bounds, exposure.exposure_origin, exposure.exposure_activity, exposure.exposure_balance,
        exposure.exposure_stock,
    )  # fmt: skip
    for rule in rules:
        found = Found(books.tolerance)
        rule(books, found)
        assert found.check(rule.__name__, "").passed, found.check(rule.__name__, "")
        assert found.compared > 0


def test_use_direct_shares_and_concentration() -> None:
    tables = plan_tables(
        production=[("A", "plant", "assemble", "1", "1", 4.0)],
        trade=[("X", "A", "metal", "1", 7.0), ("Y", "A", "metal", "1", 3.5), ("X", "B", "metal", "1", 4.0)],
        shortage=DEMAND,
    )
    case = small_case()
    amounts = {(r.country, r.material): r.use for r in rows_of(use(case, tables))}
    assert amounts == {("A", "metal"): 14.0, ("A", "ore"): 4.0, ("B", "metal"): 4.0, ("A", "part"): 4.0}
    direct = {(r.country, r.supplier): r.share_direct for r in rows_of(direct_shares(case, tables))}
    assert direct == {("A", "X"): 0.5, ("A", "Y"): 0.25, ("B", "X"): 1.0}
    hhi = {(r.country, r.material): (r.hhi, r.hhi_governance) for r in rows_of(concentration(case, tables))}
    assert hhi["A", "metal"] == pytest.approx((0.3125, 0.25 * 0.75 + 0.0625 * 0.25))
    assert hhi["A", "ore"] == (0.0, 0.0)


def test_governance_is_blank_where_a_supplier_has_none() -> None:
    countries = [{"country": name, "member": "yes" if name in "AB" else "no"} for name in "ABXY"]
    tables = plan_tables(trade=[("X", "A", "metal", "1", 5.0)], shortage=DEMAND)
    row = concentration(small_case(countries=countries), tables).iloc[0]
    assert row["hhi"] == 0.25 and math.isnan(row["hhi_governance"])


def test_indices_and_the_worst() -> None:
    case = small_case()
    exposed = pd.DataFrame(
        [
            ("X", "A", "metal", "1", 5.0), ("Y", "A", "metal", "1", 2.0), ("X", "B", "metal", "1", 1.0),
            ("Y", "B", "metal", "1", 3.0), ("Y", "A", "part", "1", 1.0),
        ],
        columns=["supplier", "country", "material", "period", "exposed"],
    )  # fmt: skip
    shortage = pd.DataFrame(DEMAND, columns=COLUMNS["shortage"])
    values = {(r.measure, r.scope): r.value for r in rows_of(index_values(case, exposed, shortage))}
    # shares 5/10, (3 + 1)/5, 1/4; value weights 10 x 100, 5 x 100, 4 x 300 x 2
    assert values["value", "members"] == pytest.approx((1000 * 0.5 + 500 * 0.8 + 2400 * 0.25) / 3900)
    # material weights: metal 1/3 (10 and 5 of 15), part 2/3
    assert values["material", "members"] == pytest.approx((0.5 * 10 / 15 + 0.8 * 5 / 15) / 3 + 0.25 * 2 / 3)
    # group: metal (6 + 1)/15 by X
    assert values["value", "group"] == pytest.approx((1500 * 7 / 15 + 2400 * 0.25) / 3900)
    assert worst(case, exposed, shortage, "1") == pytest.approx(0.8)
    assert worst_from_default(case) == "2"
    own = exposed.assign(supplier="A")
    by_member = {(r.measure, r.scope): r.value for r in rows_of(index_values(case, own, shortage))}
    assert by_member["value", "members"] == pytest.approx(500 * 0.8 / 3900)


def test_direct_and_concentration_indices_use_need() -> None:
    tables = plan_tables(trade=[("X", "B", "metal", "1", 3.0), ("Y", "B", "metal", "1", 1.0)], shortage=DEMAND)
    plants = [{"country": "X", "process": "mine", "capacity": 1, "unit_cost": 1}]
    case = small_case(plants=plants, periods=[{"period": "1", "years": 1}])
    # weights 1000, 500, 2400 of need: only demand needs; B is 1 short of 5
    assert direct_index(case, tables, ["X", "Y"]) == pytest.approx(500 * 0.8 / 3900)
    assert direct_worst(case, tables, ["X", "Y"], "1") == pytest.approx(0.8)
    assert hhi_index(case, tables, ["X", "Y"]) == pytest.approx(500 * (0.36 + 0.04 + 2 * 0.2) / 3900)


def test_operating_support() -> None:
    tables = plan_tables(production=[("A", "project", "smelt", "P", "2", 15.0), ("A", "plant", "smelt", "1", "2", 1.0)])
    frame = operating_support(small_case(), tables)
    row = frame.iloc[0]
    assert len(frame) == 1
    assert (row["output_value"], row["input_value"], row["operating_cost"]) == (1500.0, 300.0, 1350.0)
    assert row["support"] == pytest.approx(150.0)


def test_a_large_plan_takes_seconds() -> None:
    places, items = [f"c{number}" for number in range(22)], [f"m{number}" for number in range(33)]
    case = small_case(
        periods=[{"period": str(2026 + number), "years": 1} for number in range(15)],
        countries=[{"country": name, "member": "yes" if number < 4 else "no"} for number, name in enumerate(places)],
        materials=[{"material": name, "price": 1} for name in items],
        recipes=[
            {"process": f"p{number}", "material": items[place % 33], "quantity": quantity}
            for number in range(33)
            for place, quantity in ((number, 1), (number + 1, -1), (number + 7, -0.2))
        ],
        plants=[
            {"country": name, "process": f"p{number}", "capacity": 1, "unit_cost": 1}
            for name in places for number in range(33)
        ],
        projects=[],
        demand=[{"country": name, "material": item, "sector": "use", "quantity": 1} for name in places[:4] for item in items],
        stockpiles=[],
    )  # fmt: skip
    random = np.random.default_rng(1)
    pairs = [(a, b, m) for a in places for b in places for m in items if a != b and random.random() < 0.05]
    tables = plan_tables(
        production=[
            (name, "plant", f"p{number}", "1", period, 1.0)
            for name in places for number in range(33) for period in case.periods
        ],
        trade=[(*pair, period, float(random.uniform(0, 3))) for pair in pairs for period in case.periods],
        shortage=[(a, m, "use", t, 1.0, 0.0) for a in places[:4] for m in items for t in case.periods],
    )  # fmt: skip
    began = time.perf_counter()
    frame = proportional_shares(case, tables, case.suppliers)
    assert len(frame) == 18 * 4 * 33 * 15 and frame["exposed"].between(0, 1 + 1e-9).all()
    assert time.perf_counter() - began < 30


@pytest.mark.parametrize("seed", range(4))
def test_the_audit_reckons_the_same_indices(seed: int) -> None:
    case = random_case()
    tables = random_plan(case, seed)
    tables["shortage"]["shortage"] = 0.2 * tables["shortage"]["demand"]
    exposed = proportional_shares(case, tables, ["X", "Y", "B"])
    amounts: dict[str, dict[tuple[Any, ...], float]] = {}
    for row in rows_of(exposed):
        amounts.setdefault(row.supplier, {})[row.country, row.material, row.period] = row.exposed
    for name in ("production", "trade", "sharing"):
        tables[name]["cost"] = 0.0
    books = Books(case, _Plan(tables, ["X", "Y", "B"]), Tolerance())  # type: ignore[arg-type]
    own = {(r.measure, r.scope): r.value for r in rows_of(index_values(case, exposed, tables["shortage"]))}
    assert own == pytest.approx(indices(books, amounts))
    assert worst(case, exposed, tables["shortage"]) == pytest.approx(worst_share(books, amounts))


def test_what_refills_a_minimum_against_its_loss_is_not_clean() -> None:
    stock = [{"country": "A", "material": "metal", "initial": 8, "minimum": 4, "loss_rate": 0.5}]
    tables = plan_tables(
        production=[("X", "plant", "smelt", "1", "1", 10.0), ("X", "plant", "smelt", "1", "2", 23.0)],
        trade=[("X", "A", "metal", "1", 10.0), ("X", "A", "metal", "2", 23.0)],
        stock=[
            ("A", "metal", "1", 8.0, 0.0, 0.0, 0.0, 4.0, 4.0, 4.0),
            ("A", "metal", "2", 4.0, 3.0, 0.0, 0.0, 3.0, 4.0, 4.0),
        ],
        shortage=[DEMAND[0], ("A", "metal", "use", "2", 20.0, 0.0)],
    )
    frame = proportional_exposure(small_case(stockpiles=stock), tables, ["X"], only=["stock", "served"])
    assert frame["exposed"].tolist() == pytest.approx([10.0, 20.0, 3.0])


def test_initial_stock_counted_as_the_suppliers_shows_what_is_one_off() -> None:
    # 4 in stock, 1 kept in the first period and nothing in the second; the demand of 10 takes 3, then 1 of them.
    stock = [{"country": "A", "material": "metal", "initial": 4, "minimum": 1}]
    tables = plan_tables(
        production=[("X", "plant", "smelt", "1", "1", 7.0), ("X", "plant", "smelt", "1", "2", 9.0)],
        trade=[("X", "A", "metal", "1", 7.0), ("X", "A", "metal", "2", 9.0)],
        stock=[
            ("A", "metal", "1", 4.0, 0.0, 3.0, 0.0, 0.0, 1.0, 1.0),
            ("A", "metal", "2", 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0),
        ],
        shortage=[DEMAND[0], ("A", "metal", "use", "2", 10.0, 0.0)],
    )
    case = small_case(stockpiles=stock)
    plain = shares_of(proportional_shares(case, tables, ["X", "Y"]))
    counted = shares_of(proportional_shares(case, tables, ["X", "Y"], stock_is_exposed=True))
    assert [plain["X", "A", "metal", t] for t in "12"] == pytest.approx([7.0, 9.0])
    assert [counted["X", "A", "metal", t] for t in "12"] == pytest.approx([10.0, 10.0])
    assert [counted["Y", "A", "metal", t] for t in "12"] == pytest.approx([3.0, 1.0])


def test_one_off_use_of_a_stock_is_traced_through_later_stages_and_losses() -> None:
    # 8 ore in stock of which half decays a year: 4 are smelted to 2 metal, beside 8 metal from X.
    stock = [{"country": "A", "material": "ore", "initial": 8, "minimum": 0, "loss_rate": 0.5}]
    tables = plan_tables(
        production=[("A", "plant", "smelt", "1", "1", 2.0), ("X", "plant", "smelt", "1", "1", 8.0)],
        trade=[("X", "A", "metal", "1", 8.0)],
        stock=[("A", "ore", "1", 8.0, 0.0, 4.0, 0.0, 4.0, 0.0, 0.0)],
        shortage=[DEMAND[0]],
    )
    case = small_case(stockpiles=stock)
    assert shares_of(proportional_shares(case, tables, ["X"]))["X", "A", "metal", "1"] == pytest.approx(8.0)
    counted = proportional_shares(case, tables, ["X"], stock_is_exposed=True)
    assert shares_of(counted)["X", "A", "metal", "1"] == pytest.approx(10.0)


@pytest.mark.parametrize("minimum", [4, 8])
def test_a_stock_that_is_kept_is_no_one_off(minimum: float) -> None:
    stock = [{"country": "A", "material": "metal", "initial": 8, "minimum": minimum, "loss_rate": 0.5}]
    tables = plan_tables(
        production=[("X", "plant", "smelt", "1", "1", 10.0)],
        trade=[("X", "A", "metal", "1", 10.0)],
        stock=[("A", "metal", "1", 8.0, 0.0, 0.0, 0.0, 4.0, 4.0, 4.0)],
        shortage=[DEMAND[0]],
    )
    case = small_case(stockpiles=stock)
    plain = proportional_exposure(case, tables, ["X"])
    pd.testing.assert_frame_equal(plain, proportional_exposure(case, tables, ["X"], stock_is_exposed=True))
