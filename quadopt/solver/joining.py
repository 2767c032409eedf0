"""Joining: which of the traced suppliers a stage's search looks at, everywhere or in some chains alone, and who joins.

A supplier that is left out matters where the rows that say how dependent a plan is on it have a noticeable price in the
whole program.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TypeVar

import numpy as np

from quadopt.solver.chains import Chains
from quadopt.solver.matrix import Array, Mask, Matrix, Program
from quadopt.solver.part import Part, owned_by
from quadopt.solver.warm_start import WarmStart

PRICED = 0.02
"""A supplier matters if the prices of its dependence rows, a share of one counted, sum to this share of the largest such sum."""
Key = TypeVar("Key")


class Joining:
    """`active` are the suppliers looked at everywhere, the same list from stage to stage; `traced` those in the program.

    `results`: the program's columns that are shares of one.
    """

    def __init__(self, matrix: Matrix, program: Program, active: list[str], traced: list[str], results: Mask) -> None:
        self._matrix, self._program, self._active, self._traced = matrix, program, active, traced
        self._results = results
        self.chains: dict[str, set[int]] = {}
        """By supplier the numbers of those chains of the whole program where it is looked at, if not everywhere."""
        self._but: dict[str, tuple[Mask, Mask]] = {}
        """Their rows and columns of the supplier."""
        self._in_some = set[str]()
        """Suppliers that mattered in a similar search, or a stage before, in some chains alone."""
        self._mattering = list[str]()
        """Those that matter most, for the stages after this one."""

    @cached_property
    def _share(self) -> Array:
        """By row, how much of it a share of one is: what prices are counted with."""
        return np.asarray(np.abs(self._program.a[:, self._results]).sum(axis=1)).ravel()

    def waiting(self) -> list[str]:
        """Suppliers that are not looked at so far, or in some chains alone."""
        return [s for s in self._traced if s not in self._active or s in self._in_some]

    def part(self, left_out: list[str]) -> Part:
        """The program without some suppliers, but in the chains where they are looked at."""
        return Part.without(left_out, self._matrix, self._program, self._but)

    def everywhere(self, suppliers: Iterable[str]) -> None:
        """Looks at suppliers everywhere."""
        self._in_some -= set(suppliers)
        self._active += [s for s in suppliers if s not in self._active]

    def in_chain(self, supplier: str, number: int, chains: Chains) -> None:
        """Looks at a supplier in one of the whole program's chains."""
        own_rows, own_columns = owned_by(supplier, self._matrix)
        rows, columns = self._but.get(supplier, (np.zeros_like(own_rows), np.zeros_like(own_columns)))
        of_chain = chains.shapes[number].rows, chains.shapes[number].columns
        rows[of_chain[0]] |= own_rows[of_chain[0]]
        columns[of_chain[1]] |= own_columns[of_chain[1]]
        self._but[supplier] = rows, columns
        self.chains.setdefault(supplier, set()).add(number)

    def begin_from(self, warm: WarmStart, chains: Chains) -> None:
        """Looks at suppliers in those of the whole program's chains where they joined in a similar search."""
        if len(chains.shapes) != warm.count:
            return
        self._in_some = set(warm.left_out)
        for supplier in set(warm.joined).intersection(self._traced):
            for number in warm.joined[supplier]:
                self.in_chain(supplier, number, chains)

    def by_prices(self, prices: Array, part: Part, chains: Chains | None) -> bool:
        """Lets suppliers left out of a part join where prices of the whole program's rows say that they matter, in those of its
        chains alone where it has any; whether there are any such suppliers."""
        weights = prices * self._share
        depending = {s: self._depends_on(s) for s in part.left_out}
        worth = {s: float(weights[own].sum()) for s, own in depending.items()}
        mattering = sorted(_priced(worth), key=lambda s: -worth[s])
        if chains is None:
            self.everywhere(mattering)
            return bool(mattering)
        self._mattering += [s for s in mattering if s not in self._mattering]
        by_chain: dict[tuple[str, int], float] = {}
        for supplier, own in depending.items():
            left_out = np.where(own & ~part.rows, weights, 0.0)
            for number, shape in enumerate(chains.shapes):
                by_chain[supplier, number] = float(left_out[shape.rows].sum())
        joining = _priced(by_chain)
        for supplier, number in joining:
            self.in_chain(supplier, number, chains)
        return bool(joining)

    def keep(self) -> None:
        """Lets later stages look everywhere at those that have mattered most."""
        self._active += [s for s in self._mattering if s not in self._active]

    def _depends_on(self, supplier: str) -> Mask:
        """The rows that say how dependent a plan is on a supplier."""
        return self._matrix.owned({("depends_on", supplier)})[0]


def _priced(worth: dict[Key, float]) -> list[Key]:
    least = PRICED * max(worth.values())
    return [key for key in worth if worth[key] > least]
