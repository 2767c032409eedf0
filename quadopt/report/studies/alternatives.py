"""How a study of alternatives is shown: good lists, projects by the share of lists that hold them, and who is in which list."""

from __future__ import annotations

from matplotlib.patches import Patch

from quadopt.report.parts import BLUE, GREEN, GREY, Chart, Look, Series
from quadopt.report.pictures.style import FAINT, SMALL, Picture, needed, picture, short
from quadopt.report.schema import Column, Table
from quadopt.report.studies.shape import RUNS, Shape
from quadopt.tables.records import rows_of
from quadopt.whatif.study import Study

MONEY = "million {currency}"
ROW = 0.15
"""Height of a project's row in inches."""
LONGEST = 60
"""Projects drawn at most: those that lists differ in come before those that all or none hold."""

LISTS = Table(
    "lists",
    "Lists of projects",
    "The plan's list and other good ones, each as different as can be from those before it; then those that a search with or "
    "without one project has found. Distances count projects that one of two lists starts and the other does not.",
    (
        Column("list", "List", meaning="name of the list; 'plan' is the plan's own"),
        Column("found_as", "Found as", meaning="the most different from all before, or with or without a project"),
        Column(
            "status",
            "Search",
            meaning="whether it is proven that no farther good list exists; blank where none was sought",
        ),
        Column(
            "distance", "Distance from those before", "projects", "count", "least distance from the lists before it"
        ),
        Column("distance_bound", "At most", "projects", "count", "proven: no good list is farther from those before"),
        Column("distance_to_plan", "From the plan", "projects", "count", "distance from the plan's list"),
        Column(
            "dates_to_plan", "Other dates than in the plan", "projects", "count", "started in both, at different dates"
        ),
        Column(
            "distance_to_nearest", "From the nearest", "projects", "count", "least distance from any other list here"
        ),
        Column("nearest_list", "Nearest list", meaning="the list that is nearest"),
        Column("stage", "Kept within", meaning="the stage whose goal is kept near the plan's"),
        Column("unit", "Unit", meaning="unit of that goal"),
        Column("value", "Value", "as the unit says", "by_unit", "least value of that goal with the list's starts"),
        Column(
            "above_plan",
            "Above the plan's run",
            "as the unit says",
            "by_unit",
            "value less what the plan's run reached",
        ),
        Column("projects", "Projects", "", "count", "projects that the list starts"),
        Column("capex", "Capital cost", MONEY, "money", "of all its projects, undiscounted"),
        Column("fund_used", "Paid by the fund", MONEY, "money", "the fund's part of it, undiscounted"),
        Column("shortage", "Shortage", MONEY, "money", "weighted shortage on the base path"),
        Column("dependence", "Dependence", "% (index)", "gap", "the index, as later stages leave it no worse"),
        Column("stress", "Stress", MONEY, "money", "weighted shortage in crises, as the model file weighs them"),
        Column("cost", "Cost", MONEY, "money", "discounted and expected"),
    ),
)

PROJECTS = Table(
    "projects",
    "Projects",
    "Every project that may start, by the share of good lists that hold it. Proven: the verdict is true of all good lists "
    "that there are; otherwise only of those found.",
    (
        Column("project", "Project", meaning="the project"),
        Column("country", "Country", meaning="where it stands"),
        Column("process", "Process", meaning="what it runs"),
        Column("capex", "Capital cost", MONEY, "money", "undiscounted"),
        Column("lists", "Lists that hold it", "", "count", "number of good lists that start it"),
        Column("share", "Share of good lists", "% of lists", "share", "of the good lists found"),
        Column("verdict", "Verdict", meaning="always, sometimes or never in a good list"),
        Column("is_proven", "Proven", meaning="yes where the verdict is true of all good lists that there are"),
        Column("basis", "Why", kind="wide", meaning="what the verdict rests on"),
        Column("start_in_plan", "Start in the plan", meaning="period; blank: not in the plan"),
        Column("earliest_start", "Earliest start", meaning="first period of start in a good list"),
        Column("latest_start", "Latest start", meaning="last period of start in a good list"),
    ),
)

LIST_PROJECTS = Table(
    "list_projects",
    "Projects of each list",
    "What each list starts and when, beside the plan's; what it leaves out of the plan's has no start.",
    (
        Column("list", "List", meaning="name of the list"),
        Column("project", "Project", meaning="the project"),
        Column("country", "Country", meaning="where it stands"),
        Column("process", "Process", meaning="what it runs"),
        Column("start", "Start", meaning="period; blank: the list leaves it out"),
        Column("start_in_plan", "Start in the plan", meaning="period; blank: not in the plan"),
        Column("change", "Change", meaning="as in the plan, another date, started, or left out"),
        Column("capex", "Capital cost", MONEY, "money", "undiscounted"),
    ),
)


def _shares(study: Study) -> tuple[Chart, ...]:
    """Bars of the shares of lists, for as many projects as there are."""
    count = len(study.projects)
    series = Series("share", "share of good lists that hold it", Look(BLUE))
    title = "In which share of good lists a project is"
    height = max(17, round(0.8 * count))
    return (
        Chart("bar", title, "projects", ("project",), (series,), "share of lists", "0%", "Project", (0, 1), height),
    )


@picture
def matrix(study: Study) -> Picture:
    """Which list starts which project, projects by the share of lists that hold them."""
    projects = needed(study.projects, "projects that may start", "study")
    lists = study.lists["list"].tolist()
    decided = projects["verdict"] != "sometimes"
    shown = projects[~decided] if len(projects) > LONGEST else projects
    shown = shown.head(LONGEST).reset_index(drop=True)
    left_out = len(projects) - len(shown)
    rows = {name: number for number, name in enumerate(shown["project"])}
    told = f" {left_out} projects that all or none hold are left out." if left_out else ""
    figure = Picture(
        study,
        0.6 + ROW * max(len(shown), 3),
        "Which projects good lists hold",
        f"A column a list, the plan's first; a row a project, those in most lists first. At the right the share of good "
        f"lists that hold it, with * where the verdict always or never is proven.{told}",
        f"Matrix of {len(shown)} projects and {len(lists)} lists. "
        + "; ".join(f"{row.project}: {row.verdict}, {row.lists} lists" for row in rows_of(shown.head(12))),
        key=[
            Patch(facecolor=BLUE, label="starts as in the plan"),
            Patch(facecolor=GREEN, hatch="....", edgecolor="white", label="starts, not so in the plan"),
            Patch(facecolor=GREY, hatch="////", edgecolor="white", label="starts at another date"),
            Patch(facecolor="white", edgecolor=FAINT, label="is not started"),
        ],
    )
    looks = {"as in the plan": (BLUE, ""), "started": (GREEN, "...."), "another date": (GREY, "////")}
    axes = figure.subplots()
    for row in rows_of(study.list_projects):
        if row.start and row.project in rows:
            colour, hatch = looks[row.change]
            axes.bar(
                lists.index(row.list), 0.8, bottom=rows[row.project] - 0.4, width=0.8, color=colour, hatch=hatch,
                edgecolor="white", linewidth=0,
            )  # fmt: skip
    for number, row in enumerate(rows_of(shown)):
        mark = "*" if row.verdict != "sometimes" and row.is_proven == "yes" else ""
        axes.text(len(lists) - 0.3, number, f"{100 * row.share:.0f} %{mark}", fontsize=SMALL - 1, va="center")
    names = [f"{short(row.project, 18)} ({short(row.country, 11)})" for row in rows_of(shown)]
    axes.set_yticks(range(len(shown)), names, fontsize=SMALL - 1)
    axes.set_xticks(range(len(lists)), [short(name, 16) for name in lists], rotation=90, fontsize=SMALL - 1)
    axes.set(xlim=(-0.6, len(lists) + 1.0), ylim=(len(shown) - 0.4, -0.6))
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_yticks([number + 0.5 for number in range(len(shown) - 1)], minor=True)
    axes.grid(axis="y", which="minor")
    axes.tick_params(which="minor", length=0)
    return figure


SHAPE = Shape(
    "Alternatives",
    "Other lists of projects that are nearly as good as the plan's, as different as can be, and what all of them share.",
    (LISTS, PROJECTS, LIST_PROJECTS, RUNS),
    {"projects": _shares},
    {"matrix": matrix},
)
