"""The plan's tables of what the case gives and a report needs to show the plan."""

from __future__ import annotations

import pandas as pd

from quadopt.tables.case import Case


def tables(case: Case) -> dict[str, pd.DataFrame]:
    """countries: who is a member, and where maps draw everyone."""
    return {"countries": case.tables["countries"][["country", "member", "governance", "latitude", "longitude"]].copy()}
