"""One stage: a mixed-integer program to a proven gap, the traced suppliers taken in as they turn out to matter.

`plain` hands the whole program to HiGHS. `guided`, where HiGHS alone does not end soon, lets a local search over portfolios
of starts race with HiGHS's proof of a bound. Both look at the suppliers that matter so far (`active`): leaving others out
can only lower the optimum, so that the bound holds for the whole program. What they find is then valued in the whole
program, an LP; suppliers whose dependence rows have a price there join the next round.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from quadopt.formulation.options import Method
from quadopt.solver.best import Best
from quadopt.solver.bounds import Bounds
from quadopt.solver.branched import BranchedValuation
from quadopt.solver.chain_proof import ChainProof
from quadopt.solver.chained import ChainedValuation
from quadopt.solver.chains import Chains, chains_of
from quadopt.solver.completion import Completed, Completion, WholeBasis
from quadopt.solver.contest import Contest, Found
from quadopt.solver.hearing import Hearing, Progress
from quadopt.solver.highs import HighsModel
from quadopt.solver.joining import Joining
from quadopt.solver.limits import Limit
from quadopt.solver.master import Master
from quadopt.solver.matrix import Array, Matrix, Program
from quadopt.solver.part import Part
from quadopt.solver.portfolio import Portfolios
from quadopt.solver.priced import PricedProof, PricedValuation, Shared
from quadopt.solver.proving import Proof
from quadopt.solver.race import Race
from quadopt.solver.recourse import Recourse, Shape, shapes_of
from quadopt.solver.valuation import Valuation
from quadopt.solver.warm_start import WarmStart

ALONE_SECONDS = 2.0
"""For which HiGHS alone may try: small programs need no more."""
ALONE_WORK, ALONE_CALLS = 500_000, 10
"""The same where a plan must not depend on the clock: coefficients times how often HiGHS is heard, about an LP each; where
that leaves fewer than so many calls it is not tried, nor where the program is apart by chain."""
LOOK_AROUND_SECONDS, LOOKED_AT = 8.0, 150_000
"""For a first search with few suppliers, that finds out who else matters; longer, to a quarter of the limit, where there are more
coefficients than so many."""
LOOK_AROUND_VALUES = 40
"""The same where a plan must not depend on the clock: portfolios valued."""
LOOK_AROUND_GAP = 0.01
"""Relative gap at which a look around knows enough."""
TAKEN_IN = 3
"""Suppliers that join, those worth most first, where a search has ended and its plan in the whole program has not."""
REMEMBERED = 8
"""Searches, of this case and those before it, whose lessons go on to the next; by chain each is some millions of numbers."""
NARROWER = 0.95
"""Part of the gap asked for to which a search with suppliers left out goes: in the whole program it widens a little."""
SAME = 1e-6
"""Relative difference below which leaving suppliers out has cost nothing."""


class Minimiser:
    """Minimises one objective after the other over a growing matrix; remembers its last plan and the suppliers that matter.

    `suppliers` are those traced, `active` the ones to begin with. `is_repeatable`: what is found depends on amounts of work
    and not on the clock, but where the time limit is reached.
    """

    def __init__(
        self,
        matrix: Matrix,
        suppliers: list[str],
        active: list[str],
        threads: int,
        method: Method = "guided",
        is_repeatable: bool = False,
    ) -> None:
        self.matrix, self.suppliers, self.active = matrix, suppliers, active
        self.threads, self.method, self.is_repeatable = threads, method, is_repeatable
        self.alone_seconds = ALONE_SECONDS
        self.values: Array | None = None
        """The last plan, over the columns that there were then."""
        self.starts: Array | None = None
        """Values of the binaries of the last plan, or of one known from elsewhere, in the matrix's order."""
        self.others: list[Array] = []
        """Further portfolios known from elsewhere, for where that one leads to no plan."""
        self.knows_suppliers = False
        """Whether some stage has looked around for suppliers that matter, or they are known from elsewhere."""
        self.is_searched = False
        """Whether they come from a search: others hold projects that do nothing but cost money, a bad place to begin."""
        self.warm_starts: list[WarmStart] = []
        """What searches have learnt, or is known from elsewhere, the latest first."""
        self.limits: list[Limit] = []
        """What the searches of earlier stages know of portfolios that keep their objectives."""
        self._searched: tuple[Bounds, ChainedValuation, float] | None = None
        """What the last one has left, where it was by chain, and what its plan is worth."""
        self.basis: WholeBasis | None = None
        """That of the last plan's base path with all suppliers, for the next stage."""

    def minimise(self, program: Program, gap: float, time_limit: float, progress: Progress | None) -> Best:
        """The best plan within the gap or the time limit, beginning with the plan before."""
        search = Search(self, program, gap, time_limit, progress)
        best = search.plain() if self.method == "plain" else search.guided()
        self.basis, self._searched = search.completion.basis, search.by_chain()
        self.warm_starts = [*search.learnt(), *self.warm_starts][:REMEMBERED]
        if best.values is not None:
            self.values = best.values
            if program.is_integer.any():
                self.starts = np.round(best.values[program.is_integer])
        return best

    def hold(self, level: float) -> None:
        """The last stage's objective stays at or below a level from now on."""
        if self._searched is not None:
            bounds, valuation, plan = self._searched
            self.limits.append(Limit.of(bounds, plan, level, valuation))
            self._searched = None  # what is too large to keep goes now

    def begin_with(
        self, starts: Array, suppliers: list[str], others: list[Array], warm_starts: Sequence[WarmStart]
    ) -> None:
        """A portfolio known from a similar case, the suppliers that mattered to it, portfolios to fall back on, and what the
        searches there have learnt."""
        self.starts, self.is_searched, self.knows_suppliers, self.others = starts, True, True, others
        self.warm_starts = list(warm_starts)
        self.active += [s for s in suppliers if s in self.suppliers and s not in self.active]

    def in_matrix(self) -> list[str]:
        """Suppliers with exposure in the matrix."""
        return [s for s in self.suppliers if ("exposure", s) in self.matrix.owners]


class Search:
    """The search of one stage.

    `sees_dependence`: the objective does, so that the bound is proven with all suppliers that matter; elsewhere a relaxation
    with the first of them gives one before, because it is soon solved.
    """

    def __init__(
        self, minimiser: Minimiser, program: Program, gap: float, time_limit: float, progress: Progress | None
    ) -> None:
        self.owner, self.program, self.gap = minimiser, program, gap
        self.deadline = time.perf_counter() + time_limit
        self.completion = Completion(
            minimiser.matrix,
            program,
            minimiser.threads,
            minimiser.basis,
            self.deadline,
            lambda: self._chains(self.joining.part([])),
            1 if minimiser.is_repeatable else 2,
        )
        self.sees_dependence = bool(program.cost[self.completion.results].any())
        self.progress = progress
        self.best = Best()
        self.is_hard = minimiser.is_searched
        """Whether HiGHS alone did not end soon, in this stage or before."""
        self._race: Race | None = None
        self._last_completed: Completed | None = None
        """What completing the last plan of a search came to."""
        self._completing = 0.0
        """Seconds that it took to complete the last plan, at most half of those that the stage has."""
        self._most_completing = time_limit / 2
        self._in_chains: dict[tuple[tuple[str, ...], int], Chains | None] = {}
        traced = minimiser.in_matrix()
        self.joining = Joining(minimiser.matrix, program, minimiser.active, traced, self.completion.results)

    def seconds_left(self) -> float:
        """Seconds until the stage's time limit."""
        return self.deadline - time.perf_counter()

    def _search_seconds_left(self) -> float:
        """Seconds until a search must end for its plan to be completed in time."""
        return self.seconds_left() - self._completing

    def plain(self) -> Best:
        """The whole program by HiGHS alone, from the last plan's starts."""
        model = HighsModel(self.program, self.owner.threads)
        start = None
        if self.owner.starts is not None and model.has_integers:
            start = model.solve_fixed(self.owner.starts, self.seconds_left() / 2).values
        found = model.solve(self.gap, self.seconds_left(), start, Hearing(self._tell))
        self.best.last, self.best.bound = found.status, found.bound
        if found.values is not None:
            self._take(found.values, found.incumbent)
        return self.best

    def guided(self) -> Best:
        """Rounds of search, what they find valued in the whole program, until none of the suppliers left out matters."""
        self.best.raise_bound(self.program.least)
        if self.is_hard and not self.sees_dependence:
            self._carry_over()
        self._join_where_known()
        is_done = False
        while not is_done:
            part = self.joining.part(self.joining.waiting())
            is_final, found = self._round(part)
            is_wider = found is not None and self._count(found, part)
            if found is not None and is_final and not is_wider and not self._is_done():
                self.joining.everywhere(part.left_out[:TAKEN_IN])
                is_wider = bool(part.left_out)
            is_done = is_final and (not is_wider or self._is_done())
        self.joining.keep()
        if self.best.values is None:
            self._carry_over()
        for portfolio in [self.owner.starts, *self.owner.others]:
            if self.best.values is None and portfolio is not None:
                self._take_completed(self.completion.of_portfolio(portfolio))
        return self.best

    def _take(self, values: Array, total: float) -> None:
        """Keeps a plan that is better than the one so far, and tells of it."""
        is_better = total < self.best.incumbent
        self.best.take(values, total)
        if is_better:
            self._tell(total, self.best.bound)

    def _tell(self, incumbent: float, bound: float) -> None:
        """Tells the listener of the better of a value and the plan so far, and of bounds alike; nan where there is none yet."""
        if self.progress is not None:
            values = np.fmin(incumbent, self.best.incumbent), np.fmax(bound, self.best.bound)
            self.progress(*(float(value) if np.isfinite(value) else np.nan for value in values))

    def _telling(self, part: Part) -> Progress:
        """What a search of a part tells: with suppliers left out its values are no plan's yet, and the plan so far stands."""
        if not part.left_out:
            return self._tell
        return lambda incumbent, bound: self._tell(self.best.incumbent, bound)

    def _take_completed(self, completed: Completed | None) -> None:
        if completed is not None:
            self._take(completed.values, completed.total)

    def _is_done(self) -> bool:
        return self.best.values is not None and (self.best.gap() <= self.gap or self._search_seconds_left() <= 0)

    def _join_where_known(self) -> None:
        """Lets suppliers join in the chains where they did in the last search by chain of this or a similar case."""
        last = next((one for one in self.owner.warm_starts if one.chains), None)
        if not self.sees_dependence or last is None or not last.left_out:
            return
        chains = self._chains(self.joining.part([]))
        if chains is not None:
            self.joining.begin_from(last, chains)

    def _round(self, part: Part) -> tuple[bool, Found | None]:
        """One search of a part; whether it was more than a look around, and what it found."""
        is_linear = not self.program.is_integer.any()
        if is_linear or not self.is_hard:
            found = self._alone(part)
            if found is not None or is_linear:
                return True, found
            self.is_hard = True
        if self.sees_dependence and part.left_out and not self.owner.knows_suppliers:
            self.owner.knows_suppliers = True
            return False, self._run_race(part, look_around=True)
        return True, self._run_race(part, look_around=False)

    def _alone(self, part: Part) -> Found | None:
        """HiGHS alone for a moment: a plan within the gap, or nothing."""
        owner, seconds, most_calls = self.owner, self.seconds_left(), np.inf
        if part.program.is_integer.any():
            calls = ALONE_WORK / part.program.a.nnz
            if owner.alone_seconds <= 0 or (
                calls < ALONE_CALLS and (owner.is_repeatable or self._chains(part) is not None)
            ):
                return None
            if owner.is_repeatable:
                most_calls = calls
            else:
                seconds = owner.alone_seconds
        model = HighsModel(part.program, owner.threads)
        found = model.solve(self.gap, seconds, None, Hearing(self._telling(part), most_calls))
        self.best.last = found.status
        self.best.raise_bound(found.bound)
        return (
            Found(part.to_whole(found.values), found.incumbent)
            if found.values is not None and found.is_optimal
            else None
        )

    @cached_property
    def _portfolios(self) -> Portfolios:
        return Portfolios.of(self.owner.matrix, self.program)

    def _run_race(self, part: Part, look_around: bool) -> Found | None:
        """A race over a part, or for a moment the search alone."""
        owner = self.owner
        proofs = [part]
        if not self.sees_dependence and len(owner.active) > 1:
            proofs.insert(0, self.joining.part([*part.left_out, *owner.active[1:]]))
        is_repeatable = owner.is_repeatable
        seconds = self._search_seconds_left()
        if look_around and not is_repeatable:
            longer = min(LOOK_AROUND_SECONDS * part.program.a.nnz / LOOKED_AT, seconds / 4)
            seconds = max(LOOK_AROUND_SECONDS, longer)
        gap = NARROWER * self.gap if part.left_out else self.gap
        if look_around:
            gap = max(gap, LOOK_AROUND_GAP)
        contest = Contest(part, self.best, gap, time.perf_counter() + seconds, self._telling(part))
        valuation, bounds, proving = self._prepared(part, proofs)
        priced = self._priced(part) if isinstance(valuation, BranchedValuation) else None
        race = Race(
            contest,
            proving,
            valuation,
            self._portfolios,
            owner.threads,
            bounds,
            is_repeatable,
            owner.limits,
            priced,
        )
        known = [owner.starts, *owner.others, self._portfolios.smallest()]
        begin = [portfolio for portfolio in (known if owner.is_searched else known[::-1]) if portfolio is not None]
        if look_around:
            race.look_around(begin, LOOK_AROUND_VALUES if is_repeatable else np.inf)
        else:
            race.run(begin)
        self._race = race
        if race.is_interrupted:
            self.deadline = time.perf_counter()
        if race.found is not None:
            owner.starts, owner.is_searched = part.integers_of(race.found.values), True
        return race.found

    @cached_property
    def _shapes(self) -> list[Shape] | None:
        """The pieces of the branches, or None where there are none or they cannot be cut apart."""
        return shapes_of(self.program, *self.completion.branches)

    def _chains(self, part: Part) -> Chains | None:
        """A part in chains; None where it is not apart, and for objectives that are no shares."""
        key = part.left_out, int(part.columns.sum())  # they only grow
        if key not in self._in_chains:
            self._in_chains[key] = self._cut_apart(part)
        return self._in_chains[key]

    def _cut_apart(self, part: Part) -> Chains | None:
        if self.completion.has_branches or not self.sees_dependence:
            return None
        chains = self._apart(part)
        return None if chains is None else chains.begun_from(self.owner.warm_starts)

    def _apart(self, part: Part, worth: float | None = None) -> Chains | None:
        decided, held = self._portfolios.columns[part.columns], self.completion.held[part.rows]
        budgets = self.owner.matrix.rows_of("within_stock_budget")[part.rows]
        return chains_of(part.program, self._portfolios, decided, held, budgets, worth)

    def _priced(self, part: Part) -> PricedProof | None:
        """What proves a part with branches by chain, what is held of the stage before at a price; None where it is not apart but
        for that, and where its chains were too large to keep."""
        limits, worth = self.owner.limits, self.best.incumbent
        is_kept = len(limits) == 1 and limits[0].valuation is not None
        chains = self._apart(part, worth) if is_kept and np.isfinite(worth) else None
        shared = None if chains is None else Shared.of(chains, limits[0], self._portfolios)
        if chains is None or shared is None:
            return None
        rows, columns = self.completion.branches
        branches = rows[part.rows], columns[part.columns]
        known = next((one for one in self.owner.warm_starts if one.relaxed), None)
        if known is not None:
            chains = replace(chains, relaxed=known.relaxed_of(self._portfolios.starts))
        return PricedProof(part, chains, branches, self._portfolios, shared, worth, self.owner.threads)

    def by_chain(self) -> tuple[Bounds, ChainedValuation, float] | None:
        """What the last search has left where it was by chain, and what the plan is worth."""
        local = None if self._race is None else self._race.local
        if local is None or not isinstance(local.valuation, ChainedValuation) or not local.bounds.is_whole:
            return None
        return local.bounds, local.valuation, self.best.incumbent

    def learnt(self) -> list[WarmStart]:
        """What a search has learnt, for that of a similar case: by chain also where the whole program's chains have ended."""
        race = self._race
        if race is None or self.completion.has_branches:
            return []
        valuation = race.local.valuation
        if not isinstance(valuation, ChainedValuation):
            return valuation.warm_starts() if isinstance(valuation, Valuation) else []
        proofs = race.proving.by_chain
        prices = np.maximum.reduce([one.linking_prices for one in (valuation, *(p.valuation for p in proofs))])
        relaxed = next((proof.relaxed for proof in proofs if proof.relaxed is not None), None)
        found = valuation.warm_start(race.local.bounds, prices, relaxed)
        if not race.part.left_out:
            return [found]
        joined = {supplier: tuple(numbers) for supplier, numbers in self.joining.chains.items()}
        whole = self.completion.ended()
        count = 0 if whole is None else len(whole.chains)
        found = replace(found, left_out=race.part.left_out, joined=joined, count=count)
        return [found] if whole is None else [found, whole]

    def _prepared(self, part: Part, proofs: list[Part]) -> tuple[Valuation | ChainedValuation, Bounds, Sequence[Proof]]:
        """What a search values portfolios with, the bounds known, and what proves: of chains all that the last search left."""
        last = self._race
        known = None if last is None else last.local.valuation
        if last is not None and isinstance(known, ChainedValuation) and np.array_equal(last.part.columns, part.columns):
            return known, last.local.bounds, last.proving.proofs
        valuation = self._valuation(part)
        bounds = valuation.bounds()
        proving = self._proofs(proofs, bounds)
        if last is not None:
            bounds.carry_over(last.local.bounds)
            if isinstance(known, ChainedValuation):
                grown = last.part.rows[part.rows], last.part.columns[part.columns]
                for begins in (valuation, *(proof.valuation for proof in proving if isinstance(proof, ChainProof))):
                    begins.begin_from(known, *grown)
        return valuation, bounds, proving

    def _valuation(self, part: Part) -> Valuation | ChainedValuation:
        """What a search values portfolios with."""
        chains = self._chains(part)
        if chains is not None:
            return ChainedValuation(chains, self.owner.threads)
        if self._shapes is None:
            whole = Valuation(part.program, self.completion.held[part.rows], self.owner.threads)
            if not self.completion.has_branches:
                whole.begin_where_known(self.owner.warm_starts)
            return whole
        recourse = Recourse(self.program, self._shapes, self.owner.threads)
        near = np.zeros(part.columns.size) if self.best.values is None else self.best.values
        return BranchedValuation(Master(part, recourse, self.completion.held), near, self.owner.threads)

    def _proofs(self, parts: list[Part], bounds: Bounds) -> Sequence[Proof]:
        """Parts to prove bounds with: in chains, or their branches as levels and cuts, where they can be cut apart."""
        chains = self._chains(parts[-1])
        if chains is not None:
            return [ChainProof(parts[-1], chains, self._portfolios, bounds, self.owner.threads)]
        if self._shapes is None:
            return parts
        recourse = Recourse(self.program, self._shapes, self.owner.threads)
        return [Master(part, recourse, self.completion.held) for part in parts]

    def _count(self, found: Found, part: Part) -> bool:
        """Keeps what a search has found as a plan of the whole program, and lets suppliers left out join that matter to it;
        whether there are any."""
        if not part.left_out:
            self._take(found.values, found.total)
            return False
        begin, completed = time.perf_counter(), self._known(found, part)
        if completed is None:
            completed = self._completed(found, part)
            self._completing = min(self._most_completing, time.perf_counter() - begin)
            self._last_completed = completed
        if self.completion.is_interrupted:
            self.deadline = time.perf_counter()
        self._take_completed(completed)
        if completed is None or completed.prices is None or not self.sees_dependence:
            return False
        if completed.total <= found.total + SAME * abs(found.total):
            return False
        return self.joining.by_prices(completed.prices, part, self._chains(self.joining.part([])))

    def _known(self, found: Found, part: Part) -> Completed | None:
        """The last plan completed, where it is the best there is with the starts that a search has come back to."""
        last = self._last_completed
        if last is None or not last.is_best:
            return None
        return last if np.array_equal(part.integers_of(found.values), part.integers_of(last.values)) else None

    def _completed(self, found: Found, part: Part) -> Completed | None:
        """What a search has found in a part as a plan of the whole program."""
        is_first = self.best.values is None
        completed = self.completion.around_branches(found.values, part, is_first)
        if completed is None and (is_first or not self.completion.has_branches):
            if not self.completion.is_by_chain:
                self._take_completed(self.completion.around(found.values, ~part.columns | self.completion.results))
            is_first = self.best.values is None
            completed = self.completion.with_starts(found.values, is_first, part, self._near(part))
        return completed

    def _near(self, part: Part) -> Valuation | ChainedValuation | None:
        """The last search's valuation, where it values portfolios in the whole of this part."""
        if self._race is None or self._race.part is not part or self._shapes is not None:
            return None
        valuation = self._race.local.valuation
        return None if isinstance(valuation, PricedValuation) else valuation

    def _carry_over(self) -> None:
        """The plan of the stage before, completed by what is new in the program: no later stage is without a plan."""
        values = self.owner.values
        if values is not None:
            whole = np.zeros(self.program.cost.size)
            whole[: values.size] = values
            self._take_completed(self.completion.around(whole, np.arange(whole.size) >= values.size))
