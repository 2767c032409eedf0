"""The printed pages are those that the code would print now; their links and examples hold."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import quadopt
from quadopt.formulation.options import parse_formulation
from quadopt.report.columns import BY_NAME
from quadopt.tables.catalogue import TABLES
from quadopt.tables.whatif_files import read_whatifs
from quadopt.whatif.sensitivity.moves import uncertain_inputs
from quadopt.whatif.sensitivity.range_files import read_ranges

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BY_HAND = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted((ROOT / "inputs").rglob("README.md"))]


def printed() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("build_docs", DOCS / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pages: Callable[[], dict[str, str]] = module.pages
    return pages()


PAGES = printed()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_up_to_date(name: str) -> None:
    found = (DOCS / name).read_text(encoding="utf-8")
    assert found == PAGES[name], f"docs/{name} is not what the code says: run  python docs/build.py"


def test_method_says_every_block() -> None:
    rules = set(re.findall(r"^- `(\w+)`", PAGES["method.md"], flags=re.MULTILINE))
    assert {"balance", "paid_from_fund", "stock_flow", "does_not_vanish", "at_least_share", "within_cap"} <= rules
    assert "<!--" not in PAGES["method.md"]
    assert not re.search(r"(?<!`)\$(?!`)", PAGES["method.md"]), "a formula that Markdown would change"


def test_pages_name_every_table_and_model() -> None:
    for table in TABLES:
        assert f"## {table}\n" in PAGES["tables.md"]
    for table in BY_NAME:
        assert f"## {table}\n" in PAGES["plan.md"]
    for model in quadopt.model_names():
        assert f"### {model}\n" in PAGES["models.md"]
        assert f"`{model}`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", BY_HAND, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        assert file.exists(), f"{page.name} links to {target}, which is not there"
        if anchor:
            assert anchor in _anchors(file), f"{page.name} links to {target}, which has no such heading"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_model_files_of_the_recipes_are_valid() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (DOCS / "how-to.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    models = [block for block in blocks if "[[whatif]]" not in block and "[[input]]" not in block]
    assert models
    for block in models:
        parse_formulation(tomllib.loads(block), "recipe")


def test_whatifs_of_the_recipes_can_be_made(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (DOCS / "how-to.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    case = quadopt.read_case(ROOT / "inputs" / "tutorial.xlsx")
    file = tmp_path / "whatifs.toml"
    file.write_text(next(block for block in blocks if "[[whatif]]" in block), encoding="utf-8")
    found = read_whatifs(file)
    assert case.with_changes(found["more_money"]).tables["fund"]["limit"].max() == 22.5
    assert len(case.with_changes(found["more_money_no_islia"]).changes) == 2


def test_ranges_of_the_recipes_can_be_moved(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (DOCS / "how-to.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    case = quadopt.read_case(ROOT / "inputs" / "tutorial.xlsx")
    file = tmp_path / "ranges.toml"
    file.write_text(next(block for block in blocks if "[[input]]" in block), encoding="utf-8")
    scarce, late = uncertain_inputs(case, read_ranges(file))
    plants = case.with_changes(scarce.changes(0.0)).tables["plants"]
    assert plants.loc[plants["country"] == "China", "capacity"].max() == 160
    assert case.with_changes(late.changes(1.0)).tables["projects"]["lead_time"].min() == 3


def test_commands_exist() -> None:
    from quadopt.cli import main

    text = "\n".join(line for page in BY_HAND for line in _fenced(page))
    commands = set(re.findall(r"(?:^|[/ ])quadopt (\w+)", text, flags=re.MULTILINE))
    assert {"run", "check", "new", "models", "workbook"} <= commands
    for command in commands:
        with pytest.raises(SystemExit) as end:
            main([command, "--help"])
        assert end.value.code == 0


def _fenced(page: Path) -> list[str]:
    """The lines of a page's blocks that are in no language: commands."""
    lines, language = [], None
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            language = line[3:] if language is None else None
        elif language == "":
            lines.append(line)
    return lines
