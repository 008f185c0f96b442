"""The kind `attachment`: a vm's NIC on a network, as the network knows it. Said inside `vm` sentences: `port web`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.model import Resource
from vnetsh.schema import HOSTS, Address, Attribute, Kind, Mac, Name, Text
from vnetsh_ovn.chassis.facts import ChassisFacts
from vnetsh_ovn.names import mac_of, nic_id
from vnetsh_ovn.nouns.addresses import addresses_of
from vnetsh_ovn.nouns.known import one_of
from vnetsh_ovn.shapes.networks import MTU
from vnetsh_ovn.sort import CHASSIS, CLUSTER, INTEGRATION, SORT

if TYPE_CHECKING:
    from vnetsh.model import Change, Fleet
    from vnetsh.schema.lent import Settling

NETWORK = Name(what="a network", ref="network", qualified=True)
NO_ZONE = "E555"
_BRIDGE, _MTU, _MAC, _ADDRESS, _INTERFACE = "bridge", "mtu", "mac", "address", "interface-id"


def joins(nic: Resource, network: Resource, settler: Settling) -> Sequence[Resource]:
    """A NIC on its chassis, and the network's side of it."""
    assert nic.parent
    where = network.place
    network = settler.once(
        (f"ovn network of NICs {where}", network.name),
        lambda: one_of(settler, "network", where, network.name) or network,
    )
    if not _in_zone(nic.place, network.name, where, nic.at(_BRIDGE), settler):
        return []
    there = settler.fleet.get("attachment", where, nic.name)
    known = settler.fleet.get("port", nic.place, nic.name)
    interface = (there.text("interface") if there else "") or _interface(
        nic.parent[1], nic.name, where, settler
    )
    usual = nic.name if interface == nic_id(nic.parent[1], nic.name) else interface
    mac = nic.text(_MAC) or (known.text(_MAC) if known else "") or mac_of(f"nic {usual}")
    addresses = addresses_of(nic, network, there, settler)
    if addresses is None:
        return []
    values = {
        "network": network.name,
        _ADDRESS: addresses or None,
        _MAC: mac,
        "vm": nic.parent[1],
        "interface": interface,
        "at": (nic.place,),
        "chassis": (_chassis(settler.fleet, nic.place),),
    }
    rest = {name: value for name, value in nic.attributes.items() if name != _ADDRESS}
    mtu = {} if known or _MTU in rest else {_MTU: network.get(_MTU) or MTU}
    plugged = {**rest, **mtu, _BRIDGE: INTEGRATION, _INTERFACE: interface, _MAC: mac}
    attachment = Resource("attachment", nic.name, where, values, span=nic.span, words=nic.words)
    return [replace(nic, attributes=plugged), attachment]


def _in_zone(host: str, network: str, where: str, span: Span | None, settler: Settling) -> bool:
    """Whether NICs on a host can be on networks of a cluster; refuses it where not."""
    zones = (*settler.settled_of("zone"), *settler.fleet.of_kind("zone", host))
    if any((zone.place, zone.text("cluster")) == (host, where) for zone in zones):
        return True
    says = f"host `{host}` is in no zone of {where}, so no NIC there can be on network `{network}`"
    settler.refuse(Diagnostic(NO_ZONE, says, span, help=f"`zone NAME on {host}`"))
    return False


def _interface(vm: str, nic: str, place: str, settler: Settling) -> str:
    """What a new NIC's port is called: as follows from its name, where no port that got another one since has that."""
    taken = settler.once(
        ("ovn interfaces", place),
        lambda: {one.text("interface") for one in settler.fleet.of_kind("attachment", place)},
    )
    tries = (nic_id(vm, " ".join([nic, *("again" for _ in range(n))])) for n in range(len(taken) + 1))
    return next(one for one in tries if one not in taken)


def _chassis(fleet: Fleet, host: str) -> str:
    """What a host is called among the chassis; its own name until it is one."""
    return fleet.facts_of(host, CHASSIS, ChassisFacts).name or host


def escorts(attachment: Resource, move: Change, settler: Settling) -> Sequence[Resource]:
    """While its vm moves both hosts may have it: OVN switches over when the guest speaks at its new one."""
    assert move.before
    assert move.after
    old, new = move.before.place, move.after.place
    _in_zone(new, attachment.text("network"), attachment.place, move.after.span, settler)
    chassis = {host: _chassis(settler.fleet, host) for host in (old, new)}
    during = attachment.with_attributes(at=(old, new), chassis=(chassis[old], chassis[new]))
    return during, attachment.with_attributes(at=(new,), chassis=(chassis[new],))


def _renamed(attachment: Resource, names: Mapping[tuple[str, str], str]) -> Resource:
    """As its vm and its NIC are called then: what its logical port is called stays."""
    nic = names.get(("port", attachment.name))
    if nic is None:
        return attachment
    vm = attachment.text("vm")
    return replace(attachment, name=nic).with_attributes(vm=names.get(("vm", vm), vm))


ATTACHMENT_KIND = Kind(
    "attachment",
    subject=Name(what="a NIC's name"),
    help="A vm's NIC on a network, as the network knows it. Said inside `vm` sentences.",
    sort=SORT,
    attributes=(
        CLUSTER,
        Attribute("network", NETWORK, "The network."),
        Attribute(_ADDRESS, Address(what="a list of addresses", many=True), "Its addresses."),
        Attribute(_MAC, Mac(), "Its MAC address."),
        Attribute("vm", Name(what="a vm", ref="vm"), "The vm whose NIC it is.", settable=False),
        Attribute("at", HOSTS, "The host where it may be; both, while its vm moves.", settable=False),
        Attribute(
            "chassis",
            Text(many=True),
            "What these hosts are called in OVN.",
            settable=False,
            column=False,
            inner=True,
        ),
        Attribute(
            "interface", Text(), "What its logical port is called.", settable=False, column=False, inner=True
        ),
        Attribute("up", Text(), "Whether its port is up.", settable=False, passing=True),
    ),
    requires=("network", "zone"),
    rides_on=("vm",),
    brings=(),
    sayable=False,
    escorts=escorts,
    renamed=_renamed,
)
