"""Sheets made from the plan's tables for reading and drawing: one function a sheet, one file a subject; no Excel here."""
