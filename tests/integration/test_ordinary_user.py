"""A host whose login is an ordinary user's: by sudo all works as for root; else one message says what is missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from in_lab import on, without_system
from runtime_folder import own_runtime
from soaking import Operator
from uplink_hosts import masters
from waiting import eventually

from vnetsh.errors import NoRights
from vnetsh.hosts import relay
from vnetsh.hosts.ssh import SshTransport
from vnetsh.hosts.transport import Busy, Held
from vnetsh.model import Host
from vnetsh_lab import Lab, running
from vnetsh_lab.layout import USER
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.remote import parse_remote
from vnetsh_ovsdb.streams import Server

pytestmark = pytest.mark.lab

OVSDB, LIBVIRT = "/run/openvswitch/db.sock", "/run/libvirt/libvirt-sock"
WHOLE = """
bridge br7 on kvm1, kvm2
tunnel t7 kvm1<->kvm2 on br7 type gre key 5
bridge lb on kvm1 backend linux
bridge vup on kvm1 uplink up0
vm o1 on kvm1 memory 96M disk tiny.qcow2 port br7 name o1_p
start o1
migrate o1 to kvm2
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        yield lab


@pytest.fixture(autouse=True)
def runtime() -> Iterator[Path]:
    with own_runtime() as folder:
        yield folder


@pytest.fixture
def by(lab: Lab, tmp_path: Path) -> Callable[[str], Operator]:
    """Runs vnetsh on the lab's hosts as they are reached by the user, with this flag in the sentence."""

    def operator(flag: str) -> Operator:
        hosts = tmp_path / "hosts.vnet"
        text = lab.layout.hosts_file.read_text()
        for name in ("kvm1", "kvm2"):
            text = text.replace(f"ssh {name} ", f"ssh {USER}@{name} {flag} ")
        hosts.write_text(text)
        return Operator(tmp_path, ("--hosts", str(hosts), "--yes"))

    return operator


def way(lab: Lab, **attributes: object) -> SshTransport:
    said = {"ssh": f"{USER}@kvm1", "ssh-config": str(lab.layout.ssh_config), "sudo": True, **attributes}
    return SshTransport(Host("kvm1", attributes=said))


def test_by_sudo_all_is_as_for_root(lab: Lab, by: Callable[[str], Operator]) -> None:
    """libvirt, OVSDB, links, an uplink under guard, a migration, and all of it taken back."""
    user = by("sudo")
    on(lab, "kvm1", "ip", "link", "add", "up0", "type", "veth", "peer", "name", "up0far")
    on(lab, "kvm1", "ip", "address", "add", "192.0.2.9/24", "dev", "up0")
    before = on(lab, "kvm1", "ovs-vsctl", "list-br")
    done = user("-c", WHOLE, "--max-impact", "brief")
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert on(lab, "kvm2", "virsh", "domstate", "o1") == "running"
    assert "192.0.2.9/24" in on(lab, "kvm1", "ip", "address", "show", "dev", "vup")
    assert on(lab, "kvm1", "cat", "/sys/class/net/lb/bridge/stp_state") == "0"
    assert user("plan", "-c", WHOLE).stdout.startswith("no changes")
    back = user("undo", "--max-impact", "destroy")
    assert back.returncode == 0, f"{back.stdout}{back.stderr}"
    assert on(lab, "kvm1", "ovs-vsctl", "list-br") == before
    assert "192.0.2.9/24" in on(lab, "kvm1", "ip", "address", "show", "dev", "up0")
    for host in ("kvm1", "kvm2"):
        assert on(lab, host, "virsh", "list", "--all", "--name") == ""


def test_without_sudo_one_message_says_what_is_missing(by: Callable[[str], Operator]) -> None:
    done = by("")("-c", "show ports on kvm1")
    assert done.returncode == 1
    (error, *_) = done.stderr.splitlines()
    assert error == f"error: kvm1: the user {USER} may not open {LIBVIRT}, {OVSDB}"
    assert done.stderr.count("error:") == 1
    assert "`host kvm1 … sudo`" in done.stderr


def test_who_may_use_libvirt_only_does_so(lab: Lab, by: Callable[[str], Operator]) -> None:
    on(lab, "kvm1", "chgrp", USER, LIBVIRT)
    on(lab, "kvm1", "chmod", "770", LIBVIRT)
    try:
        user = by("")
        shown = user("-c", "show vms on kvm1")
        assert (shown.returncode, shown.stdout) == (0, "no vms\n")
        refused = user("plan", "-c", "bridge b7 on kvm1")
        assert refused.returncode == 1
        assert f"may not open {OVSDB}\n" in refused.stderr
    finally:
        on(lab, "kvm1", "chmod", "700", LIBVIRT)


@pytest.mark.parametrize(
    ("line", "said"),
    [("", "sudo wants a password"), (f"{USER} ALL=(root) NOPASSWD: /bin/true", "sudo wants a password")],
)
def test_what_sudo_does_not_allow_is_said_once(
    lab: Lab, by: Callable[[str], Operator], line: str, said: str
) -> None:
    sudoers = lab.layout.host(1).root / "etc/sudoers"
    before = sudoers.read_text()
    sudoers.write_text(f"root ALL=(ALL:ALL) ALL\n{line}\n")
    try:
        done = by("sudo")("plan", "-c", "bridge b7 on kvm1, kvm2")
        assert done.returncode == 1
        assert done.stderr.count("error:") == 1
        assert f"error: kvm1: {said} of {USER}" in done.stderr
        assert f"{USER} ALL=(root) NOPASSWD: ALL" in done.stderr
    finally:
        sudoers.write_text(before)
    assert by("sudo")("plan", "-c", "bridge b7 on kvm1").returncode == 0


@pytest.mark.parametrize("program", relay.PROGRAMS)
def test_each_relay_passes_all_there_is(lab: Lab, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vnetsh.hosts.sudo.PROGRAMS", (program,))
    transport = way(lab)
    client = Client(Server(Host("kvm1"), parse_remote(f"unix:{OVSDB}"), transport), 10.0)
    text = "x" * 3_000_000  # more than any buffer on the way
    try:
        assert client.call("echo", [text]) == [text]
        assert client.call("list_dbs", []) == ["Open_vSwitch", "_Server"]
    finally:
        client.close()
        transport.close()
    assert eventually(lambda: not lab.exec("kvm1", ["pgrep", "-f", f"{program} .*db.sock"]).stdout)


def test_no_relay_is_said(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vnetsh.hosts.sudo.PROGRAMS", ("no-such-relay",))
    with pytest.raises(NoRights, match="none of no-such-relay"):
        way(lab).socket(OVSDB)


def test_a_relay_finds_a_new_master(lab: Lab, runtime: Path) -> None:
    transport = way(lab)
    client = Client(Server(Host("kvm1"), parse_remote(f"unix:{OVSDB}"), transport), 10.0)
    try:
        assert client.call("echo", [1]) == [1]
        for pid in masters(runtime):
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not masters(runtime))
        assert client.ask("echo", [2]) == [2]
    finally:
        client.close()
        transport.close()


def test_sockets_of_a_killed_run_are_cleared_away(lab: Lab, runtime: Path) -> None:
    said = {"ssh": f"{USER}@kvm1", "ssh-config": str(lab.layout.ssh_config), "sudo": True}
    script = f"""
import os, signal
from vnetsh.hosts.ssh import SshTransport
from vnetsh.model import Host
SshTransport(Host("kvm1", attributes={said!r})).socket({OVSDB!r})
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    (left,) = [p for p in (runtime / "vnetsh").iterdir() if "-" in p.name]
    for pid in masters(runtime):
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not masters(runtime))
    way(lab).open()
    assert not left.exists()


def test_the_lock_is_roots(lab: Lab) -> None:
    root = SshTransport(Host("kvm1", attributes={"ssh": "kvm1", "ssh-config": str(lab.layout.ssh_config)}))
    held = way(lab).lock("anna")
    assert isinstance(held, Held)
    assert root.lock("otto") == Busy("anna")
    held.release()
