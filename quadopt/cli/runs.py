"""The command on a folder of kept runs: `runs`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quadopt.sweep.store import DamagedRunError, Record


def add(commands: Any) -> None:
    """Registers the command."""
    runs = commands.add_parser("runs", help="list the runs that a folder keeps, remove those that are not wanted")
    runs.add_argument("folder", type=Path, help="the folder (<case>_runs, or as --store said)")
    runs.add_argument("--remove-failed", action="store_true", help="remove runs that failed and files that are damaged")
    runs.add_argument("--older-than", type=float, metavar="DAYS", help="remove runs that ended longer ago than that")
    runs.set_defaults(command=_runs)


def _runs(parsed: argparse.Namespace) -> int:
    from quadopt.sweep.store import Store

    if not parsed.folder.is_dir():
        raise FileNotFoundError(f"{parsed.folder}: there is no such folder")
    records = list(Store(parsed.folder).records())
    if not records:
        print(f"{parsed.folder}: no runs")
        return 0
    print(f"{'status':20s} {'gap':>8s} {'seconds':>9s}  {'ended (UTC)':20s} {'kB':>8s}  {'model':16s} run")
    removed = 0
    for path, record in sorted(records, key=_when):
        is_unwanted = _is_unwanted(record, parsed)
        print(f"{_line(record)}{'  (removed)' if is_unwanted else ''}")
        if is_unwanted:
            path.unlink(missing_ok=True)
            removed += 1
    print(f"{len(records)} runs" + (f", {removed} of them removed" if removed else ""))
    return 0


def _when(found: tuple[Path, Record | DamagedRunError]) -> str:
    """When a run ended; damaged files come first."""
    return "" if isinstance(found[1], Exception) else found[1].finished


def _is_unwanted(record: Record | DamagedRunError, parsed: argparse.Namespace) -> bool:
    if isinstance(record, Exception):
        return bool(parsed.remove_failed)
    if parsed.remove_failed and record.is_failed:
        return True
    if parsed.older_than is None:
        return False
    return datetime.fromisoformat(record.finished) < datetime.now(UTC) - timedelta(days=parsed.older_than)


def _line(record: Record | DamagedRunError) -> str:
    if isinstance(record, Exception):
        return f"damaged: {record}"
    gap = "" if record.gap != record.gap else f"{record.gap:.2%}"
    seconds = "" if record.seconds != record.seconds else f"{record.seconds:,.1f}"
    when = record.finished.removesuffix("+00:00").replace("T", " ")
    why = f": {record.reason}" if record.reason else ""
    size = f"{record.size / 1000:,.0f}"
    return f"{record.status:20s} {gap:>8s} {seconds:>9s}  {when:20s} {size:>8s}  {record.model:16s} {record.name}{why}"
