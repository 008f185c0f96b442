"""Lists of what changes on a VM's disks, as libvirt calls them checkpoints: ours, and what they cost. Pure.

A backup that is said `incremental` makes one, named after it, by which the next one knows what to copy. Whatever makes
the disks otherwise than through QEMU, or takes the VM elsewhere, forgets ours first: the next one is a full one then.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from vnetsh.model import Fleet, Resource
from vnetsh.model.backups import RESTORE
from vnetsh.model.change import ActionKind, Change
from vnetsh_libvirt.disk_fields import PATH
from vnetsh_libvirt.states import reverts

CHECKPOINTS, TRACKED = "checkpoints", "tracked"
"""In a VM's record: the names of others' checkpoints; ours by name, each with what `sizes` reads."""

_PREFIX = "vnetsh-"


def name_of(backup: str) -> str:
    """What the checkpoint of a backup is called, by that one's id."""
    return _PREFIX + backup


def is_own(name: str) -> bool:
    """Whether a checkpoint is one of ours."""
    return name.startswith(_PREFIX)


def sizes(xml: str) -> dict[str, int]:
    """By the target of each disk that is tracked, how many bytes have changed; a disk whose list is lost has none.

    Of a VM that is off no libvirt knows: then there are none at all.
    """
    disks = ET.fromstring(xml).iterfind("disks/disk[@size]")
    return {disk.get("name", ""): int(disk.get("size", "0")) for disk in disks}


def tracked(vm: Resource) -> Mapping[str, Mapping[str, int]]:
    """Our checkpoints of a VM."""
    found = (vm.record or {}).get(TRACKED)
    return found if isinstance(found, Mapping) else {}


def others(vm: Resource) -> Sequence[str]:
    """The names of the checkpoints that others made."""
    found = (vm.record or {}).get(CHECKPOINTS)
    return found if isinstance(found, Sequence) else ()


def forgets(change: Change) -> bool:
    """Whether a change leaves disks of which our checkpoints know nothing, or libvirt makes it with none only."""
    if change.resource.kind == "disk":
        return change.action is ActionKind.CHANGE and PATH in change.differing()
    if change.resource.kind != "vm":
        return False
    anew = RESTORE in change.wishes or reverts(change) or change.renames
    return anew or change.action in (ActionKind.MOVE, ActionKind.REMOVE)


def said(change: Change, fleet: Fleet) -> str:
    """What that costs, in words; empty where it costs nothing."""
    one = change.before or change.resource
    vm = one if one.kind == "vm" else fleet.get("vm", one.place, one.parent[1]) if one.parent else None
    return "its next incremental backup is a full one" if vm and forgets(change) and tracked(vm) else ""
