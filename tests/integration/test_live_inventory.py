"""What a shell knows of real hosts while somebody types: they tell of it themselves, whoever changed something."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from in_lab import on
from live_rounds import soak_live
from terminal import Terminal, terminal

from vnetsh.interface.shell.inventory import LiveInventory
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab import running
from vnetsh_lab.lab import Lab

pytestmark = pytest.mark.lab

DOMAIN = """<domain type='qemu'><name>by-hand</name><memory>65536</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as found:
        yield found


def _until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_hosts_tell_of_what_others_do(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VNETSH_LAB_DIR", str(lab.folder))
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["lab"].hosts("")) as session:
        news: list[None] = []
        live = LiveInventory(session, lambda: news.append(None))
        live.start()
        try:
            _until(lambda: not live.now.waiting)
            assert "eth0" in live.now.names["nic"]
            for host, kind, name, make, unmake in (
                ("kvm1", "bridge", "x-ovs", "ovs-vsctl add-br x-ovs", "ovs-vsctl del-br x-ovs"),
                ("kvm2", "bridge", "x-linux", "ip link add x-linux type bridge", "ip link del x-linux"),
                ("kvm2", "vm", "by-hand", "virsh define /dev/stdin", "virsh undefine by-hand"),
            ):
                on(lab, host, *make.split(), input=DOMAIN if kind == "vm" else "")
                _until(lambda kind=kind, name=name: live.now.names.get(kind, {}).get(name))  # type: ignore[misc]
                assert live.now.names[kind][name] == host
                on(lab, host, *unmake.split())
                _until(lambda kind=kind, name=name: name not in live.now.names.get(kind, {}))  # type: ignore[misc]
            time.sleep(1)
            before = len(news)
            time.sleep(2)
            assert len(news) == before, "nobody is asked while nothing happens"
        finally:
            live.close()
    for host in ("kvm1", "kvm2"):  # what told of its links is gone from the hosts, too
        _until(lambda host=host: "NETLINK_ROUTE" not in on(lab, host, "ps", "-eo", "args"))  # type: ignore[misc]


def test_a_daemon_that_hangs_is_noticed_though_nothing_changes(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VNETSH_LAB_DIR", str(lab.folder))
    monkeypatch.setattr("vnetsh_ovsdb.watching.ALIVE", 1.0)
    monkeypatch.setattr("vnetsh_libvirt.watching.KEEPALIVE", (1, 2))
    plugins = load_plugins()
    hung = {"kvm1": "libvirtd", "kvm2": "ovsdb-server"}
    with Session(plugins, plugins.worlds["lab"].hosts(""), timeout=3) as session:
        live = LiveInventory(session)
        live.start()
        try:
            _until(lambda: not live.now.waiting)
            time.sleep(3)
            assert not live.now.silent
            for host, daemon in hung.items():
                on(lab, host, "pkill", "-STOP", "-x", daemon)
            _until(lambda: live.now.silent.keys() == hung.keys(), 40)
            assert "libvirt gave no answer" in live.now.silent["kvm1"].why
            assert "ovsdb-server does not answer" in live.now.silent["kvm2"].why
        finally:
            for host, daemon in hung.items():
                on(lab, host, "pkill", "-CONT", "-x", daemon)
        try:
            _until(lambda: not live.now.silent, 40)
            on(lab, "kvm2", "ovs-vsctl", "add-br", "x-again", "--", "del-br", "x-again")
            on(lab, "kvm1", "virsh", "define", "/dev/stdin", input=DOMAIN)
            _until(lambda: "by-hand" in live.now.names.get("vm", {}))
            on(lab, "kvm1", "virsh", "undefine", "by-hand")
        finally:
            live.close()


def test_nothing_that_others_do_is_missed(lab: Lab, tmp_path: Path) -> None:
    soak_live(lab, 10, tmp_path).check()


def _masters(shell: Terminal) -> list[int]:
    """The ssh connections of a shell: they are named by its own folder for sockets."""
    own = next(one for one in _file(shell.pid, "environ").split("\0") if one.startswith("TMPDIR="))
    names = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    folder = own.removeprefix("TMPDIR=")
    return [pid for pid in names if f"{folder}/" in (said := _file(pid, "cmdline")) and "[mux]" in said]


def _file(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:  # it has ended
        return ""


def test_the_next_line_works_when_connections_were_lost(lab: Lab, tmp_path: Path) -> None:
    """The ssh masters are killed under the shell; then it sleeps as a laptop does, and they are gone meanwhile."""
    vnetsh = str(Path(sys.executable).with_name("vnetsh"))
    folders = {"XDG_STATE_HOME": str(tmp_path), "VNETSH_LAB_DIR": str(lab.folder)}
    with terminal([vnetsh, "--lab", "--yes"], folders) as shell:
        shell.wait_prompt()
        shell.wait_bar("2 of 2 hosts")
        for number, sleeps in enumerate((False, True), 1):
            if sleeps:
                os.kill(shell.pid, signal.SIGSTOP)
            masters = _masters(shell)
            assert masters
            for pid in masters:
                os.kill(pid, signal.SIGKILL)
            if sleeps:
                time.sleep(1)
                os.kill(shell.pid, signal.SIGCONT)
            shell.type(f"bridge lost{number} on kvm1, kvm2\r")
            shell.wait_for("done: 2 changes", 60, times=number)
            shell.wait_prompt()
            shell.wait_bar("2 of 2 hosts", 60)
        assert shell.leave() == 0
