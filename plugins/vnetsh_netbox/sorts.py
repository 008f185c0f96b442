"""The sorts of objects that NetBox has and vnetsh speaks of, and how one of them refers to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MARK = "vnetsh"
"""The tag that all has which vnetsh made, and the slug or name of what it needs besides."""


@dataclass(frozen=True)
class Sort:
    """Objects of one address of NetBox's API: `path`, as its client has it.

    `keys` are the names of what tells one from the other, `noun` what a person calls it. `stays`: it is made where it
    is missing, and else left as it is, for others may use it, too.
    """

    path: str
    noun: str
    keys: tuple[str, ...]
    stays: bool = False

    @property
    def url(self) -> str:
        """Its address, as NetBox's own manual writes it."""
        return self.path.replace(".", "/").replace("_", "-")


TAG = Sort("extras.tags", "tag", ("slug",), stays=True)
CLUSTER_TYPE = Sort("virtualization.cluster_types", "cluster type", ("slug",), stays=True)
CLUSTER = Sort("virtualization.clusters", "cluster", ("name",), stays=True)
VLAN_GROUP = Sort("ipam.vlan_groups", "VLAN group", ("slug",), stays=True)
VLAN = Sort("ipam.vlans", "VLAN", ("vid",), stays=True)
VRF = Sort("ipam.vrfs", "VRF", ("name",), stays=True)
VM = Sort("virtualization.virtual_machines", "vm", ("name",))
NIC = Sort("virtualization.interfaces", "interface", ("virtual_machine", "name"))
DISK = Sort("virtualization.virtual_disks", "disk", ("virtual_machine", "name"))
MAC = Sort("dcim.mac_addresses", "MAC address", ("virtual_machine", "interface", "mac_address"))
ADDRESS = Sort("ipam.ip_addresses", "IP address", ("virtual_machine", "interface", "vrf", "address"))

SORTS = (TAG, CLUSTER_TYPE, CLUSTER, VLAN_GROUP, VLAN, VRF, VM, NIC, DISK, MAC, ADDRESS)
"""All of them, each after those that it refers to."""

Key = tuple[str, ...]


@dataclass(frozen=True)
class Ref:
    """Another object that vnetsh speaks of."""

    sort: Sort
    key: Key

    def __str__(self) -> str:
        return f"{self.sort.noun} {'/'.join(filter(None, self.key))}"


@dataclass(frozen=True)
class Known:
    """An object that others made, by its number in NetBox."""

    id: int


Field = str | int | float | bool | None | Ref | Known | tuple[Ref | Known, ...]


@dataclass(frozen=True)
class Wanted:
    """One object as it is to be.

    `fields` are what vnetsh says of it, `tags` those that it must have; what others say besides stays. `first` are
    fields of a new one that are not compared later, `late` those that are set where they are empty, when the objects
    are there that they refer to. `host` is where it is.
    """

    ref: Ref
    fields: Mapping[str, Field]
    tags: tuple[str, ...] = (MARK,)
    first: Mapping[str, Field] = field(default_factory=dict)
    late: Mapping[str, Field] = field(default_factory=dict)
