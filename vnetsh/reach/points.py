"""Where packets begin and end: a vm's NICs, a port, a host's links that have addresses. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vnetsh.model import Fleet, Resource, link_of
from vnetsh.reach.addresses import address_of, plain_address, seen
from vnetsh.reach.joints import Spot, outside
from vnetsh.reach.segments import device_of, vlans_of
from vnetsh.reach.tags import UNTAGGED


@dataclass(frozen=True)
class Point:
    """A place where packets begin or end: the device `link` of a host.

    `spot` is the bridge, or what is behind a NIC, that it is at; None where it is at none. `vlans` are those of
    its packets there. `what` is the port or bridge that it is, None of a NIC of its host's; `addresses` have prefixes.
    """

    place: str
    link: str
    spot: Spot | None
    vlans: tuple[int, ...] = (UNTAGGED,)
    isolated: bool = False
    what: Resource | None = None
    mac: str = ""
    addresses: tuple[str, ...] = ()

    @property
    def of_vm(self) -> str:
        """The vm whose NIC it is; empty of others."""
        parent = self.what.parent if self.what else None
        return parent[1] if parent and parent[0] == "vm" else ""


def of_port(port: Resource, fleet: Fleet) -> Point:
    """A bridge's port, or a vm's NIC."""
    bridge, vlan = device_of(fleet, port.place, port.text("bridge"))
    link = link_of(port)
    of_vm = bool(port.parent and port.parent[0] == "vm")
    # The address of a `system` port's device is not that of who is behind it.
    own = "" if of_vm or port.get("type") == "system" else fleet.mac(port.place, link)
    return Point(
        port.place,
        link,
        bridge if port.get("bridge") else None,
        (vlan,) if vlan else tuple(vlans_of(port, fleet)),
        bool(port.get("isolated")),
        port,
        port.text("mac").lower() if of_vm else own,
        () if of_vm else tuple(fleet.addresses(port.place).get(link, ())),
    )


def of_link(host: str, link: str, fleet: Fleet) -> Point:
    """A link of a host: a bridge's own device, a port, or a NIC that is at no bridge."""
    port, bridge = fleet.get("port", host, link), fleet.get("bridge", host, link)
    if port:
        return of_port(port, fleet)
    addresses, mac = tuple(fleet.addresses(host).get(link, ())), fleet.mac(host, link)
    if bridge:
        spot, vlan = device_of(fleet, host, link)
        return Point(host, link, spot, (vlan,), False, bridge, mac, addresses)
    return Point(host, link, outside(host, link), mac=mac, addresses=addresses)


def of_address(address: str, fleet: Fleet) -> Sequence[Point]:
    """The links that have an address; none where nobody is seen to have it."""
    return [of_link(host, link, fleet) for host, link in seen(fleet).get(plain_address(address), ())]


def of_host(host: str, fleet: Fleet) -> Sequence[Point]:
    """A host, at its underlay address or, where that is on none of its links, at each that it has."""
    address = plain_address(fleet.hosts[host].address)
    found = list(_with(address, host, fleet)) if address else []
    links = (*fleet.underlay_links(host), *(link for link in fleet.addresses(host) if link != "lo"))
    return found or [of_link(host, link, fleet) for link in dict.fromkeys(links)]


def _with(address: str, host: str, fleet: Fleet) -> Iterator[Point]:
    for link, texts in fleet.addresses(host).items():
        if address in map(address_of, texts):
            yield of_link(host, link, fleet)
