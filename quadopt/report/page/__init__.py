"""The report page: one HTML file with a plan's answer, tables and pictures, for a screen, a phone and paper.

The file holds everything that it shows: no script, no font, no picture from elsewhere, and says so to the browser by a
content security policy. All text of the plan is escaped.
"""

from __future__ import annotations

import os
from pathlib import Path

from quadopt.plan import Plan
from quadopt.report import figures
from quadopt.report.page.rendering import Page, rendered, write_html
from quadopt.report.page.sections import sections, tiles


def write_page(plan: Plan, path: str | os.PathLike[str], force: bool = False) -> Path:
    """Writes the plan's report page and returns its path. The file appears whole or not at all.

    Raises FileExistsError, before any work, where the file exists and ``force`` is false; ValueError where the name does not
    end in .html; OSError where the folder cannot be written.
    """
    return write_html(path, lambda: _page(plan), force)


def page_html(plan: Plan) -> str:
    """The report page as text."""
    return rendered(_page(plan))


def _page(plan: Plan) -> Page:
    year = figures.base_year(plan)
    return Page(
        "Plan for critical-mineral security",
        plan.title or "Plan",
        plan.model_name,
        f"million {plan.currency}, real{f', prices of {year}' if year else ''}",
        figures.status_sentence(plan),
        figures.is_cut_off(plan),
        sections(plan),
        tiles(plan),
    )
