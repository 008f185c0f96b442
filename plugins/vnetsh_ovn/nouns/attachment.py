"""The kind `attachment`: a vm's NIC on a network, as the network knows it. Said inside `vm` sentences: `port web`."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.schema import HOSTS, Address, Attribute, Kind, Mac, Name, Text
from vnetsh_ovn.chassis.facts import ChassisFacts
from vnetsh_ovn.names import mac_of, nic_id, tenant_of
from vnetsh_ovn.shapes.networks import MTU, gateway_of, subnets_of
from vnetsh_ovn.shapes.words import listed
from vnetsh_ovn.sort import CHASSIS, CLUSTER, INTEGRATION, SORT

if TYPE_CHECKING:
    from vnetsh.model import Change, Fleet
    from vnetsh.schema.lent import Settling

NETWORK = Name(what="a network", ref="network", qualified=True)
NO_ZONE, NO_ADDRESS = "E555", "E556"
_BRIDGE, _MTU, _MAC, _ADDRESS, _INTERFACE = "bridge", "mtu", "mac", "address", "interface-id"


def joins(nic: Resource, network: Resource, settler: Settling) -> Sequence[Resource]:
    """A NIC on its chassis, and the network's side of it."""
    assert nic.parent
    where = network.place
    zones = [
        zone for zone in (*settler.settled, *settler.fleet.of_kind("zone", nic.place)) if zone.kind == "zone"
    ]
    if not any((zone.place, zone.text("cluster")) == (nic.place, where) for zone in zones):
        settler.refuse(
            Diagnostic(
                NO_ZONE,
                f"host `{nic.place}` is in no zone of {where}, so no NIC there can be on network `{network.name}`",
                nic.at(_BRIDGE),
                help=f"`zone NAME on {nic.place}`",
            )
        )
        return []
    there = settler.fleet.get("attachment", where, nic.name)
    known = settler.fleet.get("port", nic.place, nic.name)
    mac = nic.text(_MAC) or (known.text(_MAC) if known else "") or mac_of(f"nic {nic.name}")
    addresses = _addresses(nic, network, there, settler)
    if addresses is None:
        return []
    interface = (there.text("interface") if there else "") or nic_id(nic.parent[1], nic.name)
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


def _chassis(fleet: Fleet, host: str) -> str:
    """What a host is called among the chassis; its own name until it is one."""
    return fleet.facts_of(host, CHASSIS, ChassisFacts).name or host


def _addresses(
    nic: Resource, network: Resource, there: Resource | None, settler: Settling
) -> tuple[str, ...] | None:
    """The addresses that a NIC gets: as said, as it has them, or the first that are free; None where it is refused."""
    subnets = subnets_of(network)
    taken = dict(_taken(nic, network, settler))
    said = nic.get(_ADDRESS)
    if isinstance(said, tuple):
        for one in listed(said):
            problem, help = "", f"an address of {', '.join(map(str, subnets)) or 'no subnet'}"
            if not any(ipaddress.ip_address(one) in subnet for subnet in subnets):
                problem = f"{one} is not in a subnet of network `{network.name}`"
            elif one in taken:
                problem, help = (
                    f"{one} is {taken[one]} already",
                    "leave `address` out: the first free one is taken",
                )
            if problem:
                settler.refuse(Diagnostic(NO_ADDRESS, problem, nic.at(_ADDRESS), help=help))
                return None
        return tuple(map(str, said))
    if there and there.text("network") == network.name and isinstance(there.get(_ADDRESS), tuple):
        had = there.get(_ADDRESS)
        assert isinstance(had, tuple)
        return tuple(map(str, had))
    found = []
    for subnet in subnets:
        free = next((str(one) for one in subnet.hosts() if str(one) not in taken), "")
        if not free:
            settler.refuse(
                Diagnostic(
                    NO_ADDRESS, f"network `{network.name}` has no free address in {subnet}", nic.at(_BRIDGE)
                )
            )
            return None
        found.append(free)
    return tuple(found)


def _taken(nic: Resource, network: Resource, settler: Settling) -> Iterator[tuple[str, str]]:
    """The addresses of a network that somebody has, or is said to get, each with who that is."""
    for version in (4, 6):
        if gateway := gateway_of(network, version):
            yield gateway, "its gateway's"
    here = network.place, tenant_of(network.name)
    for other in (*settler.fleet.resources.values(), *settler.said, *settler.settled):
        if other.kind == "loadbalancer" and (other.place, tenant_of(other.name)) == here:
            yield other.text(_ADDRESS), f"load balancer {other.name}'s"
            for check in listed(other.get("checks")):  # a backend's address, its port, and who asks it
                yield check.split()[2], f"load balancer {other.name}'s, by which it asks"
        elif other.name != nic.name and _is_on(other, network):
            for one in listed(other.get(_ADDRESS)):
                yield one, f"port {other.name}'s" if other.get("vm") is None else f"NIC {other.name}'s"


def _is_on(other: Resource, network: Resource) -> bool:
    """Whether something is a NIC on a network, or said to be one."""
    if other.kind == "port":
        return other.text(_BRIDGE).removeprefix("network:") == network.name
    return (other.kind, other.place, other.text("network")) == ("attachment", network.place, network.name)


def escorts(attachment: Resource, move: Change, settler: Settling) -> Sequence[Resource]:
    """While its vm moves both hosts may have it: OVN switches over when the guest speaks at its new one."""
    assert move.before
    assert move.after
    old, new = move.before.place, move.after.place
    chassis = {host: _chassis(settler.fleet, host) for host in (old, new)}
    during = attachment.with_attributes(at=(old, new), chassis=(chassis[old], chassis[new]))
    return during, attachment.with_attributes(at=(new,), chassis=(chassis[new],))


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
)
