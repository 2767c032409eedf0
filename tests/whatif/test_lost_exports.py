"""The loss of one supplier by hand, against a solve that has the same cut, and against trying every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import quadopt
from quadopt.formulation.build import Model
from quadopt.formulation.options import Formulation
from quadopt.plan import Plan
from quadopt.solver.answer import draft
from quadopt.solver.branches import Branches, point_of
from quadopt.solver.matrix import Matrix
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from quadopt.whatif.loss_of_one import lost_exports
from quadopt.whatif.loss_of_one.holding import asked, first_short
from quadopt.whatif.loss_of_one.lost_exports import ANY, GROUP, LASTING, NOBODY, WAYS, digest, lose, with_loss
from tests.random_cases import random_tables
from tests.tiny import M, Tables, cut, demand, one_metal, plant, project, rules, stockpile, two_members, two_suppliers

ORDER = ["shortage", "cost"]
SHARED = [{"provider": "Home", "receiver": "Ally", "limit_fraction": 0.5}]


def planned(tables: Tables, order: list[str] | None = None, **more: Any) -> tuple[Case, Formulation, Plan]:
    """A case, its rules and its plan, without the comparison with today."""
    case, options = Case.from_tables(tables), rules(order or ORDER, **more)
    staged = Staged(case, options)
    staged.run()
    return case, options, draft(staged)


def lost(tables: Tables, supplier: str = "Far", period: str = "2026", duration: float | None = 1.0, **more: Any) -> Any:
    """What the loss of a supplier does."""
    case, options, plan = planned(tables, **more)
    return lose(
        case, options, plan, supplier=supplier, period=period, duration=duration, base_path=digest(plan)
    ).payload


def days(found: Any, country: str = GROUP, sector: str = ANY) -> list[float]:
    """How long demand holds out with everything, without sharing, without stocks."""
    table = found["days"]
    row = table[(table["country"] == country) & (table["sector"] == sector)].iloc[0]
    return [row[f"days{way}"] for way in WAYS]


def test_a_stock_lasts_as_long_as_it_covers_demand() -> None:
    found = lost(one_metal(stockpiles=[stockpile(initial=5)]))
    assert found["stress"] == pytest.approx({"": 50, "_without_sharing": 50, "_without_stocks": 100})
    assert found["value"] == pytest.approx(100)
    assert days(found) == pytest.approx([182.5, 182.5, 0])
    row = found["days"].iloc[0]
    assert (row["days_until"], row["days_until_without_stocks"]) == pytest.approx((273.75, 91.25))
    assert row["first_short"] == "metal"
    short = found["shortage"].iloc[0]
    assert (short["demand"], short["shortage"], short["share"], short["value"]) == pytest.approx((10, 5, 0.5, 50))


def test_a_finer_step_finds_the_same_blow_closer() -> None:
    found = lost(one_metal(stockpiles=[stockpile(initial=5.2)]), stress={"step_years": 1 / 12})
    assert days(found)[0] == pytest.approx(365 * 6 / 12)
    assert found["stress"][""] == pytest.approx(48)


def test_a_release_limit_stops_a_sector_with_a_full_stock() -> None:
    assert days(lost(one_metal(stockpiles=[stockpile(initial=100, release_limit=9)])))[0] == 0
    never = lost(one_metal(stockpiles=[stockpile(initial=100, release_limit=10)]))
    assert days(never)[0] == pytest.approx(3 * 365)
    assert never["days"]["is_never"].all() and not never["days"]["is_never_without_stocks"].any()


def test_sharing_makes_the_one_without_a_stock_hold_longer() -> None:
    # Home gives at most half of its 10 to Ally, which needs 10 a year: half a year. Without sharing Ally stops at once.
    found = lost(two_members(stockpiles=[stockpile(initial=10)], sharing=SHARED))
    assert days(found, "Ally", "industry") == pytest.approx([182.5, 0, 0])
    assert days(found, "Home", "industry") == pytest.approx([365, 365, 0])  # its own best case keeps all of it
    assert days(found) == pytest.approx([182.5, 0, 0])
    # All three ways serve 20 less what the stock holds; who goes short may be either.
    assert found["stress"] == pytest.approx({"": 100, "_without_sharing": 100, "_without_stocks": 200})


def test_another_supplier_with_spare_capacity_makes_good_for_the_loss() -> None:
    assert days(lost(two_suppliers())) == pytest.approx([3 * 365] * 3)
    scarce = two_suppliers(plants=[plant("Far", "smelt", 100, M), plant("Near", "smelt", 4, 3 * M)])
    assert lost(scarce)["stress"][""] == pytest.approx(60)
    assert days(lost(scarce, "Near")) == pytest.approx([3 * 365] * 3)


def test_only_projects_that_the_plan_starts_help_and_only_when_online() -> None:
    smelter = project(lead_time=1, capex=0, status="committed")
    assert days(lost(one_metal(projects=[smelter])))[0] == 0
    assert days(lost(one_metal(projects=[smelter]), period="2027"))[0] == pytest.approx(2 * 365)
    assert days(lost(one_metal(projects=[{**smelter, "status": "excluded"}]), period="2027"))[0] == 0


def test_what_the_plan_would_lack_without_the_projects_of_its_choice() -> None:
    # The committed smelter makes 2 whatever is chosen; the one that the plan chooses makes 6.
    tables = one_metal(
        projects=[
            project("OLD", capacity=2, capex=0, status="committed"),
            project("NEW", capacity=6, capex=0.1, latest="2026"),
        ],
        fund=[{"country": "Home", "limit": 10}],
    )
    found = lost(tables)
    assert found["stress"][""] == pytest.approx(20)
    assert found["without_projects"] == pytest.approx(80)


def test_a_loss_opens_with_the_reserve_and_lasts_as_long_as_asked() -> None:
    tables = one_metal(stockpiles=[stockpile(initial=8, minimum=8)])
    assert lost(tables, period="2028")["stress"][""] == pytest.approx(20)
    assert lost(tables, duration=0.5)["stress"][""] == pytest.approx(0)
    assert lost(tables, duration=None)["stress"][""] == pytest.approx(220)


def test_a_sector_is_looked_at_by_itself_and_all_together() -> None:
    tables = one_metal(
        demand=[demand("Home", "metal", 5), {**demand("Home", "metal", 5), "sector": "defence"}],
        stockpiles=[stockpile(initial=5)],
    )
    found = lost(tables)
    assert days(found, GROUP, "industry")[0] == days(found, GROUP, "defence")[0] == pytest.approx(365)
    assert days(found)[0] == pytest.approx(182.5)


def test_what_is_short_on_the_base_path_already_does_not_count() -> None:
    tables = one_metal(plants=[plant("Far", "smelt", 4, M), plant("Home", "smelt", 2, M)])
    found = lost(tables)
    assert days(found)[0] == 0 and found["days"]["short_on_base"].tolist() == pytest.approx([0.4] * 3)
    calm = lost(tables, NOBODY)
    assert days(calm)[0] == pytest.approx(3 * 365) and calm["stress"][""] == pytest.approx(40)


def test_the_stress_is_that_of_a_solve_with_the_same_cut() -> None:
    for seed in (3, 11):
        tables = random_tables(seed)
        outside = next(row["country"] for row in tables["countries"] if row["member"] == "no")
        period = tables["periods"][1]["period"]
        tables["disruptions"] = [cut("lost", start=period, country=outside)]
        case, options, plan = planned(tables, ["cost", "stress"], solver={"gap": 1e-9, "method": "plain"})
        found = lose(case, options, plan, supplier=outside, period=period, duration=1.0, base_path=digest(plan)).payload
        row = plan.disruptions.iloc[0]
        assert found["stress"][""] == pytest.approx(row["stress_least"], abs=1e-6)
        assert found["stress"]["_without_sharing"] == pytest.approx(row["stress_without_sharing"], abs=1e-6)
        assert found["stress"]["_without_stocks"] == pytest.approx(row["stress_without_stocks"], abs=1e-6)


@pytest.mark.parametrize("seed", [1, 5])
def test_bisection_finds_what_trying_every_step_finds(seed: int) -> None:
    tables = random_tables(seed)
    outside = next(row["country"] for row in tables["countries"] if row["member"] == "no")
    case, options, plan = planned(tables)
    period = case.periods[1]
    found = lose(case, options, plan, supplier=outside, period=period, duration=1.0, base_path=digest(plan)).payload[
        "days"
    ]
    model = Model(with_loss(case, outside, period, 1.0), options)
    model.add_branches()
    matrix = Matrix(model.pyomo)
    matrix.extend()
    short_on_base = lost_exports._short_on_base(model, plan)
    situation = model.structure.crises[1]
    allowed = situation.lengths * situation.averages(short_on_base)
    for way, barred in WAYS.items():
        for row in found.itertuples():
            held = tried(model, matrix, plan, allowed, barred, row.country, row.sector)
            assert getattr(row, f"steps{way}") == held, (way, row.country, row.sector)


def tried(
    model: Model, matrix: Matrix, plan: Plan, allowed: Any, barred: tuple[str, ...], country: str, sector: str
) -> int:
    """The longest time in which some demands need not go short, each step tried with an LP of its own."""
    demands = np.array([country in (GROUP, n) and sector in (ANY, q) for n, _, q in model.structure.demands])
    branches = Branches(model, matrix, point_of(model, matrix, plan), [LASTING])
    path = branches.paths[LASTING]
    demand_ = path.demand.array()
    with branches.without(barred):
        for steps in range(1, demand_.shape[1] + 1):
            upper = np.where(asked(demand_, demands, steps) > 0, np.minimum(allowed, demand_), demand_)
            branches.keep_between(path.shortage, np.zeros_like(demand_), upper)
            if branches.solve(60).values is None:
                return steps - 1
    return int(demand_.shape[1])


def test_more_stock_never_shortens_and_more_is_barred_never_lengthens() -> None:
    before = np.zeros(3)
    for initial in (0, 3, 6, 20):
        found = np.array(days(lost(two_members(stockpiles=[stockpile(initial=initial)], sharing=SHARED))))
        assert (np.diff(found) <= 0).all() and (found >= before).all()
        before = found


def test_the_auditor_sees_what_no_branch_may_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(model: Model) -> dict[str, pd.DataFrame]:
        tables = branch_tables(model)
        tables["branch_trade"]["quantity"] += 1.0
        return tables

    branch_tables = lost_exports.crisis_tables.branch_tables
    case, options, plan = planned(two_suppliers())
    monkeypatch.setattr(lost_exports.crisis_tables, "branch_tables", spoiled)
    with pytest.raises(quadopt.NoPlanError, match="material_balance"):
        lose(case, options, plan, supplier="Far", period="2026", duration=1.0, base_path=digest(plan))


def test_first_short() -> None:
    assert first_short(np.array([[False, False], [False, True]])) == 1
    assert first_short(np.zeros((2, 3), dtype=bool)) == 3
