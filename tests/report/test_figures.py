"""The figures of the summary against sums on paper, and the text summary's size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from quadopt.report import figures
from quadopt.report.columns import TABLES, plan_markdown
from quadopt.report.summary import summary_text

KEYS = [
    "country",
    "material",
    "period",
    "supplier",
    "demand",
    "shortage",
    "share_at_least",
    "share_proportional",
    "weight",
]
DEPENDENCE = pd.DataFrame(
    [
        ("A", "x", "2026", "S", 100.0, 0.0, 0.5, 0.6, 3.0),
        ("A", "x", "2026", "T", 100.0, 0.0, 0.2, 0.3, 3.0),
        ("B", "y", "2026", "T", 10.0, 0.0, 0.1, 0.4, 1.0),
        ("A", "x", "2027", "S", 100.0, 0.0, 0.0, 0.2, 3.0),
        ("group", "x", "2026", "S", 999.0, 0.0, 0.9, 0.9, 99.0),
    ],
    columns=KEYS,
)


def test_dependence_over_time_is_the_weighted_mean_of_the_largest_supplier(plan: Any) -> None:
    found = figures.dependence_by_period(replace(plan, tables={"dependence": DEPENDENCE})).set_index("period")
    assert found.loc["2026", "share_at_least"] == pytest.approx((3 * 0.5 + 0.1) / 4)
    assert found.loc["2026", "share_proportional"] == pytest.approx((3 * 0.6 + 0.4) / 4)
    assert found.loc["2027", "share_proportional"] == pytest.approx(0.2)


def test_without_value_weights_each_material_weighs_the_same(plan: Any) -> None:
    bare = replace(plan, tables={"dependence": DEPENDENCE[DEPENDENCE["period"] == "2026"].drop(columns="weight")})
    assert not figures.has_value_weights(bare)
    found = figures.dependence_by_period(bare)
    assert found["share_at_least"].tolist() == pytest.approx([(0.5 + 0.1) / 2])


def test_worst_materials_name_their_largest_supplier(plan: Any) -> None:
    found = figures.worst_materials(replace(plan, tables={"dependence": DEPENDENCE}))
    assert found["material"].tolist() == ["x", "y"]
    assert found["supplier"].tolist() == ["S", "T"]
    assert found["share_proportional"].tolist() == pytest.approx([0.4, 0.4])


def test_starts_add_up_and_are_dated(plan: Any) -> None:
    found = figures.starts(plan)
    assert found["project"].tolist()[-1] == "total"
    assert "ROUND_TOP" not in set(found["project"])
    assert found["capex"].iloc[-1] == pytest.approx(found["capex"].iloc[:-1].sum())
    assert found.set_index("project").loc["KEMERTON_T34", "complete"] == 2032.5


def test_money_by_country_adds_up(plan: Any) -> None:
    found = figures.money_by_country(plan).set_index("country")
    assert found.loc["total", "contribution"] == pytest.approx(plan.tables["contributions"]["contribution"].sum())
    assert found.loc["Japan", "used"] == pytest.approx(0.3)
    assert pd.isna(found.loc["Malaysia", "contribution"])


def test_payments_of_periods_without_any_are_zero(plan: Any) -> None:
    found = figures.money_by_period(plan)
    assert found["period"].tolist() == [str(year) for year in range(2026, 2036)]
    assert found["public"].iloc[-1] == 0
    assert found["public"].sum() == pytest.approx(plan.tables["payments"]["public"].sum())


def test_a_stopped_stage_is_said_in_words(plan: Any) -> None:
    assert figures.status_sentence(plan).startswith("STOPPED AT A LIMIT: dependence")
    assert figures.stages(plan)["verdict"].str.startswith("STOPPED").tolist() == [False, True, False, False]


@pytest.mark.parametrize("many", [1, 4, 40])
def test_summary_fits_a_screen_however_much_there_is(plan: Any, many: int) -> None:
    tables = {name: pd.concat([frame] * many) for name, frame in plan.tables.items() if name != "three_steps"}
    long = replace(plan, tables=tables, warnings=plan.warnings * many, title="t" * 200)
    for text in (summary_text(plan), summary_text(long)):
        assert len(text.splitlines()) <= 45
        assert max(map(len, text.splitlines())) <= 100


def test_reference_page_names_every_column() -> None:
    page = plan_markdown()
    for table in TABLES:
        assert f"## {table.name}\n" in page
        assert all(f"| `{column.name}` | {column.title} |" in page for column in table.columns)
    assert "{currency}" not in page
