"""Branched chains: each chain's linear program with its branches as cuts, so that a portfolio is valued in a fraction of the time
that the branches take as rows and columns of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from quadopt.solver.branched import BranchedValuation
from quadopt.solver.chains import Chains
from quadopt.solver.master import Master
from quadopt.solver.matrix import Array, Mask, Program
from quadopt.solver.part import Part
from quadopt.solver.recourse import Answer, Cut, Piece, Recourse, Shape, alone, shapes_of


class BranchedChain:
    """The linear program of one chain, its branches (rows and columns of the program) as cuts; resident, as a `Piece` is.

    Raises `ValueError` where the branches cannot be cut apart.
    """

    def __init__(self, number: int, shape: Shape, program: Program, branches: tuple[Mask, Mask], threads: int) -> None:
        self._number, self._shape = number, shape
        self._own, is_start = shape.columns.size, np.ones(shape.seen.size, dtype=bool)
        own = alone(shape, program)
        own = replace(own, is_integer=np.append(np.zeros(self._own, dtype=bool), is_start))
        rows, columns = branches[0][shape.rows], np.append(branches[1][shape.columns], ~is_start)
        shapes = shapes_of(own, rows, columns)
        if shapes is None:
            raise ValueError("branches that count in several ways cannot be cut apart")
        part = Part(own, np.ones_like(rows), np.ones_like(columns), ())
        master = Master(part, Recourse(own, shapes, threads), np.zeros_like(rows))
        self._valuation = BranchedValuation(master, np.zeros(columns.size), threads)

    def answer(self, x: Array, seconds: float) -> Answer | None:
        """The least level beside a point of the program; None where there is no solution, or none in time."""
        value = self._valuation.value(x[self._shape.seen], seconds)
        if value is None:
            return None
        return Answer(value.total, value.values[: self._own], Cut(self._number, value.prices, value.offset))

    def redirect(self, direction: Array) -> None:
        """Another level from now on: what it is of the chain's own columns, those of branches as before."""
        self._valuation.redirect(np.append(direction, np.zeros(self._shape.seen.size)))

    def cancel(self) -> None:
        """Ends a solve that is under way in another thread."""
        self._valuation.cancel()


class BranchedChains:
    """What the chains of a program with branches (rows and columns of it) come to; two threads may ask, in turns."""

    def __init__(self, chains: Chains, branches: tuple[Mask, Mask], threads: int) -> None:
        self._chains = chains
        self._one_at_a_time = threading.Lock()
        self._pieces = [
            BranchedChain(k, shape, chains.program, branches, threads)
            if branches[1][shape.columns].any()
            else Piece(k, shape, chains.program, threads)
            for k, shape in enumerate(chains.shapes)
        ]

    def answers(self, portfolio: Array, seconds: float) -> list[Answer] | None:
        """What every chain comes to with a portfolio, parts of starts allowed; None where one has no solution, or not in time."""
        point, deadline = self._chains.start(portfolio), time.perf_counter() + seconds
        answers = list[Answer]()
        with self._one_at_a_time:
            for piece in self._pieces:
                answer = piece.answer(point, max(0.0, deadline - time.perf_counter()))
                if answer is None:
                    return None
                answers.append(answer)
        return answers

    def point(self, portfolio: Array, answers: Sequence[Answer]) -> Array:
        """A point of the program with a portfolio and what its chains come to, money left out."""
        out = self._chains.start(portfolio)
        for shape, answer in zip(self._chains.shapes, answers, strict=True):
            out[shape.columns] = answer.values
        return out

    def redirect(self, chains: Chains) -> None:
        """The same chains with other levels from now on."""
        self._chains = chains
        for piece, shape in zip(self._pieces, chains.shapes, strict=True):
            piece.redirect(shape.direction)

    def cancel(self) -> None:
        """Ends what is under way in another thread."""
        for piece in self._pieces:
            piece.cancel()
