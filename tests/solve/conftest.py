"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pandas as pd
import pytest

COLUMNS = ["step", "material", "share_at_least", "share_proportional", "share_direct", "cost", "shortage"]


@pytest.fixture(autouse=True)
def no_three_steps(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leaves out the comparison with today's plan, most of a tiny case's time, unless a test is about it."""
    if "three_steps" in request.node.name:
        yield
        return
    with patch("quadopt.solver.answer.comparisons", return_value={"three_steps": pd.DataFrame(columns=COLUMNS)}):
        yield
