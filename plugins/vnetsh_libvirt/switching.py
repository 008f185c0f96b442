"""What speaks against switching a VM, and what of it is to be said: a reboot, a saving. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model import Change, Fleet, Impact, Resource
from vnetsh.model.power import REBOOT, SAVED, STATE, STOPPED
from vnetsh_libvirt.definition import Definition, as_it_runs
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.refusals import refused, template_problem
from vnetsh_libvirt.states import REBOOTING, begins, saves
from vnetsh_libvirt.vm_fields import MEMORY, NOTE

SAVES = "/var/lib/libvirt/qemu/save"
"""libvirt's folder of saved states."""

_MIB = 2**20

_UNSAVED = {
    "devices/hostdev[@type='pci']": "a device of its host",
    "devices/hostdev[@type='mdev']": "a device of its host",
    "devices/interface[@type='hostdev']": "a NIC that is a device of its host",
    "devices/interface[@type='vdpa']": "a NIC that is a device of its host",
    "devices/shmem": "memory that it shares with others",
    "devices/filesystem/driver[@type='virtiofs']": "a folder of its host, by virtiofs",
}
"""Where a domain's XML says what libvirt (qemuMigrationSrcIsAllowed) or QEMU cannot write down."""


def problem(change: Change, fleet: Fleet) -> Assessment | None:
    """Why a VM cannot be switched so."""
    vm, running = change.resource, as_it_runs(change.before or change.resource)
    if change.differing().get(STATE) == (SAVED, STOPPED):
        return refused(
            "E453",
            vm,
            f"vm `{vm.name}` has a saved state, which would be lost",
            f"start it, which goes on from that state: `start {vm.name}`",
        )
    if begins(change) and (found := template_problem(vm, change.before or vm, fleet)):
        return found
    if running is None:
        return None
    if change.wishes.get(REBOOT) and (running.root.findtext("on_reboot") or "restart") == "destroy":
        return refused(
            "E460",
            vm,
            f"vm `{vm.name}` goes off when it reboots: libvirt is told so (`on_reboot`)",
            f"`stop {vm.name}`, then `start {vm.name}`",
        )
    if saves(change) and (devices := unsaved(running)):
        return refused(
            "E459",
            vm,
            f"vm `{vm.name}` cannot be saved: it has {' and '.join(devices)}",
            f"`suspend {vm.name}` holds it in memory, `stop {vm.name}` shuts it down",
        )
    return None


def unsaved(running: Definition) -> list[str]:
    """What of a VM that runs nobody can write down, in words."""
    return list(
        dict.fromkeys(what for where, what in _UNSAVED.items() if running.root.find(where) is not None)
    )


def of_reboot(vm: Resource) -> Assessment:
    """What it costs to have a VM's guest boot anew: its process stays, and so does what waits for another one."""
    pending = f"; then still {vm.text(NOTE)}" if vm.get(NOTE) else ""
    return Assessment(Impact.RESTART, (vm.name,), REBOOTING.how + pending)


def room_of(vm: Resource, fleet: Fleet) -> str:
    """What saving a VM may need on its host's disk, where that may be too much; libvirt lets it run on then."""
    folder, memory = facts(fleet, vm.place).folders.get(SAVES), vm.get(MEMORY)
    if folder is None or not isinstance(memory, int) or memory <= folder.free:
        return ""
    free, needed = folder.free // _MIB, memory // _MIB
    return f"it may not fit, and runs on then: {free} MiB are free in {SAVES} for up to {needed} MiB"
