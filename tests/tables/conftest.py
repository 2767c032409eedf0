"""Fixtures of the tables' tests."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from small_tables import SMALL


@pytest.fixture
def small() -> dict[str, Any]:
    """A fresh copy of the small case."""
    return copy.deepcopy(SMALL)
