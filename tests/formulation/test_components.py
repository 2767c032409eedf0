"""Components whose data are made when asked for, and what they take for granted of Pyomo.

Where a test of the second half fails after an update, Pyomo's insides have changed under `components` or `templates`.
"""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.core.base.indexed_component import IndexedComponent
from pyomo.core.expr.numeric_expr import ProductExpression, SumExpression
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression
from pyomo.core.expr.template_expr import (
    GetAttrExpression,
    GetItemExpression,
    IndexTemplate,
    TemplateSumExpression,
    templatize_rule,
)

from quadopt.formulation.components import Constraint, Expression, Grouped, Groups, Param, Set, Total, Var, parts_of


@pytest.fixture
def model() -> pyo.ConcreteModel:
    model = pyo.ConcreteModel()
    model.places = Set(initialize=[("a", "ore"), ("b", "ore"), ("a", "oxide")], dimen=2)
    model.steps = pyo.RangeSet(1, 2)
    model.near = Groups(model.places, initialize=Grouped([("a", "ore", "b"), ("a", "ore", "c")]))
    model.pairs = Groups(model.steps, initialize=Grouped([(1, "a", "ore"), (1, "b", "ore")], width=2))
    model.gain = Param(model.places, model.steps, initialize=np.arange(6).reshape(3, 2))
    model.amount = Var(model.places, model.steps, bounds=lambda m, c, k, t: (None, m.gain[c, k, t]))
    model.limit = Constraint(
        model.places, model.steps, rule=lambda m, c, k, t: m.amount[c, k, t] <= 2 * m.gain[c, k, t]
    )
    model.share = Expression(model.steps, rule=lambda m, t: sum(m.amount[c, k, t] for c, k in m.places))
    model.total = Total(rule=lambda m: sum(m.share[t] for t in m.steps))
    return model


def test_data_are_made_when_asked_for(model: pyo.ConcreteModel) -> None:
    for component in (model.amount, model.gain, model.limit, model.near):
        assert not component.made()
        assert len(component) == len(component.index_set())
    assert model.gain["b", "ore", 2] == 3.0
    assert isinstance(model.gain["b", "ore", 2], float)
    assert model.amount["b", "ore", 1].ub == 2.0
    assert [index for index, _ in model.amount.made()] == [("b", "ore", 1)]
    assert str(model.limit["a", "oxide", 2].expr) == "amount[a,oxide,2]  <=  10.0"
    assert [v.name for v in model.amount.values()] == [f"amount[{c},{k},{t}]" for c, k, t in model.amount]
    assert pyo.value(sum(model.gain.values())) == 15
    with pytest.raises(KeyError):
        model.amount["b", "oxide", 1]


def test_groups_are_empty_where_nothing_is_said(model: pyo.ConcreteModel) -> None:
    assert list(model.near["a", "ore"]) == ["b", "c"]
    assert list(model.near["b", "ore"]) == []
    assert list(model.pairs[1]) == [("a", "ore"), ("b", "ore")]
    assert model.pairs[2].dimen == 2
    with pytest.raises(KeyError):
        model.near["b", "oxide"]


def test_values_reach_variables_made_before_and_after(model: pyo.ConcreteModel) -> None:
    with pytest.raises(ValueError, match="no values"):
        model.amount.array()
    before = model.amount["a", "ore", 2]
    model.amount.load(np.arange(6.0))
    assert before.value == 1.0
    assert model.amount["a", "oxide", 2].value == 5.0
    assert model.amount.array().tolist() == [[0, 1], [2, 3], [4, 5]]
    assert pyo.value(model.share[1]) == 6.0
    assert pyo.value(model.total) == 15.0


def test_pyomo_writes_the_whole_model(model: pyo.ConcreteModel, tmp_path: Path) -> None:
    model.objective = pyo.Objective(expr=model.total)
    model.write(str(tmp_path / "model.lp"), io_options={"symbolic_solver_labels": True})
    text = (tmp_path / "model.lp").read_text()
    assert text.count("amount(b_ore_2)") == 3  # objective, row, bound
    assert "c_u_limit(a_oxide_2)_" in text


# What Pyomo is taken to do.


def test_templatize_rule_gives_an_expression_and_its_indices(model: pyo.ConcreteModel) -> None:
    relation, (c, k, t) = templatize_rule(model, model.limit.rule, model.limit.index_set())
    assert isinstance(relation, InequalityExpression)
    assert [index.__class__ for index in (c, k, t)] == [IndexTemplate] * 3
    left, right = relation.args
    assert isinstance(left, GetItemExpression) and left.args == (model.amount, c, k, t)
    assert isinstance(right, ProductExpression) and not right.is_potentially_variable()
    assert left.is_potentially_variable()
    assert isinstance(model.amount[c, k, t] == 1, EqualityExpression)
    assert builtins.sum.__module__ == "builtins"


def test_sums_are_kept_with_the_sets_that_they_run_through(model: pyo.ConcreteModel) -> None:
    rule = model.share._rule
    body, _ = templatize_rule(model, rule, model.steps)
    assert isinstance(body, TemplateSumExpression)
    ((first, second),) = body.template_iters()
    assert first._set is second._set is model.places
    assert body.template_args()[0].args[1:3] == (first, second)

    def nested(m: pyo.ConcreteModel, c: Any, k: Any) -> Any:
        return sum(m.amount[d, k, 1] for d in m.near[c, k]) + 1

    body, (c, k) = templatize_rule(model, lambda block, index: nested(block, *index), model.places)
    assert isinstance(body, SumExpression)
    ((inner,),) = body.args[0].template_iters()
    assert isinstance(inner._set, GetItemExpression)
    assert inner._set.args == (model.near, c, k)


@pytest.mark.parametrize("name", ["amount", "gain", "near", "share"])
def test_members_at_templates_are_what_pyomo_makes_of_them(model: pyo.ConcreteModel, name: str) -> None:
    component = getattr(model, name)
    index = tuple(IndexTemplate(part, i, i, g) for g, part in enumerate(parts_of(component.index_set()))
                  for i in range(part.dimen))  # fmt: skip
    ours, theirs = component[index], IndexedComponent._processUnhashableIndex(component, index)
    assert isinstance(ours, theirs.__class__)
    assert ours.args == theirs.args
    assert ours.is_potentially_variable() == theirs.is_potentially_variable()


def test_attributes_of_blocks_at_templates(model: pyo.ConcreteModel) -> None:
    model.kinds = Set(initialize=["x"])
    model.branch = pyo.Block(pyo.Any)
    model.branch["x"].sum = Total(rule=lambda b: b.model().amount["a", "ore", 1] + 0)
    body, (w,) = templatize_rule(model, lambda block, index: block.branch[index[0]].sum, model.kinds)
    assert isinstance(body, GetAttrExpression)
    item, name = body.args
    assert item.args == (model.branch, w) and name == "sum"


def test_private_members_are_where_they_were(model: pyo.ConcreteModel) -> None:
    assert model.places._values == dict.fromkeys(model.places)
    assert [("a", "ore") in model.places, "a" in model.places] == [True, False]
    assert model.places.ord(("b", "ore")) == 2
    assert model.amount._rule_bounds(model, ("b", "ore", 2)) == (None, 3.0)
    assert model.amount.common_domain.get_interval() == (None, None, 0)
    assert pyo.Binary.get_interval() == (0, 1, 1)
    assert model.total.args == model.total._args_
    assert model.total.args[0] is model.total.args[0]
