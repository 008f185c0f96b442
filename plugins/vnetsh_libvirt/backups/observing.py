"""The backups in a host's pools, as things of the fleet: read by one command, where there are any."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vnetsh.model import Resource, Value
from vnetsh.model.backups import BACKUP, CHANGED, IMAGES, OF, kept, name_of as name_among
from vnetsh.model.power import STOPPED
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.backups import layout, wanted
from vnetsh_libvirt.backups.found import about_of, folder_of
from vnetsh_libvirt.backups.layout import ABOUT, DOMAIN, About
from vnetsh_libvirt.checkpoints import TRACKED, name_of
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_observing import observed_disks
from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.seen import Seen
from vnetsh_libvirt.snapshots.snapshot import when
from vnetsh_libvirt.vm_observing import resources

_READ = (
    'for folder; do printf "%s\\0" "$folder"; find "$folder" -mindepth 1 -maxdepth 1 -printf "%s %b %f/"; '
    f'printf "\\0"; cat "$folder/{ABOUT}"; printf "\\0"; cat "$folder/{DOMAIN}"; printf "\\0"; done 2>/dev/null'
)
"""Of each folder its files with their sizes, and what two of them say."""


def observed_backups(host: LibvirtHost, facts: LibvirtFacts, domains: Sequence[Seen]) -> Iterator[Resource]:
    """All that there are in pools that are folders, of these domains or of others."""
    pools = {pool.path: name for name, pool in (facts.defined_pools or {}).items()}
    folders = [
        f"{path}/{name}"
        for path in pools
        if (there := facts.folders.get(path))
        for name in sorted(there.others)
        if layout.meant(name)[1]
    ]
    if not folders:
        return
    found = []
    told = host.transport.ask(["sh", "-c", _READ, "sh", *folders], timeout=host.timeout).stdout.split("\0")
    for at in range(0, len(told) - 3, 4):
        path, listed, about, domain = told[at : at + 4]
        found.append(
            resource_of(path, pools[path.rpartition("/")[0]], host.name, facts, listed, about, domain)
        )
    yield from built(found, domains)


def built(found: Sequence[Resource], domains: Sequence[Seen]) -> list[Resource]:
    """Backups that were read, each by itself, seen together: which build on one that is gone, and what has changed."""
    whole = {folder_of(one): about for one in found if not one.get("note") and (about := about_of(one))}
    return [_built(one, whole, domains) for one in found]


def _built(backup: Resource, abouts: Mapping[str, About], domains: Sequence[Seen]) -> Resource:
    """A backup with what keeps it from being whole beside itself, and what has changed since it was made."""
    folder = folder_of(backup)
    about, seen = abouts.get(folder), set()
    while about and (below := layout.base_of(folder, about)) and folder not in seen:
        seen.add(folder)
        base, name = about.base, about.since
        folder, about = below, abouts.get(below)
        if about is None or about.id != base:
            return backup.with_attributes(
                note=f"broken: backup {name}, which it builds on, is gone or broken"
            )
    read = abouts.get(folder_of(backup))
    since = _changed(read, domains) if read else None
    return backup if since is None else replace(backup, record={**(backup.record or {}), CHANGED: since})


def _changed(about: About, domains: Sequence[Seen]) -> int | None:
    """How much has changed on all disks of a VM since a backup; None where that is not known of each."""
    seen = next((one for one in domains if one.defined.uuid == about.uuid), None)
    told = seen.held.get(TRACKED) if seen else None
    sizes = told.get(name_of(about.id)) if isinstance(told, Mapping) else None
    if seen is None or sizes is None:
        return None
    targets = {disk.target for disk in wanted.disks(seen.live)}
    return sum(sizes[one] for one in targets) if targets <= sizes.keys() else None


_ODD = (ET.ParseError, ValueError, LookupError, AttributeError, TypeError, AssertionError)
"""What reading files raises that others have put there."""


def resource_of(
    path: str, pool: str, host: str, facts: LibvirtFacts, listed: str, about: str, domain: str
) -> Resource:
    """A backup as it was found; one that says nothing is there as well, and says why."""
    vm, name = layout.meant(path)
    told: dict[str, Value] = {"vm": vm, "pool": pool}
    record: dict[str, object] = {"folder": path}
    try:
        sizes = _sizes(listed)
        told["size"] = sum(sizes.values())
        read = layout.read(about)
        if (read.vm, read.name) != (vm, name):
            raise ValueError(f"it says that it is {read.vm}/{read.name}")
        told |= {"taken": when(read.taken), "how": read.told, "consistent": read.consistent}
        record |= {"about": about, OF: [kept(one) for one in _vm_of(domain, host, facts)]}
        record |= {IMAGES: {disk.name: f"{path}/{disk.file}" for disk in read.disks}}
        if lost := [file for file in read.sums if file not in sizes]:
            told["note"] = f"broken: {', '.join(lost)} is missing"
    except _ODD as error:
        told["note"] = f"cannot be read: {error}" if about else f"cannot be read: no {ABOUT} that may be"
    return Resource(BACKUP, name_among(vm, name), host, told, backend=NAME, record=record)


def _sizes(listed: str) -> Mapping[str, int]:
    entries = [entry.split(" ", 2) for entry in listed.split("/") if entry]
    return {name: int(blocks) * 512 for _, blocks, name in entries}


def _vm_of(domain: str, host: str, facts: LibvirtFacts) -> Sequence[Resource]:
    """What a VM is made again with, and its parts, as they would be observed when it is off."""
    if not domain:
        raise ValueError(f"no {DOMAIN} that may be")
    defined = Definition(domain)
    seen = Seen(STOPPED, True, defined, defined, folder=facts.folder)
    return list(observed_disks([seen], resources(seen, host), facts, host))
