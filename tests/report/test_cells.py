"""What a cell, a header and a sheet's name may hold."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from quadopt.report.cells import LONGEST_TEXT, lines_needed, plain, print_text, sheet_name, unique_headers


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, np.inf, -np.inf, pd.NA, pd.NaT, ""])
def test_what_is_missing_or_not_finite_is_blank(missing: object) -> None:
    assert plain(missing) is None


@pytest.mark.parametrize(
    ("value", "cell"),
    [(np.float64(1.5), 1.5), (np.int64(3), 3), (np.True_, True), (("a", "b"), "a; b"), ("=1+1", "=1+1"),
     (date(2026, 5, 26), "2026-05-26"), (2**60, str(2**60)), ("\ud800", "?")],
)  # fmt: skip
def test_values_become_plain(value: object, cell: object) -> None:
    found = plain(value)
    assert found == cell
    assert type(found) is type(cell)


def test_long_text_is_cut_with_a_mark() -> None:
    found = plain("x" * 40_000)
    assert isinstance(found, str)
    assert len(found) == LONGEST_TEXT
    assert found.endswith("[cut]")
    assert plain("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT


def test_sheet_names_are_short_clean_and_unique() -> None:
    taken: list[str] = []
    for name in ["a" * 40, "A" * 40, "x/y:z", "X_Y_Z", "History", "''", ""]:
        taken.append(sheet_name(name, taken))
    assert len({name.lower() for name in taken}) == len(taken)
    assert max(map(len, taken)) <= 31
    assert not any(set(name) & set("[]:*?/\\") for name in taken)
    assert "history" not in {name.lower() for name in taken}


def test_headers_are_unique_whatever_the_case() -> None:
    assert unique_headers(["Capex", "capex", "", "a\nb"]) == ["Capex", "capex (2)", "column", "a b"]


def test_lines_are_counted_at_words() -> None:
    assert lines_needed("", 10) == 1
    assert lines_needed("Cost\n[million USD]", 13) == 2
    assert lines_needed("one two three", 7) == 2


def test_printed_text_holds_no_command() -> None:
    assert print_text("iron & steel\n") == "iron && steel"
    assert len(print_text("&" * 1_000)) <= 240
