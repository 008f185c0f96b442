"""Networks: each a logical switch, with what its guests are told by DHCP, and for the outside a port to a bridge."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from vnetsh.model import Resource, Value
from vnetsh_ovn.marks import ids_of, is_marked, owner_of
from vnetsh_ovn.names import mac_of
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import DHCP, SWITCH, SWITCH_PORT, Index, Ref
from vnetsh_ovn.shapes.beyond import BEYOND, of_network
from vnetsh_ovn.shapes.closing import closing, closing_rows
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row, as_map, as_scalar

MTU = 1442
"""What guests are told where nothing is said: an underlay of 1500 bytes, less Geneve's 58 (ovn-architecture(7))."""
_LEASE = "3600"  # seconds
_SUBNETS, _GATEWAY, _DNS, _MTU, _DHCP = (
    f"vnetsh-{word}" for word in ("subnet", "gateway", "dns", "mtu", "dhcp")
)
_SAID = {"subnet": _SUBNETS, "gateway": _GATEWAY, "dns": _DNS}
LOCALNET = "localnet"


def subnets_of(network: Resource) -> Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """A network's subnets: one of each version at most."""
    said = network.get("subnet")
    return [ipaddress.ip_network(str(one)) for one in (said if isinstance(said, tuple) else ())]


def gateway_of(network: Resource, version: int = 4) -> str:
    """The address of the router in a network: as it is said, else the first of its subnet; empty where it has none."""
    said = network.get("gateway")
    for one in said if isinstance(said, tuple) else ():
        if ipaddress.ip_address(str(one)).version == version:
            return str(one)
    subnet = next((one for one in subnets_of(network) if one.version == version), None)
    return str(subnet[1]) if subnet is not None else ""


@lru_cache
def options_of(network: str, version: int) -> Ref:
    """What the guests of a network are told by DHCP."""
    return Ref(DHCP, f"{network} dhcpv{version}")


def outside_of(network: str) -> Ref:
    """The port of a network that leads to the bridge outside."""
    return Ref(SWITCH_PORT, f"{network}:outside")


class _Networks:
    kind = "network"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        name, switch = resource.name, Ref(SWITCH, resource.name)
        ids = {
            key: _listed(value) for word, key in _SAID.items() if (value := resource.get(word)) is not None
        }
        if (mtu := resource.get("mtu")) is not None:
            ids[_MTU] = str(mtu)
        if resource.get("dhcp"):
            ids[_DHCP] = "yes"
        found = [of(resource, Piece(switch, {"name": name}, {"external_ids": ids})), *closing(resource)]
        if resource.get("dhcp"):
            for subnet in subnets_of(resource):
                ref = options_of(name, subnet.version)
                columns = {"cidr": str(subnet)}
                told = _told(resource, subnet.version)
                ports = _ports(index, switch)
                given = tuple(Within(port, f"dhcpv{subnet.version}_options") for port in ports)
                found.append(of(resource, Piece(ref, columns, {"options": told}, given), keyed=True))
        if bridge := resource.text("bridge"):
            ref = outside_of(name)
            outside: dict[str, object] = {"name": ref.key, "type": LOCALNET, "addresses": "unknown"}
            if (vlan := resource.get("vlan")) is not None:
                outside["tag"] = vlan
            keys = {"options": {"network_name": bridge}}
            found.append(of(resource, Piece(ref, outside, keys, (Within(switch, "ports"),))))
        return found

    def read(self, index: Index, place: str) -> Iterator[Found]:
        named = {row.get("name"): uuid for uuid, row in reversed([*index.rows(SWITCH)])}
        for uuid, row in index.rows(SWITCH):
            name = str(row.get("name") or "")
            if not name or named[name] != uuid:
                name = f"{name}:{uuid[:8]}" if name else uuid
            values, rows = _values(row), [(SWITCH, uuid), *closing_rows(index, name)]
            for version in (4, 6):
                if options := index.find(options_of(name, version)):
                    rows.append((DHCP, options))
            if (port := index.find(outside_of(name))) or (port := _outside(index, row)):
                values |= _to_bridge(index.tables[SWITCH_PORT][port])
                rows.append((SWITCH_PORT, port))
            if more := [*of_network(index, row)]:
                values[BEYOND] = tuple(one.words for one in more)
                rows += [one.row for one in more if one.row]
            network = Resource(
                self.kind, name, place, values, backend=NAME, marked=is_marked(row), owner=owner_of(row)
            )
            yield Found(network, rows)


def _ports(index: Index, switch: Ref) -> Iterator[Ref]:
    """The ports of a switch that are vms' NICs, and vnetsh's."""
    for _, port in index.owned(SWITCH, index.row(switch), "ports"):
        if not port.get("type") and is_marked(port):
            yield Ref(SWITCH_PORT, str(port["name"]))


def _told(network: Resource, version: int) -> dict[str, str]:
    """The options of DHCP: for IPv6 addresses alone, the rest is told by the router's own advertisements."""
    mac, dns = mac_of(f"dhcp {network.name}"), network.get("dns")
    servers = [one for one in (dns if isinstance(dns, tuple) else ()) if (":" in str(one)) == (version == 6)]
    listed = f"{{{', '.join(map(str, servers))}}}"
    if version == 6:
        return {"server_id": mac, **({"dns_server": listed} if servers else {})}
    gateway = gateway_of(network)
    told = {"server_id": gateway, "server_mac": mac, "lease_time": _LEASE, "router": gateway}
    told["mtu"] = str(network.get("mtu") or MTU)
    return {**told, **({"dns_server": listed} if servers else {})}


def _values(row: Row) -> dict[str, Value]:
    """What a switch's row says. Of one that others made: the subnet that OVN itself gives addresses from."""
    ids, other = ids_of(row), as_map(row.get("other_config"))
    found: dict[str, Value] = {
        word: tuple(ids[key].split(",")) for word, key in _SAID.items() if ids.get(key)
    }
    if "subnet" not in found and other.get("subnet") and not is_marked(row):
        found["subnet"] = (other["subnet"],)
    if ids.get(_MTU, "").isdecimal():
        found["mtu"] = int(ids[_MTU])
    if _DHCP in ids:
        found["dhcp"] = True
    return found


def _outside(index: Index, switch: Row) -> str:
    """The port by which others had a switch lead outside; empty where there are none, or several."""
    ports = [uuid for uuid, row in index.owned(SWITCH, switch, "ports") if row.get("type") == LOCALNET]
    return ports[0] if len(ports) == 1 else ""


def _to_bridge(port: Row) -> Mapping[str, Value]:
    vlan = as_scalar(port.get("tag"))
    bridge = as_map(port.get("options")).get("network_name")
    return {"external": True, "bridge": bridge, **({"vlan": vlan} if vlan is not None else {})}


def _listed(value: Value) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


NETWORK = _Networks()
