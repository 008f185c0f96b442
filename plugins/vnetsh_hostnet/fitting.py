"""What fits to the addresses that a host has where it is to serve: by what is there and what is said. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Resource
from vnetsh.model.nics import bond_nics
from vnetsh.schema.naming import no_bridge

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

LEAST_LEASE = 120_000
"""dnsmasq lends an address for no shorter time, in milliseconds."""


def texts(one: Resource | None, attribute: str) -> tuple[str, ...]:
    """A list of a resource, empty where it has none."""
    found = one.get(attribute) if one else None
    return tuple(map(str, found)) if isinstance(found, tuple) else ()


def placed(wanted: Resource, settler: Settling, what: str) -> Resource | Diagnostic:
    """Something of a bridge or an internal port with where that is; or why it cannot be there."""
    place, name = wanted.place, wanted.name
    if owner := settler.fleet.reserved(place, name):
        return of_a_network(wanted, owner, what)
    if settler.find("bridge", place, name):
        return wanted.with_attributes(bridge=name)
    port = settler.find("port", place, name)
    if port and port.parent and port.parent[0] == "bridge":
        return wanted.with_attributes(bridge=port.parent[1], port=name)
    return no_bridge(wanted, name, "name", settler.fleet)


def of_a_network(wanted: Resource, owner: str, what: str) -> Diagnostic:
    """What is a bridge of somebody's network (libvirt's) is left to that."""
    return Diagnostic(
        "E514",
        f"`{wanted.name}` on {wanted.place} is the bridge of {owner}, which has addresses, DHCP and NAT of its own: "
        f"{what} of ours would be in its way",
        wanted.at("name"),
        help="change that network (`virsh net-edit`), or make a bridge of your own: "
        f"`bridge lan0 on {wanted.place} backend linux address 192.168.50.1/24`",
    )


def addresses(place: str, device: str, settler: Settling) -> list[str]:
    """The addresses that a host will have on a device when this segment is made."""
    before = texts(settler.fleet.get("address", place, device), "addresses")
    others = [one for one in settler.fleet.addresses(place).get(device, ()) if one not in before]
    said = [one for one in settler.said if one.key == ("address", place, device)]
    return [*others, *(texts(said[0], "addresses") if said else before)]


def networks(found: Iterable[str]) -> list[str]:
    """The networks in which these addresses are."""
    return list(dict.fromkeys(str(ip_interface(one).network) for one in found))


def holds(network: str, address: str) -> bool:
    """Whether an address is in a network."""
    return ip_address(address) in ip_network(network)


def ends(text: str) -> tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address]:
    """The first and the last address of a range."""
    first, _, last = text.partition("-")
    return ip_address(first), ip_address(last or first)


def dhcp_problem(dhcp: Resource, had: Collection[str]) -> Diagnostic | None:
    """What is wrong with what a host is to lend, when it has these addresses there."""
    place, name = dhcp.place, dhcp.name
    ranges, lease = texts(dhcp, "range"), dhcp.get("lease")
    if not ranges:
        message, word = f"dhcp `{name}` on {place} has no addresses to lend", "name"
        return _lending(message, dhcp, word, "say them: `range 192.168.1.10-192.168.1.99`")
    if isinstance(lease, int) and lease < LEAST_LEASE:
        message = f"dhcp `{name}` on {place} cannot lend addresses for less than 2 minutes"
        return _lending(message, dhcp, "lease", "say `lease 2m`, or longer")
    for one in ranges:
        first, last = map(str, ends(one))
        home = next((n for n in networks(had) if holds(n, first) and holds(n, last)), "")
        if not home:
            message = f"{place} has no address on `{name}` in the network of {one}: dnsmasq would lend none of these"
            return _lending(message, dhcp, "range", give_address(dhcp, first))
    router = dhcp.text("router")
    if router and not any(holds(n, router) for n in networks(had)):
        message = (
            f"router {router} of dhcp `{name}` on {place} is in no network of the host's addresses there"
        )
        return _lending(message, dhcp, "router", "say one that the machines can reach, or `router none`")
    return None


def give_address(there: Resource, example: str) -> str:
    """How a host gets an address in the network of another one."""
    length = 24 if "." in example else 64
    own = ip_network(f"{example}/{length}", strict=False).network_address + 1
    where = f"bridge {there.name} on {there.place} address {own}/{length}"
    if there.get("port"):
        where = f"bridge {there.text('bridge')} on {there.place} port {there.name} type internal address {own}/{length}"
    return f"give it one: `{where}`"


def static_problem(static: Resource, had: Collection[str]) -> Diagnostic | None:
    """What is wrong with an address that a machine is always to get."""
    address, where = static.text("address"), static.parent[1] if static.parent else ""
    if address in (one.partition("/")[0] for one in had):
        message = f"{address} is the host's own address on `{where}` of {static.place}"
        return _lending(message, static, "address", "give the machine another one")
    if not any(holds(network, address) for network in networks(had)):
        message = f"{address} is in no network of the addresses that {static.place} has on `{where}`"
        return _lending(message, static, "address", "give the machine an address of that network")
    return None


def _lending(message: str, what: Resource, word: str, help: str) -> Diagnostic:
    return Diagnostic("E515", message, what.at(word, "name"), help=help)


def nat_problem(nat: Resource, settler: Settling) -> Diagnostic | None:
    """What is wrong with a NAT: nobody's packets would go, or by nothing."""
    place, name, out = nat.place, nat.name, nat.text("out")
    if not texts(nat, "networks"):
        return Diagnostic(
            "E519",
            f"the host has no IPv4 address on `{name}` of {place}: there is no network for a NAT",
            nat.at("name"),
            help=give_address(nat, "192.168.50.1"),
        )
    if not out:
        return None
    bridge = _bridge_of(place, out, settler)
    if out == name:
        return no_way_out(nat, "that is the network itself")
    if bridge != out:
        return no_way_out(nat, f"it is the uplink of `{bridge}`, by which the host's packets leave", bridge)
    if settler.fleet.link_mtu(place, out) is None and not settler.find("bridge", place, out):
        return no_way_out(nat, "there is no such device")
    return None


def no_way_out(nat: Resource, why: str, better: str = "") -> Diagnostic:
    """The problem of a NAT whose packets do not leave by that device."""
    return Diagnostic(
        "E519",
        f"nat `{nat.name}` on {nat.place} cannot go out by `{nat.text('out')}`: {why}",
        nat.at("out"),
        help=f"say `out {better}`, or leave `out` out"
        if better
        else "say the NIC or bridge by which the host itself reaches the outside, or leave `out` out",
    )


def way(route: Resource, settler: Settling) -> tuple[str, str | None] | Diagnostic:
    """The device by which a router is reached, and the `address` resource of ours that leads there."""
    place, via = route.place, route.text("via")
    if ip_network(route.name).version != ip_address(via).version:
        return _routing(
            f"{via} is no router for {route.name}: one is IPv4, the other IPv6", route, "take one of its own"
        )
    devices = {*settler.fleet.addresses(place)} | {
        one.name for one in settler.said if one.kind == "address" and one.place == place
    }
    for device in sorted(devices):
        for text in addresses(place, device, settler):
            if not holds(str(ip_interface(text).network), via):
                continue
            if text.partition("/")[0] == via:
                return _routing(
                    f"{via} is {place}'s own address on `{device}`", route, "say another machine's"
                )
            ours = settler.find("address", place, device)
            led = ours and any(holds(n, via) for n in networks(texts(ours, "addresses")))
            return _bridge_of(place, device, settler), device if led else None
    return _routing(
        f"{place} has no address in a network with {via}: it cannot send packets there",
        route,
        f"give it one first: `bridge lan0 on {place} address …`, or say another router",
    )


def _bridge_of(place: str, device: str, settler: Settling) -> str:
    """The bridge to which a device's addresses move, with it as uplink or in a bond, by then; else the device."""
    said = {one.name: one for one in settler.said if one.kind == "bridge" and one.place == place}
    there = settler.fleet.bridge_of_uplink(place, device)
    if there and "uplink" not in (said[there.name].attributes if there.name in said else ()):
        return there.name
    bonded = {nic: one.text("bridge") for one in settler.said if one.place == place for nic in bond_nics(one)}
    return bonded.get(device) or next(
        (name for name, one in said.items() if one.get("uplink") == device), device
    )


def has_ipv4(found: Iterable[str]) -> bool:
    """Whether there is an IPv4 address among these: without one a device masquerades nothing."""
    return any(":" not in one for one in found)


def _routing(message: str, route: Resource, help: str) -> Diagnostic:
    return Diagnostic("E516", message, route.at("via"), help=help)


def needed(address: Resource, after: Fleet) -> str:
    """What stays on a device and would lack the addresses that go, in words; empty where nothing does."""
    place, device = address.place, address.name
    had = after.addresses(place).get(device, ())
    for dhcp in after.of_kind("dhcp", place):
        if dhcp.name == device and (problem := dhcp_problem(dhcp, had)):
            return f"dhcp `{device}`: {problem.message}"
    for nat in after.of_kind("nat", place):
        if nat.name == device and not {*texts(nat, "networks")} <= {*networks(had)}:
            return f"nat `{device}`, which is for {', '.join(texts(nat, 'networks'))}"
    for route in after.of_kind("route", place):
        if route.get("dev") == device and not any(holds(n, route.text("via")) for n in networks(had)):
            return f"route `{route.name}`, which goes by {route.text('via')}"
    return ""
