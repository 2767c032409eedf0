"""Results as files: for each part a table as CSV and Markdown and a picture; one page that shows what there is."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.runs import Row

HEAD = """# Benchmarks

How long quadopt takes, and how much memory, against other ways to do the same. Printed by `python -m benchmarks`, which needs
`pip install -e '.[bench]'`; `python -m benchmarks --help` lists its parts and sizes, `--quick` tries them out on tiny cases.
Ratios compare what was measured in one run on one machine; seconds elsewhere will be others. Synthetic cases come from
`benchmarks/synthetic.py`.
"""


def write_part(
    folder: Path, name: str, title: str, explained: str, machine: str, rows: list[Row], panels: int,
    draw: Callable[[Any], None],
) -> None:  # fmt: skip
    """Writes `<name>.csv`, `<name>.md` and `<name>.png` into a folder, which is made where it is missing.

    `draw` is given the picture's `panels` axes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = f"## {title}\n\n{explained}\n\nMeasured {machine}.\n\n{markdown(rows, columns)}\n"
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    _picture(folder / f"{name}.png", title, panels, draw)


def _picture(path: Path, title: str, panels: int, draw: Callable[[Any], None]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, panels, figsize=(3 + 3.5 * panels, 4), layout="constrained", squeeze=False)
    draw(axes[0])
    for axis in axes[0]:
        axis.grid(alpha=0.3)
    figure.suptitle(title)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def write_page(folder: Path, names: list[str]) -> Path:
    """Writes the page beside the folder from the parts that are in it, in the given order."""
    sections = [HEAD]
    for name in names:
        if (folder / f"{name}.md").is_file():
            text = (folder / f"{name}.md").read_text(encoding="utf-8")
            picture = f"![{text.splitlines()[0].lstrip('# ')}]({folder.name}/{name}.png)"
            sections.append(f"{text}\n{picture}\n")
    page = folder.with_suffix(".md")
    page.write_text("\n".join(sections), encoding="utf-8")
    return page


def markdown(rows: list[Row], columns: list[str]) -> str:
    """A table; numbers to three digits and right-aligned, blank where there is none."""
    is_number = {c: any(isinstance(row.get(c), int | float) for row in rows) for c in columns}
    lines = [columns, ["---:" if is_number[c] else "---" for c in columns]]
    lines += [[shown(row.get(c)) for c in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(value: Any) -> str:
    """A value as a table shows it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int | float):
        return f"{value:,.0f}"
    return str(value)
