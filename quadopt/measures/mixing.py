"""Exposure by proportional mixing: an input-output calculation on a finished plan (formulation, section 5).

All units in a country, period and material carry the same mix. A stock is a clean core, the part of
the initial stock that was never free to leave, and a rest that mixes with the period's deposits. In the supplier itself
everything is exposed. Stocks carry their mix to the next period, so periods are taken in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quadopt.measures.network import Network
from quadopt.measures.shares import KEY, recipes, served, totals
from quadopt.tables.records import rows_of

if TYPE_CHECKING:
    from quadopt.tables.case import Case

Tables = Mapping[str, pd.DataFrame]

OPTIONAL = {
    "sharing": ["provider", "receiver", "material", "period", "quantity"],
    "stock": ["country", "material", "period", "opening", "deposit", "release", "lost", "closing", "minimum"],
    "disposal": ["country", "material", "period", "quantity"],
}
EXPOSURE = ["supplier", "quantity_name", "country", "partner", "item", "period", "exposed"]


def proportional_shares(
    case: Case, tables: Tables, suppliers: Sequence[str], *, stock_is_exposed: bool = False
) -> pd.DataFrame:
    """Exposed demand of every supplier: supplier, country, material, period, exposed (amount of the period).

    One row for every supplier, member, material and period with demand > 0, zeros included; a supplier that is a member
    has no rows for itself. `stock_is_exposed`: as in `proportional_exposure`. Raises KeyError where a table of the plan
    is missing.
    """
    exposure = proportional_exposure(case, tables, suppliers, only=("served",), stock_is_exposed=stock_is_exposed)
    found = {(row.supplier, row.country, row.item, row.period): row.exposed for row in exposure.itertuples(index=False)}
    wanted = served(tables)
    wanted = wanted[(wanted["demand"] > 0) & wanted["country"].isin(case.members)]
    keys = list(zip(wanted["country"], wanted["material"], wanted["period"], strict=True))
    rows = [(name, *key, found.get((name, *key), 0.0)) for name in suppliers for key in keys if key[0] != name]
    return pd.DataFrame(rows, columns=["supplier", *KEY, "exposed"])


def proportional_exposure(
    case: Case,
    tables: Tables,
    suppliers: Sequence[str],
    only: Sequence[str] | None = None,
    *,
    stock_is_exposed: bool = False,
) -> pd.DataFrame:
    """Exposed part of every quantity of the plan, in the layout of the plan's `exposure` table (nonzero rows only).

    only: quantity names wanted (activity, shipment, sharing, stock, deposit, release, served, used, disposed); all
    where None. The result obeys the at-least inequalities of section 5 outside the supplier's own territory.

    stock_is_exposed: the initial stock, as far as it is ever free to leave, counts as the supplier's own, so that the
    difference to the plain reading is what the one-off use of the initial stock takes off the exposure: what would be
    exposed had the same units come from that supplier.
    """
    mixing = _Mixing(case, tables)
    pieces: list[pd.DataFrame] = []
    for name in suppliers:
        carried = np.zeros(len(mixing.stock_keys))
        for period in case.periods:
            freed = mixing.freed[period] if stock_is_exposed else 0.0
            carried, found = mixing.period(name, period, carried + freed, only)
            pieces.extend(found)
    if not pieces:
        return pd.DataFrame(columns=EXPOSURE)
    return pd.concat(pieces, ignore_index=True)[EXPOSURE]


def _optional(tables: Tables, name: str) -> pd.DataFrame:
    """A table that a plan without stocks, sharing or left-overs need not have."""
    frame = tables.get(name)
    return pd.DataFrame(columns=OPTIONAL[name]) if frame is None else frame


class _Mixing:
    """The plan's tables as one network a period. Node = country number x materials + material number, then stocks."""

    def __init__(self, case: Case, tables: Tables) -> None:
        self.countries = {name: number for number, name in enumerate(case.countries)}
        self.materials = {name: number for number, name in enumerate(case.materials)}
        self.pools = len(self.countries) * len(self.materials)
        stock = _optional(tables, "stock")
        self.stock_keys = list(dict.fromkeys(zip(stock["country"], stock["material"], strict=True)))
        self.stock_number = {key: number for number, key in enumerate(self.stock_keys)}
        pile = case.tables["stockpiles"]
        self.loss = {(row.country, row.material): float(row.loss_rate) for row in rows_of(pile)}
        self.initial = {(row.country, row.material): float(row.initial) for row in rows_of(pile)}
        self.case = case
        node_country = [number for number in self.countries.values() for _ in self.materials]
        node_country += [self.countries[country] for country, _ in self.stock_keys]
        self.node_country = np.array(node_country, dtype=int)
        per_activity = recipes(case)
        self.recipe = {
            process: list(zip(part["material"].map(self.materials), part["quantity"], strict=True))
            for process, part in per_activity.groupby("process", sort=False)
        }
        self.frames = {period: self._frames(tables, period) for period in case.periods}
        self.cores, self.freed = self._cores()
        self.networks = {period: self._network(period) for period in case.periods}

    def _node(self, country: pd.Series, material: pd.Series) -> np.ndarray:
        numbers = country.map(self.countries).to_numpy(dtype=int) * len(self.materials)
        return numbers + material.map(self.materials).to_numpy(dtype=int)

    def _stock_node(self, country: pd.Series, material: pd.Series) -> np.ndarray:
        keys = zip(country, material, strict=True)
        return np.array([self.pools + self.stock_number[key] for key in keys], dtype=int)

    def _frames(self, tables: Tables, period: str) -> dict[str, pd.DataFrame]:
        frames = {name: tables[name] for name in ("production", "trade")}
        frames |= {name: _optional(tables, name) for name in OPTIONAL}
        frames["served"] = served(tables)
        return {name: frame[frame["period"] == period].reset_index(drop=True) for name, frame in frames.items()}

    def _cores(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Clean core of each stock at the end of each period, and what leaves it in the period, before its loss.

        Both in the order of stock_keys. The core is what of the initial stock has never been free to leave:
        core_t = min(minimum_t, (1 - loss)^h core_{t-1}), from the initial stock on. Where the minimum only decays this
        is min(minimum, what is left of the initial stock); where it grows, or is kept up against a loss, what refills
        it is not clean.
        """
        found, freed = {}, {}
        core = np.array([self.initial[key] for key in self.stock_keys])
        keep_year = np.array([1 - self.loss[key] for key in self.stock_keys])
        for period in self.case.periods:
            keep, before = keep_year ** self.case.length[period], core
            core = core * keep
            for row in rows_of(self.frames[period]["stock"]):
                number = self.stock_number[row.country, row.material]
                core[number] = max(0.0, min(float(row.minimum), core[number]))
            found[period] = core.copy()
            freed[period] = before - np.divide(core, keep, out=np.zeros_like(core), where=keep > 0)
        return found, freed

    def _network(self, period: str) -> Network:
        """Arcs of the period; weights are parts of the receiving node's whole inflow."""
        frames = self.frames[period]
        trade, sharing, stock, production = (frames[name] for name in ("trade", "sharing", "stock", "production"))
        to = [self._node(trade["destination"], trade["material"])]
        origin = [self._node(trade["origin"], trade["material"])]
        amount = [trade["quantity"].to_numpy(dtype=float)]
        if len(sharing):
            to.append(self._node(sharing["receiver"], sharing["material"]))
            origin.append(self._stock_node(sharing["provider"], sharing["material"]))
            amount.append(sharing["quantity"].to_numpy(dtype=float))
        carried_in = np.zeros(self.pools + len(self.stock_keys))
        if len(stock):
            pool, held = (
                self._node(stock["country"], stock["material"]),
                self._stock_node(stock["country"], stock["material"]),
            )
            to.extend([pool, held])
            origin.extend([held, pool])
            amount.extend([stock["release"].to_numpy(dtype=float), stock["deposit"].to_numpy(dtype=float)])
            core = self.cores[period][held - self.pools]
            opening = stock["opening"].to_numpy(dtype=float) - stock["lost"].to_numpy(dtype=float)
            np.add.at(carried_in, held, np.maximum(opening - core, 0.0))
        inputs, made = [], []
        activity = production["activity"].to_numpy(dtype=float)
        country = production["country"].map(self.countries).to_numpy(dtype=int)
        for number, process in enumerate(production["process"]):
            for material, quantity in self.recipe[process]:
                node = country[number] * len(self.materials) + material
                if activity[number] > 0 and quantity > 0:
                    made.append((node, number, quantity * activity[number]))
                elif activity[number] > 0 and quantity < 0:
                    inputs.append((number, node))
        made_to = np.array([entry[0] for entry in made], dtype=int)
        made_amount = np.array([entry[2] for entry in made], dtype=float)
        arc_to, arc_from, arc_amount = np.concatenate(to), np.concatenate(origin), np.concatenate(amount)
        inflow = carried_in.copy()
        np.add.at(inflow, arc_to, arc_amount)
        np.add.at(inflow, made_to, made_amount)
        wanted = arc_amount > 0
        arc_to, arc_from, arc_amount = arc_to[wanted], arc_from[wanted], arc_amount[wanted]
        return Network(
            country=self.node_country,
            arc_to=arc_to,
            arc_from=arc_from,
            arc_weight=arc_amount / inflow[arc_to],
            made_to=made_to,
            made_by=np.array([entry[1] for entry in made], dtype=int),
            made_weight=made_amount / inflow[made_to],
            input_of=np.array([entry[0] for entry in inputs], dtype=int),
            input_node=np.array([entry[1] for entry in inputs], dtype=int),
            activity_country=country,
        )

    def period(
        self, supplier: str, period: str, carried: np.ndarray, only: Sequence[str] | None
    ) -> tuple[np.ndarray, list[pd.DataFrame]]:
        """Exposed stock at the end of the period (stock_keys order), and the exposed part of each wanted quantity."""
        network, frames = self.networks[period], self.frames[period]
        stock, home = frames["stock"], self.countries[supplier]
        source = np.zeros(len(self.node_country))
        held = self._stock_node(stock["country"], stock["material"]) if len(stock) else np.zeros(0, dtype=int)
        core = self.cores[period][held - self.pools]
        if len(stock):
            source[held] = self._carried_share(stock, carried[held - self.pools], core)
        share, active = network.shares(home, source)
        closing = np.zeros(len(self.stock_keys))
        if len(stock):
            mixed = np.maximum(stock["closing"].to_numpy(dtype=float) - core, 0.0)
            in_supplier = self.node_country[held] == home
            closing[held - self.pools] = np.where(in_supplier, 0.0, share[held] * mixed)
        found: list[pd.DataFrame] = []

        def add(name: str, country: pd.Series, partner: pd.Series | str, item: pd.Series, exposed: np.ndarray) -> None:
            keep = exposed > 0
            if (only is None or name in only) and keep.any():
                frame = pd.DataFrame({"country": country, "partner": partner, "item": item, "exposed": exposed})[keep]
                found.append(frame.assign(supplier=supplier, quantity_name=name, period=period))

        got = frames["served"]
        if only is None or "served" in only:
            pool = share[self._node(got["country"], got["material"])]
            add("served", got["country"], "", got["material"], pool * got["served"].to_numpy(dtype=float))
        if only is None or set(only) - {"served"}:
            self._flows(add, frames, share, active, closing[held - self.pools])
        return closing, found

    def _carried_share(self, stock: pd.DataFrame, carried: np.ndarray, core: np.ndarray) -> np.ndarray:
        """Share of a stock's mixing pool that was exposed before the period; capped where the core has grown."""
        opening = stock["opening"].to_numpy(dtype=float)
        kept = opening - stock["lost"].to_numpy(dtype=float)
        deposit = stock["deposit"].to_numpy(dtype=float)
        pool = np.maximum(kept - core, 0.0) + deposit
        left = carried * np.divide(kept, opening, out=np.zeros_like(kept), where=opening > 0)
        part = np.divide(left, pool, out=np.zeros_like(pool), where=pool > 0)
        room = 1.0 - np.divide(deposit, pool, out=np.zeros_like(pool), where=pool > 0)
        return np.minimum(part, room)

    def _flows(
        self,
        add: Callable[..., None],
        frames: Mapping[str, pd.DataFrame],
        share: np.ndarray,
        active: np.ndarray,
        exposed_stock: np.ndarray,
    ) -> None:
        """Exposed part of everything but what demand gets."""
        production, trade, sharing, stock = (frames[name] for name in ("production", "trade", "sharing", "stock"))
        activity = production["activity"].to_numpy(dtype=float)
        item = production["kind"] + "/" + production["process"] + "/" + production["unit_name"].astype(str)
        add("activity", production["country"], "", item, active * activity)
        used = self._used(production, activity)
        add("used", used["country"], "", used["material"], self._pool_share(share, used) * used["used"].to_numpy())
        moved = share[self._node(trade["origin"], trade["material"])] * trade["quantity"].to_numpy(dtype=float)
        add("shipment", trade["origin"], trade["destination"], trade["material"], moved)
        rest = frames["disposal"]
        if len(rest):
            add(
                "disposed",
                rest["country"],
                "",
                rest["material"],
                self._pool_share(share, rest) * rest["quantity"].to_numpy(dtype=float),
            )
        if len(sharing):
            given = share[self._stock_node(sharing["provider"], sharing["material"])]
            add(
                "sharing",
                sharing["provider"],
                sharing["receiver"],
                sharing["material"],
                given * sharing["quantity"].to_numpy(dtype=float),
            )
        if len(stock):
            mix = share[self._stock_node(stock["country"], stock["material"])]
            add("stock", stock["country"], "", stock["material"], exposed_stock)
            add("release", stock["country"], "", stock["material"], mix * stock["release"].to_numpy(dtype=float))
            add(
                "deposit",
                stock["country"],
                "",
                stock["material"],
                self._pool_share(share, stock) * stock["deposit"].to_numpy(dtype=float),
            )

    def _pool_share(self, share: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
        return share[self._node(frame["country"], frame["material"])]

    def _used(self, production: pd.DataFrame, activity: np.ndarray) -> pd.DataFrame:
        """What activities take in of each material: country, material, used."""
        taken = recipes(self.case).query("quantity < 0")
        joined = production[["country", "process"]].assign(activity=activity).merge(taken, on="process")
        joined["used"] = -joined["quantity"] * joined["activity"]
        return totals(joined, ["country", "material"], ["used"])
