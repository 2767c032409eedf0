"""Rules of the table fund, and how the members share what they pay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from quadopt.formulation.build import Model
from quadopt.reasons.rules import Limit, Rule, Ruled
from quadopt.solver.matrix import Matrix, Program
from quadopt.tables.origins import Origin

TABLE = "fund"


def money_rules(ruled: Ruled) -> Iterator[Rule]:
    """Limits of contributions, stock budgets, and the burden's weights."""
    for member in ruled.case.members:
        yield from _contributions(ruled, member)
        yield from _stock_budgets(ruled, member)
    if ruled.options.pact.burden == "weight":
        yield _burden(ruled)
    if not ruled.options.pact.pooled:
        yield _unpooled(ruled)


def _contributions(ruled: Ruled, member: str) -> Iterator[Rule]:
    columns, upper = ruled.columns(ruled.model.pyomo.contribution), ruled.program.upper
    for origin, numbers in ruled.cells(TABLE, (member,), "limit"):
        own = [columns[member, t + 1] for t in numbers]
        length = ruled.lengths[numbers]
        limit = float(upper[own[0]] / length[0])
        words = f"{member} pays at most {{amount}} million {ruled.case.currency} a year into the fund"
        yield Rule(
            kind="contribution limit", table=TABLE, key=(member,), column="limit", periods=ruled.labels(numbers),
            origin=origin, words=words, value=limit,
            unit=f"million {ruled.case.currency} per year", worth=float(length.sum()),
            limits=tuple(Limit((k,), (1.0,), float(upper[k]), float(h)) for k, h in zip(own, length, strict=True)),
            uppers=tuple(own),
        )  # fmt: skip


def _stock_budgets(ruled: Ruled, member: str) -> Iterator[Rule]:
    rows = ruled.rows(ruled.base.within_stock_budget)
    for origin, every in ruled.cells(TABLE, (member,), "stock_limit"):
        numbers = [t for t in every if (member, t + 1) in rows]
        if not numbers:
            continue
        length = ruled.lengths[numbers]
        limit = float(ruled.base.stock_budget[member, numbers[0] + 1] / length[0])
        words = f"{member} spends at most {{amount}} million {ruled.case.currency} a year on filling its stockpiles"
        yield Rule(
            kind="stock budget", table=TABLE, key=(member,), column="stock_limit", periods=ruled.labels(numbers),
            origin=origin, words=words, value=limit,
            unit=f"million {ruled.case.currency} per year", worth=float(length.sum()),
            rows=tuple((rows[member, t + 1], float(h)) for t, h in zip(numbers, length, strict=True)),
        )  # fmt: skip


def _burden(ruled: Ruled) -> Rule:
    pyomo, tolerance = ruled.model.pyomo, ruled.options.pact.burden_tolerance
    rows = [*ruled.rows(pyomo.burden_at_most).values(), *ruled.rows(pyomo.burden_at_least).values()]
    return Rule(
        kind="burden", table="model", key=("pact",), column="burden_tolerance", periods=(),
        origin=Origin(f"model file {ruled.options.name}", None, "pact.burden_tolerance"),
        words="each member's share of all contributions follows its burden_weight, within "
        f"{tolerance:.4g} of all (pact.burden)",
        value=tolerance, unit="share of all contributions", worth=1.0, rows=tuple((row, 1.0) for row in rows),
    )  # fmt: skip


def with_transfers(model: Model, matrix: Matrix, program: Program) -> Program:
    """The program with what the members' accounts pass on to each other in each period, which `_unpooled` forbids.

    The columns come after all others; in each period they sum to zero.
    """
    if model.structure.options.pact.pooled:
        return program
    rows = [row for span in matrix.rows if span.name == "paid_from_fund" for row in range(span.first, span.last)]
    keys = list(model.pyomo.paid_from_fund.keys())
    periods = {t: number for number, t in enumerate(dict.fromkeys(t for _, t in keys))}
    count, height = len(rows), program.a.shape[0]
    passed = sp.csr_array((np.ones(count), (rows, range(count))), shape=(height, count))
    even = sp.csr_array((np.ones(count), ([periods[t] for _, t in keys], range(count))), shape=(len(periods), count))
    below = sp.hstack([sp.csr_array((len(periods), program.cost.size)), even])
    zero, free = np.zeros(count), np.full(count, np.inf)
    return replace(
        program,
        a=sp.csr_array(sp.vstack([sp.hstack([program.a, passed]), below], format="csr")),
        cost=np.concatenate([program.cost, zero]),
        lower=np.concatenate([program.lower, -free]),
        upper=np.concatenate([program.upper, free]),
        row_lower=np.concatenate([program.row_lower, np.zeros(len(periods))]),
        row_upper=np.concatenate([program.row_upper, np.zeros(len(periods))]),
        is_integer=np.concatenate([program.is_integer, zero > 0]),
        is_anchor=np.concatenate([program.is_anchor, zero > 0]),
    )


def _unpooled(ruled: Ruled) -> Rule:
    """Nothing is passed on between accounts; it gives by the most that one account passes on or gets in a period."""
    passed = range(ruled.matrix.width, ruled.program.cost.size)
    return Rule(
        kind="funds not pooled", table="model", key=("pact",), column="pooled", periods=(),
        origin=Origin(f"model file {ruled.options.name}", None, "pact.pooled"),
        words="every member pays for projects on its own soil only (pact.pooled = false)", value="false", unit="",
        worth=1.0, limits=tuple(Limit((column,), (sign,), 0.0, 1.0) for column in passed for sign in (1.0, -1.0)),
    )  # fmt: skip


def burden_needed(ruled: Ruled, values: np.ndarray) -> float:
    """The tolerance at which a point's contributions keep the burden rule."""
    columns = ruled.columns(ruled.model.pyomo.contribution)
    paid = {n: sum(values[k] for (m, _), k in columns.items() if m == n) for n in ruled.case.members}
    total = sum(paid.values())
    if total <= 0:
        return ruled.options.pact.burden_tolerance
    share = ruled.model.pyomo.burden_share
    return float(max(abs(paid[n] / total - share[n]) for n in paid))
