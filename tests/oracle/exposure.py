"""Traced exposure, dependence measures and caps of section 5, on the base path, for the oracle."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.oracle.path import (
    Activities,
    Flows,
    Path,
    inputs,
    missing,
    near,
    output,
    served,
)
from tests.oracle.program import Program, Sum, total
from tests.oracle.world import World


@dataclass
class Exposed:
    """Exposed parts for one traced supplier; the supplier's own country has no rows, as everything in it is exposed."""

    used: dict[tuple[str, str, int], Sum] = field(default_factory=dict)
    served: dict[tuple[str, str, int], Sum] = field(default_factory=dict)


def trace(world: World, program: Program, path: Path, supplier: str, options: dict) -> Exposed:
    """The exposed part of every base-path quantity for one supplier (built for all materials: where nothing is
    downstream of the supplier, the least exposure is zero anyway).

    `disposed`: "any" as the method has it; "output" lets no exposed import be disposed of, since otherwise buying the
    same good twice from two suppliers and throwing half away shows no dependence on either.
    """

    def part(whole: Sum, all_of_it: bool) -> Sum:
        if all_of_it:
            return whole
        column = program.column()
        program.at_most(column, whole)
        return column

    out = Exposed()
    activity, shipment, sharing = Activities(), Flows(), Flows()
    for (u, i), a in path.activity.items():
        activity[u, i] = part(a, u.country == supplier)
    for parts, flows in ((shipment, path.shipment), (sharing, path.sharing)):
        for key, flow in flows.items():
            parts[key] = part(flow, key[0] == supplier)
    piles = [key for key in path.stock if key[0] != supplier]
    stock, deposit, release = {}, {}, {}
    for n, m, t in piles:
        core = min(world.minimum(n, m, t), world.initial(n, m, t))
        stock[n, m, t] = part(path.stock[n, m, t] - core, False)
        deposit[n, m, t] = part(path.deposit[n, m, t], False)
        release[n, m, t] = part(path.release[n, m, t], False)
    for n, m, t in piles:
        before = Sum() if t == 0 else world.kept(n, m, path.intervals[t].length) * stock[n, m, t - 1]
        leaving = release[n, m, t] + near(sharing, 0, n, m, t)
        program.equal(stock[n, m, t], before + deposit[n, m, t] - leaving)
    for c in world.countries:
        if c == supplier:
            continue
        for m in world.material:
            for t in range(len(path.intervals)):
                used = out.used[c, m, t] = program.column()
                program.at_most(used, inputs(world, activity, c, m, t))
                gets = out.served[c, m, t] = part(served(path, c, m, t), False)
                disposed = part(path.disposal[c, m, t], False)
                made = output(world, activity, c, m, t)
                if options["disposed"] == "output":
                    program.at_most(disposed, made)
                inflow = made + near(shipment, 1, c, m, t) + near(sharing, 1, c, m, t)
                inflow += release.get((c, m, t), 0.0)
                outflow = used + near(shipment, 0, c, m, t) + deposit.get((c, m, t), 0.0) + gets + disposed
                program.at_most(inflow, outflow)
    return out


def weights(world: World, options: dict) -> tuple[dict, dict]:
    """Denominators (amounts of a period) and weights (summing to 1) of members' materials by period."""
    measured = world.need if options["measure"] == "direct" else world.demand_of
    amount = {}
    for n in world.members:
        for m in world.material:
            for t, interval in enumerate(world.intervals):
                quantity = interval.length * measured(n, m, interval)
                if quantity > 0:
                    amount[n, m, t] = quantity
    if options["dependence_weight"] == "value":
        raw = {key: q * world.material[key[1]]["price"] * world.material[key[1]]["importance"]
               for key, q in amount.items()}  # fmt: skip
    else:
        of_material: dict[str, float] = {}
        for (_, m, _), q in amount.items():
            of_material[m] = of_material.get(m, 0.0) + q
        raw = {key: world.material[key[1]]["importance"] * q / of_material[key[1]] for key, q in amount.items()}
    everything = sum(raw.values())
    return amount, {key: w / everything for key, w in raw.items()} if everything > 0 else {}


def _dependent(world: World, path: Path, exposed: dict[str, Exposed], options: dict, s: str, key: tuple) -> Sum:
    """Units of a member's material in a period that depend on a supplier, those short included."""
    n, m, t = key
    short = missing(path, n, m, t)
    if options["measure"] == "direct":
        return short + path.shipment.get((s, n, m, t), 0.0)
    return short + exposed[s].served[n, m, t]


def index(world: World, program: Program, path: Path, exposed: dict[str, Exposed], options: dict) -> Sum:
    """The weighted mean of single-supplier dependence z over members, materials and periods."""
    amount, weight = weights(world, options)
    mean = Sum()
    for key, q in amount.items():
        z = program.column()
        program.at_most((1.0 / q) * missing(path, *key), z)
        for s in options["suppliers"]:
            if s != key[0]:
                program.at_most((1.0 / q) * _dependent(world, path, exposed, options, s, key), z)
        mean += weight.get(key, 0.0) * z
    return mean


def worst(world: World, program: Program, path: Path, exposed: dict[str, Exposed], options: dict) -> Sum:
    """The largest supplier's share of any member's material, summed over the periods from `worst_from`."""
    amount, _ = weights(world, options)
    first = first_online(world) if options["worst_from"] is None else world.position[str(options["worst_from"])]
    late = [key for key in amount if key[2] >= first]
    z = program.column()
    for n, m in dict.fromkeys(key[:2] for key in late):
        keys = [key for key in late if key[:2] == (n, m)]
        scale = 1.0 / sum(amount[key] for key in keys)
        program.at_most(scale * total(missing(path, *key) for key in keys), z)
        for s in options["suppliers"]:
            if s != n:
                dependent = total(_dependent(world, path, exposed, options, s, key) for key in keys)
                program.at_most(scale * dependent, z)
    return z


def first_online(world: World) -> int:
    """Position of the first period in which a candidate can be online (the first period if none ever can)."""
    for t, interval in enumerate(world.intervals):
        for p, row in world.project.items():
            starts = [s for s in world.start_options(p) if s is not None]
            if row["status"] == "candidate" and any(world.online(p, s, interval) > 0 for s in starts):
                return t
    return 0


def add_caps(world: World, program: Program, path: Path, exposed: dict[str, Exposed], options: dict) -> None:
    """At most a part kappa of yearly use from one supplier, per member or for the group."""
    for cap in options["caps"]:
        for m in cap["materials"] or list(world.material):
            for t in range(world.position[str(cap["from_period"])], len(world.periods)):
                for s in options["suppliers"]:
                    others = [n for n in world.members if n != s]
                    for group in [others] if cap["scope"] == "group" else [[n] for n in others]:
                        use = total(inputs(world, path.activity, n, m, t) + served(path, n, m, t) for n in group)
                        if cap["basis"] == "direct":
                            part = total(path.shipment.get((s, n, m, t), 0.0) for n in group)
                        else:
                            part = total(exposed[s].used[n, m, t] + exposed[s].served[n, m, t] for n in group)
                        program.at_most(part, float(cap["kappa"]) * use)
