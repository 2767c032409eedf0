"""Sensitivity: what the answer hangs on, one uncertain input at a time or all at once."""
