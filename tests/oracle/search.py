"""Brute force: every combination of starts, one linear program each, lexicographic stages (sections 4 and 7)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from tests.oracle.branches import build_branches, expected, risk
from tests.oracle.exposure import add_caps, index, trace, worst
from tests.oracle.money import cost, refill
from tests.oracle.path import Starts, build_path
from tests.oracle.program import Program, Sum, total
from tests.oracle.world import TINY, World

DEFAULTS: dict[str, Any] = {
    "order": ["shortage", "dependence", "stress", "cost"],
    "slacks": {},
    "suppliers": None,
    "dependence_weight": "value",
    "measure": "traced",
    "objective_dependence": "index",
    "worst_from": None,
    "pooled": True,
    "burden": "free",
    "burden_tolerance": 0.0,
    "sharing": True,
    "crisis_trade": "own_output",
    "step_years": 0.25,
    "recovery_years": 0.0,
    "risk": "expected",
    "alpha": 0.95,
    "caps": [],
    "disposed": "any",
}
SLACKS = {"shortage": (0.001, 0.0), "dependence": (0.0, 0.005), "stress": (0.001, 0.0), "cost": (0.001, 0.0)}


@dataclass
class Outcome:
    """Value of each stage in the order solved, what each was held at, and the starts that attain the last stage."""

    values: dict[str, float]
    held: dict[str, float]
    starts: dict[str, str]
    combinations: int


def combinations(world: World, options: dict) -> list[Starts]:
    """All allowed combinations of starts that the fund can pay."""
    names = list(world.project)
    choices: list[list[int | None]] = []
    for p in names:
        row = world.project[p]
        abroad = row["country"] not in world.members
        if not options["pooled"] and abroad and float(row["fund_share"]) * float(row["capex"]) > 0:
            choices.append([None])
        else:
            choices.append(world.start_options(p))
    out = []
    for combination in itertools.product(*choices):
        starts = dict(zip(names, combination, strict=True))
        if _fits(world, starts) and _payable(world, starts, options):
            out.append(starts)
    return out


def _fits(world: World, starts: Starts) -> bool:
    groups = [world.project[p]["exclusive_group"] for p, t in starts.items() if t is not None]
    groups = [group for group in groups if group]
    if len(groups) != len(set(groups)):
        return False
    for p, t in starts.items():
        if t is None:
            continue
        for other in world.project[p]["requires"]:
            first = starts[other]
            if first is None or world.complete(p, t) < world.complete(other, first) - TINY:
                return False
    return True


def _payable(world: World, starts: Starts, options: dict) -> bool:
    """Whether contributions exist that pay the starts: a linear program of the fund alone."""
    program = Program()
    gives = {
        (n, t): program.column(h * world.fund_limit.get((n,), [0.0] * len(world.periods))[t])
        for n in world.members
        for t, h in enumerate(world.years)
    }
    for account in [world.members] if options["pooled"] else [[n] for n in world.members]:
        balance: Sum | float = 0.0
        for t in range(len(world.periods)):
            bill = sum(
                world.paid_part(p, start, t) * float(world.project[p]["fund_share"]) * float(world.project[p]["capex"])
                for p, start in starts.items()
                if start is not None and (options["pooled"] or world.project[p]["country"] in account)
            )
            after = program.column(0.0 if t == len(world.periods) - 1 else float("inf"))
            program.equal(after, balance + total(gives[n, t] for n in account) - bill)
            balance = after
    if options["burden"] == "weight":
        everything = total(gives.values())
        weights = sum(world.burden[n] for n in world.members)
        for n in world.members:
            gap = total(gives[n, t] for t in range(len(world.periods))) - world.burden[n] / weights * everything
            program.at_most(gap, float(options["burden_tolerance"]) * everything)
            program.at_most(-gap, float(options["burden_tolerance"]) * everything)
    return program.minimise(Sum()) is not None


@dataclass
class Built:
    """The program of one combination of starts, and its objectives."""

    program: Program
    objectives: dict[str, Sum]


def build(world: World, starts: Starts, options: dict, stages: list[str]) -> Built:
    """The linear program that `stages` see, starts fixed."""
    program = Program()
    opening = {key: Sum(constant=float(row["initial"])) for key, row in world.pile.items()}
    base = build_path(world, program, starts, world.intervals, opening, None, options)
    goals = {
        "shortage": total(world.shortage_value(m, q) * u for (_, m, q, _), u in base.shortage.items()),
    }
    seen = {stage.split("_")[0] for stage in stages}
    traced_caps = any(cap["basis"] == "traced" for cap in options["caps"])
    exposed = {}
    if traced_caps or ("dependence" in seen and options["measure"] == "traced"):
        exposed = {s: trace(world, program, base, s, options) for s in options["suppliers"]}
    add_caps(world, program, base, exposed, options)
    if "dependence" in seen:
        goals["dependence"] = index(world, program, base, exposed, options)
        if options["objective_dependence"] == "worst":
            goals["dependence_mean"] = goals["dependence"]
            goals["dependence"] = worst(world, program, base, exposed, options)
    if seen & {"stress", "cost"}:
        branches = build_branches(world, program, base, starts, options)
        goals["stress"] = risk(world, program, branches, options)
        goals["stress_expected"] = expected(world, branches)
        goals["cost"] = cost(world, base, branches, starts) + refill(world, program, branches)
    return Built(program, goals)


def fill(world: World, options: dict) -> dict:
    """Options with their defaults. Raises `KeyError` for an unknown one."""
    unknown = set(options) - set(DEFAULTS)
    if unknown:
        raise KeyError(f"unknown options {sorted(unknown)}")
    out = {**DEFAULTS, **options}
    if out["suppliers"] is None:
        out["suppliers"] = world.outside
    return out


def stage_list(options: dict) -> list[str]:
    """The stages in order; one that looks at the worst only is followed by the mean or expected one."""
    out = []
    for stage in options["order"]:
        out.append(stage)
        if stage == "dependence" and options["objective_dependence"] == "worst":
            out.append("dependence_mean")
        if stage == "stress" and options["risk"] != "expected":
            out.append("stress_expected")
    return out


def search(case: Any, options: dict) -> Outcome:
    """Lexicographic optimum over all combinations of starts.

    Stage k is least over all combinations subject to earlier objectives at most what they are held at: incumbent +
    max(relative slack * |incumbent|, absolute slack). Raises `ValueError` where no combination has a plan.
    """
    world = World(case)
    options = fill(world, options)
    stages = stage_list(options)
    everything = left = combinations(world, options)
    outcome = Outcome({}, {}, {}, len(everything))
    built: dict[int, Built] = {}
    seen: set[str] = set()
    for k, stage in enumerate(stages):
        parts = {"money" if s in ("cost", "stress", "stress_expected") else s.split("_")[0] for s in stages[: k + 1]}
        if parts != seen:
            built, seen = {}, parts
        results = []
        for starts in left:
            key = id(starts)
            if key not in built:
                built[key] = build(world, starts, options, stages[: k + 1])
            goals = built[key].objectives
            held = [(goals[name], limit) for name, limit in outcome.held.items()]
            found = built[key].program.minimise(goals[stage], held)
            if found is not None:
                results.append((found[0], starts))
        if not results:
            raise ValueError(f"no combination of starts has a plan in stage {stage}")
        value, best = min(results, key=lambda pair: pair[0])
        given = options["slacks"]
        first = stage.split("_")[0]
        relative, absolute = given.get(stage, given.get(first, SLACKS[first]))
        limit = value + max(relative * abs(value), absolute)
        outcome.values[stage], outcome.held[stage] = value, limit
        outcome.starts = {p: "" if t is None else world.periods[t] for p, t in best.items()}
        left = [starts for least, starts in results if least <= limit + TINY]
    return outcome


def solve(case: Any, options: dict) -> dict[str, float]:
    """Value of each stage (shortage, stress, cost in millions; dependence 0..1); see `search`."""
    return search(case, options).values
