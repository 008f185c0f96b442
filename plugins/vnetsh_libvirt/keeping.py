"""What libvirt holds of a VM beside its definition: what of it a deletion keeps, brings back, or would lose. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from vnetsh.model import Fleet, Resource
from vnetsh.model.snapshots import snapshots_of
from vnetsh_libvirt.checkpoints import others
from vnetsh_libvirt.definition import Definition, definition_in, recorded
from vnetsh_libvirt.named_files import nvram_of
from vnetsh_libvirt.states import UNASKED, saved
from vnetsh_libvirt.vm_fields import AUTOSTART

SNAPSHOTS = "snapshots"
"""In a VM's record."""

UNREADABLE = "unreadable"
"""In the record of a VM that libvirt has and that could not be read: why."""

KEEPS_TPM = 8_009_000
"""libvirt's version from which it can keep the state of a TPM that it forgets (8.9.0)."""


def autostarts(vm: Resource) -> bool:
    """Whether the VM is started with its host."""
    return vm.get(AUTOSTART) is not None


def losses(snapshots: int, checkpoints: int, *, saved: bool) -> tuple[str, str] | None:
    """What forgetting a VM would lose, in words, and how to take that away first."""
    if snapshots:
        number = f"{snapshots} snapshot{'s' if snapshots > 1 else ''}"
        return number, "`show snapshots` lists them, `delete snapshot VM/NAME` removes one"
    if checkpoints:
        number = f"{checkpoints} checkpoint{'s' if checkpoints > 1 else ''}"
        return number, "`virsh checkpoint-list` shows them, `virsh checkpoint-delete` removes one"
    if saved:
        return "a saved state", "start it, which goes on from that state, or `virsh managedsave-remove`"
    return None


def losses_of(vm: Resource, fleet: Fleet) -> tuple[str, str] | None:
    """What forgetting a VM would lose, in a fleet."""
    return losses(len(snapshots_of(vm, fleet)), len(others(vm)), saved=saved(vm))


def kept(vm: Resource, erased: Collection[object] = ()) -> Iterator[str]:
    """What stays on the host of a VM that is forgotten, in words; the files of the disks that are `erased` do not."""
    defined = recorded(vm)
    if defined is None:
        return
    disks = [disk for disk in defined.disks if disk.name not in erased and not (disk.readonly or disk.seed)]
    if disks:
        yield "its disks' files" if len(disks) > 1 else "its disk's file"
    if any(disk.seed for disk in defined.disks):
        yield "its seed"
    if nvram_of(defined):
        yield "the variables of its firmware"
    if defined.own_tpm:
        yield "the state of its TPM"


def lost_when_off(vm: Resource) -> str:
    """What a VM has only as long as it runs, in words."""
    record = vm.record or {}
    if not record.get("live"):
        return ""
    more = _devices(definition_in(record, "live")) - _devices(definition_in(record))
    return f"plugged in only while it runs, and gone then: {', '.join(sorted(more))}" if more else ""


def changed_when_off(vm: Resource) -> str:
    """What a VM that is started again has otherwise than it has now, in words."""
    note = vm.text("note")
    return f"started again it has what it is defined with ({note})" if note else ""


def not_brought_back(vm: Resource) -> str:
    """What taking back a deletion cannot give, in words."""
    state = vm.text("state")
    return f"an undo leaves it off: it is {state} now" if state in UNASKED else ""


def _devices(defined: Definition) -> set[str]:
    """What is plugged in, in words that are the same of the same device."""
    found: set[str] = set()
    for element in defined.root.iterfind("devices/*"):
        if element.tag == "interface":
            mac = element.find("mac")
            found.add(f"NIC {mac.get('address', '') if mac is not None else ''}")
        elif element.tag == "disk":
            target = element.find("target")
            found.add(f"disk {target.get('dev', '') if target is not None else ''}")
        elif element.tag == "hostdev":
            source = element.find("source")
            where = source.find("address") if source is not None else None
            found.add(" ".join(("device", *(where.attrib.values() if where is not None else ()))))
    return found
