"""Faults of the connection to a lab's host kvm2: how each begins and ends, and which words are true meanwhile."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from in_lab import on
from uplink_hosts import masters
from waiting import eventually

from vnetsh_lab import Lab
from vnetsh_lab.daemons import DAEMONS
from vnetsh_lab.processes import lab_processes

HOST = "kvm2"
TIMEOUT = 6.0


@dataclass
class Scene:
    """A lab, the folder of vnetsh's ssh connections, and what a fault has to put back."""

    lab: Lab
    runtime: Path
    back: list[Callable[[], object]] = field(default_factory=list)

    def masters(self) -> list[int]:
        """The ssh connections to both hosts."""
        return masters(self.runtime)

    def sockets(self, *, forwards: bool) -> list[Path]:
        """The control sockets, or those that are forwarded."""
        folder = self.runtime / "vnetsh"
        found = [p for p in folder.iterdir() if p.is_socket() and not p.is_symlink()]
        return [p for p in found if ("-" in p.name) is forwards]

    def replace(self, path: Path) -> None:
        """Put a socket in a socket's place that nobody listens on."""
        path.unlink()
        with socket.socket(socket.AF_UNIX) as nobody:
            nobody.bind(str(path))

    def signal(self, command: str, number: int) -> None:
        """Send a signal to processes of the host; those that are stopped go on at the end."""
        pids = [p.pid for p in lab_processes(self.lab.folder) if (p.host, p.command) == (HOST, command)]
        assert pids, command
        for pid in pids:
            os.kill(pid, number)
        if number == signal.SIGSTOP:
            self.back.append(
                lambda: [os.kill(pid, signal.SIGCONT) for pid in pids if Path(f"/proc/{pid}").exists()]
            )
        else:
            assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))

    def sshd(self, what: str) -> None:
        """Send a signal to what sshd runs there; it writes its title over the mark by which a lab knows its own."""
        on(self.lab, HOST, "pkill", f"-{what}", "-x", "sshd")
        if what == "STOP":
            self.back.append(lambda: on(self.lab, HOST, "pkill", "-CONT", "-x", "sshd"))

    def start(self, name: str) -> None:
        """Start a daemon of the host."""
        self.lab.inside(HOST).start(next(one for one in DAEMONS if one.name == name))

    def kill(self, name: str, *, start: bool) -> None:
        """Kill a daemon; it is started at once, or at the end."""
        self.signal(name, signal.SIGKILL)
        if name == "libvirtd":
            on(self.lab, HOST, "rm", "-f", "/run/libvirtd.pid")
        if name == "ovsdb-server":
            self.back.append(self._vswitchd_hears)
        if start:
            self.start(name)
        else:
            self.back.append(lambda: self.start(name))

    def _vswitchd_hears(self) -> None:
        """vswitchd comes back to its database by itself, up to 8 s later: only then the host works again."""
        on(self.lab, HOST, "ovs-vsctl", "--timeout=20", "set", "open", ".", "external_ids:heard=yes")
        on(self.lab, HOST, "ovs-vsctl", "remove", "open", ".", "external_ids", "heard")

    def change(self, path: Path, text: str) -> None:
        """Write another text into a file, until the end; and have all connections made anew."""
        before = path.read_text()
        path.write_text(text)
        self.back.append(lambda: path.write_text(before))
        self.end_masters(signal.SIGKILL)

    def end_masters(self, number: int) -> None:
        """Send a signal to all ssh connections."""
        pids = self.masters()
        for pid in pids:
            os.kill(pid, number)
        if number == signal.SIGKILL:
            assert eventually(lambda: not set(pids) & set(self.masters()))

    def sshd_config(self) -> Path:
        """What the host's sshd is told."""
        return self.lab.layout.host(2).folder / "sshd_config"

    def over(self) -> None:
        """Put all back."""
        while self.back:
            self.back.pop()()


@dataclass(frozen=True)
class Fault:
    """`words` is what is true while it lasts, as a pattern; empty of one that the next command mends by itself.

    `waits`: a command waits for a whole timeout.
    """

    name: str
    begin: Callable[[Scene], object]
    words: str = ""
    waits: bool = False


def _stop_masters(scene: Scene) -> None:
    pids = scene.masters()
    scene.end_masters(signal.SIGSTOP)
    scene.back.append(lambda: [os.kill(pid, signal.SIGCONT) for pid in pids])


def _each(paths: list[Path], do: Callable[[Path], object]) -> None:
    assert paths
    for path in paths:
        do(path)


def _off(scene: Scene) -> None:
    scene.lab.kill(HOST)
    scene.back.append(lambda: scene.lab.start(HOST))


def _mute_sshd(scene: Scene) -> None:
    """New connections hang: sshd waits for its configuration."""
    path = scene.sshd_config()
    aside = path.with_suffix(".aside")
    path.rename(aside)
    os.mkfifo(path)
    scene.back.append(lambda: aside.rename(path))
    scene.end_masters(signal.SIGKILL)


def _no_socket(scene: Scene) -> None:
    on(scene.lab, HOST, "mv", "/run/openvswitch/db.sock", "/run/openvswitch/aside")
    scene.back.append(lambda: on(scene.lab, HOST, "mv", "/run/openvswitch/aside", "/run/openvswitch/db.sock"))


def _other_key(scene: Scene) -> None:
    known = scene.lab.layout.known_hosts
    key1, key2 = (line.split(" ", 1)[1] for line in known.read_text().splitlines())
    scene.change(known, f"kvm1 {key1}\nkvm2 {key1}\n")
    assert key1 != key2


FAULTS = (
    Fault("master killed", lambda s: s.end_masters(signal.SIGKILL)),
    Fault("master ended", lambda s: s.end_masters(signal.SIGTERM)),
    Fault("master stopped", _stop_masters),
    Fault("control socket deleted", lambda s: _each(s.sockets(forwards=False), Path.unlink)),
    Fault("control socket replaced", lambda s: _each(s.sockets(forwards=False), s.replace)),
    Fault("forward deleted", lambda s: _each(s.sockets(forwards=True), Path.unlink)),
    Fault("forward replaced", lambda s: _each(s.sockets(forwards=True), s.replace)),
    Fault("session killed by sshd", lambda s: s.sshd("KILL")),
    Fault(
        "packets dropped",
        lambda s: s.sshd("STOP"),
        "no answer|not answer|not connect",
        True,
    ),
    Fault("sshd gone", lambda s: s.change(s.sshd_config(), "nonsense\n"), "Connection (closed|reset)"),
    Fault("sshd mute", _mute_sshd, "ssh could not connect in|timed out", True),
    Fault("host off", _off, "Connection (closed|reset)"),
    Fault("host rebooted", lambda s: (s.lab.kill(HOST), s.lab.start(HOST))),
    Fault("another host key", _other_key, "its host key is another one"),
    Fault(
        "login refused",
        lambda s: s.change(s.lab.layout.host(2).folder / "authorized_keys", ""),
        "the login is refused: .*Permission denied",
    ),
    Fault(
        "forwarding refused",
        lambda s: s.change(
            s.sshd_config(), s.sshd_config().read_text().replace("Forwarding yes", "Forwarding no")
        ),
        "closed at once.*AllowStreamLocalForwarding",
    ),
    Fault(
        "libvirtd killed", lambda s: s.kill("libvirtd", start=False), "libvirtd does not run: nobody listens"
    ),
    Fault("libvirtd restarted", lambda s: s.kill("libvirtd", start=True)),
    Fault("libvirtd hung", lambda s: s.signal("libvirtd", signal.SIGSTOP), "libvirt gave no answer", True),
    Fault(
        "ovsdb-server killed",
        lambda s: s.kill("ovsdb-server", start=False),
        "ovsdb-server does not run: nobody listens",
    ),
    Fault("ovsdb-server restarted", lambda s: s.kill("ovsdb-server", start=True)),
    Fault(
        "ovsdb-server hung",
        lambda s: s.signal("ovsdb-server", signal.SIGSTOP),
        "ovsdb-server does not answer",
        True,
    ),
    Fault("ovsdb's socket gone", _no_socket, "has no Open vSwitch: /run/openvswitch/db.sock is not there"),
    Fault(
        "vswitchd hung",
        lambda s: s.signal("ovs-vswitchd", signal.SIGSTOP),
        "ovs-vswitchd did not answer",
        True,
    ),
)
FALSE_WORDS = re.compile(r"Traceback|defect|does not run|systemctl start")
"""What is said of none of them but of a daemon that does not run."""
