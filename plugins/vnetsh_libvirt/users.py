"""Which VMs of a fleet use a file: by what it is, whatever their paths to it are. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.model import Fleet, Resource
from vnetsh_libvirt import chains
from vnetsh_libvirt.definition import Definition, definition_in
from vnetsh_libvirt.disk_fields import COPY, FROM
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.imaging import disk_path, overlay_of, path_of
from vnetsh_libvirt.mark import mark_of
from vnetsh_libvirt.media import CDROM
from vnetsh_libvirt.named_files import BELOW, named_files


def writer(fleet: Fleet, host: str, path: str, but: str = "", *, sharing: bool = True) -> str:
    """The VM, `but` that one, that writes to a file; without `sharing` not one that shares it with others."""
    return next(
        (vm.name for vm in _others(fleet, host, but) if _any(fleet, host, path, _own(vm, fleet, sharing))), ""
    )


def reader(fleet: Fleet, host: str, path: str) -> str:
    """A VM that has a file as a medium, which is not to change under it."""

    def media(vm: Resource) -> Iterator[str]:
        yield from (disk.path for view in views(vm) for disk in view.disks if disk.readonly)
        yield from (path_of(fleet, host, said) for said in (vm.text(CDROM),) if said)

    return next((vm.name for vm in fleet.of_kind("vm", host) if _any(fleet, host, path, media(vm))), "")


def builder(fleet: Fleet, host: str, path: str, but: str = "") -> str:
    """The VM, `but` that one, one of whose disks builds on a file, or has its data there."""
    return next(
        (vm.name for vm in _others(fleet, host, but) if _any(fleet, host, path, _needed(vm, fleet))), ""
    )


def built_on(vm: Resource, fleet: Fleet) -> tuple[str, str] | None:
    """A file that a VM writes to and another one builds on, and that other one: what is written changes its disk."""
    found = (
        (path, user)
        for path in _own(vm, fleet, sharing=True)
        if (user := builder(fleet, vm.place, path, vm.name))
    )
    return next(found, None)


def views(vm: Resource) -> tuple[Definition, ...]:
    """A VM as it is defined and, where it runs, as it runs; nothing of one that is yet to be made."""
    record = vm.record or {}
    return tuple(definition_in(record, key) for key in ("xml", "live") if record.get(key))


def _others(fleet: Fleet, host: str, but: str) -> Iterator[Resource]:
    return (vm for vm in fleet.of_kind("vm", host) if vm.name != but)


def _any(fleet: Fleet, host: str, path: str, paths: Iterator[str]) -> bool:
    there = facts(fleet, host)
    return any(there.same(path, other) for other in paths)


def _own(vm: Resource, fleet: Fleet, sharing: bool) -> Iterator[str]:
    """The files that a VM writes to; of one that is yet to be made, its disk."""
    if vm.record:
        for view in views(vm):
            shared = {disk.path for disk in view.disks if disk.shareable and not sharing}
            yield from (file.path for file in named_files(view) if file.own and file.path not in shared)
    elif disk := mark_of(vm).disk:
        yield path_of(fleet, vm.place, disk) if mark_of(vm).imported else overlay_of(fleet, vm.place, vm.name)
    yield from (disk_path(fleet, disk) for disk in fleet.disks(vm) if not disk.record)


def _needed(vm: Resource, fleet: Fleet) -> Iterator[str]:
    said, there = mark_of(vm), facts(fleet, vm.place)
    for new in fleet.disks(vm):
        if not new.record and new.get(FROM) and not new.get(COPY):
            yield path_of(fleet, vm.place, new.text(FROM))
    if said.own:
        yield path_of(fleet, vm.place, said.disk)
    for view in views(vm):
        yield from (file.path for file in named_files(view) if file.what == BELOW)
        for disk in view.disks:
            yield from chains.needed(disk.path, disk.format, there.file)
