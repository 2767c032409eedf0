"""Proving: the bound of a race, by MIPs and relaxations that leave the search for plans to the other thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from quadopt.solver.chain_proof import ChainProof
from quadopt.solver.company import Company
from quadopt.solver.contest import PROOF, Contest, Hint
from quadopt.solver.highs import HighsModel
from quadopt.solver.local_search import LocalSearch
from quadopt.solver.master import Master
from quadopt.solver.matrix import Array, Program
from quadopt.solver.outcome import Outcome, Status
from quadopt.solver.part import Part
from quadopt.solver.priced import PricedProof
from quadopt.solver.recourse import Cut

TIGHTER = 0.5
"""Part of the gap to which a MIP by chain goes: its own plans are worth more than its cuts say."""
LOWER = 0.1
"""Part of the gap by which the best plan must have become better for it to begin anew from there."""

Proof = Part | Master | ChainProof
"""What a bound is proven with."""


class Proving(Company):
    """Bounds by `proofs` that see no more than the part of a contest; of all but the last only the relaxation is solved: each
    sees more than the one before. Where there is one by chain at a price, `priced`, it comes before them all.

    The MIP hears and tells as its `Company`: it is offered the better plans of the search, `local`, and leaves hints to it.
    """

    def __init__(
        self,
        contest: Contest,
        proofs: Sequence[Proof],
        local: LocalSearch,
        threads: int,
        priced: PricedProof | None = None,
    ) -> None:
        self.proofs = proofs
        self.priced = priced
        self.is_relaxed = threading.Event()
        """Whether the relaxation by chain is solved, or given up."""
        self._contest, self._local, self._threads = contest, local, threads
        self._offered = np.inf
        self._proof: Proof = contest.part
        self._program = contest.part.program
        self._most_cuts = np.inf
        self._target = np.inf
        """What a plan of the MIP that runs is worth at most."""
        self._running: HighsModel | None = None
        self._came_across = list[Array]()
        """Portfolios of the plans of the MIP that runs, the better ones later."""
        self._cuts = list[Cut]()
        """Of the branches' pieces: they hold whichever suppliers are left out."""
        self._calls = 0

    @property
    def by_chain(self) -> list[ChainProof]:
        """Those of the proofs that are by chain."""
        return [proof for proof in self.proofs if isinstance(proof, ChainProof)]

    def run(self, begin: Array | None) -> None:
        """All proofs in order; `begin` is a portfolio to begin with."""
        if self.priced is not None:
            self._prove_by_chains(self.priced, begin)
        for proof in self.proofs[:-1]:
            self._relax(proof)
        if self._contest.seconds_left() > 0:
            self._prove_with(self.proofs[-1], begin)

    def cancel(self) -> None:
        """Ends what is under way in another thread."""
        if self._running is not None:
            self._running.cancel()

    def _prove_with(self, proof: Proof, begin: Array | None) -> None:
        if isinstance(proof, Master):
            self._prove_by_cuts(proof)
        elif isinstance(proof, Part):
            if len(self.proofs) > 1:
                self._relax(proof)  # its MIP takes several times as long until it tells as much
            if self._contest.seconds_left() > 0:
                self.bound_by(proof, proof.program)
        else:
            self._prove_by_chains(proof, begin)
            if self._contest.seconds_left() > 0:
                # A chain has no solution with some starts, or what linking rows cost is more than the gap.
                self.bound_by(proof.part, proof.part.program)

    def _relax(self, proof: Proof) -> None:
        """The bound of a proof's relaxation."""
        seconds = self._contest.seconds_left()
        if seconds <= 0:
            return
        if isinstance(proof, Master):
            self._relaxed_cuts(proof)
        elif isinstance(proof, Part):
            model = self._running = HighsModel(proof.program.relaxed, self._threads)
            self.hear(np.nan, model.solve(0.0, seconds).bound)

    def _prove_by_chains(self, proof: ChainProof, begin: Array | None) -> None:
        """MIPs over starts and levels, each with the cuts that there are by then, until there is nothing more to prove so."""
        contest = self._contest
        try:
            if begin is None or not proof.relax(begin, lambda bound: self.hear(np.nan, bound), contest.seconds_left):
                return
        finally:
            self.is_relaxed.set()
        if proof.is_warm and proof.relaxed is not None:
            rounded = self._local.portfolios.rounded(proof.relaxed, begin)
            contest.hint = Hint(rounded, proof.bounds.at(rounded))
        while contest.seconds_left() > 0:
            target, known = contest.closing(), proof.bounds.added
            ended = self.bound_by(proof, proof.program, target)
            if contest.seconds_left() <= 0:
                return
            if ended.values is not None:
                for portfolio in self._came_across[-proof.cut_at :]:
                    proof.cut(portfolio, contest.seconds_left)
                if ended.is_optimal and proof.bounds.added == known:
                    return
            elif ended.status is not Status.STOPPED_WITHOUT_PLAN:
                return

    def _prove_by_cuts(self, master: Master) -> None:
        """One MIP after the other, each with the cuts that the plan of the one before breaks, until it breaks none."""
        self._relaxed_cuts(master)
        is_kept = False
        while not is_kept and self._contest.seconds_left() > 0:
            ended = self.bound_by(master, master.with_cuts(self._cuts))
            new = [] if ended.values is None else master.cuts_at(ended.values)
            is_kept = not new
            self._cuts += new

    def _relaxed_cuts(self, master: Master) -> None:
        """Cuts that make the bound of the relaxed master that of the relaxed program; a master before may have left some."""
        model = self._running = HighsModel(master.relaxed, self._threads)
        if self._cuts:
            model.add_rows(*master.rows_of(self._cuts))
        new = [] if self._cuts else master.cuts_at(master.program.lower)
        while self._contest.seconds_left() > 0:
            if new:
                model.add_rows(*master.rows_of(new))
            self._cuts += new
            solved = model.solve(0.0, self._contest.seconds_left())
            if solved.values is None or not solved.is_optimal:
                break
            self.hear(np.nan, solved.bound)
            new = master.cuts_at(solved.values)
            if not new:
                break

    def bound_by(self, proof: Proof, program: Program, target: float = np.inf) -> Outcome:
        """One MIP; with a target only what is worth no more than that."""
        best, model = self._contest.best, HighsModel(program, self._threads)
        is_open, is_by_chain = not np.isfinite(target), isinstance(proof, ChainProof)
        self._most_cuts = proof.more_cuts * proof.bounds.added if isinstance(proof, ChainProof) else np.inf
        if not (is_by_chain and is_open):
            model.leave_search_to_others()
        if not is_open:
            model.look_below(target)
            model.branch_on_sums(self._local.portfolios.of_projects)
        self._running, self._proof, self._program, self._target = model, proof, program, target
        self._offered, self._came_across = np.inf if is_open else -np.inf, []
        start = self.offer()
        if start is None and is_open and best.values is not None:
            self._offered, start = best.incumbent, proof.from_whole(best.values)
        gap = TIGHTER * self._contest.gap if is_by_chain else self._contest.gap
        ended = model.solve(gap, max(1.0, self._contest.seconds_left()), start, self)
        best.last = ended.status
        best.raise_bound(ended.bound)
        if ended.values is not None:
            self.take(ended.values)
        has_no_plan = ended.status in (Status.INFEASIBLE, Status.UNBOUNDED) and is_open
        if has_no_plan and not isinstance(proof, Master):
            self._contest.stop()
        return ended

    def hear(self, incumbent: float, bound: float) -> None:
        """Keeps the bound that the MIP has proven; hands over where its turn is over."""
        self._contest.raise_bound(bound)
        self._calls += 1
        if self._calls >= self._local.valued:
            self._contest.turns.pass_on(PROOF)

    def take(self, values: Array) -> None:
        """A plan of the MIP, as a hint for the local search."""
        program = self._program
        total, portfolio = float(program.cost @ values + program.constant), np.round(values[program.is_integer])
        if total < self._contest.lowest:
            self._contest.hint = Hint(portfolio, total)
        self._came_across.append(portfolio)

    def offer(self) -> Array | None:
        """The local search's best plan, once."""
        found = self._contest.found
        if found is None or found.total >= self._offered:
            return None
        self._offered = found.total
        return self._proof.from_whole(found.values)

    def is_over(self) -> bool:
        """Whether the MIP should stop: the race has ended, or with more cuts or a better plan it is worth beginning anew."""
        has_more = isinstance(self._proof, ChainProof) and self._proof.bounds.added >= self._most_cuts
        return self._contest.has_ended() or has_more or self._is_outdated

    @property
    def _is_outdated(self) -> bool:
        """Whether a MIP by chain would close the gap with fewer portfolios to look at, now that there is a better plan."""
        contest = self._contest
        better = contest.closing() + LOWER * contest.gap * abs(contest.lowest)
        return isinstance(self._proof, ChainProof) and self._proof.heeds_plans and better < self._target
