"""Prints the pages of documentation that follow from the code: method, tables, plan and models. `python docs/build.py`.

Text written by hand stands in docs/source; a line `<!-- print module -->` there is replaced by that module's docstring
and those of its rules, `<!-- head module -->` by its docstring alone, `<!-- functions module names .. -->` by those of
the named functions.
"""

from __future__ import annotations

import ast
import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from quadopt.formulation import options
from quadopt.report.columns import plan_markdown
from quadopt.tables.reference import tables_markdown

DOCS = Path(__file__).parent
ROOT = DOCS.parent
INDENT = "  "


def pages() -> dict[str, str]:
    """File name -> text of every printed page."""
    return {
        "method.md": _filled("method.md", {"print": _module, "head": _head, "functions": _functions}),
        "tables.md": tables_markdown(),
        "plan.md": plan_markdown().rstrip() + "\n",
        "models.md": _filled("models.md", {"models": _models, "keys": _keys}),
    }


def _filled(name: str, printers: dict[str, Any]) -> str:
    """A page of docs/source with its markers replaced."""

    def replaced(marker: re.Match[str]) -> str:
        return str(printers[marker[1]](*marker[2].split()))

    text = (DOCS / "source" / name).read_text(encoding="utf-8")
    text = "\n".join(line if line.startswith("<!--") else _protected(line) for line in text.splitlines())
    return re.sub(r"^<!-- (\w+)(.*?) -->$", replaced, text, flags=re.MULTILINE) + "\n"


def _tree(module: str) -> ast.Module:
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def _head(module: str) -> str:
    """A module's docstring, what its first line says before a colon as a heading."""
    text = _without_references(ast.get_docstring(_tree(module)) or "")
    first, _, rest = text.partition("\n")
    title, _, sentence = first.rstrip(".").partition(": ")
    opening = f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""
    return "\n\n".join(part for part in (f"### {_protected(title)}", _text(opening), _text(rest.strip())) if part)


def _module(module: str) -> str:
    """A module's docstring and those of its rules."""
    tree = _tree(module)
    named = {
        call.value.id
        for call in ast.walk(tree)
        if isinstance(call, ast.keyword) and call.arg == "rule" and isinstance(call.value, ast.Name)
    }
    rules = [_rule(name, text) for name, text in _documented(tree) if name in named or "$" in text]
    return "\n\n".join(part for part in (_head(module), "\n".join(rules)) if part)


def _functions(module: str, *names: str) -> str:
    """The docstrings of some functions of a module, of all that hold a formula where none is named."""
    found = dict(_documented(_tree(module)))
    return "\n".join(_rule(name, found[name]) for name in names or found if names or "$" in found[name])


def _documented(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name, docstring) of the public functions of a module, nested ones too, in the order of the file."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    for node in sorted(functions, key=lambda node: node.lineno):
        text = ast.get_docstring(node)
        if text and not node.name.startswith("_"):
            yield node.name, text


def _without_references(text: str) -> str:
    """A docstring without its "The method, section 4", which this page is."""
    text = re.sub(r"\s*\(the method, section[^)]*\)", "", text)
    text = re.sub(r"\s*The\s+method,\s+sections? [\d, and]+(\.|[;:]\s*)", " ", text)
    return re.sub(r" +\n", "\n", text).strip()


def _rule(name: str, text: str) -> str:
    lines = _text(_without_references(text)).splitlines()
    return "\n".join([f"- `{name}`: {lines[0]}", *(INDENT + line if line else "" for line in lines[1:])])


def _text(text: str) -> str:
    """A docstring as Markdown: formulas that are a paragraph of their own stand alone, the others are protected."""
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(_alone(part) if number else _protected(part) for number, part in enumerate(paragraphs))


def _alone(paragraph: str) -> str:
    formulas = re.findall(r"\$([^$]+)\$", paragraph)
    between = re.sub(r"\$[^$]+\$", "", paragraph).strip(" ,;.\n")
    if not paragraph.startswith("$") or "|" in paragraph:
        return _protected(paragraph)
    if between:
        tail = _protected(paragraph.split("$", 2)[2].strip(" ,;"))
        return f"```math\n{formulas[0].strip()}\n```\n\n{tail}"
    return "```math\n" + ", \\quad ".join(formula.strip() for formula in formulas) + "\n```"


def _protected(text: str) -> str:
    """Inline formulas so that Markdown leaves their backslashes alone."""
    return re.sub(r"\$([^$`]+)\$", r"$`\1`$", text)


def _models() -> str:
    """Name, title, opening comment and text of every model file."""
    parts = []
    for path in sorted((ROOT / "models").glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        count = next(number for number, line in enumerate(lines) if not line.startswith("#"))
        comment = " ".join(line.lstrip("# ").strip() for line in lines[:count])
        rules = "\n".join(lines[count:]).strip()
        parts.append(f"### {path.stem}\n\n**{tomllib.loads(text)['title']}.** {comment}\n\n```toml\n{rules}\n```")
    return "\n\n".join(parts)


def _keys() -> str:
    """Every key of a model file: what it may be, what it is where left out, and what it means."""
    meanings = _meanings()
    parts = [_key_table("The file itself", options.Formulation, meanings, "")]
    for name, field in options.Formulation.model_fields.items():
        part, kind = _part_of(field.annotation)
        if part is not None:
            heading = {list: f"`[[{name}]]`", dict: f"`[{name}]`, by objective", None: f"`[{name}]`"}[kind]
            parts.append(_key_table(heading, part, meanings, meanings.get(("Formulation", name), "")))
    return "\n\n".join(parts)


def _key_table(heading: str, part: type[BaseModel], meanings: dict[tuple[str, str], str], more: str) -> str:
    about = "" if part is options.Formulation else f"{(part.__doc__ or '').strip()} {more}".strip() + "\n\n"
    lines = ["| key | may be | left out | meaning |", "| --- | --- | --- | --- |"]
    for name, field in part.model_fields.items():
        if name == "name" or _part_of(field.annotation)[0] is not None:
            continue
        default = "required" if field.default is PydanticUndefined else _plain(field.default)
        lines.append(f"| `{name}` | {_kind(field.annotation)} | {default} | {meanings[part.__name__, name]} |")
    return f"### {heading}\n\n{about}" + "\n".join(lines)


def _part_of(annotation: Any) -> tuple[type[BaseModel] | None, Any]:
    """The part of a model file that a field holds, and whether it holds a list or a dict of it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, None
    inside = [a for a in typing.get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
    return (inside[0], typing.get_origin(annotation)) if inside else (None, None)


def _kind(annotation: Any) -> str:
    """A field's type in words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return ", ".join(f'`"{a}"`' for a in arguments)
    if origin is list:
        return "a list of names" if arguments[0] is str else f"a list of {_kind(arguments[0])}"
    if origin is dict:
        return f"{_kind(arguments[1])} for {_kind(arguments[0])}"
    if origin in (UnionType, typing.Union):
        return " or ".join(_kind(a) for a in arguments)
    return {bool: "`true`, `false`", str: "text", float: "a number", int: "a whole number"}[annotation]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value in ("", [], {}):
        return "blank"
    if isinstance(value, str):
        return f'`"{value}"`'
    return "`" + str(value).replace("'", '"') + "`"


def _meanings() -> dict[tuple[str, str], str]:
    """(class, field) -> the text below the field in the code."""
    found = {}
    for node in _tree("quadopt.formulation.options").body:
        if not isinstance(node, ast.ClassDef):
            continue
        for field, below in zip(node.body, node.body[1:], strict=False):
            is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
                found[node.name, field.target.id] = " ".join(str(below.value.value).split())  # type: ignore[attr-defined]
    return found


if __name__ == "__main__":
    for page, content in pages().items():
        (DOCS / page).write_text(content, encoding="utf-8")
        print(f"wrote docs/{page}")
