"""Checks of a plan as live Excel formulas: one file a subject, each formula with the value that it has now."""
