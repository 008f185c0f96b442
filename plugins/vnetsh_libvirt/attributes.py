"""The attributes that libvirt can give to each kind: those that there are fields for."""

from __future__ import annotations

from vnetsh_libvirt.disk_fields import DISK_FIELDS
from vnetsh_libvirt.fields import NIC_FIELDS
from vnetsh_libvirt.seed.words import SEED_WORDS
from vnetsh_libvirt.vm_fields import VM_FIELDS

ATTRIBUTES = {
    "vm": frozenset(field.name for field in VM_FIELDS),
    "snapshot": frozenset({"vm", "state", "taken", "current", "note"}),
    "port": frozenset(
        {"inbound", "outbound", *(field.name for field in NIC_FIELDS)}
    ),  # that is refused, with the reason
    "pool": frozenset({"path", "state"}),
    "cloudinit": frozenset(SEED_WORDS),
    "disk": frozenset(field.name for field in DISK_FIELDS),
}
