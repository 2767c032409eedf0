"""In a notebook: what a plan shows of itself, its tables with units, CSV folders, the IAMC format, copies."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import quadopt
from quadopt.plan import Plan
from quadopt.report.columns import BY_NAME
from quadopt.report.iamc import COLUMNS, PARTS
from quadopt.report.schema import shown

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def real() -> Plan:
    return quadopt.solve(quadopt.read_case(ROOT / "inputs/tutorial"), "pact")


class Text(HTMLParser):
    """The text of a page, and the tags in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, _: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())

    @property
    def text(self) -> str:
        return "\n".join(text for text in self.texts if text)


def test_repr_is_one_line_with_status_and_gap(real: Plan) -> None:
    text = repr(real)
    assert "\n" not in text and len(text) < 200
    assert "optimal" in text and "gap" in text and "pact" in text
    stopped = replace(real, status="stopped with a plan", stages=real.stages.assign(gap=0.25))
    assert "stopped with a plan, widest gap 25.00%" in repr(stopped)
    assert repr(replace(real, stages=pd.DataFrame(), tables={}))


def test_html_begins_with_status_bound_and_gap(real: Plan) -> None:
    page = Text(real._repr_html_())
    shown = page.text
    assert shown.index("Optimal: every stage") < shown.index("Bound") < shown.index("Dependence on the largest")
    for name, frame in real.tables.items():
        assert f"{name}\n{len(frame):,}\n" in shown
    stages = real.stages.assign(status=["optimal", "time limit", "optimal", "optimal"])
    assert "STOPPED AT A LIMIT: dependence" in Text(replace(real, stages=stages)._repr_html_()).text


def test_no_text_of_the_case_becomes_markup(real: Plan) -> None:
    bad = "<script>alert(1)</script>&amp;"
    trade = real.trade.assign(origin=bad, **{bad: 1.0})
    tables = {**real.tables, "trade": trade, bad: trade}
    hostile = replace(real, title=bad, model_name=bad, currency=bad, warnings=[bad], tables=tables)
    for page in (hostile._repr_html_(), hostile.show("trade").to_html(), hostile.show(bad).to_html()):
        assert "script" not in Text(page).tags
        assert bad in Text(page).text


def test_show_formats_without_changing_numbers(real: Plan) -> None:
    style = real.show("dependence", "supplier == 'China'", rows=3)
    shown = Text(style.to_html()).text
    assert "Share, proportional [% of demand]" in shown
    assert f"{real.dependence['share_proportional'].iloc[0]:.1%}" in shown
    count = (real.dependence["supplier"] == "China").sum()
    assert f"The first 3 of {count} rows." in shown
    assert style.data["share_proportional"].tolist() == real.dependence.query("supplier == 'China'").head(3)[
        "share_proportional"
    ].tolist()  # fmt: skip
    cost = real.stages.set_index("stage").loc["cost"]
    stages = Text(real.show("stages").to_html()).text
    assert f"{cost['incumbent']:,.1f}" in stages and f"{cost['gap']:.2%}" in stages
    for name in real.tables:
        real.show(name).to_html()


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [(0.12345, "share", "12.3%"), (1234.5678, "amount", "1,234.57"), (0.000123456, "scientific", "1.235E-04"),
     (2.0, "as_given", "2"),
     (1234567.0, "count", "1,234,567"), (float("nan"), "money", ""), (None, "share", ""), ("x", "money", "x")],
)  # fmt: skip
def test_figures_are_shown_as_their_cells_are(value: Any, kind: str, text: str) -> None:
    assert shown(value, kind) == text


def test_a_wrong_name_is_answered_with_the_nearest(real: Plan) -> None:
    with pytest.raises(AttributeError, match="did you mean 'trade'"):
        _ = real.trad
    with pytest.raises(KeyError, match="did you mean 'trade'"):
        real.show("trad")
    assert not hasattr(real, "_ipython_display_")


def test_tables_are_completed_by_tab(real: Plan) -> None:
    names = dir(real)
    assert {"trade", "dependence", "inputs", "to_excel", "summary", "stages"} <= set(names)
    for name in names:
        getattr(real, name)


def test_copies_are_the_same_and_apart(real: Plan) -> None:
    for other in (pickle.loads(pickle.dumps(real)), copy.deepcopy(real)):
        assert list(other.tables) == list(real.tables)
        for name, frame in real.tables.items():
            pd.testing.assert_frame_equal(other.tables[name], frame, check_exact=True)
        other.tables["trade"].loc[0, "quantity"] = -1.0
        assert real.trade["quantity"].iloc[0] != -1.0
        assert repr(other) == repr(real)
    assert copy.copy(real).tables is real.tables
    assert {real: 1}[real] == 1


def test_csv_folder_holds_every_number(real: Plan, tmp_path: Path) -> None:
    folder = real.to_csv(tmp_path / "made" / "plan")
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert {file.name for file in folder.iterdir()} == {"datapackage.json", *(r["path"] for r in package["resources"])}
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert set(resources) == {"stages", *real.tables}
    for name, frame in real.tables.items():
        back = pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values={c: [""] for c in frame})
        assert list(back.columns) == list(frame.columns) == [f["name"] for f in resources[name]["schema"]["fields"]]
        for column in frame.select_dtypes("number"):
            wanted = frame[column].reset_index(drop=True)
            pd.testing.assert_series_equal(back[column], wanted, check_exact=True, check_dtype=False)
    assert package["quadopt"]["status"] == real.status
    assert package["quadopt"]["options"] == json.loads(json.dumps(real.options))
    assert package["description"].startswith("Optimal")


def test_csv_columns_have_type_unit_and_meaning(real: Plan, tmp_path: Path) -> None:
    package = json.loads((real.to_csv(tmp_path / "plan") / "datapackage.json").read_text(encoding="utf-8"))
    fields = {(r["name"], f["name"]): f for r in package["resources"] for f in r["schema"]["fields"]}
    assert fields["trade", "cost"]["unit"] == "million USD"
    assert fields["dependence", "share_proportional"]["unit"] == "fraction of demand"
    assert fields["branch_trade", "step"]["type"] == "integer"
    assert fields["sharing", "quantity"]["type"] == "number"
    assert fields["trade", "origin"]["type"] == "string"
    assert not any("%" in field.get("unit", "") for field in fields.values())


def test_frictionless_finds_the_folder_valid(real: Plan, tmp_path: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    real.to_csv(tmp_path / "plan")
    report = frictionless.validate(str(tmp_path / "plan" / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])


def test_csv_never_overwrites_what_is_not_its_own(real: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    real.to_csv(folder)
    with pytest.raises(FileExistsError):
        real.to_csv(folder)
    fewer = replace(real, tables={"trade": real.trade})
    fewer.to_csv(folder, force=True)
    assert {file.name for file in folder.iterdir()} == {"datapackage.json", "stages.csv", "trade.csv"}
    (folder / "mine.txt").write_text("thesis")
    with pytest.raises(FileExistsError, match=r"mine\.txt"):
        real.to_csv(folder, force=True)
    assert (folder / "mine.txt").read_text() == "thesis"
    (folder / "mine.txt").unlink()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("quadopt.report.folder._resource", fail)
    before = (folder / "datapackage.json").read_bytes()
    with pytest.raises(OSError, match="disk full"):
        real.to_csv(folder, force=True)
    assert (folder / "datapackage.json").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["plan"]


def test_iamc_rows_are_complete_and_unique(real: Plan) -> None:
    found = real.to_iamc()
    assert list(found.columns) == COLUMNS
    assert not found.duplicated(COLUMNS[:-1]).any()
    assert found.notna().all().all()
    assert set(found["year"]) == {2026, 2027, 2028, 2029}
    assert (found["unit"] != "").all()
    assert set(found["model"]) == {f"quadopt {real.versions['quadopt']}"}
    variables = set(found["variable"].str.split("|").str[0])
    absent = {part.variable.split("|")[0] for part in PARTS} - variables
    assert absent <= {"Sharing", "Disposal"}, "tables that the tutorial's base path leaves empty"


def test_iamc_figures_are_those_of_the_tables(real: Plan) -> None:
    found = real.to_iamc("m", "s").set_index(["region", "variable", "year"])["value"]
    for row in real.dependence.itertuples():
        region = "All members" if row.country == "group" else row.country
        key = (region, f"Dependence|Proportional|{row.material}|{row.supplier}", int(row.period))
        assert found[key] == row.share_proportional
    demand = real.shortage.groupby(["country", "material", "period"])["demand"].sum()
    for (country, material, period), value in demand.items():
        assert found[country, f"Demand|{material}", int(period)] == pytest.approx(value)
    exports = found[found.index.get_level_values("variable").str.startswith("Trade|Exports|")].sum()
    imports = found[found.index.get_level_values("variable").str.startswith("Trade|Imports|")].sum()
    assert exports == pytest.approx(imports) == pytest.approx(real.trade["quantity"].sum())


def test_iamc_amounts_of_long_periods_are_yearly() -> None:
    case = quadopt.read_case(ROOT / "inputs/tutorial")
    tables = {name: frame.copy() for name, frame in case.raw.items()}
    tables["periods"]["years"] = [1, 1, 1, 5]
    plan = quadopt.solve(quadopt.Case.from_tables(tables), "least_cost")
    found = plan.to_iamc().query("variable == 'Demand|magnet' and region == 'Northland'").set_index("year")
    assert found["value"].to_dict() == pytest.approx({2026: 80.0, 2027: 80.0, 2028: 80.0, 2029: 80.0})
    assert set(found["unit"]) == {"t/yr"}


def test_iamc_needs_years_and_a_calendar(real: Plan) -> None:
    inputs = real.inputs.assign(entry=real.inputs["entry"].replace("2027", "second"))
    with pytest.raises(ValueError, match="'second' is no year"):
        replace(real, tables={**real.tables, "inputs": inputs}).to_iamc()
    with pytest.raises(ValueError, match="calendar"):
        replace(real, tables={}).to_iamc()


def test_pyam_takes_the_iamc_rows(real: Plan) -> None:
    try:
        import pyam
    except Exception as error:  # noqa: BLE001 - a version of pyam that does not fit its own requirements raises anything
        pytest.skip(f"pyam cannot be imported: {error}")
    frame = pyam.IamDataFrame(real.to_iamc())
    assert len(frame) == len(real.to_iamc())
    assert frame.filter(variable="Demand|magnet", region="Northland", year=2026).data["value"].tolist() == [80.0]


def test_every_part_names_columns_of_a_declared_table() -> None:
    for part in PARTS:
        columns = {column.name for column in BY_NAME[part.table].columns}
        assert part.value in columns
        assert not part.region or part.region in columns | {"country"}
