"""Networks that a host's own libvirt has, as things: by the bridges that it makes for them, and by NICs of vms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vnetsh.model import Fleet, Resource, listed
from vnetsh.pictures.picture import Line, Thing, id_of

_IN_WORDS = re.compile(r"libvirt's network `(.+)`", re.DOTALL)


@dataclass(frozen=True)
class HostNetworks:
    """The networks of a fleet's hosts, as things in them, with lines to what is on them."""

    things: Mapping[str, Thing]
    lines: tuple[Line, ...]


def host_networks(fleet: Fleet, drawn: Mapping[str, Thing]) -> HostNetworks:
    """Each with a line to its bridge; to a vm where no bridge of it is `drawn`."""
    things: dict[str, Thing] = {}
    lines: dict[str, Line] = {}
    for host, name, end, addresses in _found(fleet, drawn):
        id = id_of("network", host, name)
        if id not in things or addresses:
            things[id] = Thing(
                id,
                "network",
                name,
                host,
                f"host:{host}",
                "libvirt's",
                tags=addresses,
                about={"of": "libvirt"},
            )
        line = Line(min(id, end), max(id, end), "refers")
        lines[line.id] = line
    return HostNetworks(things, tuple(lines.values()))


def _found(fleet: Fleet, drawn: Mapping[str, Thing]) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """The host and the name of each, what is on it, and its addresses there."""
    for bridge in fleet.of_kind("bridge"):
        if said := _IN_WORDS.fullmatch(bridge.text("network")):
            addresses = tuple(fleet.addresses(bridge.place).get(bridge.name, ()))
            yield bridge.place, said[1], id_of("bridge", bridge.place, bridge.name), addresses
    for nic in fleet.of_kind("port"):
        if nic.get("network") and nic.parent and nic.parent[0] == "vm" and not fleet.attached(nic):
            yield nic.place, nic.text("network"), _end(nic, drawn), ()


def _end(nic: Resource, drawn: Mapping[str, Thing]) -> str:
    bridge = id_of("bridge", nic.place, nic.text("bridge"))
    return bridge if bridge in drawn else id_of("vm", nic.place, (nic.parent or ("", ""))[1])


def services(fleet: Fleet) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """What hosts do on networks themselves, as it is told of their things: routes, addresses, DHCP, NAT."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}

    def tell(id: str, name: str, *words: str) -> None:
        about = found.setdefault(id, {})
        about[name] = (*about.get(name, ()), *(word for word in words if word))

    for route in fleet.of_kind("route"):
        way = f"{route.name} via {route.text('via')}" if route.get("via") else route.name
        tell(f"host:{route.place}", "routes", f"{way} dev {route.text('dev')}" if route.get("dev") else way)
    for kind, name, attribute in (("address", "host's addresses", "addresses"), ("dhcp", "dhcp", "range")):
        for one in fleet.of_kind(kind):
            tell(id_of("bridge", one.place, one.name), name, *listed(one.get(attribute)))
    for nat in fleet.of_kind("nat"):
        tell(id_of("bridge", nat.place, nat.name), "nat", *(listed(nat.get("networks")) or ("yes",)))
    return found
