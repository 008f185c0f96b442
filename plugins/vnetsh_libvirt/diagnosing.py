"""What is wrong with a host's libvirt, for `doctor`: pools that are off or nearly full, VMs that it cannot read."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from vnetsh.model import Finding, Fleet, Severity
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.keeping import UNREADABLE
from vnetsh_libvirt.libvirt_host import LibvirtHost

NEARLY_FULL, FULL = 0.90, 0.98
"""Parts of a pool that are in use."""


def findings(host: LibvirtHost, fleet: Fleet) -> Iterator[Finding]:
    """All of them. Raises `HostUnreachable`."""
    here = ("host", host.name, host.name)
    versions = (("libvirt", "getLibVersion"), ("QEMU", "getVersion"))
    told = [f"{name} {_version(number)}" for name, ask in versions if (number := _quietly(host, ask))]
    yield Finding(here, ", ".join(told), severity=Severity.NOTE)
    for vm in fleet.of_kind("vm", host.name):
        record = (vm.record or {}) if vm.backend == NAME else {}
        if UNREADABLE in record:
            yield Finding(vm.key, f"libvirt has it and it cannot be read: {record[UNREADABLE]}")
        elif why := record.get("paused by"):
            yield Finding(vm.key, f"it was paused by {why}", fix={"state": "running"})
    for pool in _quietly(host, "listAllStoragePools", 0) or ():
        yield from _pool(host, pool)


def _pool(host: LibvirtHost, pool: Any) -> Iterator[Finding]:
    told = host.link.quietly(_read, pool)
    if told is None:  # it has just gone
        return
    name, active, starts, (_, capacity, used, free) = told
    key = ("pool", host.name, name)
    quoted = shlex.quote(name)
    if not active:
        first = "" if starts else f"virsh pool-autostart {quoted}; "
        says = "it is not active" + ("" if starts else ", and would not be after a reboot")
        yield Finding(key, says, command=f"{first}virsh pool-start {quoted}", severity=Severity.WARNING)
    elif not starts:
        says = "it is not active any more after a reboot"
        yield Finding(key, says, command=f"virsh pool-autostart {quoted}", severity=Severity.WARNING)
    part = used / capacity if active and capacity else 0.0
    if part >= NEARLY_FULL:
        yield Finding(
            key,
            f"it is {'' if part >= FULL else 'nearly '}full: {part:.0%} are in use, {_size(free)} free",
            advice=f"`show disks on {host.name}` lists what is in it; `delete disk …`, or move vms elsewhere",
            severity=Severity.ERROR if part >= FULL else Severity.WARNING,
        )


def _read(pool: Any) -> tuple[str, bool, bool, Any]:
    """Its name, whether it is active and will be, and its size. One without a definition is meant for now only."""
    return pool.name(), pool.isActive(), not pool.isPersistent() or pool.autostart(), pool.info()


def _quietly(host: LibvirtHost, ask: str, *arguments: Any) -> Any:
    return host.link.quietly(getattr(host.link.connection, ask), *arguments)


def _version(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
