"""Changes as the `virsh` and `qemu-img` commands that come to the same. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence

from vnetsh.backend import HostCommand
from vnetsh.model import Fleet, Resource
from vnetsh.model.backups import RESTORE
from vnetsh.model.change import ActionKind, Change
from vnetsh.model.power import CLONE, REVERT
from vnetsh.model.snapshots import own_name
from vnetsh_libvirt import cloning, commands_disks, commands_seeds, domain_xml, live_sizes
from vnetsh_libvirt.backups.commands import backup, restored
from vnetsh_libvirt.commands_moves import moving, placed
from vnetsh_libvirt.definition import NAMESPACE, Nic, live_only, nic_of, of_network, recorded
from vnetsh_libvirt.disk_fields import name_of
from vnetsh_libvirt.domain_xml import DiskFile
from vnetsh_libvirt.fetching.by_hand import typed
from vnetsh_libvirt.fields import ANEW, BRIDGE, NIC_FIELDS, mac_of
from vnetsh_libvirt.hardware import HARDWARE
from vnetsh_libvirt.imaging import format_note, image_of, overlay_of, path_of
from vnetsh_libvirt.keeping import autostarts
from vnetsh_libvirt.mark import mark_of
from vnetsh_libvirt.media import CDROM
from vnetsh_libvirt.named_files import usual_nvram
from vnetsh_libvirt.redrafting import redrafted
from vnetsh_libvirt.refusals import of_kind, transient
from vnetsh_libvirt.states import STATE, TURNS, Turn, is_off, reverts, turn_of
from vnetsh_libvirt.vm_fields import AUTOSTART, SETTINGS

_STDIN = "/dev/stdin"


def commands(change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
    """What to type on the host for a change of a VM or a NIC."""
    return tuple(of_kind(_TYPED, change.resource)(change, before, after))


def _vm(change: Change, before: Fleet, after: Fleet) -> Iterator[HostCommand]:
    if RESTORE in change.wishes and not change.undo and (change.before or change.resource.record):
        return restored(change, before)
    match change.action:
        case ActionKind.ADD:
            return _new_vm(change, after)
        case ActionKind.REMOVE:
            return _removed_vm(change.resource, before)
        case ActionKind.MOVE:
            return moving(change, before)
        case _:
            return _changed_vm(live_sizes.as_it_is(change, before))


def _virsh(*words: str, input: str = "", note: str = "") -> HostCommand:
    return HostCommand(("virsh", *words), input, note)


def _pretty(xml: str) -> str:
    root = ET.fromstring(xml)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _without_passwords(xml: str) -> tuple[str, str]:
    """A definition that may be shown, and a note on what is to be filled in."""
    root = ET.fromstring(xml)
    secret = root.findall(".//*[@passwd]")
    for element in secret:
        element.set("passwd", "PASSWORD")
    return ET.tostring(root, encoding="unicode"), "PASSWORD: the one that it had" if secret else ""


# VMs


def _new_vm(change: Change, after: Fleet) -> Iterator[HostCommand]:
    vm = change.resource
    if vm.record:
        verb = "create" if transient(vm) else "define"
        xml, note = _without_passwords(str(vm.record["xml"]))
        yield _virsh(verb, _STDIN, input=_pretty(xml), note=note)
        if verb == "create":
            return
        if autostarts(vm):
            yield _virsh("autostart", vm.name)
    else:
        disk, note, said = None, "", mark_of(vm)
        if said.disk:
            image = image_of(after, vm.place, said.disk)
            note = format_note(image)
            disk = image if said.imported else DiskFile(overlay_of(after, vm.place, vm.name), "qcow2")
            if disk is not image:
                thin = ("-f", disk.format, "-F", image.format, "-b", image.path, disk.path)
                yield HostCommand(("qemu-img", "create", *thin), note=note)
                note = ""
        ports = after.nics(vm)
        nics = [domain_xml.interface(port, openvswitch=_openvswitch(port, after)) for port in ports]
        domain_type = after.hosts[vm.place].text("domain-type")
        if not domain_type:
            note += "; " * bool(note) + "qemu instead of kvm where the host cannot"
        disks = after.disks(vm)
        yield from commands_disks.new_files(disks, after)
        cdrom = path_of(after, vm.place, vm.text(CDROM)) if vm.get(CDROM) else ""
        seeds = commands_seeds.of_new(vm, after)
        yield from commands_seeds.made(vm, after)
        named = commands_disks.placed(disks, after, ["vda"] if disk else [])
        xml = domain_xml.domain(vm, domain_type or "kvm", disk, nics, named=named, cdrom=cdrom, seeds=seeds)
        source = after.get("vm", vm.place, str(change.wishes.get(CLONE, "")))
        if source and (model := recorded(source)):
            if path := cloning.variables(model):
                note = "its firmware's variables, where there are any"
                yield HostCommand(("cp", "--no-clobber", path, usual_nvram(vm.name)), note=note)
            xml = cloning.like(xml, model, [name_of(one) for one in disks], [port.name for port in ports])
            xml, note = _without_passwords(xml)
        yield _virsh("define", _STDIN, input=_pretty(xml), note=note)
        if autostarts(vm):
            yield _virsh("autostart", vm.name)
    yield from _turned(vm.name, TURNS.get(("stopped", vm.get(STATE, "running"))))


def _removed_vm(vm: Resource, before: Fleet) -> Iterator[HostCommand]:
    if not vm.record:  # only just made, and that is taken back
        if not is_off(vm):
            yield _virsh("destroy", vm.name)
        yield _undefined(vm)
        if mark_of(vm).own:
            yield HostCommand(("rm", overlay_of(before, vm.place, vm.name)))
        return
    yield from _turned(vm.name, TURNS.get((vm.get(STATE), "stopped")))
    if not transient(vm):
        yield _undefined(vm)


def _undefined(vm: Resource) -> HostCommand:
    defined = recorded(vm)
    if defined is None:
        return _virsh("undefine", vm.name, "--nvram")
    return _virsh("undefine", vm.name, "--keep-nvram", *(["--keep-tpm"] if defined.own_tpm else ()))


def _changed_vm(change: Change) -> Iterator[HostCommand]:
    vm, differing = change.resource, change.differing()
    if change.before and change.renames:
        yield _virsh("domrename", change.before.name, vm.name)
        return
    defined = recorded(vm)
    for name, setting in SETTINGS.items():
        if name in differing:
            wanted = setting.wanted(name, vm)
            yield from (_virsh(*words) for words in setting.commands(vm.name, defined, wanted))
            if live_sizes.how(change, name):
                _, _, number, *_ = next(setting.commands(vm.name, None, wanted))
                yield _virsh(setting.virsh[0], vm.name, number, "--live", note="where its guest follows")
    if defined and differing.keys() & HARDWARE.keys():
        xml, note = _without_passwords(redrafted(defined, change))
        yield _virsh("define", _STDIN, input=_pretty(xml), note=note)
    if CDROM in differing:
        yield from commands_disks.medium(change)
    if AUTOSTART in differing:
        yield _virsh("autostart", vm.name, *([] if autostarts(vm) else ["--disable"]))
    before = change.before
    if before and (before.marked, before.owner) != (vm.marked, vm.owner):
        live = [] if is_off(before) else ["--live"]
        mark = ["--set", ET.tostring(domain_xml.mark(vm), encoding="unicode")] if vm.marked else ["--remove"]
        yield _virsh("metadata", vm.name, NAMESPACE, "--key", "vnetsh", *live, "--config", *mark)
    yield from placed(change)
    if reverts(change):
        yield _virsh("snapshot-revert", vm.name, str(change.wishes[REVERT]), "--force")
    elif STATE in differing or change.traceless:
        yield from _turned(vm.name, turn_of(change))


def _turned(name: str, turn: Turn | None) -> Iterator[HostCommand]:
    if turn and turn.first:
        yield _virsh(turn.first, name)
    if turn:
        yield _virsh(turn.virsh, name, *turn.options, note=turn.note.format(name))


# NICs


def _port(change: Change, before: Fleet, after: Fleet) -> Iterator[HostCommand]:
    port = change.resource
    assert port.parent
    owner = port.parent[1]
    if change.before and change.before.parent != port.parent:
        if change.renames:
            note = f"its target {change.before.name} is {port.name} then"
            yield _virsh("edit", owner, note=note)
        return
    vm, then = before.get("vm", port.place, owner), after.get("vm", port.place, owner)
    if vm is None or then is None:
        return  # it comes, or goes, with the VM itself
    running = not is_off(vm)
    flags = (["--live"] if running else []) + ([] if transient(vm) or live_only(port) else ["--config"])
    if change.before is None:
        yield _plugged(port, owner, after, flags)
    elif change.after is None:
        yield _unplugged(port, owner, flags)
    else:
        nic = nic_of(change.before) if change.before.record else Nic(_element(change.before, before), owner)
        differing = change.differing()
        fixed = of_network(change.before) or (BRIDGE in differing and not _stays_plugged(change, after))
        if differing.keys() & ANEW or (running and fixed):
            domain_xml.renew(nic, port, openvswitch=_openvswitch(port, after))
            yield _unplugged(change.before, owner, flags)
            yield _by_xml("attach-device", owner, nic.element, flags)
        else:
            domain_xml.place(nic, port, openvswitch=_openvswitch(port, after))
            yield _by_xml("update-device", owner, nic.element, flags)


def _stays_plugged(change: Change, fleet: Fleet) -> bool:
    """Whether libvirt can re-connect the running VM's NIC as it is: between Linux bridges only."""
    return not any(port and _openvswitch(port, fleet) for port in (change.before, change.after))


def _plugged(port: Resource, owner: str, after: Fleet, flags: Sequence[str]) -> HostCommand:
    element = _element(port, after)
    more = any(port.get(field.name) is not None for field in NIC_FIELDS if not field.easy)
    if port.record or _openvswitch(port, after) or more:
        return _by_xml("attach-device", owner, element, flags)  # attach-interface knows none of these
    alias, model = element.find("alias"), element.find("model")
    assert alias is not None
    assert model is not None
    said: Mapping[str, str] = {
        "--target": port.name,
        "--mac": mac_of(port),
        "--model": model.get("type", ""),
        "--alias": alias.get("name", ""),
    }
    words = [word for pair in said.items() for word in pair]
    return _virsh("attach-interface", owner, "bridge", port.text(BRIDGE), *words, *flags)


def _unplugged(port: Resource, owner: str, flags: Sequence[str]) -> HostCommand:
    return _virsh("detach-interface", owner, "bridge", "--mac", mac_of(port), *flags)


def _by_xml(verb: str, owner: str, element: ET.Element, flags: Sequence[str]) -> HostCommand:
    return _virsh(verb, owner, _STDIN, *flags, input=_pretty(ET.tostring(element, encoding="unicode")))


def _element(port: Resource, fleet: Fleet) -> ET.Element:
    """The NIC as it was recorded or, of a planned one, as it will be made."""
    if port.record:
        return ET.fromstring(str(port.record["xml"]))
    return domain_xml.interface(port, openvswitch=_openvswitch(port, fleet))


def _openvswitch(port: Resource, fleet: Fleet) -> bool:
    bridge = fleet.get("bridge", port.place, port.text(BRIDGE))
    return bridge is not None and bridge.backend == "ovs"


def _snapshot(change: Change, before: Fleet, after: Fleet) -> Iterator[HostCommand]:
    vm, name = change.resource.text("vm"), own_name(change.resource)
    if change.action is ActionKind.ADD:
        yield _virsh("snapshot-create-as", vm, name, "--atomic")
    else:
        yield _virsh("snapshot-delete", vm, name)


_TYPED = {
    "vm": _vm,
    "port": _port,
    "snapshot": _snapshot,
    "backup": backup,
    "disk": commands_disks.disk,
    "cloudinit": commands_seeds.seed,
    "pool": commands_disks.pool,
    "image": typed,
}
