"""From a Pyomo model to a plan's numbers: hand-over, scaling, stages. `highs.py` is the only file that knows HiGHS."""
