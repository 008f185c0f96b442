"""A user without rights holds what they can of a host's lock: root's run is made all the same, and says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from own_run import USER, own_run
from soaking import scratch_host

from vnetsh.testing.scratch_ovs import ScratchOvs

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users")
HOLD = "for f in /run/vnetsh/*; do test -r $f && exec 9<$f && flock -n 9; done; echo mine; exec cat"


def test_root_s_run_is_made_though_a_user_holds_the_lock(bare: ScratchOvs, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.vnet"
    hosts.write_text(f'host kvm1 local ovsdb "{scratch_host(bare).attributes["ovsdb"]}" vswitchd skip\n')
    with own_run() as machine:

        def vnetsh(script: str) -> subprocess.CompletedProcess[str]:
            command = str(Path(sys.executable).with_name("vnetsh"))
            argv = machine.argv(command, "--hosts", str(hosts), "--yes", "-c", script)
            return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

        assert vnetsh("bridge br1 on kvm1").returncode == 0
        with machine.running("sh", "-c", HOLD, user=USER) as said:
            assert said == "mine"
            done = vnetsh("bridge br2 on kvm1")
            assert done.returncode == 0, done.stderr
            assert f"warning: kvm1: the lock of {USER}, process " in done.stdout
        machine.sh("rm /run/vnetsh/lock; ln -s /run/nowhere /run/vnetsh/lock")
        done = vnetsh("bridge br3 on kvm1")
        assert done.returncode == 1
        assert "kvm1: its lock cannot be taken" in done.stderr
        assert bare.vsctl("list-br").split() == ["br1", "br2"]
