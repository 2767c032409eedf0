"""Projects: windows, what they require, what must start and cannot."""

from __future__ import annotations

from quadopt.tables.checked import Checked
from quadopt.tables.schema import listed
from quadopt.tables.typed import TypedRow

_SLACK = 1e-9


def _projects(checked: Checked) -> dict[str, TypedRow]:
    projects: dict[str, TypedRow] = {}
    for row in checked.rows("projects"):
        if row.get("project"):
            projects.setdefault(row.get("project"), row)
    return projects


def status(row: TypedRow) -> str:
    """candidate, committed or excluded."""
    return row.get("status") or "candidate"


def window(checked: Checked, row: TypedRow) -> list[str]:
    """The periods in which a project may start, whether or not it completes in time."""
    periods = checked.periods
    if not periods or status(row) == "excluded":
        return []
    earliest, latest = row.get("earliest"), row.get("latest")
    if status(row) == "committed" and earliest is None and latest is None:
        return periods[:1]
    first = periods.index(earliest) if earliest in periods else 0
    last = periods.index(latest) if latest in periods else len(periods) - 1
    return periods[first : last + 1]


def completions(checked: Checked, row: TypedRow) -> list[float]:
    """When it can be complete, in years from the start, by the last period's beginning; none where it never can."""
    if not checked.periods or row.get("lead_time") is None:
        return []
    deadline = checked.begin[checked.periods[-1]]
    times = [checked.begin[period] + row.get("lead_time") for period in window(checked, row)]
    return [time for time in times if time <= deadline + _SLACK]


def windows_are_open(checked: Checked) -> None:
    """Earliest is not after latest."""
    places = {period: place for place, period in enumerate(checked.periods)}
    for row in checked.rows("projects"):
        earliest, latest = row.get("earliest"), row.get("latest")
        if earliest in places and latest in places and places[earliest] > places[latest]:
            checked.error("projects", f"{row.get('project')}: earliest {earliest} is after latest {latest}", row,
                          "earliest", expected=f"{latest} or before")  # fmt: skip


def can_complete(checked: Checked) -> None:
    """A project that cannot be complete by the last period's beginning never runs."""
    for name, row in _projects(checked).items():
        if row.get("lead_time") is None or not window(checked, row) or completions(checked, row):
            continue
        if status(row) == "committed":
            message = f"{name} is committed but cannot be complete within the horizon: it is paid for and never runs"
        else:
            message = f"{name} cannot be complete by the last period's beginning: it never starts"
        checked.warning("projects", message, row, "lead_time")


def required_projects_can_start(checked: Checked) -> None:
    """What a project requires can be complete before the project is."""
    projects = _projects(checked)
    for name, row in projects.items():
        if status(row) == "excluded":
            continue
        own = completions(checked, row)
        for required in row.get("requires") or ():
            other = projects.get(required)
            if other is None or required == name or other.get("lead_time") is None or not own:
                continue
            theirs = completions(checked, other)
            if status(other) == "excluded":
                reason = "which is excluded"
            elif not theirs:
                reason = "which cannot be complete within the horizon"
            elif min(theirs) > max(own) + _SLACK:
                reason = "which cannot be complete before it is"
            else:
                continue
            note = checked.error if status(row) == "committed" else checked.warning
            end = "but it is committed" if status(row) == "committed" else "so it never starts"
            note("projects", f"{name} requires {required}, {reason}: {end}", row, "requires")


def requirements_have_an_end(checked: Checked) -> None:
    """No project requires itself, over others or directly."""
    projects = _projects(checked)
    done: set[str] = set()
    for start in projects:
        trail: list[str] = []
        stack: list[tuple[str, int]] = [(start, 0)]
        while stack:
            name, depth = stack.pop()
            del trail[depth:]
            if name in trail:
                cycle = [*trail[trail.index(name) :], name]
                checked.error("projects", f"projects require each other in a circle: {' > '.join(cycle)}",
                              projects[name], "requires")  # fmt: skip
                done.update(cycle)
                continue
            if name in done or name not in projects:
                continue
            trail.append(name)
            stack += [(required, len(trail)) for required in projects[name].get("requires") or ()]
        done.update(trail)
        done.add(start)


def groups_have_one_committed(checked: Checked) -> None:
    """Of an exclusive group at most one project is committed."""
    groups: dict[str, list[TypedRow]] = {}
    for row in _projects(checked).values():
        if row.get("exclusive_group") and status(row) == "committed":
            groups.setdefault(row.get("exclusive_group"), []).append(row)
    for group, rows in groups.items():
        if len(rows) > 1:
            names = listed([row.get("project") for row in rows])
            checked.error("projects", f"only one of the group {group} may start, but {names} are committed", rows[1],
                          "exclusive_group")  # fmt: skip


RULES = (windows_are_open, can_complete, required_projects_can_start, requirements_have_an_end,
         groups_have_one_committed)  # fmt: skip
