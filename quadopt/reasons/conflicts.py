"""Conflicts: a minimal set of the user's rules that no plan can keep together, given the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from quadopt.formulation.build import Model
from quadopt.formulation.options import Formulation
from quadopt.reasons import model_rules, money_rules, project_rules, stock_rules, supply_rules
from quadopt.reasons.elastic import Elastic
from quadopt.reasons.rules import Rule, Ruled
from quadopt.solver.goals import prepare
from quadopt.solver.matrix import Matrix
from quadopt.solver.stages import ANCHORS
from quadopt.tables.case import Case


def ruled(case: Case, options: Formulation) -> Ruled:
    """The model of a case without what its rules keep out: all starts, all routes; branches only where a bound sees them."""
    tables = dict(case.tables)
    tables["projects"] = project_rules.without_rules(case)
    tables["routes"] = supply_rules.without_routes(case)
    model = Model(Case(tables, case.raw, [], case.source), options)
    if any(cap.from_period for cap in options.caps):
        model.add_caps()
    if options.approach == "bounded":
        for objective in options.bounds:
            prepare(model, options, objective, model.structure.has_crises)
    matrix = Matrix(model.pyomo)
    matrix.extend()
    program = matrix.program(model.pyomo.shortage_total, ANCHORS)
    return Ruled(case, options, model, matrix, money_rules.with_transfers(model, matrix, program))


def rules_of(found: Ruled) -> list[Rule]:
    """All rules of a case and its model file."""
    return [
        *project_rules.project_rules(found),
        *money_rules.money_rules(found),
        *stock_rules.stock_rules(found),
        *supply_rules.supply_rules(found),
        *model_rules.model_rules(found),
    ]


GIVES = 1e-9
"""Above which a rule counts as giving, in its own unit."""
MOST_CELLS = 24
"""A conflict of more cells than this is not narrowed down to single periods."""


def clauses(rules: Sequence[Rule]) -> list[list[int]]:
    """The rules, by number, that a reader takes as one: the cells of one limit in different periods."""
    found: dict[tuple[object, ...], list[int]] = {}
    for number, rule in enumerate(rules):
        found.setdefault((rule.kind, rule.table, rule.key, rule.column), []).append(number)
    return list(found.values())


def minimal_conflict(elastic: Elastic) -> list[list[int]]:
    """Clauses, as rules by number, that no plan keeps together while any clause left out lets one; none where a plan
    keeps all.

    Where the rules that members decide on conflict among themselves, the conflict is told in them, without supply and routes. A
    conflict of few cells is narrowed down to the periods that it needs: there every single cell left out lets a plan.
    """
    everything = list(range(len(elastic.rules)))
    if elastic.is_feasible(everything):
        return []
    choices = [k for k in everything if elastic.rules[k].is_choice]
    candidates = set(_candidates(elastic, everything if elastic.is_feasible(choices) else choices))
    order = [clause for clause in clauses(elastic.rules) if candidates & set(clause)]
    order.sort(key=lambda clause: elastic.rules[clause[0]].is_choice)
    needed = _needed(order, lambda kept: not elastic.is_feasible(_joined(kept)))
    cells = _joined(needed)
    if len(needed) < len(cells) <= MOST_CELLS:
        cells = _joined(_needed([[cell] for cell in cells], lambda kept: not elastic.is_feasible(_joined(kept))))
    return [kept for clause in needed if (kept := [cell for cell in clause if cell in cells])]


def _joined(parts: Iterable[list[int]]) -> list[int]:
    return [number for part in parts for number in part]


def _candidates(elastic: Elastic, among: list[int]) -> list[int]:
    """Some of rules that conflict, which conflict among themselves, though not all of them may be needed.

    Those in which HiGHS finds an LP's conflict; where that needs whole projects, those that give in turn, each kept from then
    on, until no plan is left (the elastic filter of Chinneck).
    """
    found = elastic.rules_in(elastic.conflicting_rows(among))
    if found and not elastic.is_feasible(found):
        return found
    kept: list[int] = []
    while (outcome := elastic.cheapest(kept, among)).has_plan:
        giving = [k for k in among if elastic.given(outcome)[k] > GIVES and k not in kept]
        if not giving:
            return among
        kept += giving
    return kept


def _needed(order: Sequence[list[int]], conflict: Callable[[list[list[int]]], bool]) -> list[list[int]]:
    """What is left of parts that conflict when all that can be left out are, the first in order first.

    Halves are tried before what they hold: much goes at once where little is needed.
    """
    kept, waiting = list(order), [list(order)]
    while waiting:
        group = waiting.pop(0)
        rest = [part for part in kept if part not in group]
        if conflict(rest):
            kept = rest
        elif len(group) > 1:
            middle = len(group) // 2
            waiting[:0] = [group[:middle], group[middle:]]
    return kept


def has_plan(case: Case, options: Formulation, seconds: float = 60.0) -> bool:
    """Whether a plan keeps all rules of a case and its model file. Raises `NoPlanError` where it is not known in time."""
    found = ruled(case, options)
    rules = rules_of(found)
    return Elastic(found.program, rules, options.solver.threads, seconds).is_feasible(range(len(rules)))
