"""What it costs to take a snapshot, to go back to it or to remove it, and what speaks against that. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource, is_off
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.model.power import REVERT
from vnetsh.model.snapshots import OF, snapshot_in
from vnetsh_libvirt.built_in import firmware
from vnetsh_libvirt.checkpoints import others
from vnetsh_libvirt.definition import Definition, Nic, as_it_runs, attribute_of, recorded
from vnetsh_libvirt.disk_fields import name_of as name_of_disk
from vnetsh_libvirt.drives import disk_of
from vnetsh_libvirt.fields import NIC_FIELDS
from vnetsh_libvirt.hardware import HARDWARE
from vnetsh_libvirt.plugged import lost_with_links
from vnetsh_libvirt.refusals import refused, template_problem, transient
from vnetsh_libvirt.snapshots.snapshot import Snapshot, snapshot_of, when
from vnetsh_libvirt.states import saved
from vnetsh_libvirt.switching import unsaved
from vnetsh_libvirt.vm_fields import SETTINGS

_SAYABLE = ("devices", "name", "uuid", "memory", "currentMemory", "vcpu")
"""Elements that are compared by what sentences say of them, or by those in them."""

_TAKEN = "E486"
_OTHERWISE = "E487"
_GONE = "E488"
_EXTERNAL = "E489"
_TRACKED = "E600"


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of taking or removing a snapshot, or the problem that forbids it."""
    snapshot, owner = change.resource, change.resource.text("vm")
    vm = fleet.get("vm", snapshot.place, owner)
    if not change.undo and vm and (problem := template_problem(snapshot, vm, fleet)):
        return problem
    if change.action is ActionKind.REMOVE:
        return _removed(change, vm)
    if change.undo:
        return refused(
            _GONE,
            snapshot,
            f"snapshot `{snapshot.name}` was removed from {snapshot.place}: nobody can bring it back",
            "take back another run, as `vnetsh history` numbers them",
        )
    if vm is None:
        return Assessment()
    if why := next(_untakable(vm), ""):
        message = f"no snapshot can be taken of vm `{vm.name}`: {why}"
        return refused(_TAKEN, snapshot, message, "copy its disk instead, when it is off")
    if is_off(vm):
        return Assessment(how="of its disks, as it is off")
    also = "; the state of its TPM is no part of it" if _has_tpm(vm) else ""
    return Assessment(
        Impact.BRIEF, (vm.name,), f"of its disks and its memory; it pauses until that is written{also}"
    )


def _removed(change: Change, vm: Resource | None) -> Assessment:
    found = snapshot_of(change.resource)
    if change.undo:
        return Assessment(how="removed; its vm stays as it is")
    if found and found.external:
        return refused(
            _EXTERNAL,
            change.resource,
            f"snapshot `{change.resource.name}` is in files of its own, which its vm may build on",
            "`virsh blockcommit` brings them together; `virsh snapshot-delete --metadata` has libvirt forget it",
        )
    pauses = "; it may pause until that is done" if vm and not is_off(vm) else ""
    lost = f"what vm {change.resource.text('vm')} was then is lost; it stays as it is{pauses}"
    return Assessment(Impact.DESTROY, (), lost)


def _untakable(vm: Resource) -> Iterator[str]:
    """Why libvirt can keep no snapshot of a VM on its own disks."""
    if transient(vm):
        yield "it has no persistent definition"
    if saved(vm):
        yield f"it has a saved state (`start {vm.name}` goes on from that)"
    defined = as_it_runs(vm)
    if defined is None:
        return
    if firmware(defined):
        yield "its firmware keeps its variables in a file that takes none (UEFI)"
    if not is_off(vm) and (devices := unsaved(defined)):
        yield f"it has {' and '.join(devices)}"
    disks = [one for one in defined.root.iterfind("devices/disk") if _written(one)]
    if not disks:
        yield "it has no disk that it could be kept on"
    for disk in disks:
        kind, name = attribute_of(disk, "driver", "type") or "raw", disk_of(disk, defined.volumes).name
        if kind == "qcow2" and disk.get("type") == "network":
            if is_off(vm):
                yield f"its disk {name} lies on a server, and libvirt keeps one there only of a vm that runs"
        elif kind != "qcow2" or disk.get("type") not in ("file", "volume", "block"):
            what = kind if kind != "qcow2" else disk.get("type")
            yield f"its disk {name} is {what}, and only a qcow2 image keeps some"


def _written(disk: ET.Element) -> bool:
    return disk.get("device", "disk") in ("disk", "lun") and disk.find("readonly") is None


def _has_tpm(vm: Resource) -> bool:
    defined = recorded(vm)
    return defined is not None and defined.own_tpm


def revert_problem(change: Change, fleet: Fleet) -> Assessment | None:
    """Why a VM cannot go back to a snapshot."""
    vm, name = change.resource, str(change.wishes[REVERT])
    if problem := template_problem(vm, change.before or vm, fleet):
        return problem
    if theirs := others(change.before or vm):
        message = f"vm `{vm.name}` has checkpoints ({', '.join(theirs)}), which would not know what going back changes"
        help = f"`virsh checkpoint-delete {vm.name} {theirs[0]}` on {vm.place}, if they may go"
        return refused(_TRACKED, vm, message, help, word="to")
    found = _meant(change, fleet)
    if found is None:  # it is taken by an earlier sentence
        changed = list(_changed_since(vm, name, fleet))
        return _other(vm, name, changed) if changed else None
    if found.external:
        return refused(
            _EXTERNAL,
            vm,
            f"snapshot `{name}` of vm `{vm.name}` is in files of its own, and vnetsh goes back to none such",
            "libvirt does from version 9.9: `virsh snapshot-revert`",
            word="to",
        )
    if change.before and saved(change.before):
        help = f"start it, which goes on from that state: `start {vm.name}`"
        return refused("E453", vm, f"vm `{vm.name}` has a saved state, which would be lost", help)
    otherwise = list(_otherwise(change.before or vm, found.defined, fleet)) if found.defined else []
    return _other(vm, name, otherwise) if otherwise else None


def _other(vm: Resource, name: str, otherwise: Sequence[str]) -> Assessment:
    return refused(
        _OTHERWISE,
        vm,
        f"vm `{vm.name}` is not made as when snapshot `{name}` was taken: {'; '.join(otherwise)}",
        "make it so first, by a sentence, and it can go back",
        word="to",
    )


def _changed_since(vm: Resource, name: str, fleet: Fleet) -> Iterator[str]:
    """What sentences have made otherwise since an earlier one took a snapshot."""
    planned = snapshot_in(fleet, vm, name)
    then = (planned.record or {}).get(OF) if planned else None
    if not isinstance(then, dict):
        return
    for attribute in (*SETTINGS, *HARDWARE):
        if vm.get(attribute) != then.get(attribute):
            yield f"{attribute} is another one by then"


def _meant(change: Change, fleet: Fleet) -> Snapshot | None:
    resource = snapshot_in(fleet, change.resource, str(change.wishes[REVERT]))
    return snapshot_of(resource) if resource else None


def _otherwise(vm: Resource, then: Definition, fleet: Fleet) -> Iterator[str]:
    """What sentences can say of a VM and was otherwise when a snapshot was taken: libvirt would bring it back."""
    for name, setting in SETTINGS.items():
        now, was = setting.wanted(name, vm), setting.level(then) if setting.level else setting.read(then)
        if now is not None and now != was and not (setting.level and setting.read(then) is None):
            yield f"{name} {setting.shown(now)} now, {setting.shown(was)} then"
    for name, one in HARDWARE.items():
        if vm.get(name) != one.read(then):
            yield f"{name} {vm.get(name) or 'none'} now, {one.read(then) or 'none'} then"
    ports = {port.text("mac"): port for port in fleet.nics(vm)}
    nics = {nic.mac: nic for nic in then.nics}
    yield from (f"NIC {mac} came since" for mac in ports.keys() - nics.keys())
    yield from (f"NIC {mac} went since" for mac in nics.keys() - ports.keys())
    for mac in ports.keys() & nics.keys():
        yield from _other_nic(ports[mac], nics[mac])
    disks, present = {(disk.target, disk.path) for disk in then.all_disks}, recorded(vm)
    named = {disk.name for disk in fleet.disks(vm)}
    have = {
        (disk.target, disk.path)
        for disk in (present.all_disks if present else ())
        if disk.device != "disk" or f"{vm.name}/{disk.name}" in named  # else an earlier sentence removes it
    }
    for target, path in have ^ disks if present else ():
        yield f"{target} ({path}) {'went' if (target, path) in disks else 'came'} since"
    yield from (f"disk {name_of_disk(disk)} comes" for disk in fleet.disks(vm) if not disk.record)


def _other_nic(port: Resource, nic: Nic) -> Iterator[str]:
    for field in NIC_FIELDS:
        was = field.where.read(nic)
        if port.get(field.name) != was:
            yield f"{port.name} has {field.name} {port.get(field.name) or 'none'} now, {was or 'none'} then"


def of_revert(change: Change, fleet: Fleet) -> Assessment:
    """What it costs to go back."""
    vm, found = change.before, _meant(change, fleet)
    assert vm
    since = f" of {when(found.taken)}" if found else ""
    said = [
        f"back to `{change.wishes[REVERT]}`{since}, {change.resource.get('state')}: what it has written since is lost"
    ]
    if found and found.defined and (more := sorted(_beside(recorded(vm), found.defined))):
        said.append(f"also back in its definition: {', '.join(more)}")
    said.append(f"{', '.join(out)}: stays as it is" if found and (out := found.left_out) else "")
    said.append("" if is_off(vm) else lost_with_links(vm, fleet))
    return Assessment(Impact.DESTROY, (vm.name,), "; ".join(filter(None, said)))


def _beside(now: Definition | None, then: Definition) -> set[str]:
    """The parts of a definition, by their elements' names, that are otherwise beside what sentences can say."""
    if now is None:
        return set()
    differing = (_parts(now) - _parts(then)) + (_parts(then) - _parts(now))
    return {tag for tag, _ in differing}


def _parts(defined: Definition) -> Counter[tuple[str, str]]:
    elements = [e for e in defined.root if e.tag not in _SAYABLE]
    devices = [e for e in defined.root.iterfind("devices/*") if e.tag != "interface"]
    return Counter(
        (e.tag, ET.canonicalize(ET.tostring(e, encoding="unicode"), strip_text=True))
        for e in (*elements, *devices)
    )
