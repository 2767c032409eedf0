"""Every table and column of a plan, declared once: sheet headers, number formats and docs/plan.md all follow from here.

| symbol | in code | unit |
| --- | --- | --- |
| money | kind ``money`` | millions of the case's currency, real, of its base year |
| flow, stock, shortage | kind ``amount`` | units of the material in the period or step (not per year) |
| share, gap | kind ``share``, ``gap`` | a fraction, shown as a percentage |
"""

from __future__ import annotations

from quadopt.report.schema import Column, Table

MONEY, UNITS, YEARLY = "million {currency}", "units of the material", "units of activity per year"
START_YEARS = "years from the start of the horizon"


def _money(name: str, title: str, meaning: str) -> Column:
    return Column(name, title, MONEY, "money", meaning)


def _amount(name: str, title: str, meaning: str, unit: str = UNITS) -> Column:
    return Column(name, title, unit, "amount", meaning)


def _share(name: str, title: str, meaning: str, unit: str = "% of demand") -> Column:
    return Column(name, title, unit, "share", meaning)


def _text(name: str, title: str, meaning: str) -> Column:
    return Column(name, title, "", "text", meaning)


COUNTRY = _text("country", "Country", "the country; 'group' stands for all members together")
PERIOD = _text("period", "Period", "label of the period")
MATERIAL = _text("material", "Material", "the material")
PROJECT = _text("project", "Project", "the project")
PROCESS = _text("process", "Process", "the process")
SECTOR = _text("sector", "Sector", "the sector whose demand it is")
SUPPLIER = _text("supplier", "Supplier", "the supplier whose material is traced")
BRANCH = (
    _text("disruption", "Crisis", "the disruption"),
    Column("step", "Step", "", "count", "number of the step, from 1"),
    Column("begin", "Begin", START_YEARS, "years", "when the step begins"),
    Column("end", "End", START_YEARS, "years", "when the step ends"),
)
PRODUCTION = (
    COUNTRY,
    _text("kind", "Kind", "plant or project"),
    PROCESS,
    _text("unit_name", "Plant tier or project", "tier of a plant, name of a project"),
    _amount("activity", "Activity", "activity run", "units of activity"),
    _amount("capacity", "Capacity", "activity that was possible", "units of activity"),
    _money("cost", "Operating cost", "activity at its unit cost (undiscounted)"),
)
TRADE = (
    _text("origin", "Origin", "country that ships"),
    _text("destination", "Destination", "country that receives"),
    MATERIAL,
    _amount("quantity", "Quantity", "amount shipped"),
    _money("cost", "Transport cost", "amount at the route's cost (undiscounted)"),
)
SHARING = (
    _text("provider", "Provider", "member that shares from its stockpile"),
    _text("receiver", "Receiver", "member that receives"),
    MATERIAL,
    _amount("quantity", "Quantity", "amount shared"),
    _money("cost", "Sharing cost", "amount at the pact's and the route's cost (undiscounted)"),
)
OPENING = _amount("opening", "Opening stock", "stock at the beginning")
CLOSING = _amount("closing", "Closing stock", "stock at the end")
DEPOSIT = _amount("deposit", "Deposit", "put into the stockpile")
RELEASE = _amount("release", "Release", "taken out for use at home")
SHARED = _amount("shared", "Shared", "taken out for other members")
LOST = _amount("lost", "Lost", "lost to decay")
SHORTAGE = (
    COUNTRY,
    MATERIAL,
    SECTOR,
    _amount("demand", "Demand", "what the sector wants"),
    _amount("shortage", "Shortage", "what it does not get"),
    _money("shortage_value", "Shortage value", "shortage at the material's shortage value and the sector's weight"),
)
DISPOSAL = (COUNTRY, MATERIAL, _amount("quantity", "Quantity", "left over and disposed of"))
BALANCE = (
    COUNTRY,
    MATERIAL,
    _amount("made", "Output", "made by plants and projects"),
    _amount("imports", "Imports", "shipments received"),
    _amount("release", "Release", "taken out of the stockpile for use at home"),
    _amount("received", "Received", "shared by other members"),
    _amount("used", "Use in plants", "used by plants and projects"),
    _amount("exports", "Exports", "shipments sent"),
    _amount("deposit", "Deposit", "put into the stockpile"),
    _amount("demand", "Demand", "what the sectors want"),
    _amount("disposal", "Disposal", "left over and disposed of"),
    _amount("shortage", "Shortage", "what the sectors do not get"),
    _amount("use", "Use", "use in plants + demand - shortage"),
)
BALANCE_SENTENCE = (
    "output + imports + release + received = use in plants + exports + deposit + (demand - shortage) + disposal"
)


def _at(columns: tuple[Column, ...], position: int, *added: Column) -> tuple[Column, ...]:
    return columns[:position] + added + columns[position:]


READINGS = {
    "optimised": "as optimised",
    "at_least": "at least",
    "at_most": "at most",
    "proportional": "proportional",
    "direct": "direct",
    "stock_exposed": "proportional, initial stock counted as the supplier's",
}
"""Readings of dependence and their titles; `direct` is the direct share of use on the scale of demand."""

SHARES = (
    _share("share_optimised", "Share, as optimised", "(exposed + short) / demand, in the model's own assignment"),
    _share(
        "share_at_least", "Share, at least", "the least exposure that this plan allows (book and claim: lower bound)"
    ),
    _share("share_at_most", "Share, at most", "the largest exposure that this plan allows"),
    _share("share_proportional", "Share, proportional", "exposure if all units of a material mix evenly"),
)
STOCK_EXPOSED = _share(
    "share_stock_exposed",
    "Share, proportional, initial stock counted as the supplier's",
    "as proportional, had the initial stock that is used come from the supplier; what it is higher by is one-off",
)

TABLES: tuple[Table, ...] = (
    Table(
        "stages",
        "Status of each stage",
        "What each stage of the optimisation reached: the plan's value, the bound that no plan beats, and the gap.",
        (
            _text("stage", "Stage", "what was minimised, in the order of the model file"),
            _text("objective", "Objective", "the objective in words"),
            _text("unit", "Unit", "unit of the figures in the row"),
            _text("status", "Status", "optimal, or stopped at a limit with a plan"),
            Column("incumbent", "Plan's value", "in the row's unit", "by_unit", "value of the plan found"),
            Column("bound", "Bound", "in the row's unit", "by_unit", "no plan can be better than this"),
            Column("gap", "Gap", "% of the plan's value", "gap", "distance between plan and bound"),
            Column(
                "held_at",
                "Held at",
                "in the row's unit",
                "by_unit",
                "limit kept in the later stages (blank: last stage)",
            ),
            Column("seconds", "Time", "seconds", "years", "solving time"),
            Column("rows", "Rows", "", "count", "constraints of the model"),
            Column("columns", "Columns", "", "count", "variables of the model"),
            Column("binaries", "Binaries", "", "count", "yes-or-no variables"),
        ),
    ),
    Table(
        "three_steps",
        "Dependence in three steps",
        "Dependence today, with trade re-directed, and with the fund: in total ('all') and by material, over all periods.",
        (
            _text("step", "Step", "today, re-directed, with the fund"),
            _text("material", "Material", "the material; 'all' for the index"),
            *SHARES[1::2],
            STOCK_EXPOSED,
            _share("share_direct", "Share, direct", "direct shipments from the largest supplier, over use", "% of use"),
            _money("cost", "Cost", "discounted cost over the horizon ('all' rows only)"),
            _money("shortage", "Shortage value", "value of the demand that goes short on the base path"),
        ),
    ),
    Table(
        "index",
        "Dependence index in every reading",
        "The dependence index by weighting (value or material), scope and way of tracing, and the worst single case.",
        (
            _text(
                "measure",
                "Measure",
                "value or material weights; worst: largest share of one supplier in any member and material",
            ),
            _text("scope", "Scope", "members one by one, or the group as a whole"),
            _text(
                "basis",
                "Basis",
                "optimised, at_least, at_most, proportional, direct; stock_exposed: proportional, had the initial stock "
                "that is used come from the supplier",
            ),
            _share("value", "Value", "the index"),
        ),
    ),
    Table(
        "chains",
        "Chains",
        "Where what members use is made, stage by stage, if all units of a material mix evenly; each leg is told in units "
        "of the material demanded in the end, so that every stage adds up to what is served.",
        (
            _text("step", "Step", "today (least cost, no fund), re-directed, with the fund"),
            _text("material", "Material", "the material that is demanded in the end"),
            PERIOD,
            _text("origin", "Origin", "country that the leg comes from"),
            _text("made", "What leaves it", "the material that leaves the origin"),
            _text("source", "Source", "made there in the period, or taken from its stockpile, where the chain ends"),
            _text("destination", "Destination", "country that the leg goes to (the same: used at home)"),
            _text("use", "Used for", "the material made of it there, or demand"),
            _amount("quantity", "Quantity", "what of the material demanded in the end passes here"),
            _money("value", "Value", "the quantity at the price of the material demanded in the end"),
        ),
    ),
    Table(
        "dependence",
        "Dependence by member, material and supplier",
        "Share of each demand that depends, through every stage, on one supplier; what goes short counts as dependent.",
        (
            COUNTRY,
            MATERIAL,
            PERIOD,
            SUPPLIER,
            _amount("demand", "Demand", "demand of the period"),
            _amount("shortage", "Shortage", "demand not met"),
            _amount(
                "served_exposed", "Served, exposed", "met with material that depends on the supplier (as optimised)"
            ),
            *SHARES,
            STOCK_EXPOSED,
            _money("weight", "Weight", "weight of the demand in the value index: price x quantity x importance"),
        ),
    ),
    Table(
        "direct",
        "Direct imports",
        "What trade statistics show: direct shipments from one supplier as a share of use, blind to earlier stages.",
        (
            COUNTRY,
            MATERIAL,
            PERIOD,
            SUPPLIER,
            _amount("use", "Use", "demand met plus use in plants"),
            _amount("shipment", "Shipment", "direct shipments from the supplier"),
            _share("share_direct", "Share, direct", "shipment over use", "% of use"),
        ),
    ),
    Table(
        "concentration",
        "Concentration of imports",
        "Herfindahl-Hirschman index of direct imports over outside suppliers, plain and weighted by governance.",
        (
            COUNTRY,
            MATERIAL,
            PERIOD,
            _amount("use", "Use", "demand met plus use in plants"),
            Column("hhi", "HHI", "0 to 1", "scale", "sum of squared shares of the outside suppliers"),
            Column(
                "hhi_governance", "HHI, governance-weighted", "0 to 1", "scale", "squared shares times (1 - governance)"
            ),
        ),
    ),
    Table(
        "largest",
        "Largest suppliers",
        "Who the largest supplier of each demand is, and what of it depends on that supplier; the index is the mean of the "
        "shares with these weights, over the members' rows or the group's.",
        (
            COUNTRY,
            MATERIAL,
            PERIOD,
            _amount("demand", "Demand", "demand of the period"),
            _amount("shortage", "Shortage", "demand not met"),
            _share("weight_value", "Weight, value", "price x importance x demand", "% of all weights"),
            _share(
                "weight_material", "Weight, material", "importance x share in the material's demand", "% of all weights"
            ),
            *(
                column
                for reading, title in READINGS.items()
                for column in (
                    _text(f"supplier_{reading}", f"Supplier, {title}", "the largest supplier; blank: none is exposed"),
                    _share(f"share_{reading}", f"Share, {title}", "(exposed to the largest supplier + short) / demand"),
                )
            ),
        ),
    ),
    Table(
        "investments",
        "Projects",
        "Every project: whether and when it starts, what it adds and what it costs.",
        (
            PROJECT,
            COUNTRY,
            PROCESS,
            _text("status", "Status", "candidate, committed or excluded, as in the case"),
            _text("start", "Start", "period of the start; blank: not started"),
            Column("start_year", "Start", START_YEARS, "years", "when it starts"),
            Column("complete_year", "Complete", START_YEARS, "years", "when it is complete"),
            Column("end_year", "End", START_YEARS, "years", "when its lifetime ends, or the horizon"),
            _amount("capacity", "Capacity", "full capacity", YEARLY),
            _money("capex", "Capex", "capital cost, undiscounted"),
            _money("public_capex", "Capex, public", "part paid by the fund"),
            _money("salvage", "Salvage", "credit for the life left at the end of the horizon, undiscounted"),
        ),
    ),
    Table(
        "project_capacity",
        "Capacity of started projects",
        "How much of each started project is online in each period.",
        (
            PROJECT,
            PERIOD,
            _share("online_share", "Online", "mean share of full capacity that is online", "% of full capacity"),
            _amount("capacity", "Capacity", "activity possible in the period", "units of activity"),
        ),
    ),
    Table(
        "payments",
        "Payments for projects",
        "Capital cost paid in each period, by project and by payer.",
        (
            PROJECT,
            COUNTRY,
            PERIOD,
            _money("public", "Public", "paid by the fund"),
            _money("private", "Private", "paid by others"),
        ),
    ),
    Table(
        "contributions",
        "Contributions to the fund",
        "What each member pays into the fund in each period, against the most that it allows.",
        (
            COUNTRY,
            PERIOD,
            _money("contribution", "Contribution", "paid into the fund"),
            _money("limit", "Limit", "the most that it allows"),
        ),
    ),
    Table(
        "fund_balance",
        "Balance of the fund",
        "Money in and out of the joint fund (or of each member's own) and what is left.",
        (
            _text("account", "Account", "joint fund, or the member"),
            PERIOD,
            _money("contribution", "Contributions", "paid in"),
            _money("payment", "Payments", "paid out for projects"),
            _money("balance", "Balance", "left at the end of the period"),
        ),
    ),
    Table(
        "operating_support",
        "Operating support",
        "What each project loses a period at the case's prices: the support that would keep it running.",
        (
            PROJECT,
            PERIOD,
            _money("output_value", "Output value", "what it makes, at prices"),
            _money("input_value", "Input value", "what it uses, at prices"),
            _money("operating_cost", "Operating cost", "activity at its unit cost"),
            _money("support", "Support", "operating cost + inputs - outputs, where positive"),
        ),
    ),
    Table(
        "cost",
        "Cost by kind",
        "Every term of the cost objective; the expected column adds up to it.",
        (
            _text("kind", "Kind", "what the money is for; salvage is negative"),
            _text("path", "Path", "base, or the disruption's branch"),
            PERIOD,
            _money("undiscounted", "Undiscounted", "as spent"),
            _money("discounted", "Discounted", "discounted to the first period"),
            _money("expected", "Expected", "discounted, weighted by the probability of the path"),
        ),
    ),
    Table(
        "production", "Production", "What each plant and project runs at on the base path.", _at(PRODUCTION, 4, PERIOD)
    ),
    Table("trade", "Trade", "Shipments on the base path.", _at(TRADE, 3, PERIOD)),
    Table("sharing", "Sharing", "What members share from their stockpiles on the base path.", _at(SHARING, 3, PERIOD)),
    Table(
        "stock",
        "Stockpiles",
        "Every stockpile on the base path, with the reserve that is kept for emergencies.",
        (
            COUNTRY,
            MATERIAL,
            PERIOD,
            OPENING,
            DEPOSIT,
            RELEASE,
            SHARED,
            LOST,
            CLOSING,
            _amount("reserve", "Reserve", "what is counted on for emergencies"),
            _amount("minimum", "Minimum", "what the case demands"),
            _amount("purchase", "Purchase", "added to the stock on the stock budget"),
            _money("holding_cost", "Holding cost", "cost of holding the closing stock (undiscounted)"),
        ),
    ),
    Table("shortage", "Shortage", "Demand on the base path, and what of it is not met.", _at(SHORTAGE, 3, PERIOD)),
    Table(
        "shortage_causes",
        "Causes of shortage",
        "Which limits hold each shortage of the base path (the 40 largest by value), at the plan's projects and with what "
        "others go short of kept; each was loosened by itself and the shortage counted. Made by `quadopt run` where something "
        "goes short.",
        (
            _text("country", "Country", "the member that goes short"),
            MATERIAL,
            PERIOD,
            _amount("shortage", "Shortage", "what it does not get in the period"),
            Column(
                "rank",
                "Rank",
                "",
                "count",
                "1: lessens the shortage most, then counts least to loosen (as for `quadopt diagnose`)",
            ),
            _text(
                "kind",
                "Kind",
                "kind of limit; 'together': only several limits together; 'plan's choice': the plan's projects could serve it",
            ),
            _text("sheet", "Sheet", "sheet or file of the input"),
            _text("rows", "Rows", "rows of the sheet or lines of the file"),
            Column("limit", "Limit in words", "", "wide", "the limit as it stands, in words"),
            _text("chain", "Chain", "materials from the limit to what goes short, through recipes"),
            Column("value", "Limit", "as in 'Unit'", "figure", "the limit's value"),
            _text("unit", "Unit", "unit of the limit"),
            Column(
                "loosened_by",
                "Loosened by",
                "as in 'Unit'",
                "figure",
                "by how much it was loosened in the trial, in that period alone (a stock's limit: in all)",
            ),
            _amount("shortage_left", "Shortage left", "what still goes short then; a trial, not a plan"),
        ),
    ),
    Table("disposal", "Disposal", "Material left over on the base path.", _at(DISPOSAL, 2, PERIOD)),
    Table(
        "balance",
        "Balance of materials",
        f"What comes of each material into each country on the base path, and where it goes: {BALANCE_SENTENCE}.",
        _at(BALANCE, 2, PERIOD),
    ),
    Table(
        "stock_budget",
        "Stock budget",
        "What filling its stockpiles costs each member, against the most that it spends on them.",
        (
            COUNTRY,
            PERIOD,
            _money("purchase", "Purchases", "added to the stockpiles, at price (undiscounted)"),
            _money("limit", "Limit", "the most that it spends; blank: unlimited"),
        ),
    ),
    Table(
        "exposure",
        "Exposed quantities",
        "The part of each quantity that depends on a supplier, as the model assigned it.",
        (
            SUPPLIER,
            _text(
                "quantity_name",
                "Quantity",
                "activity, shipment, sharing, stock, deposit, release, served, used, disposed",
            ),
            COUNTRY,
            _text("partner", "Partner", "destination or receiver, where there is one"),
            _text("item", "Item", "the material; for activity kind/process/plant or project"),
            PERIOD,
            _amount("exposed", "Exposed", "the exposed part", "units of the material or of activity"),
        ),
    ),
    Table(
        "stress",
        "Stress over all crises",
        "Weighted shortage value of the crises together; not lost output.",
        (
            _text("measure", "Measure", "expected, worst, cvar"),
            Column("value", "Value", "in the row's unit", "by_unit", "the stress"),
            _text("unit", "Unit", "unit of the value"),
        ),
    ),
    Table(
        "disruptions",
        "Crises",
        "Each crisis: its probability, its time, and the stress with the plan, without sharing and without stocks.",
        (
            BRANCH[0],
            _share("probability", "Probability", "of happening once in the horizon", "% over the horizon"),
            _text("start", "Start", "period at whose beginning it strikes"),
            *BRANCH[2:],
            Column("steps", "Steps", "", "count", "steps of the finer clock"),
            _money("stress", "Stress, planned", "weighted shortage value with the plan"),
            _money(
                "stress_least",
                "Stress, least",
                "the least that the plan's projects and reserve allow, crisis by crisis",
            ),
            _money("stress_without_sharing", "Stress, without sharing", "the same crisis without sharing"),
            _money("stress_without_stocks", "Stress, without stocks", "the same crisis without stockpiles"),
        ),
    ),
    Table(
        "crisis_shortage",
        "Shortage by crisis and member",
        "What each member lacks in each crisis, all steps and sectors together: as planned, without sharing, without "
        "stockpiles (each with the least total stress; who goes short for an equal total can be one choice of several).",
        (
            BRANCH[0],
            COUNTRY,
            MATERIAL,
            _amount("demand", "Demand", "what it wants during the crisis"),
            _amount("shortage", "Shortage, planned", "what it does not get with the plan"),
            _money("shortage_value", "Shortage value, planned", "the same at shortage value and sector's weight"),
            _amount("shortage_without_sharing", "Shortage, without sharing", "in the same crisis without sharing"),
            _money("shortage_value_without_sharing", "Shortage value, without sharing", "the same at value and weight"),
            _amount("shortage_without_stocks", "Shortage, without stocks", "in the same crisis without stockpiles"),
            _money("shortage_value_without_stocks", "Shortage value, without stocks", "the same at value and weight"),
        ),
    ),
    Table(
        "branch_shortage", "Shortage in crises", "Demand in each crisis, and what of it is not met.", BRANCH + SHORTAGE
    ),
    Table(
        "branch_production",
        "Production in crises",
        "What plants and projects run at in each crisis.",
        BRANCH + PRODUCTION,
    ),
    Table("branch_trade", "Trade in crises", "Shipments in each crisis.", BRANCH + TRADE),
    Table("branch_sharing", "Sharing in crises", "What members share in each crisis.", BRANCH + SHARING),
    Table(
        "branch_stock",
        "Stockpiles in crises",
        "Every stockpile in each crisis.",
        (
            *BRANCH,
            COUNTRY,
            MATERIAL,
            OPENING,
            DEPOSIT,
            RELEASE,
            SHARED,
            LOST,
            CLOSING,
            _money("holding_cost", "Holding cost", "cost of holding the closing stock (undiscounted)"),
        ),
    ),
    Table("branch_disposal", "Disposal in crises", "Material left over in each crisis.", BRANCH + DISPOSAL),
    Table(
        "inputs",
        "Inputs",
        "Every value that the plan rests on, as the model read it, with its unit and its source.",
        (
            _text("table", "Input table", "the table of the case; what-ifs are left out, they change nothing here"),
            _text("entry", "Entry", "which row: its key, with in words what a blank part of it means"),
            _text("column", "Input column", "the column; what it means: docs/tables.md"),
            _text("period", "From period", "first period with this value; blank: the same for all periods"),
            _text("until", "To period", "last of the periods with this value"),
            Column("value", "Value", "in the row's unit", "as_given", "the number; a rate is a fraction: 0.05 is 5 %"),
            _text("text", "In words", "a value that is no number, or what a blank number means"),
            _text("unit", "Unit", "unit of the value; 'any': only ratios between rows matter"),
            _text(
                "given",
                "Given",
                "as given; default: the cell is blank; changed: by a what-if, whose source it has",
            ),
            _text("source", "Source", "where the row's numbers come from"),
            _text("quality", "Quality", "reported, derived or assumed"),
            _text("note", "Note", "what the source's reader should know"),
            Column("row", "Row", "", "count", "row in the input's sheet or file"),
        ),
    ),
    Table(
        "sources",
        "Sources",
        "Each source once, the most used first, with the rows of the inputs that rest on it.",
        (
            Column("source", "Source", "", "wide", "where numbers come from"),
            Column("rows", "Rows", "", "count", "rows of the input tables that name it"),
            Column("reported", "Reported", "rows", "count", "taken as reported"),
            Column("derived", "Derived", "rows", "count", "derived from what is reported"),
            Column("assumed", "Assumed", "rows", "count", "assumed"),
            Column("used_in", "Used in", "", "wide", "tables, with row numbers of their sheets or files"),
        ),
    ),
    Table(
        "project_effects",
        "Why this project, why not that one",
        "Each candidate left out or forced in, the other starts kept and the fund without limits: what it does to every "
        "objective, what it would take, and the capex at which the choice turns.",
        (
            PROJECT,
            COUNTRY,
            PROCESS,
            _text("change", "Change", "left out: the plan starts it; forced in: it does not"),
            _text("start", "Start", "period of the start that is left out, or in which forcing it in does best"),
            Column("explanation", "In words", "", "wide", "what the change does and why the plan chose as it did"),
            _money("shortage_change", "Shortage, change", "least weighted shortage with the change, less without it"),
            Column("dependence_change", "Dependence, change", "percentage points", "gap", "least index likewise"),
            _money("stress_change", "Stress, change", "least stress likewise (weighted shortage value)"),
            _money("cost_change", "Cost, change", "least cost likewise, discounted and expected"),
            _money("fund_needed", "More fund needed", "contributions beyond the members' limits that it would take"),
            _text("decided_by", "Decided by", "first stage that tells plan and change apart; blank: none"),
            _money("capex", "Capex", "capital cost, as in the case"),
            _money("break_even_capex", "Break-even capex", "capex at which the choice turns; blank: none turns it"),
            _text("break_even_by", "Turned by", "cost: it would pay; fund: the members' limits would pay for it"),
            _text("with_it", "Others that change", "projects that the rules of starts move with it"),
            Column(
                "replaced_by", "Replaced by", "", "wide", "sources and uses, all periods, that make up for its output"
            ),
        ),
        is_asked_for=True,
    ),
    Table(
        "project_alternatives",
        "The nearest alternatives",
        "Projects that are not chosen, forced in with all other starts free, within the members' limits: what it costs, "
        "between bounds.",
        (
            PROJECT,
            _text("stage", "Stage", "the stage in which it is told"),
            _text("unit", "Unit", "unit of the figures in the row"),
            _text("status", "Status", "optimal, or stopped at a limit with a plan"),
            Column("incumbent", "Value with it", "in the row's unit", "by_unit", "value of the plan found with it"),
            Column("bound", "Bound with it", "in the row's unit", "by_unit", "no plan with it can be better"),
            Column("gap", "Gap", "% of the value", "gap", "distance between value and bound with it"),
            Column("plan_incumbent", "Plan's value", "in the row's unit", "by_unit", "as in 'stages'"),
            Column("plan_bound", "Plan's bound", "in the row's unit", "by_unit", "as in 'stages'"),
            Column(
                "change_at_least", "Costs at least", "in the row's unit", "by_unit", "its bound less the plan's value"
            ),
            Column(
                "change_at_most", "Costs at most", "in the row's unit", "by_unit", "its value less the plan's bound"
            ),
            _text("start", "Start", "period in which it then starts"),
            Column("other_changes", "Other starts that differ", "", "wide", "from those of the plan"),
            Column("seconds", "Time", "seconds", "years", "solving time"),
            Column("explanation", "In words", "", "wide", "the row as a sentence"),
        ),
        is_asked_for=True,
    ),
    Table(
        "dependence_limits",
        "Where dependence stays highest",
        "The members' materials with the highest shares, and which limits hold them there, at the chosen projects.",
        (
            COUNTRY,
            MATERIAL,
            _text("supplier", "Mostly on", "the supplier on which most of it depends"),
            _share(
                "share_in_plan", "Share in the plan", "mean over the periods of the largest supplier's, as optimised"
            ),
            _share("share_alone", "Share by itself", "the least if no other member or material mattered"),
            _share("weight", "Weight", "weight in the index", "% of the index"),
            Column("explanation", "In words", "", "wide", "what holds it up"),
            Column("held_by", "Held up by", "", "wide", "limits in its chain of which 1 % more lowers the index most"),
            Column(
                "helped_by",
                "Could be helped by",
                "",
                "wide",
                "projects not chosen, with the most that each could lower it",
            ),
        ),
        is_asked_for=True,
    ),
    Table(
        "shadow_prices",
        "What one more unit is worth",
        "Change of each stage's value for one more unit of a limit, at the chosen projects, for small changes: negative is "
        "better.",
        (
            _text("stage", "Stage", "the stage whose value changes"),
            _text("goal_unit", "Unit of the stage", "unit of the stage's value"),
            _text("kind", "Kind of limit", "what is limited"),
            _text("country", "Country", "whose limit it is"),
            _text("item", "Limit on", "process, project, material or route"),
            _amount("limit", "Limit", "mean over the periods; blank: it moves with the plan", "in the row's unit"),
            _text("limit_unit", "Unit of the limit", "of which one more is meant"),
            Column(
                "value", "Worth of one more", "stage's unit per unit of the limit", "scientific", "change of the value"
            ),
            Column(
                "value_of_one_percent", "Worth of 1 % more", "stage's unit", "scientific", "change for 1 % more of it"
            ),
            _text("binds", "Binds in", "periods in which it counts; 'in crises': in the branches"),
            Column("holds", "Holds", "", "wide", "under which condition"),
        ),
        is_asked_for=True,
    ),
    Table(
        "countries",
        "Countries",
        "Members and outside suppliers as the case gives them, and where maps draw them.",
        (
            COUNTRY,
            _text("member", "Member", "whether it belongs to the group"),
            Column("governance", "Governance", "0 worst to 1 best", "scale", "quality of governance, blank: not known"),
            Column("latitude", "Latitude", "degrees north", "amount", "where maps draw it; blank: at the margin"),
            Column("longitude", "Longitude", "degrees east", "amount", "where maps draw it; blank: at the margin"),
        ),
    ),
    Table(
        "branch_balance",
        "Balance of materials in crises",
        f"What comes of each material into each country in each step of a crisis, and where it goes: {BALANCE_SENTENCE}.",
        BRANCH + BALANCE,
    ),
    Table(
        "periods",
        "Periods",
        "The calendar, and the factors that weigh money by time and chance.",
        (
            PERIOD,
            Column("number", "Number", "", "count", "its place in the calendar, from 1"),
            BRANCH[2],
            Column("years", "Length", "years", "years", "how long it is"),
            Column("discount", "Discount factor", "1 = first period", "figure", "of money spent in the period"),
            Column(
                "discount_end", "Discount factor, end", "1 = first period", "figure", "of money at the period's end"
            ),
            Column(
                "base_chance",
                "Chance of the base path",
                "1 = certain",
                "figure",
                "1 less what crises take of the period",
            ),
            Column(
                "in_worst", "In the worst case", "1 = yes", "count", "whether the worst single case counts the period"
            ),
        ),
    ),
    Table(
        "materials",
        "Materials",
        "The materials with their units, prices and weights, as the case gives them.",
        (
            MATERIAL,
            _text("unit", "Unit", "unit of all amounts of the material"),
            _text("stage", "Stage", "stage in the chain"),
            Column("price", "Price", "{currency} per unit", "amount", "price"),
            Column("importance", "Importance", "1 = usual", "figure", "weight in the index, beside the value"),
            Column("shortage_value", "Shortage value", "{currency} per unit", "amount", "what a missing unit costs"),
        ),
    ),
    Table(
        "sectors",
        "Sectors",
        "How much a shortage hurts each sector, as the case gives it.",
        (SECTOR, Column("shortage_weight", "Shortage weight", "1 = usual", "figure", "multiplies the shortage value")),
    ),
    Table(
        "recipes",
        "Recipes",
        "What each process makes (above 0) and uses (below 0), as the case gives it.",
        (
            PROCESS,
            MATERIAL,
            Column("quantity", "Quantity", "units of the material per unit of activity", "figure", "made or used"),
        ),
    ),
    Table(
        "stockpiles",
        "Stockpiles, as given",
        "The members' stockpiles at the start and their limits, as the case gives them.",
        (
            COUNTRY,
            MATERIAL,
            _amount("initial", "Initial stock", "stock at the start of the horizon"),
            _amount("capacity", "Capacity", "the most that it holds; blank: unlimited"),
            _amount("release_limit", "Release limit", "the most that leaves it; blank: unlimited", f"{UNITS} per year"),
            Column("holding_cost", "Holding cost", "{currency} per unit and year", "amount", "of the closing stock"),
            Column("loss_rate", "Loss", "% per year", "share", "what decays"),
        ),
    ),
    Table(
        "sharing_rules",
        "Rules of sharing",
        "What part of its opening stock each member shares at most, as the case gives it; no rows: nothing is shared.",
        (
            SHARING[0],
            _text("receiver", "Receiver", "member that receives; blank: any"),
            _text("material", "Material", "the material; blank: any"),
            PERIOD,
            _share(
                "limit_fraction", "Limit", "the most that is shared, a year; once in a crisis", "% of the opening stock"
            ),
        ),
    ),
)
"""The plan's tables in the reader's order."""

BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}


def plan_markdown() -> str:
    """The reference page docs/plan.md: every table of a plan with its columns, their headers, units and meanings."""
    lines = [
        "# The tables of a plan",
        "",
        "Amounts are those of the period or step, not per year; money is in millions of the case's currency.",
        "Rows that would be zero are left out of the flow tables, so what is missing is zero.",
        "In a workbook each table is a sheet of the same name: row 1 says what it shows, row 3 holds the headers (title and",
        "unit), the records follow.",
        "",
    ]
    for table in TABLES:
        lines += [
            f"## {table.name}",
            "",
            table.sentence,
            "",
            "| column | title | unit | meaning |",
            "| --- | --- | --- | --- |",
        ]
        for column in table.columns:
            unit = column.unit_text("of the currency").replace("|", "\\|")
            lines.append(f"| `{column.name}` | {column.title} | {unit} | {column.meaning} |")
        lines.append("")
    return "\n".join(lines)
