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
VNETSH = str(Path(sys.executable).with_name("vnetsh"))
HOLD = "for f in /run/vnetsh/*; do test -r $f && exec 9<$f && flock -n 9; done; echo mine; exec cat"


def test_no_user_can_take_the_folder_of_root_s_ssh_connections(tmp_path: Path) -> None:
    """Not by making it first, of whatever sort."""
    hosts = tmp_path / "hosts.vnet"
    config = tmp_path / "ssh_config"
    config.write_text(f"Host *\n  ProxyCommand sh -c 'echo x >>{tmp_path}/came; exit 1'\n")
    hosts.write_text(f'host kvm1 address 192.0.2.1 ssh-config "{config}"\n')
    with own_run() as machine:
        for trap in ("mkdir -m 777 $f", "ln -s /etc $f", "ln -s /nowhere $f", "mkfifo $f"):
            (tmp_path / "came").unlink(missing_ok=True)
            assert machine.sh(f"for f in /run/vnetsh-ssh /run/vnetsh; do {trap}; done", user=USER).returncode
            argv = machine.argv("env", "-u", "TMPDIR", "-u", "XDG_RUNTIME_DIR", VNETSH, "--hosts", str(hosts))
            done = subprocess.run(
                [*argv, "show", "bridges"], capture_output=True, text=True, timeout=60, check=False
            )
            assert (tmp_path / "came").exists(), done.stderr
            assert machine.sh("stat -c '%u %a' /run/vnetsh-ssh").stdout == "0 700\n"


def test_root_s_run_is_made_though_a_user_holds_the_lock(bare: ScratchOvs, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.vnet"
    hosts.write_text(f'host kvm1 local ovsdb "{scratch_host(bare).attributes["ovsdb"]}" vswitchd skip\n')
    with own_run() as machine:

        def vnetsh(script: str) -> subprocess.CompletedProcess[str]:
            argv = machine.argv(VNETSH, "--hosts", str(hosts), "--yes", "-c", script)
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
