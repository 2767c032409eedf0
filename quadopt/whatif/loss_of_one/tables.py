"""The tables of a loss of one: suppliers, what goes short of whom, and days to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from quadopt.whatif.loss_of_one.lost_exports import ANY, GROUP, NOBODY, WAYS
from quadopt.whatif.loss_of_one.words import ALL_SECTORS, Loss, days_in_words

WORTH_TELLING = 1e-6
"""Part of the value of all demand below which stress is the solver's rounding."""


def tables(loss: Loss, answers: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """losses, loss_shortage and days_to_stop; suppliers whose loss hurts most come first, no loss last.

    `answers` map a supplier to what `lose` has found.
    """
    order = sorted(answers, key=lambda name: (name == NOBODY, -answers[name]["stress"][""]))
    days = _days(loss, answers, order)
    return {
        "losses": _losses(loss, answers, order, days),
        "loss_shortage": _under_each(answers, order, "shortage"),
        "days_to_stop": days,
    }


def _under_each(answers: Mapping[str, Any], order: list[str], name: str) -> pd.DataFrame:
    """One frame of all suppliers' frames, the supplier as first column."""
    return pd.concat([answers[who][name].assign(supplier=who) for who in order], ignore_index=True).pipe(
        lambda frame: frame[["supplier", *(c for c in frame.columns if c != "supplier")]]
    )


def _losses(loss: Loss, answers: Mapping[str, Any], order: list[str], days: pd.DataFrame) -> pd.DataFrame:
    calm = answers[NOBODY]["stress"][""] if NOBODY in answers else float("nan")
    together = days[(days["country"] == GROUP) & (days["sector"] == ALL_SECTORS)].set_index("supplier")
    rows = []
    for who in order:
        found, value = answers[who], answers[who]["value"]
        stress = found["stress"]
        by_sector = found["shortage"].groupby("sector")["value"].sum()
        is_short = stress[""] > WORTH_TELLING * value
        row: dict[str, Any] = {
            "supplier": who,
            "period": loss.period,
            "years": loss.years,
            **{f"stress{way}": stress[way] for way in WAYS},
            **{f"share{way}": stress[way] / value if value else 0.0 for way in WAYS},
            "stress_without_projects": found["without_projects"],
            "beyond": stress[""] - calm,
            "worst_sector": str(by_sector.idxmax()) if is_short and len(by_sector) else "",
            "worst_sector_value": float(by_sector.max()) if is_short and len(by_sector) else 0.0,
        }
        if who in together.index:
            joint: Any = together.loc[who]
            row |= {"said": joint["said"], "first_short": joint["first_short"]}
            row |= {f"days{way}": joint[f"days{way}"] for way in WAYS}
        rows.append(row)
    return pd.DataFrame(rows)


def _days(loss: Loss, answers: Mapping[str, Any], order: list[str]) -> pd.DataFrame:
    found = _under_each(answers, order, "days")
    for way in WAYS:
        columns = (found[f"{name}{way}"] for name in ("days", "days_until", "is_never"))
        found[f"said{way}"] = [days_in_words(*row) for row in zip(*columns, strict=True)]
    found["note"] = _notes(found)
    found["sector"] = found["sector"].replace({ANY: ALL_SECTORS})
    told = ["said", "days", "days_until", "said_without_sharing", "days_without_sharing"]
    told += ["said_without_stocks", "days_without_stocks", "first_short", "note"]
    return found[["supplier", "country", "sector", *told]]


def _notes(found: pd.DataFrame) -> list[str]:
    """What a reader must know of a row: shortages that are not the loss's."""
    key = ["country", "sector"]
    calm = found[found["supplier"] == NOBODY].set_index(key)
    notes = []
    for row in found.to_dict("records"):
        said = []
        if row["short_on_base"] > 0:
            said.append(
                f"{100 * row['short_on_base']:.2g} % of demand goes short on the plan's base path already: what goes short "
                "beyond that is counted"
            )
        at = (row["country"], row["sector"])
        if at in calm.index and not row["is_never"]:
            before: Any = calm.loc[at]
            if before["steps"] <= row["steps"]:
                said.append("goes short as soon without any loss, by the rules of a crisis alone")
        notes.append("; ".join(said))
    return notes
