"""The daemons of a host: OVS and libvirt, each started once and waited for."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vnetsh.errors import BackendRefused
from vnetsh_lab.host_network import starting
from vnetsh_lab.layout import HostLayout
from vnetsh_lab.processes import enter, log_tail, marked

_DATABASE = "/etc/openvswitch/conf.db"
LOGS = "/var/log/openvswitch"


@dataclass(frozen=True)
class Daemon:
    """A daemon that goes to the background by itself when it is ready.

    `probe` is a command that succeeds when it answers.
    """

    name: str
    start: Sequence[str]
    probe: Sequence[str]
    log: str


def awaited(name: str, start: str, probe: str, log: str) -> Daemon:
    """One that is in the background before it answers: that is waited for. Both are of a shell."""
    waiting = f"for try in $(seq 100); do {probe} >/dev/null 2>&1 && exit; sleep 0.1; done; exit 1"
    return Daemon(name, ("sh", "-c", f"{start}; {waiting}"), ("sh", "-c", probe), log)


def background(program: str, log: str, *options: str) -> Sequence[str]:
    """A program of Open vSwitch's or OVN's, in the background, with a log of that name."""
    return (program, *options, "--detach", "--no-chdir", "-vconsole:off", f"--log-file={LOGS}/{log}.log")


def _ovs(name: str, *options: str) -> Sequence[str]:
    return background(name, name, *options, "--pidfile")


DAEMONS = (
    Daemon(
        "ovsdb-server",
        _ovs("ovsdb-server", _DATABASE, "--remote=punix:/run/openvswitch/db.sock"),
        ("ovs-vsctl", "--no-wait", "--timeout=5", "show"),
        f"{LOGS}/ovsdb-server.log",
    ),
    Daemon(
        "ovs-vswitchd",
        _ovs("ovs-vswitchd", "unix:/run/openvswitch/db.sock"),
        ("ovs-appctl", "--timeout=5", "-t", "ovs-vswitchd", "version"),
        f"{LOGS}/ovs-vswitchd.log",
    ),
    Daemon(
        "libvirtd",
        ("libvirtd", "--daemon", "--listen"),
        ("virsh", "--connect", "qemu:///system", "uri"),
        "/var/log/libvirt/libvirtd.log",
    ),
)


class Inside:
    """Runs commands in a host's namespaces."""

    def __init__(self, host: HostLayout, pid: int) -> None:
        self.host = host
        self.pid = pid

    def call(self, *argv: str, input: str = "", timeout: float = 30.0) -> subprocess.CompletedProcess[str]:
        """Run a command; its exit code is the caller's affair. Raises `BackendRefused` after `timeout` seconds."""
        with subprocess.Popen(
            [*enter(self.pid), *argv],
            env=marked(self.host.lab, self.host.name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(input, timeout=timeout)
            except subprocess.TimeoutExpired:
                _kill_group(process)
                raise BackendRefused(f"{self.host.name}: `{argv[0]}` took more than {timeout:g} s") from None
        return subprocess.CompletedProcess(argv, process.returncode, out, err)

    def check(self, *argv: str, input: str = "", timeout: float = 30.0) -> str:
        """Run a command that must succeed; gives its output. Raises `BackendRefused`."""
        done = self.call(*argv, input=input, timeout=timeout)
        if done.returncode:
            words = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
            raise BackendRefused(f"{self.host.name}: {argv[0]}: {words}")
        return done.stdout

    def answers(self, daemon: Daemon) -> bool:
        """Whether a daemon is up and answers."""
        try:
            return self.call(*daemon.probe, timeout=10).returncode == 0
        except BackendRefused:
            return False

    def start(self, daemon: Daemon) -> None:
        """Start a daemon and wait until it answers. Raises `BackendRefused` with the end of its log."""
        try:
            self.check(*daemon.start)
            self.check(*daemon.probe, timeout=15)
        except BackendRefused as error:
            tail = log_tail(self.host.root / daemon.log.lstrip("/"))
            raise BackendRefused(f"{error.message}\n{tail}".strip(), help=error.help) from error


def _kill_group(process: subprocess.Popen[str]) -> None:
    """Kill a process that leads a session, with all that it started there."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def start_daemons(inside: Inside) -> None:
    """Start what does not answer, in order, and make the underlay switch. Raises `BackendRefused`."""
    if not (inside.host.root / _DATABASE.lstrip("/")).exists():
        inside.check("ovsdb-tool", "create", _DATABASE, "/usr/share/openvswitch/vswitch.ovsschema")
    for daemon in DAEMONS:
        if inside.answers(daemon):
            continue
        inside.start(daemon)
        after = _AFTER.get(daemon.name)
        if after:
            after(inside)


def _name_system(inside: Inside) -> None:
    """What Debian's ovs-ctl says of a host at start."""
    version = inside.check("ovs-vswitchd", "--version").split("\n")[0].rsplit(" ", 1)[-1]
    ids = (f"external-ids:system-id={inside.host.uuid}", f"external-ids:hostname={inside.host.name}")
    settings = ("set", "Open_vSwitch", ".", f"ovs-version={version}", *ids)
    inside.check("ovs-vsctl", "--no-wait", "--timeout=5", "init", "--", *settings)


def _make_underlay(inside: Inside) -> None:
    """Put eth0 on vswitch01, which carries the host's address, unless the host has its own network system.

    In OVS's userspace datapath a tunnel finds its way only by an address of a bridge's own port.
    """
    host = inside.host
    if own := starting(host):
        inside.call("sh", "-c", own, timeout=60)
        return
    # eth0 is the switch's: the kernel's own stack is not to answer on it for vswitch01's addresses.
    inside.check(
        "tee",
        "/proc/sys/net/ipv4/conf/eth0/arp_ignore",
        "/proc/sys/net/ipv6/conf/eth0/disable_ipv6",
        input="1",
    )
    inside.check("ip", "link", "set", "eth0", "up")
    inside.check(
        *("ovs-vsctl", "--timeout=10", "--may-exist", "add-br", "vswitch01"),
        *("--", "set", "bridge", "vswitch01", "datapath_type=netdev", f'other-config:hwaddr="{host.mac}"'),
        *("--", "--may-exist", "add-port", "vswitch01", "eth0"),
    )
    inside.check("ip", "address", "replace", f"{host.address}/24", "dev", "vswitch01")
    inside.check("ip", "link", "set", "vswitch01", "up")


_AFTER: dict[str, Callable[[Inside], None]] = {"ovsdb-server": _name_system, "ovs-vswitchd": _make_underlay}
