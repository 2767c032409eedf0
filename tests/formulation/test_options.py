"""Model files with faults are refused, with the key and the nearest name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import quadopt
from quadopt.errors import ModelFileError
from quadopt.formulation.options import Formulation, parse_formulation, read_formulation
from quadopt.tables.case import Case
from tests.tiny import one_metal, rules


def refused(**values: Any) -> ModelFileError:
    """The error that a model file of these values gives."""
    with pytest.raises(ModelFileError) as caught:
        parse_formulation({"title": "mine", **values}, "mine")
    return caught.value


KEYS = [
    ({"oder": ["cost"]}, "oder", "order"),
    ({"dependence": {"mesure": "traced"}}, "dependence.mesure", "measure"),
    ({"stress": {"recovery_year": 1}}, "stress.recovery_year", "recovery_years"),
    ({"pact": {"poolled": True}}, "pact.poolled", "pooled"),
    ({"solver": {"treads": 2}}, "solver.treads", "threads"),
    ({"slack": {"dependence": {"absolut": 0.1}}}, "slack.dependence.absolut", "absolute"),
    ({"caps": [{"share": 0.5, "scop": "group"}]}, "caps.0.scop", "scope"),
]


@pytest.mark.parametrize(("values", "column", "nearest"), KEYS)
def test_an_unknown_key_is_refused(values: dict[str, Any], column: str, nearest: str) -> None:
    error = refused(**values)
    assert [finding.column for finding in error.findings] == [column]
    assert column.split(".")[-1] in str(error)


@pytest.mark.parametrize(("values", "column", "nearest"), KEYS)
def test_an_unknown_key_is_refused_with_the_nearest_one(values: dict[str, Any], column: str, nearest: str) -> None:
    assert [finding.suggestion for finding in refused(**values).findings] == [nearest]


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"dependence": {"measure": "trade"}}, "dependence.measure"),
        ({"stress": {"risk": "wurst"}}, "stress.risk"),
        ({"stress": {"alpha": 1}}, "stress.alpha"),
        ({"stress": {"step_years": 0}}, "stress.step_years"),
        ({"solver": {"gap": -1}}, "solver.gap"),
        ({"solver": {"time_limit": {"cots": 3}}}, "solver.time_limit.cots.[key]"),
        ({"order": ["shortage", "cots"]}, "order.1"),
        ({"caps": [{"share": 1.5}]}, "caps.0.share"),
        ({"caps": [{"scope": "group"}]}, "caps.0.share"),
        ({"pact": {"pooled": "perhaps"}}, "pact.pooled"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_its_place(values: dict[str, Any], column: str) -> None:
    assert [finding.column for finding in refused(**values).findings] == [column]


@pytest.mark.parametrize(
    "values",
    [
        {"order": []},
        {"order": ["cost", "cost"]},
        {"approach": "weighted"},
        {"weights": {"cost": 1}},
        {"bounds": {"cost": 1}},
        {"approach": "bounded", "minimise": "cost", "bounds": {"cost": 1}},
    ],
)
def test_contradicting_rules_are_refused(values: dict[str, Any]) -> None:
    assert refused(**values).findings


def test_every_fault_is_told() -> None:
    error = refused(pact={"poolled": True}, solver={"gap": -1, "treads": 2})
    assert {finding.column for finding in error.findings} == {"pact.poolled", "solver.gap", "solver.treads"}


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ModelFileError) as caught:
        read_formulation("pakt")
    assert caught.value.findings[0].suggestion == "pact"
    with pytest.raises(ModelFileError, match="least_cost"):  # nothing near: all names
        quadopt.solve(Case.from_tables(one_metal()), "something else")


def test_files_that_are_not_there_or_no_toml(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="exists"):
        read_formulation(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("title = ", encoding="utf-8")
    with pytest.raises(ModelFileError, match="TOML"):
        read_formulation(broken)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "Mine"\norder = ["shortage", "cost"]\n[slack]\nshortage = { absolute = 2 }\n', "utf-8")
    model = read_formulation(mine)
    assert (model.name, model.objectives(), model.slack_of("shortage").absolute) == ("mine", ["shortage", "cost"], 2)
    assert quadopt.solve(Case.from_tables(one_metal()), mine).model_name == "mine"


def test_suppliers_that_no_country_is() -> None:
    for named, suggestion in (("Fra", "Far"), ("Nowhere", "")):
        with pytest.raises(ModelFileError, match=named) as caught:
            quadopt.solve(Case.from_tables(one_metal()), rules(["dependence"], dependence={"suppliers": [named]}))
        assert caught.value.findings[0].suggestion == suggestion


@pytest.mark.parametrize(
    "more",
    [{"dependence": {"objective": "worst", "worst_from": "2099"}}, {"caps": [{"share": 0.5, "from_period": "2099"}]}],
)
def test_periods_that_are_none(more: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError, match="2099"):
        quadopt.solve(Case.from_tables(one_metal()), rules(["shortage", "dependence"], **more))


@pytest.mark.parametrize("what", [{"materials": ["metl"]}, {"stages": ["smelting"]}])
def test_caps_on_what_is_not_there(what: dict[str, Any]) -> None:
    cap = {"share": 0.5, "from_period": "2026", **what}
    with pytest.raises(ModelFileError):
        quadopt.solve(Case.from_tables(one_metal()), rules(["shortage"], caps=[cap]))


def test_defaults() -> None:
    model = Formulation(title="defaults")
    assert model.objectives() == ["shortage", "dependence", "stress", "cost"]
    assert (model.slack_of("dependence").absolute, model.slack_of("dependence").relative) == (0.005, 0.0)
    assert {model.slack_of(money).relative for money in ("shortage", "stress", "cost")} == {0.001}
    assert (model.stress.risk, model.stress.alpha, model.stress.step_years) == ("expected", 0.95, 0.25)
    assert (model.stress.crisis_trade, model.stress.recovery_years) == ("own_output", 0.0)
    assert (model.pact.pooled, model.pact.sharing, model.dependence.measure) == (True, True, "traced")
