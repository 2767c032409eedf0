"""Stockpiles and their sharing."""

from __future__ import annotations

from quadopt.tables.checked import Checked


def stocks_fit(checked: Checked) -> None:
    """Initial stock and minimum fit into the capacity; the minimum is given once."""
    for row in checked.rows("stockpiles"):
        name = f"{row.get('country')}, {row.get('material')}"
        capacity = row.get("capacity")
        for column, words in (("initial", "the initial stock"), ("minimum", "the minimum")):
            amount = row.get(column)
            if capacity is not None and amount is not None and amount > capacity:
                checked.error("stockpiles", f"{name}: {words} is above the capacity of {capacity:g}", row, column,
                              expected=f"at most {capacity:g}")  # fmt: skip
        if row.get("minimum") is not None and row.get("minimum_days") is not None:
            checked.error("stockpiles", f"{name}: both minimum and minimum_days are given", row, "minimum_days",
                          expected="one of the two")  # fmt: skip


def sharing_is_with_others(checked: Checked) -> None:
    """A provider shares with others."""
    for row in checked.rows("sharing"):
        if row.get("provider") is not None and row.get("provider") == row.get("receiver"):
            checked.error("sharing", f"{row.get('provider')} shares with itself", row, "receiver",
                          expected="another member, or blank for any")  # fmt: skip


RULES = (stocks_fit, sharing_is_with_others)
