"""Look whether changes have really come about, on the host itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vnetsh.model import Resource
from vnetsh.model.backups import BACKUP
from vnetsh.model.change import ActionKind, Change
from vnetsh.model.power import OFF, STOPPED
from vnetsh.model.snapshots import SNAPSHOT, own_name
from vnetsh_libvirt import disk_verifying, holding, pools, storage
from vnetsh_libvirt.backups import taking as backups
from vnetsh_libvirt.built_in import BUILT_IN
from vnetsh_libvirt.definition import live_only, recorded
from vnetsh_libvirt.fetching import changing as images
from vnetsh_libvirt.fields import wrong
from vnetsh_libvirt.hardware import HARDWARE, MACHINE, same_family
from vnetsh_libvirt.keeping import autostarts
from vnetsh_libvirt.libvirt_host import HostNamed, LibvirtHost
from vnetsh_libvirt.mark import PLACING, placing_of
from vnetsh_libvirt.media import CDROM, drive_in, medium
from vnetsh_libvirt.nics import LIVE, as_changed, as_defined, views
from vnetsh_libvirt.refusals import of_kind, transient
from vnetsh_libvirt.seed import changing as seeds
from vnetsh_libvirt.snapshots.taking import look_up
from vnetsh_libvirt.states import STATE, UNASKED, is_off
from vnetsh_libvirt.vm_fields import AUTOSTART, SETTINGS


def expected(changes: Sequence[Change]) -> Iterator[Change]:
    """Changes as they can be seen: a VM that is brought back starts anew, with the NICs that it is defined with."""
    back = {
        (change.place, change.resource.name)
        for change in changes
        if change.resource.kind == "vm" and change.action is ActionKind.ADD and change.resource.record
    }
    for change in changes:
        port = change.resource
        if change.action is ActionKind.ADD and port.parent and (change.place, port.parent[1]) in back:
            if live_only(port):
                continue
            if port.kind == "port":
                change = replace(change, after=as_defined(port))
        yield change


def trouble(change: Change, at: HostNamed) -> str:
    """What is not as the change wants it, in a sentence; empty when all is. `at` gives a host by its name."""
    after = change.after
    if change.action is ActionKind.REMOVE:
        assert change.before
        if change.resource.kind == "image":
            return images.trouble(change, at(change.place))
        return _still_there(change.before, at(change.before.place))
    assert after
    left = ""
    if change.action is ActionKind.MOVE and change.before:
        left = _still_there(change.before, at(change.before.place))
        left = left or _autostart(change.before, at(after.place))
    if after.kind in _PARTS:
        return _PARTS[after.kind](change, at(after.place))
    return (
        left
        or of_kind(_WRONG, after)(change, at(after.place))
        or _otherwise_restored(change, at)
        or _placing(change, at)
    )


def _otherwise_restored(change: Change, at: HostNamed) -> str:
    """What a VM that was brought back had and has not any more."""
    vm = change.resource
    old = recorded(vm) if vm.kind == "vm" and change.action is ActionKind.ADD and not transient(vm) else None
    if old is None:
        return ""
    domain = at(vm.place).domain(vm.name)
    if domain is None or domain.UUIDString() != old.uuid:
        return f"{vm.name} is not the domain that it was"
    return _autostart(vm, at(vm.place))


def _autostart(vm: Resource, host: LibvirtHost) -> str:
    """Whether a VM that was started with its host is so where it is now."""
    domain = host.domain(vm.name)
    lost = autostarts(vm) and domain is not None and not host.link.call(domain.autostart)
    return f"{vm.name} is not started with {host.name}" if lost else ""


def _still_there(resource: Resource, host: LibvirtHost) -> str:
    if resource.kind == SNAPSHOT:
        left = look_up(host, resource.text("vm"), own_name(resource)) is not None
        return f"{resource.text('vm')} still has its snapshot {own_name(resource)}" if left else ""
    owner = resource.parent[1] if resource.parent else resource.name
    if resource.kind == "pool":
        return pools.still_there(resource, host)
    if resource.kind == BACKUP:
        return backups.still_there(resource, host)
    domain = host.domain(owner)
    if domain is None:
        return ""
    if resource.kind == "vm":
        return f"{owner} is still on {host.name}"
    if resource.kind == "cloudinit":
        return seeds.still_there(resource, host, domain)
    if resource.kind == "disk":
        return disk_verifying.still_there(resource, host, domain)
    here = any(definition.nic_of(resource) for definition in views(host, domain, resource).values())
    return f"{owner} still has the port {resource.name}" if here else ""


def _vm(change: Change, host: LibvirtHost) -> str:
    vm, before = change.resource, change.before
    domain = host.domain(vm.name)
    if domain is None:
        return f"{vm.name} is not on {host.name}"
    state = host.state(domain)
    # A saved state that was used up cannot come again; one that somebody made meanwhile is off as well.
    as_good = OFF if vm.get(STATE) == STOPPED or (before and is_off(before) and is_off(vm)) else ()
    # One whose process died at the target was found off there, and is started again as it was before its move.
    moved = change.action is ActionKind.MOVE and before is not None and state == before.get(STATE)
    if vm.get(STATE) not in (None, state, *UNASKED) and state not in as_good and not moved:
        why = holding.paused_by(host.link.call(domain.state))
        return f"{vm.name} is {state}{f' by {why}' if why else ''}, not {vm.get(STATE)}"
    if not host.persistent(domain):
        return "" if transient(vm) else f"{vm.name} has no persistent definition"
    defined = host.defined(domain)
    if AUTOSTART in change.differing() and bool(host.link.call(domain.autostart)) is not autostarts(vm):
        return f"whether {vm.name} is started with {host.name} is not as it should be"
    if CDROM in change.differing() and (wrong_medium := _medium(vm, host, domain)):
        return wrong_medium
    for name, one in HARDWARE.items():
        there, said = one.read(defined), vm.get(name)
        families = name == MACHINE and isinstance(there, str) and same_family(there, str(said))
        if name in change.differing() and there != said and not (families and str(said) in ("pc", "q35")):
            return f"{vm.name} is defined with {name} {there}, not {said}"
    for name, read in BUILT_IN.items():
        if name in change.differing() and read(defined) != vm.get(name):
            return f"{vm.name} is defined with {name} {read(defined)}, not {vm.get(name)}"
    for name, setting in SETTINGS.items():
        found, wanted = setting.read(defined), vm.get(name)
        said = name in change.differing() if setting.ceiling_of else wanted is not None
        if (
            said
            and wanted != found
            and not (setting.ceiling_of and wanted == setting.wanted(setting.ceiling_of, vm))
        ):
            return f"{vm.name} is defined with {name} {found}, not {wanted}"
    return ""


def _medium(vm: Resource, host: LibvirtHost, domain: Any) -> str:
    """What else is in its drive than should be."""
    path = storage.path_of(host, vm.text(CDROM)) if vm.get(CDROM) else ""
    active = host.link.call(domain.isActive)
    for view in (host.live(domain), host.defined(domain)) if active else (host.defined(domain),):
        if (drive_in(view) is not None or not active) and medium(view) != path:
            return f"the drive of {vm.name} has {medium(view) or 'nothing'} in it, not {path or 'nothing'}"
    return ""


def _placing(change: Change, at: HostNamed) -> str:
    """Whether a VM keeps where it belongs, where a change is about that."""
    vm = change.resource
    if change.before is None or not change.differing().keys() & set(PLACING):
        return ""
    domain = at(vm.place).domain(vm.name)
    known = domain is not None and at(vm.place).defined(domain).placing == placing_of(vm)
    return "" if known else f"{vm.name} does not keep where it belongs"


def _port(change: Change, host: LibvirtHost) -> str:
    """What a port has otherwise than it should: in its VM's definition as before, where a change is taken back."""
    port = change.resource
    assert port.parent
    owner = port.parent[1]
    domain = host.domain(owner)
    if domain is None:
        return f"{owner} is not on {host.name}"
    for flag, definition in views(host, domain, port).items():
        where = f"{owner} as it runs" if flag == LIVE else f"{owner} as it is defined"
        nic = definition.nic_of(port)
        if nic is None:
            return f"{where} has no port {port.name}"
        otherwise = wrong(nic, port if flag == LIVE or change.before is None else as_changed(nic, change))
        if otherwise:
            return f"{where} has {port.name} {otherwise}"
    return ""


def _snapshot(change: Change, host: LibvirtHost) -> str:
    snapshot = change.resource
    found = look_up(host, snapshot.text("vm"), own_name(snapshot))
    return "" if found is not None else f"{snapshot.text('vm')} has no snapshot {own_name(snapshot)}"


_WRONG: Mapping[str, Callable[[Change, LibvirtHost], str]] = {"vm": _vm, "snapshot": _snapshot}

_PARTS: Mapping[str, Callable[[Change, LibvirtHost], str]] = {
    "port": _port,
    "disk": disk_verifying.trouble,
    "cloudinit": seeds.trouble,
    "pool": pools.trouble,
    BACKUP: lambda change, host: backups.trouble(change.resource, host),
    "image": images.trouble,
}
