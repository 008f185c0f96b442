"""What a lab is like now: its hosts, their daemons and vms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.errors import UsageError
from vnetsh_lab.daemons import DAEMONS, Daemon, Inside
from vnetsh_lab.services import daemons

if TYPE_CHECKING:
    from vnetsh_lab.lab import Lab


@dataclass(frozen=True)
class HostStatus:
    """One host: `pid` is its PID 1 as seen from outside, `daemons` says which answer, `vms` has their states."""

    name: str
    address: str
    pid: int
    daemons: Mapping[str, bool]
    vms: Mapping[str, str]


def status(lab: Lab) -> list[HostStatus]:
    """All hosts that are up, asked at once."""
    insides = [Inside(host, pid) for host, pid in lab.running()]
    if not insides:
        return []
    with ThreadPoolExecutor(len(insides)) as pool:
        return list(pool.map(lambda one: _host_status(one, daemons(lab.layout, one.host)), insides))


def _host_status(inside: Inside, further: Sequence[Daemon]) -> HostStatus:
    answering = {daemon.name: inside.answers(daemon) for daemon in (*DAEMONS, *further)}
    known = vms(inside) if answering["libvirtd"] else {}
    return HostStatus(inside.host.name, inside.host.address, inside.pid, answering, known)


def vms(inside: Inside) -> dict[str, str]:
    """The vms that a host's libvirt knows, each with its state in libvirt's words. Raises `BackendRefused`."""
    out = inside.check("virsh", "--quiet", "--connect", "qemu:///system", "list", "--all")
    rows = (re.fullmatch(r"\s*(\S+)\s+(\S.*?)\s{2,}(\S.*?)\s*", line) for line in out.splitlines())
    return {row[2]: row[3] for row in rows if row}


def host_running(lab: Lab, vm: str) -> str:
    """The host where a vm runs now. Raises `UsageError` when it runs nowhere."""
    found = status(lab)
    states = {host.name: host.vms[vm] for host in found if vm in host.vms}
    # While a vm moves both hosts know it, and the one where it still runs has its console.
    for name in sorted(states, key=lambda name: states[name] != "running"):
        if states[name] != "shut off":
            return name
    there = sorted({name for host in found for name in host.vms})
    if not found:
        raise UsageError("the lab is down", help="`vnetsh lab up` brings it up")
    if vm in there:
        raise UsageError(f"the vm `{vm}` is not running", help=f"`vnetsh --lab -c 'start {vm}'`")
    names = ", ".join(there) or "none"
    raise UsageError(f"no host of the lab has a vm `{vm}`", help=f"the lab's vms: {names}")
