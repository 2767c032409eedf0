"""Ranges on a case: by quality to the right rows, kept within limits, every fault at its place."""

from __future__ import annotations

import numpy as np
import pytest

from quadopt.errors import InputError
from quadopt.formulation.options import read_formulation
from quadopt.tables.case import Case
from quadopt.whatif.sensitivity.inputs import inputs_of, notes_of
from quadopt.whatif.sensitivity.moves import uncertain_inputs
from quadopt.whatif.sensitivity.ranges import FACTORS, Range
from tests.random_cases import random_tables
from tests.tiny import YEARS, M, cut, demand, one_metal, plant, project, stockpile, two_suppliers

PACT = read_formulation("pact")


def moved(case: Case, ranges: Range | list[Range], position: float) -> Case:
    """The case with ranges at a position."""
    inputs = uncertain_inputs(case, ranges if isinstance(ranges, list) else [ranges])
    return case.with_changes([change for each in inputs for change in each.changes(position)])


def by_quality(table: str, column: str, where: str = "", **more: object) -> Range:
    """A range by the usual factors."""
    return Range(column, table, where, column, by_quality=FACTORS, **more)  # type: ignore[arg-type]


def test_each_row_moves_by_its_own_quality():
    plants = [
        plant("Far", "smelt", 100, M, tier="a", quality="reported"),
        plant("Far", "smelt", 50, M, tier="b", quality="derived"),
        plant("Near", "smelt", 10, M, tier="a", quality="assumed"),
        plant("Near", "smelt", 20, M, tier="b"),
    ]
    case = Case.from_tables(two_suppliers(plants=plants))
    for position, factors in ((0.0, (0.9, 0.8, 0.6, 0.6)), (1.0, (1.1, 1.2, 1.4, 1.4)), (0.25, (0.95, 0.9, 0.8, 0.8))):
        after = moved(case, by_quality("plants", "capacity"), position).tables["plants"]
        wanted = np.repeat([c * f for c, f in zip((100, 50, 10, 20), factors, strict=True)], len(YEARS))
        assert after["capacity"].to_numpy() == pytest.approx(wanted)
        assert (after["unit_cost"] == M).all()


def test_a_dated_rows_quality_holds_for_its_period_only():
    plants = [
        plant("Far", "smelt", 100, M, quality="reported"),
        plant("Far", "smelt", 80, M, period="2027", quality="assumed"),
    ]
    case = Case.from_tables(one_metal(plants=plants))
    after = moved(case, by_quality("plants", "capacity"), 1.0).tables["plants"]
    assert after["capacity"].tolist() == pytest.approx([110, 112, 110])


def test_a_wide_table_moves_in_every_period():
    row = {"country": "Home", "material": "metal", "sector": "industry", "quality": "derived"}
    case = Case.from_tables(one_metal(demand=[{**row, **{t: 10.0 + k for k, t in enumerate(YEARS)}}]))
    after = moved(case, by_quality("demand", "quantity"), 0.0).tables["demand"]
    assert after["quantity"].tolist() == pytest.approx([8.0, 8.8, 9.6])


def test_rows_outside_the_condition_stay():
    case = Case.from_tables(two_suppliers())
    after = moved(case, by_quality("plants", "capacity", "country=Near"), 0.0).tables["plants"]
    assert after["capacity"].tolist() == pytest.approx([100.0] * 3 + [60.0] * 3)


def test_values_stop_at_what_their_column_allows_and_are_counted():
    shares = [
        project(name, fund_share=share, capacity=k + 1.0) for k, (name, share) in enumerate((("A", 0.5), ("B", 0.9)))
    ]
    stocks = [stockpile(initial=10, capacity=12)]
    crises = [cut(severity=0.8, probability=0.1), cut("surge", kind="demand_surge", country="Home", severity=0.8)]
    case = Case.from_tables(one_metal(projects=shares, stockpiles=stocks, disruptions=crises))
    ranges = [
        Range("share", "projects", "", "fund_share", low=0.5, high=1.5),
        Range("stock", "stockpiles", "", "initial", low=0.5, high=1.5),
        Range("severity", "disruptions", "", "severity", low=0.5, high=1.5),
    ]
    after = moved(case, ranges, 1.0).tables
    assert after["projects"]["fund_share"].tolist() == pytest.approx([0.75, 1.0])
    assert after["stockpiles"]["initial"].tolist() == [12.0]
    assert after["disruptions"]["severity"].tolist() == pytest.approx([1.0, 1.2])
    inputs = uncertain_inputs(case, ranges)
    assert [each.counts()["stopped_high"] for each in inputs] == [1, 1, 1]
    assert [each.counts()["stopped_low"] for each in inputs] == [0, 0, 0]
    assert "of 2 values 1 at the high end stop" in notes_of(inputs)[0]


def test_additions_never_take_a_lead_time_below_nothing():
    case = Case.from_tables(one_metal(projects=[project("A", lead_time=0.5), project("B", lead_time=2)]))
    after = moved(case, Range("delay", "projects", "", "lead_time", "add", -1.0, 2.0), 0.0).tables["projects"]
    assert after["lead_time"].tolist() == [0.0, 1.0]


def test_values_and_settings():
    case = Case.from_tables(one_metal(settings=[{"name": "discount_rate", "value": 0.05}]))
    rate = Range("rate", "settings", "name=discount_rate", "value", "set", 0.02, 0.08)
    assert moved(case, rate, 0.5 / 3).discount_rate == pytest.approx(0.03)
    assert uncertain_inputs(case, [rate])[0].mode == pytest.approx(0.5)


def test_ranges_of_one_name_move_together():
    case = Case.from_tables(one_metal())
    both = [
        Range("scarcity", "plants", "", "capacity", low=1.0, high=0.5),
        Range("scarcity", "demand", "", "quantity", low=1.0, high=2.0),
    ]
    (one,) = uncertain_inputs(case, both)
    after = case.with_changes(one.changes(1.0)).tables
    assert set(after["plants"]["capacity"]) == {50.0} and set(after["demand"]["quantity"]) == {20.0}
    assert one.changes(0.0) == []


def test_rows_without_a_number_stay_blank():
    stocks = [stockpile(initial=5, capacity=10, quality="derived"), stockpile("Ally", 5)]
    countries = [{"country": "Home", "member": "yes"}, {"country": "Ally", "member": "yes"}, {"country": "Far"}]
    case = Case.from_tables(one_metal(countries=countries, stockpiles=stocks))
    after = moved(case, by_quality("stockpiles", "capacity"), 1.0).tables["stockpiles"]
    assert after["capacity"].tolist()[0] == pytest.approx(12.0)
    assert np.isnan(after["capacity"].tolist()[1])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Range("x", "plant", "", "capacity", low=0.5, high=2), "plants"),
        (Range("x", "whatifs", "", "value", low=0.5, high=2), "no such table"),
        (Range("x", "plants", "", "capacty", low=0.5, high=2), "did you mean 'capacity'"),
        (Range("x", "plants", "", "process", low=0.5, high=2), "holds no numbers"),
        (Range("x", "plants", "country=Fra", "capacity", low=0.5, high=2), "did you mean 'Far'"),
        (Range("x", "plants", "country", "capacity", low=0.5, high=2), "column=value"),
        (Range("x", "projects", "", "capex", low=0.5, high=2), "no row of the table"),
        (Range("x", "plants", "", "capacity", low=1.0, high=1.0), "leave the case as it is"),
        (Range("x", "periods", "", "years", "add", -1.0, 0.5), "takes years to 0"),
        (Range("x", "settings", "", "value", low=0.5, high=2), "name=discount_rate"),
    ],
)
def test_a_fault_is_told_with_what_was_found_and_expected(given, words):
    with pytest.raises(InputError, match="error") as raised:
        uncertain_inputs(Case.from_tables(one_metal()), [given])
    assert words in str(raised.value)


def test_every_fault_is_told_at_once():
    case = Case.from_tables(one_metal())
    faulty = [Range("a", "plant", "", "capacity", low=0, high=1), Range("b", "plants", "", "capacty", low=0, high=1)]
    with pytest.raises(InputError) as raised:
        uncertain_inputs(case, faulty)
    assert len(raised.value.errors) == 2


def test_a_table_that_the_model_file_does_not_read_is_a_fault():
    case = Case.from_tables(one_metal())
    with pytest.raises(InputError, match="does not read"):
        uncertain_inputs(case, [Range("x", "plants", "", "capacity", low=0, high=1)], unread=("plants",))


@pytest.mark.parametrize("seed", range(8))
def test_the_default_inputs_of_random_cases_move_what_they_say_and_nothing_else(seed):
    case = Case.from_tables(random_tables(seed))
    inputs, said = inputs_of(case, PACT, None, None)
    assert f"{len(inputs)} groups" in said[0]
    for position in (0.0, 0.3, 1.0):
        for each in inputs:
            changes = each.changes(position)
            if not changes:
                assert all((move.values(position)[0] == move.base).all() for move in each.moves)
                continue
            after = case.with_changes(changes)
            for move in each.moves:
                if move.range.table == "settings":
                    assert after.discount_rate == pytest.approx(move.values(position)[0][0])
                    continue
                now, was = (c.tables[move.range.table][move.range.column] for c in (after, case))
                assert now.loc[move.rows].to_numpy() == pytest.approx(move.values(position)[0])
                assert now.drop(index=move.rows).equals(was.drop(index=move.rows))
    everything = [change for each in inputs for change in each.changes(0.7)]
    case.with_changes(everything)


def test_a_quality_of_the_default_inputs_may_be_widened():
    case = Case.from_tables(one_metal(demand=[demand("Home", "metal", 10, quality="assumed")]))
    inputs, said = inputs_of(case, PACT, None, {"assumed": (0.5, 3.0)})
    wanted = next(each for each in inputs if each.name == "demand")
    assert set(case.with_changes(wanted.changes(1.0)).tables["demand"]["quantity"]) == {30.0}
    assert "assumed x 0.5 to 3" in said[0]
    with pytest.raises(InputError, match="no such quality"):
        inputs_of(case, PACT, None, {"guessed": (0.5, 3.0)})
