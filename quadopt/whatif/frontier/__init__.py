"""Frontier: how much of one objective has to be given for another, or for a larger fund."""
