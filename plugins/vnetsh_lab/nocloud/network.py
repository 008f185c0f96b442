"""Network configuration, of version 1 and of version 2 (netplan's), as commands of `ip`."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from vnetsh_lab.nocloud.said import listing, mapping, mappings, note, quoted

RESOLVER = "/etc/resolv.conf"


def network(config: Any, links: Mapping[str, str]) -> list[str]:
    """The commands of a configuration; `links` gives the MAC of each NIC that is there."""
    said = mapping(config)
    said = mapping(said["network"]) if "network" in said else said
    if said.get("config") == "disabled":
        return []
    if said.get("version") == 1:
        return _version_1(said, dict(links))
    if said.get("version") == 2:
        return _version_2(said, dict(links))
    return [note(f"network configuration of version {said.get('version')}")]


def _version_1(said: Mapping[str, Any], links: dict[str, str]) -> list[str]:
    lines, servers, domains = [], [], []
    for part in mappings(said.get("config")):
        kind, name = part.get("type"), str(part.get("name", ""))
        if kind == "physical":
            made, name = _found(name, part.get("mac_address"), name, links)
            lines += made
        elif kind == "vlan":
            lines.append(_vlan(str(part.get("vlan_link")), part.get("vlan_id"), name))
        elif kind == "nameserver":
            servers += listing(part.get("address"))
            domains += listing(part.get("search"))
            continue
        elif kind == "route":
            lines += _route(part, "")
            continue
        else:
            lines.append(note(f"a {kind} in the network configuration"))
            continue
        if not name:
            continue
        lines += _up(name, part.get("mtu"))
        for subnet in mappings(part.get("subnets")):
            lines += _subnet(name, subnet)
            servers += listing(subnet.get("dns_nameservers"), " ")
            domains += listing(subnet.get("dns_search"), " ")
    return [*lines, *_resolver(servers, domains)]


def _subnet(name: str, subnet: Mapping[str, Any]) -> list[str]:
    kind = str(subnet.get("type"))
    if kind in ("dhcp", "dhcp4"):
        return [f"/etc/lease {quoted(name)}"]
    if kind not in ("static", "static6"):
        return [] if kind in ("manual", "ipv6_slaac") else [note(f"a subnet of type {kind}")]
    lines = _address(name, subnet.get("address"), subnet.get("netmask"))
    if subnet.get("gateway"):
        lines += _route({"destination": "default", "gateway": subnet["gateway"]}, name)
    for route in mappings(subnet.get("routes")):
        lines += _route(route, name)
    return lines


def _version_2(said: Mapping[str, Any], links: dict[str, str]) -> list[str]:
    lines: list[str] = []
    servers: list[Any] = []
    domains: list[Any] = []
    names: dict[str, str] = {}
    for kind in ("ethernets", "vlans"):
        for label, inner in mapping(said.get(kind)).items():
            part = mapping(inner)
            if kind == "vlans":
                link = str(part.get("link"))
                name = label
                lines.append(_vlan(names.get(link, link), part.get("id"), name))
            else:
                match = mapping(part.get("match"))
                known = str(match.get("name") or ("" if match else label))
                made, name = _found(known, match.get("macaddress"), str(part.get("set-name") or ""), links)
                lines += made
                names[label] = name
                if not name:
                    continue
            lines += _up(name, part.get("mtu"))
            lines += _addresses(name, part)
            resolver = mapping(part.get("nameservers"))
            servers += listing(resolver.get("addresses"))
            domains += listing(resolver.get("search"))
    for kind in said:
        if kind not in ("version", "renderer", "ethernets", "vlans"):
            lines.append(note(f"{kind} in the network configuration"))
    return [*lines, *_resolver(servers, domains)]


def _addresses(name: str, part: Mapping[str, Any]) -> list[str]:
    lines = []
    for address in listing(part.get("addresses")):  # an address may have options: `10.0.0.2/24: {label: x}`
        lines += _address(name, next(iter(address)) if isinstance(address, dict) else address, None)
    for key in ("gateway4", "gateway6"):
        if part.get(key):
            lines += _route({"to": "default", "via": part[key]}, name)
    for route in mappings(part.get("routes")):
        lines += _route(route, name)
    if part.get("dhcp4"):
        lines.append(f"/etc/lease {quoted(name)}")
    if part.get("dhcp6"):
        lines.append(note(f"dhcp6 on {name}"))
    return lines


def _found(name: str, mac: Any, wanted: str, links: dict[str, str]) -> tuple[list[str], str]:
    """The NIC that is meant, by its MAC or its name, and how it gets the name it is to have.

    Another that has this name is renamed before: two NICs may have to change theirs.
    """
    wished = [
        link
        for link, its in links.items()
        if (its == str(mac).lower() if mac else link == name or _like(link, name))
    ]
    if not wished:
        return [note(f"there is no NIC {mac or name}")], ""
    link = wished[0]
    if not wanted or wanted == link:
        return [], link
    lines = []
    if wanted in links:
        away = f"{wanted}-before"[:15]
        lines += _rename(wanted, away)
        links[away] = links.pop(wanted)
    links[wanted] = links.pop(link)
    return [*lines, *_rename(link, wanted)], wanted


def _like(link: str, pattern: str) -> bool:
    return pattern.endswith("*") and link.startswith(pattern[:-1])


def _rename(old: str, new: str) -> list[str]:
    return [f"ip link set {quoted(old)} down", f"ip link set {quoted(old)} name {quoted(new)}"]


def _up(name: str, mtu: Any) -> list[str]:
    return [f"ip link set {quoted(name)} {f'mtu {int(mtu)} ' if mtu else ''}up"]


def _vlan(link: str, number: Any, name: str) -> str:
    return f"ip link add link {quoted(link)} name {quoted(name)} type vlan id {int(number)}"


def _address(name: str, address: Any, netmask: Any) -> list[str]:
    given = f"{address}/{netmask}" if netmask and "/" not in str(address) else str(address)
    try:
        return [f"ip address replace {ipaddress.ip_interface(given)} dev {quoted(name)}"]
    except ValueError:
        return [note(f"the address {given} of {name}")]


def _route(route: Mapping[str, Any], name: str) -> list[str]:
    """A route in the words of either version: `to`, `via` or `network`/`destination`, `netmask`, `gateway`."""
    target = str(route.get("to") or route.get("network") or route.get("destination") or "default")
    via = route.get("via") or route.get("gateway")
    if target != "default":
        mask = route.get("netmask")
        target = str(
            ipaddress.ip_network(f"{target}/{mask}" if mask and "/" not in target else target, False)
        )
    words = ["ip", "-6" if ":" in f"{target}{via}" else "-4", "route", "replace", target]
    words += ["via", str(ipaddress.ip_address(str(via)))] if via else []
    words += ["dev", quoted(name)] if name else []
    words += ["metric", str(int(route["metric"]))] if route.get("metric") else []
    return [" ".join(words)]


def _resolver(servers: Iterable[Any], domains: Iterable[Any]) -> list[str]:
    lines = [f"search {' '.join(map(str, domains))}"] if domains else []
    lines += [f"nameserver {server}" for server in servers]
    return [f"printf '%s\\n' {' '.join(map(quoted, lines))} >{RESOLVER}"] if lines else []
