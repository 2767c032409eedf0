"""Frontiers against brute force over all portfolios, against plain HiGHS at each level, and by hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quadopt.formulation.options import Formulation
from quadopt.solver.goals import goals_of, prepare
from quadopt.solver.stages import Aim, Staged
from quadopt.tables.case import Case
from quadopt.whatif.frontier.frontier import frontier
from quadopt.whatif.frontier.trade import EPSILON
from quadopt.whatif.study import Study
from tests import tiny
from tests.oracle.search import build, combinations, fill
from tests.oracle.world import World
from tests.random_cases import random_tables

COUNT = 5


def kept(study: Study) -> pd.DataFrame:
    """The points on the frontier."""
    return study.points[study.points["standing"] == "on the frontier"]


def assert_none_is_dominated(found: pd.DataFrame, objectives: tuple[str, ...]) -> None:
    values = found[list(objectives)].to_numpy()
    slack = 1e-6 * np.maximum(1e-12, np.ptp(values, axis=0))
    for one, other in itertools.permutations(values, 2):
        assert not ((other <= one + slack).all() and (other < one - slack).any())


class Portfolios:
    """Every portfolio of starts of a case as one linear program each."""

    def __init__(self, case: Case, stages: list[str]) -> None:
        world, options = World(case), fill(World(case), {})
        self.built = [build(world, starts, options, stages) for starts in combinations(world, options)]

    def least(self, objective: str, **most: float) -> float:
        """The least value of an objective over all portfolios, others at most so much."""
        found = [
            one.program.minimise(one.objectives[objective], [(one.objectives[name], at) for name, at in most.items()])
            for one in self.built
        ]
        return min((one[0] for one in found if one is not None), default=float("inf"))


@pytest.mark.parametrize("seed", [7, 11, 17, 30])
def test_frontier_equals_brute_force(seed: int) -> None:
    case = Case.from_tables(random_tables(seed))
    study = frontier(case, tiny.rules(), "cost", COUNT)
    points = study.points
    portfolios = Portfolios(case, ["shortage", "dependence", "cost"])
    held = portfolios.least("shortage")
    held += 1e-6 * max(1.0, held)
    ends = kept(study)["cost"].min(), points["dependence"].min()
    assert ends[0] == pytest.approx(portfolios.least("cost", shortage=held), rel=1e-5)
    assert ends[1] == pytest.approx(portfolios.least("dependence", shortage=held), rel=1e-4, abs=1e-6)
    room = EPSILON * np.ptp(points["dependence"]) + 1e-5
    for point in points[points["limit_cost"].notna()].itertuples():
        most = point.limit_cost + 1e-6 * abs(point.limit_cost)
        least = portfolios.least("dependence", shortage=held, cost=point.limit_cost)
        assert portfolios.least("dependence", shortage=held, cost=most) - 1e-5 <= point.dependence <= least + room
        assert point.dependence_bound <= least + 1e-5
        assert point.cost <= most
    assert_none_is_dominated(kept(study), ("dependence", "cost"))


@pytest.mark.parametrize("seed", [2, 5])
def test_each_point_is_plain_highs_at_its_level(seed: int) -> None:
    case, rules = Case.from_tables(random_tables(seed, "small")), limited(gap=0.01)
    study = frontier(case, rules, "cost", 4)
    found = study.points
    held = found["shortage"].max() * (1 + 1e-6) + 1e-9
    room = EPSILON * np.ptp(found["dependence"]) + 1e-5
    assert study.status == "complete"
    for point in found[found["limit_cost"].notna()].itertuples():
        incumbent, bound = plainly(case, rules, held, point.limit_cost * (1 + 1e-6))
        assert point.dependence >= bound - 1e-5
        assert point.dependence <= incumbent / (1 - 0.01) + room
        assert point.dependence_bound <= incumbent + 1e-5
    along = kept(study).sort_values("cost")
    assert (along["dependence"].diff().dropna() < 0).all()
    assert (found["dependence_bound"].diff().dropna() <= 1e-9).all()


def limited(**solver: Any) -> Formulation:
    """Exact rules with another gap."""
    rules = tiny.rules()
    return rules.model_copy(update={"solver": rules.solver.model_copy(update=solver)})


def plainly(case: Case, rules: Formulation, shortage: float, cost: float) -> tuple[float, float]:
    """The least dependence within levels by HiGHS alone: value and bound."""
    staged = Staged(case, rules.model_copy(update={"solver": rules.solver.model_copy(update={"method": "plain"})}))
    goals = {}
    for objective in ("shortage", "dependence", "cost"):
        prepare(staged.model, staged.options, objective, bool(staged.model.structure.crises))
        goals[objective] = goals_of(staged.model, staged.options, objective, "USD")[0]
    staged.hold(goals["shortage"], shortage)
    staged.hold(goals["cost"], cost)
    staged.solve(Aim(goals["dependence"], 60.0, is_last=True))
    return staged.stages[-1].incumbent, staged.stages[-1].bound


@pytest.mark.parametrize("seed", [7])
def test_grid_of_three_objectives_has_no_dominated_point(seed: int) -> None:
    study = frontier(Case.from_tables(random_tables(seed)), tiny.rules(), ("cost", "stress"), 4)
    assert len(study.points) == 4 + 3
    assert_none_is_dominated(kept(study), ("dependence", "cost", "stress"))
    for point in study.points[study.points["status"] != "failed"].itertuples():
        assert not point.cost > point.limit_cost + 1e-5 * abs(point.limit_cost)
        assert not point.stress > point.limit_stress + 1e-5 * max(1.0, abs(point.limit_stress))
    assert "estimated" in " ".join(study.lines)


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"against": "costs"}, "'cost'"),
        ({"against": ("cost", "fund")}, "alone"),
        ({"against": "stress"}, "no disruptions"),
        ({"points": 1}, "at least two"),
        ({"against": "fund", "sizes": [-1.0]}, "0 or more"),
        ({"against": "fund"}, "no member pays"),
        ({"refine": 1}, "fund"),
        ({"gap": 2.0}, "fraction"),
    ],
)
def test_what_cannot_be_is_refused(choices: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        frontier(Case.from_tables(tiny.one_metal()), tiny.rules(), **choices)


def test_nothing_to_trade_is_said() -> None:
    study = frontier(Case.from_tables(tiny.one_metal()), tiny.rules(), "cost", 4)
    assert len(kept(study)) == 1
    assert "nothing to trade" in study.lines[0]


def two_sizes(**changes: Any) -> tiny.Tables:
    """Home may pay 4 millions a year: for SMALL, half its need for 3 millions, or LARGE, all of it for 8, not both."""
    found = tiny.one_metal(
        projects=[
            tiny.project("SMALL", capacity=5, capex=3, exclusive_group="one"),
            tiny.project("LARGE", capacity=10, capex=8, exclusive_group="one"),
        ],
        fund=[{"country": "Home", "limit": 4}],
    )
    return tiny.replaced(found, changes)


SIZES = {0.0: (1.0, 0.0), 0.25: (5 / 6, 3.0), 0.5: (2 / 3, 3.0), 0.75: (1 / 2, 3.0), 1.0: (1 / 3, 8.0), 2.0: (0.0, 8.0)}
"""Size -> dependence and fund used, by hand: what is saved up pays for a project in the first, second or third year."""


@pytest.mark.parametrize(("sizes", "refine"), [(list(SIZES), 0), ([0.0, 2.0], 2)])
def test_switching_by_hand(sizes: list[float], refine: int) -> None:
    study = frontier(Case.from_tables(two_sizes()), tiny.rules(), "fund", sizes=sizes, refine=refine)
    found = study.sizes
    assert found["size"].tolist() == list(SIZES)
    assert found["dependence"].tolist() == pytest.approx([value for value, _ in SIZES.values()], abs=1e-6)
    assert found["fund_used"].tolist() == pytest.approx([used for _, used in SIZES.values()], abs=1e-6)
    assert (found["standing"] == "on the frontier").all()
    switching = study.switching.set_index("project")
    assert switching.loc["SMALL", ["absent_at", "first_size", "resolution"]].tolist() == [0.0, 0.25, 0.25]
    assert switching.loc["SMALL", "vanishes_at"] == "1"
    assert switching.loc["LARGE", ["absent_at", "first_size", "first_limit"]].tolist() == [0.75, 1.0, 12.0]
    assert switching.loc["LARGE", "vanishes_at"] == ""


def test_a_size_that_cannot_pay_what_is_committed_has_no_plan() -> None:
    committed = [tiny.project("SMALL", capex=3, status="committed", earliest="2026", latest="2026")]
    study = frontier(Case.from_tables(two_sizes(projects=committed)), tiny.rules(), "fund", sizes=[0.5, 1.0])
    assert study.sizes["standing"].tolist() == ["no plan", "on the frontier"]
    assert study.status == "of 2 runs 1 failed"
    assert "no plan meets all rules" in study.lines[0]


def test_fund_beyond_need_adds_nothing() -> None:
    study = frontier(Case.from_tables(two_sizes()), tiny.rules(), "fund", sizes=[2.0, 3.0])
    assert study.sizes["standing"].tolist() == ["on the frontier", "on the frontier", "dominated"]
