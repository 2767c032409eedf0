"""Writes a study as one HTML page."""
