"""Single cells of the tutorial's workbook that are spoiled, each with the checks that then fail, and no others."""

# ruff: noqa: E501
SPOILED: dict[tuple[str, str, int, float], list[str]] = {
    ("stages", "gap", 3, 0.1199): [
        "Stages: Gap = |plan's value - bound| / |plan's value|.",
    ],
    ("stages", "bound", 2, 0.4388): [
        "Stages: Gap = |plan's value - bound| / |plan's value|.",
        "Stages: The bound is no more than the plan's value: no plan is better than the bound.",
    ],
    ("three_steps", "share_at_least", 5, 0.9046): [
        "Three steps: With the fund, by material: share_at_least is the demand-weighted mean of the largest shares.",
    ],
    ("three_steps", "shortage", 0, 0.11): [
        "Three steps: In each step the shortage value in all is the sum over materials.",
    ],
    ("index", "value", 15, 0.9148): [
        "Index of dependence: Index, value weights, members: the weighted mean of the largest shares, in every reading.",
        "Three steps: With the fund, in all: share_proportional is the index of members with value weights on sheet index.",
    ],
    ("largest", "share_proportional", 6, 1.48): [
        "Largest suppliers: Largest share, proportional: the largest of all suppliers' shares on sheet dependence.",
        "Index of dependence: Index, value weights, members: the weighted mean of the largest shares, in every reading.",
        "Index of dependence: Index, material weights, members: the weighted mean of the largest shares, in every reading.",
        "Index of dependence: Sheet dependence_by_period: share, proportional, is the mean of the largest shares of the period, by value.",
        "Three steps: With the fund, by material: share_proportional is the demand-weighted mean of the largest shares.",
    ],
    ("largest", "weight_value", 6, 0.1785): [
        "Largest suppliers: Weight, value = price x importance x demand, as part of all.",
        "Index of dependence: Index, value weights, members: the weighted mean of the largest shares, in every reading.",
        "Index of dependence: The value weights of the members add up to 100 %.",
        "Index of dependence: Sheet dependence_by_period: share, at least, is the mean of the largest shares of the period, by value.",
        "Index of dependence: Sheet dependence_by_period: share, proportional, is the mean of the largest shares of the period, by value.",
        "Index of dependence: Sheet dependence_by_period: share, at most, is the mean of the largest shares of the period, by value.",
    ],
    ("dependence", "served_exposed", 18, 27.51): [
        "Dependence: Share as optimised = (served with exposed material + shortage) / demand.",
        "Dependence: What is served with exposed material is at most demand less shortage.",
        "Dependence: What is served with exposed material, by supplier and by material: as on sheet exposure.",
        "Dependence: The rows of the group are those of the members in all, by supplier: served_exposed.",
    ],
    ("dependence", "share_at_most", 18, 1.48): [
        "Dependence: Share, at most: never above 100 %.",
        "Dependence: The rows of the group are those of the members in all, by supplier: share_at_most x demand.",
        "Largest suppliers: Largest share, at most: the largest of all suppliers' shares on sheet dependence.",
        "Index of dependence: The worst single case: the named member's, material's and supplier's share in all periods that count.",
    ],
    ("direct", "shipment", 7, 57.65): [
        "Direct imports: Direct share = shipment / use.",
        "Direct imports: Shipments are those of sheet trade.",
    ],
    ("concentration", "hhi", 12, 0.1956): [
        "Direct imports: HHI, plain: the sum of squared direct shares of outside suppliers, by member and material.",
    ],
    ("concentration", "use", 9, 41.21): [
        "Direct imports: Use on sheet concentration is that of the balance of materials.",
    ],
    ("dependence_by_period", "share_proportional", 2, 0.6731): [
        "Index of dependence: Sheet dependence_by_period: share, proportional, is the mean of the largest shares of the period, by value.",
    ],
    ("investments", "public_capex", 3, 27.51): [
        "Projects: The fund's payments for each project = its public capex if it starts, else nothing.",
        "Projects: The others' payments for each project = its capex less its public capex if it starts, else nothing.",
        "Projects: Public capex is at most capex.",
    ],
    ("investments", "salvage", 1, 23.4): [
        "Cost: Cost of kind salvage: the sum of the projects' salvage, negative.",
        "Projects: Salvage is at most capex, and nothing where a project does not start.",
    ],
    ("investments", "start_year", 3, 1.48): [
        "Projects: Start, in years from the start of the horizon, is where the period of the start begins.",
    ],
    ("project_capacity", "online_share", 4, 1.48): [
        "Projects: Capacity online = share online x full capacity x years of the period.",
        "Projects: The share online is at most 100 %.",
    ],
    ("payments", "public", 2, 27.51): [
        "Fund: Sheet money_by_period: column 'public' is the sum of sheet payments.",
        "Fund: Payments of the fund are those of sheet payments, in every period.",
        "Cost: Cost of kind capex_public on the base path, in every period: the sum of column 'public' on sheet payments.",
        "Projects: The fund's payments for each project = its public capex if it starts, else nothing.",
    ],
    ("contributions", "contribution", 4, 6.96): [
        "Fund: Each member's contribution is within its limit, in every period.",
        "Fund: Sheet money_by_period: contributions, limits and investments add up those of the members and projects.",
        "Fund: Contributions of the fund are those of sheet contributions, in every period.",
    ],
    ("fund_balance", "balance", 0, 0.11): [
        "Fund: Balance = balance of the period before + contributions - payments.",
    ],
    ("fund_balance", "payment", 1, 27.51): [
        "Fund: Payments of the fund are those of sheet payments, in every period.",
        "Fund: Balance = balance of the period before + contributions - payments.",
    ],
    ("operating_support", "operating_cost", 4, 1.1375): [
        "Operating support: Support = operating cost + inputs - outputs, where that is above zero.",
        "Operating support: Operating cost of each project = its cost on sheet production.",
    ],
    ("cost", "undiscounted", 12, 0.2497): [
        "Cost: Cost of kind transport on the base path, in every period: the sum of column 'cost' on sheet trade.",
        "Cost: Discounted = undiscounted x the discount factor of the period (salvage: of the horizon's end).",
    ],
    ("cost", "discounted", 12, 0.2497): [
        "Three steps: With the fund: the cost is that of the base path and the projects on sheet cost.",
        "Cost: Discounted = undiscounted x the discount factor of the period (salvage: of the horizon's end).",
        "Cost: Expected = discounted x the chance of the path: 1 for investment, a crisis's probability, the rest for the base.",
    ],
    ("cost", "expected", 12, 0.2497): [
        "Stages: Stage cost: the expected column of sheet cost, added up, is the plan's value of the stage.",
        "Cost: Expected = discounted x the chance of the path: 1 for investment, a crisis's probability, the rest for the base.",
    ],
    ("money_by_period", "limit", 1, 27.51): [
        "Fund: Sheet money_by_period: column 'limit' is the sum of sheet contributions.",
    ],
    ("production", "activity", 17, 54.91): [
        "Balance of materials: Output by material, by country and by period: activity x recipe of all plants and projects.",
        "Balance of materials: Use in plants by material, by country and by period: activity x recipe of all plants and projects.",
    ],
    ("production", "cost", 17, 1.206): [
        "Cost: Cost of kind production_abroad on the base path, in every period: the sum of column 'cost' on sheet production.",
    ],
    ("trade", "quantity", 10, 13.81): [
        "Direct imports: Shipments are those of sheet trade.",
        "Balance of materials: Imports in every country, of every material, in every period: as on sheet trade.",
        "Balance of materials: Exports in every country, of every material, in every period: as on sheet trade.",
    ],
    ("trade", "cost", 10, 0.1237): [
        "Cost: Cost of kind transport on the base path, in every period: the sum of column 'cost' on sheet trade.",
    ],
    ("stock", "opening", 4, 41.21): [
        "Stockpiles: Closing stock = opening stock - lost + deposit - release - shared.",
        "Stockpiles: The opening stock of the first period is the initial stock of the case.",
    ],
    ("stock", "closing", 4, 41.21): [
        "Stockpiles: Closing stock = opening stock - lost + deposit - release - shared.",
        "Stockpiles: The closing stock is within the stockpile's capacity.",
        "Stockpiles: The opening stock of each period is the closing stock of the period before.",
        "Stock budget: Purchase = closing stock - (opening stock - lost), where the stock grows; else nothing.",
    ],
    ("stock", "reserve", 4, 41.21): [
        "Stockpiles: The reserve is in the stock: reserve at most closing stock.",
        "Stockpiles: A reserve once counted on is kept: it never falls but by the stockpile's loss.",
    ],
    ("stock_budget", "purchase", 1, 0.2744): [
        "Stock budget: Purchases of each member = what its stocks grow by, at price.",
        "Stock budget: Purchases of each member are within its limit.",
    ],
    ("shortage", "demand", 6, 27.51): [
        "Largest suppliers: Demand of each member = all sectors' on sheet shortage.",
        "Balance of materials: Demand in every country, of every material, in every period: as on sheet shortage.",
    ],
    ("balance", "imports", 7, 57.65): [
        "Balance of materials: Output + imports + release + received = use in plants + exports + deposit + demand served + disposal.",
        "Balance of materials: Imports in every country, of every material, in every period: as on sheet trade.",
    ],
    ("balance", "deposit", 17, 27.51): [
        "Balance of materials: Output + imports + release + received = use in plants + exports + deposit + demand served + disposal.",
        "Balance of materials: Deposit in every country, of every material, in every period: as on sheet stock.",
        "Balance of materials: Deposits come from the output and imports of the same period, never from a release or a shared tonne.",
    ],
    ("disruptions", "probability", 1, 0.247): [
        "Cost: Expected = discounted x the chance of the path: 1 for investment, a crisis's probability, the rest for the base.",
        "Crises: Chance of the base path = 1 - sum of probability x the part of the period that the crisis takes.",
    ],
    ("disruptions", "stress", 0, 3.398): [
        "Crises: Stress, planned = the shortage value of all steps of the crisis.",
        "Crises: Expected stress = sum of probability x stress.",
        "Crises: Worst stress = the largest stress of any crisis.",
    ],
    ("disruptions", "stress_without_sharing", 0, 11.618): [
        "Crises: Stress without sharing = the members' shortage values on sheet crisis_shortage.",
    ],
    ("stress", "value", 1, 3.398): [
        "Crises: Worst stress = the largest stress of any crisis.",
    ],
    ("crisis_shortage", "shortage", 0, 5.59): [
        "Crises: Sheet crisis_shortage: column 'shortage' by country and by material is that of sheet branch_shortage.",
    ],
    ("branch_shortage", "shortage", 3, 5.59): [
        "Balance of materials in crises: Shortage in crises, by step, by country and by material: as on sheet branch_shortage.",
        "Shortage: Shortage value = shortage x the material's shortage value x the sector's weight (sheet branch_shortage).",
        "Crises: Sheet crisis_shortage: column 'shortage' by country and by material is that of sheet branch_shortage.",
    ],
    ("branch_production", "activity", 19, 6.96): [
        "Balance of materials in crises: Output by material, by country and by crisis: activity x recipe of all plants and projects.",
        "Balance of materials in crises: Use in plants by material, by country and by crisis: activity x recipe of all plants and projects.",
        "Capacity: No plant or project does more than it can (sheet branch_production).",
    ],
    ("branch_trade", "quantity", 8, 3.535): [
        "Balance of materials in crises: Imports in crises, by step, by country and by material: as on sheet branch_trade.",
        "Balance of materials in crises: Exports in crises, by step, by country and by material: as on sheet branch_trade.",
    ],
    ("branch_sharing", "quantity", 1, 6.96): [
        "Balance of materials in crises: Received in crises, by step, by country and by material: as on sheet branch_sharing.",
        "Stockpiles in crises: Shared = what the member gives on sheet branch_sharing.",
    ],
    ("branch_stock", "release", 6, 6.96): [
        "Balance of materials in crises: Release in crises, by step, by country and by material: as on sheet branch_stock.",
        "Stockpiles in crises: Closing stock = opening stock - lost + deposit - release - shared.",
    ],
    ("branch_stock", "opening", 5, 34.36): [
        "Stockpiles in crises: Closing stock = opening stock - lost + deposit - release - shared.",
        "Stockpiles in crises: The opening stock of each step is the closing stock of the step before.",
    ],
    ("branch_balance", "exports", 24, 6.96): [
        "Balance of materials in crises: Output + imports + release + received = use in plants + exports + deposit + demand served + disposal.",
        "Balance of materials in crises: Exports in crises, by step, by country and by material: as on sheet branch_trade.",
        "Balance of materials in crises: In a crisis a member ships at most what it makes itself in the same step.",
    ],
    ("periods", "discount", 2, 1.48): [
        "Cost: Discounted = undiscounted x the discount factor of the period (salvage: of the horizon's end).",
        "Calendar: Each period begins where the one before ends, and is discounted from there.",
    ],
    ("periods", "base_chance", 2, 1.343): [
        "Cost: Expected = discounted x the chance of the path: 1 for investment, a crisis's probability, the rest for the base.",
        "Crises: Chance of the base path = 1 - sum of probability x the part of the period that the crisis takes.",
    ],
    ("materials", "price", 1, 41100.11): [
        "Operating support: Outputs of all projects in every period, at prices.",
        "Operating support: Inputs of all projects in every period, at prices.",
    ],
    ("recipes", "quantity", 3, 1.48): [
        "Balance of materials: Output by material, by country and by period: activity x recipe of all plants and projects.",
        "Balance of materials in crises: Output by material, by country and by crisis: activity x recipe of all plants and projects.",
        "Operating support: Outputs of all projects in every period, at prices.",
    ],
    ("stockpiles", "initial", 1, 41.21): [
        "Stockpiles: The opening stock of the first period is the initial stock of the case.",
    ],
    ("sharing_rules", "limit_fraction", 6, 0.01): [
        "Sharing: Sharing in a crisis is within the pact: in all at most the stated part of the stock that the crisis opens with.",
    ],
    ("countries", "governance", 2, 0.658): [
        "Direct imports: HHI, weighted by 1 - governance: the sum of squared direct shares of outside suppliers, by member and material.",
    ],
    ("exposure", "exposed", 34, 22.03): [
        "Dependence: What is served with exposed material, by supplier and by material: as on sheet exposure.",
    ],
    ("sectors", "shortage_weight", 0, 13.81): [
        "Shortage: Shortage value = shortage x the material's shortage value x the sector's weight (sheet branch_shortage).",
    ],
}
"""(sheet, column, record from 0, what is written there) -> the checks that turn red."""
