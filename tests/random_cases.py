"""Small random cases in the input tables' form, feasible by construction, for tests against the oracle.

Every case is a chain mine -> ore -> refine -> oxide (-> make -> magnet), two or three members, one to three outside
suppliers. Kept feasible: committed projects ask nothing of the fund and have no minimum use, stock minima can be met
from the initial stock alone, and a shortage is always allowed.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tests.draw import Draw

Row = dict[str, Any]
PRICE = {"ore": 10_000.0, "oxide": 60_000.0, "magnet": 200_000.0, "cerium": 8_000.0, "swarf": 5_000.0}
COMBINATIONS = 150


def random_tables(seed: int, size: str = "tiny") -> dict[str, list[Row]]:
    """Input tables of a random case, the same for the same seed.

    `size`: "tiny" (2 to 4 projects, at most 150 combinations of starts) or "small" (3 members and suppliers, 5 or 6
    projects, 5 periods: too many for brute force). Raises `ValueError` for another size.
    """
    if size not in ("tiny", "small"):
        raise ValueError(f"size is tiny or small, not {size!r}")
    draw = Draw(seed)
    tiny = size == "tiny"
    members = ["Avonia", "Bergland", "Corland"][: draw.whole(2, 3) if tiny else 3]
    outside = ["Xandu", "Yland", "Zembla"][: draw.whole(1, 3) if tiny else 3]
    periods = [str(2026 + t) for t in range(draw.whole(3, 4) if tiny else 5)]
    years = [float(draw.of(1, 1, 2)) if draw.chance(0.3) else 1.0 for _ in periods]
    tables: dict[str, list[Row]] = {
        "settings": [
            {"name": "title", "value": f"random {seed}"},
            {"name": "currency", "value": "USD"},
            {"name": "base_year", "value": 2025},
            {"name": "discount_rate", "value": draw.of(0.0, 0.05, 0.08)},
        ],
        "periods": [{"period": t, "years": h} for t, h in zip(periods, years, strict=True)],
        "countries": [
            {"country": c, "member": "yes" if c in members else "no", "burden_weight": draw.whole(1, 5)}
            for c in members + outside
        ],
    }
    processes = _technology(draw, tables)
    materials = [row["material"] for row in tables["materials"]]
    _demand(draw, tables, members, periods, materials)
    _plants(draw, tables, members, outside, periods, processes)
    _projects(draw, tables, members, outside, periods, years, processes, tiny)
    tables["fund"] = [
        {"country": n, "period": "", "limit": draw.number(0, 24), "stock_limit": draw.of(None, None, 0.5, 4.0)}
        for n in members
    ]
    if draw.chance(0.4):
        tables["fund"].append({"country": members[0], "period": periods[-1], "limit": 2.0})
    _routes(draw, tables, members, outside, periods, materials)
    _stockpiles(draw, tables, members, materials, sum(years))
    _sharing(draw, tables, members, materials)
    _disruptions(draw, tables, members, outside, periods, materials, processes)
    return {name: rows for name, rows in tables.items() if rows}


def _technology(draw: Draw, tables: dict[str, list[Row]]) -> list[str]:
    chain = ["ore", "oxide", "magnet"][: draw.of(2, 3, 3)]
    processes = ["mine", "refine", "make"][: len(chain)]
    recipes: list[Row] = [{"process": "mine", "material": "ore", "quantity": 1.0}]
    for process, (used, made) in zip(processes[1:], itertools.pairwise(chain), strict=True):
        recipes.append({"process": process, "material": used, "quantity": -draw.of(1.0, 1.2, 2.0)})
        recipes.append({"process": process, "material": made, "quantity": 1.0})
    materials = list(chain)
    if draw.chance(0.35):
        materials.append("cerium")
        recipes.append({"process": "refine", "material": "cerium", "quantity": 0.5})
    if len(chain) == 3 and draw.chance(0.4):
        materials.append("swarf")
        processes.append("recycle")
        recipes.append({"process": "make", "material": "swarf", "quantity": 0.25})
        recipes.append({"process": "recycle", "material": "swarf", "quantity": -1.0})
        recipes.append({"process": "recycle", "material": "oxide", "quantity": 0.8})
    tables["materials"] = [
        {
            "material": m,
            "unit": "t",
            "stage": m,
            "price": PRICE[m],
            "transport_cost": draw.number(0, 900),
            "importance": draw.of(1.0, 1.0, 2.0),
            "shortage_value": draw.of(None, None, 2 * PRICE[m]),
        }
        for m in materials
    ]
    tables["recipes"] = recipes
    return processes


def _demand(draw: Draw, tables: dict[str, list[Row]], members: list[str], periods: list[str], goods: list[str]) -> None:
    tables["sectors"] = [{"sector": "defence", "shortage_weight": 30.0}, {"sector": "cars", "shortage_weight": 8.0}]
    final = "magnet" if "magnet" in goods else "oxide"
    rows: list[Row] = []
    for n in members:
        wanted = [(final, "cars")] + ([(final, "defence")] if draw.chance(0.4) else [])
        wanted += [("oxide", "cars")] if final != "oxide" and draw.chance(0.25) else []
        wanted += [("cerium", "cars")] if "cerium" in goods and draw.chance(0.5) else []
        for m, sector in wanted:
            quantity = draw.number(10, 60)
            rows.append({"country": n, "material": m, "sector": sector, "period": "", "quantity": quantity})
            if draw.chance(0.5):
                late = draw.of(*periods[1:])
                rows.append({**rows[-1], "period": late, "quantity": round(quantity * draw.number(0.8, 1.6, 2), 1)})
    tables["demand"] = rows


def _plants(
    draw: Draw, tables: dict[str, list[Row]], members: list[str], outside: list[str], periods: list[str],
    processes: list[str],
) -> None:  # fmt: skip
    cost = {"mine": 4_000.0, "refine": 20_000.0, "make": 50_000.0, "recycle": 15_000.0}
    rows: list[Row] = []
    for c in outside:
        for k in processes[:3]:
            if c == outside[0] or draw.chance(0.5):
                for tier in ("1", "2")[: draw.of(1, 1, 2)]:
                    price = round(cost[k] * (1.0 + 0.4 * (tier == "2")) * draw.number(0.7, 1.3, 2))
                    size = draw.number(80, 420) if c == outside[0] else draw.number(20, 160)
                    row = {"country": c, "process": k, "tier": tier, "period": "", "capacity": size, "unit_cost": price}
                    rows.append(row)
                    if draw.chance(0.2):
                        rows.append({**row, "period": periods[-1], "capacity": 20.0, "unit_cost": None})
    for n in members:
        for k in processes:
            if draw.chance(0.35):
                price = round(cost[k] * draw.number(1.0, 1.8, 2))
                size = draw.number(5, 70)
                rows.append({"country": n, "process": k, "tier": "1", "capacity": size, "unit_cost": price})
    if draw.chance(0.2):
        rows[-1]["unit_cost"] = -500.0
    tables["plants"] = rows


def _projects(
    draw: Draw, tables: dict[str, list[Row]], members: list[str], outside: list[str], periods: list[str],
    years: list[float], processes: list[str], tiny: bool,
) -> None:  # fmt: skip
    rows: list[Row] = []
    for j in range(draw.whole(2, 4) if tiny else draw.whole(5, 6)):
        k = draw.of(*processes)
        home = draw.of(*members) if draw.chance(0.85) else draw.of(*outside)
        status = draw.of("candidate", "candidate", "candidate", "candidate", "committed", "excluded")
        committed = status == "committed"
        rows.append(
            {
                "project": f"P{j}",
                "country": home,
                "process": k,
                "capacity": draw.number(15, 90),
                "capex": draw.number(1, 30),
                "fund_share": 0.0 if committed else draw.of(1.0, 1.0, 0.5, 0.0),
                "unit_cost": draw.number(3_000, 60_000),
                "lead_time": draw.of(0, 0, 0.5, 1, 1, 1.5, 2),
                "ramp_years": draw.of(0, 0, 1, 2, 0.5),
                "lifetime": draw.of(None, None, None, 1, 2, 1.5),
                "earliest": draw.of("", "", "", periods[1]),
                "latest": "",
                "status": status,
                "requires": "",
                "exclusive_group": "",
                "minimum_use": 0.0 if committed else draw.of(0, 0, 0, 0.3, 0.6),
            }
        )
    candidates = [row for row in rows if row["status"] == "candidate"]
    if len(candidates) >= 2 and draw.chance(0.35):
        candidates[-1]["requires"] = candidates[0]["project"]
    if len(candidates) >= 2 and draw.chance(0.35):
        for row in candidates[:2] if not candidates[-1]["requires"] else candidates[-2:]:
            row["exclusive_group"] = "site"
    if not candidates:
        rows[0].update({"status": "candidate", "lead_time": 1})
    if tiny:
        _fewer_starts(rows, periods, years)
    tables["projects"] = rows


def _fewer_starts(rows: list[Row], periods: list[str], years: list[float]) -> None:
    """Bring `latest` forward until brute force has at most `COMBINATIONS` combinations."""

    def count(row: Row) -> int:
        if row["status"] != "candidate":
            return 1
        first = periods.index(row["earliest"]) if row["earliest"] else 0
        last = periods.index(row["latest"]) if row["latest"] else len(periods) - 1
        end = sum(years[:-1])
        return 1 + sum(sum(years[:t]) + row["lead_time"] <= end for t in range(first, last + 1))

    while np.prod([count(row) for row in rows]) > COMBINATIONS:
        widest = max(rows, key=count)
        last = periods.index(widest["latest"]) if widest["latest"] else len(periods) - 1
        widest["latest"] = periods[last - 1]


def _routes(
    draw: Draw, tables: dict[str, list[Row]], members: list[str], outside: list[str], periods: list[str],
    goods: list[str],
) -> None:  # fmt: skip
    rows: dict[tuple[str, str, str], list[Row]] = {}
    for _ in range(draw.whole(0, 4)):
        o, d = (str(c) for c in draw.rng.choice(members + outside, 2, replace=False))
        key = (o, d, draw.of(*goods))
        row = dict(zip(("origin", "destination", "material"), key, strict=True))
        rows[key] = [{**row, "period": "", "cost": draw.of(None, 700.0), "capacity": draw.of(0.0, 12.0, 40.0, None)}]
        if draw.chance(0.3):
            rows[key].append({**row, "period": draw.of(*periods), "cost": 1_500.0, "capacity": draw.of(0.0, 25.0)})
    if draw.chance(0.3):
        pair = {"origin": outside[0], "destination": draw.of(*members), "material": "", "period": ""}
        rows[pair["origin"], pair["destination"], ""] = [{**pair, "cost": 1_100.0, "capacity": draw.of(None, 60.0)}]
    if draw.chance(0.2):
        wide = {"origin": outside[-1], "destination": "", "material": "", "period": ""}
        rows[outside[-1], "", ""] = [{**wide, "cost": 300.0, "capacity": 90.0}]
    tables["routes"] = [row for group in rows.values() for row in group]


def _stockpiles(draw: Draw, tables: dict[str, list[Row]], members: list[str], goods: list[str], horizon: float) -> None:
    rows: list[Row] = []
    for n in members:
        for m in goods:
            if draw.chance(0.4):
                initial = draw.of(0.0, draw.number(1, 12), draw.number(5, 30))
                loss = draw.of(0.0, 0.0, 0.05)
                left = initial * (1.0 - loss) ** horizon
                rows.append(
                    {
                        "country": n,
                        "material": m,
                        "initial": initial,
                        "capacity": draw.of(None, initial + draw.number(5, 60)),
                        "minimum": draw.of(None, None, None, 0.0, round(0.5 * left, 2)),
                        "release_limit": draw.of(None, None, 20.0, 8.0),
                        "holding_cost": draw.of(0.0, 400.0),
                        "loss_rate": loss,
                    }
                )
    tables["stockpiles"] = rows


def _sharing(draw: Draw, tables: dict[str, list[Row]], members: list[str], goods: list[str]) -> None:
    rows: dict[tuple[str, str, str], Row] = {}
    for _ in range(draw.whole(0, 3)):
        provider, receiver = (str(n) for n in draw.rng.choice(members, 2, replace=False))
        key = (provider, draw.of(receiver, receiver, ""), draw.of("", *goods))
        row = dict(zip(("provider", "receiver", "material"), key, strict=True))
        rows[key] = {**row, "limit_fraction": draw.of(0.2, 0.5, 1.0), "cost": draw.of(0.0, 250.0)}
    tables["sharing"] = list(rows.values())


def _disruptions(
    draw: Draw, tables: dict[str, list[Row]], members: list[str], outside: list[str], periods: list[str],
    goods: list[str], processes: list[str],
) -> None:  # fmt: skip
    rows: list[Row] = []
    for w in range(draw.whole(1, 3)):
        name, start, chance = f"W{w}", draw.of(*periods), draw.of(None, 0.05, 0.2)
        for _ in range(draw.of(1, 1, 2)):
            row: Row = {"disruption": name, "start": start, "duration": draw.of(0.25, 0.5, 0.75, 1.0, 0.4, 1.5),
                        "probability": chance}  # fmt: skip
            kind = draw.of("export_cut", "export_cut", "outage", "demand_surge")
            row["kind"] = kind
            if kind == "export_cut":
                who = draw.of(outside[0], outside[0], outside[-1], "", draw.of(*members))
                to = draw.of("", "", draw.of(*[n for n in members if n != who]))
                row.update({"country": who, "destination": to, "material": draw.of("", *goods)})
                if draw.chance(0.25):
                    row["limit"] = draw.number(0, 30)
                else:
                    row["severity"] = draw.of(None, 1.0, 0.6)
            elif kind == "outage":
                row.update({"country": draw.of(outside[0], "", *members), "severity": draw.of(None, 0.5)})
                if draw.chance(0.5):
                    row["process"] = draw.of(*processes)
                elif draw.chance(0.4):
                    row["material"] = draw.of(*goods)
            else:
                row.update({"country": draw.of("", *members), "severity": draw.of(0.3, 1.0)})
                row["sector"] = draw.of("", "defence", "cars")
            rows.append(row)
    tables["disruptions"] = rows
