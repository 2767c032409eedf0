"""Chains: by which materials a limit at one stage is felt at another."""

from __future__ import annotations

from collections.abc import Mapping

from quadopt.reasons.rules import Rule
from quadopt.tables.case import Case


def made_under(case: Case, rule: Rule) -> list[str]:
    """The materials that a limit is about: what a plant or project makes, what a route carries or a stock holds."""
    process = {"plants": lambda: rule.key[1], "projects": lambda: _process(case, rule.key[0])}.get(rule.table)
    if process is not None:
        return [m for m, quantity in case.recipes_of[process()].items() if quantity > 0]
    named = [part for part in rule.key if part in case.price]
    return named or (list(case.materials) if rule.table in ("routes", "sharing") else [])


def _process(case: Case, project: str) -> str:
    return str(case.column("projects", "project", "process")[project])


def chain(case: Case, begin: list[str], end: str) -> str:
    """The shortest way from one of some materials to another through recipes, "oxide > metal > magnet"; "" without one."""
    before: dict[str, str] = dict.fromkeys(begin, "")
    waiting = list(begin)
    while waiting:
        material = waiting.pop(0)
        if material == end:
            steps = [end]
            while before[steps[-1]]:
                steps.append(before[steps[-1]])
            return " > ".join(reversed(steps))
        for recipe in case.recipes_of.values():
            if recipe.get(material, 0.0) < 0:
                for made in (m for m, quantity in recipe.items() if quantity > 0 and m not in before):
                    before[made] = material
                    waiting.append(made)
    return ""


Recipes = Mapping[str, Mapping[str, float]]
"""process -> material -> quantity, > 0 made, < 0 used."""


def upstream(recipes: Recipes, materials: set[str]) -> set[str]:
    """Some materials and all that they are made of."""
    return _reached(recipes, materials, 1.0)


def downstream(recipes: Recipes, materials: set[str]) -> set[str]:
    """Some materials and all that is made of them."""
    return _reached(recipes, materials, -1.0)


def _reached(recipes: Recipes, materials: set[str], side: float) -> set[str]:
    """What lies on the other side of the recipes that have a material on the given one (1: made, -1: used), and so on."""
    found, frontier = set(materials), set(materials)
    while frontier:
        touched = [r for r in recipes.values() if any(side * r.get(m, 0.0) > 0 for m in frontier)]
        frontier = {m for recipe in touched for m, rate in recipe.items() if side * rate < 0} - found
        found |= frontier
    return found
