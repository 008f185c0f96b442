"""A VM's move as commands on both hosts. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.backend import HostCommand
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import Change
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.definition import Disk
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.fields import BRIDGE
from vnetsh_libvirt.imaging import FORMAT, folder_of, format_note, image_of, overlay_of, path_of
from vnetsh_libvirt.mark import PLACING_NAMESPACE, PLACING_PREFIX, mark_of, placing_of
from vnetsh_libvirt.migration_way import planned
from vnetsh_libvirt.peers import peer_uri
from vnetsh_libvirt.refusals import transient
from vnetsh_libvirt.states import is_off
from vnetsh_libvirt.users import builder, views


def moving(change: Change, before: Fleet) -> Iterator[HostCommand]:
    """Its disks and then the VM itself; the overlay that vnetsh made stays nowhere behind."""
    vm, target = change.before, change.resource.place
    assert vm
    disks = _travelling(vm, target, before)
    running = not is_off(vm)
    seen = views(vm)[-1:] if running else ()  # as it runs; the disks that only its definition has are copied
    idle = [disk for disk in disks if seen and disk.path not in {one.path for one in seen[0].disks}]
    for disk in disks:
        yield (
            _made(disk, vm, target, before) if running and disk not in idle else _copied(disk, target, before)
        )
    words = ["--live", "--p2p", "--abort-on-error", "--change-protection"] if running else ["--offline"]
    if not transient(vm):
        words += ["--persistent", "--undefinesource"]
    if running and (migrated := [disk.target for disk in disks if disk not in idle]):
        words += ["--copy-storage-inc", "--migrate-disks", ",".join(migrated)]
    if running:
        words += planned(change, before).virsh
    words += [vm.name, peer_uri(before.hosts[target])]
    yield HostCommand(("virsh", "migrate", *words), note=_other_bridges(vm, target, before))
    overlay = overlay_of(before, vm.place, vm.name)
    needed = builder(before, vm.place, overlay, vm.name)
    if not mark_of(vm).imported and overlay in [disk.path for disk in disks] and not needed:
        yield HostCommand(("rm", overlay))
    yield from placed(change)


def placed(change: Change) -> Iterator[HostCommand]:
    """Where the VM belongs, in its metadata."""
    vm, said = change.resource, placing_of(change.resource)
    if change.before is None or placing_of(change.before) == said:
        return
    where = [*([] if is_off(change.before) else ["--live"]), *([] if transient(vm) else ["--config"])]
    what = ["--set", domain_xml.placing(said, bare=True)] if said else ["--remove"]
    words = ("metadata", vm.name, PLACING_NAMESPACE, "--key", PLACING_PREFIX, *where, *what)
    yield HostCommand(("virsh", *words), host=vm.place if vm.place != change.place else "")


def _travelling(vm: Resource, target: str, fleet: Fleet) -> list[Disk]:
    """The disks to copy: the files that are not there already."""
    if not vm.record:  # yet to be made: with one disk at most, of vnetsh's making
        said, overlay = mark_of(vm), overlay_of(fleet, vm.place, vm.name)
        own = path_of(fleet, vm.place, said.disk) if said.imported else overlay
        disks = [Disk("vda", own, "qcow2" if own == overlay else FORMAT, False)]
        disks = disks if said.disk else []
    else:
        alike = {disk.path: disk for view in views(vm) for disk in view.disks if not disk.readonly}
        disks = list(alike.values())
    there, folder = facts(fleet, target).images or {}, folder_of(fleet, target) + "/"
    return [disk for disk in disks if disk.path.removeprefix(folder) not in there]


def _made(disk: Disk, vm: Resource, target: str, fleet: Fleet) -> HostCommand:
    """The file at the target that the migration fills."""
    said = mark_of(vm)
    if not said.imported and disk.path == overlay_of(fleet, vm.place, vm.name):
        below = image_of(fleet, target, said.disk)
        words = ("-f", disk.format, "-F", below.format, "-b", below.path, disk.path)
        return HostCommand(("qemu-img", "create", *words), note=format_note(below), host=target)
    note = f"SIZE: the virtual size that `qemu-img info -U {disk.path}` says on {vm.place}"
    return HostCommand(("qemu-img", "create", "-f", disk.format, disk.path, "SIZE"), note=note, host=target)


def _copied(disk: Disk, target: str, fleet: Fleet) -> HostCommand:
    return HostCommand(("scp", "-p", disk.path, f"{_address(fleet, target)}:{disk.path}"))


def _address(fleet: Fleet, host: str) -> str:
    address = fleet.hosts[host].address or host
    return f"[{address}]" if ":" in address else address


def _other_bridges(vm: Resource, target: str, fleet: Fleet) -> str:
    """A note where a bridge is Open vSwitch's at one end only."""
    for port in fleet.nics(vm):
        ends = [fleet.get("bridge", host, port.text(BRIDGE)) for host in (vm.place, target)]
        if len({end.backend == "ovs" for end in ends if end}) > 1:
            return f"with --xml and --persistent-xml: {port.text('bridge')} is another kind of bridge on {target}"
    return ""
