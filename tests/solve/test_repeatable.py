"""Search and proof that take turns: the same plan to the last digit, however fast either is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from quadopt.solver.highs import HighsModel
from quadopt.solver.local_search import LocalSearch
from quadopt.solver.outcome import Outcome
from quadopt.solver.stages import Staged
from quadopt.solver.turns import Turns
from quadopt.tables.case import Case
from tests.as_formulation import as_formulation
from tests.random_cases import random_tables
from tests.random_options import random_options

SEEDS = (0, 4, 13, 46, 61)
"""Random cases where the race without turns ends at one plan or at another."""


def staged(seed: int) -> Staged:
    """The stages of a random case, ready to run; HiGHS is not left alone first, so that the race is really run."""
    tables = random_tables(seed)
    rules = as_formulation(random_options(seed, tables))
    changes = {"repeatable": True, "gap": 0.01, "default_time_limit": 600.0, "time_limit": {}}
    out = Staged(Case.from_tables(tables), rules.model_copy(update={"solver": rules.solver.model_copy(update=changes)}))
    out.minimiser.alone_seconds = 0.0
    return out


def ended(seed: int) -> tuple[list[tuple[str, str, float, float]], bytes]:
    """How each stage ended, and the plan."""
    out = staged(seed)
    out.run()
    return [
        (stage.name, stage.status.value, stage.incumbent, stage.bound) for stage in out.stages
    ], out.values.tobytes()


def late(function: Any) -> Any:
    """A method that takes its time."""

    def slow(*arguments: Any, **more: Any) -> Any:
        time.sleep(0.01)
        return function(*arguments, **more)

    return slow


def assert_speed_changes_nothing(ended: Callable[[], Any]) -> Any:
    """What stages end with, asked each time anew, is the same with a slow search and with slow linear programs; gives it back."""
    first = ended()
    with patch.object(LocalSearch, "value", late(LocalSearch.value)):
        assert ended() == first
    with patch.object(HighsModel, "_run", late(HighsModel._run)):
        assert ended() == first
    return first


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_search_or_proof_changes_nothing(seed: int) -> None:
    stages, _ = assert_speed_changes_nothing(lambda: ended(seed))
    assert all(status == "optimal" for _, status, _, _ in stages)


def test_one_works_at_a_time() -> None:
    turns, working, worked = Turns(("a", "b")), threading.Lock(), []

    def work(name: str, rounds: int) -> None:
        with turns.of(name):
            for _ in range(rounds):
                assert working.acquire(blocking=False), "two at once"
                worked.append(name)
                working.release()
                turns.pass_on(name)

    threads = [threading.Thread(target=work, args=one) for one in (("b", 5), ("a", 2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)
    assert "".join(worked) == "ababbbb"


def test_a_start_that_highs_takes_for_better_than_it_is_proves_no_less() -> None:
    # HiGHS 1.16 took the start of this case's third stage, worth 181.8, for one worth 114.6, and ended with that as its bound.
    solves: list[tuple[bool, Outcome]] = []
    solve = HighsModel.solve

    def watched(self: HighsModel, gap: float, limit: float, start: Any = None, company: Any = None) -> Outcome:
        outcome = solve(self, gap, limit, start, company)
        solves.append((start is not None, outcome))
        return outcome

    with patch.object(HighsModel, "solve", watched):
        ended(13)
    started = [outcome for has_start, outcome in solves if has_start]
    assert started and all(
        outcome.bound >= outcome.incumbent * 0.989 - 1e-6 for outcome in started if outcome.is_optimal
    )
