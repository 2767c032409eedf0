"""Rules expanded from one call give the matrix that Pyomo's own expansion gives; what cannot be is said and still right."""

from __future__ import annotations

import builtins
import logging
import math
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from pyomo.repn.util import OrderedVarRecorder

from quadopt import read_case
from quadopt.formulation.build import Model
from quadopt.formulation.components import Constraint, Expression, Grouped, Groups, Param, Set, Total, Var
from quadopt.formulation.options import Formulation, read_formulation
from quadopt.solver import grids
from quadopt.solver.matrix import Matrix
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options
from tests.tiny import M, cut, magnets, plant, project, rules, stockpile

ROOT = Path(__file__).parents[2]
FILES = sorted(path.stem for path in (ROOT / "models").glob("*.toml"))
SEEDS = range(0, 150, 6)
Row = tuple[dict[str, float], float, float]


def rich() -> Case:
    """A small case with something of everything: by-products, requirements, rivals, minimum use, stock budgets, routes."""
    return Case.from_tables(
        magnets(
            countries=[
                {"country": "Home", "member": "yes"},
                {"country": "Ally", "member": "yes"},
                {"country": "Far"},
                {"country": "Near"},
            ],
            plants=[
                plant("Far", "refine", 100, M),
                plant("Near", "refine", 20, 3 * M),
                plant("Home", "make", 10, M),
                plant("Ally", "make", 3, M),
            ],
            projects=[
                project("A", process="refine", minimum_use=0.5, exclusive_group="one", lead_time=1, ramp_years=1),
                project("B", process="refine", country="Ally", exclusive_group="one", fund_share=0.5),
                project("C", process="make", requires="B", capex=2, lead_time=1),
                project("D", process="refine", status="committed", capacity=1),
            ],
            fund=[{"country": "Home", "limit": 2, "stock_limit": 3}, {"country": "Ally", "limit": 1}],
            stockpiles=[
                {**stockpile("Ally", 4, loss_rate=0.1, capacity=9, release_limit=3, holding_cost=5), "material": "oxide"},
                {**stockpile("Home", 2, minimum_days=100), "material": "magnet"},
            ],
            sharing=[{"provider": "Ally", "limit_fraction": 0.5}, {"provider": "Home", "receiver": "Ally",
                                                                   "limit_fraction": 0.2, "cost": 7}],
            routes=[{"origin": "Far", "capacity": 80, "cost": 11}, {"origin": "Ally", "destination": "Home", "capacity": 5}],
            disruptions=[
                cut(probability=0.1, duration=1.5),
                cut("surge", kind="demand_surge", country="", severity=0.2),
                cut("outage", kind="outage", country="Near", start="2026", severity=0.5),
            ],
        )
    )  # fmt: skip


def built(case: Case, options: Formulation) -> tuple[Model, Matrix]:
    """Every block of a model, taken in as stages would: bit by bit."""
    model = Model(case, options)
    matrix = Matrix(model.pyomo)
    model.pyomo.held = pyo.ConstraintList()
    matrix.extend()
    model.add_dependence(model.structure.suppliers)
    model.pyomo.held.add(model.pyomo.shortage_total <= 1e9)
    matrix.extend()
    if model.structure.crises:
        model.add_branches()
    model.add_total_cost(with_branches=bool(model.structure.crises))
    if options.caps:
        model.add_caps()
    for supplier in model.structure.suppliers:
        model.add_exposure_range(supplier)
    model.pyomo.held.add(2 * model.pyomo.dependence_index + model.pyomo.total_cost <= 5e9)
    matrix.extend()
    return model, matrix


def names_of(matrix: Matrix) -> list[str]:
    """The names of the rows, from the constraints themselves."""
    names: list[str] = []
    seen: dict[int, int] = {}
    for span in matrix.rows:
        done, count = seen.get(id(span.component), 0), span.last - span.first
        names += [c.name for c in islice(span.component.values(), done, done + count)]
        seen[id(span.component)] = done + count
    return names


def oriented(row: Row) -> Row:
    """A row with its first coefficient positive: an inequality may be written from either side."""
    coefficients, lower, upper = row
    first = min(coefficients, default="")
    if coefficients and coefficients[first] < 0:
        return {name: -c for name, c in coefficients.items()}, -upper, -lower
    return row


def rows_of(matrix: Matrix) -> dict[str, Row]:
    """Constraint -> its row as the matrix has it."""
    program = matrix.program(0.0)
    columns = [v.name for v in matrix.variables]
    found = {}
    for i, name in enumerate(names_of(matrix)):
        part = slice(program.a.indptr[i], program.a.indptr[i + 1])
        row = dict(zip((columns[j] for j in program.a.indices[part]), program.a.data[part].tolist(), strict=True))
        found[name] = oriented((row, float(program.row_lower[i]), float(program.row_upper[i])))
    return found


def standard_form(model: pyo.ConcreteModel) -> dict[str, Row]:
    """Constraint -> its row as Pyomo's standard-form compiler has it, which leaves empty rows out."""
    model.nothing = pyo.Objective(expr=0.0)
    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    model.del_component("nothing")
    a = form.A.tocsr()
    columns = [v.name for v in form.columns]
    found = {}
    for i, (constraint, kind) in enumerate(form.rows):
        part = slice(a.indptr[i], a.indptr[i + 1])
        row = {columns[j]: float(c) for j, c in zip(a.indices[part], a.data[part], strict=True) if c}
        limit = float(form.rhs[i])
        found[constraint.name] = oriented((row, limit if kind <= 0 else -math.inf, limit if kind >= 0 else math.inf))
    return found


def by_pyomo(expression: Any) -> tuple[dict[str, float], float]:
    """Coefficients and constant of an expression as Pyomo walks it."""
    recorder = OrderedVarRecorder({}, {}, None)
    repn = LinearRepnVisitor({}, var_recorder=recorder).walk_expression(expression)
    assert repn.nonlinear is None
    return {recorder.var_map[key].name: c for key, c in repn.linear.items() if c}, repn.constant


def assert_same(found: dict[str, float], wanted: dict[str, float]) -> None:
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def assert_as_pyomo(model: pyo.ConcreteModel, matrix: Matrix) -> None:
    """Rows, columns, bounds, integrality and objectives of a matrix are those that Pyomo makes of the same components."""
    found, wanted = rows_of(matrix), standard_form(model)
    empty = {name for name, row in found.items() if not any(abs(c) > 1e-12 for c in row[0].values())}
    assert found.keys() - empty == wanted.keys() - empty
    for name, (coefficients, *limits) in wanted.items():
        if name not in empty:
            assert_same(found[name][0], coefficients)
            assert found[name][1:] == pytest.approx(limits, rel=1e-9, abs=1e-9), name
    variables = list(matrix.variables)
    assert {id(v) for v in variables} == {id(v) for v in model.component_data_objects(pyo.Var)}
    program = matrix.program(0.0)
    assert program.lower == pytest.approx([-math.inf if v.lb is None else v.lb for v in variables])
    assert program.upper == pytest.approx([math.inf if v.ub is None else v.ub for v in variables])
    assert program.is_integer.tolist() == [not v.is_continuous() for v in variables]
    for total in model.component_data_objects(pyo.Expression, descend_into=False):
        cost, constant = matrix.vector(total)
        coefficients, offset = by_pyomo(total.expr)
        assert_same({variables[j].name: float(cost[j]) for j in np.flatnonzero(cost)}, coefficients)
        assert constant == pytest.approx(offset)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "expanded by Pyomo" in record.getMessage()]


MORE = {
    "hhi": rules(dependence={"measure": "hhi"}),
    "direct, worst": rules(dependence={"measure": "direct", "objective": "worst"}),
    "burden, worst crisis": rules(pact={"burden": "weight"}, stress={"risk": "worst"}),
    "traced caps": rules(caps=[{"share": 0.6, "basis": "traced", "scope": "group"}, {"share": 0.9}]),
}


def options_of(name: str) -> Formulation:
    return MORE[name] if name in MORE else read_formulation(name)


@pytest.mark.parametrize("name", [*FILES, *MORE])
def test_model_files_give_what_pyomo_gives_and_nothing_falls_back(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="quadopt")
    model, matrix = built(rich(), options_of(name))
    assert not said(caplog)
    assert_as_pyomo(model.pyomo, matrix)


@pytest.mark.parametrize("name", FILES)
def test_nothing_falls_back_on_the_tutorial(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="quadopt")
    built(read_case(ROOT / "inputs" / "tutorial.xlsx"), read_formulation(name))
    assert not said(caplog)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_cases_give_what_pyomo_gives(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="quadopt")
    tables = random_tables(seed)
    model, matrix = built(Case.from_tables(tables), as_formulation(random_options(seed, tables)))
    assert not said(caplog)
    assert_as_pyomo(model.pyomo, matrix)


def test_building_makes_no_component_data() -> None:
    model, matrix = built(rich(), read_formulation("pact"))
    made = [c.name for c in model.pyomo.component_objects((pyo.Var, pyo.Constraint)) if isinstance(c, Var | Constraint)
            and c.made()]  # fmt: skip
    assert made == ["fund_balance"]  # which is fixed at both ends
    assert not model.pyomo.base.route_cost.made()
    assert matrix.width == len(matrix.variables) == sum(1 for _ in matrix.variables)


# A hand-made model, for what the formulation does not have.


def small() -> pyo.ConcreteModel:
    """Places and steps with a stock, flows between places, and what belongs together."""
    model = pyo.ConcreteModel()
    model.places = Set(initialize=["a", "b", "c"])
    model.steps = pyo.RangeSet(1, 3)
    model.moments = pyo.RangeSet(0, 3)
    model.flows = Set(dimen=2, initialize=[("a", "b"), ("a", "c"), ("c", "b")])
    model.onward = Groups(model.places, initialize=Grouped(model.flows))
    model.gain = Param(model.places, model.steps, initialize=np.arange(9.0).reshape(3, 3))
    model.turned = Param(model.steps, model.places, initialize=np.arange(9.0, 18.0).reshape(3, 3))
    model.between = Param(model.places, model.places, initialize=np.arange(1.0, 10.0).reshape(3, 3))
    model.stock = Var(model.places, model.moments, bounds=(0, 10))
    model.flow = Var(model.flows, model.steps, domain=pyo.NonNegativeReals)
    model.scale = pyo.Var(domain=pyo.Integers, bounds=(None, 4))
    return model


def assert_expanded(model: pyo.ConcreteModel, caplog: pytest.LogCaptureFixture) -> Matrix:
    matrix = Matrix(model)
    matrix.extend()
    assert not said(caplog)
    assert_as_pyomo(model, matrix)
    return matrix


RULES = {
    "a step back": lambda m, n, t: m.stock[n, t] == m.stock[n, t - 1] - sum(m.flow[n, d, t] for d in m.onward[n]),
    "empty for some": lambda m, n, t: sum(m.flow[n, d, t] for d in m.onward[n]) <= m.gain[n, t] + m.scale,
    "number on the left": lambda m, n, t: m.gain[n, t] <= 2 * m.stock[n, t] - m.scale / 4,
    "cancels": lambda m, n, t: m.stock[n, t] + m.scale - m.stock[n, t] <= m.stock[n, 0] - 3,
    "twice the same": lambda m, n, t: m.stock[n, t] + m.stock[n, t] + m.stock["b", 2] >= 1 + m.gain[n, t],
    "sum of numbers as factor": lambda m, n, t: sum(m.gain[n, k] for k in m.steps) * m.stock[n, t] >= -m.gain[n, t],
    "set in a set": lambda m, n, t: sum(m.flow[d, e, t] for d in m.onward[n] for e in m.onward[d]) <= m.scale,
    "all of a set, weighted": lambda m, n, t: m.scale >= sum(m.gain[o, t] * m.flow[o, d, t] for o, d in m.flows),
    "factor carried inside": lambda m, n, t: (
        -(sum(m.flow[n, d, t] for d in m.onward[n]) * m.gain[n, t]) <= m.stock[n, t]
    ),
    "numbers whose sets come the other way round": lambda m, n, t: m.turned[t, n] * m.stock[n, t] <= m.gain[n, t],
    "numbers of one index twice": lambda m, n, t: m.between[n, n] * m.stock[n, t] <= 1,
    "numbers over a sum and one of two indices": lambda m, n, t: (
        sum((m.between[o, n] - m.between[n, o] / 7) * m.stock[o, t] for o in m.places) <= m.turned[t, "b"]
    ),
    "numbers some steps on": lambda m, n, t: m.gain[n, 4 - t] * m.stock[n, t] <= m.turned[4 - t, n],
    "two inequalities as one tuple": lambda m, n, t: (m.stock[n, t] - m.scale, 5),
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("roomy", [grids.ROOMY, 0], ids=["table", "search"])
def test_rules_of_every_kind(name: str, roomy: int, caplog: pytest.LogCaptureFixture, monkeypatch: Any) -> None:
    monkeypatch.setattr(grids, "ROOMY", roomy)
    caplog.set_level(logging.INFO, logger="quadopt")
    model = small()
    model.rule = Constraint(model.places, model.steps, rule=RULES[name])
    assert_expanded(model, caplog)


def test_expressions_blocks_fixed_variables_and_lists(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="quadopt")
    model = small()
    model.stock["a", 0].fix(7.0)
    model.stock["b", 1].setub(3.0)
    model.leaves = Expression(
        model.places, model.steps, rule=lambda m, n, t: sum(m.flow[n, d, t] for d in m.onward[n]) + 1
    )
    model.all = Total(rule=lambda m: sum(2 * m.leaves[n, t] for n in m.places for t in m.steps))
    model.branch = pyo.Block(pyo.Any)
    model.kinds = Set(initialize=["x", "y"])
    for kind in model.kinds:
        model.branch[kind].amount = Var(model.steps, bounds=(None, 1))
        model.branch[kind].sum = Total(rule=lambda b: sum(b.amount[t] for t in b.model().steps))
    model.by_kind = Constraint(model.kinds, rule=lambda m, w: m.scale >= m.branch[w].sum - m.stock["a", 0])
    model.by_step = Constraint(
        model.kinds, model.steps, rule=lambda m, w, t: m.branch[w].amount[t] >= m.leaves["a", t] - 2
    )
    model.keeps = Constraint(model.places, rule=lambda m, n: m.stock[n, 0] <= m.all)
    model.one = pyo.Constraint(expr=model.all <= 9 + model.scale)
    model.listed = pyo.ConstraintList()
    model.listed.add(model.leaves["a", 2] >= 3 * model.scale)
    matrix = assert_expanded(model, caplog)
    rows = matrix.rows[-1].last
    model.listed.add(model.branch["y"].sum == model.all)
    matrix.extend()
    assert matrix.rows[-1].last == rows + 1
    assert_as_pyomo(model, matrix)
    values = np.arange(matrix.width, dtype=float)
    matrix.load(values)
    assert matrix.evaluate(model.leaves) == pytest.approx([pyo.value(e) for e in model.leaves.values()])
    assert [v.value for v in matrix.variables] == values.tolist()
    assert model.flow.array().ravel().tolist() == values[matrix.where(model.flow)].tolist()


def test_unions_and_empty_sets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="quadopt")
    model = small()
    model.others = Set(initialize=["d"])
    model.none = Set(dimen=2, initialize=[])
    model.everywhere = model.places | model.others
    model.use = Var(model.everywhere, model.steps, domain=pyo.Binary)
    model.unused = Var(model.none, model.steps)
    model.whole = Constraint(model.steps, rule=lambda m, t: sum(m.use[n, t] for n in m.everywhere) == 2)
    model.part = Constraint(
        model.steps,
        rule=lambda m, t: sum(m.use[n, t] for n in m.others) <= 1 + sum(m.unused[i, j, t] for i, j in m.none),
    )
    model.nothing = Constraint(model.none, rule=lambda m, i, j: m.unused[i, j, 1] <= 0)
    matrix = assert_expanded(model, caplog)
    assert matrix.program(0.0).is_integer.sum() == 12 + 1  # and the scale


def test_a_row_without_variables_stays_an_empty_row() -> None:
    model = small()
    model.rule = Constraint(
        model.places, rule=lambda m, n: sum(m.flow[n, d, 1] for d in m.onward[n]) <= m.gain[n, 1] - 5
    )
    matrix = Matrix(model)
    matrix.extend()
    program = matrix.program(0.0)
    assert np.diff(program.a.indptr).tolist() == [2, 0, 1]
    assert program.row_upper.tolist() == [-5, -2, 1]  # b sends nothing anywhere: 0 <= -2 has no solution, as it should


old_sum = builtins.sum
FALLING = {
    "a renamed sum": lambda m, n, t: m.stock[n, t] >= old_sum(m.flow[o, d, t] for o, d in m.flows),
    "a condition": lambda m, n, t: m.stock[n, t] <= 3 if t > 1 else m.stock[n, t] <= m.scale,
    "a dict": lambda m, n, t: m.stock[n, t] <= {"a": 1, "b": 2, "c": 3}[n],
    "a loop": lambda m, n, t: m.stock[n, t] <= [m.scale for _ in m.places][-1],
    "a set that is asked": lambda m, n, t: m.stock[n, t] <= (5 if (n, "b") in m.flows else 2),
    "a function of numpy's": lambda m, n, t: m.stock[n, t] <= abs(m.gain[n, t] - 4),
}


@pytest.mark.parametrize("name", FALLING)
def test_what_cannot_be_a_template_falls_back_and_says_so(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="quadopt")
    model = small()
    model.rule = Constraint(model.places, model.steps, rule=FALLING[name])
    matrix = Matrix(model)
    matrix.extend()
    assert [text.split()[0] for text in said(caplog)] == ["rule"]
    assert_as_pyomo(model, matrix)
    assert builtins.sum is old_sum


def test_faults_are_raised() -> None:
    model = small()
    model.rule = Constraint(model.places, model.steps, rule=lambda m, n, t: m.stock[n, t] * m.scale <= 1)
    with pytest.raises(ValueError, match="not linear"):
        Matrix(model).extend()
    model = small()
    model.rule = Constraint(model.places, model.steps, rule=lambda m, n, t: m.stock[n, t + 1] <= 1)
    with pytest.raises(KeyError, match="stock"):
        Matrix(model).extend()
    model = small()
    model.known = pyo.Param(model.places, initialize={"a": 1.0})
    model.rule = Constraint(model.places, rule=lambda m, n: m.known[n] * m.stock[n, 1] <= 1)
    with pytest.raises(ValueError, match="not finite"):
        Matrix(model).extend()
    with pytest.raises(ValueError, match="numbers for 3 members"):
        model.wrong = Param(model.places, initialize=[1.0, 2.0])
