"""How explanations say numbers: money with its currency, shares in points, lists with an `and`."""

from __future__ import annotations


def money(millions: float, currency: str) -> str:
    """An amount of money, `1,234 million USD`; small ones with two figures."""
    text = f"{millions:,.0f}" if abs(millions) >= 100 else f"{millions:,.3g}"
    return f"{text} million {currency}"


def points(difference: float) -> str:
    """A difference of shares, `1.3 percentage points`."""
    return f"{100 * difference:.3g} percentage points"


def share(value: float) -> str:
    """A share itself, `34.9 %`."""
    return f"{100 * value:.3g} %"


def points_or_money(objective: str, difference: float, currency: str) -> str:
    """A difference of an objective's value in its unit."""
    return points(difference) if objective == "dependence" else money(difference, currency)


def change_in_words(objective: str, difference: float, currency: str) -> str:
    """`dependence rises by 1.3 percentage points`."""
    way = "rises" if difference > 0 else "falls"
    return f"{objective} {way} by {points_or_money(objective, abs(difference), currency)}"


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def quantity(amount: float, unit: str) -> str:
    """An amount of a material, `1,234 t`."""
    return f"{amount:,.0f} {unit}" if abs(amount) >= 10 else f"{amount:,.3g} {unit}"
