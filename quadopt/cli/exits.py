"""How a command ends: its exit code, and in place of a traceback what was wrong."""

from __future__ import annotations

import argparse
import sys

EXIT_CODES = """exit codes:
  0  done; for `run`: a plan was written (its status, gaps and bounds stand first)
  1  faults in the workbook or in the model file, or an output file that exists already
  2  wrong command line
  3  `run --strict`: a plan was written, but a stage stopped at its limit before the gap asked
  4  `run`: no plan, and where rules conflict which ones and what would mend it; `diagnose`: rules conflict
  5  `run`: the auditor refused the plan
"""


def exit_code(parsed: argparse.Namespace) -> int:
    """Runs the command of a parsed command line; faults of the input go to standard error."""
    from quadopt.errors import InputError, NoPlanError

    try:
        return int(parsed.command(parsed))
    except InputError as error:
        print(error.report(), file=sys.stderr)
        return 1
    except FileExistsError as error:
        print(f"error: {error} (--force replaces it)", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except NoPlanError as error:
        print(f"error: {error}", file=sys.stderr)
        return 5 if type(error).__name__ == "AuditError" else 4
    except KeyboardInterrupt as stopped:
        kept = f"; {stopped}" if stopped.args else ""
        print(f"stopped; nothing was written{kept}", file=sys.stderr)
        return 130
