"""OVN on a lab's hosts: its databases and northd on the first, or by raft on the first three, a controller on each.

The hosts become chassis when somebody says so (`zone`): until then their controllers wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from vnetsh.errors import UsageError
from vnetsh.model import Attributes, Place
from vnetsh_lab.daemons import LOGS, Daemon, Inside, background
from vnetsh_lab.layout import HostLayout, Layout

CLUSTER, SORT = "region1", "ovn"
MODES = {"one": 1, "raft": 3}
"""How many servers keep the databases."""
_DATABASES = {"nb": ("OVN_Northbound", 6641, 6643), "sb": ("OVN_Southbound", 6642, 6644)}
"""Each with its name, the port of its clients, and that of its other servers."""
PROGRAMS = {"ovn-northd": "ovn-central", "ovn-controller": "ovn-host"}
"""What it takes, each with its Debian package."""
_FOLDER = "/var/lib/openvswitch/ovn"
_MAKE = 'mkdir -p "${1%/*}"; test -e "$1" || $2'


def servers(layout: Layout) -> int:
    """How many of the lab's hosts keep OVN's databases; 0: it is a lab without OVN."""
    return int(layout.ovn.read_text()) if layout.ovn.exists() else 0


def choose(layout: Layout, mode: str, hosts: int) -> None:
    """Have a lab of so many hosts have OVN in one of `MODES`; without one it is as it was. Raises `UsageError`."""
    if not mode:
        return
    if hosts < MODES[mode]:
        raise UsageError(f"`--ovn={mode}` needs {MODES[mode]} hosts", help=f"`--hosts {MODES[mode]}`")
    if servers(layout) not in (0, MODES[mode]):
        raise UsageError("this lab has OVN already, otherwise", help="`vnetsh lab down` first")
    layout.ovn.write_text(str(MODES[mode]))


def daemons(layout: Layout, host: HostLayout) -> Sequence[Daemon]:
    """OVN's daemons on a host, in the order of their start."""
    central = servers(layout)
    if not central:
        return ()
    here = [*map(_server, _DATABASES), _northd(layout, central)] if host.number <= central else []
    run = _controlled("ovn-controller", "unix:/run/openvswitch/db.sock")
    return (*here, Daemon("ovn-controller", run, _asked("ovn-controller"), f"{LOGS}/ovn-controller.log"))


def start_ovn(layout: Layout, running: Sequence[tuple[HostLayout, int]]) -> None:
    """Start what does not answer: first the databases, host by host, for one joins another. Raises `BackendRefused`."""
    central = servers(layout)
    insides = [Inside(host, pid) for host, pid in running]
    for inside in sorted(insides, key=lambda one: one.host.number):
        if inside.host.number <= central:
            _start(layout, inside, central)
    others = [inside for inside in insides if inside.host.number > central]
    if central and others:
        with ThreadPoolExecutor(len(others)) as pool:
            list(pool.map(lambda inside: _start(layout, inside, central), others))


def _start(layout: Layout, inside: Inside, central: int) -> None:
    for daemon in daemons(layout, inside.host):
        if not inside.answers(daemon):
            if daemon.name.startswith("ovsdb-server"):
                _make(layout, inside, daemon.name.rpartition("-")[2], central)
            inside.start(daemon)


def _make(layout: Layout, inside: Inside, short: str, central: int) -> None:
    """Make a database where there is none; of a cluster of servers the first makes it, and the others join."""
    name, _, port = _DATABASES[short]
    file, schema = f"{_FOLDER}/{short}.db", f"/usr/share/ovn/ovn-{short}.ovsschema"
    mine, first = (f"tcp:{host.address}:{port}" for host in (inside.host, layout.host(1)))
    make = f"ovsdb-tool create {file} {schema}"
    if central > 1:
        make = f"ovsdb-tool create-cluster {file} {schema} {mine}"
    if inside.host.number > 1:
        make = f"ovsdb-tool join-cluster {file} {name} {mine} {first}"
    inside.check("sh", "-ec", _MAKE, "sh", file, make)


def _server(short: str) -> Daemon:
    _, port, _ = _DATABASES[short]
    name, socket = f"ovsdb-server-{short}", f"/run/ovn/ovn{short}_db.sock"
    listen = (f"--remote=punix:{socket}", f"--remote=ptcp:{port}", f"--unixctl=/run/ovn/ovn{short}_db.ctl")
    run = background(
        "ovsdb-server", name, f"{_FOLDER}/{short}.db", *listen, f"--pidfile=/run/ovn/ovn{short}.pid"
    )
    # Of a cluster it answers clients as soon as it has joined; of a server that does not run this would wait, too.
    wait = f"ovsdb-client --timeout=10 wait unix:{socket} {_DATABASES[short][0]} connected"
    ready = ("sh", "-c", f"test -S {socket} && exec {wait}")
    return Daemon(name, run, ready, f"{LOGS}/{name}.log")


def _northd(layout: Layout, central: int) -> Daemon:
    where = {
        short: ",".join(f"tcp:{layout.host(n).address}:{_DATABASES[short][1]}" for n in range(1, central + 1))
        for short in _DATABASES
    }
    run = _controlled("ovn-northd", *(f"--ovn{short}-db={remotes}" for short, remotes in where.items()))
    return Daemon("ovn-northd", run, _asked("ovn-northd"), f"{LOGS}/ovn-northd.log")


def _controlled(name: str, *options: str) -> Sequence[str]:
    """A daemon of OVN's own, which has its socket where Debian's has it."""
    return background(name, name, *options, f"--pidfile=/run/ovn/{name}.pid")


def _asked(name: str) -> Sequence[str]:
    return ("ovn-appctl", "--timeout=5", "-t", name, "version")


def cluster(layout: Layout) -> Place | None:
    """The place that these databases are; None in a lab without OVN."""
    central = [layout.host(number) for number in range(1, servers(layout) + 1)]
    if not central:
        return None
    southbound = tuple(f"tcp:{host.address}:{_DATABASES['sb'][1]}" for host in central)
    hosts = tuple(host.name for host in central)
    attributes: Attributes = {"type": SORT, "southbound": southbound}
    return Place(CLUSTER, attributes=attributes, sort=SORT, noun="cluster", hosts=hosts)
