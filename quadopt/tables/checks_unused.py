"""Doubts: what nobody can get, and rows that the model will not use."""

from __future__ import annotations

from quadopt.tables.checked import Checked
from quadopt.tables.checks_projects import completions
from quadopt.tables.flows import Flows
from quadopt.tables.typed import TypedRow


def demand_can_be_met(checked: Checked) -> None:
    """A member's demand for what it can never have goes short whatever is planned."""
    obtainable = Flows(checked).obtainable
    asked = checked.tables["demand"]
    wanted = set(zip(*(asked.loc[asked["quantity"] > 0, column] for column in ("country", "material")), strict=True))
    said: set[tuple[str, str]] = set()
    for row in checked.rows("demand"):
        pair = (row.get("country"), row.get("material"))
        if pair in wanted and pair not in obtainable and pair not in said:
            said.add(pair)
            checked.warning("demand", f"{pair[1]} can never reach {pair[0]}: nothing makes it from what there is, or "
                            "every route is closed; all of it will go short", row, "material")  # fmt: skip


def units_can_run(checked: Checked) -> None:
    """Plants and projects whose inputs can never reach them stand still."""
    obtainable = Flows(checked).obtainable
    plants = checked.tables["plants"]
    able = set(zip(*(plants.loc[plants["capacity"] > 0, c] for c in ("country", "process")), strict=True))
    for name in ("plants", "projects"):
        still: list[tuple[TypedRow, str]] = []
        for row in checked.rows(name):
            country, process = row.get("country"), row.get("process")
            if name == "plants" and (country, process) not in able:
                continue
            if name == "projects" and not completions(checked, row):
                continue
            inputs = [m for m, quantity in checked.recipes.get(process, {}).items() if quantity < 0]
            missing = [material for material in inputs if (country, material) not in obtainable]
            if missing:
                who = row.get("project") if name == "projects" else f"{country} {process}"
                still.append((row, f"{who} (no {missing[0]})"))
        checked.unused(name, "these can never run, since an input never reaches them", still)


def plants_have_capacity(checked: Checked) -> None:
    """Plants without capacity in every period."""
    plants = checked.tables["plants"]
    able = set(zip(*(plants.loc[plants["capacity"] > 0, c] for c in ("country", "process", "tier")), strict=True))
    typed = checked.typed["plants"]
    rows = [(row, ", ".join(typed.key(row))) for row in typed.rows if typed.key(row) not in able]
    checked.unused("plants", "no capacity in any period", rows)


def names_are_used(checked: Checked) -> None:
    """Processes, sectors, materials and countries that no other table uses."""
    processes = {*checked.values("plants", "process"), *checked.values("projects", "process")}
    rows = [(row, row.get("process")) for row in checked.rows("recipes") if row.get("process") not in processes]
    checked.unused("recipes", "no plant and no project has this process", rows)

    sectors = set(checked.values("demand", "sector"))
    rows = [(row, row.get("sector")) for row in checked.rows("sectors") if row.get("sector") not in sectors]
    checked.unused("sectors", "no demand names this sector", rows)

    materials = {material for process in processes for material in checked.recipes.get(process, {})}
    materials |= {*checked.values("demand", "material"), *checked.values("stockpiles", "material")}
    rows = [(row, row.get("material")) for row in checked.rows("materials") if row.get("material") not in materials]
    checked.unused("materials", "nothing makes, uses, wants or stocks this material", rows)

    countries: set[str] = set()
    for name in ("plants", "projects", "demand", "stockpiles"):
        countries |= set(checked.values(name, "country"))
    rows = [(row, row.get("country")) for row in checked.rows("countries")
            if row.get("country") not in countries and not row.get("member")]  # fmt: skip
    checked.unused("countries", "no plant or project stands in this outside country", rows)


def routes_are_used(checked: Checked) -> None:
    """Rows of the routes table that hold for no flow: nothing of it moves there, or more specific rows cover it all."""
    if not checked.rows("routes"):
        return
    flows = Flows(checked)
    used = {key for flow in flows.all() for key in flows.matching(flow)[:1]}
    rows = [
        (row, " > ".join(part or "any" for part in key)) for key, row in flows.route_rows.items() if key not in used
    ]
    checked.unused("routes", "no flow of the model takes this route (origin > destination > material)", rows)


def stocks_are_used(checked: Checked) -> None:
    """Stockpiles that nothing can fill, and sharing rows that no stockpile stands behind."""
    flows = Flows(checked)
    rows = [(row, f"{row.get('country')} {row.get('material')}") for row in checked.rows("stockpiles")
            if (row.get("country"), row.get("material")) not in flows.obtainable]  # fmt: skip
    checked.unused("stockpiles", "the stock is empty and nothing can fill it", rows)

    empty: list[tuple[TypedRow, str]] = []
    for row in checked.rows("sharing"):
        provider, receiver, material = row.get("provider"), row.get("receiver"), row.get("material")
        shared = {m for country, m in flows.stocked if country == provider and material in (None, m)}
        takers = checked.members if receiver is None else [receiver]
        if not any((taker, m) in flows.wants for taker in takers if taker != provider for m in shared):
            empty.append((row, " > ".join(str(part or "any") for part in (provider, receiver, material))))
    checked.unused("sharing", "no stockpile of the provider holds what a receiver wants", empty)


def disruptions_hit_something(checked: Checked) -> None:
    """Rows that match no exports, no plants or no demand."""
    flows = Flows(checked)
    outside = [country for country in checked.countries if country not in checked.members]
    demand = checked.tables["demand"]
    asked = set(zip(demand["country"], demand["material"], demand["sector"], strict=True))
    rows = []
    for row in checked.rows("disruptions"):
        kind, country, material = row.get("kind"), row.get("country"), row.get("material")
        hit = True
        if kind == "export_cut":
            sources = [country] if country else outside
            hit = any(
                flow[0] in sources and material in (None, flow[2]) and row.get("destination") in (None, flow[1])
                for flow in flows.all()
            )
        elif kind == "outage":
            sources = [country] if country else outside
            hit = any(
                unit[0] in sources and row.get("process") in (None, unit[1])
                and (material is None or checked.recipes[unit[1]].get(material, 0) > 0)
                for unit in flows.units
            )  # fmt: skip
        elif kind == "demand_surge":
            hit = any(
                c in ([country] if country else checked.members) and material in (None, m)
                and row.get("sector") in (None, q) for c, m, q in asked
            )  # fmt: skip
        if not hit:
            what = row.get("process") or material or row.get("sector") or "any"
            rows.append((row, f"{row.get('disruption')} ({country or 'any'}, {what})"))
    checked.unused("disruptions", "these rows strike nothing that the model holds", rows)


RULES = (demand_can_be_met, units_can_run, plants_have_capacity, names_are_used, routes_are_used, stocks_are_used,
         disruptions_hit_something)  # fmt: skip
