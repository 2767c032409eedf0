"""Pictures: the numbers that are drawn are the plan's, read back from the drawings' own shapes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle

import quadopt
from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.pictures import PICTURES
from quadopt.report.pictures.style import spread

TUTORIAL = Path(__file__).parents[2] / "inputs" / "tutorial"
HOSTILE = "<script>alert(1)</script> & \"quote\" 'single' $x_$ \x0b"


@pytest.fixture(scope="module")
def solved() -> Plan:
    return quadopt.solve(quadopt.read_case(TUTORIAL))


def renamed(plan: Plan, names: dict[str, str]) -> Plan:
    """The plan under other names, in every text of every table."""
    tables = {name: frame.replace(names) for name, frame in plan.tables.items()}
    return replace(plan, title=names.get(plan.title, plan.title), tables=tables)


def texts(figure: Figure) -> str:
    """All text of a figure."""
    return "\n".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def labelled(figure: Figure, kind: type) -> dict[str, Any]:
    """Shapes of a kind by their label."""
    return {
        str(shape.get_label()): shape for shape in figure.findobj(kind) if not str(shape.get_label()).startswith("_")
    }


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_says_what_it_shows_in_which_unit_and_of_which_plan(name: str, solved: Plan) -> None:
    figure = getattr(solved.plot, name)()
    told = texts(figure).replace("\n", " ")
    assert figure.title.split()[0] in told
    assert "model file pact" in told and "gap: shortage 0.00 %" in told
    assert re.search(r"million USD of 2025|[Pp]er cent|units|\bt\b", told)
    assert len(figure.alt) > 40
    sizes = [text.get_fontsize() for text in figure.findobj(lambda a: hasattr(a, "get_fontsize")) if text.get_text()]
    assert min(sizes) >= 6.5
    drawn = figure.svg()
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert drawn == getattr(solved.plot, name)().svg()


@pytest.mark.parametrize("name", PICTURES)
def test_names_are_no_markup_and_no_mathematics(name: str, solved: Plan) -> None:
    names = dict.fromkeys(["Northland"], f"{HOSTILE} N") | {
        "China": f"{HOSTILE} C", "magnet": f"{HOSTILE} m", "embargo": f"{HOSTILE} e", "NORTH_MAGNETS": f"{HOSTILE} p",
        solved.title: HOSTILE,
    }  # fmt: skip
    svg = getattr(renamed(solved, names).plot, name)().svg()
    found = ElementTree.fromstring(svg)
    assert not [element for element in found.iter() if element.tag.endswith("script")]
    shown = " ".join(element.text or "" for element in found.iter() if element.tag.endswith(("text", "tspan")))
    assert "<script>" in shown


def test_an_unknown_picture_material_or_crisis_says_which_there_are(solved: Plan) -> None:
    with pytest.raises(AttributeError, match="no picture 'sankey'; there are steps, dependence"):
        solved.plot.sankey()
    with pytest.raises(ValueError, match="no material 'gold'; they have magnet"):
        solved.plot.chain(material="gold")
    with pytest.raises(ValueError, match="no period '1999'"):
        solved.plot.map(period="1999")
    with pytest.raises(ValueError, match="no crisis 'flood'; it has embargo"):
        solved.plot.crisis("flood")
    assert dir(solved.plot) == sorted(PICTURES)
    assert "material" in (solved.plot.chain.__doc__ or "")


@pytest.mark.parametrize("name", PICTURES)
def test_a_plan_without_tables_says_what_it_has_not(name: str, bare: Any) -> None:
    with pytest.raises(ValueError, match="the plan has no .*table"):
        PICTURES[name](bare)


def test_bands_of_a_chain_are_as_high_as_the_quantities(solved: Plan) -> None:
    figure = solved.plot.chain(period="2029")
    for axes, step in zip(figure.axes, ("today", "with the fund"), strict=True):
        legs = figures.table(solved, "chains")
        legs = legs[(legs["step"] == step) & (legs["period"] == "2029")]
        bands = [p for p in axes.patches if isinstance(p, PathPatch)]
        heights = {
            p.get_label().split(": ")[0]: p.get_path().vertices[3, 1] - p.get_path().vertices[4, 1] for p in bands
        }
        nodes = {p.get_label(): p.get_height() for p in axes.patches if isinstance(p, Rectangle)}
        unit = sum(nodes[name] for name in nodes if name.startswith("3/")) / 100
        wanted = legs[legs["use"] == "demand"].groupby(["origin", "destination"])["quantity"].sum()
        for (origin, destination), quantity in wanted.items():
            assert heights[f"2/{origin} > 3/{destination}"] / unit == pytest.approx(quantity)
    assert nodes["1/Islia"] / unit == pytest.approx(10)


def test_arrows_of_the_map_are_the_flows_between_countries(solved: Plan) -> None:
    figure = solved.plot.map(material="magnet", period="2029")
    after = [p.get_label() for p in figure.axes[1].patches if isinstance(p, FancyArrowPatch)]
    found = {label.split(": ")[0]: float(label.split(": ")[1]) for label in after}
    # 20 of Southland's oxide and 30 of its ore go to Northland, 10 of Islia's oxide, 20 and 20 of China's magnets
    assert found == pytest.approx(
        {"Southland > Northland": 50, "Islia > Northland": 10, "China > Northland": 20, "China > Southland": 20}
    )
    arrows = labelled(figure, FancyArrowPatch)
    widths = {name.split(":")[0]: arrow.get_arrowstyle().tail_width for name, arrow in arrows.items()}
    assert widths["Southland > Northland"] > widths["China > Northland"] > widths["Islia > Northland"]


def test_countries_without_a_position_stand_at_the_margin(solved: Plan) -> None:
    countries = solved.tables["countries"].copy()
    countries.loc[countries["country"] == "Islia", ["latitude", "longitude"]] = float("nan")
    figure = replace(solved, tables={**solved.tables, "countries": countries}).plot.map()
    assert "At the bottom: without a position" in texts(figure).replace("\n", " ")
    islia = next(text for text in figure.axes[1].texts if text.get_text() == "Islia")
    assert islia.get_position()[1] < -60


def test_the_timeline_starts_completes_and_costs_as_the_plan_says(solved: Plan) -> None:
    figure = solved.plot.timeline()
    bars = labelled(figure, Rectangle)
    built = bars["NORTH_MAGNETS: built"]
    assert (built.get_x(), built.get_width()) == (2027, 1)
    online = bars["NORTH_MAGNETS: 1 on line"]
    assert (online.get_x(), online.get_width()) == (2028, 2)
    assert [text.get_text() for text in figure.axes[0].texts] == ["20", "10", "20"]


def test_contributions_are_drawn_against_their_limits(solved: Plan) -> None:
    for axes in solved.plot.contributions().axes:
        member = axes.get_title(loc="left").split(":")[0]
        own = solved.contributions[solved.contributions["country"] == member]
        assert [bar.get_height() for bar in axes.containers[0]] == own["contribution"].tolist()
        assert axes.patches[-1].get_data().values.tolist() == own["limit"].tolist()


def test_dependence_is_the_tables(solved: Plan) -> None:
    figure = solved.plot.dependence(by="member")
    total = figures.dependence_by_period(solved)
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    assert lines["at least"].tolist() == total["share_at_least"].tolist()
    assert lines["proportional"].tolist() == total["share_proportional"].tolist()
    shown = figure.axes[1].images[0].get_array()
    north = solved.dependence.query("country == 'Northland' and supplier == 'China'")["share_proportional"]
    place = [label.get_text() for label in figure.axes[1].get_yticklabels()].index("Northland")
    assert shown[place].tolist() == pytest.approx(north.tolist())
    with pytest.raises(ValueError, match="'material' or by 'member'"):
        solved.plot.dependence(by="sector")


def test_crises_with_and_without_sharing_and_stocks(solved: Plan) -> None:
    bars = solved.plot.crises().axes[0].containers
    assert [[bar.get_width() for bar in group] for group in bars] == [pytest.approx([w]) for w in (2.4, 8.4, 24)]
    above, below = solved.plot.crisis("embargo").axes
    assert [[bar.get_width() for bar in group] for group in above.containers] == [
        pytest.approx([2.4, 0]), pytest.approx([8.4, 0]), pytest.approx([12, 12]),
    ]  # fmt: skip
    levels = {line.get_label(): line.get_ydata().tolist() for line in below.lines}
    assert levels["Northland, magnet"] == pytest.approx([1, 1 / 6, 1 / 6, 1 / 6, 0])


def test_look_through_flags_what_is_relabelled(plan: Any) -> None:
    columns = "country material period demand shortage weight_value weight_material share_at_least share_at_most"
    rows = [
        ("A", m, "2026", 1.0, 0.0, 0.5, 0.5, low, 0.9, even, 0.1)
        for m, low, even in (("x", 0.5, 0.54), ("y", 0.2, 0.3))
    ]
    largest = pd.DataFrame(rows, columns=[*columns.split(), "share_proportional", "share_direct"])
    figure = PICTURES["look_through"](replace(plan, tables={"largest": largest}))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["x", "y (!)"]
    marks = {line.get_label(): list(line.get_xdata()) for line in figure.axes[0].lines}
    assert marks["proportional"] == [0.54, 0.3] and marks["at least (book and claim)"] == [0.5, 0.2]


def test_labels_are_spread_no_further_than_needed() -> None:
    assert spread([0.5], 0.1, 0, 1) == [0.5]
    assert spread([0.1, 0.5], 0.1, 0, 1) == [0.1, 0.5]
    assert spread([0.5, 0.52], 0.1, 0, 1) == pytest.approx([0.5, 0.6])
    assert spread([0.97, 0.99], 0.1, 0, 1) == pytest.approx([0.9, 1.0])
    assert spread([0.1, 0.2, 0.3], 0.6, 0, 1) == pytest.approx([0, 0.5, 1])
