"""Folders of runs of hosts in memory: they end with their process, whatever ended it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vnetsh.journal.imagined import ImaginedFolder

_DIES = """
import os
from vnetsh.journal.imagined import ImaginedFolder
print((ImaginedFolder.make().path / "1.run"), flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_goes_and_what_is_held_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    held = ImaginedFolder.make()
    (held.path / "1.run").write_text("x")
    died = subprocess.run(
        [sys.executable, "-c", _DIES], env={**os.environ, "TMPDIR": str(tmp_path)}, check=False
    )
    assert died.returncode == -9
    (tmp_path / "vnetsh-demo-runs-link").symlink_to(held.path)  # what is no folder of ours is left alone
    other = ImaginedFolder.make()
    left = {one.name for one in tmp_path.iterdir()}
    assert left == {held.path.name, other.path.name, "vnetsh-demo-runs-link"}
    assert (held.path / "1.run").read_text() == "x"
    held.remove()
    other.remove()
    assert [one.name for one in tmp_path.iterdir()] == ["vnetsh-demo-runs-link"]
