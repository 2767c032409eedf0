"""Writes a study as an Excel workbook."""
