"""Which VMs of a fleet use a file: by what it is, whatever their paths to it are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vnetsh.model import Fleet, Resource
from vnetsh_libvirt import chains
from vnetsh_libvirt.definition import Definition, definition_in
from vnetsh_libvirt.disk_fields import COPY, FROM
from vnetsh_libvirt.facts import LibvirtFacts, facts
from vnetsh_libvirt.imaging import disk_path, overlay_of, path_of
from vnetsh_libvirt.mark import mark_of
from vnetsh_libvirt.media import CDROM
from vnetsh_libvirt.named_files import BELOW, named_files


def writer(fleet: Fleet, host: str, path: str, but: str = "", *, sharing: bool = True) -> str:
    """The VM, `but` that one, that writes to a file; without `sharing` not one that shares it with others."""
    own = _OWN if sharing else _ALONE
    return next((vm.name for vm in _others(fleet, host, but) if _has(vm, fleet, path, own)), "")


def reader(fleet: Fleet, host: str, path: str) -> str:
    """A VM that has a file as a medium, which is not to change under it."""
    return next((vm.name for vm in fleet.of_kind("vm", host) if _has(vm, fleet, path, _MEDIA)), "")


def builder(fleet: Fleet, host: str, path: str, but: str = "") -> str:
    """The VM, `but` that one, one of whose disks builds on a file, or has its data there."""
    return next((vm.name for vm in _others(fleet, host, but) if _has(vm, fleet, path, _BELOW)), "")


def built_on(vm: Resource, fleet: Fleet) -> tuple[str, str] | None:
    """A file that a VM writes to and another one builds on, and that other one: what is written changes its disk."""
    found = (
        (path, user)
        for path in (*_own(vm, facts(fleet, vm.place)), *_new_own(vm, fleet))
        if (user := builder(fleet, vm.place, path, vm.name))
    )
    return next(found, None)


def views(vm: Resource) -> tuple[Definition, ...]:
    """A VM as it is defined and, where it runs, as it runs; nothing of one that is yet to be made."""
    record = vm.record or {}
    return tuple(definition_in(record, key) for key in ("xml", "live") if record.get(key))


def _others(fleet: Fleet, host: str, but: str) -> Iterator[Resource]:
    return (vm for vm in fleet.of_kind("vm", host) if vm.name != but)


def _has(vm: Resource, fleet: Fleet, path: str, use: _Use) -> bool:
    """Whether a VM has a file to that use, whatever its path is."""
    there = facts(fleet, vm.place)
    key, at = there.key(path), (use.name, id(vm))
    known = there.used.get(at)
    if known is None or known[0] is not vm:
        known = there.used[at] = (vm, frozenset(map(there.key, use.seen(vm, there))))
    return key in known[1] or key in map(there.key, use.new(vm, fleet))


def _own(vm: Resource, there: LibvirtFacts, *, sharing: bool = True) -> Iterator[str]:
    """The files that a VM writes to."""
    for view in views(vm):
        shared = {disk.path for disk in view.disks if disk.shareable and not sharing}
        yield from (file.path for file in named_files(view) if file.own and file.path not in shared)
        yield from (d.path for d in view.remote_disks if not d.readonly and (sharing or not d.shareable))


def _alone(vm: Resource, there: LibvirtFacts) -> Iterator[str]:
    """The files that it writes to and shares with nobody."""
    return _own(vm, there, sharing=False)


def _new_own(vm: Resource, fleet: Fleet) -> Iterator[str]:
    """Its disks that are yet to be made."""
    if not vm.record and (disk := mark_of(vm).disk):
        yield path_of(fleet, vm.place, disk) if mark_of(vm).imported else overlay_of(fleet, vm.place, vm.name)
    yield from (disk_path(fleet, disk) for disk in fleet.disks(vm) if not disk.record)


def _media(vm: Resource, there: LibvirtFacts) -> Iterator[str]:
    """The files that it only reads."""
    yield from (disk.path for view in views(vm) for disk in view.disks if disk.readonly)


def _new_media(vm: Resource, fleet: Fleet) -> Iterator[str]:
    """The medium that it will have by now."""
    yield from (path_of(fleet, vm.place, said) for said in (vm.text(CDROM),) if said)


def _below(vm: Resource, there: LibvirtFacts) -> Iterator[str]:
    """What its disks build on, or have their data in."""
    for view in views(vm):
        yield from (file.path for file in named_files(view) if file.what == BELOW)
        for disk in view.disks:
            yield from chains.needed(disk.path, disk.format, there.file)


def _new_below(vm: Resource, fleet: Fleet) -> Iterator[str]:
    """What the disks build on that are yet to be made."""
    for new in fleet.disks(vm):
        if not new.record and new.get(FROM) and not new.get(COPY):
            yield path_of(fleet, vm.place, new.text(FROM))
    if (said := mark_of(vm)).own:
        yield path_of(fleet, vm.place, said.disk)


@dataclass(frozen=True)
class _Use:
    """What a file can be to a VM: `seen` gives those that it was seen with, `new` those that are planned."""

    name: str
    seen: Callable[[Resource, LibvirtFacts], Iterator[str]]
    new: Callable[[Resource, Fleet], Iterator[str]]


_OWN = _Use("own", _own, _new_own)
_ALONE = _Use("alone", _alone, _new_own)
_MEDIA = _Use("medium", _media, _new_media)
_BELOW = _Use("below", _below, _new_below)
