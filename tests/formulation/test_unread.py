"""What a model file does not read changes nothing in what the solver is given."""

from __future__ import annotations

import pytest

import quadopt
from quadopt.errors import InputError
from quadopt.formulation.unread import unread_tables
from tests.tiny import rules


def test_sharing_and_burden() -> None:
    assert unread_tables(rules(pact={"sharing": False})) == ("sharing", "countries.burden_weight")
    assert unread_tables(rules(pact={"burden": "weight"})) == ()


def test_a_what_if_in_vain_is_refused() -> None:
    case = quadopt.read_case("inputs/tutorial.xlsx")
    options = quadopt.read_formulation("no_sharing")
    with pytest.raises(InputError, match="does not read the table sharing"):
        case.with_changes("southland_keeps_its_stock", unread_tables(options))
    assert case.with_changes("southland_keeps_its_stock", unread_tables(quadopt.read_formulation("pact")))
