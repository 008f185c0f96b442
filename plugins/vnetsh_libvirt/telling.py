"""What libvirt tells when somebody wants to see it: versions, what is free, and what the NICs of VMs have counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libvirt

from vnetsh.backend import Counters, Telling
from vnetsh.model import Attributes, Key, Resource
from vnetsh_libvirt.libvirt_host import LibvirtHost

_MIB = 2**20


class TellsOfLibvirt(Telling):
    """A connection to a host's libvirt that tells what that knows."""

    host: LibvirtHost

    def about(self) -> Attributes:
        """Versions, and what is free. Raises `HostUnreachable`."""
        return about(self.host)

    def counters(self, resources: Sequence[Resource]) -> Mapping[Key, Counters]:
        """Of the NICs of VMs that run. Raises `HostUnreachable`."""
        return counters(resources, self.host)


def about(host: LibvirtHost) -> Attributes:
    """A few short questions to libvirt, and one command for the image folder. Raises `HostUnreachable`."""
    memory = host.call("getMemoryStats", libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    free = sum(memory.get(part, 0) for part in ("free", "buffers", "cached")) * 1024
    room = host.transport.ask(["stat", "-f", "-c", "%a %S", host.folder], timeout=host.timeout).stdout.split()
    vms = host.call("numOfDomains") + host.call("numOfDefinedDomains")
    told = {
        "libvirt-version": _version(host.call("getLibVersion")),
        "qemu-version": _version(host.link.quietly(host.link.connection.getVersion) or 0),
        "vms": vms,
        "memory": memory.get("total", 0) * 1024 // _MIB * _MIB,
        "free-memory": free // _MIB * _MIB,
    }
    if len(room) == 2:
        told["free-disk"] = int(room[0]) * int(room[1]) // _MIB * _MIB
    return {name: value for name, value in told.items() if value or name == "vms"}


def _version(number: int) -> str:
    """As it is written: 9000000 is 9.0.0."""
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}" if number else ""


def counters(resources: Sequence[Resource], host: LibvirtHost) -> Mapping[Key, Counters]:
    """Those of the NICs of VMs that run, as their guests see them."""
    found = {}
    for one in resources:
        link = (one.record or {}).get("link") if one.kind == "port" else None
        domain = host.domain(one.parent[1]) if link and one.parent else None
        told = host.link.quietly(domain.interfaceStats, link) if domain else None
        if told:
            bytes_in, packets_in, wrong_in, lost_in, bytes_out, packets_out, wrong_out, lost_out = told
            wrong, lost = wrong_in + wrong_out, lost_in + lost_out
            found[one.key] = Counters(bytes_in, packets_in, bytes_out, packets_out, wrong, lost)
    return found
