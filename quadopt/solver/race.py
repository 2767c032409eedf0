"""Race: a local search for plans on one core, a proof of the bound on the other, each hearing of the other's plans."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

import numpy as np

from quadopt.solver.best import Best
from quadopt.solver.bounds import Bounds
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.contest import PROOF, SEARCH, Contest, Found
from quadopt.solver.limits import Limit
from quadopt.solver.local_search import LocalSearch
from quadopt.solver.matrix import Array
from quadopt.solver.part import Part
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.priced import PricedProof, PricedValuation
from quadopt.solver.proving import Proof, Proving
from quadopt.solver.turns import Turns
from quadopt.solver.valuation import Valuation

LOOKS_UP = 0.02
"""Seconds after which a search looks again what the relaxation has come to."""
HEAD_START = 0.5
"""Seconds that the proof leaves to the search's first plan, where it is not by chain."""


class Race:
    """Local search over one part of a program (`local`) and bounds by proofs that see no more (`proving`); ends at a gap or a
    deadline. The bound goes into `best`, the plan into `found`.

    The search values portfolios with `valuation` and keeps `bounds`; `limits` are what is known of earlier objectives. Where
    there is a proof by chain at a price, `priced`, it goes on by chain too as soon as the price is found.

    `is_repeatable`: the two take turns, a descent of the search and then the proof until it has been heard as often as portfolios
    are valued, each about an LP, so that what they find does not depend on how fast they are. One core is then enough.
    """

    def __init__(
        self,
        contest: Contest,
        proofs: Sequence[Proof],
        valuation: Valuation | ChainedValuation,
        portfolios: Portfolios,
        threads: int,
        bounds: Bounds | None = None,
        is_repeatable: bool = False,
        limits: Sequence[Limit] = (),
        priced: PricedProof | None = None,
    ) -> None:
        self.contest, self._is_repeatable = contest, is_repeatable
        has_plan = contest.best.values is not None
        self.local = LocalSearch(portfolios, valuation, contest.keep, contest.seconds_left, bounds, has_plan, limits)
        self.proving = Proving(contest, proofs, self.local, threads, priced)
        self.is_interrupted = False
        """Whether Ctrl-C ended it."""

    @property
    def part(self) -> Part:
        """What is searched."""
        return self.contest.part

    @property
    def best(self) -> Best:
        """The stage's best plan of the whole program, and its bound."""
        return self.contest.best

    @property
    def found(self) -> Found | None:
        """The best plan of the part, if there is any."""
        return self.contest.found

    def look_around(self, known: list[Array], most_values: float = np.inf) -> None:
        """One descent from what is known, until so many portfolios are valued; the whole race where its proof is by chain, which
        soon tells where to look."""
        self.local.most_values = most_values
        if self.proving.by_chain:
            self.run(known)
        else:
            self._wait(lambda: self._descend(known))

    def run(self, known: list[Array]) -> None:
        """Search and proof side by side, beginning with the first of the known portfolios that leads to a plan."""
        if self._is_repeatable:
            # Where there is a plan already, the first thing wanted is a bound.
            self.contest.turns = Turns((SEARCH, PROOF) if self.best.values is None else (PROOF, SEARCH))
        self._wait(lambda: self._search_on(known), lambda: self._prove(known[0] if known else None))
        if self.found is None and self.contest.hint is not None:
            hint = self.contest.hint.portfolio
            self._wait(lambda: self._descend([hint]))

    def _wait(self, *jobs: Callable[[], None]) -> None:
        """Runs jobs in threads of their own; Ctrl-C ends them and keeps what they have found."""
        with ThreadPoolExecutor(len(jobs)) as pool:
            running: list[Future[None]] = [pool.submit(job) for job in jobs]
            while True:
                try:
                    if not wait(running, timeout=0.2).not_done:
                        break
                except KeyboardInterrupt:
                    self.is_interrupted = True
                    self.contest.stop()
                    self.local.cancel()
                    self.proving.cancel()
        for job in running:
            job.result()

    @contextmanager
    def _ending_both(self) -> Iterator[None]:
        """Ends the other thread where one has come to grief."""
        try:
            yield
        except BaseException:
            self.contest.stop()
            raise

    def _prove(self, begin: Array | None) -> None:
        with self.contest.turns.of(PROOF), self._ending_both():
            if not self._ends_at_once():
                self.proving.run(begin)
            if self.contest.has_ended():
                self.local.cancel()

    def _ends_at_once(self) -> bool:
        """Whether the first plan leaves nothing to prove, as one without shortage; a MIP that has begun would not end soon."""
        until = time.perf_counter() + (0.0 if self._is_repeatable or self.proving.by_chain else HEAD_START)
        while time.perf_counter() < until and not self.contest.has_ended():
            time.sleep(0.01)
        return self.contest.has_ended()

    def _descend(self, known: list[Array]) -> None:
        """Betters what is known until there is a plan."""
        for portfolio in known:
            self.local.descend(portfolio, self._is_priced)
            if self.local.portfolio is not None:
                break
        self._bound_by_search()

    def _bound_by_search(self) -> None:
        """The bound that valuations have left behind, where the proof has come to none: a weak one, but a bound."""
        if self.best.bound <= self.part.whole.least:
            self.best.raise_bound(self.local.bound())

    def _search_on(self, known: list[Array]) -> None:
        contest = self.contest
        with contest.turns.of(SEARCH), self._ending_both():
            self._begin(known)
            goes_on = self.local.portfolio is not None
            knows_much = self.proving.by_chain or self.local.limits
            while goes_on and contest.seconds_left() > 0:
                contest.turns.pass_on(SEARCH)
                self._go_by_chain()
                hint, contest.hint = contest.hint, None
                if hint is not None and hint.total < contest.lowest:
                    self.local.descend(hint.portfolio)
                elif not (knows_much and self.local.seek(contest.has_hint)):
                    goes_on = self.local.begin_anew(contest.has_hint)
                if self.local.valued >= self.local.most_values:
                    contest.stop()

    def _is_priced(self) -> bool:
        """Whether portfolios can be valued by chain now, and are not so far."""
        proof = self.proving.priced
        return proof is not None and proof.is_priced and isinstance(self.local.valuation, Valuation)

    def _go_by_chain(self) -> None:
        """Goes on with values by chain, once the proof has found the price of what is held."""
        proof, together = self.proving.priced, self.local.valuation
        if proof is not None and isinstance(together, Valuation) and self._is_priced():
            self.local.go_on_with(PricedValuation(proof, together, self.local.limits, lambda: self.contest.lowest))

    def _begin(self, known: list[Array]) -> None:
        """A first descent from what is known, beside a relaxation by chain from what that rounds to: with its cuts few values
        are needed. Where cuts are known from a similar case there is nothing to wait for."""
        chained, valuation = self.proving.by_chain, self.local.valuation
        if not chained or self._is_repeatable or not known:
            self._descend(known)
        elif any(proof.is_warm for proof in chained):
            self._descend(known)
            self._round_while_relaxing(known[0])
        else:
            self.local.value(known[0])
            self._round_while_relaxing(known[0])
            for proof in chained:
                if proof.ended is not None and isinstance(valuation, ChainedValuation):
                    valuation.begin_at(proof.ended)
            rounded = self.local.portfolios.rounded
            self._descend([*(rounded(point, known[0]) for point in self._relaxed()), *known])

    def _round_while_relaxing(self, first: Array) -> None:
        """Values what the relaxation's points round to, until it is solved: a plan, and cuts for it."""
        points: list[Array] = []
        while self.contest.seconds_left() > 0 and not self.proving.is_relaxed.wait(LOOKS_UP):
            before, points = points, self._relaxed()
            for point in points:
                if not any(point is one for one in before):
                    self.local.value(self.local.portfolios.rounded(point, first))

    def _relaxed(self) -> list[Array]:
        """The points that the relaxations by chain have come to so far, new ones each time that they are solved."""
        return [proof.relaxed for proof in self.proving.by_chain if proof.relaxed is not None]
