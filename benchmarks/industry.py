"""Plants, outside offers and projects of synthetic cases: concentrated abroad, some at home, more that could be built.

What is offered suffices for what is wanted in every period, so that a case is feasible and its base shortage small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from benchmarks.chains import Chain, Process, rounded, value_added

Row = dict[str, Any]

HOME_SHARE = {"mine": 0.45, "concentrate": 0.25, "separate": 0.25, "smelt": 0.25, "make": 0.4, "extract_minor": 0.15}
"""The most of what is wanted that plants of the members can make, by verb of the process."""
PROJECT_WEIGHT = {"mine": 1.0, "concentrate": 0.7, "separate": 1.5, "smelt": 1.0, "make": 1.5, "extract_minor": 0.7,
                  "recycle": 0.6, "integrated": 0.8}  # fmt: skip
"""How often projects of each kind are proposed."""
SPARE = 1.1
"""What is offered in all, at least, for one unit that is wanted."""


@dataclass(frozen=True)
class World:
    """What the parts of a synthetic case share: who there is, what they want in the first period, and its growth."""

    members: list[str]
    outside: list[str]
    periods: list[str]
    chains: list[Chain]
    size: dict[str, float]
    """Member -> its share of the group."""
    demand: dict[tuple[str, str], float]
    """(member, material) -> units in the first period."""
    growth: dict[str, float]
    """Material -> factor a year."""

    @cached_property
    def price(self) -> dict[str, float]:
        """Price of every material, currency per unit."""
        return {m: p for chain in self.chains for m, p in chain.price.items()}

    @cached_property
    def wanted(self) -> dict[str, float]:
        """Material -> what the members want in the first period, and what must be used to make that."""
        out = dict.fromkeys(self.price, 0.0)
        for (_, material), quantity in self.demand.items():
            out[material] += quantity
        for chain in reversed(self.chains):
            for process in reversed(chain.processes):
                if process.is_main:
                    for material, quantity in process.recipe.items():
                        out[material] += max(-quantity, 0.0) * out[process.makes]
        return out


def verb(process: Process) -> str:
    """The kind of a process, without its chain's number."""
    return process.name.rsplit("_", 1)[0]


def plant_rows(rng: np.random.Generator, world: World) -> list[Row]:
    """The rows of `plants`: one dominant supplier a chain, others beside it, in tiers; some plants at home."""
    rows: list[Row] = []
    waiting = list(rng.permutation(np.array(world.outside)))
    for chain in world.chains:
        dominant = world.outside[0] if rng.random() < 0.7 else str(rng.choice(world.outside))
        for process in chain.processes:
            if not process.is_main:
                continue
            first = str(rng.choice(world.outside)) if verb(process) == "mine" and rng.random() < 0.35 else dominant
            home = _home_rows(rng, world, process)
            offers = _other_offers(rng, world, process, first, waiting)
            rest = sum(row["capacity"] for row in home + offers)
            rows += home + _dominant_rows(rng, world, process, first, rest) + offers
    return rows


def _home_rows(rng: np.random.Generator, world: World, process: Process) -> list[Row]:
    owners = [n for n in world.members if rng.random() < 0.25]
    if not owners:
        return []
    total = world.wanted[process.makes] * HOME_SHARE[verb(process)] * rng.uniform(0.2, 1.0)
    shares = rng.dirichlet(np.full(len(owners), 2.0))
    added = value_added(process.recipe, world.price)
    return [
        _row(n, process, "1", total * share, added * rng.uniform(0.8, 1.5))
        for n, share in zip(owners, shares, strict=True)
    ]


def _other_offers(
    rng: np.random.Generator, world: World, process: Process, first: str, waiting: list[str]
) -> list[Row]:
    """Smaller suppliers, first those that have nothing yet; a second tier asks more."""
    possible = [s for s in world.outside if s != first]
    count = min(len(possible), int(rng.integers(1, 5)))
    chosen = [s for s in waiting if s != first][:1] if rng.random() < 0.5 else []
    while len(chosen) < count:
        chosen.append(str(rng.choice([s for s in possible if s not in chosen])))
    rows: list[Row] = []
    share = rng.uniform(0.1, 0.35) * rng.dirichlet(np.ones(max(1, count)))
    for s, part in zip(chosen, share, strict=False):
        if s in waiting:
            waiting.remove(s)
        markup = rng.uniform(1.0, 1.25)
        for tier in ("1", "2")[: 1 + (rng.random() < 0.3)]:
            asked = _asking(process, world.price, markup if tier == "1" else 1.2 * markup)
            size = max(part, 0.02) * world.wanted[process.makes] * (1.0 if tier == "1" else 0.4)
            rows.append(_row(s, process, tier, size, asked))
    return rows


def _dominant_rows(rng: np.random.Generator, world: World, process: Process, first: str, rest: float) -> list[Row]:
    """The dominant supplier's offer in two tiers, which grows with what is wanted and covers what the others cannot."""
    share, cheap = rng.uniform(0.45, 0.8), rng.uniform(0.75, 0.9)
    rows: list[Row] = []
    for number, period in enumerate(world.periods):
        now = world.wanted[process.makes] * world.growth[process.makes] ** number
        offered = max(share * now, SPARE * now - rest)
        for tier, part, markup in (("1", cheap, 1.0), ("2", 1.0 - cheap, 1.3)):
            row = _row(first, process, tier, part * offered, _asking(process, world.price, markup))
            rows.append({**row, "period": period})
    return rows


def _asking(process: Process, price: dict[str, float], markup: float) -> float:
    """What a supplier asks less its inputs: the market's price, marked up on what it sells."""
    return value_added(process.recipe, price) + (markup - 1.0) * price[process.makes]


def _row(country: str, process: Process, tier: str, capacity: float, unit_cost: float) -> Row:
    return {
        "country": country,
        "process": process.name,
        "tier": tier,
        "period": "",
        "capacity": rounded(capacity),
        "unit_cost": rounded(unit_cost),
    }


def project_rows(rng: np.random.Generator, world: World, count: int) -> list[Row]:
    """The rows of `projects`: lead times of one to seven years, windows of six periods, capex 1 to 4.5 yearly sales."""
    rows: list[Row] = []
    pull = rng.dirichlet(np.full(len(world.chains), 2.0))
    processes = {p.name: p for chain in world.chains for p in chain.processes}
    names = list(processes)
    weights = np.array(
        [pull[i] * PROJECT_WEIGHT[verb(process)] for i, chain in enumerate(world.chains) for process in chain.processes]
    )
    homes = np.array([world.size[n] ** 0.5 for n in world.members])
    while len(rows) < count:
        process = processes[str(rng.choice(names, p=weights / weights.sum()))]
        abroad = len(world.outside) > 1 and rng.random() < 0.08
        home = str(rng.choice(world.outside[1:])) if abroad else str(rng.choice(world.members, p=homes / homes.sum()))
        row = _project(rng, world, process, home)
        row["project"] = f"P{len(rows) + 1:0{len(str(count))}d}"
        rows.append(row)
        if row["status"] == "candidate" and rng.random() < 0.06 and len(rows) < count:
            rows.append(_smaller(row, f"P{len(rows) + 1:0{len(str(count))}d}"))
    _require(rng, world, rows)
    return rows


def _project(rng: np.random.Generator, world: World, process: Process, home: str) -> Row:
    kind, last = verb(process), len(world.periods) - 1
    status = str(rng.choice(["candidate", "committed", "excluded"], p=[0.86, 0.12, 0.02]))
    lead = float(rng.integers(2, 8) if kind == "mine" else rng.integers(1, 4)) + 0.5 * (rng.random() < 0.2)
    lead = min(lead, float(last))
    earliest = 0 if status == "committed" else int(min(rng.integers(0, 3), last - np.ceil(lead)))
    latest = earliest if status == "committed" else min(earliest + 5, int(last - np.ceil(lead)))
    made = process.recipe[process.makes]
    capacity = world.wanted[process.makes] / made * rng.uniform(0.04, 0.35)
    return {
        "project": "",
        "country": home,
        "process": process.name,
        "capacity": rounded(capacity, 3),
        "capex": rounded(1e-6 * capacity * made * world.price[process.makes] * rng.uniform(1.0, 4.5), 3),
        "fund_share": 0.0 if status == "committed" else 1.0,
        "unit_cost": rounded(value_added(process.recipe, world.price) * rng.uniform(0.7, 1.4)),
        "lead_time": lead,
        "ramp_years": int(rng.integers(0, 4)),
        "lifetime": int(rng.integers(10, 41)) if kind == "mine" else None,
        "earliest": world.periods[earliest],
        "latest": world.periods[latest],
        "status": status,
        "requires": "",
        "exclusive_group": "",
        "minimum_use": 0.2 if status == "candidate" and rng.random() < 0.05 else 0.0,
    }


def _smaller(row: Row, name: str) -> Row:
    """The same site at 60 % of the size: one of the two may start."""
    row["exclusive_group"] = f"site of {row['project']}"
    smaller = {"capacity": rounded(0.6 * row["capacity"], 3), "capex": rounded(0.65 * row["capex"], 3)}
    return {**row, "project": name, **smaller}


def _require(rng: np.random.Generator, world: World, rows: list[Row]) -> None:
    """Some candidates are second stages of another project of their chain that can be complete before them."""
    place = {period: number for number, period in enumerate(world.periods)}
    for number, row in enumerate(rows):
        if row["status"] != "candidate" or row["exclusive_group"] or rng.random() > 0.12:
            continue
        chain, complete = row["process"].rsplit("_", 1)[1], place[row["latest"]] + row["lead_time"]
        firsts = [
            other["project"]
            for other in rows[:number]
            if other["process"].endswith(f"_{chain}")
            and other["status"] != "excluded"
            and place[other["earliest"]] + other["lead_time"] <= complete
        ]
        if firsts:
            row["requires"] = str(rng.choice(firsts))
