"""An independent second implementation of the method, for tiny cases: brute force over starts, scipy's HiGHS for each.

Nothing here imports the package's formulation or solver; only a case's normalised tables are read.
"""

from tests.oracle.search import DEFAULTS, Outcome, search, solve

__all__ = ["DEFAULTS", "Outcome", "search", "solve"]
