"""Routers: each with a port in every network that it joins, one of them by a gateway to the outside."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from vnetsh.model import Resource, Value, listed
from vnetsh_ovn.marks import KEY, ids_of, is_marked, owner_of
from vnetsh_ovn.names import mac_of
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import GATEWAY, NAT, ROUTE, ROUTER, ROUTER_PORT, SWITCH, SWITCH_PORT, Index, Ref
from vnetsh_ovn.shapes.beyond import BEYOND, POLICY, beyond
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row, as_list, as_map, as_set

HOST = "vnetsh-host"
"""Key of a gateway: the host that its chassis is."""
_UPLINK = "vnetsh-uplink"  # key of the port that leads outside
_SNAT = "vnetsh-snat"  # key of a router whose networks get out as itself, be there any or not
MOST = 100
"""The priority of the first gateway; each further one has one less."""
ALL = {4: "0.0.0.0/0", 6: "::/0"}
"""All addresses, by the version of IP."""
GUARD = "guard"
"""The attribute of what nobody sends it from outside: priority, action and match of a policy."""


class Leg(NamedTuple):
    """A router's port in a network: the rows of its two ends, by UUID, and the network's name."""

    port: str
    end: str
    network: str


def legs_of(index: Index, router: Row) -> Iterator[Leg]:
    """The ports of a router that are in a network, by whomever they were made."""
    for uuid, port in index.owned(ROUTER, router, "ports"):
        end = index.ends.get(str(port.get("name")), "")
        _, switch = index.owner(end, SWITCH) if end else ("", {})
        if switch:
            yield Leg(uuid, end, str(switch.get("name")))


def default_route(router: str, version: int) -> Ref:
    """The route by which a router reaches all that is outside."""
    return Ref(ROUTE, f"{router} uplink IPv{version}")


class _Routers:
    kind = "router"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        name, router = resource.name, Ref(ROUTER, resource.name)
        ids = {_SNAT: "yes"} if resource.get("snat") and resource.marked else {}
        found = [of(resource, Piece(router, {"name": name}, {"external_ids": ids}))]
        for end in ends_of(resource):
            found += _leg(resource, end)
            if end.outside:
                port = Ref(ROUTER_PORT, end.port)
                found += [*_gateways(resource, index, port), *_routes(resource, router, port)]
        if resource.get("snat"):
            found += _translations(resource, index, router)
        if guard := resource.text(GUARD):
            priority, action, match = guard.split(" ", 2)
            columns = {"priority": int(priority), "action": action, "match": match}
            piece = Piece(_guard(name), columns, {}, (Within(router, "policies"),))
            found.append(of(resource, piece, keyed=True))
        return found

    def read(self, index: Index, place: str) -> Iterator[Found]:
        named = {row.get("name"): uuid for uuid, row in reversed([*index.rows(ROUTER)])}
        for uuid, row in index.rows(ROUTER):
            name = str(row.get("name") or "")
            if not name or named[name] != uuid:
                name = f"{name}:{uuid[:8]}" if name else uuid
            values, rows = _values(index, row, name, place)
            router = Resource(
                self.kind, name, place, values, backend=NAME, marked=is_marked(row), owner=owner_of(row)
            )
            yield Found(router, [(ROUTER, uuid), *rows])


class End(NamedTuple):
    """A router's port in a network, and what the network's own end of it is called."""

    network: str
    port: str
    mac: str
    end: str
    addresses: Sequence[str]
    outside: bool = False


def _guard(router: str) -> Ref:
    return Ref(POLICY, f"{router} guard")


def ends_of(router: Resource) -> Iterator[End]:
    """The ports of a router as they will be, that to the outside last."""
    made = {word.split()[0]: word.split() for word in listed(router.get("made"))}
    words = [word.split() for word in listed(router.get("ports"))]
    uplink = router.text("uplink")
    if uplink:
        words.append([uplink, *listed(router.get("outside"))])
    for network, *addresses in words:
        _, port, mac, end = made.get(network) or _called(router.place, router.name, network)
        yield End(network, port, mac, end, addresses, network == uplink)


def advertising(mtu: str) -> Mapping[str, str]:
    """What a router tells guests of itself by IPv6: addresses by DHCP, and the MTU (ovn-nb(5), ipv6_ra_configs)."""
    return {"address_mode": "dhcpv6_stateful", "send_periodic": "true", "mtu": mtu}


def _leg(router: Resource, end: End) -> tuple[Piece, Piece]:
    """Both ends of a router's port in a network."""
    columns = {"name": end.port, "mac": end.mac, "networks": as_set(end.addresses)}
    options = {"router-port": end.port}
    keys: dict[str, Mapping[str, str]] = {}
    advertised = dict(map(str.split, listed(router.get("advertises"))))
    if router.marked and end.outside:
        keys["external_ids"] = {_UPLINK: "yes"}
        # Whoever takes over as its gateway tells the switches outside (ovn-nb(5), nat-addresses).
        options["nat-addresses"] = "router"
    if router.marked and end.network in advertised and not end.outside:
        keys["ipv6_ra_configs"] = advertising(advertised[end.network])
    here = (Within(Ref(ROUTER, router.name), "ports"),)
    there = (Within(Ref(SWITCH, end.network), "ports"),)
    far = {"name": end.end, "type": "router", "addresses": "router"}
    return (
        of(router, Piece(Ref(ROUTER_PORT, end.port), columns, keys, here)),
        of(router, Piece(Ref(SWITCH_PORT, end.end), far, {"options": options}, there)),
    )


def _called(place: str, router: str, network: str) -> Sequence[str]:
    """How a router's port in a network is called and addressed: network, port, MAC, the other end."""
    port = f"{router}:{network}"
    return network, port, mac_of(f"{place} {port}"), f"{network}:{router}"


def _gateways(router: Resource, index: Index, port: Ref) -> Iterator[Piece]:
    chassis = listed(router.get("chassis"))
    hosts = listed(router.get("gateways"))
    there = {str(row["chassis_name"]): row for row in _gateways_there(index, index.row(port))}
    priorities = [row["priority"] for row in there.values()]  # whoever gave them
    if len(priorities) != len(chassis):
        priorities = [MOST - position for position in range(len(chassis))]
    for position, one in enumerate(chassis):
        name = str(there[one]["name"]) if one in there else f"{port.key}-{one}"
        columns = {"name": name, "chassis_name": one, "priority": priorities[position]}
        keys = {"external_ids": {HOST: hosts[position]}} if router.marked else {}
        yield of(router, Piece(Ref(GATEWAY, name), columns, keys, (Within(port, "gateway_chassis"),)))


def _gateways_there(index: Index, port: Row) -> Sequence[Row]:
    """The gateways of a router's port, the first of them first."""
    rows = [row for _, row in index.owned(ROUTER_PORT, port, "gateway_chassis")]
    return sorted(rows, key=lambda row: -int(row["priority"]))


def _routes(router: Resource, ref: Ref, port: Ref) -> Iterator[Piece]:
    for hop in listed(router.get("nexthops")):
        version = ipaddress.ip_address(hop).version
        columns = {"ip_prefix": ALL[version], "nexthop": hop, "output_port": port.key}
        piece = Piece(default_route(router.name, version), columns, {}, (Within(ref, "static_routes"),))
        yield of(router, piece, keyed=True)


def _translations(router: Resource, index: Index, ref: Ref) -> Iterator[Piece]:
    """For each subnet inside, that it has the router's own address outside."""
    outer = {ipaddress.ip_address(one).version: one for one in listed(router.get("address"))}
    there = {
        str(row["logical_ip"]): uuid
        for uuid, row in index.owned(ROUTER, index.row(ref), "nat")
        if row["type"] == "snat" and KEY not in ids_of(row)
    }
    for subnet in inside(router):
        if address := outer.get(subnet.version):
            columns = {"type": "snat", "external_ip": address, "logical_ip": str(subnet)}
            key = there.get(str(subnet), f"{router.name} snat {subnet}")
            piece = Piece(Ref(NAT, key), columns, {}, (Within(ref, "nat"),))
            yield of(router, piece, keyed=str(subnet) not in there)


def inside(router: Resource) -> Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The subnets of all networks that a router joins."""
    return [subnet for word in listed(router.get("ports")) for subnet in _subnets(word)]


def _subnets(word: str) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The subnets of one of its ports."""
    for address in word.split()[1:]:
        yield ipaddress.ip_interface(address).network


def _values(index: Index, row: Row, name: str, place: str) -> tuple[dict[str, Value], list[tuple[str, str]]]:
    """What a router's rows say, and all of these, but those of other kinds."""
    ports, advertised, made, found = [], [], [], dict[str, Value]()
    rows: list[tuple[str, str]] = []
    for leg in legs_of(index, row):
        port, end = index.tables[ROUTER_PORT][leg.port], index.tables[SWITCH_PORT][leg.end]
        gateways = [uuid for uuid, _ in index.owned(ROUTER_PORT, port, "gateway_chassis")]
        rows += [(ROUTER_PORT, leg.port), (SWITCH_PORT, leg.end), *((GATEWAY, uuid) for uuid in gateways)]
        addresses = sorted(as_list(port.get("networks")))
        called = leg.network, str(port["name"]), str(port["mac"]), str(end["name"])
        if called != _called(place, name, leg.network):
            made.append(" ".join(called))
        if "uplink" not in found and _leads_outside(index, port, end):
            found["uplink"] = leg.network
            found["outside"] = tuple(addresses)
            found["address"] = tuple(str(ipaddress.ip_interface(one).ip) for one in addresses)
            found |= _read_gateways(index, port)
            continue
        ports.append(" ".join([leg.network, *addresses]))
        if mtu := as_map(port.get("ipv6_ra_configs")).get("mtu"):
            advertised.append(f"{leg.network} {mtu}")
    if ports:
        found["networks"] = tuple(sorted(word.split()[0] for word in ports))
        found["ports"] = tuple(sorted(ports))
    if made:
        found["made"] = tuple(sorted(made))
    if advertised:
        found["advertises"] = tuple(sorted(advertised))
    hops = []
    for version in (4, 6):
        if uuid := index.find(default_route(name, version)):
            hops.append(str(index.tables[ROUTE][uuid]["nexthop"]))
            rows.append((ROUTE, uuid))
    if hops:
        found["nexthops"] = tuple(hops)
    outer = listed(found.get("address"))
    snat = {
        str(one["logical_ip"]): uuid
        for uuid, one in index.owned(ROUTER, row, "nat")
        if one["type"] == "snat" and one["external_ip"] in outer
    }
    versions = {ipaddress.ip_address(one).version for one in outer}
    wanted = {str(net) for word in ports for net in _subnets(word) if net.version in versions}
    if wanted <= {*snat} and (_SNAT in ids_of(row) or (snat and not is_marked(row))):
        found["snat"] = True
    if uuid := index.find(_guard(name)):
        policy = index.tables[POLICY][uuid]
        found[GUARD] = f"{policy['priority']} {policy['action']} {policy['match']}"
        rows.append((POLICY, uuid))
    rows += [(NAT, uuid) for uuid in snat.values()] if found.get("snat") or is_marked(row) else []
    more = [*beyond(index, row, {uuid for _, uuid in rows})]
    if more:
        found[BEYOND] = tuple(one.words for one in more)
    return found, [*rows, *(one.row for one in more if one.row)]


def _leads_outside(index: Index, port: Row, end: Row) -> bool:
    """Whether a router's port is the one to the outside: of one that others made, its gateways tell."""
    if is_marked(port):
        return _UPLINK in ids_of(port)
    return bool(as_list(port.get("gateway_chassis")))


def _read_gateways(index: Index, port: Row) -> Mapping[str, Value]:
    rows = _gateways_there(index, port)
    hosts = [ids_of(row).get(HOST, "") for row in rows]
    return {
        **({"chassis": tuple(str(row["chassis_name"]) for row in rows)} if rows else {}),
        **({"gateways": tuple(hosts)} if hosts and all(hosts) else {}),
    }


ROUTER_SHAPE = _Routers()
