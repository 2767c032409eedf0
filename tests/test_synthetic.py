"""Synthetic cases: sound, feasible, the same for the same seed, and as large as asked."""

from __future__ import annotations

from pathlib import Path

import pytest

import quadopt
from benchmarks.crises import add_disruptions
from benchmarks.synthetic import SHAPES, Shape, synthetic_case, synthetic_tables, write_folder, write_workbook
from quadopt.formulation.structure import Structure
from quadopt.solver.outcome import Status
from quadopt.solver.stages import Staged
from tests import tiny

SOME_SHAPES = [
    Shape(1, 1, 2, 1, 2, 0, 0),
    Shape(2, 1, 9, 2, 3, 6, 3),
    Shape(5, 2, 14, 7, 10, 30, 5),
    Shape(8, 9, 28, 4, 12, 40, 12),
]


@pytest.mark.parametrize("shape", [SHAPES["tiny"], SHAPES["small"], SHAPES["quad"], *SOME_SHAPES], ids=str)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_case_passes_the_checks_without_a_finding(shape: Shape, seed: int) -> None:
    case = synthetic_case(shape, seed)
    assert case.findings == []
    assert len(case.members) == shape.members
    assert len(case.suppliers) == shape.suppliers
    assert len(case.materials) == shape.materials
    assert len(case.periods) == shape.periods
    assert len(case.tables["projects"]) == shape.projects
    assert case.tables["disruptions"]["disruption"].nunique() == shape.disruptions


@pytest.mark.parametrize("seed", range(6))
def test_tiny_case_has_an_audited_plan_that_serves_demand(seed: int) -> None:
    case = synthetic_case("tiny", seed)
    plan = quadopt.solve(case, tiny.rules(solver={"gap": 0.01, "default_time_limit": 30}))
    demanded = sum(q * case.shortage_cost[m, sector] for (_, m, sector, _), q in case.demand.items())
    assert tiny.objectives(plan)["shortage"] <= 0.01 * demanded


@pytest.mark.parametrize("seed", range(3))
def test_supply_is_concentrated_and_the_fund_is_scarce(seed: int) -> None:
    case = synthetic_case("quad", seed)
    offered: dict[str, dict[str, float]] = {}
    for plant in case.tables["plants"].query("period == @case.periods[0]").itertuples():
        for material, quantity in case.recipes_of[plant.process].items():
            if plant.country in case.suppliers and quantity > 0:
                of = offered.setdefault(material, {})
                of[plant.country] = of.get(plant.country, 0.0) + quantity * plant.capacity
    largest = [max(of.values()) / sum(of.values()) for of in offered.values()]
    assert sum(largest) / len(largest) > 0.6
    projects = case.tables["projects"].query("status == 'candidate'")
    assert 0.2 < case.tables["fund"]["limit"].sum() / projects["capex"].sum() < 0.45
    assert case.tables["projects"]["lead_time"].between(1, 7.5).all()
    assert set(case.tables["disruptions"]["kind"]) == {"export_cut", "outage", "demand_surge"}
    assert case.tables["plants"]["tier"].nunique() > 1


@pytest.mark.parametrize("seed", range(3))
def test_prices_rise_along_the_chain(seed: int) -> None:
    case = synthetic_case("quad", seed)
    made = case.tables["recipes"].query("quantity > 0").groupby("process")["material"].apply(list)
    for process, recipe in case.recipes_of.items():
        inputs = sum(-q * case.price[m] for m, q in recipe.items() if q < 0)
        outputs = sum(q * case.price[m] for m, q in recipe.items() if q > 0)
        assert outputs > inputs, (process, made[process])


def test_same_seed_same_case_another_seed_another() -> None:
    assert synthetic_case("small", 3).input_hash == synthetic_case("small", 3).input_hash
    assert synthetic_case("small", 3).input_hash != synthetic_case("small", 4).input_hash


def test_more_disruptions_leave_the_rest_as_it_is() -> None:
    few, many = (synthetic_tables(Shape(3, 4, 12, 2, 6, 10, number), 1) for number in (1, 8))
    assert {name for name in few if few[name] != many[name]} == {"disruptions"}


@pytest.mark.parametrize(
    ("name", "value"), [("members", 6), ("suppliers", 9), ("materials", 24), ("periods", 12), ("projects", 40)]
)
def test_case_grows_with_each_number(name: str, value: int) -> None:
    base = {"members": 3, "suppliers": 4, "materials": 12, "chains": 0, "periods": 6, "projects": 10, "disruptions": 2}

    def size(numbers: dict[str, int]) -> float:
        structures = [Structure(synthetic_case(Shape(**numbers), seed), tiny.rules()) for seed in range(3)]
        return sum(len(s.case.periods) * (len(s.reach.flows) + len(s.units)) for s in structures)

    assert size({**base, name: value}) > size(base)


def test_shape_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="members at least 1"):
        Shape(members=0)
    with pytest.raises(ValueError, match="7 chains have 14 to 49 materials"):
        synthetic_tables(Shape(materials=10, chains=7))


def test_folder_and_workbook_read_as_the_tables(tmp_path: Path) -> None:
    tables = synthetic_tables("small", 5)
    write_folder(tables, tmp_path / "case")
    write_workbook(tables, tmp_path / "case.xlsx")
    expected = quadopt.Case.from_tables(tables).input_hash
    assert quadopt.read_case(tmp_path / "case").input_hash == expected
    assert quadopt.read_case(tmp_path / "case.xlsx").input_hash == expected


def test_disruptions_are_added_to_the_quad_case() -> None:
    quad = quadopt.read_case(Path(__file__).parents[1] / "inputs" / "quad.xlsx")
    own = set(quad.tables["disruptions"]["disruption"])
    more, alone = add_disruptions(quad, 50, seed=1), add_disruptions(quad, 50, seed=1, keep=False)
    assert len(set(more.tables["disruptions"]["disruption"]) - own) == 50
    assert set(more.tables["disruptions"]["disruption"]) > own
    assert alone.tables["disruptions"]["disruption"].nunique() == 50
    assert not [finding for finding in [*more.findings, *alone.findings] if "generated" in finding.message]
    again = add_disruptions(quad, 50, seed=1)
    assert again.input_hash == more.input_hash
    unchanged = [name for name in quad.tables if name != "disruptions"]
    assert all(more.tables[name].equals(quad.tables[name]) for name in unchanged)


@pytest.mark.parametrize("materials", [10, 20, 40])
@pytest.mark.parametrize("seed", range(3))
def test_what_must_be_held_can_be(materials: int, seed: int) -> None:
    case = synthetic_case(Shape(3, 5, materials, 0, 8, 10, 2), seed)
    staged = Staged(case, tiny.rules(order=["shortage"]))
    staged.run()
    assert staged.stages[0].status is Status.OPTIMAL
