"""What several assessments refuse alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import BackendRefused
from vnetsh.model import Change, Fleet, Resource
from vnetsh.model.power import MANAGED
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.definition import nic_of, recorded
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.fields import BRIDGE, NIC_FIELDS
from vnetsh_libvirt.users import built_on

VLAN_ON_LINUX = 11_000_000
"""libvirt's version from which it can put a tap on a VLAN of a Linux bridge (11.0.0)."""

_WORDS = {"E443": "disk", "E444": "memory", "E446": "vlan", "E449": "vlan", "E454": "disk"}
"""The word that a problem is about, by its code; the name of others."""

T = TypeVar("T")


def of_kind(table: Mapping[str, T], resource: Resource) -> T:
    """What a table has for a resource's kind. Raises `BackendRefused` for one that libvirt has nothing to do with."""
    found = table.get(resource.kind)
    if found is None:
        raise BackendRefused(f"{resource.place}: backend {NAME} does not know the kind {resource.kind}")
    return found


def refused(
    code: str, resource: Resource, message: str, help: str, label: str = "", *, word: str = ""
) -> Assessment:
    """An assessment that forbids the change, for what stands at a `word` of its sentence."""
    span = resource.at(word or _WORDS.get(code, "name"))
    return Assessment(problem=Diagnostic(code, message, span, label, help))


def transient(vm: Resource) -> bool:
    """Whether libvirt will forget the VM when it stops; one that a cluster keeps up has its definition there."""
    return vm.record is not None and vm.record.get("persistent") is False and not vm.get(MANAGED)


def of_one_uuid(vm: Resource, host: str, fleet: Fleet) -> Resource | None:
    """Another VM of a host that has a VM's UUID: libvirt takes only one of them there."""
    defined = recorded(vm)
    uuid = defined.uuid if defined else ""
    others = (one for one in fleet.of_kind("vm", host) if one.name != vm.name and uuid)
    alike = (one for one in others if uuid in str((one.record or {}).get("xml")))  # soon told of most of them
    return next((one for one in alike if (other := recorded(one)) and other.uuid == uuid), None)


def template_problem(resource: Resource, vm: Resource, fleet: Fleet) -> Assessment | None:
    """Why a VM must not write to its disks: another one's build on them."""
    found = built_on(vm, fleet)
    if found is None:
        return None
    path, user = found
    return refused(
        "E454",
        resource,
        f"{path} is the template of vm `{user}`, whose disk holds only what differs from it: vm `{vm.name}` must not "
        "write to it",
        f"give {vm.name} a copy of it, or delete vm {user} first",
        word="name",
    )


def vlan_problem(port: Resource, host: str, fleet: Fleet) -> Assessment | None:
    """Why a NIC with a VLAN cannot be on its bridge at a host: on a VLAN; on a Linux bridge before libvirt 11.0.

    From then on it gives a NIC its VLANs at each start, where the bridge filters them.
    """
    bridge = fleet.get("bridge", host, port.text(BRIDGE))
    if bridge is None:
        return None
    parent = bridge.text("parent")
    if parent:
        why = f"VLAN {bridge.get('vlan')} of `{parent}`"
        help = f"put it on `{parent}`, or leave the VLAN out"
    elif bridge.backend == "ovs":
        return None
    elif (facts(fleet, host).version or 0) >= VLAN_ON_LINUX:
        if bridge.get("vlan-filtering"):
            return None
        why, help = "without VLANs", f"say it: `bridge {bridge.name} on {host} vlan-filtering yes`"
    else:
        why = "Linux's"
        help = "libvirt does that from version 11.0; make it a bridge of Open vSwitch, or leave the VLAN out"
    for field in NIC_FIELDS:
        value = port.get(field.name)
        if field.tags and value is not None:
            message = f"port `{port.name}` cannot be {field.said(value)}: `{bridge.name}` on {host} is {why}"
            return refused("E446", port, message, help)
    return None


def tags_problem(change: Change, mixed: str) -> Assessment | None:
    """Why a NIC cannot get these VLAN tags: they would take the place of others, which nobody said shall go.

    `mixed` says those that its switch has and no attribute says.
    """
    port = change.resource
    said = [field.name for field in NIC_FIELDS if field.tags and port.get(field.name) is not None]
    if not (change.before and change.before.record):
        return None
    nic = nic_of(change.before)
    if not said and nic.keeps_vlans and nic.bridge == port.get(BRIDGE) and not change.undo:
        return refused(
            "E449",
            port,
            f"port `{port.name}` has the VLANs of its libvirt network when it has none of its own",
            f"give it another one, or change the network: `virsh net-edit` on {port.place}",
        )
    if not change.differing().keys() & set(said):
        return None
    if mixed:
        return refused(
            "E449",
            port,
            f"port `{port.name}` has {mixed} at its switch, which `{said[0]}` would take the place of",
            "take that away first: `ovs-vsctl clear port … vlan_mode trunks tag`",
        )
    tags = ", ".join(map(str, nic.vlans[0]))
    if tags and all(field.where.read(nic) is None for field in NIC_FIELDS if field.tags):
        return refused(
            "E449",
            port,
            f"port `{port.name}` has a trunk of VLANs {tags}, which `{said[0]}` would take the place of",
            f"take the trunk away first: `virsh edit {nic.owner}`",
        )
    return None
