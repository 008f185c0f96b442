"""The attributes that libvirt can give to each kind: those that there are fields for."""

from __future__ import annotations

from vnetsh_libvirt.disk_fields import DISK_FIELDS
from vnetsh_libvirt.fetching.marks import IMAGE_WORDS
from vnetsh_libvirt.fields import NIC_FIELDS
from vnetsh_libvirt.seed.words import SEED_WORDS
from vnetsh_libvirt.vm_fields import VM_FIELDS

LIMITS = ("inbound", "outbound")
WRAPS = "qinq"
"""Those of a port that a vm's NIC is refused, with the reason: for that they are told here."""

ATTRIBUTES = {
    "vm": frozenset(field.name for field in VM_FIELDS),
    "snapshot": frozenset({"vm", "state", "taken", "current", "note"}),
    "backup": frozenset({"vm", "pool", "taken", "size", "how", "consistent", "note"}),
    "port": frozenset({*LIMITS, WRAPS, *(field.name for field in NIC_FIELDS)}),
    "pool": frozenset({"type", "path", "source", "target", "monitors", "user", "secret", "shared", "state"}),
    "image": frozenset(IMAGE_WORDS),
    "cloudinit": frozenset(SEED_WORDS),
    "disk": frozenset(field.name for field in DISK_FIELDS),
}
