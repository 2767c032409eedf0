"""Projects, their payments and the joint fund (formulation, section 4)."""

from __future__ import annotations

from collections import defaultdict

from quadopt.audit.books import Books, blank
from quadopt.audit.report import Found

JOINT = "joint fund"


def starts_allowed(books: Books, found: Found) -> None:
    """Every start lies in its project's window; committed projects start once, excluded and unknown ones never."""
    listed: dict[str, int] = defaultdict(int)
    for row in books.planned("investments"):
        listed[row.project] += 1
        project = books.project.get(row.project)
        found.require(project is not None, (row.project, "is not a project of the case"))
        if project is None:
            continue
        window = books.calendar.window(project)
        if blank(row.start):
            found.require(project.status != "committed", (row.project, "is committed and not started"))
        else:
            found.require(row.start in window, (row.project, f"starts in {row.start}", f"allowed {window}"))
    for name, project in books.project.items():
        found.require(listed[name] == 1, (name, f"has {listed[name]} rows in investments"))
        unpaid = not books.options.get("pooled", True) and project.country not in books.members
        if unpaid and name in books.starts:
            public = float(project.capex) * float(project.fund_share)
            found.at_most(public, 0.0, (name, "lies outside every member's fund"), books.money)
    planned = dict(getattr(books.plan, "starts", books.starts))
    found.require(planned == books.starts, ("starts of the plan differ from its investments",))


def exclusive_groups(books: Books, found: Found) -> None:
    """At most one project of each exclusive group is started."""
    started: dict[str, list[str]] = defaultdict(list)
    for name in books.starts:
        group = books.project[name].exclusive_group if name in books.project else ""
        if not blank(group):
            started[group].append(name)
    for group, names in started.items():
        found.require(len(names) <= 1, (group, f"has {names}"))


def required_projects(books: Books, found: Found) -> None:
    """A started project is complete no earlier than every project that it requires."""
    for name, start in books.starts.items():
        project = books.project.get(name)
        if project is None or blank(project.requires):
            continue
        complete = books.calendar.begin[start] + float(project.lead_time)
        for other in project.requires:
            if other not in books.starts:
                found.require(False, (name, f"requires {other}, which is not started"))
                continue
            ready = books.calendar.begin[books.starts[other]] + float(books.project[other].lead_time)
            found.at_most(ready, complete, (name, f"complete before {other}"), 1.0)


def investment_figures(books: Books, found: Found) -> None:
    """Completion, capacity, capex, public capex and salvage of each started project follow from the case."""
    for row in books.planned("investments"):
        if blank(row.start) or row.project not in books.project:
            continue
        project = books.project[row.project]
        capex = float(project.capex)
        expected = {
            "complete_year": books.calendar.begin[row.start] + float(project.lead_time),
            "capacity": float(project.capacity),
            "capex": capex,
            "public_capex": capex * float(project.fund_share),
            "salvage": capex * books.calendar.salvage_share(project, row.start),
        }
        for column, value in expected.items():
            typical = books.money if column in ("capex", "public_capex", "salvage") else 1.0
            found.equal(abs(float(getattr(row, column))), value, (row.project, column), typical)


def project_capacity(books: Books, found: Found) -> None:
    """Online share and capacity of each started project in each period: lead time, ramp, lifetime."""
    listed = {(row.project, row.period): row for row in books.planned("project_capacity")}
    for name, start in books.starts.items():
        project = books.project.get(name)
        if project is None:
            continue
        for slot in books.base.slots:
            share = books.calendar.online(project, start, slot.begin, slot.end)
            row = listed.pop((name, slot.label), None)
            found.equal(0.0 if row is None else float(row.online_share), share, (name, slot.label, "online"), 1.0)
            amount = slot.years * share * float(project.capacity)
            capacity = 0.0 if row is None else float(row.capacity)
            found.equal(capacity, amount, (name, slot.label, "capacity"), float(project.capacity))
    for (name, period), row in listed.items():
        found.at_most(float(row.capacity), 0.0, (name, period, "is not started"), 1.0)


def payments(books: Books, found: Found) -> None:
    """Capex is paid evenly over max(lead, 1) years from the start, public and private by fund_share."""
    listed = {(row.project, row.period): row for row in books.planned("payments")}
    for name, start in books.starts.items():
        project = books.project.get(name)
        if project is None:
            continue
        for period, share in books.calendar.payment_shares(project, start).items():
            row = listed.pop((name, period), None)
            capex, public = float(project.capex), float(project.fund_share)
            paid = (0.0, 0.0) if row is None else (float(row.public), float(row.private))
            found.equal(paid[0], share * capex * public, (name, period, "public"), books.money)
            found.equal(paid[1], share * capex * (1 - public), (name, period, "private"), books.money)
    for (name, period), row in listed.items():
        found.at_most(abs(row.public) + abs(row.private), 0.0, (name, period, "nothing is due"), books.money)


def contributions(books: Books, found: Found) -> None:
    """Each member's contribution is at least 0 and at most its yearly limit times the period's length."""
    for row in books.planned("contributions"):
        entry = books.fund.get((row.country, row.period))
        limit = 0.0 if entry is None else float(entry.limit) * books.calendar.years[row.period]
        found.at_most(float(row.contribution), limit, (row.country, row.period), books.money)
        found.at_most(0.0, float(row.contribution), (row.country, row.period, "negative"), books.money)
        found.equal(float(row.limit), limit, (row.country, row.period, "limit"), books.money)


def fund_balance(books: Books, found: Found) -> None:
    """Each account grows by contributions, pays the public capex, is never negative and is empty at the end."""
    pooled = bool(books.options.get("pooled", True))
    paid_in: dict[tuple[str, str], float] = defaultdict(float)
    paid_out: dict[tuple[str, str], float] = defaultdict(float)
    for row in books.planned("contributions"):
        paid_in[JOINT if pooled else row.country, row.period] += float(row.contribution)
    for name, start in books.starts.items():
        project = books.project.get(name)
        if project is not None:
            for period, share in books.calendar.payment_shares(project, start).items():
                account = JOINT if pooled else project.country
                paid_out[account, period] += share * float(project.capex) * float(project.fund_share)
    listed = {(row.account, row.period): row for row in books.planned("fund_balance")}
    accounts = {account for account, _ in [*paid_in, *paid_out, *listed]}
    for account in sorted(accounts):
        balance, moved = 0.0, 0.0
        for period in books.calendar.labels:
            income, spent = paid_in[account, period], paid_out[account, period]
            balance += income - spent
            moved = max(moved, income, spent)
            where = (account, period)
            found.at_most(0.0, balance, (*where, "overdrawn"), books.money, moved)
            row = listed.get((account, period))
            if row is not None:
                found.equal(float(row.contribution), income, (*where, "contribution"), books.money, moved)
                found.equal(float(row.payment), spent, (*where, "payment"), books.money, moved)
            found.equal(0.0 if row is None else float(row.balance), balance, (*where, "balance"), books.money, moved)
        found.equal(balance, 0.0, (account, "left at the end"), books.money, moved)


def burden(books: Books, found: Found) -> None:
    """With burden = weight, each member pays its weight's share of all contributions, within the tolerance."""
    if books.options.get("burden", "free") != "weight":
        return
    paid: dict[str, float] = defaultdict(float)
    for row in books.planned("contributions"):
        paid[row.country] += float(row.contribution)
    total = sum(paid.values())
    weights = sum(books.burden_weight[name] for name in books.members)
    room = float(books.options.get("burden_tolerance", 0.0)) * total
    for name in books.members:
        due = books.burden_weight[name] / weights * total
        found.at_most(abs(paid[name] - due), room, (name, "share of all contributions"), books.money, total)
