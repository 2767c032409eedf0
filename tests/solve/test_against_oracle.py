"""Every stage of small random cases against brute force over all starts, written from the method alone."""

from __future__ import annotations

from typing import Any

import pytest

from quadopt.errors import NoPlanError
from quadopt.solver.stages import Staged
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.oracle import search
from tests.random_cases import random_tables
from tests.random_options import random_options

DIRECT = (55, 64, 68, 77, 84, 116)
"""Seeds whose random options measure direct dependence."""


def incumbents(case: Case, options: dict[str, Any]) -> dict[str, float] | None:
    """Stage -> what it came to, None without a plan."""
    staged = Staged(case, as_formulation(options))
    try:
        staged.run()
    except NoPlanError:
        return None
    return {stage.name: stage.incumbent for stage in staged.stages}


def by_brute_force(case: Case, options: dict[str, Any]) -> dict[str, float] | None:
    """The same by the oracle."""
    try:
        return search(case, options).values
    except ValueError:
        return None


@pytest.mark.parametrize("seed", [*range(20), *DIRECT])
def test_stages_equal_brute_force(seed: int) -> None:
    tables = random_tables(seed)
    options = random_options(seed, tables)
    case = Case.from_tables(tables)
    wanted = by_brute_force(case, options)
    if wanted is not None:
        wanted = {stage: pytest.approx(value, rel=1e-5, abs=1e-7) for stage, value in wanted.items()}
    assert incumbents(case, options) == wanted


def test_the_fixed_seeds_measure_direct_dependence() -> None:
    assert all(random_options(seed, random_tables(seed))["measure"] == "direct" for seed in DIRECT)
