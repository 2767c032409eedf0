"""Peak memory of this process. Each measurement has a process of its own, since a peak never falls by itself."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

MEGABYTE = 1e6
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak() -> float:
    """The most memory that was resident since the last `reset_peak`, megabytes."""
    if _STATUS.exists():
        return _status("VmHWM")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / MEGABYTE if sys.platform == "darwin" else used * 1024 / MEGABYTE


def reset_peak() -> float:
    """Begins a new peak where the system can; what is resident now, megabytes (elsewhere the peak so far)."""
    try:
        _RESET.write_text("5")
    except OSError:
        return peak()
    return _status("VmRSS")


def _status(name: str) -> float:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024 / MEGABYTE
