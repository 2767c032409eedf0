r"""Warm start: what a search has learnt, for the search of a similar case.

A chain whose rows, bounds and starts are the same in both cases keeps its cuts. Where its objective is $c'$ now and was $c$,

$$\min c' x \ge factor \min c x + \min_{lower \le x \le upper} (c' - factor\, c) x$$

for any factor that is not negative: a chain is seldom touched by a change elsewhere but for the weights of its dependence, which
all change alike, and then nothing is lost. Where the chain's linear program has ended is where it begins, and so does that of a
whole program which is not looked at by chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from quadopt.solver.highs import Basis
from quadopt.solver.matrix import Array, Program

Start = tuple[str, int]
"""A project, and the number of the period in which it starts."""
ROUNDING = 1e-12
"""Relative, by how much a factor is taken smaller: a quotient is rounded."""


@dataclass(frozen=True)
class KnownChain:
    """One chain, with what tells whether another of its pattern has the same `numbers`.

    `direction` is its objective, `cost`, with what linking rows cost, by its own columns; `prices`, cuts x starts seen, and
    `constants` are its cuts; `basis`: where its linear program has ended, starts last among the columns.
    """

    numbers: bytes
    cost: Array
    direction: Array
    prices: Array
    constants: Array
    basis: Basis

    def factor(self, cost: Array) -> float:
        """How many times its objective another one is at least, column by column; one where nothing counts in it."""
        counts = self.cost > 0
        least = float((cost[counts] / self.cost[counts]).min()) if counts.any() else 1.0
        return max(0.0, least * (1.0 - ROUNDING))

    def on(self, numbers: bytes, cost: Array, direction: Array, lower: Array, upper: Array) -> KnownChain:
        """The same for a chain with its pattern, columns within bounds; without cuts where none is known to hold."""
        factor = self.factor(cost)
        more = direction - factor * self.direction
        side = np.where(more > 0, lower, upper)
        shift = float((more[more != 0] * side[more != 0]).sum())
        holds = numbers == self.numbers and factor > 0 and np.isfinite(shift)
        return replace(
            self,
            numbers=numbers,
            cost=cost,
            direction=direction,
            prices=factor * self.prices if holds else self.prices[:0],
            constants=factor * self.constants + shift if holds else self.constants[:0],
        )


@dataclass(frozen=True)
class WarmStart:
    """What one search has learnt: chains by their patterns, the prices of the rows that link them, and by start how much of
    it the relaxation takes, where it takes any.

    `left_out`: suppliers left out of it, but for the chains, by number among `count` of the whole program, that each has
    `joined`. `ended`: by the pattern of a program that is not looked at by chain, where its linear program has ended.
    """

    chains: Mapping[bytes, KnownChain]
    linking_prices: Array
    relaxed: Mapping[Start, float]
    left_out: tuple[str, ...] = ()
    joined: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    count: int = 0
    ended: Mapping[bytes, Basis] = field(default_factory=dict)

    @classmethod
    def of_whole(cls, pattern: bytes, basis: Basis) -> WarmStart:
        """What a search leaves that is not by chain."""
        return cls({}, np.zeros(0), {}, ended={pattern: basis})

    def relaxed_of(self, starts: Sequence[Start]) -> Array:
        """How much the relaxation has taken of each of some starts."""
        return np.array([self.relaxed.get(start, 0.0) for start in starts])

    def fitting(self, patterns: Sequence[bytes]) -> int:
        """How many of some chains are known."""
        return sum(one in self.chains for one in patterns)


def pattern_of(program: Program, seen: Sequence[Start] = ()) -> bytes:
    """What tells whether two chains, or whole programs, have terms in the same places. `program`: of a chain its last columns are
    the starts that it sees."""
    a = program.a
    digest = hashlib.blake2b(repr((a.shape, list(seen))).encode(), digest_size=16)
    for places in (a.indptr, a.indices):
        digest.update(places.astype(np.int64).tobytes())
    return digest.digest()


def numbers_of(program: Program) -> bytes:
    """What tells whether two chains with the same pattern are the same but for their objectives."""
    digest = hashlib.blake2b(digest_size=16)
    for numbers in (program.a.data, program.lower, program.upper, program.row_lower, program.row_upper):
        digest.update((numbers + 0.0).tobytes())  # no negative zero
    return digest.digest()
