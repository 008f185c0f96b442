"""The program by which a host takes a step on its links back, where `ip` cannot tell what there is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from vnetsh_linuxbridge.going_back import _program


def _called(word: str, folder: Path, tools: Path) -> subprocess.CompletedProcess[str]:
    told = {"names": ["lo"], "lines": [], "files": ""}
    argv = [sys.executable, "-I", "-S", "-c", _program(), word, "0001"]
    path = {"PATH": f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin"}
    return subprocess.run(argv, input=json.dumps(told), capture_output=True, text=True, cwd=folder, env=path)


def test_what_cannot_be_seen_is_not_taken_for_gone(tmp_path: Path) -> None:
    folder, tools = tmp_path / "guard", tmp_path / "tools"
    folder.mkdir()
    tools.mkdir()
    assert _called("open", folder, tools).returncode == 0
    (folder / "0001.begun").touch()
    (tools / "ip").write_text("#!/bin/sh\necho 'Dump was interrupted' >&2\nexit 1\n")
    (tools / "ip").chmod(0o755)
    failed = _called("back", folder, tools)
    assert failed.returncode == 1, "it is called again"
    assert failed.stderr.splitlines()[-1] == "OSError: ip -json -details link show: Dump was interrupted"
    (folder / "0001.seen").unlink()
    assert _called("open", folder, tools).returncode == 1, "nothing is made of which nobody knows how it was"
    assert not (folder / "0001.seen").exists()
    (tools / "ip").unlink()
    assert _called("open", folder, tools).returncode == 0
    assert _called("back", folder, tools).returncode == 0
