"""Chains of materials for synthetic cases: what is made of what, and prices that rise on the way.

A chain has from two to seven materials; a longer one is a shorter one with a stage more:

    ore (> concentrate) > oxide > metal > magnet, scrap of magnets back to oxide, and a minor oxide beside the oxide
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STAGES = ("ore", "oxide", "metal", "magnet", "scrap", "concentrate", "minor")
"""Stages in the order in which chains get them: a chain of four materials has the first four."""
SHORTEST, LONGEST = 2, len(STAGES)
CROSS_USE = 0.2
"""Chance that a chain's metal also holds some oxide of an earlier chain, as cobalt goes into magnets."""

Recipe = dict[str, float]


@dataclass(frozen=True)
class Process:
    """A process: `makes` is its product, `recipe` all that it makes (> 0) and uses (< 0) per unit of activity.

    `is_main`: what is offered of it is sized so that it alone meets what is wanted of its product.
    """

    name: str
    makes: str
    recipe: Recipe
    is_main: bool


@dataclass(frozen=True)
class Chain:
    """Materials with their stage and price (currency per unit), and the processes between them."""

    stage: dict[str, str]
    price: dict[str, float]
    processes: list[Process]
    final: str
    """What members want most of."""


def rounded(number: float, digits: int = 4) -> float:
    """A number to some significant digits, as a table would have it."""
    return float(f"{number:.{digits}g}")


def value_added(recipe: Recipe, price: dict[str, float]) -> float:
    """Outputs less inputs at price, currency per unit of activity."""
    return sum(quantity * price[material] for material, quantity in recipe.items())


def make_chains(rng: np.random.Generator, count: int, materials: int) -> list[Chain]:
    """Some chains with so many materials in all. Raises `ValueError` where the numbers do not fit."""
    if not count * SHORTEST <= materials <= count * LONGEST:
        raise ValueError(f"{count} chains have {count * SHORTEST} to {count * LONGEST} materials, not {materials}")
    chains: list[Chain] = []
    for number, size in enumerate(_sizes(rng, count, materials), 1):
        chains.append(_chain(rng, number, size, chains))
    return chains


def _sizes(rng: np.random.Generator, count: int, materials: int) -> list[int]:
    """Materials of each chain: as even as they come, then some moved, since real chains differ in length."""
    sizes = [materials // count + (number < materials % count) for number in range(count)]
    for _ in range(count):
        giver, taker = (int(i) for i in rng.integers(count, size=2))
        if giver != taker and sizes[giver] > SHORTEST and sizes[taker] < LONGEST:
            sizes[giver] -= 1
            sizes[taker] += 1
    return sizes


def _chain(rng: np.random.Generator, number: int, size: int, earlier: list[Chain]) -> Chain:
    draft = _Draft(rng, number, STAGES[:size])
    draft.mine()
    feed = draft.concentrate() if "concentrate" in draft.name else draft.name["ore"]
    draft.separate(feed)
    if "metal" in draft.name:
        draft.smelt(earlier)
    if "magnet" in draft.name:
        draft.make()
    draft.recycle()
    final = next(draft.name[stage] for stage in ("magnet", "metal", "oxide") if stage in draft.name)
    return Chain({m: stage for stage, m in draft.name.items()}, draft.price, draft.processes, final)


class _Draft:
    """A chain being written, from the mine on: the first process of a product sets its price."""

    def __init__(self, rng: np.random.Generator, number: int, stages: tuple[str, ...]) -> None:
        self.rng, self.number = rng, number
        self.name = {stage: f"{stage}_{number:02d}" for stage in stages}
        self.price: dict[str, float] = {}
        self.processes: list[Process] = []

    def _between(self, low: float, high: float) -> float:
        return rounded(self.rng.uniform(low, high), 3)

    def _add(self, verb: str, product: str, recipe: Recipe, is_main: bool = True) -> None:
        self.processes.append(Process(f"{verb}_{self.number:02d}", product, recipe, is_main))

    def _set_price(self, product: str, recipe: Recipe, margin: float, known: dict[str, float]) -> None:
        cost = -sum(quantity * known[m] for m, quantity in recipe.items() if quantity < 0)
        self.price[product] = rounded(margin * cost, 3)

    def mine(self) -> None:
        ore = self.name["ore"]
        self.price[ore] = rounded(np.exp(self.rng.uniform(np.log(800), np.log(40_000))), 3)
        self._add("mine", ore, {ore: 1.0})

    def concentrate(self) -> str:
        product, recipe = self.name["concentrate"], {self.name["ore"]: -self._between(1.2, 3.0)}
        self._set_price(product, recipe, self._between(1.3, 1.8), self.price)
        self._add("concentrate", product, {product: 1.0, **recipe})
        return product

    def separate(self, feed: str) -> None:
        """The oxide, with a little of the minor oxide, which can be won from the feed alone as well."""
        oxide, recipe = self.name["oxide"], {feed: -self._between(1.05, 6.0)}
        self._set_price(oxide, recipe, self._between(1.3, 2.0), self.price)
        recipe[oxide] = 1.0
        if "minor" in self.name:
            minor = self.name["minor"]
            self.price[minor] = rounded(self._between(2.0, 6.0) * self.price[oxide], 3)
            recipe[minor] = self._between(0.01, 0.08)
            used = rounded(self._between(0.3, 0.5) * self.price[minor] / self.price[feed], 3)
            self._add("extract_minor", minor, {minor: 1.0, feed: -used})
        self._add("separate", oxide, recipe)
        self._add("integrated", oxide, {oxide: 1.0}, is_main=False)

    def smelt(self, earlier: list[Chain]) -> None:
        product, recipe = self.name["metal"], {self.name["oxide"]: -self._between(0.35, 1.1)}
        known = dict(self.price)
        if earlier and self.rng.random() < CROSS_USE:
            other = earlier[int(self.rng.integers(len(earlier)))]
            borrowed = next(m for m, stage in other.stage.items() if stage == "oxide")
            known[borrowed] = other.price[borrowed]
            recipe[borrowed] = -rounded(self._between(0.05, 0.3) * self.price[self.name["oxide"]] / known[borrowed], 3)
        self._set_price(product, recipe, self._between(1.15, 1.5), known)
        self._add("smelt", product, {product: 1.0, **recipe})

    def make(self) -> None:
        product, recipe = self.name["magnet"], {self.name["metal"]: -self._between(1.05, 1.4)}
        if "minor" in self.name:
            recipe[self.name["minor"]] = -self._between(0.01, 0.04)
        self._set_price(product, recipe, self._between(1.4, 2.2), self.price)
        if "scrap" in self.name:
            recipe[self.name["scrap"]] = self._between(0.1, 0.3)
        self._add("make", product, {product: 1.0, **recipe})

    def recycle(self) -> None:
        """Scrap back to oxide; where the chain has none, what is collected is not modelled."""
        oxide = self.name["oxide"]
        if "scrap" not in self.name:
            self._add("recycle", oxide, {oxide: 1.0}, is_main=False)
            return
        scrap, won = self.name["scrap"], self._between(0.2, 0.4)
        self.price[scrap] = rounded(0.5 * won * self.price[oxide], 3)
        self._add("recycle", oxide, {oxide: won, scrap: -1.0}, is_main=False)
