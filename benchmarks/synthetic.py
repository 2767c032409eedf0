"""Synthetic cases of any size that are feasible and look like real ones, the same for the same shape and seed.

    tables = synthetic_tables(Shape(members=6, materials=20), seed=1)
    case = Case.from_tables(tables)
    write_workbook(tables, "case.xlsx")

Each part of a case (chains, demand, plants, projects, ..) draws from a generator of its own, so that a shape that
differs in projects or disruptions only gives the same case with other projects or disruptions.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.chains import make_chains, rounded
from benchmarks.crises import disruption_rows, targets
from benchmarks.industry import Row, World, plant_rows, project_rows
from quadopt.tables.case import Case
from quadopt.tables.sources import build_workbook

Tables = dict[str, list[Row]]

SECTORS = {"defence": 40, "automotive": 12, "electronics": 15, "energy": 10, "industry": 6}
"""Sector -> shortage weight."""
FIRST_YEAR = 2026
TYPICAL_CHAIN = 5
"""Materials in a chain where a shape does not say how many chains there are."""


@dataclass(frozen=True)
class Shape:
    """How large a case is. `chains` 0: about one for every five materials; a chain has two to seven materials."""

    members: int = 4
    suppliers: int = 18
    materials: int = 33
    chains: int = 0
    periods: int = 15
    projects: int = 75
    disruptions: int = 10

    def __post_init__(self) -> None:
        least = {"members": 1, "suppliers": 1, "materials": 2, "periods": 2}
        wrong = [f"{name} at least {least.get(name, 0)}" for name, n in vars(self).items() if n < least.get(name, 0)]
        if wrong:
            raise ValueError(f"a shape needs {', '.join(wrong)}")


SHAPES = {
    "tiny": Shape(members=2, suppliers=3, materials=5, chains=1, periods=4, projects=4, disruptions=2),
    "small": Shape(members=3, suppliers=5, materials=10, chains=2, periods=8, projects=15, disruptions=3),
    "quad": Shape(),
    "twenty": Shape(members=20, suppliers=18, materials=60, projects=200),
    "10k": Shape(members=3, suppliers=8, materials=20, chains=4, periods=12, projects=30, disruptions=3),
    "60k": Shape(members=7, suppliers=18, materials=40, projects=90),
    "365k": Shape(members=21, suppliers=20, materials=70, projects=220),
    "1m": Shape(members=33, suppliers=24, materials=100, projects=330),
    "2m": Shape(members=44, suppliers=30, materials=120, projects=480),
}
"""Shapes with a name: `quad` is as large as the Quad case, `twenty` a group of twenty members; the last are named after
the columns of their base path."""


def synthetic_case(shape: Shape | str = "quad", seed: int = 0) -> Case:
    """A checked synthetic case; `shape` may be a name of `SHAPES`. Raises `ValueError` for a shape that cannot be."""
    return Case.from_tables(synthetic_tables(shape, seed))


def synthetic_tables(shape: Shape | str = "quad", seed: int = 0) -> Tables:
    """The input tables of a synthetic case, a list of rows each. Raises `ValueError` for a shape that cannot be."""
    shape = SHAPES[shape] if isinstance(shape, str) else shape
    world = _world(shape, seed)
    tables: Tables = {
        "settings": [
            {"name": "title", "value": f"Synthetic case of {shape.members} members, {shape.materials} materials"},
            {"name": "currency", "value": "USD"},
            {"name": "base_year", "value": FIRST_YEAR - 1},
            {"name": "discount_rate", "value": 0.05},
        ],
        "periods": [{"period": t, "years": 1} for t in world.periods],
        "countries": _countries(_generator(seed, "countries"), world),
        "materials": _materials(_generator(seed, "materials"), world),
        "plants": plant_rows(_generator(seed, "plants"), world),
        "projects": project_rows(_generator(seed, "projects"), world, shape.projects),
        "demand": _demand(_generator(seed, "sectors"), world),
    }
    used = {row["process"] for name in ("plants", "projects") for row in tables[name]}
    tables["recipes"] = [
        {"process": process.name, "material": material, "quantity": quantity}
        for chain in world.chains
        for process in chain.processes
        for material, quantity in process.recipe.items()
        if process.name in used
    ]
    named = {row["sector"] for row in tables["demand"]}
    tables["sectors"] = [{"sector": q, "shortage_weight": w} for q, w in SECTORS.items() if q in named]
    tables["fund"] = _fund(_generator(seed, "fund"), world, tables["projects"])
    tables["stockpiles"] = _stockpiles(_generator(seed, "stockpiles"), world, tables)
    tables["sharing"] = _sharing(_generator(seed, "sharing"), world, tables["stockpiles"])
    tables["routes"] = _routes(_generator(seed, "routes"), world, tables["plants"])
    frames = {name: pd.DataFrame(tables[name]) for name in ("countries", "periods", "recipes", "plants", "demand")}
    tables["disruptions"] = disruption_rows(targets(frames), shape.disruptions, seed)
    return {name: rows for name, rows in tables.items() if rows}


def write_folder(tables: Mapping[str, list[Row]], folder: str | Path) -> None:
    """Writes tables as a folder of CSV files, which is made where it is missing."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)


def write_workbook(tables: Mapping[str, list[Row]], path: str | Path, force: bool = False) -> None:
    """Writes tables as a workbook. Raises FileExistsError where it exists and `force` is not given."""
    with tempfile.TemporaryDirectory() as folder:
        write_folder(tables, folder)
        build_workbook(folder, path, force)


def _generator(seed: int, part: str) -> np.random.Generator:
    return np.random.default_rng([seed, *part.encode()])


def _world(shape: Shape, seed: int) -> World:
    rng = _generator(seed, "world")
    members = _names("Member", shape.members)
    chains = make_chains(rng, shape.chains or max(1, round(shape.materials / TYPICAL_CHAIN)), shape.materials)
    sizes = rng.lognormal(0.0, 1.0, shape.members)
    size = dict(zip(members, sizes / sizes.sum(), strict=True))
    demand: dict[tuple[str, str], float] = {}
    growth: dict[str, float] = {}
    for chain in chains:
        growth |= dict.fromkeys(chain.price, 1.0 + rng.uniform(0.01, 0.06))
        for material, stage in chain.stage.items():
            for n, quantity in _wants(rng, size, chain.price[material], stage, material == chain.final).items():
                demand[n, material] = quantity
    periods = [str(FIRST_YEAR + t) for t in range(shape.periods)]
    return World(members, _names("Supplier", shape.suppliers), periods, chains, size, demand, growth)


def _names(word: str, count: int) -> list[str]:
    return [f"{word} {number + 1:0{len(str(count))}d}" for number in range(count)]


def _wants(
    rng: np.random.Generator, size: dict[str, float], price: float, stage: str, is_final: bool
) -> dict[str, float]:
    """Member -> units a year. The final good is wanted by most, worth 80 to 5,000 millions; oxides by a few, for little."""
    chance = 0.85 if is_final else 0.3 if stage in ("oxide", "minor") else 0.0
    worth = math.exp(rng.uniform(math.log(80), math.log(5_000))) * (1.0 if is_final else 0.05)
    chosen = [n for n in size if rng.random() < chance]
    if is_final and not chosen:
        chosen = [max(size, key=lambda n: size[n])]
    return {n: rounded(1e6 * worth * size[n] * rng.uniform(0.4, 1.6) / price) for n in chosen}


def _countries(rng: np.random.Generator, world: World) -> list[Row]:
    rows: list[Row] = [
        {"country": n, "member": "yes", "burden_weight": rounded(30 * world.size[n], 3),
         "governance": rounded(rng.uniform(0.5, 0.9), 2)}
        for n in world.members
    ]  # fmt: skip
    outside = [{"country": s, "member": "no", "governance": rounded(rng.uniform(0.1, 0.85), 2)} for s in world.outside]
    return rows + outside


def _materials(rng: np.random.Generator, world: World) -> list[Row]:
    rows: list[Row] = []
    for chain in world.chains:
        for material, stage in chain.stage.items():
            price = chain.price[material]
            rows.append(
                {
                    "material": material,
                    "unit": "t",
                    "stage": stage,
                    "price": price,
                    "transport_cost": rounded(rng.uniform(80, 250) + 0.002 * price, 3),
                    "importance": float(rng.choice([1.0, 1.0, 1.5, 3.0])),
                    "shortage_value": rounded(3 * price) if rng.random() < 0.2 else None,
                }
            )
    return rows


def _demand(rng: np.random.Generator, world: World) -> list[Row]:
    """One column a period: demand grows with its chain."""
    rows: list[Row] = []
    for (n, material), quantity in world.demand.items():
        sectors = rng.choice(list(SECTORS), int(rng.integers(1, len(SECTORS))), replace=False)
        for sector, share in zip(sectors, rng.dirichlet(np.full(len(sectors), 2.0)), strict=True):
            by_period = {
                t: rounded(share * quantity * world.growth[material] ** number)
                for number, t in enumerate(world.periods)
            }
            rows.append({"country": n, "material": material, "sector": str(sector), **by_period})
    return rows


def _fund(rng: np.random.Generator, world: World, projects: list[Row]) -> list[Row]:
    """Limits of 25 to 40 % of the candidates' capex in all, low at first and late; stock budgets larger at first."""
    capex = sum(row["capex"] for row in projects if row["status"] == "candidate")
    total = capex * rng.uniform(0.25, 0.4)
    count = len(world.periods)
    profile = np.interp(np.arange(count), [0, count / 8, count / 3, count / 2, count], [0.5, 1.2, 1.2, 0.8, 0.8])
    rows: list[Row] = []
    for n in world.members:
        worth = sum(q * world.price[m] for (k, m), q in world.demand.items() if k == n) * 1e-6
        for number, period in enumerate(world.periods):
            limit = total * world.size[n] * profile[number] / profile.sum()
            stock = (0.06 if number < count / 3 else 0.01) * worth
            rows.append({"country": n, "period": period, "limit": rounded(limit), "stock_limit": rounded(stock)})
    return rows


def _stockpiles(rng: np.random.Generator, world: World, tables: Tables) -> list[Row]:
    """Most of what members want is stocked: 10 to 60 days at first, room for 60 to 180; some must hold some days.

    Days count what plants use as well, for which there is no room: none must be held of what a member's plants use.
    """
    uses = {(row["process"], row["material"]) for row in tables["recipes"] if row["quantity"] < 0}
    runs = {(row["country"], row["process"]) for row in tables["plants"]}
    used = {(n, material) for n, process in runs for user, material in uses if user == process}
    rows: list[Row] = []
    for (n, material), quantity in world.demand.items():
        if rng.random() > 0.6:
            continue
        row: Row = {
            "country": n,
            "material": material,
            "initial": rounded(quantity * rng.uniform(10, 60) / 365),
            "capacity": rounded(quantity * rng.uniform(60, 180) / 365),
            "minimum_days": 5 if rng.random() < 0.15 and (n, material) not in used else None,
            "holding_cost": rounded(0.02 * world.price[material] + 20, 3),
            "loss_rate": 0.01 if rng.random() < 0.1 else 0.0,
        }
        rows.append(row)
    return rows


def _sharing(rng: np.random.Generator, world: World, stockpiles: list[Row]) -> list[Row]:
    """Every member that holds what another wants shares a fraction with all."""
    holds: dict[str, set[str]] = {}
    for row in stockpiles:
        holds.setdefault(row["country"], set()).add(row["material"])
    return [
        {
            "provider": n,
            "receiver": "",
            "material": "",
            "limit_fraction": rounded(rng.uniform(0.2, 0.5), 2),
            "cost": 150,
        }
        for n in world.members
        if any(k != n and m in holds.get(n, ()) for k, m in world.demand)
    ]


def _routes(rng: np.random.Generator, world: World, plants: list[Row]) -> list[Row]:
    """Dear, narrow and closed routes, none of the dominant suppliers, whose offers are in dated rows."""
    recipe = {p.name: p for chain in world.chains for p in chain.processes}
    makes = [(row["country"], recipe[row["process"]].makes) for row in plants if not row["period"]]
    rows: dict[tuple[str, str, str], Row] = {}
    for origin, material in dict.fromkeys(makes):
        wanting = [n for n, m in world.demand if m == material and n != origin]
        if not wanting or rng.random() > 0.3:
            continue
        destination = str(rng.choice(wanting))
        cost = rounded((0.004 * world.price[material] + 100) * rng.uniform(1.0, 3.0), 3)
        kind = str(rng.choice(["dear", "narrow", "closed"], p=[0.6, 0.3, 0.1]))
        room = rounded(world.demand[destination, material] * rng.uniform(0.3, 1.0), 3)
        capacity = {"dear": None, "narrow": room, "closed": 0.0}[kind]
        key = {"origin": origin, "destination": destination, "material": material}
        rows[origin, destination, material] = {**key, "cost": cost, "capacity": capacity}
    return list(rows.values())
