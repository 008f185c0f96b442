"""The disks of domains as resources. Pure.

Told when the host's files are known, for a disk's size stands in its file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vnetsh.model import Resource
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.chains import layers
from vnetsh_libvirt.definition import LIVE_ONLY
from vnetsh_libvirt.disk_fields import GROWN, Found, disk_attributes, size_of
from vnetsh_libvirt.drives import Disk, attribute_of
from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.media import seed_drive
from vnetsh_libvirt.seed.contents import attributes_of
from vnetsh_libvirt.seed.telling import told_in
from vnetsh_libvirt.seen import Seen


def observed_disks(
    domains: Sequence[Seen], read: Iterable[Resource], facts: LibvirtFacts, host: str
) -> Iterator[Resource]:
    """All that was read, and the disks of those domains. A VM whose disk has outgrown its template says so."""
    views = {seen.defined.name: seen for seen in domains}
    for resource in read:
        readable = resource.kind == "vm" and "xml" in (resource.record or {})
        seen = views.get(resource.name) if readable else None
        yield _grown(resource, seen, facts) if seen else resource
        if seen:
            yield from _of(seen, facts, host)
            yield from _seed(seen, host)


def _of(seen: Seen, facts: LibvirtFacts, host: str) -> Iterator[Resource]:
    """A domain's disks: all that it has, as it runs or as it is defined; not what goes with its next start."""
    inherent, known = seen.defined.inherent_disk, set[str]()
    for view in (seen.live, seen.defined):
        for disk in view.drives:
            stays = view is seen.defined or disk.pluggable or seen.defined.drive(disk.name) is not None
            if stays and disk.name not in known:
                known.add(disk.name)
                own = inherent is not None and disk.name == inherent.name and not disk.marked
                yield _resource(disk, seen, facts, host, inherent=own)


def _resource(disk: Disk, seen: Seen, facts: LibvirtFacts, host: str, *, inherent: bool) -> Resource:
    defined = seen.defined
    lasting = defined.drive(disk.name)
    said = defined.told.get(disk.name, {}) if disk.marked else None
    mark = defined.mark if disk.marked else None
    return Resource(
        "disk",
        f"{defined.name}/{disk.name}",
        host,
        disk_attributes(Found(disk, defined.name, said, facts)),
        parent=("vm", defined.name),
        backend=NAME,
        marked=disk.marked,
        owner=mark.owner if mark else "",
        record={
            "xml": (lasting or disk).text,
            **({"said": dict(said)} if said is not None else {}),
            **({LIVE_ONLY: True} if lasting is None else {}),
        },
        inherent=inherent,
    )


def _seed(seen: Seen, host: str) -> Iterator[Resource]:
    """What a domain's guest is told, where it has a drive with that."""
    kept, drive = told_in(seen.defined.root), seed_drive(seen.defined)
    if kept is None or drive is None:
        return
    mark = seen.defined.mark
    yield Resource(
        "cloudinit",
        f"{seen.defined.name}/cloudinit",
        host,
        {"vm": seen.defined.name, **attributes_of(kept), "path": attribute_of(drive, "source", "file")},
        parent=("vm", seen.defined.name),
        backend=NAME,
        marked=True,
        owner=mark.owner if mark else "",
        record={"seed": dict(kept)},
    )


def _grown(vm: Resource, seen: Seen, facts: LibvirtFacts) -> Resource:
    disk, mark = seen.defined.inherent_disk, seen.defined.mark
    if disk is None or mark is None or not mark.own:
        return vm
    size, template = size_of(disk.path, disk.format, facts), _template_size(disk, facts)
    if size is None or template is None or size == template:
        return vm
    return replace(vm, record={**(vm.record or {}), GROWN: size})


def _template_size(disk: Disk, facts: LibvirtFacts) -> int | None:
    below = [*layers(disk.path, disk.format, facts.file)][1:]
    return size_of(below[0].path, below[0].form or "qcow2", facts) if below else None
