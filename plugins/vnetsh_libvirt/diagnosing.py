"""What is wrong with a host's libvirt, for `doctor`: pools that are off or nearly full, VMs that it cannot read."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vnetsh.model import Finding, Fleet, Severity
from vnetsh_libvirt import pools, reaching, storage_xml
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.disk_fields import PATH, SIZE, THICK, form_of
from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.keeping import UNREADABLE
from vnetsh_libvirt.libvirt_host import LibvirtHost, pool_folder
from vnetsh_libvirt.room import whole_room

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
    yield from _served(host)
    yield from _thinned(host, fleet)
    yield from _pools(host)
    yield from _networks(host, fleet)


def _served(host: LibvirtHost) -> Iterator[Finding]:
    """Disks of VMs here whose servers do not answer: what runs waits for them, or has errors."""
    views = {view.name: view for view in host.views()}  # of one that runs, as it runs: that comes last
    for (vm, disk), why in reaching.silent(host, views.values()).items():
        says = f"its disk {disk} is not to be had: {why}"
        yield Finding(("vm", host.name, vm), says, advice="does its server run, and let the host in?")


def _thinned(host: LibvirtHost, fleet: Fleet) -> Iterator[Finding]:
    """Thick disks whose files have lost room: others have punched holes, or a guest's zeros were given back."""
    here = fleet.facts_of(host.name, NAME, LibvirtFacts)
    for disk in fleet.of_kind("disk", host.name):
        path, size = disk.text(PATH), disk.get(SIZE)
        file = here.file(path) if disk.get(THICK) and isinstance(size, int) else None
        if file is None or not isinstance(size, int):
            continue
        lost = whole_room(form_of(disk), size) - file.occupied
        if lost > 0:
            yield Finding(
                disk.key,
                f"it is thick, and its file has lost {_size(lost)} of its room",
                command=f"fallocate --keep-size --length {whole_room(form_of(disk), size)} -- {shlex.quote(path)}",
                severity=Severity.WARNING,
            )


@dataclass(frozen=True)
class _Pool:
    """A storage pool: whether it is active, and will be after a reboot; its size and what is free, 0 where unknown."""

    name: str
    folder: str
    active: bool
    starts: bool
    size: int
    free: int


def _read(pool: Any) -> _Pool | None:
    """One as libvirt tells it. One without a definition is meant for now only. Called on a link's thread.

    None of what vnetsh makes of a server's export: it has not to be active to be of use.
    """
    name, folder = pool_folder(pool)
    _, size, _, free = pool.info()
    starts = not pool.isPersistent() or bool(pool.autostart())
    if storage_xml.pool_url(pool.XMLDesc(0)) and pool.UUIDString() == pools.uuid_of(name):
        return None
    return _Pool(name, folder, bool(pool.isActive()), starts, size, free)


def _pools(host: LibvirtHost) -> Iterator[Finding]:
    told = (host.link.quietly(_read, pool) for pool in _quietly(host, "listAllStoragePools", 0) or ())
    found = [pool for pool in told if pool]
    sizes = _sizes(host, [pool.folder for pool in found if pool.active and pool.folder])
    for pool in found:
        size, free = sizes.get(pool.folder, (pool.size, pool.free))
        yield from _pool(host, replace(pool, size=size, free=free))


def _sizes(host: LibvirtHost, folders: Sequence[str]) -> Mapping[str, tuple[int, int]]:
    """The sizes of folders' filesystems, and what is free there: libvirt tells what it saw when it looked last."""
    if not folders:
        return {}
    script = 'for folder; do stat -f -c "%S %b %a" -- "$folder" || echo; done'
    done = host.transport.ask(["sh", "-c", script, "sh", *folders], timeout=host.timeout)
    told = zip(folders, (line.split() for line in done.stdout.split("\n")), strict=False)
    return {folder: (int(w[0]) * int(w[1]), int(w[0]) * int(w[2])) for folder, w in told if len(w) == 3}


def _pool(host: LibvirtHost, pool: _Pool) -> Iterator[Finding]:
    key = ("pool", host.name, pool.name)
    quoted = shlex.quote(pool.name)
    if not pool.active:
        first = "" if pool.starts else f"virsh pool-autostart {quoted}; "
        says = "it is not active" + ("" if pool.starts else ", and would not be after a reboot")
        yield Finding(key, says, command=f"{first}virsh pool-start {quoted}", severity=Severity.WARNING)
        return
    if not pool.starts:
        says = "it is not active any more after a reboot"
        yield Finding(key, says, command=f"virsh pool-autostart {quoted}", severity=Severity.WARNING)
    part = 1 - pool.free / pool.size if pool.size else 0.0
    if part >= NEARLY_FULL:
        yield Finding(
            key,
            f"it is {'' if part >= FULL else 'nearly '}full: {part:.0%} are in use, {_size(pool.free)} free",
            advice=f"`show disks on {host.name}` lists what is in it; `delete disk …`, or move vms elsewhere",
            severity=Severity.ERROR if part >= FULL else Severity.WARNING,
        )


def _networks(host: LibvirtHost, fleet: Fleet) -> Iterator[Finding]:
    """Networks of libvirt's that vms are on, and that are off, or would be after a reboot."""
    users: dict[str, list[str]] = {}
    for vm in fleet.of_kind("vm", host.name):
        known = (vm.record or {}).get("networks") if vm.backend == NAME else None
        for network in known if isinstance(known, dict) else ():
            users.setdefault(network, []).append(vm.name)
    for network in _quietly(host, "listAllNetworks", 0) or () if users else ():
        name, active, starts = host.link.quietly(_state_of, network) or ("", True, True)
        if name in users and not (active and starts):
            quoted, vms = shlex.quote(name), ", ".join(sorted(users[name]))
            does = "do" if len(users[name]) > 1 else "does"
            when = "it is not active any more after a reboot" if active else "it is not active"
            start = "" if active else f"virsh net-start {quoted}"
            command = "; ".join(filter(None, ["" if starts else f"virsh net-autostart {quoted}", start]))
            says = f"{when}, and {vms} {does} not start without it"
            yield Finding(("network", host.name, name), says, command=command, severity=Severity.WARNING)


def _state_of(network: Any) -> tuple[str, bool, bool]:
    """A network's name, whether it is active, and whether it will be after a reboot. Called on a link's thread."""
    lasts = bool(network.isPersistent() and network.autostart())
    return str(network.name()), bool(network.isActive()), lasts


def _quietly(host: LibvirtHost, ask: str, *arguments: Any) -> Any:
    return host.link.quietly(getattr(host.link.connection, ask), *arguments)


def _version(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
