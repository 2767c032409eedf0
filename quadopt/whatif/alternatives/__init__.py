"""Alternatives: other lists of projects, nearly as good and very different."""
