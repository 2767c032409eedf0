"""Measures of dependence and support taken from a finished plan: plain arithmetic on the case and the plan's tables."""

from quadopt.measures.chains import chains
from quadopt.measures.disposal import imports_disposed
from quadopt.measures.index import (
    IndexWeights,
    direct_index,
    direct_worst,
    hhi_index,
    index_values,
    worst,
    worst_from_default,
)
from quadopt.measures.mixing import proportional_exposure, proportional_shares
from quadopt.measures.shares import concentration, direct_shares, needs, use
from quadopt.measures.support import operating_support

__all__ = [
    "IndexWeights",
    "chains",
    "concentration",
    "direct_index",
    "direct_shares",
    "direct_worst",
    "hhi_index",
    "imports_disposed",
    "index_values",
    "needs",
    "operating_support",
    "proportional_exposure",
    "proportional_shares",
    "use",
    "worst",
    "worst_from_default",
]
