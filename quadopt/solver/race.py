"""Race: a local search for plans on one core, a proof of the bound on the other, each hearing of the other's plans."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from quadopt.solver.best import Best
from quadopt.solver.bounds import Bounds
from quadopt.solver.chain_proof import ChainProof
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.gap import relative_gap
from quadopt.solver.highs import Company, HighsModel, Outcome, Status
from quadopt.solver.local_search import LocalSearch
from quadopt.solver.master import Master
from quadopt.solver.matrix import Array, Program
from quadopt.solver.part import Part
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.recourse import Cut
from quadopt.solver.turns import Turns
from quadopt.solver.valuation import Valuation, Value

MORE_CUTS = 3
"""Times as many cuts with which a MIP by chain begins anew."""
TIGHTER = 0.5
"""Part of the gap to which a MIP by chain goes: its own plans are worth more than its cuts say."""
CLOSING = 0.999
"""Part of the gap below its best plan where a MIP by chain looks for portfolios: where there are none the gap is closed."""
LOWER = 0.1
"""Part of the gap by which the best plan must have become better for it to begin anew from there."""
PROGRESS_SECONDS = 0.25
"""How often a listener hears of progress at most."""

SEARCH, PROOF = "search", "proof"

Proof = Part | Master | ChainProof
"""What a bound is proven with."""
Progress = Callable[[float, float], None]
"""Called with (incumbent, bound) while a stage is solved, in the objective's unit; nan where there is none yet."""


class Hearing(Company):
    """Passes progress on, not too often; ends the MIP when it has been called so many times."""

    def __init__(self, progress: Progress | None, most_calls: float = np.inf) -> None:
        self._progress, self._heard = progress, time.perf_counter()
        self._calls, self._most_calls = 0, most_calls

    def hear(self, incumbent: float, bound: float) -> None:
        """Tells the listener, unless it has heard a moment ago."""
        self._calls += 1
        if self._progress is not None and time.perf_counter() - self._heard >= PROGRESS_SECONDS:
            self._heard = time.perf_counter()
            self._progress(incumbent, bound)

    def is_over(self) -> bool:
        """Whether the MIP has had its calls."""
        return self._calls >= self._most_calls


@dataclass(frozen=True)
class Hint:
    """A portfolio that the proof came across, and about what it is worth."""

    portfolio: Array
    total: float


@dataclass(frozen=True)
class Found:
    """The best plan of a search: a point of the whole program, nothing in the columns left out, and its value."""

    values: Array
    total: float


class Race(Company):
    """Local search over one part of a program and bounds by others that see no more; ends at a gap or a deadline.

    The MIP hears and tells as its `Company`. The bound goes into `best`, the plan into `found`. The searching thread alone
    writes `found`, the proving one `_hint` and `best`.

    Of all `proofs` but the last only the relaxation is solved: each sees more than the one before.

    `is_repeatable`: the two take turns, a descent of the search and then the proof until it has been heard as often as portfolios
    are valued, each about an LP, so that what they find does not depend on how fast they are. One core is then enough.
    """

    def __init__(
        self,
        part: Part,
        proofs: Sequence[Proof],
        best: Best,
        gap: float,
        deadline: float,
        threads: int,
        is_repeatable: bool = False,
    ) -> None:
        self.part, self.proofs, self.best, self.gap, self.deadline = part, proofs, best, gap, deadline
        self.found: Found | None = None
        self.is_interrupted = False
        """Whether Ctrl-C ended it."""
        self._stop, self._is_relaxed = threading.Event(), threading.Event()
        self._is_by_chain = any(isinstance(proof, ChainProof) for proof in proofs)
        self._hint: Hint | None = None
        self._offered = np.inf
        self._proof: Proof = part
        self._program = part.program
        self._begin: Array | None = None
        self._most_cuts = np.inf
        self._target = np.inf
        """What the MIP that runs looks at most at: it bounds nothing above it."""
        self._threads = threads
        self._bounding: HighsModel | None = None
        self._cuts = list[Cut]()
        """Of the branches' pieces: they hold whichever suppliers are left out."""
        self._hearing = Hearing(None)
        self._is_repeatable = is_repeatable
        self._turns = Turns()
        self._calls = 0

    def prepare(
        self,
        valuation: Valuation | ChainedValuation,
        portfolios: Portfolios,
        progress: Progress | None,
        bounds: Bounds | None = None,
    ) -> None:
        """What the search values portfolios with, which ones there are, who hears of progress, and bounds known already."""
        self._hearing = Hearing(progress)
        self.local = LocalSearch(
            portfolios, valuation, self._keep, self.seconds_left, bounds, self.best.values is not None
        )

    def seconds_left(self) -> float:
        """Seconds that the race may go on; none once it is over."""
        return 0.0 if self.has_ended() else self.deadline - time.perf_counter()

    def look_around(self, known: list[Array], most_values: float = np.inf) -> None:
        """One descent from what is known, until so many portfolios are valued; the whole race where its proof is by chain, which
        soon tells where to look."""
        self.local.most_values = most_values
        if self._is_by_chain:
            self.run(known)
        else:
            self._wait(lambda: self._descend(known))

    def run(self, known: list[Array]) -> None:
        """Search and proof side by side, beginning with the first of the known portfolios that leads to a plan."""
        self._begin = known[0] if known else None
        if self._is_repeatable:
            # Where there is a plan already, the first thing wanted is a bound.
            self._turns = Turns((SEARCH, PROOF) if self.best.values is None else (PROOF, SEARCH))
        self._wait(lambda: self._search_on(known), self._prove)
        if self.found is None and self._hint is not None:
            hint = self._hint.portfolio
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
                    self._stop.set()
                    self.local.valuation.cancel()
                    if self._bounding is not None:
                        self._bounding.cancel()
        for job in running:
            job.result()

    def _keep(self, value: Value) -> None:
        self.found = Found(self.part.to_whole(value.values), value.total)
        self._hearing.hear(value.total, self.best.bound)

    @property
    def _lowest(self) -> float:
        return np.inf if self.found is None else self.found.total

    def _descend(self, known: list[Array]) -> None:
        """Betters what is known until there is a plan."""
        for portfolio in known:
            self.local.descend(portfolio)
            if self.local.portfolio is not None:
                break
        self._bound_by_search()

    def _bound_by_search(self) -> None:
        """The bound that valuations have left behind, where the proof has come to none: a weak one, but a bound."""
        if self.best.bound <= self.part.whole.least:
            self.best.raise_bound(self.local.bound())

    def _search_on(self, known: list[Array]) -> None:
        with self._turns.of(SEARCH), self._ending_both():
            self._descend(self._with_rounded(known))
            goes_on = self.local.portfolio is not None
            while goes_on and self.seconds_left() > 0:
                self._turns.pass_on(SEARCH)
                hint, self._hint = self._hint, None
                if hint is not None and hint.total < self._lowest:
                    self.local.descend(hint.portfolio)
                elif not (self._is_by_chain and self.local.seek(self._has_hint)):
                    goes_on = self.local.begin_anew(self._has_hint)
                if self.local.valued >= self.local.most_values:
                    self._stop.set()

    def _with_rounded(self, known: list[Array]) -> list[Array]:
        """Known portfolios, and before them what the relaxation rounds to: a search that waits for its cuts needs few values, and
        would slow the proof down. Where cuts are known from a similar case there is nothing to wait for."""
        chained = [proof for proof in self.proofs if isinstance(proof, ChainProof)]
        if not chained or any(proof.is_warm for proof in chained) or self._is_repeatable or not known:
            return known
        self.local.value(known[0])
        while self.seconds_left() > 0 and not self._is_relaxed.wait(0.1):
            pass
        points = [proof.relaxed for proof in chained if proof.relaxed is not None]
        return [*(self.local.portfolios.rounded(point, known[0]) for point in points), *known]

    def _has_hint(self) -> bool:
        return self._hint is not None and self._hint.total < self._lowest

    def _prove(self) -> None:
        with self._turns.of(PROOF), self._ending_both():
            for proof in self.proofs[:-1]:
                self._relax(proof)
            if self.seconds_left() > 0:
                self._prove_with(self.proofs[-1])
            if self.has_ended():
                self.local.valuation.cancel()

    @contextmanager
    def _ending_both(self) -> Iterator[None]:
        """Ends the other thread where one has come to grief."""
        try:
            yield
        except BaseException:
            self._stop.set()
            raise

    def _prove_with(self, proof: Proof) -> None:
        """MIPs that leave the search for plans to the other thread."""
        if isinstance(proof, Master):
            self._prove_by_cuts(proof)
        elif isinstance(proof, Part):
            if len(self.proofs) > 1:
                self._relax(proof)  # its MIP takes several times as long until it tells as much
            if self.seconds_left() > 0:
                self._bound_by(proof, proof.program)
        else:
            self._prove_by_chains(proof)
            if self.seconds_left() > 0:
                # A chain has no solution with some starts, or what linking rows cost is more than the gap.
                self._bound_by(proof.part, proof.part.program)

    def _relax(self, proof: Proof) -> None:
        """The bound of a proof's relaxation."""
        if self.seconds_left() <= 0:
            return
        if isinstance(proof, Master):
            self._relaxed_cuts(proof)
        elif isinstance(proof, Part):
            model = self._bounding = HighsModel(proof.program.relaxed, self._threads)
            self.hear(np.nan, model.solve(0.0, self.seconds_left()).bound)

    def _prove_by_chains(self, proof: ChainProof) -> None:
        """MIPs over starts and levels, each with the cuts that there are by then, until there is nothing more to prove so."""
        try:
            if self._begin is None or not proof.relax(
                self._begin, lambda bound: self.hear(np.nan, bound), self.seconds_left
            ):
                return
        finally:
            self._is_relaxed.set()
        if proof.is_warm and proof.relaxed is not None:
            rounded = self.local.portfolios.rounded(proof.relaxed, self._begin)
            self._hint = Hint(rounded, proof.bounds.at(rounded))
        while self.seconds_left() > 0:
            target = self._closing()
            ended = self._bound_by(proof, proof.program(target), target)
            if ended.values is not None:
                portfolio = np.round(ended.values[proof.portfolios.columns_of_starts])
                if not proof.cut(portfolio, self.seconds_left) and ended.is_optimal:
                    return
            elif ended.status is Status.INFEASIBLE and np.isfinite(target):
                self.best.raise_bound(target)
            elif ended.status is not Status.STOPPED_WITHOUT_PLAN:
                return

    def _closing(self) -> float:
        """The bound that closes the gap of the best plan so far, infinite without one."""
        return np.inf if self.found is None else self._lowest - CLOSING * self.gap * abs(self._lowest)

    def _prove_by_cuts(self, master: Master) -> None:
        """One MIP after the other, each with the cuts that the plan of the one before breaks, until it breaks none."""
        self._relaxed_cuts(master)
        is_kept = False
        while not is_kept and self.seconds_left() > 0:
            ended = self._bound_by(master, master.with_cuts(self._cuts))
            new = [] if ended.values is None else master.cuts_at(ended.values)
            is_kept = not new
            self._cuts += new

    def _relaxed_cuts(self, master: Master) -> None:
        """Cuts that make the bound of the relaxed master that of the relaxed program; a master before may have left some."""
        model = self._bounding = HighsModel(master.relaxed, self._threads)
        if self._cuts:
            model.add_rows(*master.rows_of(self._cuts))
        new = [] if self._cuts else master.cuts_at(master.program.lower)
        while self.seconds_left() > 0:
            if new:
                model.add_rows(*master.rows_of(new))
            self._cuts += new
            solved = model.solve(0.0, self.seconds_left())
            if solved.values is None or not solved.is_optimal:
                break
            self.hear(np.nan, solved.bound)
            new = master.cuts_at(solved.values)
            if not new:
                break

    def _bound_by(self, proof: Proof, program: Program, target: float = np.inf) -> Outcome:
        """One MIP; of a program that has a row for a target what is at or below it."""
        model = HighsModel(program, self._threads)
        is_open, is_by_chain = not np.isfinite(target), isinstance(proof, ChainProof)
        self._most_cuts = MORE_CUTS * self.local.bounds.added if is_by_chain else np.inf
        if not (is_by_chain and is_open):
            model.leave_search_to_others()
        if not is_open:
            model.leave_presolve_out()  # there is little to presolve, and no verdict of its own to be checked
        self._bounding, self._proof, self._program, self._target = model, proof, program, target
        self._offered = np.inf if is_open else -np.inf
        start = self.offer()
        if start is None and is_open and self.best.values is not None:
            self._offered, start = self.best.incumbent, proof.from_whole(self.best.values)
        gap = TIGHTER * self.gap if is_by_chain else self.gap
        ended = model.solve(gap, max(1.0, self.seconds_left()), start, self)
        self.best.last = ended.status
        self.best.raise_bound(min(ended.bound, target))
        if ended.values is not None:
            self.take(ended.values)
        has_no_plan = ended.status in (Status.INFEASIBLE, Status.UNBOUNDED) and is_open
        if has_no_plan and not isinstance(proof, Master):
            self._stop.set()
        return ended

    def hear(self, incumbent: float, bound: float) -> None:
        """Keeps the bound that the MIP has proven; hands over where its turn is over."""
        self.best.raise_bound(min(bound, self._target))
        self._hearing.hear(self._lowest if self.found is not None else np.nan, self.best.bound)
        self._calls += 1
        if self._calls >= self.local.valued:
            self._turns.pass_on(PROOF)

    def take(self, values: Array) -> None:
        """A plan of the MIP, as a hint for the local search."""
        program = self._program
        total = float(program.cost @ values + program.constant)
        if total < self._lowest:
            self._hint = Hint(np.round(values[program.is_integer]), total)

    def offer(self) -> Array | None:
        """The local search's best plan, once."""
        found = self.found
        if found is None or found.total >= self._offered:
            return None
        self._offered = found.total
        return self._proof.from_whole(found.values)

    def has_ended(self) -> bool:
        """Stopped, or the gap between the local search's plan and the bound is reached."""
        return self._stop.is_set() or relative_gap(self._lowest, self.best.bound) <= self.gap

    def is_over(self) -> bool:
        """Whether the MIP should stop: the race has ended, or with more cuts or a better plan it is worth beginning anew."""
        return self.has_ended() or self.local.bounds.added >= self._most_cuts or self._is_outdated

    @property
    def _is_outdated(self) -> bool:
        """Whether a MIP by chain would close the gap with fewer portfolios to look at, now that there is a better plan."""
        better = self._closing() + LOWER * self.gap * abs(self._lowest)
        return isinstance(self._proof, ChainProof) and better < self._target
