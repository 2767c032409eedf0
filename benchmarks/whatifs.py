"""What-ifs: a changed case solved cold, and from the plan of the case that it was changed from."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.runs import Job, Row, Run, label

TITLE = "What-ifs"
PANELS = 1
EXPLAINED = """One number of a case changed, and the plan of the changed case: cold, as any case is solved, and warm, from the
plan of the unchanged case. Seconds by the clock of the stages up to dependence (no tables, no audit; later stages end by their
limits, warm or cold), to the gap that the model file asks, medians. `ratio`: cold over warm."""
CHANGES = ("fund limits up 10 %", "a price up 20 %", "a demand up 10 %")
FACTOR = {"fund limits up 10 %": 1.1, "a price up 20 %": 1.2, "a demand up 10 %": 1.1}


def jobs(cases: list[str], models: list[str], seed: int) -> list[Job]:
    """A job for every case and model file: all changes begin from one plan of the unchanged case."""
    return [{"case": case, "model": model, "seed": seed} for case in cases for model in models]


def changed(case: Any, change: str) -> Any:
    """The case with one number changed: all fund limits, or the price or a member's demand of what is worth most."""
    worth: dict[tuple[str, str], float] = {}
    for (member, material, _, _), quantity in case.demand.items():
        worth[member, material] = worth.get((member, material), 0.0) + quantity * case.price[material]
    member, material = max(worth, key=lambda key: worth[key])
    places = {
        "fund limits up 10 %": ("fund", {}, "limit"),
        "a price up 20 %": ("materials", {"material": material}, "price"),
        "a demand up 10 %": ("demand", {"country": member, "material": material}, "quantity"),
    }
    table, where, column = places[change]
    row = {"table": table, "where": where, "column": column, "operation": "multiply", "value": FACTOR[change]}
    return case.with_changes([row])


def up_to_dependence(model: str) -> Any:
    """The rules of a model file without the stages after dependence."""
    from quadopt.formulation.options import read_formulation

    options = read_formulation(model)
    order = options.order[: options.order.index("dependence") + 1]
    return options.model_copy(update={"order": order})


def measure(case: str, model: str, seed: int) -> Row:
    """For each change seconds of the stages cold and warm; the last stage's value of each."""
    import quadopt
    from benchmarks.cases import named_case
    from quadopt.solver.brief import solve_briefly

    base, rules = named_case(case, seed), up_to_dependence(model)
    start, found = quadopt.solve(base, rules), {}
    for change in CHANGES:
        other = changed(base, change)
        for name, known in (("cold", None), ("warm", start)):
            begin = time.perf_counter()
            told = solve_briefly(other, rules, known)
            found[f"{change}, {name} s"] = time.perf_counter() - begin
            found[f"{change}, {name} value"] = float(told.stages["incumbent"].iloc[-1])
    return found


def table(runs: list[Run]) -> list[Row]:
    """A row for every case, model file and change."""
    rows: list[Row] = []
    for run in runs:
        for change in CHANGES:
            cold, warm = (run.found.get(f"{change}, {name} s") for name in ("cold", "warm"))
            row: Row = {"case": label(run.job["case"]), "model": run.job["model"], "change": change}
            row |= {"cold s": cold, "warm s": warm, "ratio": cold / warm if cold and warm else None}
            row |= {f"last stage, {name}": run.found.get(f"{change}, {name} value") for name in ("cold", "warm")}
            rows.append(row)
    return rows


def draw(rows: list[Row], runs: list[Run], axes: Any) -> None:
    """Cold and warm, a pair of bars a change."""
    labels = [f"{row['case']}, {row['model']}: {row['change']}" for row in rows]
    axes[0].barh([i - 0.2 for i in range(len(rows))], [row["cold s"] for row in rows], height=0.35, label="cold")
    axes[0].barh([i + 0.2 for i in range(len(rows))], [row["warm s"] or 0.0 for row in rows], height=0.35, label="warm")
    axes[0].set_yticks(range(len(rows)), labels)
    axes[0].invert_yaxis()
    axes[0].set_xlabel("seconds of the stages")
    axes[0].legend()
