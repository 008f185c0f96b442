"""What the hosts hold, as NetBox's objects. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_interface

from vnetsh.model import Fleet, Resource, is_off, listed
from vnetsh.reach.vm_addresses import vm_addresses
from vnetsh_netbox.sorts import (
    ADDRESS,
    CLUSTER,
    CLUSTER_TYPE,
    DISK,
    MAC,
    MARK,
    NIC,
    SORTS,
    TAG,
    VLAN,
    VLAN_GROUP,
    VM,
    VRF,
    Field,
    Known,
    Ref,
    Wanted,
)  # fmt: skip

_MEBI, _MEGA = 2**20, 10**6
_LONGEST = 64
"""Characters of a name of a vm, an interface or a disk in NetBox."""


@dataclass(frozen=True)
class Device:
    """A host as NetBox has it; `cluster` is the number of that which it is in."""

    id: int
    cluster: int


@dataclass(frozen=True)
class Theirs:
    """What others made in NetBox that vnetsh's objects refer to: devices by host, VLANs by number."""

    devices: Mapping[str, Device] = field(default_factory=dict)
    vlans: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """The objects, each after those that it refers to, and remarks on what is left out."""

    objects: tuple[Wanted, ...]
    remarks: tuple[str, ...]


def host_tag(host: str) -> str:
    """The slug of the tag of what is on a host."""
    return f"{MARK}-{re.sub(r'[^a-zA-Z0-9_-]', '-', host)}"


def objects(fleet: Fleet, theirs: Theirs | None = None) -> Said:
    """The fleet as NetBox's objects."""
    found, remarks = _Finding(fleet, theirs or Theirs()), list[str]()
    vms = sorted(fleet.of_kind("vm"), key=lambda one: (one.name, one.place))
    times = Counter(vm.name.lower() for vm in vms)
    for vm in vms:
        if times[vm.name.lower()] > 1:
            remarks.append(f"vm {vm.name} on {vm.place} is left out: {times[vm.name.lower()]} are called so")
        elif len(vm.name) > _LONGEST:
            remarks.append(
                f"vm {vm.name} on {vm.place} is left out: a name in NetBox has {_LONGEST} characters"
            )
        else:
            found.take(vm)
    order = {sort: number for number, sort in enumerate(SORTS)}
    made = sorted(found.made.values(), key=lambda one: (order[one.ref.sort], one.ref.key))
    return Said(tuple(made), (*remarks, *found.remarks))


class _Finding:
    """Gathers objects, each once."""

    def __init__(self, fleet: Fleet, theirs: Theirs) -> None:
        self._fleet, self._theirs = fleet, theirs
        self._addresses: dict[tuple[str, str], str] = {}
        self.made: dict[Ref, Wanted] = {}
        self.remarks: list[str] = []
        self._add(Ref(TAG, (MARK,)), tags=(), first={"name": MARK, "color": "009688"})

    def _add(self, ref: Ref, fields: Mapping[str, Field] | None = None, **more: object) -> Ref:
        self.made[ref] = Wanted(ref, fields or {}, **more)  # type: ignore[arg-type]
        return ref

    def take(self, vm: Resource) -> None:
        """A vm, and all that is of it."""
        tag = host_tag(vm.place)
        self._add(Ref(TAG, (tag,)), tags=(), first={"name": f"{MARK}: {vm.place}", "color": "9e9e9e"})
        ref = Ref(VM, (vm.name,))
        device = self._theirs.devices.get(vm.place)
        fields: dict[str, Field] = {
            "cluster": Known(device.cluster) if device else self._cluster(),
            "device": Known(device.id) if device else None,
            "status": _status(vm),
        }
        if isinstance(memory := vm.get("memory"), int):
            fields["memory"] = memory // _MEBI
        if isinstance(vcpus := vm.get("vcpus"), int):
            fields["vcpus"] = float(vcpus)
        nics = {nic.name: self._nic(ref, nic) for nic in self._fleet.nics(vm)}
        self._disks(ref, vm)
        primary: dict[str, Field] = {}
        for nic, address in vm_addresses(self._fleet, vm):
            if nic.name in nics and (given := self._address(nics[nic.name], nic, address)):
                primary.setdefault(f"primary_ip{ip_interface(address).version}", given)
        self._add(ref, fields, tags=(MARK, tag), late=primary)

    def _cluster(self) -> Ref:
        sort = self._add(Ref(CLUSTER_TYPE, ("kvm",)), first={"name": "KVM"})
        return self._add(Ref(CLUSTER, (MARK,)), first={"type": sort})

    def _nic(self, vm: Ref, nic: Resource) -> Ref:
        ref = Ref(NIC, (*vm.key, nic.name))
        tag, trunk = nic.get("vlan"), nic.get("trunk")
        vlans = [int(one) for one in listed(trunk)] if isinstance(trunk, tuple) else []
        fields: dict[str, Field] = {
            "enabled": nic.get("link") != "down",
            "mode": "tagged" if vlans else "access" if isinstance(tag, int) else None,
            "untagged_vlan": self._vlan(tag) if isinstance(tag, int) else None,
            "tagged_vlans": tuple(self._vlan(one) for one in sorted(vlans)),
        }
        if isinstance(mtu := nic.get("mtu"), int):
            fields["mtu"] = mtu
        late: dict[str, Field] = {}
        if mac := nic.text("mac").upper():
            assigned: dict[str, Field] = {
                "mac_address": mac, "assigned_object_type": "virtualization.vminterface", "assigned_object_id": ref,
            }  # fmt: skip
            late["primary_mac_address"] = self._add(Ref(MAC, (*ref.key, mac)), assigned)
        return self._add(ref, {"virtual_machine": vm, "name": nic.name, **fields}, late=late)

    def _vlan(self, number: int) -> Ref | Known:
        if number in self._theirs.vlans:
            return Known(self._theirs.vlans[number])
        group = self._add(Ref(VLAN_GROUP, (MARK,)), first={"name": MARK})
        return self._add(
            Ref(VLAN, (str(number),)), first={"vid": number, "name": f"vlan{number}", "group": group}
        )

    def _disks(self, vm: Ref, of: Resource) -> None:
        for disk in self._fleet.disks(of):
            size = disk.get("size")
            if isinstance(size, int) and size:
                name = disk.name.rpartition("/")[2]
                size = -(-size // _MEGA)
                self._add(Ref(DISK, (*vm.key, name)), {"virtual_machine": vm, "name": name, "size": size})

    def _address(self, ref: Ref, nic: Resource, text: str) -> Ref | None:
        one = ip_interface(text)
        at = self._fleet.attached(nic)
        tenant, _, _ = at.text("network").rpartition("/") if at else ("", "", "")
        vrf = self._vrf(at.place, tenant) if at and tenant else None
        space = vrf.key[0] if vrf else ""
        whose = f"{ref.key[0]}/{ref.key[1]}"
        if (other := self._addresses.setdefault((space, str(one.ip)), whose)) != whose:
            self.remarks.append(f"IP address {one} of {whose} is left out: {other} has it, too")
            return None
        fields: dict[str, Field] = {
            "address": str(one), "status": "active", "vrf": vrf,
            "assigned_object_type": "virtualization.vminterface", "assigned_object_id": ref,
        }  # fmt: skip
        return self._add(Ref(ADDRESS, (*ref.key, space, str(one))), fields)

    def _vrf(self, cloud: str, tenant: str) -> Ref:
        """A tenant's addresses are its own: another tenant may have the same."""
        name = f"{cloud}/{tenant}"
        return self._add(Ref(VRF, (name,)), first={"name": name})


def _status(vm: Resource) -> str:
    return "offline" if is_off(vm) else "paused" if vm.text("state") == "paused" else "active"


def text(fleet: Fleet) -> str:
    """What vnetsh says of the fleet, as JSON: asked of no server."""
    said = objects(fleet)
    listing = {sort.url: [*_written(one for one in said.objects if one.ref.sort == sort)] for sort in SORTS}
    return json.dumps({**listing, "left out": said.remarks}, indent=2)


def _written(made: Iterable[Wanted]) -> Iterator[Mapping[str, object]]:
    for one in made:
        keys = {} if one.fields else dict(zip(one.ref.sort.keys, one.ref.key, strict=True))
        fields = {**keys, **one.first, **one.fields, **one.late}
        tags = {"tags": [{"slug": tag} for tag in one.tags]} if one.tags else {}
        about = {"name": one.ref.key[0]} if one.ref.sort == VM else {}
        yield {**about, **{name: _value(value) for name, value in fields.items()}, **tags}


def _value(value: Field) -> object:
    if isinstance(value, Ref):
        return dict(zip(value.sort.keys, value.key, strict=True))
    return [_value(one) for one in value] if isinstance(value, tuple) else value
