"""The scripts that no other test calls can at least be called."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT


def test_the_soak_finds_all_its_rounds() -> None:
    script = ROOT / "scripts" / "soak_main.py"
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: scripts/soak" in done.stdout
