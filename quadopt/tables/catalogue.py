"""Every input table, declared once: reading, checks, template and documentation follow from here.

The method, section 2. Quantities and capacities are per year; money is millions of the case's currency, prices and
unit costs are units of it per unit of material.
"""

from __future__ import annotations

from quadopt.tables.schema import Column, Table

COMMON = (
    Column("source", "text", "where the row's numbers come from"),
    Column("quality", "text", "how well they are known", choices=("reported", "derived", "assumed")),
    Column("note", "text", "anything that a reader should know"),
)
"""Columns that every table may have: kept, shown in reports, ignored by the model."""

PERIOD = Column("period", "label", "the period that the row holds for", reference="periods.period",
                blank="every period that no other row of the same key names")  # fmt: skip

SETTINGS = (
    Column("title", "text", "the case's title, shown on every result", default=""),
    Column("currency", "text", "the currency of all money", default="USD"),
    Column("base_year", "number", "the year of whose prices all money is", minimum=1900, maximum=2200),
    Column("discount_rate", "number", "yearly discount rate of money", "fraction", default=0.05, minimum=0, maximum=1),
)
"""What the rows of `settings` may be named."""

_PER_UNIT = "{currency} per unit of material"
_ACTIVITY = "units of process activity per year"

# fmt: off
_TABLES = (
    Table(
        "settings",
        "General settings, one a row.",
        ("name",),
        (
            Column("name", "text", "which setting", required=True, choices=tuple(column.name for column in SETTINGS)),
            Column("value", "text", "its value"),
        ),
        required=True,
    ),
    Table(
        "periods",
        "The periods of the plan, in the order of the sheet.",
        ("period",),
        (
            Column("period", "label", "the period's name, usually its first year", required=True),
            Column("years", "number", "its length", "years", default=1.0, above=0, maximum=100),
        ),
        required=True,
    ),
    Table(
        "countries",
        "The members of the group and the outside suppliers.",
        ("country",),
        (
            Column("country", "text", "the country's name", required=True),
            Column("member", "flag", "whether it belongs to the group", default=False),
            Column("burden_weight", "number", "its weight when contributions are shared by weight, e.g. GDP", "any",
                   default=1.0, minimum=0),
            Column("governance", "number", "quality of governance, 0 worst, 1 best (for weighted concentration)",
                   "fraction", blank="not known", minimum=0, maximum=1),
            Column("latitude", "number", "where maps draw it, south negative; the model ignores it", "degrees north",
                   blank="drawn at the margin of maps", minimum=-90, maximum=90, is_read=False),
            Column("longitude", "number", "where maps draw it, west negative; the model ignores it", "degrees east",
                   blank="drawn at the margin of maps", minimum=-180, maximum=180, is_read=False),
        ),
        required=True,
    ),
    Table(
        "materials",
        "Everything that is made, traded, stocked or wanted.",
        ("material",),
        (
            Column("material", "text", "the material's name", required=True),
            Column("unit", "text", "its unit", default="t"),
            Column("stage", "text", "its stage in the chain, e.g. mine, refining", default=""),
            Column("price", "number", "its price", _PER_UNIT, required=True, minimum=0),
            Column("transport_cost", "number", "cost of shipping a unit where no route says otherwise", _PER_UNIT,
                   default=0.0, minimum=0),
            Column("importance", "number", "its weight in the dependence index, beside its value", "any", default=1.0,
                   minimum=0),
            Column("shortage_value", "number", "what a missing unit costs, before the sector's weight", _PER_UNIT,
                   blank="the price", minimum=0),
        ),
        required=True,
    ),
    Table(
        "recipes",
        "What a process makes and uses per unit of its activity.",
        ("process", "material"),
        (
            Column("process", "text", "the process", required=True),
            Column("material", "text", "what it makes or uses", required=True, reference="materials.material"),
            Column("quantity", "number", "units per unit of activity: above 0 made, below 0 used",
                   "units of material per unit of activity", required=True),
        ),
        required=True,
    ),
    Table(
        "plants",
        "Existing plants of the members, and what outside countries offer to them. Tiers make a supply curve.",
        ("country", "process", "tier"),
        (
            Column("country", "text", "where the plant stands", required=True, reference="countries.country"),
            Column("process", "text", "what it does", required=True, reference="recipes.process"),
            Column("tier", "label", "step of the supply curve", default="1"),
            PERIOD,
            Column("capacity", "number", "the most that it can do, outside: the most that members can have", _ACTIVITY,
                   required=True, minimum=0, varies=True),
            Column("unit_cost", "number", "cost (outside: asking price) of this stage less its inputs; "
                   "negative: a credit", "{currency} per unit of activity", required=True, varies=True),
        ),
        required=True,
    ),
    Table(
        "projects",
        "What can be built: mines, plants, recycling.",
        ("project",),
        (
            Column("project", "text", "the project's name", required=True),
            Column("country", "text", "where it would stand", required=True, reference="countries.country"),
            Column("process", "text", "what it would do", required=True, reference="recipes.process"),
            Column("capacity", "number", "its capacity once fully running", _ACTIVITY, required=True, above=0),
            Column("capex", "number", "what it costs to build", "million {currency}", required=True, minimum=0),
            Column("fund_share", "number", "the part of capex that the fund pays", "fraction", default=1.0, minimum=0,
                   maximum=1),
            Column("unit_cost", "number", "operating cost less inputs; negative: a credit",
                   "{currency} per unit of activity", required=True),
            Column("lead_time", "number", "from its start to its completion", "years", required=True, minimum=0),
            Column("ramp_years", "number", "years from completion to full capacity", "years", default=0.0, minimum=0),
            Column("lifetime", "number", "years that it runs after completion", "years", blank="past the horizon",
                   above=0),
            Column("earliest", "label", "the first period in which it can start", default="", blank="the first period",
                   reference="periods.period"),
            Column("latest", "label", "the last period in which it can start", default="", blank="the last period",
                   reference="periods.period"),
            Column("status", "text", "candidate: may start; committed: must; excluded: must not", default="candidate",
                   choices=("candidate", "committed", "excluded")),
            Column("requires", "names", "projects that must be complete before it is", default="", blank="none",
                   reference="projects.project"),
            Column("exclusive_group", "text", "of the projects of a group at most one starts", default="",
                   blank="none"),
            Column("minimum_use", "number", "the least use of its capacity on the base path", "fraction", default=0.0,
                   minimum=0, maximum=1),
        ),
    ),
    Table(
        "fund",
        "What the members pay into the project fund and may spend on their stockpiles.",
        ("country",),
        (
            Column("country", "text", "the member", required=True, reference="countries.country"),
            PERIOD,
            Column("limit", "number", "the most that it pays into the fund", "million {currency} per year",
                   required=True, minimum=0, varies=True),
            Column("stock_limit", "number", "the most that it spends on filling its stockpiles, at price",
                   "million {currency} per year", blank="unlimited", minimum=0, varies=True),
        ),
        members_only=("country",),
        unnamed_period_is_zero=True,
    ),
    Table(
        "sectors",
        "How much a shortage hurts a sector.",
        ("sector",),
        (
            Column("sector", "text", "the sector's name", required=True),
            Column("shortage_weight", "number", "multiplies the shortage value of a unit missing there", "any",
                   default=10.0, minimum=0),
        ),
    ),
    Table(
        "demand",
        "What the members need, net of what modelled plants use.",
        ("country", "material", "sector"),
        (
            Column("country", "text", "the member", required=True, reference="countries.country"),
            Column("material", "text", "what it needs", required=True, reference="materials.material"),
            Column("sector", "text", "for what", required=True, reference="sectors.sector"),
            PERIOD,
            Column("quantity", "number", "how much", "units per year", required=True, minimum=0, varies=True),
        ),
        required=True,
        members_only=("country",),
        unnamed_period_is_zero=True,
    ),
    Table(
        "routes",
        "Costs and limits of trade. The matching row with most keys filled wins; a pair without a row is open.",
        ("origin", "destination", "material"),
        (
            Column("origin", "text", "from where", default="", blank="any country", reference="countries.country"),
            Column("destination", "text", "to where", default="", blank="any country", reference="countries.country"),
            Column("material", "text", "what", default="", blank="any material", reference="materials.material"),
            PERIOD,
            Column("cost", "number", "cost of shipping a unit", _PER_UNIT, blank="the material's transport_cost",
                   minimum=0, varies=True),
            Column("capacity", "number", "the most that can be shipped; 0: closed", "units per year",
                   blank="unlimited", minimum=0, varies=True),
        ),
    ),
    Table(
        "stockpiles",
        "What members hold, and may hold, for emergencies. Amounts, not yearly quantities.",
        ("country", "material"),
        (
            Column("country", "text", "the member", required=True, reference="countries.country"),
            Column("material", "text", "what it holds", required=True, reference="materials.material"),
            Column("initial", "number", "held at the start", "units", required=True, minimum=0),
            Column("capacity", "number", "the most that it may hold", "units", blank="unlimited", minimum=0),
            Column("minimum", "number", "the least that it must hold", "units",
                   blank="the initial stock, less its losses", minimum=0),
            Column("minimum_days", "number", "the same in days of demand plus existing plants' use at capacity; "
                   "instead of minimum", "days", blank="see minimum", minimum=0),
            Column("release_limit", "number", "the most that leaves it, shared units included", "units per year",
                   blank="unlimited", minimum=0),
            Column("holding_cost", "number", "cost of holding a unit", "{currency} per unit and year", default=0.0,
                   minimum=0),
            Column("loss_rate", "number", "part of the stock lost each year", "fraction", default=0.0, minimum=0,
                   maximum=1),
        ),
        members_only=("country",),
    ),
    Table(
        "sharing",
        "Which members share their stocks with which. What no row matches is not shared.",
        ("provider", "receiver", "material"),
        (
            Column("provider", "text", "the member that shares", required=True, reference="countries.country"),
            Column("receiver", "text", "the member that gets", default="", blank="any member",
                   reference="countries.country"),
            Column("material", "text", "what", default="", blank="any material", reference="materials.material"),
            PERIOD,
            Column("limit_fraction", "number", "the most that is shared, as a part of the opening stock", "fraction",
                   required=True, minimum=0, maximum=1, varies=True),
            Column("cost", "number", "cost of sharing a unit, on top of the route's", _PER_UNIT, default=0.0,
                   minimum=0),
        ),
        members_only=("provider", "receiver"),
    ),
    Table(
        "disruptions",
        "Blows that may fall. All rows of one name strike together; every matching row applies.",
        (),
        (
            Column("disruption", "text", "the disruption's name", required=True),
            Column("kind", "text", "what happens", required=True, choices=("export_cut", "outage", "demand_surge")),
            Column("country", "text", "whose exports, plants or demand", default="",
                   blank="every outside supplier; for a surge every member", reference="countries.country"),
            Column("destination", "text", "exports to where", default="", blank="any country",
                   reference="countries.country"),
            Column("material", "text", "of which material", default="", blank="any material",
                   reference="materials.material"),
            Column("process", "text", "plants of which process", default="", blank="any process",
                   reference="recipes.process"),
            Column("sector", "text", "demand of which sector", default="", blank="any sector",
                   reference="sectors.sector"),
            Column("start", "label", "the period at whose beginning it strikes", required=True,
                   reference="periods.period"),
            Column("duration", "number", "how long it lasts", "years", required=True, above=0),
            Column("severity", "number", "the part cut off or out; for a surge the added part (required)", "fraction",
                   blank="1 for a cut or an outage", minimum=0),
            Column("limit", "number", "for a cut, instead of severity: what is still shipped", "units per year",
                   blank="severity counts", minimum=0),
            Column("probability", "number", "of happening once in the horizon", "fraction",
                   blank="an equal share of what the others leave", minimum=0, maximum=1),
        ),
        named_by=("disruption", "kind", "country", "destination", "material", "process", "sector"),
    ),
    Table(
        "whatifs",
        "Named sets of changes to the other tables; each gives a plan of its own.",
        (),
        (
            Column("whatif", "text", "the what-if's name", required=True),
            Column("table", "text", "which table it changes", required=True),
            Column("where", "text", "which rows, as 'country=China; process=make_*; period=2026..'; for add_row the new row",
                   default="", blank="every row"),
            Column("column", "label", "which column; in a wide table also a period", default="",
                   blank="for add_row and remove_rows"),
            Column("operation", "text", "what is done", required=True,
                   choices=("set", "add", "multiply", "add_row", "remove_rows")),
            Column("value", "text", "with which value", default="", blank="for add_row and remove_rows"),
            Column("builds_on", "text", "the what-if whose changes come before its own", default="",
                   blank="it builds on the case"),
        ),
    ),
)
# fmt: on

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}
"""Every input table by name, in the order of the method, section 2."""
