"""Sheets made from the plan's tables: their figures against sums on paper, their charts over the right records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from quadopt.report import figures
from quadopt.report.parts import LOOKS, Chart
from quadopt.report.sheets import all_sheets
from quadopt.report.views import crises, dependence, look_through, money, supply
from quadopt.report.views.common import blocks, by_importance, ordered
from quadopt.report.workbook import write_workbook


def frame(columns: str, *rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split())


@pytest.fixture
def small(plan: Any) -> Any:
    """Members A and B, materials x (dear) and y; supplier S; one crisis; two years."""
    shares = "share_at_least share_at_most share_proportional share_direct share_stock_exposed"
    tables = {
        "largest": frame(
            f"country material period demand shortage weight_value weight_material {shares} supplier_at_least "
            "supplier_proportional",
            ("A", "y", "2026", 10.0, 0.0, 0.05, 0.25, 0.2, 0.5, 0.2, 0.1, 0.2, "S", "S"),
            ("A", "x", "2026", 30.0, 0.0, 0.45, 0.25, 0.2, 0.5, 0.4, 0.1, 0.5, "S", "S"),
            ("A", "x", "2027", 30.0, 0.0, 0.45, 0.25, 0.1, 0.5, 0.3, 0.1, 0.3, "S", "S"),
            ("B", "x", "2026", 10.0, 0.0, 0.05, 0.25, 0.9, 0.5, 0.6, 0.1, 0.6, "S", "T"),
            ("group", "x", "2026", 40.0, 0.0, 0.50, 0.50, 0.9, 0.9, 0.9, 0.9, 0.9, "S", "S"),
        ),
        "dependence": frame(
            "country material period supplier demand share_proportional",
            ("A", "x", "2026", "S", 30.0, 0.4), ("A", "x", "2026", "T", 30.0, 0.1), ("A", "x", "2027", "S", 30.0, 0.3),
            ("B", "x", "2026", "T", 10.0, 0.6), ("group", "x", "2026", "S", 40.0, 0.3), ("A", "y", "2026", "S", 10.0, 0.2),
        ),
        "concentration": frame(
            "country material period use hhi hhi_governance", ("A", "x", "2026", 30.0, 0.5, 0.25),
            ("A", "x", "2027", 30.0, 0.3, 0.15), ("B", "x", "2026", 10.0, 1.0, 0.8), ("A", "y", "2026", 10.0, 0.1, 0.1),
        ),
        "contributions": frame(
            "country period contribution limit", ("A", "2026", 4.0, 10.0), ("A", "2027", 2.0, 10.0), ("B", "2026", 1.0, 5.0),
            ("B", "2027", 0.0, 5.0),
        ),
        "balance": frame(
            "country material period made", ("A", "x", "2026", 12.0), ("S", "x", "2026", 99.0), ("A", "x", "2027", 20.0)
        ),
        "trade": frame(
            "origin destination material period quantity", ("S", "A", "x", "2026", 15.0), ("T", "B", "x", "2026", 5.0),
            ("A", "B", "x", "2026", 4.0), ("S", "T", "x", "2026", 50.0), ("S", "A", "x", "2027", 8.0),
        ),
        "stock": frame(
            "country material period opening closing lost", ("A", "x", "2026", 10.0, 7.0, 1.0), ("A", "x", "2027", 7.0, 9.0, 0.0),
            ("B", "x", "2026", 2.0, 2.0, 0.0), ("B", "x", "2027", 2.0, 2.0, 0.0),
        ),
        "materials": frame("material unit price", ("x", "t", 100.0), ("y", "kg", 1.0)),
        "periods": frame("period begin years", ("2026", 0.0, 1.0), ("2027", 1.0, 1.0)),
        "disruptions": frame(
            "disruption begin end stress stress_without_sharing stress_without_stocks", ("cut", 1.0, 1.5, 5.0, 7.0, 9.0)
        ),
        "branch_stock": frame(
            "disruption step begin end country material opening closing release shared",
            ("cut", 1, 1.0, 1.25, "A", "x", 6.0, 4.0, 2.0, 0.0), ("cut", 1, 1.0, 1.25, "B", "x", 2.0, 2.0, 0.0, 0.0),
            ("cut", 2, 1.25, 1.5, "A", "x", 4.0, 1.0, 2.0, 1.0), ("cut", 2, 1.25, 1.5, "B", "x", 2.0, 2.0, 0.0, 0.0),
            ("cut", 1, 1.0, 1.25, "A", "y", 90.0, 40.0, 50.0, 0.0), ("cut", 2, 1.25, 1.5, "A", "y", 40.0, 40.0, 0.0, 0.0),
        ),
        "crisis_shortage": frame(
            "disruption country material shortage_value shortage_value_without_sharing shortage_value_without_stocks",
            ("mild", "A", "x", 0.0, 0.0, 0.0), ("mild", "B", "x", 0.0, 0.0, 1.0), ("cut", "A", "x", 1.0, 1.0, 2.0),
            ("cut", "A", "y", 2.0, 2.0, 2.0), ("cut", "B", "x", 2.0, 4.0, 5.0),
        ),
        "investments": frame(
            "project country status start start_year complete_year end_year capex",
            ("P", "A", "candidate", "2027", 1.0, 1.5, 2.0, 7.0),
            ("Q", "B", "committed", "2026", 0.0, 1.0, 2.0, 3.0), ("R", "B", "candidate", "", *[float("nan")] * 3, 9.0),
        ),
        "three_steps": frame(
            "step material share_proportional share_stock_exposed",
            ("today", "all", 0.8, 0.85), ("with the fund", "all", 0.3, 0.45),
            ("today", "x", 0.8, 0.8), ("with the fund", "x", 0.2, 0.2),
        ),
    }  # fmt: skip
    return replace(plan, tables=tables)


def drawn(chart: Chart, data: pd.DataFrame) -> dict[str, list[float]]:
    """What each series of a chart shows."""
    rows = {series.name: series.rows or (0, len(data) - 1) for series in chart.series}
    return {s.name: data[s.column].iloc[rows[s.name][0] : rows[s.name][1] + 1].tolist() for s in chart.series}


def test_materials_come_by_the_value_of_their_demand(small: Any) -> None:
    assert by_importance(small) == ["x", "y"]


def test_dependence_by_material_is_the_mean_by_demand(small: Any) -> None:
    sheet = dependence.dependence_by_material(small)
    found = sheet.frame.set_index(["material", "period"])
    assert found.loc[("x", "2026"), "share_proportional"] == pytest.approx((30 * 0.4 + 10 * 0.6) / 40)
    assert found.loc[("x", "2027"), "share_at_least"] == pytest.approx(0.1)
    assert drawn(sheet.charts[0], sheet.frame) == {"x": pytest.approx([0.45, 0.3]), "y": pytest.approx([0.2])}


def test_dependence_by_member_is_weighted_as_the_index(small: Any) -> None:
    sheet = dependence.dependence_by_member(small)
    found = sheet.frame.set_index(["country", "period"])
    assert found.loc[("A", "2026"), "share_proportional"] == pytest.approx((0.05 * 0.2 + 0.45 * 0.4) / 0.5)
    assert set(drawn(sheet.charts[0], sheet.frame)) == {"A", "B"}


def test_supply_mix_adds_up_what_members_get(small: Any) -> None:
    sheet = supply.supply_mix(small)
    found = sheet.frame[sheet.frame["material"] == "x"].set_index(["origin", "period"])
    amounts = {key: amount for key, amount in found["quantity"].items() if amount}
    # trade among members is no new supply, and what others make for others is none of theirs
    assert amounts == {
        ("A", "2026"): 12.0, ("A", "2027"): 20.0, ("S", "2026"): 15.0, ("S", "2027"): 8.0, ("T", "2026"): 5.0,
        (supply.STOCKS, "2026"): 2.0,
    }  # fmt: skip
    assert found.loc[("S", "2026"), "share"] == pytest.approx(15 / 34)
    assert sheet.charts[0].axis == "t in the period"
    assert drawn(sheet.charts[0], sheet.frame)["A"] == [12.0, 20.0]


def test_look_through_puts_the_readings_side_by_side_and_flags_relabelling(small: Any) -> None:
    sheet = look_through.look_through(small)
    found = sheet.frame.set_index("material")
    both = found.loc["x"]
    assert both["share_at_least"] == pytest.approx((30 * 0.2 + 30 * 0.1 + 10 * 0.9) / 70)
    assert both["share_proportional"] == pytest.approx((30 * 0.4 + 30 * 0.3 + 10 * 0.6) / 70)
    assert both["hhi"] == pytest.approx((30 * 0.5 + 30 * 0.3 + 10 * 1.0) / 70)
    assert both["difference"] == pytest.approx(9 / 70)
    assert both["supplier"] == "S"
    assert both["one_off"] == pytest.approx(30 * 0.1 / 70)
    assert found["flag"].to_dict() == {"x": look_through.LOWER, "y": ""}
    assert "relabels rather than replaces" in sheet.sentence
    assert drawn(sheet.charts[0], sheet.frame)["proportional"] == found["share_proportional"].tolist()


def test_look_through_by_member_flags_in_both_directions(small: Any) -> None:
    found = look_through.look_through_by_member(small).frame.set_index(["country", "material"])
    assert found.loc[("B", "x"), "supplier"] == "T"
    assert found["flag"].to_dict() == {
        ("A", "x"): look_through.LOWER,
        ("A", "y"): "",
        ("B", "x"): look_through.HIGHER,
    }


def test_look_through_by_period_has_every_demand(small: Any) -> None:
    found = look_through.look_through_by_period(small).frame
    assert len(found) == 4
    assert found.set_index(["country", "material", "period"]).loc[("A", "x", "2026"), "difference"] == pytest.approx(
        0.2
    )


def test_one_off_part_is_what_the_stock_takes_off_more_than_today(small: Any) -> None:
    found = figures.one_off(small).set_index("material")
    assert found.loc["all", ["fall", "stock_today", "stock_with_fund", "one_off", "lasting"]].tolist() == pytest.approx(
        [0.5, 0.05, 0.15, 0.1, 0.4]
    )
    assert found.loc["x", "one_off"] == 0
    assert figures.one_off(replace(small, tables={})).empty


def test_timeline_stacks_lead_time_and_time_online_on_the_start(small: Any) -> None:
    sheet = money.timeline(small)
    assert sheet.frame["project"].tolist() == ["Q", "P"]
    (chart,) = sheet.charts
    shown = drawn(chart, sheet.frame)
    assert shown["start"] == [2026.0, 2027.0]
    assert shown["lead time (being built)"] == [1.0, 0.5]
    assert shown["online (capacity may still ramp up)"] == [1.0, 0.5]
    assert chart.series[0].invisible
    assert chart.span == (2026, 2028)


def test_contributions_stand_against_limits(small: Any) -> None:
    sheet = money.contributions_by_member(small)
    assert drawn(sheet.charts[0], sheet.frame) == {"contribution": [6.0, 1.0], "limit": [20.0, 10.0]}
    assert drawn(sheet.charts[1], small.tables["contributions"]) == {"A": [4.0, 2.0], "B": [1.0, 0.0]}


def test_shortage_by_member_puts_the_worst_crisis_first(small: Any) -> None:
    sheet = crises.shortage_by_member(small)
    assert sheet.frame["disruption"].tolist() == ["cut", "cut", "mild", "mild"]
    sharing, stocks = sheet.charts
    assert drawn(sharing, sheet.frame) == {"with the plan": [3.0, 2.0], "without sharing": [3.0, 4.0]}
    assert drawn(stocks, sheet.frame)["without stocks"] == [4.0, 5.0, 0.0, 1.0]


def test_stock_paths_compare_the_base_path_with_the_crisis(small: Any) -> None:
    sheet = crises.stock_paths(small)
    (chart,) = sheet.charts
    assert chart.title == "cut: stock of x"  # it spares 4 millions of shortage, though more of y is taken
    assert drawn(chart, sheet.frame) == {crises.BASE: [12.0, 9.0, 11.0], crises.IN_CRISIS: [8.0, 6.0, 3.0]}
    times = [sheet.frame["time"].iloc[s.rows[0] : s.rows[1] + 1].tolist() for s in chart.series if s.rows]
    assert times == [[2026.0, 2027.0, 2028.0], [2027.0, 2027.25, 2027.5]]


def test_blocks_stand_together_or_are_refused() -> None:
    data = frame("a b", ("x", 1), ("x", 2), ("y", 3))
    assert blocks(data, "a") == {("x",): (0, 1), ("y",): (2, 2)}
    with pytest.raises(ValueError, match="do not stand together"):
        blocks(frame("a b", ("x", 1), ("y", 2), ("x", 3)), "a")
    assert ordered(data, a=["y", "x"], b=[2, 1, 3])["b"].tolist() == [3, 2, 1]


def test_no_two_looks_are_alike_in_colour_or_in_their_second_cue() -> None:
    assert len({look.colour for look in LOOKS}) == len(LOOKS)
    assert len({(look.dash, look.marker) for look in LOOKS}) == len(LOOKS)


def test_charts_have_titles_units_and_data_that_are_there(plan: Any, small: Any) -> None:
    for either in (plan, small):
        sheets = {sheet.name: sheet for sheet in all_sheets(either)}
        charts = [chart for sheet in sheets.values() for chart in sheet.charts]
        for chart in charts:
            source = sheets[chart.sheet]
            names = {column.name for column in source.columns}
            assert chart.title and chart.axis and chart.series, chart
            assert {*chart.categories, *(series.column for series in chart.series)} <= names
            for series in chart.series:
                assert series.rows is None or 0 <= series.rows[0] <= series.rows[1] < len(source.frame)


def test_native_charts_point_at_the_cells_that_the_sheet_shows(small: Any, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_workbook(small, tmp_path / "plan.xlsx"))
    (chart, *_) = book["supply_mix"]._charts
    first = chart.series[0]
    cells = [row[0].value for row in book["supply_mix"][first.val.numRef.f.split("!")[1].replace("$", "")]]
    assert cells == [12.0, 20.0]
    assert len(book["timeline"]._charts) == 1
    assert len(book["dependence_by_material"]._charts) == 2
