"""The command on model files: `models`."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Registers the command."""
    models = commands.add_parser("models", help="list the model files that come with quadopt")
    models.set_defaults(command=_models)


def _models(parsed: argparse.Namespace) -> int:
    from quadopt.formulation.options import model_names, read_formulation

    for name in model_names():
        print(f"{name:16s} {read_formulation(name).title}")
    return 0
