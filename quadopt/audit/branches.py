"""Disruptions: the calendar of each branch, export cuts, and the stress that is left (formulation, section 6)."""

from __future__ import annotations

from typing import Any

from quadopt.audit.books import Books
from quadopt.audit.calendar import Slot
from quadopt.audit.operation import Operation
from quadopt.audit.report import Found


def branch_calendar(books: Books, found: Found) -> None:
    """Every disruption of the case has its branch, with its probability, start, steps and end."""
    listed = {row.disruption: row for row in books.planned("disruptions")}
    for name, path in books.branches.items():
        row = listed.get(name)
        found.require(row is not None, (name, "no row in the disruptions table"))
        if row is None:
            continue
        found.equal(float(row.probability), books.probability[name], (name, "probability"), 1.0)
        found.require(str(row.start) == path.rows[0].start, (name, f"start {row.start}"))
        found.equal(float(row.begin), path.slots[0].begin, (name, "begin"), 1.0)
        found.equal(float(row.end), path.slots[-1].end, (name, "end"), 1.0)
        found.equal(float(row.steps), float(len(path.slots)), (name, "steps"), 1.0)


def export_cuts(books: Books, found: Found) -> None:
    """What a cut country sends of a matched material to all matched destinations stays within the cut."""
    for path in books.branches.values():
        for row in path.rows:
            if row.kind != "export_cut":
                continue
            for country in [row.country] if row.country else books.outside:
                for material in [row.material] if row.material else list(books.material):
                    for slot in path.slots:
                        limit = cut_limit(books, path, row, country, material, slot)
                        if limit is not None:
                            sent = _sent(path, row, country, material, slot)
                            where = (path.name, country, material, slot.label)
                            found.at_most(sent, limit, where, books.sizes[material])


def cut_limit(books: Books, path: Operation, row: Any, country: str, material: str, slot: Slot) -> float | None:
    """The most that a cut lets through in a slot (amount); None where it does not touch the slot."""
    theta = path.hit(row, slot)
    if theta <= 0:
        return None
    wanted = [row.destination] if row.destination else [c for c, m in books.need if m == material]
    need = sum(path.average(books.need.get((c, material), {}), slot) for c in set(wanted) if c != country)
    usual = min(offer(books, path, country, material, slot), need)
    hit = float(row.limit) if row.limit == row.limit else (1 - float(row.severity)) * usual
    return slot.years * (theta * hit + (1 - theta) * usual)


def offer(books: Books, path: Operation, country: str, material: str, slot: Slot) -> float:
    """What a country's plants and online projects can make of a material in a year, outages aside."""
    total = 0.0
    units = [key for key in books.plant_capacity if key[0] == country]
    keys = [(place, "plant", process, tier) for place, process, tier in units]
    started = [row for name, row in books.project.items() if row.country == country and name in books.starts]
    keys += [(country, "project", row.process, row.project) for row in started]
    for key in keys:
        made = sum(quantity for name, quantity in books.recipe[key[2]] if name == material and quantity > 0)
        if made > 0:
            total += made * path.capacity(key, slot, disturbed=False) / slot.years
    return total


def _sent(path: Operation, row: Any, country: str, material: str, slot: Slot) -> float:
    flows = (path.trade, path.sharing)
    return sum(
        float(entry.quantity)
        for part in flows
        for (origin, destination, name, label), entry in part.items()
        if origin == country and name == material and label == slot.label and row.destination in ("", destination)
    )


def stresses(books: Books) -> dict[str, float]:
    """Stress of each branch, millions: shortage x shortage value x sector weight."""
    found = {}
    for name, path in books.branches.items():
        total = 0.0
        for (_, material, sector, _), row in path.shortage.items():
            unit = float(books.material[material].shortage_value) * books.sector_weight[sector] * 1e-6
            total += unit * float(row.shortage)
        found[name] = total
    return found


def stress_measures(books: Books) -> dict[str, float]:
    """Expected, worst and conditional value at risk of the stress over the branches and the undisturbed future."""
    stress = stresses(books)
    chance = books.probability
    expected = sum(chance[name] * value for name, value in stress.items())
    alpha = float(books.options.get("alpha", 0.95))
    candidates = []
    for level in [0.0, *stress.values()]:
        tail = sum(chance[name] * max(0.0, value - level) for name, value in stress.items())
        candidates.append(level + tail / (1 - alpha) if alpha < 1 else max(stress.values(), default=0.0))
    return {"expected": expected, "worst": max(stress.values(), default=0.0), "cvar": min(candidates)}


def stress_table(books: Books, found: Found) -> None:
    """The stress of each branch and the measures over branches follow from what goes short."""
    if not books.has_branches:
        return
    stress = stresses(books)
    scale = max([books.money, *stress.values()])
    for row in books.planned("disruptions"):
        found.equal(float(row.stress), stress.get(row.disruption, 0.0), (row.disruption, "stress"), scale)
    listed = {row.measure: float(row.value) for row in books.planned("stress")}
    measures = stress_measures(books)
    for name, value in listed.items():
        if name in measures:
            found.equal(value, measures[name], (name,), scale)
    risk = str(books.options.get("risk", "expected"))
    found.require(risk in listed, (risk, "no row in the stress table"))
