"""LibreOffice as an independent calculator: workbooks in, the same workbooks recalculated out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>
"""
"""Without it LibreOffice shows the values that the file holds, and nothing would be tested."""


def recalculated(paths: list[Path], folder: Path) -> list[Path]:
    """The workbooks with every formula calculated anew, in one call; skips the test where there is no LibreOffice."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed: nothing can recalculate the checks")
    profile, out = folder / "profile", folder / "recalculated"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE, encoding="utf-8")
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx"]
    done = subprocess.run(
        [*command, "--outdir", str(out), *map(str, paths)], capture_output=True, text=True, timeout=500
    )
    found = [out / path.name for path in paths]
    assert all(path.exists() for path in found), done.stdout + done.stderr
    return found
