"""What a measurement was made on: machine, system, versions and date; no names and no paths."""

from __future__ import annotations

import os
import platform
import sys
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("quadopt", "pyomo", "highspy", "linopy", "numpy", "scipy", "pandas")


def described() -> str:
    """One line: date, processor, cores, memory, system and versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    parts = [f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {system}", f"Python {sys.version.split()[0]}"]
    return f"{date.today().isoformat()}; {'; '.join(parts)}, {', '.join(_versions())}"


def _processor() -> str:
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _versions() -> list[str]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
