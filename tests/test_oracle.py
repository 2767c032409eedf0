"""The oracle against cases solved by hand (arithmetic in the comments), and random cases' own rules."""

from __future__ import annotations

import copy

import pytest

from quadopt.tables.case import Case
from tests.oracle import search, solve
from tests.oracle.world import Interval, World
from tests.random_cases import random_tables
from tests.random_options import random_options

EXACT = {"shortage": (0, 0), "dependence": (0, 0), "stress": (0, 0), "cost": (0, 0)}
ALL = ["shortage", "dependence", "stress", "cost"]


def tables(**more):
    """Member A and supplier X, one good of price 1,000 made from nothing, demand 100 a year, two years, 10 %."""
    out = {
        "settings": [{"name": "discount_rate", "value": 0.1}],
        "periods": [{"period": "2026"}, {"period": "2027"}],
        "countries": [{"country": "A", "member": "yes"}, {"country": "X", "member": "no"}],
        "materials": [{"material": "good", "stage": "good", "price": 1000}],
        "recipes": [{"process": "make", "material": "good", "quantity": 1}],
        "plants": [{"country": "X", "process": "make", "capacity": 100, "unit_cost": 500}],
        "sectors": [{"sector": "cars", "shortage_weight": 10}],
        "demand": [{"country": "A", "material": "good", "sector": "cars", "quantity": 100}],
    }
    return copy.deepcopy({**out, **more})


def project(**more):
    """A project of 40 a year in A: 2 millions, a year to build."""
    row = {
        "project": "P",
        "country": "A",
        "process": "make",
        "capacity": 40,
        "capex": 2,
        "unit_cost": 600,
        "lead_time": 1,
    }
    return {**row, **more}


def run(data, **options):
    """Stage values, without slack unless options say otherwise."""
    return solve(Case.from_tables(data), {"slacks": EXACT, **options})


def cut(**more):
    """X ships nothing in 2026, for a year, with probability 0.1."""
    row = {
        "disruption": "cut",
        "kind": "export_cut",
        "country": "X",
        "start": "2026",
        "duration": 1,
        "probability": 0.1,
    }
    return {**row, **more}


def two_members(**more):
    """A and B, demand 100 each; B's sector weighs twice as much; X makes 300."""
    return tables(
        countries=[{"country": "A", "member": "yes"}, {"country": "B", "member": "yes", "burden_weight": 3},
                   {"country": "X", "member": "no"}],
        plants=[{"country": "X", "process": "make", "capacity": 300, "unit_cost": 500}],
        sectors=[{"sector": "cars", "shortage_weight": 10}, {"sector": "ships", "shortage_weight": 20}],
        demand=[{"country": "A", "material": "good", "sector": "cars", "quantity": 100},
                {"country": "B", "material": "good", "sector": "ships", "quantity": 100}],
        **more,
    )  # fmt: skip


def test_one_project_two_periods() -> None:
    values = run(tables(projects=[project()], fund=[{"country": "A", "limit": 2}]))
    # only a start in 2026 is in time; 2026 depends wholly, 2027 for 60 of 100
    assert values["shortage"] == pytest.approx(0, abs=1e-7)
    assert values["dependence"] == pytest.approx(0.8, abs=1e-7)
    assert values["stress"] == 0
    # capex 2, salvage 2 * 19/20 / 1.21; 100 * 500, then (40 * 600 + 60 * 500) / 1.1
    assert values["cost"] == pytest.approx(2 - 1.9 / 1.21 + 0.05 + 0.054 / 1.1, abs=1e-7)


def test_fund_pays_on_time() -> None:
    # all of the capex falls in 2026, where the fund may hold 1.9
    short = tables(projects=[project()], fund=[{"country": "A", "limit": 1.9}])
    assert run(short)["dependence"] == pytest.approx(1.0, abs=1e-7)
    # half private: 1 is enough
    half = tables(projects=[project(fund_share=0.5)], fund=[{"country": "A", "limit": 1}])
    assert run(half)["dependence"] == pytest.approx(0.8, abs=1e-7)


def test_pooled_and_burden() -> None:
    fund = [{"country": "A", "limit": 1}, {"country": "B", "limit": 1}]
    data = two_members(projects=[project(capacity=100)], fund=fund)
    # 300 of demand-periods out of 400 when the project runs in 2027
    assert run(data)["dependence"] == pytest.approx(0.75, abs=1e-7)
    assert run(data, pooled=False)["dependence"] == pytest.approx(1.0, abs=1e-7)
    # B (weight 3 of 4) would owe 1.5 of 2, may give 1: share 50 %, within 25 points only
    assert run(data, burden="weight", burden_tolerance=0.2)["dependence"] == pytest.approx(1.0, abs=1e-7)
    assert run(data, burden="weight", burden_tolerance=0.25)["dependence"] == pytest.approx(0.75, abs=1e-7)


def test_two_suppliers_split() -> None:
    data = tables()
    data["countries"].append({"country": "Y", "member": "no"})
    data["plants"].append({"country": "Y", "process": "make", "capacity": 100, "unit_cost": 900})
    # as the method has it: buy 100 from each and dispose of 100, which is X's in X's book and Y's in Y's
    assert run(data)["dependence"] == pytest.approx(0.0, abs=1e-7)
    # where no exposed import is disposed of: half each; with 20 of one's own, 40 each
    honest = {"disposed": "output", "order": ["shortage", "dependence"]}
    assert run(data, **honest)["dependence"] == pytest.approx(0.5, abs=1e-7)
    data["plants"].append({"country": "A", "process": "make", "capacity": 20, "unit_cost": 900})
    assert run(data, **honest)["dependence"] == pytest.approx(0.4, abs=1e-7)
    assert run(data, suppliers=["X"])["dependence"] == pytest.approx(0.0, abs=1e-7)
    # cost alone takes all from X; at most 65 % of use from one supplier leaves 35 to Y (A's plant costs as much)
    cap = {"kappa": 0.65, "basis": "traced", "scope": "member", "materials": None, "from_period": "2027"}
    dear = 0.05 + (65 * 500 + 35 * 900) * 1e-6 / 1.1
    assert run(data, order=["cost"])["cost"] == pytest.approx(0.05 + 0.05 / 1.1, abs=1e-9)
    for basis in ("traced", "direct"):
        assert run(data, order=["cost"], caps=[{**cap, "basis": basis}])["cost"] == pytest.approx(dear, abs=1e-9)


def test_short_is_dependent_and_worst_counts_late_periods() -> None:
    data = tables(plants=[{"country": "X", "process": "make", "capacity": 60, "unit_cost": 500}], projects=[project()],
                  fund=[{"country": "A", "limit": 2}])  # fmt: skip
    values = run(data, objective_dependence="worst", order=["shortage", "dependence"])
    # short 40 in 2026 at 1,000 * 10; 2026 depends wholly, 2027 for 60; worst looks from 2027 on
    assert values["shortage"] == pytest.approx(0.4, abs=1e-7)
    assert values["dependence"] == pytest.approx(0.6, abs=1e-7)
    assert values["dependence_mean"] == pytest.approx(0.8, abs=1e-7)
    early = run(data, objective_dependence="worst", order=["shortage", "dependence"], worst_from="2026")
    assert early["dependence"] == pytest.approx(0.8, abs=1e-7)


def chain(own_oxide: float, recycling: bool):
    """X sells oxide only; A makes magnets (and swarf, a quarter) from it."""
    data = tables()
    data["materials"] = [{"material": m, "stage": m, "price": p} for m, p in
                         (("oxide", 100), ("magnet", 1000), ("swarf", 1))]  # fmt: skip
    recipe = [("refine", "oxide", 1), ("make", "oxide", -1), ("make", "magnet", 1), ("make", "swarf", 0.25),
              ("recycle", "swarf", -1), ("recycle", "oxide", 0.8)]  # fmt: skip
    data["recipes"] = [dict(zip(("process", "material", "quantity"), row, strict=True)) for row in recipe]
    plant = [("X", "refine", 200), ("A", "make", 100), ("A", "refine", own_oxide)]
    plant += [("A", "recycle", 100)] if recycling else []
    data["plants"] = [{"country": c, "process": k, "capacity": q, "unit_cost": 5} for c, k, q in plant]
    data["demand"][0]["material"] = "magnet"
    return data


def test_tracing_sees_the_oxide_behind_the_magnet() -> None:
    assert run(chain(0, False))["dependence"] == pytest.approx(1.0, abs=1e-7)
    assert run(chain(20, False))["dependence"] == pytest.approx(0.8, abs=1e-7)
    # recycled: y = 100 = oxide in + 0.2 y. Own 20, from X 60; exposed activity a = 60 + 0.2 a = 75
    assert run(chain(20, True))["dependence"] == pytest.approx(0.75, abs=1e-7)
    assert run(chain(0, True))["dependence"] == pytest.approx(1.0, abs=1e-7)
    # direct, by value of need: magnets 100 * 1,000 with share 0; oxide need 100 at 100 (the plant's use), 80 from X
    direct = run(chain(20, False), measure="direct", order=["shortage", "dependence"])["dependence"]
    assert direct == pytest.approx(0.8 * 100 / 1100, abs=1e-7)


def test_weights_by_material() -> None:
    data = tables()
    data["materials"].append({"material": "ore", "stage": "ore", "price": 10, "importance": 3})
    data["recipes"].append({"process": "mine", "material": "ore", "quantity": 1})
    data["plants"].append({"country": "A", "process": "mine", "capacity": 5, "unit_cost": 1})
    data["demand"].append({"country": "A", "material": "ore", "sector": "cars", "quantity": 5})
    # the good depends wholly, the ore not at all: value 1,000 * 100 to 3 * 10 * 5; material 1 to 3
    assert run(data)["dependence"] == pytest.approx(100000 / 100150, abs=1e-7)
    assert run(data, dependence_weight="material")["dependence"] == pytest.approx(0.25, abs=1e-7)


def test_stock_and_sharing_in_a_crisis() -> None:
    data = two_members(disruptions=[cut()], stockpiles=[{"country": "A", "material": "good", "initial": 30}],
                       sharing=[{"provider": "A", "receiver": "B", "limit_fraction": 0.5}])  # fmt: skip
    # half of 30 goes to B, where a unit counts double: 1e-3 * (10 * 85 + 20 * 85), with probability 0.1
    assert run(data)["stress"] == pytest.approx(0.255, abs=1e-7)
    # alone: 1e-3 * (10 * 70 + 20 * 100)
    assert run(data, sharing=False)["stress"] == pytest.approx(0.27, abs=1e-7)
    # at most 10 a year leaves the stock: A releases or shares 10 in all, best to B: 10 * 100 + 20 * 90
    data["stockpiles"][0]["release_limit"] = 10
    assert run(data)["stress"] == pytest.approx(0.28, abs=1e-7)
    data["routes"] = [{"origin": "A", "destination": "B", "capacity": 0}]
    assert run(data)["stress"] == pytest.approx(0.29, abs=1e-7)


def test_steps_hit_in_part_and_limits() -> None:
    # 0.4 years: the first quarter wholly, 0.6 of the second; short 25 + 15
    data = tables(disruptions=[cut(duration=0.4)])
    assert run(data)["stress"] == pytest.approx(0.1 * 0.4, abs=1e-7)
    # three quarters of what A needs are still cut: 0.75 * 40
    assert run(tables(disruptions=[cut(duration=0.4, severity=0.75)]))["stress"] == pytest.approx(0.03, abs=1e-7)
    # 60 a year still shipped: 0.4 * 40 short
    assert run(tables(disruptions=[cut(duration=0.4, limit=60)]))["stress"] == pytest.approx(0.016, abs=1e-7)
    # demand up by half for half a year: X makes 100 a year only, 25 short
    surge = cut(kind="demand_surge", country="A", severity=0.5, duration=0.5)
    assert run(tables(disruptions=[surge]))["stress"] == pytest.approx(0.025, abs=1e-7)
    # an outage of half of X's plants for half a year: 25 short
    outage = cut(kind="outage", severity=0.5, duration=0.5)
    assert run(tables(disruptions=[outage]))["stress"] == pytest.approx(0.025, abs=1e-7)


def test_members_hand_on_only_what_they_make() -> None:
    data = two_members(disruptions=[cut(destination="A")])
    assert run(data, crisis_trade="free")["stress"] == pytest.approx(0.0, abs=1e-7)
    assert run(data)["stress"] == pytest.approx(0.1, abs=1e-7)


def test_reserve_is_built_within_the_stock_budget() -> None:
    data = tables(
        periods=[{"period": t} for t in ("2026", "2027", "2028")],
        plants=[{"country": "X", "process": "make", "capacity": 150, "unit_cost": 500}],
        stockpiles=[{"country": "A", "material": "good", "initial": 0}],
        disruptions=[cut(start="2028", probability=0.5)],
        fund=[{"country": "A", "limit": 0}],
    )
    assert run(data)["stress"] == pytest.approx(0.0, abs=1e-7)
    # 30,000 a year buy 30 at 1,000: 60 in stock, 40 short
    data["fund"][0]["stock_limit"] = 0.03
    assert run(data)["stress"] == pytest.approx(0.2, abs=1e-7)
    # a tenth is lost a year: 30 * 0.9 + 30 = 57 (only the additions are paid); in the branch f = 0.9 ** 0.25 is left
    # of it after each quarter: 57 f = 55.518 gives 25, 30.518 f = 29.725 gives 25, 4.725 f = 4.602; 45.398 short
    data["stockpiles"][0]["loss_rate"] = 0.1
    assert run(data)["stress"] == pytest.approx(0.22699, abs=1e-5)


def test_cost_weighs_branches_and_refills() -> None:
    data = tables(settings=[{"name": "discount_rate", "value": 0}], disruptions=[cut(start="2027", probability=0.5)],
                  stockpiles=[{"country": "A", "material": "good", "initial": 40}])  # fmt: skip
    # 2026: 0.05; 2027: half of 0.05, and half of (60 short at 10,000, 40 refilled at 1,000)
    assert run(data, order=["cost"])["cost"] == pytest.approx(0.05 + 0.025 + 0.3 + 0.02, abs=1e-7)


def test_risk_measures() -> None:
    # half a year (S = 0.5) and a year (S = 1) without X, 0.1 each
    data = tables(disruptions=[cut(duration=0.5), cut(disruption="long")])
    assert run(data)["stress"] == pytest.approx(0.15, abs=1e-7)
    worst = run(data, risk="worst")
    assert worst["stress"] == pytest.approx(1.0, abs=1e-7)
    assert worst["stress_expected"] == pytest.approx(0.15, abs=1e-7)
    for alpha, value in ((0.9, 1.0), (0.8, 0.75), (0.5, 0.3)):
        assert run(data, risk="cvar", alpha=alpha)["stress"] == pytest.approx(value, abs=1e-7)
    # a blank shares the rest with the undisturbed future: (1 - 0.1) / 2
    data["disruptions"][1]["probability"] = None
    assert run(data)["stress"] == pytest.approx(0.05 + 0.45, abs=1e-7)


def test_requires_and_groups() -> None:
    fund = [{"country": "A", "limit": 10}]
    pair = [project(), project(project="Q", lead_time=0, requires="P")]
    three = [{"period": t} for t in ("2026", "2027", "2028")]
    # P complete at 1; Q not before: 100, 100 - 80, 20 of 300 left
    outcome = search(Case.from_tables(tables(projects=pair, fund=fund, periods=three)), {"slacks": EXACT})
    assert outcome.values["dependence"] == pytest.approx(1.4 / 3, abs=1e-7)
    assert outcome.starts == {"P": "2026", "Q": "2027"}
    group = [project(exclusive_group="site"), project(project="Q", lead_time=0, exclusive_group="site")]
    # Q at once: 60 in each period
    assert run(tables(projects=group, fund=fund))["dependence"] == pytest.approx(0.6, abs=1e-7)


def test_time_of_projects() -> None:
    row = project(lead_time=0.5, ramp_years=1, lifetime=2)
    data = tables(projects=[row], periods=[{"period": str(2026 + t)} for t in range(4)])
    world = World(Case.from_tables(data))
    # complete at 0.5: half a year at one half; half at one half, half full; gone at 2.5
    online = [world.online("P", 0, Interval(t, t + 1)) for t in range(4)]
    assert online == pytest.approx([0.25, 0.75, 0.5, 0.0])
    assert [world.paid_part("P", 3, t) for t in range(4)] == [0, 0, 0, 1]
    assert world.start_options("P") == [None, 0, 1, 2]


def test_a_member_can_be_the_supplier() -> None:
    data = two_members()
    data["plants"].append({"country": "B", "process": "make", "capacity": 150, "unit_cost": 900})
    # A from B 50, from X 50; B's own does not count for B
    assert run(data, suppliers=["X", "B"])["dependence"] == pytest.approx(0.25, abs=1e-7)
    assert run(data, suppliers=["X"])["dependence"] == pytest.approx(0.125 * 2, abs=1e-7)


@pytest.mark.parametrize("seed", range(8))
def test_units_do_not_matter(seed: int) -> None:
    data = random_tables(seed)
    assert data == random_tables(seed)
    options = random_options(seed, data)
    options["slacks"] = dict.fromkeys(ALL, (0.01, 0.01))
    plain = solve(Case.from_tables(data), options)
    other = solve(Case.from_tables(in_other_units(data, 8.0)), options)
    assert plain == pytest.approx(other, rel=1e-5, abs=1e-6)


def in_other_units(data, factor: float):
    """The same case in a unit that is `factor` times smaller."""
    amounts = {"plants": ["capacity"], "projects": ["capacity"], "demand": ["quantity"], "routes": ["capacity"],
               "stockpiles": ["initial", "capacity", "minimum", "release_limit"], "disruptions": ["limit"]}  # fmt: skip
    prices = {"plants": ["unit_cost"], "projects": ["unit_cost"], "routes": ["cost"], "stockpiles": ["holding_cost"],
              "materials": ["price", "transport_cost", "shortage_value"], "sharing": ["cost"]}  # fmt: skip
    out = copy.deepcopy(data)
    for columns, by in ((amounts, factor), (prices, 1.0 / factor)):
        for name, wanted in columns.items():
            for row in out.get(name, []):
                row.update({c: row[c] * by for c in wanted if row.get(c) is not None})
    return out


def test_random_cases_pass_the_checks() -> None:
    for seed in range(60):
        Case.from_tables(random_tables(seed))
    Case.from_tables(random_tables(0, "small"))
