"""A plan in the tidy format of integrated-assessment models (IAMC): model, scenario, region, variable, unit, year, value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from quadopt.plan import Plan
from quadopt.report import figures

COLUMNS = ["model", "scenario", "region", "variable", "unit", "year", "value"]
ALL = "All members"
"""The region of what concerns the members together: in the plan's tables group, joint fund, or nobody by name."""
MATERIAL, ACTIVITY, MONEY = "{material_unit}", "units of activity", "{money}"
DEMAND, SHARE_OF_USE = "fraction of demand", "fraction of use"


@dataclass(frozen=True)
class Part:
    """One family of variables: its name and unit with columns in braces, and the table, column and region they come from.

    `yearly`: an amount of the period, given per year; otherwise a level or a share, as it stands.
    """

    variable: str
    unit: str
    table: str
    value: str
    region: str = "country"
    yearly: bool = True


PARTS = (
    Part("Dependence|At least|{material}|{supplier}", DEMAND, "dependence", "share_at_least", yearly=False),
    Part("Dependence|Proportional|{material}|{supplier}", DEMAND, "dependence", "share_proportional", yearly=False),
    Part("Dependence|At most|{material}|{supplier}", DEMAND, "dependence", "share_at_most", yearly=False),
    Part("Dependence|As optimised|{material}|{supplier}", DEMAND, "dependence", "share_optimised", yearly=False),
    Part("Dependence|Direct|{material}|{supplier}", SHARE_OF_USE, "direct", "share_direct", yearly=False),
    Part("Concentration|Herfindahl-Hirschman index|{material}", "0 to 1", "concentration", "hhi", yearly=False),
    Part("Concentration|Governance-weighted|{material}", "0 to 1", "concentration", "hhi_governance", yearly=False),
    Part("Demand|{material}", MATERIAL, "shortage", "demand"),
    Part("Demand|{material}|{sector}", MATERIAL, "shortage", "demand"),
    Part("Shortage|{material}", MATERIAL, "shortage", "shortage"),
    Part("Shortage|{material}|{sector}", MATERIAL, "shortage", "shortage"),
    Part("Trade|Exports|{material}|{destination}", MATERIAL, "trade", "quantity", "origin"),
    Part("Trade|Imports|{material}|{origin}", MATERIAL, "trade", "quantity", "destination"),
    Part("Sharing|Provided|{material}|{receiver}", MATERIAL, "sharing", "quantity", "provider"),
    Part("Sharing|Received|{material}|{provider}", MATERIAL, "sharing", "quantity", "receiver"),
    Part("Activity|{process}|{kind} {unit_name}", ACTIVITY, "production", "activity"),
    Part("Capacity|Project|{process}|{project}", ACTIVITY, "project_capacity", "capacity"),
    Part("Stock|Closing|{material}", MATERIAL, "stock", "closing", yearly=False),
    Part("Stock|Reserve|{material}", MATERIAL, "stock", "reserve", yearly=False),
    Part("Stock|Deposit|{material}", MATERIAL, "stock", "deposit"),
    Part("Stock|Release|{material}", MATERIAL, "stock", "release"),
    Part("Stock|Purchase|{material}", MATERIAL, "stock", "purchase"),
    Part("Disposal|{material}", MATERIAL, "disposal", "quantity"),
    Part("Investment|Public|{project}", MONEY, "payments", "public"),
    Part("Investment|Private|{project}", MONEY, "payments", "private"),
    Part("Operating support|{project}", MONEY, "operating_support", "support"),
    Part("Fund|Contribution", MONEY, "contributions", "contribution"),
    Part("Fund|Contribution limit", MONEY, "contributions", "limit"),
    Part("Fund|Payment", MONEY, "fund_balance", "payment", "account"),
    Part("Fund|Balance", MONEY, "fund_balance", "balance", "account", yearly=False),
    Part("Cost|{kind}", MONEY, "cost", "undiscounted", ""),
    Part("Crisis|Stress|{disruption}", "{money} of weighted shortage", "disruptions", "stress", "", yearly=False),
    Part("Diagnostics|Gap|{stage}", "fraction of the plan's value", "stages", "gap", "", yearly=False),
)
"""Every family of variables that is written."""


def iamc(plan: Plan, model: str | None = None, scenario: str | None = None) -> pd.DataFrame:
    """The base path of a plan: one row a model, scenario, region, variable, unit and year, none twice, as `PARTS` lists them.

    The year of a period is its label; a period of several years counts as its first. Flows and money (real) are per year: the
    period's amount over its length. Stocks are those at the period's end. Regions are countries, and `All members`. What is
    zero in the plan's flow tables has no row; trade and sharing are there twice, seen from either side. A whole crisis's stress
    stands in the year in which it strikes, a stage's gap in the first year. A `|` in a name of the case becomes `/`.

    Not in it: what has no year (index, three_steps, stress, inputs, sources), the steps of crises (branch_*), whose clock is
    finer than years, and exposure, which is the model's own booking.

    `model` and `scenario` name the rows; left out: quadopt with its version, and the plan's title with its model file.
    Raises ValueError where the periods are not labelled with years, or where the plan has no table `inputs`, which holds
    the calendar.
    """
    written = _Writer(plan)
    rows = [row for part in PARTS for row in written.rows(part)]
    frame = pd.DataFrame(rows, columns=["region", "variable", "unit", "year", "value"]).dropna(subset=["value"])
    frame["model"] = f"quadopt {plan.versions.get('quadopt', '')}".strip() if model is None else model
    frame["scenario"] = f"{plan.title} - {plan.model_name}" if scenario is None else scenario
    return frame.groupby(COLUMNS[:-1], sort=False)["value"].sum().reset_index()


class _Writer:
    """A plan with its calendar and its units."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        inputs = figures.table(plan, "inputs")
        periods = inputs[(inputs["table"] == "periods") & (inputs["column"] == "years")]
        if periods.empty:
            raise ValueError("the plan has no table inputs, which holds the calendar: solve the case again")
        self.lengths = dict(zip(periods["entry"], periods["value"].astype(float), strict=True))
        wrong = [label for label in self.lengths if not re.fullmatch(r"\d{4}", label)]
        if wrong:
            raise ValueError(f"the period {wrong[0]!r} is no year: this format needs periods labelled with years")
        units = inputs[(inputs["table"] == "materials") & (inputs["column"] == "unit")]
        self.units = dict(zip(units["entry"], units["text"], strict=True))
        base_year = figures.base_year(plan)
        self.money = f"million {plan.currency}" + (f"_{base_year}" if base_year else "")

    def rows(self, part: Part) -> Iterator[tuple[str, str, str, int, float]]:
        """Region, variable, unit, year and value of every row of a part."""
        for record in self._records(part.table):
            names = {str(key): str(value).replace("|", "/") for key, value in record.items()}
            material_unit = self.units.get(str(record.get("material")), "units of the material")
            unit = part.unit.format(material_unit=material_unit, money=self.money) + ("/yr" if part.yearly else "")
            period = str(record["period"])
            value = float(record[part.value]) / (self.lengths[period] if part.yearly else 1.0)
            region = str(record.get(part.region, ALL))
            region = ALL if region in ("group", "joint fund") else region
            yield region, part.variable.format_map(names), unit, int(period), value

    def _records(self, name: str) -> list[dict[Any, Any]]:
        """The rows of a table, each with a period; those of projects with their country and process."""
        frame = figures.table(self.plan, name)
        if name in ("project_capacity", "operating_support"):
            about = figures.table(self.plan, "investments")[["project", "country", "process"]]
            frame = frame.merge(about, on="project", how="left")
        elif name == "cost":
            frame = frame[frame["path"] == "base"].assign(kind=frame["kind"].map(_words))
        elif name == "stages":
            frame = frame.assign(stage=frame["stage"].map(_words), period=next(iter(self.lengths)))
        elif name == "disruptions":
            frame = frame.assign(period=frame["start"])
        elif name == "production":
            frame = frame.assign(kind=frame["kind"].map(_words))
        return frame.to_dict("records")


def _words(name: str) -> str:
    return str(name).replace("_", " ").capitalize()
