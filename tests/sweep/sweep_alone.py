"""A sweep as a script, to be killed: `python -m tests.sweep.sweep_alone STORE LOG COUNT SECONDS PROCESSES`."""

from __future__ import annotations

import sys
from pathlib import Path

from quadopt.sweep.engine import run_many
from tests.sweep.works import squares

if __name__ == "__main__":
    store, log, count, seconds, processes = sys.argv[1:]
    run_many(squares(Path(log), int(count), float(seconds)), store, int(processes) or None)
