"""Dependence by hand: what goes back to whom, through stages, third countries and mixtures."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from quadopt.audit import audit
from quadopt.formulation.options import read_formulation
from quadopt.plan import Plan
from quadopt.solver.answer import draft
from quadopt.solver.stages import Staged
from quadopt.solver.steps import comparisons
from quadopt.tables.case import Case
from tests.tiny import (
    M,
    Tables,
    demand,
    magnets,
    objectives,
    one_metal,
    plant,
    project,
    reached,
    rows,
    rules,
    solved,
    total,
    two_members,
    two_suppliers,
)

ORDER = ["shortage", "dependence"]


def shares(plan: Plan, supplier: str, material: str, country: str = "Home", period: str = "2026") -> dict[str, float]:
    """The shares of one supplier in what a member gets."""
    found = rows(plan.dependence, supplier=supplier, material=material, country=country, period=period).iloc[0]
    return {name: float(found[f"share_{name}"]) for name in ("optimised", "at_least", "at_most", "proportional")}


def all_equal(value: float) -> Any:
    """Every one of the shares."""
    return pytest.approx(dict.fromkeys(("optimised", "at_least", "at_most", "proportional"), value), abs=1e-6)


def index_of(plan: Plan, basis: str, measure: str = "value", scope: str = "members") -> float:
    """One value of the index table."""
    return total(plan.tables["index"], "value", basis=basis, measure=measure, scope=scope)


def test_oxide_from_far_made_into_magnets_at_home_is_far_all_the_same() -> None:
    tables = magnets(plants=[plant("Far", "refine", 100, M), plant("Home", "make", 10, M)])
    plan = solved(tables, [*ORDER, "cost"])
    assert shares(plan, "Far", "magnet") == all_equal(1.0)
    assert objectives(plan)["dependence"] == pytest.approx(1.0)
    # Trade statistics show no imported magnet.
    assert index_of(plan, "direct") == pytest.approx(0.0)
    assert rows(plan.direct, material="magnet")["share_direct"].sum() == pytest.approx(0.0)
    assert rows(plan.direct, material="oxide")["share_direct"].tolist() == pytest.approx([1.0] * 3)


def test_any_exposed_input_exposes_the_activity() -> None:
    # A magnet takes 0.9 oxide from home and 0.1 alloy from Far: wholly exposed to Far.
    parts = [
        {"process": "refine", "material": "oxide", "quantity": 1},
        {"process": "melt", "material": "alloy", "quantity": 1},
        {"process": "make", "material": "oxide", "quantity": -0.9},
        {"process": "make", "material": "alloy", "quantity": -0.1},
        {"process": "make", "material": "magnet", "quantity": 1},
    ]
    plan = solved(
        magnets(
            materials=[{"material": m, "price": M} for m in ("oxide", "alloy", "magnet")],
            recipes=parts,
            plants=[plant("Home", "refine", 9, M), plant("Far", "melt", 1, M), plant("Home", "make", 10, M)],
        ),
        ORDER,
    )
    assert shares(plan, "Far", "magnet") == all_equal(1.0)


def test_a_third_country_launders_nothing() -> None:
    # Far's metal goes to Third, which may use it, and on to Home: 100 % Far's, though Home buys from Third alone.
    tables = one_metal(
        countries=[*one_metal()["countries"], {"country": "Third", "member": "no"}],
        materials=[{"material": "metal", "price": M}, {"material": "wire", "price": M}],
        recipes=[
            {"process": "smelt", "material": "metal", "quantity": 1},
            {"process": "draw", "material": "metal", "quantity": -1},
            {"process": "draw", "material": "wire", "quantity": 1},
        ],
        plants=[plant("Far", "smelt", 10, M), plant("Third", "draw", 5, M)],
        routes=[{"origin": "Far", "destination": "Home", "capacity": 0}],
    )
    plan = solved(tables, ORDER, dependence={"suppliers": ["Far"]})
    assert objectives(plan)["dependence"] == pytest.approx(1.0)
    assert shares(plan, "Far", "metal") == all_equal(1.0)
    plan = solved(tables, ORDER)
    assert shares(plan, "Third", "metal") == all_equal(1.0)
    bought = rows(plan.direct, country="Home", material="metal")
    assert dict(zip(bought["supplier"], bought["share_direct"], strict=True)) == pytest.approx({"Third": 1.0})


def circling(tables: Tables, there: tuple[str, str], amount: float) -> Plan:
    """The plan with at least `amount` of metal going both ways between two countries in every period."""
    case = Case.from_tables(tables)
    staged = Staged(case, rules(ORDER))
    for origin, destination in (there, there[::-1]):
        for t in staged.model.pyomo.periods:
            staged.model.pyomo.base.shipment[origin, destination, "metal", t].setlb(amount)
    staged.run()
    return draft(staged)


@pytest.mark.parametrize(("at_home", "share"), [(0, 1.0), (5, 0.5)])
def test_trade_in_a_circle_changes_no_share(at_home: float, share: float) -> None:
    # Home gets 10 - at_home from Far and makes the rest; 8 go to Ally, which needs nothing in 2026, and come back.
    # Over Far's part of all that comes in (10 + 8) its share would look smaller.
    tables = two_members(
        plants=[plant("Far", "smelt", 10 - at_home, M), plant("Home", "smelt", at_home, M)],
        demand=[demand("Home", "metal", 10), demand("Ally", "metal", 0), demand("Ally", "metal", 1e-4, period="2028")],
    )
    plan = circling(tables, ("Home", "Ally"), 8)
    assert total(plan.trade, "quantity", origin="Ally", period="2026") >= 8 - 1e-6
    assert shares(plan, "Far", "metal") == all_equal(share)


def test_a_named_member_is_traced_for_the_others() -> None:
    # Ally supplies both; it depends on nobody, Home on Ally. Two equal demands: 1/2.
    tables = two_members(plants=[plant("Ally", "smelt", 20, M)], countries=two_members()["countries"][:2])
    plan = solved(tables, ORDER, dependence={"suppliers": ["Ally"]})
    assert objectives(plan)["dependence"] == pytest.approx(0.5)
    assert set(plan.dependence["country"]) == {"Home"}
    assert shares(plan, "Ally", "metal") == all_equal(1.0)


def test_only_named_suppliers_count() -> None:
    assert reached(two_suppliers(), ORDER, dependence={"suppliers": ["Far"]})["dependence"] == pytest.approx(0.0)


def test_a_unit_short_counts_as_wholly_dependent() -> None:
    # Far offers 4 of 10: serving nobody would not look secure.
    for order in (["dependence"], ORDER):
        found = reached(one_metal(plants=[plant("Far", "smelt", 4, M)]), order)
        assert found["dependence"] == pytest.approx(1.0)


def test_at_least_proportional_at_most() -> None:
    # 5 from Far and 5 from Near, all that there is, serve 5 metal (1 million each) and 5 wire (3 millions each), made
    # of a metal each. Far's 5 may be booked on the metal (least by value), on the wire (most), or mixed.
    plan = solved(
        two_suppliers(
            materials=[{"material": "metal", "price": M}, {"material": "wire", "price": 3 * M}],
            recipes=[
                {"process": "smelt", "material": "metal", "quantity": 1},
                {"process": "draw", "material": "metal", "quantity": -1},
                {"process": "draw", "material": "wire", "quantity": 1},
            ],
            plants=[plant("Far", "smelt", 5, M), plant("Near", "smelt", 5, M), plant("Home", "draw", 5, M)],
            demand=[demand("Home", "metal", 5), demand("Home", "wire", 5)],
        ),
        ORDER,
    )
    metal, wire = shares(plan, "Far", "metal"), shares(plan, "Far", "wire")
    worth = {basis: 5 * 1 * metal[basis] + 5 * 3 * wire[basis] for basis in metal}
    assert worth["at_least"] == pytest.approx(5)
    assert worth["proportional"] == pytest.approx(10)
    assert worth["at_most"] == pytest.approx(15)
    assert 5 - 1e-6 <= worth["optimised"] <= 15 + 1e-6


def test_the_group_is_measured_as_a_whole() -> None:
    # Each member's only supplier is another one: members depend wholly, the group by half.
    countries = [*two_members()["countries"], {"country": "Near", "member": "no"}]
    closed = [("Far", "Ally"), ("Near", "Home"), ("Home", "Ally"), ("Ally", "Home")]
    plan = solved(
        two_members(
            countries=countries,
            plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 100, M)],
            routes=[{"origin": o, "destination": d, "capacity": 0} for o, d in closed],
        ),
        ORDER,
    )
    assert objectives(plan)["dependence"] == pytest.approx(1.0)
    assert index_of(plan, "optimised", scope="group") == pytest.approx(0.5)


def test_weights_by_value_and_by_material() -> None:
    # Metal 10 (1 million, importance 1), wholly from Far; wire 5 (3 millions, importance 2), from home.
    tables = one_metal(
        materials=[
            {"material": "metal", "price": M, "importance": 1},
            {"material": "wire", "price": 3 * M, "importance": 2},
        ],
        recipes=[
            {"process": "smelt", "material": "metal", "quantity": 1},
            {"process": "draw", "material": "wire", "quantity": 1},
        ],
        plants=[plant("Far", "smelt", 10, M), plant("Home", "draw", 5, M)],
        demand=[demand("Home", "metal", 10), demand("Home", "wire", 5)],
    )
    value = solved(tables, ORDER)
    assert objectives(value)["dependence"] == pytest.approx(10 * 1 / (10 * 1 + 5 * 3 * 2))
    assert reached(tables, ORDER, dependence={"weight": "material"})["dependence"] == pytest.approx(1 / (1 + 2))
    assert index_of(value, "optimised", measure="material") == pytest.approx(1 / 3)


@pytest.mark.parametrize("worst_from", ["", "2026"])
def test_the_worst_counts_from_the_first_period_in_which_a_candidate_can_be_online(worst_from: str) -> None:
    # 10 a year; from 2027 on 5 of them from home: half of 2027 and 2028, or 20 of 30.
    tables = one_metal(projects=[project(capacity=5, lead_time=1)], fund=[{"country": "Home", "limit": 9}])
    plan = solved(tables, ORDER, dependence={"objective": "worst", "worst_from": worst_from})
    assert objectives(plan)["dependence"] == pytest.approx(20 / 30 if worst_from else 1 / 2)
    assert objectives(plan)["dependence_mean"] == pytest.approx(20 / 30)
    assert index_of(plan, "optimised", measure="worst") == pytest.approx(objectives(plan)["dependence"])


def test_the_worst_is_evened_out_between_members() -> None:
    # Home needs 10, Ally 20; Near has 12, Far the other 18: each member's share of Far is at least 18 / 30.
    countries = [*two_members()["countries"], {"country": "Near", "member": "no"}]
    tables = two_members(
        countries=countries,
        plants=[plant("Far", "smelt", 18, M), plant("Near", "smelt", 12, M)],
        demand=[demand("Home", "metal", 10), demand("Ally", "metal", 20)],
    )
    found = reached(tables, ORDER, dependence={"objective": "worst"})
    assert found == pytest.approx({"shortage": 0, "dependence": 0.6, "dependence_mean": 0.6}, abs=1e-6)


def test_direct_dependence_has_need_as_its_denominator() -> None:
    # Need: 10 oxide of the plant (1 million), all from Far; 10 magnets (3 millions), none imported: 10 / 40.
    tables = magnets(plants=[plant("Far", "refine", 100, M), plant("Home", "make", 10, M)])
    assert reached(tables, ORDER, dependence={"measure": "direct"})["dependence"] == pytest.approx(0.25)


def test_stocks_of_clean_origin_lower_dependence() -> None:
    # 6 in stock, of no origin; 24 of 30 come from Far.
    tables = one_metal(stockpiles=[{"country": "Home", "material": "metal", "initial": 6, "minimum": 0}])
    assert reached(tables, ORDER)["dependence"] == pytest.approx(24 / 30)


def test_one_off_use_of_the_initial_stock_is_told() -> None:
    # As above: every step uses the 6, so that without them all would come from Far, before and after.
    tables = one_metal(stockpiles=[{"country": "Home", "material": "metal", "initial": 6, "minimum": 0}])
    plan, case = solved(tables, ORDER), Case.from_tables(tables)
    steps = comparisons(case, read_formulation("pact"), plan)["three_steps"]
    assert len(steps) == 6
    assert steps["share_proportional"].tolist() == pytest.approx([24 / 30] * 6)
    assert steps["share_stock_exposed"].tolist() == pytest.approx([1.0] * 6)


def test_the_drafted_plan_of_a_circle_passes_the_audit() -> None:
    # `circling` reaches into the model; what it gives is a plan of the case all the same.
    tables = two_members(plants=[plant("Far", "smelt", 20, M)])
    plan = circling(tables, ("Home", "Ally"), 8)
    plan.tables["three_steps"] = pd.DataFrame(columns=["step", "material"])
    failed = {check.name for check in audit(Case.from_tables(tables), plan).failed}
    assert failed <= {"tables_present"}
