"""The report page: complete, escaped, self-contained, and rendered by a real browser without a word of complaint."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

import quadopt
from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.columns import BY_NAME
from quadopt.report.page import page_html
from quadopt.report.page.sections import EXPLAINED

TUTORIAL = Path(__file__).parents[2] / "inputs" / "tutorial"
HOSTILE = "</title><script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)> & \"q\" 'q'"
VOID = {"meta", "img", "br", "hr", "link", "input"}
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def solved() -> Plan:
    return quadopt.solve(quadopt.read_case(TUTORIAL))


@pytest.fixture(scope="module")
def page(solved: Plan) -> str:
    return page_html(solved)


class Reader(HTMLParser):
    """Reads a page: tags with their attributes, the text of every table row, and whether all tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and "tr" in self.open and ("td" in self.open or "th" in self.open):
            self.rows[-1][-1] += data

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def drawings(read: Reader) -> list[str]:
    """The SVG texts of the page's pictures."""
    found = [str(image["src"]) for image in read.named("img")]
    assert all(source.startswith("data:image/svg+xml;base64,") for source in found)
    return [base64.b64decode(source.partition(",")[2]).decode() for source in found]


def test_status_gap_and_bound_come_first_and_every_section_is_there(page: str, solved: Plan) -> None:
    read = Reader(page)
    ids = [str(section["id"]) for section in read.named("section")]
    wanted = "status short build pays buys chains crises look-through sources adds-up warnings run"
    assert [name for name in ids if name != "why"] == wanted.split()
    assert ids[0] == "status"
    assert page.index(html.escape(figures.status_sentence(solved))) < page.index("<h2")
    heads = read.rows[0]
    assert [head.split("\n")[0].strip() for head in heads][:4] == [
        "Stage",
        "Plan's value in the row's unit",
        "Bound in the row's unit",
        "Gap % of the plan's value",
    ]
    assert any("Bound" in head for head in heads) and any("Gap" in head for head in heads)
    cost = next(row for row in read.rows if row[0] == "cost")
    assert cost[2] == f"{solved.stages['bound'].iloc[-1]:,.1f}"


def test_figures_of_the_page_are_those_of_the_plan(page: str, solved: Plan) -> None:
    rows = Reader(page).rows
    starts = figures.starts(solved)
    project = next(row for row in rows if row[0] == "NORTH_MAGNETS")
    assert project[1:5] == ["Northland", "make_magnet", "candidate", "2027"] and project[7] == "20.0"
    assert next(row for row in rows if row[0] == "total")[7] == f"{starts['capex'].iloc[-1]:,.1f}"
    embargo = next(row for row in rows if row[0] == "embargo")
    assert embargo[-3:] == ["2.4", "8.4", "24.0"]
    assert "100.0 % → 58.7 %" in page
    assert any(row[0] == "hash" or solved.case_hash in row for row in rows)


def test_the_verdict_of_the_checks_is_told(page: str, solved: Plan) -> None:
    assert re.search(r"All \d+ checks hold\.", page)
    contributions = solved.contributions.copy()
    contributions.loc[0, "contribution"] += 100
    told = page_html(replace(solved, tables={**solved.tables, "contributions": contributions}))
    assert re.search(r"\d+ of \d+ checks fail", told) and "FAILS: " in told


def test_pictures_say_in_words_what_they_show(page: str) -> None:
    images = Reader(page).named("img")
    assert len(images) >= 9
    assert all(len(str(image["alt"])) > 80 and image["width"] and image["height"] for image in images)
    alts = " ".join(str(image["alt"]) for image in images)
    assert "Northland lacks 2 with the plan, 8 without sharing, 12 without stockpiles" in alts


def test_tables_say_which_cells_are_headers(page: str) -> None:
    read = Reader(page)
    assert all(head.get("scope") in ("col", "row") for head in read.named("th"))
    assert read.named("html")[0]["lang"] == "en"


def test_nothing_comes_from_elsewhere_and_no_script_can_run(page: str) -> None:
    read = Reader(page)
    assert not {"script", "iframe", "object", "embed", "link", "form", "base"} & {tag for tag, _ in read.tags}
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on") or name == "style"]
    addresses = [str(v) for _, a in read.tags for name, v in a.items() if name in ("src", "href", "srcset", "action")]
    assert all(address.startswith(("data:image/", "#")) for address in addresses)
    policy = next(str(m["content"]) for m in read.named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
    assert "url(" not in page and "@import" not in page
    for drawing in drawings(read):
        links = re.findall(r'(?:href|src)="([^"]*)"', drawing)
        assert all(link.startswith(("#", "data:")) for link in links)


def test_text_of_the_plan_is_never_markup(solved: Plan) -> None:
    names = {
        name: f"{name} {HOSTILE}"
        for name in ("Northland", "China", "magnet", "embargo", "NORTH_MAGNETS", "make_magnet")
    }
    hostile = replace(
        solved,
        title=HOSTILE,
        model_name=HOSTILE,
        currency="USD <b>",
        warnings=[HOSTILE],
        versions={HOSTILE: HOSTILE},
        tables={name: frame.replace(names) for name, frame in solved.tables.items()},
    )
    read = Reader(page_html(hostile))
    assert not [tag for tag, _ in read.tags if tag in ("script", "b")]
    assert all(str(image["src"]).startswith("data:") for image in read.named("img"))
    assert any(f"NORTH_MAGNETS {HOSTILE}" in row[0] for row in read.rows)
    for drawing in drawings(read):
        found = ElementTree.fromstring(drawing)
        assert not [element for element in found.iter() if element.tag.endswith("script")]
        links = [link for element in found.iter() for name, link in element.attrib.items() if name.endswith("href")]
        assert all(link.startswith(("#", "data:")) for link in links)


def test_a_stopped_plan_says_so_before_all_else(plan: Any) -> None:
    told = page_html(plan)
    assert told.index("STOPPED AT A LIMIT") < told.index("<main")
    assert 'class="verdict stopped"' in told


def test_a_plan_without_tables_still_has_a_page(bare: Any) -> None:
    read = Reader(page_html(bare))
    assert [section["id"] for section in read.named("section")][0] == "status"


def test_an_infinite_bound_is_told_as_none(solved: Plan) -> None:
    stages = solved.stages.copy()
    stages.loc[3, ["bound", "gap"]] = [float("-inf"), float("inf")]
    rows = Reader(page_html(replace(solved, stages=stages))).rows
    assert next(row for row in rows if row[0] == "cost")[2:4] == ["none", "none"]


def test_the_file_is_written_whole_or_not_at_all(solved: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "folder" / "plan.html"
    assert solved.to_html(target) == target
    assert target.read_text(encoding="utf-8").endswith("</html>")
    before = target.read_bytes()
    with pytest.raises(FileExistsError):
        solved.to_html(target)
    monkeypatch.setattr("quadopt.report.page.rendering.rendered", lambda page: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        solved.to_html(target, force=True)
    assert target.read_bytes() == before
    assert [found.name for found in target.parent.iterdir()] == ["plan.html"]
    with pytest.raises(ValueError, match="ends in .html"):
        solved.to_html(tmp_path / "plan.pdf")


PROBE = """<!DOCTYPE html><title>probe</title><body>
<iframe id="f" width="{width}" height="900" style="border:0" src="{source}"></iframe>
<pre id="found">not loaded</pre><script>
document.getElementById("f").onload = () => {{
  const inside = document.getElementById("f").contentWindow, page = inside.document, root = page.documentElement;
  const right = (e) => e.getBoundingClientRect().right, images = [...page.images];
  const wide = [...page.querySelectorAll("body *")].filter((e) => !e.closest(".scroll") && right(e) > {width} + 1);
  document.getElementById("found").textContent = JSON.stringify({{
    width: root.scrollWidth, view: root.clientWidth, images: images.length,
    drawn: images.filter((i) => i.complete && i.naturalWidth > 0).length,
    wide: wide.slice(0, 5).map((e) => e.tagName + " " + e.textContent.slice(0, 40)),
    smallest: Math.min(...images.map((i) => i.getBoundingClientRect().width)),
    heading: page.querySelector("h1").textContent,
    styled: inside.getComputedStyle(page.querySelector("header")).borderBottomWidth,
    asked: inside.performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith("data:")),
  }});
}};
</script></body>"""
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--allow-file-access-from-files", "--enable-logging=stderr",
    "--virtual-time-budget=8000", "--dump-dom",
)  # fmt: skip


def browse(page: Path, folder: Path, width: int) -> tuple[dict[str, Any], str]:
    """What a page is like in a window of some width, without a network: measures, and what the console says."""
    probe = folder / f"probe_{width}.html"
    probe.write_text(PROBE.format(width=width, source=page.as_uri()), encoding="utf-8")
    command = [str(BROWSER), *OPTIONS, f"--user-data-dir={folder / f'profile_{width}'}", probe.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found and found[1] != "not loaded", done.stderr[-2000:]
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return json.loads(html.unescape(found[1])), console


@pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine")
@pytest.mark.parametrize("width", [360, 1200])
def test_a_browser_shows_it_without_error_network_or_overflow(solved: Plan, tmp_path: Path, width: int) -> None:
    long = "a_name_without_any_space_that_is_much_longer_than_a_phone_is_wide_" * 2
    tables = {name: frame.replace({"NORTH_MAGNETS": long}) for name, frame in solved.tables.items()}
    target = replace(solved, title=f"{solved.title} {long}", tables=tables).to_html(tmp_path / "plan.html")
    found, console = browse(target, tmp_path, width)
    assert console == ""
    assert found["heading"].startswith("Tutorial") and found["styled"] == "3px"
    assert found["drawn"] == found["images"] >= 9
    assert found["width"] <= found["view"] and found["wide"] == []
    assert found["smallest"] > 300
    assert found["asked"] == []


@pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine")
def test_the_probe_sees_what_it_looks_for(page: str, tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled.html"
    added = '<img src="http://example.org/x.png" alt=""><script>alert(1)</script>' + f"<pre>{'x ' * 200}</pre>"
    spoiled.write_text(page.replace("</main>", f"{added}</main>"), encoding="utf-8")
    found, console = browse(spoiled, tmp_path, 360)
    assert "Content Security Policy" in console and "example.org" in console
    assert found["drawn"] < found["images"]
    assert found["width"] > found["view"]


def test_columns_of_explanations_are_columns_of_their_tables() -> None:
    for name, columns in EXPLAINED.items():
        assert set(columns) <= {column.name for column in BY_NAME[name].columns}


def test_explanations_of_the_plan_are_on_the_page(solved: Plan) -> None:
    row = {column.name: 1.0 if column.is_number else "x" for column in BY_NAME["project_effects"].columns}
    told = pd.DataFrame([{**row, "project": "NORTH_RECYCLING", "explanation": "Forced in, cost rises."}])
    page = page_html(replace(solved, tables={**solved.tables, "project_effects": told}))
    assert 'id="why"' in page and "Forced in, cost rises." in page
