r"""Effects: which part of an objective's spread over sampled runs each input accounts for.

The first-order effect is $Var(E[y | x_i]) / Var(y)$, what would go if the input were known; the total effect
$E[Var(y | x_{\sim i})] / Var(y)$, what would stay if all the others were. Where inputs do not act together both are equal and
add up to one (Saltelli and others, 2008). The correlation is Spearman's, of ranks: its sign says which way the input moves
the objective.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quadopt.errors import InputError
from quadopt.whatif.sensitivity.designs import INSTALL, Array, Design, problem, require_salib

LEAST_RUNS = 30
"""Fewer runs than this tell nothing of first-order effects."""
RUNS_A_HARMONIC = 16
"""Of a given sample of n runs, n / 16 harmonics are looked at, at least 2 and at most 10: more would read noise as effect."""
RESAMPLES = 200
"""Bootstrap samples behind a confidence interval of 95 %."""
NOT_INSTALLED = f"SALib is not installed ({INSTALL})"


@dataclass(frozen=True)
class Effect:
    """What one input does to one objective; nan where it cannot be computed, and `reason` says why.

    `first_order_within` and `total_within` are the half widths of intervals of 95 %.
    """

    correlation: float = float("nan")
    first_order: float = float("nan")
    first_order_within: float = float("nan")
    total: float = float("nan")
    total_within: float = float("nan")
    reason: str = ""

    @property
    def size(self) -> tuple[float, float]:
        """What inputs are ranked by: the part of the variance, total where it is known, then the correlation."""
        part = self.total if self.total == self.total else self.first_order
        sizes = np.nan_to_num([part, abs(self.correlation)])
        return float(sizes[0]), float(sizes[1])


def effects(design: Design, positions: Array, values: Array, is_noise: bool, seed: int) -> list[Effect]:
    """The effect of each input on one objective.

    `positions`: one row a run of the design and one column an input; `values`: the objective, nan for runs without a plan;
    `is_noise`: all values lie within the gaps of each other, so that nothing can be told.
    """
    count = positions.shape[1]
    has_value = np.isfinite(values)
    if not has_value.any():
        return [Effect(reason="no run has a plan")] * count
    if np.ptp(values[has_value]) == 0:
        return [Effect(reason="the same in all runs")] * count
    if is_noise:
        return [Effect(reason="all runs lie within the gaps of each other")] * count
    found = correlations(positions[has_value], values[has_value])
    if design == "sobol":
        return _of_saltelli(positions, values, found, seed)
    return _of_sample(positions[has_value], values[has_value], found, seed)


def correlations(positions: Array, values: Array) -> Array:
    """Spearman's rank correlation of each input with the values; nan where an input does not move."""
    from scipy.stats import rankdata

    ranks = rankdata(values)
    out = np.full(positions.shape[1], np.nan)
    for k, own in enumerate(positions.T):
        if values.size > 2 and np.ptp(own) > 0:
            out[k] = np.corrcoef(rankdata(own), ranks)[0, 1]
    return out


def _of_sample(positions: Array, values: Array, found: Array, seed: int) -> list[Effect]:
    """First-order effects of any sample: RBD-FAST (Tarantola, Gatelli and Mara, 2006), as SALib has it."""
    runs = values.size
    if runs < LEAST_RUNS:
        reason = f"only {runs} runs with a plan: first-order effects take {LEAST_RUNS}"
        return [Effect(value, reason=reason) for value in found]
    try:
        analyze = require_salib("analyze.rbd_fast").analyze
    except InputError:
        return [Effect(value, reason=NOT_INSTALLED) for value in found]
    harmonics = min(10, max(2, runs // RUNS_A_HARMONIC))
    told = analyze(problem(found.size), positions, values, M=harmonics, num_resamples=RESAMPLES, seed=seed)
    no_total = "total effects take design sobol"
    parts = zip(found, told["S1"], told["S1_conf"], strict=True)
    return [Effect(value, float(first), float(within), reason=no_total) for value, first, within in parts]


def _of_saltelli(positions: Array, values: Array, found: Array, seed: int) -> list[Effect]:
    """First-order and total effects of Saltelli's design; blocks in which a run has no plan are left out."""
    count = found.size
    is_whole = np.isfinite(values.reshape(-1, count + 2)).all(axis=1)
    if is_whole.sum() < 2:
        return [Effect(value, reason="fewer than two blocks of runs have a plan each") for value in found]
    kept = values[np.repeat(is_whole, count + 2)]
    analyze = require_salib("analyze.sobol").analyze
    # SALib takes a seed of 0 for none.
    told = analyze(problem(count), kept, calc_second_order=False, num_resamples=RESAMPLES, seed=seed + 1)
    left_out = int((~is_whole).sum())
    reason = f"{left_out} of {is_whole.size} blocks left out: runs without a plan" if left_out else ""
    numbers = np.column_stack([found, *(told[name] for name in ("S1", "S1_conf", "ST", "ST_conf"))])
    return [Effect(r, first, within, total, around, reason) for r, first, within, total, around in numbers.tolist()]


def quantiles(values: npt.ArrayLike) -> Array:
    """The quantiles of `QUANTILES`, interpolated linearly as numpy does; nan where there is no value."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return np.quantile(known, QUANTILES) if known.size else np.full(len(QUANTILES), np.nan)


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
