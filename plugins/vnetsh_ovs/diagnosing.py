"""What is wrong with a host's Open vSwitch, for `doctor`: a vswitchd that does not answer, ports of nobody."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from vnetsh.hosts.links import Entry, is_left_tap
from vnetsh.hosts.transport import Ask
from vnetsh.model import Finding, Fleet, Severity
from vnetsh_ovs.flows import OURS, version_of
from vnetsh_ovs.observing import BACKEND, error_of, facts_of, is_no_device, of_vm
from vnetsh_ovs.rows import Index
from vnetsh_ovsdb.operations import as_list

_START = "systemctl restart openvswitch-switch"
_NOT_MADE = "its device is not there: ovs-vswitchd could not make it"
_WHY_NOT = "/var/log/openvswitch/ovs-vswitchd.log says why; `modprobe openvswitch`, if the kernel's datapath is missing"
_COUNT = re.compile(r"flow_count=(\d+)")
_FIRST = "cookie=0/-1,table=0"
_USUAL = re.compile(r"priority=0,? actions=NORMAL")
"""The flow that a bridge has which nobody told otherwise."""
_PART = 3
"""Of the time that one question to a host may take vswitchd gets so small a part for its answer."""


def findings(
    host: str, index: Index, fleet: Fleet, links: Sequence[Entry] | None, ask: Ask | None, timeout: float
) -> Iterator[Finding]:
    """All of them; `links` are the host's, None where it cannot be asked. `timeout`: seconds of one question."""
    patience = max(1, round(timeout / _PART))
    daemon = list(_daemon(host, index, ask, patience))
    yield from daemon
    entries = {str(entry["ifname"]): entry for entry in links or ()}
    answers = not any(one.severity == Severity.ERROR for one in daemon)
    for bridge in sorted(index.bridges) if ask and answers else ():
        if entries and bridge not in entries:
            yield Finding(("bridge", host, bridge), _NOT_MADE, advice=_WHY_NOT)
        elif ask and (count := _flows(bridge, index, ask, patience)):
            says = (
                f"{count} of its flows others have made, by ovs-ofctl or a controller: no sentence says them"
            )
            look = f"ovs-ofctl dump-flows {shlex.quote(bridge)}"
            yield Finding(("bridge", host, bridge), says, command=look, severity=Severity.NOTE)
    for port in sorted(index.ports):
        yield from _port(host, port, index, fleet, entries)


def _daemon(host: str, index: Index, ask: Ask | None, patience: int) -> Iterator[Finding]:
    key = ("host", host, host)
    version = index.version
    if ask:
        done = ask(["ovs-appctl", f"--timeout={patience}", "version"])
        if done.returncode == 127:
            version += ", without `ovs-appctl`: whether its vswitchd answers is not known"
        elif done.returncode:
            said = done.stderr.strip().splitlines()
            why = said[-1].rpartition("|")[2] if said else f"in {patience} s"
            yield Finding(key, f"its ovs-vswitchd does not answer: {why}", command=_START)
        else:
            runs = done.stdout.split("\n", 1)[0].rpartition(" ")[2]
            version = runs or version
    if version:
        yield Finding(key, f"Open vSwitch {version}", severity=Severity.NOTE)


def _flows(bridge: str, index: Index, ask: Ask, patience: int) -> int:
    """How many flows a bridge's switch has of others; 0 where it cannot be asked. One is there from the start."""
    row = index.tables["Bridge"][index.bridges[bridge]]
    version = version_of(row) or max(map(str, as_list(row.get("protocols"))))
    program = ["ovs-ofctl", f"--timeout={patience}", "-O", version]

    def counted(*of: str) -> int:
        found = _COUNT.search(ask([*program, "dump-aggregate", bridge, *of]).stdout)
        return int(found[1]) if found else 0

    usual = bool(_USUAL.search(ask([*program, "--no-stats", "dump-flows", bridge, _FIRST]).stdout))
    return counted() - usual - counted(OURS)


def _port(
    host: str, name: str, index: Index, fleet: Fleet, entries: Mapping[str, Entry]
) -> Iterator[Finding]:
    """A port whose vm is gone; another one in error that is none of the resources, which the core looks at."""
    interfaces = index.interfaces(index.tables["Port"][index.ports[name].uuid])
    error = error_of(interfaces)
    resource = fleet.get("port", host, name)
    own = bool(resource and resource.backend == BACKEND)
    bridge = index.bridge_name(index.ports[name].bridge)
    command = "" if own else f"ovs-vsctl del-port {shlex.quote(bridge)} {shlex.quote(name)}"
    left = ""
    if of_vm(interfaces) and is_no_device(error):
        left = f"its vm is gone, and it is left at bridge {bridge}"
    elif (
        name in entries and is_left_tap(entries[name]) and interfaces[0][1].get("type", "") in ("", "system")
    ):
        left = f"a tap at bridge {bridge} that nobody has open: its vm is gone, or the program that made it"
    if left:
        yield Finding(("port", host, name), left, gone=own, command=command, severity=Severity.WARNING)
    elif error and not resource:
        kind = "uplink" if name in facts_of(fleet, host).uplinks else "port"
        yield Finding((kind, host, name), f"in error at bridge {bridge}: {error}")
