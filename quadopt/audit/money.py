"""Costs by kind, and the objective of every stage at the final plan (formulation, section 7)."""

from __future__ import annotations

import math
from collections import defaultdict

from quadopt.audit.books import MILLION, Books, blank
from quadopt.audit.branches import stress_measures
from quadopt.audit.calendar import Slot, overlap
from quadopt.audit.index import exposed_amounts, indices, worst_share
from quadopt.audit.operation import Operation
from quadopt.audit.report import Found
from quadopt.measures import direct_index, direct_worst, hhi_index
from quadopt.tables.records import rows_of

UNDATED = ("salvage", "refill")
Costs = dict[tuple[str, str, str], list[float]]


def costs(books: Books) -> Costs:
    """(kind, path, period) -> undiscounted, discounted, expected, millions; salvage and refill have period ""."""
    found: Costs = defaultdict(lambda: [0.0, 0.0, 0.0])
    _investment(books, found)
    for path in books.operations:
        for slot in path.slots:
            period = books.calendar.period_of(slot.begin)
            weight = books.probability[path.name] if path.is_branch else 1.0 - _covered(books, slot)
            discount = books.calendar.discount(books.calendar.begin[period])
            for kind, amount in _operating(books, path, slot).items():
                _add(found, (kind, path.name, period), amount, discount, weight)
        if path.is_branch:
            last = path.slots[-1]
            discount = books.calendar.discount(books.calendar.begin[books.calendar.period_of(last.begin)])
            amount = 0.0
            for country, material in books.stockpile:
                row = path.stock.get((country, material, last.label))
                missing = 0.0 if row is None else path.opening(country, material) - float(row.closing)
                amount += max(0.0, missing) * float(books.material[material].price) / MILLION
            _add(found, ("refill", path.name, ""), amount, discount, books.probability[path.name])
    return found


def _add(found: Costs, key: tuple[str, str, str], amount: float, discount: float, weight: float) -> None:
    entry = found[key]
    entry[0] += amount
    entry[1] += amount * discount
    entry[2] += amount * discount * weight


def _investment(books: Books, found: Costs) -> None:
    calendar = books.calendar
    for name, start in books.starts.items():
        project = books.project.get(name)
        if project is None:
            continue
        capex, public = float(project.capex), float(project.fund_share)
        for period, share in calendar.payment_shares(project, start).items():
            discount = calendar.discount(calendar.begin[period])
            _add(found, ("capex_public", "base", period), share * capex * public, discount, 1.0)
            _add(found, ("capex_private", "base", period), share * capex * (1 - public), discount, 1.0)
        credit = -capex * calendar.salvage_share(project, start)
        _add(found, ("salvage", "base", ""), credit, calendar.discount(calendar.horizon), 1.0)


def _covered(books: Books, slot: Slot) -> float:
    """Probability-weighted part of a base period that branches take over."""
    total = 0.0
    for name, path in books.branches.items():
        shared = overlap(slot.begin, slot.end, path.slots[0].begin, path.slots[-1].end)
        total += books.probability[name] * shared / slot.years
    return total


def _operating(books: Books, path: Operation, slot: Slot) -> dict[str, float]:
    """Operating cost and shortage value of one slot by kind; unit prices come from the case."""
    label = slot.label
    found: dict[str, float] = defaultdict(float)
    for key, row in path.production.items():
        if key[4] == label:
            kind = "production_home" if key[0] in books.members else "production_abroad"
            found[kind] += float(row.activity) * path.unit_cost(key[:4], slot) / MILLION
    for key, row in path.trade.items():
        if key[3] == label:
            found["transport"] += float(row.cost)
    for key, row in path.sharing.items():
        if key[3] == label:
            found["sharing"] += float(row.cost)
    for (country, material, at), row in path.stock.items():
        if at == label and (country, material) in books.stockpile:
            unit = float(books.stockpile[country, material].holding_cost) / MILLION
            found["holding"] += unit * float(row.closing) * slot.years
    for (_, material, sector, at), row in path.shortage.items():
        if at == label:
            unit = float(books.material[material].shortage_value) * books.sector_weight[sector] / MILLION
            found["shortage"] += unit * float(row.shortage)
    return found


def cost_table(books: Books, found: Found) -> None:
    """Each kind's cost follows from the flows: undiscounted, discounted, and weighted by the branches' probability."""
    listed: Costs = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in books.planned("cost"):
        entry = listed[row.kind, row.path, "" if row.kind in UNDATED else row.period]
        for place, column in enumerate(("undiscounted", "discounted", "expected")):
            entry[place] += float(getattr(row, column))
    own = costs(books)
    for key in dict.fromkeys([*listed, *own]):
        for place, column in enumerate(("undiscounted", "discounted", "expected")):
            found.equal(listed[key][place], own[key][place], (*key, column), books.money)


def objectives(books: Books) -> dict[str, tuple[float, float]]:
    """Value of every stage's objective at the final plan, and a typical size of it."""
    tables, options = books.plan.tables, books.options
    shortage = sum(
        float(books.material[m].shortage_value) * books.sector_weight[q] / MILLION * float(row.shortage)
        for (_, m, q, _), row in books.base.shortage.items()
    )
    cost = sum(entry[2] for entry in costs(books).values())
    found = {"shortage": (shortage, books.money), "cost": (cost, books.money)}
    stress = stress_measures(books)
    found["stress"] = (stress[str(options.get("risk", "expected"))], books.money)
    found["stress_expected"] = (stress["expected"], books.money)
    measure, weight = options.get("measure", "traced"), str(options.get("dependence_weight", "value"))
    suppliers = list(options.get("suppliers_traced", []))
    if measure == "traced" and "dependence" in tables:
        exposed = exposed_amounts(books, "share_optimised")
        mean, largest = indices(books, exposed)[weight, "members"], worst_share(books, exposed)
        found["dependence"] = (largest if options.get("objective_dependence") == "worst" else mean, 1.0)
        found["dependence_mean"] = (mean, 1.0)
    elif measure == "direct":
        mean = direct_index(books.case, tables, suppliers, weight)
        largest = direct_worst(books.case, tables, suppliers, str(options.get("worst_from") or ""))
        found["dependence"] = (largest if options.get("objective_dependence") == "worst" else mean, 1.0)
        found["dependence_mean"] = (mean, 1.0)
    elif measure == "hhi":
        # tangent cuts leave the optimised value a little below the true square
        outside = list(books.outside)
        found["dependence"] = found["dependence_mean"] = (hhi_index(books.case, tables, outside, weight), 1e3)
    weights = dict(options.get("weights") or {})
    if weights and set(weights) <= set(found):
        total = sum(float(weight) * found[name][0] for name, weight in weights.items())
        found["weighted"] = (total, max(abs(float(weight)) * found[name][1] for name, weight in weights.items()))
    return found


def support_table(books: Books, found: Found) -> None:
    """Operating support is what a project's unit cost and inputs at price exceed its outputs at price by."""
    activity = {
        (key[3], key[4]): float(row.activity) for key, row in books.base.production.items() if key[1] == "project"
    }
    for row in books.planned("operating_support"):
        project, amount = books.project[row.project], activity.get((row.project, row.period), 0.0) / MILLION
        recipe = [(float(books.material[name].price), rho) for name, rho in books.recipe[project.process]]
        output = amount * sum(price * rho for price, rho in recipe if rho > 0)
        inputs = -amount * sum(price * rho for price, rho in recipe if rho < 0)
        cost = amount * float(project.unit_cost)
        expected = {
            "output_value": output,
            "input_value": inputs,
            "operating_cost": cost,
            "support": max(0.0, cost + inputs - output),
        }
        for column, value in expected.items():
            largest = max(output, inputs, abs(cost))
            found.equal(float(getattr(row, column)), value, (row.project, row.period, column), books.money, largest)


def stage_values(books: Books, found: Found) -> None:
    """Each stage's objective at the final plan lies between its bound and what it was held at (last: its incumbent)."""
    values = objectives(books)
    rows = rows_of(books.plan.stages)
    for name, limit in dict(books.options.get("bounds") or {}).items():
        if name in values:
            found.at_most(values[name][0], float(limit), (name, "above the bound of the model file"), values[name][1])
    for number, row in enumerate(rows):
        where = (row.stage,)
        bound = -math.inf if blank(row.bound) else float(row.bound)
        found.at_most(bound, float(row.incumbent), (*where, "bound"), 1.0, 1.0)
        if row.stage not in values:
            continue
        value, typical = values[row.stage]
        last = number == len(rows) - 1
        limit = float(row.incumbent) if last or blank(row.held_at) else float(row.held_at)
        found.at_most(value, limit, (*where, "final plan above its limit"), typical)
        found.at_most(bound, value, (*where, "final plan below the bound"), typical)


def cost_total(books: Books, found: Found) -> None:
    """The expected costs add up to the cost stage's objective where it is the last stage."""
    rows = rows_of(books.plan.stages)
    if not rows or rows[-1].stage != "cost":
        return
    total = sum(float(row.expected) for row in books.planned("cost"))
    found.equal(total, float(rows[-1].incumbent), ("sum of the cost table", "cost stage"), books.money)
