"""The scripts that no other test calls can at least be called."""

from __future__ import annotations

import re
import subprocess
import sys

from conftest import ROOT


def test_the_soak_finds_all_its_rounds() -> None:
    script = ROOT / "scripts" / "soak_main.py"
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: scripts/soak" in done.stdout
    assert "brownfield" in done.stdout
    unknown = subprocess.run([sys.executable, script, "nothing"], capture_output=True, text=True, check=False)
    assert unknown.returncode == 2
    items = unknown.stderr.split("there is ")[1].strip().split(", ")
    described = re.findall(r"^\| `([\w-]+)` \|", (ROOT / "docs" / "soak.md").read_text(), re.MULTILINE)
    assert sorted(items) == sorted(described)
