"""Comparison: the plan of a case beside those of what-ifs."""
