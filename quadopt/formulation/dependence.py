r"""Dependence on any single supplier: the index, the worst, and what counts as depending.

| symbol       | name in code               | unit  | meaning                                                |
| ------------ | -------------------------- | ----- | ------------------------------------------------------ |
| $z_{nmt}$    | `dependence[n, m, t]`      | share | largest supplier's share; a unit short counts as dependent |
|              | `worst`                    | share | largest share of any member, material and supplier     |
|              | `square[s, n, m, t]`       | share | at least the square of a supplier's share (HHI)        |
| $h_tD$ or $h_t need$ | `amount[n, m, t]`  | units | what a share is taken of                               |
| $weight_{nmt}$ | `dependence_weight[n, m, t]` | share | weight in the index; they sum to one                |

`amount` is what the share is taken of: demand where the measure is traced, need where it is direct or hhi.
The method, section 5.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from quadopt.formulation import terms
from quadopt.formulation.components import Constraint, Grouped, Groups, Param, Set, Total, Var
from quadopt.formulation.structure import Place, Structure

TANGENTS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Shares at which the square is touched from below to begin with."""


def add(model: pyo.ConcreteModel, structure: Structure) -> None:
    """What is measured, with its weights; suppliers are added one by one."""
    rules = structure.options.dependence
    amount = _amounts(structure)
    places = list(dict.fromkeys((n, m) for n, m, _ in amount))
    first = worst_from(structure)
    counted = [(n, m, t) for n, m, t in amount if t >= first]
    model.measured = Set(dimen=3, initialize=list(amount))
    model.measured_places = Set(dimen=2, initialize=places)
    model.worst_places = Set(dimen=2, initialize=list(dict.fromkeys((n, m) for n, m, _ in counted)))
    model.worst_steps = Groups(model.worst_places, initialize=Grouped(counted))
    model.amount = Param(model.measured, initialize=list(amount.values()))
    model.dependence_weight = Param(model.measured, initialize=list(_weights(structure, amount).values()))

    model.dependence = Var(model.measured, domain=pyo.NonNegativeReals)
    model.worst = pyo.Var(domain=pyo.NonNegativeReals)

    model.depends_on = pyo.Block(pyo.Any)

    model.counts_shortage = Constraint(model.measured, rule=counts_shortage)
    if rules.objective == "worst":
        model.worst_counts_shortage = Constraint(model.worst_places, rule=worst_counts_shortage)
    if rules.measure == "hhi":
        model.counted = Set(dimen=1, initialize=structure.suppliers)
        model.square = Var(model.counted, model.measured, domain=pyo.NonNegativeReals)
        model.concentration = Constraint(model.measured, rule=concentration)
        model.touches_square = pyo.ConstraintList()
    model.dependence_index = Total(rule=dependence_index)


def add_supplier(model: pyo.ConcreteModel, structure: Structure, supplier: str) -> None:
    """The rows by which dependence is at least the share of one supplier."""
    measure = structure.options.dependence.measure
    rows = model.depends_on[supplier]
    reached = set(reached_places(model, structure, supplier))
    rows.reached = Set(dimen=3, initialize=[key for key in model.measured if key[:2] in reached])
    rows.worst_reached = Set(dimen=2, initialize=[place for place in model.worst_places if place in reached])

    def of_supplier(n: Any, m: Any, t: Any) -> Any:
        if measure == "traced":
            return model.exposure[supplier].served[n, m, t]
        return model.base.shipment[supplier, n, m, t]

    def at_least_share(rows: pyo.Block, n: Any, m: Any, t: Any) -> Any:
        r"""Where the measure is traced, and where it is direct:

        $z_{nmt}\, h_tD_{nmt} \ge v^\sigma_{nmt} + \sum_q u_{nmqt}$,
        $z_{nmt}\, h_t need_{nmt} \ge x_{\sigma nmt} + \sum_q u_{nmqt}$.
        """
        return model.amount[n, m, t] * model.dependence[n, m, t] >= of_supplier(n, m, t) + terms.short(
            model.base, n, m, t
        )

    def at_least_average(rows: pyo.Block, n: Any, m: Any) -> Any:
        r"""From `worst_from` on: $worst \sum_t h_tD_{nmt} \ge \sum_t (v^\sigma_{nmt} + \sum_q u_{nmqt})$."""
        exposed = sum(of_supplier(n, m, t) + terms.short(model.base, n, m, t) for t in model.worst_steps[n, m])
        return sum(model.amount[n, m, t] for t in model.worst_steps[n, m]) * model.worst >= exposed

    def touches_square(rows: pyo.Block, n: Any, m: Any, t: Any, k: Any) -> Any:
        r"""A tangent of the square at $share_k$: $square \ge 2\, share_k\, x_{\sigma nmt} / (h_t need) - share_k^2$."""
        taken = of_supplier(n, m, t) / model.amount[n, m, t]
        return model.square[supplier, n, m, t] >= 2 * rows.touched[k] * taken - rows.touched[k] * rows.touched[k]

    if measure == "hhi":
        rows.touched = pyo.Param(range(len(TANGENTS)), initialize=dict(enumerate(TANGENTS)))
        rows.touches_square = Constraint(rows.reached, pyo.RangeSet(1, len(TANGENTS) - 1), rule=touches_square)
    else:
        rows.at_least_share = Constraint(rows.reached, rule=at_least_share)
    if structure.options.dependence.objective == "worst":
        rows.at_least_average = Constraint(rows.worst_reached, rule=at_least_average)


def reached_places(model: pyo.ConcreteModel, structure: Structure, supplier: str) -> list[Place]:
    """The measured places that a supplier can reach, a member's own ones left out."""
    if structure.options.dependence.measure == "traced":
        return [p for p in model.measured_places if p in model.exposure[supplier].demand_places]
    return [(n, m) for n, m in model.measured_places if (supplier, n, m) in model.flows]


def add_tangents(
    model: pyo.ConcreteModel, structure: Structure, points: dict[tuple[str, str, str, int], float]
) -> None:
    """Touches the square at further shares, (supplier, member, material, step) -> share: HHI by tangents."""
    for (supplier, n, m, t), share in points.items():
        taken = model.base.shipment[supplier, n, m, t] / model.amount[n, m, t]
        model.touches_square.add(model.square[supplier, n, m, t] >= 2 * share * taken - share**2)


def worst_from(structure: Structure) -> int:
    """Number of the first period that counts for the worst: as stated, or the first with a candidate online."""
    case, stated = structure.case, structure.options.dependence.worst_from
    if stated:
        return case.periods.index(stated) + 1
    candidates = [p for p in structure.projects if p.status == "candidate"]
    for number, (begin, end) in enumerate(case.spans, 1):
        if any((p.online(case, p.starts, begin, end) > 0).any() for p in candidates):
            return number
    return 1


def _amounts(structure: Structure) -> dict[tuple[str, str, int], float]:
    case = structure.case
    number = {t: i + 1 for i, t in enumerate(case.periods)}
    out: dict[tuple[str, str, int], float] = {}
    if structure.options.dependence.measure == "traced":
        for (n, m, _, t), quantity in case.demand.items():
            key = (n, m, number[t])
            out[key] = out.get(key, 0.0) + case.length[t] * quantity
    else:
        places = set(structure.places)
        for (n, m, t), quantity in case.need.items():
            if n in case.members and quantity > 0 and (n, m) in places:
                out[n, m, number[t]] = case.length[t] * quantity
    return out


def _weights(structure: Structure, amount: dict[tuple[str, str, int], float]) -> dict[tuple[str, str, int], float]:
    """Weights that sum to one: by value (price x quantity x importance), or each material by its importance."""
    case = structure.case
    importance = {m: float(i) for m, i in case.column("materials", "material", "importance").items()}
    if structure.options.dependence.weight == "value":
        raw = {key: case.price[key[1]] * importance[key[1]] * a for key, a in amount.items()}
    else:
        total: dict[str, float] = {}
        for (_, m, _), a in amount.items():
            total[m] = total.get(m, 0.0) + a
        raw = {key: importance[key[1]] * a / total[key[1]] for key, a in amount.items()}
    everything = sum(raw.values())
    return {key: r / everything if everything else 0.0 for key, r in raw.items()}


def counts_shortage(model: pyo.ConcreteModel, n: Any, m: Any, t: Any) -> Any:
    r"""A unit short counts as wholly dependent, so that serving nobody does not look secure:

    $z_{nmt}\, h_tD \ge \sum_q u$.
    """
    return model.amount[n, m, t] * model.dependence[n, m, t] >= terms.short(model.base, n, m, t)


def worst_counts_shortage(model: pyo.ConcreteModel, n: Any, m: Any) -> Any:
    r"""The worst counts shortage too: $worst \sum_t h_tD_{nmt} \ge \sum_t \sum_q u_{nmqt}$."""
    short = sum(terms.short(model.base, n, m, t) for t in model.worst_steps[n, m])
    return sum(model.amount[n, m, t] for t in model.worst_steps[n, m]) * model.worst >= short


def concentration(model: pyo.ConcreteModel, n: Any, m: Any, t: Any) -> Any:
    r"""HHI, a unit short counting for the most that it can take off a square:

    $z_{nmt} \ge \sum_\sigma square_{\sigma nmt} + 2 \sum_q u / (h_t need)$.
    """
    squares = sum(model.square[s, n, m, t] for s in model.counted)
    return model.dependence[n, m, t] >= squares + 2 * terms.short(model.base, n, m, t) / model.amount[n, m, t]


def dependence_index(model: pyo.ConcreteModel) -> Any:
    r"""The index: $\sum_{nmt} weight_{nmt} z_{nmt}$."""
    return sum(model.dependence_weight[n, m, t] * model.dependence[n, m, t] for n, m, t in model.measured)
