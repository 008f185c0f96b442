"""Where the switches of hosts believe a VM's NICs to be, after a move: their tables of addresses (FDBs)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vnetsh.errors import VnetshError
from vnetsh_libvirt.libvirt_host import LibvirtHost

_READ = r"""
while test $# -gt 0; do
    bridge=$1 tap=$2
    shift 2
    if test -d "/sys/class/net/$bridge/bridge"; then
        echo "bridge linux $bridge $tap"
        bridge -s fdb show br "$bridge" 2>/dev/null
    elif command -v ovs-appctl >/dev/null; then
        port=$(test -z "$tap" || ovs-vsctl --timeout=2 --if-exists get interface "$tap" ofport 2>/dev/null)
        echo "bridge ovs $bridge $port"
        ovs-appctl --timeout=2 fdb/show "$bridge" 2>/dev/null ||
            ovs-appctl --timeout=2 fdb/show "$(ovs-vsctl --timeout=2 br-to-parent "$bridge" 2>/dev/null)" 2>/dev/null
    fi
done
true
"""
_OVS = re.compile(r"\s*(?P<port>\S+)\s+(?P<vlan>\d+)\s+(?P<mac>[0-9a-f:]{17})\s+(?P<age>\d+)\s*$")
_LINUX = re.compile(
    r"(?P<mac>[0-9a-f:]{17}) dev (?P<port>\S+) (?:vlan (?P<vlan>\d+) )?.*used \d+/(?P<age>\d+)"
)


@dataclass(frozen=True)
class Plugged:
    """A VM's NIC: its bridge, the name of its tap at its host, its MAC and access VLAN (None: a trunk's)."""

    bridge: str
    tap: str
    mac: str
    vlan: int | None = None


@dataclass(frozen=True)
class Entry:
    """Where a switch believes an address to be; `age` in seconds since it was seen there last.

    `tap` is what the port of the NIC is called there, empty where the VM is not on that host.
    """

    host: str
    bridge: str
    openvswitch: bool
    mac: str
    port: str
    vlan: int
    age: int
    tap: str = ""


def read(host: LibvirtHost, nics: Sequence[Plugged], *, here: bool) -> list[Entry]:
    """What the host's switches know of these NICs; `here`: their VM is on it. Nothing where it cannot be asked."""
    words = [word for nic in nics for word in (nic.bridge, nic.tap if here else "")]
    try:
        said = host.transport.ask(["sh", "-c", _READ, "sh", *words], timeout=host.timeout).stdout
    except VnetshError:
        return []
    macs = {nic.mac.lower() for nic in nics}
    return [entry for entry in entries(host.name, said) if entry.mac in macs]


def entries(host: str, said: str) -> Iterator[Entry]:
    """What was printed of a host's switches."""
    openvswitch, bridge, tap = False, "", ""
    for line in said.splitlines():
        if line.startswith("bridge "):
            _, kind, bridge, tap = (*line.split(" "), "")[:4]
            openvswitch = kind == "ovs"
        elif found := (_OVS if openvswitch else _LINUX).match(line):
            vlan, age = int(found["vlan"] or 0), int(found["age"])
            yield Entry(host, bridge, openvswitch, found["mac"], found["port"], vlan, age, tap)


def stale(entry: Entry, nics: Sequence[Plugged], since: float) -> bool:
    """Whether a switch would send frames for a NIC where it is no more; it came to its host `since` seconds ago.

    At that host it is at its tap, or unknown. Of another one nobody can tell which port leads there; but what it knows
    from before, it has not learnt since. Ages are whole seconds.
    """
    nic = next((nic for nic in nics if (nic.mac.lower(), nic.bridge) == (entry.mac, entry.bridge)), None)
    if nic is None or (entry.openvswitch and nic.vlan is not None and entry.vlan != nic.vlan):
        return False
    return entry.port != entry.tap if entry.tap else entry.age > since + 1
